//! The journal as a pure core: its format, the group-commit state machine that writes it, and the
//! rules by which a journal ends.
//!
//! The bytes are those of `proto-spec/journal.md`. Everything here takes bytes and times and gives
//! bytes and verdicts: no file, clock, thread or random number. The shell that owns the files is
//! `persister/disk`.
//!
//! - Writing: [`JournalWriter`] collects records into frames and says what the disk has to do.
//! - Reading: [`check_frame`] verifies one frame, [`JournalWalk`] a whole journal, segment by
//!   segment, and decides between a clean end, a torn tail and damage.
//! - Around it: [`SnapshotHeader`] and its builder and reader, [`pack_segment`] for the archive.
//!
//! Nothing in a file is believed before its checks hold; whatever fails is named by place.

#![forbid(unsafe_code)]

mod archive;
mod chain;
mod field;
mod frame;
mod frame_fault;
mod frame_header;
mod layout;
mod records;
mod segment_header;
mod snapshot;
mod walk;
mod writer;

pub use archive::{ArchiveFault, pack_segment, unpack_segment};
pub use chain::{ChainKey, ChainKeyError, HASH_LENGTH, Hash, checksum, hash};
pub use frame::{Frame, JournalPoint, check_frame};
pub use frame_fault::FrameFault;
pub use frame_header::{FrameHeader, FrameKind};
pub use layout::{
    FORMAT_VERSION, FRAME_HEADER_LENGTH, FRAME_LENGTH_MAX, FRAMES_OFFSET, SECTOR_LENGTH,
    SEGMENT_BYTES_DEFAULT, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, frame_length, frame_length_max,
    is_segment_bytes, shard_of,
};
pub use records::{Record, RecordFault, Records, records_of};
pub use segment_header::{SegmentHeader, SegmentHeaderFault, SegmentId};
pub use snapshot::{
    CHUNK_LENGTH, SnapshotBuilder, SnapshotFault, SnapshotHeader, SnapshotReader, read_snapshot,
};
pub use walk::{
    Damage, DamageReason, HeaderCopyDamage, JournalEnd, JournalWalk, Outcome, TornTail,
};
pub use writer::{
    DiskCompletion, DiskOperation, IDLE_FRAME_NS, JournalWriter, Sector, SegmentPlace,
    WriterConfig, WriterStart,
};

//! The journal on real disks: the agent that writes it, recovery, and the reader that every
//! consumer uses.
//!
//! Formats and decisions are those of `persister/core`; here are files, threads and the kernel.
//! `unsafe` stands in [`device`](crate::BackendInUse)'s io_uring module alone.

mod aligned;
mod archive;
mod device;
mod error;
mod folder;
mod persister;
mod progress;
mod raw;
mod reader;
mod recover;
mod snapshot_files;
mod space;
mod spares;

pub use archive::archive_behind;
pub use device::{Backend, BackendInUse, UnknownBackend};
pub use error::{FolderError, JournalError};
pub use folder::{JournalFolder, SegmentFile, segment_name};
pub use persister::{Persister, PersisterConfig};
pub use progress::{Progress, progress_region_length};
pub use raw::RawDisk;
pub use reader::JournalReader;
pub use recover::{Recovery, inspect, recover, recover_from};
pub use snapshot_files::SnapshotFile;
pub use space::{
    BALLAST_COUNT, LOW_PATIENCE_MS, SPARE_COUNT_DEFAULT, SPARE_LOW_COUNT, SPARE_READY_COUNT, Space,
};

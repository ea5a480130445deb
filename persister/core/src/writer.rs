//! The group-commit state machine: records in, disk operations out.
//!
//! One operation is in flight at a time, so a frame is on the platter before the next one is
//! written, and a bad frame with a good one behind it is always damage. What arrives meanwhile
//! collects in the other buffer and goes out as one frame when the operation ends: no timer, and
//! nothing waits when the disk is free.
//!
//! The shell loops: [`JournalWriter::append`] until it says no or nothing is left,
//! [`JournalWriter::next_operation`], carry it out, [`JournalWriter::on_completion`]. A failed
//! operation has no completion: after any write or sync error the process ends.
//!
//! Nothing here allocates after construction, and no call does more than bounded work: at most one
//! frame is copied, hashed or padded.

mod open_frame;
mod sector;

use crate::chain::{ChainKey, Hash};
use crate::frame::JournalPoint;
use crate::frame_header::{FrameHeader, FrameKind};
use crate::layout::{
    FRAME_HEADER_LENGTH, FRAME_LENGTH_MAX, FRAMES_OFFSET, SECTOR_LENGTH, frame_length,
    frame_length_max, is_segment_bytes, shard_of,
};
use crate::segment_header::{SegmentHeader, SegmentId};
use open_frame::OpenFrame;
pub use sector::Sector;
use sector::{sector_bytes, sector_bytes_mut, sectors};

/// Collects records into frames and says what the disk has to do next.
#[derive(Debug)]
pub struct JournalWriter {
    config: WriterConfig,
    /// Most bytes of a frame written here: one that finds a new segment fits behind a term start.
    frame_length_max: usize,
    buffers: [Box<[Sector]>; 2],
    roll_sectors: Box<[Sector]>,
    open: OpenFrame,
    segment: Option<SegmentPlace>,
    next_segment_id: SegmentId,
    /// Behind the last sealed frame.
    point: JournalPoint,
    term: u64,
    last_kind: Option<FrameKind>,
    owes_term_start: bool,
    in_flight: Option<InFlight>,
    written_position: u64,
    durable_position: u64,
    idle_since_ns: Option<u64>,
    is_closing: bool,
}

impl JournalWriter {
    /// A writer that goes on at `start`. Its first operations write the term start, into a new
    /// segment when there is none. Allocates both frame buffers: all the memory it ever takes.
    ///
    /// # Panics
    /// When `config` or `start` contradict each other or the format: the shell made them up.
    #[must_use]
    pub fn new(config: WriterConfig, start: WriterStart) -> Self {
        assert!(is_segment_bytes(config.segment_bytes), "segments have a valid length");
        assert_eq!(config.shard, shard_of(start.point.position), "the position is of the shard");
        assert!(start.point.position.is_multiple_of(8), "positions are multiples of 8");
        assert!(start.point.is_state_known, "the state at the start is known");
        if let Some(place) = &start.segment {
            let room_is_valid = place.offset >= FRAMES_OFFSET
                && place.offset <= place.header.segment_bytes
                && place.offset.is_multiple_of(SECTOR_LENGTH as u64);
            assert!(room_is_valid, "frames go on at a sector inside the segment");
            assert!(place.header.position <= start.point.position, "the segment begins before");
        }
        let frame_room = usize::try_from(config.segment_bytes - FRAMES_OFFSET)
            .unwrap_or(usize::MAX)
            .min(FRAME_LENGTH_MAX + SECTOR_LENGTH);
        let buffer_sectors = frame_length_max(config.segment_bytes) / SECTOR_LENGTH;
        Self {
            frame_length_max: frame_room - SECTOR_LENGTH,
            buffers: [sectors(buffer_sectors), sectors(buffer_sectors)],
            roll_sectors: sectors(2),
            open: OpenFrame::new(start.point.sequencing_time_ns),
            segment: start.segment,
            next_segment_id: start.next_segment_id,
            point: start.point,
            term: start.point.term + 1,
            last_kind: None,
            owes_term_start: true,
            in_flight: None,
            written_position: start.point.position,
            durable_position: start.point.position,
            idle_since_ns: None,
            is_closing: false,
            config,
        }
    }

    /// Copies a record into the open frame. False when it has to wait: the open frame is full and
    /// goes out first; try again after the next completion. Costs the copy.
    ///
    /// # Panics
    /// When `position` is not [`Self::end_position`], when `record` is not one record, or after
    /// [`Self::close`].
    #[inline]
    pub fn append(&mut self, position: u64, record: &[u8]) -> bool {
        assert_eq!(position, self.end_position(), "records follow one another");
        assert!(!self.is_closing, "nothing is appended to a closed journal");
        if self.open.is_empty() {
            self.open.length_max = self.open_length_max(record.len());
        }
        let buffer = sector_bytes_mut(&mut self.buffers[self.open.buffer]);
        self.open.append(buffer, record)
    }

    /// What the disk has to do now, if anything; it is then in flight until its completion. While
    /// an operation is in flight it gives `None` and hashes ahead in the open frame, so calling it
    /// every duty cycle is worth it. `now_ns` is of a monotonic clock, `wall_ns` counts from 1970.
    #[inline]
    pub fn next_operation(&mut self, now_ns: u64, wall_ns: u64) -> Option<DiskOperation> {
        if self.in_flight.is_some() {
            self.open.hash_ahead(sector_bytes(&self.buffers[self.open.buffer]));
            return None;
        }
        let kind = self.due(now_ns)?;
        let body_length = if kind == FrameKind::Records { self.open.body_length() } else { 0 };
        self.idle_since_ns = None;
        if self.room() < frame_length(body_length) as u64 {
            return Some(self.roll(wall_ns));
        }
        Some(self.seal(kind))
    }

    /// Takes note that the operation in flight went well.
    ///
    /// # Panics
    /// When no operation of that kind is in flight.
    #[inline]
    pub fn on_completion(&mut self, completion: DiskCompletion) {
        let in_flight = self.in_flight.expect("a completion belongs to an operation in flight");
        match (in_flight, completion) {
            (InFlight::Roll { header }, DiskCompletion::Rolled { next_segment_id }) => {
                self.segment = Some(SegmentPlace { header, offset: FRAMES_OFFSET });
                self.next_segment_id = next_segment_id;
                self.in_flight = None;
            }
            (InFlight::Write { end }, DiskCompletion::Written) => self.written_position = end,
            (InFlight::Write { end }, DiskCompletion::Synced) => {
                self.written_position = end;
                self.durable_position = end;
                self.in_flight = None;
            }
            _ => panic!("{completion:?} does not end {in_flight:?}"),
        }
    }

    /// Asks for the end: what was appended goes out, and an empty frame behind it.
    pub const fn close(&mut self) {
        self.is_closing = true;
    }

    /// Whether all is on disk and the last frame is the empty one that [`Self::close`] asked for.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closing
            && self.in_flight.is_none()
            && self.open.is_empty()
            && !self.owes_term_start
            && self.last_kind == Some(FrameKind::Empty)
    }

    /// Position that the next record has: behind everything appended.
    #[inline]
    #[must_use]
    pub const fn end_position(&self) -> u64 {
        self.point.position + self.open.body_length() as u64
    }

    /// Position up to which the device has taken the bytes: what the level `written` releases.
    #[inline]
    #[must_use]
    pub const fn written_position(&self) -> u64 {
        self.written_position
    }

    /// Position up to which the bytes were synced: what the level `durable` releases.
    #[inline]
    #[must_use]
    pub const fn durable_position(&self) -> u64 {
        self.durable_position
    }

    /// Whether an operation is in flight.
    #[inline]
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.in_flight.is_some()
    }

    /// The point behind the last sealed frame.
    #[must_use]
    pub const fn point(&self) -> &JournalPoint {
        &self.point
    }

    /// The term of the frames written here.
    #[must_use]
    pub const fn term(&self) -> u64 {
        self.term
    }

    /// A whole frame buffer, 0 or 1. Its address never changes, and it is aligned to a sector, so
    /// that the shell can register it with the kernel. The bytes of a frame in flight do not
    /// change before its `Synced` completion.
    #[inline]
    #[must_use]
    pub fn buffer(&self, index: usize) -> &[u8] {
        sector_bytes(&self.buffers[index])
    }

    /// The first 8192 bytes of the segment that a [`DiskOperation::Roll`] in flight makes: both
    /// copies of its header, aligned to a sector.
    #[must_use]
    pub fn roll_bytes(&self) -> &[u8] {
        sector_bytes(&self.roll_sectors)
    }

    /// The frame to write now, if any.
    #[inline]
    fn due(&mut self, now_ns: u64) -> Option<FrameKind> {
        if self.owes_term_start {
            return Some(FrameKind::TermStart);
        }
        if !self.open.is_empty() {
            return Some(FrameKind::Records);
        }
        if self.is_closing {
            return (self.last_kind != Some(FrameKind::Empty)).then_some(FrameKind::Empty);
        }
        if self.point.watermark == self.point.position {
            return None;
        }
        let since_ns = *self.idle_since_ns.get_or_insert(now_ns);
        (now_ns.saturating_sub(since_ns) >= IDLE_FRAME_NS).then_some(FrameKind::Empty)
    }

    /// Bytes left in the segment.
    #[inline]
    fn room(&self) -> u64 {
        self.segment.as_ref().map_or(0, |place| place.header.segment_bytes - place.offset)
    }

    /// Most bytes of an open frame that begins with a record of `record_length` bytes: what is
    /// left in the segment if the record fits that, else a frame for a new segment.
    #[inline]
    fn open_length_max(&self, record_length: usize) -> usize {
        let owed = if self.owes_term_start { SECTOR_LENGTH } else { 0 };
        let room = usize::try_from(self.room()).unwrap_or(usize::MAX).saturating_sub(owed);
        if room < frame_length(record_length) {
            return self.frame_length_max;
        }
        room.min(self.frame_length_max)
    }

    /// Starts a new segment. One that is full although it holds no record gives its name to the
    /// new one, which then takes its place in the chain: none of its frames counts any more.
    fn roll(&mut self, wall_ns: u64) -> DiskOperation {
        let full = self.segment.take().map(|place| place.header);
        let replaced = full.filter(|header| header.position == self.point.position);
        if let Some(header) = replaced {
            self.point.frame_number = header.frame_number - 1;
            self.point.chain = header.previous_chain;
            self.owes_term_start = true;
        }
        let header = SegmentHeader {
            shard: self.config.shard,
            schema_version: self.config.schema_version,
            id: self.next_segment_id,
            segment_bytes: self.config.segment_bytes,
            position: self.point.position,
            frame_number: self.point.frame_number + 1,
            term: self.term,
            previous_chain: self.point.chain,
            made_at_ns: wall_ns,
            schema_hash: self.config.schema_hash,
            build: self.config.build,
        };
        let (first, second) = sector_bytes_mut(&mut self.roll_sectors).split_at_mut(SECTOR_LENGTH);
        header.encode(first);
        header.encode(second);
        self.in_flight = Some(InFlight::Roll { header });
        DiskOperation::Roll { position: header.position, is_replacement: replaced.is_some() }
    }

    /// Makes the frame of that kind final and hands it out.
    #[inline]
    fn seal(&mut self, kind: FrameKind) -> DiskOperation {
        let has_records = kind == FrameKind::Records;
        // A frame without records never disturbs the open one, which may have begun already.
        let buffer = if has_records { self.open.buffer } else { 1 - self.open.buffer };
        let place = self.segment.as_mut().expect("a frame is sealed into a segment with room");
        let bytes = sector_bytes_mut(&mut self.buffers[buffer]);
        let body = if has_records {
            self.open.finish(bytes)
        } else {
            open_frame::Body::without_records(&self.point)
        };
        let length = frame_length(body.length);
        let mut header = FrameHeader {
            kind,
            shard: self.config.shard,
            term: self.term,
            number: self.point.frame_number + 1,
            position: self.point.position,
            end: self.point.position + body.length as u64,
            sequencing_time_ns: body.sequencing_time_ns,
            body_length: u32::try_from(body.length).expect("a body fits a frame"),
            record_count: body.record_count,
            state_digest: body.state_digest,
            body_hash: body.hash,
            previous_chain: self.point.chain,
            chain: Hash::default(),
            segment_id: place.header.id,
            watermark: self.durable_position,
            frame_length: u32::try_from(length).expect("a frame's length fits its field"),
        };
        header.chain = header.chain_value(&self.config.key);
        header.encode(bytes);
        bytes[FRAME_HEADER_LENGTH + body.length..length].fill(0);
        let offset = place.offset;
        place.offset += length as u64;
        self.point = JournalPoint::behind(&header);
        self.last_kind = Some(kind);
        self.owes_term_start = false;
        self.in_flight = Some(InFlight::Write { end: header.end });
        DiskOperation::Write { buffer, length, offset }
    }
}

/// What a writer is made with; the same for the whole run.
#[derive(Clone, Debug)]
pub struct WriterConfig {
    /// Shard.
    pub shard: u8,
    /// Key of the chain.
    pub key: ChainKey,
    /// Bytes of the segments made from now on; see [`is_segment_bytes`].
    pub segment_bytes: u64,
    /// Version of the message schema.
    pub schema_version: u16,
    /// Hash of the schema XML.
    pub schema_hash: Hash,
    /// Name and version of this build, UTF-8, zero filled.
    pub build: [u8; 32],
}

/// Where a writer goes on.
#[derive(Clone, Debug)]
pub struct WriterStart {
    /// Behind the last frame; all before it is on the platter. The term written is one higher.
    pub point: JournalPoint,
    /// The segment to go on in; none at birth.
    pub segment: Option<SegmentPlace>,
    /// Random bytes: the id of the next segment that is made.
    pub next_segment_id: SegmentId,
}

/// A segment, and where in it the next frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentPlace {
    /// The segment's header.
    pub header: SegmentHeader,
    /// Offset of the next frame, a multiple of [`SECTOR_LENGTH`].
    pub offset: u64,
}

/// What the disk has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskOperation {
    /// Make a spare file the segment of that position: write [`JournalWriter::roll_bytes`] at its
    /// start, sync it, rename it to its name, sync the folder. Writes then go to this file.
    Roll {
        /// Position of its first record: its name.
        position: u64,
        /// Whether a segment of that name exists, holds no record, and is replaced by the rename.
        is_replacement: bool,
    },
    /// Write the first `length` bytes of that buffer at that offset of the segment, then sync.
    Write {
        /// Which buffer, 0 or 1.
        buffer: usize,
        /// Bytes, a multiple of [`SECTOR_LENGTH`].
        length: usize,
        /// Offset in the segment, a multiple of [`SECTOR_LENGTH`].
        offset: u64,
    },
}

/// What became of the operation in flight. There is none for failure: a failed operation ends the
/// process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskCompletion {
    /// The segment exists for good.
    Rolled {
        /// Random bytes: the id of the segment after it.
        next_segment_id: SegmentId,
    },
    /// The write completed, all its bytes; they are not synced. May be left out before `Synced`.
    Written,
    /// The data-sync behind the write completed: the frame survives a loss of power.
    Synced,
}

#[derive(Clone, Copy, Debug)]
enum InFlight {
    Roll { header: SegmentHeader },
    Write { end: u64 },
}

/// How long a journal is idle before an empty frame brings the watermark to its end.
pub const IDLE_FRAME_NS: u64 = 1_000_000;

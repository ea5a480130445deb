//! The verdict on a journal.

use std::fmt;

use super::tail::Tail;
use crate::frame::JournalPoint;
use crate::frame_fault::FrameFault;
use crate::frame_header::FrameKind;
use crate::layout::FRAMES_OFFSET;
use crate::segment_header::{SegmentHeader, SegmentHeaderFault};
use crate::writer::SegmentPlace;

/// How far a journal reaches, and how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalEnd {
    /// Behind the last verified frame.
    pub point: JournalPoint,
    /// The last segment entered and the offset of the next frame in it; none without a segment.
    pub place: Option<SegmentPlace>,
    /// How it ends.
    pub outcome: Outcome,
    /// Kind of the last verified frame: a clean stop leaves an empty one.
    pub last_kind: Option<FrameKind>,
    /// Verified frames.
    pub frame_count: u64,
    /// Records in them.
    pub record_count: u64,
    /// The first segment of which one copy of the header does not hold. Nothing is lost with it,
    /// and recovery goes on; whoever verifies a journal reports it.
    pub header_copy_damage: Option<HeaderCopyDamage>,
    /// Whether a key was there to verify the chain values with.
    pub is_chain_verified: bool,
}

/// How a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Behind the last frame lies nothing.
    Clean,
    /// A write was cut short, and nobody was promised what it held: to be overwritten with zeros.
    Torn(TornTail),
    /// Frames that had been on the platter cannot be read: recovery refuses.
    Damaged(Damage),
}

/// The remains of the one write that was in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// Name of the segment: the position of its first record.
    pub segment: u64,
    /// Offset of the first byte to overwrite with zeros, that of the torn frame.
    pub from: u64,
    /// Offset behind the last such byte, a multiple of the sector.
    pub to: u64,
    /// Number that the frame has or would have had.
    pub frame_number: u64,
    /// Position of its first record.
    pub position: u64,
    /// Position behind its last record, when its header arrived.
    pub end: Option<u64>,
    /// What is wrong with it.
    pub fault: FrameFault,
}

impl fmt::Display for TornTail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "segment {:020}: bytes {} to {}, frame {} from position {}",
            self.segment, self.from, self.to, self.frame_number, self.position
        )?;
        if let Some(end) = self.end {
            write!(formatter, " to {end}")?;
        }
        write!(formatter, ", were never promised to anybody: {}", self.fault)
    }
}

/// The first place where promised data cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Name of the segment: the position of its first record.
    pub segment: u64,
    /// Offset in that file.
    pub offset: u64,
    /// Number of the frame that belongs there.
    pub frame_number: u64,
    /// First position that cannot be read.
    pub position: u64,
    /// Highest position that anything behind the damage tells of; at least `position`.
    pub through: u64,
    /// What is wrong there.
    pub reason: DamageReason,
}

impl Damage {
    /// Learns from a later segment how far the journal once reached.
    pub(super) fn learn(&mut self, name: u64, bytes: &[u8]) {
        let Ok((header, _)) = SegmentHeader::read(bytes) else {
            self.through = self.through.max(name);
            return;
        };
        let tail = Tail::scan(bytes, FRAMES_OFFSET as usize, &header.id);
        self.through = self.through.max(header.position).max(tail.through);
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "segment {:020}, byte {}, frame {}: positions {} to {} cannot be read: {}",
            self.segment, self.offset, self.frame_number, self.position, self.through, self.reason
        )
    }
}

impl std::error::Error for Damage {}

/// What is wrong at the place of a [`Damage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageReason {
    /// Neither copy of the segment's header holds.
    Header(SegmentHeaderFault),
    /// The header gives this position, the file's name another one.
    Name(u64),
    /// The segment is of this shard, not of the one asked for.
    Shard(u8),
    /// The file has this many bytes, not those its header says.
    FileLength(u64),
    /// The frame is not the one that belongs there.
    Frame(FrameFault),
    /// The frames end here, and the segment of this name, the next one, does not begin here.
    Successor(u64),
}

impl fmt::Display for DamageReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(fault) => fault.fmt(formatter),
            Self::Name(position) => {
                write!(formatter, "the header says position {position}, the file's name does not")
            }
            Self::Shard(shard) => write!(formatter, "the segment is of shard {shard}"),
            Self::FileLength(length) => {
                write!(formatter, "the file has {length} bytes, not those its header says")
            }
            Self::Frame(fault) => fault.fmt(formatter),
            Self::Successor(next) => {
                write!(formatter, "the next segment, {next:020}, does not begin here")
            }
        }
    }
}

/// One of the two copies of a segment's header does not hold; the other one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderCopyDamage {
    /// Name of the segment: the position of its first record.
    pub segment: u64,
    /// Which copy: 0 at byte 0, 1 at byte 4096.
    pub copy: usize,
}

impl fmt::Display for HeaderCopyDamage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "segment {:020}: copy {} of its header is damaged, the other one holds",
            self.segment, self.copy
        )
    }
}

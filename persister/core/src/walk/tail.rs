//! What lies at and behind the stop in its segment.

use crate::field::is_zero;
use crate::frame_fault::FrameFault;
use crate::frame_header::FrameHeader;
use crate::layout::SECTOR_LENGTH;
use crate::segment_header::SegmentId;

/// Every sector from the stop on, looked at once. Runs at memory speed over zeros.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tail {
    /// The header at the stop, if it is one of this segment whose own checks hold.
    pub(super) header_at_stop: Option<FrameHeader>,
    /// Whether a header of this segment whose own checks hold lies behind the stop.
    pub(super) has_frame_behind: bool,
    /// Highest position that a frame of this segment, at or behind the stop, tells of.
    pub(super) through: u64,
    /// Whether a frame of a former life of the file lies there.
    pub(super) is_recycled: bool,
    /// Offset behind the last sector that is neither zero nor part of a frame of a former life;
    /// the stop when there is none.
    pub(super) dirty_end: usize,
    has_dirt: bool,
}

impl Tail {
    /// Looks at the bytes of the segment `id` from `stop`, a sector's offset, on.
    pub(super) fn scan(bytes: &[u8], stop: usize, id: &SegmentId) -> Self {
        let mut tail = Self { dirty_end: stop, ..Self::default() };
        let mut former_end = stop;
        let rest = bytes.get(stop..).unwrap_or_default();
        for (index, sector) in rest.chunks(SECTOR_LENGTH).enumerate() {
            if is_zero(sector) {
                continue;
            }
            let offset = stop + index * SECTOR_LENGTH;
            match FrameHeader::decode(sector) {
                Ok(header) if header.segment_id == *id => tail.take_own(header, offset == stop),
                Ok(header) => {
                    tail.is_recycled = true;
                    former_end = former_end.max(offset + header.frame_length as usize);
                }
                Err(_) => {}
            }
            if offset >= former_end {
                tail.has_dirt = true;
                tail.dirty_end = offset + sector.len();
            }
        }
        tail
    }

    /// Whether the frame at the stop had been on the platter, or cannot be what a torn write
    /// leaves behind.
    pub(super) const fn is_damage(&self, fault: FrameFault) -> bool {
        let is_former = matches!(fault, FrameFault::SegmentId);
        self.has_frame_behind || !(is_former || fault.is_torn_write())
    }

    /// Whether a write was cut short at the stop. In a recycled file bytes without a header may
    /// as well be what is left of an old frame; they need no cut.
    pub(super) const fn is_torn(&self) -> bool {
        self.header_at_stop.is_some() || (self.has_dirt && !self.is_recycled)
    }

    fn take_own(&mut self, header: FrameHeader, is_at_stop: bool) {
        if is_at_stop {
            self.header_at_stop = Some(header);
        } else {
            self.has_frame_behind = true;
        }
        self.through = self.through.max(header.end);
    }
}

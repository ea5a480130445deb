//! Segments without their padding, as they are compressed into the archive.
//!
//! One copy of the segment header, then each frame's header and body, nothing between them.

use std::fmt;

use crate::field::first_non_zero;
use crate::frame_fault::FrameFault;
use crate::frame_header::FrameHeader;
use crate::layout::{FRAME_HEADER_LENGTH, FRAMES_OFFSET, SECTOR_LENGTH};
use crate::segment_header::{SegmentHeader, SegmentHeaderFault};

/// Packs the segment `bytes`, whose frames end at the offset `end` (a [`crate::SegmentPlace`]'s),
/// behind what `packed` holds.
///
/// # Errors
/// [`ArchiveFault`] when these are not the bytes of a segment with frames up to there.
pub fn pack_segment(bytes: &[u8], end: u64, packed: &mut Vec<u8>) -> Result<(), ArchiveFault> {
    let (header, _) = SegmentHeader::read(bytes).map_err(ArchiveFault::Header)?;
    let start = packed.len();
    packed.resize(start + SECTOR_LENGTH, 0);
    header.encode(&mut packed[start..]);
    let mut offset = FRAMES_OFFSET as usize;
    let frames = usize::try_from(end).ok().and_then(|end| bytes.get(..end));
    let frames = frames.ok_or(ArchiveFault::Length)?;
    while offset < frames.len() {
        let fault = |fault| ArchiveFault::Frame { offset, fault };
        let frame = &frames[offset..];
        let frame_header = FrameHeader::decode(frame).map_err(fault)?;
        if frame_header.segment_id != header.id {
            return Err(fault(FrameFault::SegmentId));
        }
        let length = frame_header.frame_length as usize;
        let padding_offset = FRAME_HEADER_LENGTH + frame_header.body_length as usize;
        let frame = frame.get(..length).ok_or(fault(FrameFault::BeyondSegment))?;
        if let Some(offset) = first_non_zero(frame, padding_offset) {
            return Err(fault(FrameFault::Padding { offset }));
        }
        packed.extend_from_slice(&frame[..padding_offset]);
        offset += length;
    }
    Ok(())
}

/// Makes the bytes of a segment out of packed ones, in `segment`, which it overwrites: its whole
/// length, zeros behind the last frame. What comes out still has to be verified like any segment.
///
/// # Errors
/// [`ArchiveFault`] when `packed` is not a packed segment.
pub fn unpack_segment(packed: &[u8], segment: &mut Vec<u8>) -> Result<(), ArchiveFault> {
    let header = SegmentHeader::decode(packed).map_err(ArchiveFault::Header)?;
    let segment_bytes = usize::try_from(header.segment_bytes).map_err(|_| ArchiveFault::Length)?;
    segment.clear();
    segment.resize(segment_bytes, 0);
    let mut target = FRAMES_OFFSET as usize;
    segment[..SECTOR_LENGTH].copy_from_slice(&packed[..SECTOR_LENGTH]);
    segment[SECTOR_LENGTH..target].copy_from_slice(&packed[..SECTOR_LENGTH]);
    let mut offset = SECTOR_LENGTH;
    while offset < packed.len() {
        let fault = |fault| ArchiveFault::Frame { offset, fault };
        let rest = &packed[offset..];
        let frame_header = FrameHeader::decode(rest).map_err(fault)?;
        let length = FRAME_HEADER_LENGTH + frame_header.body_length as usize;
        let frame = rest.get(..length).ok_or(fault(FrameFault::Short { length: rest.len() }))?;
        let frame_end = target + frame_header.frame_length as usize;
        if frame_end > segment_bytes {
            return Err(fault(FrameFault::BeyondSegment));
        }
        segment[target..target + length].copy_from_slice(frame);
        target = frame_end;
        offset += length;
    }
    Ok(())
}

/// Why bytes cannot be packed or unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFault {
    /// The segment's header does not hold.
    Header(SegmentHeaderFault),
    /// The bytes end before the frames do.
    Length,
    /// A frame does not hold.
    Frame {
        /// Offset of that frame in the bytes given.
        offset: usize,
        /// What is wrong with it.
        fault: FrameFault,
    },
}

impl fmt::Display for ArchiveFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(fault) => fault.fmt(formatter),
            Self::Length => formatter.write_str("the bytes end before the frames do"),
            Self::Frame { offset, fault } => write!(formatter, "at byte {offset}: {fault}"),
        }
    }
}

impl std::error::Error for ArchiveFault {}

//! Verifying one frame at its place in the chain.

use crate::chain::{ChainKey, Hash, hash};
use crate::field::first_non_zero;
use crate::frame_fault::FrameFault;
use crate::frame_header::{FrameHeader, FrameKind};
use crate::layout::FRAME_HEADER_LENGTH;
use crate::records::{Record, Records, records_of};
use crate::segment_header::{SegmentHeader, SegmentId};

/// A frame of which every check holds, in the bytes of its segment.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    header: FrameHeader,
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// A frame that [`check_frame`] has verified before, in the same `bytes`.
    ///
    /// # Panics
    /// When it cannot have been: the header does not hold or is longer than `bytes`.
    #[inline]
    #[must_use]
    pub fn verified(bytes: &'a [u8]) -> Self {
        let header = FrameHeader::decode(bytes).expect("a verified frame has a header");
        let end = FRAME_HEADER_LENGTH + header.body_length as usize;
        Self { header, body: &bytes[FRAME_HEADER_LENGTH..end] }
    }

    /// Its header.
    #[inline]
    #[must_use]
    pub const fn header(&self) -> &FrameHeader {
        &self.header
    }

    /// Its body: whole records, one after another.
    #[inline]
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Its records in order; no allocation, no copy.
    #[inline]
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        records_of(self.body, self.header.position)
            .map(|record| record.expect("a verified frame holds whole records"))
    }

    /// The journal behind it.
    #[inline]
    #[must_use]
    pub const fn point(&self) -> JournalPoint {
        JournalPoint::behind(&self.header)
    }
}

/// A place between two frames: what the frame before it said, and what the next one must continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalPoint {
    /// Position of the next record.
    pub position: u64,
    /// Number of the frame before; 0 before the first.
    pub frame_number: u64,
    /// Term of the frame before; 0 before the first.
    pub term: u64,
    /// Chain value of the frame before; zero before the first.
    pub chain: Hash,
    /// Sequencing time of the last record, nanoseconds since 1970.
    pub sequencing_time_ns: u64,
    /// State digest after the last record.
    pub state_digest: u64,
    /// Watermark of the frame before.
    pub watermark: u64,
    /// Whether sequencing time and digest are known. They are not at the head of a journal whose
    /// older segments are gone, before its first frame: a snapshot at that position knows them.
    pub is_state_known: bool,
}

impl JournalPoint {
    /// The birth of a shard: no frame, no record.
    #[must_use]
    pub const fn birth(shard: u8) -> Self {
        Self {
            position: (shard as u64) << 56,
            frame_number: 0,
            term: 0,
            chain: [0; 32],
            sequencing_time_ns: 0,
            state_digest: 0,
            watermark: (shard as u64) << 56,
            is_state_known: true,
        }
    }

    /// The point behind the frame with that header.
    #[inline]
    #[must_use]
    pub const fn behind(frame: &FrameHeader) -> Self {
        Self {
            position: frame.end,
            frame_number: frame.number,
            term: frame.term,
            chain: frame.chain,
            sequencing_time_ns: frame.sequencing_time_ns,
            state_digest: frame.state_digest,
            watermark: frame.watermark,
            is_state_known: true,
        }
    }

    /// The point before the first frame of a segment, as far as its header tells. The term is that
    /// of the first frame itself, so that a lower one never passes.
    #[must_use]
    pub const fn before(segment: &SegmentHeader) -> Self {
        Self {
            position: segment.position,
            frame_number: segment.frame_number - 1,
            term: segment.term,
            chain: segment.previous_chain,
            sequencing_time_ns: 0,
            state_digest: 0,
            watermark: 0,
            is_state_known: segment.frame_number == 1,
        }
    }
}

/// Verifies the frame at the start of `bytes` (the rest of a segment): its own checks, that it
/// belongs to the segment `segment_id`, continues `after`, and, with a key, its chain value.
/// Costs the hash of the body and little else.
///
/// # Errors
/// [`FrameFault`], the first check that fails.
pub fn check_frame<'a>(
    bytes: &'a [u8],
    segment_id: &SegmentId,
    after: &JournalPoint,
    key: Option<&ChainKey>,
) -> Result<Frame<'a>, FrameFault> {
    let header = FrameHeader::decode(bytes)?;
    if header.segment_id != *segment_id {
        return Err(FrameFault::SegmentId);
    }
    check_continuity(&header, after)?;
    if key.is_some_and(|key| header.chain_value(key) != header.chain) {
        return Err(FrameFault::Chain);
    }
    let Some(frame) = bytes.get(..header.frame_length as usize) else {
        return Err(FrameFault::BeyondSegment);
    };
    let padding_offset = FRAME_HEADER_LENGTH + header.body_length as usize;
    let body = &frame[FRAME_HEADER_LENGTH..padding_offset];
    if hash(body) != header.body_hash {
        return Err(FrameFault::BodyHash);
    }
    if let Some(offset) = first_non_zero(frame, padding_offset) {
        return Err(FrameFault::Padding { offset });
    }
    if header.kind == FrameKind::Records {
        check_records(&header, body, after)?;
    }
    Ok(Frame { header, body })
}

fn check_continuity(header: &FrameHeader, after: &JournalPoint) -> Result<(), FrameFault> {
    let fault = |name| Err(FrameFault::Discontinuity(name));
    if Some(header.number) != after.frame_number.checked_add(1) {
        return fault("number");
    }
    if header.term < after.term {
        return fault("term");
    }
    if header.position != after.position {
        return fault("position");
    }
    if header.previous_chain != after.chain {
        return fault("previous chain value");
    }
    if header.watermark < after.watermark {
        return fault("watermark");
    }
    if header.kind != FrameKind::Records && after.is_state_known {
        if header.sequencing_time_ns != after.sequencing_time_ns {
            return fault("sequencing time");
        }
        if header.state_digest != after.state_digest {
            return fault("state digest");
        }
    }
    Ok(())
}

/// The records must be whole, as many as the header says, their times must not fall, and the last
/// one's time and digest must be the header's.
fn check_records(
    header: &FrameHeader,
    body: &[u8],
    after: &JournalPoint,
) -> Result<(), FrameFault> {
    let mut record_count = 0_u32;
    let mut time_ns = after.sequencing_time_ns;
    let mut state_digest = 0;
    let records: Records<'_> = records_of(body, header.position);
    for record in records {
        let record_header = record.map_err(FrameFault::Record)?.header();
        let record_time_ns = record_header.sequencing_time_ns.get();
        if record_time_ns < time_ns {
            return Err(FrameFault::Field("order of sequencing times"));
        }
        record_count += 1;
        time_ns = record_time_ns;
        state_digest = record_header.state_digest.get();
    }
    if record_count != header.record_count {
        return Err(FrameFault::Field("record count"));
    }
    if time_ns != header.sequencing_time_ns {
        return Err(FrameFault::Field("sequencing time"));
    }
    if state_digest != header.state_digest {
        return Err(FrameFault::Field("state digest"));
    }
    Ok(())
}

//! The header of a frame: the replicated part that the chain covers, and the local part.

use crate::chain::{ChainKey, Hash, checksum};
use crate::field::{bytes_at, first_non_zero, put, u16_at, u32_at, u64_at};
use crate::frame_fault::FrameFault;
use crate::layout::{
    FORMAT_VERSION, FRAME_HEADER_LENGTH, FRAME_LENGTH_MAX, frame_length, shard_of,
};
use crate::records::RECORD_LENGTH_MIN;
use crate::segment_header::SegmentId;

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What it holds.
    pub kind: FrameKind,
    /// Shard.
    pub shard: u8,
    /// Term, from 1; one more at each start.
    pub term: u64,
    /// Number, from 1, without gap over terms and segments.
    pub number: u64,
    /// Position of its first record; of the next one when it has none.
    pub position: u64,
    /// Position behind its last record.
    pub end: u64,
    /// Sequencing time of its last record, nanoseconds since 1970; of the frame before when it has
    /// none.
    pub sequencing_time_ns: u64,
    /// Bytes of its body.
    pub body_length: u32,
    /// Records in its body.
    pub record_count: u32,
    /// State digest after its last record; of the frame before when it has none.
    pub state_digest: u64,
    /// Hash of its body.
    pub body_hash: Hash,
    /// Chain value of the frame before; zero in the very first.
    pub previous_chain: Hash,
    /// Its chain value.
    pub chain: Hash,
    /// Id of the segment it was written into.
    pub segment_id: SegmentId,
    /// Durable position when it was sealed, at most `position`.
    pub watermark: u64,
    /// Bytes of the frame, padding included.
    pub frame_length: u32,
}

impl FrameHeader {
    /// Writes the header into the first [`FRAME_HEADER_LENGTH`] bytes of `frame`. Costs one hash
    /// of 240 bytes, about 0.3 µs.
    ///
    /// # Panics
    /// When `frame` is shorter.
    pub fn encode(&self, frame: &mut [u8]) {
        let header = &mut frame[..FRAME_HEADER_LENGTH];
        self.encode_replicated(&mut header[..REPLICATED_LENGTH]);
        header[REPLICATED_LENGTH..].fill(0);
        put(header, CHAIN_OFFSET, &self.chain);
        put(header, SEGMENT_ID_OFFSET, &self.segment_id);
        put(header, WATERMARK_OFFSET, &self.watermark.to_le_bytes());
        put(header, FRAME_LENGTH_OFFSET, &self.frame_length.to_le_bytes());
        let checksum = checksum(&header[..CHECKSUM_OFFSET]);
        put(header, CHECKSUM_OFFSET, &checksum);
    }

    /// Reads the header that leads `frame` and checks all that it says of itself alone: checksum,
    /// zero gaps, kind, lengths, counts, shard.
    ///
    /// # Errors
    /// [`FrameFault`], the first check that fails.
    pub fn decode(frame: &[u8]) -> Result<Self, FrameFault> {
        let Some(bytes) = frame.get(..FRAME_HEADER_LENGTH) else {
            return Err(FrameFault::Short { length: frame.len() });
        };
        if !bytes.starts_with(MAGIC) {
            return Err(FrameFault::Magic);
        }
        if checksum(&bytes[..CHECKSUM_OFFSET]) != bytes_at(bytes, CHECKSUM_OFFSET) {
            return Err(FrameFault::Checksum);
        }
        let version = u16_at(bytes, VERSION_OFFSET);
        if version != FORMAT_VERSION {
            return Err(FrameFault::Version(version));
        }
        if let Some(offset) = first_non_zero(&bytes[..CHECKSUM_OFFSET], GAP_OFFSET) {
            return Err(FrameFault::Gap { offset });
        }
        let header = Self {
            kind: FrameKind::from_byte(bytes[KIND_OFFSET]).ok_or(FrameFault::Field("kind"))?,
            shard: bytes[SHARD_OFFSET],
            term: u64_at(bytes, TERM_OFFSET),
            number: u64_at(bytes, NUMBER_OFFSET),
            position: u64_at(bytes, POSITION_OFFSET),
            end: u64_at(bytes, END_OFFSET),
            sequencing_time_ns: u64_at(bytes, TIME_OFFSET),
            body_length: u32_at(bytes, BODY_LENGTH_OFFSET),
            record_count: u32_at(bytes, RECORD_COUNT_OFFSET),
            state_digest: u64_at(bytes, STATE_DIGEST_OFFSET),
            body_hash: bytes_at(bytes, BODY_HASH_OFFSET),
            previous_chain: bytes_at(bytes, PREVIOUS_CHAIN_OFFSET),
            chain: bytes_at(bytes, CHAIN_OFFSET),
            segment_id: bytes_at(bytes, SEGMENT_ID_OFFSET),
            watermark: u64_at(bytes, WATERMARK_OFFSET),
            frame_length: u32_at(bytes, FRAME_LENGTH_OFFSET),
        };
        header.check()?;
        Ok(header)
    }

    /// The chain value that a frame with this replicated part has under `key`. Costs one hash of
    /// 128 bytes.
    #[must_use]
    pub fn chain_value(&self, key: &ChainKey) -> Hash {
        let mut replicated = [0; REPLICATED_LENGTH];
        self.encode_replicated(&mut replicated);
        key.chain_value(&replicated)
    }

    fn encode_replicated(&self, part: &mut [u8]) {
        put(part, MAGIC_OFFSET, MAGIC);
        put(part, KIND_OFFSET, &[self.kind as u8]);
        put(part, SHARD_OFFSET, &[self.shard]);
        put(part, VERSION_OFFSET, &FORMAT_VERSION.to_le_bytes());
        put(part, TERM_OFFSET, &self.term.to_le_bytes());
        put(part, NUMBER_OFFSET, &self.number.to_le_bytes());
        put(part, POSITION_OFFSET, &self.position.to_le_bytes());
        put(part, END_OFFSET, &self.end.to_le_bytes());
        put(part, TIME_OFFSET, &self.sequencing_time_ns.to_le_bytes());
        put(part, BODY_LENGTH_OFFSET, &self.body_length.to_le_bytes());
        put(part, RECORD_COUNT_OFFSET, &self.record_count.to_le_bytes());
        put(part, STATE_DIGEST_OFFSET, &self.state_digest.to_le_bytes());
        put(part, BODY_HASH_OFFSET, &self.body_hash);
        put(part, PREVIOUS_CHAIN_OFFSET, &self.previous_chain);
    }

    fn check(&self) -> Result<(), FrameFault> {
        let fault = FrameFault::Field;
        let body_length = self.body_length as usize;
        let lengths_hold = body_length <= FRAME_LENGTH_MAX
            && body_length.is_multiple_of(8)
            && self.frame_length as usize == frame_length(body_length)
            && self.frame_length as usize <= FRAME_LENGTH_MAX;
        if !lengths_hold {
            return Err(fault("length"));
        }
        if self.kind == FrameKind::Configuration {
            return Err(fault("kind"));
        }
        let counts_hold = if self.kind == FrameKind::Records {
            self.record_count > 0 && body_length / RECORD_LENGTH_MIN >= self.record_count as usize
        } else {
            self.record_count == 0 && body_length == 0
        };
        if !counts_hold {
            return Err(fault("record count"));
        }
        if self.position.checked_add(u64::from(self.body_length)) != Some(self.end) {
            return Err(fault("end"));
        }
        if shard_of(self.position) != self.shard || shard_of(self.end) != self.shard {
            return Err(fault("shard"));
        }
        if !self.position.is_multiple_of(8) {
            return Err(fault("position"));
        }
        if self.term == 0 || self.number == 0 {
            return Err(fault("term or number"));
        }
        if self.watermark > self.position {
            return Err(fault("watermark"));
        }
        Ok(())
    }
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// Records, one or more.
    Records = 1,
    /// Nothing: its watermark is what it is for.
    Empty = 2,
    /// Nothing: a term begins.
    TermStart = 3,
    /// The members of a cluster; reserved, no reader of this version takes it.
    Configuration = 4,
}

impl FrameKind {
    /// The kind with that number.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Records),
            2 => Some(Self::Empty),
            3 => Some(Self::TermStart),
            4 => Some(Self::Configuration),
            _ => None,
        }
    }
}

const MAGIC: &[u8; 4] = b"FCFR";
const MAGIC_OFFSET: usize = 0;
const KIND_OFFSET: usize = 4;
const SHARD_OFFSET: usize = 5;
const VERSION_OFFSET: usize = 6;
const TERM_OFFSET: usize = 8;
const NUMBER_OFFSET: usize = 16;
const POSITION_OFFSET: usize = 24;
const END_OFFSET: usize = 32;
const TIME_OFFSET: usize = 40;
const BODY_LENGTH_OFFSET: usize = 48;
const RECORD_COUNT_OFFSET: usize = 52;
const STATE_DIGEST_OFFSET: usize = 56;
const BODY_HASH_OFFSET: usize = 64;
const PREVIOUS_CHAIN_OFFSET: usize = 96;
/// Bytes that the chain value covers.
const REPLICATED_LENGTH: usize = 128;
const CHAIN_OFFSET: usize = REPLICATED_LENGTH;
const SEGMENT_ID_OFFSET: usize = 160;
const WATERMARK_OFFSET: usize = 176;
const FRAME_LENGTH_OFFSET: usize = 184;
const GAP_OFFSET: usize = 188;
const CHECKSUM_OFFSET: usize = 240;

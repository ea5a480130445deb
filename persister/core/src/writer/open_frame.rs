//! The frame that records collect in.
//!
//! While another frame is in flight, the body is hashed ahead in pieces of [`HASH_AHEAD_LENGTH`],
//! which keep BLAKE3 at its full width; what is left is hashed when the frame is sealed. Small
//! pieces would cost three times as much each, and sealing what arrives during one write, some
//! dozens of records, costs 2 to 5 µs beside a sync of 100.

use forecastle_proto_spec::{RECORD_LENGTH_MAX, RecordHeader, padded_command_length};
use zerocopy::FromBytes;

use crate::chain::{Hash, hash};
use crate::frame::JournalPoint;
use crate::layout::FRAME_HEADER_LENGTH;
use crate::records::RECORD_LENGTH_MIN;

/// The frame that is being filled.
#[derive(Debug)]
pub(super) struct OpenFrame {
    /// Buffer it lies in, 0 or 1.
    pub(super) buffer: usize,
    /// Most bytes it may have, header included; set when its first record comes.
    pub(super) length_max: usize,
    body_length: usize,
    record_count: u32,
    sequencing_time_ns: u64,
    state_digest: u64,
    hasher: blake3::Hasher,
    hashed_length: usize,
}

impl OpenFrame {
    /// An empty one in buffer 0; no record's time is below `sequencing_time_ns`.
    pub(super) fn new(sequencing_time_ns: u64) -> Self {
        Self {
            buffer: 0,
            length_max: 0,
            body_length: 0,
            record_count: 0,
            sequencing_time_ns,
            state_digest: 0,
            hasher: blake3::Hasher::new(),
            hashed_length: 0,
        }
    }

    #[inline]
    pub(super) const fn body_length(&self) -> usize {
        self.body_length
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.body_length == 0
    }

    /// Copies a record behind the others; false when it does not fit.
    #[inline]
    pub(super) fn append(&mut self, buffer: &mut [u8], record: &[u8]) -> bool {
        let offset = FRAME_HEADER_LENGTH + self.body_length;
        if offset + record.len() > self.length_max {
            assert!(record.len() <= RECORD_LENGTH_MAX, "a record is bounded");
            return false;
        }
        let (header, _) =
            RecordHeader::ref_from_prefix(record).expect("a record begins with its header");
        let command_length = padded_command_length(header.command_length.get().into());
        let is_whole = header.record_length.get() as usize == record.len()
            && record.len().is_multiple_of(8)
            && record.len() >= RECORD_LENGTH_MIN + command_length
            && record.len() <= RECORD_LENGTH_MAX;
        assert!(is_whole, "a record has the length that its header says");
        let sequencing_time_ns = header.sequencing_time_ns.get();
        assert!(sequencing_time_ns >= self.sequencing_time_ns, "sequencing time never falls");
        buffer[offset..offset + record.len()].copy_from_slice(record);
        self.body_length += record.len();
        self.record_count += 1;
        self.sequencing_time_ns = sequencing_time_ns;
        self.state_digest = header.state_digest.get();
        true
    }

    /// Hashes one piece that lies ready.
    #[inline]
    pub(super) fn hash_ahead(&mut self, buffer: &[u8]) {
        if self.body_length - self.hashed_length >= HASH_AHEAD_LENGTH {
            let from = FRAME_HEADER_LENGTH + self.hashed_length;
            self.hasher.update(&buffer[from..from + HASH_AHEAD_LENGTH]);
            self.hashed_length += HASH_AHEAD_LENGTH;
        }
    }

    /// Hashes the rest, gives what the header needs, and begins an empty frame in the other
    /// buffer.
    #[inline]
    pub(super) fn finish(&mut self, buffer: &[u8]) -> Body {
        let body = &buffer[FRAME_HEADER_LENGTH..FRAME_HEADER_LENGTH + self.body_length];
        let body_hash = if self.hashed_length == 0 {
            hash(body)
        } else {
            *self.hasher.update(&body[self.hashed_length..]).finalize().as_bytes()
        };
        let finished = Body {
            length: self.body_length,
            record_count: self.record_count,
            sequencing_time_ns: self.sequencing_time_ns,
            state_digest: self.state_digest,
            hash: body_hash,
        };
        self.buffer = 1 - self.buffer;
        self.length_max = 0;
        self.body_length = 0;
        self.record_count = 0;
        if self.hashed_length > 0 {
            self.hasher.reset();
            self.hashed_length = 0;
        }
        finished
    }
}

/// What a frame's header says of its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    pub(super) length: usize,
    pub(super) record_count: u32,
    pub(super) sequencing_time_ns: u64,
    pub(super) state_digest: u64,
    pub(super) hash: Hash,
}

impl Body {
    /// That of a frame without records: time and digest stay those of the frame before.
    #[inline]
    pub(super) fn without_records(before: &JournalPoint) -> Self {
        Self {
            length: 0,
            record_count: 0,
            sequencing_time_ns: before.sequencing_time_ns,
            state_digest: before.state_digest,
            hash: hash(&[]),
        }
    }
}

/// Bytes hashed ahead at a time, about 3 µs.
const HASH_AHEAD_LENGTH: usize = 16 << 10;

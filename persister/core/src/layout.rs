//! Lengths and offsets of segments and frames (`proto-spec/journal.md`).

/// Bytes of a sector: every write is aligned to it and a multiple of it.
pub const SECTOR_LENGTH: usize = 4096;
/// Offset of the first frame of a segment, behind the two copies of its header.
pub const FRAMES_OFFSET: u64 = 2 * SECTOR_LENGTH as u64;
/// Bytes of a frame's header.
pub const FRAME_HEADER_LENGTH: usize = 256;
/// Most bytes of a frame, header and padding included, in a segment that is large enough.
pub const FRAME_LENGTH_MAX: usize = 1 << 20;
/// Fewest bytes of a segment.
pub const SEGMENT_BYTES_MIN: u64 = 1 << 20;
/// Bytes of a segment when nothing else is configured.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 << 20;
/// Most bytes of a segment.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;
/// The format version written and understood here, of segments, frames and snapshots alike.
pub const FORMAT_VERSION: u16 = 1;

/// Whether a file of `bytes` bytes may be a segment.
#[must_use]
pub const fn is_segment_bytes(bytes: u64) -> bool {
    bytes >= SEGMENT_BYTES_MIN
        && bytes <= SEGMENT_BYTES_MAX
        && bytes.is_multiple_of(SECTOR_LENGTH as u64)
}

/// Bytes of a frame whose body has `body_length` bytes: header, body, zeros up to a sector.
#[inline]
#[must_use]
pub const fn frame_length(body_length: usize) -> usize {
    (FRAME_HEADER_LENGTH + body_length).next_multiple_of(SECTOR_LENGTH)
}

/// Most bytes of a frame in a segment of `segment_bytes` bytes.
#[must_use]
pub const fn frame_length_max(segment_bytes: u64) -> usize {
    let room = segment_bytes - FRAMES_OFFSET;
    if room < FRAME_LENGTH_MAX as u64 { room as usize } else { FRAME_LENGTH_MAX }
}

/// The shard that a position belongs to: its top 8 bits.
#[inline]
#[must_use]
pub const fn shard_of(position: u64) -> u8 {
    (position >> 56) as u8
}

const _: () = assert!(
    frame_length(forecastle_proto_spec::RECORD_LENGTH_MAX) + SECTOR_LENGTH
        <= frame_length_max(SEGMENT_BYTES_MIN),
    "the longest record fits the smallest segment behind a term start"
);

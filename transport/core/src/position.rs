//! Term arithmetic: a stream position is the count of frame bytes since the start of the stream's
//! first term; on the wire it is a pair of term id and term offset (Aeron, log buffer descriptor).

use crate::limits::{FRAME_ALIGNMENT, TERM_LENGTH_MAX, TERM_LENGTH_MIN};

/// The two numbers of a stream that turn positions into terms and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermGeometry {
    initial_term_id: i32,
    term_bits: u32,
}

impl TermGeometry {
    /// Geometry of a stream, or `None` unless `term_length` is a power of two in
    /// [`TERM_LENGTH_MIN`] ..= [`TERM_LENGTH_MAX`].
    pub const fn new(initial_term_id: i32, term_length: u32) -> Option<Self> {
        if !term_length.is_power_of_two()
            || term_length < TERM_LENGTH_MIN
            || term_length > TERM_LENGTH_MAX
        {
            return None;
        }
        Some(Self { initial_term_id, term_bits: term_length.trailing_zeros() })
    }

    /// Id of the stream's first term.
    #[inline]
    pub const fn initial_term_id(self) -> i32 {
        self.initial_term_id
    }

    /// Bytes in a term.
    #[inline]
    pub const fn term_length(self) -> u64 {
        1 << self.term_bits
    }

    /// Position one past the last byte the stream can ever carry: 2^31 terms.
    #[inline]
    pub const fn position_max(self) -> u64 {
        self.term_length() << 31
    }

    /// Position of `term_offset` in `term_id`; `None` for an offset that is negative or past the
    /// term's end, or a term before the first one.
    #[inline]
    pub const fn position(self, term_id: i32, term_offset: i32) -> Option<u64> {
        let term_count = term_id.wrapping_sub(self.initial_term_id);
        if term_count < 0 || term_offset < 0 || term_offset as u64 > self.term_length() {
            return None;
        }
        Some(((term_count as u64) << self.term_bits) + term_offset as u64)
    }

    /// Id of the term that holds the byte at `position`.
    #[inline]
    pub const fn term_id(self, position: u64) -> i32 {
        self.initial_term_id.wrapping_add((position >> self.term_bits) as i32)
    }

    /// Offset of `position` inside its term.
    #[inline]
    pub const fn term_offset(self, position: u64) -> i32 {
        (position & (self.term_length() - 1)) as i32
    }

    /// Position of the end of the term that holds the byte at `position`.
    #[inline]
    pub const fn term_end(self, position: u64) -> u64 {
        (position | (self.term_length() - 1)) + 1
    }
}

/// `length` rounded up to the frame alignment.
#[inline]
pub const fn align(length: usize) -> usize {
    length.next_multiple_of(FRAME_ALIGNMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_go_there_and_back_across_the_wrap_of_term_ids() {
        let geometry = TermGeometry::new(i32::MAX, 65536).unwrap();
        for (position, term_id, term_offset) in [
            (0, i32::MAX, 0),
            (65504, i32::MAX, 65504),
            (65536, i32::MIN, 0),
            (65536 * 3 + 64, i32::MIN + 2, 64),
        ] {
            assert_eq!(geometry.term_id(position), term_id);
            assert_eq!(geometry.term_offset(position), term_offset);
            assert_eq!(geometry.position(term_id, term_offset), Some(position));
        }
        assert_eq!(geometry.term_end(0), 65536);
        assert_eq!(geometry.term_end(65535), 65536);
        assert_eq!(geometry.term_end(65536), 131_072);
    }

    #[test]
    fn what_is_outside_the_stream_has_no_position() {
        let geometry = TermGeometry::new(7, 65536).unwrap();
        assert_eq!(geometry.position(6, 0), None);
        assert_eq!(geometry.position(7, -32), None);
        assert_eq!(geometry.position(7, 65536), Some(65536));
        assert_eq!(geometry.position(7, 65537), None);
        assert_eq!(geometry.position_max(), 1 << 47);
    }

    #[test]
    fn only_powers_of_two_from_64_kib_to_1_gib_are_terms() {
        for good in [65536, 1 << 20, 1 << 30] {
            assert!(TermGeometry::new(0, good).is_some());
        }
        for bad in [0, 32768, 65535, 65537, 3 << 16, 1 << 31, u32::MAX] {
            assert!(TermGeometry::new(0, bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn lengths_align_up_to_32() {
        for (length, aligned) in [(0, 0), (1, 32), (32, 32), (33, 64), (1408, 1408)] {
            assert_eq!(align(length), aligned);
        }
    }
}

//! The circle of cache lines that the slots of a ring or log lie in, behind the control block.
//!
//! Its bounds are checked once, when it is made. A line is then reached by a position without a
//! further check: a position only counts on, its line is found by a mask.

#![allow(unsafe_code)]

use crate::layout::CONTROL_LENGTH;
use crate::memory::Region;
use crate::slot::SLOT_ALIGNMENT;
use crate::sync::AtomicU64;

/// A region whose control block has [`CONTROL_LENGTH`] bytes and whose slots have a power of two.
#[derive(Debug)]
pub(crate) struct Circle {
    region: Region,
    /// Which bits of a position say where its line begins behind the control block.
    mask: usize,
}

impl Circle {
    /// The circle of `capacity` bytes in a region.
    ///
    /// # Panics
    /// When the capacity is no power of two from 64 on, or the region does not hold it.
    pub(crate) fn new(region: Region, capacity: usize) -> Self {
        assert!(
            capacity.is_power_of_two() && capacity >= SLOT_ALIGNMENT,
            "a circle is a power of two of whole lines"
        );
        let length = CONTROL_LENGTH.checked_add(capacity);
        assert!(length.is_some_and(|length| length <= region.length()), "a region holds its slots");
        Self { region, mask: capacity - SLOT_ALIGNMENT }
    }

    /// Bytes of slots.
    #[inline]
    pub(crate) const fn capacity(&self) -> usize {
        self.mask + SLOT_ALIGNMENT
    }

    /// Bytes from the line of a position to the end of the slots.
    #[inline]
    pub(crate) const fn length_to_end(&self, position: u64) -> usize {
        self.capacity() - (position as usize & self.mask)
    }

    /// Where in the region the line of a position begins.
    #[inline(always)]
    pub(crate) const fn offset(&self, position: u64) -> usize {
        // Nowhere near the end of the number range: it lies inside a region.
        (position as usize & self.mask).wrapping_add(CONTROL_LENGTH)
    }

    /// The words of the control block.
    #[inline(always)]
    pub(crate) fn control(&self) -> &[AtomicU64; CONTROL_LENGTH / size_of::<u64>()] {
        // SAFETY: `new` checked that the region is longer than the control block, with which it
        // begins.
        unsafe { self.region.words_within(0) }
    }

    /// The words of the line of a position.
    #[inline(always)]
    pub(crate) fn line(&self, position: u64) -> &[AtomicU64; WORDS_OF_LINE] {
        // SAFETY: the mask gives a multiple of a line's length (the bits below are not in it), so
        // the words are aligned, and at most the capacity less a line, and `new` checked that the
        // region holds the control block and the capacity.
        unsafe { self.region.words_within(self.offset(position)) }
    }

    /// Brings `LINES` lines from that of a position on close; at the end of the slots some that
    /// lie behind them.
    #[inline(always)]
    pub(crate) fn prefetch<const LINES: usize>(&self, position: u64) {
        let first = self.offset(position);
        for line in 0..LINES {
            self.region.prefetch(first.wrapping_add(line * SLOT_ALIGNMENT));
        }
    }

    /// Whether a record of `length` bytes ends inside the region when it begins with the line of a
    /// position.
    #[inline(always)]
    pub(crate) fn holds(&self, position: u64, length: u32) -> bool {
        // The sum does not wrap: a region has fewer than 2^63 bytes.
        self.offset(position).wrapping_add(length as usize) <= self.region.length()
    }

    /// Stores `words` from `skipped` bytes behind the start of a position's line on, each
    /// atomically and relaxed.
    ///
    /// # Panics
    /// When they do not end before the region does, or `skipped` is no multiple of 8 below a line.
    #[inline(always)]
    pub(crate) fn write_words(&self, position: u64, skipped: usize, words: &[u64]) {
        let is_in_line = skipped < SLOT_ALIGNMENT && skipped.is_multiple_of(size_of::<u64>());
        assert!(is_in_line, "words begin aligned in a line");
        // No sum wraps: a slice has fewer than 2^63 bytes, and so has a region.
        let offset = self.offset(position).wrapping_add(skipped);
        let end = offset.wrapping_add(size_of_val(words));
        assert!(end <= self.region.length(), "words lie inside the region");
        // SAFETY: the words end inside the region, as has just been checked; they begin inside it
        // at a multiple of 8, as a line and `skipped` are multiples of 8.
        unsafe { self.region.write_words_within(offset, words) };
    }

    /// The `length` bytes from a byte of the region on.
    ///
    /// # Safety
    /// They lie inside the region, and as for [`Region::bytes`].
    #[inline(always)]
    pub(crate) unsafe fn bytes_within(&self, offset: usize, length: usize) -> &[u8] {
        // SAFETY: the caller keeps the contract.
        unsafe { self.region.bytes_within(offset, length) }
    }
}

const WORDS_OF_LINE: usize = SLOT_ALIGNMENT / size_of::<u64>();

const _: () = assert!(CONTROL_LENGTH.is_multiple_of(SLOT_ALIGNMENT));

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::{CONTROL_LENGTH, Circle};
    use crate::memory::{PAGE_LENGTH, Region};
    use crate::sync::Ordering;

    #[test]
    fn positions_go_round_by_whole_lines() {
        let region = Region::anonymous(CONTROL_LENGTH + PAGE_LENGTH);
        let circle = Circle::new(region.clone(), PAGE_LENGTH);
        let capacity = PAGE_LENGTH as u64;
        for (position, offset) in [
            (0, 0),
            (63, 0),
            (64, 64),
            (capacity - 1, PAGE_LENGTH - 64),
            (capacity, 0),
            (7 * capacity + 200, 192),
            (u64::MAX, PAGE_LENGTH - 64),
        ] {
            let at = circle.offset(position);
            assert_eq!(at, CONTROL_LENGTH + offset);
            assert_eq!(circle.length_to_end(position), PAGE_LENGTH - offset);
            circle.line(position)[7].store(position, Ordering::Relaxed);
            assert_eq!(region.word(at + 56).load(Ordering::Relaxed), position);
        }
        assert!(circle.holds(2 * capacity - 64, 64) && !circle.holds(2 * capacity - 64, 65));
        assert!(!circle.holds(0, u32::MAX));
        circle.control()[CONTROL_LENGTH / 8 - 1].store(5, Ordering::Relaxed);
        assert_eq!(region.word(CONTROL_LENGTH - 8).load(Ordering::Relaxed), 5);
    }

    #[test]
    #[should_panic(expected = "a region holds its slots")]
    fn a_region_shorter_than_its_circle_is_refused() {
        let _ = Circle::new(Region::anonymous(CONTROL_LENGTH + PAGE_LENGTH), 2 * PAGE_LENGTH);
    }

    #[test]
    #[should_panic(expected = "whole lines")]
    fn a_circle_of_no_power_of_two_is_refused() {
        let _ = Circle::new(Region::anonymous(CONTROL_LENGTH + PAGE_LENGTH), 3 * 64);
    }

    #[test]
    #[should_panic(expected = "inside the region")]
    fn words_past_the_end_of_the_region_panic() {
        let circle = Circle::new(Region::anonymous(CONTROL_LENGTH + PAGE_LENGTH), PAGE_LENGTH);
        circle.write_words(PAGE_LENGTH as u64 - 64, 8, &[0; 7]);
        circle.write_words(PAGE_LENGTH as u64 - 64, 8, &[0; 8]);
    }

    #[test]
    #[should_panic(expected = "aligned")]
    fn words_off_their_alignment_panic() {
        let circle = Circle::new(Region::anonymous(CONTROL_LENGTH + PAGE_LENGTH), PAGE_LENGTH);
        circle.write_words(0, 4, &[0]);
    }
}

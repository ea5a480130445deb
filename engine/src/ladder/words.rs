//! Sets of numbers below 64 in a word.

/// The word with `index` alone in it; of a higher index, with what is left of it below 64.
#[inline(always)]
pub(super) fn bit(index: u32) -> u64 {
    1 << (index % 64)
}

/// The highest number of a set below that of `index`, if there is one.
#[inline(always)]
pub(super) fn highest_below(word: u64, index: u32) -> Option<u32> {
    (word & (bit(index) - 1)).checked_ilog2()
}

/// The lowest number of a set above that of `index`, if there is one.
#[inline(always)]
pub(super) fn lowest_above(word: u64, index: u32) -> Option<u32> {
    lowest(word & (u64::MAX << (index % 64) << 1))
}

/// The highest number of a set, if it has one.
#[inline(always)]
pub(super) fn highest(word: u64) -> Option<u32> {
    word.checked_ilog2()
}

/// The lowest number of a set, if it has one.
#[inline(always)]
pub(super) fn lowest(word: u64) -> Option<u32> {
    (word != 0).then(|| word.trailing_zeros())
}

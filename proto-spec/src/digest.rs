//! The digest function of both digests, fixed for ever so that anybody can recompute them.
//!
//! It guards against faults, not against forgers: sixty-four bits, no key.

/// A running 64-bit digest over a sequence of words; the order of the words matters.
///
/// Absorbing `word` replaces the state s by `finish(s xor word) + INCREMENT` (wrapping), where
/// `finish` is the 64-bit finaliser of MurmurHash3 (Appleby, public domain): a bijection, so two
/// sequences that differ in one word always differ in the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// A digest that has absorbed nothing but `domain`, a number that keeps kinds of digest apart.
    #[inline]
    #[must_use]
    pub const fn new(domain: u64) -> Self {
        Self(SEED).absorb(domain)
    }

    /// The digest after one more word. O(1).
    #[inline]
    #[must_use]
    pub const fn absorb(self, word: u64) -> Self {
        let mut state = self.0 ^ word;
        state ^= state >> 33;
        state = state.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        state ^= state >> 33;
        state = state.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
        state ^= state >> 33;
        Self(state.wrapping_add(INCREMENT))
    }

    /// The digest after one more signed word, taken as two's complement. O(1).
    #[inline]
    #[must_use]
    pub const fn absorb_signed(self, word: i64) -> Self {
        self.absorb(word.cast_unsigned())
    }

    /// The digest as a number.
    #[inline]
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

const SEED: u64 = 0x4643_5354_4C45_3031;
const INCREMENT: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_value_of_words_both_matter() {
        let base = Digest::new(1).absorb(2).absorb(3);
        assert_ne!(base, Digest::new(1).absorb(3).absorb(2));
        assert_ne!(base, Digest::new(2).absorb(2).absorb(3));
        assert_ne!(base, Digest::new(1).absorb(2).absorb(4));
        assert_eq!(Digest::new(1).absorb_signed(-1), Digest::new(1).absorb(u64::MAX));
    }

    #[test]
    fn the_function_is_fixed_for_ever() {
        // Recomputed outside this crate from the definition above.
        assert_eq!(Digest::new(0).value(), 0x5A02_E1B5_9353_D140);
        assert_eq!(Digest::new(1).absorb(2).absorb(3).value(), 0xD201_4E3F_DCF9_3E76);
    }
}

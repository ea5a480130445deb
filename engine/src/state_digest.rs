//! The incremental digest: a wrapping sum with one addend for each piece of state.
//!
//! Each table owns the sum of its pieces and changes it where it changes a piece, by the old addend
//! and the new. A piece is digested under the domain of its kind and the key where it lies, so that
//! equal contents at two places do not cancel. Pieces that seldom change are digested by the
//! function of the wire contract; those that orders change by one that costs one multiplication a
//! word, and a number of them that changes alone by one multiplication in all.

use forecastle_proto_spec::Digest;

/// The sum of the digests of some pieces of state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DigestSum(u64);

impl DigestSum {
    /// Adds a piece.
    #[inline]
    pub(crate) fn add(&mut self, piece: impl Piece) {
        self.0 = self.0.wrapping_add(piece.value());
    }

    /// Takes a piece away.
    #[inline]
    pub(crate) fn remove(&mut self, piece: impl Piece) {
        self.0 = self.0.wrapping_sub(piece.value());
    }

    /// Adds all pieces of another sum.
    #[inline]
    pub(crate) fn join(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// The sum as a number.
    #[inline]
    pub(crate) fn value(self) -> u64 {
        self.0
    }
}

impl<P: Piece> FromIterator<P> for DigestSum {
    fn from_iter<I: IntoIterator<Item = P>>(pieces: I) -> Self {
        let mut sum = Self::default();
        for piece in pieces {
            sum.add(piece);
        }
        sum
    }
}

/// What a piece of state adds to the sum.
pub(crate) trait Piece: Copy {
    /// The addend.
    fn value(self) -> u64;
}

impl Piece for Digest {
    #[inline]
    fn value(self) -> u64 {
        Digest::value(self)
    }
}

/// The addend of a piece that orders change: [`Domain::addend`] of its words, or of a number
/// beside them by [`Addend::times`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Addend(u64);

impl Addend {
    /// The addend of a number that belongs to the piece and changes alone: the number times the
    /// piece's addend made odd. The difference of two numbers gives the difference of the addends,
    /// and different numbers have different ones.
    #[inline]
    pub(crate) const fn times(self, number: u64) -> Self {
        Self(number.wrapping_mul(self.0 | 1))
    }
}

impl Piece for Addend {
    #[inline]
    fn value(self) -> u64 {
        self.0
    }
}

/// The digest of a stack of words: a polynomial with the words as coefficients, the top one the
/// constant term, so that a word goes on the top or comes off by one multiplication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StackDigest(u64);

impl StackDigest {
    /// Puts a word on the top.
    #[inline(always)]
    pub(crate) fn push(&mut self, word: u64) {
        self.0 = self.0.wrapping_mul(STACK_MULTIPLIER).wrapping_add(word);
    }

    /// Takes the word off that is on the top.
    #[inline(always)]
    pub(crate) fn pop(&mut self, word: u64) {
        self.0 = self.0.wrapping_sub(word).wrapping_mul(STACK_INVERSE);
    }

    /// The digest as a number.
    #[inline]
    pub(crate) fn value(self) -> u64 {
        self.0
    }
}

/// Kinds of pieces. Domain 1 is the market digest's.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Domain {
    Account = 2,
    AccountTotals,
    Exposure,
    Position,
    Order,
    /// 7 was part of an order.
    FreeSlot = 8,
    OrderCounters,
    Session,
    WindowEntry,
    Entitlement,
    Event,
    Market,
    Work,
    WorkCounters,
    Configuration,
    EventParameters,
    EventSets,
    Block,
    OrderDetail,
    Timer,
    TimerCounter,
    ProtectionFills,
    ProtectionGroup,
    QuoteSet,
    TickTable,
    AccountLimits,
    PaidInEvent,
    Determination,
    ReferenceOdds,
    OddsRequest,
    OddsRequestCount,
    Category,
    Series,
    User,
}

impl Domain {
    /// The digest of a piece of this kind before its key.
    #[inline]
    pub(crate) const fn digest(self) -> Digest {
        Digest::new(self as u64)
    }

    /// The addend of a piece of this kind with these words, its key among them: the sum of each
    /// word times the odd number of its place, finished by a bijection, so that two pieces that
    /// differ in one word always differ.
    #[inline(always)]
    pub(crate) const fn addend<const N: usize>(self, words: [u64; N]) -> Addend {
        let mut state = (self as u64).wrapping_mul(DOMAIN_MULTIPLIER);
        let mut place = 0;
        while place < N {
            state = state.wrapping_add(words[place].wrapping_mul(MULTIPLIERS[place]));
            place += 1;
        }
        state ^= state >> 32;
        state = state.wrapping_mul(FINISH_MULTIPLIER);
        Addend(state ^ state >> 29)
    }
}

/// Two 32-bit numbers as one word to absorb.
#[inline]
pub(crate) const fn pair(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

/// The lower of the two 32-bit numbers of a word.
#[inline]
pub(crate) const fn low_half(word: u64) -> u32 {
    let [a, b, c, d, ..] = word.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Odd numbers without a pattern; part of the definition, as the order of the words is.
const DOMAIN_MULTIPLIER: u64 = 0x86DC_283C_F048_0FF9;
const FINISH_MULTIPLIER: u64 = 0x47EA_A099_2CB6_916D;
const STACK_MULTIPLIER: u64 = 0x7B1C_583A_94C6_42D5;
/// What takes a multiplication by the former back, modulo 2^64.
const STACK_INVERSE: u64 = inverse(STACK_MULTIPLIER);

/// The inverse of an odd number modulo 2^64 (Warren, Hacker's Delight, 10-16): each step doubles
/// the bits that are right, of which there are three at first.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut step = 0;
    while step < 5 {
        let error = odd.wrapping_mul(inverse).wrapping_sub(2);
        inverse = inverse.wrapping_mul(error.wrapping_neg());
        step += 1;
    }
    inverse
}

const _: () = assert!(STACK_MULTIPLIER.wrapping_mul(STACK_INVERSE) == 1);
const MULTIPLIERS: [u64; 8] = [
    0xCA11_8783_5939_42A5,
    0x1509_BB0A_9BF1_3331,
    0x12E1_BC76_5667_0B15,
    0xF5EC_52ED_0108_8475,
    0x2909_406C_2E41_6789,
    0x59BA_1B0D_5C90_6159,
    0x2A09_5EE8_2BB2_9977,
    0x5D32_FE61_985F_B4E7,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_place_and_value_of_each_word_matter() {
        let base = Domain::Order.addend([2, 3]);
        assert_ne!(base, Domain::Order.addend([3, 2]));
        assert_ne!(base, Domain::Order.addend([2, 4]));
        assert_ne!(base, Domain::Position.addend([2, 3]));
        let numbers = [0, 1, 2, u64::MAX, 1 << 63];
        for (index, first) in numbers.into_iter().enumerate() {
            for second in &numbers[index + 1..] {
                assert_ne!(base.times(first), base.times(*second));
            }
        }
    }

    /// The words of two pieces exchanged change the sum: a plain sum of products would not.
    #[test]
    fn words_do_not_cancel_between_pieces() {
        let sum = |pieces: [[u64; 2]; 2]| -> DigestSum {
            pieces.into_iter().map(|words| Domain::Order.addend(words)).collect()
        };
        assert_ne!(sum([[1, 10], [2, 20]]), sum([[1, 20], [2, 10]]));
    }

    #[test]
    fn a_stack_is_told_by_its_words_and_their_order_and_goes_back() {
        let of = |words: &[u64]| {
            let mut stack = StackDigest::default();
            words.iter().for_each(|word| stack.push(*word));
            stack
        };
        let stacks = [&[1][..], &[2], &[1, 2], &[2, 1], &[1, 2, 3], &[2, 2, 3], &[1, 3, 2]];
        for (index, first) in stacks.iter().enumerate() {
            for second in &stacks[index + 1..] {
                assert_ne!(of(first), of(second));
            }
        }
        let mut stack = of(&[u64::MAX, 7, 1 << 63]);
        stack.pop(1 << 63);
        assert_eq!(stack, of(&[u64::MAX, 7]));
        stack.pop(7);
        stack.pop(u64::MAX);
        assert_eq!(stack, StackDigest::default());
    }

    #[test]
    fn the_difference_of_numbers_is_that_of_addends() {
        let base = Domain::Account.addend([7]);
        let mut sum = DigestSum::default();
        sum.add(base.times(100));
        sum.add(base.times(5_u64.wrapping_neg()));
        assert_eq!(sum.value(), base.times(95).value());
    }
}

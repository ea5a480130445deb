//! The incremental digest: a wrapping sum with one addend for each piece of state.
//!
//! Each table owns the sum of its pieces and changes it where it changes a piece, by the old addend
//! and the new. A piece is digested under the domain of its kind and the key where it lies, so that
//! equal contents at two places do not cancel.

use forecastle_proto_spec::Digest;

/// The sum of the digests of some pieces of state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DigestSum(u64);

impl DigestSum {
    /// Adds a piece.
    #[inline]
    pub(crate) fn add(&mut self, piece: Digest) {
        self.0 = self.0.wrapping_add(piece.value());
    }

    /// Takes a piece away.
    #[inline]
    pub(crate) fn remove(&mut self, piece: Digest) {
        self.0 = self.0.wrapping_sub(piece.value());
    }

    /// Puts `new` in the place of a piece that was kept beside what it digests, and keeps it.
    #[inline]
    pub(crate) fn replace(&mut self, kept: &mut Digest, new: Digest) {
        self.remove(std::mem::replace(kept, new));
        self.add(new);
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

impl FromIterator<Digest> for DigestSum {
    fn from_iter<I: IntoIterator<Item = Digest>>(pieces: I) -> Self {
        let mut sum = Self::default();
        for piece in pieces {
            sum.add(piece);
        }
        sum
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
    OrderQuantity,
    FreeSlot,
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
    TickTable,
    AccountLimits,
    PaidInEvent,
    Determination,
}

impl Domain {
    /// The digest of a piece of this kind before its key.
    #[inline]
    pub(crate) const fn digest(self) -> Digest {
        Digest::new(self as u64)
    }
}

/// Two 32-bit numbers as one word to absorb.
#[inline]
pub(crate) const fn pair(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

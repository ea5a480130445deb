//! The exchange's order id: shard, slot and generation in one number.

use std::fmt;

/// An order id: shard 8 bits, slot 24 bits, generation 32 bits, from the top.
///
/// The slot is where the engine keeps the order, so that finding it needs no hash; the generation
/// counts how often the slot was used, from 1, so that no id ever repeats. Zero is no order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(u64);

impl OrderId {
    /// Slots of one shard.
    pub const SLOT_COUNT: u32 = 1 << 24;

    /// The id of a slot's occupant.
    ///
    /// # Panics
    /// `slot` needs more than 24 bits.
    #[inline]
    #[must_use]
    pub const fn new(shard: u8, slot: u32, generation: u32) -> Self {
        assert!(slot < Self::SLOT_COUNT);
        Self((shard as u64) << 56 | (slot as u64) << 32 | generation as u64)
    }

    /// The id as it came over the wire; it may name nothing.
    #[inline]
    #[must_use]
    pub const fn from_wire(value: u64) -> Self {
        Self(value)
    }

    /// The number on the wire.
    #[inline]
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Shard that numbered it.
    #[inline]
    #[must_use]
    pub const fn shard(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// Slot, below [`Self::SLOT_COUNT`].
    #[inline]
    #[must_use]
    pub const fn slot(self) -> u32 {
        let [_, high, middle, low, ..] = self.0.to_be_bytes();
        u32::from_be_bytes([0, high, middle, low])
    }

    /// Use of the slot, from 1.
    #[inline]
    #[must_use]
    pub const fn generation(self) -> u32 {
        let [_, _, _, _, a, b, c, d] = self.0.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.shard(), self.slot(), self.generation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_went_in() {
        let id = OrderId::new(0xAB, 0x00CD_EF01, 0x2345_6789);
        assert_eq!(id.value(), 0xABCD_EF01_2345_6789);
        assert_eq!((id.shard(), id.slot(), id.generation()), (0xAB, 0x00CD_EF01, 0x2345_6789));
        assert_eq!(OrderId::from_wire(id.value()), id);
    }
}

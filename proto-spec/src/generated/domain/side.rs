//! Values of the enumeration `Side`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Side of an order, always of the YES book of its market (FIX 54).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// Bid for YES.
    Buy = 1,
    /// Offer of YES, which is a bid for NO at 10000 minus the price.
    Sell = 2,
}

impl Side {
    /// Every value, in numerical order.
    pub const ALL: [Self; 2] = [Self::Buy, Self::Sell];
}

impl TryFrom<u8> for Side {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Buy),
            2 => Ok(Self::Sell),
            _ => Err(UnknownValue),
        }
    }
}

impl From<Side> for u8 {
    #[inline]
    fn from(value: Side) -> Self {
        value as Self
    }
}

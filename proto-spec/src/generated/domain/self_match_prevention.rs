//! Values of the enumeration `SelfMatchPrevention`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What happens when an order would trade with another of its firm and self-match prevention id (FIX 2964). The incoming order's decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SelfMatchPrevention {
    /// What is left of the incoming order is cancelled.
    CancelAggressor = 1,
    /// The resting order is cancelled and the incoming one goes on.
    CancelResting = 2,
    /// Both are cancelled.
    CancelBoth = 3,
}

impl SelfMatchPrevention {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::CancelAggressor, Self::CancelResting, Self::CancelBoth];
}

impl TryFrom<u8> for SelfMatchPrevention {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::CancelAggressor),
            2 => Ok(Self::CancelResting),
            3 => Ok(Self::CancelBoth),
            _ => Err(UnknownValue),
        }
    }
}

impl From<SelfMatchPrevention> for u8 {
    #[inline]
    fn from(value: SelfMatchPrevention) -> Self {
        value as Self
    }
}

//! Values of the enumeration `ProtectionCause`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Which limit of a protection group was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ProtectionCause {
    /// Lots traded.
    Quantity = 1,
    /// Trades.
    Trades = 2,
    /// Lots bought less lots sold.
    NetChange = 3,
}

impl ProtectionCause {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Quantity, Self::Trades, Self::NetChange];
}

impl TryFrom<u8> for ProtectionCause {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Quantity),
            2 => Ok(Self::Trades),
            3 => Ok(Self::NetChange),
            _ => Err(UnknownValue),
        }
    }
}

impl From<ProtectionCause> for u8 {
    #[inline]
    fn from(value: ProtectionCause) -> Self {
        value as Self
    }
}

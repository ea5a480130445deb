//! Values of the enumeration `ExecType`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What an execution report tells (FIX 150).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ExecType {
    /// The order was accepted.
    New = 0,
    /// The order was changed.
    Replaced = 5,
    /// The order waited for the in-play delay and comes in now (FIX L).
    Released = 21,
}

impl ExecType {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::New, Self::Replaced, Self::Released];
}

impl TryFrom<u8> for ExecType {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::New),
            5 => Ok(Self::Replaced),
            21 => Ok(Self::Released),
            _ => Err(UnknownValue),
        }
    }
}

impl From<ExecType> for u8 {
    #[inline]
    fn from(value: ExecType) -> Self {
        value as Self
    }
}

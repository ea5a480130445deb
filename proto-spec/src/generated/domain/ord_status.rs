//! Values of the enumeration `OrdStatus`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// State of an order after the report (FIX 39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OrdStatus {
    /// Accepted, nothing traded.
    New = 0,
    /// Partly traded.
    PartiallyFilled = 1,
    /// Fully traded.
    Filled = 2,
    /// Ended by a cancel.
    Cancelled = 4,
    /// Never accepted.
    Rejected = 8,
    /// Accepted, waiting for the in-play delay (FIX A).
    PendingNew = 10,
}

impl OrdStatus {
    /// Every value, in numerical order.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::PartiallyFilled,
        Self::Filled,
        Self::Cancelled,
        Self::Rejected,
        Self::PendingNew,
    ];
}

impl TryFrom<u8> for OrdStatus {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::New),
            1 => Ok(Self::PartiallyFilled),
            2 => Ok(Self::Filled),
            4 => Ok(Self::Cancelled),
            8 => Ok(Self::Rejected),
            10 => Ok(Self::PendingNew),
            _ => Err(UnknownValue),
        }
    }
}

impl From<OrdStatus> for u8 {
    #[inline]
    fn from(value: OrdStatus) -> Self {
        value as Self
    }
}

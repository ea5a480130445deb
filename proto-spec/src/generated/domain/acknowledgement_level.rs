//! Values of the enumeration `AcknowledgementLevel`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What an acknowledgement survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AcknowledgementLevel {
    /// Appended to the log in memory; survives nothing but the client's own crash.
    Memory = 1,
    /// The device write completed, not flushed.
    Written = 2,
    /// Data-sync completed.
    Durable = 3,
    /// Durable on a majority.
    Quorum = 4,
}

impl AcknowledgementLevel {
    /// Every value, in numerical order.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Written, Self::Durable, Self::Quorum];
}

impl TryFrom<u8> for AcknowledgementLevel {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Memory),
            2 => Ok(Self::Written),
            3 => Ok(Self::Durable),
            4 => Ok(Self::Quorum),
            _ => Err(UnknownValue),
        }
    }
}

impl From<AcknowledgementLevel> for u8 {
    #[inline]
    fn from(value: AcknowledgementLevel) -> Self {
        value as Self
    }
}

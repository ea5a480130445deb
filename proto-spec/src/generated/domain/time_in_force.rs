//! Values of the enumeration `TimeInForce`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// How long an order works (FIX 59).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TimeInForce {
    /// Until the sequenced end-of-day command.
    Day = 0,
    /// Until cancelled or until its market closes.
    GoodTillCancel = 1,
    /// Trades what it can at once; the remainder is cancelled.
    ImmediateOrCancel = 3,
    /// Trades in full at once or not at all.
    FillOrKill = 4,
    /// Until its expire time, as GoodTillCancel before it.
    GoodTillDate = 6,
}

impl TimeInForce {
    /// Every value, in numerical order.
    pub const ALL: [Self; 5] = [
        Self::Day,
        Self::GoodTillCancel,
        Self::ImmediateOrCancel,
        Self::FillOrKill,
        Self::GoodTillDate,
    ];
}

impl TryFrom<u8> for TimeInForce {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::Day),
            1 => Ok(Self::GoodTillCancel),
            3 => Ok(Self::ImmediateOrCancel),
            4 => Ok(Self::FillOrKill),
            6 => Ok(Self::GoodTillDate),
            _ => Err(UnknownValue),
        }
    }
}

impl From<TimeInForce> for u8 {
    #[inline]
    fn from(value: TimeInForce) -> Self {
        value as Self
    }
}

//! Values of the enumeration `MarketStatus`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Where a market stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MarketStatus {
    /// Defined, not yet trading.
    Listed = 1,
    /// Trading.
    Open = 2,
    /// Resting orders stay; cancels and reductions pass, nothing else.
    Paused = 3,
    /// Ended for trading; resting orders are cancelled; only settlement follows.
    Closed = 4,
    /// Paid out; final.
    Settled = 5,
    /// Defined, not yet listed: may still be delisted.
    Draft = 6,
    /// Its value is known and may be disputed; paid out when the window ends.
    Determined = 7,
    /// Its value is disputed; only another vector follows.
    Disputed = 8,
    /// Never opened and never will be; final.
    Delisted = 9,
}

impl MarketStatus {
    /// Every value, in numerical order.
    pub const ALL: [Self; 9] = [
        Self::Listed,
        Self::Open,
        Self::Paused,
        Self::Closed,
        Self::Settled,
        Self::Draft,
        Self::Determined,
        Self::Disputed,
        Self::Delisted,
    ];
}

impl TryFrom<u8> for MarketStatus {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Listed),
            2 => Ok(Self::Open),
            3 => Ok(Self::Paused),
            4 => Ok(Self::Closed),
            5 => Ok(Self::Settled),
            6 => Ok(Self::Draft),
            7 => Ok(Self::Determined),
            8 => Ok(Self::Disputed),
            9 => Ok(Self::Delisted),
            _ => Err(UnknownValue),
        }
    }
}

impl From<MarketStatus> for u8 {
    #[inline]
    fn from(value: MarketStatus) -> Self {
        value as Self
    }
}

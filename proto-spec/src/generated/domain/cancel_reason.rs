//! Values of the enumeration `CancelReason`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Why an order ended without a fill (FIX 378 and its own values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum CancelReason {
    /// A cancel request.
    UserRequest = 1,
    /// A mass action.
    MassAction = 2,
    /// Remainder of an immediate-or-cancel order.
    ImmediateOrCancel = 3,
    /// A fill-or-kill order that could not trade in full.
    FillOrKill = 4,
    /// End of day.
    DayEnded = 5,
    /// Its market closed.
    MarketClosed = 6,
    /// Replaced to a quantity not above what had already traded.
    ReplacedBelowExecuted = 7,
    /// Its sweep reached the bound on trades of one command.
    SweepLimit = 8,
    /// Its expire time came.
    Expired = 9,
    /// It would have traded with another order of its firm and self-match prevention id.
    SelfMatch = 10,
    /// Its market was not open when it was to be released, or halted.
    MarketHalted = 11,
    /// Its session was lost or ended, and it was to end with it.
    Disconnected = 12,
    /// A mass action or kill switch that suspends.
    Suspended = 13,
    /// The protection group of its quote set was triggered.
    Protection = 14,
    /// A mass quote put another in its place.
    QuoteReplaced = 15,
    /// A mass quote or a quote cancel took it away.
    QuoteCancelled = 16,
    /// When it was to be released its account had no longer the position that it was to reduce.
    ReduceOnly = 17,
    /// It may only rest, and would have traded when its turn came.
    PostOnly = 18,
}

impl CancelReason {
    /// Every value, in numerical order.
    pub const ALL: [Self; 18] = [
        Self::UserRequest,
        Self::MassAction,
        Self::ImmediateOrCancel,
        Self::FillOrKill,
        Self::DayEnded,
        Self::MarketClosed,
        Self::ReplacedBelowExecuted,
        Self::SweepLimit,
        Self::Expired,
        Self::SelfMatch,
        Self::MarketHalted,
        Self::Disconnected,
        Self::Suspended,
        Self::Protection,
        Self::QuoteReplaced,
        Self::QuoteCancelled,
        Self::ReduceOnly,
        Self::PostOnly,
    ];
}

impl TryFrom<u16> for CancelReason {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u16) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::UserRequest),
            2 => Ok(Self::MassAction),
            3 => Ok(Self::ImmediateOrCancel),
            4 => Ok(Self::FillOrKill),
            5 => Ok(Self::DayEnded),
            6 => Ok(Self::MarketClosed),
            7 => Ok(Self::ReplacedBelowExecuted),
            8 => Ok(Self::SweepLimit),
            9 => Ok(Self::Expired),
            10 => Ok(Self::SelfMatch),
            11 => Ok(Self::MarketHalted),
            12 => Ok(Self::Disconnected),
            13 => Ok(Self::Suspended),
            14 => Ok(Self::Protection),
            15 => Ok(Self::QuoteReplaced),
            16 => Ok(Self::QuoteCancelled),
            17 => Ok(Self::ReduceOnly),
            18 => Ok(Self::PostOnly),
            _ => Err(UnknownValue),
        }
    }
}

impl From<CancelReason> for u16 {
    #[inline]
    fn from(value: CancelReason) -> Self {
        value as Self
    }
}

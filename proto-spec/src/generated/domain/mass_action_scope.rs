//! Values of the enumeration `MassActionScope`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Which orders a mass action covers (FIX 1374). Always only those of the session's firm, save end of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MassActionScope {
    /// One market.
    Security = 1,
    /// All markets of one event.
    Event = 2,
    /// One account.
    Account = 3,
    /// One ClOrdLinkID.
    Link = 4,
    /// Every order of the firm.
    Firm = 5,
    /// Every day order of the exchange; only in the report of an end of day.
    Day = 6,
    /// Every order that one session sent; in kill switches, and in the report of a cancel on disconnect.
    Session = 7,
    /// Every order of the exchange; in kill switches only.
    Exchange = 8,
}

impl MassActionScope {
    /// Every value, in numerical order.
    pub const ALL: [Self; 8] = [
        Self::Security,
        Self::Event,
        Self::Account,
        Self::Link,
        Self::Firm,
        Self::Day,
        Self::Session,
        Self::Exchange,
    ];
}

impl TryFrom<u8> for MassActionScope {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Security),
            2 => Ok(Self::Event),
            3 => Ok(Self::Account),
            4 => Ok(Self::Link),
            5 => Ok(Self::Firm),
            6 => Ok(Self::Day),
            7 => Ok(Self::Session),
            8 => Ok(Self::Exchange),
            _ => Err(UnknownValue),
        }
    }
}

impl From<MassActionScope> for u8 {
    #[inline]
    fn from(value: MassActionScope) -> Self {
        value as Self
    }
}

//! Values of the enumeration `StateScope`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What a state report request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StateScope {
    /// Totals and digests of the whole exchange; administrators only.
    Exchange = 1,
    /// Cash and buying power of one account.
    Account = 2,
    /// One account's positions and holds in every market of one event.
    Position = 3,
}

impl StateScope {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Exchange, Self::Account, Self::Position];
}

impl TryFrom<u8> for StateScope {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Exchange),
            2 => Ok(Self::Account),
            3 => Ok(Self::Position),
            _ => Err(UnknownValue),
        }
    }
}

impl From<StateScope> for u8 {
    #[inline]
    fn from(value: StateScope) -> Self {
        value as Self
    }
}

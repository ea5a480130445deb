//! Values of the enumeration `OddsAction`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What a provider does with the reference odds of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OddsAction {
    /// The event has none, or they were deleted.
    Create = 1,
    /// Others in place of those that stand.
    Update = 2,
    /// They no longer count; a tombstone stays.
    Delete = 3,
}

impl OddsAction {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];
}

impl TryFrom<u8> for OddsAction {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Create),
            2 => Ok(Self::Update),
            3 => Ok(Self::Delete),
            _ => Err(UnknownValue),
        }
    }
}

impl From<OddsAction> for u8 {
    #[inline]
    fn from(value: OddsAction) -> Self {
        value as Self
    }
}

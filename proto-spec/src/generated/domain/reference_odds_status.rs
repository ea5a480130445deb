//! Values of the enumeration `ReferenceOddsStatus`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Where the reference odds of an event stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ReferenceOddsStatus {
    /// They are the reference.
    Live = 1,
    /// They are the reference, and were not updated for stale_after_ms.
    Stale = 2,
    /// They were deleted; the event has no reference.
    Deleted = 3,
}

impl ReferenceOddsStatus {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Live, Self::Stale, Self::Deleted];
}

impl TryFrom<u8> for ReferenceOddsStatus {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Live),
            2 => Ok(Self::Stale),
            3 => Ok(Self::Deleted),
            _ => Err(UnknownValue),
        }
    }
}

impl From<ReferenceOddsStatus> for u8 {
    #[inline]
    fn from(value: ReferenceOddsStatus) -> Self {
        value as Self
    }
}

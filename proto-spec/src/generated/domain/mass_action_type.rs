//! Values of the enumeration `MassActionType`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What a mass action does (FIX 1373).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MassActionType {
    /// Block new orders in scope, and cancel those that stand.
    Suspend = 1,
    /// Take exactly that block away.
    Release = 2,
    /// Cancel the orders in scope.
    Cancel = 3,
}

impl MassActionType {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Suspend, Self::Release, Self::Cancel];
}

impl TryFrom<u8> for MassActionType {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Suspend),
            2 => Ok(Self::Release),
            3 => Ok(Self::Cancel),
            _ => Err(UnknownValue),
        }
    }
}

impl From<MassActionType> for u8 {
    #[inline]
    fn from(value: MassActionType) -> Self {
        value as Self
    }
}

//! Values of the enumeration `EventVelocity`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// How fast an event goes; sets the default of its in-play delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventVelocity {
    /// Default delay 1000 ms.
    Low = 1,
    /// Default delay 3000 ms; the velocity of an event that was given none.
    Medium = 2,
    /// Default delay 5000 ms.
    High = 3,
}

impl EventVelocity {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];
}

impl TryFrom<u8> for EventVelocity {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Low),
            2 => Ok(Self::Medium),
            3 => Ok(Self::High),
            _ => Err(UnknownValue),
        }
    }
}

impl From<EventVelocity> for u8 {
    #[inline]
    fn from(value: EventVelocity) -> Self {
        value as Self
    }
}

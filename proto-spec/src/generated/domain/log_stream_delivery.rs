//! Values of the enumeration `LogStreamDelivery`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// How the log is sent to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LogStreamDelivery {
    /// A stream of its own, from the position it names.
    Own = 0,
    /// One stream to all replicas that ask for it, from where it is: to the group of the exchange's configuration, else to each of them.
    Shared = 1,
}

impl LogStreamDelivery {
    /// Every value, in numerical order.
    pub const ALL: [Self; 2] = [Self::Own, Self::Shared];
}

impl TryFrom<u8> for LogStreamDelivery {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::Own),
            1 => Ok(Self::Shared),
            _ => Err(UnknownValue),
        }
    }
}

impl From<LogStreamDelivery> for u8 {
    #[inline]
    fn from(value: LogStreamDelivery) -> Self {
        value as Self
    }
}

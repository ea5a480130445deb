//! Values of the enumeration `CancelOnDisconnect`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What happens to the live orders of a session when it is lost or ended (FIX 35002).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CancelOnDisconnect {
    /// They stay, save those with the instruction CancelOnDisconnect, which end when the session is lost.
    None = 0,
    /// All end when the session is lost: its transport, its keep-alive or a new Negotiate ended it.
    OnLoss = 1,
    /// All end when the client terminates.
    OnTerminate = 2,
    /// All end in either case.
    Both = 3,
}

impl CancelOnDisconnect {
    /// Every value, in numerical order.
    pub const ALL: [Self; 4] = [Self::None, Self::OnLoss, Self::OnTerminate, Self::Both];
}

impl TryFrom<u8> for CancelOnDisconnect {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::None),
            1 => Ok(Self::OnLoss),
            2 => Ok(Self::OnTerminate),
            3 => Ok(Self::Both),
            _ => Err(UnknownValue),
        }
    }
}

impl From<CancelOnDisconnect> for u8 {
    #[inline]
    fn from(value: CancelOnDisconnect) -> Self {
        value as Self
    }
}

//! Values of the enumeration `TerminateCode`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Why a session's transport binding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum TerminateCode {
    /// The client said so.
    Finished = 1,
    /// No cause given.
    Unspecified = 2,
    /// Nothing was heard for the keep-alive interval.
    KeepAliveLapsed = 3,
    /// The client did not take its reports.
    SlowConsumer = 4,
    /// Bytes that no client of this protocol sends.
    ProtocolViolation = 5,
    /// The request stream ended or went silent.
    TransportLost = 6,
    /// The exchange is closing.
    Shutdown = 7,
}

impl TerminateCode {
    /// Every value, in numerical order.
    pub const ALL: [Self; 7] = [
        Self::Finished,
        Self::Unspecified,
        Self::KeepAliveLapsed,
        Self::SlowConsumer,
        Self::ProtocolViolation,
        Self::TransportLost,
        Self::Shutdown,
    ];
}

impl TryFrom<u16> for TerminateCode {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u16) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Finished),
            2 => Ok(Self::Unspecified),
            3 => Ok(Self::KeepAliveLapsed),
            4 => Ok(Self::SlowConsumer),
            5 => Ok(Self::ProtocolViolation),
            6 => Ok(Self::TransportLost),
            7 => Ok(Self::Shutdown),
            _ => Err(UnknownValue),
        }
    }
}

impl From<TerminateCode> for u16 {
    #[inline]
    fn from(value: TerminateCode) -> Self {
        value as Self
    }
}

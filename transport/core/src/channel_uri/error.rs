//! Why a channel URI cannot be used: one line each, with the parameter's name.

use std::fmt;
use std::net::IpAddr;

/// What is wrong with a channel URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelUriError {
    /// It does not begin with `aeron:`.
    Scheme,
    /// A medium other than UDP.
    Media {
        /// What stands there.
        media: String,
    },
    /// A parameter that Aeron does not know.
    Unknown {
        /// Its name.
        parameter: String,
        /// A known one that begins like it.
        nearest: &'static str,
    },
    /// A parameter of stock Aeron that this transport does not have.
    Unsupported {
        /// Its name.
        parameter: &'static str,
    },
    /// A parameter given twice.
    Repeated {
        /// Its name.
        parameter: &'static str,
    },
    /// A parameter without `=`.
    NoValue {
        /// What stands there.
        parameter: String,
    },
    /// A value that cannot be.
    Value {
        /// Name of the parameter.
        parameter: &'static str,
        /// What was given.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Two parameters that exclude each other.
    Contradiction {
        /// The one.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// Why.
        because: &'static str,
    },
    /// A parameter that the others ask for.
    Missing {
        /// Its name.
        parameter: &'static str,
        /// What asks for it.
        because: &'static str,
    },
    /// A data group's last byte must be odd, since the next address is its control group.
    EvenDataGroup {
        /// The group.
        group: IpAddr,
    },
    /// A parameter of the other end of a channel.
    Misplaced {
        /// Its name.
        parameter: &'static str,
        /// The end that was asked for.
        role: &'static str,
    },
}

impl fmt::Display for ChannelUriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => f.write_str("a channel URI begins with `aeron:udp?`"),
            Self::Media { media } => write!(f, "`aeron:{media}`: there is `aeron:udp` only"),
            Self::Unknown { parameter, nearest } => {
                write!(f, "unknown parameter `{parameter}`; did you mean `{nearest}`?")
            }
            Self::Unsupported { parameter } => {
                write!(f, "`{parameter}` is not supported by this transport: leave it out")
            }
            Self::Repeated { parameter } => write!(f, "`{parameter}` is given twice"),
            Self::NoValue { parameter } => {
                write!(f, "`{parameter}` has no value: write `name=value` with `|` between")
            }
            Self::Value { parameter, value, expected } => {
                write!(f, "`{parameter}={value}`: must be {expected}")
            }
            Self::Contradiction { first, second, because } => {
                write!(f, "`{first}` contradicts `{second}`: {because}")
            }
            Self::Missing { parameter, because } => {
                write!(f, "`{parameter}` is missing: {because}")
            }
            Self::EvenDataGroup { group } => {
                write!(f, "`endpoint`: data group {group} ends in an even byte: choose an odd one")
            }
            Self::Misplaced { parameter, role } => {
                write!(f, "`{parameter}` says nothing about a {role}: leave it out")
            }
        }
    }
}

impl std::error::Error for ChannelUriError {}

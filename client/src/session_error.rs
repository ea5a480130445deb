//! Why a session or subscription cannot be used.

use std::sync::Arc;

use forecastle_proto_spec::RejectCode;
use forecastle_transport_udp::UdpError;

/// Why a session could not be opened, used or went away.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    /// A socket cannot be opened.
    #[error("{0}")]
    Socket(Arc<UdpError>),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The exchange did not answer.
    #[error("no answer in time: {phase}")]
    TimedOut {
        /// What was waited for.
        phase: &'static str,
    },
    /// The exchange rejected the request stream: the login could not be proven.
    #[error("the exchange rejected the stream: {reason} (Aeron error {code})")]
    Rejected {
        /// Aeron error code.
        code: i32,
        /// The exchange's words: `forecastle`, the reject code and its name.
        reason: String,
    },
    /// The exchange refused the login.
    #[error("the exchange refused the login: {}", reject_name(*code))]
    Refused {
        /// Reject code.
        code: u16,
    },
    /// Requests are taken only once the session is established.
    #[error("the session is not established")]
    NotEstablished,
    /// The exchange is not listening to the request stream at this moment.
    #[error("the request stream is not connected")]
    NotConnected,
    /// The exchange takes no more bytes at this moment.
    #[error("the request stream is back-pressured")]
    BackPressured,
    /// The exchange ended the binding.
    #[error("the exchange terminated the session (code {code})")]
    Terminated {
        /// Terminate code.
        code: u16,
    },
    /// The report stream ended.
    #[error("the report stream ended")]
    Ended,
    /// The exchange is not heard any more.
    #[error("the exchange is not heard any more")]
    Lost,
}

impl SessionError {
    /// The reject code that a refused login was given; `None` for any other end.
    #[must_use]
    pub fn reject_code(&self) -> Option<u16> {
        match self {
            Self::Refused { code } => Some(*code),
            Self::Rejected { reason, .. } => {
                let words = reason.strip_prefix("forecastle ")?;
                words.split(' ').next()?.parse().ok()
            }
            _ => None,
        }
    }

    pub(crate) fn socket(error: UdpError) -> Self {
        Self::Socket(Arc::new(error))
    }
}

fn reject_name(code: u16) -> String {
    RejectCode::try_from(code).map_or_else(|_| code.to_string(), |name| format!("{code} {name:?}"))
}

//! Order-entry sessions (FIXP-style) as a state machine: no socket, ring or log, bytes and `now`
//! in, decisions out.
//!
//! A *binding* is one request image; it carries one session, and a session has one binding. The
//! binding begins unproven: its source may be forged, so nothing at all is sent to it; a bad login
//! is answered by rejecting its image, whatever else it sends is dropped and counted. When the
//! log shows that the engine took its Negotiate, the binding is proven and its reply stream opens;
//! so it does at once by an Establish that resumes a session.
//!
//! | state | reached by | what it takes |
//! |---|---|---|
//! | connected | an image | Negotiate, Establish of a version negotiated before |
//! | negotiate forwarded | a Negotiate that passed every check | nothing until the log answers |
//! | negotiated | NegotiationResponse | Establish, Negotiate, Terminate |
//! | resuming | an Establish without Negotiate that passed every check | nothing until the reply stream is connected |
//! | resumption due | that stream, and the end of an earlier binding | nothing until the ring has room |
//! | establish forwarded | an Establish that passed every check, or was due | nothing until the log answers |
//! | established | EstablishmentAck | everything but logins |
//! | terminate forwarded | Terminate | nothing until the log answers |
//! | terminated | Terminate, or the gateway's own decision | nothing any more |
//!
//! The engine decides everything that it numbers; what the gateway itself refuses is unnumbered
//! and names the client's number.

mod binding;
mod core;
mod counters;
mod intake;
mod log_stream;
mod login;
mod outcome;
mod resume;
mod retransmit;
#[cfg(test)]
mod tests;
mod texts;

pub use self::core::{MESSAGES_PER_CALL_MAX, RestoredSession, SessionCore};
pub use counters::{SessionCount, SessionCounters};

use forecastle_proto_spec::{Message, NegotiationResponse, encode};

use crate::history_ports::LogStreamJob;
use crate::retransmission::RetransmissionJob;

/// Names a binding: the place of its request image, below `bindings_max`; used again after the
/// image is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BindingId(u32);

impl BindingId {
    /// The binding of the image at `index`.
    ///
    /// # Panics
    /// When `index` needs more than 32 bits.
    #[inline]
    #[must_use]
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("an image index is small"))
    }

    /// Place of the image.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What to do with a message that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Intake {
    /// Push its bytes into the ring as a command of this session.
    Forward {
        /// The session that sent it.
        session_id: u32,
    },
    /// Nothing; the queue of actions says what else.
    Handled,
}

/// What the shell has to do, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The binding's login is proven: lift the limits of its source and open its reply stream.
    OpenReply {
        /// Which binding.
        binding: BindingId,
    },
    /// Offer a message to the reply stream; when it is not taken, tell
    /// [`SessionCore::on_slow_consumer`].
    Send {
        /// Which binding.
        binding: BindingId,
        /// What.
        message: Outbound,
    },
    /// Offer every counter to the reply stream.
    SendCounters {
        /// Which binding.
        binding: BindingId,
        /// Id of the request.
        request_id: u64,
    },
    /// Have the session's reports sent again, up to what the agent has read of the log; when that
    /// cannot be asked for, tell [`SessionCore::refuse_retransmission`].
    Retransmit {
        /// Which binding.
        binding: BindingId,
        /// What, all but its end.
        job: RetransmissionJob,
    },
    /// Have the log sent to the binding's source; when that cannot be asked for, tell
    /// [`SessionCore::refuse_log_stream`].
    StreamLog {
        /// Which binding.
        binding: BindingId,
        /// What, all but the address and the released position.
        job: LogStreamJob,
    },
    /// The binding's log stream is not wanted any more.
    EndLogStream {
        /// Which binding.
        binding: BindingId,
    },
    /// End the reply stream after what was offered.
    CloseReply {
        /// Which binding.
        binding: BindingId,
    },
    /// Refuse the request image with this text.
    RejectImage {
        /// Which binding.
        binding: BindingId,
        /// Text of the transport's error frame: `forecastle`, then a number and a name.
        text: &'static str,
    },
}

/// A message that the gateway itself writes, encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbound {
    length: u8,
    bytes: [u8; OUTBOUND_LENGTH_MAX],
}

impl Outbound {
    pub(crate) fn of_bytes(message: &[u8]) -> Self {
        let mut bytes = [0; OUTBOUND_LENGTH_MAX];
        bytes[..message.len()].copy_from_slice(message);
        Self { length: message.len() as u8, bytes }
    }

    pub(crate) fn of<M: Message>(message: &M) -> Self {
        let mut bytes = [0; OUTBOUND_LENGTH_MAX];
        let length = encode(message, &mut bytes).expect("the gateway's own messages are short");
        Self { length: length as u8, bytes }
    }

    /// Header and body.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

const OUTBOUND_LENGTH_MAX: usize = 56;
const _: () = assert!(NegotiationResponse::ENCODED_LENGTH <= OUTBOUND_LENGTH_MAX);

/// A login's timestamp may be this far from the exchange's wall clock, either way.
pub const LOGIN_WINDOW_NS: u64 = 5_000_000_000;
/// A binding that is not established after this long without a message is ended.
pub const LOGIN_TIMEOUT_NS: u64 = 10_000_000_000;
/// Messages without form or place that an unproven binding may send before its image is rejected.
pub const BAD_MESSAGES_MAX: u32 = 8;
/// A terminated binding whose client does not end its request stream is rejected after this long.
pub const TERMINATED_LINGER_NS: u64 = 5_000_000_000;
/// A retransmission whose messages the client leaves unread for this long is given up.
pub const RETRANSMISSION_PATIENCE_NS: u64 = 1_000_000_000;
/// How often the timers of all bindings are looked at.
pub const SCAN_INTERVAL_NS: u64 = 1_000_000;

//! What the core remembers of a binding, a session and a key.

use forecastle_proto_spec::{Establish, NegotiationResponse, TerminateCode};

use super::BindingId;

/// One request image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    pub(super) state: State,
    /// The log has shown that the engine accepted a Negotiate from here, or an Establish that
    /// resumes a session came with the HMAC of its key.
    pub(super) is_proven: bool,
    /// Place of the session in the table of sessions; meaningless in `Free` and `Connected`.
    pub(super) session: usize,
    pub(super) session_id: u32,
    /// Version that the engine accepted last.
    pub(super) session_version_id: u64,
    /// Version of the Negotiate that was forwarded last.
    pub(super) forwarded_version_id: u64,
    /// Last number of the client flow that was forwarded.
    pub(super) last_seq_num: u32,
    pub(super) keep_alive_ns: u64,
    pub(super) last_heard_ns: u64,
    pub(super) last_sent_ns: u64,
    pub(super) bad_message_count: u32,
    /// The answer to the login, until the reply stream is connected.
    pub(super) held: Option<NegotiationResponse>,
    /// The Establish that resumes a session, until it goes into the ring.
    pub(super) resumption: Option<Establish>,
    /// The retransmission in progress.
    pub(super) retransmitting: Option<Retransmitting>,
    /// Ticket of the log stream; 0 for none.
    pub(super) stream_ticket: u64,
    pub(super) is_reply_connected: bool,
    /// The image was rejected: nothing more is to be done but to wait for its end.
    pub(super) is_rejected: bool,
}

impl Binding {
    pub(super) const fn new(state: State, now_ns: u64) -> Self {
        Self {
            state,
            is_proven: false,
            session: 0,
            session_id: 0,
            session_version_id: 0,
            forwarded_version_id: 0,
            last_seq_num: 0,
            keep_alive_ns: 0,
            last_heard_ns: now_ns,
            last_sent_ns: now_ns,
            bad_message_count: 0,
            held: None,
            resumption: None,
            retransmitting: None,
            stream_ticket: 0,
            is_reply_connected: false,
            is_rejected: false,
        }
    }
}

/// Reports that are being sent again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retransmitting {
    pub(super) ticket: u64,
    pub(super) request_id: u64,
}

/// Where a binding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Free,
    Connected,
    NegotiateForwarded,
    Negotiated,
    /// An Establish without Negotiate passed every check and waits for the reply stream.
    Resuming,
    /// The same; the reply stream is connected, the Establish waits for room in the ring.
    ResumptionDue,
    EstablishForwarded,
    Established,
    TerminateForwarded,
    Terminated,
}

/// One session, bound or not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Session {
    /// Highest version forwarded.
    pub(super) last_version_id: u64,
    /// Version that the engine accepted last; 0 before the first.
    pub(super) accepted_version_id: u64,
    /// Highest login timestamp taken.
    pub(super) last_timestamp_ns: u64,
    /// The binding whose login the engine accepted last.
    pub(super) owner: Option<BindingId>,
    /// The engine still has to be told that the session lost its binding.
    pub(super) disconnect_due: Option<TerminateCode>,
    /// Establishes in the ring or the log that the log has not answered yet. The log answers in
    /// their order, so only the last answer concerns the binding that waits now.
    pub(super) unanswered_count: u32,
}

/// What the log last said about a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    pub(super) firm_id: u32,
    pub(super) roles: u16,
}

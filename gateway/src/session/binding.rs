//! What the core remembers of a binding, a session and a key.

use forecastle_proto_spec::{NegotiationResponse, TerminateCode};

use super::BindingId;

/// One request image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    pub(super) state: State,
    /// The log has shown that the engine accepted a login from here.
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
            is_reply_connected: false,
            is_rejected: false,
        }
    }
}

/// Where a binding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Free,
    Connected,
    NegotiateForwarded,
    Negotiated,
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
    /// Highest login timestamp forwarded.
    pub(super) last_timestamp_ns: u64,
    /// The binding whose login the engine accepted last.
    pub(super) owner: Option<BindingId>,
    /// The engine still has to be told that the session lost its binding.
    pub(super) disconnect_due: Option<TerminateCode>,
}

/// What the log last said about a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    pub(super) firm_id: u32,
    pub(super) roles: u16,
}

//! The session core: its tables, and everything that happens to a binding but messages.

use std::collections::VecDeque;

use forecastle_proto_spec::{
    EntitlementReport, EntitlementRequest, Message, RejectCode, SESSIONS_PER_KEY, Sequence,
    SessionDisconnected, Terminate, TerminateCode, access_key_of,
};
use forecastle_runtime::clock::Now;
use zerocopy::FromZeros;

use super::binding::{Binding, Rights, Session, State};
use super::texts::{self, reject_text, terminate_text};
use super::{
    Action, BindingId, LOGIN_TIMEOUT_NS, Outbound, SCAN_INTERVAL_NS, SessionCount, SessionCounters,
    TERMINATED_LINGER_NS,
};
use crate::keys::KeyTable;
use crate::record::Record;

/// Sessions of all clients.
///
/// Drive it: tell it of images, messages, reports and time; after each call (of messages after
/// [`MESSAGES_PER_CALL_MAX`] at most) take its actions by [`Self::next_action`] until `None`, and
/// whenever the ring has room its disconnects by [`Self::next_disconnect`].
#[derive(Debug)]
pub struct SessionCore {
    pub(super) keys: KeyTable,
    /// One for each key.
    pub(super) rights: Box<[Rights]>,
    /// Sixteen for each key.
    pub(super) sessions: Box<[Session]>,
    pub(super) bindings: Box<[Binding]>,
    actions: VecDeque<Action>,
    pub(super) disconnects_due: usize,
    /// A binding may be in the state `ResumptionDue`.
    pub(super) is_resumption_due: bool,
    /// Of the last job for the history thread.
    pub(super) last_ticket: u64,
    /// The ticket whose next message finds no room to spare in its reply stream, and since when.
    pub(super) blocked: Option<(u64, u64)>,
    next_scan_ns: u64,
    /// When messages were last left waiting because the ring was full.
    deaf_until_ns: u64,
    pub(super) counters: SessionCounters,
}

impl SessionCore {
    /// A core for the sessions of `keys` over at most `bindings_max` images. Allocates everything.
    #[must_use]
    pub fn new(keys: KeyTable, bindings_max: usize) -> Self {
        texts::prepare();
        let rights = (0..keys.length()).filter_map(|index| keys.key(index));
        let rights = rights.map(|key| Rights { firm_id: key.firm_id, roles: key.roles }).collect();
        let session_count = keys.length() * SESSIONS_PER_KEY as usize;
        Self {
            keys,
            rights,
            sessions: vec![Session::default(); session_count].into_boxed_slice(),
            bindings: vec![Binding::new(State::Free, 0); bindings_max].into_boxed_slice(),
            actions: VecDeque::with_capacity(
                ACTIONS_PER_BINDING * bindings_max + ACTIONS_PER_MESSAGE * MESSAGES_PER_CALL_MAX,
            ),
            disconnects_due: 0,
            is_resumption_due: false,
            last_ticket: 0,
            blocked: None,
            next_scan_ns: 0,
            deaf_until_ns: 0,
            counters: SessionCounters::new(),
        }
    }

    /// Takes over what the engine knows of a session from before this core was made, so that its
    /// client can go on with it; a session of no known key is passed over.
    pub fn restore(&mut self, restored: &RestoredSession) {
        if let Some(index) = self.session_index(restored.session_id) {
            let session = &mut self.sessions[index];
            session.last_version_id = restored.session_version_id;
            session.accepted_version_id = restored.session_version_id;
            session.last_timestamp_ns = restored.timestamp_ns;
        }
    }

    /// A new request image.
    ///
    /// # Panics
    /// When the binding is out of range.
    pub fn on_image_available(&mut self, now: Now, id: BindingId) {
        self.counters.add(SessionCount::Connected);
        self.bindings[id.index()] = Binding::new(State::Connected, now.monotonic_ns);
    }

    /// The request image is gone; its place may be used again.
    pub fn on_image_unavailable(&mut self, now: Now, id: BindingId) {
        if self.is_bound(id) {
            self.counters.add(SessionCount::TransportLost);
            self.unbind(now, id, TerminateCode::TransportLost);
        }
        self.bindings[id.index()].state = State::Free;
    }

    /// The reply stream can take messages: the answer to the login goes first, and a session that
    /// is resumed is taken over.
    pub fn on_reply_connected(&mut self, now: Now, id: BindingId) {
        let binding = &mut self.bindings[id.index()];
        binding.is_reply_connected = true;
        if binding.state == State::Resuming {
            self.take_over(now, id);
        } else if let Some(response) = binding.held.take() {
            self.send(now, id, &response);
        }
    }

    /// The client stopped taking its reply stream.
    pub fn on_reply_lost(&mut self, now: Now, id: BindingId) {
        self.bindings[id.index()].is_reply_connected = false;
        if self.is_bound(id) {
            self.counters.add(SessionCount::TransportLost);
            self.end(now, id, TerminateCode::TransportLost);
        }
    }

    /// The reply stream did not take a message: the client is cut off, others never wait for it.
    pub fn on_slow_consumer(&mut self, now: Now, id: BindingId) {
        if self.is_bound(id) {
            self.counters.add(SessionCount::SlowConsumer);
            self.end(now, id, TerminateCode::SlowConsumer);
        }
    }

    /// There is no room for the reply stream of a new image.
    pub fn on_reply_refused(&mut self, id: BindingId) {
        self.reject(id, reject_text(RejectCode::SessionTableFull));
    }

    /// A proven binding's image never asked for a reply stream, so nobody can be told anything.
    pub fn on_reply_unasked(&mut self, now: Now, id: BindingId) {
        if self.is_bound(id) {
            self.end(now, id, TerminateCode::ProtocolViolation);
        }
    }

    /// Learns firms and roles from a record of the log. O(1) for all but entitlements.
    #[inline]
    pub fn observe(&mut self, record: &Record<'_>) {
        if record.header.template_id.get() != EntitlementRequest::TEMPLATE_ID {
            return;
        }
        for (_, effect) in record.effects() {
            let Some(report) = effect.body::<EntitlementReport>() else { continue };
            if let Some(index) = self.keys.index_of(report.access_key_id.get()) {
                self.rights[index] =
                    Rights { firm_id: report.firm_id.get(), roles: report.roles.get() };
            }
        }
    }

    /// Messages are being left in their images because the ring is full: silence until now is not
    /// the clients'.
    #[inline]
    pub fn on_deaf(&mut self, now: Now) {
        self.deaf_until_ns = now.monotonic_ns;
    }

    /// Looks at all timers, at most once in [`SCAN_INTERVAL_NS`]. O(bindings) then.
    #[inline]
    pub fn on_time(&mut self, now: Now) {
        if now.monotonic_ns < self.next_scan_ns {
            return;
        }
        self.next_scan_ns = now.monotonic_ns + SCAN_INTERVAL_NS;
        for index in 0..self.bindings.len() {
            self.check_timers(now, BindingId::new(index));
        }
    }

    fn check_timers(&mut self, now: Now, id: BindingId) {
        let binding = self.bindings[id.index()];
        let heard_ns = binding.last_heard_ns.max(self.deaf_until_ns);
        let silence_ns = now.monotonic_ns.saturating_sub(heard_ns);
        match binding.state {
            State::Connected if silence_ns > LOGIN_TIMEOUT_NS => {
                self.counters.add(SessionCount::LoginTimedOut);
                self.reject(id, reject_text(RejectCode::NotNegotiated));
            }
            State::Negotiated | State::Resuming if silence_ns > LOGIN_TIMEOUT_NS => {
                self.counters.add(SessionCount::LoginTimedOut);
                self.end(now, id, TerminateCode::KeepAliveLapsed);
            }
            State::Established if silence_ns > binding.keep_alive_ns => {
                self.counters.add(SessionCount::KeepAliveLapsed);
                self.end(now, id, TerminateCode::KeepAliveLapsed);
            }
            State::Established => {
                // Half of it, so that the client never sees a whole interval of silence.
                let due_ns = binding.last_sent_ns + binding.keep_alive_ns / 2;
                if now.monotonic_ns >= due_ns {
                    let mut sequence = Sequence::new_zeroed();
                    sequence.session_id.set(binding.session_id);
                    self.send(now, id, &sequence);
                }
            }
            State::Terminated if silence_ns > TERMINATED_LINGER_NS && !binding.is_rejected => {
                self.reject(id, terminate_text(TerminateCode::Finished));
            }
            _ => {}
        }
    }

    /// The next thing to do.
    #[inline]
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next command that tells the engine of a lost session; push it as session 0.
    #[inline]
    pub fn next_disconnect(&mut self) -> Option<SessionDisconnected> {
        if self.disconnects_due == 0 {
            return None;
        }
        let index = self.sessions.iter().position(|session| session.disconnect_due.is_some())?;
        let code = self.sessions[index].disconnect_due.take()?;
        self.disconnects_due -= 1;
        let key = self.keys.key(index / SESSIONS_PER_KEY as usize)?;
        let mut disconnected = SessionDisconnected::new_zeroed();
        let session_id = key.id * SESSIONS_PER_KEY + index as u32 % SESSIONS_PER_KEY;
        disconnected.session_id.set(session_id);
        disconnected.code.set(code as u16);
        Some(disconnected)
    }

    /// Whether the binding's login is proven.
    #[inline]
    #[must_use]
    pub fn is_proven(&self, id: BindingId) -> bool {
        self.bindings[id.index()].is_proven
    }

    /// Sessions that are established now. O(bindings).
    #[must_use]
    pub fn established_count(&self) -> usize {
        self.bindings.iter().filter(|binding| binding.state == State::Established).count()
    }

    /// The exchange is closing: ends every session and tells its client.
    pub fn on_shutdown(&mut self, now: Now) {
        for index in 0..self.bindings.len() {
            let id = BindingId::new(index);
            if self.is_bound(id) {
                self.unbind(now, id, TerminateCode::Shutdown);
                self.bindings[index].state = State::Terminated;
            }
        }
    }

    /// What was counted since the core was made.
    #[must_use]
    pub fn counters(&self) -> &SessionCounters {
        &self.counters
    }

    /// Place of a session in the table; `None` when no key has it. O(log keys).
    #[inline]
    pub(super) fn session_index(&self, session_id: u32) -> Option<usize> {
        let key = self.keys.index_of(access_key_of(session_id))?;
        Some(key * SESSIONS_PER_KEY as usize + (session_id % SESSIONS_PER_KEY) as usize)
    }

    /// What the key of a binding's session may do.
    #[inline]
    pub(super) fn rights_of(&self, binding: &Binding) -> Rights {
        self.rights[binding.session / SESSIONS_PER_KEY as usize]
    }

    /// Whether the binding is proven and not ended.
    pub(super) fn is_bound(&self, id: BindingId) -> bool {
        let binding = &self.bindings[id.index()];
        binding.is_proven && !matches!(binding.state, State::Free | State::Terminated)
    }

    #[inline]
    pub(super) fn send<M: Message>(&mut self, now: Now, id: BindingId, message: &M) {
        self.bindings[id.index()].last_sent_ns = now.monotonic_ns;
        self.push(Action::Send { binding: id, message: Outbound::of(message) });
    }

    pub(super) fn send_bytes(&mut self, now: Now, id: BindingId, message: &[u8]) {
        self.bindings[id.index()].last_sent_ns = now.monotonic_ns;
        self.push(Action::Send { binding: id, message: Outbound::of_bytes(message) });
    }

    #[inline]
    pub(super) fn push(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// Ends a proven binding by the gateway's own decision.
    pub(super) fn end(&mut self, now: Now, id: BindingId, code: TerminateCode) {
        self.unbind(now, id, code);
        self.reject(id, terminate_text(code));
    }

    /// Takes a proven binding's session from it, tells its client and, when the engine may hold
    /// the session for established, the engine.
    fn unbind(&mut self, now: Now, id: BindingId, code: TerminateCode) {
        let binding = self.bindings[id.index()];
        if matches!(binding.state, State::EstablishForwarded | State::Established) {
            let session = &mut self.sessions[binding.session];
            if session.disconnect_due.replace(code).is_none() {
                self.disconnects_due += 1;
            }
        }
        if binding.is_reply_connected && code != TerminateCode::SlowConsumer {
            self.send_terminate(now, id, code as u16);
        }
        self.release(id);
        self.push(Action::CloseReply { binding: id });
    }

    /// Ends a binding whose session a later login took over; the engine knows already.
    pub(super) fn displace(&mut self, now: Now, id: BindingId) {
        self.counters.add(SessionCount::Displaced);
        self.bindings[id.index()].state = State::Negotiated;
        self.end(now, id, TerminateCode::Unspecified);
    }

    /// Ends a binding as its client asked.
    pub(super) fn finish(&mut self, id: BindingId) {
        self.counters.add(SessionCount::Finished);
        self.release(id);
        self.bindings[id.index()].state = State::Terminated;
        self.push(Action::CloseReply { binding: id });
    }

    pub(super) fn send_terminate(&mut self, now: Now, id: BindingId, code: u16) {
        let binding = &self.bindings[id.index()];
        let mut terminate = Terminate::new_zeroed();
        terminate.session_id.set(binding.session_id);
        terminate.last_seq_num.set(binding.last_seq_num);
        terminate.code.set(code);
        self.send(now, id, &terminate);
    }

    /// Rejects the image; the binding is over.
    pub(super) fn reject(&mut self, id: BindingId, text: &'static str) {
        let binding = &mut self.bindings[id.index()];
        binding.state = State::Terminated;
        binding.is_rejected = true;
        self.counters.add(SessionCount::ImagesRejected);
        self.push(Action::RejectImage { binding: id, text });
    }

    /// The session is the binding's no longer.
    fn release(&mut self, id: BindingId) {
        self.end_log_stream(id);
        let binding = &self.bindings[id.index()];
        if binding.is_proven {
            let owner = &mut self.sessions[binding.session].owner;
            if *owner == Some(id) {
                *owner = None;
            }
        }
    }

    /// A later login took the session over: nothing is left to tell the engine of the earlier one.
    pub(super) fn forget_disconnect(&mut self, session: usize) {
        if self.sessions[session].disconnect_due.take().is_some() {
            self.disconnects_due -= 1;
        }
    }
}

/// What the engine knows of a session when the exchange starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoredSession {
    /// Its id.
    pub session_id: u32,
    /// Version negotiated last; 0 when none was.
    pub session_version_id: u64,
    /// Timestamp of its last login, ns since 1970.
    pub timestamp_ns: u64,
}

/// Messages after which the actions are to be taken, at most.
pub const MESSAGES_PER_CALL_MAX: usize = 64;
/// Actions that a message can cause, at most.
const ACTIONS_PER_MESSAGE: usize = 3;
/// Actions that a report, an event or time can cause for one binding, at most.
const ACTIONS_PER_BINDING: usize = 5;

//! Reports on their way out: which binding each goes to, and what it changes.

use forecastle_proto_spec::{
    EstablishmentAck, EstablishmentReject, Frame, Message, NegotiationReject, NegotiationResponse,
    ROLES_TRADER, RejectCode, SESSIONS_PER_KEY, Terminate,
};
use forecastle_runtime::clock::Now;

use super::binding::{Rights, State};
use super::texts::reject_text;
use super::{Action, BindingId, SessionCore, SessionCount};
use crate::reports::Recipient;
use crate::retransmission::FIRST_APPLICATION_TEMPLATE_ID;

impl SessionCore {
    /// Takes one report out of the log, in log order. `offer` puts it on a binding's reply stream
    /// and says whether the stream took it; a binding whose stream did not is ended. O(log keys);
    /// O(bindings) for logins and for a whole firm.
    #[inline]
    pub fn on_report(
        &mut self,
        now: Now,
        recipient: Recipient,
        message: &[u8],
        mut offer: impl FnMut(BindingId) -> bool,
    ) {
        match recipient {
            Recipient::Session(session_id) => {
                self.on_session_report(now, session_id, message, &mut offer);
            }
            Recipient::Firm(firm_id) => {
                for index in 0..self.bindings.len() {
                    let binding = &self.bindings[index];
                    let is_concerned = binding.state == State::Established && {
                        let rights = self.rights_of(binding);
                        rights.firm_id == firm_id && rights.roles & ROLES_TRADER != 0
                    };
                    if is_concerned {
                        self.deliver(now, BindingId::new(index), &mut offer);
                    }
                }
            }
        }
    }

    #[inline]
    fn on_session_report(
        &mut self,
        now: Now,
        session_id: u32,
        message: &[u8],
        offer: &mut impl FnMut(BindingId) -> bool,
    ) {
        let Some(session) = self.session_index(session_id) else {
            self.counters.add(SessionCount::Unbound);
            return;
        };
        let Ok((frame, _)) = Frame::parse(message) else { return };
        if frame.template_id < FIRST_APPLICATION_TEMPLATE_ID {
            self.on_session_message(now, session, &frame, offer);
            return;
        }
        self.deliver_bound(now, session, offer);
    }

    /// Delivers to the session's binding once it is established.
    #[inline]
    fn deliver_bound(
        &mut self,
        now: Now,
        session: usize,
        offer: &mut impl FnMut(BindingId) -> bool,
    ) {
        let bound = self.sessions[session].owner.filter(|id| {
            matches!(
                self.bindings[id.index()].state,
                State::Established | State::TerminateForwarded
            )
        });
        match bound {
            Some(id) => self.deliver(now, id, offer),
            None => self.counters.add(SessionCount::Unbound),
        }
    }

    #[inline]
    fn deliver(&mut self, now: Now, id: BindingId, offer: &mut impl FnMut(BindingId) -> bool) {
        if offer(id) {
            self.bindings[id.index()].last_sent_ns = now.monotonic_ns;
            self.counters.add(SessionCount::Reported);
        } else {
            self.on_slow_consumer(now, id);
        }
    }

    fn on_session_message(
        &mut self,
        now: Now,
        session: usize,
        frame: &Frame<'_>,
        offer: &mut impl FnMut(BindingId) -> bool,
    ) {
        if let Some(response) = frame.body::<NegotiationResponse>() {
            self.on_negotiated(now, session, response);
        } else if let Some(reject) = frame.body::<NegotiationReject>() {
            self.on_negotiation_reject(now, session, reject, offer);
        } else if let Some(ack) = frame.body::<EstablishmentAck>() {
            if let Some(id) = self.answered_establish(session) {
                let binding = &mut self.bindings[id.index()];
                binding.state = State::Established;
                binding.last_seq_num = ack.last_seq_num.get();
                binding.keep_alive_ns = u64::from(ack.keep_alive_interval_ms.get()) * NS_PER_MS;
                binding.last_heard_ns = now.monotonic_ns;
                self.counters.add(SessionCount::Established);
                self.deliver(now, id, offer);
            }
        } else if let Some(reject) = frame.body::<EstablishmentReject>() {
            if let Some(id) = self.answered_establish(session) {
                let binding = &mut self.bindings[id.index()];
                binding.state = State::Negotiated;
                binding.last_seq_num = reject.last_seq_num.get();
                binding.last_heard_ns = now.monotonic_ns;
                self.counters.add(SessionCount::EngineRefused);
                self.deliver(now, id, offer);
            }
        } else if frame.template_id == Terminate::TEMPLATE_ID {
            self.on_terminated(now, session, offer);
        } else {
            self.deliver_bound(now, session, offer);
        }
    }

    /// The engine accepted a login: it is proven, and takes the session over.
    fn on_negotiated(&mut self, now: Now, session: usize, response: &NegotiationResponse) {
        let key = session / SESSIONS_PER_KEY as usize;
        self.rights[key] = Rights { firm_id: response.firm_id.get(), roles: response.roles.get() };
        self.sessions[session].accepted_version_id = response.session_version_id.get();
        self.forget_disconnect(session);
        let id = self.negotiating(session, response.session_version_id.get());
        if let Some(earlier) = self.sessions[session].owner.filter(|owner| Some(*owner) != id) {
            self.displace(now, earlier);
        }
        // None when the image has gone meanwhile.
        let Some(id) = id else { return };
        self.sessions[session].owner = Some(id);
        self.counters.add(SessionCount::Negotiated);
        let binding = &mut self.bindings[id.index()];
        binding.state = State::Negotiated;
        binding.session_version_id = response.session_version_id.get();
        binding.last_seq_num = 0;
        binding.last_heard_ns = now.monotonic_ns;
        if !binding.is_proven {
            binding.is_proven = true;
            self.push(Action::OpenReply { binding: id });
        }
        let binding = &mut self.bindings[id.index()];
        if binding.is_reply_connected {
            self.send(now, id, response);
        } else {
            binding.held = Some(*response);
        }
    }

    fn on_negotiation_reject(
        &mut self,
        now: Now,
        session: usize,
        reject: &NegotiationReject,
        offer: &mut impl FnMut(BindingId) -> bool,
    ) {
        self.counters.add(SessionCount::EngineRefused);
        let Some(id) = self.negotiating(session, reject.session_version_id.get()) else { return };
        if self.bindings[id.index()].is_proven {
            self.bindings[id.index()].state = State::Negotiated;
            self.deliver(now, id, offer);
            return;
        }
        let code = RejectCode::try_from(reject.reject_code.get());
        self.reject(id, reject_text(code.unwrap_or(RejectCode::Credentials)));
    }

    fn on_terminated(
        &mut self,
        now: Now,
        session: usize,
        offer: &mut impl FnMut(BindingId) -> bool,
    ) {
        let Some(id) = self.sessions[session].owner else { return };
        if self.bindings[id.index()].state != State::TerminateForwarded {
            return;
        }
        self.deliver(now, id, offer);
        if self.is_bound(id) {
            self.finish(id);
        }
    }

    /// The binding whose Negotiate with this version is on its way.
    fn negotiating(&self, session: usize, version: u64) -> Option<BindingId> {
        let index = self.bindings.iter().position(|binding| {
            binding.state == State::NegotiateForwarded
                && binding.session == session
                && binding.forwarded_version_id == version
        })?;
        Some(BindingId::new(index))
    }

    /// Counts one answer to an Establish of the session, and gives the binding that it concerns:
    /// none when the binding has gone meanwhile, or a later Establish is on its way.
    fn answered_establish(&mut self, session: usize) -> Option<BindingId> {
        let session = &mut self.sessions[session];
        session.unanswered_count = session.unanswered_count.saturating_sub(1);
        if session.unanswered_count > 0 {
            return None;
        }
        session.owner.filter(|id| self.bindings[id.index()].state == State::EstablishForwarded)
    }
}

/// Templates below it are the session's own.
const NS_PER_MS: u64 = 1_000_000;

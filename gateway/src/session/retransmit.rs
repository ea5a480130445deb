//! Retransmission as the session core sees it: one at a time for each binding, refused with a code
//! that says why, and given up when its client takes nothing.

use forecastle_proto_spec::{Frame, RejectCode, RetransmitRequest};
use forecastle_runtime::clock::Now;

use super::binding::{Retransmitting, State};
use super::intake::Refused;
use super::{Action, BindingId, Intake, RETRANSMISSION_PATIENCE_NS, SessionCore, SessionCount};
use crate::retransmission::{RetransmissionJob, is_last, refusal};

impl SessionCore {
    pub(super) fn on_retransmit_request(
        &mut self,
        now: Now,
        id: BindingId,
        frame: &Frame<'_>,
    ) -> Intake {
        let Some(request) = frame.body::<RetransmitRequest>() else { return Intake::Handled };
        let binding = self.bindings[id.index()];
        let is_own = request.session_id.get() == binding.session_id;
        if binding.state != State::Established || !is_own {
            let refused = Refused::of(frame);
            return self.refuse(now, id, &refused, RejectCode::SessionNotEstablished);
        }
        let request_id = request.request_id.get();
        if binding.retransmitting.is_some() {
            self.counters.add(SessionCount::RetransmissionsRefused);
            let code = RejectCode::RetransmitInProgress;
            self.send(now, id, &refusal(binding.session_id, request_id, code));
            return Intake::Handled;
        }
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.bindings[id.index()].retransmitting = Some(Retransmitting { ticket, request_id });
        let rights = self.rights_of(&binding);
        let job = RetransmissionJob {
            ticket,
            request_id,
            from_position: request.from_position.get(),
            end_position: 0,
            session_id: binding.session_id,
            firm_id: rights.firm_id,
            roles: u64::from(rights.roles),
        };
        self.push(Action::Retransmit { binding: id, job });
        Intake::Handled
    }

    /// Ends the binding's retransmission and tells its client why.
    pub fn refuse_retransmission(&mut self, now: Now, id: BindingId, code: RejectCode) {
        let binding = &mut self.bindings[id.index()];
        let Some(retransmitting) = binding.retransmitting.take() else { return };
        let session_id = binding.session_id;
        self.counters.add(SessionCount::RetransmissionsRefused);
        self.send(now, id, &refusal(session_id, retransmitting.request_id, code));
    }

    /// The binding that a message of the history thread under `ticket` goes to; `None` when what it
    /// belongs to has ended, and the message is to be dropped. O(log keys).
    #[inline]
    #[must_use]
    pub fn binding_of_ticket(&self, session_id: u32, ticket: u64) -> Option<BindingId> {
        let owner = self.sessions[self.session_index(session_id)?].owner?;
        let binding = &self.bindings[owner.index()];
        let is_current = binding.stream_ticket == ticket
            || binding.retransmitting.is_some_and(|current| current.ticket == ticket);
        (binding.state == State::Established && is_current).then_some(owner)
    }

    /// The binding's reply stream has no room to spare for a message under `ticket`. The client
    /// has [`RETRANSMISSION_PATIENCE_NS`] to take what it was sent; then its retransmission ends,
    /// or the binding when it cannot even be told of its log stream.
    pub fn on_retransmission_blocked(&mut self, now: Now, id: BindingId, ticket: u64) {
        let since_ns = match self.blocked {
            Some((blocked, since_ns)) if blocked == ticket => since_ns,
            _ => now.monotonic_ns,
        };
        self.blocked = Some((ticket, since_ns));
        if now.monotonic_ns.saturating_sub(since_ns) <= RETRANSMISSION_PATIENCE_NS {
            return;
        }
        let retransmitting = self.bindings[id.index()].retransmitting;
        if retransmitting.is_some_and(|current| current.ticket == ticket) {
            self.refuse_retransmission(now, id, RejectCode::RetransmitUnavailable);
        } else {
            self.on_slow_consumer(now, id);
        }
    }

    /// Delivers one message of the binding's retransmission; as [`Self::on_report`].
    #[inline]
    pub fn on_retransmitted(
        &mut self,
        now: Now,
        id: BindingId,
        template_id: u16,
        mut offer: impl FnMut(BindingId) -> bool,
    ) {
        self.blocked = None;
        if is_last(template_id) {
            self.bindings[id.index()].retransmitting = None;
        }
        self.deliver_again(now, id, &mut offer);
    }

    #[inline]
    fn deliver_again(
        &mut self,
        now: Now,
        id: BindingId,
        offer: &mut impl FnMut(BindingId) -> bool,
    ) {
        if offer(id) {
            self.bindings[id.index()].last_sent_ns = now.monotonic_ns;
            self.counters.add(SessionCount::Retransmitted);
        } else {
            self.on_slow_consumer(now, id);
        }
    }
}

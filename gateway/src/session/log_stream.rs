//! Log streams as the session core sees them: for sessions of a key with the replica role, one for
//! each binding, gone with it.

use forecastle_proto_spec::{
    Frame, LogStreamDelivery, LogStreamRequest, ROLES_REPLICA, RejectCode,
};
use forecastle_runtime::clock::Now;

use super::binding::State;
use super::intake::Refused;
use super::{Action, BindingId, Intake, SessionCore, SessionCount};
use crate::history_ports::LogStreamJob;

impl SessionCore {
    pub(super) fn on_log_stream_request(
        &mut self,
        now: Now,
        id: BindingId,
        frame: &Frame<'_>,
    ) -> Intake {
        let Some(request) = frame.body::<LogStreamRequest>() else { return Intake::Handled };
        let binding = self.bindings[id.index()];
        let refused = Refused::of(frame);
        if binding.state != State::Established {
            return self.refuse(now, id, &refused, RejectCode::SessionNotEstablished);
        }
        if self.rights_of(&binding).roles & ROLES_REPLICA == 0 {
            return self.refuse(now, id, &refused, RejectCode::NotEntitled);
        }
        let Ok(delivery) = LogStreamDelivery::try_from(request.delivery) else {
            return self.refuse(now, id, &refused, RejectCode::UnsupportedField);
        };
        self.end_log_stream(id);
        if request.port.get() == 0 {
            return Intake::Handled;
        }
        self.last_ticket += 1;
        self.bindings[id.index()].stream_ticket = self.last_ticket;
        self.counters.add(SessionCount::LogStreams);
        let job = LogStreamJob {
            ticket: self.last_ticket,
            request_id: request.request_id.get(),
            from_position: request.from_position.get(),
            released_position: 0,
            session_id: binding.session_id,
            binding: id.index() as u32,
            ip: 0,
            port: u32::from(request.port.get()),
            is_shared: u32::from(delivery == LogStreamDelivery::Shared),
            reserved: 0,
        };
        self.push(Action::StreamLog { binding: id, job });
        Intake::Handled
    }

    /// The stream of the binding's session cannot be set up.
    pub fn refuse_log_stream(
        &mut self,
        now: Now,
        id: BindingId,
        job: &LogStreamJob,
        code: RejectCode,
    ) {
        self.bindings[id.index()].stream_ticket = 0;
        self.send_bytes(now, id, &job.refusal(code));
    }

    /// The binding is over, or its client asked for another stream or for none.
    pub(super) fn end_log_stream(&mut self, id: BindingId) {
        let ticket = &mut self.bindings[id.index()].stream_ticket;
        if std::mem::take(ticket) != 0 {
            self.push(Action::EndLogStream { binding: id });
        }
    }
}

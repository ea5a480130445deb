//! Messages as they come in: form, place in the session, number. What passes is forwarded as it
//! is; what does not is refused with a code to a proven binding and dropped from another.

use forecastle_proto_spec::{
    BusinessMessageReject, Frame, ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, RejectCode, Sequence,
    Terminate,
};
use forecastle_runtime::clock::Now;
use zerocopy::FromZeros;

use super::binding::State;
use super::counters::code_of;
use super::texts::reject_text;
use super::{Action, BAD_MESSAGES_MAX, BindingId, Intake, SessionCore, SessionCount};
use crate::request::{ClientMessage, RequestIds};

impl SessionCore {
    /// Takes one transport message, which must be exactly one message of the schema.
    /// `is_ring_busy` refuses new orders and replaces. Bounded work, never panics on any bytes, no
    /// allocation; about 1 µs for a login, else a few ns.
    ///
    /// # Panics
    /// When the binding is out of range.
    #[inline]
    pub fn on_message(
        &mut self,
        now: Now,
        id: BindingId,
        message: &[u8],
        is_ring_busy: bool,
    ) -> Intake {
        let binding = &mut self.bindings[id.index()];
        if matches!(binding.state, State::Free | State::Terminated) {
            self.counters.add(SessionCount::AfterEnd);
            return Intake::Handled;
        }
        if matches!(binding.state, State::Resuming | State::ResumptionDue) {
            self.counters.add(SessionCount::AnswerPending);
            return Intake::Handled;
        }
        binding.last_heard_ns = now.monotonic_ns;
        let frame = match Frame::parse(message) {
            Ok((frame, [])) => frame,
            Ok((frame, _)) => {
                return self.refuse(now, id, &Refused::of(&frame), RejectCode::MalformedLength);
            }
            Err(error) => return self.refuse(now, id, &Refused::raw(message), code_of(error)),
        };
        match ClientMessage::of(frame.template_id) {
            Some(ClientMessage::Order) => self.on_application(now, id, &frame, is_ring_busy),
            Some(ClientMessage::Numbered) => self.on_application(now, id, &frame, false),
            Some(ClientMessage::Sequence) => self.on_sequence(now, id, &frame),
            Some(ClientMessage::Negotiate) => self.on_negotiate(now, id, &frame),
            Some(ClientMessage::Establish) => self.on_establish(now, id, &frame),
            Some(ClientMessage::Terminate) => self.on_terminate(now, id, &frame),
            Some(ClientMessage::CounterReportRequest) => {
                self.on_counter_report_request(now, id, &frame)
            }
            Some(ClientMessage::LogStreamRequest) => self.on_log_stream_request(now, id, &frame),
            Some(ClientMessage::RetransmitRequest) => self.on_retransmit_request(now, id, &frame),
            None => self.refuse(now, id, &Refused::of(&frame), RejectCode::NotAClientMessage),
        }
    }

    #[inline]
    fn on_application(
        &mut self,
        now: Now,
        id: BindingId,
        frame: &Frame<'_>,
        is_busy: bool,
    ) -> Intake {
        let binding = &mut self.bindings[id.index()];
        let refused = Refused::of(frame);
        let seq_num = refused.ids.seq_num;
        let code = if binding.state != State::Established {
            RejectCode::SessionNotEstablished
        } else if seq_num <= binding.last_seq_num {
            RejectCode::DuplicateSeqNum
        } else if is_busy {
            RejectCode::Busy
        } else {
            binding.last_seq_num = seq_num;
            let session_id = binding.session_id;
            self.counters.add(SessionCount::Forwarded);
            return Intake::Forward { session_id };
        };
        self.refuse(now, id, &refused, code)
    }

    fn on_sequence(&mut self, now: Now, id: BindingId, frame: &Frame<'_>) -> Intake {
        let Some(sequence) = frame.body::<Sequence>() else { return Intake::Handled };
        let binding = &self.bindings[id.index()];
        if binding.is_proven && sequence.session_id.get() == binding.session_id {
            return Intake::Handled;
        }
        self.refuse(now, id, &Refused::of(frame), RejectCode::SessionNotEstablished)
    }

    fn on_terminate(&mut self, now: Now, id: BindingId, frame: &Frame<'_>) -> Intake {
        let Some(terminate) = frame.body::<Terminate>() else { return Intake::Handled };
        let binding = &mut self.bindings[id.index()];
        let is_own = terminate.session_id.get() == binding.session_id;
        match binding.state {
            State::Established if is_own => {
                binding.state = State::TerminateForwarded;
                let session_id = binding.session_id;
                self.counters.add(SessionCount::Forwarded);
                Intake::Forward { session_id }
            }
            // The engine has nothing to end.
            State::Negotiated if is_own => {
                if binding.is_reply_connected {
                    self.send_terminate(now, id, terminate.code.get());
                }
                self.finish(id);
                Intake::Handled
            }
            _ => self.refuse(now, id, &Refused::of(frame), RejectCode::SessionNotEstablished),
        }
    }

    fn on_counter_report_request(&mut self, now: Now, id: BindingId, frame: &Frame<'_>) -> Intake {
        let binding = self.bindings[id.index()];
        let refused = Refused::of(frame);
        if binding.state != State::Established {
            return self.refuse(now, id, &refused, RejectCode::SessionNotEstablished);
        }
        if self.rights_of(&binding).roles & ADMINISTRATOR_ROLES == 0 {
            return self.refuse(now, id, &refused, RejectCode::NotEntitled);
        }
        self.bindings[id.index()].last_sent_ns = now.monotonic_ns;
        self.push(Action::SendCounters { binding: id, request_id: refused.ids.request_id });
        Intake::Handled
    }

    /// Refuses a message: with its code to a proven binding, silently to another.
    #[cold]
    pub(super) fn refuse(
        &mut self,
        now: Now,
        id: BindingId,
        refused: &Refused,
        code: RejectCode,
    ) -> Intake {
        self.counters.add(SessionCount::of(code));
        if !self.bindings[id.index()].is_proven {
            self.count_bad_message(id, code);
            return Intake::Handled;
        }
        let mut reject = BusinessMessageReject::new_zeroed();
        reject.request_id.set(refused.ids.request_id);
        reject.transact_time_ns.set(now.wall_ns);
        reject.ref_seq_num.set(refused.ids.seq_num);
        reject.ref_template_id.set(refused.template_id);
        reject.reject_code.set(code as u16);
        self.send(now, id, &reject);
        Intake::Handled
    }

    /// Rejects the image of an unproven binding that has sent too much of no use.
    pub(super) fn count_bad_message(&mut self, id: BindingId, code: RejectCode) {
        let binding = &mut self.bindings[id.index()];
        binding.bad_message_count = binding.bad_message_count.saturating_add(1);
        if !binding.is_proven && binding.bad_message_count >= BAD_MESSAGES_MAX {
            self.reject(id, reject_text(code));
        }
    }
}

/// What can be read of a refused message.
pub(super) struct Refused {
    template_id: u16,
    ids: RequestIds,
}

impl Refused {
    #[inline]
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        Self { template_id: frame.template_id, ids: RequestIds::of(frame) }
    }

    /// Of bytes that are no message: the template, when they reach that far.
    fn raw(message: &[u8]) -> Self {
        let template_id = match message {
            [_, _, low, high, ..] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        };
        Self { template_id, ids: RequestIds::default() }
    }
}

/// Roles that may ask for counters.
const ADMINISTRATOR_ROLES: u16 = ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN;

//! Logins as they come in: what is checked before the engine sees them, and how each is refused.

use forecastle_proto_spec::{
    Establish, EstablishmentReject, Frame, Message, Negotiate, NegotiationReject, RejectCode,
    SESSIONS_PER_KEY, access_key_of,
};
use forecastle_runtime::clock::Now;
use zerocopy::FromZeros;

use super::binding::State;
use super::texts::reject_text;
use super::{BindingId, Intake, LOGIN_WINDOW_NS, SessionCore, SessionCount};

impl SessionCore {
    pub(super) fn on_negotiate(&mut self, now: Now, id: BindingId, frame: &Frame<'_>) -> Intake {
        let Some(login) = frame.body::<Negotiate>() else { return Intake::Handled };
        let refusal = match self.bindings[id.index()].state {
            State::Connected | State::Negotiated => self.check_negotiate(now, id, frame, login),
            State::NegotiateForwarded => return self.ignore_pending(id),
            _ => Err(RejectCode::AlreadyEstablished),
        };
        match refusal {
            Ok(session_index) => {
                let session = &mut self.sessions[session_index];
                session.last_version_id = login.session_version_id.get();
                session.last_timestamp_ns = login.timestamp_ns.get();
                let binding = &mut self.bindings[id.index()];
                binding.state = State::NegotiateForwarded;
                binding.session = session_index;
                binding.session_id = login.session_id.get();
                binding.forwarded_version_id = login.session_version_id.get();
                self.counters.add(SessionCount::Forwarded);
                Intake::Forward { session_id: login.session_id.get() }
            }
            Err(code) => {
                self.refuse_negotiate(now, id, login, code);
                Intake::Handled
            }
        }
    }

    /// The checks of a Negotiate, in the order of their codes. Gives the place of its session.
    fn check_negotiate(
        &self,
        now: Now,
        id: BindingId,
        frame: &Frame<'_>,
        login: &Negotiate,
    ) -> Result<usize, RejectCode> {
        let access_key_id = login.access_key_id.get();
        let key = self.keys.index_of(access_key_id).ok_or(RejectCode::Credentials)?;
        if !self.keys.is_signed_by(key, Negotiate::TEMPLATE_ID, frame.bytes) {
            return Err(RejectCode::Credentials);
        }
        let session_id = login.session_id.get();
        let binding = &self.bindings[id.index()];
        let is_other_session = binding.is_proven && binding.session_id != session_id;
        if access_key_of(session_id) != access_key_id || is_other_session {
            return Err(RejectCode::SessionNotOfKey);
        }
        let index = self.session_index(session_id).ok_or(RejectCode::SessionNotOfKey)?;
        if login.session_version_id.get() <= self.sessions[index].last_version_id {
            return Err(RejectCode::VersionNotAbove);
        }
        self.check_timestamp(now, index, login.timestamp_ns.get())?;
        Ok(index)
    }

    pub(super) fn check_timestamp(
        &self,
        now: Now,
        session: usize,
        time_ns: u64,
    ) -> Result<(), RejectCode> {
        if time_ns.abs_diff(now.wall_ns) > LOGIN_WINDOW_NS {
            return Err(RejectCode::TimestampOutOfWindow);
        }
        if time_ns <= self.sessions[session].last_timestamp_ns {
            return Err(RejectCode::TimestampNotAbove);
        }
        Ok(())
    }

    fn refuse_negotiate(&mut self, now: Now, id: BindingId, login: &Negotiate, code: RejectCode) {
        self.counters.add(SessionCount::of(code));
        if !self.bindings[id.index()].is_proven {
            self.reject(id, reject_text(code));
            return;
        }
        let mut reject = NegotiationReject::new_zeroed();
        reject.session_id = login.session_id;
        reject.access_key_id = login.access_key_id;
        reject.session_version_id = login.session_version_id;
        reject.timestamp_ns = login.timestamp_ns;
        reject.reject_code.set(code as u16);
        self.send(now, id, &reject);
    }

    pub(super) fn on_establish(&mut self, now: Now, id: BindingId, frame: &Frame<'_>) -> Intake {
        let Some(login) = frame.body::<Establish>() else { return Intake::Handled };
        let binding = self.bindings[id.index()];
        let refusal = match binding.state {
            State::Negotiated => self.check_establish(now, id, frame, login),
            State::NegotiateForwarded | State::EstablishForwarded => {
                return self.ignore_pending(id);
            }
            State::Connected => return self.on_resumption(now, id, frame, login),
            _ => Err(RejectCode::AlreadyEstablished),
        };
        match refusal {
            Ok(()) => {
                let session = &mut self.sessions[binding.session];
                session.last_timestamp_ns = login.timestamp_ns.get();
                session.unanswered_count += 1;
                self.bindings[id.index()].state = State::EstablishForwarded;
                self.counters.add(SessionCount::Forwarded);
                Intake::Forward { session_id: binding.session_id }
            }
            Err(code) => {
                self.refuse_establish(now, id, login, code);
                Intake::Handled
            }
        }
    }

    fn check_establish(
        &self,
        now: Now,
        id: BindingId,
        frame: &Frame<'_>,
        login: &Establish,
    ) -> Result<(), RejectCode> {
        let binding = &self.bindings[id.index()];
        let key = binding.session / SESSIONS_PER_KEY as usize;
        if !self.keys.is_signed_by(key, Establish::TEMPLATE_ID, frame.bytes) {
            return Err(RejectCode::Credentials);
        }
        self.check_timestamp(now, binding.session, login.timestamp_ns.get())?;
        if login.session_id.get() != binding.session_id {
            return Err(RejectCode::NotNegotiated);
        }
        Ok(())
    }

    pub(super) fn refuse_establish(
        &mut self,
        now: Now,
        id: BindingId,
        login: &Establish,
        code: RejectCode,
    ) {
        self.counters.add(SessionCount::of(code));
        let binding = self.bindings[id.index()];
        if !binding.is_proven {
            self.reject(id, reject_text(code));
            return;
        }
        let mut reject = EstablishmentReject::new_zeroed();
        reject.session_id = login.session_id;
        reject.last_seq_num.set(binding.last_seq_num);
        reject.session_version_id = login.session_version_id;
        reject.timestamp_ns = login.timestamp_ns;
        reject.reject_code.set(code as u16);
        self.send(now, id, &reject);
    }

    /// A login while the log has not answered the one before: at most a repetition, so dropped.
    fn ignore_pending(&mut self, id: BindingId) -> Intake {
        self.counters.add(SessionCount::AnswerPending);
        self.count_bad_message(id, RejectCode::AlreadyEstablished);
        Intake::Handled
    }
}

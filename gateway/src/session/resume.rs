//! Resumption: a session that lost its binding, or whose exchange was started again, goes on with
//! its version and its numbers by an Establish as the first message of a new request stream.
//!
//! Its HMAC, with a timestamp above every one before it, is proof enough for a reply stream. The
//! engine sees the Establish only once that stream is connected, so that every report behind the
//! acknowledgement finds it open, and behind the end of an earlier binding, so that it finds the
//! session free. Every number above the acknowledgement's last one is free for ever: what an
//! earlier binding had in the ring was applied before.

use forecastle_proto_spec::{
    Establish, Frame, Message, RejectCode, SESSIONS_PER_KEY, TerminateCode,
};
use forecastle_runtime::clock::Now;

use super::binding::State;
use super::texts::reject_text;
use super::{Action, BindingId, Intake, SessionCore, SessionCount};

impl SessionCore {
    /// An Establish on an unproven binding.
    pub(super) fn on_resumption(
        &mut self,
        now: Now,
        id: BindingId,
        frame: &Frame<'_>,
        login: &Establish,
    ) -> Intake {
        let session = match self.check_resumption(now, frame, login) {
            Ok(session) => session,
            Err(code) => {
                self.refuse_establish(now, id, login, code);
                return Intake::Handled;
            }
        };
        self.sessions[session].last_timestamp_ns = login.timestamp_ns.get();
        let binding = &mut self.bindings[id.index()];
        binding.state = State::Resuming;
        binding.is_proven = true;
        binding.session = session;
        binding.session_id = login.session_id.get();
        binding.session_version_id = login.session_version_id.get();
        binding.resumption = Some(*login);
        let is_reply_connected = binding.is_reply_connected;
        self.counters.add(SessionCount::Resumed);
        self.push(Action::OpenReply { binding: id });
        if is_reply_connected {
            self.take_over(now, id);
        }
        Intake::Handled
    }

    /// The checks of a resumption; who does not hold the secret learns nothing of the session.
    /// Gives its place.
    fn check_resumption(
        &self,
        now: Now,
        frame: &Frame<'_>,
        login: &Establish,
    ) -> Result<usize, RejectCode> {
        let session = self.session_index(login.session_id.get()).ok_or(RejectCode::Credentials)?;
        let key = session / SESSIONS_PER_KEY as usize;
        if self.rights[key].roles == 0
            || !self.keys.is_signed_by(key, Establish::TEMPLATE_ID, frame.bytes)
        {
            return Err(RejectCode::Credentials);
        }
        let accepted_version_id = self.sessions[session].accepted_version_id;
        if accepted_version_id == 0 {
            return Err(RejectCode::NotNegotiated);
        }
        if login.session_version_id.get() != accepted_version_id {
            return Err(RejectCode::VersionMismatch);
        }
        self.check_timestamp(now, session, login.timestamp_ns.get())?;
        Ok(session)
    }

    /// The reply stream of a resumption is connected: the session is this binding's from here on.
    pub(super) fn take_over(&mut self, now: Now, id: BindingId) {
        let binding = &self.bindings[id.index()];
        let session = binding.session;
        // Another login may have raised the version meanwhile.
        if binding.session_version_id != self.sessions[session].accepted_version_id {
            self.counters.add(SessionCount::VersionMismatch);
            self.push(Action::CloseReply { binding: id });
            self.reject(id, reject_text(RejectCode::VersionMismatch));
            return;
        }
        if let Some(earlier) = self.sessions[session].owner {
            self.counters.add(SessionCount::Displaced);
            self.end(now, earlier, TerminateCode::Unspecified);
        }
        self.sessions[session].owner = Some(id);
        self.bindings[id.index()].state = State::ResumptionDue;
        self.is_resumption_due = true;
    }

    /// The next Establish that resumes a session; push it as that session. `None` while a
    /// disconnect is due, which must come before it. O(1) while none is due, else O(bindings).
    ///
    /// # Panics
    /// Never: a binding that is to be resumed holds its Establish.
    #[inline]
    pub fn next_resumption(&mut self) -> Option<Establish> {
        if !self.is_resumption_due || self.disconnects_due > 0 {
            return None;
        }
        let due = self.bindings.iter_mut().find(|binding| binding.state == State::ResumptionDue);
        let Some(binding) = due else {
            self.is_resumption_due = false;
            return None;
        };
        binding.state = State::EstablishForwarded;
        let login = binding.resumption.take().expect("a resumption holds its Establish");
        self.sessions[binding.session].unanswered_count += 1;
        self.counters.add(SessionCount::Forwarded);
        Some(login)
    }
}

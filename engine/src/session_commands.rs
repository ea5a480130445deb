//! Login and logout: Negotiate, Establish, Terminate and the loss of a transport.

use forecastle_proto_spec::{
    CancelOnDisconnect, Establish, EstablishmentAck, EstablishmentReject, Negotiate,
    NegotiationReject, NegotiationResponse, RejectCode, SessionDisconnected, Terminate,
    access_key_of,
};

use crate::apply::Context;
use crate::disconnects::SessionEnd;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::entitlements::Entitlement;
use crate::sessions::SessionState;

impl Engine {
    /// Firm and roles of a session: its key's now.
    #[inline]
    pub(crate) fn entitlement_of(&self, session_id: u32) -> Entitlement {
        self.entitlements.entitlement(access_key_of(session_id))
    }

    pub(crate) fn negotiate(
        &mut self,
        context: &Context,
        message: &Negotiate,
        effects: &mut EffectBuffer<'_>,
    ) {
        if !context.is_sent_by(message.session_id.get()) {
            return context.refuse(RejectCode::NotEntitled, effects);
        }
        let slot = match self.check_negotiate(message) {
            Ok(slot) => slot,
            Err(code) => {
                return effects.push(&NegotiationReject {
                    session_id: message.session_id,
                    access_key_id: message.access_key_id,
                    session_version_id: message.session_version_id,
                    timestamp_ns: message.timestamp_ns,
                    reject_code: u16::from(code).into(),
                    reserved_26: [0; 6],
                });
            }
        };
        let slot = slot.unwrap_or_else(|| self.sessions.add(context.session_id));
        let previous = *self.sessions.session(slot);
        self.sessions.update(slot, |session| {
            session.version_id = message.session_version_id.get();
            session.timestamp_ns = message.timestamp_ns.get();
            session.last_seq_num = 0;
            session.state = SessionState::Negotiated;
        });
        let Entitlement { firm_id, roles, .. } = self.entitlement_of(context.session_id);
        effects.push(&NegotiationResponse {
            session_id: message.session_id,
            access_key_id: message.access_key_id,
            session_version_id: message.session_version_id,
            previous_session_version_id: previous.version_id.into(),
            previous_seq_num: previous.last_seq_num.into(),
            firm_id: firm_id.into(),
            transact_time_ns: context.time_ns.into(),
            roles: roles.into(),
            reserved_42: [0; 6],
        });
        if previous.state == SessionState::Established {
            self.lose_session(slot, SessionEnd::Loss);
        }
    }

    pub(crate) fn establish(
        &mut self,
        context: &Context,
        message: &Establish,
        effects: &mut EffectBuffer<'_>,
    ) {
        if !context.is_sent_by(message.session_id.get()) {
            return context.refuse(RejectCode::NotEntitled, effects);
        }
        let slot = self.sessions.find(context.session_id);
        let last = slot.map_or(0, |slot| self.sessions.session(slot).last_seq_num);
        let (slot, cancel_on_disconnect) = match self.check_establish(slot, message) {
            Ok(checked) => checked,
            Err(code) => {
                return effects.push(&EstablishmentReject {
                    session_id: message.session_id,
                    last_seq_num: last.into(),
                    session_version_id: message.session_version_id,
                    timestamp_ns: message.timestamp_ns,
                    reject_code: u16::from(code).into(),
                    reserved_26: [0; 6],
                });
            }
        };
        self.sessions.update(slot, |session| {
            session.timestamp_ns = message.timestamp_ns.get();
            session.state = SessionState::Established;
            session.cancel_on_disconnect = cancel_on_disconnect;
            session.grace_ms = message.cod_timeout_ms.get();
        });
        self.stop_grace(slot);
        effects.push(&EstablishmentAck {
            session_id: message.session_id,
            last_seq_num: last.into(),
            session_version_id: message.session_version_id,
            keep_alive_interval_ms: message.keep_alive_interval_ms,
            next_seq_num: last.saturating_add(1).into(),
            transact_time_ns: context.time_ns.into(),
            log_position: effects.next_position().into(),
            acknowledgement_level: self.config.acknowledgement_level.into(),
            reserved_41: [0; 7],
        });
    }

    pub(crate) fn terminate(
        &mut self,
        context: &Context,
        message: &Terminate,
        effects: &mut EffectBuffer<'_>,
    ) {
        if !context.is_sent_by(message.session_id.get()) {
            return context.refuse(RejectCode::NotEntitled, effects);
        }
        let end = SessionEnd::Terminate;
        self.end_session(context.session_id, (message.code.get(), end), effects);
    }

    pub(crate) fn disconnect(
        &mut self,
        message: &SessionDisconnected,
        effects: &mut EffectBuffer<'_>,
    ) {
        let end = SessionEnd::Loss;
        self.end_session(message.session_id.get(), (message.code.get(), end), effects);
    }

    fn end_session(
        &mut self,
        session_id: u32,
        (code, end): (u16, SessionEnd),
        effects: &mut EffectBuffer<'_>,
    ) {
        let Some(slot) = self.sessions.find(session_id) else {
            return;
        };
        let session = *self.sessions.session(slot);
        if session.state == SessionState::Established {
            self.sessions.update(slot, |session| session.state = SessionState::Negotiated);
            effects.push(&Terminate {
                session_id: session_id.into(),
                last_seq_num: session.last_seq_num.into(),
                code: code.into(),
                reserved_10: [0; 6],
            });
            self.lose_session(slot, end);
        }
    }

    /// The slot of the session when the engine knows it.
    fn check_negotiate(&self, message: &Negotiate) -> Result<Option<u16>, RejectCode> {
        let access_key_id = message.access_key_id.get();
        if self.entitlements.entitlement(access_key_id).roles == 0 {
            return Err(RejectCode::Credentials);
        }
        if access_key_of(message.session_id.get()) != access_key_id {
            return Err(RejectCode::SessionNotOfKey);
        }
        let slot = self.sessions.find(message.session_id.get());
        let (version_id, timestamp_ns) = slot.map_or((0, 0), |slot| {
            let session = self.sessions.session(slot);
            (session.version_id, session.timestamp_ns)
        });
        if message.session_version_id.get() <= version_id {
            return Err(RejectCode::VersionNotAbove);
        }
        if message.timestamp_ns.get() <= timestamp_ns {
            return Err(RejectCode::TimestampNotAbove);
        }
        if slot.is_none() && self.sessions.is_full() {
            return Err(RejectCode::SessionTableFull);
        }
        Ok(slot)
    }

    /// The slot of the session, and what happens to its orders when it is lost.
    fn check_establish(
        &self,
        slot: Option<u16>,
        message: &Establish,
    ) -> Result<(u16, CancelOnDisconnect), RejectCode> {
        let slot = slot.ok_or(RejectCode::NotNegotiated)?;
        let session = self.sessions.session(slot);
        if message.session_version_id.get() != session.version_id {
            return Err(RejectCode::VersionMismatch);
        }
        if message.timestamp_ns.get() <= session.timestamp_ns {
            return Err(RejectCode::TimestampNotAbove);
        }
        if !KEEP_ALIVE_INTERVAL_MS.contains(&message.keep_alive_interval_ms.get()) {
            return Err(RejectCode::KeepAliveOutOfRange);
        }
        let asked = CancelOnDisconnect::try_from(message.cancel_on_disconnect)
            .map_err(|_| RejectCode::CancelOnDisconnectUnsupported)?;
        if asked == CancelOnDisconnect::None && message.cod_timeout_ms.get() != 0 {
            return Err(RejectCode::CancelOnDisconnectUnsupported);
        }
        if session.state == SessionState::Established {
            return Err(RejectCode::AlreadyEstablished);
        }
        if message.next_seq_num.get() <= session.last_seq_num {
            return Err(RejectCode::NextSeqNumTooLow);
        }
        Ok((slot, asked))
    }
}

const KEEP_ALIVE_INTERVAL_MS: std::ops::RangeInclusive<u32> = 100..=60_000;

//! Sessions in a snapshot.

use forecastle_proto_spec::{CancelOnDisconnect, access_key_of};

use super::{Session, SessionState, SessionTable};
use crate::snapshot::{Decoder, Encoder, SnapshotError};
use crate::state_digest::{DigestSum, Domain, pair};

impl SessionTable {
    /// Slots in use.
    pub(crate) fn count(&self) -> u16 {
        self.count
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u16(self.count);
        for session in self.iter() {
            encoder.u32(session.session_id);
            encoder.u32(session.last_seq_num);
            encoder.u64(session.version_id);
            encoder.u64(session.timestamp_ns);
            encoder.u8(u8::from(session.state == SessionState::Established));
        }
    }

    pub(crate) fn decode(
        &mut self,
        access_keys_max: u32,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        for _ in 0..decoder.u16()? {
            let session_id = decoder.u32()?;
            let access_key_id = access_key_of(session_id);
            decoder.require(access_key_id > 0 && self.find(session_id).is_none(), "session")?;
            if access_key_id > access_keys_max {
                let needed = u64::from(access_key_id);
                return Err(SnapshotError::Limit { limit: "access_keys_max", needed });
            }
            if self.is_full() {
                let needed = u64::from(self.count) + 1;
                return Err(SnapshotError::Limit { limit: "sessions_max", needed });
            }
            let slot = self.add(session_id);
            let last_seq_num = decoder.u32()?;
            let (version_id, timestamp_ns) = (decoder.u64()?, decoder.u64()?);
            let state = match decoder.u8()? {
                0 => SessionState::Negotiated,
                1 => SessionState::Established,
                _ => return Err(decoder.invalid("session state")),
            };
            self.update(slot, |session| {
                session.last_seq_num = last_seq_num;
                session.version_id = version_id;
                session.timestamp_ns = timestamp_ns;
                session.state = state;
            });
        }
        Ok(())
    }

    /// What each session asked for, should it be lost, in the order of their slots.
    pub(crate) fn encode_cancel_on_disconnect(&self, encoder: &mut Encoder<'_>) {
        for session in self.iter() {
            encoder.u8(session.cancel_on_disconnect.into());
            encoder.u16(session.grace_ms);
            encoder.u64(session.grace_end_ns);
        }
    }

    pub(crate) fn decode_cancel_on_disconnect(
        &mut self,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        for slot in 0..self.count {
            let asked = CancelOnDisconnect::try_from(decoder.u8()?);
            let asked = asked.map_err(|_| decoder.invalid("cancel on disconnect"))?;
            let (grace_ms, grace_end_ns) = (decoder.u16()?, decoder.u64()?);
            let has_grace = asked != CancelOnDisconnect::None;
            decoder.require(has_grace || grace_ms == 0, "grace of a session")?;
            let is_gone = self.session(slot).state != SessionState::Established;
            let may_run_out = grace_ms > 0 && is_gone;
            decoder.require(grace_end_ns == 0 || may_run_out, "end of a grace")?;
            self.update(slot, |session| {
                session.cancel_on_disconnect = asked;
                session.grace_ms = grace_ms;
                session.grace_end_ns = grace_end_ns;
            });
        }
        Ok(())
    }

    /// The digest of the pieces as states of version 1 define them.
    pub(crate) fn first_digest(&self) -> DigestSum {
        let piece = |(slot, session): (u32, &Session)| {
            let state = match session.state {
                SessionState::Negotiated => 1,
                SessionState::Established => 2,
            };
            Domain::Session
                .digest()
                .absorb(pair(slot << 8 | state, session.session_id))
                .absorb(session.version_id)
                .absorb(session.timestamp_ns)
                .absorb(u64::from(session.last_seq_num))
        };
        (0..).zip(self.iter()).map(piece).collect()
    }
}

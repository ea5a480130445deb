//! Cancel on disconnect: what happens to the orders of a session that is lost or ends.
//!
//! What the session asked for at its last Establish is looked at when it goes. Its orders end by a
//! sweep that is queued, at once or when the grace has run out; a new Establish stops the grace,
//! not a sweep. The queue of work has room for it whatever else it holds, so none is ever lost.

use forecastle_proto_spec::{
    CancelOnDisconnect, CancelReason, EXEC_INST_CANCEL_ON_DISCONNECT, MassActionScope,
};

use crate::engine::Engine;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::timers::Timer;
use crate::work::{Origin, Sweep};

/// How an established session came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionEnd {
    /// Its transport was lost, or a new Negotiate came over it.
    Loss,
    /// Its client terminated.
    Terminate,
}

impl Engine {
    /// The session in a slot was established and is so no longer.
    #[cold]
    pub(crate) fn lose_session(&mut self, slot: u16, end: SessionEnd) {
        let session = *self.sessions.session(slot);
        let ends_all = match session.cancel_on_disconnect {
            CancelOnDisconnect::None => false,
            CancelOnDisconnect::OnLoss => end == SessionEnd::Loss,
            CancelOnDisconnect::OnTerminate => end == SessionEnd::Terminate,
            CancelOnDisconnect::Both => true,
        };
        if ends_all && session.grace_ms > 0 {
            let grace_ns = u64::from(session.grace_ms) * NS_PER_MS;
            let grace_end_ns = self.sequencing_time_ns.saturating_add(grace_ns);
            self.sessions.update(slot, |session| session.grace_end_ns = grace_end_ns);
            self.timers.arm(Timer::DisconnectGrace(slot), grace_end_ns);
        } else if ends_all {
            self.sweep_session(slot, 0);
        } else if end == SessionEnd::Loss {
            self.sweep_session(slot, EXEC_INST_CANCEL_ON_DISCONNECT);
        }
    }

    /// The session in a slot is back.
    pub(crate) fn stop_grace(&mut self, slot: u16) {
        if self.sessions.session(slot).grace_end_ns != 0 {
            self.sessions.update(slot, |session| session.grace_end_ns = 0);
            self.timers.disarm(Timer::DisconnectGrace(slot));
        }
    }

    /// The session in a slot is not back in time.
    pub(crate) fn end_grace(&mut self, slot: u16) {
        self.sessions.update(slot, |session| session.grace_end_ns = 0);
        if !is_planted(PlantedFault::GraceForgotten) {
            self.sweep_session(slot, 0);
        }
    }

    /// When the grace of the session in a slot runs out, if it does.
    pub(crate) fn grace_end_of(&self, slot: u16) -> Option<u64> {
        let grace_end_ns = self.sessions.iter().nth(slot.into())?.grace_end_ns;
        (grace_end_ns != 0).then_some(grace_end_ns)
    }

    /// Queues the sweep of a session's orders, or of those that have an instruction, when it has
    /// such orders.
    fn sweep_session(&mut self, slot: u16, exec_inst: u8) {
        let order_count = match exec_inst {
            0 => self.orders.open_count(slot),
            _ => self.orders.disconnect_count(slot),
        };
        if order_count == 0 {
            return;
        }
        let session_id = self.sessions.session(slot).session_id;
        self.work.push_disconnect(Sweep {
            origin: Origin { session_id, request_id: 0, seq_num: 0 },
            reason: Some(CancelReason::Disconnected),
            scope: MassActionScope::Session,
            key: session_id,
            firm_id: 0,
            side: 0,
            exec_inst,
            accepted_count: self.orders.accepted_count(),
            next_slot: 0,
            order_count: 0,
        });
    }
}

const NS_PER_MS: u64 = 1_000_000;

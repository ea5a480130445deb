//! Cancel on disconnect (`docs/engine-rules.md` §2).

use forecastle_proto_spec::{CancelReason, MassActionScope};

use super::Model;
use super::effects::Effects;
use super::orders::CANCEL_ON_DISCONNECT;
use super::sessions::{OnEnd, Request};
use super::sweeps::{Covered, Owner, Sweep, Work, WorkKind};

impl Model {
    /// An established session is so no longer: it was lost, or its client terminated.
    pub fn lose_session(&mut self, session_id: u32, is_lost: bool, effects: &Effects) {
        let OnEnd { kind, grace_ms, .. } = self.sessions[&session_id].on_end;
        let ends_all = kind & if is_lost { 1 } else { 2 } != 0;
        if ends_all && grace_ms > 0 {
            let due = self.arm(effects.now + u64::from(grace_ms) * 1_000_000);
            let session = self.sessions.get_mut(&session_id).expect("it was established");
            session.on_end.grace = Some(due);
        } else if ends_all {
            self.queue_disconnect(session_id, 0);
        } else if is_lost {
            self.queue_disconnect(session_id, CANCEL_ON_DISCONNECT);
        }
    }

    /// A session did not come back in time.
    pub fn end_grace(&mut self, session_id: u32) {
        self.sessions.get_mut(&session_id).expect("it was established").on_end.grace = None;
        self.queue_disconnect(session_id, 0);
    }

    fn queue_disconnect(&mut self, session_id: u32, instruction: u8) {
        let sweep = Sweep {
            covered: Covered::Session(session_id),
            side: 0,
            instruction,
            reason: Some(CancelReason::Disconnected),
            scope: MassActionScope::Session,
            accepted_count: self.accepted_count,
            next_slot: 0,
            order_count: 0,
        };
        if !self.orders.iter().any(|order| self.is_covered(&sweep, order)) {
            return;
        }
        let request = Request { session_id, template_id: 0, id: 0, seq_num: 0 };
        let same = self.work.iter_mut().find_map(|work| match &mut work.kind {
            WorkKind::Sweep(it)
                if it.reason == Some(CancelReason::Disconnected)
                    && work.request.session_id == session_id
                    && it.instruction == instruction =>
            {
                Some(it)
            }
            _ => None,
        });
        match same {
            Some(it) => {
                it.accepted_count = sweep.accepted_count;
                it.next_slot = 0;
            }
            None => self.work.push(Work {
                owner: Owner::LostSessions,
                request,
                kind: WorkKind::Sweep(sweep),
            }),
        }
    }
}

//! Random kill switches, and releases so that trading goes on.

use forecastle_proto_spec::{
    AccountLimitsRequest, KillSwitchRequest, OrderMassActionRequest, ROLES_RISK,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::World;
use crate::model::guards::{Block, RELEASE};

impl World {
    pub fn kill_switch(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.risk_session();
        let mut message = KillSwitchRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.scope = self.random.pick(&[1, 2, 3, 3, 5, 7, 7, 8]);
        message.key.set(match message.scope {
            1 => self.any_market(),
            2 => self.any_event(),
            3 => self.random.below(9),
            5 => self.random.below(4),
            7 => self.random.pick(&[16, 17, 32, 48, 33]),
            _ => 0,
        });
        message.action = self.random.pick(&[1, 1, 1, 2]);
        message.side = self.random.pick(&[0, 0, 0, 1, 2]);
        match self.random.below(16) {
            0 => message.scope = self.random.pick(&[0, 4, 6, 9, 255]),
            1 => message.action = self.random.pick(&[0, 3, 255]),
            2 => message.side = self.random.pick(&[3, 255]),
            3 => message.key.set(self.random.pick(&[0, 1, u32::MAX])),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    pub fn limit_account(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.risk_session();
        let mut message = AccountLimitsRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.account.set(self.random.below(9));
        let lots = i64::from(self.quantity_max) * 4;
        message.position_limit.set(self.random.pick(&[0, 1, lots, lots, 1 << 40]));
        let money = i64::from(self.deposit_max) / 4;
        message.worst_loss_limit.set(self.random.pick(&[0, 0, 1, money, money, i64::MAX]));
        message.order_cost_max.set(self.random.pick(&[0, 0, 5_000, 20_000, i64::MAX]));
        match self.random.below(16) {
            0 => message.position_limit.set(-1),
            1 => message.worst_loss_limit.set(i64::MIN),
            2 => message.order_cost_max.set(-1),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    /// Releases some block, by one who may.
    pub fn release_block(&mut self) -> Option<(u32, Vec<u8>)> {
        let blocks = self.pair.model.blocks.clone();
        let block = self.random.pick_any(&blocks)?;
        if block.firm_id == 0 {
            let mut message = KillSwitchRequest::new_zeroed();
            message.key.set(block.key);
            (message.scope, message.action, message.side) = (block.scope, RELEASE, block.side);
            return Some((0, bytes_of(&message)));
        }
        let traders = self.sessions_with(forecastle_proto_spec::ROLES_TRADER);
        let model = &self.pair.model;
        let firm_of = |session_id: u32| model.entitlement_of(session_id).firm_id;
        let session_id = traders.into_iter().find(|it| firm_of(*it) == block.firm_id)?;
        Some((session_id, bytes_of(&self.mass_release(session_id, block))))
    }

    fn mass_release(&self, session_id: u32, block: Block) -> OrderMassActionRequest {
        let mut message = OrderMassActionRequest::new_zeroed();
        message.cl_ord_id.set(1);
        let last = self.pair.model.sessions[&session_id].last_seq_num;
        message.seq_num.set(last.saturating_add(1));
        (message.scope, message.action, message.side) = (block.scope, RELEASE, block.side);
        for field in [
            &mut message.security_id,
            &mut message.event_id,
            &mut message.account,
            &mut message.cl_ord_link_id,
        ] {
            field.set(block.key);
        }
        message
    }

    /// The exchange itself, or a session of a risk officer nearly always.
    fn risk_session(&mut self) -> u32 {
        if self.random.once_in(2) { 0 } else { self.session_for(ROLES_RISK) }
    }
}

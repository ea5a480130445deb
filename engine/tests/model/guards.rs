//! Blocks and kill switches (`docs/engine-rules.md` §8).

use forecastle_proto_spec::{
    CancelReason, KillSwitchReport, KillSwitchRequest, MassActionScope, RejectCode, Side,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;
use super::sweeps::{Covered, Owner};

/// What suspends orders until it is released word for word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// A firm's own, or 0 for a kill switch.
    pub firm_id: u32,
    pub scope: u8,
    pub side: u8,
    pub key: u32,
}

/// A new order, or the order that a replace brings back to the market.
#[derive(Clone, Copy, Debug)]
pub struct Incoming {
    pub security_id: u32,
    pub account: u32,
    pub side: Side,
    pub link_id: u32,
    pub owner_session_id: u32,
    pub sender_session_id: u32,
}

impl Model {
    pub fn check_blocks(&self, order: Incoming) -> Result<(), RejectCode> {
        if self.blocks.iter().any(|block| self.block_covers(block, order)) {
            return Err(RejectCode::TradingSuspended);
        }
        Ok(())
    }

    fn block_covers(&self, block: &Block, order: Incoming) -> bool {
        let firm_id = self.accounts[&order.account].firm_id;
        let is_in_scope = match block.scope {
            1 => block.key == order.security_id,
            2 => block.key == self.market(order.security_id).event_id,
            3 => block.key == order.account,
            4 => block.key == order.link_id,
            5 => block.key == firm_id,
            7 => block.key == order.owner_session_id || block.key == order.sender_session_id,
            8 => true,
            scope => panic!("no block has scope {scope}"),
        };
        is_in_scope
            && (block.firm_id == 0 || block.firm_id == firm_id)
            && (block.side == 0 || block.side == u8::from(order.side))
    }

    /// Whether a suspension (1) or release (2) can be done, or a plain cancel (3) begin.
    pub fn check_block(&self, action: u8, block: &Block) -> Result<(), RejectCode> {
        let stands = self.blocks.contains(block);
        if action == RELEASE {
            return if stands { Ok(()) } else { Err(RejectCode::UnknownBlock) };
        }
        let of_owner = self.blocks.iter().filter(|it| it.firm_id == block.firm_id).count();
        let (room, owner) = match block.firm_id {
            0 => (256, Owner::KillSwitches),
            firm_id => (128, Owner::Firm(firm_id)),
        };
        if action == SUSPEND && !stands && of_owner >= room {
            return Err(RejectCode::BlockTableFull);
        }
        self.check_work_queue(owner)
    }

    pub fn switch_block(&mut self, action: u8, block: Block) {
        self.blocks.retain(|it| *it != block);
        if action == SUSPEND {
            self.blocks.push(block);
        }
    }

    pub fn kill_switch(
        &mut self,
        request: &Request,
        message: &KillSwitchRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        if message.side > 2 {
            return Err(RejectCode::InvalidSide);
        }
        if ![SUSPEND, RELEASE].contains(&message.action) {
            return Err(RejectCode::InvalidMassActionType);
        }
        let key = message.key.get();
        let (scope, covered) = match message.scope {
            1 if key != 0 => {
                if !self.market_exists(key) {
                    return Err(RejectCode::UnknownMarket);
                }
                (MassActionScope::Security, Covered::Markets(vec![key]))
            }
            2 if key != 0 => {
                let event = self.event(key).ok_or(RejectCode::UnknownEvent)?;
                (MassActionScope::Event, Covered::Markets(event.security_ids().collect()))
            }
            3 if key != 0 => {
                if !self.accounts.contains_key(&key) {
                    return Err(RejectCode::UnknownAccount);
                }
                (MassActionScope::Account, Covered::Account(key))
            }
            5 if key != 0 => (MassActionScope::Firm, Covered::Firm(key)),
            7 if key != 0 => {
                if !self.sessions.contains_key(&key) {
                    return Err(RejectCode::UnknownSession);
                }
                (MassActionScope::Session, Covered::Session(key))
            }
            8 if key == 0 => (MassActionScope::Exchange, Covered::Everything),
            _ => return Err(RejectCode::InvalidMassActionScope),
        };
        let block = Block { firm_id: 0, scope: message.scope, side: message.side, key };
        self.check_block(message.action, &block)?;
        self.switch_block(message.action, block);
        let mut report = KillSwitchReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.key.set(key);
        report.block_count.set(u32::try_from(self.blocks.len()).expect("there are few"));
        report.scope = message.scope;
        report.action = message.action;
        report.side = message.side;
        effects.push(&report);
        if message.action == SUSPEND {
            let closing = (scope, message.side, CancelReason::Suspended);
            self.start_sweep((Owner::KillSwitches, request), covered, closing, effects);
        }
        Ok(())
    }
}

pub const SUSPEND: u8 = 1;
pub const RELEASE: u8 = 2;

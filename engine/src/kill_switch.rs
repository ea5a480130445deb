//! Kill switches: risk officers suspend trading in a scope, whoever's, and release it.

use forecastle_proto_spec::{
    KillSwitchReport, KillSwitchRequest, MassActionScope, MassActionType, RejectCode,
};

use crate::apply::Context;
use crate::blocks::{Block, Subject};
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;

impl Engine {
    pub(crate) fn switch(
        &mut self,
        context: &Context,
        message: &KillSwitchRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (action, block) = self.check_switch(message)?;
        let is_suspension = action == MassActionType::Suspend;
        if is_suspension {
            self.blocks.set(block);
        } else {
            self.blocks.release(&block);
        }
        effects.push(&KillSwitchReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            key: message.key,
            block_count: self.blocks.count().into(),
            scope: message.scope,
            action: message.action,
            side: message.side,
            reserved_39: [0; 9],
        });
        if is_suspension {
            self.sweep_suspended(context, block, effects);
        }
        Ok(())
    }

    /// Whether no block covers an order.
    #[inline(always)]
    pub(crate) fn check_trading(
        &self,
        subject: impl FnOnce() -> Subject,
    ) -> Result<(), RejectCode> {
        if !self.blocks.is_empty() && self.blocks.covers(&subject()) {
            return Err(RejectCode::TradingSuspended);
        }
        Ok(())
    }

    fn check_switch(
        &self,
        message: &KillSwitchRequest,
    ) -> Result<(MassActionType, Block), RejectCode> {
        if message.side > 2 {
            return Err(RejectCode::InvalidSide);
        }
        let action = MassActionType::try_from(message.action)
            .ok()
            .filter(|action| *action != MassActionType::Cancel)
            .ok_or(RejectCode::InvalidMassActionType)?;
        let scope = MassActionScope::try_from(message.scope)
            .map_err(|_| RejectCode::InvalidMassActionScope)?;
        let key = message.key.get();
        if (key == 0) != (scope == MassActionScope::Exchange) {
            return Err(RejectCode::InvalidMassActionScope);
        }
        match scope {
            MassActionScope::Link | MassActionScope::Day => {
                return Err(RejectCode::InvalidMassActionScope);
            }
            MassActionScope::Security if self.events.find_market(key).is_none() => {
                return Err(RejectCode::UnknownMarket);
            }
            MassActionScope::Event if self.events.find_event(key).is_none() => {
                return Err(RejectCode::UnknownEvent);
            }
            MassActionScope::Account if self.ledger.accounts.find(key).is_none() => {
                return Err(RejectCode::UnknownAccount);
            }
            MassActionScope::Session if self.sessions.find(key).is_none() => {
                return Err(RejectCode::UnknownSession);
            }
            _ => {}
        }
        let block = Block { firm_id: 0, scope: message.scope, side: message.side, key };
        self.check_block(action, &block)?;
        Ok((action, block))
    }
}

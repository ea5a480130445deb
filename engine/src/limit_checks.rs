//! How the limits of accounts are set, and the one on the open orders of sessions.

use forecastle_proto_spec::{AccountLimitsReport, AccountLimitsRequest, RejectCode};

use crate::account_limits::AccountLimits;
use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;

impl Engine {
    pub(crate) fn limit_account(
        &mut self,
        context: &Context,
        message: &AccountLimitsRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let number = message.account.get();
        let limits = AccountLimits {
            position: message.position_limit.get(),
            worst_loss: message.worst_loss_limit.get(),
            order_cost: message.order_cost_max.get(),
        };
        let account = self.ledger.accounts.find(number).ok_or(RejectCode::UnknownAccount)?;
        if !limits.are_in_range() {
            return Err(RejectCode::LimitOutOfRange);
        }
        let is_uncounted = self.ledger.limits.limits(number).position == 0;
        if limits.position != 0 && is_uncounted && account.open_order_count > 0 {
            return Err(RejectCode::OpenOrdersStand);
        }
        self.ledger.set_limits(number, limits);
        effects.push(&AccountLimitsReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            account: message.account,
            position_limit: message.position_limit,
            worst_loss_limit: message.worst_loss_limit,
            order_cost_max: message.order_cost_max,
        });
        Ok(())
    }

    /// Whether a sender may have one more order that can come to rest.
    #[inline]
    pub(crate) fn check_open_orders(&self, context: &Context) -> Result<(), RejectCode> {
        let most = u32::from(context.entitlement.open_orders_max);
        if most != 0 && self.orders.open_count(context.session()) >= most {
            return Err(RejectCode::OpenOrderLimit);
        }
        Ok(())
    }
}

//! Limits on accounts and sessions: how they are set, and whether an order keeps them.

use forecastle_proto_spec::{AccountLimitsReport, AccountLimitsRequest, RejectCode, Side};

use crate::account_limits::AccountLimits;
use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;

/// What an order adds to the open orders of an account in a market, and to its worst case in the
/// event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition {
    pub(crate) side: Side,
    pub(crate) lots: i64,
    /// The event's worst case before and after, millionths.
    pub(crate) minimum: (i64, i64),
}

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

    /// Whether an order that costs `cost` at most keeps its account's limit on that.
    #[inline]
    pub(crate) fn check_order_cost(&self, account: u32, cost: i64) -> Result<(), RejectCode> {
        let most = self.ledger.limits.limits(account).order_cost;
        if most != 0 && cost > most { Err(RejectCode::OrderCostLimit) } else { Ok(()) }
    }

    /// Whether an account keeps its limits on position and loss with an addition in a market. What
    /// adds nothing to either side of a limit is let in whatever stands.
    #[inline]
    pub(crate) fn check_account_limits(
        &self,
        (account, row): (u32, Option<u32>),
        state: u8,
        addition: &Addition,
    ) -> Result<(), RejectCode> {
        let limits = self.ledger.limits.limits(account);
        if limits.position != 0
            && addition.lots > 0
            && self.lots_if_filled(row, state, addition) > limits.position
        {
            return Err(RejectCode::PositionLimit);
        }
        let (before, after) = addition.minimum;
        if limits.worst_loss != 0 && after < before {
            let paid = row.map_or(0, |row| self.ledger.limits.paid(row));
            if i128::from(paid) - i128::from(after) > i128::from(limits.worst_loss) {
                return Err(RejectCode::WorstLossLimit);
            }
        }
        Ok(())
    }

    /// Lots that an account would have on a side of a market if all its orders of the side filled.
    fn lots_if_filled(&self, row: Option<u32>, state: u8, addition: &Addition) -> i64 {
        let Some(row) = row else {
            return addition.lots;
        };
        let lots = self.ledger.exposures.stake(row, state).lots;
        let place = self.ledger.exposures.place(row, state);
        let open = self.ledger.limits.open_lots(place).of(addition.side);
        addition.lots + open + crate::ledger::signed(addition.side, lots)
    }
}

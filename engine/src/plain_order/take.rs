//! The short way of a plain immediate-or-cancel order that trades: it is accepted, meets the orders
//! of the other side in its own book alone, and ends.

use forecastle_proto_spec::{CancelReason, NewOrderSingle};

use super::{Found, Sender};
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::exposure::Stake;
use crate::new_order::order_accepted;
use crate::trade::{Bought, Taker};

impl Engine {
    /// Takes in, trades and ends a plain order that crosses the best price of the other side.
    #[inline(never)]
    pub(super) fn take_plain(
        &mut self,
        sender: &Sender,
        message: &NewOrderSingle,
        found: Found,
        effects: &mut EffectBuffer<'_>,
    ) {
        let Found { side, vacancy, row, place: (pair, shape, state) } = found;
        let near = &mut self.ledger.accounts.account_mut(pair.0).pairs;
        let exposure = self.ledger.exposures.row_of(near, row, pair, shape);
        let (slot, generation) = self.orders.accept_passing();
        let taker = Taker {
            order_id: self.orders.id(slot, generation).value(),
            cl_ord_id: message.cl_ord_id.get(),
            session_id: sender.session_id,
            account: pair.0,
            security_id: message.security_id.get(),
            price: message.price.get(),
            side,
        };
        self.client_order_ids.record_named(
            sender.session,
            taker.cl_ord_id,
            vacancy,
            taker.order_id,
        );
        // Who meets the other side has nobody of his own side there.
        effects.push(&order_accepted(sender.session_id, message, taker.order_id, 0));
        let quantity = message.order_qty.get();
        let mut bought = Bought::default();
        let (leaves, reason) = self.take(&taker, quantity, &mut bought, effects);
        let stake = Stake { lots: bought.lots, ..Stake::default() };
        let (account, holder) = self.ledger.fill((exposure, state), stake, 0, bought.cash);
        if holder.worst_case() < 0 {
            self.assert_solvent(account);
        }
        if leaves > 0 {
            effects.push(&taker.cancelled(quantity, leaves, reason));
        }
        self.orders.free(slot);
    }

    /// Trades up to `leaves` lots within the bound on orders met; gives what is left, and why that
    /// is cancelled.
    #[inline(always)]
    fn take(
        &mut self,
        taker: &Taker,
        mut leaves: u32,
        bought: &mut Bought,
        effects: &mut EffectBuffer<'_>,
    ) -> (u32, CancelReason) {
        let (security_id, limit) = (taker.security_id, u32::from(taker.price));
        for _ in 0..self.config.sweep_trades_max {
            let Some(tick) = self.crossed_tick(security_id, taker.side, limit) else {
                return (leaves, CancelReason::ImmediateOrCancel);
            };
            let slot = self.books.first_order(security_id, tick);
            let slot = slot.expect("the best level holds an order");
            leaves = self.trade(taker, slot, leaves, bought, effects);
            if leaves == 0 {
                return (0, CancelReason::ImmediateOrCancel);
            }
        }
        let is_bounded = self.crossed_tick(security_id, taker.side, limit).is_some();
        let reason =
            if is_bounded { CancelReason::SweepLimit } else { CancelReason::ImmediateOrCancel };
        (leaves, reason)
    }
}

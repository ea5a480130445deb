//! The short way of a cancel of an order that rests and has no detail.
//!
//! As with new orders, what the long way asks one after the other is one question here, and a
//! cancel that does not pass goes the long way.

use forecastle_proto_spec::{CancelReason, MarketStatus, OrderCancelRequest, OrderId};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::hold_per_lot;
use crate::plain_order::Sender;
use crate::planted_fault::keeps_to_long_way;

impl Engine {
    /// Ends the order that a cancel names, when it rests, has no detail, and the sender may end it;
    /// gives whether that was so. Nothing is changed when not.
    #[inline(always)]
    pub(crate) fn cancel_plain(
        &mut self,
        sender: &Sender,
        message: &OrderCancelRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        if keeps_to_long_way() {
            return false;
        }
        let Self { client_order_ids, sessions, ledger, events, orders, books, .. } = self;
        let (order_id, orig_cl_ord_id) = (message.order_id.get(), message.orig_cl_ord_id.get());
        let order_id = client_order_ids.named(sender.session, order_id, orig_cl_ord_id);
        let Some(slot) = orders.find(OrderId::from_wire(order_id)) else { return false };
        let order = orders.order(slot);
        let security_id = order.security_id;
        let is_named = security_id == message.security_id.get() && message.cl_ord_id.get() != 0;
        if !is_named || order.has_detail() {
            return false;
        }
        let Some((market, changes)) = events.find_market_mut(security_id) else { return false };
        let account = ledger.exposures.account(order.exposure);
        let Some(holder) = ledger.accounts.find_mut(account) else { return false };
        if !matches!(market.status(), MarketStatus::Open | MarketStatus::Paused)
            || holder.firm_id != sender.entitlement.firm_id
        {
            return false;
        }
        let order = *order;
        books.remove(orders.slots_mut(), security_id, slot);
        orders.end(slot, &order, account);
        let lots = i64::from(order.leaves_qty());
        let cost = hold_per_lot(order.side, order.price(), market.fees.maker) * lots;
        let state = market.state_index;
        let effect = ledger.exposures.hold(order.exposure, state, order.side, -cost);
        let is_covered = holder.leave_order(effect.minimum, lots);
        let is_limited = ledger.limits.is_limited(account);
        if is_limited {
            let place = ledger.exposures.place(order.exposure, state);
            ledger.limits.count_open(account, place, (order.side, -lots));
        }
        let counts_paid = is_limited && ledger.limits.paid(order.exposure) != 0;
        if !counts_paid && ledger.exposures.is_flat(order.exposure) {
            ledger.exposures.release(&mut holder.pairs, order.exposure);
        }
        let rpt_seq = market.leave_order(changes);
        let session_id = sessions.session(order.session).session_id;
        effects.push(&order.cancelled(
            order_id,
            (account, session_id),
            rpt_seq,
            CancelReason::UserRequest,
        ));
        if !is_covered {
            self.assert_solvent(account);
        }
        true
    }
}

//! The short way of a cancel that names its order by the order id, as most do.
//!
//! As with new orders, what the long way asks one after the other is one question here, and a
//! cancel that does not pass goes the long way.

use forecastle_proto_spec::{CancelReason, MarketStatus, OrderCancelRequest, OrderId};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::plain_order::Sender;

impl Engine {
    /// Ends the order that a cancel names by its id, when it rests, has no detail, and the sender
    /// may end it; gives whether that was so. Nothing is changed when not.
    #[inline(always)]
    pub(crate) fn cancel_plain(
        &mut self,
        sender: &Sender,
        message: &OrderCancelRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let order_id = OrderId::from_wire(message.order_id.get());
        let Some(slot) = self.orders.find(order_id) else { return false };
        let order = self.orders.order(slot);
        let account = self.ledger.exposures.account(order.exposure);
        let may_end = order.security_id == message.security_id.get()
            && !order.has_detail()
            && message.cl_ord_id.get() != 0
            && self.ledger.accounts.account(account).firm_id == sender.entitlement.firm_id;
        let status = self.events.market(order.security_id).status();
        if !may_end || !matches!(status, MarketStatus::Open | MarketStatus::Paused) {
            return false;
        }
        let order = *order;
        self.end_in_book(slot, &order, CancelReason::UserRequest, effects);
        true
    }
}

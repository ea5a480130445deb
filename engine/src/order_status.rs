//! The status of one order, for who owns it.

use forecastle_proto_spec::{OrdStatus, OrderStatusReport, OrderStatusRequest, RejectCode};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::new_order::saturated_quantity;
use crate::order_table::Order;
use crate::work::Origin;

impl Engine {
    /// Reports a live order of the sender's firm as it stands.
    pub(crate) fn report_order_status(
        &self,
        context: &Context,
        message: &OrderStatusRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let slot = self.named_order(
            context,
            message.order_id.get(),
            message.orig_cl_ord_id.get(),
            message.security_id.get(),
        )?;
        self.report_order(context, &context.origin(), (slot, ORDERS_BESIDE_MAX), effects);
        Ok(())
    }

    /// Reports the live order in a slot to who sent a request, with the lots before it when at most
    /// `orders_max` orders lie before it or behind it.
    pub(crate) fn report_order(
        &self,
        context: &Context,
        origin: &Origin,
        (slot, orders_max): (u32, usize),
        effects: &mut EffectBuffer<'_>,
    ) {
        let order = self.orders.order(slot);
        let detail = self.orders.detail(slot);
        let status = match order.cum_qty() {
            _ if self.orders.is_pending(slot) => OrdStatus::PendingNew,
            0 => OrdStatus::New,
            _ => OrdStatus::PartiallyFilled,
        };
        effects.push(&OrderStatusReport {
            request_id: origin.request_id.into(),
            order_id: self.orders.id_of(slot, order).value().into(),
            cl_ord_id: order.cl_ord_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            expire_time_ns: detail.expire_time_ns.into(),
            seq_num: origin.seq_num.into(),
            security_id: order.security_id.into(),
            leaves_qty: order.leaves_qty().into(),
            cum_qty: order.cum_qty().into(),
            quantity_ahead: self.quantity_before(slot, order, orders_max).into(),
            account: self.account_of(order).into(),
            session_id: self.sessions.session(order.session).session_id.into(),
            price: order.price().into(),
            side: order.side.into(),
            time_in_force: order.time_in_force().into(),
            exec_inst: detail.exec_inst,
            ord_status: status.into(),
            reserved_82: [0; 6],
        });
    }

    /// Lots that trade before a resting order at its price, as far as a report tells them: nothing
    /// of an order that waits, nor of one with more than `orders_max` orders on either side.
    fn quantity_before(&self, slot: u32, order: &Order, orders_max: usize) -> u32 {
        if self.orders.is_pending(slot) {
            return u32::MAX;
        }
        let slots = self.orders.slots();
        let lots = self.books.quantity_before(slots, order.security_id, slot, orders_max);
        lots.map_or(u32::MAX, saturated_quantity)
    }
}

/// Most orders before one, or behind it, that are counted for it alone: with 700,000 orders in 99
/// levels some 10 microseconds in the median, which was 430 with 4,096.
const ORDERS_BESIDE_MAX: usize = 256;

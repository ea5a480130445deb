//! Cancels: finding the order that a request names, and taking it out of the market.

use forecastle_proto_spec::{
    CancelReason, MarketStatus, OrderCancelReject, OrderCancelRequest, RejectCode,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;

impl Engine {
    #[inline]
    pub(crate) fn cancel(
        &mut self,
        context: &Context,
        message: &OrderCancelRequest,
        effects: &mut EffectBuffer<'_>,
    ) {
        match self.check_cancel(context, message) {
            Ok(slot) => {
                let row = self.orders.order(slot).exposure;
                self.cancel_resting(slot, CancelReason::UserRequest, effects);
                self.ledger.release_pair_if_flat(row);
            }
            Err(code) => {
                if code == RejectCode::UnknownOrder {
                    self.bury_unknown(context, message);
                }
                self.reject_cancel(
                    context,
                    message.order_id.get(),
                    message.security_id.get(),
                    code,
                    effects,
                );
            }
        }
    }

    /// Remembers a ClOrdID that a cancel names and the window does not know: its order may be on
    /// its way, and is then not wanted.
    fn bury_unknown(&mut self, context: &Context, message: &OrderCancelRequest) {
        let (session, cl_ord_id) = (context.session(), message.orig_cl_ord_id.get());
        let is_named_by_client = message.order_id.get() == 0 && cl_ord_id != 0;
        if is_named_by_client && let Ok(vacancy) = self.client_order_ids.look_up(session, cl_ord_id)
        {
            self.client_order_ids.bury(session, cl_ord_id, vacancy);
        }
    }

    /// The slot of the live order that a sender names, by order id or else by a ClOrdID of its
    /// session. Whatever is wrong, the order is unknown.
    #[inline]
    pub(crate) fn named_order(
        &self,
        context: &Context,
        order_id: u64,
        orig_cl_ord_id: u64,
        security_id: u32,
    ) -> Result<u32, RejectCode> {
        let order_id = self.client_order_ids.named(context.session(), order_id, orig_cl_ord_id);
        let slot = self.find_order(order_id).ok_or(RejectCode::UnknownOrder)?;
        let order = self.orders.order(slot);
        let is_own =
            order.security_id == security_id && self.firm_of(order) == context.entitlement.firm_id;
        if is_own { Ok(slot) } else { Err(RejectCode::UnknownOrder) }
    }

    /// Ends a live order, in its book or waiting, and frees its slot.
    pub(crate) fn cancel_resting(
        &mut self,
        slot: u32,
        reason: CancelReason,
        effects: &mut EffectBuffer<'_>,
    ) {
        if self.orders.is_pending(slot) {
            return self.cancel_pending(slot, reason, effects);
        }
        let order = *self.orders.order(slot);
        if order.has_detail() {
            self.leave_detail(slot, &order);
        }
        self.books.remove(self.orders.slots_mut(), order.security_id, slot);
        let account = self.release_hold(&order);
        self.orders.end(slot, &order, account);
        let order_id = self.orders.id_of(slot, &order).value();
        let session_id = self.sessions.session(order.session).session_id;
        let rpt_seq = self.events.next_rpt_seq(order.security_id);
        effects.push(&order.cancelled(order_id, (account, session_id), rpt_seq, reason));
    }

    pub(crate) fn reject_cancel(
        &self,
        context: &Context,
        order_id: u64,
        security_id: u32,
        code: RejectCode,
        effects: &mut EffectBuffer<'_>,
    ) {
        effects.push(&OrderCancelReject {
            cl_ord_id: context.request_id.into(),
            order_id: order_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: context.seq_num.into(),
            security_id: security_id.into(),
            reject_code: u16::from(code).into(),
            ref_template_id: context.template_id.into(),
            reserved_44: [0; 4],
        });
    }

    #[inline]
    fn check_cancel(
        &self,
        context: &Context,
        message: &OrderCancelRequest,
    ) -> Result<u32, RejectCode> {
        if message.cl_ord_id.get() == 0 {
            return Err(RejectCode::ClOrdIdZero);
        }
        let slot = self.named_order(
            context,
            message.order_id.get(),
            message.orig_cl_ord_id.get(),
            message.security_id.get(),
        )?;
        match self.events.market(message.security_id.get()).status() {
            MarketStatus::Open | MarketStatus::Paused => Ok(slot),
            _ => Err(RejectCode::MarketNotOpen),
        }
    }
}

//! Replaces (`docs/engine-rules.md` §3).

use forecastle_proto_spec::{
    CancelReason, MarketStatus, OrderCancelReplaceRequest, OrderReplaced, PRICE_MAX, PRICE_MIN,
    RejectCode,
};
use zerocopy::FromZeros;

use super::Model;
use super::book::Order;
use super::effects::Effects;
use super::guards::Incoming;
use super::ledger::OpenOrder;
use super::orders::POST_ONLY;
use super::sessions::Request;

/// What a replace comes to.
enum Change {
    /// Nothing is left: the order ends.
    End,
    /// Less at the same price: it keeps its place.
    Shrink { leaves: u32 },
    /// It leaves the book and comes again.
    Renew { leaves: u32 },
}

impl Model {
    pub fn replace(
        &mut self,
        request: &Request,
        message: &OrderCancelReplaceRequest,
        effects: &mut Effects,
    ) {
        let refuse = |effects: &mut Effects, code: RejectCode| {
            let order_id = message.order_id.get();
            effects.cancel_reject(request, order_id, message.security_id.get(), code);
        };
        if let Err(code) = self.check_replace_form(request, message, effects.now) {
            refuse(effects, code);
            return;
        }
        let checked = self.check_replace(request, message, effects.now);
        self.record_cl_ord_id(request.session_id, request.id);
        match checked {
            Err(code) => refuse(effects, code),
            Ok((order, Change::End)) => {
                let reason = CancelReason::ReplacedBelowExecuted;
                self.cancel_order(order.order_id, reason, effects);
            }
            Ok((order, Change::Shrink { leaves })) => {
                self.name_order(request.session_id, order.order_id);
                let live = self.order_mut(order.order_id);
                live.cl_ord_id = request.id;
                live.leaves = leaves;
                if message.expire_time_ns.get() != 0 {
                    live.expire_time_ns = message.expire_time_ns.get();
                    if order.wait.is_some() {
                        self.change_wait(order.order_id);
                    } else {
                        let expiry = self.arm(message.expire_time_ns.get());
                        self.order_mut(order.order_id).expiry = Some(expiry);
                    }
                }
                self.push_replaced(order.order_id, 0, true, effects);
            }
            Ok((order, Change::Renew { leaves })) => {
                self.name_order(request.session_id, order.order_id);
                let live = self.order_mut(order.order_id);
                live.cl_ord_id = request.id;
                live.leaves = leaves;
                live.price = message.price.get();
                live.priority = None;
                live.expiry = None;
                if message.expire_time_ns.get() != 0 {
                    live.expire_time_ns = message.expire_time_ns.get();
                }
                let ahead = self.quantity_at(order.security_id, order.side, message.price.get());
                self.push_replaced(order.order_id, ahead, false, effects);
                self.trade_within(order.order_id, self.limits.sweep_trades_max, effects);
            }
        }
    }

    fn check_replace_form(
        &self,
        request: &Request,
        message: &OrderCancelReplaceRequest,
        now_ns: u64,
    ) -> Result<(), RejectCode> {
        if request.id == 0 {
            Err(RejectCode::ClOrdIdZero)
        } else if !(PRICE_MIN..=PRICE_MAX).contains(&message.price.get()) {
            Err(RejectCode::PriceOffGrid)
        } else if message.order_qty.get() == 0 {
            Err(RejectCode::QuantityZero)
        } else if message.expire_time_ns.get() != 0 && message.expire_time_ns.get() <= now_ns {
            Err(RejectCode::InvalidExpireTime)
        } else {
            self.check_cl_ord_id(request)
        }
    }

    fn check_replace(
        &self,
        request: &Request,
        message: &OrderCancelReplaceRequest,
        now_ns: u64,
    ) -> Result<(Order, Change), RejectCode> {
        let order = self.find_order(
            request,
            message.order_id.get(),
            message.orig_cl_ord_id.get(),
            message.security_id.get(),
        )?;
        let age_ns = now_ns.saturating_sub(message.sending_time_ns.get());
        let allowed_ms = u64::from(message.max_staleness_ms.get());
        if allowed_ms > 0 && age_ns > allowed_ms * 1_000_000 {
            return Err(RejectCode::StaleOnArrival);
        }
        if order.quote_set.is_some() {
            return Err(RejectCode::QuoteNotReplaceable);
        }
        if message.expire_time_ns.get() != 0 && order.expire_time_ns == 0 {
            return Err(RejectCode::InvalidExpireTime);
        }
        let status = self.market(order.security_id).status;
        let is_open = status == MarketStatus::Open;
        let is_open_or_paused = is_open || status == MarketStatus::Paused;
        let leaves = message.order_qty.get().saturating_sub(order.traded);
        let (change, is_allowed) = if leaves == 0 {
            (Change::End, is_open_or_paused)
        } else if message.price.get() == order.price && leaves <= order.leaves {
            (Change::Shrink { leaves }, is_open_or_paused)
        } else {
            (Change::Renew { leaves }, is_open)
        };
        let price = message.price.get();
        if matches!(change, Change::Renew { .. }) && order.wait.is_some() {
            return Err(RejectCode::OrderIsPending);
        }
        if matches!(change, Change::Renew { .. })
            && !self.price_is_on_grid(order.security_id, price)
        {
            return Err(RejectCode::PriceOffGrid);
        }
        if !is_allowed {
            return Err(RejectCode::MarketNotOpen);
        }
        if let Change::Renew { leaves } = change {
            self.check_blocks(Incoming {
                security_id: order.security_id,
                account: order.account,
                side: order.side,
                link_id: order.link_id,
                owner_session_id: order.session_id,
                sender_session_id: request.session_id,
            })?;
            let mut open = self.open_orders_without(order.account, order.order_id);
            let renewed = OpenOrder {
                security_id: order.security_id,
                side: order.side,
                price: message.price.get(),
                leaves,
                fee_rate: self.incoming_fee_rate(order.security_id),
            };
            self.check_order_cost(order.account, &renewed)?;
            self.check_collar(order.security_id, renewed.price)?;
            open.push(renewed);
            self.check_buying_power(order.account, (order.security_id, order.side), &open)?;
            let probe = Order::probe(order.security_id, order.side, message.price.get());
            if order.exec_inst & POST_ONLY != 0 && self.meeting(&probe).is_some() {
                return Err(RejectCode::PostOnlyWouldTrade);
            }
        }
        Ok((order, change))
    }

    pub fn push_replaced(
        &mut self,
        order_id: u64,
        quantity_ahead: u32,
        priority_kept: bool,
        effects: &mut Effects,
    ) {
        let order = self.order(order_id).expect("it is live").clone();
        let mut effect = OrderReplaced::new_zeroed();
        effect.order_id.set(order_id);
        effect.cl_ord_id.set(order.cl_ord_id);
        effect.security_id.set(order.security_id);
        effect.account.set(order.account);
        effect.session_id.set(order.session_id);
        effect.leaves_qty.set(order.leaves);
        effect.quantity_ahead.set(quantity_ahead);
        if order.wait.is_some() {
            effect.is_pending = 1;
        } else {
            effect.rpt_seq.set(self.next_rpt_seq(order.security_id));
        }
        effect.price.set(order.price);
        effect.side = order.side.into();
        effect.time_in_force = order.time_in_force.into();
        effect.exec_inst = order.exec_inst;
        effect.priority_kept = u8::from(priority_kept);
        effects.push(&effect);
    }
}

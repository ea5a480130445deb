//! Cancel and replace: a new price and quantity for a live order, with or without its priority.

use forecastle_proto_spec::{
    CancelReason, EXEC_INST_POST_ONLY, MarketStatus, OrderCancelReplaceRequest, OrderReplaced,
    RejectCode, TimeInForce,
};

use crate::apply::Context;
use crate::blocks::Subject;
use crate::client_order_ids::Recorded;
use crate::collars::check_collar;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::hold_per_lot;
use crate::ladder::Place;
use crate::matching::Incoming;
use crate::new_order::{check_price_and_quantity, check_staleness};
use crate::order_table::Order;
use crate::planted_fault::{PlantedFault, is_planted};

/// What a replace that passed every check does.
enum Change {
    /// The new quantity has traded already.
    End,
    /// Fewer lots or as many, at the same price.
    Reduce,
    /// The order leaves the book and comes again.
    Reenter,
}

impl Engine {
    #[inline]
    pub(crate) fn replace(
        &mut self,
        context: &Context,
        message: &OrderCancelReplaceRequest,
        effects: &mut EffectBuffer<'_>,
    ) {
        let (slot, recorded, change) = match self.check_replace(context, message) {
            Ok(checked) => checked,
            Err(code) => {
                return self.reject_cancel(
                    context,
                    message.order_id.get(),
                    message.security_id.get(),
                    code,
                    effects,
                );
            }
        };
        match change {
            Change::End => {
                self.cancel_resting(slot, CancelReason::ReplacedBelowExecuted, effects);
            }
            Change::Reduce => self.reduce(slot, recorded, message, effects),
            Change::Reenter => self.reenter(slot, recorded, message, effects),
        }
    }

    #[inline]
    fn check_replace(
        &mut self,
        context: &Context,
        message: &OrderCancelReplaceRequest,
    ) -> Result<(u32, Recorded, Change), RejectCode> {
        if message.cl_ord_id.get() == 0 {
            return Err(RejectCode::ClOrdIdZero);
        }
        check_price_and_quantity(message.price.get(), message.order_qty.get())?;
        let expire_time_ns = message.expire_time_ns.get();
        if expire_time_ns != 0 && expire_time_ns <= context.time_ns {
            return Err(RejectCode::InvalidExpireTime);
        }
        let cl_ord_id = message.cl_ord_id.get();
        let vacancy = self.check_client_order_id(context, cl_ord_id)?;
        // Found before the new id is recorded, for which the window may forget the old one.
        let found = self.find_replaced(context, message);
        let recorded = self.client_order_ids.record(context.session(), cl_ord_id, vacancy);
        found.map(|(slot, change)| (slot, recorded, change))
    }

    /// The order that a replace names, and what the replace does, when it is allowed.
    #[inline]
    fn find_replaced(
        &self,
        context: &Context,
        message: &OrderCancelReplaceRequest,
    ) -> Result<(u32, Change), RejectCode> {
        let (price, order_qty) = (message.price.get(), message.order_qty.get());
        let slot = self.named_order(
            context,
            message.order_id.get(),
            message.orig_cl_ord_id.get(),
            message.security_id.get(),
        )?;
        let sent_ns = message.sending_time_ns.get();
        check_staleness(message.max_staleness_ms.get(), sent_ns, context.time_ns)?;
        let order = self.orders.order(slot);
        if self.orders.detail(slot).quote_set != 0 {
            return Err(RejectCode::QuoteNotReplaceable);
        }
        let is_till_date = order.time_in_force() == TimeInForce::GoodTillDate;
        if message.expire_time_ns.get() != 0 && !is_till_date {
            return Err(RejectCode::InvalidExpireTime);
        }
        let change = match order_qty.checked_sub(order.cum_qty()) {
            None | Some(0) => Change::End,
            Some(leaves) if price == order.price() && leaves <= order.leaves_qty() => {
                Change::Reduce
            }
            Some(_) => Change::Reenter,
        };
        let comes_again = matches!(change, Change::Reenter);
        if comes_again && self.orders.is_pending(slot) {
            return Err(RejectCode::OrderIsPending);
        }
        if comes_again && !self.events.is_on_grid(order.security_id, price) {
            return Err(RejectCode::PriceOffGrid);
        }
        let status = self.events.market(order.security_id).status();
        let is_allowed = match change {
            Change::End | Change::Reduce => {
                matches!(status, MarketStatus::Open | MarketStatus::Paused)
            }
            Change::Reenter => status == MarketStatus::Open,
        };
        if !is_allowed {
            return Err(RejectCode::MarketNotOpen);
        }
        if comes_again {
            self.check_trading(|| Subject {
                security_id: order.security_id,
                event_id: self.ledger.exposures.event_id(order.exposure),
                account: self.account_of(order),
                firm_id: context.entitlement.firm_id,
                link_id: order.link_id,
                side: order.side,
                session_ids: [self.sessions.session(order.session).session_id, context.session_id],
            })?;
            self.check_reentry(order, price, order_qty - order.cum_qty())?;
            if self.orders.detail(slot).has(EXEC_INST_POST_ONLY) {
                let place = Place::new(u32::from(price), order_qty - order.cum_qty());
                self.check_rests(&Order { place, ..*order })?;
            }
        }
        Ok((slot, change))
    }

    /// Whether the account of an order can cover it at another price and quantity.
    fn check_reentry(&self, order: &Order, price: u16, leaves: u32) -> Result<(), RejectCode> {
        let fees = self.events.market(order.security_id).fees;
        let (old, new) = (i64::from(order.leaves_qty()), i64::from(leaves));
        let old_cost = hold_per_lot(order.side, order.price(), fees.maker) * old;
        let new_cost = hold_per_lot(order.side, price, fees.incoming()) * new;
        let account = self.account_of(order);
        self.ledger.limits.check_order_cost(account, new_cost)?;
        check_collar(self.events.market(order.security_id), price)?;
        self.check_funds(
            (account, Some(order.exposure)),
            order.security_id,
            (order.side, new_cost - old_cost),
            new - old,
        )
    }

    fn reduce(
        &mut self,
        slot: u32,
        recorded: Recorded,
        message: &OrderCancelReplaceRequest,
        effects: &mut EffectBuffer<'_>,
    ) {
        let (order, account) = self.shrink(slot, message.order_qty.get(), message.cl_ord_id.get());
        self.client_order_ids.name(recorded, self.orders.id_of(slot, &order).value());
        let expire_time_ns = message.expire_time_ns.get();
        if expire_time_ns != 0 {
            self.change_expiry(slot, expire_time_ns);
        }
        let exec_inst = self.orders.detail(slot).exec_inst;
        self.report_replaced((slot, &order, exec_inst), account, None, effects);
    }

    /// Gives a live order a lower total quantity and another ClOrdID, in its place; gives the
    /// order then, and its account.
    pub(crate) fn shrink(&mut self, slot: u32, order_qty: u32, cl_ord_id: u64) -> (Order, u32) {
        let old = *self.orders.order(slot);
        let account = self.account_of(&old);
        let leaves = order_qty - old.cum_qty();
        let is_pending = self.orders.is_pending(slot);
        if is_pending {
            self.hold_incoming(&old, i64::from(leaves) - i64::from(old.leaves_qty()));
        } else {
            self.unhold(&old, old.leaves_qty() - leaves);
        }
        let books = &mut self.books;
        self.orders.amend(slot, account, |orders| {
            if is_pending {
                orders[slot as usize].place = Place::new(old.place.tick(), leaves);
            } else {
                books.reduce(orders, old.security_id, slot, leaves);
            }
            let order = &mut orders[slot as usize];
            order.order_qty = order_qty;
            order.cl_ord_id = cl_ord_id;
        });
        if is_planted(PlantedFault::PriorityLostOnReduce) && !is_pending {
            self.books.remove(self.orders.slots_mut(), old.security_id, slot);
            self.books.push_back(self.orders.slots_mut(), old.security_id, old.side, slot);
        }
        (*self.orders.order(slot), account)
    }

    /// Gives a live order another expire time, and the timer that it then has.
    fn change_expiry(&mut self, slot: u32, expire_time_ns: u64) {
        let (timer, _) = self.orders.detail(slot).timer(slot);
        self.timers.disarm(timer);
        self.orders.set_expire_time(slot, expire_time_ns);
        let (timer, due_ns) = self.orders.detail(slot).timer(slot);
        self.timers.arm(timer, due_ns);
    }

    fn reenter(
        &mut self,
        slot: u32,
        recorded: Recorded,
        message: &OrderCancelReplaceRequest,
        effects: &mut EffectBuffer<'_>,
    ) {
        let mut detail = self.orders.detail(slot);
        if message.expire_time_ns.get() != 0 {
            detail.expire_time_ns = message.expire_time_ns.get();
        }
        let (mut order, account) = self.take_off_book(slot);
        let leaves = message.order_qty.get() - order.cum_qty();
        order.order_qty = message.order_qty.get();
        order.cl_ord_id = message.cl_ord_id.get();
        order.place = Place::new(u32::from(message.price.get()), leaves);
        self.client_order_ids.name(recorded, self.orders.id_of(slot, &order).value());
        let ahead = self.quantity_ahead(order.security_id, order.side, order.place.tick());
        let replaced = (slot, &order, detail.exec_inst);
        self.report_replaced(replaced, account, Some(ahead), effects);
        let session_id = self.sessions.session(order.session).session_id;
        let (trades_max, has_waited) = (self.config.sweep_trades_max, false);
        let incoming =
            Incoming { slot, order, detail, account, session_id, trades_max, has_waited };
        self.work_incoming(incoming, effects);
    }

    /// Reports a replaced order with its instructions; without lots ahead it kept its priority.
    pub(crate) fn report_replaced(
        &mut self,
        (slot, order, exec_inst): (u32, &Order, u8),
        account: u32,
        quantity_ahead: Option<u32>,
        effects: &mut EffectBuffer<'_>,
    ) {
        let is_pending = quantity_ahead.is_none() && self.orders.is_pending(slot);
        let rpt_seq = if is_pending { 0 } else { self.events.next_rpt_seq(order.security_id) };
        let order_id = self.orders.id_of(slot, order).value();
        let owner = (account, self.sessions.session(order.session).session_id);
        let terms = (exec_inst, is_pending);
        effects.push(&order_replaced(order, order_id, owner, terms, quantity_ahead, rpt_seq));
    }
}

/// The report that an order was replaced, to its account and session, with its instructions and
/// whether it waits; without lots ahead it kept its priority.
#[inline(always)]
pub(crate) fn order_replaced(
    order: &Order,
    order_id: u64,
    (account, session_id): (u32, u32),
    (exec_inst, is_pending): (u8, bool),
    quantity_ahead: Option<u32>,
    rpt_seq: u32,
) -> OrderReplaced {
    OrderReplaced {
        order_id: order_id.into(),
        cl_ord_id: order.cl_ord_id.into(),
        security_id: order.security_id.into(),
        account: account.into(),
        session_id: session_id.into(),
        leaves_qty: order.leaves_qty().into(),
        quantity_ahead: quantity_ahead.unwrap_or(0).into(),
        rpt_seq: rpt_seq.into(),
        price: order.price().into(),
        side: order.side.into(),
        time_in_force: order.time_in_force().into(),
        priority_kept: u8::from(quantity_ahead.is_none()),
        exec_inst,
        is_pending: is_pending.into(),
        reserved_47: [0; 1],
    }
}

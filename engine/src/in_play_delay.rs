//! In-play delay: while an event is being played, an order that would trade waits first, live and
//! in no book, so that those who rest can react to what they see.

use forecastle_proto_spec::{
    CancelReason, EXEC_INST_REDUCE_ONLY, MarketStatus, OrderPending, OrderReleased,
};

use crate::blocks::Subject;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::hold_per_lot;
use crate::ledger::signed;
use crate::matching::Incoming;
use crate::order_table::{Order, Terms};
use crate::timers::Timer;

impl Engine {
    /// Whether an incoming order of a market that delays trades waits: it has not yet, and would
    /// trade.
    #[cold]
    #[inline(never)]
    pub(crate) fn must_wait(&self, incoming: &Incoming) -> bool {
        !incoming.has_waited && self.counterpart(&incoming.order).is_some()
    }

    /// Lets an incoming order wait.
    #[cold]
    #[inline(never)]
    pub(crate) fn delay(&mut self, incoming: Incoming, effects: &mut EffectBuffer<'_>) {
        let Incoming { slot, mut order, mut detail, account, session_id, .. } = incoming;
        let event_id = self.events.market(order.security_id).event_id;
        let delay_ms = self.events.parameters(event_id).in_play_delay_ms;
        let delay_ns = u64::from(delay_ms) * NS_PER_MS;
        detail.release_time_ns = self.sequencing_time_ns.saturating_add(delay_ns);
        order.priority = 0;
        order.terms = Terms::new(order.time_in_force(), &detail);
        let owner = (account, self.owner_of(&order));
        self.orders.pend(slot, order, &detail, owner);
        self.events.count_order(order.security_id);
        self.ledger.accounts.account_mut(account).open_order_count += 1;
        self.hold_incoming(&order, i64::from(order.leaves_qty()));
        self.enter_detail(slot, &order, &detail);
        effects.push(&OrderPending {
            order_id: self.orders.id_of(slot, &order).value().into(),
            cl_ord_id: order.cl_ord_id.into(),
            release_time_ns: detail.release_time_ns.into(),
            security_id: order.security_id.into(),
            account: account.into(),
            session_id: session_id.into(),
            leaves_qty: order.leaves_qty().into(),
            price: order.price().into(),
            side: order.side.into(),
            time_in_force: order.time_in_force().into(),
            reserved_44: [0; 4],
        });
    }

    /// Lets an order that waited come in, as one that arrives now and waits no more; where it may
    /// not, it ends. What its trades come to for protection groups follows at once.
    pub(crate) fn release_order(&mut self, slot: u32, effects: &mut EffectBuffer<'_>) {
        let incoming = self.take_pending(slot);
        let Incoming { order, account, session_id, .. } = incoming;
        if let Err(reason) = self.check_release(&incoming) {
            self.cancel_incoming(&incoming, order.leaves_qty(), reason, effects);
            return self.assert_solvent(account);
        }
        let ahead = self.quantity_ahead(order.security_id, order.side, order.place.tick());
        effects.push(&OrderReleased {
            order_id: self.orders.id_of(slot, &order).value().into(),
            cl_ord_id: order.cl_ord_id.into(),
            security_id: order.security_id.into(),
            account: account.into(),
            session_id: session_id.into(),
            leaves_qty: order.leaves_qty().into(),
            cum_qty: order.cum_qty().into(),
            quantity_ahead: ahead.into(),
            price: order.price().into(),
            side: order.side.into(),
            time_in_force: order.time_in_force().into(),
            exec_inst: incoming.detail.exec_inst,
            reserved_45: [0; 3],
        });
        self.work_incoming(incoming, effects);
        if self.protection.has_traded() {
            self.protect(effects);
        }
    }

    /// Whether an order that waited may come in now.
    fn check_release(&self, incoming: &Incoming) -> Result<(), CancelReason> {
        let order = &incoming.order;
        let market = self.events.market(order.security_id);
        if market.status() != MarketStatus::Open {
            return Err(CancelReason::MarketHalted);
        }
        let quote_set = incoming.detail.quote_set;
        if quote_set != 0 && self.quote_sets.is_blocked(quote_set) {
            return Err(CancelReason::Protection);
        }
        self.check_trading(|| Subject {
            security_id: order.security_id,
            event_id: market.event_id,
            account: incoming.account,
            firm_id: self.firm_of(order),
            link_id: order.link_id,
            side: order.side,
            session_ids: [incoming.session_id; 2],
        })
        .map_err(|_| CancelReason::Suspended)?;
        if incoming.detail.has(EXEC_INST_REDUCE_ONLY) {
            let lots = signed(order.side, order.leaves_qty().into());
            self.check_reduces(Some(order.exposure), market.state_index, lots)
                .map_err(|_| CancelReason::ReduceOnly)?;
        }
        Ok(())
    }

    /// Ends an order that waits, and frees its slot.
    #[cold]
    #[inline(never)]
    pub(crate) fn cancel_pending(
        &mut self,
        slot: u32,
        reason: CancelReason,
        effects: &mut EffectBuffer<'_>,
    ) {
        let incoming = self.take_pending(slot);
        self.cancel_incoming(&incoming, incoming.order.leaves_qty(), reason, effects);
        self.assert_solvent(incoming.account);
    }

    /// Takes an order that waits out of its wait with all that hangs on it; its slot stays taken.
    fn take_pending(&mut self, slot: u32) -> Incoming {
        let mut order = *self.orders.order(slot);
        let account = self.account_of(&order);
        let mut detail = self.orders.detail(slot);
        self.leave_detail(slot, &order);
        self.orders.unpend(slot, &order, account);
        self.events.discount_order(order.security_id);
        self.ledger.accounts.account_mut(account).open_order_count -= 1;
        self.hold_incoming(&order, -i64::from(order.leaves_qty()));
        detail.release_time_ns = 0;
        order.terms = Terms::new(order.time_in_force(), &detail);
        let session_id = self.sessions.session(order.session).session_id;
        let (trades_max, has_waited) = (self.config.sweep_trades_max, true);
        Incoming { slot, order, detail, account, session_id, trades_max, has_waited }
    }

    /// Holds `lots` more of an order that waits; fewer when negative. It may end as maker or taker.
    pub(crate) fn hold_incoming(&mut self, order: &Order, lots: i64) {
        let market = self.events.market(order.security_id);
        let rate = market.fees.incoming();
        let cost = hold_per_lot(order.side, order.price(), rate) * lots;
        self.ledger.hold((order.exposure, market.state_index), (order.side, cost), lots);
    }
}

impl crate::order_detail::OrderDetail {
    /// The timer of the live order in a slot, and when it fires: its expiry, or its release when it
    /// waits and that is earlier. A time of 0 means that it has none.
    #[inline]
    pub(crate) fn timer(&self, slot: u32) -> (Timer, u64) {
        let expires_first = self.expire_time_ns != 0 && self.expire_time_ns <= self.release_time_ns;
        if self.release_time_ns == 0 || expires_first {
            (Timer::OrderExpiry(slot), self.expire_time_ns)
        } else {
            (Timer::OrderRelease(slot), self.release_time_ns)
        }
    }
}

const NS_PER_MS: u64 = 1_000_000;

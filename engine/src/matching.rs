//! Matching: an incoming order against the other side, best price first, then lowest priority, and
//! what becomes of the rest.

use forecastle_proto_spec::{CancelReason, SelfMatchPrevention, Side, TimeInForce};

use crate::cross_outcome::Counterpart;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::exposure::Stake;
use crate::fees::hold_per_lot;
use crate::ladder::{Ladders, Place};
use crate::ledger::signed;
use crate::order_detail::OrderDetail;
use crate::order_table::Order;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::trade::{Bought, Taker};

/// An order that has a slot and is in no book: new, or replaced without its priority.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    pub(crate) slot: u32,
    /// The order; what is left of it lies in its place.
    pub(crate) order: Order,
    pub(crate) detail: OrderDetail,
    pub(crate) account: u32,
    /// Session that owns the order.
    pub(crate) session_id: u32,
    /// Most trades that it may make.
    pub(crate) trades_max: u32,
    /// Whether it has waited for the in-play delay, and waits no more.
    pub(crate) has_waited: bool,
}

/// What came of an order's way through the books.
struct Swept {
    leaves: u32,
    /// Resting orders met, a set for its weight.
    met_count: u32,
    /// Why self-match prevention or the bound ends it, if one does.
    ending: Option<CancelReason>,
}

impl Incoming {
    /// What its trades tell of it.
    #[inline]
    fn taker(&self, order_id: u64) -> Taker {
        Taker {
            order_id,
            cl_ord_id: self.order.cl_ord_id,
            session_id: self.session_id,
            account: self.account,
            security_id: self.order.security_id,
            price: self.order.price(),
            side: self.order.side,
        }
    }
}

impl Engine {
    /// Trades an incoming order and rests, cancels or ends the remainder; while in play it may have
    /// to wait first. Gives how many trades it made.
    #[inline]
    pub(crate) fn work_incoming(
        &mut self,
        incoming: Incoming,
        effects: &mut EffectBuffer<'_>,
    ) -> u32 {
        let account = incoming.account;
        let trade_count = self.work_to_its_end(incoming, effects);
        self.assert_solvent(account);
        trade_count
    }

    /// Whether an order that may rest does so without trading, as far as one look at its own book
    /// tells.
    #[inline]
    pub(crate) fn rests_at_once(&self, order: &Order) -> bool {
        !self.quote_sets.has_blocked()
            && !self.events.market(order.security_id).is_cross_outcome()
            && self.crossed_level(order).is_none()
    }

    fn work_to_its_end(&mut self, mut incoming: Incoming, effects: &mut EffectBuffer<'_>) -> u32 {
        let trades_max = incoming.trades_max;
        if self.quote_sets.has_blocked() && !self.clear_blocked_quotes(&mut incoming, effects) {
            let leaves = incoming.order.leaves_qty();
            self.cancel_incoming(&incoming, leaves, CancelReason::SweepLimit, effects);
            return trades_max;
        }
        let order = &incoming.order;
        let is_delayed = self.events.market(order.security_id).delays_trades();
        if order.time_in_force() == TimeInForce::FillOrKill
            && let Err(reason) = self.check_fill(&incoming)
        {
            self.cancel_incoming(&incoming, order.leaves_qty(), reason, effects);
            return trades_max - incoming.trades_max;
        }
        if is_delayed && self.must_wait(&incoming) {
            let trade_count = trades_max - incoming.trades_max;
            self.delay(incoming, effects);
            return trade_count;
        }
        let Swept { leaves, met_count, ending } = self.sweep_book(&incoming, effects);
        let trade_count = met_count + trades_max - incoming.trades_max;
        if leaves == 0 {
            self.orders.free(incoming.slot);
        } else if let Some(reason) = ending {
            self.cancel_incoming(&incoming, leaves, reason, effects);
        } else if order.time_in_force() == TimeInForce::ImmediateOrCancel
            && !is_planted(PlantedFault::ImmediateOrCancelRests)
        {
            self.cancel_incoming(&incoming, leaves, CancelReason::ImmediateOrCancel, effects);
        } else {
            let Incoming { slot, mut order, detail, account, .. } = incoming;
            order.place = Place::new(order.place.tick(), leaves);
            self.put_in_book(slot, &mut order, &detail, account);
            self.report_rested(slot, &order, effects);
        }
        trade_count
    }

    /// Takes a resting order out of its book with all that hangs on it; its slot stays taken. Gives
    /// the order as it was, and its account.
    pub(crate) fn take_off_book(&mut self, slot: u32) -> (Order, u32) {
        let order = *self.orders.order(slot);
        if order.has_detail() {
            self.leave_detail(slot, &order);
        }
        self.books.remove(self.orders.slots_mut(), order.security_id, slot);
        let account = self.release_hold(&order);
        self.orders.unrest(slot, &order, account);
        (order, account)
    }

    /// Gives back what is held for an order that has left its book; gives its account.
    ///
    /// # Panics
    /// When the account could end with less than nothing.
    #[inline(always)]
    pub(crate) fn release_hold(&mut self, order: &Order) -> u32 {
        let market = self.events.discount_order(order.security_id);
        let quantity = i64::from(order.leaves_qty());
        let cost = hold_per_lot(order.side, order.price(), market.fees.maker) * quantity;
        let place = (order.exposure, market.state_index);
        let (account, holder) = self.ledger.hold(place, (order.side, -cost), -quantity);
        holder.open_order_count -= 1;
        if holder.worst_case() < 0 {
            self.assert_solvent(account);
        }
        account
    }

    /// Stops the timer that a live order may have, and takes it out of its quote set.
    #[cold]
    pub(crate) fn leave_detail(&mut self, slot: u32, order: &Order) {
        let detail = self.orders.detail(slot);
        self.timers.disarm(detail.timer(slot).0);
        if detail.quote_set != 0 {
            self.quote_sets.unlink(detail.quote_set, order.security_id, order.side);
        }
    }

    /// Gives back what is held for `quantity` lots of a resting order that keeps some.
    pub(crate) fn unhold(&mut self, order: &Order, quantity: u32) {
        let market = self.events.market(order.security_id);
        let quantity = i64::from(quantity);
        let cost = hold_per_lot(order.side, order.price(), market.fees.maker) * quantity;
        self.ledger.hold((order.exposure, market.state_index), (order.side, -cost), -quantity);
    }

    /// The best tick of the other side, when an order with this side and limit trades there.
    #[inline(always)]
    pub(crate) fn crossed_level(&self, order: &Order) -> Option<u32> {
        self.crossed_tick(order.security_id, order.side, order.place.tick())
    }

    /// As [`Self::crossed_level`] of an order of this market, side and limit.
    #[inline(always)]
    pub(crate) fn crossed_tick(&self, security_id: u32, side: Side, limit: u32) -> Option<u32> {
        match side {
            Side::Buy => self.books.best_ask(security_id).filter(|ask| *ask <= limit),
            Side::Sell => self.books.best_bid(security_id).filter(|bid| *bid >= limit),
        }
    }

    /// What an incoming order does instead of trading with the resting one in a slot, when both are
    /// of one firm and one self-match prevention id; quotes without one have one in common.
    #[inline(always)]
    pub(crate) fn prevention_against(
        &self,
        incoming: &Incoming,
        slot: u32,
    ) -> Option<SelfMatchPrevention> {
        let prevention = incoming.detail.self_match_prevention?;
        self.prevented_by(prevention, incoming, slot)
    }

    /// As [`Self::prevention_against`] of an incoming order that asks for it.
    #[cold]
    fn prevented_by(
        &self,
        prevention: SelfMatchPrevention,
        incoming: &Incoming,
        slot: u32,
    ) -> Option<SelfMatchPrevention> {
        let resting = self.orders.order(slot);
        let detail = self.orders.detail(slot);
        let id = detail.self_match_prevention_id;
        let is_own = id == incoming.detail.self_match_prevention_id
            && (id != 0 || detail.quote_set != 0)
            && self.firm_of(resting) == self.ledger.accounts.account(incoming.account).firm_id;
        (is_own && !is_planted(PlantedFault::SelfMatchIgnored)).then_some(prevention)
    }

    /// Does so; gives whether the incoming order ends.
    fn prevent(
        &mut self,
        prevention: SelfMatchPrevention,
        slot: u32,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        if prevention != SelfMatchPrevention::CancelAggressor {
            self.cancel_resting(slot, CancelReason::SelfMatch, effects);
        }
        prevention != SelfMatchPrevention::CancelResting
    }

    /// Trades until the order is done, nothing crosses, self-match prevention ends it, or the bound
    /// on orders met; gives what came of it.
    #[inline]
    fn sweep_book(&mut self, incoming: &Incoming, effects: &mut EffectBuffer<'_>) -> Swept {
        let order = &incoming.order;
        let taker = incoming.taker(self.orders.id_of(incoming.slot, order).value());
        let mut leaves = order.leaves_qty();
        let mut bought = Bought::default();
        let mut met_count = 0;
        let mut is_prevented = false;
        let mut is_bounded = false;
        while leaves > 0
            && !is_prevented
            && let Some(counterpart) = self.counterpart(order)
        {
            let weight = match counterpart {
                Counterpart::Level(_) => 1,
                Counterpart::Set(_) => self.set_weight(order),
            };
            is_bounded = met_count + weight > incoming.trades_max;
            if is_bounded {
                break;
            }
            met_count += weight;
            let before = leaves;
            match counterpart {
                Counterpart::Level(tick) => {
                    let resting = self.books.first_order(order.security_id, tick);
                    let resting = resting.expect("the best level holds an order");
                    if let Some(prevention) = self.prevention_against(incoming, resting) {
                        is_prevented = self.prevent(prevention, resting, effects);
                    } else {
                        leaves = self.trade(&taker, resting, leaves, &mut bought, effects);
                    }
                }
                Counterpart::Set(price) => {
                    leaves = self.trade_set(incoming, (price, leaves), &mut bought, effects);
                }
            }
            if incoming.detail.quote_set != 0 && leaves < before {
                let lots = signed(order.side, i64::from(before - leaves));
                self.count_quote_fill(incoming.detail.quote_set, lots);
            }
        }
        if bought.lots != 0 {
            let state = self.events.market(order.security_id).state_index;
            let stake = Stake { lots: bought.lots, ..Stake::default() };
            self.ledger.fill((order.exposure, state), stake, 0, bought.cash);
        }
        let ending = if is_prevented {
            Some(CancelReason::SelfMatch)
        } else {
            is_bounded.then_some(CancelReason::SweepLimit)
        };
        Swept { leaves, met_count, ending }
    }

    /// Puts an order that has a slot into its book, with what is held for it; gives the lots ahead
    /// of it.
    #[inline]
    pub(crate) fn put_in_book(
        &mut self,
        slot: u32,
        order: &mut Order,
        detail: &OrderDetail,
        account: u32,
    ) -> u64 {
        let security_id = order.security_id;
        let owner = (account, self.owner_of(order));
        self.orders.rest(slot, order, detail, owner);
        let ahead = self.books.push_back(self.orders.slots_mut(), security_id, order.side, slot);
        let market = self.events.count_order(security_id);
        let lots = i64::from(order.leaves_qty());
        let cost = hold_per_lot(order.side, order.price(), market.fees.maker) * lots;
        let place = (order.exposure, market.state_index);
        let (_, holder) = self.ledger.hold(place, (order.side, cost), lots);
        holder.open_order_count += 1;
        if holder.worst_case() < 0 {
            self.assert_solvent(account);
        }
        if order.has_detail() {
            self.enter_detail(slot, order, detail);
        }
        ahead
    }

    /// Starts the timer that a live order needs, and puts it into its quote set.
    #[cold]
    pub(crate) fn enter_detail(&mut self, slot: u32, order: &Order, detail: &OrderDetail) {
        let (timer, due_ns) = detail.timer(slot);
        if due_ns != 0 {
            self.timers.arm(timer, due_ns);
        }
        if detail.quote_set != 0 {
            self.quote_sets.link(detail.quote_set, order.security_id, order.side, slot);
        }
    }

    /// Tells of an order that was put into its book.
    #[inline]
    pub(crate) fn report_rested(
        &mut self,
        slot: u32,
        order: &Order,
        effects: &mut EffectBuffer<'_>,
    ) {
        let order_id = self.orders.id_of(slot, order).value();
        let rpt_seq = self.events.next_rpt_seq(order.security_id);
        effects.push(&order.rested(order_id, rpt_seq));
    }

    /// Ends an incoming order with `leaves` untraded.
    pub(crate) fn cancel_incoming(
        &mut self,
        incoming: &Incoming,
        leaves: u32,
        reason: CancelReason,
        effects: &mut EffectBuffer<'_>,
    ) {
        let order = &incoming.order;
        let taker = incoming.taker(self.orders.id_of(incoming.slot, order).value());
        effects.push(&taker.cancelled(order.order_qty, leaves, reason));
        self.orders.free(incoming.slot);
    }

    /// Whether the other side can fill an order in full within the bound on orders met, without
    /// those that self-match prevention keeps it from. O(levels + orders met).
    fn check_fill(&self, incoming: &Incoming) -> Result<(), CancelReason> {
        let order = &incoming.order;
        if self.events.market(order.security_id).is_cross_outcome() {
            return self.check_fill_across(incoming);
        }
        let quantity = u64::from(order.leaves_qty());
        let book = order.security_id;
        let (opposite, limit) = match order.side {
            Side::Buy => (Side::Sell, order.place.tick()),
            Side::Sell => (Side::Buy, order.place.tick()),
        };
        let is_as_good = |tick: &u32| match order.side {
            Side::Buy => *tick <= limit,
            Side::Sell => *tick >= limit,
        };
        let ticks = || {
            let best = self.books.best(book, opposite);
            let behind = |tick: &u32| self.books.next_behind(book, opposite, *tick);
            std::iter::successors(best, behind).take_while(is_as_good)
        };
        let mut available = 0;
        for tick in ticks() {
            available += self.books.quantity_at(book, tick);
            if available >= quantity {
                break;
            }
        }
        if available < quantity {
            return Err(CancelReason::FillOrKill);
        }
        let mut reached = 0;
        let mut left = incoming.trades_max;
        for tick in ticks() {
            let mut next = self.books.first_order(book, tick);
            while let Some(slot) = next {
                if left == 0 {
                    return Err(CancelReason::SweepLimit);
                }
                left -= 1;
                match self.prevention_against(incoming, slot) {
                    None => reached += u64::from(self.orders.order(slot).leaves_qty()),
                    Some(SelfMatchPrevention::CancelResting) => {}
                    Some(_) => return Err(CancelReason::FillOrKill),
                }
                if reached >= quantity {
                    return Ok(());
                }
                next = Ladders::order_behind(self.orders.slots(), slot);
            }
        }
        Err(CancelReason::FillOrKill)
    }
}

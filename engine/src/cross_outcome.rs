//! Cross-outcome matching: a bid in every market of an exhaustive event, adding up to the payout or
//! more, makes a set of all outcomes; an ask in every one, adding up to it or less, burns one.
//!
//! The orders that rest get their own prices, the incoming one pays or gets what is left of the
//! payout, all on the grid. The counterparty of each is the event's house account, which so has the
//! same number of lots in every market and the payout of as many sets in cash: it is always flat.

use forecastle_proto_spec::{
    CancelReason, CrossOutcomeFill, EVENT_MARKETS_MAX, MarketStatus, PAYOUT, SelfMatchPrevention,
    Side,
};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::fee_per_lot;
use crate::ladder::Ladders;
use crate::ledger::signed;
use crate::matching::Incoming;
use crate::order_table::Order;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::trade::Bought;

/// What an incoming order trades with next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counterpart {
    /// The first order at this tick of its own market.
    Level(u32),
    /// The first orders at the best prices of all other markets; this is its own price.
    Set(u16),
}

/// Where a walk over one book has come to, without changing it.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// Order and its tick; nothing when the side is exhausted.
    first: Option<(u32, u32)>,
    /// Lots of it that are not spoken for.
    leaves: u32,
}

impl Engine {
    /// The better of the own book and a set of all outcomes, within the limit; the own book when
    /// they are equal. O(1), O(markets of the event) when it matches across outcomes.
    #[inline(always)]
    pub(crate) fn counterpart(&self, order: &Order) -> Option<Counterpart> {
        if self.events.market(order.security_id).is_cross_outcome() {
            return self.counterpart_across(order);
        }
        self.crossed_level(order).map(Counterpart::Level)
    }

    /// As [`Self::counterpart`] of an order whose event matches across outcomes.
    #[cold]
    fn counterpart_across(&self, order: &Order) -> Option<Counterpart> {
        let level = self.crossed_level(order);
        let best_of = |market: u32| self.books.best(market, order.side);
        better_of(order, level, self.set_price(order, best_of))
    }

    /// The price that a set of all outcomes has for an incoming order whose limit allows it, when
    /// every market is open. `best_of` gives the best tick of the order's side in another market.
    fn set_price(&self, order: &Order, best_of: impl Fn(u32) -> Option<u32>) -> Option<u16> {
        let event = self.events.event(self.events.market(order.security_id).event_id);
        let mut rest = u32::from(PAYOUT);
        for security_id in event.security_ids() {
            if self.events.market(security_id).status() != MarketStatus::Open {
                return None;
            }
            if security_id != order.security_id {
                rest = rest.checked_sub(best_of(security_id)?)?;
            }
        }
        let price = u16::try_from(rest).ok().filter(|price| *price > 0)?;
        let is_allowed = match order.side {
            Side::Buy => price <= order.price(),
            Side::Sell => price >= order.price(),
        };
        is_allowed.then_some(price)
    }

    /// Trades that a set counts as against the bound of one command.
    #[inline]
    pub(crate) fn set_weight(&self, order: &Order) -> u32 {
        u32::from(self.events.market(order.security_id).shape.market_count)
    }

    /// Fills an incoming order at `price` together with the first order at the best price of every
    /// other market; gives what is left of it. Its side is added to `bought`, the others are done
    /// at once. O(markets of the event).
    pub(crate) fn trade_set(
        &mut self,
        incoming: &Incoming,
        (price, leaves): (u16, u32),
        bought: &mut Bought,
        effects: &mut EffectBuffer<'_>,
    ) -> u32 {
        let order = &incoming.order;
        let price = if is_planted(PlantedFault::SetAtLimitPrice) { order.price() } else { price };
        let event_id = self.events.market(order.security_id).event_id;
        let security_ids = self.events.event(event_id).security_ids();
        let others = security_ids.filter(|security_id| *security_id != order.security_id);
        let quantity = others
            .clone()
            .map(|security_id| self.orders.order(self.first_of(security_id, order.side)))
            .fold(leaves, |least, resting| least.min(resting.leaves_qty()));
        for security_id in others {
            let slot = self.first_of(security_id, order.side);
            self.fill_for_set(incoming, slot, quantity, effects);
        }
        let left = leaves - quantity;
        let lots = i64::from(quantity);
        let fee = fee_per_lot(self.events.market(order.security_id).fees.taker, price) * lots;
        let payment = signed(order.side, i64::from(price) * lots);
        bought.lots += signed(order.side, lots);
        bought.cash -= payment + fee;
        self.ledger.pay_house(payment);
        self.ledger.collect_fees(fee);
        self.events.make_sets(event_id, signed(order.side, lots));
        effects.push(&CrossOutcomeFill {
            order_id: self.orders.id_of(incoming.slot, order).value().into(),
            cl_ord_id: order.cl_ord_id.into(),
            aggressor_order_id: self.orders.id_of(incoming.slot, order).value().into(),
            session_id: incoming.session_id.into(),
            account: incoming.account.into(),
            security_id: order.security_id.into(),
            rpt_seq: self.events.next_rpt_seq(order.security_id).into(),
            leaves_qty: left.into(),
            quantity: quantity.into(),
            price: price.into(),
            side: order.side.into(),
            is_aggressor: 1,
            reserved_52: [0; 4],
            fee: fee.into(),
        });
        left
    }

    /// Fills a resting order against the house.
    fn fill_for_set(
        &mut self,
        incoming: &Incoming,
        slot: u32,
        quantity: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        let resting = *self.orders.order(slot);
        let price = resting.price();
        let fill = self.fill_resting(slot, &resting, quantity, price);
        self.ledger.pay_house(signed(resting.side, i64::from(price) * i64::from(quantity)));
        self.ledger.collect_fees(fill.fee);
        effects.push(&CrossOutcomeFill {
            order_id: self.orders.id_of(slot, &resting).value().into(),
            cl_ord_id: resting.cl_ord_id.into(),
            aggressor_order_id: self.orders.id_of(incoming.slot, &incoming.order).value().into(),
            session_id: self.sessions.session(resting.session).session_id.into(),
            account: fill.account.into(),
            security_id: resting.security_id.into(),
            rpt_seq: fill.rpt_seq.into(),
            leaves_qty: (resting.leaves_qty() - quantity).into(),
            quantity: quantity.into(),
            price: price.into(),
            side: resting.side.into(),
            is_aggressor: 0,
            reserved_52: [0; 4],
            fee: fill.fee.into(),
        });
    }

    /// The first order at the best price of a side that has one.
    fn first_of(&self, security_id: u32, side: Side) -> u32 {
        let tick = self.books.best(security_id, side).expect("a set has an order in each market");
        self.books.first_order(security_id, tick).expect("the best level holds an order")
    }

    /// Whether an order of an event that matches across outcomes would be filled in full within
    /// the bound on trades: the same choices as in trading, on books that stay as they are.
    /// O(trades × markets of the event).
    pub(crate) fn check_fill_across(&self, incoming: &Incoming) -> Result<(), CancelReason> {
        let order = &incoming.order;
        let own = order.security_id;
        let event = self.events.event(self.events.market(own).event_id);
        let first = event.first_security_id;
        let opposite = match order.side {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        };
        let side_of = |market: u32| if market == own { opposite } else { order.side };
        let mut cursors = [Cursor::default(); EVENT_MARKETS_MAX];
        for (cursor, security_id) in cursors.iter_mut().zip(event.security_ids()) {
            let tick = self.books.best(security_id, side_of(security_id));
            *cursor = self.cursor_at(security_id, tick);
        }
        let mut left = order.leaves_qty();
        let mut trades_left = incoming.trades_max;
        while left > 0 {
            let tick_of = |market: u32| cursors[(market - first) as usize].first.map(|it| it.1);
            let level = tick_of(own).filter(|tick| is_within(order, *tick));
            let counterpart = better_of(order, level, self.set_price(order, tick_of));
            let (is_used, weight): (fn(bool) -> bool, u32) = match counterpart {
                None => return Err(CancelReason::FillOrKill),
                Some(Counterpart::Level(_)) => (|is_own| is_own, 1),
                Some(Counterpart::Set(_)) => (|is_own| !is_own, self.set_weight(order)),
            };
            trades_left = trades_left.checked_sub(weight).ok_or(CancelReason::SweepLimit)?;
            let met = cursors[(own - first) as usize].first.filter(|_| is_used(true));
            match met.and_then(|(slot, _)| self.prevention_against(incoming, slot)) {
                None => {}
                Some(SelfMatchPrevention::CancelResting) => {
                    let cursor = &mut cursors[(own - first) as usize];
                    *cursor = self.cursor_behind(own, opposite, *cursor);
                    continue;
                }
                Some(_) => return Err(CancelReason::FillOrKill),
            }
            let used = || event.security_ids().filter(|market| is_used(*market == own));
            let quantity =
                used().map(|market| cursors[(market - first) as usize].leaves).fold(left, u32::min);
            left -= quantity;
            for market in used() {
                let cursor = &mut cursors[(market - first) as usize];
                cursor.leaves -= quantity;
                if cursor.leaves == 0 {
                    *cursor = self.cursor_behind(market, side_of(market), *cursor);
                }
            }
        }
        Ok(())
    }

    fn cursor_at(&self, security_id: u32, tick: Option<u32>) -> Cursor {
        let first = tick.and_then(|tick| Some((self.books.first_order(security_id, tick)?, tick)));
        self.cursor_on(first)
    }

    fn cursor_behind(&self, security_id: u32, side: Side, cursor: Cursor) -> Cursor {
        let Some((slot, tick)) = cursor.first else { return cursor };
        match Ladders::order_behind(self.orders.slots(), slot) {
            Some(next) => self.cursor_on(Some((next, tick))),
            None => self.cursor_at(security_id, self.books.next_behind(security_id, side, tick)),
        }
    }

    fn cursor_on(&self, first: Option<(u32, u32)>) -> Cursor {
        let leaves = first.map_or(0, |(slot, _)| self.orders.order(slot).leaves_qty());
        Cursor { first, leaves }
    }
}

/// Whether the limit of an incoming order allows a trade at a tick of its own market.
fn is_within(order: &Order, tick: u32) -> bool {
    match order.side {
        Side::Buy => tick <= order.place.tick(),
        Side::Sell => tick >= order.place.tick(),
    }
}

/// The better of two prices for an incoming order; the own book's when they are equal.
fn better_of(order: &Order, level: Option<u32>, set: Option<u16>) -> Option<Counterpart> {
    let is_set_better = match (level, set) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(tick), Some(price)) => match order.side {
            Side::Buy => u32::from(price) < tick,
            Side::Sell => u32::from(price) > tick,
        },
    };
    if is_set_better { set.map(Counterpart::Set) } else { level.map(Counterpart::Level) }
}

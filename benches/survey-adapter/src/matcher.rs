//! One book that matches by price and then by time, on the engine's ladder.

use std::collections::BTreeMap;

use forecastle_engine::ladder::{Ladders, Place};
use forecastle_proto_spec::Side;
use forecastle_runtime::memory::Arena;

use crate::messages::{
    CANCEL_ACK, CANCEL_REJECT, Cancel, MODIFY_ACK, MODIFY_REJECT, Modify, NewOrder, ORDER_ACK,
    Report, TRADE,
};

/// Where reports go.
pub trait Reports {
    /// Takes a report; waits as long as there is no room.
    fn push(&mut self, report: &Report);
}

impl Reports for Vec<Report> {
    fn push(&mut self, report: &Report) {
        Vec::push(self, *report);
    }
}

/// The book.
#[derive(Debug)]
pub struct Matcher {
    ladders: Ladders,
    orders: Arena<Resting>,
    /// Slots without an order; the one freed last is used next.
    free: Vec<u32>,
    slots: Slots,
}

impl Matcher {
    /// An empty book, all of its memory touched.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ladders: Ladders::new(1, Ladders::TICKS_MAX, ORDERS_MAX),
            orders: Arena::new(ORDERS_MAX, Resting::EMPTY),
            free: (0..ORDERS_MAX).rev().collect(),
            slots: Slots::new(),
        }
    }

    /// A new order trades what it can; the rest of it rests, or is cancelled.
    ///
    /// # Panics
    /// When its price is not 0 to 262,143, its id is that of a resting order, or more than a
    /// million orders rest. The interface has no report for that.
    #[inline]
    pub fn new_order(&mut self, order: &NewOrder, reports: &mut impl Reports) {
        let taker = Taker {
            order_id: order.order_id,
            sequence_number: order.sequence_number,
            side: side(order.side),
            tick: tick(order.price_ticks),
        };
        reports.push(&taker.report(ORDER_ACK, order.quantity));
        let left = self.trade(&taker, order.quantity, reports);
        if left > 0 {
            if order.ioc == 0 {
                self.rest(&taker, left);
            } else {
                reports.push(&taker.report(CANCEL_ACK, left));
            }
        }
    }

    /// A resting order is cancelled.
    #[inline]
    pub fn cancel(&mut self, cancel: &Cancel, reports: &mut impl Reports) {
        let Cancel { order_id, sequence_number } = *cancel;
        let Some(slot) = self.slots.find(order_id) else {
            return reports.push(&reject(CANCEL_REJECT, order_id, sequence_number));
        };
        let Resting { place, side, .. } = self.orders[slot];
        self.remove(slot);
        let taker = Taker { order_id, sequence_number, side, tick: place.tick() };
        reports.push(&taker.report(CANCEL_ACK, place.quantity()));
    }

    /// A resting order leaves and enters anew, as one that has just come.
    ///
    /// # Panics
    /// As [`Self::new_order`], of its new price.
    #[inline]
    pub fn modify(&mut self, modify: &Modify, reports: &mut impl Reports) {
        let Modify { order_id, sequence_number, new_quantity, .. } = *modify;
        let Some(slot) = self.slots.find(order_id) else {
            return reports.push(&reject(MODIFY_REJECT, order_id, sequence_number));
        };
        let side = self.orders[slot].side;
        let tick = tick(modify.new_price_ticks);
        self.remove(slot);
        let taker = Taker { order_id, sequence_number, side, tick };
        let left = self.trade(&taker, new_quantity, reports);
        if left > 0 {
            self.rest(&taker, left);
        }
        reports.push(&taker.report(MODIFY_ACK, new_quantity));
    }

    /// Highest price with bids, if any.
    #[must_use]
    pub fn best_bid(&self) -> Option<i64> {
        self.ladders.best_bid(BOOK).map(i64::from)
    }

    /// Lowest price with asks, if any.
    #[must_use]
    pub fn best_ask(&self) -> Option<i64> {
        self.ladders.best_ask(BOOK).map(i64::from)
    }

    /// Lots that rest on a side at a price; any numbers are allowed.
    #[must_use]
    pub fn depth_at(&self, price_ticks: i64, side_number: u8) -> u64 {
        let tick = u32::try_from(price_ticks).ok().filter(|tick| *tick < Ladders::TICKS_MAX);
        let Some(tick) = tick else { return 0 };
        // One level serves both sides: bids lie up to the best bid, asks from the best ask on.
        let is_of_side = match side(side_number) {
            Side::Buy => self.ladders.best_bid(BOOK).is_some_and(|best| tick <= best),
            Side::Sell => self.ladders.best_ask(BOOK).is_some_and(|best| tick >= best),
        };
        if is_of_side { self.ladders.quantity_at(BOOK, tick) } else { 0 }
    }

    /// Trades up to `quantity` lots against the other side, and gives what is left.
    #[inline]
    fn trade(&mut self, taker: &Taker, mut quantity: u32, reports: &mut impl Reports) -> u32 {
        let resting_side = match taker.side {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        };
        while quantity > 0 {
            let Some(tick) = self.ladders.best(BOOK, resting_side) else { break };
            let meets = match taker.side {
                Side::Buy => tick <= taker.tick,
                Side::Sell => tick >= taker.tick,
            };
            if !meets {
                break;
            }
            let slot = self.ladders.first_order(BOOK, tick).expect("the best level has an order");
            let Resting { place, order_id, .. } = self.orders[slot];
            let traded = quantity.min(place.quantity());
            if traded == place.quantity() {
                self.remove(slot);
            } else {
                let left = place.quantity() - traded;
                self.ladders.reduce(self.orders.as_mut_slice(), BOOK, slot, left);
            }
            quantity -= traded;
            reports.push(&Report {
                kind: TRADE,
                side: taker.side_number(),
                sequence_number: taker.sequence_number,
                price_ticks: i64::from(tick),
                quantity: traded,
                maker_order_id: order_id,
                taker_order_id: taker.order_id,
                ..Report::default()
            });
        }
        quantity
    }

    #[inline]
    fn rest(&mut self, taker: &Taker, quantity: u32) {
        let slot = self.free.pop().expect("a million orders are enough");
        let Taker { order_id, side, tick, .. } = *taker;
        self.orders[slot] = Resting { place: Place::new(tick, quantity), order_id, side };
        self.ladders.push_back(self.orders.as_mut_slice(), BOOK, side, slot);
        self.slots.insert(order_id, slot);
    }

    #[inline]
    fn remove(&mut self, slot: u32) {
        self.slots.remove(self.orders[slot].order_id);
        self.ladders.remove(self.orders.as_mut_slice(), BOOK, slot);
        self.free.push(slot);
    }
}

impl Default for Matcher {
    fn default() -> Self {
        Self::new()
    }
}

/// A resting order: half a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
struct Resting {
    place: Place,
    order_id: u64,
    side: Side,
}

impl Resting {
    const EMPTY: Self = Self { place: Place::EMPTY, order_id: 0, side: Side::Buy };
}

impl AsRef<Place> for Resting {
    #[inline]
    fn as_ref(&self) -> &Place {
        &self.place
    }
}

impl AsMut<Place> for Resting {
    #[inline]
    fn as_mut(&mut self) -> &mut Place {
        &mut self.place
    }
}

/// The order that a message brings.
struct Taker {
    order_id: u64,
    sequence_number: u64,
    side: Side,
    tick: u32,
}

impl Taker {
    #[inline]
    fn side_number(&self) -> u8 {
        u8::from(self.side == Side::Sell)
    }

    #[inline]
    fn report(&self, kind: u8, quantity: u32) -> Report {
        Report {
            kind,
            side: self.side_number(),
            sequence_number: self.sequence_number,
            order_id: self.order_id,
            price_ticks: i64::from(self.tick),
            quantity,
            ..Report::default()
        }
    }
}

/// The slot of each resting order: an array for the ids that come one after another, as a session
/// gives them, and a map for any others.
#[derive(Debug)]
struct Slots {
    near: Arena<u32>,
    far: BTreeMap<u64, u32>,
}

impl Slots {
    fn new() -> Self {
        Self { near: Arena::new(NEAR_IDS, NONE), far: BTreeMap::new() }
    }

    #[inline]
    fn find(&self, order_id: u64) -> Option<u32> {
        match u32::try_from(order_id).ok().and_then(|id| self.near.get(id)) {
            Some(slot) => Some(*slot).filter(|slot| *slot != NONE),
            None => self.far.get(&order_id).copied(),
        }
    }

    #[inline]
    fn insert(&mut self, order_id: u64, slot: u32) {
        let before = match u32::try_from(order_id).ok().and_then(|id| self.near.get_mut(id)) {
            Some(place) => std::mem::replace(place, slot),
            None => self.far.insert(order_id, slot).unwrap_or(NONE),
        };
        assert!(before == NONE, "an id names one resting order");
    }

    #[inline]
    fn remove(&mut self, order_id: u64) {
        match u32::try_from(order_id).ok().and_then(|id| self.near.get_mut(id)) {
            Some(place) => *place = NONE,
            None => {
                self.far.remove(&order_id);
            }
        }
    }
}

#[inline]
fn side(number: u8) -> Side {
    if number == 0 { Side::Buy } else { Side::Sell }
}

#[inline]
fn tick(price_ticks: i64) -> u32 {
    let tick = u32::try_from(price_ticks).ok().filter(|tick| *tick < Ladders::TICKS_MAX);
    tick.expect("a price lies on the ladder")
}

#[inline]
fn reject(kind: u8, order_id: u64, sequence_number: u64) -> Report {
    Report { kind, sequence_number, order_id, ..Report::default() }
}

const BOOK: u32 = 0;
const NONE: u32 = u32::MAX;
const ORDERS_MAX: u32 = 1 << 20;
/// Ids below this have a place in the array: 16 MiB.
const NEAR_IDS: u32 = 1 << 22;

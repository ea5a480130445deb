//! Our resting orders, by price, as the exchange's reports tell of them, and the requests that
//! change the quantity of a price.
//!
//! A price holds one order as long as its quantities fit one: a price that grows has its order
//! replaced by a larger one, which rests behind all others like a new order, and a price that
//! shrinks has it replaced by a smaller one, which keeps its place, or cancelled. What an order
//! cannot hold (its total quantity is 32 bits wide, executed part included) goes to another one
//! behind it; the newest shrinks first, so that the oldest keeps its place.

use std::collections::BTreeMap;

use forecastle_proto_spec::Side;

/// All our resting orders. Changed by reports only.
#[derive(Clone, Debug, Default)]
pub struct RestingOrders {
    prices: BTreeMap<PriceKey, Vec<RestingOrder>>,
    places: BTreeMap<u64, PriceKey>,
}

impl RestingOrders {
    /// No order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An order was accepted and rests.
    pub fn accepted(&mut self, key: PriceKey, order_id: u64, leaves: u32) {
        self.places.insert(order_id, key);
        let order = RestingOrder { order_id, leaves, executed: 0 };
        self.prices.entry(key).or_default().push(order);
    }

    /// An order was replaced at its price and rests with `leaves`.
    pub fn replaced(&mut self, order_id: u64, leaves: u32) {
        self.change(order_id, |order| order.leaves = leaves);
    }

    /// An order traded `quantity` and rests with `leaves`, or is gone when that is 0.
    pub fn filled(&mut self, order_id: u64, quantity: u32, leaves: u32) {
        self.change(order_id, |order| {
            order.leaves = leaves;
            order.executed = order.executed.saturating_add(quantity);
        });
    }

    /// An order ended. Whether it was one of these.
    pub fn ended(&mut self, order_id: u64) -> bool {
        self.change(order_id, |order| order.leaves = 0)
    }

    /// Lots resting at a price.
    #[must_use]
    pub fn quantity(&self, key: PriceKey) -> u64 {
        self.prices.get(&key).map_or(0, |orders| total(orders))
    }

    /// Prices of one side of one runner with their lots, ascending.
    pub fn prices(&self, runner: usize, side: Side) -> impl DoubleEndedIterator<Item = (u16, u64)> {
        let at = |price| PriceKey { runner, side, price };
        let range = self.prices.range(at(u16::MIN)..=at(u16::MAX));
        range.map(|(key, orders)| (key.price, total(orders)))
    }

    /// Number of orders of one runner.
    #[must_use]
    pub fn order_count(&self, runner: usize) -> usize {
        let in_side = |side| {
            let at = |price| PriceKey { runner, side, price };
            let range = self.prices.range(at(u16::MIN)..=at(u16::MAX));
            range.map(|(_, orders)| orders.len()).sum::<usize>()
        };
        Side::ALL.into_iter().map(in_side).sum()
    }

    /// Requests that take `change.quantity` lots, or all there are, off a price.
    #[must_use]
    pub fn reduce(&self, change: &PriceChange) -> Vec<Request> {
        let mut requests = Vec::new();
        let mut rest = change.quantity;
        for order in self.prices.get(&change.key).into_iter().flatten().rev() {
            if rest == 0 {
                break;
            }
            let order_id = order.order_id;
            if rest >= u64::from(order.leaves) {
                rest -= u64::from(order.leaves);
                requests.push(Request::Cancel { key: change.key, order_id });
            } else {
                let cut = u32::try_from(rest).expect("less than the leaves of one order");
                let order_qty = order.executed + (order.leaves - cut);
                let key = change.key;
                requests.push(Request::Replace { key, order_id, order_qty, adds: false });
                rest = 0;
            }
        }
        requests
    }

    /// Requests that add `change.quantity` lots to a price.
    #[must_use]
    pub fn grow(&self, change: &PriceChange) -> Vec<Request> {
        let key = change.key;
        let newest = self.prices.get(&key).and_then(|orders| orders.last());
        if let Some(order) = newest {
            let now = u64::from(order.executed) + u64::from(order.leaves);
            if let Ok(order_qty) = u32::try_from(now.saturating_add(change.quantity)) {
                let order_id = order.order_id;
                return vec![Request::Replace { key, order_id, order_qty, adds: true }];
            }
        }
        orders_of(change).map(|quantity| Request::New { key, quantity }).collect()
    }

    /// Applies `change` to an order; takes it away when nothing is left. Whether it was there.
    fn change(&mut self, order_id: u64, change: impl FnOnce(&mut RestingOrder)) -> bool {
        let Some(key) = self.places.get(&order_id).copied() else { return false };
        let orders = self.prices.get_mut(&key).expect("an order's place is a price with orders");
        let index = orders.iter().position(|order| order.order_id == order_id);
        let index = index.expect("an order is at its place");
        change(&mut orders[index]);
        if orders[index].leaves == 0 {
            orders.remove(index);
            self.places.remove(&order_id);
            if orders.is_empty() {
                self.prices.remove(&key);
            }
        }
        true
    }
}

/// A price of one side of one runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PriceKey {
    /// Index of the runner.
    pub runner: usize,
    /// Side of the resting orders.
    pub side: Side,
    /// Price, ten-thousandths.
    pub price: u16,
}

/// A quantity to put at a price or to take off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceChange {
    /// Where.
    pub key: PriceKey,
    /// Lots.
    pub quantity: u64,
}

/// A request of the maker session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A new order.
    New {
        /// Where.
        key: PriceKey,
        /// Lots.
        quantity: u32,
    },
    /// Another quantity at the same price.
    Replace {
        /// Where.
        key: PriceKey,
        /// Which order.
        order_id: u64,
        /// New total, lots, executed part included.
        order_qty: u32,
        /// The quantity grows, and the order loses its place.
        adds: bool,
    },
    /// The order's end.
    Cancel {
        /// Where.
        key: PriceKey,
        /// Which order.
        order_id: u64,
    },
}

/// The quantity of a change in pieces that an order can hold, largest first.
pub fn orders_of(change: &PriceChange) -> impl Iterator<Item = u32> {
    let whole = change.quantity / u64::from(u32::MAX);
    let rest = u32::try_from(change.quantity % u64::from(u32::MAX)).expect("a remainder fits");
    (0..whole).map(|_| u32::MAX).chain((rest > 0).then_some(rest))
}

#[derive(Clone, Copy, Debug)]
struct RestingOrder {
    order_id: u64,
    leaves: u32,
    executed: u32,
}

fn total(orders: &[RestingOrder]) -> u64 {
    orders.iter().map(|order| u64::from(order.leaves)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PriceKey = PriceKey { runner: 1, side: Side::Buy, price: 5000 };

    fn change(quantity: u64) -> PriceChange {
        PriceChange { key: KEY, quantity }
    }

    #[test]
    fn one_order_follows_its_price_up_and_down() {
        let mut resting = RestingOrders::new();
        assert_eq!(resting.grow(&change(100)), [Request::New { key: KEY, quantity: 100 }]);
        resting.accepted(KEY, 11, 100);
        resting.filled(11, 30, 70);
        let replace =
            |order_qty, adds| [Request::Replace { key: KEY, order_id: 11, order_qty, adds }];
        assert_eq!(resting.reduce(&change(20)), replace(80, false), "30 executed, 50 left");
        resting.replaced(11, 50);
        assert_eq!(resting.grow(&change(25)), replace(105, true), "30 executed, 75 left");
        resting.replaced(11, 75);
        assert_eq!(resting.quantity(KEY), 75);
        assert_eq!(resting.reduce(&change(75)), [Request::Cancel { key: KEY, order_id: 11 }]);
        assert!(resting.ended(11));
        assert!(!resting.ended(11));
        assert_eq!((resting.quantity(KEY), resting.order_count(1)), (0, 0));
    }

    #[test]
    fn what_one_order_cannot_hold_goes_to_another_and_the_newest_shrinks_first() {
        let mut resting = RestingOrders::new();
        let most = u64::from(u32::MAX);
        let new = |quantity| Request::New { key: KEY, quantity };
        assert_eq!(resting.grow(&change(most + 7)), [new(u32::MAX), new(7)]);
        resting.accepted(KEY, 11, u32::MAX);
        resting.accepted(KEY, 12, 7);
        assert_eq!(resting.order_count(1), 2);
        let cancel = Request::Cancel { key: KEY, order_id: 12 };
        let replace =
            Request::Replace { key: KEY, order_id: 11, order_qty: u32::MAX - 3, adds: false };
        assert_eq!(resting.reduce(&change(10)), [cancel, replace]);
        resting.filled(12, 7, 0);
        assert_eq!(resting.quantity(KEY), most);
        // Executed and working lots together would pass the width of the field.
        resting.filled(11, u32::MAX - 5, 5);
        assert_eq!(resting.grow(&change(6)), [new(6)]);
    }

    #[test]
    fn prices_are_kept_apart_by_runner_and_side() {
        let mut resting = RestingOrders::new();
        resting.accepted(KEY, 1, 5);
        resting.accepted(PriceKey { price: 4000, ..KEY }, 2, 6);
        resting.accepted(PriceKey { side: Side::Sell, ..KEY }, 3, 7);
        resting.accepted(PriceKey { runner: 2, ..KEY }, 4, 8);
        assert_eq!(resting.prices(1, Side::Buy).collect::<Vec<_>>(), [(4000, 6), (5000, 5)]);
        assert_eq!(resting.prices(1, Side::Sell).collect::<Vec<_>>(), [(5000, 7)]);
        assert_eq!(resting.order_count(1), 3);
        assert!(resting.prices(0, Side::Buy).next().is_none());
    }
}

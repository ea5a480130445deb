//! The orders that rest, as whoever makes a flow follows them.

use forecastle_proto_spec::OrderId;

use crate::random::Random;

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveOrder {
    /// Exchange's id.
    pub order_id: OrderId,
    /// Account.
    pub account: u32,
    /// Market.
    pub security_id: u32,
}

/// All resting orders; any, and any of the latest, can be chosen at random. O(1).
#[derive(Debug)]
pub struct LiveOrders {
    orders: Vec<LiveOrder>,
    /// Where the occupant of each slot stands in `orders`.
    index_of: Vec<u32>,
    /// The last orders that came to rest, live or not, the oldest overwritten.
    latest: Vec<OrderId>,
    latest_index: usize,
}

impl LiveOrders {
    /// No orders, of slots below `slot_count`.
    #[must_use]
    pub fn new(slot_count: u32) -> Self {
        Self {
            orders: Vec::new(),
            index_of: vec![NONE; slot_count as usize],
            latest: Vec::with_capacity(LATEST_COUNT),
            latest_index: 0,
        }
    }

    /// How many rest.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.orders.len() as u32
    }

    /// Adds an order that came to rest.
    ///
    /// # Panics
    /// When its slot is taken.
    pub fn insert(&mut self, order: LiveOrder) {
        let index = &mut self.index_of[order.order_id.slot() as usize];
        assert_eq!(*index, NONE, "a slot holds one order");
        *index = self.orders.len() as u32;
        self.orders.push(order);
        if self.latest.len() < LATEST_COUNT {
            self.latest.push(order.order_id);
        } else {
            self.latest[self.latest_index] = order.order_id;
            self.latest_index = (self.latest_index + 1) % LATEST_COUNT;
        }
    }

    /// Removes an order that rests no longer.
    ///
    /// # Panics
    /// When it did not rest.
    pub fn remove(&mut self, order_id: OrderId) {
        let index = self.index_of[order_id.slot() as usize];
        let removed = self.orders.swap_remove(index as usize);
        assert_eq!(removed.order_id, order_id, "the order rested");
        if let Some(moved) = self.orders.get(index as usize) {
            self.index_of[moved.order_id.slot() as usize] = index;
        }
        self.index_of[order_id.slot() as usize] = NONE;
    }

    /// Any order, or one of the latest when some of a few tries hits a live one.
    pub fn choose(&self, is_recent: bool, random: &mut Random) -> Option<LiveOrder> {
        if is_recent && !self.latest.is_empty() {
            for _ in 0..TRIES {
                let order_id = self.latest[random.below(self.latest.len() as u32) as usize];
                let found = self.orders.get(self.index_of[order_id.slot() as usize] as usize);
                if let Some(order) = found.filter(|order| order.order_id == order_id) {
                    return Some(*order);
                }
            }
        }
        if self.orders.is_empty() {
            return None;
        }
        Some(self.orders[random.below(self.count()) as usize])
    }
}

const NONE: u32 = u32::MAX;
/// Orders that count as recent.
const LATEST_COUNT: usize = 1024;
const TRIES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn order(slot: u32, generation: u32) -> LiveOrder {
        let order_id = OrderId::new(0, slot, generation);
        LiveOrder { order_id, account: slot, security_id: 1 }
    }

    #[test]
    fn only_live_orders_are_chosen() {
        let (mut live, mut random) = (LiveOrders::new(4), Random::new(3));
        assert_eq!(live.choose(true, &mut random), None);
        for slot in 0..4 {
            live.insert(order(slot, 1));
        }
        live.remove(order(1, 1).order_id);
        live.remove(order(3, 1).order_id);
        live.insert(order(1, 2));
        let expected = [order(0, 1), order(1, 2), order(2, 1)];
        for is_recent in [false, true] {
            let chosen: Vec<_> =
                (0..200).map(|_| live.choose(is_recent, &mut random).unwrap()).collect();
            assert!(chosen.iter().all(|order| expected.contains(order)));
            assert!(expected.iter().all(|order| chosen.contains(order)));
        }
        assert_eq!(live.count(), 3);
    }
}

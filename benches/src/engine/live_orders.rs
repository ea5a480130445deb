//! The orders that rest, as whoever makes a flow follows them.

use crate::random::Random;

/// All resting orders by number; any, and any of the latest, can be chosen at random. O(1).
#[derive(Debug, Default)]
pub struct LiveOrders {
    orders: Vec<u32>,
    /// Where each order ever seen stands in `orders`.
    index_of: Vec<u32>,
    /// The last orders that came to rest, live or not, the oldest overwritten.
    latest: Vec<u32>,
    latest_index: usize,
}

impl LiveOrders {
    /// How many rest.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.orders.len() as u32
    }

    /// Adds an order that came to rest. Numbers grow, so memory does with the highest.
    ///
    /// # Panics
    /// When it rests already.
    pub fn insert(&mut self, order: u32) {
        if self.index_of.len() <= order as usize {
            self.index_of.resize(order as usize + 1, NONE);
        }
        let index = &mut self.index_of[order as usize];
        assert_eq!(*index, NONE, "an order rests once");
        *index = self.orders.len() as u32;
        self.orders.push(order);
        if self.latest.len() < LATEST_COUNT {
            self.latest.push(order);
        } else {
            self.latest[self.latest_index] = order;
            self.latest_index = (self.latest_index + 1) % LATEST_COUNT;
        }
    }

    /// Removes an order that rests no longer.
    ///
    /// # Panics
    /// When it did not rest.
    pub fn remove(&mut self, order: u32) {
        let index = self.index_of[order as usize];
        let removed = self.orders.swap_remove(index as usize);
        assert_eq!(removed, order, "the order rested");
        if let Some(moved) = self.orders.get(index as usize) {
            self.index_of[*moved as usize] = index;
        }
        self.index_of[order as usize] = NONE;
    }

    /// Whether an order rests.
    #[must_use]
    pub fn contains(&self, order: u32) -> bool {
        self.index_of.get(order as usize).is_some_and(|index| *index != NONE)
    }

    /// Any order, or one of the latest when some of a few tries hits a live one.
    pub fn choose(&self, is_recent: bool, random: &mut Random) -> Option<u32> {
        if is_recent && !self.latest.is_empty() {
            for _ in 0..TRIES {
                let order = self.latest[random.below(self.latest.len() as u32) as usize];
                if self.index_of[order as usize] != NONE {
                    return Some(order);
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

    #[test]
    fn only_live_orders_are_chosen() {
        let (mut live, mut random) = (LiveOrders::default(), Random::new(3));
        assert_eq!(live.choose(true, &mut random), None);
        (0..4).for_each(|order| live.insert(order));
        live.remove(1);
        live.remove(3);
        live.insert(4);
        for is_recent in [false, true] {
            let chosen: Vec<_> =
                (0..200).map(|_| live.choose(is_recent, &mut random).unwrap()).collect();
            assert!(chosen.iter().all(|order| [0, 2, 4].contains(order)));
            assert!([0, 2, 4].iter().all(|order| chosen.contains(order)));
        }
        assert_eq!(live.count(), 3);
        assert_eq!([0, 1, 4, 5].map(|order| live.contains(order)), [true, false, true, false]);
    }
}

//! The ladder alone: the flow's orders on the books, without accounts, messages or effects.

use forecastle_engine::ladder::{Ladders, Place};
use forecastle_proto_spec::Side;

/// What a command of a flow does to the books. Orders are named by the slot the engine gave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookOperation {
    /// An order comes to rest.
    Rest {
        /// The order.
        slot: u32,
        /// Its market.
        book: u32,
        /// Its side.
        side: Side,
        /// Its price.
        tick: u32,
        /// Its lots.
        quantity: u32,
    },
    /// A resting order leaves.
    Cancel {
        /// The order.
        slot: u32,
        /// Its market.
        book: u32,
    },
    /// An order trades what it can at once.
    Take {
        /// Its market.
        book: u32,
        /// Its side, opposite to the orders it meets.
        side: Side,
        /// Its price.
        limit: u32,
        /// Its lots.
        quantity: u32,
    },
}

/// Books and the places of orders in them.
#[derive(Debug)]
pub struct Books {
    ladders: Ladders,
    places: Vec<Place>,
    trade_count: u32,
    traded_quantity: u64,
}

impl Books {
    /// Empty books for markets up to `markets_max` and orders in slots below `orders_max`.
    #[must_use]
    pub fn new(markets_max: u32, orders_max: u32) -> Self {
        Self {
            ladders: Ladders::new(markets_max + 1, TICK_COUNT, orders_max),
            places: vec![Place::EMPTY; orders_max as usize],
            trade_count: 0,
            traded_quantity: 0,
        }
    }

    /// Applies operations in order.
    #[inline]
    pub fn play(&mut self, operations: &[BookOperation]) {
        for operation in operations {
            match *operation {
                BookOperation::Rest { slot, book, side, tick, quantity } => {
                    self.places[slot as usize] = Place::new(tick, quantity);
                    self.ladders.push_back(&mut self.places, book, side, slot);
                }
                BookOperation::Cancel { slot, book } => {
                    self.ladders.remove(&mut self.places, book, slot);
                }
                BookOperation::Take { book, side, limit, quantity } => {
                    self.take(book, side, limit, quantity);
                }
            }
        }
    }

    /// Trades and lots traded so far.
    #[must_use]
    pub fn traded(&self) -> (u32, u64) {
        (self.trade_count, self.traded_quantity)
    }

    #[inline]
    fn take(&mut self, book: u32, side: Side, limit: u32, mut quantity: u32) {
        let resting_side = match side {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        };
        while quantity > 0 {
            let Some(tick) = self.ladders.best(book, resting_side) else {
                return;
            };
            let crosses = match side {
                Side::Buy => tick <= limit,
                Side::Sell => tick >= limit,
            };
            if !crosses {
                return;
            }
            let slot = self.ladders.first_order(book, tick).expect("the best tick has an order");
            let resting = self.places[slot as usize].quantity();
            let traded = resting.min(quantity);
            if traded == resting {
                self.ladders.remove(&mut self.places, book, slot);
            } else {
                self.ladders.reduce(&mut self.places, book, slot, resting - traded);
            }
            quantity -= traded;
            self.trade_count += 1;
            self.traded_quantity += u64::from(traded);
        }
    }
}

/// Ticks of a book, as in the engine: the price is the tick.
const TICK_COUNT: u32 = 10_000;

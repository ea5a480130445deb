//! The ladder alone: what a flow does to the books, without accounts, messages or effects.

use forecastle_engine::ladder::{Ladders, Place};
use forecastle_proto_spec::Side;

use super::book_script::{Action, Fills, Operation};

/// Books, the places of orders in them, and where each order number has its place.
#[derive(Debug)]
pub struct Books {
    ladders: Ladders,
    places: Vec<Place>,
    /// Order of each place.
    order_of: Vec<u32>,
    /// Place of each order that rests.
    place_of: Vec<u32>,
    free: Vec<u32>,
}

impl Books {
    /// Empty books for order numbers below `order_count`, `places_max` of them resting at a time.
    #[must_use]
    pub fn new(book_count: u32, order_count: u32, places_max: u32) -> Self {
        Self {
            ladders: Ladders::new(book_count, TICK_COUNT, places_max),
            places: vec![Place::EMPTY; places_max as usize],
            order_of: vec![0; places_max as usize],
            place_of: vec![0; order_count as usize],
            free: (0..places_max).rev().collect(),
        }
    }

    /// Applies operations in order and adds their fills.
    ///
    /// # Panics
    /// When more orders rest than there are places.
    #[inline]
    pub fn play(&mut self, operations: &[Operation], fills: &mut Fills) {
        for operation in operations {
            let Operation { action, is_bid, order, book, price, quantity, .. } = *operation;
            let side = if is_bid { Side::Buy } else { Side::Sell };
            match action {
                Action::Rest => {
                    let place = self.free.pop().expect("a place is free");
                    self.places[place as usize] = Place::new(price, quantity);
                    self.order_of[place as usize] = order;
                    self.place_of[order as usize] = place;
                    self.ladders.push_back(&mut self.places, book, side, place);
                }
                Action::Cancel => {
                    let place = self.place_of[order as usize];
                    self.ladders.remove(&mut self.places, book, place);
                    self.free.push(place);
                }
                Action::Take => self.take(book, side, price, quantity, fills),
            }
        }
    }

    #[inline]
    fn take(&mut self, book: u32, side: Side, limit: u32, mut quantity: u32, fills: &mut Fills) {
        let resting_side = match side {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        };
        while quantity > 0 {
            let Some(tick) = self.ladders.best(book, resting_side) else { return };
            let crosses = match side {
                Side::Buy => tick <= limit,
                Side::Sell => tick >= limit,
            };
            if !crosses {
                return;
            }
            let place = self.ladders.first_order(book, tick).expect("the best tick has an order");
            let resting = self.places[place as usize].quantity();
            let traded = resting.min(quantity);
            if traded == resting {
                self.ladders.remove(&mut self.places, book, place);
                self.free.push(place);
            } else {
                self.ladders.reduce(&mut self.places, book, place, resting - traded);
            }
            quantity -= traded;
            fills.add(self.order_of[place as usize], tick, traded);
        }
    }
}

/// Ticks of a book, as in the engine: the price is the tick.
const TICK_COUNT: u32 = 10_000;

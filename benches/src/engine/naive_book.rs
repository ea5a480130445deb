//! Books as a reader would write them down: prices in an ordered map, orders at a price in a line.
//! Nothing of the engine is in it; fills of engine and peers are checked against it.

use std::collections::{BTreeMap, VecDeque};

/// The books of all markets.
#[derive(Debug)]
pub struct NaiveBooks {
    books: Vec<NaiveBook>,
}

/// A fill of a resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NaiveFill {
    /// The resting order.
    pub order: u32,
    /// Its price.
    pub price: u32,
    /// Lots.
    pub quantity: u32,
    /// Lots of it that stay.
    pub leaves: u32,
}

#[derive(Clone, Debug, Default)]
struct NaiveBook {
    bids: BTreeMap<u32, VecDeque<(u32, u32)>>,
    asks: BTreeMap<u32, VecDeque<(u32, u32)>>,
}

impl NaiveBooks {
    /// Empty books.
    #[must_use]
    pub fn new(book_count: u32) -> Self {
        Self { books: vec![NaiveBook::default(); book_count as usize] }
    }

    /// A limit order trades what it can. Gives its fills, and the lots left of it.
    pub fn take(
        &mut self,
        book: u32,
        is_bid: bool,
        limit: u32,
        mut quantity: u32,
    ) -> (Vec<NaiveFill>, u32) {
        let book = &mut self.books[book as usize];
        let mut fills = Vec::new();
        while quantity > 0 {
            let best = if is_bid {
                book.asks.first_entry().filter(|level| *level.key() <= limit)
            } else {
                book.bids.last_entry().filter(|level| *level.key() >= limit)
            };
            let Some(mut level) = best else { break };
            let price = *level.key();
            let (order, available) = &mut level.get_mut()[0];
            let traded = quantity.min(*available);
            *available -= traded;
            quantity -= traded;
            fills.push(NaiveFill { order: *order, price, quantity: traded, leaves: *available });
            if *available == 0 {
                level.get_mut().pop_front();
            }
            if level.get().is_empty() {
                level.remove();
            }
        }
        (fills, quantity)
    }

    /// An order joins the end of the line at its price.
    pub fn rest(&mut self, book: u32, is_bid: bool, price: u32, order: u32, quantity: u32) {
        self.side(book, is_bid).entry(price).or_default().push_back((order, quantity));
    }

    /// An order leaves; gives the lots that were left of it.
    ///
    /// # Panics
    /// When it does not rest at that price.
    pub fn cancel(&mut self, book: u32, is_bid: bool, price: u32, order: u32) -> u32 {
        let side = self.side(book, is_bid);
        let level = side.get_mut(&price).expect("orders rest at the price of a cancel");
        let index = level.iter().position(|(resting, _)| *resting == order);
        let index = index.expect("the cancelled order rests");
        let removed = level.remove(index);
        if level.is_empty() {
            side.remove(&price);
        }
        removed.map_or(0, |(_, leaves)| leaves)
    }

    fn side(&mut self, book: u32, is_bid: bool) -> &mut BTreeMap<u32, VecDeque<(u32, u32)>> {
        let book = &mut self.books[book as usize];
        if is_bid { &mut book.bids } else { &mut book.asks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_price_and_then_the_first_order_trade() {
        let mut books = NaiveBooks::new(1);
        for (order, price, quantity) in [(1, 60, 5), (2, 59, 5), (3, 59, 5), (4, 61, 5)] {
            books.rest(0, false, price, order, quantity);
        }
        books.cancel(0, false, 59, 2);
        let (fills, left) = books.take(0, true, 60, 12);
        let fill = |order, price| NaiveFill { order, price, quantity: 5, leaves: 0 };
        assert_eq!((fills, left), (vec![fill(3, 59), fill(1, 60)], 2));
        let (fills, left) = books.take(0, true, 61, 2);
        assert_eq!(fills, [NaiveFill { order: 4, price: 61, quantity: 2, leaves: 3 }]);
        assert_eq!(left, 0);
        books.rest(0, true, 55, 5, 1);
        assert_eq!(books.take(0, false, 56, 1), (vec![], 1));
        assert_eq!(books.take(0, false, 55, 1).1, 0);
    }
}

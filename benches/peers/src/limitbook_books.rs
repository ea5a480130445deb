//! limitbook (Apache-2.0). It numbers orders itself, so the numbers of ours are kept beside. It has
//! no immediate-or-cancel order: a limit order is sent, and what is left of it cancelled.

use limitbook::{Fill, OrderBook, OrderSide};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::book_script::{Fills, Operation};
use crate::books::Books;

/// One book for each market.
pub struct LimitbookBooks {
    books: Vec<NumberedBook>,
    /// Its number of each of our orders, in its book.
    ids: Vec<u64>,
}

struct NumberedBook {
    book: OrderBook,
    /// Our number of each order, from its first number on.
    orders: Vec<u32>,
    first_id: Option<u64>,
}

impl LimitbookBooks {
    fn send(&mut self, order: &Operation) -> Vec<Fill> {
        let side = if order.is_bid { OrderSide::Buy } else { OrderSide::Sell };
        let (price, quantity) = (Decimal::from(order.price), Decimal::from(order.quantity));
        let NumberedBook { book, orders, first_id } = &mut self.books[order.book as usize];
        let Ok((id, fills)) = book.add_limit_order(side, price, quantity) else {
            return Vec::new();
        };
        first_id.get_or_insert(id);
        self.ids[order.order as usize] = id;
        orders.push(order.order);
        fills
    }
}

impl Books for LimitbookBooks {
    fn new(book_count: u32, order_count: u32) -> Self {
        let book = |_| {
            let book = OrderBook::new(Decimal::ONE).expect("a tick of 1 is positive");
            NumberedBook { book, orders: Vec::new(), first_id: None }
        };
        let books = (0..book_count).map(book).collect();
        Self { books, ids: vec![0; order_count as usize] }
    }

    fn rest(&mut self, order: &Operation) {
        self.send(order);
    }

    fn cancel(&mut self, order: &Operation) {
        let id = self.ids[order.order as usize];
        // An order that it does not know shows in the fills.
        let _ = self.books[order.book as usize].book.cancel_limit_order(id);
    }

    fn take(&mut self, order: &Operation, fills: &mut Fills) {
        let list = self.send(order);
        let NumberedBook { orders, first_id, .. } = &self.books[order.book as usize];
        let first_id = first_id.unwrap_or(0);
        let mut left = u64::from(order.quantity);
        for fill in &list {
            let maker = orders[(fill.maker_order_id - first_id) as usize];
            let quantity = fill.quantity.to_u32().unwrap_or(0);
            fills.add(maker, fill.price.to_u32().unwrap_or(0), quantity);
            left -= u64::from(quantity);
        }
        if left > 0 {
            self.cancel(order);
        }
    }
}

//! rust_ob (MIT). It has no immediate-or-cancel order: a limit order is sent, and what is left of
//! it cancelled.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rust_ob::{OrderBook, OrderMatch, Side};

use crate::book_script::{Fills, Operation};
use crate::books::Books;

/// One book for each market.
pub struct RustObBooks {
    books: Vec<OrderBook<u32>>,
}

impl RustObBooks {
    fn send(&mut self, order: &Operation) -> Vec<OrderMatch<u32>> {
        let side = if order.is_bid { Side::Buy } else { Side::Sell };
        let (price, quantity) = (Decimal::from(order.price), Decimal::from(order.quantity));
        let book = &mut self.books[order.book as usize];
        book.process_limit_order(order.order, side, price, quantity).unwrap_or_default()
    }
}

impl Books for RustObBooks {
    fn new(book_count: u32, _order_count: u32) -> Self {
        Self { books: (0..book_count).map(|_| OrderBook::new()).collect() }
    }

    fn rest(&mut self, order: &Operation) {
        self.send(order);
    }

    fn cancel(&mut self, order: &Operation) {
        // An order that it does not know shows in the fills.
        let _ = self.books[order.book as usize].cancel_order(order.order);
    }

    fn take(&mut self, order: &Operation, fills: &mut Fills) {
        let matches = self.send(order);
        let mut left = Decimal::from(order.quantity);
        // The last match is the incoming order's own sum.
        if let Some((_, makers)) = matches.split_last() {
            for maker in makers {
                left -= maker.quantity;
                // It tells the cost only, negative for a buyer that rested.
                let price = (maker.cost / maker.quantity).abs().to_u32().unwrap_or(0);
                fills.add(maker.order, price, maker.quantity.to_u32().unwrap_or(0));
            }
        }
        if !left.is_zero() {
            self.cancel(order);
        }
    }
}

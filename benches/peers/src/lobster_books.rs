//! lobster (ISC). It has no immediate-or-cancel order: a limit order is sent, and what is left of
//! it cancelled.

use lobster::{OrderBook, OrderEvent, OrderType, Side};

use crate::book_script::{Fills, Operation};
use crate::books::Books;

/// One book for each market.
pub struct LobsterBooks {
    books: Vec<OrderBook>,
}

impl Books for LobsterBooks {
    fn new(book_count: u32, _order_count: u32) -> Self {
        // Its own defaults set aside 10,000 orders a book, which for 10,000 books is gigabytes.
        Self { books: (0..book_count).map(|_| OrderBook::new(128, 10, false)).collect() }
    }

    fn rest(&mut self, order: &Operation) {
        self.books[order.book as usize].execute(limit(order));
    }

    fn cancel(&mut self, order: &Operation) {
        let id = u128::from(order.order);
        self.books[order.book as usize].execute(OrderType::Cancel { id });
    }

    fn take(&mut self, order: &Operation, fills: &mut Fills) {
        let event = self.books[order.book as usize].execute(limit(order));
        if let OrderEvent::Filled { fills: list, .. }
        | OrderEvent::PartiallyFilled { fills: list, .. } = &event
        {
            for fill in list {
                fills.add(fill.order_2 as u32, fill.price as u32, fill.qty as u32);
            }
        }
        if !matches!(event, OrderEvent::Filled { .. }) {
            self.cancel(order);
        }
    }
}

fn limit(order: &Operation) -> OrderType {
    OrderType::Limit {
        id: u128::from(order.order),
        side: if order.is_bid { Side::Bid } else { Side::Ask },
        qty: u64::from(order.quantity),
        price: u64::from(order.price),
    }
}

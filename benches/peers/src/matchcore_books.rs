//! matchcore (MIT OR Apache-2.0). A book numbers its commands without a gap and names orders by
//! them, so the numbers of our orders are kept beside.

use matchcore::{
    CancelCmd, Command, CommandKind, CommandMeta, CommandOutcome, CommandReport, LimitOrder,
    NewOrder, OrderBook, OrderFlags, OrderId, OrderKind, Price, Quantity, QuantityPolicy,
    SequenceNumber, Side, SubmitCmd, TimeInForce, Timestamp,
};

use crate::book_script::{Fills, Operation};
use crate::books::Books;

/// One book for each market.
pub struct MatchcoreBooks {
    books: Vec<NumberedBook>,
    /// Number of the command that sent each order, in its book.
    sent_by: Vec<u64>,
}

struct NumberedBook {
    book: OrderBook,
    /// The order that each command was about.
    orders: Vec<u32>,
}

impl NumberedBook {
    fn execute(&mut self, order: u32, kind: CommandKind) -> CommandOutcome {
        let number = self.orders.len() as u64;
        self.orders.push(order);
        let (sequence_number, timestamp) = (SequenceNumber(number), Timestamp(number));
        self.book.execute(&Command { meta: CommandMeta { sequence_number, timestamp }, kind })
    }
}

impl MatchcoreBooks {
    fn send(&mut self, order: &Operation, time_in_force: TimeInForce) -> CommandOutcome {
        let book = &mut self.books[order.book as usize];
        self.sent_by[order.order as usize] = book.orders.len() as u64;
        let side = if order.is_bid { Side::Buy } else { Side::Sell };
        let quantity = Quantity(u64::from(order.quantity));
        let limit = LimitOrder::new(
            Price(u64::from(order.price)),
            QuantityPolicy::Standard { quantity },
            OrderFlags::new(side, false, time_in_force),
        );
        book.execute(order.order, CommandKind::Submit(SubmitCmd { order: NewOrder::Limit(limit) }))
    }
}

impl Books for MatchcoreBooks {
    fn new(book_count: u32, order_count: u32) -> Self {
        let book = |_| NumberedBook { book: OrderBook::new("market"), orders: Vec::new() };
        let books = (0..book_count).map(book).collect();
        Self { books, sent_by: vec![0; order_count as usize] }
    }

    fn rest(&mut self, order: &Operation) {
        self.send(order, TimeInForce::Gtc);
    }

    fn cancel(&mut self, order: &Operation) {
        let order_id = OrderId(self.sent_by[order.order as usize]);
        let cancel = CancelCmd { order_id, order_kind: OrderKind::Limit };
        let book = &mut self.books[order.book as usize];
        book.execute(order.order, CommandKind::Cancel(cancel));
    }

    fn take(&mut self, order: &Operation, fills: &mut Fills) {
        let outcome = self.send(order, TimeInForce::Ioc);
        let CommandOutcome::Applied(CommandReport::Submit(effects)) = outcome else { return };
        let Some(result) = effects.target_order().match_result() else { return };
        let orders = &self.books[order.book as usize].orders;
        for trade in result.trades() {
            let maker = orders[trade.maker_order_id().0 as usize];
            fills.add(maker, trade.price().0 as u32, trade.quantity().0 as u32);
        }
    }
}

//! What a peer has to do, and the script played on it.

use crate::book_script::{Action, Fills, Operation};

/// The books of all markets, by a peer.
pub trait Books {
    /// Empty books, and whatever is needed to name orders by numbers below `order_count`.
    fn new(book_count: u32, order_count: u32) -> Self;

    /// A limit order comes to rest.
    fn rest(&mut self, order: &Operation);

    /// A resting order is cancelled.
    fn cancel(&mut self, order: &Operation);

    /// A limit order trades what it can at once, and the rest of it is cancelled.
    fn take(&mut self, order: &Operation, fills: &mut Fills);
}

/// Applies operations in order and adds their fills.
#[inline]
pub fn play<B: Books>(books: &mut B, operations: &[Operation], fills: &mut Fills) {
    for operation in operations {
        match operation.action {
            Action::Rest => books.rest(operation),
            Action::Cancel => books.cancel(operation),
            Action::Take => books.take(operation, fills),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limitbook_books::LimitbookBooks;
    use crate::lobster_books::LobsterBooks;
    use crate::matchcore_books::MatchcoreBooks;
    use crate::rust_ob_books::RustObBooks;

    const ASK: Operation = Operation {
        action: Action::Rest,
        is_bid: false,
        ends_command: true,
        order: 0,
        book: 1,
        price: 5_000,
        quantity: 5,
    };

    /// Two levels, a cancel between two orders of one level, and a sweep that leaves a maker part
    /// filled; then the rest of that maker.
    fn fills_of<B: Books>() -> Fills {
        let rest = |order, price| Operation { order, price, ..ASK };
        let take = |order, quantity| Operation {
            action: Action::Take,
            is_bid: true,
            order,
            price: 6_000,
            quantity,
            ..ASK
        };
        let operations = [
            rest(0, 5_100),
            rest(1, 5_000),
            rest(2, 5_000),
            rest(3, 5_000),
            Operation { action: Action::Cancel, ..rest(2, 5_000) },
            take(4, 12),
            take(5, 9),
        ];
        let mut fills = Fills::default();
        play(&mut B::new(2, 6), &operations, &mut fills);
        fills
    }

    #[test]
    fn peers_that_can_fill_by_price_and_then_by_time() {
        let mut expected = Fills::default();
        for (order, price, quantity) in [(1, 5_000, 5), (3, 5_000, 5), (0, 5_100, 2), (0, 5_100, 3)]
        {
            expected.add(order, price, quantity);
        }
        assert_eq!(fills_of::<RustObBooks>(), expected);
        assert_eq!(fills_of::<LobsterBooks>(), expected);
        assert_eq!(fills_of::<MatchcoreBooks>(), expected);
        // It never takes a part fill off the resting order.
        assert_ne!(fills_of::<LimitbookBooks>(), expected);
    }
}

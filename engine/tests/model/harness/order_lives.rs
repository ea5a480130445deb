//! What the effects alone say of orders: each one that is accepted is accounted for to the last
//! lot and ends once, and the book that they add up to is the engine's.

use std::collections::BTreeMap;

use forecastle_engine::Engine;
use forecastle_proto_spec::{
    CrossOutcomeFill, Frame, OrderAccepted, OrderCancelled, OrderReplaced, OrderRested,
    QuoteEntered, Side, Trade,
};

use super::messages::frames_of;

/// Every order that the effects so far leave alive.
#[derive(Clone, Debug, Default)]
pub struct OrderLives {
    orders: BTreeMap<u64, Life>,
}

#[derive(Clone, Copy, Debug)]
struct Life {
    security_id: u32,
    side: u8,
    price: u16,
    leaves: u32,
    traded: u32,
    /// Time priority while it is in the book.
    priority: Option<u64>,
}

impl Life {
    fn new(security_id: u32, side: u8, price: u16, quantity: u32) -> Self {
        Self { security_id, side, price, leaves: quantity, traded: 0, priority: None }
    }
}

impl OrderLives {
    /// Follows the effects of one command.
    ///
    /// # Panics
    /// When they do not add up.
    pub fn follow(&mut self, effects: &[u8]) {
        for frame in frames_of(effects) {
            self.follow_one(frame);
        }
    }

    /// Compares what is left with the books and the count of live orders of the engine.
    ///
    /// # Panics
    /// When they differ.
    pub fn compare(&self, engine: &Engine, live_count: usize) {
        assert_eq!(self.orders.len(), live_count, "orders that never ended");
        let mut books: BTreeMap<(u32, u8), Vec<Queued>> = BTreeMap::new();
        for (&order_id, life) in &self.orders {
            let Some(priority) = life.priority else { continue };
            let rank =
                if life.side == Side::Buy as u8 { u16::MAX - life.price } else { life.price };
            let book = books.entry((life.security_id, life.side)).or_default();
            book.push((rank, priority, order_id, life.leaves));
        }
        for (&(security_id, side), orders) in &mut books {
            orders.sort_unstable();
            let book = engine.book(security_id).expect("its orders rest there");
            let is_buy = side == Side::Buy as u8;
            let got: Vec<(u64, u32)> = if is_buy {
                book.bids().map(|it| (it.order_id.value(), it.leaves_qty)).collect()
            } else {
                book.asks().map(|it| (it.order_id.value(), it.leaves_qty)).collect()
            };
            let expected: Vec<(u64, u32)> =
                orders.iter().map(|&(_, _, order_id, leaves)| (order_id, leaves)).collect();
            assert_eq!(got, expected, "the book of market {security_id}, side {side}");
        }
    }

    fn follow_one(&mut self, frame: Frame<'_>) {
        if let Some(order) = frame.body::<OrderAccepted>() {
            let (price, quantity) = (order.price.get(), order.order_qty.get());
            let life = Life::new(order.security_id.get(), order.side, price, quantity);
            self.begin(order.order_id.get(), life);
        } else if let Some(quote) = frame.body::<QuoteEntered>() {
            let (price, quantity) = (quote.price.get(), quote.order_qty.get());
            let life = Life::new(quote.security_id.get(), quote.side, price, quantity);
            self.begin(quote.order_id.get(), life);
        } else if let Some(rested) = frame.body::<OrderRested>() {
            let life = self.life(rested.order_id.get());
            assert_eq!(life.leaves, rested.leaves_qty.get(), "what rests is what is left");
            assert_eq!((life.price, life.priority), (rested.price.get(), None));
            life.priority = Some(rested.priority.get());
        } else if let Some(trade) = frame.body::<Trade>() {
            let quantity = trade.quantity.get();
            let resting = self.life(trade.resting_order_id.get());
            assert!(resting.priority.is_some(), "only what rests is traded with");
            assert_eq!(resting.price, trade.price.get(), "the trade is at the resting price");
            self.fill(trade.resting_order_id.get(), quantity, trade.resting_leaves_qty.get());
            self.fill(trade.aggressor_order_id.get(), quantity, trade.aggressor_leaves_qty.get());
        } else if let Some(fill) = frame.body::<CrossOutcomeFill>() {
            let is_resting = self.life(fill.order_id.get()).priority.is_some();
            assert_eq!(is_resting, fill.is_aggressor == 0);
            self.fill(fill.order_id.get(), fill.quantity.get(), fill.leaves_qty.get());
        } else if let Some(replaced) = frame.body::<OrderReplaced>() {
            let life = self.life(replaced.order_id.get());
            (life.price, life.leaves) = (replaced.price.get(), replaced.leaves_qty.get());
            if replaced.priority_kept == 0 {
                life.priority = None;
            }
        } else if let Some(cancelled) = frame.body::<OrderCancelled>() {
            let order_id = cancelled.order_id.get();
            let life = *self.life(order_id);
            assert_eq!(life.leaves, cancelled.cancelled_qty.get(), "what was left is cancelled");
            assert_eq!(life.traded, cancelled.cum_qty.get(), "what traded is told");
            assert_eq!(life.priority.is_some(), cancelled.was_resting == 1);
            self.orders.remove(&order_id);
        }
    }

    fn begin(&mut self, order_id: u64, life: Life) {
        let before = self.orders.insert(order_id, life);
        assert!(before.is_none(), "order {order_id} was accepted twice");
    }

    fn life(&mut self, order_id: u64) -> &mut Life {
        let life = self.orders.get_mut(&order_id);
        life.unwrap_or_else(|| panic!("order {order_id} is not alive"))
    }

    fn fill(&mut self, order_id: u64, quantity: u32, leaves: u32) {
        let life = self.life(order_id);
        assert_eq!(life.leaves - quantity, leaves, "a fill takes what it says");
        life.leaves = leaves;
        life.traded += quantity;
        if leaves == 0 {
            self.orders.remove(&order_id);
        }
    }
}

/// Price rank, priority, order id and leaves, so that they sort as they trade.
type Queued = (u16, u64, u64, u32);

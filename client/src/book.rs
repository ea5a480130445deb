//! Order books rebuilt from market data alone.

use std::collections::BTreeMap;

use forecastle_proto_spec::{
    Frame, MarketSettlement, Message, OrderDelete, OrderExecuted, OrderPut, OrderReduce,
    OutcomeTrade, SecurityDefinition, SecurityStatus, Side,
};

/// The books of all markets of a feed, order by order (L3).
///
/// Feed every message of every packet to [`Books::apply`], in order. A book is whole only after a
/// message that carries the end-of-event mark.
#[derive(Debug, Default)]
pub struct Books {
    markets: BTreeMap<u32, Market>,
    orders: BTreeMap<u64, Order>,
}

/// One market as market data shows it.
#[derive(Debug, Default)]
pub struct Market {
    /// Event it belongs to; 0 when its definition was not seen.
    pub event_id: u32,
    /// Last status seen, a value of `MarketStatus`; 0 when none was.
    pub status: u8,
    /// Number of the last change.
    pub rpt_seq: u32,
    /// Settlement value, once there is one.
    pub settlement_price: Option<u16>,
    bids: BTreeMap<(u16, u64), u64>,
    asks: BTreeMap<(u16, u64), u64>,
}

/// One resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Market.
    pub security_id: u32,
    /// Side.
    pub side: Side,
    /// Price, ten-thousandths.
    pub price: u16,
    /// Time priority, lower first.
    pub priority: u64,
    /// Lots left.
    pub quantity: u32,
}

/// One price with everything that rests there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price, ten-thousandths.
    pub price: u16,
    /// Lots of all its orders.
    pub quantity: u64,
    /// Orders.
    pub order_count: u32,
}

impl Books {
    /// Books of no market.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies one market-data message; others are passed over.
    ///
    /// # Errors
    /// The message does not fit what came before: something was lost.
    pub fn apply(&mut self, frame: &Frame<'_>) -> Result<(), BookError> {
        match frame.template_id {
            OrderPut::TEMPLATE_ID => frame.body().map_or(Ok(()), |body| self.put(body)),
            OrderReduce::TEMPLATE_ID => frame.body().map_or(Ok(()), |body| self.reduce(body)),
            OrderDelete::TEMPLATE_ID => frame.body().map_or(Ok(()), |body| self.delete(body)),
            OrderExecuted::TEMPLATE_ID => frame.body().map_or(Ok(()), |body| self.execute(body)),
            SecurityDefinition::TEMPLATE_ID => {
                if let Some(body) = frame.body::<SecurityDefinition>() {
                    let market = self.markets.entry(body.security_id.get()).or_default();
                    market.event_id = body.event_id.get();
                }
                Ok(())
            }
            SecurityStatus::TEMPLATE_ID => {
                let Some(body) = frame.body::<SecurityStatus>() else { return Ok(()) };
                let market = self.next_change(body.security_id.get(), body.rpt_seq.get())?;
                market.status = body.status;
                Ok(())
            }
            // A trade that leaves the book of its own market as it was.
            OutcomeTrade::TEMPLATE_ID => {
                let Some(body) = frame.body::<OutcomeTrade>() else { return Ok(()) };
                self.next_change(body.security_id.get(), body.rpt_seq.get()).map(|_| ())
            }
            MarketSettlement::TEMPLATE_ID => {
                let Some(body) = frame.body::<MarketSettlement>() else { return Ok(()) };
                let market = self.next_change(body.security_id.get(), body.rpt_seq.get())?;
                market.settlement_price = Some(body.settlement_price.get());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The market, if anything was seen of it.
    #[must_use]
    pub fn market(&self, security_id: u32) -> Option<&Market> {
        self.markets.get(&security_id)
    }

    /// Markets seen, in ascending id.
    pub fn markets(&self) -> impl Iterator<Item = (u32, &Market)> {
        self.markets.iter().map(|(id, market)| (*id, market))
    }

    /// The resting order of this id.
    #[must_use]
    pub fn order(&self, order_id: u64) -> Option<&Order> {
        self.orders.get(&order_id)
    }

    /// Levels of one side, best price first.
    #[must_use]
    pub fn levels(&self, security_id: u32, side: Side) -> Vec<Level> {
        let Some(market) = self.markets.get(&security_id) else { return Vec::new() };
        let mut levels: Vec<Level> = Vec::new();
        for (&(key, _), order_id) in market.side(side) {
            let price = price_of(side, key);
            let quantity = u64::from(self.orders.get(order_id).map_or(0, |each| each.quantity));
            match levels.last_mut().filter(|level| level.price == price) {
                Some(level) => {
                    level.quantity += quantity;
                    level.order_count += 1;
                }
                None => levels.push(Level { price, quantity, order_count: 1 }),
            }
        }
        levels
    }

    /// Best price of one side.
    #[must_use]
    pub fn best(&self, security_id: u32, side: Side) -> Option<u16> {
        let market = self.markets.get(&security_id)?;
        market.side(side).keys().next().map(|&(key, _)| price_of(side, key))
    }

    fn put(&mut self, body: &OrderPut) -> Result<(), BookError> {
        let security_id = body.security_id.get();
        let market = self.next_change(security_id, body.rpt_seq.get())?;
        let order_id = body.order_id.get();
        let Ok(side) = Side::try_from(body.side) else {
            return Err(BookError::Order { security_id, order_id });
        };
        let (price, priority) = (body.price.get(), body.priority.get());
        market.side_mut(side).insert((key_of(side, price), priority), order_id);
        let order = Order { security_id, side, price, priority, quantity: body.quantity.get() };
        match self.orders.insert(order_id, order) {
            None => Ok(()),
            Some(_) => Err(BookError::Order { security_id, order_id }),
        }
    }

    fn reduce(&mut self, body: &OrderReduce) -> Result<(), BookError> {
        let security_id = body.security_id.get();
        self.next_change(security_id, body.rpt_seq.get())?;
        let order_id = body.order_id.get();
        match self.orders.get_mut(&order_id) {
            Some(order) if order.quantity >= body.quantity.get() => {
                order.quantity = body.quantity.get();
                Ok(())
            }
            _ => Err(BookError::Order { security_id, order_id }),
        }
    }

    fn delete(&mut self, body: &OrderDelete) -> Result<(), BookError> {
        self.next_change(body.security_id.get(), body.rpt_seq.get())?;
        self.remove(body.security_id.get(), body.order_id.get())
    }

    fn execute(&mut self, body: &OrderExecuted) -> Result<(), BookError> {
        let security_id = body.security_id.get();
        self.next_change(security_id, body.rpt_seq.get())?;
        let order_id = body.order_id.get();
        let wrong = BookError::Order { security_id, order_id };
        let order = self.orders.get_mut(&order_id).ok_or(wrong)?;
        order.quantity = order.quantity.checked_sub(body.quantity.get()).ok_or(wrong)?;
        if order.quantity == 0 { self.remove(security_id, order_id) } else { Ok(()) }
    }

    fn remove(&mut self, security_id: u32, order_id: u64) -> Result<(), BookError> {
        let wrong = BookError::Order { security_id, order_id };
        let order = self.orders.remove(&order_id).ok_or(wrong)?;
        let market = self.markets.get_mut(&order.security_id).ok_or(wrong)?;
        market.side_mut(order.side).remove(&(key_of(order.side, order.price), order.priority));
        Ok(())
    }

    fn next_change(&mut self, security_id: u32, rpt_seq: u32) -> Result<&mut Market, BookError> {
        let market = self.markets.entry(security_id).or_default();
        let expected = market.rpt_seq.wrapping_add(1);
        market.rpt_seq = rpt_seq;
        if rpt_seq == expected {
            Ok(market)
        } else {
            Err(BookError::Gap { security_id, expected, found: rpt_seq })
        }
    }
}

impl Market {
    fn side(&self, side: Side) -> &BTreeMap<(u16, u64), u64> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<(u16, u64), u64> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}

/// What market data said that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Changes of a market are missing or came twice.
    #[error("market {security_id}: change {found} came where {expected} was due")]
    Gap {
        /// Market.
        security_id: u32,
        /// Number that was due.
        expected: u32,
        /// Number that came.
        found: u32,
    },
    /// A change of an order that is not there, or not so.
    #[error("market {security_id}: change does not fit order {order_id:#x}")]
    Order {
        /// Market.
        security_id: u32,
        /// Order.
        order_id: u64,
    },
}

/// Bids sort from high to low: the key of a bid is the price mirrored.
fn key_of(side: Side, price: u16) -> u16 {
    match side {
        Side::Buy => u16::MAX - price,
        Side::Sell => price,
    }
}

fn price_of(side: Side, key: u16) -> u16 {
    key_of(side, key)
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::encode;
    use zerocopy::FromZeros;

    use super::*;

    fn apply<M: Message>(books: &mut Books, message: &M) -> Result<(), BookError> {
        let mut buffer = [0; 64];
        let length = encode(message, &mut buffer).unwrap();
        books.apply(&Frame::parse(&buffer[..length]).unwrap().0)
    }

    fn put(order_id: u64, rpt_seq: u32, price: u16, side: Side, quantity: u32) -> OrderPut {
        let mut message = OrderPut::new_zeroed();
        message.order_id.set(order_id);
        message.priority.set(order_id);
        message.security_id.set(5);
        message.rpt_seq.set(rpt_seq);
        message.price.set(price);
        message.quantity.set(quantity);
        message.side = side.into();
        message
    }

    #[test]
    fn levels_come_best_first_and_follow_every_change() {
        let mut books = Books::new();
        apply(&mut books, &put(1, 1, 4000, Side::Buy, 10)).unwrap();
        apply(&mut books, &put(2, 2, 4100, Side::Buy, 20)).unwrap();
        apply(&mut books, &put(3, 3, 4100, Side::Buy, 30)).unwrap();
        apply(&mut books, &put(4, 4, 4300, Side::Sell, 40)).unwrap();
        let level = |price, quantity, order_count| Level { price, quantity, order_count };
        assert_eq!(books.levels(5, Side::Buy), [level(4100, 50, 2), level(4000, 10, 1)]);
        assert_eq!(books.best(5, Side::Sell), Some(4300));

        let mut executed = OrderExecuted::new_zeroed();
        executed.order_id.set(2);
        executed.security_id.set(5);
        executed.rpt_seq.set(5);
        executed.quantity.set(20);
        apply(&mut books, &executed).unwrap();
        assert_eq!(books.levels(5, Side::Buy), [level(4100, 30, 1), level(4000, 10, 1)]);
        assert_eq!(books.order(2), None);

        let mut reduce = OrderReduce::new_zeroed();
        reduce.order_id.set(3);
        reduce.security_id.set(5);
        reduce.rpt_seq.set(6);
        reduce.quantity.set(7);
        apply(&mut books, &reduce).unwrap();
        assert_eq!(books.levels(5, Side::Buy)[0], level(4100, 7, 1));

        let mut delete = OrderDelete::new_zeroed();
        delete.order_id.set(3);
        delete.security_id.set(5);
        delete.rpt_seq.set(7);
        apply(&mut books, &delete).unwrap();
        assert_eq!(books.best(5, Side::Buy), Some(4000));
    }

    #[test]
    fn a_lost_change_is_told() {
        let mut books = Books::new();
        apply(&mut books, &put(1, 1, 4000, Side::Buy, 10)).unwrap();
        let gap = apply(&mut books, &put(2, 3, 4000, Side::Buy, 10));
        assert_eq!(gap, Err(BookError::Gap { security_id: 5, expected: 2, found: 3 }));
        let mut delete = OrderDelete::new_zeroed();
        delete.order_id.set(9);
        delete.security_id.set(5);
        delete.rpt_seq.set(4);
        let unknown = apply(&mut books, &delete);
        assert_eq!(unknown, Err(BookError::Order { security_id: 5, order_id: 9 }));
    }
}

//! The numbers of the journal's exchange in the numbers of the live one: orders, events, markets.
//! Pure.
//!
//! An exchange gives these numbers itself, so a request can name something only once the live
//! exchange has said what it is called there. Memory grows with the orders of the journal, by about
//! 30 bytes each: any later request may name any of them.

use std::collections::HashMap;
use std::fmt;

use super::request::{EventIds, Makes, place_of};

/// What is known of the numbers.
#[derive(Debug, Default)]
pub struct Translation {
    orders: HashMap<u64, Fate<u64>>,
    events: HashMap<u32, Fate<u32>>,
    markets: HashMap<u32, Fate<u32>>,
}

/// What became of something that the journal's exchange made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate<T> {
    /// The live exchange was asked to make it.
    Asked,
    /// It did, under this number.
    Made(T),
    /// It did not, or was not asked.
    Missing,
}

/// What the live exchange made of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// An order.
    Order(u64),
    /// An event and its markets.
    Event(EventIds),
}

/// Why a request cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It names something that the live exchange has not answered for yet.
    Unanswered,
    /// It names something that the live exchange did not make.
    Missing(&'static str),
    /// It names something that the journal does not have.
    Unknown(&'static str),
}

impl Translation {
    /// Remembers that the live exchange is asked to make something.
    pub fn ask(&mut self, makes: Makes) {
        self.settle(makes, Fate::Asked, |_| Fate::Asked);
    }

    /// Remembers what it made of it; `None` when it refused or was not asked.
    pub fn answer(&mut self, makes: Makes, made: Option<Made>) {
        match (makes, made) {
            (Makes::Order(_), Some(Made::Order(order_id))) => {
                self.settle(makes, Fate::Made(order_id), |_| Fate::Missing);
            }
            (Makes::Event(asked), Some(Made::Event(event)))
                if asked.market_count == event.market_count =>
            {
                self.settle(makes, Fate::Missing, |index| match index {
                    None => Fate::Made(event.event_id),
                    Some(index) => Fate::Made(event.first_security_id + u32::from(index)),
                });
            }
            _ => self.settle(makes, Fate::Missing, |_| Fate::Missing),
        }
    }

    /// Writes the live exchange's numbers into a message; zero stands for nothing and stays. The
    /// message is as it was when there is an obstacle.
    ///
    /// # Errors
    /// [`Obstacle`].
    pub fn translate(&self, template_id: u16, message: &mut [u8]) -> Result<(), Obstacle> {
        let order = find(template_id, message, "order_id", &self.orders, u64::from_le_bytes)?;
        let event = find(template_id, message, "event_id", &self.events, u32::from_le_bytes)?;
        let market = find(template_id, message, "security_id", &self.markets, u32::from_le_bytes)?;
        if let Some((place, order_id)) = order {
            message[place..place + 8].copy_from_slice(&order_id.to_le_bytes());
        }
        for (place, number) in event.into_iter().chain(market) {
            message[place..place + 4].copy_from_slice(&number.to_le_bytes());
        }
        Ok(())
    }

    /// Settles the fate of an order, or of an event (`None`) and each of its markets by index.
    fn settle(&mut self, makes: Makes, order: Fate<u64>, event: impl Fn(Option<u8>) -> Fate<u32>) {
        match makes {
            Makes::Nothing => {}
            Makes::Order(order_id) => {
                self.orders.insert(order_id, order);
            }
            Makes::Event(ids) => {
                self.events.insert(ids.event_id, event(None));
                for index in 0..ids.market_count {
                    let security_id = ids.first_security_id + u32::from(index);
                    self.markets.insert(security_id, event(Some(index)));
                }
            }
        }
    }
}

/// Place and new value of the field of this name; `None` when there is none or it is zero.
fn find<T: Copy + Default + Eq + std::hash::Hash, const LENGTH: usize>(
    template_id: u16,
    message: &[u8],
    field: &'static str,
    known: &HashMap<T, Fate<T>>,
    read: impl Fn([u8; LENGTH]) -> T,
) -> Result<Option<(usize, T)>, Obstacle> {
    let Some(place) = place_of(template_id, field) else { return Ok(None) };
    let Some(bytes) = message.get(place..).and_then(|rest| rest.first_chunk()) else {
        return Ok(None);
    };
    let number = read(*bytes);
    if number == T::default() {
        return Ok(None);
    }
    match known.get(&number) {
        Some(Fate::Made(number)) => Ok(Some((place, *number))),
        Some(Fate::Asked) => Err(Obstacle::Unanswered),
        Some(Fate::Missing) => Err(Obstacle::Missing(field)),
        None => Err(Obstacle::Unknown(field)),
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered => formatter.write_str("names what is not answered for yet"),
            Self::Missing(field) => {
                write!(formatter, "its {field} never came to be at the exchange")
            }
            Self::Unknown(field) => write!(formatter, "its {field} is not in the journal"),
        }
    }
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{
        Message, NewOrderSingle, OrderCancelRequest, SecurityStatusRequest, encode,
    };
    use zerocopy::FromZeros as _;

    use super::*;

    const EVENT: EventIds = EventIds { event_id: 1, first_security_id: 1, market_count: 3 };
    const LIVE: EventIds = EventIds { event_id: 9, first_security_id: 41, market_count: 3 };

    fn translated<M: Message>(translation: &Translation, message: &M) -> Result<M, Obstacle> {
        let mut bytes = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut bytes).unwrap();
        let before = bytes.clone();
        let result = translation.translate(M::TEMPLATE_ID, &mut bytes);
        assert!(result.is_ok() || bytes == before, "an obstacle leaves the message alone");
        result.map(|()| M::read_from_bytes(&bytes[8..]).unwrap())
    }

    fn cancel(order_id: u64, security_id: u32) -> OrderCancelRequest {
        let mut cancel = OrderCancelRequest::new_zeroed();
        cancel.cl_ord_id.set(77);
        cancel.order_id.set(order_id);
        cancel.orig_cl_ord_id.set(78);
        cancel.security_id.set(security_id);
        cancel
    }

    #[test]
    fn what_was_made_is_named_as_the_exchange_names_it() {
        let mut translation = Translation::default();
        translation.ask(Makes::Event(EVENT));
        translation.answer(Makes::Event(EVENT), Some(Made::Event(LIVE)));
        translation.ask(Makes::Order(500));
        translation.answer(Makes::Order(500), Some(Made::Order(7_000)));
        let expected = cancel(7_000, 43);
        assert_eq!(translated(&translation, &cancel(500, 3)), Ok(expected));
        // By the client's own id: nothing to translate but the market.
        assert_eq!(translated(&translation, &cancel(0, 1)), Ok(cancel(0, 41)));
        let mut status = SecurityStatusRequest::new_zeroed();
        status.event_id.set(1);
        let moved = translated(&translation, &status).unwrap();
        assert_eq!((moved.event_id.get(), moved.security_id.get()), (9, 0));
    }

    #[test]
    fn each_obstacle_is_named() {
        let mut translation = Translation::default();
        let order = |security_id: u32| {
            let mut order = NewOrderSingle::new_zeroed();
            order.security_id.set(security_id);
            order
        };
        let unknown = Err(Obstacle::Unknown("security_id"));
        assert_eq!(translated(&translation, &order(2)), unknown);
        translation.ask(Makes::Event(EVENT));
        assert_eq!(translated(&translation, &order(2)), Err(Obstacle::Unanswered));
        translation.answer(Makes::Event(EVENT), None);
        let missing = Err(Obstacle::Missing("security_id"));
        assert_eq!(translated(&translation, &order(2)), missing);
        translation.answer(Makes::Event(EVENT), Some(Made::Event(LIVE)));
        assert!(translated(&translation, &order(2)).is_ok());
        assert_eq!(translated(&translation, &order(4)), unknown);
        assert_eq!(translated(&translation, &cancel(5, 2)), Err(Obstacle::Unknown("order_id")));
        translation.ask(Makes::Order(5));
        assert_eq!(translated(&translation, &cancel(5, 2)), Err(Obstacle::Unanswered));
        translation.answer(Makes::Order(5), None);
        assert_eq!(translated(&translation, &cancel(5, 2)), Err(Obstacle::Missing("order_id")));
    }
}

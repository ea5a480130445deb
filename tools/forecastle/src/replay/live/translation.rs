//! The numbers of the journal's exchange in the numbers of the live one: orders, events, markets.
//! Pure.
//!
//! An exchange gives these numbers itself, so a request can name something only once the live
//! exchange has said what it is called there. Memory grows with the orders of the journal, by about
//! 30 bytes each: any later request may name any of them.

use std::collections::HashMap;
use std::fmt;

use forecastle_proto_spec::Frame;

use super::request::{EventIds, Makes, place_of, places_of};

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

    /// Writes the live exchange's numbers into `message`, the bytes of the frame; zero stands for
    /// nothing and stays. With an obstacle they are not to be sent.
    ///
    /// # Errors
    /// [`Obstacle`].
    pub fn translate(&self, frame: &Frame<'_>, message: &mut [u8]) -> Result<(), Obstacle> {
        for (field, known) in [("event_id", &self.events), ("security_id", &self.markets)] {
            for place in places_of(frame, field) {
                if let Some(number) = find(frame, place, field, known, u32::from_le_bytes)? {
                    message[place..place + 4].copy_from_slice(&number.to_le_bytes());
                }
            }
        }
        if let Some(place) = place_of(frame.template_id, "order_id")
            && let Some(order_id) =
                find(frame, place, "order_id", &self.orders, u64::from_le_bytes)?
        {
            message[place..place + 8].copy_from_slice(&order_id.to_le_bytes());
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

/// New value of the number at this place; `None` when it is zero.
fn find<T: Copy + Default + Eq + std::hash::Hash, const LENGTH: usize>(
    frame: &Frame<'_>,
    place: usize,
    field: &'static str,
    known: &HashMap<T, Fate<T>>,
    read: impl Fn([u8; LENGTH]) -> T,
) -> Result<Option<T>, Obstacle> {
    let Some(bytes) = frame.bytes.get(place..).and_then(|rest| rest.first_chunk()) else {
        return Ok(None);
    };
    let number = read(*bytes);
    if number == T::default() {
        return Ok(None);
    }
    match known.get(&number) {
        Some(Fate::Made(number)) => Ok(Some(*number)),
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
            // An exchange does not tell the numbers of quotes as they are entered.
            Self::Unknown("order_id") => {
                formatter.write_str("its order_id is a quote's, or not in the journal")
            }
            Self::Unknown(field) => write!(formatter, "its {field} is not in the journal"),
        }
    }
}

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{
        GroupedMessage as _, KillSwitchRequest, MassActionScope, MassQuote, MassQuoteEntry,
        Message, NewOrderSingle, OrderCancelRequest, SecurityStatusRequest, encode,
        encode_with_group,
    };
    use zerocopy::FromZeros as _;

    use super::*;

    const EVENT: EventIds = EventIds { event_id: 1, first_security_id: 1, market_count: 3 };
    const LIVE: EventIds = EventIds { event_id: 9, first_security_id: 41, market_count: 3 };

    fn translated<M: Message>(translation: &Translation, message: &M) -> Result<M, Obstacle> {
        let mut before = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut before).unwrap();
        let mut bytes = before.clone();
        let result = translation.translate(&Frame::parse(&before).unwrap().0, &mut bytes);
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
    #[test]
    fn every_entry_of_a_mass_quote_and_the_key_of_a_kill_switch_are_named_anew() {
        let mut translation = Translation::default();
        translation.answer(Makes::Event(EVENT), Some(Made::Event(LIVE)));
        let quoted = |security_ids: [u32; 3]| {
            let entries = security_ids.map(|security_id| MassQuoteEntry {
                security_id: security_id.into(),
                bid_size: 7.into(),
                ..MassQuoteEntry::new_zeroed()
            });
            let mut bytes = vec![0; MassQuote::encoded_length(3)];
            let message = MassQuote { quote_id: 1.into(), ..MassQuote::new_zeroed() };
            encode_with_group(&message, &entries, &mut bytes).unwrap();
            bytes
        };
        let translate = |bytes: &[u8]| {
            let mut message = bytes.to_vec();
            let frame = Frame::parse(bytes).unwrap().0;
            translation.translate(&frame, &mut message).map(|()| message)
        };
        assert_eq!(translate(&quoted([3, 1, 2])), Ok(quoted([43, 41, 42])));
        let unknown = Err(Obstacle::Unknown("security_id"));
        assert_eq!(translate(&quoted([3, 1, 4])), unknown);
        for (scope, key, expected) in [
            (MassActionScope::Security, 2, 42),
            (MassActionScope::Event, 1, 9),
            (MassActionScope::Account, 2, 2),
            (MassActionScope::Session, 17, 17),
        ] {
            let mut switch = KillSwitchRequest::new_zeroed();
            switch.scope = scope.into();
            switch.key.set(key);
            assert_eq!(translated(&translation, &switch).unwrap().key.get(), expected);
        }
    }
}

//! Bringing memory close before commands need it.
//!
//! Most of a command's time is waiting for lines that no cache holds: an account, a pair's row, a
//! level, an order. Who knows the next commands announces them some way ahead; each announcement
//! moves every command under way one step on, where a step asks for the lines that the lines of the
//! step before name. Nothing is changed, whatever the bytes are.

use forecastle_proto_spec::{
    Frame, NewOrderSingle, OrderCancelReplaceRequest, OrderCancelRequest, OrderId, Side,
};

use crate::engine::Engine;
use crate::ladder::Ladders;

/// The commands announced last, and how far each has been looked into. 1 KiB.
#[derive(Debug)]
pub struct LookAhead {
    upcoming: [Upcoming; RING_LENGTH],
    count: usize,
}

/// What is known of a command that is not applied yet.
#[derive(Clone, Copy, Debug)]
struct Upcoming {
    kind: Kind,
    side: Side,
    /// Slot of the sender; `NO_SESSION` for one that the engine does not know.
    session: u16,
    security_id: u32,
    tick: u32,
    account: u32,
    event_id: u32,
    /// The resting order that it names or would meet.
    slot: u32,
    cl_ord_id: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing that is looked into.
    Other,
    /// A new order.
    New,
    /// A new order that would trade at `tick`, where the other side is best.
    Marketable,
    /// A cancel.
    Cancel,
    /// A replace.
    Replace,
}

impl LookAhead {
    /// Nothing announced.
    #[must_use]
    pub const fn new() -> Self {
        Self { upcoming: [Upcoming::OTHER; RING_LENGTH], count: 0 }
    }

    /// Commands to be announced before the first of them is applied, for every step to be taken.
    pub const DISTANCE: usize = STEP_COUNT * STRIDE;

    /// Announces the next command of `session_id`, [`Self::DISTANCE`] commands or fewer before it
    /// is applied; no bytes when there is none. O(1): a few loads of lines that an earlier
    /// announcement asked for, and hints.
    #[inline]
    pub fn announce(&mut self, engine: &Engine, session_id: u32, command: &[u8]) {
        let place = self.count % RING_LENGTH;
        self.count += 1;
        self.upcoming[place] = engine.look_at(session_id, command);
        for step in 1..STEP_COUNT {
            let place = self.count.wrapping_sub(1 + step * STRIDE) % RING_LENGTH;
            engine.look_into(&mut self.upcoming[place], step);
        }
    }
}

impl Default for LookAhead {
    fn default() -> Self {
        Self::new()
    }
}

impl Upcoming {
    const OTHER: Self = Self {
        kind: Kind::Other,
        side: Side::Buy,
        session: NO_SESSION,
        security_id: 0,
        tick: 0,
        account: 0,
        event_id: 0,
        slot: 0,
        cl_ord_id: 0,
    };
}

impl Engine {
    /// The first step: what the bytes name themselves.
    #[inline]
    fn look_at(&self, session_id: u32, command: &[u8]) -> Upcoming {
        let Ok((frame, _)) = Frame::parse(command) else {
            return Upcoming::OTHER;
        };
        let mut upcoming = Upcoming::OTHER;
        if let Some(order) = frame.body::<NewOrderSingle>() {
            upcoming.kind = Kind::New;
            upcoming.side = Side::try_from(order.side).unwrap_or(Side::Buy);
            upcoming.security_id = order.security_id.get();
            upcoming.tick = u32::from(order.price.get());
            upcoming.account = order.account.get();
            upcoming.cl_ord_id = order.cl_ord_id.get();
            if let Some(market) = self.events.find_market(upcoming.security_id) {
                upcoming.event_id = market.event_id;
            }
            self.ledger.accounts.prefetch(upcoming.account);
            self.ledger.exposures.prefetch(upcoming.account, upcoming.event_id);
            self.books.prefetch(upcoming.security_id, upcoming.tick);
        } else if let Some(cancel) = frame.body::<OrderCancelRequest>() {
            upcoming.kind = Kind::Cancel;
            upcoming.slot = OrderId::from_wire(cancel.order_id.get()).slot();
            self.orders.prefetch(upcoming.slot);
            return upcoming;
        } else if let Some(replace) = frame.body::<OrderCancelReplaceRequest>() {
            upcoming.kind = Kind::Replace;
            upcoming.security_id = replace.security_id.get();
            upcoming.tick = u32::from(replace.price.get());
            upcoming.slot = OrderId::from_wire(replace.order_id.get()).slot();
            upcoming.cl_ord_id = replace.cl_ord_id.get();
            self.orders.prefetch(upcoming.slot);
            self.books.prefetch(upcoming.security_id, upcoming.tick);
        }
        if let Some(session) = self.sessions.find(session_id) {
            upcoming.session = session;
            self.client_order_ids.prefetch(session, upcoming.cl_ord_id);
        }
        upcoming
    }

    /// A later step.
    #[inline]
    fn look_into(&self, upcoming: &mut Upcoming, step: usize) {
        match upcoming.kind {
            Kind::Other => {}
            Kind::New => self.look_into_new(upcoming, step),
            Kind::Marketable => match step {
                2 => self.books.prefetch_level(upcoming.security_id, upcoming.tick),
                3 => self.look_for_first(upcoming),
                _ => self.look_into_order(upcoming.slot, step - 3),
            },
            Kind::Cancel => self.look_into_order(upcoming.slot, step),
            Kind::Replace => {
                self.look_into_order(upcoming.slot, step);
                self.look_into_level(upcoming, step);
            }
        }
    }

    #[inline]
    fn look_into_new(&self, upcoming: &mut Upcoming, step: usize) {
        let Upcoming { account, event_id, security_id, tick, .. } = *upcoming;
        if step > 1 {
            return self.look_into_level(upcoming, step);
        }
        self.ledger.exposures.prefetch_row(account, event_id);
        if upcoming.session != NO_SESSION {
            self.client_order_ids.prefetch_oldest(upcoming.session);
        }
        let met = match upcoming.side {
            Side::Buy => self.books.find_best_ask(security_id).filter(|ask| *ask <= tick),
            Side::Sell => self.books.find_best_bid(security_id).filter(|bid| *bid >= tick),
        };
        let Some(met) = met else {
            return self.look_into_level(upcoming, step);
        };
        upcoming.kind = Kind::Marketable;
        upcoming.tick = met;
        self.books.prefetch(security_id, met);
    }

    /// The level that an order is about to rest at.
    #[inline]
    fn look_into_level(&self, upcoming: &Upcoming, step: usize) {
        let Upcoming { security_id, tick, .. } = *upcoming;
        match step {
            1 => self.books.prefetch_level(security_id, tick),
            2 => self.books.prefetch_last(self.orders.slots(), security_id, tick),
            _ => {}
        }
    }

    /// The order that a marketable one meets first.
    #[inline]
    fn look_for_first(&self, upcoming: &mut Upcoming) {
        let first = self.books.find_first_order(upcoming.security_id, upcoming.tick);
        match first {
            Some(slot) => {
                upcoming.slot = slot;
                self.orders.prefetch(slot);
            }
            None => upcoming.kind = Kind::Other,
        }
    }

    /// A resting order whose line was asked for `step` steps ago.
    #[inline]
    fn look_into_order(&self, slot: u32, step: usize) {
        if step > 2 {
            return;
        }
        let Some(order) = self.orders.live(slot) else { return };
        let (security_id, tick) = (order.security_id, order.place.tick());
        if step == 1 {
            self.ledger.exposures.prefetch_place(order.exposure);
            self.books.prefetch(security_id, tick);
            Ladders::prefetch_neighbours(self.orders.slots(), slot);
        } else {
            self.ledger.accounts.prefetch(self.account_of(order));
            self.ledger.exposures.prefetch_others(order.exposure);
            self.books.prefetch_level(security_id, tick);
        }
    }
}

/// Steps of a command; the longest way is that of a marketable order.
const STEP_COUNT: usize = 6;
/// Announcements between two steps of a command.
const STRIDE: usize = 3;
const RING_LENGTH: usize = 32;
const NO_SESSION: u16 = u16::MAX;

const _: () = assert!(LookAhead::DISTANCE <= RING_LENGTH);

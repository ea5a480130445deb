//! Bringing memory close before commands need it.
//!
//! Most of a command's time is waiting for lines that no cache holds: an account, a pair's row, a
//! level, an order. Who knows the next commands announces them some way ahead; each announcement
//! moves every command under way one step on, where a step asks for the lines that the lines of the
//! step before name. Nothing is changed, whatever the bytes are.

use forecastle_proto_spec::{NewOrderSingle, OrderId, Side};

use crate::apply::OrderCommand;
use crate::engine::Engine;
use crate::ladder::Ladders;

/// The commands announced last, and how far each has been looked into. 1 KiB.
#[derive(Debug)]
pub struct LookAhead {
    upcoming: [Upcoming; RING_LENGTH],
    count: usize,
}

/// What is known of a command that is not applied yet; for a new order all, for a replace the order
/// that it names and where it goes, for a cancel the order, else nothing.
#[derive(Clone, Copy, Debug)]
struct Upcoming {
    kind: Kind,
    is_bid: bool,
    /// The resting order that it names or would meet.
    slot: u32,
    security_id: u32,
    tick: u32,
    account: u32,
    event_id: u32,
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
    pub fn announce(&mut self, engine: &Engine, session_id: u32, command: &[u8]) {
        let count = self.count;
        let place = |step: usize| count.wrapping_sub(step * STRIDE) % RING_LENGTH;
        engine.look_at(session_id, command, &mut self.upcoming[place(0)]);
        engine.look_into(&mut self.upcoming[place(1)]);
        engine.look_on(&self.upcoming[place(2)]);
        engine.look_across(&mut self.upcoming[place(3)]);
        engine.look_into_met(&self.upcoming[place(4)]);
        engine.look_behind_met(&self.upcoming[place(5)]);
        self.count = count.wrapping_add(1);
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
        is_bid: false,
        slot: 0,
        security_id: 0,
        tick: 0,
        account: 0,
        event_id: 0,
    };
}

impl Engine {
    /// The first step: what the bytes name themselves.
    #[inline]
    fn look_at(&self, session_id: u32, command: &[u8], upcoming: &mut Upcoming) {
        upcoming.kind = Kind::Other;
        match OrderCommand::of(command) {
            Some(OrderCommand::New(order)) => self.look_at_order(session_id, order, upcoming),
            Some(OrderCommand::Cancel(cancel)) => {
                upcoming.kind = Kind::Cancel;
                upcoming.slot = OrderId::from_wire(cancel.order_id.get()).slot();
                self.orders.prefetch(upcoming.slot);
            }
            Some(OrderCommand::Replace(replace)) => {
                upcoming.kind = Kind::Replace;
                upcoming.slot = OrderId::from_wire(replace.order_id.get()).slot();
                upcoming.security_id = replace.security_id.get();
                upcoming.tick = u32::from(replace.price.get());
                self.orders.prefetch(upcoming.slot);
                self.books.prefetch(upcoming.security_id, upcoming.tick);
                self.look_at_window(session_id, replace.cl_ord_id.get());
            }
            None => {}
        }
    }

    #[inline]
    fn look_at_order(&self, session_id: u32, order: &NewOrderSingle, upcoming: &mut Upcoming) {
        let (account, security_id) = (order.account.get(), order.security_id.get());
        let tick = u32::from(order.price.get());
        let Some(market) = self.events.find_market(security_id) else { return };
        *upcoming = Upcoming {
            kind: Kind::New,
            is_bid: order.side == u8::from(Side::Buy),
            slot: 0,
            security_id,
            tick,
            account,
            event_id: market.event_id,
        };
        self.ledger.accounts.prefetch(account);
        self.ledger.exposures.prefetch(account, market.event_id);
        self.books.prefetch(security_id, tick);
        self.look_at_window(session_id, order.cl_ord_id.get());
    }

    #[inline]
    fn look_at_window(&self, session_id: u32, cl_ord_id: u64) {
        if let Some(session) = self.sessions.find(session_id) {
            self.client_order_ids.prefetch(session, cl_ord_id);
        }
    }

    /// The second step.
    #[inline]
    fn look_into(&self, upcoming: &mut Upcoming) {
        let Upcoming { kind, is_bid, slot, security_id, tick, account, event_id } = *upcoming;
        if kind == Kind::New {
            self.ledger.exposures.prefetch_row(account, event_id);
            let met = if is_bid {
                self.books.find_best_ask(security_id).filter(|ask| *ask <= tick)
            } else {
                self.books.find_best_bid(security_id).filter(|bid| *bid >= tick)
            };
            if let Some(met) = met {
                upcoming.kind = Kind::Marketable;
                upcoming.tick = met;
                self.books.prefetch(security_id, met);
            } else {
                self.books.prefetch_level(security_id, tick);
            }
        } else if kind != Kind::Other {
            self.look_into_order(slot);
            if kind == Kind::Replace {
                self.books.prefetch_level(security_id, tick);
            }
        }
    }

    /// The third step.
    #[inline]
    fn look_on(&self, upcoming: &Upcoming) {
        let Upcoming { kind, slot, security_id, tick, .. } = *upcoming;
        match kind {
            Kind::Other => {}
            Kind::New => self.books.prefetch_last(self.orders.slots(), security_id, tick),
            Kind::Marketable => self.books.prefetch_level(security_id, tick),
            Kind::Cancel => self.look_behind_order(slot),
            Kind::Replace => {
                self.books.prefetch_last(self.orders.slots(), security_id, tick);
                self.look_behind_order(slot);
            }
        }
    }

    /// The fourth step, of marketable orders alone: the order that one meets first.
    #[inline]
    fn look_across(&self, upcoming: &mut Upcoming) {
        if upcoming.kind == Kind::Marketable {
            match self.books.find_first_order(upcoming.security_id, upcoming.tick) {
                Some(slot) => {
                    upcoming.slot = slot;
                    self.orders.prefetch(slot);
                }
                None => upcoming.kind = Kind::Other,
            }
        }
    }

    /// The fifth step, of marketable orders alone.
    #[inline]
    fn look_into_met(&self, upcoming: &Upcoming) {
        if upcoming.kind == Kind::Marketable {
            self.look_into_order(upcoming.slot);
        }
    }

    /// The last step, of marketable orders alone.
    #[inline]
    fn look_behind_met(&self, upcoming: &Upcoming) {
        if upcoming.kind == Kind::Marketable {
            self.look_behind_order(upcoming.slot);
        }
    }

    /// What a resting order names.
    #[inline]
    fn look_into_order(&self, slot: u32) {
        let Some(order) = self.orders.live(slot) else { return };
        self.ledger.exposures.prefetch_place(order.exposure);
        self.books.prefetch(order.security_id, order.place.tick());
        Ladders::prefetch_neighbours(self.orders.slots(), slot);
    }

    /// What the lines name that a resting order named.
    #[inline]
    fn look_behind_order(&self, slot: u32) {
        let Some(order) = self.orders.live(slot) else { return };
        self.ledger.accounts.prefetch(self.account_of(order));
        self.ledger.exposures.prefetch_others(order.exposure);
        self.books.prefetch_level(order.security_id, order.place.tick());
    }
}

/// Steps of a command; the longest way is that of a marketable order.
const STEP_COUNT: usize = 6;
/// Announcements between two steps of a command.
const STRIDE: usize = 3;
const RING_LENGTH: usize = 32;

const _: () = assert!(LookAhead::DISTANCE <= RING_LENGTH);

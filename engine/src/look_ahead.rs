//! Bringing memory close before commands need it.
//!
//! Most of a command's time is waiting for lines that no cache holds: an account, a pair's row, a
//! level, an order. Who knows the next commands announces them some way ahead; each announcement
//! moves the commands of its kind that are under way one step on, where a step asks for the lines
//! that the lines of the step before name. New orders and resting ones that commands name go on
//! lanes of their own, so that a step does the same for every one. A command that comes alone takes
//! its steps at once. Nothing is changed, whatever the bytes are.

use std::hint::select_unpredictable;

use forecastle_proto_spec::{
    NewOrderSingle, OrderCancelReplaceRequest, OrderId, Side, access_key_of,
};

use crate::apply::OrderCommand;
use crate::engine::Engine;
use crate::ladder::Ladders;
use crate::ledger::Ledger;

/// The commands announced last, and how far each has been looked into.
#[derive(Debug)]
pub struct LookAhead {
    orders: Lane<UpcomingOrder>,
    /// The resting orders that cancels and replaces name, and that orders would meet.
    named: Lane<NamedOrder>,
}

/// What is known of an order that comes, or of where a replaced one goes.
#[derive(Clone, Copy, Debug)]
struct UpcomingOrder {
    account: u32,
    event_id: u32,
    security_id: u32,
    /// Its price; the best one of the other side when it would trade there.
    tick: u32,
    quantity: u32,
    is_bid: bool,
    would_trade: bool,
    /// Whether its account's row may be in the index.
    is_indexed: bool,
}

/// A resting order that something upcoming names.
#[derive(Clone, Copy, Debug)]
struct NamedOrder {
    slot: u32,
    /// Lots that an order would take of it and of those behind it; 0 for what takes none.
    wanted: u32,
}

/// The last of what comes one behind the other.
#[derive(Debug)]
struct Lane<T> {
    places: [T; LANE_LENGTH],
    count: usize,
}

impl LookAhead {
    /// Nothing announced.
    #[must_use]
    pub const fn new() -> Self {
        Self { orders: Lane::new(UpcomingOrder::NONE), named: Lane::new(NamedOrder::NONE) }
    }

    /// Commands to be announced before the first of them is applied, for every step to be taken
    /// as a rule.
    pub const DISTANCE: usize = 26;

    /// Announces the next command of `session_id`, [`Self::DISTANCE`] commands or fewer before it
    /// is applied. O(1): a few loads of lines that an earlier announcement asked for, and hints.
    #[inline]
    pub fn announce(&mut self, engine: &Engine, session_id: u32, command: &[u8]) {
        match OrderCommand::of(command) {
            Some(OrderCommand::New(order)) => {
                let upcoming = engine.look_at_order(session_id, order);
                self.announce_order(engine, upcoming);
            }
            Some(OrderCommand::Cancel(cancel)) => {
                let slot = OrderId::from_wire(cancel.order_id.get()).slot();
                self.announce_named(engine, NamedOrder { slot, wanted: 0 });
            }
            Some(OrderCommand::Replace(replace)) => {
                self.announce_replace(engine, session_id, replace);
            }
            None => engine.look_at_seldom(session_id),
        }
    }

    /// As [`Self::announce`] of the command that is applied next, for which no step would be left
    /// to the announcements behind it: takes all its steps at once, each of which waits for the
    /// lines of the one before.
    #[inline(never)]
    pub fn announce_next(&mut self, engine: &Engine, session_id: u32, command: &[u8]) {
        match OrderCommand::of(command) {
            Some(OrderCommand::New(order)) => {
                let mut upcoming = engine.look_at_order(session_id, order);
                engine.look_into_order(&mut upcoming);
                let slot = engine.look_into_level(&upcoming);
                if upcoming.would_trade {
                    engine.look_at_named(NamedOrder { slot, wanted: upcoming.quantity });
                }
            }
            Some(OrderCommand::Cancel(cancel)) => {
                let slot = OrderId::from_wire(cancel.order_id.get()).slot();
                engine.look_at_named(NamedOrder { slot, wanted: 0 });
            }
            Some(OrderCommand::Replace(replace)) => {
                self.announce_replace(engine, session_id, replace);
            }
            None => {}
        }
    }

    #[inline(never)]
    fn announce_replace(
        &mut self,
        engine: &Engine,
        session_id: u32,
        replace: &OrderCancelReplaceRequest,
    ) {
        let upcoming = UpcomingOrder {
            security_id: replace.security_id.get(),
            tick: u32::from(replace.price.get()),
            ..UpcomingOrder::NONE
        };
        engine.books.prefetch(upcoming.security_id, upcoming.tick);
        engine.look_at_window(session_id);
        self.announce_order(engine, upcoming);
        let slot = OrderId::from_wire(replace.order_id.get()).slot();
        self.announce_named(engine, NamedOrder { slot, wanted: 0 });
    }

    #[inline(always)]
    fn announce_order(&mut self, engine: &Engine, upcoming: UpcomingOrder) {
        self.orders.push(upcoming);
        engine.look_into_order(self.orders.behind(STRIDE));
        let before = self.orders.behind(2 * STRIDE);
        let slot = engine.look_into_level(before);
        if before.would_trade {
            let wanted = before.quantity;
            self.announce_named(engine, NamedOrder { slot, wanted });
        }
    }

    #[inline]
    fn announce_named(&mut self, engine: &Engine, named: NamedOrder) {
        engine.orders.prefetch(named.slot);
        self.named.push(named);
        engine.look_into_named(self.named.behind(STRIDE).slot);
        engine.look_behind_named(*self.named.behind(2 * STRIDE));
    }
}

impl Default for LookAhead {
    fn default() -> Self {
        Self::new()
    }
}

impl UpcomingOrder {
    const NONE: Self = Self {
        account: 0,
        event_id: 0,
        security_id: 0,
        tick: 0,
        quantity: 0,
        is_bid: false,
        would_trade: false,
        is_indexed: false,
    };
}

impl NamedOrder {
    const NONE: Self = Self { slot: NO_SLOT, wanted: 0 };
}

impl<T: Copy> Lane<T> {
    const fn new(nothing: T) -> Self {
        Self { places: [nothing; LANE_LENGTH], count: 0 }
    }

    #[inline]
    fn push(&mut self, what: T) {
        self.count = self.count.wrapping_add(1);
        *self.behind(0) = what;
    }

    /// What came `distance` before the last one.
    #[inline]
    fn behind(&mut self, distance: usize) -> &mut T {
        &mut self.places[self.count.wrapping_sub(distance) % LANE_LENGTH]
    }
}

impl Engine {
    /// The first step of an order: what the bytes name themselves.
    #[inline]
    fn look_at_order(&self, session_id: u32, order: &NewOrderSingle) -> UpcomingOrder {
        let (account, security_id) = (order.account.get(), order.security_id.get());
        let tick = u32::from(order.price.get());
        let event_id = self.events.find_market(security_id).map_or(0, |market| market.event_id);
        self.ledger.accounts.prefetch(account);
        self.books.prefetch(security_id, tick);
        self.look_at_window(session_id);
        let is_bid = order.side == u8::from(Side::Buy);
        let quantity = order.order_qty.get();
        UpcomingOrder {
            account,
            event_id,
            security_id,
            tick,
            quantity,
            is_bid,
            would_trade: false,
            is_indexed: false,
        }
    }

    /// The only step of what is no order, cancel or replace: its session, and the quote set that
    /// a key with one has.
    #[inline(never)]
    fn look_at_seldom(&self, session_id: u32) {
        self.sessions.prefetch(session_id);
        self.quote_sets.prefetch_newest(access_key_of(session_id));
    }

    #[inline]
    fn look_at_window(&self, session_id: u32) {
        if let Some(session) = self.sessions.find(session_id) {
            self.client_order_ids.prefetch(session);
        }
    }

    /// The second step of an order: its account's row, and the level that it goes to, or the ones
    /// that it would trade with.
    #[inline]
    fn look_into_order(&self, upcoming: &mut UpcomingOrder) {
        let UpcomingOrder { account, event_id, security_id, tick, is_bid, .. } = *upcoming;
        let Ledger { accounts, exposures, limits, .. } = &self.ledger;
        if let Some(holder) = accounts.find(account) {
            let candidate = exposures.prefetch(&holder.pairs, account, event_id);
            limits.prefetch(account, candidate.near);
            upcoming.is_indexed = candidate.is_indexed;
        }
        let side = select_unpredictable(is_bid, Side::Buy, Side::Sell);
        let met = self.books.find_met(security_id, side, tick);
        upcoming.would_trade = met.is_some();
        match met {
            Some(met) => {
                upcoming.tick = met;
                self.books.prefetch_met(security_id, side, met);
            }
            None => self.books.prefetch_level(security_id, tick),
        }
    }

    /// The last step of an order: the order behind which it goes, or which it meets first. Gives
    /// that one's slot.
    #[inline]
    fn look_into_level(&self, upcoming: &UpcomingOrder) -> u32 {
        let UpcomingOrder { account, event_id, security_id, tick, would_trade, .. } = *upcoming;
        if upcoming.is_indexed {
            self.ledger.exposures.prefetch_further(account, event_id);
        }
        let ends = self.books.find_ends(security_id, tick);
        let slot = ends.map_or(NO_SLOT, |(first, last)| if would_trade { first } else { last });
        self.orders.prefetch(slot);
        slot
    }

    /// All steps of a resting order.
    fn look_at_named(&self, named: NamedOrder) {
        self.orders.prefetch(named.slot);
        self.look_into_named(named.slot);
        self.look_behind_named(named);
    }

    /// The second step of a resting order: what it names.
    #[inline]
    fn look_into_named(&self, slot: u32) {
        let Some(order) = self.orders.slots().get(slot as usize) else { return };
        self.ledger.exposures.prefetch_place(order.exposure);
        self.books.prefetch(order.security_id, order.place.tick());
        Ladders::prefetch_neighbours(self.orders.slots(), &order.place);
    }

    /// The last step of a resting order: what the lines name that it named. When an order would
    /// take more than it has, that is also what the one behind it names.
    #[inline]
    fn look_behind_named(&self, named: NamedOrder) {
        let slots = self.orders.slots();
        let Some(order) = slots.get(named.slot as usize) else { return };
        if named.wanted > order.leaves_qty()
            && let Some(behind) = Ladders::order_behind(slots, named.slot)
            && let Some(next) = slots.get(behind as usize)
        {
            self.orders.prefetch(behind);
            self.ledger.exposures.prefetch_place(next.exposure);
        }
        self.orders.prefetch_entry(named.slot);
        let account = self.ledger.exposures.prefetch_others(order.exposure);
        self.ledger.accounts.prefetch(account);
        self.ledger.limits.prefetch(account, Some(order.exposure));
        self.books.prefetch_level(order.security_id, order.place.tick());
    }
}

/// Announcements of a lane between two steps: some five commands of the bench's flow `main`, which
/// take longer than memory does.
const STRIDE: usize = 3;
const LANE_LENGTH: usize = 16;
const NO_SLOT: u32 = u32::MAX;

const _: () = assert!(2 * STRIDE < LANE_LENGTH);

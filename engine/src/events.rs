//! Events and their markets: what they are, and where each market stands in its life.

mod snapshot;

use forecastle_proto_spec::{Digest, MarketStatus, PAYOUT};
use forecastle_runtime::memory::Arena;

use crate::collars::PriceLimits;
use crate::determination::Determination;
use crate::event_parameters::EventParameters;
use crate::exposure::EventShape;
use crate::fees::FeeRates;
use crate::memory_table::MemoryUse;
use crate::state_digest::{Addend, DigestSum, Domain, pair};
use crate::tick_tables::TickTable;

/// An event of mutually exclusive states, one market for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) external_id: u64,
    pub(crate) first_security_id: u32,
    pub(crate) shape: EventShape,
    pub(crate) fees: FeeRates,
    /// Full sets that the house account has made, less those that it burned: what accounts hold in
    /// each market together.
    pub(crate) set_count: i64,
}

impl Event {
    /// What the house account has in cash: the payout of every set.
    pub(crate) fn house_cash(&self) -> i128 {
        i128::from(self.set_count) * i128::from(PAYOUT)
    }

    /// Security ids of its markets.
    pub(crate) fn security_ids(&self) -> std::ops::Range<u32> {
        self.first_security_id..self.first_security_id + u32::from(self.shape.market_count)
    }
}

/// One market.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Market {
    pub(crate) event_id: u32,
    rpt_seq: u32,
    pub(crate) open_order_count: u32,
    pub(crate) shape: EventShape,
    pub(crate) fees: FeeRates,
    /// Value of the outcome, final or not, ten-thousandths; 0 before.
    settlement_price: u16,
    /// State of the event in which it pays.
    pub(crate) state_index: u8,
    status: MarketStatus,
    in_play: u8,
    /// Copy of the event's parameter.
    is_cross_outcome: bool,
    /// Whether the event's parameters have an in-play delay.
    has_in_play_delay: bool,
    /// Whether its grid is another than that of a new market.
    has_tick_table: bool,
    /// Follow from the event's parameters and reference odds.
    price_limits: PriceLimits,
    /// Its piece of the digest but for `rpt_seq`, kept to be taken away when it changes.
    head: Addend,
}

impl Market {
    #[inline]
    pub(crate) fn status(&self) -> MarketStatus {
        self.status
    }

    #[inline]
    pub(crate) fn in_play(&self) -> u8 {
        self.in_play
    }

    /// Whether an incoming order that would trade now waits first.
    #[inline]
    pub(crate) fn delays_trades(&self) -> bool {
        self.has_in_play_delay && self.in_play != 0
    }

    /// Lowest and highest price of new orders.
    #[inline]
    pub(crate) fn price_limits(&self) -> PriceLimits {
        self.price_limits
    }

    /// Whether its grid is another than that of a new market.
    #[inline]
    pub(crate) fn has_tick_table(&self) -> bool {
        self.has_tick_table
    }

    /// Whether its orders match over all outcomes of the event.
    #[inline]
    pub(crate) fn is_cross_outcome(&self) -> bool {
        self.is_cross_outcome
    }

    #[inline]
    pub(crate) fn settlement_price(&self) -> u16 {
        self.settlement_price
    }

    /// Counts an order that came to rest; gives the next number of the market's changes, which is
    /// in the digest of the table.
    #[inline(always)]
    pub(crate) fn enter_order(&mut self, digest: &mut DigestSum) -> u32 {
        // No more than there are slots.
        self.open_order_count = self.open_order_count.wrapping_add(1);
        self.next_rpt_seq(digest)
    }

    /// As [`Self::enter_order`] of an order that left.
    #[inline(always)]
    pub(crate) fn leave_order(&mut self, digest: &mut DigestSum) -> u32 {
        self.open_order_count -= 1;
        self.next_rpt_seq(digest)
    }

    /// The next number of its changes, also in the digest.
    #[inline(always)]
    pub(crate) fn next_rpt_seq(&mut self, digest: &mut DigestSum) -> u32 {
        let next = self.rpt_seq.wrapping_add(1);
        let difference = u64::from(next).wrapping_sub(u64::from(self.rpt_seq));
        digest.add(self.head.times(difference));
        self.rpt_seq = next;
        next
    }
}

/// All events and markets, each numbered from 1 without gap.
#[derive(Debug)]
pub(crate) struct EventTable {
    events: Arena<Event>,
    parameters: Arena<EventParameters>,
    determinations: Arena<Determination>,
    event_count: u32,
    markets: Arena<Market>,
    tick_tables: Arena<TickTable>,
    market_count: u32,
    digest: DigestSum,
}

impl EventTable {
    pub(crate) fn new(events_max: u32, markets_max: u32) -> Self {
        Self {
            events: Arena::new(events_max + 1, UNDEFINED_EVENT),
            parameters: Arena::new(events_max + 1, EventParameters::DEFAULT),
            determinations: Arena::new(events_max + 1, Determination::NONE),
            event_count: 0,
            markets: Arena::new(markets_max + 1, UNDEFINED_MARKET),
            tick_tables: Arena::new(markets_max + 1, TickTable::EVERY_PRICE),
            market_count: 0,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 5] {
        [
            MemoryUse::of_arena("events", &self.events),
            MemoryUse::of_arena("parameters of events", &self.parameters),
            MemoryUse::of_arena("determinations", &self.determinations),
            MemoryUse::of_arena("markets", &self.markets),
            MemoryUse::of_arena("tick tables", &self.tick_tables),
        ]
    }

    /// Whether another event with `market_count` markets has room.
    pub(crate) fn has_room(&self, market_count: u8) -> bool {
        self.event_count + 1 < self.events.capacity()
            && self.market_count + u32::from(market_count) < self.markets.capacity()
    }

    /// Markets ever defined.
    pub(crate) fn market_count(&self) -> u32 {
        self.market_count
    }

    /// An event, if it is defined.
    #[inline]
    pub(crate) fn find_event(&self, event_id: u32) -> Option<&Event> {
        self.events.get(event_id).filter(|event| event.shape.market_count > 0)
    }

    /// A defined event.
    #[inline]
    pub(crate) fn event(&self, event_id: u32) -> &Event {
        &self.events[event_id]
    }

    /// The parameters of a defined event.
    #[inline]
    pub(crate) fn parameters(&self, event_id: u32) -> &EventParameters {
        &self.parameters[event_id]
    }

    /// Sets the parameters of a defined event; the limits of prices are set by themselves.
    pub(crate) fn set_parameters(&mut self, event_id: u32, parameters: EventParameters) {
        if let Some(piece) = self.parameters[event_id].piece(event_id) {
            self.digest.remove(piece);
        }
        self.parameters[event_id] = parameters;
        for security_id in self.event(event_id).security_ids() {
            let market = &mut self.markets[security_id];
            market.is_cross_outcome = parameters.is_cross_outcome;
            market.has_in_play_delay = parameters.in_play_delay_ms > 0;
        }
        if let Some(piece) = parameters.piece(event_id) {
            self.digest.add(piece);
        }
    }

    /// Sets the limits of prices in a defined market.
    pub(crate) fn set_price_limits(&mut self, security_id: u32, limits: PriceLimits) {
        self.markets[security_id].price_limits = limits;
    }

    /// All defined events.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Event> {
        (1..=self.event_count).map(|event_id| self.event(event_id))
    }

    /// Where the outcome of a defined event stands.
    pub(crate) fn determination(&self, event_id: u32) -> &Determination {
        &self.determinations[event_id]
    }

    /// Stores where the outcome of a defined event stands.
    pub(crate) fn set_determination(&mut self, event_id: u32, determination: Determination) {
        if let Some(piece) = self.determinations[event_id].piece(event_id) {
            self.digest.remove(piece);
        }
        self.determinations[event_id] = determination;
        if let Some(piece) = determination.piece(event_id) {
            self.digest.add(piece);
        }
    }

    /// Ids of all events.
    pub(crate) fn event_ids(&self) -> std::ops::RangeInclusive<u32> {
        1..=self.event_count
    }

    /// The grid of a defined market.
    pub(crate) fn tick_table(&self, security_id: u32) -> &TickTable {
        &self.tick_tables[security_id]
    }

    /// Whether a price of the book lies on the grid of a defined market.
    #[inline(always)]
    pub(crate) fn is_on_grid(&self, security_id: u32, price: u16) -> bool {
        !self.markets[security_id].has_tick_table || self.tick_tables[security_id].holds(price)
    }

    /// Sets the grid of a defined market.
    pub(crate) fn set_tick_table(&mut self, security_id: u32, table: TickTable) {
        if let Some(piece) = self.tick_tables[security_id].piece(security_id) {
            self.digest.remove(piece);
        }
        self.tick_tables[security_id] = table;
        self.markets[security_id].has_tick_table = table != TickTable::EVERY_PRICE;
        if let Some(piece) = table.piece(security_id) {
            self.digest.add(piece);
        }
    }

    /// A market, if it is defined.
    #[inline]
    pub(crate) fn find_market(&self, security_id: u32) -> Option<&Market> {
        self.markets.get(security_id).filter(|market| market.event_id != 0)
    }

    /// As [`Self::find_market`], to change what orders change, with the table's digest.
    #[inline(always)]
    pub(crate) fn find_market_mut(
        &mut self,
        security_id: u32,
    ) -> Option<(&mut Market, &mut DigestSum)> {
        let market = self.markets.get_mut(security_id).filter(|market| market.event_id != 0);
        market.map(|market| (market, &mut self.digest))
    }

    /// A defined market, to change what orders change, with the table's digest.
    #[inline(always)]
    pub(crate) fn market_mut(&mut self, security_id: u32) -> (&mut Market, &mut DigestSum) {
        (&mut self.markets[security_id], &mut self.digest)
    }

    /// A defined market.
    #[inline]
    pub(crate) fn market(&self, security_id: u32) -> &Market {
        &self.markets[security_id]
    }

    /// Defines an event with markets of one status, Draft or Listed; gives its id.
    ///
    /// # Panics
    /// When there is no room.
    pub(crate) fn define(
        &mut self,
        shape: EventShape,
        fees: FeeRates,
        status: MarketStatus,
        external_id: u64,
    ) -> u32 {
        self.event_count += 1;
        let event_id = self.event_count;
        let first_security_id = self.market_count + 1;
        let event = Event { external_id, first_security_id, shape, fees, set_count: 0 };
        self.events[event_id] = event;
        self.digest.add(event_piece(event_id, &event));
        for (state_index, security_id) in (0..).zip(event.security_ids()) {
            let mut market =
                Market { event_id, shape, fees, state_index, status, ..UNDEFINED_MARKET };
            market.head = market_head(security_id, &market);
            self.digest.add(market.head);
            self.markets[security_id] = market;
        }
        self.market_count += u32::from(shape.market_count);
        event_id
    }

    /// The next number of a market's changes; it wraps, and 0 is a number like another then.
    #[inline]
    pub(crate) fn next_rpt_seq(&mut self, security_id: u32) -> u32 {
        let (market, changes) = self.market_mut(security_id);
        market.next_rpt_seq(changes)
    }

    /// Counts full sets that the house account makes, or burns when negative.
    pub(crate) fn make_sets(&mut self, event_id: u32, lots: i64) {
        let event = &mut self.events[event_id];
        let before = event.set_count;
        event.set_count += lots;
        if before != 0 {
            self.digest.remove(sets_piece(event_id, before));
        }
        if event.set_count != 0 {
            self.digest.add(sets_piece(event_id, event.set_count));
        }
    }

    /// Moves a market to `status`.
    pub(crate) fn set_status(&mut self, security_id: u32, status: MarketStatus, in_play: u8) {
        self.update(security_id, |market| {
            market.status = status;
            market.in_play = in_play;
        });
    }

    /// Gives a market its value.
    pub(crate) fn set_settlement_price(&mut self, security_id: u32, settlement_price: u16) {
        self.update(security_id, |market| market.settlement_price = settlement_price);
    }

    /// Counts an order that came to rest in a market; gives the market.
    #[inline]
    pub(crate) fn count_order(&mut self, security_id: u32) -> &Market {
        let market = &mut self.markets[security_id];
        market.open_order_count += 1;
        market
    }

    /// Counts an order that left a market; gives the market.
    #[inline]
    pub(crate) fn discount_order(&mut self, security_id: u32) -> &Market {
        let market = &mut self.markets[security_id];
        market.open_order_count -= 1;
        market
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all events and markets.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let events = (1..=self.event_count).map(|id| event_piece(id, self.event(id)));
        let markets = (1..=self.market_count).flat_map(|id| {
            let head = market_head(id, self.market(id));
            [head, head.times(u64::from(self.market(id).rpt_seq))]
        });
        let parameters = (1..=self.event_count).filter_map(|id| self.parameters(id).piece(id));
        let sets = (1..=self.event_count).map(|id| (id, self.event(id).set_count));
        let sets = sets.filter(|(_, count)| *count != 0).map(|(id, count)| sets_piece(id, count));
        let tables = (1..=self.market_count).filter_map(|id| self.tick_table(id).piece(id));
        let outcomes = self.event_ids().filter_map(|id| self.determination(id).piece(id));
        let changed = parameters.chain(sets).chain(tables).chain(outcomes);
        let markets: DigestSum = markets.collect();
        markets.join(events.chain(changed).collect())
    }

    #[inline]
    fn update(&mut self, security_id: u32, change: impl FnOnce(&mut Market)) {
        let market = &mut self.markets[security_id];
        self.digest.remove(market.head);
        self.digest.remove(market.head.times(u64::from(market.rpt_seq)));
        change(market);
        market.head = market_head(security_id, market);
        self.digest.add(market.head);
        self.digest.add(market.head.times(u64::from(market.rpt_seq)));
    }
}

fn event_piece(event_id: u32, event: &Event) -> Digest {
    let shape = u32::from(event.shape.market_count) << 1 | u32::from(event.shape.is_exhaustive);
    Domain::Event
        .digest()
        .absorb(pair(event_id, event.first_security_id))
        .absorb(event.external_id)
        .absorb(pair(u32::from(event.fees.maker) << 16 | u32::from(event.fees.taker), shape))
}

fn sets_piece(event_id: u32, set_count: i64) -> Digest {
    Domain::EventSets.digest().absorb(u64::from(event_id)).absorb_signed(set_count)
}

/// The piece of a market before its `rpt_seq`.
fn market_head(security_id: u32, market: &Market) -> Addend {
    let status = u32::from(market.settlement_price) << 16
        | u32::from(market.status as u8) << 8
        | u32::from(market.in_play);
    Domain::Market.addend([pair(security_id, market.event_id), u64::from(status)])
}

const NO_SHAPE: EventShape = EventShape::new(0, false);
const NO_FEES: FeeRates = FeeRates { maker: 0, taker: 0 };
const UNDEFINED_EVENT: Event =
    Event { external_id: 0, first_security_id: 0, shape: NO_SHAPE, fees: NO_FEES, set_count: 0 };
const UNDEFINED_MARKET: Market = Market {
    event_id: 0,
    rpt_seq: 0,
    open_order_count: 0,
    shape: NO_SHAPE,
    fees: NO_FEES,
    settlement_price: 0,
    state_index: 0,
    status: MarketStatus::Listed,
    in_play: 0,
    is_cross_outcome: false,
    has_in_play_delay: false,
    has_tick_table: false,
    price_limits: PriceLimits::NONE,
    head: Domain::Market.addend([]),
};

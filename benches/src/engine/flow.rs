//! The flow that engines are measured with: 45 % passive orders, 40 % cancels, 15 % marketable
//! orders with about 0.2 fills a command, over markets of Zipf popularity.
//!
//! Passive orders lie on used ticks left and right of a middle that belongs to the market, denser
//! towards it, so that a book never crosses by them. Half of the cancels take any live order, half
//! one of the last orders that came to rest. A marketable order is immediate-or-cancel with the
//! worst used price as its limit and a third of the quantity of a passive one, so the number of
//! resting orders stays about where it began.
//!
//! A flow of quote sets has 85 % mass quotes and 15 % marketable orders instead. In a flow of
//! replaces a part of the commands moves orders to other prices.
//!
//! What is sent follows from the seed and from naive books alone. The engine runs beside them
//! while the flow is made, since cancels name the ids that it gives: each of its trades must be
//! the naive books' next fill, to the order, the price and the lots.

mod quoting;
mod replacing;
mod settings;

use forecastle_engine::{EffectBuffer, Engine, EngineConfig};
use forecastle_proto_spec::*;
use serde::Serialize;
use zerocopy::FromZeros;

pub use settings::{FlowSettings, NAMES};

use super::book_script::{Action, BookScript, Fills, Operation};
use super::live_orders::LiveOrders;
use super::naive_book::{NaiveBooks, NaiveFill};
use super::tape::{Player, Tape};
use crate::random::{Random, Zipf};
use quoting::FlowQuoteSet;

/// A flow with what it must come to.
#[derive(Debug)]
pub struct Flow {
    /// Limits of an engine that the flow fits.
    pub config: EngineConfig,
    /// Firms, accounts, markets, and the resting orders.
    pub opening: Tape,
    /// What is measured.
    pub main: Tape,
    /// The same for bare books.
    pub script: BookScript,
    /// State digest after all.
    pub state_digest: u64,
    /// What the measured part did.
    pub outcome: FlowOutcome,
}

/// What the measured part of a flow did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FlowOutcome {
    /// Passive orders.
    pub passive_count: u32,
    /// Cancels.
    pub cancel_count: u32,
    /// Marketable orders.
    pub marketable_count: u32,
    /// Mass quotes.
    pub mass_quote_count: u32,
    /// Replaces.
    pub replace_count: u32,
    /// Trades.
    pub trade_count: u32,
    /// Lots traded.
    pub traded_quantity: u64,
    /// Bytes of commands.
    pub commands_length: u64,
    /// Bytes of effects.
    pub effects_length: u64,
    /// Orders that rest at the end.
    pub resting_order_count: u32,
}

impl Flow {
    /// Makes the flow that follows from the settings.
    ///
    /// # Panics
    /// When the engine refuses a command of it, or fills another order than the naive books do.
    #[must_use]
    pub fn new(settings: &FlowSettings) -> Self {
        let config = settings.config();
        let engine = Engine::new(config).expect("the settings are in range");
        let mut maker = Maker::new(*settings, Player::new(engine));
        maker.open();
        maker.open_quotes();
        if settings.quote_set_count == 0 {
            (0..settings.resting_order_count).for_each(|_| maker.passive_order());
        }
        let (opening, opening_operations) = maker.cut();
        for _ in 0..settings.command_count {
            if settings.replace_percent > 0 && maker.random.below(100) < settings.replace_percent {
                maker.replace();
                continue;
            }
            match maker.random.below(100) {
                0..85 if settings.quote_set_count > 0 => {
                    let index = maker.random.below(settings.quote_set_count);
                    maker.mass_quote(index as usize);
                }
                0..45 => maker.passive_order(),
                45..85 => maker.cancel(),
                _ => maker.marketable_order(),
            }
        }
        let state_digest = maker.player.engine().state_digest();
        let mut outcome = maker.outcome;
        outcome.resting_order_count = maker.live.count();
        outcome.trade_count = maker.fills.count;
        outcome.traded_quantity = maker.fills.quantity;
        let fills = maker.fills;
        let (main, main_operations) = maker.cut();
        outcome.commands_length = main.byte_count() as u64;
        let script = BookScript {
            book_count: settings.market_count,
            opening: opening_operations,
            main: main_operations,
            command_count: settings.command_count,
            fills,
        };
        Self { config, opening, main, script, state_digest, outcome }
    }
}

/// Makes commands and applies them at once, to the naive books and to the engine.
struct Maker {
    settings: FlowSettings,
    player: Player,
    tape: Tape,
    operations: Vec<Operation>,
    books: NaiveBooks,
    fills: Fills,
    /// All orders sent, by number.
    orders: Vec<SentOrder>,
    live: LiveOrders,
    quote_sets: Vec<FlowQuoteSet>,
    outcome: FlowOutcome,
    random: Random,
    popularity: Zipf,
    /// Market of each rank of popularity.
    markets: Vec<u32>,
    /// Used tick in the middle of each market, from 1; no passive order lies on it.
    middles: Vec<u16>,
    /// Last number of each firm's session.
    seq_nums: Vec<u32>,
    cl_ord_id: u64,
    effects: Vec<u8>,
}

/// What a cancel of an order has to know.
#[derive(Clone, Copy, Debug)]
struct SentOrder {
    /// The engine's id, when it has given one.
    order_id: u64,
    account: u32,
    market: u32,
    price: u16,
    is_bid: bool,
    /// All its lots, those that have traded included.
    order_qty: u32,
}

impl Maker {
    fn new(settings: FlowSettings, player: Player) -> Self {
        let mut random = Random::new(settings.seed);
        let mut markets: Vec<u32> = (1..=settings.market_count).collect();
        for last in (1..settings.market_count).rev() {
            markets.swap(last as usize, random.below(last + 1) as usize);
        }
        // The middle two fifths of the used ticks.
        let ticks = u32::from(settings.used_tick_count);
        let middle = |_| (ticks * 3 / 10 + 1 + random.below(ticks * 2 / 5 + 1)) as u16;
        let middles = (0..settings.market_count).map(middle).collect();
        Self {
            player,
            tape: Tape::default(),
            operations: Vec::new(),
            books: NaiveBooks::new(settings.market_count),
            fills: Fills::default(),
            orders: Vec::new(),
            live: LiveOrders::default(),
            quote_sets: Vec::new(),
            outcome: FlowOutcome::default(),
            random,
            popularity: Zipf::new(settings.market_count),
            markets,
            middles,
            seq_nums: vec![0; settings.firm_count as usize],
            cl_ord_id: 0,
            effects: vec![0; RECORD_LENGTH_MAX],
            settings,
        }
    }

    /// The commands since the last cut, and what is counted from zero.
    fn cut(&mut self) -> (Tape, Vec<Operation>) {
        self.outcome = FlowOutcome::default();
        self.fills = Fills::default();
        (std::mem::take(&mut self.tape), std::mem::take(&mut self.operations))
    }

    /// Firms log in, accounts are opened and funded, markets open.
    fn open(&mut self) {
        for key in 1..=self.settings.firm_count {
            let mut entitlement = EntitlementRequest::new_zeroed();
            entitlement.access_key_id.set(key);
            entitlement.firm_id.set(key);
            entitlement.roles.set(ROLES_TRADER);
            self.administer(EXCHANGE_SESSION_ID, &entitlement);
            let session_id = key * SESSIONS_PER_KEY;
            let mut negotiate = Negotiate::new_zeroed();
            negotiate.session_id.set(session_id);
            negotiate.access_key_id.set(key);
            negotiate.session_version_id.set(1);
            negotiate.timestamp_ns.set(1);
            self.administer(session_id, &negotiate);
            let mut establish = Establish::new_zeroed();
            establish.session_id.set(session_id);
            establish.next_seq_num.set(1);
            establish.session_version_id.set(1);
            establish.timestamp_ns.set(2);
            establish.keep_alive_interval_ms.set(1000);
            self.administer(session_id, &establish);
        }
        for account in 1..=self.settings.account_count {
            let mut definition = AccountDefinitionRequest::new_zeroed();
            definition.account.set(account);
            definition.firm_id.set(self.firm(account));
            self.administer(EXCHANGE_SESSION_ID, &definition);
            let mut deposit = DepositRequest::new_zeroed();
            deposit.account.set(account);
            deposit.amount.set(DEPOSIT);
            self.administer(EXCHANGE_SESSION_ID, &deposit);
        }
        if self.settings.is_guarded {
            self.set_guards();
        }
        let per_event = self.settings.markets_per_event;
        for event_id in 1..=self.settings.market_count / u32::from(per_event) {
            let mut definition = EventDefinitionRequest::new_zeroed();
            definition.market_count = per_event;
            definition.exhaustive = u8::from(per_event > 1);
            self.administer(EXCHANGE_SESSION_ID, &definition);
            let mut status = SecurityStatusRequest::new_zeroed();
            status.event_id.set(event_id);
            status.status = MarketStatus::Open.into();
            self.administer(EXCHANGE_SESSION_ID, &status);
        }
    }

    fn set_guards(&mut self) {
        for account in 1..=self.settings.account_count {
            let mut limits = AccountLimitsRequest::new_zeroed();
            limits.account.set(account);
            limits.position_limit.set(NEVER_REACHED);
            limits.worst_loss_limit.set(NEVER_REACHED);
            limits.order_cost_max.set(NEVER_REACHED);
            self.administer(EXCHANGE_SESSION_ID, &limits);
        }
        let mut switch = KillSwitchRequest::new_zeroed();
        switch.scope = MassActionScope::Firm.into();
        switch.action = MassActionType::Suspend.into();
        switch.key.set(self.settings.firm_count + 1);
        self.administer(EXCHANGE_SESSION_ID, &switch);
    }

    fn passive_order(&mut self) {
        let (market, side) = (self.market(), self.side());
        let price = self.passive_price(market, side);
        let quantity = 1 + self.random.below(PASSIVE_QUANTITY_MAX);
        self.outcome.passive_count += 1;
        self.new_order(market, side, price, quantity, TimeInForce::GoodTillCancel);
    }

    /// A price at which an order meets nothing.
    fn passive_price(&mut self, market: u32, side: Side) -> u16 {
        let middle = self.middles[market as usize - 1];
        let width = match side {
            Side::Buy => middle - 1,
            Side::Sell => self.settings.used_tick_count - middle,
        };
        // The lesser of two: twice as dense at the middle as half-way out.
        let [first, second] = [(); 2].map(|()| self.random.below(u32::from(width)) as u16);
        let distance = 1 + first.min(second);
        let tick = match side {
            Side::Buy => middle - distance,
            Side::Sell => middle + distance,
        };
        tick * self.settings.tick_size
    }

    fn marketable_order(&mut self) {
        let (market, side) = (self.market(), self.side());
        let tick = match side {
            Side::Buy => self.settings.used_tick_count,
            Side::Sell => 1,
        };
        let quantity = 1 + self.random.below(PASSIVE_QUANTITY_MAX / 3);
        self.outcome.marketable_count += 1;
        let price = tick * self.settings.tick_size;
        self.new_order(market, side, price, quantity, TimeInForce::ImmediateOrCancel);
    }

    fn new_order(
        &mut self,
        market: u32,
        side: Side,
        price: u16,
        quantity: u32,
        time_in_force: TimeInForce,
    ) {
        let FlowSettings { quote_set_count, account_count, .. } = self.settings;
        let account = 1 + quote_set_count + self.random.below(account_count - quote_set_count);
        let (session_id, seq_num) = self.next_number(account);
        let mut message = NewOrderSingle::new_zeroed();
        message.cl_ord_id.set(self.cl_ord_id);
        message.seq_num.set(seq_num);
        message.security_id.set(market);
        message.order_qty.set(quantity);
        message.account.set(account);
        message.price.set(price);
        message.side = side.into();
        message.time_in_force = time_in_force.into();
        let order = self.orders.len() as u32;
        let is_bid = side == Side::Buy;
        let order_qty = quantity;
        self.orders.push(SentOrder { order_id: 0, account, market, price, is_bid, order_qty });
        let (fills, leaves) = self.books.take(market - 1, is_bid, u32::from(price), quantity);
        let rests = time_in_force == TimeInForce::GoodTillCancel;
        let action = if rests { Action::Rest } else { Action::Take };
        self.push_operation(action, order, quantity, true);
        let cancelled: &[u32] = if rests || leaves == 0 { &[] } else { &[order] };
        self.send(session_id, &message, &Expected { entered: &[order], cancelled, fills: &fills });
        for fill in &fills {
            self.fills.add(fill.order, fill.price, fill.quantity);
            if fill.leaves == 0 {
                self.live.remove(fill.order);
            }
        }
        if rests {
            assert_eq!(leaves, quantity, "a passive order meets nothing");
            self.books.rest(market - 1, is_bid, u32::from(price), order, quantity);
            self.live.insert(order);
        }
    }

    /// Cancels an order; sends a passive one when none is there.
    fn cancel(&mut self) {
        let is_recent = self.random.below(2) == 0;
        let Some(order) = self.live.choose(is_recent, &mut self.random) else {
            return self.passive_order();
        };
        self.cancel_order(order);
    }

    fn cancel_order(&mut self, order: u32) {
        let sent = self.orders[order as usize];
        let SentOrder { order_id, account, market, price, is_bid, .. } = sent;
        let (session_id, seq_num) = self.next_number(account);
        let mut message = OrderCancelRequest::new_zeroed();
        message.cl_ord_id.set(self.cl_ord_id);
        message.seq_num.set(seq_num);
        message.security_id.set(market);
        message.order_id.set(order_id);
        self.outcome.cancel_count += 1;
        self.push_operation(Action::Cancel, order, 0, true);
        self.send(session_id, &message, &Expected { cancelled: &[order], ..Expected::NOTHING });
        self.books.cancel(market - 1, is_bid, u32::from(price), order);
        self.live.remove(order);
    }

    fn push_operation(&mut self, action: Action, order: u32, quantity: u32, ends_command: bool) {
        let SentOrder { market, price, is_bid, .. } = self.orders[order as usize];
        let (book, price) = (market - 1, u32::from(price));
        let operation = Operation { action, is_bid, ends_command, order, book, price, quantity };
        self.operations.push(operation);
    }

    /// A command that no naive book is asked about.
    fn administer<M: Message>(&mut self, session_id: u32, message: &M) {
        self.send(session_id, message, &Expected::NOTHING);
    }

    fn send<M: Message>(&mut self, session_id: u32, message: &M, expected: &Expected<'_>) {
        let mut command = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut command).expect("the buffer has the message's length");
        self.send_bytes(session_id, &command, expected);
    }

    fn send_bytes(&mut self, session_id: u32, command: &[u8], expected: &Expected<'_>) {
        self.tape.push(session_id, command);
        let mut buffer = std::mem::take(&mut self.effects);
        let mut effects = EffectBuffer::new(&mut buffer);
        self.player.apply(session_id, command, &mut effects);
        self.outcome.effects_length += effects.length() as u64;
        let mut expected = *expected;
        let mut rest = effects.bytes();
        while !rest.is_empty() {
            let (frame, behind) = Frame::parse(rest).expect("effects are whole messages");
            self.follow(&frame, &mut expected);
            rest = behind;
        }
        let Expected { entered, cancelled, fills } = expected;
        let missing = (entered.len(), cancelled.len(), fills.len());
        assert_eq!(missing, (0, 0, 0), "the engine does all that the naive books do");
        self.effects = buffer;
    }

    /// Follows an effect, against what is still to come of its command.
    fn follow(&mut self, frame: &Frame<'_>, expected: &mut Expected<'_>) {
        let is_refusal = REFUSALS.contains(&frame.template_id);
        assert!(!is_refusal, "the engine refuses no command of the flow: {frame:?}");
        if let Some(accepted) = frame.body::<OrderAccepted>() {
            self.orders[first(&mut expected.entered) as usize].order_id = accepted.order_id.get();
        } else if let Some(quote) = frame.body::<QuoteEntered>() {
            let order = &mut self.orders[first(&mut expected.entered) as usize];
            let found = (quote.security_id.get(), quote.price.get(), quote.side);
            let side = if order.is_bid { Side::Buy } else { Side::Sell };
            assert_eq!(found, (order.market, order.price, side.into()));
            order.order_id = quote.order_id.get();
        } else if let Some(replaced) = frame.body::<OrderReplaced>() {
            let order = self.orders[first(&mut expected.entered) as usize];
            let found = (replaced.order_id.get(), replaced.price.get(), replaced.priority_kept);
            assert_eq!(found, (order.order_id, order.price, 0));
        } else if let Some(trade) = frame.body::<Trade>() {
            let fill = first(&mut expected.fills);
            let found = (
                trade.resting_order_id.get(),
                u32::from(trade.price.get()),
                trade.quantity.get(),
                trade.resting_leaves_qty.get(),
            );
            let resting_id = self.orders[fill.order as usize].order_id;
            assert_eq!(found, (resting_id, fill.price, fill.quantity, fill.leaves));
        } else if let Some(cancelled) = frame.body::<OrderCancelled>() {
            let order = first(&mut expected.cancelled);
            assert_eq!(cancelled.order_id.get(), self.orders[order as usize].order_id);
        } else if let Some(answer) = frame.body::<MassQuoteAck>() {
            assert_eq!(answer.reject_code.get(), 0, "the flow holds no refused mass quote");
        }
    }

    fn market(&mut self) -> u32 {
        self.markets[self.popularity.rank(&mut self.random) as usize]
    }

    fn side(&mut self) -> Side {
        Side::ALL[self.random.below(2) as usize]
    }

    fn firm(&self, account: u32) -> u32 {
        1 + (account - 1) % self.settings.firm_count
    }

    /// The session that acts for an account, its next number, and the next ClOrdID.
    fn next_number(&mut self, account: u32) -> (u32, u32) {
        self.cl_ord_id += 1;
        let firm = self.firm(account);
        let seq_num = &mut self.seq_nums[firm as usize - 1];
        *seq_num += 1;
        (firm * SESSIONS_PER_KEY, *seq_num)
    }
}

/// What naive books say of a command: the orders that it enters and those that leave unfilled, by
/// number, and its fills.
#[derive(Clone, Copy)]
struct Expected<'a> {
    entered: &'a [u32],
    cancelled: &'a [u32],
    fills: &'a [NaiveFill],
}

impl Expected<'_> {
    const NOTHING: Self = Self { entered: &[], cancelled: &[], fills: &[] };
}

/// Takes the first of what is still to come.
fn first<T: Copy>(expected: &mut &[T]) -> T {
    let (first, rest) = expected.split_first().expect("the naive books do it too");
    *expected = rest;
    *first
}

const REFUSALS: [u16; 6] = [
    NegotiationReject::TEMPLATE_ID,
    EstablishmentReject::TEMPLATE_ID,
    NotApplied::TEMPLATE_ID,
    ExecutionReportRejected::TEMPLATE_ID,
    OrderCancelReject::TEMPLATE_ID,
    BusinessMessageReject::TEMPLATE_ID,
];
const EXCHANGE_SESSION_ID: u32 = 0;
/// What each account has at the start, millionths: enough for every order of the flow, and little
/// enough for a million accounts to have it.
const DEPOSIT: i64 = 10_000_000_000;
/// A limit in lots or millionths beyond what the flow comes to.
const NEVER_REACHED: i64 = 1 << 50;
/// Lots of a passive order: 1 to this.
const PASSIVE_QUANTITY_MAX: u32 = 99;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_of_every_named_flow_can_be_funded() {
        for name in NAMES {
            let settings = FlowSettings::named(name, 1).unwrap();
            assert!(DEPOSIT * i64::from(settings.account_count) <= DEPOSITS_MAX, "{name}");
        }
        assert_eq!(FlowSettings::named("no_such_flow", 1), None);
    }
}

//! The flow that engines are measured with: 45 % passive orders, 40 % cancels, 15 % marketable
//! orders with about 0.2 fills a command, over lone markets of Zipf popularity.
//!
//! Passive orders lie on used ticks left and right of a middle that belongs to the market, denser
//! towards it, so that a book never crosses by them. Half of the cancels take any live order, half
//! one of the last orders that came to rest. A marketable order is immediate-or-cancel with the
//! worst used price as its limit and a third of the quantity of a passive one, so the number of
//! resting orders stays about where it began.
//!
//! Cancels name the exchange's order id. To know it, the flow is made by running the very engine
//! that is measured; which ids it gives is fixed by its rules, so every later run gives the same.

use forecastle_engine::{EffectBuffer, Engine, EngineConfig};
use forecastle_proto_spec::*;
use serde::Serialize;
use zerocopy::FromZeros;

use super::book::BookOperation;
use super::live_orders::{LiveOrder, LiveOrders};
use super::tape::{Player, Tape};
use crate::random::{Random, Zipf};

/// Sizes of a flow.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FlowSettings {
    /// Lone markets, at least 1.
    pub market_count: u32,
    /// Prices that orders use, at least 3.
    pub used_tick_count: u16,
    /// Ten-thousandths of the payout between two used prices; 100 is a cent of a dollar.
    pub tick_size: u16,
    /// Accounts, at least 1.
    pub account_count: u32,
    /// Firms, each with one session, at least 1; accounts are dealt to them in turn.
    pub firm_count: u32,
    /// Orders that rest before anything is measured.
    pub resting_order_count: u32,
    /// Commands that are measured.
    pub command_count: u32,
    /// Seed of all choices.
    pub seed: u64,
}

/// A flow with what it must come to.
#[derive(Debug)]
pub struct Flow {
    /// Limits of an engine that the flow fits.
    pub config: EngineConfig,
    /// Firms, accounts, markets, and the resting orders.
    pub opening: Tape,
    /// What is measured.
    pub main: Tape,
    /// The same on the books alone: the opening.
    pub opening_book: Vec<BookOperation>,
    /// The same on the books alone: what is measured.
    pub main_book: Vec<BookOperation>,
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
    /// Trades.
    pub trade_count: u32,
    /// Lots traded.
    pub traded_quantity: u64,
    /// Bytes of effects.
    pub effects_length: u64,
    /// Orders that rest at the end.
    pub resting_order_count: u32,
}

impl Flow {
    /// Makes the flow that follows from the settings.
    ///
    /// # Panics
    /// When the engine refuses a command of it.
    #[must_use]
    pub fn new(settings: &FlowSettings) -> Self {
        let config = settings.config();
        let engine = Engine::new(config).expect("the settings are in range");
        let mut maker = Maker::new(*settings, Player::new(engine));
        maker.open();
        for _ in 0..settings.resting_order_count {
            maker.passive_order();
        }
        let (opening, opening_book) = maker.cut();
        for _ in 0..settings.command_count {
            match maker.random.below(100) {
                0..45 => maker.passive_order(),
                45..85 => maker.cancel(),
                _ => maker.marketable_order(),
            }
        }
        let state_digest = maker.player.engine().state_digest();
        maker.outcome.resting_order_count = maker.live.count();
        let outcome = maker.outcome;
        let (main, main_book) = maker.cut();
        Self { config, opening, main, opening_book, main_book, state_digest, outcome }
    }
}

impl FlowSettings {
    /// Limits that the flow fits: every order may be the first of its account in its market.
    fn config(&self) -> EngineConfig {
        let orders_max = self.resting_order_count + self.command_count;
        EngineConfig {
            accounts_max: self.account_count,
            events_max: self.market_count,
            markets_max: self.market_count,
            orders_max: (2 * self.resting_order_count).max(4096),
            sessions_max: self.firm_count,
            access_keys_max: self.firm_count,
            exposures_max: orders_max.min(self.account_count.saturating_mul(self.market_count)),
            ..EngineConfig::default()
        }
    }
}

/// Makes commands and applies them at once.
struct Maker {
    settings: FlowSettings,
    player: Player,
    tape: Tape,
    book: Vec<BookOperation>,
    live: LiveOrders,
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
            book: Vec::new(),
            live: LiveOrders::new(settings.config().orders_max),
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

    /// The commands since the last cut, and the outcome from zero.
    fn cut(&mut self) -> (Tape, Vec<BookOperation>) {
        self.outcome = FlowOutcome::default();
        (std::mem::take(&mut self.tape), std::mem::take(&mut self.book))
    }

    /// Firms log in, accounts are opened and funded, markets open.
    fn open(&mut self) {
        for key in 1..=self.settings.firm_count {
            let mut entitlement = EntitlementRequest::new_zeroed();
            entitlement.access_key_id.set(key);
            entitlement.firm_id.set(key);
            entitlement.roles.set(ROLES_TRADER);
            self.send(EXCHANGE_SESSION_ID, &entitlement);
            let session_id = key * SESSIONS_PER_KEY;
            let mut negotiate = Negotiate::new_zeroed();
            negotiate.session_id.set(session_id);
            negotiate.access_key_id.set(key);
            negotiate.session_version_id.set(1);
            negotiate.timestamp_ns.set(1);
            self.send(session_id, &negotiate);
            let mut establish = Establish::new_zeroed();
            establish.session_id.set(session_id);
            establish.next_seq_num.set(1);
            establish.session_version_id.set(1);
            establish.timestamp_ns.set(2);
            establish.keep_alive_interval_ms.set(1000);
            self.send(session_id, &establish);
        }
        for account in 1..=self.settings.account_count {
            let mut definition = AccountDefinitionRequest::new_zeroed();
            definition.account.set(account);
            definition.firm_id.set(self.firm(account));
            self.send(EXCHANGE_SESSION_ID, &definition);
            let mut deposit = DepositRequest::new_zeroed();
            deposit.account.set(account);
            deposit.amount.set(DEPOSIT);
            self.send(EXCHANGE_SESSION_ID, &deposit);
        }
        for event_id in 1..=self.settings.market_count {
            let mut definition = EventDefinitionRequest::new_zeroed();
            definition.market_count = 1;
            self.send(EXCHANGE_SESSION_ID, &definition);
            let mut status = SecurityStatusRequest::new_zeroed();
            status.event_id.set(event_id);
            status.status = MarketStatus::Open.into();
            self.send(EXCHANGE_SESSION_ID, &status);
        }
    }

    fn passive_order(&mut self) {
        let (market, side) = (self.market(), self.side());
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
        let quantity = 1 + self.random.below(PASSIVE_QUANTITY_MAX);
        self.outcome.passive_count += 1;
        self.new_order(market, side, tick, quantity, TimeInForce::GoodTillCancel);
    }

    fn marketable_order(&mut self) {
        let (market, side) = (self.market(), self.side());
        let tick = match side {
            Side::Buy => self.settings.used_tick_count,
            Side::Sell => 1,
        };
        let quantity = 1 + self.random.below(PASSIVE_QUANTITY_MAX / 3);
        self.outcome.marketable_count += 1;
        let price = u32::from(tick * self.settings.tick_size);
        self.book.push(BookOperation::Take { book: market, side, limit: price, quantity });
        self.new_order(market, side, tick, quantity, TimeInForce::ImmediateOrCancel);
    }

    fn new_order(
        &mut self,
        market: u32,
        side: Side,
        tick: u16,
        quantity: u32,
        time_in_force: TimeInForce,
    ) {
        let account = 1 + self.random.below(self.settings.account_count);
        let (session_id, seq_num) = self.next_number(account);
        let mut order = NewOrderSingle::new_zeroed();
        order.cl_ord_id.set(self.cl_ord_id);
        order.seq_num.set(seq_num);
        order.security_id.set(market);
        order.order_qty.set(quantity);
        order.account.set(account);
        order.price.set(tick * self.settings.tick_size);
        order.side = side.into();
        order.time_in_force = time_in_force.into();
        self.send(session_id, &order);
    }

    /// Cancels an order; sends a passive one when none is there.
    fn cancel(&mut self) {
        let is_recent = self.random.below(2) == 0;
        let Some(order) = self.live.choose(is_recent, &mut self.random) else {
            return self.passive_order();
        };
        let (session_id, seq_num) = self.next_number(order.account);
        let mut cancel = OrderCancelRequest::new_zeroed();
        cancel.cl_ord_id.set(self.cl_ord_id);
        cancel.seq_num.set(seq_num);
        cancel.security_id.set(order.security_id);
        cancel.order_id.set(order.order_id.value());
        self.outcome.cancel_count += 1;
        let slot = order.order_id.slot();
        self.book.push(BookOperation::Cancel { slot, book: order.security_id });
        self.send(session_id, &cancel);
    }

    fn send<M: Message>(&mut self, session_id: u32, message: &M) {
        let mut command = vec![0; M::ENCODED_LENGTH];
        encode(message, &mut command).expect("the buffer has the message's length");
        self.tape.push(session_id, &command);
        let mut buffer = std::mem::take(&mut self.effects);
        let mut effects = EffectBuffer::new(&mut buffer);
        self.player.apply(session_id, &command, &mut effects);
        self.outcome.effects_length += effects.length() as u64;
        let mut account = 0;
        let mut rest = effects.bytes();
        while !rest.is_empty() {
            let (frame, behind) = Frame::parse(rest).expect("effects are whole messages");
            self.follow(&mut account, &frame);
            rest = behind;
        }
        self.effects = buffer;
    }

    /// Follows an effect; `account` is that of the order accepted in the same command.
    fn follow(&mut self, account: &mut u32, frame: &Frame<'_>) {
        let is_refusal = [
            NegotiationReject::TEMPLATE_ID,
            EstablishmentReject::TEMPLATE_ID,
            NotApplied::TEMPLATE_ID,
            ExecutionReportRejected::TEMPLATE_ID,
            OrderCancelReject::TEMPLATE_ID,
            BusinessMessageReject::TEMPLATE_ID,
        ]
        .contains(&frame.template_id);
        assert!(!is_refusal, "the engine refuses no command of the flow: {frame:?}");
        if let Some(accepted) = frame.body::<OrderAccepted>() {
            *account = accepted.account.get();
        } else if let Some(rested) = frame.body::<OrderRested>() {
            let order_id = OrderId::from_wire(rested.order_id.get());
            let security_id = rested.security_id.get();
            self.live.insert(LiveOrder { order_id, account: *account, security_id });
            self.book.push(BookOperation::Rest {
                slot: order_id.slot(),
                book: security_id,
                side: Side::try_from(rested.side).expect("effects have a side"),
                tick: u32::from(rested.price.get()),
                quantity: rested.leaves_qty.get(),
            });
        } else if let Some(trade) = frame.body::<Trade>() {
            self.outcome.trade_count += 1;
            self.outcome.traded_quantity += u64::from(trade.quantity.get());
            if trade.resting_leaves_qty.get() == 0 {
                self.live.remove(OrderId::from_wire(trade.resting_order_id.get()));
            }
        } else if let Some(cancelled) = frame.body::<OrderCancelled>()
            && cancelled.was_resting == 1
        {
            self.live.remove(OrderId::from_wire(cancelled.order_id.get()));
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

const EXCHANGE_SESSION_ID: u32 = 0;
/// What each account has at the start, millionths: enough for every order of the flow.
const DEPOSIT: i64 = 1_000_000_000_000;
/// Lots of a passive order: 1 to this.
const PASSIVE_QUANTITY_MAX: u32 = 99;

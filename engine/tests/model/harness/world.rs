//! Random worlds: small limits, few accounts, a handful of events, a tiny set of prices.

use forecastle_proto_spec::{
    AccountDefinitionRequest, Continue, DepositRequest, EntitlementRequest, Establish,
    EventDefinitionRequest, EventParametersRequest, EventVelocity, MarketStatus, Negotiate,
    ROLES_CASH_ADMIN, ROLES_MARKET_ADMIN, ROLES_ODDS_PROVIDER, ROLES_REPLICA, ROLES_RISK,
    ROLES_TRADER, SecurityStatusRequest, SettlementRequest, TimerTick, WithdrawalRequest,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::random::Random;
use super::side_by_side::SideBySide;
use crate::model::Limits;

/// What a world is made to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every command and every limit, little room.
    Ordinary,
    /// Ordinary with at most 8 markets: for many commands.
    Small,
    /// At most 4 outcomes and 5 open orders: buying power by enumeration.
    Tiny,
    /// Hundreds of live orders and positions: work that needs many steps.
    Wide,
    /// Nothing but lone markets.
    Lone,
}

/// One world and the chance that drives it.
pub struct World {
    pub kind: Kind,
    pub random: Random,
    pub pair: SideBySide,
    pub prices: Vec<u16>,
    pub quantity_max: u32,
    pub deposit_max: u32,
    pub next_cl_ord_id: u64,
    /// Ids of orders that were once live.
    pub past_orders: Vec<u64>,
}

impl World {
    pub fn new(kind: Kind, seed: u64) -> Self {
        let mut world = Self::empty(kind, seed);
        world.set_up();
        world
    }

    /// A world that keeps every command and its effects.
    pub fn new_with_journal(kind: Kind, seed: u64) -> Self {
        let mut world = Self::empty(kind, seed);
        world.pair.journal = Some(Vec::new());
        world.set_up();
        world
    }

    /// A world that prints nothing when it fails, for failures that are wanted.
    pub fn new_silent(kind: Kind, seed: u64) -> Self {
        let mut world = Self::empty(kind, seed);
        world.pair.is_silent = true;
        world.set_up();
        world
    }

    fn empty(kind: Kind, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let limits = limits_of(kind, &mut random);
        let mut pair = SideBySide::new(format!("{kind:?} world of seed {seed}"), limits);
        pair.model.enumeration_max = match kind {
            Kind::Tiny => 3125,
            Kind::Ordinary | Kind::Lone => 60,
            Kind::Small => 8,
            Kind::Wide => 0,
        };
        let middle = u16::try_from(random.between(1_000, 9_000)).expect("a price");
        let mut prices = vec![middle - 100, middle, middle, middle + 1, middle + 150];
        prices
            .extend([1, 9_999, 2_500, 5_000].map(|it| if random.once_in(3) { it } else { middle }));
        Self {
            kind,
            pair,
            prices,
            quantity_max: if kind == Kind::Tiny { 3 } else { random.pick(&[3, 5, 20]) },
            deposit_max: random.pick(&[40_000, 200_000, 1_000_000, 8_000_000]),
            random,
            next_cl_ord_id: 1,
            past_orders: Vec::new(),
        }
    }

    /// Commands of the generator, `Continue` among them.
    pub fn run(&mut self, command_count: u64) {
        let end = self.pair.coverage.commands + command_count;
        while self.pair.coverage.commands < end {
            let (session_id, bytes) = self.next_command();
            self.apply(session_id, &bytes);
        }
    }

    /// Closes and settles every event and pays every account out: nothing may remain.
    pub fn finish(&mut self) {
        self.finish_work();
        let events: Vec<u32> = (1..).take(self.pair.model.events.len()).collect();
        for event_id in events {
            let event = self.pair.model.event(event_id).expect("it is counted").clone();
            if self.pair.model.market(event.first_security_id).status == MarketStatus::Delisted {
                continue;
            }
            for security_id in event.security_ids() {
                if self.pair.model.market(security_id).status == MarketStatus::Draft {
                    let mut list = SecurityStatusRequest::new_zeroed();
                    list.event_id.set(event_id);
                    list.security_id.set(security_id);
                    list.status = MarketStatus::Listed.into();
                    self.apply(0, &bytes_of(&list));
                }
            }
            let mut close = SecurityStatusRequest::new_zeroed();
            close.event_id.set(event_id);
            close.status = MarketStatus::Closed.into();
            self.apply(0, &bytes_of(&close));
            self.finish_work();
            let mut settle = SettlementRequest::new_zeroed();
            settle.event_id.set(event_id);
            settle.value_count = event.market_count;
            let winner = self.random.below(u32::from(event.market_count)) as usize;
            settle.values[winner].set(10_000);
            self.apply(0, &bytes_of(&settle));
            self.finish_work();
            while self.pair.model.market(event.first_security_id).status == MarketStatus::Determined
            {
                self.pair.let_time_pass(WINDOW_MAX_NS);
                self.apply(0, &bytes_of(&TimerTick::new_zeroed()));
                self.finish_work();
            }
        }
        assert!(self.pair.model.positions.is_empty(), "settlement closes every position");
        assert!(self.pair.model.orders.is_empty(), "closing ends every order");
        let cash: Vec<(u32, i64)> =
            self.pair.model.accounts.iter().map(|(&it, account)| (it, account.cash)).collect();
        for (account, cash) in cash {
            let mut withdrawal = WithdrawalRequest::new_zeroed();
            withdrawal.account.set(account);
            withdrawal.amount.set(cash);
            self.apply(0, &bytes_of(&withdrawal));
        }
        assert_eq!(self.pair.model.total_cash(), 0, "everybody can be paid out");
        self.pair.check_state();
    }

    pub fn apply(&mut self, session_id: u32, bytes: &[u8]) {
        let before = self.pair.model.accepted_count;
        self.pair.apply(session_id, bytes);
        if self.pair.model.accepted_count > before
            && let Some(order) = self.pair.model.orders.last()
        {
            self.past_orders.push(order.order_id);
        }
    }

    fn finish_work(&mut self) {
        while self.pair.model.continuation_is_pending() {
            self.apply(0, &bytes_of(&Continue::new_zeroed()));
        }
    }

    fn set_up(&mut self) {
        for (key, firm_id, roles) in KEYS {
            let mut entitlement = EntitlementRequest::new_zeroed();
            entitlement.access_key_id.set(key);
            entitlement.firm_id.set(firm_id);
            entitlement.roles.set(roles);
            self.apply(0, &bytes_of(&entitlement));
        }
        for account in 1..=ACCOUNT_COUNT {
            let mut definition = AccountDefinitionRequest::new_zeroed();
            definition.account.set(account);
            definition.firm_id.set(account % 3 + 1);
            self.apply(0, &bytes_of(&definition));
            let mut deposit = DepositRequest::new_zeroed();
            deposit.account.set(account);
            let amount = 1 + self.random.below(self.deposit_max);
            deposit
                .amount
                .set(i64::from(amount) * if self.kind == Kind::Wide { 10_000 } else { 1 });
            self.apply(0, &bytes_of(&deposit));
        }
        for (market_count, exhaustive) in self.events_of_kind() {
            let mut definition = EventDefinitionRequest::new_zeroed();
            definition.market_count = market_count;
            definition.exhaustive = exhaustive;
            self.apply(0, &bytes_of(&definition));
        }
        for event_id in (1..).take(self.pair.model.events.len()) {
            let is_exhaustive = self.pair.model.event(event_id).expect("counted").is_exhaustive;
            let is_delaying = self.random.once_in(3);
            let is_cross_outcome = is_exhaustive && self.random.once_in(2);
            if is_cross_outcome || is_delaying {
                let mut parameters = EventParametersRequest::new_zeroed();
                parameters.event_id.set(event_id);
                parameters.velocity = EventVelocity::Medium.into();
                parameters.cross_outcome = u8::from(is_cross_outcome);
                let delay_ms = if is_delaying { self.random.pick(&[1, 3, 20]) } else { 0 };
                parameters.in_play_delay_ms.set(delay_ms);
                if is_exhaustive && self.random.once_in(2) {
                    self.collar(&mut parameters);
                }
                self.apply(0, &bytes_of(&parameters));
            }
            let mut open = SecurityStatusRequest::new_zeroed();
            open.event_id.set(event_id);
            open.status = MarketStatus::Open.into();
            open.in_play = u8::from(is_delaying);
            self.apply(0, &bytes_of(&open));
        }
        for session_id in [16, 17, 32, 48, 80, 96] {
            self.log_in(session_id);
        }
    }

    fn events_of_kind(&mut self) -> Vec<(u8, u8)> {
        match self.kind {
            Kind::Tiny => {
                let choices =
                    [[(2, 1), (1, 0)], [(3, 1), (1, 0)], [(2, 0), (2, 1)], [(1, 0), (3, 0)]];
                let mut events = self.random.pick(&choices).to_vec();
                if self.random.once_in(4) {
                    events = vec![(4, 1)];
                }
                events
            }
            Kind::Ordinary | Kind::Small => {
                let choices = [(2, 1), (3, 1), (4, 1), (2, 0), (3, 0), (1, 0)];
                let mut events = Vec::new();
                while events.iter().map(|&(count, _)| u32::from(count)).sum::<u32>() < 4 {
                    events.push(self.random.pick(&choices));
                }
                events.retain(|&(count, _)| count > 0);
                events
            }
            Kind::Wide => vec![(64, 1), (2, 1), (1, 0)],
            Kind::Lone => vec![(1, 0); 4],
        }
    }

    /// Negotiates and establishes with a version and time above all before.
    pub fn log_in(&mut self, session_id: u32) {
        let stored = self.pair.model.sessions.get(&session_id);
        let (version, timestamp_ns) =
            stored.map_or((0, 0), |session| (session.version, session.timestamp_ns));
        let mut negotiate = Negotiate::new_zeroed();
        negotiate.session_id.set(session_id);
        negotiate.access_key_id.set(session_id / 16);
        negotiate.session_version_id.set(version + 1);
        negotiate.timestamp_ns.set(timestamp_ns + 1);
        self.apply(session_id, &bytes_of(&negotiate));
        let mut establish = Establish::new_zeroed();
        establish.session_id.set(session_id);
        establish.next_seq_num.set(1);
        establish.session_version_id.set(version + 1);
        establish.timestamp_ns.set(timestamp_ns + 2);
        establish.keep_alive_interval_ms.set(1_000);
        self.apply(session_id, &bytes_of(&establish));
    }
}

fn limits_of(kind: Kind, random: &mut Random) -> Limits {
    let mut limits = Limits {
        accounts_max: ACCOUNT_COUNT + 1,
        events_max: random.between(6, 12),
        markets_max: random.between(10, 24),
        orders_max: random.pick(&[8, 30, 60, 100]),
        sessions_max: random.between(6, 8),
        access_keys_max: 6,
        cl_ord_id_window: random.pick(&[1, 3, 16, 64]),
        exposures_max: random.pick(&[8, 20, 64, 100]),
        sweep_trades_max: random.pick(&[1, 2, 5, 4_096]),
        work_max: random.pick(&[1, 3, 64]),
        shard: random.pick(&[0, 0, 7]),
        acknowledgement_level: u8::try_from(random.between(1, 4)).expect("a level"),
    };
    match kind {
        Kind::Ordinary | Kind::Lone => {}
        Kind::Small => limits.markets_max = 8,
        Kind::Tiny => limits.orders_max = 5,
        Kind::Wide => {
            limits.markets_max = 80;
            limits.orders_max = random.pick(&[900, 1_400]);
            limits.exposures_max = random.pick(&[130, 200]);
            limits.cl_ord_id_window = 2_000;
            limits.work_max = random.pick(&[1, 1, 2]);
        }
    }
    limits
}

/// No dispute window of a world is longer.
const WINDOW_MAX_NS: u64 = 30_000_000;
/// Accounts defined at the start; one more number is left free.
pub const ACCOUNT_COUNT: u32 = 7;
/// Access keys with their firm and roles.
const KEYS: [(u32, u32, u16); 6] = [
    (1, 1, ROLES_TRADER),
    (2, 2, ROLES_TRADER),
    (3, 3, ROLES_TRADER),
    (4, 1, ROLES_TRADER | ROLES_CASH_ADMIN | ROLES_ODDS_PROVIDER),
    (5, 9, ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN),
    (6, 2, ROLES_RISK | ROLES_REPLICA | ROLES_ODDS_PROVIDER),
];

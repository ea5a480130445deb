//! One engine and one model fed with the same commands, compared after each.

use std::collections::{BTreeMap, VecDeque};

use forecastle_engine::{CommandInput, EffectBuffer, Engine, EngineConfig};
use forecastle_proto_spec::{
    AccountReport, AcknowledgementLevel, ExchangeReport, MarketStatus, RECORD_LENGTH_MAX, Side,
    StateReportRequest, StateScope,
};
use zerocopy::FromZeros;

use super::coverage::Coverage;
use super::decode::describe;
use super::messages::{bytes_of, effects_of};
use super::order_lives::OrderLives;
use crate::model::{Command, Limits, Model};

/// One command as it was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    pub session_id: u32,
    pub sequencing_time_ns: u64,
    pub position: u64,
    pub bytes: Vec<u8>,
}

/// Engine and model of one world.
pub struct SideBySide {
    pub engine: Engine,
    pub model: Model,
    pub coverage: Coverage,
    /// When false, only effects and the pending mark are compared.
    pub checks_state: bool,
    /// Every command so far with its effects, when the caller asks for it.
    pub journal: Option<Vec<(Applied, Vec<u8>)>>,
    /// Nothing is printed when the comparison fails.
    pub is_silent: bool,
    lives: OrderLives,
    name: String,
    position: u64,
    now_ns: u64,
    buffer: Vec<u8>,
    history: VecDeque<(u64, Applied)>,
}

impl SideBySide {
    pub fn new(name: String, limits: Limits) -> Self {
        let engine = Engine::new(config_of(limits)).expect("the limits are in range");
        Self {
            engine,
            model: Model::new(limits),
            coverage: Coverage::default(),
            checks_state: true,
            journal: None,
            is_silent: false,
            lives: OrderLives::default(),
            name,
            position: 4096,
            now_ns: 1_700_000_000_000_000_000,
            buffer: vec![0; RECORD_LENGTH_MAX],
            history: VecDeque::new(),
        }
    }

    /// Applies one command to both; gives the effects.
    ///
    /// # Panics
    /// When engine and model differ, or an invariant is broken.
    pub fn apply(&mut self, session_id: u32, bytes: &[u8]) -> Vec<u8> {
        self.now_ns += self.coverage.commands % 3;
        let applied = Applied {
            session_id,
            sequencing_time_ns: self.now_ns,
            position: self.position,
            bytes: bytes.to_vec(),
        };
        if self.history.len() == HISTORY_LENGTH {
            self.history.pop_front();
        }
        self.history.push_back((self.coverage.commands, applied.clone()));
        self.model.state_digest = self.engine.state_digest();
        let work_was_pending = self.model.continuation_is_pending();
        let expected = self.model.apply(Command {
            session_id,
            sequencing_time_ns: applied.sequencing_time_ns,
            position: applied.position,
            bytes,
        });
        let got = run(&mut self.engine, &applied, &mut self.buffer);
        assert!(
            got == expected,
            "effects differ\n  expected\n{}  got\n{}",
            describe(&expected),
            describe(&got)
        );
        self.position += 32 + bytes.len().next_multiple_of(8) as u64 + got.len() as u64;
        self.coverage.note(&got);
        self.lives.follow(&got);
        if work_was_pending && session_id == 0 && bytes.get(2) == Some(&CONTINUE_TEMPLATE) {
            self.coverage.continued_steps += 1;
            self.coverage.turns += u64::from(self.model.last_turn.is_some());
        }
        assert_eq!(
            self.engine.continuation_is_pending(),
            self.model.continuation_is_pending(),
            "continuation is pending"
        );
        let next = self.engine.continuation();
        let next = next.map(|it| (it.session_id, it.request_id, it.seq_num));
        assert_eq!(next, self.model.continuation(), "the request that goes on");
        assert_eq!(
            self.engine.timer_is_due(self.now_ns),
            self.model.timer_is_due(self.now_ns),
            "a timer is due"
        );
        if self.checks_state {
            self.check_state();
        }
        if self.coverage.commands.is_multiple_of(SNAPSHOT_PERIOD) {
            self.go_on_from_snapshot();
        }
        self.coverage.enumerations = self.model.enumerations.get();
        if let Some(journal) = &mut self.journal {
            journal.push((applied, got.clone()));
        }
        got
    }

    /// Time of the next command, if it is the first of three.
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Lets the next command come later.
    pub fn let_time_pass(&mut self, duration_ns: u64) {
        self.now_ns += duration_ns;
    }

    /// Puts the engine through a snapshot: what comes out has the same digests and is compared with
    /// the model from here on.
    fn go_on_from_snapshot(&mut self) {
        let mut bytes = Vec::new();
        self.engine.encode_snapshot(&mut bytes);
        let decoded = Engine::decode_snapshot(&bytes, self.engine.state_digest());
        let decoded = decoded.expect("what was encoded is decoded");
        assert_eq!(decoded.state_digest(), self.engine.state_digest(), "state digest");
        assert_eq!(decoded.market_digest(), self.engine.market_digest(), "market digest");
        assert_eq!(decoded.config(), self.engine.config());
        decoded.check_invariants();
        let mut again = Vec::new();
        decoded.encode_snapshot(&mut again);
        assert!(bytes == again, "a decoded engine encodes to the same bytes");
        self.engine = decoded;
        self.coverage.snapshots += 1;
        self.coverage.snapshots_with_timers += u64::from(!self.model.timers().is_empty());
        self.coverage.snapshots_with_work += u64::from(self.engine.continuation_is_pending());
        let mut sessions = self.model.sessions.values();
        let has_grace = sessions.any(|session| session.on_end.grace.is_some());
        self.coverage.snapshots_with_graces += u64::from(has_grace);
        self.coverage.snapshots_with_blocks += u64::from(!self.model.blocks.is_empty());
        let is_waiting = self.model.orders.iter().any(|order| order.wait.is_some());
        self.coverage.snapshots_with_waits += u64::from(is_waiting);
    }

    /// Compares all balances and books, and checks every invariant.
    pub fn check_state(&mut self) {
        let state_digest = self.engine.state_digest();
        let accounts: Vec<u32> = self.model.accounts.keys().copied().collect();
        for account in accounts {
            let report: AccountReport = self.ask(StateScope::Account, account);
            let power = self.model.buying_power(account);
            assert_eq!(report.cash.get(), self.model.accounts[&account].cash, "cash of {account}");
            assert_eq!(report.buying_power.get(), power, "buying power of {account}");
            assert!(power >= 0, "buying power of {account} is {power}");
        }
        let report: ExchangeReport = self.ask(StateScope::Exchange, 0);
        assert_eq!(report.market_digest.get(), self.model.market_digest(), "market digest");
        assert_eq!(report.market_digest.get(), self.engine.market_digest(), "reported digest");
        assert_eq!(report.open_order_count.get() as usize, self.model.orders.len(), "live orders");
        let paid_in = i128::from(report.deposits.get()) - i128::from(report.withdrawals.get());
        let held = i128::from(report.cash.get())
            + i128::from(report.fees.get())
            + i128::from(report.settlement_pool.get());
        assert_eq!(paid_in, held, "deposits less withdrawals are cash, fees and pools");
        assert_eq!(self.engine.state_digest(), state_digest, "a report changes nothing");
        self.check_books_and_positions();
        self.lives.compare(&self.engine, self.model.orders.len());
        self.engine.check_invariants();
    }

    /// The model's state, which the market digest has proven to be the engine's.
    fn check_books_and_positions(&self) {
        let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
        for (&(_, security_id), lots) in &self.model.positions {
            *sums.entry(security_id).or_default() += lots;
        }
        for (security_id, market) in (1u32..).zip(&self.model.markets) {
            let sum = sums.get(&security_id).copied().unwrap_or(0);
            // What accounts hold of a market the house has sold, the same of every market.
            let event = self.model.event_of(security_id);
            let sets = sums.get(&event.first_security_id).copied().unwrap_or(0);
            let is_cross_outcome = event.parameters.cross_outcome == 1;
            assert!(
                (sum == sets && (sets == 0 || is_cross_outcome))
                    || market.status == MarketStatus::Settled,
                "positions in market {security_id} add up to {sum}"
            );
            let bids = self.model.resting(security_id, Side::Buy);
            let asks = self.model.resting(security_id, Side::Sell);
            if let (Some(bid), Some(ask)) = (bids.first(), asks.first()) {
                assert!(bid.price < ask.price, "book {security_id} is crossed: {bid:?} {ask:?}");
            }
        }
    }

    /// A report from the engine alone, outside the sequence of commands.
    fn ask<M: forecastle_proto_spec::Message>(&mut self, scope: StateScope, account: u32) -> M {
        let mut request = StateReportRequest::new_zeroed();
        request.scope = scope.into();
        request.account.set(account);
        let asked = Applied {
            session_id: 0,
            sequencing_time_ns: self.now_ns,
            position: self.position,
            bytes: bytes_of(&request),
        };
        let effects = run(&mut self.engine, &asked, &mut self.buffer);
        effects_of(&effects).first().copied().expect("the exchange may ask for everything")
    }
}

impl Drop for SideBySide {
    fn drop(&mut self) {
        if self.is_silent || !std::thread::panicking() {
            return;
        }
        eprintln!("{}: failed; the last commands were", self.name);
        for (index, applied) in &self.history {
            eprint!(
                "  command {index} of session {} at {}\n{}",
                applied.session_id,
                applied.position,
                describe(&applied.bytes)
            );
        }
    }
}

/// Applies one command to an engine; gives the effects.
pub fn run(engine: &mut Engine, applied: &Applied, buffer: &mut [u8]) -> Vec<u8> {
    let mut effects = EffectBuffer::new(buffer);
    let input = CommandInput {
        session_id: applied.session_id,
        sequencing_time_ns: applied.sequencing_time_ns,
        position: applied.position,
    };
    engine.apply(input, &applied.bytes, &mut effects);
    effects.bytes().to_vec()
}

/// The engine's configuration with these limits.
pub fn config_of(limits: Limits) -> EngineConfig {
    EngineConfig {
        accounts_max: limits.accounts_max,
        events_max: limits.events_max,
        markets_max: limits.markets_max,
        orders_max: limits.orders_max,
        sessions_max: limits.sessions_max,
        access_keys_max: limits.access_keys_max,
        cl_ord_id_window: limits.cl_ord_id_window,
        exposures_max: limits.exposures_max,
        sweep_trades_max: limits.sweep_trades_max,
        work_max: limits.work_max,
        shard: limits.shard,
        acknowledgement_level: AcknowledgementLevel::try_from(limits.acknowledgement_level)
            .expect("a level of the schema"),
    }
}

const HISTORY_LENGTH: usize = 20;
/// Commands between two snapshots.
const SNAPSHOT_PERIOD: u64 = 97;
const CONTINUE_TEMPLATE: u8 = 111;

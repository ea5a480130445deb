//! The engine: all state, one command at a time.

use forecastle_proto_spec::OrderId;

use crate::apply::EXCHANGE_SESSION_ID;
use crate::blocks::BlockTable;
use crate::catalogue::Catalogue;
use crate::client_order_ids::ClientOrderIds;
use crate::config::{ConfigError, EngineConfig};
use crate::configuration::{RULES_VERSION, configuration_digest};
use crate::entitlements::EntitlementTable;
use crate::events::EventTable;
use crate::ladder::Ladders;
use crate::ledger::Ledger;
use crate::order_table::{Order, OrderTable, OwnerTag};
use crate::protection::{PROTECTION_GROUPS_LIMIT, ProtectionTable};
use crate::quote_sets::{QUOTE_SETS_LIMIT, QuoteSetTable};
use crate::reference_odds::{OddsRequests, ReferenceOddsTable};
use crate::sessions::SessionTable;
use crate::state_digest::DigestSum;
use crate::timers::Timers;
use crate::work::WorkQueue;

/// The matching engine and ledger of one shard.
///
/// [`Engine::apply`] is the only way to change it, and what it does depends on nothing but the
/// configuration and the commands so far. Everything is allocated by [`Engine::new`].
#[derive(Debug)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) entitlements: EntitlementTable,
    pub(crate) sessions: SessionTable,
    pub(crate) client_order_ids: ClientOrderIds,
    pub(crate) ledger: Ledger,
    pub(crate) events: EventTable,
    pub(crate) orders: OrderTable,
    /// Books by security id.
    pub(crate) books: Ladders,
    pub(crate) work: WorkQueue,
    pub(crate) blocks: BlockTable,
    pub(crate) timers: Timers,
    pub(crate) quote_sets: QuoteSetTable,
    pub(crate) protection: ProtectionTable,
    pub(crate) reference_odds: ReferenceOddsTable,
    pub(crate) odds_requests: OddsRequests,
    pub(crate) catalogue: Catalogue,
    /// Sequencing time of the command that is being applied.
    pub(crate) sequencing_time_ns: u64,
    /// Of the configuration, which few commands change.
    pub(crate) configuration_digest: DigestSum,
    /// Of all that no order, cancel or replace changes: gathered behind every other command, so
    /// that those read one sum for it.
    seldom_digest: DigestSum,
}

impl Engine {
    /// An empty exchange. Allocates every table and touches all of its memory.
    ///
    /// # Errors
    /// The first field of `config` that is outside its range.
    pub fn new(config: EngineConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let quoting_max = config.sessions_max.saturating_mul(QUOTING_PER_SESSION);
        let sets_max = quoting_max.min(QUOTE_SETS_LIMIT);
        let mut engine = Self {
            config,
            entitlements: EntitlementTable::new(config.access_keys_max),
            sessions: SessionTable::new(config.sessions_max, config.access_keys_max),
            client_order_ids: ClientOrderIds::new(config.sessions_max, config.cl_ord_id_window),
            ledger: Ledger::new(config.accounts_max, config.exposures_max, config.events_max),
            events: EventTable::new(config.events_max, config.markets_max),
            orders: OrderTable::new(
                config.orders_max,
                config.shard,
                config.sessions_max,
                config.markets_max,
            ),
            books: Ladders::new(config.markets_max + 1, PRICE_TICKS, config.orders_max),
            work: WorkQueue::new(config.work_max, config.sessions_max),
            blocks: BlockTable::new(),
            timers: Timers::new(config.orders_max, config.events_max, config.sessions_max),
            quote_sets: QuoteSetTable::new(sets_max, config.access_keys_max),
            protection: ProtectionTable::new(quoting_max.min(PROTECTION_GROUPS_LIMIT)),
            reference_odds: ReferenceOddsTable::new(config.events_max),
            odds_requests: OddsRequests::new(),
            catalogue: Catalogue::new(config.accounts_max),
            sequencing_time_ns: 0,
            configuration_digest: configuration_digest(&config, RULES_VERSION),
            seldom_digest: DigestSum::default(),
        };
        engine.gather_seldom_digest();
        Ok(engine)
    }

    /// Hashes the ids that clients choose by `key` from now on. Whoever runs the engine for clients
    /// gives a number that nobody can guess, so that no choice of ids makes it slow; no effect and
    /// no digest depends on it. O(ClOrdIDs of all windows).
    pub fn key_hashes(&mut self, key: u64) {
        self.client_order_ids.key_hash(key);
    }

    /// The limits it was made with.
    #[must_use]
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// The incremental digest of all state. O(1).
    #[inline]
    #[must_use]
    pub fn state_digest(&self) -> u64 {
        self.sessions
            .digest()
            .join(self.client_order_ids.digest())
            .join(self.ledger.digest())
            .join(self.events.digest())
            .join(self.orders.digest())
            .join(self.work.digest())
            .join(self.timers.digest())
            .join(self.quote_sets.digest())
            .join(self.protection.digest())
            .join(self.seldom_digest)
            .value()
    }

    /// Gathers the digests of what seldom commands change, behind one of them.
    pub(crate) fn gather_seldom_digest(&mut self) {
        self.seldom_digest = self
            .entitlements
            .digest()
            .join(self.blocks.digest())
            .join(self.reference_odds.digest())
            .join(self.odds_requests.digest())
            .join(self.catalogue.digest())
            .join(self.configuration_digest);
    }

    /// Whether a sweep, a pay-out or the end of blocked quotes is unfinished: the sequencer then
    /// sends `Continue` commands, with
    /// others between as it likes.
    #[inline]
    #[must_use]
    pub fn continuation_is_pending(&self) -> bool {
        !self.work.is_empty() || self.quote_sets.has_blocked()
    }

    /// The request whose sweep or pay-out goes on next, for the sequencer to name in `Continue`;
    /// the exchange itself for blocked quotes.
    #[must_use]
    pub fn continuation(&self) -> Option<Requester> {
        if self.quote_sets.has_blocked() {
            return Some(Requester { session_id: EXCHANGE_SESSION_ID, request_id: 0, seq_num: 0 });
        }
        let origin = self.work.next()?.origin();
        Some(Requester {
            session_id: origin.session_id,
            request_id: origin.request_id,
            seq_num: origin.seq_num,
        })
    }

    /// Whether a timer is due at a time: the sequencer then sends `TimerTick` commands, with others
    /// between as it likes. O(1).
    #[inline]
    #[must_use]
    pub fn timer_is_due(&self, now_ns: u64) -> bool {
        self.timers.is_due(now_ns)
    }

    /// The millisecond since 1970 at which the first timer is due, for the sequencer to name in
    /// `TimerTick`.
    #[must_use]
    pub fn first_timer_due_ms(&self) -> Option<u64> {
        self.timers.first_due_ms()
    }

    /// The state digest by a walk over all state.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        self.entitlements
            .digest()
            .join(self.sessions.walked_digest())
            .join(self.client_order_ids.walked_digest())
            .join(self.ledger.walked_digest())
            .join(self.events.walked_digest())
            .join(self.orders.walked_digest(|order| self.account_of(order)))
            .join(self.work.walked_digest())
            .join(self.blocks.walked_digest())
            .join(self.timers.walked_digest())
            .join(self.quote_sets.walked_digest())
            .join(self.protection.walked_digest())
            .join(self.reference_odds.walked_digest())
            .join(self.odds_requests.walked_digest())
            .join(self.catalogue.walked_digest())
            .join(configuration_digest(&self.config, RULES_VERSION))
    }

    /// The account of an order.
    #[inline]
    pub(crate) fn account_of(&self, order: &Order) -> u32 {
        self.ledger.exposures.account(order.exposure)
    }

    /// The firm of an order.
    #[inline]
    pub(crate) fn firm_of(&self, order: &Order) -> u32 {
        self.ledger.accounts.account(self.account_of(order)).firm_id
    }

    /// Who owns an order, for the index of slots.
    #[inline]
    pub(crate) fn owner_of(&self, order: &Order) -> OwnerTag {
        let event_id = self.ledger.exposures.event_id(order.exposure);
        let session_id = self.sessions.session(order.session).session_id;
        OwnerTag::new(self.firm_of(order), session_id, event_id, self.account_of(order))
    }

    /// The live order that an id names.
    #[inline]
    pub(crate) fn find_order(&self, order_id: u64) -> Option<u32> {
        self.orders.find(OrderId::from_wire(order_id))
    }

    /// What an account can still put at risk: cash plus the worst case of every event, where an
    /// event that is being paid out counts what it is sure to pay. O(1) save for such events.
    #[inline]
    pub(crate) fn buying_power(&self, account: u32) -> i64 {
        let buying_power = self.ledger.worst_case(account);
        if self.work.has_pay_outs() {
            let gain = i64::try_from(self.unpaid_gain(account));
            return buying_power + gain.expect("the bound on lots keeps values in range");
        }
        buying_power
    }

    /// What events that are being paid out are sure to pay an account above their worst cases.
    pub(crate) fn unpaid_gain(&self, account: u32) -> i128 {
        let mut gain = 0;
        for event_id in self.work.events_unpaid(account) {
            if let Some(row) = self.ledger.find_pair(account, event_id) {
                let event = self.events.event(event_id);
                for (state, security_id) in (0..).zip(event.security_ids()) {
                    let value = i128::from(self.events.market(security_id).settlement_price());
                    gain += i128::from(self.ledger.exposures.stake(row, state).lots) * value;
                }
                gain -= i128::from(self.ledger.exposures.minimum(row));
            }
        }
        gain
    }

    /// # Panics
    /// When an account could end with less than nothing.
    #[inline]
    pub(crate) fn assert_solvent(&self, account: u32) {
        assert!(self.buying_power(account) >= 0, "every account covers its worst case");
    }
}

/// Who began a sweep or pay-out, and under which numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requester {
    /// Session; 0 for the exchange itself.
    pub session_id: u32,
    /// `request_id` or `cl_ord_id` of the request.
    pub request_id: u64,
    /// Its number in the session's flow.
    pub seq_num: u32,
}

/// Quote sets and protection groups for each session that there may be.
const QUOTING_PER_SESSION: u32 = 4;
/// Ticks of a book: the price is the tick, and 0 is not used.
const PRICE_TICKS: u32 = 10_000;

//! The naive model of the engine, written from `docs/engine-rules.md` alone.
//!
//! It shares nothing with the engine but the message types. Everything is a `Vec` or a `BTreeMap`,
//! and whatever can be recomputed is recomputed each time: books are sorted when they are needed,
//! holds are summed from the open orders, digests walk the whole state. It is meant to be obviously
//! right; its speed does not matter.

#![allow(dead_code, reason = "each test binary uses its part of the model")]

pub mod accounts;
pub mod book;
pub mod catalogue;
pub mod cross_outcome;
pub mod determination;
pub mod digest;
pub mod disconnects;
pub mod effects;
pub mod event_parameters;
pub mod guards;
pub mod harness;
pub mod in_play_delay;
pub mod ledger;
pub mod limits;
pub mod markets;
pub mod order_status;
pub mod orders;
pub mod protection;
pub mod quotes;
pub mod reference_odds;
pub mod replaces;
pub mod sessions;
pub mod settlement;
pub mod sweeps;
pub mod tick_tables;
pub mod timers;

use std::collections::{BTreeMap, BTreeSet};

use forecastle_proto_spec::{
    EngineConfiguration, Establish, Frame, FrameError, MESSAGE_HEADER_LENGTH, MassQuote, Negotiate,
    RejectCode, Terminate,
};

use self::accounts::Account;
use self::book::{Freelist, Order};
use self::catalogue::Series;
use self::effects::Effects;
use self::guards::Block;
use self::markets::{Event, Market};
use self::protection::Group;
use self::quotes::QuoteSet;
use self::reference_odds::Odds;
use self::sessions::{Entitlement, Request, Session};
use self::sweeps::{Owner, Work};

/// The limits of `docs/engine-rules.md` §1, and the level named in each establishment.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub accounts_max: u32,
    pub events_max: u32,
    pub markets_max: u32,
    pub orders_max: u32,
    pub sessions_max: u32,
    pub access_keys_max: u32,
    pub cl_ord_id_window: u32,
    pub exposures_max: u32,
    pub sweep_trades_max: u32,
    pub work_max: u32,
    pub shard: u8,
    pub acknowledgement_level: u8,
}

/// One command as it was sequenced.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    pub session_id: u32,
    pub sequencing_time_ns: u64,
    pub position: u64,
    pub bytes: &'a [u8],
}

/// The whole exchange.
pub struct Model {
    pub limits: Limits,
    pub accounts: BTreeMap<u32, Account>,
    /// Position in lots by account and market; zero is not kept.
    pub positions: BTreeMap<(u32, u32), i64>,
    /// Account and event pairs that hold a place in the exposure table.
    pub exposures: BTreeSet<(u32, u32)>,
    /// Every live order, resting or incoming, in no order.
    pub orders: Vec<Order>,
    pub freelist: Freelist,
    /// Event `i` has id `i + 1`, market `i` likewise.
    pub events: Vec<Event>,
    pub markets: Vec<Market>,
    pub sessions: BTreeMap<u32, Session>,
    pub entitlements: BTreeMap<u32, Entitlement>,
    pub work: Vec<Work>,
    /// Whose turn was last, when it matters.
    pub last_turn: Option<Owner>,
    pub blocks: Vec<Block>,
    /// Limits on position, worst loss and cost of an order, of accounts that have one.
    pub account_limits: BTreeMap<u32, [i64; 3]>,
    /// Paid less received for trades by account and event, where the worst loss is limited.
    pub paid: BTreeMap<(u32, u32), i64>,
    pub work_count: u64,
    pub last_priority: u64,
    pub accepted_count: u64,
    /// Timers ever armed.
    pub arming_count: u64,
    /// In the order of their first definitions.
    pub quote_sets: Vec<QuoteSet>,
    pub protection_groups: Vec<Group>,
    /// By event.
    pub odds: BTreeMap<u32, Odds>,
    /// Key, request id and event of every request about odds that was applied.
    pub odds_requests: Vec<(u32, u64, u32)>,
    pub categories: BTreeSet<u16>,
    pub series: BTreeMap<u16, Series>,
    /// Firm by user.
    pub users: BTreeMap<u32, u32>,
    /// Groups that traded in the current command, in the order of their first trades.
    pub traded_groups: Vec<(u32, u16)>,
    pub fees: i64,
    pub deposits: i64,
    pub withdrawals: i64,
    /// State digest that the engine gave before the current command; the model does not know it.
    pub state_digest: u64,
    /// Most combinations of fills that buying power is checked over by enumeration.
    pub enumeration_max: usize,
    /// Buying powers found by enumeration, to show that it was done.
    pub enumerations: std::cell::Cell<u64>,
}

impl Model {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            accounts: BTreeMap::new(),
            positions: BTreeMap::new(),
            exposures: BTreeSet::new(),
            orders: Vec::new(),
            freelist: Freelist::new(limits),
            events: Vec::new(),
            markets: Vec::new(),
            sessions: BTreeMap::new(),
            entitlements: BTreeMap::new(),
            work: Vec::new(),
            last_turn: None,
            blocks: Vec::new(),
            account_limits: BTreeMap::new(),
            paid: BTreeMap::new(),
            work_count: 0,
            last_priority: 0,
            accepted_count: 0,
            arming_count: 0,
            quote_sets: Vec::new(),
            protection_groups: Vec::new(),
            odds: BTreeMap::new(),
            odds_requests: Vec::new(),
            categories: BTreeSet::new(),
            series: BTreeMap::new(),
            users: BTreeMap::new(),
            traded_groups: Vec::new(),
            fees: 0,
            deposits: 0,
            withdrawals: 0,
            state_digest: 0,
            enumeration_max: 0,
            enumerations: std::cell::Cell::new(0),
        }
    }

    /// Applies one command; gives its effects, encoded one behind the other.
    pub fn apply(&mut self, command: Command<'_>) -> Vec<u8> {
        let mut effects = Effects::new(command);
        match Frame::parse(command.bytes) {
            Err(error) => self.refuse_bytes(command.bytes, code_of(error), &mut effects),
            Ok((_, [_, ..])) => {
                self.refuse_bytes(command.bytes, RejectCode::MalformedLength, &mut effects);
            }
            Ok((frame, [])) => self.apply_frame(command.session_id, frame, &mut effects),
        }
        self.protect(&mut effects);
        effects.bytes
    }

    /// True when a `Continue` would do something.
    pub fn continuation_is_pending(&self) -> bool {
        !self.work.is_empty() || self.has_blocked()
    }

    fn apply_frame(&mut self, session_id: u32, frame: Frame<'_>, effects: &mut Effects) {
        let request = Request::of(session_id, frame);
        match frame.template_id {
            1 | 4 | 8 if session_id == 0 || session_id != session_named(frame) => {
                effects.business_reject(&request, RejectCode::NotEntitled);
            }
            1 => self.negotiate(body(frame), effects),
            4 => self.establish(body(frame), effects),
            8 => self.terminate(body(frame), effects),
            20..=29 | 43 if session_id == 0 => {
                effects.business_reject(&request, RejectCode::NotEntitled);
            }
            20..=40 | 43..=49 | 130 => {
                if self.number_is_usable(&request, effects) && self.role_is_held(&request, effects)
                {
                    self.apply_request(&request, frame, effects);
                }
            }
            111 if session_id == 0 => self.continue_work(effects),
            115 if session_id == 0 => self.tick(effects),
            112 if session_id == 0 => self.session_disconnected(body(frame), effects),
            113 if session_id == 0 => self.configure(&request, body(frame), effects),
            _ => effects.business_reject(&request, RejectCode::NotAClientMessage),
        }
    }

    fn apply_request(&mut self, request: &Request, frame: Frame<'_>, effects: &mut Effects) {
        let outcome = match frame.template_id {
            20 => return self.new_order(request, body(frame), effects),
            21 => return self.replace(request, body(frame), effects),
            22 => return self.cancel(request, body(frame), effects),
            23 => return self.mass_action(request, body(frame), effects),
            27 => self.order_status(request, body(frame), effects),
            28 => self.mass_status(request, body(frame), effects),
            30 => self.define_event(request, body(frame), effects),
            31 => self.change_status(request, body(frame), effects),
            32 => self.settle(request, body(frame), effects),
            33 => self.define_account(request, body(frame), effects),
            34 => self.deposit(request, body(frame), effects),
            35 => self.withdraw(request, body(frame), effects),
            36 => self.entitle(request, body(frame), effects),
            37 => self.end_day(request, effects),
            44 => self.change_odds(request, body(frame), effects),
            48 => self.define_category(request, body(frame), effects),
            49 => self.define_series(request, body(frame), effects),
            130 => self.define_user(request, body(frame), effects),
            45 => self.dispute(request, body(frame), effects),
            46 => self.set_tick_table(request, body(frame), effects),
            24 => {
                let entries = frame.entries::<MassQuote>().expect("the template was matched");
                return self.mass_quote(request, body(frame), entries, effects);
            }
            25 => return self.cancel_quote_set(request, body(frame), effects),
            26 => self.define_quote_set(request, body(frame), effects),
            29 => self.limit_protection(request, body(frame), effects),
            43 => self.reset_protection(request, body(frame), effects),
            47 => self.set_event_parameters(request, body(frame), effects),
            38 => self.kill_switch(request, body(frame), effects),
            39 => self.limit_account(request, body(frame), effects),
            _ => self.report_state(request, body(frame), effects),
        };
        if let Err(code) = outcome {
            effects.business_reject(request, code);
        }
    }

    /// `EngineConfiguration`: only the acknowledgement level may differ from what is in force.
    fn configure(
        &mut self,
        request: &Request,
        message: &EngineConfiguration,
        effects: &mut Effects,
    ) {
        let Limits { acknowledgement_level: _, shard, .. } = self.limits;
        let numbers = [
            (message.accounts_max, self.limits.accounts_max),
            (message.events_max, self.limits.events_max),
            (message.markets_max, self.limits.markets_max),
            (message.orders_max, self.limits.orders_max),
            (message.sessions_max, self.limits.sessions_max),
            (message.access_keys_max, self.limits.access_keys_max),
            (message.cl_ord_id_window, self.limits.cl_ord_id_window),
            (message.exposures_max, self.limits.exposures_max),
            (message.sweep_trades_max, self.limits.sweep_trades_max),
            (message.work_max, self.limits.work_max),
            (message.rules_version, 2),
        ];
        let is_same = numbers.iter().all(|(asked, held)| asked.get() == *held);
        if !is_same || message.shard != shard || !(1..=4).contains(&message.acknowledgement_level) {
            return effects.business_reject(request, RejectCode::ConfigurationMismatch);
        }
        self.limits.acknowledgement_level = message.acknowledgement_level;
    }

    fn refuse_bytes(&self, bytes: &[u8], code: RejectCode, effects: &mut Effects) {
        let template_id = match bytes {
            [_, _, low, high, ..] if bytes.len() >= MESSAGE_HEADER_LENGTH => {
                u16::from_le_bytes([*low, *high])
            }
            _ => 0,
        };
        effects.business_reject(&Request::unreadable(template_id), code);
    }
}

fn body<M: forecastle_proto_spec::Message>(frame: Frame<'_>) -> &M {
    frame.body().expect("the template was matched")
}

/// The session that a session message names.
fn session_named(frame: Frame<'_>) -> u32 {
    let negotiate = frame.body().map(|message: &Negotiate| message.session_id);
    let establish = frame.body().map(|message: &Establish| message.session_id);
    let terminate = frame.body().map(|message: &Terminate| message.session_id);
    negotiate.or(establish).or(terminate).expect("only session messages are asked").get()
}

fn code_of(error: FrameError) -> RejectCode {
    match error {
        FrameError::Truncated | FrameError::BlockLength | FrameError::GroupCount => {
            RejectCode::MalformedLength
        }
        FrameError::UnknownSchema => RejectCode::UnknownSchema,
        FrameError::UnsupportedVersion => RejectCode::UnsupportedVersion,
        FrameError::UnknownTemplate => RejectCode::UnknownTemplate,
    }
}

//! What a run has met, so that the generator cannot go blind.

use std::collections::{BTreeMap, BTreeSet};

use forecastle_proto_spec::{
    BusinessMessageReject, EstablishmentReject, ExecutionReportRejected, Frame, OrderCancelReject,
};
use forecastle_proto_spec::{
    CancelReason, MarketMakerProtectionTriggered, MarketStatus, MassQuoteAck, Message,
    NegotiationReject, OrderCancelled, OrderPending, OrderReleased, OrderReplaced,
    PriceLimitsChanged, ProtectionCause, REFERENCE_JUMP_REASON, ReferenceOddsReport,
    ReferenceOddsStatus, RejectCode, SecurityStatusReport, Trade,
};

use super::messages::frames_of;

/// Counts over a whole run.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub commands: u64,
    pub enumerations: u64,
    /// Commands by template that were read as messages.
    pub rejects: BTreeMap<u16, u64>,
    pub effects: BTreeMap<u16, u64>,
    pub cancel_reasons: BTreeMap<u16, u64>,
    /// Statuses that markets came to.
    pub statuses: BTreeMap<u16, u64>,
    /// Replaces that kept their priority, and those that did not.
    pub replaces: [u64; 2],
    /// Continuations that found work.
    pub continued_steps: u64,
    /// Those behind which work of another owner was next.
    pub turns: u64,
    /// Times that the engine went on from a snapshot.
    pub snapshots: u64,
    /// Those with unfinished work in them.
    pub snapshots_with_work: u64,
    /// Those while trading was suspended somewhere.
    pub snapshots_with_blocks: u64,
    /// Those with armed timers in them.
    pub snapshots_with_timers: u64,
    /// Those with orders that wait for the in-play delay.
    pub snapshots_with_waits: u64,
    pub self_trades: u64,
    /// Those while a lost session had time to come back.
    pub snapshots_with_graces: u64,
    /// Orders that mass quotes ended by self-match prevention.
    pub quotes_prevented: u64,
    /// Quotes that kept their place in a mass quote.
    pub quotes_kept: u64,
    /// Reference odds by what they came to be.
    pub odds: BTreeMap<u8, u64>,
    /// Requests about odds that were applied before.
    pub odds_repeated: u64,
    /// Markets that a jump of the odds paused.
    pub jumps: u64,
    /// Limits told around a reference price.
    pub collars: u64,
    /// Orders in a book that ended by a halt.
    pub halted_in_book: u64,
    /// Orders that wait for the in-play delay.
    waiting: BTreeSet<u64>,
    /// Why such ended before they came in.
    pub waits_ended: BTreeMap<u16, u64>,
    /// Such that shrank.
    pub waits_shrunk: u64,
    /// Protections by cause.
    pub causes: BTreeMap<u8, u64>,
}

impl Coverage {
    pub fn note(&mut self, effects: &[u8]) {
        self.commands += 1;
        let frames = frames_of(effects);
        if frames.last().is_some_and(|frame| frame.template_id == MassQuoteAck::TEMPLATE_ID) {
            let is_prevented = |frame: &&Frame<'_>| {
                let cancelled = frame.body::<OrderCancelled>();
                cancelled.is_some_and(|it| it.reason.get() == CancelReason::SelfMatch.into())
            };
            self.quotes_prevented += frames.iter().filter(is_prevented).count() as u64;
        }
        for frame in frames {
            *self.effects.entry(frame.template_id).or_default() += 1;
            let code = None
                .or(frame.body().map(|reject: &NegotiationReject| reject.reject_code))
                .or(frame.body().map(|reject: &EstablishmentReject| reject.reject_code))
                .or(frame.body().map(|reject: &ExecutionReportRejected| reject.reject_code))
                .or(frame.body().map(|reject: &OrderCancelReject| reject.reject_code))
                .or(frame.body().map(|reject: &BusinessMessageReject| reject.reject_code));
            if let Some(code) = code {
                *self.rejects.entry(code.get()).or_default() += 1;
            }
            if let Some(ack) = frame.body::<MassQuoteAck>() {
                match ack.reject_code.get() {
                    0 => self.quotes_kept += u64::from(ack.kept_count.get()),
                    code => *self.rejects.entry(code).or_default() += 1,
                }
            }
            if let Some(triggered) = frame.body::<MarketMakerProtectionTriggered>() {
                *self.causes.entry(triggered.cause).or_default() += 1;
            }
            self.note_wait(&frame);
            if let Some(cancelled) = frame.body::<OrderCancelled>() {
                *self.cancel_reasons.entry(cancelled.reason.get()).or_default() += 1;
                let is_halted = cancelled.reason.get() == CancelReason::MarketHalted.into();
                self.halted_in_book += u64::from(is_halted && cancelled.was_resting == 1);
            }
            if let Some(report) = frame.body::<SecurityStatusReport>() {
                *self.statuses.entry(report.status.into()).or_default() += 1;
                self.jumps += u64::from(report.reason.get() == REFERENCE_JUMP_REASON);
            }
            if let Some(report) = frame.body::<ReferenceOddsReport>() {
                *self.odds.entry(report.status).or_default() += 1;
                self.odds_repeated += u64::from(report.already_applied);
            }
            if let Some(limits) = frame.body::<PriceLimitsChanged>() {
                self.collars += u64::from(limits.reference_price.get() != 0);
            }
            if let Some(replaced) = frame.body::<OrderReplaced>() {
                self.replaces[usize::from(replaced.priority_kept)] += 1;
            }
            if let Some(trade) = frame.body::<Trade>() {
                self.self_trades += u64::from(trade.resting_account == trade.aggressor_account);
            }
        }
    }

    fn note_wait(&mut self, frame: &Frame<'_>) {
        if let Some(pending) = frame.body::<OrderPending>() {
            self.waiting.insert(pending.order_id.get());
        } else if let Some(released) = frame.body::<OrderReleased>() {
            self.waiting.remove(&released.order_id.get());
        } else if let Some(cancelled) = frame.body::<OrderCancelled>() {
            if self.waiting.remove(&cancelled.order_id.get()) {
                *self.waits_ended.entry(cancelled.reason.get()).or_default() += 1;
            }
        } else if let Some(replaced) = frame.body::<OrderReplaced>() {
            self.waits_shrunk += u64::from(replaced.is_pending);
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        self.enumerations += other.enumerations;
        for (mine, others) in [
            (&mut self.rejects, &other.rejects),
            (&mut self.effects, &other.effects),
            (&mut self.cancel_reasons, &other.cancel_reasons),
            (&mut self.statuses, &other.statuses),
            (&mut self.waits_ended, &other.waits_ended),
        ] {
            for (&key, &count) in others {
                *mine.entry(key).or_default() += count;
            }
        }
        self.replaces[0] += other.replaces[0];
        self.replaces[1] += other.replaces[1];
        self.continued_steps += other.continued_steps;
        self.turns += other.turns;
        self.snapshots += other.snapshots;
        self.snapshots_with_work += other.snapshots_with_work;
        self.snapshots_with_blocks += other.snapshots_with_blocks;
        self.snapshots_with_timers += other.snapshots_with_timers;
        self.snapshots_with_waits += other.snapshots_with_waits;
        self.snapshots_with_graces += other.snapshots_with_graces;
        self.quotes_prevented += other.quotes_prevented;
        self.self_trades += other.self_trades;
        self.quotes_kept += other.quotes_kept;
        for (&status, &count) in &other.odds {
            *self.odds.entry(status).or_default() += count;
        }
        self.odds_repeated += other.odds_repeated;
        self.jumps += other.jumps;
        self.collars += other.collars;
        self.waits_shrunk += other.waits_shrunk;
        self.halted_in_book += other.halted_in_book;
        for (&cause, &count) in &other.causes {
            *self.causes.entry(cause).or_default() += count;
        }
    }

    /// One paragraph of figures.
    pub fn summary(&self) -> String {
        let trades = self.effects.get(&Trade::TEMPLATE_ID).copied().unwrap_or(0);
        let rejects: Vec<String> = self
            .rejects
            .iter()
            .filter_map(|(&code, count)| {
                RejectCode::try_from(code).ok().map(|code| format!("{code:?} {count}"))
            })
            .collect();
        format!(
            "{} commands, {trades} trades ({} with itself), {} replaces with and {} without \
             priority, {} continued steps ({} of turns), {} buying powers enumerated, effects by \
             template {:?}, cancels by reason {:?}, those of waiting orders {:?}, {} in a book by a halt, {} \
             rejects by code: {}",
            self.commands,
            self.self_trades,
            self.replaces[1],
            self.replaces[0],
            self.continued_steps,
            self.turns,
            self.enumerations,
            self.effects,
            self.cancel_reasons,
            self.waits_ended,
            self.halted_in_book,
            self.rejects.values().sum::<u64>(),
            rejects.join(", ")
        )
    }

    /// Everything that a whole run must meet and this one did not.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for code in RejectCode::ALL {
            let is_elsewhere = NOT_BY_THE_ENGINE.contains(&code) || BY_ANOTHER_TEST.contains(&code);
            if !is_elsewhere && !self.rejects.contains_key(&code.into()) {
                missing.push(format!("reject {code:?}"));
            }
        }
        for template_id in EFFECT_TEMPLATES {
            if !self.effects.contains_key(&template_id) {
                missing.push(format!("effect of template {template_id}"));
            }
        }
        for reason in CancelReason::ALL {
            if !self.cancel_reasons.contains_key(&reason.into()) {
                missing.push(format!("cancel for {reason:?}"));
            }
        }
        for reason in ENDS_OF_A_WAIT {
            if !self.waits_ended.contains_key(&reason.into()) {
                missing.push(format!("end of a waiting order for {reason:?}"));
            }
        }
        for status in MarketStatus::ALL {
            if !self.statuses.contains_key(&u8::from(status).into()) {
                missing.push(format!("market that became {status:?}"));
            }
        }
        for cause in ProtectionCause::ALL {
            if !self.causes.contains_key(&cause.into()) {
                missing.push(format!("protection for {cause:?}"));
            }
        }
        for status in ReferenceOddsStatus::ALL {
            if !self.odds.contains_key(&status.into()) {
                missing.push(format!("odds that became {status:?}"));
            }
        }
        let counts = [
            ("request about odds that came again", self.odds_repeated),
            ("market paused by a jump", self.jumps),
            ("limits around a reference", self.collars),
            ("replace without priority", self.replaces[0]),
            ("replace with priority", self.replaces[1]),
            ("continued step", self.continued_steps),
            ("turn of one owner among others", self.turns),
            ("snapshot", self.snapshots),
            ("snapshot with unfinished work", self.snapshots_with_work),
            ("snapshot with a block", self.snapshots_with_blocks),
            ("snapshot with armed timers", self.snapshots_with_timers),
            ("snapshot within a grace", self.snapshots_with_graces),
            ("self-match prevention of quotes", self.quotes_prevented),
            ("trade of an account with itself", self.self_trades),
            ("enumeration", self.enumerations),
            ("quote that keeps its place", self.quotes_kept),
            ("waiting order that shrinks", self.waits_shrunk),
            ("resting order that ended by a halt", self.halted_in_book),
            ("snapshot with a waiting order", self.snapshots_with_waits),
        ];
        missing.extend(counts.iter().filter(|(_, count)| *count == 0).map(|(it, _)| (*it).into()));
        missing
    }
}

/// Codes that only the gateway gives.
const NOT_BY_THE_ENGINE: [RejectCode; 6] = [
    RejectCode::TimestampOutOfWindow,
    RejectCode::Busy,
    RejectCode::UnsupportedField,
    RejectCode::RetransmitOutOfRange,
    RejectCode::RetransmitInProgress,
    RejectCode::RetransmitUnavailable,
];
/// It takes 131,072 orders, 129 blocks of a firm, 28 quote sets or 128 markets to reach;
/// `against_model_bounds.rs` and `rules/quotes.rs` do.
const BY_ANOTHER_TEST: [RejectCode; 5] = [
    RejectCode::HoldOverflow,
    RejectCode::BlockTableFull,
    RejectCode::QuoteSetTableFull,
    RejectCode::QuoteSetFull,
    RejectCode::ProtectionTableFull,
];
/// Why an order may end before its wait does, or at its end.
const ENDS_OF_A_WAIT: [CancelReason; 13] = [
    CancelReason::UserRequest,
    CancelReason::MassAction,
    CancelReason::MarketClosed,
    CancelReason::DayEnded,
    CancelReason::ReplacedBelowExecuted,
    CancelReason::Expired,
    CancelReason::MarketHalted,
    CancelReason::Disconnected,
    CancelReason::Suspended,
    CancelReason::Protection,
    CancelReason::QuoteReplaced,
    CancelReason::QuoteCancelled,
    CancelReason::ReduceOnly,
];
/// Every effect that the engine writes.
const EFFECT_TEMPLATES: [u16; 44] = [
    2, 3, 5, 6, 8, 9, 53, 54, 55, 56, 57, 60, 61, 62, 63, 64, 65, 66, 67, 68, 71, 72, 73, 75, 76,
    77, 78, 79, 100, 101, 102, 103, 104, 105, 106, 107, 108, 116, 117, 131, 132, 133, 134, 135,
];

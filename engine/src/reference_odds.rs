//! Reference odds: what an outside provider says an exhaustive event of two or three outcomes is
//! worth. They set the collar of each market, and pause the markets when they jump; nothing needs
//! them.

mod normalised;
mod requests;
mod snapshot;

use forecastle_proto_spec::{
    Digest, MarketStatus, MassActionScope, OddsAction, REFERENCE_JUMP_REASON, ROLES_MARKET_ADMIN,
    ROLES_ODDS_PROVIDER, ReferenceOddsReport, ReferenceOddsRequest, ReferenceOddsStatus,
    RejectCode, access_key_of,
};
use forecastle_runtime::memory::Arena;

use self::normalised::Normalised;
pub(crate) use self::requests::OddsRequests;
use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::memory_table::MemoryUse;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::state_digest::{DigestSum, Domain, pair};
use crate::timers::{Timer, Timers};
use crate::work::Owner;

/// The reference odds of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReferenceOdds {
    /// Nothing before the event had any.
    status: Option<ReferenceOddsStatus>,
    /// The provider: the key that created them, 0 for the exchange itself.
    access_key_id: u32,
    /// How often odds of the event were created, updated or deleted.
    change_count: u32,
    /// Decimal odds, thousandths; 0 behind the last outcome. Of deleted ones the last.
    odds: [u32; ODDS_MAX],
    /// Follows from the odds.
    normalised: Normalised,
    /// Sequencing time of the last of them, nanoseconds since 1970.
    updated_ns: u64,
}

impl ReferenceOdds {
    /// Of an event that never had any. They have no piece in the digest.
    const NONE: Self = Self {
        status: None,
        access_key_id: 0,
        change_count: 0,
        odds: [0; ODDS_MAX],
        normalised: Normalised::NONE,
        updated_ns: 0,
    };

    /// Whether the event has a reference.
    fn are_live(&self) -> bool {
        use ReferenceOddsStatus::{Live, Stale};
        matches!(self.status, Some(Live | Stale))
    }

    pub(crate) fn are_stale(&self) -> bool {
        self.status == Some(ReferenceOddsStatus::Stale)
    }

    /// Reference price of each outcome, 0 for none.
    pub(crate) fn reference_prices(&self) -> [u16; ODDS_MAX] {
        if self.are_live() { self.normalised.prices } else { [0; ODDS_MAX] }
    }

    /// When they become stale, while they are not.
    fn stale_ns(&self, stale_after_ms: u32) -> Option<u64> {
        let waits = self.status == Some(ReferenceOddsStatus::Live) && stale_after_ms > 0;
        waits.then(|| self.updated_ns.saturating_add(u64::from(stale_after_ms) * NS_PER_MS))
    }

    /// Whether a price moved by more than a limit, 0 for none, since other odds.
    fn have_jumped(&self, before: &Self, jump_limit: u16) -> bool {
        let pairs = self.normalised.prices.iter().zip(before.normalised.prices);
        jump_limit > 0 && pairs.into_iter().any(|(new, old)| new.abs_diff(old) > jump_limit)
    }

    fn piece(&self, event_id: u32) -> Option<Digest> {
        let status = u32::from(self.status? as u8);
        let [first, second, third] = self.odds;
        let digest = Domain::ReferenceOdds
            .digest()
            .absorb(pair(event_id, self.access_key_id))
            .absorb(pair(self.change_count, status))
            .absorb(pair(first, second))
            .absorb(pair(third, 0))
            .absorb(self.updated_ns);
        Some(digest)
    }
}

/// The reference odds of all events.
#[derive(Debug)]
pub(crate) struct ReferenceOddsTable {
    events: Arena<ReferenceOdds>,
    digest: DigestSum,
}

impl ReferenceOddsTable {
    pub(crate) fn new(events_max: u32) -> Self {
        let events = Arena::new(events_max + 1, ReferenceOdds::NONE);
        Self { events, digest: DigestSum::default() }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 1] {
        [MemoryUse::of_arena("reference odds", &self.events)]
    }

    /// Those of an event in range.
    pub(crate) fn of(&self, event_id: u32) -> &ReferenceOdds {
        &self.events[event_id]
    }

    fn set(&mut self, event_id: u32, odds: ReferenceOdds) {
        if let Some(piece) = self.of(event_id).piece(event_id) {
            self.digest.remove(piece);
        }
        self.events[event_id] = odds;
        if let Some(piece) = odds.piece(event_id) {
            self.digest.add(piece);
        }
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all events.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let events = (0..).zip(self.events.as_slice());
        events.filter_map(|(event_id, odds)| odds.piece(event_id)).collect()
    }
}

impl Engine {
    #[cold]
    #[inline(never)]
    pub(crate) fn change_odds(
        &mut self,
        context: &Context,
        message: &ReferenceOddsRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let sender = access_key_of(context.session_id);
        if let Some(event_id) = self.odds_requests.event_of(sender, context.request_id) {
            self.report_odds(context, event_id, true, effects);
            return Ok(());
        }
        let (action, normalised) = self.check_odds(context, message)?;
        let event_id = message.event_id.get();
        let before = *self.reference_odds.of(event_id);
        let mut after =
            ReferenceOdds { change_count: before.change_count.saturating_add(1), ..before };
        if action == OddsAction::Delete {
            after.status = Some(ReferenceOddsStatus::Deleted);
        } else {
            after.status = Some(ReferenceOddsStatus::Live);
            after.access_key_id = sender;
            after.odds = odds_of(message);
            after.normalised = normalised;
            after.updated_ns = context.time_ns;
        }
        let jump_limit = self.events.parameters(event_id).jump_limit;
        let has_jumped = action == OddsAction::Update && after.have_jumped(&before, jump_limit);
        let security_ids = self.events.event(event_id).security_ids();
        let halts_orders = has_jumped && self.halts_orders(security_ids, (MarketStatus::Paused, 0));
        if halts_orders && self.work.is_full(Owner::Exchange) {
            return Err(RejectCode::WorkQueueFull);
        }
        if !is_planted(PlantedFault::OddsAppliedTwice) {
            self.odds_requests.record(sender, context.request_id, event_id);
        }
        self.reference_odds.set(event_id, after);
        self.wait_for_odds(event_id);
        self.report_odds(context, event_id, false, effects);
        if has_jumped {
            self.pause_open_markets(context, event_id, effects);
        }
        if halts_orders {
            self.sweep_halted(context, (MassActionScope::Event, event_id), effects);
        }
        self.refresh_price_limits(event_id, before.reference_prices(), effects);
        Ok(())
    }

    /// What the request asks for, and its odds as prices unless it deletes.
    fn check_odds(
        &self,
        context: &Context,
        message: &ReferenceOddsRequest,
    ) -> Result<(OddsAction, Normalised), RejectCode> {
        let action = OddsAction::try_from(message.action).map_err(|_| RejectCode::InvalidAction)?;
        let is_deletion = action == OddsAction::Delete;
        if !is_deletion && !context.entitlement.includes_any(ROLES_ODDS_PROVIDER) {
            return Err(RejectCode::NotEntitled);
        }
        let event_id = message.event_id.get();
        let event = self.events.find_event(event_id).ok_or(RejectCode::UnknownEvent)?;
        let market_count = usize::from(event.shape.market_count);
        if !event.shape.is_exhaustive || market_count > ODDS_MAX {
            return Err(RejectCode::OddsNotOffered);
        }
        let has_ended = event.security_ids().any(|security_id| {
            let status = self.events.market(security_id).status();
            matches!(status, MarketStatus::Settled | MarketStatus::Delisted)
        });
        let mut normalised = Normalised::NONE;
        if !is_deletion {
            if has_ended {
                return Err(RejectCode::EventEnded);
            }
            normalised =
                Normalised::of(odds_of(message), market_count).ok_or(RejectCode::InvalidOdds)?;
        }
        let held = self.reference_odds.of(event_id);
        match (action, held.are_live()) {
            (OddsAction::Create, true) => return Err(RejectCode::OddsExist),
            (OddsAction::Update | OddsAction::Delete, false) => {
                return Err(RejectCode::UnknownOdds);
            }
            _ => {}
        }
        let is_own = held.access_key_id == access_key_of(context.session_id);
        let may_delete = is_deletion && context.entitlement.includes_any(ROLES_MARKET_ADMIN);
        if action != OddsAction::Create && !is_own && !may_delete {
            return Err(RejectCode::OddsOfAnotherProvider);
        }
        Ok((action, normalised))
    }

    /// The odds of an event were not updated for as long as its parameters say.
    #[cold]
    pub(crate) fn end_freshness(
        &mut self,
        context: &Context,
        event_id: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        self.set_odds_status(event_id, ReferenceOddsStatus::Stale);
        self.report_odds(context, event_id, false, effects);
        let references = self.reference_odds.of(event_id).reference_prices();
        self.refresh_price_limits(event_id, references, effects);
    }

    /// Odds become stale at another age from here on: those that stand are stale at once, or wait
    /// for their timer.
    pub(crate) fn change_staleness(
        &mut self,
        context: &Context,
        event_id: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        let before = *self.reference_odds.of(event_id);
        if !before.are_live() {
            return;
        }
        let fresh = ReferenceOdds { status: Some(ReferenceOddsStatus::Live), ..before };
        let stale_ns = fresh.stale_ns(self.events.parameters(event_id).stale_after_ms);
        let is_stale = stale_ns
            .is_some_and(|time_ns| Timers::due_ms_of(time_ns) <= context.time_ns / NS_PER_MS);
        let status = if is_stale { ReferenceOddsStatus::Stale } else { ReferenceOddsStatus::Live };
        self.set_odds_status(event_id, status);
        self.wait_for_odds(event_id);
        if before.status != Some(status) {
            self.report_odds(context, event_id, false, effects);
        }
    }

    /// When the odds of an event become stale, if they are waited for.
    pub(crate) fn odds_stale_ns(&self, event_id: u32) -> Option<u64> {
        self.events.find_event(event_id)?;
        let stale_after_ms = self.events.parameters(event_id).stale_after_ms;
        self.reference_odds.of(event_id).stale_ns(stale_after_ms)
    }

    fn set_odds_status(&mut self, event_id: u32, status: ReferenceOddsStatus) {
        let odds = *self.reference_odds.of(event_id);
        self.reference_odds.set(event_id, ReferenceOdds { status: Some(status), ..odds });
    }

    /// Arms the timer of the odds of an event as they stand, or disarms it.
    fn wait_for_odds(&mut self, event_id: u32) {
        match self.odds_stale_ns(event_id) {
            Some(time_ns) => self.timers.arm(Timer::OddsStale(event_id), time_ns),
            None => self.timers.disarm(Timer::OddsStale(event_id)),
        }
    }

    fn pause_open_markets(
        &mut self,
        context: &Context,
        event_id: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        for security_id in self.events.event(event_id).security_ids() {
            let market = self.events.market(security_id);
            if market.status() == MarketStatus::Open {
                let change = (MarketStatus::Paused, market.in_play(), REFERENCE_JUMP_REASON);
                self.move_market(context, security_id, change, effects);
            }
        }
    }

    fn report_odds(
        &self,
        context: &Context,
        event_id: u32,
        is_applied_already: bool,
        effects: &mut EffectBuffer<'_>,
    ) {
        let odds = self.reference_odds.of(event_id);
        let [first, second, third] = odds.odds;
        let [first_price, second_price, third_price] = odds.normalised.prices;
        effects.push(&ReferenceOddsReport {
            request_id: context.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: context.seq_num.into(),
            event_id: event_id.into(),
            overround_ppm: odds.normalised.overround_ppm.into(),
            access_key_id: odds.access_key_id.into(),
            change_count: odds.change_count.into(),
            first_odds: first.into(),
            second_odds: second.into(),
            third_odds: third.into(),
            first_price: first_price.into(),
            second_price: second_price.into(),
            third_price: third_price.into(),
            status: odds.status.map_or(0, u8::from),
            already_applied: is_applied_already.into(),
            reserved_68: [0; 4],
        });
    }
}

fn odds_of(message: &ReferenceOddsRequest) -> [u32; ODDS_MAX] {
    [message.first_odds.get(), message.second_odds.get(), message.third_odds.get()]
}

/// Most outcomes of an event with reference odds.
pub(crate) const ODDS_MAX: usize = 3;
const NS_PER_MS: u64 = 1_000_000;

//! Parameters of events: what an administrator may set for all markets of an event, between their
//! openings.

mod snapshot;

use forecastle_proto_spec::{
    Digest, EventParametersReport, EventParametersRequest, EventVelocity, MarketStatus, PRICE_MAX,
    RejectCode,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::events::Event;
use crate::state_digest::{Domain, pair};

/// The parameters of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventParameters {
    /// How long an order that would trade while in play waits, 0 for not at all.
    pub(crate) in_play_delay_ms: u32,
    /// Time between outcome and pay-out, 0 for none.
    pub(crate) dispute_window_ms: u32,
    /// Age at which reference odds are stale, 0 for never.
    pub(crate) stale_after_ms: u32,
    /// Most that a price may lie off the reference, ten-thousandths; 0 for no collar.
    pub(crate) collar_width: u16,
    /// The same while the odds are stale; 0 for no other one.
    pub(crate) stale_collar_width: u16,
    /// Change of a reference price that pauses the markets; 0 for none.
    pub(crate) jump_limit: u16,
    /// Lowest price, 0 for none.
    pub(crate) static_low: u16,
    /// Highest price, 0 for none.
    pub(crate) static_high: u16,
    /// Whether orders match over all outcomes; only of an exhaustive event.
    pub(crate) is_cross_outcome: bool,
    pub(crate) velocity: EventVelocity,
}

impl EventParameters {
    /// Those of a new event. They have no piece in the digest.
    pub(crate) const DEFAULT: Self = Self {
        in_play_delay_ms: 0,
        dispute_window_ms: 0,
        stale_after_ms: 0,
        collar_width: 0,
        stale_collar_width: 0,
        jump_limit: 0,
        static_low: 0,
        static_high: 0,
        is_cross_outcome: false,
        velocity: EventVelocity::Medium,
    };

    /// Those of a new event of a series: its velocity, and the in-play delay of that.
    pub(crate) fn of_velocity(velocity: EventVelocity) -> Self {
        Self { in_play_delay_ms: default_delay_ms(velocity), velocity, ..Self::DEFAULT }
    }

    /// What a request asks for; nothing when a flag or the velocity is no value of the schema.
    fn of(message: &EventParametersRequest) -> Option<Self> {
        let velocity = EventVelocity::try_from(message.velocity).ok()?;
        let in_play_delay_ms = match message.in_play_delay_ms.get() {
            DELAY_OF_VELOCITY => default_delay_ms(velocity),
            delay_ms => delay_ms,
        };
        (message.cross_outcome <= 1).then_some(Self {
            in_play_delay_ms,
            dispute_window_ms: message.dispute_window_ms.get(),
            stale_after_ms: message.stale_after_ms.get(),
            collar_width: message.collar_width.get(),
            stale_collar_width: message.stale_collar_width.get(),
            jump_limit: message.jump_limit.get(),
            static_low: message.static_low.get(),
            static_high: message.static_high.get(),
            is_cross_outcome: message.cross_outcome == 1,
            velocity,
        })
    }

    /// Whether every value is in its range and none contradicts another.
    fn are_valid(&self, is_exhaustive: bool) -> bool {
        let prices = [
            self.collar_width,
            self.stale_collar_width,
            self.jump_limit,
            self.static_low,
            self.static_high,
        ];
        let widens = self.collar_width > 0 && self.stale_collar_width >= self.collar_width;
        let leaves_room = self.static_low <= self.static_high;
        self.in_play_delay_ms <= IN_PLAY_DELAY_MAX_MS
            && self.dispute_window_ms <= DISPUTE_WINDOW_MAX_MS
            && self.stale_after_ms <= STALE_AFTER_MAX_MS
            && prices.iter().all(|price| *price <= PRICE_MAX)
            && (self.stale_collar_width == 0 || widens)
            && (self.static_high == 0 || leaves_room)
            && (is_exhaustive || !self.is_cross_outcome)
    }

    /// The piece of the digest of an event that has other parameters than a new one.
    pub(crate) fn piece(&self, event_id: u32) -> Option<Digest> {
        let flags = u32::from(self.is_cross_outcome) << 8 | u32::from(self.velocity as u8);
        let widths = u32::from(self.collar_width) << 16 | u32::from(self.stale_collar_width);
        let bounds = u32::from(self.static_low) << 16 | u32::from(self.static_high);
        let digest = Domain::EventParameters
            .digest()
            .absorb(pair(event_id, flags))
            .absorb(pair(self.in_play_delay_ms, self.dispute_window_ms))
            .absorb(pair(self.stale_after_ms, u32::from(self.jump_limit)))
            .absorb(pair(widths, bounds));
        (*self != Self::DEFAULT).then_some(digest)
    }
}

impl Engine {
    pub(crate) fn set_event_parameters(
        &mut self,
        context: &Context,
        message: &EventParametersRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        let parameters = self.check_event_parameters(message)?;
        let stale_after_ms = self.events.parameters(event_id).stale_after_ms;
        self.events.set_parameters(event_id, parameters);
        self.report_event_parameters(context, event_id, effects);
        if parameters.stale_after_ms != stale_after_ms {
            self.change_staleness(context, event_id, effects);
        }
        let references = self.reference_odds.of(event_id).reference_prices();
        self.refresh_price_limits(event_id, references, effects);
        Ok(())
    }

    /// Tells the parameters of an event as they are.
    pub(crate) fn report_event_parameters(
        &self,
        context: &Context,
        event_id: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        let parameters = self.events.parameters(event_id);
        effects.push(&EventParametersReport {
            request_id: context.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: context.seq_num.into(),
            event_id: event_id.into(),
            in_play_delay_ms: parameters.in_play_delay_ms.into(),
            dispute_window_ms: parameters.dispute_window_ms.into(),
            stale_after_ms: parameters.stale_after_ms.into(),
            collar_width: parameters.collar_width.into(),
            stale_collar_width: parameters.stale_collar_width.into(),
            jump_limit: parameters.jump_limit.into(),
            static_low: parameters.static_low.into(),
            static_high: parameters.static_high.into(),
            cross_outcome: parameters.is_cross_outcome.into(),
            velocity: parameters.velocity.into(),
        });
    }

    fn check_event_parameters(
        &self,
        message: &EventParametersRequest,
    ) -> Result<EventParameters, RejectCode> {
        let event_id = message.event_id.get();
        let event = self.events.find_event(event_id).ok_or(RejectCode::UnknownEvent)?;
        let parameters = EventParameters::of(message)
            .filter(|parameters| parameters.are_valid(event.shape.is_exhaustive))
            .ok_or(RejectCode::InvalidEventParameters)?;
        let held = self.events.parameters(event_id);
        let turns_matching = parameters.is_cross_outcome != held.is_cross_outcome;
        if !self.is_between_openings(event, turns_matching) {
            return Err(RejectCode::NotWhileOpen);
        }
        Ok(parameters)
    }

    /// Whether no market of an event is open or at its end; `was_never_open` asks that none ever
    /// was.
    fn is_between_openings(&self, event: &Event, was_never_open: bool) -> bool {
        use MarketStatus::{Closed, Draft, Listed, Paused};
        event.security_ids().all(|security_id| match self.events.market(security_id).status() {
            Draft | Listed => true,
            Paused | Closed => !was_never_open,
            _ => false,
        })
    }
}

/// The in-play delay of a velocity.
fn default_delay_ms(velocity: EventVelocity) -> u32 {
    match velocity {
        EventVelocity::Low => 1_000,
        EventVelocity::Medium => 3_000,
        EventVelocity::High => 5_000,
    }
}

/// Stands for the delay of the velocity in a request.
const DELAY_OF_VELOCITY: u32 = u32::MAX;
const IN_PLAY_DELAY_MAX_MS: u32 = 60_000;
/// Thirty days.
const DISPUTE_WINDOW_MAX_MS: u32 = 2_592_000_000;
/// One day.
const STALE_AFTER_MAX_MS: u32 = 86_400_000;

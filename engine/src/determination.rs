//! Outcomes that may be disputed: between the vector of an event and its pay-out lies a window, in
//! which the vector can be disputed and amended.

mod snapshot;

use forecastle_proto_spec::{
    Digest, DisputeRequest, EVENT_MARKETS_MAX, MarketSettled, MarketStatus, OutcomeReport,
    RejectCode, SettlementRequest,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::settlement::begin_pay_out;
use crate::state_digest::{Domain, pair};
use crate::timers::Timer;
use crate::work::{Origin, Owner, Work};

/// Where the outcome of an event stands. The vector itself lies in its markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Determination {
    /// The request that gave the vector.
    pub(crate) origin: Origin,
    /// When the event is paid out unless somebody disputes, nanoseconds since 1970; 0 once
    /// somebody did.
    pub(crate) window_end_ns: u64,
    /// How often the vector was given anew.
    pub(crate) amendment_count: u16,
}

impl Determination {
    /// Of an event without an outcome, and of one that is settled. It has no piece in the digest.
    pub(crate) const NONE: Self = Self {
        origin: Origin { session_id: 0, request_id: 0, seq_num: 0 },
        window_end_ns: 0,
        amendment_count: 0,
    };

    /// The piece of the digest of an event with an outcome that is not final.
    pub(crate) fn piece(&self, event_id: u32) -> Option<Digest> {
        let digest = Domain::Determination
            .digest()
            .absorb(pair(event_id, u32::from(self.amendment_count)))
            .absorb(self.window_end_ns)
            .absorb(self.origin.request_id)
            .absorb(pair(self.origin.session_id, self.origin.seq_num));
        (*self != Self::NONE).then_some(digest)
    }
}

impl Engine {
    /// Gives an event its vector and opens the window in which it may be disputed.
    pub(crate) fn determine(
        &mut self,
        context: &Context,
        message: &SettlementRequest,
        effects: &mut EffectBuffer<'_>,
    ) {
        let event_id = message.event_id.get();
        let before = *self.events.determination(event_id);
        let first = self.events.event(event_id).first_security_id;
        let is_amendment = self.events.market(first).status() != MarketStatus::Closed;
        let window_ms = self.events.parameters(event_id).dispute_window_ms;
        let window_end_ns = context.time_ns.saturating_add(u64::from(window_ms) * NS_PER_MS);
        let amendment_count = before.amendment_count.saturating_add(u16::from(is_amendment));
        let determination =
            Determination { origin: context.origin(), window_end_ns, amendment_count };
        self.events.set_determination(event_id, determination);
        self.timers.arm(Timer::DisputeWindow(event_id), window_end_ns);
        effects.push(&OutcomeReport {
            request_id: message.request_id,
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: message.seq_num,
            event_id: message.event_id,
            window_end_ns: window_end_ns.into(),
            amendment_count: amendment_count.into(),
            value_count: message.value_count,
            reserved_43: [0; 5],
        });
        let security_ids = self.events.event(event_id).security_ids();
        for (security_id, value) in security_ids.zip(&message.values) {
            self.events.set_settlement_price(security_id, value.get());
            self.move_market(context, security_id, (MarketStatus::Determined, 0, 0), effects);
        }
    }

    /// `DisputeRequest`: the window no longer ends by itself.
    pub(crate) fn dispute(
        &mut self,
        context: &Context,
        message: &DisputeRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        let event = self.events.find_event(event_id).ok_or(RejectCode::UnknownEvent)?;
        let security_ids = event.security_ids();
        if !self.all_have_status(security_ids.clone(), MarketStatus::Determined) {
            return Err(RejectCode::NotDetermined);
        }
        let determination = *self.events.determination(event_id);
        self.events
            .set_determination(event_id, Determination { window_end_ns: 0, ..determination });
        self.timers.disarm(Timer::DisputeWindow(event_id));
        let change = (MarketStatus::Disputed, 0, message.reason.get());
        for security_id in security_ids {
            self.move_market(context, security_id, change, effects);
        }
        Ok(())
    }

    /// The window of an event ended without a dispute: it is settled, and its pay-out queued. While
    /// there is no room for more work the window stays open, a millisecond at a time.
    pub(crate) fn end_dispute_window(
        &mut self,
        context: &Context,
        event_id: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        let determination = *self.events.determination(event_id);
        if self.work.is_full(Owner::Exchange) {
            let window_end_ns = context.time_ns.saturating_add(NS_PER_MS);
            self.events
                .set_determination(event_id, Determination { window_end_ns, ..determination });
            return self.timers.arm(Timer::DisputeWindow(event_id), window_end_ns);
        }
        let origin = determination.origin;
        let request =
            Context { request_id: origin.request_id, seq_num: origin.seq_num, ..*context };
        self.settle_markets(&request, event_id, effects);
        self.work.push(Work::PayOut(begin_pay_out(origin, event_id)));
    }

    /// When the dispute window of an event ends, if one is open.
    pub(crate) fn window_end_of(&self, event_id: u32) -> Option<u64> {
        self.events.find_event(event_id)?;
        let window_end_ns = self.events.determination(event_id).window_end_ns;
        (window_end_ns != 0).then_some(window_end_ns)
    }

    /// Makes the values of an event's markets final.
    pub(crate) fn settle_markets(
        &mut self,
        context: &Context,
        event_id: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        self.events.set_determination(event_id, Determination::NONE);
        for security_id in self.events.event(event_id).security_ids() {
            effects.push(&MarketSettled {
                event_id: event_id.into(),
                security_id: security_id.into(),
                rpt_seq: self.events.next_rpt_seq(security_id).into(),
                settlement_price: self.events.market(security_id).settlement_price().into(),
                reserved_14: [0; 2],
            });
            self.move_market(context, security_id, (MarketStatus::Settled, 0, 0), effects);
        }
    }

    /// Whether every market of some has this status.
    pub(crate) fn all_have_status(
        &self,
        mut security_ids: std::ops::Range<u32>,
        status: MarketStatus,
    ) -> bool {
        security_ids.all(|security_id| self.events.market(security_id).status() == status)
    }
}

/// Effects of a settlement without its pay-out: two for each market.
const _: () = assert!(2 * EVENT_MARKETS_MAX <= forecastle_proto_spec::CONTINUE_EFFECTS_MAX);
const NS_PER_MS: u64 = 1_000_000;

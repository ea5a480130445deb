//! Parameters of events (`docs/engine-rules.md` §5).

use forecastle_proto_spec::{
    EventParametersReport, EventParametersRequest, EventVelocity, MarketStatus, RejectCode,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;

/// What an event was given, as its last report told it.
#[derive(Clone, Copy, Debug)]
pub struct EventParameters {
    pub in_play_delay_ms: u32,
    pub dispute_window_ms: u32,
    pub stale_after_ms: u32,
    pub collar_width: u16,
    pub stale_collar_width: u16,
    pub jump_limit: u16,
    pub static_low: u16,
    pub static_high: u16,
    pub cross_outcome: u8,
    pub velocity: u8,
}

impl Default for EventParameters {
    fn default() -> Self {
        Self {
            in_play_delay_ms: 0,
            dispute_window_ms: 0,
            stale_after_ms: 0,
            collar_width: 0,
            stale_collar_width: 0,
            jump_limit: 0,
            static_low: 0,
            static_high: 0,
            cross_outcome: 0,
            velocity: 2,
        }
    }
}

impl Model {
    pub fn set_event_parameters(
        &mut self,
        request: &Request,
        message: &EventParametersRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        let parameters = self.check_event_parameters(message)?;
        let held = self.event(event_id).expect("it is checked").parameters;
        let limits_before = self.price_limits(event_id);
        self.events[event_id as usize - 1].parameters = parameters;
        let mut report = EventParametersReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.event_id.set(event_id);
        report.in_play_delay_ms.set(parameters.in_play_delay_ms);
        report.dispute_window_ms.set(parameters.dispute_window_ms);
        report.stale_after_ms.set(parameters.stale_after_ms);
        report.collar_width.set(parameters.collar_width);
        report.stale_collar_width.set(parameters.stale_collar_width);
        report.jump_limit.set(parameters.jump_limit);
        report.static_low.set(parameters.static_low);
        report.static_high.set(parameters.static_high);
        report.cross_outcome = parameters.cross_outcome;
        report.velocity = parameters.velocity;
        effects.push(&report);
        if parameters.stale_after_ms != held.stale_after_ms {
            self.change_staleness(request, event_id, effects);
        }
        self.tell_price_limits(event_id, &limits_before, effects);
        Ok(())
    }

    fn check_event_parameters(
        &self,
        message: &EventParametersRequest,
    ) -> Result<EventParameters, RejectCode> {
        let event = self.event(message.event_id.get()).ok_or(RejectCode::UnknownEvent)?;
        let delay_of_velocity = match EventVelocity::try_from(message.velocity) {
            Ok(EventVelocity::Low) => 1_000,
            Ok(EventVelocity::Medium) => 3_000,
            Ok(EventVelocity::High) => 5_000,
            Err(_) => return Err(RejectCode::InvalidEventParameters),
        };
        let asked = EventParameters {
            in_play_delay_ms: match message.in_play_delay_ms.get() {
                u32::MAX => delay_of_velocity,
                delay => delay,
            },
            dispute_window_ms: message.dispute_window_ms.get(),
            stale_after_ms: message.stale_after_ms.get(),
            collar_width: message.collar_width.get(),
            stale_collar_width: message.stale_collar_width.get(),
            jump_limit: message.jump_limit.get(),
            static_low: message.static_low.get(),
            static_high: message.static_high.get(),
            cross_outcome: message.cross_outcome,
            velocity: message.velocity,
        };
        if parameters_are_wrong(&asked, event.is_exhaustive) {
            return Err(RejectCode::InvalidEventParameters);
        }
        let statuses: Vec<MarketStatus> =
            event.security_ids().map(|security_id| self.market(security_id).status).collect();
        let is_halted = |status: &MarketStatus| {
            matches!(
                status,
                MarketStatus::Draft
                    | MarketStatus::Listed
                    | MarketStatus::Paused
                    | MarketStatus::Closed
            )
        };
        let is_new =
            |status: &MarketStatus| matches!(status, MarketStatus::Draft | MarketStatus::Listed);
        let turns_matching = asked.cross_outcome != event.parameters.cross_outcome;
        if !statuses.iter().all(is_halted) || (turns_matching && !statuses.iter().all(is_new)) {
            return Err(RejectCode::NotWhileOpen);
        }
        Ok(asked)
    }
}

fn parameters_are_wrong(asked: &EventParameters, is_exhaustive: bool) -> bool {
    let prices = [
        asked.collar_width,
        asked.stale_collar_width,
        asked.jump_limit,
        asked.static_low,
        asked.static_high,
    ];
    let stale_is_wrong = asked.stale_collar_width != 0
        && (asked.collar_width == 0 || asked.stale_collar_width < asked.collar_width);
    asked.in_play_delay_ms > 60_000
        || asked.dispute_window_ms > 2_592_000_000
        || asked.stale_after_ms > 86_400_000
        || prices.iter().any(|&price| price > 9_999)
        || stale_is_wrong
        || (asked.static_high != 0 && asked.static_high < asked.static_low)
        || asked.cross_outcome > 1
        || (asked.cross_outcome == 1 && !is_exhaustive)
}

//! Timers (`docs/engine-rules.md` §9).

use forecastle_proto_spec::{CONTINUE_EFFECTS_MAX, CancelReason};

use super::Model;
use super::effects::Effects;

/// When something is to happen: its millisecond, then its place among all that were ever armed.
pub type Due = (u64, u64);

/// What fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    OrderExpiry { order_id: u64 },
    DisputeWindow { event_id: u32 },
    DisconnectGrace { session_id: u32 },
    OddsStale { event_id: u32 },
    OrderRelease { order_id: u64 },
}

impl Model {
    /// The next arming, for a time.
    pub fn arm(&mut self, time_ns: u64) -> Due {
        self.arming_count += 1;
        (time_ns.div_ceil(1_000_000), self.arming_count)
    }

    /// Every armed timer, the first to fire first.
    pub fn timers(&self) -> Vec<(Due, Timer)> {
        let orders = self.orders.iter();
        let mut timers: Vec<(Due, Timer)> = orders
            .filter_map(|order| {
                Some((order.expiry?, Timer::OrderExpiry { order_id: order.order_id }))
            })
            .collect();
        let windows = (1..).zip(&self.events).filter_map(|(event_id, event)| {
            let due = event.determination.as_ref()?.due?;
            Some((due, Timer::DisputeWindow { event_id }))
        });
        timers.extend(windows);
        let graces = self.sessions.iter().filter_map(|(&session_id, session)| {
            Some((session.on_end.grace?, Timer::DisconnectGrace { session_id }))
        });
        timers.extend(graces);
        let odds = self.odds.iter();
        timers.extend(
            odds.filter_map(|(&event_id, odds)| Some((odds.due?, Timer::OddsStale { event_id }))),
        );
        let waiting = self.orders.iter().filter_map(|order| {
            let wait = order.wait?;
            let order_id = order.order_id;
            let timer = match wait.expires {
                true => Timer::OrderExpiry { order_id },
                false => Timer::OrderRelease { order_id },
            };
            Some((wait.due, timer))
        });
        timers.extend(waiting);
        timers.sort_by_key(|&(due, _)| due);
        timers
    }

    /// True when a `TimerTick` of that time would do something.
    pub fn timer_is_due(&self, now_ns: u64) -> bool {
        self.timers().first().is_some_and(|&((due_ms, _), _)| due_ms <= now_ns / 1_000_000)
    }

    /// `TimerTick`: what is due now, in order.
    pub fn tick(&mut self, effects: &mut Effects) {
        while effects.count < CONTINUE_EFFECTS_MAX && self.timer_is_due(effects.now) {
            let (_, timer) = self.timers()[0];
            match timer {
                Timer::OrderExpiry { order_id } => {
                    self.cancel_order(order_id, CancelReason::Expired, effects);
                }
                Timer::OrderRelease { order_id } => self.release_order(order_id, effects),
                Timer::DisputeWindow { event_id } => self.end_dispute_window(event_id, effects),
                Timer::DisconnectGrace { session_id } => self.end_grace(session_id),
                Timer::OddsStale { event_id } => self.end_freshness(event_id, effects),
            }
        }
    }
}

//! The exchange's own command that fires timers.

use forecastle_proto_spec::{CONTINUE_EFFECTS_MAX, CancelReason};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::timers::{Timer, Timers};

impl Engine {
    /// Fires the timers that are due at the command's time, in order, until as many effects are
    /// written as one step of work may write.
    pub(crate) fn tick(&mut self, context: &Context, effects: &mut EffectBuffer<'_>) {
        while (effects.count() as usize) < CONTINUE_EFFECTS_MAX
            && let Some(timer) = self.timers.pop_due(context.time_ns)
        {
            match timer {
                Timer::OrderExpiry(_) if is_planted(PlantedFault::ExpiryForgotten) => {}
                Timer::OrderExpiry(slot) => {
                    self.cancel_resting(slot, CancelReason::Expired, effects);
                }
                Timer::OrderRelease(slot) => self.release_order(slot, effects),
                Timer::DisputeWindow(event_id) => {
                    self.end_dispute_window(context, event_id, effects);
                }
                Timer::DisconnectGrace(session) => self.end_grace(session),
                Timer::OddsStale(event_id) => self.end_freshness(context, event_id, effects),
            }
        }
    }

    /// Whether the armed timers are those that the state asks for, each at its time. O(slots +
    /// events + sessions).
    pub(crate) fn timers_are_owned(&self) -> bool {
        let is_owned = |timer: Timer, due_ms: u64| match timer {
            Timer::OrderExpiry(slot) | Timer::OrderRelease(slot) => self
                .order_timer(slot)
                .is_some_and(|(own, time_ns)| (own, Timers::due_ms_of(time_ns)) == (timer, due_ms)),
            Timer::DisputeWindow(event_id) => self
                .window_end_of(event_id)
                .is_some_and(|time_ns| Timers::due_ms_of(time_ns) == due_ms),
            Timer::DisconnectGrace(session) => self
                .grace_end_of(session)
                .is_some_and(|time_ns| Timers::due_ms_of(time_ns) == due_ms),
            Timer::OddsStale(event_id) => self
                .odds_stale_ns(event_id)
                .is_some_and(|time_ns| Timers::due_ms_of(time_ns) == due_ms),
        };
        let slots = 0..self.orders.high_water();
        let of_orders = slots.filter(|slot| self.order_timer(*slot).is_some()).count();
        let event_ids = self.events.event_ids();
        let windows = event_ids.filter(|event_id| self.window_end_of(*event_id).is_some()).count();
        let graces = self.sessions.iter().filter(|session| session.grace_end_ns != 0).count();
        let event_ids = self.events.event_ids();
        let waits = event_ids.filter(|event_id| self.odds_stale_ns(*event_id).is_some()).count();
        self.timers.iter().count() == of_orders + windows + graces + waits
            && self.timers.iter().all(|(timer, due_ms, _)| is_owned(timer, due_ms))
    }

    /// The timer that the live order in a slot asks for, and its time.
    fn order_timer(&self, slot: u32) -> Option<(Timer, u64)> {
        self.orders.live(slot)?;
        Some(self.orders.detail(slot).timer(slot)).filter(|(_, time_ns)| *time_ns != 0)
    }
}

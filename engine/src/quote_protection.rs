//! What follows when quotes have traded: the counts of their groups, and the end of all quotes of a
//! group that has traded too much.

use forecastle_proto_spec::{
    CONTINUE_EFFECTS_MAX, CancelReason, MarketMakerProtectionTriggered, ProtectionCause, Side,
};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::matching::Incoming;
use crate::protection::Fills;
use crate::quote_sets::QUOTE_SET_MARKETS_MAX;

impl Engine {
    /// Counts a fill of an order of the quote set at a place: lots bought, or sold when below 0.
    pub(crate) fn count_quote_fill(&mut self, set: u16, lots: i64) {
        let group = self.quote_sets.set(set).group;
        if group != 0 {
            self.protection.count_fill(group, self.sequencing_time_ns, lots);
        }
    }

    /// Triggers the groups that reached a limit by the trades of this command: their quotes trade
    /// no more from here on, and as many as fit are cancelled at once.
    pub(crate) fn protect(&mut self, effects: &mut EffectBuffer<'_>) {
        let mut has_triggered = false;
        let mut index = 0;
        while let Some(place) = self.protection.take_traded(index) {
            index += 1;
            let group = self.protection.group(place);
            let fills = self.protection.fills(place, self.sequencing_time_ns);
            if group.is_triggered {
                continue;
            }
            if let Some(cause) = group.limits.reached(&fills) {
                self.trigger(place, (cause, fills), effects);
                has_triggered = true;
            }
        }
        if has_triggered {
            self.cancel_blocked_quotes(effects);
        }
    }

    /// A step of taking blocked quotes away: whole sets from the lowest place on, as long as the
    /// step stays within its bound.
    pub(crate) fn cancel_blocked_quotes(&mut self, effects: &mut EffectBuffer<'_>) {
        let mut left = CONTINUE_EFFECTS_MAX;
        while let Some(set) = self.quote_sets.first_blocked() {
            let Some(rest) = left.checked_sub(self.quote_sets.quote_count(set) as usize) else {
                return;
            };
            left = rest;
            self.cancel_quotes(set, None, CancelReason::Protection, effects);
            self.quote_sets.set_blocked(set, false);
        }
    }

    /// Cancels the quotes of a set, in one market or in all, by ascending market and the bid first;
    /// gives how many.
    pub(crate) fn cancel_quotes(
        &mut self,
        set: u16,
        security_id: Option<u32>,
        reason: CancelReason,
        effects: &mut EffectBuffer<'_>,
    ) -> u16 {
        let mut slots = [0; 2 * QUOTE_SET_MARKETS_MAX];
        let mut count = 0;
        for market in self.quote_sets.markets(set) {
            if security_id.is_none_or(|security_id| market.security_id == security_id) {
                for slot in Side::ALL.into_iter().filter_map(|side| market.quote(side)) {
                    slots[usize::from(count)] = slot;
                    count += 1;
                }
            }
        }
        for slot in &slots[..usize::from(count)] {
            self.cancel_resting(*slot, reason, effects);
        }
        count
    }

    /// Takes the blocked quotes away in the event of an incoming order, each for one of its trades;
    /// gives whether there were enough of these.
    pub(crate) fn clear_blocked_quotes(
        &mut self,
        incoming: &mut Incoming,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let event_id = self.events.market(incoming.order.security_id).event_id;
        for set in self.quote_sets.places() {
            if !self.quote_sets.is_blocked(set) {
                continue;
            }
            for security_id in self.events.event(event_id).security_ids() {
                for side in Side::ALL {
                    let Some(slot) = self.quote_sets.quote(set, security_id, side) else {
                        continue;
                    };
                    let Some(left) = incoming.trades_max.checked_sub(1) else { return false };
                    incoming.trades_max = left;
                    self.cancel_resting(slot, CancelReason::Protection, effects);
                }
            }
        }
        true
    }

    fn trigger(
        &mut self,
        place: u16,
        (cause, fills): (ProtectionCause, Fills),
        effects: &mut EffectBuffer<'_>,
    ) {
        self.protection.set_triggered(place, true);
        let mut quote_count = 0;
        for set in self.quote_sets.places() {
            if self.quote_sets.set(set).group == place {
                let count = self.quote_sets.quote_count(set);
                quote_count += count;
                if count > 0 {
                    self.quote_sets.set_blocked(set, true);
                }
            }
        }
        let group = self.protection.group(place);
        effects.push(&MarketMakerProtectionTriggered {
            exec_id: effects.next_position().into(),
            transact_time_ns: self.sequencing_time_ns.into(),
            quantity: fills.quantity.into(),
            trade_count: fills.trade_count.into(),
            net_change: fills.net_change.into(),
            firm_id: group.firm_id.into(),
            quote_count: quote_count.into(),
            protection_group: group.protection_group.into(),
            cause: cause.into(),
            reserved_51: [0; 5],
        });
    }
}

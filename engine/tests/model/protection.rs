//! Market-maker protection (`docs/engine-rules.md` §10): every fill is remembered, and counted anew
//! each time.

use forecastle_proto_spec::{
    CancelReason, MarketMakerProtectionLimits, MarketMakerProtectionReport,
    MarketMakerProtectionReset, MarketMakerProtectionTriggered, ProtectionCause, RejectCode,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::quotes::SetName;
use super::sessions::Request;

/// A protection group: its firm, its number there, its limits and what its quotes have traded.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: (u32, u16),
    pub window_ms: u32,
    pub quantity_max: u32,
    pub trades_max: u32,
    pub net_change_max: u32,
    pub is_triggered: bool,
    /// Time and lots of each fill, below 0 when sold.
    pub fills: Vec<(u64, i64)>,
}

impl Group {
    /// The piece of time that `time_ns` lies in.
    fn piece(&self, time_ns: u64) -> u64 {
        u64::try_from(u128::from(time_ns) * 16 / (u128::from(self.window_ms) * 1_000_000))
            .expect("it is below the time")
    }
}

impl Model {
    pub fn group(&self, name: (u32, u16)) -> &Group {
        self.protection_groups.iter().find(|it| it.name == name).expect("groups are never removed")
    }

    pub fn limit_protection(
        &mut self,
        request: &Request,
        message: &MarketMakerProtectionLimits,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let name =
            (self.entitlement_of(request.session_id).firm_id, message.protection_group.get());
        let window_ms = message.window_ms.get();
        if name.1 == 0 || !(16..=60_000).contains(&window_ms) {
            return Err(RejectCode::InvalidProtectionLimits);
        }
        let found = self.protection_groups.iter().position(|it| it.name == name);
        if found.is_none()
            && self.protection_groups.len() >= (4 * self.limits.sessions_max) as usize
        {
            return Err(RejectCode::ProtectionTableFull);
        }
        let group = Group {
            name,
            window_ms,
            quantity_max: message.quantity_max.get(),
            trades_max: message.trades_max.get(),
            net_change_max: message.net_change_max.get(),
            is_triggered: found.is_some_and(|at| self.protection_groups[at].is_triggered),
            fills: Vec::new(),
        };
        match found {
            Some(at) => self.protection_groups[at] = group.clone(),
            None => self.protection_groups.push(group.clone()),
        }
        report(request, &group, effects);
        Ok(())
    }

    pub fn reset_protection(
        &mut self,
        request: &Request,
        message: &MarketMakerProtectionReset,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let name =
            (self.entitlement_of(request.session_id).firm_id, message.protection_group.get());
        let mut groups = self.protection_groups.iter_mut();
        let group = groups.find(|it| it.name == name).ok_or(RejectCode::UnknownProtectionGroup)?;
        group.is_triggered = false;
        group.fills.clear();
        report(request, group, effects);
        Ok(())
    }

    /// Counts a fill of a set's quote: lots bought, below 0 when sold.
    pub fn count_fill(&mut self, set: SetName, now: u64, lots: i64) {
        let set = self.quote_sets.iter().find(|it| it.name == set).expect("sets are never removed");
        let Some(name) = set.group else { return };
        let group = self.protection_groups.iter_mut().find(|it| it.name == name);
        group.expect("groups are never removed").fills.push((now, lots));
        if !self.traded_groups.contains(&name) {
            self.traded_groups.push(name);
        }
    }

    /// What follows the last trade of a command.
    pub fn protect(&mut self, effects: &mut Effects) {
        let mut has_triggered = false;
        for name in std::mem::take(&mut self.traded_groups) {
            let group = self.group(name);
            let now = group.piece(effects.now);
            let recent = group.fills.iter().filter(|(time, _)| group.piece(*time) + 15 >= now);
            let lots: Vec<i64> = recent.map(|(_, lots)| *lots).collect();
            let quantity: u64 = lots.iter().map(|lots| lots.unsigned_abs()).sum();
            let net_change: i64 = lots.iter().sum();
            let causes = [
                (ProtectionCause::Quantity, group.quantity_max, quantity),
                (ProtectionCause::Trades, group.trades_max, lots.len() as u64),
                (ProtectionCause::NetChange, group.net_change_max, net_change.unsigned_abs()),
            ];
            let mut reached =
                causes.iter().filter(|(_, limit, count)| *limit > 0 && *count >= u64::from(*limit));
            let Some((cause, ..)) = reached.next() else { continue };
            if group.is_triggered {
                continue;
            }
            has_triggered = true;
            let mut effect = MarketMakerProtectionTriggered::new_zeroed();
            effect.exec_id.set(effects.position());
            effect.transact_time_ns.set(effects.now);
            effect.quantity.set(quantity);
            effect.trade_count.set(lots.len() as u64);
            effect.net_change.set(net_change);
            effect.firm_id.set(name.0);
            effect.protection_group.set(name.1);
            effect.cause = (*cause).into();
            let mut groups = self.protection_groups.iter_mut();
            groups.find(|it| it.name == name).expect("it was just read").is_triggered = true;
            for index in 0..self.quote_sets.len() {
                let count = self.quotes_of(self.quote_sets[index].name).len();
                if self.quote_sets[index].group == Some(name) && count > 0 {
                    self.quote_sets[index].is_blocked = true;
                    effect.quote_count += count as u32;
                }
            }
            effects.push(&effect);
        }
        if has_triggered {
            self.cancel_blocked(effects);
        }
    }

    /// One step over the blocked sets.
    pub fn cancel_blocked(&mut self, effects: &mut Effects) {
        let mut cancelled = 0;
        for index in 0..self.quote_sets.len() {
            if !self.quote_sets[index].is_blocked {
                continue;
            }
            let name = self.quote_sets[index].name;
            if cancelled + self.quotes_of(name).len() > 256 {
                return;
            }
            cancelled += self.cancel_quotes(name, 0, CancelReason::Protection, effects);
            self.quote_sets[index].is_blocked = false;
        }
    }

    /// Cancels the blocked quotes in the event of an incoming order, each for one of its trades;
    /// gives how many are left of these, nothing when they did not suffice.
    pub fn clear_blocked(
        &mut self,
        order_id: u64,
        mut trades_left: u32,
        effects: &mut Effects,
    ) -> Option<u32> {
        let security_id = self.order(order_id).expect("it is incoming").security_id;
        let event_id = self.market(security_id).event_id;
        for set in self.quote_sets.clone().iter().filter(|set| set.is_blocked) {
            for quote in self.quotes_of(set.name) {
                if self.market(quote.security_id).event_id == event_id {
                    trades_left = trades_left.checked_sub(1)?;
                    self.cancel_order(quote.order_id, CancelReason::Protection, effects);
                }
            }
        }
        Some(trades_left)
    }

    pub fn has_blocked(&self) -> bool {
        self.quote_sets.iter().any(|set| set.is_blocked)
    }
}

fn report(request: &Request, group: &Group, effects: &mut Effects) {
    let mut report = MarketMakerProtectionReport::new_zeroed();
    report.request_id.set(request.id);
    report.exec_id.set(effects.position());
    report.transact_time_ns.set(effects.now);
    report.seq_num.set(request.seq_num);
    report.window_ms.set(group.window_ms);
    report.quantity_max.set(group.quantity_max);
    report.trades_max.set(group.trades_max);
    report.net_change_max.set(group.net_change_max);
    report.protection_group.set(group.name.1);
    report.triggered = u8::from(group.is_triggered);
    effects.push(&report);
}

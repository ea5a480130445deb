//! What must hold of a decoded state as a whole: the laws that the engine asserts command by
//! command and would stop at later. Each value was found valid before.

use forecastle_proto_spec::{EVENT_MARKETS_MAX, MarketStatus, TimeInForce};

use super::SnapshotError;
use super::cursor::Decoder;
use crate::determination::Determination;
use crate::engine::Engine;
use crate::order_detail::OrderDetail;
use crate::quote_sets::QUOTE_SET_MARKETS_MAX;
use crate::work::PayOut;

impl Engine {
    /// Money is conserved, every account covers its worst case, positions add up to nothing,
    /// pay-outs owe what is left to pay, and timers are those of their owners.
    /// O(accounts + positions + pay-outs × accounts + slots).
    pub(super) fn check_consistent(&self, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        self.check_positions(decoder)?;
        self.check_outcomes(decoder)?;
        for pay_out in self.work.pay_outs() {
            self.check_pay_out(&pay_out, decoder)?;
        }
        let paid: i128 = self.work.pay_outs().map(|pay_out| pay_out.balance).sum();
        let of_houses: i128 = self.events.iter().map(|event| event.house_cash()).sum();
        self.ledger.check_totals(of_houses - paid, decoder)?;
        decoder.require(self.timers_are_owned(), "timer")?;
        let mut accounts = self.ledger.accounts.iter().map(|(number, _)| number);
        decoder.require(accounts.all(|number| self.is_solvent(number)), "account")
    }

    /// An event whose outcome is not final stands there as a whole, by a vector that shares out
    /// what there is, and none of its orders lives.
    fn check_outcomes(&self, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        use MarketStatus::{Determined, Disputed};
        for event_id in self.events.event_ids() {
            let security_ids = self.events.event(event_id).security_ids();
            let is_determined = self.all_have_status(security_ids.clone(), Determined);
            let has_outcome = is_determined || self.all_have_status(security_ids.clone(), Disputed);
            let markets = || security_ids.clone().map(|id| self.events.market(id));
            let is_partly = markets().any(|it| matches!(it.status(), Determined | Disputed));
            let is_noted = *self.events.determination(event_id) != Determination::NONE;
            let has_window = self.window_end_of(event_id).is_some();
            decoder.require(has_outcome == is_partly && is_determined == has_window, "outcome")?;
            decoder.require(has_outcome || !is_noted, "outcome")?;
            if has_outcome {
                let sum = markets().map(|market| u32::from(market.settlement_price())).sum();
                let is_shared_out = self.events.event(event_id).shape.is_shared_out(sum);
                let is_empty = markets().all(|market| market.open_order_count == 0);
                decoder.require(is_shared_out && is_empty, "vector of an outcome")?;
            }
        }
        Ok(())
    }

    /// Every set's account and group are there, and every quote is its set's, once on a side.
    pub(super) fn link_quotes(&mut self, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        for place in self.quote_sets.places() {
            let set = *self.quote_sets.set(place);
            let account = self.ledger.accounts.find(set.account);
            let firm_id = account.ok_or(decoder.invalid("account of a quote set"))?.firm_id;
            let is_of_firm = set.group == 0
                || (self.protection.places().contains(&set.group)
                    && self.protection.group(set.group).firm_id == firm_id);
            decoder.require(is_of_firm, "group of a quote set")?;
        }
        for slot in 0..self.orders.high_water() {
            let Some(order) = self.orders.live(slot).copied() else { continue };
            let set = self.orders.detail(slot).quote_set;
            if set == 0 {
                continue;
            }
            decoder.require(self.quote_sets.places().contains(&set), "set of a quote")?;
            let terms = |it: OrderDetail| {
                (it.self_match_prevention_id, it.self_match_prevention, it.exec_inst)
            };
            let has_terms =
                terms(self.orders.detail(slot)) == terms(self.quote_sets.set(set).detail(set));
            let is_its = self.quote_sets.set(set).account == self.account_of(&order)
                && has_terms
                && order.time_in_force() == TimeInForce::GoodTillCancel
                && order.link_id == 0;
            let is_free = self.quote_sets.quote(set, order.security_id, order.side).is_none();
            let markets = self.quote_sets.markets(set);
            let has_room = markets.len() < QUOTE_SET_MARKETS_MAX
                || markets.iter().any(|market| market.security_id == order.security_id);
            decoder.require(is_its && is_free && has_room, "quote")?;
            self.quote_sets.link(set, order.security_id, order.side, slot);
        }
        Ok(())
    }

    /// What some have bought the others have sold; of a settled event, positions are left only
    /// with the accounts that its pay-out has not reached.
    fn check_positions(&self, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        let mut sums = vec![0_i128; self.events.market_count() as usize + 1];
        for row in self.ledger.exposures.rows() {
            let event_id = self.ledger.exposures.event_id(row);
            for (state, security_id) in (0..).zip(self.events.event(event_id).security_ids()) {
                let lots = self.ledger.exposures.stake(row, state).lots;
                sums[security_id as usize] += i128::from(lots);
            }
            if self.is_settled(event_id) {
                let account = self.ledger.exposures.account(row);
                let is_unpaid = self.work.events_unpaid(account).any(|id| id == event_id);
                decoder.require(is_unpaid, "position in a settled event")?;
            }
        }
        for security_id in 1..=self.events.market_count() {
            let market = self.events.market(security_id);
            let is_settled = market.status() == MarketStatus::Settled;
            let set_count = self.events.event(market.event_id).set_count;
            let is_closed_out = sums[security_id as usize] == i128::from(set_count);
            decoder.require(is_settled || is_closed_out, "sum of positions")?;
            decoder.require(!is_settled || market.open_order_count == 0, "order when settled")?;
        }
        Ok(())
    }

    /// The event is settled, and what was paid less what was taken is what is left to take.
    fn check_pay_out(&self, pay_out: &PayOut, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        let event = self.events.find_event(pay_out.event_id);
        let event = event.filter(|_| self.is_settled(pay_out.event_id));
        let event = event.ok_or(decoder.invalid("event of a pay-out"))?;
        let same_event = self.work.pay_outs().filter(|other| other.event_id == pay_out.event_id);
        decoder.require(same_event.count() == 1, "event of a pay-out")?;
        let mut left = 0_i128;
        for (account, _) in self.ledger.accounts.iter() {
            let Some(row) = self.ledger.find_pair(account, pay_out.event_id) else { continue };
            for (state, security_id) in (0..).zip(event.security_ids()) {
                let value = self.events.market(security_id).settlement_price();
                let lots = self.ledger.exposures.stake(row, state).lots;
                left += i128::from(lots) * i128::from(value);
            }
        }
        let is_balanced = pay_out.balance + left == event.house_cash();
        decoder.require(is_balanced, "balance of a pay-out")?;
        let reached_count = u64::from(pay_out.next_account) * EVENT_MARKETS_MAX as u64;
        let most_paid = i128::from(reached_count) * i128::from(i64::MAX);
        let is_bounded = u64::from(pay_out.position_count) <= reached_count
            && (0..=most_paid).contains(&pay_out.paid);
        decoder.require(pay_out.next_account > 0 && is_bounded, "progress of a pay-out")
    }

    fn is_settled(&self, event_id: u32) -> bool {
        let mut security_ids = self.events.event(event_id).security_ids();
        security_ids.all(|id| self.events.market(id).status() == MarketStatus::Settled)
    }

    /// As the engine asserts it, and no sum on the way leaves its range.
    fn is_solvent(&self, account: u32) -> bool {
        let held = self.ledger.accounts.account(account);
        let worst_case = i128::from(held.cash()) + i128::from(held.minimum_total);
        let buying_power = worst_case + self.unpaid_gain(account);
        i64::try_from(worst_case).is_ok() && (0..=i128::from(i64::MAX)).contains(&buying_power)
    }
}

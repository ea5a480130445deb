//! Settlement of an event by a vector of values, and the pay-out to its accounts in bounded steps.

use forecastle_proto_spec::{
    CONTINUE_EFFECTS_MAX, MarketStatus, RejectCode, SettlementComplete, SettlementReport,
    SettlementRequest,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::exposure::Stake;
use crate::ledger::saturated;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::work::{Origin, Owner, PayOut, Work};

impl Engine {
    pub(crate) fn settle(
        &mut self,
        context: &Context,
        message: &SettlementRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        self.check_settlement(message)?;
        if self.events.parameters(event_id).dispute_window_ms > 0 {
            self.determine(context, message, effects);
            return Ok(());
        }
        let security_ids = self.events.event(event_id).security_ids();
        for (security_id, value) in security_ids.zip(&message.values) {
            self.events.set_settlement_price(security_id, value.get());
        }
        self.settle_markets(context, event_id, effects);
        let mut pay_out = begin_pay_out(context.origin(), event_id);
        if !self.step_pay_out(context, &mut pay_out, effects) {
            self.work.push(Work::PayOut(pay_out));
        }
        Ok(())
    }

    /// One step of a pay-out; gives whether it was the last.
    pub(crate) fn step_pay_out(
        &mut self,
        context: &Context,
        pay_out: &mut PayOut,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let reports_before = pay_out.position_count;
        let mut looked_at = 0;
        let early = u32::from(is_planted(PlantedFault::PayOutStopsEarly));
        while pay_out.next_account + early <= self.ledger.accounts.highest() {
            let reports = pay_out.position_count - reports_before;
            if reports as usize >= CONTINUE_EFFECTS_MAX || looked_at == STEP_ACCOUNTS_MAX {
                return false;
            }
            let account = pay_out.next_account;
            pay_out.next_account += 1;
            looked_at += 1;
            if let Some(row) = self.ledger.find_pair(account, pay_out.event_id) {
                self.pay_account(context, pay_out, (account, row), effects);
            }
        }
        let event = self.events.event(pay_out.event_id);
        let of_house = event.house_cash();
        assert_eq!(pay_out.balance, of_house, "what some gain the others and the house lose");
        self.events.make_sets(pay_out.event_id, -event.set_count);
        effects.push(&SettlementComplete {
            request_id: pay_out.origin.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: pay_out.origin.seq_num.into(),
            event_id: pay_out.event_id.into(),
            position_count: pay_out.position_count.into(),
            reserved_36: [0; 4],
            amount: saturated(pay_out.paid).into(),
        });
        true
    }

    /// Pays one account for every market of the event and gives its rows back.
    fn pay_account(
        &mut self,
        context: &Context,
        pay_out: &mut PayOut,
        (account, row): (u32, u32),
        effects: &mut EffectBuffer<'_>,
    ) {
        let security_ids = self.events.event(pay_out.event_id).security_ids();
        for (state, security_id) in (0..).zip(security_ids) {
            let lots = self.ledger.exposures.stake(row, state).lots;
            if lots == 0 {
                continue;
            }
            let value = self.events.market(security_id).settlement_price();
            let amount = lots * i64::from(value);
            self.ledger.change(row, state, Stake { lots: -lots, ..Stake::default() }, 0);
            self.ledger.pay_out(account, amount);
            pay_out.position_count += 1;
            pay_out.paid += i128::from(amount.max(0));
            pay_out.balance += i128::from(amount);
            effects.push(&SettlementReport {
                exec_id: effects.next_position().into(),
                transact_time_ns: context.time_ns.into(),
                event_id: pay_out.event_id.into(),
                security_id: security_id.into(),
                account: account.into(),
                firm_id: self.ledger.accounts.account(account).firm_id.into(),
                quantity: lots.into(),
                amount: amount.into(),
                settlement_price: value.into(),
                reserved_50: [0; 6],
            });
        }
        self.ledger.release_pair(row);
        self.assert_solvent(account);
    }

    fn check_settlement(&self, message: &SettlementRequest) -> Result<(), RejectCode> {
        let event =
            self.events.find_event(message.event_id.get()).ok_or(RejectCode::UnknownEvent)?;
        let security_ids = event.security_ids();
        let has_order = |id: u32| self.events.market(id).open_order_count > 0;
        let is_at_end = ENDED_STATUSES
            .into_iter()
            .any(|status| self.all_have_status(security_ids.clone(), status));
        if !is_at_end || security_ids.clone().any(has_order) {
            return Err(RejectCode::MarketsNotClosed);
        }
        let market_count = event.shape.market_count;
        let values = message.values.get(..usize::from(market_count)).unwrap_or_default();
        let sum: u32 = values.iter().map(|value| u32::from(value.get())).sum();
        let is_shared_out = event.shape.is_shared_out(sum);
        if message.value_count != market_count || !is_shared_out {
            return Err(RejectCode::SettlementVectorInvalid);
        }
        let pays_at_once = self.events.parameters(message.event_id.get()).dispute_window_ms == 0;
        if pays_at_once && self.work.is_full(Owner::Exchange) {
            return Err(RejectCode::WorkQueueFull);
        }
        Ok(())
    }
}

/// A pay-out that nobody has been reached by.
pub(crate) fn begin_pay_out(origin: Origin, event_id: u32) -> PayOut {
    PayOut { origin, event_id, next_account: 1, position_count: 0, paid: 0, balance: 0 }
}

/// Where the markets of an event stand when it may get a vector.
const ENDED_STATUSES: [MarketStatus; 3] =
    [MarketStatus::Closed, MarketStatus::Determined, MarketStatus::Disputed];
/// Most accounts that one step looks at.
const STEP_ACCOUNTS_MAX: u32 = 1_024;

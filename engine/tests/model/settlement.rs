//! Settlement by a vector of state values and its pay-out (`docs/engine-rules.md` §5).

use forecastle_proto_spec::{
    CONTINUE_EFFECTS_MAX, MarketStatus, PAYOUT, RejectCode, SettlementComplete, SettlementReport,
    SettlementRequest,
};
use zerocopy::FromZeros;

use super::Model;
use super::accounts::saturated;
use super::effects::Effects;
use super::sessions::Request;
use super::sweeps::{Owner, Work, WorkKind};

/// A walk over the accounts that pays what an event owes.
#[derive(Clone, Debug)]
pub struct PayOut {
    pub event_id: u32,
    pub next_account: u32,
    pub position_count: u32,
    pub amount: i128,
}

impl Model {
    pub fn settle(
        &mut self,
        request: &Request,
        message: &SettlementRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        let event = self.event(event_id).ok_or(RejectCode::UnknownEvent)?.clone();
        let statuses = [MarketStatus::Closed, MarketStatus::Determined, MarketStatus::Disputed];
        let all_have = |status: &MarketStatus| {
            event.security_ids().all(|security_id| self.market(security_id).status == *status)
        };
        let is_at_end = statuses.iter().any(all_have);
        let has_order =
            |security_id: u32| self.orders.iter().any(|order| order.security_id == security_id);
        if !is_at_end || event.security_ids().any(has_order) {
            return Err(RejectCode::MarketsNotClosed);
        }
        let count = usize::from(message.value_count);
        if message.value_count != event.market_count {
            return Err(RejectCode::SettlementVectorInvalid);
        }
        let values: Vec<u16> = message.values[..count].iter().map(|value| value.get()).collect();
        let sum: u32 = values.iter().map(|&value| u32::from(value)).sum();
        let sum_is_right = match event.is_exhaustive {
            true => sum == u32::from(PAYOUT),
            false => sum <= u32::from(PAYOUT),
        };
        if !sum_is_right || values.iter().any(|&value| value > PAYOUT) {
            return Err(RejectCode::SettlementVectorInvalid);
        }
        if event.parameters.dispute_window_ms > 0 {
            self.determine(request, event_id, values, effects);
            return Ok(());
        }
        self.check_work_queue(Owner::Exchange)?;
        self.settle_markets(request, event_id, values, effects);
        let pay_out = PayOut { event_id, next_account: 1, position_count: 0, amount: 0 };
        let kind = WorkKind::PayOut(pay_out);
        self.start_work(Work { owner: Owner::Exchange, request: *request, kind }, effects);
        Ok(())
    }

    /// Pays some accounts; true when all are paid.
    pub fn step_pay_out(
        &mut self,
        request: &Request,
        pay_out: &mut PayOut,
        effects: &mut Effects,
    ) -> bool {
        let mut report_count = 0;
        let mut looked_count = 0;
        let highest = self.accounts.keys().last().copied().unwrap_or(0);
        while pay_out.next_account <= highest
            && report_count < CONTINUE_EFFECTS_MAX
            && looked_count < ACCOUNTS_PER_STEP
        {
            report_count += self.pay_account(pay_out, effects);
            pay_out.next_account += 1;
            looked_count += 1;
        }
        if pay_out.next_account <= highest {
            return false;
        }
        assert_eq!(self.events[pay_out.event_id as usize - 1].pool, 0, "the pool pays out");
        let mut complete = SettlementComplete::new_zeroed();
        complete.request_id.set(request.id);
        complete.exec_id.set(effects.position());
        complete.transact_time_ns.set(effects.now);
        complete.seq_num.set(request.seq_num);
        complete.event_id.set(pay_out.event_id);
        complete.position_count.set(pay_out.position_count);
        complete.amount.set(saturated(pay_out.amount));
        effects.push(&complete);
        true
    }

    /// Closes every position of the next account; gives the number of reports.
    fn pay_account(&mut self, pay_out: &mut PayOut, effects: &mut Effects) -> usize {
        let account = pay_out.next_account;
        let event = self.events[pay_out.event_id as usize - 1].clone();
        let values = event.settled_values.clone().expect("the event is settled");
        let mut report_count = 0;
        for (security_id, value) in event.security_ids().zip(values) {
            let Some(quantity) = self.positions.remove(&(account, security_id)) else { continue };
            let amount = quantity * i64::from(value);
            self.account_mut(account).cash += amount;
            self.events[pay_out.event_id as usize - 1].pool -= i128::from(amount);
            let mut report = SettlementReport::new_zeroed();
            report.exec_id.set(effects.position());
            report.transact_time_ns.set(effects.now);
            report.event_id.set(pay_out.event_id);
            report.security_id.set(security_id);
            report.account.set(account);
            report.firm_id.set(self.accounts[&account].firm_id);
            report.quantity.set(quantity);
            report.amount.set(amount);
            report.settlement_price.set(value);
            effects.push(&report);
            pay_out.position_count += 1;
            pay_out.amount += i128::from(amount.max(0));
            report_count += 1;
        }
        self.exposures.remove(&(account, pay_out.event_id));
        self.paid.remove(&(account, pay_out.event_id));
        report_count
    }
}

/// Most accounts that one step looks at.
const ACCOUNTS_PER_STEP: u32 = 1_024;

//! Reports of state as of a place in the log.

use forecastle_proto_spec::{
    AccountReport, ExchangeReport, PositionReport, RejectCode, StateReportRequest, StateScope,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::entitlements::ROLES_ADMIN;
use crate::exposure::Stake;
use crate::ledger::saturated;

impl Engine {
    pub(crate) fn report_state(
        &mut self,
        context: &Context,
        message: &StateReportRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let scope =
            StateScope::try_from(message.scope).map_err(|_| RejectCode::InvalidStateScope)?;
        let sees_all = context.entitlement.includes_any(ROLES_ADMIN);
        if scope == StateScope::Exchange {
            if !sees_all {
                return Err(RejectCode::NotEntitled);
            }
            self.report_exchange(context, effects);
            return Ok(());
        }
        let account = message.account.get();
        let is_visible = self
            .ledger
            .accounts
            .find(account)
            .is_some_and(|account| sees_all || account.firm_id == context.entitlement.firm_id);
        if !is_visible {
            return Err(RejectCode::UnknownAccount);
        }
        if scope == StateScope::Account {
            self.report_account(context, account, effects);
            return Ok(());
        }
        let event_id = message.event_id.get();
        if self.events.find_event(event_id).is_none() {
            return Err(RejectCode::UnknownEvent);
        }
        self.report_positions(context, account, event_id, effects);
        Ok(())
    }

    /// Reports a defined account.
    pub(crate) fn report_account(
        &self,
        context: &Context,
        number: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        let account = self.ledger.accounts.account(number);
        effects.push(&AccountReport {
            request_id: context.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: context.seq_num.into(),
            account: number.into(),
            firm_id: account.firm_id.into(),
            open_order_count: account.open_order_count.into(),
            cash: account.cash().into(),
            buying_power: self.buying_power(number).into(),
        });
    }

    fn report_positions(
        &self,
        context: &Context,
        account: u32,
        event_id: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        let row = self.ledger.find_pair(account, event_id);
        for (state, security_id) in (0..).zip(self.events.event(event_id).security_ids()) {
            let stake = row.map_or(Stake::default(), |row| self.ledger.exposures.stake(row, state));
            effects.push(&PositionReport {
                request_id: context.request_id.into(),
                exec_id: effects.next_position().into(),
                transact_time_ns: context.time_ns.into(),
                seq_num: context.seq_num.into(),
                account: account.into(),
                event_id: event_id.into(),
                security_id: security_id.into(),
                quantity: stake.lots.into(),
                bid_cost: stake.bid_cost.into(),
                ask_cost: stake.ask_cost.into(),
            });
        }
    }

    fn report_exchange(&self, context: &Context, effects: &mut EffectBuffer<'_>) {
        let totals = self.ledger.totals();
        effects.push(&ExchangeReport {
            request_id: context.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: context.seq_num.into(),
            account_count: self.ledger.accounts.count().into(),
            deposits: totals.deposits.into(),
            withdrawals: totals.withdrawals.into(),
            cash: saturated(self.ledger.accounts.cash_total()).into(),
            fees: totals.fees.into(),
            settlement_pool: saturated(totals.settlement_pool).into(),
            open_position_count: self.ledger.exposures.open_position_count().into(),
            market_digest: self.market_digest().into(),
            state_digest: context.state_digest_before.into(),
            open_order_count: self.orders.live_count().into(),
            market_count: self.events.market_count().into(),
        });
    }
}

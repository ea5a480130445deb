//! Accounts, entitlements and state reports (`docs/engine-rules.md` §6).

use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountReport, DEPOSITS_MAX, DepositRequest, EntitlementReport,
    EntitlementRequest, ExchangeReport, PositionReport, RejectCode, Side, StateReportRequest,
    StateScope, WithdrawalRequest,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::{Entitlement, Request};

#[derive(Clone, Debug)]
pub struct Account {
    pub firm_id: u32,
    pub cash: i64,
}

impl Model {
    pub fn account_mut(&mut self, account: u32) -> &mut Account {
        self.accounts.get_mut(&account).expect("whoever trades has an account")
    }

    pub fn define_account(
        &mut self,
        request: &Request,
        message: &AccountDefinitionRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let account = message.account.get();
        let firm_id = message.firm_id.get();
        if !(1..=self.limits.accounts_max).contains(&account) {
            return Err(RejectCode::AccountOutOfRange);
        }
        if self.accounts.contains_key(&account) {
            return Err(RejectCode::AccountExists);
        }
        if firm_id == 0 {
            return Err(RejectCode::FirmZero);
        }
        self.accounts.insert(account, Account { firm_id, cash: 0 });
        self.report_account(request, account, effects);
        Ok(())
    }

    pub fn deposit(
        &mut self,
        request: &Request,
        message: &DepositRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let account = message.account.get();
        let amount = message.amount.get();
        self.check_amount(account, amount)?;
        let balance = i128::from(self.deposits) - i128::from(self.withdrawals);
        if balance + i128::from(amount) > i128::from(DEPOSITS_MAX)
            || self.deposits.checked_add(amount).is_none()
        {
            return Err(RejectCode::DepositLimit);
        }
        self.deposits += amount;
        self.account_mut(account).cash += amount;
        self.report_account(request, account, effects);
        Ok(())
    }

    pub fn withdraw(
        &mut self,
        request: &Request,
        message: &WithdrawalRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let account = message.account.get();
        let amount = message.amount.get();
        self.check_amount(account, amount)?;
        if self.buying_power(account) < amount {
            return Err(RejectCode::InsufficientBuyingPower);
        }
        self.withdrawals += amount;
        self.account_mut(account).cash -= amount;
        self.report_account(request, account, effects);
        Ok(())
    }

    fn check_amount(&self, account: u32, amount: i64) -> Result<(), RejectCode> {
        if !self.accounts.contains_key(&account) {
            return Err(RejectCode::UnknownAccount);
        }
        if !(1..=DEPOSITS_MAX).contains(&amount) {
            return Err(RejectCode::AmountOutOfRange);
        }
        Ok(())
    }

    pub fn entitle(
        &mut self,
        request: &Request,
        message: &EntitlementRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let key = message.access_key_id.get();
        let roles = message.roles.get();
        let firm_id = message.firm_id.get();
        if !(1..=self.limits.access_keys_max).contains(&key) {
            return Err(RejectCode::AccessKeyOutOfRange);
        }
        if roles > ALL_ROLES {
            return Err(RejectCode::InvalidRoles);
        }
        if roles != 0 && firm_id == 0 {
            return Err(RejectCode::FirmZero);
        }
        let open_orders_max = message.open_orders_max.get();
        self.entitlements.insert(key, Entitlement { firm_id, roles, open_orders_max });
        let mut report = EntitlementReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.access_key_id.set(key);
        report.firm_id.set(firm_id);
        report.roles.set(roles);
        report.open_orders_max.set(open_orders_max);
        effects.push(&report);
        Ok(())
    }

    pub fn report_state(
        &mut self,
        request: &Request,
        message: &StateReportRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let scope =
            StateScope::try_from(message.scope).map_err(|_| RejectCode::InvalidStateScope)?;
        let is_administrator = self.is_administrator(request.session_id);
        if scope == StateScope::Exchange {
            if !is_administrator {
                return Err(RejectCode::NotEntitled);
            }
            self.report_exchange(request, effects);
            return Ok(());
        }
        let account = message.account.get();
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        let is_visible = |account: &Account| is_administrator || account.firm_id == firm_id;
        if !self.accounts.get(&account).is_some_and(is_visible) {
            return Err(RejectCode::UnknownAccount);
        }
        if scope == StateScope::Account {
            self.report_account(request, account, effects);
            return Ok(());
        }
        let event_id = message.event_id.get();
        let event = self.event(event_id).ok_or(RejectCode::UnknownEvent)?.clone();
        for security_id in event.security_ids() {
            let mut report = PositionReport::new_zeroed();
            report.request_id.set(request.id);
            report.exec_id.set(effects.position());
            report.transact_time_ns.set(effects.now);
            report.seq_num.set(request.seq_num);
            report.account.set(account);
            report.event_id.set(event_id);
            report.security_id.set(security_id);
            report.quantity.set(self.position(account, security_id));
            report.bid_cost.set(self.cost(account, security_id, Side::Buy));
            report.ask_cost.set(self.cost(account, security_id, Side::Sell));
            effects.push(&report);
        }
        Ok(())
    }

    fn report_account(&self, request: &Request, account: u32, effects: &mut Effects) {
        let mut report = AccountReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.account.set(account);
        report.firm_id.set(self.accounts[&account].firm_id);
        report.open_order_count.set(count(self.open_orders(account).len()));
        report.cash.set(self.accounts[&account].cash);
        report.buying_power.set(self.buying_power(account));
        effects.push(&report);
    }

    fn report_exchange(&self, request: &Request, effects: &mut Effects) {
        let mut report = ExchangeReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.account_count.set(count(self.accounts.len()));
        report.deposits.set(self.deposits);
        report.withdrawals.set(self.withdrawals);
        report.cash.set(saturated(self.total_cash()));
        report.fees.set(self.fees);
        report.settlement_pool.set(saturated(self.settlement_pool()));
        report.open_position_count.set(self.positions.len() as u64);
        report.market_digest.set(self.market_digest());
        report.state_digest.set(self.state_digest);
        report.open_order_count.set(count(self.orders.len()));
        report.market_count.set(count(self.markets.len()));
        effects.push(&report);
    }

    pub fn total_cash(&self) -> i128 {
        self.accounts.values().map(|account| i128::from(account.cash)).sum()
    }

    pub fn settlement_pool(&self) -> i128 {
        self.events.iter().map(|event| event.pool).sum()
    }
}

/// An amount that is kept wide, as a report gives it.
pub fn saturated(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("worlds are small")
}

/// The six roles of the schema.
const ALL_ROLES: u16 = 0b11_1111;

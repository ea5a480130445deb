//! Limits of accounts and sessions (`docs/engine-rules.md` §8), from the orders and positions of
//! the moment.

use forecastle_proto_spec::{AccountLimitsReport, AccountLimitsRequest, RejectCode, Side};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::ledger::OpenOrder;
use super::sessions::Request;

impl Model {
    pub fn limit_account(
        &mut self,
        request: &Request,
        message: &AccountLimitsRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let account = message.account.get();
        if !self.accounts.contains_key(&account) {
            return Err(RejectCode::UnknownAccount);
        }
        let new = [message.position_limit, message.worst_loss_limit, message.order_cost_max];
        let new = new.map(|limit| limit.get());
        if new.iter().any(|limit| *limit < 0) {
            return Err(RejectCode::LimitOutOfRange);
        }
        let [old_position, old_loss, _] = self.limits_of(account);
        if old_position == 0 && new[0] != 0 && !self.open_orders(account).is_empty() {
            return Err(RejectCode::OpenOrdersStand);
        }
        self.account_limits.insert(account, new);
        if new[1] == 0 {
            self.paid.retain(|&(it, _), _| it != account);
        } else if old_loss == 0 {
            for (event_id, event) in (1..).zip(&self.events) {
                let worst = self.worst_of_event(account, event, &[]);
                let worst = i64::try_from(worst).expect("lots are bounded");
                self.paid.insert((account, event_id), worst);
            }
        }
        let mut report = AccountLimitsReport::new_zeroed();
        report.request_id.set(request.id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.seq_num.set(request.seq_num);
        report.account.set(account);
        report.position_limit.set(new[0]);
        report.worst_loss_limit.set(new[1]);
        report.order_cost_max.set(new[2]);
        effects.push(&report);
        Ok(())
    }

    /// Takes what a trade in a market costs from an account; gives it when negative.
    pub fn pay(&mut self, account: u32, market: u32, amount: i64) {
        self.account_mut(account).cash -= amount;
        let [_, worst_loss, _] = self.limits_of(account);
        if worst_loss != 0 {
            let event_id = self.market(market).event_id;
            *self.paid.entry((account, event_id)).or_default() += amount;
        }
    }

    pub fn check_open_orders(
        &self,
        request: &Request,
        (security_id, time_in_force): (u32, u8),
    ) -> Result<(), RejectCode> {
        let most = usize::from(self.entitlement_of(request.session_id).open_orders_max);
        let open = self.orders.iter().filter(|order| order.session_id == request.session_id);
        let may_stay = ![3, 4].contains(&time_in_force) || self.is_delaying(security_id);
        if most != 0 && may_stay && open.count() >= most {
            return Err(RejectCode::OpenOrderLimit);
        }
        Ok(())
    }

    pub fn check_order_cost(&self, account: u32, order: &OpenOrder) -> Result<(), RejectCode> {
        let [.., most] = self.limits_of(account);
        if most != 0 && order.hold() > i128::from(most) {
            return Err(RejectCode::OrderCostLimit);
        }
        Ok(())
    }

    /// Whether the account keeps its limits when `open` are its open orders.
    pub fn check_account_limits(
        &self,
        account: u32,
        market: u32,
        side: Side,
        open: &[OpenOrder],
    ) -> Result<(), RejectCode> {
        let [position_limit, worst_loss_limit, _] = self.limits_of(account);
        let now = self.open_orders(account);
        let lots_of = |orders: &[OpenOrder]| -> i64 {
            let of_side = orders.iter().filter(|it| it.security_id == market && it.side == side);
            of_side.map(|it| i64::from(it.leaves)).sum()
        };
        let held = match side {
            Side::Buy => self.position(account, market),
            Side::Sell => -self.position(account, market),
        };
        let grows = lots_of(open) > lots_of(&now);
        if position_limit != 0 && grows && held + lots_of(open) > position_limit {
            return Err(RejectCode::PositionLimit);
        }
        let event_id = self.market(market).event_id;
        let event = self.event(event_id).expect("its market exists");
        let worst = self.worst_of_event(account, event, open);
        let worsens = worst < self.worst_of_event(account, event, &now);
        let paid = self.paid.get(&(account, event_id)).copied().unwrap_or(0);
        if worst_loss_limit != 0
            && worsens
            && i128::from(paid) - worst > i128::from(worst_loss_limit)
        {
            return Err(RejectCode::WorstLossLimit);
        }
        Ok(())
    }

    fn limits_of(&self, account: u32) -> [i64; 3] {
        self.account_limits.get(&account).copied().unwrap_or([0; 3])
    }
}

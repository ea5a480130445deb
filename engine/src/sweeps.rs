//! Sweeps: mass cancels, the end of the day and the closing of markets, in bounded steps.

use forecastle_proto_spec::{
    CONTINUE_EFFECTS_MAX, CancelReason, MassActionScope, MassActionType, OrderMassActionReport,
    OrderMassActionRequest, RejectCode, TimeInForce,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::order_table::Order;
use crate::work::{Sweep, Work};

impl Engine {
    pub(crate) fn mass_action(
        &mut self,
        context: &Context,
        message: &OrderMassActionRequest,
        effects: &mut EffectBuffer<'_>,
    ) {
        match self.check_mass_action(context, message) {
            Ok((scope, key)) => {
                let firm_id = context.entitlement.firm_id;
                let sweep = self.sweep_of(context, scope, key, CancelReason::MassAction);
                self.begin_sweep(context, Sweep { firm_id, side: message.side, ..sweep }, effects);
            }
            Err(code) => {
                self.reject_cancel(context, 0, message.security_id.get(), code, effects);
            }
        }
    }

    pub(crate) fn end_day(
        &mut self,
        context: &Context,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        if self.work.is_full() {
            return Err(RejectCode::WorkQueueFull);
        }
        let sweep = self.sweep_of(context, MassActionScope::Day, 0, CancelReason::DayEnded);
        self.begin_sweep(context, sweep, effects);
        Ok(())
    }

    /// Sweeps the orders of a market, or of an event, that has just closed.
    ///
    /// # Panics
    /// When the queue of work is full.
    pub(crate) fn sweep_closed(
        &mut self,
        context: &Context,
        (scope, key): (MassActionScope, u32),
        effects: &mut EffectBuffer<'_>,
    ) {
        let sweep = self.sweep_of(context, scope, key, CancelReason::MarketClosed);
        self.begin_sweep(context, sweep, effects);
    }

    /// Does the next step of the oldest work, if there is any.
    pub(crate) fn continue_work(&mut self, context: &Context, effects: &mut EffectBuffer<'_>) {
        let (work, is_finished) = match self.work.oldest() {
            None => return,
            Some(Work::Sweep(mut sweep)) => {
                let is_finished = self.step_sweep(context, &mut sweep, effects);
                (Work::Sweep(sweep), is_finished)
            }
            Some(Work::PayOut(mut pay_out)) => {
                let is_finished = self.step_pay_out(context, &mut pay_out, effects);
                (Work::PayOut(pay_out), is_finished)
            }
        };
        if is_finished {
            self.work.finish_oldest();
        } else {
            self.work.advance_oldest(work);
        }
    }

    fn sweep_of(
        &self,
        context: &Context,
        scope: MassActionScope,
        key: u32,
        reason: CancelReason,
    ) -> Sweep {
        Sweep {
            origin: context.origin(),
            reason,
            scope,
            key,
            firm_id: 0,
            side: 0,
            accepted_count: self.orders.accepted_count(),
            next_slot: 0,
            cancelled_count: 0,
        }
    }

    fn begin_sweep(&mut self, context: &Context, mut sweep: Sweep, effects: &mut EffectBuffer<'_>) {
        if !self.step_sweep(context, &mut sweep, effects) {
            self.work.push(Work::Sweep(sweep));
        }
    }

    /// One step of a sweep; gives whether it was the last.
    fn step_sweep(
        &mut self,
        context: &Context,
        sweep: &mut Sweep,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let mut cancelled = 0;
        let mut looked_at = 0;
        while sweep.next_slot < self.orders.high_water() {
            if cancelled == CONTINUE_EFFECTS_MAX || looked_at == STEP_SLOTS_MAX {
                return false;
            }
            let slot = sweep.next_slot;
            sweep.next_slot += 1;
            looked_at += 1;
            if self.orders.live(slot).is_some_and(|order| self.covers(sweep, order)) {
                self.cancel_resting(slot, sweep.reason, effects);
                cancelled += 1;
                sweep.cancelled_count += 1;
            }
        }
        effects.push(&OrderMassActionReport {
            cl_ord_id: sweep.origin.request_id.into(),
            exec_id: effects.next_position().into(),
            transact_time_ns: context.time_ns.into(),
            seq_num: sweep.origin.seq_num.into(),
            total_affected_orders: sweep.cancelled_count.into(),
            scope: sweep.scope.into(),
            action: MassActionType::Cancel.into(),
            side: sweep.side,
            reserved_35: [0; 5],
        });
        true
    }

    fn covers(&self, sweep: &Sweep, order: &Order) -> bool {
        let is_in_scope = match sweep.scope {
            MassActionScope::Security => order.security_id == sweep.key,
            MassActionScope::Event => self.ledger.exposures.event_id(order.exposure) == sweep.key,
            MassActionScope::Account => self.account_of(order) == sweep.key,
            MassActionScope::Link => order.link_id == sweep.key,
            MassActionScope::Firm => true,
            MassActionScope::Day => order.time_in_force == TimeInForce::Day,
        };
        is_in_scope
            && order.accepted_number <= sweep.accepted_count
            && (sweep.side == 0 || sweep.side == u8::from(order.side))
            && (sweep.firm_id == 0 || sweep.firm_id == self.firm_of(order))
    }

    fn check_mass_action(
        &self,
        context: &Context,
        message: &OrderMassActionRequest,
    ) -> Result<(MassActionScope, u32), RejectCode> {
        if message.cl_ord_id.get() == 0 {
            return Err(RejectCode::ClOrdIdZero);
        }
        if message.side > 2 {
            return Err(RejectCode::InvalidSide);
        }
        if MassActionType::try_from(message.action).is_err() {
            return Err(RejectCode::InvalidMassActionType);
        }
        let scope = MassActionScope::try_from(message.scope)
            .map_err(|_| RejectCode::InvalidMassActionScope)?;
        let key = match scope {
            MassActionScope::Security => message.security_id.get(),
            MassActionScope::Event => message.event_id.get(),
            MassActionScope::Account => message.account.get(),
            MassActionScope::Link => message.cl_ord_link_id.get(),
            MassActionScope::Firm => context.entitlement.firm_id,
            MassActionScope::Day => 0,
        };
        if key == 0 {
            return Err(RejectCode::InvalidMassActionScope);
        }
        match scope {
            MassActionScope::Security if self.events.find_market(key).is_none() => {
                return Err(RejectCode::UnknownMarket);
            }
            MassActionScope::Event if self.events.find_event(key).is_none() => {
                return Err(RejectCode::UnknownEvent);
            }
            MassActionScope::Account => {
                let account = self.ledger.accounts.find(key);
                if account.is_none_or(|account| account.firm_id != context.entitlement.firm_id) {
                    return Err(RejectCode::UnknownAccount);
                }
            }
            _ => {}
        }
        if self.work.is_full() {
            return Err(RejectCode::WorkQueueFull);
        }
        Ok((scope, key))
    }
}

/// Most slots that one step looks at.
const STEP_SLOTS_MAX: u32 = 16_384;

//! Sweeps: mass cancels, the end of the day and the closing of markets, in bounded steps.

use forecastle_proto_spec::{
    CONTINUE_EFFECTS_MAX, CancelReason, MassActionScope, MassActionType, OrderMassActionReport,
    OrderMassActionRequest, RejectCode, TimeInForce,
};

use crate::apply::Context;
use crate::blocks::Block;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::order_table::Order;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::work::{Sweep, Work};

impl Engine {
    pub(crate) fn mass_action(
        &mut self,
        context: &Context,
        message: &OrderMassActionRequest,
        effects: &mut EffectBuffer<'_>,
    ) {
        let (action, scope, key) = match self.check_mass_action(context, message) {
            Ok(checked) => checked,
            Err(code) => {
                return self.reject_cancel(context, 0, message.security_id.get(), code, effects);
            }
        };
        let firm_id = context.entitlement.firm_id;
        let block = Block { firm_id, scope: scope.into(), side: message.side, key };
        match action {
            MassActionType::Suspend => {
                self.blocks.set(block);
                self.sweep_suspended(context, block, effects);
            }
            MassActionType::Release => {
                self.blocks.release(&block);
                let sweep = self.sweep_of(context, (scope, key), CancelReason::Suspended);
                let sweep = Sweep { side: message.side, ..sweep };
                report_mass_action(context, &sweep, MassActionType::Release, effects);
            }
            MassActionType::Cancel => {
                let sweep = self.sweep_of(context, (scope, key), CancelReason::MassAction);
                self.begin_sweep(context, Sweep { firm_id, side: message.side, ..sweep }, effects);
            }
        }
    }

    /// Cancels the orders that a block covers, which stands by now.
    ///
    /// # Panics
    /// When the queue of work is full.
    pub(crate) fn sweep_suspended(
        &mut self,
        context: &Context,
        block: Block,
        effects: &mut EffectBuffer<'_>,
    ) {
        let Block { firm_id, side, key, .. } = block;
        let scope = MassActionScope::try_from(block.scope).expect("a block has a scope");
        let sweep = self.sweep_of(context, (scope, key), CancelReason::Suspended);
        self.begin_sweep(context, Sweep { firm_id, side, ..sweep }, effects);
    }

    pub(crate) fn end_day(
        &mut self,
        context: &Context,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        if self.work.is_full() {
            return Err(RejectCode::WorkQueueFull);
        }
        let sweep = self.sweep_of(context, (MassActionScope::Day, 0), CancelReason::DayEnded);
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
        covered: (MassActionScope, u32),
        effects: &mut EffectBuffer<'_>,
    ) {
        let sweep = self.sweep_of(context, covered, CancelReason::MarketClosed);
        self.begin_sweep(context, sweep, effects);
    }

    /// Does the next step of ending blocked quotes, else of the oldest work, if there is any.
    pub(crate) fn continue_work(&mut self, context: &Context, effects: &mut EffectBuffer<'_>) {
        if self.quote_sets.has_blocked() {
            return self.cancel_blocked_quotes(effects);
        }
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
        (scope, key): (MassActionScope, u32),
        reason: CancelReason,
    ) -> Sweep {
        Sweep {
            origin: context.origin(),
            reason,
            scope,
            key,
            firm_id: 0,
            side: 0,
            exec_inst: 0,
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
            if self.orders.live(slot).is_some_and(|order| self.covers(sweep, slot, order)) {
                self.cancel_resting(slot, sweep.reason, effects);
                cancelled += 1;
                sweep.cancelled_count += 1;
            }
        }
        let is_suspension = sweep.reason == CancelReason::Suspended;
        let action = if is_suspension { MassActionType::Suspend } else { MassActionType::Cancel };
        report_mass_action(context, sweep, action, effects);
        true
    }

    fn covers(&self, sweep: &Sweep, slot: u32, order: &Order) -> bool {
        let is_in_scope = match sweep.scope {
            MassActionScope::Security => order.security_id == sweep.key,
            MassActionScope::Event => self.ledger.exposures.event_id(order.exposure) == sweep.key,
            MassActionScope::Account => self.account_of(order) == sweep.key,
            MassActionScope::Link => order.link_id == sweep.key,
            MassActionScope::Firm => self.firm_of(order) == sweep.key,
            MassActionScope::Day => order.time_in_force() == TimeInForce::Day,
            MassActionScope::Session => {
                self.sessions.session(order.session).session_id == sweep.key
            }
            MassActionScope::Exchange => true,
        };
        is_in_scope
            && (order.accepted_number <= sweep.accepted_count
                || is_planted(PlantedFault::SweepTakesLaterOrders))
            && (sweep.side == 0 || sweep.side == u8::from(order.side))
            && (sweep.firm_id == 0 || sweep.firm_id == self.firm_of(order))
            && (sweep.exec_inst == 0 || self.orders.detail(slot).has(sweep.exec_inst))
    }

    fn check_mass_action(
        &self,
        context: &Context,
        message: &OrderMassActionRequest,
    ) -> Result<(MassActionType, MassActionScope, u32), RejectCode> {
        if message.cl_ord_id.get() == 0 {
            return Err(RejectCode::ClOrdIdZero);
        }
        if message.side > 2 {
            return Err(RejectCode::InvalidSide);
        }
        let action = MassActionType::try_from(message.action)
            .map_err(|_| RejectCode::InvalidMassActionType)?;
        let scope = MassActionScope::try_from(message.scope)
            .map_err(|_| RejectCode::InvalidMassActionScope)?;
        let key = match scope {
            MassActionScope::Security => message.security_id.get(),
            MassActionScope::Event => message.event_id.get(),
            MassActionScope::Account => message.account.get(),
            MassActionScope::Link => message.cl_ord_link_id.get(),
            MassActionScope::Firm => context.entitlement.firm_id,
            MassActionScope::Day | MassActionScope::Session | MassActionScope::Exchange => 0,
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
        let firm_id = context.entitlement.firm_id;
        self.check_block(action, &Block { firm_id, scope: scope.into(), side: message.side, key })?;
        Ok((action, scope, key))
    }

    /// Whether a block can be set, with a sweep behind it, or released; for a plain cancel, whether
    /// its sweep can begin.
    pub(crate) fn check_block(
        &self,
        action: MassActionType,
        block: &Block,
    ) -> Result<(), RejectCode> {
        let stands = self.blocks.contains(block);
        match action {
            MassActionType::Release if stands => return Ok(()),
            MassActionType::Release => return Err(RejectCode::UnknownBlock),
            MassActionType::Suspend if !stands && self.blocks.is_full() => {
                return Err(RejectCode::BlockTableFull);
            }
            MassActionType::Suspend | MassActionType::Cancel => {}
        }
        if self.work.is_full() { Err(RejectCode::WorkQueueFull) } else { Ok(()) }
    }
}

fn report_mass_action(
    context: &Context,
    sweep: &Sweep,
    action: MassActionType,
    effects: &mut EffectBuffer<'_>,
) {
    effects.push(&OrderMassActionReport {
        cl_ord_id: sweep.origin.request_id.into(),
        exec_id: effects.next_position().into(),
        transact_time_ns: context.time_ns.into(),
        seq_num: sweep.origin.seq_num.into(),
        total_affected_orders: sweep.cancelled_count.into(),
        scope: sweep.scope.into(),
        action: action.into(),
        side: sweep.side,
        reserved_35: [0; 5],
    });
}

/// Most slots that one step looks at.
const STEP_SLOTS_MAX: u32 = 16_384;

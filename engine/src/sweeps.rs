//! Sweeps: mass cancels, the end of the day, the closing of markets and mass status, in bounded
//! steps.

use forecastle_proto_spec::{
    CONTINUE_EFFECTS_MAX, CancelReason, MassActionScope, MassActionType, OrderMassActionReport,
    OrderMassActionRequest, RejectCode, TimeInForce,
};

use crate::apply::Context;
use crate::blocks::Block;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::mass_status::report_mass_status;
use crate::order_table::{FOUND_MAX, Order, OwnerFilter};
use crate::planted_fault::{PlantedFault, is_planted};
use crate::work::{Owner, Sweep, Work};

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
    /// When its owner has no room for work.
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
        if self.work.is_full(Owner::Exchange) {
            return Err(RejectCode::WorkQueueFull);
        }
        let sweep = self.sweep_of(context, (MassActionScope::Day, 0), CancelReason::DayEnded);
        self.begin_sweep(context, sweep, effects);
        Ok(())
    }

    /// Sweeps the orders of a market, or of an event, that has just closed.
    ///
    /// # Panics
    /// When the exchange has no room for work.
    pub(crate) fn sweep_closed(
        &mut self,
        context: &Context,
        covered: (MassActionScope, u32),
        effects: &mut EffectBuffer<'_>,
    ) {
        let sweep = self.sweep_of(context, covered, CancelReason::MarketClosed);
        self.begin_sweep(context, sweep, effects);
    }

    /// Does the next step of ending blocked quotes, else of the work whose turn it is, if there is
    /// any.
    pub(crate) fn continue_work(&mut self, context: &Context, effects: &mut EffectBuffer<'_>) {
        if self.quote_sets.has_blocked() {
            return self.cancel_blocked_quotes(effects);
        }
        let (work, is_finished) = match self.work.next() {
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
            self.work.finish();
        } else {
            self.work.advance(work);
        }
    }

    pub(crate) fn sweep_of(
        &self,
        context: &Context,
        (scope, key): (MassActionScope, u32),
        reason: impl Into<Option<CancelReason>>,
    ) -> Sweep {
        Sweep {
            origin: context.origin(),
            reason: reason.into(),
            scope,
            key,
            firm_id: 0,
            side: 0,
            exec_inst: 0,
            accepted_count: self.orders.accepted_count(),
            next_slot: 0,
            order_count: 0,
        }
    }

    pub(crate) fn begin_sweep(
        &mut self,
        context: &Context,
        mut sweep: Sweep,
        effects: &mut EffectBuffer<'_>,
    ) {
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
        if !self.step_through_slots(context, sweep, effects) {
            return false;
        }
        match sweep.reason {
            Some(CancelReason::Suspended) => {
                report_mass_action(context, sweep, MassActionType::Suspend, effects);
            }
            Some(_) => report_mass_action(context, sweep, MassActionType::Cancel, effects),
            None => report_mass_status(context, sweep, effects),
        }
        true
    }

    /// Cancels or reports orders as far as one step goes; gives whether it came to the end.
    fn step_through_slots(
        &mut self,
        context: &Context,
        sweep: &mut Sweep,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let high_water = self.orders.high_water();
        let end = high_water.min(sweep.next_slot.saturating_add(STEP_SLOTS_MAX));
        let filter = self.filter_of(sweep);
        let mut found = [0; FOUND_MAX];
        let (mut order_count, mut looked_at) = (0, 0);
        while sweep.next_slot < end
            && order_count < CONTINUE_EFFECTS_MAX
            && looked_at < LOOKED_AT_MAX
        {
            let (count, next) = self.orders.find_owned(filter, sweep.next_slot..end, &mut found);
            self.look_ahead_of_sweep(sweep, &found[..count]);
            sweep.next_slot = next;
            for slot in &found[..count] {
                looked_at += 1;
                if self.orders.live(*slot).is_some_and(|order| self.covers(sweep, *slot, order)) {
                    match sweep.reason {
                        Some(reason) => self.cancel_resting(*slot, reason, effects),
                        None => self.report_covered(context, sweep, *slot, effects),
                    }
                    order_count += 1;
                    sweep.order_count += 1;
                }
                if order_count == CONTINUE_EFFECTS_MAX || looked_at == LOOKED_AT_MAX {
                    sweep.next_slot = slot + 1;
                    break;
                }
            }
        }
        sweep.next_slot >= high_water
    }

    /// The orders that a sweep has to look at.
    fn filter_of(&self, sweep: &Sweep) -> OwnerFilter {
        let all = OwnerFilter::ALL;
        let of_firm = if sweep.firm_id == 0 { all } else { all.of_firm(sweep.firm_id) };
        match sweep.scope {
            MassActionScope::Security => match self.events.find_market(sweep.key) {
                Some(market) => of_firm.of_event(market.event_id),
                None => of_firm,
            },
            MassActionScope::Event => of_firm.of_event(sweep.key),
            MassActionScope::Account => of_firm.of_account(sweep.key),
            MassActionScope::Firm => all.of_firm(sweep.key),
            MassActionScope::Session => all.of_session(sweep.key),
            MassActionScope::Link | MassActionScope::Day | MassActionScope::Exchange => of_firm,
        }
    }

    /// Brings what [`Self::covers`] asks of the orders in slots close.
    fn look_ahead_of_sweep(&self, sweep: &Sweep, found: &[u32]) {
        found.iter().for_each(|slot| self.orders.prefetch(*slot));
        let slots = found.iter().map(|slot| self.orders.order(*slot).exposure);
        let asks_accounts = match sweep.scope {
            MassActionScope::Event | MassActionScope::Account | MassActionScope::Firm => true,
            // Of the few orders that are in scope.
            MassActionScope::Security | MassActionScope::Link => false,
            MassActionScope::Day | MassActionScope::Session | MassActionScope::Exchange => false,
        };
        if asks_accounts {
            slots.clone().for_each(|row| self.ledger.exposures.prefetch_place(row));
            slots.for_each(|row| {
                self.ledger.accounts.prefetch(self.ledger.exposures.prefetch_others(row));
            });
        }
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
        let keys = ScopeKeys {
            security_id: message.security_id.get(),
            event_id: message.event_id.get(),
            account: message.account.get(),
            link_id: message.cl_ord_link_id.get(),
        };
        let (scope, key) = self.check_scope(context, message.scope, &keys)?;
        let firm_id = context.entitlement.firm_id;
        self.check_block(action, &Block { firm_id, scope: scope.into(), side: message.side, key })?;
        Ok((action, scope, key))
    }

    /// A scope over the orders of the sender's firm, and the key that it reads.
    pub(crate) fn check_scope(
        &self,
        context: &Context,
        scope: u8,
        keys: &ScopeKeys,
    ) -> Result<(MassActionScope, u32), RejectCode> {
        let scope =
            MassActionScope::try_from(scope).map_err(|_| RejectCode::InvalidMassActionScope)?;
        let key = match scope {
            MassActionScope::Security => keys.security_id,
            MassActionScope::Event => keys.event_id,
            MassActionScope::Account => keys.account,
            MassActionScope::Link => keys.link_id,
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
            MassActionScope::Account => self.check_own_account(context, key)?,
            _ => {}
        }
        Ok((scope, key))
    }

    /// Whether a block can be set, with a sweep behind it, or released; for a plain cancel, whether
    /// its sweep can begin.
    pub(crate) fn check_block(
        &self,
        action: MassActionType,
        block: &Block,
    ) -> Result<(), RejectCode> {
        let stands = self.blocks.contains(block);
        let owner = match block.firm_id {
            0 => Owner::KillSwitches,
            firm_id => Owner::Firm(firm_id),
        };
        match action {
            MassActionType::Release if stands => return Ok(()),
            MassActionType::Release => return Err(RejectCode::UnknownBlock),
            MassActionType::Suspend if !stands && self.blocks.is_full(block.firm_id) => {
                return Err(RejectCode::BlockTableFull);
            }
            MassActionType::Suspend | MassActionType::Cancel => {}
        }
        if self.work.is_full(owner) { Err(RejectCode::WorkQueueFull) } else { Ok(()) }
    }
}

/// What a request names, each for the scope that reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScopeKeys {
    pub(crate) security_id: u32,
    pub(crate) event_id: u32,
    pub(crate) account: u32,
    pub(crate) link_id: u32,
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
        total_affected_orders: sweep.order_count.into(),
        scope: sweep.scope.into(),
        action: action.into(),
        side: sweep.side,
        reserved_35: [0; 5],
    });
}

/// Most slots that one step goes through, whoever's the orders in them are: some microseconds.
const STEP_SLOTS_MAX: u32 = 65_536;
/// Most orders that one step looks at, because they may be in its scope: some microseconds.
const LOOKED_AT_MAX: u32 = 1_024;

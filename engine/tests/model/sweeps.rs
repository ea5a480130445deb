//! Work that goes on in `Continue` records: sweeps over orders and pay-outs
//! (`docs/engine-rules.md` §3 and §5), and whose turn it is.

use std::collections::{BTreeMap, BTreeSet};

use forecastle_proto_spec::{
    CONTINUE_EFFECTS_MAX, CancelReason, MassActionScope, OrderMassActionReport,
    OrderMassActionRequest, RejectCode, TimeInForce,
};
use zerocopy::FromZeros;

use super::Model;
use super::book::Order;
use super::effects::Effects;
use super::guards::{Block, RELEASE, SUSPEND};
use super::order_status::report_mass_status;
use super::sessions::Request;
use super::settlement::PayOut;

/// One piece of work, whose it is, and the request that its reports answer.
#[derive(Clone, Debug)]
pub struct Work {
    pub owner: Owner,
    pub request: Request,
    pub kind: WorkKind,
}

/// In the order in which they take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    KillSwitches,
    LostSessions,
    Exchange,
    Firm(u32),
}

#[derive(Clone, Debug)]
pub enum WorkKind {
    Sweep(Sweep),
    PayOut(PayOut),
}

/// A walk over the slots that cancels what it covers.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub covered: Covered,
    /// Side to cover, 0 for both.
    pub side: u8,
    /// Instruction to cover, 0 for orders with any or none.
    pub instruction: u8,
    /// Why it cancels; `None` when it reports.
    pub reason: Option<CancelReason>,
    /// Scope named in the closing report.
    pub scope: MassActionScope,
    /// Orders accepted later are not covered.
    pub accepted_count: u64,
    pub next_slot: u32,
    pub order_count: u32,
}

/// Which orders a sweep covers.
#[derive(Clone, Debug)]
pub enum Covered {
    Markets(Vec<u32>),
    MarketsOfFirm(Vec<u32>, u32),
    Account(u32),
    Link(u32, u32),
    Firm(u32),
    Session(u32),
    Everything,
    Day,
}

impl Model {
    pub fn mass_action(
        &mut self,
        request: &Request,
        message: &OrderMassActionRequest,
        effects: &mut Effects,
    ) {
        let (scope, key, covered) = match self.check_mass_action(request, message) {
            Ok(checked) => checked,
            Err(code) => {
                effects.cancel_reject(request, 0, message.security_id.get(), code);
                return;
            }
        };
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        let block = Block { firm_id, scope: message.scope, side: message.side, key };
        let reason = match message.action {
            SUSPEND => CancelReason::Suspended,
            _ => CancelReason::MassAction,
        };
        if message.action != ACTION_CANCEL {
            self.switch_block(message.action, block);
        }
        if message.action == RELEASE {
            report_mass_action(request, (scope, RELEASE, message.side), 0, effects);
        } else {
            let closing = (scope, message.side, reason);
            self.start_sweep((Owner::Firm(firm_id), request), covered, closing, effects);
        }
    }

    pub fn end_day(&mut self, request: &Request, effects: &mut Effects) -> Result<(), RejectCode> {
        self.check_work_queue(Owner::Exchange)?;
        let closing = (MassActionScope::Day, 0, CancelReason::DayEnded);
        self.start_sweep((Owner::Exchange, request), Covered::Day, closing, effects);
        Ok(())
    }

    /// Whether there is room for more work of an owner. (There are never works of 64 firms here.)
    pub fn check_work_queue(&self, owner: Owner) -> Result<(), RejectCode> {
        let room = if owner == Owner::KillSwitches { 256 } else { self.limits.work_max as usize };
        if self.work.iter().filter(|work| work.owner == owner).count() >= room {
            return Err(RejectCode::WorkQueueFull);
        }
        Ok(())
    }

    /// Begins a sweep and takes its first step.
    pub fn start_sweep(
        &mut self,
        (owner, request): (Owner, &Request),
        covered: Covered,
        (scope, side, reason): (MassActionScope, u8, impl Into<Option<CancelReason>>),
        effects: &mut Effects,
    ) {
        let sweep = Sweep {
            covered,
            side,
            instruction: 0,
            reason: reason.into(),
            scope,
            accepted_count: self.accepted_count,
            next_slot: 0,
            order_count: 0,
        };
        self.start_work(Work { owner, request: *request, kind: WorkKind::Sweep(sweep) }, effects);
    }

    /// Takes the first step of new work; what remains queues.
    pub fn start_work(&mut self, mut work: Work, effects: &mut Effects) {
        self.work_count += 1;
        if !self.step(&mut work, effects) {
            self.work.push(work);
        }
    }

    /// `Continue`: the next step of the work whose turn it is.
    pub fn continue_work(&mut self, effects: &mut Effects) {
        if self.has_blocked() {
            return self.cancel_blocked(effects);
        }
        let Some(index) = self.next_work() else { return };
        let mut work = self.work[index].clone();
        let is_finished = self.step(&mut work, effects);
        let owner = work.owner;
        if is_finished {
            self.work.remove(index);
        } else {
            self.work[index] = work;
        }
        if owner != Owner::KillSwitches {
            let others = |it: &Work| it.owner != owner && it.owner != Owner::KillSwitches;
            self.last_turn = self.work.iter().any(others).then_some(owner);
        }
    }

    /// Session, id and number of the request whose work goes on next; zeros for blocked quotes.
    pub fn continuation(&self) -> Option<(u32, u64, u32)> {
        if self.has_blocked() {
            return Some((0, 0, 0));
        }
        let request = self.work[self.next_work()?].request;
        Some((request.session_id, request.id, request.seq_num))
    }

    /// The oldest work of the kill switches, else of the next owner behind the one that had the
    /// last turn, else of the first.
    fn next_work(&self) -> Option<usize> {
        let owners = || self.work.iter().map(|work| work.owner);
        let is_behind = |owner: &Owner| Some(*owner) > self.last_turn;
        let next = match owners().min()? {
            Owner::KillSwitches => Owner::KillSwitches,
            first => owners().filter(is_behind).min().unwrap_or(first),
        };
        owners().position(|owner| owner == next)
    }

    fn step(&mut self, work: &mut Work, effects: &mut Effects) -> bool {
        match &mut work.kind {
            WorkKind::Sweep(sweep) => self.step_sweep((work.owner, &work.request), sweep, effects),
            WorkKind::PayOut(pay_out) => self.step_pay_out(&work.request, pay_out, effects),
        }
    }

    fn step_sweep(
        &mut self,
        (owner, request): (Owner, &Request),
        sweep: &mut Sweep,
        effects: &mut Effects,
    ) -> bool {
        let highest = self.freelist.highest_used;
        let is_like = |order: &&Order| self.is_like_covered(owner, sweep, order);
        let slots_like: BTreeSet<u32> =
            self.orders.iter().filter(is_like).map(|order| order.slot()).collect();
        let order_by_slot: BTreeMap<u32, u64> = self
            .orders
            .iter()
            .filter(|order| self.is_covered(sweep, order))
            .map(|order| (order.slot(), order.order_id))
            .collect();
        let mut order_count = 0;
        let mut looked_count = 0;
        let mut slot_count = 0;
        while Some(sweep.next_slot) <= highest
            && order_count < CONTINUE_EFFECTS_MAX
            && looked_count < ORDERS_LOOKED_AT_PER_STEP
            && slot_count < SLOTS_PER_STEP
        {
            if let Some(&order_id) = order_by_slot.get(&sweep.next_slot) {
                match sweep.reason {
                    Some(reason) => self.cancel_order(order_id, reason, effects),
                    None => self.report_order(request, order_id, 16, effects),
                }
                order_count += 1;
                sweep.order_count += 1;
            }
            looked_count += u32::from(slots_like.contains(&sweep.next_slot));
            sweep.next_slot += 1;
            slot_count += 1;
        }
        if Some(sweep.next_slot) <= highest {
            return false;
        }
        let action = match sweep.reason {
            None => {
                report_mass_status(request, sweep, effects);
                return true;
            }
            Some(CancelReason::Suspended) => SUSPEND,
            Some(_) => ACTION_CANCEL,
        };
        let words = (sweep.scope, action, sweep.side);
        report_mass_action(request, words, sweep.order_count, effects);
        true
    }

    /// Whether a sweep looks at an order: whether it agrees in the low bits with what is covered.
    fn is_like_covered(&self, owner: Owner, sweep: &Sweep, order: &Order) -> bool {
        let firm_id = self.accounts[&order.account].firm_id;
        let event = |security_id: u32| self.market(security_id).event_id;
        let is_in_events = |markets: &[u32]| {
            markets.first().is_none_or(|it| event(*it) % 256 == event(order.security_id) % 256)
        };
        let is_in_scope = match &sweep.covered {
            Covered::Markets(markets) | Covered::MarketsOfFirm(markets, _) => is_in_events(markets),
            Covered::Account(account) => account % 256 == order.account % 256,
            Covered::Firm(firm) => firm % 128 == firm_id % 128,
            Covered::Session(session_id) => session_id / 16 % 256 == order.session_id / 16 % 256,
            Covered::Link(..) | Covered::Everything | Covered::Day => true,
        };
        let is_of_owner = match owner {
            Owner::Firm(firm) => firm % 128 == firm_id % 128,
            _ => true,
        };
        is_in_scope && is_of_owner
    }

    pub fn is_covered(&self, sweep: &Sweep, order: &Order) -> bool {
        let firm_id = self.accounts[&order.account].firm_id;
        let is_in_scope = match &sweep.covered {
            Covered::Markets(markets) => markets.contains(&order.security_id),
            Covered::MarketsOfFirm(markets, firm) => {
                markets.contains(&order.security_id) && firm_id == *firm
            }
            Covered::Account(account) => order.account == *account,
            Covered::Link(link_id, firm) => order.link_id == *link_id && firm_id == *firm,
            Covered::Firm(firm) => firm_id == *firm,
            Covered::Session(session_id) => order.session_id == *session_id,
            Covered::Everything => true,
            Covered::Day => order.time_in_force == TimeInForce::Day,
        };
        is_in_scope
            && order.accept_number <= sweep.accepted_count
            && (sweep.side == 0 || sweep.side == u8::from(order.side))
            && (sweep.instruction == 0 || order.exec_inst & sweep.instruction != 0)
    }

    fn check_mass_action(
        &self,
        request: &Request,
        message: &OrderMassActionRequest,
    ) -> Result<(MassActionScope, u32, Covered), RejectCode> {
        if message.cl_ord_id.get() == 0 {
            return Err(RejectCode::ClOrdIdZero);
        }
        if message.side > 2 {
            return Err(RejectCode::InvalidSide);
        }
        if ![SUSPEND, RELEASE, ACTION_CANCEL].contains(&message.action) {
            return Err(RejectCode::InvalidMassActionType);
        }
        let keys = [
            message.security_id.get(),
            message.event_id.get(),
            message.account.get(),
            message.cl_ord_link_id.get(),
        ];
        let (scope, key, covered) = self.check_scope(request, message.scope, keys)?;
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        let block = Block { firm_id, scope: message.scope, side: message.side, key };
        self.check_block(message.action, &block)?;
        Ok((scope, key, covered))
    }
    /// A scope over the orders of the sender's firm, with its key among market, event, account and
    /// link.
    pub fn check_scope(
        &self,
        request: &Request,
        scope: u8,
        [security_id, event_id, account, link_id]: [u32; 4],
    ) -> Result<(MassActionScope, u32, Covered), RejectCode> {
        let firm_id = self.entitlement_of(request.session_id).firm_id;
        Ok(match scope {
            1 if security_id != 0 => {
                if !self.market_exists(security_id) {
                    return Err(RejectCode::UnknownMarket);
                }
                let covered = Covered::MarketsOfFirm(vec![security_id], firm_id);
                (MassActionScope::Security, security_id, covered)
            }
            2 if event_id != 0 => {
                let event = self.event(event_id).ok_or(RejectCode::UnknownEvent)?;
                let covered = Covered::MarketsOfFirm(event.security_ids().collect(), firm_id);
                (MassActionScope::Event, event_id, covered)
            }
            3 if account != 0 => {
                if self.accounts.get(&account).is_none_or(|it| it.firm_id != firm_id) {
                    return Err(RejectCode::UnknownAccount);
                }
                (MassActionScope::Account, account, Covered::Account(account))
            }
            4 if link_id != 0 => (MassActionScope::Link, link_id, Covered::Link(link_id, firm_id)),
            5 => (MassActionScope::Firm, firm_id, Covered::Firm(firm_id)),
            _ => return Err(RejectCode::InvalidMassActionScope),
        })
    }
}

fn report_mass_action(
    request: &Request,
    (scope, action, side): (MassActionScope, u8, u8),
    cancelled_count: u32,
    effects: &mut Effects,
) {
    let mut report = OrderMassActionReport::new_zeroed();
    report.cl_ord_id.set(request.id);
    report.exec_id.set(effects.position());
    report.transact_time_ns.set(effects.now);
    report.seq_num.set(request.seq_num);
    report.total_affected_orders.set(cancelled_count);
    report.scope = scope.into();
    report.action = action;
    report.side = side;
    effects.push(&report);
}

/// Most slots that one step goes through, and most orders that it looks at.
const SLOTS_PER_STEP: u32 = 65_536;
const ORDERS_LOOKED_AT_PER_STEP: u32 = 1_024;
const ACTION_CANCEL: u8 = 3;

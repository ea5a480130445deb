//! The status of one order, and of all in a scope (`docs/engine-rules.md` §3).

use forecastle_proto_spec::{
    OrdStatus, OrderMassStatusReport, OrderMassStatusRequest, OrderStatusReport,
    OrderStatusRequest, RejectCode,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;
use super::sweeps::{Owner, Sweep};

impl Model {
    pub fn order_status(
        &self,
        request: &Request,
        message: &OrderStatusRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let order = self.find_order(
            request,
            message.order_id.get(),
            message.orig_cl_ord_id.get(),
            message.security_id.get(),
        )?;
        self.report_order(request, order.order_id, 256, effects);
        Ok(())
    }

    /// `OrderMassStatusRequest`: a sweep that reports.
    pub fn mass_status(
        &mut self,
        request: &Request,
        message: &OrderMassStatusRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        if message.side > 2 {
            return Err(RejectCode::InvalidSide);
        }
        let keys = [
            message.security_id.get(),
            message.event_id.get(),
            message.account.get(),
            message.cl_ord_link_id.get(),
        ];
        let (scope, _, covered) = self.check_scope(request, message.scope, keys)?;
        let owner = Owner::Firm(self.entitlement_of(request.session_id).firm_id);
        self.check_work_queue(owner)?;
        self.start_sweep((owner, request), covered, (scope, message.side, None), effects);
        Ok(())
    }

    /// One order as it stands; the lots before it are told when no more than so many orders lie
    /// before it or behind it.
    pub fn report_order(
        &self,
        request: &Request,
        order_id: u64,
        beside_max: usize,
        effects: &mut Effects,
    ) {
        let order = self.order(order_id).expect("only live orders are reported");
        let resting = self.resting(order.security_id, order.side);
        let at_price: Vec<_> = resting.iter().filter(|it| it.price == order.price).collect();
        let place = at_price.iter().position(|it| it.order_id == order.order_id);
        // One that waits has no place.
        let is_told = |place: &usize| (*place).min(at_price.len() - 1 - place) <= beside_max;
        let before = place.filter(is_told).map(|place| &at_price[..place]);
        let lots = before.map(|it| it.iter().map(|it| u64::from(it.leaves)).sum::<u64>());
        let ahead = lots.and_then(|lots| u32::try_from(lots).ok()).unwrap_or(u32::MAX);
        let mut report = OrderStatusReport::new_zeroed();
        report.request_id.set(request.id);
        report.order_id.set(order.order_id);
        report.cl_ord_id.set(order.cl_ord_id);
        report.exec_id.set(effects.position());
        report.transact_time_ns.set(effects.now);
        report.expire_time_ns.set(order.expire_time_ns);
        report.seq_num.set(request.seq_num);
        report.security_id.set(order.security_id);
        report.leaves_qty.set(order.leaves);
        report.cum_qty.set(order.traded);
        report.quantity_ahead.set(ahead);
        report.account.set(order.account);
        report.session_id.set(order.session_id);
        report.price.set(order.price);
        report.side = order.side.into();
        report.time_in_force = order.time_in_force.into();
        report.exec_inst = order.exec_inst;
        let status = match order.traded {
            _ if order.wait.is_some() => OrdStatus::PendingNew,
            0 => OrdStatus::New,
            _ => OrdStatus::PartiallyFilled,
        };
        report.ord_status = status.into();
        effects.push(&report);
    }
}

/// Closes a mass status.
pub fn report_mass_status(request: &Request, sweep: &Sweep, effects: &mut Effects) {
    let mut report = OrderMassStatusReport::new_zeroed();
    report.request_id.set(request.id);
    report.exec_id.set(effects.position());
    report.transact_time_ns.set(effects.now);
    report.seq_num.set(request.seq_num);
    report.order_count.set(sweep.order_count);
    report.scope = sweep.scope.into();
    report.side = sweep.side;
    effects.push(&report);
}

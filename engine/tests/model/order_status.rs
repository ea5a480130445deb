//! The status of one order (`docs/engine-rules.md` §3).

use forecastle_proto_spec::{OrdStatus, OrderStatusReport, OrderStatusRequest, RejectCode};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;

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
        let resting = self.resting(order.security_id, order.side);
        let at_price: Vec<_> = resting.iter().filter(|it| it.price == order.price).collect();
        let place = at_price.iter().position(|it| it.order_id == order.order_id);
        let before = &at_price[..place.expect("a live order rests")];
        let lots: u64 = before.iter().map(|it| u64::from(it.leaves)).sum();
        let is_told = before.len() <= 4_096;
        let ahead = u32::try_from(lots).ok().filter(|_| is_told).unwrap_or(u32::MAX);
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
        let status = if order.traded > 0 { OrdStatus::PartiallyFilled } else { OrdStatus::New };
        report.ord_status = status.into();
        effects.push(&report);
        Ok(())
    }
}

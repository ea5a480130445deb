//! The status of all orders of a firm in a scope: a sweep that reports instead of cancelling.

use forecastle_proto_spec::{OrderMassStatusReport, OrderMassStatusRequest, RejectCode};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::sweeps::ScopeKeys;
use crate::work::{Owner, Sweep};

impl Engine {
    /// Begins to report the live orders of the sender's firm in a scope.
    pub(crate) fn mass_status(
        &mut self,
        context: &Context,
        message: &OrderMassStatusRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        if message.side > 2 {
            return Err(RejectCode::InvalidSide);
        }
        let keys = ScopeKeys {
            security_id: message.security_id.get(),
            event_id: message.event_id.get(),
            account: message.account.get(),
            link_id: message.cl_ord_link_id.get(),
        };
        let covered = self.check_scope(context, message.scope, &keys)?;
        let firm_id = context.entitlement.firm_id;
        if self.work.is_full(Owner::Firm(firm_id)) {
            return Err(RejectCode::WorkQueueFull);
        }
        let sweep = self.sweep_of(context, covered, None);
        self.begin_sweep(context, Sweep { firm_id, side: message.side, ..sweep }, effects);
        Ok(())
    }

    /// Reports an order that such a sweep has come to.
    pub(crate) fn report_covered(
        &self,
        context: &Context,
        sweep: &Sweep,
        slot: u32,
        effects: &mut EffectBuffer<'_>,
    ) {
        self.report_order(context, &sweep.origin, (slot, ORDERS_BESIDE_MAX), effects);
    }
}

/// Ends a mass status.
pub(crate) fn report_mass_status(context: &Context, sweep: &Sweep, effects: &mut EffectBuffer<'_>) {
    effects.push(&OrderMassStatusReport {
        request_id: sweep.origin.request_id.into(),
        exec_id: effects.next_position().into(),
        transact_time_ns: context.time_ns.into(),
        seq_num: sweep.origin.seq_num.into(),
        order_count: sweep.order_count.into(),
        scope: sweep.scope.into(),
        side: sweep.side,
        reserved_34: [0; 6],
    });
}

/// Most orders before one, or behind it, that are counted, so that a step stays short.
const ORDERS_BESIDE_MAX: usize = 16;

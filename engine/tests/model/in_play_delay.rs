//! In-play delay (`docs/engine-rules.md` §5).

use forecastle_proto_spec::{
    CancelReason, EXEC_INST_REDUCE_ONLY, MarketStatus, OrderPending, OrderReleased, Side,
};
use zerocopy::FromZeros;

use super::Model;
use super::book::Order;
use super::effects::Effects;
use super::guards::Incoming;
use super::quotes::SetName;
use super::timers::Due;

/// What an order waits for.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    pub release_time_ns: u64,
    pub due: Due,
    /// Whether its expire time comes first.
    pub expires: bool,
}

impl Model {
    /// Whether an order of a market that would trade now would have to wait.
    pub fn is_delaying(&self, security_id: u32) -> bool {
        let delay_ms = self.event_of(security_id).parameters.in_play_delay_ms;
        self.market(security_id).in_play == 1 && delay_ms > 0
    }

    /// Lets an incoming order wait when it would trade while in play; says whether it does.
    pub fn waits(&mut self, order_id: u64, effects: &mut Effects) -> bool {
        let order = self.order(order_id).expect("it is incoming").clone();
        if !self.is_delaying(order.security_id)
            || order.has_waited
            || self.meeting(&order).is_none()
        {
            return false;
        }
        let delay_ms = self.event_of(order.security_id).parameters.in_play_delay_ms;
        let release_time_ns = effects.now + u64::from(delay_ms) * 1_000_000;
        self.let_wait(order_id, release_time_ns);
        let mut effect = OrderPending::new_zeroed();
        effect.order_id.set(order_id);
        effect.cl_ord_id.set(order.cl_ord_id);
        effect.release_time_ns.set(release_time_ns);
        effect.security_id.set(order.security_id);
        effect.account.set(order.account);
        effect.session_id.set(order.session_id);
        effect.leaves_qty.set(order.leaves);
        effect.price.set(order.price);
        effect.side = order.side.into();
        effect.time_in_force = order.time_in_force.into();
        effects.push(&effect);
        true
    }

    /// An order that waits has another expire time.
    pub fn change_wait(&mut self, order_id: u64) {
        let wait = self.order(order_id).expect("it is live").wait.expect("it waits");
        self.let_wait(order_id, wait.release_time_ns);
    }

    fn let_wait(&mut self, order_id: u64, release_time_ns: u64) {
        let expire_time_ns = self.order(order_id).expect("it is live").expire_time_ns;
        let expires = expire_time_ns != 0 && expire_time_ns <= release_time_ns;
        let due = self.arm(if expires { expire_time_ns } else { release_time_ns });
        self.order_mut(order_id).wait = Some(Wait { release_time_ns, due, expires });
    }

    /// The wait of an order is over.
    pub fn release_order(&mut self, order_id: u64, effects: &mut Effects) {
        self.order_mut(order_id).wait = None;
        let order = self.order(order_id).expect("its timer fired").clone();
        if self.market(order.security_id).status != MarketStatus::Open {
            return self.cancel_order(order_id, CancelReason::MarketHalted, effects);
        }
        let is_blocked =
            |name: SetName| self.quote_sets.iter().any(|set| set.name == name && set.is_blocked);
        if order.quote_set.is_some_and(is_blocked) {
            return self.cancel_order(order_id, CancelReason::Protection, effects);
        }
        let Order { security_id, side, price, .. } = order;
        let subject = Incoming {
            security_id,
            account: order.account,
            side,
            link_id: order.link_id,
            owner_session_id: order.session_id,
            sender_session_id: order.session_id,
        };
        if self.check_blocks(subject).is_err() {
            return self.cancel_order(order_id, CancelReason::Suspended, effects);
        }
        let held = self.position(order.account, security_id);
        let could_take = if side == Side::Buy { -held } else { held };
        if order.exec_inst & EXEC_INST_REDUCE_ONLY != 0 && could_take < i64::from(order.leaves) {
            return self.cancel_order(order_id, CancelReason::ReduceOnly, effects);
        }
        let mut effect = OrderReleased::new_zeroed();
        effect.order_id.set(order_id);
        effect.cl_ord_id.set(order.cl_ord_id);
        effect.security_id.set(security_id);
        effect.account.set(order.account);
        effect.session_id.set(order.session_id);
        effect.leaves_qty.set(order.leaves);
        effect.cum_qty.set(order.traded);
        effect.quantity_ahead.set(self.quantity_at(security_id, side, price));
        effect.price.set(price);
        effect.side = side.into();
        effect.time_in_force = order.time_in_force.into();
        effect.exec_inst = order.exec_inst;
        effects.push(&effect);
        self.order_mut(order_id).has_waited = true;
        self.trade_within(order_id, self.limits.sweep_trades_max, effects);
        if self.order(order_id).is_some() {
            self.order_mut(order_id).has_waited = false;
        }
        self.protect(effects);
    }
}

//! What is worth trying in markets in play: orders that reduce the same position twice, and the end
//! of an order that traded before it waits.

use forecastle_proto_spec::{
    EXEC_INST_REDUCE_ONLY, MarketStatus, NewOrderSingle, OrderCancelReplaceRequest, ROLES_TRADER,
    Side, TimeInForce,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::World;
use crate::model::book::Order;

impl World {
    /// A command for a market in play, when there is something to try.
    pub fn in_play_command(&mut self) -> Option<(u32, Vec<u8>)> {
        let model = &self.pair.model;
        let has_traded = |order: &&Order| order.wait.is_some() && order.traded > 0;
        let traded: Vec<&Order> = model.orders.iter().filter(has_traded).collect();
        if let Some(order) = self.random.pick_any(&traded) {
            let order = order.clone();
            return Some(self.end_waiting(&order));
        }
        self.unwind()
    }

    /// A replace that leaves nothing of an order.
    fn end_waiting(&mut self, order: &Order) -> (u32, Vec<u8>) {
        let mut message = OrderCancelReplaceRequest::new_zeroed();
        message.cl_ord_id.set(self.cl_ord_id(order.session_id));
        message.seq_num.set(self.number(order.session_id));
        message.security_id.set(order.security_id);
        message.order_id.set(order.order_id);
        message.price.set(order.price);
        message.order_qty.set(order.traded);
        (order.session_id, bytes_of(&message))
    }

    /// An order that would close a position at once, whether another one waits to do so or not.
    fn unwind(&mut self) -> Option<(u32, Vec<u8>)> {
        let model = &self.pair.model;
        let other_side = |lots: i64| if lots > 0 { Side::Buy } else { Side::Sell };
        let held: Vec<(u32, u32, i64)> = model
            .positions
            .iter()
            .map(|(&(account, security_id), &lots)| (account, security_id, lots))
            .filter(|&(_, security_id, lots)| {
                model.market(security_id).status == MarketStatus::Open
                    && model.is_delaying(security_id)
                    && !model.resting(security_id, other_side(lots)).is_empty()
            })
            .collect();
        let (account, security_id, lots) = self.random.pick_any(&held)?;
        let model = &self.pair.model;
        let price = model.resting(security_id, other_side(lots))[0].price;
        let firm_id = model.accounts[&account].firm_id;
        let mut sessions = self.sessions_with(ROLES_TRADER);
        sessions.retain(|it| self.pair.model.entitlement_of(*it).firm_id == firm_id);
        let session_id = self.random.pick_any(&sessions)?;
        let mut message = NewOrderSingle::new_zeroed();
        message.cl_ord_id.set(self.cl_ord_id(session_id));
        message.seq_num.set(self.number(session_id));
        message.security_id.set(security_id);
        message.account.set(account);
        message.side = if lots > 0 { Side::Sell } else { Side::Buy }.into();
        message.price.set(price);
        message.order_qty.set(u32::try_from(lots.unsigned_abs()).unwrap_or(u32::MAX));
        message.time_in_force = TimeInForce::ImmediateOrCancel.into();
        message.exec_inst = EXEC_INST_REDUCE_ONLY;
        Some((session_id, bytes_of(&message)))
    }
}

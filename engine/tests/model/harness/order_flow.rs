//! Random orders, replaces, cancels and mass actions.

use forecastle_proto_spec::{
    MarketStatus, NewOrderSingle, OrderCancelReplaceRequest, OrderCancelRequest,
    OrderMassActionRequest, OrderMassStatusRequest, OrderStatusRequest, ROLES_TRADER, Side,
};
use zerocopy::FromZeros;

use super::messages::bytes_of;
use super::world::{Kind, World};
use crate::model::book::Order;

impl World {
    pub fn new_order(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.session_for(ROLES_TRADER);
        let mut message = NewOrderSingle::new_zeroed();
        message.cl_ord_id.set(self.cl_ord_id(session_id));
        message.sending_time_ns.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.security_id.set(self.any_market());
        message.account.set(self.account_of(session_id));
        message.cl_ord_link_id.set(self.random.below(3));
        message.side = self.random.pick(&[1, 2]);
        let price = self.price_of_order(message.security_id.get(), message.side);
        message.price.set(self.price_on_grid(message.security_id.get(), price));
        message.order_qty.set(self.quantity());
        message.time_in_force = if self.kind == Kind::Wide {
            self.random.pick(&[0, 0, 0, 0, 1, 1, 3, 6])
        } else {
            self.random.pick(&[0, 0, 0, 1, 1, 1, 1, 3, 3, 4, 6, 6])
        };
        if message.time_in_force == GOOD_TILL_DATE {
            let expire_time_ns = self.expire_time_ns();
            message.expire_time_ns.set(expire_time_ns);
        }
        self.add_terms(&mut message);
        message.reserved_54 = self.random.pick(&[[0, 0], [0, 0], [9, 9]]);
        match self.random.below(600) {
            0..4 => message.cl_ord_id.set(0),
            4..8 => message.side = self.random.pick(&[0, 3, 255]),
            8..12 => message.time_in_force = self.random.pick(&[2, 5, 7, 255]),
            12..16 => message.price.set(self.random.pick(&[0, 10_000, 65_535])),
            16..20 => message.order_qty.set(0),
            20 => message.expire_time_ns.set(1),
            25 => message.expire_time_ns.set(u64::MAX),
            26 => message.time_in_force = GOOD_TILL_DATE,
            21 => message.self_match_prevention_id.set(1),
            22 => message.self_match_prevention_instruction = self.random.pick(&[0, 1, 4, 255]),
            23 => message.exec_inst = self.random.pick(&[1, 2, 3, 12, 28, 32, 64, 255]),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    /// Instructions, self-match prevention and staleness, on some of the orders.
    fn add_terms(&mut self, message: &mut NewOrderSingle) {
        // Books that are to grow lose few orders to them.
        if self.kind == Kind::Wide && !self.random.once_in(12) {
            return;
        }
        let is_immediate = [3, 4].contains(&message.time_in_force);
        if self.random.once_in(4) {
            message.exec_inst = self.random.pick(&[0, 4, 8, 16, 28]);
            message.exec_inst |= match (is_immediate, self.random.once_in(2)) {
                (_, false) => 0,
                (true, true) => 2,
                (false, true) => 1,
            };
        }
        if self.random.once_in(3) {
            message.self_match_prevention_id.set(self.random.pick(&[1, 1, 1, 2, u16::MAX]));
            message.self_match_prevention_instruction = self.random.pick(&[1, 2, 2, 3]);
        }
        if self.random.once_in(10) {
            let (sending_time_ns, max_staleness_ms) = self.staleness();
            message.sending_time_ns.set(sending_time_ns);
            message.max_staleness_ms.set(max_staleness_ms);
        }
    }

    /// A sending time about as old as is allowed, and what is allowed.
    pub fn staleness(&mut self) -> (u64, u16) {
        let max_staleness_ms = self.random.pick(&[1, 1, 2, 40, u16::MAX]);
        let allowed_ns = u64::from(max_staleness_ms) * 1_000_000;
        let age_ns = match self.random.below(6) {
            0 => allowed_ns,
            1 => allowed_ns + 1,
            2 => allowed_ns + 3,
            3 => allowed_ns - 1,
            _ => u64::from(self.random.below(1_200_000)),
        };
        let now_ns = self.pair.now_ns();
        (if self.random.once_in(8) { now_ns + age_ns } else { now_ns - age_ns }, max_staleness_ms)
    }

    pub fn replace(&mut self) -> (u32, Vec<u8>) {
        let Some(order) = self.any_order() else { return self.new_order() };
        let session_id = self.session_of(&order);
        let mut message = OrderCancelReplaceRequest::new_zeroed();
        message.cl_ord_id.set(self.cl_ord_id(session_id));
        message.seq_num.set(self.number(session_id));
        message.security_id.set(self.market_of(&order));
        let (order_id, orig_cl_ord_id) = self.name_of(&order);
        message.order_id.set(order_id);
        message.orig_cl_ord_id.set(orig_cl_ord_id);
        message.price.set(if self.random.once_in(2) { order.price } else { self.price() });
        let price = self.price_on_grid(order.security_id, message.price.get());
        message.price.set(price);
        message.order_qty.set(match self.random.below(12) {
            0 => order.traded.max(1),
            1 => order.traded / 2 + 1,
            2 => order.traded.saturating_add(order.leaves),
            3..7 => order.traded.saturating_add(self.random.below(order.leaves) + 1),
            7 => self.quantity(),
            _ => order.traded.saturating_add(self.quantity()),
        });
        match self.random.below(400) {
            0..4 => message.cl_ord_id.set(0),
            4..8 => message.price.set(self.random.pick(&[0, 10_000, 65_535])),
            8..12 => message.order_qty.set(0),
            12 => message.expire_time_ns.set(1),
            13..23 => {
                let (sending_time_ns, max_staleness_ms) = self.staleness();
                message.sending_time_ns.set(sending_time_ns);
                message.max_staleness_ms.set(max_staleness_ms);
            }
            _ => {}
        }
        if self.random.once_in(if order.expire_time_ns == 0 { 60 } else { 3 }) {
            let expire_time_ns = self.expire_time_ns();
            message.expire_time_ns.set(expire_time_ns);
        }
        (session_id, bytes_of(&message))
    }

    pub fn cancel(&mut self) -> (u32, Vec<u8>) {
        let Some(order) = self.any_order() else { return self.new_order() };
        let session_id = self.session_of(&order);
        let mut message = OrderCancelRequest::new_zeroed();
        message.cl_ord_id.set(if self.random.once_in(60) { 0 } else { self.random.word() | 1 });
        message.seq_num.set(self.number(session_id));
        message.security_id.set(self.market_of(&order));
        let (order_id, orig_cl_ord_id) = self.name_of(&order);
        message.order_id.set(order_id);
        message.orig_cl_ord_id.set(orig_cl_ord_id);
        if self.random.once_in(12) {
            // An order that may be sent soon.
            message.order_id.set(0);
            let ahead = u64::from(self.random.below(4));
            message.orig_cl_ord_id.set(self.next_cl_ord_id + 1 + ahead);
        }
        (session_id, bytes_of(&message))
    }

    pub fn order_status(&mut self) -> (u32, Vec<u8>) {
        let Some(order) = self.any_order() else { return self.new_order() };
        let session_id = self.session_of(&order);
        let mut message = OrderStatusRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.security_id.set(self.market_of(&order));
        let (order_id, orig_cl_ord_id) = self.name_of(&order);
        message.order_id.set(order_id);
        message.orig_cl_ord_id.set(orig_cl_ord_id);
        (session_id, bytes_of(&message))
    }

    pub fn mass_status(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.session_for(ROLES_TRADER);
        let mut message = OrderMassStatusRequest::new_zeroed();
        message.request_id.set(self.random.word());
        message.seq_num.set(self.number(session_id));
        message.security_id.set(self.any_market());
        message.account.set(self.account_of(session_id));
        message.event_id.set(self.any_event());
        message.cl_ord_link_id.set(self.random.below(4));
        message.scope = self.random.pick(&[1, 2, 3, 4, 5, 5, 5]);
        message.side = self.random.pick(&[0, 0, 0, 1, 2]);
        match self.random.below(30) {
            0 => message.scope = self.random.pick(&[0, 6, 7, 8, 255]),
            1 => message.side = self.random.pick(&[3, 255]),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    pub fn mass_action(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.session_for(ROLES_TRADER);
        let mut message = OrderMassActionRequest::new_zeroed();
        message.cl_ord_id.set(if self.random.once_in(30) { 0 } else { self.random.word() | 1 });
        message.seq_num.set(self.number(session_id));
        message.security_id.set(self.any_market());
        message.account.set(self.account_of(session_id));
        message.event_id.set(self.any_event());
        message.cl_ord_link_id.set(self.random.below(4));
        message.scope = self.random.pick(&[1, 1, 2, 3, 3, 4, 4, 5]);
        message.action = self.random.pick(&[3, 3, 3, 3, 1, 1, 2]);
        message.side = self.random.pick(&[0, 0, 1, 2]);
        match self.random.below(60) {
            0 => message.scope = self.random.pick(&[0, 6, 7, 8, 255]),
            1 => message.action = self.random.pick(&[0, 4, 255]),
            2 => message.side = self.random.pick(&[3, 255]),
            3 => message.security_id.set(0),
            4 => message.account.set(0),
            5 => message.event_id.set(0),
            _ => {}
        }
        (session_id, bytes_of(&message))
    }

    /// A mass action over all orders of a firm.
    pub fn cancel_firm(&mut self) -> (u32, Vec<u8>) {
        let session_id = self.session_for(ROLES_TRADER);
        let mut message = OrderMassActionRequest::new_zeroed();
        message.cl_ord_id.set(self.random.word() | 1);
        message.seq_num.set(self.number(session_id));
        message.scope = 5;
        message.action = 3;
        (session_id, bytes_of(&message))
    }

    /// The next price below that is on the market's grid, nearly always.
    fn price_on_grid(&mut self, security_id: u32, price: u16) -> u16 {
        if !self.pair.model.market_exists(security_id) || self.random.once_in(30) {
            return price;
        }
        let is_on_grid = |price: &u16| self.pair.model.price_is_on_grid(security_id, *price);
        (1..=price).rev().find(is_on_grid).unwrap_or(price)
    }

    pub fn price(&mut self) -> u16 {
        let price = self.random.pick(&self.prices);
        match self.random.below(20) {
            0 => price.saturating_add(1).min(9_999),
            1 => price.saturating_sub(1).max(1),
            _ => price,
        }
    }

    /// Often the best price of the other side; in wide worlds mostly one that does not cross, so
    /// that books grow.
    fn price_of_order(&mut self, security_id: u32, side: u8) -> u16 {
        let price = self.price();
        if self.kind == Kind::Wide && !self.random.once_in(6) {
            return if side == 1 { price / 2 + 1 } else { price + (9_999 - price) / 2 };
        }
        let opposite = if side == 1 { Side::Sell } else { Side::Buy };
        let best = self.pair.model.resting(security_id, opposite).first().map(|it| it.price);
        match best {
            Some(best) if self.random.once_in(2) => best,
            _ => price,
        }
    }

    /// Mostly soon, seldom not later than now.
    fn expire_time_ns(&mut self) -> u64 {
        let now_ns = self.pair.now_ns();
        match self.random.below(20) {
            0 => now_ns,
            1 => now_ns + u64::from(self.random.below(4)),
            2 => u64::MAX - u64::from(self.random.below(2)),
            3 => now_ns + 3_600_000_000_000,
            _ if self.kind == Kind::Wide => now_ns + 1_000_000_000,
            _ => now_ns + u64::from(self.random.below(20_000_000)),
        }
    }

    fn quantity(&mut self) -> u32 {
        if self.random.once_in(80) {
            return self.random.pick(&[40, 1_000, 5_000_000, u32::MAX - 1, u32::MAX]);
        }
        self.random.between(1, self.quantity_max)
    }

    /// A market that is open nearly always.
    pub fn any_market(&mut self) -> u32 {
        let count = u32::try_from(self.pair.model.markets.len()).expect("few markets");
        if self.random.once_in(60) {
            return self.random.pick(&[0, count + 1, count + 2, u32::MAX]);
        }
        let open: Vec<u32> = (1..=count)
            .filter(|&market| self.pair.model.market(market).status == MarketStatus::Open)
            .collect();
        match self.random.pick_any(&open) {
            Some(market) if !self.random.once_in(30) => market,
            _ => self.random.below(count) + 1,
        }
    }

    pub fn any_event(&mut self) -> u32 {
        let count = u32::try_from(self.pair.model.events.len()).expect("few events");
        if self.random.once_in(40) { count + 1 } else { self.random.below(count) + 1 }
    }

    /// An account of the session's firm nearly always.
    pub fn account_of(&mut self, session_id: u32) -> u32 {
        let firm_id = self.pair.model.entitlement_of(session_id).firm_id;
        let own: Vec<u32> = self
            .pair
            .model
            .accounts
            .iter()
            .filter(|(_, account)| account.firm_id == firm_id)
            .map(|(&number, _)| number)
            .collect();
        match self.random.pick_any(&own) {
            Some(account) if !self.random.once_in(60) => account,
            _ => self.random.below(11),
        }
    }

    /// The next id of a new order or replace; sometimes one that the session used already.
    pub fn cl_ord_id(&mut self, session_id: u32) -> u64 {
        if self.random.once_in(40) {
            let window: Vec<u64> =
                self.pair.model.sessions.get(&session_id).map_or_else(Vec::new, |session| {
                    session.window.iter().map(|&(id, _)| id).collect()
                });
            if let Some(id) = self.random.pick_any(&window) {
                return id;
            }
        }
        if self.random.once_in(40) {
            return u64::from(self.random.below(20)) + 1;
        }
        self.next_cl_ord_id += 1;
        self.next_cl_ord_id
    }

    fn any_order(&mut self) -> Option<Order> {
        let count = u32::try_from(self.pair.model.orders.len()).expect("few orders");
        if count == 0 {
            return None;
        }
        let at = self.random.below(count) as usize;
        Some(self.pair.model.orders[at].clone())
    }

    /// Mostly the session that sent the order, else one of its firm, seldom any.
    fn session_of(&mut self, order: &Order) -> u32 {
        if self.random.once_in(5) {
            return self.session_for(ROLES_TRADER);
        }
        order.session_id
    }

    fn market_of(&mut self, order: &Order) -> u32 {
        if self.random.once_in(50) { self.any_market() } else { order.security_id }
    }

    /// Order id and original client id of a request that means this order, or pretends to.
    fn name_of(&mut self, order: &Order) -> (u64, u64) {
        match self.random.below(24) {
            0..10 => (order.order_id, self.random.below(5).into()),
            10..21 => (0, order.cl_ord_id),
            21 => (self.random.pick_any(&self.past_orders).unwrap_or(1), 0),
            22 => (order.order_id + u64::from(self.random.below(2)), order.cl_ord_id),
            _ => (self.random.pick(&[0, 1, u64::MAX]), self.random.below(20).into()),
        }
    }
}

/// Time in force of an order with an expire time.
const GOOD_TILL_DATE: u8 = 6;

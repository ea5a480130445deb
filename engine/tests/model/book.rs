//! Live orders, slots and matching (`docs/engine-rules.md` §3).

use forecastle_proto_spec::{
    CancelReason, OrderCancelled, OrderId, OrderRested, Side, TimeInForce, Trade,
};
use zerocopy::FromZeros;

use super::cross_outcome::Meeting;
use super::effects::Effects;
use super::in_play_delay::Wait;
use super::ledger::fee;
use super::quotes::SetName;
use super::timers::Due;
use super::{Limits, Model};

/// A live order: resting when it has a priority, else incoming or waiting.
#[derive(Clone, Debug)]
pub struct Order {
    pub order_id: u64,
    pub cl_ord_id: u64,
    pub session_id: u32,
    pub account: u32,
    pub security_id: u32,
    pub side: Side,
    pub price: u16,
    pub leaves: u32,
    pub traded: u32,
    pub link_id: u32,
    pub time_in_force: TimeInForce,
    /// How many orders had been accepted with this one.
    pub accept_number: u64,
    pub priority: Option<u64>,
    /// When it ends, nanoseconds since 1970; 0 for never.
    pub expire_time_ns: u64,
    /// Its timer, while it rests.
    pub expiry: Option<Due>,
    pub exec_inst: u8,
    /// Id and instruction, both 0 for none.
    pub self_match_prevention: (u16, u8),
    /// The quote set that it is a quote of.
    pub quote_set: Option<SetName>,
    /// What it waits for, while it does.
    pub wait: Option<Wait>,
    /// Whether its wait is just over.
    pub has_waited: bool,
}

impl Order {
    /// What decides whether an order would trade, and nothing else.
    pub fn probe(security_id: u32, side: Side, price: u16) -> Self {
        Self {
            order_id: 0,
            cl_ord_id: 0,
            session_id: 0,
            account: 0,
            security_id,
            side,
            price,
            leaves: 1,
            traded: 0,
            link_id: 0,
            time_in_force: TimeInForce::Day,
            accept_number: 0,
            priority: None,
            expire_time_ns: 0,
            expiry: None,
            exec_inst: 0,
            self_match_prevention: (0, 0),
            quote_set: None,
            wait: None,
            has_waited: false,
        }
    }

    pub fn slot(&self) -> u32 {
        OrderId::from_wire(self.order_id).slot()
    }
}

/// Slots that no order holds, and how often each slot was used.
pub struct Freelist {
    shard: u8,
    /// The next slot to be taken is the last.
    pub free: Vec<u32>,
    pub generations: Vec<u32>,
    pub highest_used: Option<u32>,
}

impl Freelist {
    pub fn new(limits: Limits) -> Self {
        Self {
            shard: limits.shard,
            free: (0..limits.orders_max).rev().collect(),
            generations: vec![0; limits.orders_max as usize],
            highest_used: None,
        }
    }

    /// The id of the next order.
    pub fn take(&mut self) -> u64 {
        let slot = self.free.pop().expect("the caller checked that there is one");
        let generation = &mut self.generations[slot as usize];
        *generation += 1;
        self.highest_used = self.highest_used.max(Some(slot));
        OrderId::new(self.shard, slot, *generation).value()
    }

    pub fn release(&mut self, order_id: u64) {
        let id = OrderId::from_wire(order_id);
        if id.generation() != u32::MAX {
            self.free.push(id.slot());
        }
    }
}

impl Model {
    pub fn order(&self, order_id: u64) -> Option<&Order> {
        self.orders.iter().find(|order| order.order_id == order_id)
    }

    pub fn order_mut(&mut self, order_id: u64) -> &mut Order {
        self.orders
            .iter_mut()
            .find(|order| order.order_id == order_id)
            .expect("the caller knows that it is live")
    }

    /// Takes a live order out of the world and frees its slot.
    pub fn remove_order(&mut self, order_id: u64) {
        self.orders.retain(|order| order.order_id != order_id);
        self.freelist.release(order_id);
    }

    /// Resting orders of one side, best price first, then lowest priority.
    pub fn resting(&self, security_id: u32, side: Side) -> Vec<&Order> {
        let mut orders: Vec<&Order> = self
            .orders
            .iter()
            .filter(|order| {
                order.security_id == security_id && order.side == side && order.priority.is_some()
            })
            .collect();
        orders.sort_by_key(|order| {
            let price = i32::from(order.price);
            (if side == Side::Buy { -price } else { price }, order.priority)
        });
        orders
    }

    /// Lots resting at exactly this price.
    pub fn quantity_at(&self, security_id: u32, side: Side, price: u16) -> u32 {
        let resting = self.resting(security_id, side);
        let lots: u64 = resting
            .iter()
            .filter(|order| order.price == price)
            .map(|order| u64::from(order.leaves))
            .sum();
        u32::try_from(lots).unwrap_or(u32::MAX)
    }

    /// Resting orders that an incoming one would trade with, in that order.
    pub fn crossed(&self, security_id: u32, side: Side, price: u16) -> Vec<&Order> {
        let opposite = if side == Side::Buy { Side::Sell } else { Side::Buy };
        let mut orders = self.resting(security_id, opposite);
        orders.retain(|resting| match side {
            Side::Buy => resting.price <= price,
            Side::Sell => resting.price >= price,
        });
        orders
    }

    /// Trades an incoming order at most so often, then ends it or lets the rest of it rest; gives
    /// how often it traded.
    pub fn trade_within(&mut self, order_id: u64, trades_max: u32, effects: &mut Effects) -> u32 {
        let Some(trades_left) = self.clear_blocked(order_id, trades_max, effects) else {
            self.cancel_order(order_id, CancelReason::SweepLimit, effects);
            return trades_max;
        };
        if self.fill_or_kill_fails(order_id, trades_left, effects) || self.waits(order_id, effects)
        {
            return trades_max - trades_left;
        }
        trades_max - trades_left + self.trade_and_rest(order_id, trades_left, effects)
    }

    fn trade_and_rest(&mut self, order_id: u64, trades_max: u32, effects: &mut Effects) -> u32 {
        let mut trade_count = 0;
        loop {
            let order = self.order(order_id).expect("it is incoming").clone();
            if order.leaves == 0 {
                self.remove_order(order_id);
                return trade_count;
            }
            let meeting = self.meeting(&order);
            let weight = match meeting {
                Some(Meeting::Set(_)) => self.set_weight(order.security_id),
                _ => 1,
            };
            match meeting {
                Some(Meeting::Own(_)) if trade_count + weight <= trades_max => {
                    let crossed = self.crossed(order.security_id, order.side, order.price);
                    let resting_id = crossed[0].order_id;
                    trade_count += weight;
                    if !self.is_self_match(order_id, resting_id) {
                        self.trade(resting_id, order_id, effects);
                        continue;
                    }
                    let (_, instruction) = order.self_match_prevention;
                    if instruction != CANCEL_AGGRESSOR {
                        self.cancel_order(resting_id, CancelReason::SelfMatch, effects);
                    }
                    if instruction != CANCEL_RESTING {
                        self.cancel_order(order_id, CancelReason::SelfMatch, effects);
                        return trade_count;
                    }
                }
                Some(Meeting::Set(price)) if trade_count + weight <= trades_max => {
                    self.trade_set(order_id, price, effects);
                    trade_count += weight;
                }
                Some(_) => {
                    self.cancel_order(order_id, CancelReason::SweepLimit, effects);
                    return trade_count;
                }
                None if order.time_in_force == TimeInForce::ImmediateOrCancel => {
                    self.cancel_order(order_id, CancelReason::ImmediateOrCancel, effects);
                    return trade_count;
                }
                None => {
                    self.rest(order_id, effects);
                    return trade_count;
                }
            }
        }
    }

    /// True for orders of one firm with the same self-match prevention id.
    pub fn is_self_match(&self, order_id: u64, other_id: u64) -> bool {
        let [order, other] = [order_id, other_id].map(|it| self.order(it).expect("it is live"));
        let firm_of = |order: &Order| self.accounts[&order.account].firm_id;
        // Quotes of sets without an id have id 0 in common, other orders do not.
        let are_quotes = order.quote_set.is_some() && other.quote_set.is_some();
        (order.self_match_prevention.0 != 0 || are_quotes)
            && order.self_match_prevention.0 == other.self_match_prevention.0
            && firm_of(order) == firm_of(other)
    }

    /// Ends a live order with its effect.
    pub fn cancel_order(&mut self, order_id: u64, reason: CancelReason, effects: &mut Effects) {
        let order = self.order(order_id).expect("it is live").clone();
        let mut effect = OrderCancelled::new_zeroed();
        effect.order_id.set(order_id);
        effect.cl_ord_id.set(order.cl_ord_id);
        effect.security_id.set(order.security_id);
        effect.account.set(order.account);
        effect.session_id.set(order.session_id);
        effect.cancelled_qty.set(order.leaves);
        effect.cum_qty.set(order.traded);
        effect.reason.set(reason.into());
        effect.side = order.side.into();
        if order.priority.is_some() {
            effect.was_resting = 1;
            effect.rpt_seq.set(self.next_rpt_seq(order.security_id));
        }
        effects.push(&effect);
        self.remove_order(order_id);
    }

    fn rest(&mut self, order_id: u64, effects: &mut Effects) {
        self.last_priority += 1;
        let priority = self.last_priority;
        let order = self.order_mut(order_id);
        order.priority = Some(priority);
        let order = order.clone();
        if order.expire_time_ns != 0 {
            let expiry = self.arm(order.expire_time_ns);
            self.order_mut(order_id).expiry = Some(expiry);
        }
        let mut effect = OrderRested::new_zeroed();
        effect.order_id.set(order_id);
        effect.priority.set(priority);
        effect.security_id.set(order.security_id);
        effect.rpt_seq.set(self.next_rpt_seq(order.security_id));
        effect.leaves_qty.set(order.leaves);
        effect.price.set(order.price);
        effect.side = order.side.into();
        effects.push(&effect);
    }

    fn trade(&mut self, resting_id: u64, aggressor_id: u64, effects: &mut Effects) {
        let resting = self.order(resting_id).expect("it rests").clone();
        let aggressor = self.order(aggressor_id).expect("it is incoming").clone();
        let before = [resting.account, aggressor.account].map(|it| self.buying_power(it));
        let quantity = resting.leaves.min(aggressor.leaves);
        for id in [resting_id, aggressor_id] {
            let order = self.order_mut(id);
            order.leaves -= quantity;
            order.traded += quantity;
        }
        let (buyer, seller) = match aggressor.side {
            Side::Buy => (aggressor.account, resting.account),
            Side::Sell => (resting.account, aggressor.account),
        };
        self.exchange(resting.security_id, buyer, seller, quantity, resting.price);
        let event = self.event_of(resting.security_id);
        let resting_fee = fee(event.maker_fee_rate, resting.price, quantity);
        let aggressor_fee = fee(event.taker_fee_rate, resting.price, quantity);
        self.charge(resting.account, resting.security_id, resting_fee);
        self.charge(aggressor.account, aggressor.security_id, aggressor_fee);
        let mut effect = Trade::new_zeroed();
        effect.resting_order_id.set(resting_id);
        effect.aggressor_order_id.set(aggressor_id);
        effect.resting_cl_ord_id.set(resting.cl_ord_id);
        effect.aggressor_cl_ord_id.set(aggressor.cl_ord_id);
        effect.resting_session_id.set(resting.session_id);
        effect.aggressor_session_id.set(aggressor.session_id);
        effect.resting_account.set(resting.account);
        effect.aggressor_account.set(aggressor.account);
        effect.resting_leaves_qty.set(resting.leaves - quantity);
        effect.aggressor_leaves_qty.set(aggressor.leaves - quantity);
        effect.security_id.set(resting.security_id);
        effect.rpt_seq.set(self.next_rpt_seq(resting.security_id));
        effect.quantity.set(quantity);
        effect.price.set(resting.price);
        effect.aggressor_side = aggressor.side.into();
        effect.resting_fee.set(resting_fee);
        effect.aggressor_fee.set(aggressor_fee);
        effects.push(&effect);
        if resting.leaves == quantity {
            self.remove_order(resting_id);
        }
        for order in [&resting, &aggressor] {
            let lots = i64::from(quantity);
            let lots = if order.side == Side::Buy { lots } else { -lots };
            if let Some(set) = order.quote_set {
                self.count_fill(set, effects.now, lots);
            }
        }
        let after = [resting.account, aggressor.account].map(|it| self.buying_power(it));
        assert!(
            after[0] >= before[0] && after[1] >= before[1],
            "a fill lowered buying power from {before:?} to {after:?}: {resting:?} {aggressor:?}"
        );
    }
}

/// Instructions of self-match prevention: 1, 2, and 3 for both.
pub const CANCEL_AGGRESSOR: u8 = 1;
pub const CANCEL_RESTING: u8 = 2;

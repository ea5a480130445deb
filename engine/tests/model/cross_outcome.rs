//! Sets of all outcomes of an event (`docs/engine-rules.md` §3), worked out from sorted lists.

use std::collections::BTreeMap;

use forecastle_proto_spec::{CancelReason, CrossOutcomeFill, MarketStatus, PAYOUT, Side};
use zerocopy::FromZeros;

use super::Model;
use super::book::{CANCEL_RESTING, Order};
use super::effects::Effects;
use super::ledger::fee;

/// What an incoming order meets next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// A resting order of its own market at this price.
    Own(u16),
    /// The best orders of all other markets, which leave it this price.
    Set(u16),
}

/// Orders by market, best first, as price, leaves and id.
type Queues = BTreeMap<u32, Vec<(u16, u32, u64)>>;

impl Model {
    pub fn matches_across(&self, security_id: u32) -> bool {
        self.event_of(security_id).parameters.cross_outcome == 1
    }

    /// What this order would trade with next.
    pub fn meeting(&self, order: &Order) -> Option<Meeting> {
        meeting_in(&self.queues(order), order, self.may_make_sets(order))
    }

    /// Trades that a set of this market's event counts as.
    pub fn set_weight(&self, security_id: u32) -> u32 {
        u32::from(self.event_of(security_id).market_count)
    }

    /// Fills an incoming order and the best of every other market for the same quantity.
    pub fn trade_set(&mut self, order_id: u64, price: u16, effects: &mut Effects) {
        let order = self.order(order_id).expect("it is incoming").clone();
        let others: Vec<Order> = self
            .event_of(order.security_id)
            .security_ids()
            .filter(|&market| market != order.security_id)
            .map(|market| self.resting(market, order.side)[0].clone())
            .collect();
        let quantity = others.iter().map(|other| other.leaves).fold(order.leaves, u32::min);
        for other in &others {
            self.fill_for_set(other, (other.price, quantity), order_id, effects);
        }
        self.fill_for_set(&order, (price, quantity), order_id, effects);
    }

    /// Why a fill-or-kill order of such an event would not be filled, if it would not.
    pub fn fill_across_fails(&self, order: &Order, trades_max: u32) -> Option<CancelReason> {
        let mut queues = self.queues(order);
        let mut left = order.leaves;
        let mut trades = 0;
        while left > 0 {
            let Some(meeting) = meeting_in(&queues, order, self.may_make_sets(order)) else {
                return Some(CancelReason::FillOrKill);
            };
            let is_used = |market: u32| match meeting {
                Meeting::Own(_) => market == order.security_id,
                Meeting::Set(_) => market != order.security_id,
            };
            trades += match meeting {
                Meeting::Own(_) => 1,
                Meeting::Set(_) => self.set_weight(order.security_id),
            };
            if trades > trades_max {
                return Some(CancelReason::SweepLimit);
            }
            let own = queues.get_mut(&order.security_id).filter(|_| is_used(order.security_id));
            if let Some(own) = own
                && self.is_self_match(order.order_id, own[0].2)
            {
                if order.self_match_prevention.1 != CANCEL_RESTING {
                    return Some(CancelReason::FillOrKill);
                }
                own.remove(0);
                continue;
            }
            let used = || queues.iter().filter(|&(&market, _)| is_used(market));
            let quantity = used().map(|(_, queue)| queue[0].1).fold(left, u32::min);
            left -= quantity;
            for (_, queue) in queues.iter_mut().filter(|&(&market, _)| is_used(market)) {
                queue[0].1 -= quantity;
                queue.retain(|&(_, leaves, _)| leaves > 0);
            }
        }
        None
    }

    /// The other side of its own market and its own side of all others.
    fn queues(&self, order: &Order) -> Queues {
        let opposite = if order.side == Side::Buy { Side::Sell } else { Side::Buy };
        let queue_of = |market: u32| {
            let side = if market == order.security_id { opposite } else { order.side };
            let resting = self.resting(market, side);
            (market, resting.iter().map(|it| (it.price, it.leaves, it.order_id)).collect())
        };
        self.event_of(order.security_id).security_ids().map(queue_of).collect()
    }

    fn may_make_sets(&self, order: &Order) -> bool {
        let is_open = |market: u32| self.market(market).status == MarketStatus::Open;
        self.matches_across(order.security_id)
            && self.event_of(order.security_id).security_ids().all(is_open)
    }

    fn fill_for_set(
        &mut self,
        order: &Order,
        (price, quantity): (u16, u32),
        aggressor_order_id: u64,
        effects: &mut Effects,
    ) {
        let before = self.buying_power(order.account);
        let is_aggressor = order.order_id == aggressor_order_id;
        let filled = self.order_mut(order.order_id);
        filled.leaves -= quantity;
        filled.traded += quantity;
        let sign = if order.side == Side::Buy { 1 } else { -1 };
        if let Some(set) = order.quote_set {
            self.count_fill(set, effects.now, sign * i64::from(quantity));
        }
        let event = self.event_of(order.security_id);
        let rate = if is_aggressor { event.taker_fee_rate } else { event.maker_fee_rate };
        let event_id = self.market(order.security_id).event_id;
        let fee = fee(rate, price, quantity);
        let cost = i64::from(price) * i64::from(quantity);
        self.pay(order.account, order.security_id, sign * cost);
        self.events[event_id as usize - 1].pool += i128::from(sign * cost);
        self.add_position(order.account, order.security_id, sign * i64::from(quantity));
        self.charge(order.account, order.security_id, fee);
        let mut effect = CrossOutcomeFill::new_zeroed();
        effect.order_id.set(order.order_id);
        effect.cl_ord_id.set(order.cl_ord_id);
        effect.aggressor_order_id.set(aggressor_order_id);
        effect.session_id.set(order.session_id);
        effect.account.set(order.account);
        effect.security_id.set(order.security_id);
        effect.rpt_seq.set(self.next_rpt_seq(order.security_id));
        effect.leaves_qty.set(order.leaves - quantity);
        effect.quantity.set(quantity);
        effect.price.set(price);
        effect.side = order.side.into();
        effect.is_aggressor = u8::from(is_aggressor);
        effect.fee.set(fee);
        effects.push(&effect);
        if !is_aggressor && order.leaves == quantity {
            self.remove_order(order.order_id);
        }
        let after = self.buying_power(order.account);
        assert!(after >= before, "a set lowered buying power: {before} to {after}, {order:?}");
    }
}

fn meeting_in(queues: &Queues, order: &Order, may_make_sets: bool) -> Option<Meeting> {
    let is_allowed = |price: i32| match order.side {
        Side::Buy => price <= i32::from(order.price),
        Side::Sell => price >= i32::from(order.price),
    };
    let own = queues[&order.security_id].first().map(|&(price, ..)| i32::from(price));
    let others = queues.iter().filter(|&(&market, _)| market != order.security_id);
    let best: Option<Vec<i32>> =
        others.map(|(_, queue)| queue.first().map(|&(price, ..)| i32::from(price))).collect();
    let set = best.map(|prices| i32::from(PAYOUT) - prices.iter().sum::<i32>());
    let own = own.filter(|&price| is_allowed(price));
    let set = set.filter(|&price| may_make_sets && price > 0 && is_allowed(price));
    let price_of = |price: i32| u16::try_from(price).expect("on the grid");
    let sign = if order.side == Side::Buy { 1 } else { -1 };
    match (own, set) {
        (None, None) => None,
        (Some(own), Some(set)) if sign * set < sign * own => Some(Meeting::Set(price_of(set))),
        (Some(own), _) => Some(Meeting::Own(price_of(own))),
        (None, Some(set)) => Some(Meeting::Set(price_of(set))),
    }
}

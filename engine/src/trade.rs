//! One trade of an incoming order with a resting one: the resting side is done at once, the
//! incoming side is added up and done after the last trade.

use forecastle_proto_spec::{CancelReason, OrderCancelled, Side, Trade};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::exposure::Stake;
use crate::fees::{fee_per_lot, hold_per_lot};
use crate::ledger::{held, signed};
use crate::order_table::Order;
use crate::planted_fault::{PlantedFault, is_planted};

/// What a trade tells of the incoming order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taker {
    pub(crate) order_id: u64,
    pub(crate) cl_ord_id: u64,
    pub(crate) session_id: u32,
    pub(crate) account: u32,
    pub(crate) security_id: u32,
    /// Its limit.
    pub(crate) price: u16,
    pub(crate) side: Side,
}

/// What the trades of an incoming order come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bought {
    pub(crate) lots: i64,
    pub(crate) cash: i64,
}

/// What a fill did to a resting order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    /// Whose order it is.
    pub(crate) account: u32,
    /// Number of the change in its market.
    pub(crate) rpt_seq: u32,
    pub(crate) fee: i64,
    /// Rate of the incoming order's fee.
    pub(crate) taker_rate: u16,
}

impl Taker {
    /// The report that `leaves` of its `quantity` lots were cancelled.
    #[inline(always)]
    pub(crate) fn cancelled(
        &self,
        quantity: u32,
        leaves: u32,
        reason: CancelReason,
    ) -> OrderCancelled {
        OrderCancelled {
            order_id: self.order_id.into(),
            cl_ord_id: self.cl_ord_id.into(),
            security_id: self.security_id.into(),
            account: self.account.into(),
            session_id: self.session_id.into(),
            cancelled_qty: leaves.into(),
            cum_qty: (quantity - leaves).into(),
            rpt_seq: 0.into(),
            reason: u16::from(reason).into(),
            side: self.side.into(),
            was_resting: 0,
            reserved_44: [0; 4],
        }
    }
}

impl Engine {
    /// One trade with the resting order in `slot`; gives what is left of the incoming one. The
    /// aggressor's side of it is added to `bought`, the resting side is done at once.
    #[inline(always)]
    pub(crate) fn trade(
        &mut self,
        taker: &Taker,
        slot: u32,
        leaves: u32,
        bought: &mut Bought,
        effects: &mut EffectBuffer<'_>,
    ) -> u32 {
        let resting = *self.orders.order(slot);
        let quantity = leaves.min(resting.leaves_qty());
        let is_wrong = is_planted(PlantedFault::FillAtAggressorPrice);
        let price = if is_wrong { taker.price } else { resting.price() };
        let fill = self.fill_resting(slot, &resting, quantity, price);
        let lots = i64::from(quantity);
        let fee = fee_per_lot(fill.taker_rate, price) * lots;
        bought.lots += signed(taker.side, lots);
        bought.cash -= signed(taker.side, i64::from(price) * lots) + fee;
        self.ledger.collect_fees(fill.fee + fee);
        effects.push(&Trade {
            resting_order_id: self.orders.id_of(slot, &resting).value().into(),
            aggressor_order_id: taker.order_id.into(),
            resting_cl_ord_id: resting.cl_ord_id.into(),
            aggressor_cl_ord_id: taker.cl_ord_id.into(),
            resting_session_id: self.sessions.session(resting.session).session_id.into(),
            aggressor_session_id: taker.session_id.into(),
            resting_account: fill.account.into(),
            aggressor_account: taker.account.into(),
            resting_leaves_qty: (resting.leaves_qty() - quantity).into(),
            aggressor_leaves_qty: (leaves - quantity).into(),
            security_id: taker.security_id.into(),
            rpt_seq: fill.rpt_seq.into(),
            quantity: quantity.into(),
            price: price.into(),
            aggressor_side: taker.side.into(),
            reserved_71: [0; 1],
            resting_fee: fill.fee.into(),
            aggressor_fee: fee.into(),
        });
        leaves - quantity
    }

    /// Takes `quantity` off a resting order that trades at `price`, moves its account's position
    /// and cash, and frees its slot when nothing is left. Its fee is for the caller to collect.
    ///
    /// # Panics
    /// When the account could end with less than nothing.
    #[inline(always)]
    pub(crate) fn fill_resting(
        &mut self,
        slot: u32,
        resting: &Order,
        quantity: u32,
        price: u16,
    ) -> Fill {
        let left = resting.leaves_qty() - quantity;
        if resting.has_detail() {
            self.fill_with_detail(slot, quantity);
        }
        let Self { ledger, events, orders, books, .. } = self;
        let market = events.find_market_mut(resting.security_id);
        let (market, changes) = market.expect("a resting order has a market");
        let fees = market.fees;
        let is_wrong = is_planted(PlantedFault::MakerPaysTakerRate);
        let rate = if is_wrong { fees.taker } else { fees.maker };
        let lots = i64::from(quantity);
        let fee = fee_per_lot(rate, price) * lots;
        let received = -signed(resting.side, i64::from(price) * lots) - fee;
        let hold = hold_per_lot(resting.side, resting.price(), fees.maker) * lots;
        let stake = Stake { lots: signed(resting.side, lots), ..held(resting.side, -hold) };
        let place = (resting.exposure, market.state_index);
        let (account, holder) = ledger.fill(place, stake, -lots, received);
        holder.open_order_count -= u32::from(left == 0);
        let is_covered = holder.worst_case() >= 0;
        let rpt_seq = if left == 0 {
            books.remove(orders.slots_mut(), resting.security_id, slot);
            orders.end(slot, resting, account);
            market.leave_order(changes)
        } else {
            let is_wrong = is_planted(PlantedFault::PartFillLosesLot) && left > 1;
            let left = left - u32::from(is_wrong);
            orders.reduce(
                (slot, account),
                resting,
                resting.leaves_qty() - left,
                #[inline(always)]
                |orders| {
                    books.reduce(orders, resting.security_id, slot, left);
                },
            );
            market.next_rpt_seq(changes)
        };
        if !is_covered {
            self.assert_solvent(account);
        }
        Fill { account, rpt_seq, fee, taker_rate: fees.taker }
    }

    /// What a fill does to the quote set and timer of a resting order that has a detail.
    #[cold]
    #[inline(never)]
    fn fill_with_detail(&mut self, slot: u32, quantity: u32) {
        let resting = *self.orders.order(slot);
        let quote_set = self.orders.detail(slot).quote_set;
        if quote_set != 0 {
            self.count_quote_fill(quote_set, signed(resting.side, i64::from(quantity)));
        }
        if quantity == resting.leaves_qty() {
            self.leave_detail(slot, &resting);
        }
    }
}

//! What is at stake in one market, and the shape of an event, from which the worst case follows.

use forecastle_proto_spec::{PAYOUT, Side};

use super::ROW_LENGTH;
use crate::planted_fault::{PlantedFault, is_planted};

/// The stake of one account in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stake {
    /// Position, lots, long YES above zero; or the change of it.
    pub(crate) lots: i64,
    /// Worst cost of open bids, millionths; or the change of it.
    pub(crate) bid_cost: i64,
    /// Worst cost of open asks, millionths; or the change of it.
    pub(crate) ask_cost: i64,
}

impl Stake {
    /// # Panics
    /// When less than nothing would be held.
    #[inline]
    pub(super) fn add(&mut self, change: Self) {
        if is_planted(PlantedFault::NettingOffByOne) && self.lots > 0 && change.lots < 0 {
            self.lots += 1;
        }
        self.lots += change.lots;
        self.bid_cost += change.bid_cost;
        self.ask_cost += change.ask_cost;
        assert!(self.bid_cost | self.ask_cost >= 0, "holds of open orders add up");
    }

    /// Adds `cost` to the worst cost of open orders of a side; takes it off when negative.
    ///
    /// # Panics
    /// When less than nothing would be held.
    #[inline(always)]
    pub(super) fn hold(&mut self, side: Side, cost: i64) {
        let held = match side {
            Side::Buy => &mut self.bid_cost,
            Side::Sell => &mut self.ask_cost,
        };
        *held += cost;
        assert!(*held >= 0, "holds of open orders add up");
    }

    /// The side of the open orders that a change of them is of: it costs something on theirs alone.
    pub(crate) fn open_side(&self) -> Side {
        if self.bid_cost != 0 { Side::Buy } else { Side::Sell }
    }

    /// What the market's own state is worth, before the bids of all markets are taken off.
    #[inline(always)]
    pub(super) fn term(&self) -> i64 {
        i64::from(PAYOUT) * self.lots + self.bid_cost - self.ask_cost
    }
}

/// An event as exposures see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventShape {
    pub(crate) market_count: u8,
    pub(crate) is_exhaustive: bool,
    /// Rows that a pair of an account and this event takes.
    row_count: u8,
}

impl EventShape {
    pub(crate) const fn new(market_count: u8, is_exhaustive: bool) -> Self {
        let row_count = market_count.div_ceil(ROW_LENGTH);
        Self { market_count, is_exhaustive, row_count }
    }

    /// Rows that a pair of an account and this event takes.
    #[inline]
    pub(super) fn row_count(self) -> u32 {
        u32::from(self.row_count)
    }

    /// Whether values of all markets that add up to `sum` share out what there is.
    pub(crate) fn is_shared_out(self, sum: u32) -> bool {
        if self.is_exhaustive { sum == u32::from(PAYOUT) } else { sum <= u32::from(PAYOUT) }
    }

    /// The worst case of somebody who has nothing in the event but `stake` in one market.
    #[inline(always)]
    pub(crate) fn minimum_of_one(self, stake: Stake) -> i64 {
        let has_other_state = self.market_count > 1 || !self.is_exhaustive;
        let least = if has_other_state { stake.term().min(0) } else { stake.term() };
        least - stake.bid_cost
    }

    /// The worst case over states that no market of the event pays in.
    #[inline]
    pub(super) fn least_elsewhere(self) -> i64 {
        if self.is_exhaustive { i64::MAX } else { 0 }
    }
}

/// What a change of a stake did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    /// Whose stake it is.
    pub(crate) account: u32,
    /// Change of the event's worst case, millionths.
    pub(crate) minimum: i64,
    /// Change of the size of the position, lots.
    pub(crate) size: i64,
}

pub(super) const NO_STAKE: Stake = Stake { lots: 0, bid_cost: 0, ask_cost: 0 };

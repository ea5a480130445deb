//! The worst case of a pair over its event's states: what it is, what it would be, and how it moves
//! with stakes.

use forecastle_proto_spec::{PAYOUT, Side};

use super::stake::{Effect, EventShape, NO_STAKE, Stake};
use super::{ExposureTable, NearPairs, PairVacancy, ROW_MARKETS};

impl ExposureTable {
    /// The worst case of a pair's positions, without its open orders. O(markets of the event).
    pub(crate) fn worst_of_positions(&self, row: u32) -> i64 {
        let shape = self.rows[row].shape;
        let values = (0..shape.market_count).map(|state| self.stake(row, state).lots);
        let least = values.min().unwrap_or(0) * i64::from(PAYOUT);
        least.min(shape.least_elsewhere())
    }

    /// The worst case of a pair.
    #[inline]
    pub(crate) fn minimum(&self, row: u32) -> i64 {
        self.rows[row].minimum
    }

    /// The worst case of a pair if `change` were added to its stake in the market of `state`.
    /// O(markets of the event).
    #[inline(always)]
    pub(crate) fn minimum_with(&self, row: u32, state: u8, change: Stake) -> i64 {
        let first = &self.rows[row];
        let least = if first.shape.market_count == 1 {
            first.shape.least_elsewhere().min(first.stake.term() + change.term())
        } else {
            self.least_with(row, state, change.term())
        };
        least - (first.bid_total + change.bid_cost)
    }

    /// The worst case of a pair, also of one without a row, and what it were if a stake of open
    /// orders were added in the market of `state`. O(markets of the event).
    #[inline(always)]
    pub(crate) fn minimum_if_held(
        &self,
        row: Option<u32>,
        shape: EventShape,
        state: u8,
        stake: Stake,
    ) -> (i64, i64) {
        match row {
            Some(row) => (self.minimum(row), self.minimum_with(row, state, stake)),
            None => (0, shape.minimum_of_one(stake)),
        }
    }

    /// The worst case of a pair, also of one without a row, if a change were added to its stake
    /// in the market of each state. O(markets of the event).
    pub(crate) fn minimum_with_all(
        &self,
        row: Option<u32>,
        shape: EventShape,
        changes: &[Stake],
    ) -> i64 {
        let mut least = shape.least_elsewhere();
        let mut bids = row.map_or(0, |row| self.rows[row].bid_total);
        for (state, change) in (0..).zip(changes) {
            let stake = row.map_or(NO_STAKE, |row| self.stake(row, state));
            least = least.min(stake.term() + change.term());
            bids += change.bid_cost;
        }
        least - bids
    }

    /// The least over all states, before the bids of all markets are taken off, if `change` were
    /// added to the term of one of them.
    #[inline(never)]
    fn least_with(&self, row: u32, state: u8, change: i64) -> i64 {
        let (place, index) = self.place(row, state);
        let before = self.stake_at(place, index).term();
        self.least_after(row, state, before, before + change)
    }

    /// The least over all states, before the bids of all markets are taken off, when the term of
    /// one of them goes from `before` to `after`. O(1) unless that one is the least and rises, else
    /// O(markets of the event).
    #[inline(always)]
    fn least_after(&self, row: u32, state: u8, before: i64, after: i64) -> i64 {
        let least = self.rows[row].minimum + self.rows[row].bid_total;
        if after <= least {
            after
        } else if before > least {
            least
        } else {
            self.least_beside(row, usize::from(state)).min(after)
        }
    }

    /// The least over all states but one, before the bids of all markets are taken off.
    #[inline(never)]
    pub(super) fn least_beside(&self, mut row: u32, state: usize) -> i64 {
        let shape = self.rows[row].shape;
        let mut least = shape.least_elsewhere();
        let mut first = 0;
        loop {
            let [second, third, fourth] = &self.others[row];
            for (index, stake) in [&self.rows[row].stake, second, third, fourth].iter().enumerate()
            {
                let other = first + index;
                let counts = other != state && other < usize::from(shape.market_count);
                least = if counts { least.min(stake.term()) } else { least };
            }
            first += ROW_MARKETS as usize;
            if first >= usize::from(shape.market_count) {
                return least;
            }
            row = self.rows[row].next;
        }
    }

    /// Adds `cost` to the worst costs of open orders of a side in the market of `state`, where the
    /// worst case that follows is known, and gives a pair that has none its rows first. Gives the
    /// pair's first row and the change of its worst case.
    ///
    /// # Panics
    /// When the pair has no rows and there is no room.
    #[inline(always)]
    pub(crate) fn hold_to(
        &mut self,
        near: &mut NearPairs,
        row: Result<u32, PairVacancy>,
        (pair, shape, state): ((u32, u32), EventShape, u8),
        (side, cost): (Side, i64),
        minimum: i64,
    ) -> (u32, i64) {
        let row = self.row_of(near, row, pair, shape);
        if state != 0 {
            let place = self.place(row, state);
            self.stake_at_mut(place).hold(side, cost);
        }
        let first = &mut self.rows[row];
        if state == 0 {
            first.stake.hold(side, cost);
        }
        first.bid_total += if side == Side::Buy { cost } else { 0 };
        let before = std::mem::replace(&mut first.minimum, minimum);
        (row, minimum - before)
    }

    /// Adds `change` to the stake of a pair in the market of `state`. O(markets of the event).
    #[inline(always)]
    pub(crate) fn change(&mut self, row: u32, state: u8, change: Stake) -> Effect {
        let first = &mut self.rows[row];
        if first.shape.market_count > 1 {
            return self.change_one_of_many(row, state, change);
        }
        let before = first.stake.lots;
        let pair = (first.account, first.event_id);
        first.stake.add(change);
        first.bid_total = first.stake.bid_cost;
        let least = first.shape.least_elsewhere().min(first.stake.term());
        let after = first.stake.lots;
        let effect = first.settle_minimum(least, before, after);
        if before != after {
            self.move_position(pair, state, before, after);
        }
        effect
    }

    /// Adds `cost` to the worst cost of open orders of a side in the market of `state`. O(markets
    /// of the event).
    #[inline(always)]
    pub(crate) fn hold(&mut self, row: u32, state: u8, side: Side, cost: i64) -> Effect {
        let first = &mut self.rows[row];
        if first.shape.market_count > 1 {
            return self.hold_one_of_many(row, state, side, cost);
        }
        first.stake.hold(side, cost);
        first.bid_total = first.stake.bid_cost;
        let least = first.shape.least_elsewhere().min(first.stake.term());
        first.settle_minimum(least, 0, 0)
    }

    /// As [`Self::hold`], but for the worst case, which [`Self::settle`] finds after some of these.
    #[inline(always)]
    pub(crate) fn hold_unsettled(&mut self, (row, state): (u32, u8), (side, cost): (Side, i64)) {
        let place = self.place(row, state);
        self.stake_at_mut(place).hold(side, cost);
        self.rows[row].bid_total += if side == Side::Buy { cost } else { 0 };
    }

    /// Finds the worst case of a pair after its holds changed. O(markets of the event).
    #[inline]
    pub(crate) fn settle(&mut self, row: u32) -> Effect {
        let least = self.least_beside(row, usize::MAX);
        self.rows[row].settle_minimum(least, 0, 0)
    }

    #[inline(never)]
    fn hold_one_of_many(&mut self, row: u32, state: u8, side: Side, cost: i64) -> Effect {
        let place = self.place(row, state);
        let stake = self.stake_at_mut(place);
        let before = stake.term();
        stake.hold(side, cost);
        let after = before + if side == Side::Buy { cost } else { -cost };
        let least = self.least_after(row, state, before, after);
        let first = &mut self.rows[row];
        first.bid_total += if side == Side::Buy { cost } else { 0 };
        first.settle_minimum(least, 0, 0)
    }

    #[inline(never)]
    fn change_one_of_many(&mut self, row: u32, state: u8, change: Stake) -> Effect {
        let place = self.place(row, state);
        let stake = self.stake_at_mut(place);
        let before = *stake;
        stake.add(change);
        let after = *stake;
        let least = self.least_after(row, state, before.term(), after.term());
        let first = &mut self.rows[row];
        first.bid_total += change.bid_cost;
        let pair = (first.account, first.event_id);
        let effect = first.settle_minimum(least, before.lots, after.lots);
        if before.lots != after.lots {
            self.move_position(pair, state, before.lots, after.lots);
        }
        effect
    }
}

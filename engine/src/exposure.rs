//! What an account has at stake in an event: positions and the worst cost of open orders in each
//! market, and from them the worst case over the event's states.
//!
//! With n the position in lots, B_i the worst cost of open bids and S_i of open asks in market i,
//! and B the sum of the B_i, the worst case is the least over states j of
//! 10000 n_j − (B − B_j) − S_j, with one more state worth −B when the event is not exhaustive. The
//! bound on an account's lots keeps every sum in range.
//!
//! A pair of account and event has one row for every four markets, chained; the first one is found
//! at the account, which has room for some pairs, or else by an open-addressed index, and every
//! order knows its first row, so that a fill needs no search.
//! What a lone market needs lies in one cache line; the row's other three markets lie apart.

mod near_pairs;
mod pair_index;
mod snapshot;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use forecastle_proto_spec::{PAYOUT, Side};
use forecastle_runtime::memory::Arena;

use crate::memory_table::MemoryUse;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::state_digest::{Addend, DigestSum, Domain, pair};
use pair_index::PairIndex;

pub(crate) use near_pairs::{NearPairs, PairVacancy};

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
    fn add(&mut self, change: Self) {
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
    fn hold(&mut self, side: Side, cost: i64) {
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
    fn term(&self) -> i64 {
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
    fn row_count(self) -> u32 {
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
    fn least_elsewhere(self) -> i64 {
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

/// Four markets of one pair, the first of them here; 64 bytes, a cache line. All but stake and
/// `next` are kept in the pair's first row only.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Row {
    stake: Stake,
    bid_total: i64,
    minimum: i64,
    account: u32,
    event_id: u32,
    /// Next row of the pair, or next free row.
    next: u32,
    shape: EventShape,
}

impl Row {
    /// Stores the worst case of a pair, `least` before its bids are taken off, after a position of
    /// it went from `before` to `after`.
    #[inline(always)]
    fn settle_minimum(&mut self, least: i64, before: i64, after: i64) -> Effect {
        let minimum = least - self.bid_total;
        let old = std::mem::replace(&mut self.minimum, minimum);
        Effect { account: self.account, minimum: minimum - old, size: after.abs() - before.abs() }
    }
}

/// All exposures.
#[derive(Debug)]
pub(crate) struct ExposureTable {
    rows: Arena<Row>,
    /// The second to fourth market of each row.
    others: Arena<[Stake; ROW_MARKETS as usize - 1]>,
    /// Room to sort the first rows of all pairs in.
    sorted: RefCell<Arena<u32>>,
    index: PairIndex,
    first_free: u32,
    free_count: u32,
    events_max: u32,
    open_position_count: u64,
    digest: DigestSum,
}

impl ExposureTable {
    pub(crate) fn new(exposures_max: u32, events_max: u32) -> Self {
        let mut rows = Arena::new(exposures_max, FREE_ROW);
        for row in 1..exposures_max {
            rows[row - 1].next = row;
        }
        Self {
            rows,
            others: Arena::new(exposures_max, NO_STAKES),
            sorted: RefCell::new(Arena::new(exposures_max, NONE)),
            index: PairIndex::new(exposures_max),
            first_free: 0,
            free_count: exposures_max,
            events_max,
            open_position_count: 0,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 4] {
        [
            MemoryUse::of_arena("exposures", &self.rows),
            MemoryUse::of_arena("further markets of exposures", &self.others),
            self.index.memory(),
            MemoryUse::of_arena("room to sort exposures in", &self.sorted.borrow()),
        ]
    }

    /// The first row of a pair, if it has one, of an account with these pairs near it.
    #[inline]
    pub(crate) fn find(&self, near: &NearPairs, account: u32, event_id: u32) -> Option<u32> {
        self.look_up(near, account, event_id).ok()
    }

    /// The first row of a pair; or else where it would be noted.
    #[inline(always)]
    pub(crate) fn look_up(
        &self,
        near: &NearPairs,
        account: u32,
        event_id: u32,
    ) -> Result<u32, PairVacancy> {
        let rows = self.rows.as_slice();
        if let Some(row) = near.find(
            event_id,
            #[inline(always)]
            |row| rows[row as usize].event_id,
        ) {
            return Ok(row);
        }
        if near.has_further() {
            let key_of = |row: u32| (rows[row as usize].account, rows[row as usize].event_id);
            if let Some(row) = self.index.find(account, event_id, key_of) {
                return Ok(row);
            }
        }
        Err(near.vacancy())
    }

    /// Whether a pair with an event of this shape can still get its rows.
    #[inline]
    pub(crate) fn has_room(&self, shape: EventShape) -> bool {
        self.free_count >= shape.row_count()
    }

    /// Positions that are not zero.
    pub(crate) fn open_position_count(&self) -> u64 {
        self.open_position_count
    }

    /// The account of a row.
    #[inline]
    pub(crate) fn account(&self, row: u32) -> u32 {
        self.rows[row].account
    }

    /// The event of a row.
    #[inline]
    pub(crate) fn event_id(&self, row: u32) -> u32 {
        self.rows[row].event_id
    }

    /// Markets of a pair's event.
    pub(crate) fn market_count(&self, row: u32) -> u8 {
        self.rows[row].shape.market_count
    }

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

    /// The stake of a pair in the market of a state.
    #[inline]
    pub(crate) fn stake(&self, row: u32, state: u8) -> Stake {
        let (row, index) = self.place(row, state);
        *self.stake_at(row, index)
    }

    /// First rows of an account's pairs, by ascending event. O(events that there may be).
    pub(crate) fn rows_of(&self, near: &NearPairs, account: u32) -> impl Iterator<Item = u32> {
        (1..=self.events_max).filter_map(move |event_id| self.find(near, account, event_id))
    }

    /// First rows of all pairs, as they lie. O(rows).
    pub(crate) fn rows(&self) -> impl Iterator<Item = u32> {
        (0..).zip(self.rows.as_slice()).filter(|(_, row)| row.account != 0).map(|(row, _)| row)
    }

    /// Calls `visit` with the account and the first row of each pair, by ascending account, then
    /// event. O(rows + pairs × log pairs), without allocating.
    pub(crate) fn for_each_row(&self, mut visit: impl FnMut(u32, u32)) {
        let mut sorted = self.sorted.borrow_mut();
        let mut count = 0;
        for (place, row) in sorted.as_mut_slice().iter_mut().zip(self.rows()) {
            *place = row;
            count += 1;
        }
        let rows = &mut sorted.as_mut_slice()[..count];
        rows.sort_unstable_by_key(|row| (self.rows[*row].account, self.rows[*row].event_id));
        rows.iter().for_each(|row| visit(self.rows[*row].account, *row));
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
    fn least_beside(&self, mut row: u32, state: usize) -> i64 {
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

    /// Gives a pair that has none its rows, with nothing at stake.
    ///
    /// # Panics
    /// When there is no room, or it has.
    pub(crate) fn take(
        &mut self,
        near: &mut NearPairs,
        (account, event_id): (u32, u32),
        shape: EventShape,
    ) -> u32 {
        let vacancy = self.look_up(near, account, event_id);
        let vacancy = vacancy.expect_err("a pair that takes rows has none");
        self.take_at(near, vacancy, (account, event_id), shape)
    }

    /// As [`Self::take`] behind the look-up that did not find the pair.
    #[inline(always)]
    fn take_at(
        &mut self,
        near: &mut NearPairs,
        vacancy: PairVacancy,
        (account, event_id): (u32, u32),
        shape: EventShape,
    ) -> u32 {
        assert!(self.has_room(shape), "rows are counted before they are taken");
        let first = self.first_free;
        let mut last = first;
        for _ in 1..shape.row_count() {
            last = self.rows[last].next;
        }
        self.free_count -= shape.row_count();
        let end = &mut self.rows[last];
        self.first_free = std::mem::replace(&mut end.next, NONE);
        // Most free rows follow each other as they lie.
        self.rows.prefetch(first.wrapping_add(ROWS_AHEAD));
        let row = &mut self.rows[first];
        row.account = account;
        row.event_id = event_id;
        row.shape = shape;
        if near.insert(vacancy, event_id, first) {
            self.index.insert(account, event_id, first);
        }
        self.digest.add(pair_piece(account, event_id));
        first
    }

    /// The first row of a pair that was looked up; one that has none is given its rows.
    ///
    /// # Panics
    /// When there is no room.
    #[inline(always)]
    pub(crate) fn row_of(
        &mut self,
        near: &mut NearPairs,
        row: Result<u32, PairVacancy>,
        pair: (u32, u32),
        shape: EventShape,
    ) -> u32 {
        match row {
            Ok(row) => row,
            Err(vacancy) => self.take_at(near, vacancy, pair, shape),
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

    /// Whether a pair has nothing at stake, and neither open orders nor positions. O(1) unless its
    /// first market and its sums say so, then O(markets of the event).
    #[inline(always)]
    pub(crate) fn is_flat(&self, row: u32) -> bool {
        let first = &self.rows[row];
        let may_be = first.stake == NO_STAKE && first.minimum == 0 && first.bid_total == 0;
        may_be && (first.shape.market_count == 1 || self.is_flat_elsewhere(row))
    }

    /// Whether a pair has nothing at stake in any market of its rows.
    #[inline(never)]
    fn is_flat_elsewhere(&self, mut row: u32) -> bool {
        for _ in 0..self.rows[row].shape.row_count() {
            if self.rows[row].stake != NO_STAKE || self.others[row] != NO_STAKES {
                return false;
            }
            row = self.rows[row].next;
        }
        true
    }

    /// Takes the rows of a pair away that has nothing at stake.
    ///
    /// # Panics
    /// When it has.
    #[inline(always)]
    pub(crate) fn release(&mut self, near: &mut NearPairs, row: u32) {
        assert!(self.is_flat(row), "a pair is released flat");
        let Row { account, event_id, shape, .. } = self.rows[row];
        self.digest.remove(pair_piece(account, event_id));
        if near.remove(row) {
            let rows = &self.rows;
            self.index.remove(account, event_id, |row| (rows[row].account, rows[row].event_id));
        }
        let mut next = row;
        for _ in 0..shape.row_count() {
            let row = next;
            let freed = &mut self.rows[row];
            next = freed.next;
            *freed = Row { next: self.first_free, ..FREE_ROW };
            self.first_free = row;
            self.free_count += 1;
        }
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

    /// Brings the first row of a pair close, as far as the tag of its entry tells, or its bucket of
    /// the index; gives whether it was the bucket.
    #[inline]
    pub(crate) fn prefetch(&self, near: &NearPairs, account: u32, event_id: u32) -> bool {
        if let Some(row) = near.first_candidate(event_id) {
            self.rows.prefetch(row);
        } else if near.has_further() {
            self.index.prefetch(account, event_id);
            return true;
        }
        false
    }

    /// Brings the first row of a pair close, as far as its bucket of the index tells.
    #[cold]
    pub(crate) fn prefetch_further(&self, account: u32, event_id: u32) {
        self.rows.prefetch(self.index.first_candidate(account, event_id));
    }

    /// Brings a row close.
    #[inline]
    pub(crate) fn prefetch_place(&self, row: u32) {
        self.rows.prefetch(row);
    }

    /// Brings what lies apart of a row close, when its event has more markets than one; gives the
    /// row's account, 0 for a row that there is not.
    #[inline]
    pub(crate) fn prefetch_others(&self, row: u32) -> u32 {
        let Some(first) = self.rows.get(row) else { return 0 };
        if first.shape.market_count > 1 {
            self.others.prefetch_all(row);
        }
        first.account
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all pairs.
    ///
    /// # Panics
    /// When rows are lost, a cached sum or the count of positions is wrong, or `find` does not find
    /// a pair.
    pub(crate) fn walked_digest(&self, find: impl Fn(u32, u32) -> Option<u32>) -> DigestSum {
        let mut sum = DigestSum::default();
        let mut used = 0;
        let mut positions = 0;
        for row in self.rows() {
            let Row { account, event_id, shape, bid_total, .. } = self.rows[row];
            assert_eq!(find(account, event_id), Some(row));
            used += shape.row_count();
            sum.add(pair_piece(account, event_id));
            let stakes = (0..shape.market_count).map(|state| (state, self.stake(row, state)));
            let mut bids = 0;
            for (state, stake) in stakes.filter(|(_, stake)| *stake != Stake::default()) {
                bids += stake.bid_cost;
                if stake.lots != 0 {
                    positions += 1;
                    sum.add(lots_addend(account, event_id, state, stake.lots));
                }
            }
            assert_eq!(bids, bid_total);
            assert_eq!(self.minimum(row), self.least_beside(row, usize::MAX) - bid_total);
        }
        assert_eq!(used + self.free_count, self.rows.capacity());
        assert_eq!(positions, self.open_position_count);
        sum
    }

    #[inline]
    fn move_position(
        &mut self,
        (account, event_id): (u32, u32),
        state: u8,
        before: i64,
        after: i64,
    ) {
        self.digest.add(lots_addend(account, event_id, state, after - before));
        if before == 0 {
            self.open_position_count += 1;
        } else if after == 0 {
            self.open_position_count -= 1;
        }
    }

    /// Where the market of a state lies: its row, and which of the row it is.
    #[inline]
    pub(crate) fn place(&self, row: u32, state: u8) -> (u32, usize) {
        let mut row = row;
        for _ in 0..u32::from(state) / ROW_MARKETS {
            row = self.rows[row].next;
        }
        (row, usize::from(state) % ROW_MARKETS as usize)
    }

    #[inline]
    fn stake_at(&self, row: u32, index: usize) -> &Stake {
        match index.checked_sub(1) {
            None => &self.rows[row].stake,
            Some(other) => &self.others[row][other],
        }
    }

    #[inline]
    fn stake_at_mut(&mut self, (row, index): (u32, usize)) -> &mut Stake {
        match index.checked_sub(1) {
            None => &mut self.rows[row].stake,
            Some(other) => &mut self.others[row][other],
        }
    }
}

#[inline]
fn pair_piece(account: u32, event_id: u32) -> Addend {
    Domain::Exposure.addend([pair(account, event_id)])
}

/// What lots of a position add to the digest.
#[inline]
fn lots_addend(account: u32, event_id: u32, state: u8, lots: i64) -> Addend {
    let position = Domain::Position.addend([pair(account, event_id), u64::from(state)]);
    position.times(lots.cast_unsigned())
}

/// Markets of one row.
pub(crate) const ROW_MARKETS: u32 = ROW_LENGTH as u32;
const ROW_LENGTH: u8 = 4;
const NONE: u32 = u32::MAX;
/// Rows between one that is taken and the one brought close then.
const ROWS_AHEAD: u32 = 16;
const NO_STAKE: Stake = Stake { lots: 0, bid_cost: 0, ask_cost: 0 };
const NO_STAKES: [Stake; ROW_MARKETS as usize - 1] = [NO_STAKE; ROW_MARKETS as usize - 1];
const FREE_ROW: Row = Row {
    stake: NO_STAKE,
    bid_total: 0,
    minimum: 0,
    account: 0,
    event_id: 0,
    next: NONE,
    shape: EventShape::new(0, false),
};

const _: () = assert!(size_of::<Row>() == 64);

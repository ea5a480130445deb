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
mod rows;
mod snapshot;
mod stake;
#[cfg(test)]
mod tests;
mod worst_case;

use std::cell::RefCell;

use forecastle_runtime::memory::Arena;

use crate::memory_table::MemoryUse;
use crate::state_digest::{Addend, DigestSum, Domain, pair};
use pair_index::PairIndex;
use stake::NO_STAKE;

pub(crate) use near_pairs::{NearPairs, PairVacancy};
pub(crate) use stake::{Effect, EventShape, Stake};

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
    /// Whether the index has the pair, for which its account has no room.
    is_indexed: bool,
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

/// Where the first row of a pair may be, as far as its account alone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PairCandidate {
    /// This row, by the few bits of it that the account has.
    pub(crate) near: Option<u32>,
    /// Whether the index may have it, which has other pairs of the account.
    pub(crate) is_indexed: bool,
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
        if near.has_further()
            && let Some(row) = self.find_further(account, event_id)
        {
            return Ok(row);
        }
        Err(near.vacancy())
    }

    /// The first row of a pair that the index has.
    #[inline(always)]
    fn find_further(&self, account: u32, event_id: u32) -> Option<u32> {
        let rows = self.rows.as_slice();
        let key_of = |row: u32| (rows[row as usize].account, rows[row as usize].event_id);
        self.index.find(account, event_id, key_of)
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

    /// The stake of a pair in the market of a state.
    #[inline]
    pub(crate) fn stake(&self, row: u32, state: u8) -> Stake {
        let (row, index) = self.place(row, state);
        *self.stake_at(row, index)
    }

    /// First rows of an account's pairs, in no order. O(1), and O(events that there may be) when it
    /// has more than lie near it.
    pub(crate) fn rows_of(&self, near: &NearPairs, account: u32) -> impl Iterator<Item = u32> {
        let events_max = if near.has_further() { self.events_max } else { 0 };
        let further = move |event_id| self.find_further(account, event_id);
        near.rows().chain((1..=events_max).filter_map(further))
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

    /// Brings the first row of a pair close, as far as the tag of its entry tells, and its bucket
    /// of the index where that has pairs of the account, as a tag says little.
    #[inline]
    pub(crate) fn prefetch(&self, near: &NearPairs, account: u32, event_id: u32) -> PairCandidate {
        let candidate = near.first_candidate(event_id);
        if let Some(row) = candidate {
            self.rows.prefetch(row);
        }
        let is_indexed = near.has_further();
        if is_indexed {
            self.index.prefetch(account, event_id);
        }
        PairCandidate { near: candidate, is_indexed }
    }

    /// As [`Self::prefetch`], the lines of further markets too.
    #[inline]
    pub(crate) fn prefetch_all(&self, near: &NearPairs, account: u32, event_id: u32) {
        let candidate = self.prefetch(near, account, event_id);
        if let Some(row) = candidate.near {
            self.others.prefetch_all(row);
        }
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

    /// Brings what lies apart of a row close: its other lines when its event has more markets than
    /// one, and its bucket of the index when that has it; gives the row's account, 0 for a row that
    /// there is not.
    #[inline]
    pub(crate) fn prefetch_others(&self, row: u32) -> u32 {
        let Some(first) = self.rows.get(row) else { return 0 };
        if first.shape.market_count > 1 {
            self.others.prefetch_all(row);
        }
        if first.is_indexed {
            self.index.prefetch(first.account, first.event_id);
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
const NO_STAKES: [Stake; ROW_MARKETS as usize - 1] = [NO_STAKE; ROW_MARKETS as usize - 1];
const FREE_ROW: Row = Row {
    stake: NO_STAKE,
    bid_total: 0,
    minimum: 0,
    account: 0,
    event_id: 0,
    next: NONE,
    shape: EventShape::new(0, false),
    is_indexed: false,
};

const _: () = assert!(size_of::<Row>() == 64);

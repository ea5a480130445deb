//! How pairs of an account and an event are given rows, and give them back.

use super::stake::{EventShape, NO_STAKE};
use super::{ExposureTable, FREE_ROW, NO_STAKES, NONE, NearPairs, PairVacancy, Row, pair_piece};

impl ExposureTable {
    /// Whether a pair with an event of this shape can still get its rows.
    #[inline]
    pub(crate) fn has_room(&self, shape: EventShape) -> bool {
        self.free_count >= shape.row_count()
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
    pub(super) fn take_at(
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
        row.is_indexed = near.insert(vacancy, event_id, first);
        if row.is_indexed {
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
}

/// Rows between one that is taken and the one brought close then.
const ROWS_AHEAD: u32 = 16;

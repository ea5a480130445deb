//! The ClOrdID window: the last ids that each session used for new orders and replaces, and the
//! order each one names.
//!
//! A ring for each session keeps the ids in the order they came, so that the oldest is forgotten
//! first. Most sessions count their ids up: an id above every id of its window is not looked for,
//! and the ids that were above all before them, as most are, are sorted as they lie, and found in
//! the ring as in any sorted list, from a place guessed by how ids around it grow.
//!
//! An id that is not is a *stray*. Beside each place of the ring stands how many strays lie there
//! in a row, so that whoever looks through the sorted ids steps over a row at once; and strays of
//! one hash are chained through the ring, as the window of a compressor chains its strings. A table
//! of heads has the number of the newest stray of each hash, beside each place stands how many ids
//! before it the next older one of the chain came, and what is too old ends the chain. So nothing
//! is ever taken out of the chains.
//!
//! No id costs more than a look through the sorted ones and the strays of its hash, of which there
//! are few as long as nobody knows the key of the hash ([`ClientOrderIds::key_hash`]). 32 bytes for
//! each id of a window whose length is a power of two.

mod snapshot;

use std::cmp::Ordering;

use forecastle_runtime::memory::Arena;

use crate::memory_table::MemoryUse;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::state_digest::{Addend, DigestSum, Domain, low_half, pair};

/// The windows of all session slots.
#[derive(Debug)]
pub(crate) struct ClientOrderIds {
    rings: Arena<Entry>,
    /// Of each place of the rings.
    strays: Arena<Stray>,
    /// For each hash of each session the number of its newest stray, as [`Cursor::number`].
    heads: Arena<u32>,
    cursors: Box<[Cursor]>,
    window: u32,
    /// Heads of a session.
    heads_length: u32,
    /// Bits of a hash below those that number a head.
    shift: u32,
    /// What ids are hashed by, odd.
    multiplier: u64,
    digest: DigestSum,
}

/// An id and the order it names.
#[derive(Clone, Copy, Debug)]
struct Entry {
    cl_ord_id: u64,
    order_id: u64,
}

/// What there is of an id beside its entry when it is a stray.
#[derive(Clone, Copy, Debug)]
struct Stray {
    /// How many ids of the session before it the next older one of its chain came; more than a
    /// window when there is none.
    step: u32,
    /// Strays in a row up to this one, at most a window; 0 for an id that is none.
    row_length: u32,
}

/// Where an id lies among sorted ones, guessed from the ids around it: most sessions count their
/// ids by about as much each time. Where some guesses did not find it the middle is as good.
struct Guess {
    below: u64,
    above: u64,
    /// Guesses left.
    left: u32,
}

impl Guess {
    /// How many of `count` ids are above one, the highest first; fewer than `count`.
    #[inline(always)]
    fn place(&mut self, cl_ord_id: u64, count: u32) -> u32 {
        let Self { below, above, left } = *self;
        let is_between = below < cl_ord_id && cl_ord_id <= above;
        if left == 0 || !is_between {
            return count / 2;
        }
        self.left = left - 1;
        let product = (above - cl_ord_id).checked_mul(u64::from(count));
        // Less than `count`, as the id is above the lower one.
        let place = product.and_then(|product| u32::try_from(product / (above - below)).ok());
        place.unwrap_or(count / 2)
    }
}

/// Where the next id of a session goes, and how often the ring went round, from 1.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Cursor {
    next: u32,
    /// Strays in the window.
    stray_count: u32,
    lap: u64,
    /// No id of the window is above.
    highest: u64,
}

/// An id just recorded, to say later which order it names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded {
    /// Where it lies in the rings.
    place: u32,
    /// Its piece of the digest before the order.
    head: Addend,
}

/// That a window does not hold an id: what recording the id takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vacancy(());

impl ClientOrderIds {
    /// Empty windows of `window` ids for `sessions_max` slots.
    ///
    /// # Panics
    /// When all windows together have more than 2^30 ids.
    pub(crate) fn new(sessions_max: u32, window: u32) -> Self {
        let heads_length = (window * 2).next_power_of_two();
        let length = |each: u32| sessions_max.checked_mul(each).expect("ids of all windows");
        let cursor = Cursor { next: 0, stray_count: 0, lap: 1, highest: 0 };
        Self {
            rings: Arena::new(length(window), Entry { cl_ord_id: 0, order_id: 0 }),
            strays: Arena::new(length(window), Stray { step: 0, row_length: 0 }),
            heads: Arena::new(length(heads_length), 0),
            cursors: vec![cursor; sessions_max as usize].into_boxed_slice(),
            window,
            heads_length,
            shift: u64::BITS - heads_length.trailing_zeros(),
            multiplier: MULTIPLIER,
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 4] {
        [
            MemoryUse::of_arena("ClOrdID window", &self.rings),
            MemoryUse::of_arena("ClOrdID chains", &self.strays),
            MemoryUse::of_arena("ClOrdID heads", &self.heads),
            MemoryUse::of_slice("ClOrdID window by session", &self.cursors),
        ]
    }

    /// Hashes ids by a key, which must not be guessed for chains to be short whatever ids come:
    /// ids that were chosen without it meet in few chains (multiply-shift hashing, universal up to
    /// a factor of two: Dietzfelbinger, Hagerup, Katajainen, Penttonen, 1997). What the windows
    /// hold and find does not depend on it. O(ids of all windows).
    pub(crate) fn key_hash(&mut self, key: u64) {
        self.multiplier = key | 1;
        self.heads.as_mut_slice().fill(0);
        for session in (0..).take(self.cursors.len()) {
            let cursor = self.cursors[usize::from(session)];
            for age in (1..=cursor.held(self.window)).rev() {
                let place = self.place_of_age(session, age);
                if self.strays[place].row_length > 0 {
                    self.chain(session, place, cursor.number(self.window).wrapping_sub(age));
                }
            }
        }
    }

    /// The order id that a ClOrdID of a session's window names: 0 when it names none, `None` when
    /// the window does not hold the ClOrdID. O(log window + strays of its hash).
    #[inline]
    pub(crate) fn find(&self, session: u16, cl_ord_id: u64) -> Option<u64> {
        self.look_up(session, cl_ord_id).err()
    }

    /// The order id that a message names, by itself or, where it is 0, by a ClOrdID of its session;
    /// 0 when it names none.
    #[inline(always)]
    pub(crate) fn named(&self, session: u16, order_id: u64, orig_cl_ord_id: u64) -> u64 {
        if order_id != 0 {
            return order_id;
        }
        self.find(session, orig_cl_ord_id).unwrap_or(0)
    }

    /// Leave to record an id that the window does not hold, or else the order id that it names, as
    /// [`Self::find`].
    #[inline(always)]
    pub(crate) fn look_up(&self, session: u16, cl_ord_id: u64) -> Result<Vacancy, u64> {
        if cl_ord_id > self.cursors[usize::from(session)].highest {
            return Ok(Vacancy(()));
        }
        self.search(session, cl_ord_id)
    }

    /// As [`Self::look_up`], of an id that may have been used.
    #[inline(never)]
    fn search(&self, session: u16, cl_ord_id: u64) -> Result<Vacancy, u64> {
        let cursor = self.cursors[usize::from(session)];
        let held = cursor.held(self.window);
        self.search_sorted(session, cl_ord_id, held)?;
        if cursor.stray_count == 0 {
            return Ok(Vacancy(()));
        }
        self.walk_chain(session, cl_ord_id, held)
    }

    /// As [`Self::look_up`], among the ids that are sorted, of `held` ids in all.
    fn search_sorted(&self, session: u16, cl_ord_id: u64, held: u32) -> Result<Vacancy, u64> {
        let has_strays = self.cursors[usize::from(session)].stray_count > 0;
        // Ages are counted from 1, the newest id's; those up to `younger` have higher ids or are
        // strays, and so have those behind the next `count` lower ones.
        let (mut younger, mut count) = (0, held);
        let mut guess = Guess {
            below: self.rings[self.place_of_age(session, held)].cl_ord_id,
            above: self.cursors[usize::from(session)].highest,
            left: GUESSES_MAX,
        };
        while count > 0 {
            let half = guess.place(cl_ord_id, count);
            let place = self.place_of_age(session, younger + half + 1);
            let row_length = if has_strays { self.strays[place].row_length } else { 0 };
            if row_length >= count - half {
                count = half;
                continue;
            }
            let passed = half + row_length + 1;
            let entry = &self.rings[self.place_of_age(session, younger + passed)];
            match entry.cl_ord_id.cmp(&cl_ord_id) {
                Ordering::Equal => return Err(entry.order_id),
                Ordering::Less => {
                    count = half;
                    guess.below = entry.cl_ord_id;
                }
                Ordering::Greater => {
                    (younger, count) = (younger + passed, count - passed);
                    guess.above = entry.cl_ord_id;
                }
            }
        }
        Ok(Vacancy(()))
    }

    /// As [`Self::look_up`], among the strays, of `held` ids in all.
    fn walk_chain(&self, session: u16, cl_ord_id: u64, held: u32) -> Result<Vacancy, u64> {
        let cursor = self.cursors[usize::from(session)];
        let head = self.heads[self.head_place(session, cl_ord_id)];
        // Ages grow with each step and end with the window, whatever the words hold. A step, or the
        // age of a head, is too small only when it is that of an id 2^32 or more ids back: then the
        // chain has ended, and what is met behind it has other ids.
        let mut age = 0_u32;
        let mut step = cursor.number(self.window).wrapping_sub(head);
        while step != 0 {
            age = age.saturating_add(step);
            if age > held {
                break;
            }
            let place = self.place_of_age(session, age);
            let entry = &self.rings[place];
            if entry.cl_ord_id == cl_ord_id {
                return Err(entry.order_id);
            }
            step = self.strays[place].step;
        }
        Ok(Vacancy(()))
    }

    /// Records an id that the window does not hold and that was looked up since it last changed,
    /// naming no order, and forgets the oldest one when the window is full.
    #[inline]
    pub(crate) fn record(&mut self, session: u16, cl_ord_id: u64, vacancy: Vacancy) -> Recorded {
        self.record_entry(session, Entry { cl_ord_id, order_id: 0 }, vacancy)
    }

    /// As [`Self::record`], naming an order at once.
    #[inline(always)]
    pub(crate) fn record_named(
        &mut self,
        session: u16,
        cl_ord_id: u64,
        vacancy: Vacancy,
        order_id: u64,
    ) {
        let recorded = self.record_entry(session, Entry { cl_ord_id, order_id }, vacancy);
        self.digest.add(recorded.head.times(order_id));
    }

    /// Records an entry; the order that it names is not yet in the digest.
    #[inline(always)]
    fn record_entry(&mut self, session: u16, entry: Entry, _: Vacancy) -> Recorded {
        if self.cursors[usize::from(session)].lap > 1 {
            self.forget_oldest(session);
        }
        self.enter(session, entry)
    }

    /// Writes an entry at the next place of the ring, over one that is forgotten or none.
    #[inline(always)]
    fn enter(&mut self, session: u16, entry: Entry) -> Recorded {
        let cursor = &mut self.cursors[usize::from(session)];
        let Cursor { next: ring_index, stray_count, lap, highest } = *cursor;
        let place = u32::from(session).wrapping_mul(self.window).wrapping_add(ring_index);
        self.rings[place] = entry;
        let is_stray = entry.cl_ord_id <= highest;
        cursor.highest = highest.max(entry.cl_ord_id);
        if is_stray || stray_count > 0 {
            self.mark(session, place, is_stray);
        }
        let cursor = &mut self.cursors[usize::from(session)];
        cursor.next = ring_index.wrapping_add(1);
        if cursor.next == self.window {
            (cursor.next, cursor.lap) = (0, lap.wrapping_add(1));
        }
        let head = head(session, ring_index, lap, entry.cl_ord_id);
        self.digest.add(head);
        Recorded { place, head }
    }

    /// Notes at the next place of the ring, where an id has just been entered, whether it is a
    /// stray, and then chains it. A place that is not noted has no stray.
    #[cold]
    #[inline(never)]
    fn mark(&mut self, session: u16, place: u32, is_stray: bool) {
        let in_row = self.strays[self.place_of_age(session, 1)].row_length;
        let row_length = if is_stray { in_row.wrapping_add(1).min(self.window) } else { 0 };
        let forgotten = std::mem::replace(&mut self.strays[place].row_length, row_length);
        let cursor = &mut self.cursors[usize::from(session)];
        let others = cursor.stray_count.wrapping_sub(u32::from(forgotten > 0));
        cursor.stray_count = others.wrapping_add(u32::from(is_stray));
        if is_stray {
            let number = cursor.number(self.window);
            self.chain(session, place, number);
        }
    }

    /// Puts the stray at a place, which came last of those that are chained, first in its chain.
    fn chain(&mut self, session: u16, place: u32, number: u32) {
        let head_place = self.head_place(session, self.rings[place].cl_ord_id);
        let newest = std::mem::replace(&mut self.heads[head_place], number);
        self.strays[place].step = number.wrapping_sub(newest);
    }

    /// Takes the oldest id of a full window, whose place is the next one, out of the digest.
    fn forget_oldest(&mut self, session: u16) {
        let Cursor { next: ring_index, lap, .. } = self.cursors[usize::from(session)];
        let oldest = &self.rings[self.ring_start(session).wrapping_add(ring_index)];
        let head = head(session, ring_index, lap.wrapping_sub(1), oldest.cl_ord_id);
        self.digest.remove(head);
        self.digest.remove(head.times(oldest.order_id));
    }

    /// Records an id that the window does not hold as cancelled before it came.
    pub(crate) fn bury(&mut self, session: u16, cl_ord_id: u64, vacancy: Vacancy) {
        if is_planted(PlantedFault::TombstoneForgotten) {
            return;
        }
        let recorded = self.record(session, cl_ord_id, vacancy);
        self.name(recorded, TOMBSTONE);
    }

    /// Says which order an id just recorded names.
    #[inline]
    pub(crate) fn name(&mut self, recorded: Recorded, order_id: u64) {
        let Recorded { place, head } = recorded;
        self.rings[place].order_id = order_id;
        self.digest.add(head.times(order_id));
    }

    /// Brings close where the ids of a session go soon.
    #[inline]
    pub(crate) fn prefetch(&self, session: u16) {
        let ring_index = self.cursors[usize::from(session)].next.wrapping_add(AHEAD);
        let wrapped = ring_index.checked_sub(self.window).unwrap_or(ring_index);
        self.rings.prefetch(self.ring_start(session).wrapping_add(wrapped));
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all windows.
    ///
    /// # Panics
    /// When an id of a ring is not found, or strays are miscounted.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let mut sum = DigestSum::default();
        for (session, cursor) in (0_u16..).zip(&self.cursors) {
            let mut stray_count = 0;
            for ring_index in 0..cursor.held(self.window) {
                let row_length = self.strays[self.ring_start(session) + ring_index].row_length;
                stray_count += u32::from(row_length > 0);
                let entry = self.rings[self.ring_start(session) + ring_index];
                assert_eq!(self.find(session, entry.cl_ord_id), Some(entry.order_id));
                let head = head(session, ring_index, cursor.lap_of(ring_index), entry.cl_ord_id);
                sum.add(head);
                sum.add(head.times(entry.order_id));
            }
            assert_eq!(stray_count, cursor.stray_count);
        }
        sum
    }

    #[inline]
    fn ring_start(&self, session: u16) -> u32 {
        u32::from(session).wrapping_mul(self.window)
    }

    /// Where the id lies that a session used `age` ids before the next one, at most a window.
    #[inline]
    fn place_of_age(&self, session: u16, age: u32) -> u32 {
        let next = self.cursors[usize::from(session)].next;
        let ring_index = match next.checked_sub(age) {
            Some(ring_index) => ring_index,
            None => next.wrapping_add(self.window).wrapping_sub(age),
        };
        self.ring_start(session).wrapping_add(ring_index)
    }

    /// Where the head of an id's chain lies: the top bits of the hash say.
    #[inline]
    fn head_place(&self, session: u16, cl_ord_id: u64) -> u32 {
        let hash = (cl_ord_id ^ cl_ord_id >> 32).wrapping_mul(self.multiplier);
        let home = low_half(hash.wrapping_shr(self.shift));
        u32::from(session).wrapping_mul(self.heads_length).wrapping_add(home)
    }
}

impl Cursor {
    /// The number of the next id of the session modulo 2^32. The first one's is the window's
    /// length, so that a head of no id, 0, is older than a window.
    #[inline]
    fn number(self, window: u32) -> u32 {
        low_half(self.lap).wrapping_mul(window).wrapping_add(self.next)
    }

    /// Ids that a window of this length holds.
    #[inline]
    fn held(self, window: u32) -> u32 {
        if self.lap > 1 { window } else { self.next }
    }

    /// In which lap the id at a ring place was recorded.
    fn lap_of(self, ring_index: u32) -> u64 {
        if ring_index < self.next { self.lap } else { self.lap - 1 }
    }
}

/// The piece of an entry before the order that it names.
#[inline]
fn head(session: u16, ring_index: u32, lap: u64, cl_ord_id: u64) -> Addend {
    Domain::WindowEntry.addend([pair(u32::from(session), ring_index), lap, cl_ord_id])
}

/// What an id names that was cancelled before it came: no order, as generations count from 1.
pub(crate) const TOMBSTONE: u64 = 1 << 32;
/// What ids are hashed by until there is a key.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
/// Ids between the one that is recorded now and the one whose place is brought close.
const AHEAD: u32 = 16;
/// Guesses of one search.
const GUESSES_MAX: u32 = 4;

#[cfg(test)]
mod tests;

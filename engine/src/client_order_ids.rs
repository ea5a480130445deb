//! The ClOrdID window: the last ids that each session used for new orders and replaces, and the
//! order each one names.
//!
//! A ring for each session keeps the ids in the order they came, so that the oldest is forgotten
//! first; an open-addressed index with linear probing finds them. An index entry has the ring place
//! plus one, a few bits of the id's hash, so that probing seldom looks at an id that is not asked
//! for, and a few bits of the bucket where its probe begins, so that forgetting looks at none. At
//! most half of the index is in use: 24 bytes for each id of a window whose length is a power of
//! two. The hash is fixed, so every replica probes alike.

mod snapshot;

use forecastle_runtime::memory::Arena;

use crate::memory_table::MemoryUse;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::state_digest::{Addend, DigestSum, Domain, low_half, pair};

/// The windows of all session slots.
#[derive(Debug)]
pub(crate) struct ClientOrderIds {
    rings: Arena<Entry>,
    index: Arena<u32>,
    cursors: Box<[Cursor]>,
    window: u32,
    index_length: u32,
    /// Bits of a hash below those that number a bucket.
    shift: u32,
    digest: DigestSum,
}

/// An id and the order it names.
#[derive(Clone, Copy, Debug)]
struct Entry {
    cl_ord_id: u64,
    order_id: u64,
}

/// Where the next id of a session goes, and how often the ring went round, from 1.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    next: u32,
    /// An id lay so far from where its probe begins that index entries no longer tell the distance.
    is_crowded: bool,
    lap: u64,
}

/// An id just recorded, to say later which order it names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded {
    /// Where it lies in the rings.
    place: u32,
    /// Its piece of the digest before the order.
    head: Addend,
}

/// A vacant bucket of the index where an id's probe ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vacancy {
    bucket: u32,
    /// Of the id.
    hash: u64,
}

impl ClientOrderIds {
    /// Empty windows of `window` ids for `sessions_max` slots.
    ///
    /// # Panics
    /// When all windows together have more than 2^30 ids.
    pub(crate) fn new(sessions_max: u32, window: u32) -> Self {
        let index_length = (window * 2).next_power_of_two();
        let length = |each: u32| sessions_max.checked_mul(each).expect("ids of all windows");
        let cursor = Cursor { next: 0, is_crowded: false, lap: 1 };
        Self {
            rings: Arena::new(length(window), VACANT_ENTRY),
            index: Arena::new(length(index_length), VACANT),
            cursors: vec![cursor; sessions_max as usize].into_boxed_slice(),
            window,
            index_length,
            shift: u64::BITS - index_length.trailing_zeros(),
            digest: DigestSum::default(),
        }
    }

    /// What it keeps in memory.
    #[cold]
    pub(crate) fn memory(&self) -> [MemoryUse; 3] {
        [
            MemoryUse::of_arena("ClOrdID window", &self.rings),
            MemoryUse::of_arena("ClOrdID index", &self.index),
            MemoryUse::of_slice("ClOrdID window by session", &self.cursors),
        ]
    }

    /// The order id that a ClOrdID of a session's window names: 0 when it names none, `None` when
    /// the window does not hold the ClOrdID. O(1) expected, O(window) at worst.
    #[inline]
    pub(crate) fn find(&self, session: u16, cl_ord_id: u64) -> Option<u64> {
        self.look_up(session, cl_ord_id).err()
    }

    /// Where an id that the window does not hold goes in the index, or else the order id that it
    /// names, as [`Self::find`].
    #[inline(always)]
    pub(crate) fn look_up(&self, session: u16, cl_ord_id: u64) -> Result<Vacancy, u64> {
        let hash = hash(cl_ord_id);
        let (start, mark) = (self.index_start(session), self.mark(hash));
        let mut bucket = self.home(hash);
        loop {
            let indexed = self.index[start.wrapping_add(bucket)];
            if indexed == VACANT {
                return Ok(Vacancy { bucket, hash });
            }
            if indexed & !PLACE_MASK == mark {
                let ring_index = ring_index_of(indexed);
                let entry = &self.rings[self.ring_start(session).wrapping_add(ring_index)];
                if entry.cl_ord_id == cl_ord_id {
                    return Err(entry.order_id);
                }
            }
            bucket = self.next(bucket);
        }
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
    fn record_entry(
        &mut self,
        session: u16,
        entry: Entry,
        Vacancy { mut bucket, hash }: Vacancy,
    ) -> Recorded {
        let Cursor { next: ring_index, lap, .. } = self.cursors[usize::from(session)];
        let place = self.ring_start(session).wrapping_add(ring_index);
        if lap > 1 {
            bucket = self.forget_oldest(session, hash, bucket);
        }
        let cursor = &mut self.cursors[usize::from(session)];
        cursor.next = ring_index.wrapping_add(1);
        if cursor.next == self.window {
            (cursor.next, cursor.lap) = (0, lap + 1);
        }
        let head = head(session, ring_index, lap, entry.cl_ord_id);
        self.rings[place] = entry;
        self.index_entry(session, (ring_index, hash), bucket);
        self.digest.add(head);
        Recorded { place, head }
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

    /// Brings close where an id of a session is looked for, and where ids of the session are
    /// recorded and forgotten soon.
    #[inline]
    pub(crate) fn prefetch(&self, session: u16, cl_ord_id: u64) {
        let index_start = self.index_start(session);
        self.index.prefetch(index_start.wrapping_add(self.home(hash(cl_ord_id))));
        let Cursor { next, lap, .. } = self.cursors[usize::from(session)];
        let place = |ahead: u32| {
            let ring_index = next.wrapping_add(ahead);
            let wrapped = ring_index.checked_sub(self.window).unwrap_or(ring_index);
            self.ring_start(session).wrapping_add(wrapped)
        };
        self.rings.prefetch(place(2 * FORGOTTEN_AHEAD));
        if lap > 1
            && let Some(oldest) = self.rings.get(place(FORGOTTEN_AHEAD))
        {
            let home = self.home(hash(oldest.cl_ord_id));
            self.index.prefetch(index_start.wrapping_add(home));
        }
    }

    #[inline]
    pub(crate) fn digest(&self) -> DigestSum {
        self.digest
    }

    /// The digest by a walk over all windows.
    ///
    /// # Panics
    /// When the index does not find an id of a ring.
    pub(crate) fn walked_digest(&self) -> DigestSum {
        let mut sum = DigestSum::default();
        for (session, cursor) in (0_u16..).zip(&self.cursors) {
            for ring_index in 0..if cursor.lap > 1 { self.window } else { cursor.next } {
                let entry = self.rings[self.ring_start(session) + ring_index];
                assert_eq!(self.find(session, entry.cl_ord_id), Some(entry.order_id));
                let head = head(session, ring_index, cursor.lap_of(ring_index), entry.cl_ord_id);
                sum.add(head);
                sum.add(head.times(entry.order_id));
            }
        }
        sum
    }

    /// Puts the id of a hash at a ring place into a vacant bucket of the index, where its probe
    /// ends.
    #[inline]
    fn index_entry(&mut self, session: u16, (ring_index, hash): (u32, u64), bucket: u32) {
        let distance = bucket.wrapping_sub(self.home(hash)) & (self.index_length.wrapping_sub(1));
        if distance > DISTANCE_MASK {
            self.cursors[usize::from(session)].is_crowded = true;
        }
        let place = self.index_start(session).wrapping_add(bucket);
        self.index[place] = self.mark(hash) | ring_index.wrapping_add(1);
    }

    /// Forgets the id that the next one, of this hash, takes the ring place of; gives the vacant
    /// bucket where the probe of the next one ends then, which was `bucket`.
    fn forget_oldest(&mut self, session: u16, hash: u64, bucket: u32) -> u32 {
        let Cursor { next: ring_index, lap, .. } = self.cursors[usize::from(session)];
        let oldest = self.rings[self.ring_start(session).wrapping_add(ring_index)];
        let head = head(session, ring_index, lap - 1, oldest.cl_ord_id);
        self.digest.remove(head);
        self.digest.remove(head.times(oldest.order_id));
        let vacated = self.vacate(session, ring_index, oldest.cl_ord_id);
        // It may lie on the way to the vacancy that was found before.
        let mask = self.index_length.wrapping_sub(1);
        let home = self.home(hash);
        let is_on_the_way = vacated.wrapping_sub(home) & mask < bucket.wrapping_sub(home) & mask;
        if is_on_the_way { vacated } else { bucket }
    }

    /// Takes the id at a ring place out of the index and closes the gap, so that every probe still
    /// meets no vacancy before its id; gives the bucket that is vacant in the end.
    fn vacate(&mut self, session: u16, ring_index: u32, cl_ord_id: u64) -> u32 {
        let start = self.index_start(session);
        let hash = hash(cl_ord_id);
        let sought = self.mark(hash) | ring_index.wrapping_add(1);
        let mut gap = self.home(hash);
        while self.index[start.wrapping_add(gap)] != sought {
            gap = self.next(gap);
        }
        let mask = self.index_length.wrapping_sub(1);
        let mut bucket = gap;
        loop {
            bucket = self.next(bucket);
            let indexed = self.index[start.wrapping_add(bucket)];
            if indexed == VACANT {
                break;
            }
            let from_home = self.distance(session, bucket, indexed);
            if bucket.wrapping_sub(gap) & mask <= from_home {
                self.index[start.wrapping_add(gap)] = indexed;
                gap = bucket;
            }
        }
        self.index[start.wrapping_add(gap)] = VACANT;
        gap
    }

    /// How far behind the start of its probe an index entry lies.
    #[inline]
    fn distance(&self, session: u16, bucket: u32, indexed: u32) -> u32 {
        let mask = self.index_length.wrapping_sub(1);
        if self.cursors[usize::from(session)].is_crowded {
            let ring_index = ring_index_of(indexed);
            let entry = &self.rings[self.ring_start(session).wrapping_add(ring_index)];
            return bucket.wrapping_sub(self.home(hash(entry.cl_ord_id))) & mask;
        }
        bucket.wrapping_sub(indexed >> HOME_SHIFT) & DISTANCE_MASK & mask
    }

    #[inline]
    fn ring_start(&self, session: u16) -> u32 {
        u32::from(session).wrapping_mul(self.window)
    }

    #[inline]
    fn index_start(&self, session: u16) -> u32 {
        u32::from(session).wrapping_mul(self.index_length)
    }

    /// The top bits of the hash.
    #[inline]
    fn home(&self, hash: u64) -> u32 {
        low_half(hash.wrapping_shr(self.shift))
    }

    /// An index entry without its place: the last bits of the home bucket and the hash bits below
    /// them.
    #[inline]
    fn mark(&self, hash: u64) -> u32 {
        low_half(hash.wrapping_shr(self.shift.wrapping_sub(TAG_BITS)))
            .wrapping_shl(u32::BITS - TAG_BITS - DISTANCE_BITS)
    }

    #[inline]
    fn next(&self, bucket: u32) -> u32 {
        bucket.wrapping_add(1) & self.index_length.wrapping_sub(1)
    }
}

impl Cursor {
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

/// Multiplicative hashing (Knuth, The Art of Computer Programming, 6.4): the top bits count.
#[inline]
fn hash(cl_ord_id: u64) -> u64 {
    (cl_ord_id ^ cl_ord_id >> 32).wrapping_mul(MULTIPLIER)
}

#[inline]
fn ring_index_of(indexed: u32) -> u32 {
    (indexed & PLACE_MASK).wrapping_sub(1)
}

/// What an id names that was cancelled before it came: no order, as generations count from 1.
pub(crate) const TOMBSTONE: u64 = 1 << 32;
const VACANT_ENTRY: Entry = Entry { cl_ord_id: 0, order_id: 0 };
const VACANT: u32 = 0;
/// A ring place plus one is at most 2^20.
const PLACE_MASK: u32 = (1 << 21) - 1;
/// Bits of the hash below those of the home bucket, in an entry above the place.
const TAG_BITS: u32 = 5;
/// Last bits of the home bucket, in an entry above the tag.
const DISTANCE_BITS: u32 = 6;
const DISTANCE_MASK: u32 = (1 << DISTANCE_BITS) - 1;
const HOME_SHIFT: u32 = u32::BITS - DISTANCE_BITS;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
/// Ids between the one that is recorded now and the one whose forgetting is looked ahead to.
const FORGOTTEN_AHEAD: u32 = 8;

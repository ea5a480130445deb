//! The ClOrdID window: the last ids that each session used for new orders and replaces, and the
//! order each one names.
//!
//! A ring for each session keeps the ids in the order they came, so that the oldest is forgotten
//! first; an open-addressed index with linear probing finds them. An index entry is half of the
//! id's hash above its ring place plus one, so that probing and forgetting seldom look at an id
//! that is not asked for. The hash is fixed, so every replica probes alike.

mod snapshot;

use forecastle_proto_spec::Digest;
use forecastle_runtime::memory::Arena;

use crate::planted_fault::{PlantedFault, is_planted};
use crate::state_digest::{DigestSum, Domain, pair};

/// The windows of all session slots.
#[derive(Debug)]
pub(crate) struct ClientOrderIds {
    rings: Arena<Entry>,
    index: Arena<u64>,
    cursors: Box<[Cursor]>,
    window: u32,
    index_length: u32,
    digest: DigestSum,
}

/// An id, the order it names, and its piece of the digest, kept to be taken away with it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    cl_ord_id: u64,
    order_id: u64,
    piece: Digest,
}

/// Where the next id of a session goes, and how often the ring went round, from 1.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    next: u32,
    lap: u64,
}

/// An id just recorded, to say later which order it names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded {
    /// Where it lies in the rings.
    place: u32,
    /// Its piece of the digest before the order.
    head: Digest,
}

impl ClientOrderIds {
    /// Empty windows of `window` ids for `sessions_max` slots.
    ///
    /// # Panics
    /// When all windows together have more than 2^30 ids.
    pub(crate) fn new(sessions_max: u32, window: u32) -> Self {
        let index_length = (window * 2).next_power_of_two();
        let length = |each: u32| sessions_max.checked_mul(each).expect("ids of all windows");
        Self {
            rings: Arena::new(length(window), VACANT_ENTRY),
            index: Arena::new(length(index_length), VACANT),
            cursors: vec![Cursor { next: 0, lap: 1 }; sessions_max as usize].into_boxed_slice(),
            window,
            index_length,
            digest: DigestSum::default(),
        }
    }

    /// The order id that a ClOrdID of a session's window names: 0 when it names none, `None` when
    /// the window does not hold the ClOrdID. O(1) expected, O(window) at worst.
    #[inline]
    pub(crate) fn find(&self, session: u16, cl_ord_id: u64) -> Option<u64> {
        let hash = hash(cl_ord_id);
        let mut bucket = self.home(hash);
        loop {
            let indexed = self.index[self.index_start(session) + bucket];
            if indexed == VACANT {
                return None;
            }
            if indexed & HASH_MASK == hash {
                let entry = &self.rings[self.ring_start(session) + ring_index_of(indexed)];
                if entry.cl_ord_id == cl_ord_id {
                    return Some(entry.order_id);
                }
            }
            bucket = self.next(bucket);
        }
    }

    /// Records an id that the window does not hold, naming no order, and forgets the oldest one
    /// when the window is full.
    #[inline]
    pub(crate) fn record(&mut self, session: u16, cl_ord_id: u64) -> Recorded {
        let Cursor { next: ring_index, lap } = self.cursors[usize::from(session)];
        if lap > 1 {
            let oldest = self.rings[self.ring_start(session) + ring_index];
            self.digest.remove(oldest.piece);
            self.forget(session, ring_index, oldest.cl_ord_id);
        }
        self.cursors[usize::from(session)] = if ring_index + 1 < self.window {
            Cursor { next: ring_index + 1, lap }
        } else {
            Cursor { next: 0, lap: lap + 1 }
        };
        let head = head(session, ring_index, lap, cl_ord_id);
        let piece = head.absorb(0);
        let place = self.ring_start(session) + ring_index;
        self.rings[place] = Entry { cl_ord_id, order_id: 0, piece };
        self.index_entry(session, ring_index, cl_ord_id);
        self.digest.add(piece);
        Recorded { place, head }
    }

    /// Records an id that the window does not hold as cancelled before it came.
    pub(crate) fn bury(&mut self, session: u16, cl_ord_id: u64) {
        if is_planted(PlantedFault::TombstoneForgotten) {
            return;
        }
        let recorded = self.record(session, cl_ord_id);
        self.name(recorded, TOMBSTONE);
    }

    /// Says which order an id just recorded names.
    #[inline]
    pub(crate) fn name(&mut self, recorded: Recorded, order_id: u64) {
        let Recorded { place, head } = recorded;
        let entry = &mut self.rings[place];
        entry.order_id = order_id;
        self.digest.replace(&mut entry.piece, head.absorb(order_id));
    }

    /// Brings close where an id of a session is looked for, and where ids of the session are
    /// recorded and forgotten soon.
    #[inline]
    pub(crate) fn prefetch(&self, session: u16, cl_ord_id: u64) {
        let index_start = self.index_start(session);
        self.index.prefetch(index_start + self.home(hash(cl_ord_id)));
        let Cursor { next, lap } = self.cursors[usize::from(session)];
        let place = |ahead: u32| {
            let ring_index = next + ahead;
            let wrapped = ring_index.checked_sub(self.window).unwrap_or(ring_index);
            self.ring_start(session) + wrapped.min(self.window - 1)
        };
        self.rings.prefetch(place(2 * FORGOTTEN_AHEAD));
        if lap > 1 {
            let oldest = self.rings[place(FORGOTTEN_AHEAD)].cl_ord_id;
            self.index.prefetch(index_start + self.home(hash(oldest)));
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
                sum.add(head.absorb(entry.order_id));
            }
        }
        sum
    }

    /// Puts the id at a ring place into the index.
    #[inline]
    fn index_entry(&mut self, session: u16, ring_index: u32, cl_ord_id: u64) {
        let start = self.index_start(session);
        let hash = hash(cl_ord_id);
        let mut bucket = self.home(hash);
        while self.index[start + bucket] != VACANT {
            bucket = self.next(bucket);
        }
        self.index[start + bucket] = hash | u64::from(ring_index + 1);
    }

    /// Takes the id at a ring place out of the index and closes the gap, so that every probe still
    /// meets no vacancy before its id.
    fn forget(&mut self, session: u16, ring_index: u32, cl_ord_id: u64) {
        let start = self.index_start(session);
        let hash = hash(cl_ord_id);
        let mut gap = self.home(hash);
        while self.index[start + gap] != hash | u64::from(ring_index + 1) {
            gap = self.next(gap);
        }
        let mut bucket = gap;
        loop {
            bucket = self.next(bucket);
            let indexed = self.index[start + bucket];
            if indexed == VACANT {
                break;
            }
            let home = self.home(indexed & HASH_MASK);
            let mask = self.index_length - 1;
            let from_home_to_gap = gap.wrapping_sub(home) & mask;
            let from_home_to_bucket = bucket.wrapping_sub(home) & mask;
            if from_home_to_gap < from_home_to_bucket {
                self.index[start + gap] = indexed;
                gap = bucket;
            }
        }
        self.index[start + gap] = VACANT;
    }

    #[inline]
    fn ring_start(&self, session: u16) -> u32 {
        u32::from(session) * self.window
    }

    #[inline]
    fn index_start(&self, session: u16) -> u32 {
        u32::from(session) * self.index_length
    }

    #[inline]
    fn home(&self, hash: u64) -> u32 {
        let [a, b, c, d, ..] = hash.to_be_bytes();
        u32::from_be_bytes([a, b, c, d]) & (self.index_length - 1)
    }

    #[inline]
    fn next(&self, bucket: u32) -> u32 {
        (bucket + 1) & (self.index_length - 1)
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
fn head(session: u16, ring_index: u32, lap: u64, cl_ord_id: u64) -> Digest {
    Domain::WindowEntry
        .digest()
        .absorb(pair(u32::from(session), ring_index))
        .absorb(lap)
        .absorb(cl_ord_id)
}

/// The half of an id's hash that an index entry has.
#[inline]
fn hash(cl_ord_id: u64) -> u64 {
    Digest::new(0).absorb(cl_ord_id).value() & HASH_MASK
}

#[inline]
fn ring_index_of(indexed: u64) -> u32 {
    let [.., a, b, c, d] = indexed.to_be_bytes();
    u32::from_be_bytes([a, b, c, d]) - 1
}

/// What an id names that was cancelled before it came: no order, as generations count from 1.
pub(crate) const TOMBSTONE: u64 = 1 << 32;
const HASH_MASK: u64 = 0xFFFF_FFFF_0000_0000;
const VACANT_ENTRY: Entry =
    Entry { cl_ord_id: 0, order_id: 0, piece: Domain::WindowEntry.digest() };
const VACANT: u64 = 0;
/// Ids between the one that is recorded now and the one whose forgetting is looked ahead to.
const FORGOTTEN_AHEAD: u32 = 8;

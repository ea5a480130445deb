//! Where the first row of a pair of account and event is, when the account has no room for the pair
//! at itself: open addressing with linear probing.
//!
//! It holds row numbers with a few bits of the hash, so that a probe seldom looks at a row that is
//! not its own; the keys stay in the rows. The hash is fixed, so every replica probes alike.

use forecastle_runtime::memory::Arena;

use crate::memory_table::MemoryUse;
use crate::state_digest::low_half;

/// Row numbers of the pairs that have no room at their account.
#[derive(Debug)]
pub(super) struct PairIndex {
    /// Row plus one below the tag, 0 when vacant.
    buckets: Arena<u32>,
    shift: u32,
}

impl PairIndex {
    /// An empty index for at most `rows_max` (at most 2^26) rows, at most half full.
    pub(super) fn new(rows_max: u32) -> Self {
        let length = (rows_max * 2).next_power_of_two();
        Self { buckets: Arena::new(length, VACANT), shift: 64 - length.trailing_zeros() }
    }

    /// What it keeps in memory.
    #[cold]
    pub(super) fn memory(&self) -> MemoryUse {
        MemoryUse::of_arena("exposures by account and event", &self.buckets)
    }

    /// The row of a pair, where `key_of` tells the pair of a row.
    #[inline(never)]
    pub(super) fn find(
        &self,
        account: u32,
        event_id: u32,
        key_of: impl Fn(u32) -> (u32, u32),
    ) -> Option<u32> {
        let hash = hash(account, event_id);
        let tag = self.tag(hash);
        let mut bucket = self.home(hash);
        loop {
            let entry = self.buckets[bucket];
            let row = row_of(entry)?;
            if entry & !ROW_MASK == tag && key_of(row) == (account, event_id) {
                return Some(row);
            }
            bucket = self.next(bucket);
        }
    }

    /// Adds the row of a pair that is not in the index.
    #[inline(never)]
    pub(super) fn insert(&mut self, account: u32, event_id: u32, row: u32) {
        let hash = hash(account, event_id);
        let mut bucket = self.home(hash);
        while self.buckets[bucket] != VACANT {
            bucket = self.next(bucket);
        }
        self.buckets[bucket] = self.tag(hash) | row.wrapping_add(1);
    }

    /// Takes out a pair that is in the index, and closes the gap.
    pub(super) fn remove(
        &mut self,
        account: u32,
        event_id: u32,
        key_of: impl Fn(u32) -> (u32, u32),
    ) {
        let mut gap = self.home(hash(account, event_id));
        while row_of(self.buckets[gap]).map(&key_of) != Some((account, event_id)) {
            gap = self.next(gap);
        }
        let mask = self.buckets.capacity() - 1;
        let mut bucket = gap;
        loop {
            bucket = self.next(bucket);
            let entry = self.buckets[bucket];
            let Some(row) = row_of(entry) else {
                break;
            };
            let (account, event_id) = key_of(row);
            let home = self.home(hash(account, event_id));
            if gap.wrapping_sub(home) & mask < bucket.wrapping_sub(home) & mask {
                self.buckets[gap] = entry;
                gap = bucket;
            }
        }
        self.buckets[gap] = VACANT;
    }

    /// The row that the home bucket of a pair names, most often its own; the first of all when it
    /// names none.
    #[inline]
    pub(super) fn first_candidate(&self, account: u32, event_id: u32) -> u32 {
        (self.buckets[self.home(hash(account, event_id))] & ROW_MASK).saturating_sub(1)
    }

    /// Brings the bucket of a pair close.
    #[inline]
    pub(super) fn prefetch(&self, account: u32, event_id: u32) {
        self.buckets.prefetch(self.home(hash(account, event_id)));
    }

    /// The top bits of the hash.
    #[inline]
    fn home(&self, hash: u64) -> u32 {
        low_half(hash.wrapping_shr(self.shift))
    }

    /// The bits of the hash below those, in the place where an entry has them.
    #[inline]
    fn tag(&self, hash: u64) -> u32 {
        low_half(hash.wrapping_shr(self.shift.wrapping_sub(u32::BITS))) & !ROW_MASK
    }

    #[inline]
    fn next(&self, bucket: u32) -> u32 {
        bucket.wrapping_add(1) & self.buckets.capacity().wrapping_sub(1)
    }
}

/// Multiplicative hashing (Knuth, The Art of Computer Programming, 6.4): the top bits count.
#[inline]
fn hash(account: u32, event_id: u32) -> u64 {
    let key = u64::from(account) << 32 | u64::from(event_id);
    (key ^ key >> 29).wrapping_mul(MULTIPLIER)
}

#[inline]
fn row_of(entry: u32) -> Option<u32> {
    (entry & ROW_MASK).checked_sub(1)
}

const VACANT: u32 = 0;
/// A row plus one is at most 2^26.
const ROW_MASK: u32 = (1 << 27) - 1;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

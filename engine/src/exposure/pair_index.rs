//! Where the first row of a pair of account and event is: open addressing with linear probing.
//!
//! It holds row numbers only; the keys stay in the rows. The hash is fixed, so every replica probes
//! alike.

use forecastle_runtime::memory::Arena;

/// Row numbers by pair.
#[derive(Debug)]
pub(super) struct PairIndex {
    /// Row plus one, 0 when vacant.
    buckets: Arena<u32>,
    shift: u32,
}

impl PairIndex {
    /// An empty index for at most `rows_max` (at most 2^26) rows, at most half full.
    pub(super) fn new(rows_max: u32) -> Self {
        let length = (rows_max * 2).next_power_of_two();
        Self { buckets: Arena::new(length, VACANT), shift: 64 - length.trailing_zeros() }
    }

    /// The row of a pair, where `key_of` tells the pair of a row.
    #[inline]
    pub(super) fn find(
        &self,
        account: u32,
        event_id: u32,
        key_of: impl Fn(u32) -> (u32, u32),
    ) -> Option<u32> {
        let mut bucket = self.home(account, event_id);
        loop {
            let row = self.buckets[bucket].checked_sub(1)?;
            if key_of(row) == (account, event_id) {
                return Some(row);
            }
            bucket = self.next(bucket);
        }
    }

    /// Adds the row of a pair that is not in the index.
    pub(super) fn insert(&mut self, account: u32, event_id: u32, row: u32) {
        let mut bucket = self.home(account, event_id);
        while self.buckets[bucket] != VACANT {
            bucket = self.next(bucket);
        }
        self.buckets[bucket] = row + 1;
    }

    /// Takes out a pair that is in the index, and closes the gap.
    pub(super) fn remove(
        &mut self,
        account: u32,
        event_id: u32,
        key_of: impl Fn(u32) -> (u32, u32),
    ) {
        let mut gap = self.home(account, event_id);
        while key_of(self.buckets[gap] - 1) != (account, event_id) {
            gap = self.next(gap);
        }
        let mask = self.buckets.capacity() - 1;
        let mut bucket = gap;
        loop {
            bucket = self.next(bucket);
            let Some(row) = self.buckets[bucket].checked_sub(1) else {
                break;
            };
            let (account, event_id) = key_of(row);
            let home = self.home(account, event_id);
            if gap.wrapping_sub(home) & mask < bucket.wrapping_sub(home) & mask {
                self.buckets[gap] = row + 1;
                gap = bucket;
            }
        }
        self.buckets[gap] = VACANT;
    }

    /// The row in the home bucket of a pair: most often its own.
    #[inline]
    pub(super) fn first_candidate(&self, account: u32, event_id: u32) -> Option<u32> {
        self.buckets[self.home(account, event_id)].checked_sub(1)
    }

    /// Brings the bucket of a pair close.
    #[inline]
    pub(super) fn prefetch(&self, account: u32, event_id: u32) {
        self.buckets.prefetch(self.home(account, event_id));
    }

    /// Multiplicative hashing (Knuth, The Art of Computer Programming, 6.4): the top bits.
    #[inline]
    fn home(&self, account: u32, event_id: u32) -> u32 {
        let key = u64::from(account) << 32 | u64::from(event_id);
        let mixed = (key ^ key >> 29).wrapping_mul(MULTIPLIER);
        u32::try_from(mixed >> self.shift).expect("the top bits number a bucket")
    }

    #[inline]
    fn next(&self, bucket: u32) -> u32 {
        (bucket + 1) & (self.buckets.capacity() - 1)
    }
}

const VACANT: u32 = 0;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

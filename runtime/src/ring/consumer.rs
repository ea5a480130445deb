//! The consuming end of a ring. Owned by one thread; reads records in place.

#![allow(unsafe_code)]

use super::{
    BATCH_LENGTH_MAX, CONSUMER_SEAT, CONTROL_LENGTH, HEAD, HEADER_LENGTH, KIND_PADDING,
    PAYLOAD_LENGTH_MAX, RecordHeader,
};
use crate::layout::{LayoutError, Seat};
use crate::memory::Region;
use crate::slot::{Commit, slot_length};
use crate::sync::Ordering;

/// Reads records from a ring, in order, each once.
#[derive(Debug)]
pub struct Consumer {
    region: Region,
    capacity: usize,
    /// Bytes ever consumed; the next slot begins at `head % capacity`.
    head: u64,
    /// Where [`Self::look_ahead`] goes on, when that is behind the oldest record.
    ahead: u64,
    /// Commit words and offsets of the batch in hand, allocated once.
    entries: Box<[Entry; BATCH_LENGTH_MAX]>,
    _seat: Seat,
}

impl Consumer {
    /// Takes the consuming end of a ring that somebody laid out; goes on where the last consumer
    /// ended.
    ///
    /// # Errors
    /// When the region holds no complete ring, or another consumer is attached.
    pub fn attach(region: Region) -> Result<Self, LayoutError> {
        let capacity = super::attach(&region)?;
        let seat = Seat::take(&region, CONSUMER_SEAT)?;
        // Relaxed: taking the seat synchronised with the last consumer, who alone stores it.
        let head = region.word(HEAD).load(Ordering::Relaxed);
        let entries = Box::new([Entry::default(); BATCH_LENGTH_MAX]);
        Ok(Self { region, capacity, head, ahead: head, entries, _seat: seat })
    }

    /// Hands up to `limit` records to `handle`, oldest first, and returns how many. Their space
    /// goes back to the producer after the last one.
    ///
    /// `limit` above [`BATCH_LENGTH_MAX`] counts as that. No allocation.
    ///
    /// # Panics
    /// When a commit word is one that no producer of this crate stores.
    #[inline]
    pub fn poll(&mut self, limit: usize, mut handle: impl FnMut(&RecordHeader, &[u8])) -> usize {
        let batch = self.batch(limit);
        for index in 0..batch.length() {
            if let Some((header, payload)) = batch.record(index) {
                handle(&header, payload);
            }
        }
        batch.length()
    }

    /// As [`Self::poll`], until `take` gives false for a record: that one stays in the ring, and is
    /// the first of the next call. Gives how many were taken. Space goes back record by record.
    ///
    /// # Panics
    /// As [`Self::poll`].
    #[inline]
    pub fn poll_while(
        &mut self,
        limit: usize,
        mut take: impl FnMut(&RecordHeader, &[u8]) -> bool,
    ) -> usize {
        for count in 0..limit {
            let mut batch = self.batch(1);
            let is_taken = match batch.record(0) {
                Some((header, payload)) => take(&header, payload),
                None => return count,
            };
            if !is_taken {
                batch.keep();
                return count;
            }
        }
        limit
    }

    /// The oldest records, up to `limit` of them, to be looked at in any order and more than
    /// once: for a caller that prefetches for a later record before it handles an earlier one.
    /// All of them are consumed, and their space given back, when the batch is dropped.
    ///
    /// `limit` above [`BATCH_LENGTH_MAX`] counts as that. No allocation.
    ///
    /// # Panics
    /// When a commit word is one that no producer of this crate stores.
    #[inline]
    pub fn batch(&mut self, limit: usize) -> Batch<'_> {
        let limit = limit.min(BATCH_LENGTH_MAX);
        let mut length = 0;
        let mut end = self.head;
        while length < limit
            && let Some((entry, next)) = self.entry_at(end)
        {
            self.entries[length] = entry;
            length += 1;
            end = next;
        }
        Batch { consumer: self, length, end }
    }

    /// The next record that this has not given yet, which stays in the ring: for a caller that
    /// prefetches for later records while it handles the oldest one, so that one is never given.
    /// `None` when nothing is behind those given. O(1), no allocation.
    ///
    /// # Panics
    /// As [`Self::poll`].
    #[inline]
    pub fn look_ahead(&mut self) -> Option<(RecordHeader, &[u8])> {
        if self.ahead <= self.head {
            let (_, behind_oldest) = self.entry_at(self.head)?;
            self.ahead = behind_oldest;
        }
        let (entry, next) = self.entry_at(self.ahead)?;
        self.ahead = next;
        self.record_of(entry)
    }

    /// The record at `position` or behind the padding there, and the position behind it.
    #[inline]
    fn entry_at(&self, mut position: u64) -> Option<(Entry, u64)> {
        loop {
            let slot = CONTROL_LENGTH + (position as usize & (self.capacity - 1));
            // Acquire pairs with the producer's Release of the commit word: header, payload and
            // the zero in the next commit word happen before.
            let word = self.region.word(slot).load(Ordering::Acquire);
            let commit = Commit::from_word(word)?;
            if commit.tag == KIND_PADDING {
                let index = slot - CONTROL_LENGTH;
                let reaches_end = index + commit.length as usize == self.capacity;
                assert!(index > 0 && reaches_end, "padding reaches from a slot to the end");
                position += u64::from(commit.length);
                continue;
            }
            assert!(is_record_length(commit.length), "a commit word holds a record's length");
            let next = position + slot_length(commit.length as usize) as u64;
            return Some((Entry { slot, commit: word }, next));
        }
    }

    /// Header and payload of a record whose commit word [`Self::entry_at`] loaded.
    #[inline]
    fn record_of(&self, entry: Entry) -> Option<(RecordHeader, &[u8])> {
        let commit = Commit::from_word(entry.commit)?;
        let header = RecordHeader {
            kind: commit.tag,
            // Relaxed: `entry_at` has acquired the commit word that published these.
            session: self.region.word(entry.slot + 8).load(Ordering::Relaxed),
            time_ns: self.region.word(entry.slot + 16).load(Ordering::Relaxed),
        };
        let length = commit.length as usize - HEADER_LENGTH;
        // SAFETY: `entry_at` loaded this slot's commit word with Acquire, so the producer's writes
        // of the payload happen before. The producer writes here again only after it has seen a
        // head past this slot; the slot lies at or behind the head, which only a batch moves, at
        // its drop, and neither that nor another batch can begin while `self` is borrowed here.
        let payload = unsafe { self.region.bytes(entry.slot + HEADER_LENGTH, length) };
        Some((header, payload))
    }
}

/// Records committed and not yet consumed. Dropping it consumes them.
#[derive(Debug)]
pub struct Batch<'a> {
    consumer: &'a mut Consumer,
    length: usize,
    end: u64,
}

impl Batch<'_> {
    /// Number of records.
    #[inline]
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The record at `index`, oldest first, or `None` from [`Batch::length`] on. O(1).
    #[inline]
    #[must_use]
    pub fn record(&self, index: usize) -> Option<(RecordHeader, &[u8])> {
        let entry = self.consumer.entries[..self.length].get(index)?;
        self.consumer.record_of(*entry)
    }
}

impl Batch<'_> {
    /// Leaves the records in the ring.
    #[inline]
    fn keep(&mut self) {
        self.end = self.consumer.head;
    }
}

impl Drop for Batch<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.end != self.consumer.head {
            self.consumer.head = self.end;
            // Release pairs with the producer's Acquire of `head`: the reads of this batch happen
            // before it writes there again.
            self.consumer.region.word(HEAD).store(self.end, Ordering::Release);
        }
    }
}

#[inline]
fn is_record_length(length: u32) -> bool {
    (HEADER_LENGTH..=HEADER_LENGTH + PAYLOAD_LENGTH_MAX).contains(&(length as usize))
}

/// Where a record of the batch begins in the region, and its commit word.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    slot: usize,
    commit: u64,
}

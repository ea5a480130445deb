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
        Ok(Self { region, capacity, head, entries, _seat: seat })
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
        while length < limit {
            let slot = CONTROL_LENGTH + (end as usize & (self.capacity - 1));
            // Acquire pairs with the producer's Release of the commit word: header, payload and
            // the zero in the next commit word happen before.
            let word = self.region.word(slot).load(Ordering::Acquire);
            let Some(commit) = Commit::from_word(word) else {
                break;
            };
            if commit.tag == KIND_PADDING {
                let index = slot - CONTROL_LENGTH;
                let reaches_end = index + commit.length as usize == self.capacity;
                assert!(index > 0 && reaches_end, "padding reaches from a slot to the end");
                end += u64::from(commit.length);
                continue;
            }
            assert!(is_record_length(commit.length), "a commit word holds a record's length");
            self.entries[length] = Entry { slot, commit: word };
            length += 1;
            end += slot_length(commit.length as usize) as u64;
        }
        Batch { consumer: self, length, end }
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
        let region = &self.consumer.region;
        let commit = Commit::from_word(entry.commit)?;
        let header = RecordHeader {
            kind: commit.tag,
            // Relaxed: `batch` has acquired the commit word that published these.
            session: region.word(entry.slot + 8).load(Ordering::Relaxed),
            time_ns: region.word(entry.slot + 16).load(Ordering::Relaxed),
        };
        let length = commit.length as usize - HEADER_LENGTH;
        // SAFETY: `batch` loaded this slot's commit word with Acquire, so the producer's writes
        // of the payload happen before. The producer writes here again only after it has seen a
        // head past this slot, and `drop` stores that head after the batch's last borrow.
        let payload = unsafe { region.bytes(entry.slot + HEADER_LENGTH, length) };
        Some((header, payload))
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

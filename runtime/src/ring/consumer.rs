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
    /// Where the records lie that were found and are not consumed, the oldest at `first`, in a
    /// circle that is allocated once.
    entries: Box<[Entry; BATCH_LENGTH_MAX]>,
    first: usize,
    found_count: usize,
    /// Position behind the last record found.
    found_end: u64,
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
        let (first, found_count) = (0, 0);
        Ok(Self {
            region,
            capacity,
            head,
            entries,
            first,
            found_count,
            found_end: head,
            _seat: seat,
        })
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
        let limit = limit.min(BATCH_LENGTH_MAX);
        let mut count = 0;
        while count < limit
            && let Some(entry) = self.entry(count)
        {
            handle(&self.header(entry), self.payload(entry));
            count += 1;
        }
        self.consume(count);
        count
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
            let Some(entry) = self.entry(0) else { return count };
            if !take(&self.header(entry), self.payload(entry)) {
                return count;
            }
            self.consume(1);
        }
        limit
    }

    /// Session and payload of the oldest record, which stays in the ring. O(1), no allocation.
    ///
    /// # Panics
    /// As [`Self::poll`].
    #[inline(always)]
    pub fn peek(&mut self) -> Option<(u64, &[u8])> {
        let entry = self.entry(0)?;
        Some((entry.session, self.payload(entry)))
    }

    /// Session and payload of the record behind those looked at so far, which stays in the ring;
    /// `None` when there are no more, and when `limit` of them, at most [`BATCH_LENGTH_MAX`], were
    /// looked at and are not consumed. For a caller that prefetches for later records before it
    /// handles the oldest one. O(1), no allocation.
    ///
    /// # Panics
    /// As [`Self::poll`].
    #[inline(always)]
    pub fn peek_further(&mut self, limit: usize) -> Option<(u64, &[u8])> {
        if self.found_count >= limit {
            return None;
        }
        let entry = self.find_next()?;
        Some((entry.session, self.payload(entry)))
    }

    /// Gives the space of the `count` oldest records back to the producer. O(1).
    ///
    /// # Panics
    /// When they were not all looked at.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        assert!(count <= self.found_count, "what is consumed was looked at");
        if count == 0 {
            return;
        }
        self.head = self.entries[self.first.wrapping_add(count - 1) % BATCH_LENGTH_MAX].end;
        self.first = self.first.wrapping_add(count) % BATCH_LENGTH_MAX;
        self.found_count -= count;
        // Release pairs with the producer's Acquire of `head`: the reads of these records happen
        // before it writes there again.
        self.region.word(HEAD).store(self.head, Ordering::Release);
    }

    /// Finds the record behind those found; `None` when it is not committed, or there is no place
    /// to note it.
    #[inline(always)]
    fn find_next(&mut self) -> Option<Entry> {
        if self.found_count == BATCH_LENGTH_MAX {
            return None;
        }
        let mut position = self.found_end;
        loop {
            let slot = CONTROL_LENGTH + (position as usize & (self.capacity - 1));
            let [commit, session] = self.region.word_array(slot);
            // Acquire pairs with the producer's Release of the commit word: header, payload and
            // the zero in the next commit word happen before.
            let commit = Commit::from_word(commit.load(Ordering::Acquire))?;
            if commit.tag == KIND_PADDING {
                position += self.padding_length(slot, commit);
                continue;
            }
            let length = commit.length as usize;
            let is_length = length.wrapping_sub(HEADER_LENGTH) <= PAYLOAD_LENGTH_MAX;
            assert!(is_length, "a commit word holds a record's length");
            // Relaxed: the commit word that was acquired published it.
            let session = session.load(Ordering::Relaxed);
            let end = position + slot_length(length) as u64;
            let place = self.first.wrapping_add(self.found_count) % BATCH_LENGTH_MAX;
            let entry = Entry { end, session, slot: slot as u32, length: length as u32 };
            self.entries[place] = entry;
            self.found_count += 1;
            self.found_end = end;
            return Some(entry);
        }
    }

    /// Length of the padding in a slot.
    #[cold]
    fn padding_length(&self, slot: usize, commit: Commit) -> u64 {
        let index = slot - CONTROL_LENGTH;
        let reaches_end = index + commit.length as usize == self.capacity;
        assert!(index > 0 && reaches_end, "padding reaches from a slot to the end");
        u64::from(commit.length)
    }

    /// The payload of a record that was found and is not consumed.
    #[inline(always)]
    fn payload(&self, entry: Entry) -> &[u8] {
        let payload = entry.slot as usize + HEADER_LENGTH;
        // SAFETY: `find_next` loaded this slot's commit word with Acquire, so the producer's writes
        // of the payload happen before. The producer writes here again only after it has seen a
        // head past this slot; the slot lies at or behind the head, which only `consume` moves, and
        // that cannot be called while `self` is borrowed here.
        unsafe { self.region.bytes(payload, (entry.length as usize).wrapping_sub(HEADER_LENGTH)) }
    }

    /// The header of a record that was found and is not consumed.
    #[inline]
    fn header(&self, entry: Entry) -> RecordHeader {
        let [commit, session, time_ns] = self.region.word_array(entry.slot as usize);
        // Relaxed: `find_next` acquired the commit word, which published the others.
        let kind = (commit.load(Ordering::Relaxed) >> u32::BITS) as u32;
        let (session, time_ns) = (session.load(Ordering::Relaxed), time_ns.load(Ordering::Relaxed));
        RecordHeader { kind, session, time_ns }
    }

    /// The record `index` places behind the oldest.
    #[inline(always)]
    fn entry(&mut self, index: usize) -> Option<Entry> {
        while index >= self.found_count {
            self.find_next()?;
        }
        Some(self.entries[self.first.wrapping_add(index) % BATCH_LENGTH_MAX])
    }
}

/// A record that was found.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Position behind the record.
    end: u64,
    session: u64,
    /// Where its slot begins in the region, of which the longest is shorter than 2^31.
    slot: u32,
    /// Of header and payload.
    length: u32,
}

const _: () = assert!(super::region_length(super::CAPACITY_MAX) <= u32::MAX as usize);

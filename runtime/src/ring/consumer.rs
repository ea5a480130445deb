//! The consuming end of a ring. Owned by one thread; reads records in place.

#![allow(unsafe_code)]

use super::{
    BATCH_LENGTH_MAX, CONSUMER_SEAT, CONTROL_LENGTH, HEAD, HEADER_LENGTH, KIND_PADDING,
    PAYLOAD_LENGTH_MAX, RecordHeader,
};
use crate::circle::Circle;
use crate::layout::{LayoutError, Seat};
use crate::memory::Region;
use crate::slot::{Commit, slot_length};
use crate::sync::Ordering;

/// Reads records from a ring, in order, each once.
#[derive(Debug)]
pub struct Consumer {
    circle: Circle,
    /// Where the records lie that were found and are not consumed, in a circle that is allocated
    /// once: the one that was found as number n at place n.
    entries: Box<[Entry; BATCH_LENGTH_MAX]>,
    /// Records ever found, and ever consumed, since this end was taken, modulo 2^32.
    found_count: u32,
    consumed_count: u32,
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
        let circle = Circle::new(region, capacity);
        let (found_count, consumed_count) = (0, 0);
        Ok(Self { circle, entries, found_count, consumed_count, found_end: head, _seat: seat })
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
            self.consume_oldest(entry);
        }
        limit
    }

    /// The oldest record, which stays in the ring until [`Oldest::consume`]. O(1), no allocation.
    ///
    /// # Panics
    /// As [`Self::poll`].
    #[inline(always)]
    pub fn oldest(&mut self) -> Option<Oldest<'_>> {
        let entry = self.entry(0)?;
        Some(Oldest { consumer: self, entry })
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
        if self.waiting_count() >= limit {
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
        assert!(count <= self.waiting_count(), "what is consumed was looked at");
        if count == 0 {
            return;
        }
        // At most as many as there are places.
        let before = self.consumed_count.wrapping_add(count as u32).wrapping_sub(1);
        let newest = self.entries[before as usize % BATCH_LENGTH_MAX];
        self.consumed_count = before;
        self.consume_oldest(newest);
    }

    /// Counts one more record consumed, and gives all space up to its end back.
    #[inline(always)]
    fn consume_oldest(&mut self, entry: Entry) {
        self.consumed_count = self.consumed_count.wrapping_add(1);
        // Release pairs with the producer's Acquire of `head`: the reads of these records happen
        // before it writes there again.
        self.circle.control()[HEAD / size_of::<u64>()].store(entry.end, Ordering::Release);
    }

    /// Records that were looked at and are not consumed.
    #[inline(always)]
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        self.found_count.wrapping_sub(self.consumed_count) as usize
    }

    /// Finds the record behind those found; `None` when it is not committed, or there is no place
    /// to note it.
    #[inline(always)]
    fn find_next(&mut self) -> Option<Entry> {
        if self.waiting_count() >= BATCH_LENGTH_MAX {
            return None;
        }
        let mut position = self.found_end;
        loop {
            let [commit, session, ..] = self.circle.line(position);
            // Acquire pairs with the producer's Release of the commit word: header, payload and
            // the zero in the next commit word happen before.
            let commit = Commit::from_word(commit.load(Ordering::Acquire))?;
            if commit.tag == KIND_PADDING {
                position += self.padding_length(position, commit);
                continue;
            }
            let length = commit.length as usize;
            let payload_length = length.wrapping_sub(HEADER_LENGTH);
            let is_length =
                payload_length <= PAYLOAD_LENGTH_MAX && self.circle.holds(position, commit.length);
            assert!(is_length, "a commit word holds a record's length");
            // Relaxed: the commit word that was acquired published it.
            let session = session.load(Ordering::Relaxed);
            let end = position + slot_length(length) as u64;
            if self.waiting_count() >= BACKLOG_COUNT {
                self.circle.prefetch::<AHEAD_LINES>(end.wrapping_add(AHEAD_LENGTH));
            }
            let (slot, payload_length) =
                (self.circle.offset(position) as u32, payload_length as u32);
            let entry = Entry { end, session, slot, payload_length };
            self.entries[self.found_count as usize % BATCH_LENGTH_MAX] = entry;
            self.found_count = self.found_count.wrapping_add(1);
            self.found_end = end;
            return Some(entry);
        }
    }

    /// Length of the padding at a position.
    #[cold]
    fn padding_length(&self, position: u64, commit: Commit) -> u64 {
        let to_end = self.circle.length_to_end(position);
        let reaches_end = commit.length as usize == to_end;
        assert!(
            reaches_end && to_end < self.circle.capacity(),
            "padding reaches from a slot to the end"
        );
        u64::from(commit.length)
    }

    /// The payload of a record that was found and is not consumed.
    #[inline(always)]
    fn payload(&self, entry: Entry) -> &[u8] {
        let payload = (entry.slot as usize).wrapping_add(HEADER_LENGTH);
        // SAFETY: `find_next`, which alone makes entries that are handed here, found that the
        // record ends before the region does. It loaded the slot's commit word with Acquire, so the
        // producer's writes of the payload happen before. The producer writes here again only after
        // it has seen a head past this slot; the slot lies at or behind the head, which only
        // `consume_oldest` moves, and that cannot be called while `self` is borrowed here.
        unsafe { self.circle.bytes_within(payload, entry.payload_length as usize) }
    }

    /// The header of a record that was found and is not consumed.
    #[inline]
    fn header(&self, entry: Entry) -> RecordHeader {
        let [commit, session, time_ns, ..] = self.circle.line(entry.line());
        // Relaxed: `find_next` acquired the commit word, which published the others.
        let kind = (commit.load(Ordering::Relaxed) >> u32::BITS) as u32;
        let (session, time_ns) = (session.load(Ordering::Relaxed), time_ns.load(Ordering::Relaxed));
        RecordHeader { kind, session, time_ns }
    }

    /// The record `index` places behind the oldest.
    #[inline(always)]
    fn entry(&mut self, index: usize) -> Option<Entry> {
        while index >= self.waiting_count() {
            self.find_next()?;
        }
        // At most as many as there are places.
        let number = self.consumed_count.wrapping_add(index as u32);
        Some(self.entries[number as usize % BATCH_LENGTH_MAX])
    }
}

/// The oldest record of a ring.
#[derive(Debug)]
pub struct Oldest<'a> {
    consumer: &'a mut Consumer,
    entry: Entry,
}

impl Oldest<'_> {
    /// Its session.
    #[inline(always)]
    #[must_use]
    pub fn session(&self) -> u64 {
        self.entry.session
    }

    /// Its payload.
    #[inline(always)]
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.consumer.payload(self.entry)
    }

    /// Gives its space back to the producer.
    #[inline(always)]
    pub fn consume(self) {
        self.consumer.consume_oldest(self.entry);
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
    payload_length: u32,
}

impl Entry {
    /// A position whose line its slot begins with.
    #[inline]
    fn line(self) -> u64 {
        u64::from(self.slot) - CONTROL_LENGTH as u64
    }
}

/// Records that wait when there is a backlog: the producer is then elsewhere, and lines behind the
/// one just found are brought close.
const BACKLOG_COUNT: usize = 8;
/// How far behind the end of that record they begin, and how many they are: some four records of
/// an order.
const AHEAD_LENGTH: u64 = 512;
const AHEAD_LINES: usize = 2;

const _: () = assert!(super::region_length(super::CAPACITY_MAX) <= u32::MAX as usize);

//! The producing end of a ring. Owned by one thread; never waits for the consumer.

#![allow(unsafe_code)]

use core::ops::{Deref, DerefMut};

use super::{
    CONTROL_LENGTH, HEAD, HEADER_LENGTH, KIND_PADDING, PAYLOAD_LENGTH_MAX, PRODUCER_SEAT,
    RecordHeader, TAIL,
};
use crate::layout::{LayoutError, Seat};
use crate::memory::Region;
use crate::slot::{Commit, SLOT_ALIGNMENT, slot_length};
use crate::sync::Ordering;

/// Writes records into a ring: [`Producer::try_claim`], fill the claim, [`Claim::commit`].
#[derive(Debug)]
pub struct Producer {
    region: Region,
    capacity: usize,
    /// Bytes ever published; the next slot begins at `tail % capacity`.
    tail: u64,
    /// The last head seen: the ring is free at least from here.
    head: u64,
    _seat: Seat,
}

impl Producer {
    /// Takes the producing end of a ring that somebody laid out.
    ///
    /// # Errors
    /// When the region holds no complete ring, or another producer is attached.
    pub fn attach(region: Region) -> Result<Self, LayoutError> {
        let capacity = super::attach(&region)?;
        let seat = Seat::take(&region, PRODUCER_SEAT)?;
        // Relaxed: taking the seat synchronised with the last producer, who alone stores it.
        let tail = region.word(TAIL).load(Ordering::Relaxed);
        // Acquire pairs with the consumer's Release of `head`: what lies before it was read.
        let head = region.word(HEAD).load(Ordering::Acquire);
        assert!(head <= tail && tail - head <= capacity as u64, "a ring's ends are in order");
        Ok(Self { region, capacity, tail, head, _seat: seat })
    }

    /// Room for a record with `length` bytes of payload, or `None` while the consumer has not
    /// given back enough. A claim that is dropped publishes nothing.
    ///
    /// O(1), no allocation. The bytes of the claim are whatever lay there before.
    ///
    /// # Panics
    /// When `length` is above [`PAYLOAD_LENGTH_MAX`].
    #[inline]
    pub fn try_claim(&mut self, length: usize) -> Option<Claim<'_>> {
        assert!(length <= PAYLOAD_LENGTH_MAX, "a payload is at most one datagram");
        let slot = slot_length(HEADER_LENGTH + length);
        let to_end = self.capacity - self.index();
        let padding = if slot > to_end { to_end } else { 0 };
        // One line more than the slots: the commit word after them is zeroed.
        if !self.has_free((padding + slot + SLOT_ALIGNMENT) as u64) {
            return None;
        }
        if padding > 0 {
            let word = Commit { length: padding as u32, tag: KIND_PADDING }.to_word();
            publish(&self.region, self.capacity, &mut self.tail, word, padding);
        }
        let payload = CONTROL_LENGTH + self.index() + HEADER_LENGTH;
        // SAFETY: the slot lies past the tail and before head + capacity. Earlier accesses to
        // these bytes, by the consumer up to a head that `has_free` or `attach` loaded with
        // Acquire, and by this thread, happen before this call. The consumer reads them next when
        // `commit` has published the slot, and `commit` consumes the claim and its slice. There
        // is no other producer: this one holds the seat.
        let payload = unsafe { self.region.bytes_mut(payload, length) };
        Some(Claim { region: &self.region, capacity: self.capacity, tail: &mut self.tail, payload })
    }

    /// Bytes the consumer has given back: what a caller compares with its mark before it takes
    /// on more work. A record takes 24 bytes more than its payload, rounded up to 64, and one
    /// at the end of the ring may cost padding as well.
    ///
    /// Cost: reads the consumer's line; once per batch, not per record.
    #[inline]
    #[must_use]
    pub fn free_length(&mut self) -> usize {
        self.load_head();
        let free = self.capacity as u64 - (self.tail - self.head);
        // Fits: at most the capacity.
        (free as usize).saturating_sub(SLOT_ALIGNMENT)
    }

    /// Bytes of slots in the ring.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline]
    fn has_free(&mut self, length: u64) -> bool {
        let needed = self.tail + length;
        if needed > self.head + self.capacity as u64 {
            self.load_head();
        }
        needed <= self.head + self.capacity as u64
    }

    #[inline]
    fn load_head(&mut self) {
        // Acquire pairs with the consumer's Release of `head`: its reads of the slots before
        // `head` happen before whatever is written there next.
        self.head = self.region.word(HEAD).load(Ordering::Acquire);
        assert!(self.head <= self.tail, "a consumer is never ahead of its producer");
    }

    #[inline]
    fn index(&self) -> usize {
        self.tail as usize & (self.capacity - 1)
    }
}

/// Room for one record, its payload reached by dereferencing.
#[derive(Debug)]
pub struct Claim<'a> {
    region: &'a Region,
    capacity: usize,
    tail: &'a mut u64,
    payload: &'a mut [u8],
}

impl Claim<'_> {
    /// Publishes the record. O(1), no allocation.
    ///
    /// # Panics
    /// When `header.kind` is [`KIND_PADDING`].
    #[inline]
    pub fn commit(self, header: RecordHeader) {
        assert!(header.kind != KIND_PADDING, "the padding kind is the ring's own");
        let Self { region, capacity, tail, payload } = self;
        let length = HEADER_LENGTH + payload.len();
        let slot = CONTROL_LENGTH + (*tail as usize & (capacity - 1));
        // Relaxed: published with the payload by the commit word.
        region.word(slot + 8).store(header.session, Ordering::Relaxed);
        region.word(slot + 16).store(header.time_ns, Ordering::Relaxed);
        let word = Commit { length: length as u32, tag: header.kind }.to_word();
        publish(region, capacity, tail, word, slot_length(length));
    }
}

impl Deref for Claim<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.payload
    }
}

impl DerefMut for Claim<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.payload
    }
}

/// Zeroes the next commit word, stores this one, and moves the tail by the slot's length.
#[inline]
fn publish(region: &Region, capacity: usize, tail: &mut u64, word: u64, slot: usize) {
    let mask = capacity - 1;
    let next = *tail + slot as u64;
    // Relaxed: ordered before the commit word by its Release.
    region.word(CONTROL_LENGTH + (next as usize & mask)).store(0, Ordering::Relaxed);
    // Release pairs with the consumer's Acquire of the commit word: it then sees header, payload
    // and the zero ahead.
    region.word(CONTROL_LENGTH + (*tail as usize & mask)).store(word, Ordering::Release);
    *tail = next;
    // Relaxed: read again only by the next producer, which synchronises on the seat.
    region.word(TAIL).store(next, Ordering::Relaxed);
}

//! The writing end of the log. Owned by the engine's thread; waits for gating readers only, and
//! that by refusing a claim.

use core::ops::{Deref, DerefMut};

use zerocopy::IntoBytes;

use super::{
    GATE_STRIDE, GATES, HEADER_LENGTH, Layout, LogConfig, RECORD_LENGTH_MAX, RESERVED, TAG_PADDING,
    TAG_RECORD, TAIL, is_record_length, record_slot_length, shard,
};
use crate::layout::{CONTROL_LENGTH, LayoutError};
use crate::memory::Region;
use crate::slot::{Commit, SLOT_ALIGNMENT};
use crate::sync::{Ordering, fence};

/// Appends records: [`LogWriter::try_claim`], fill the claim, [`LogClaim::commit`].
///
/// A record is put together in a buffer of the writer's own, which stays in the cache, and copied
/// into the log at commit by relaxed atomic stores: a [`Reader`](super::Reader) may be reading
/// there, and throws away what it got.
#[derive(Debug)]
pub struct LogWriter {
    region: Region,
    layout: Layout,
    /// Offset of the open slot.
    tail: u64,
    /// Position of the next record.
    position: u64,
    /// The lowest offset that a gate was last seen at.
    gate: u64,
    /// What the control block says is reserved.
    reserved: u64,
    /// The record being put together, [`RECORD_LENGTH_MAX`] bytes.
    record: Box<[u64]>,
}

impl LogWriter {
    /// Lays a log buffer out in a fresh region and takes the writing end, for good: a log has one
    /// writer in its life.
    ///
    /// # Errors
    /// When the capacity is not allowed, or the region is too short or already holds a structure.
    ///
    /// # Panics
    /// When the start position is not a multiple of 8 or there are more than
    /// [`GATES_MAX`](super::GATES_MAX) gates.
    pub fn create(region: Region, config: &LogConfig) -> Result<Self, LayoutError> {
        let layout = Layout::create(&region, config)?;
        let record = vec![0; RECORD_LENGTH_MAX / size_of::<u64>()].into_boxed_slice();
        let position = config.start_position;
        Ok(Self { region, layout, tail: 0, position, gate: 0, reserved: 0, record })
    }

    /// A buffer for a record of up to `length_max` bytes, or `None` while a gating reader has not
    /// made that much room. A claim that is dropped appends nothing.
    ///
    /// O(gates) when the room was used up, else O(1); no allocation. The bytes of the claim are
    /// whatever an earlier record left there.
    ///
    /// # Panics
    /// When `length_max` is above [`RECORD_LENGTH_MAX`].
    #[inline]
    pub fn try_claim(&mut self, length_max: usize) -> Option<LogClaim<'_>> {
        assert!(length_max <= RECORD_LENGTH_MAX, "a record is at most RECORD_LENGTH_MAX long");
        // Whatever is claimed needs less than this, so most claims need no further look.
        let ahead = self.layout.slot(self.tail + AHEAD_LENGTH);
        for line in 0..AHEAD_LINES {
            self.region.prefetch(ahead + line * SLOT_ALIGNMENT);
        }
        let is_roomy = self.tail + CLAIM_LENGTH_MAX <= self.gate + self.layout.capacity as u64;
        if is_roomy || self.has_room(length_max) {
            return Some(LogClaim { writer: self, length_max });
        }
        None
    }

    /// Whether the gates leave room for a record of up to `length_max` bytes.
    #[inline(never)]
    fn has_room(&mut self, length_max: usize) -> bool {
        let slot = record_slot_length(length_max);
        let to_end = self.length_to_end(self.layout.slot(self.tail));
        let padding = if slot > to_end { to_end } else { 0 };
        // One line more than the slots: the slot after them is opened.
        let needed = self.tail + (padding + slot + SLOT_ALIGNMENT) as u64;
        if needed > self.gate + self.layout.capacity as u64 {
            self.load_gates();
        }
        needed <= self.gate + self.layout.capacity as u64
    }

    /// The position of the next record: the end of the last one.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Bytes of slots in the buffer.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.layout.capacity
    }

    #[inline(always)]
    fn append(&mut self, length: usize) {
        let slot_length = record_slot_length(length);
        let mut slot = self.layout.slot(self.tail);
        if slot_length > self.length_to_end(slot) {
            self.pad(slot);
            slot = self.layout.slot(self.tail);
        }
        self.reserve(self.tail + (slot_length + SLOT_ALIGNMENT) as u64);
        self.region.write_words(slot + HEADER_LENGTH, &self.record[..length / size_of::<u64>()]);
        self.position += length as u64;
        self.publish(slot, Commit { length: length as u32, tag: TAG_RECORD }, slot_length);
    }

    /// Fills the rest of the buffer from a slot on, so that the next one begins at its start.
    #[cold]
    fn pad(&mut self, slot: usize) {
        let to_end = self.length_to_end(slot);
        self.reserve(self.tail + (to_end + SLOT_ALIGNMENT) as u64);
        self.publish(slot, Commit { length: to_end as u32, tag: TAG_PADDING }, to_end);
    }

    /// Announces that slots up to `end` are about to be overwritten, before they are.
    #[inline]
    fn reserve(&mut self, end: u64) {
        if end <= self.reserved {
            return;
        }
        // In steps, so that the line which every overrunnable reader reads changes rarely.
        self.reserved = end.next_multiple_of(RESERVE_STEP);
        self.region.word(RESERVED).store(self.reserved, Ordering::Relaxed);
        // Release pairs with the readers' Acquire fence in `is_intact`: a reader that loaded any
        // word stored after this fence loads at least this `reserved` after its own fence.
        fence(Ordering::Release);
    }

    /// Opens the next slot, stores the commit word of this one, and moves the tail.
    #[inline(always)]
    fn publish(&mut self, slot: usize, commit: Commit, slot_length: usize) {
        self.tail += slot_length as u64;
        let next = self.layout.slot(self.tail);
        // Relaxed, both: ordered before the commit word by its Release.
        let [open_commit, open_position] = self.region.word_array(next);
        open_commit.store(0, Ordering::Relaxed);
        open_position.store(self.position, Ordering::Relaxed);
        // Release pairs with the readers' Acquire of the commit word: they then see the record,
        // its position, and the open slot after it.
        self.region.word(slot).store(commit.to_word(), Ordering::Release);
        // Release pairs with the readers' Acquire in `at_tail`: it then sees the open slot.
        self.region.word(TAIL).store(self.tail, Ordering::Release);
    }

    /// Takes the lowest offset of all gates. With no gate the writer is its own.
    fn load_gates(&mut self) {
        let mut lowest = self.tail;
        for index in 0..self.layout.gate_count {
            // Acquire pairs with the Release in `GatingReader::poll`: its reads of the slots
            // before the gate happen before whatever is written there next.
            let gate = self.region.word(GATES + index * GATE_STRIDE).load(Ordering::Acquire);
            assert!(gate <= self.tail, "a reader is never ahead of the writer");
            lowest = lowest.min(gate);
        }
        self.gate = lowest;
    }

    #[inline]
    fn length_to_end(&self, slot: usize) -> usize {
        CONTROL_LENGTH + self.layout.capacity - slot
    }
}

/// A record being put together, its bytes reached by dereferencing.
#[derive(Debug)]
pub struct LogClaim<'a> {
    writer: &'a mut LogWriter,
    length_max: usize,
}

impl LogClaim<'_> {
    /// The position the record will have.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.writer.position
    }

    /// Appends the first `length` bytes as one record and returns the position of its end.
    /// Cost: one copy of the record; no allocation.
    ///
    /// # Panics
    /// When `length` is 0, no multiple of 8 or above what was claimed, or when the shard has
    /// spent its positions (2^56 bytes).
    #[inline(always)]
    pub fn commit(self, length: usize) -> u64 {
        assert!(is_record_length(length), "a record is a positive multiple of 8 bytes long");
        assert!(length <= self.length_max, "a record is no longer than its claim");
        let position = self.writer.position;
        let end = position + length as u64;
        assert!(shard(end) == shard(position), "a shard's positions stay in the shard");
        self.writer.append(length);
        end
    }
}

impl Deref for LogClaim<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.writer.record.as_bytes()[..self.length_max]
    }
}

impl DerefMut for LogClaim<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.writer.record.as_mut_bytes()[..self.length_max]
    }
}

/// How far behind a claim lines of the buffer are brought close, and how many: the writer comes to
/// them with the record after it, and no cache holds what it wrote a lap before.
const AHEAD_LENGTH: u64 = 320;
const AHEAD_LINES: usize = 5;
/// More than any claim needs: padding shorter than the longest slot, that slot, and the line after.
const CLAIM_LENGTH_MAX: u64 = (2 * record_slot_length(RECORD_LENGTH_MAX) + SLOT_ALIGNMENT) as u64;
/// How far ahead the writer reserves, in bytes: what an overrunnable reader loses of the buffer.
const RESERVE_STEP: u64 = if cfg!(all(loom, test)) { 64 } else { 64 * 1024 };

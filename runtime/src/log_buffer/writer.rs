//! The writing end of the log. Owned by the engine's thread; waits for gating readers only, and
//! that by refusing a claim.

use core::ops::{Deref, DerefMut};

use zerocopy::IntoBytes;

use super::{
    GATE_STRIDE, GATES, HEADER_LENGTH, Layout, LogConfig, RECORD_LENGTH_MAX, RESERVED, TAG_PADDING,
    TAG_RECORD, TAIL, is_record_length, last_position, record_slot_length,
};
use crate::circle::Circle;
use crate::layout::LayoutError;
use crate::memory::Region;
use crate::slot::{Commit, SLOT_ALIGNMENT};
use crate::sync::{AtomicU64, Ordering, fence};

/// Appends records: [`LogWriter::try_claim`], fill the claim, [`LogClaim::commit`].
///
/// A record is put together in a buffer of the writer's own, which stays in the cache, and copied
/// into the log at commit by relaxed atomic stores: a [`Reader`](super::Reader) may be reading
/// there, and throws away what it got.
#[derive(Debug)]
pub struct LogWriter {
    circle: Circle,
    gate_count: usize,
    /// Offset of the open slot.
    tail: u64,
    /// Position of the next record.
    position: u64,
    /// The last position of the shard.
    last_position: u64,
    /// The lowest offset that a gate was last seen at.
    gate: u64,
    /// The tail below which any claim has room.
    roomy_tail: u64,
    /// What the control block says is reserved.
    reserved: u64,
    /// Where a slot and the line behind it may end without padding, without more reserved, and with
    /// positions left in the shard.
    easy_end: u64,
    /// The record being put together.
    record: Box<[u64; RECORD_LENGTH_MAX / size_of::<u64>()]>,
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
        let mut writer = Self {
            circle: Circle::new(region, layout.capacity),
            gate_count: layout.gate_count,
            tail: 0,
            position: config.start_position,
            last_position: last_position(config.start_position),
            gate: 0,
            roomy_tail: 0,
            reserved: 0,
            easy_end: 0,
            record: record.try_into().expect("as many words as the longest record has"),
        };
        writer.see_gate(0);
        Ok(writer)
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
        self.circle.prefetch::<AHEAD_LINES>(self.tail.wrapping_add(AHEAD_LENGTH));
        // Whatever is claimed has room there, so most claims need no further look.
        if self.tail < self.roomy_tail || self.has_room(length_max) {
            return Some(LogClaim { writer: self, length_max });
        }
        None
    }

    /// Whether the gates leave room for a record of up to `length_max` bytes.
    #[inline(never)]
    fn has_room(&mut self, length_max: usize) -> bool {
        let slot = record_slot_length(length_max);
        let to_end = self.circle.length_to_end(self.tail);
        let padding = if slot > to_end { to_end } else { 0 };
        // One line more than the slots: the slot after them is opened.
        let needed = self.tail + (padding + slot + SLOT_ALIGNMENT) as u64;
        if needed > self.gate + self.circle.capacity() as u64 {
            self.load_gates();
        }
        needed <= self.gate + self.circle.capacity() as u64
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
        self.circle.capacity()
    }

    #[inline(always)]
    fn append(&mut self, length: usize) {
        let slot_length = record_slot_length(length);
        if self.tail + (slot_length + SLOT_ALIGNMENT) as u64 > self.easy_end {
            self.prepare(length);
        }
        let commit = Commit { length: length as u32, tag: TAG_RECORD };
        self.publish(commit, slot_length, length);
        if slot_length > AHEAD_LENGTH as usize {
            self.prefetch_long(slot_length);
        }
    }

    /// Brings the lines close that the next record will have beyond what a claim asks for, when it
    /// is as long as the last one.
    #[inline(never)]
    fn prefetch_long(&self, slot_length: usize) {
        let lines = (slot_length / SLOT_ALIGNMENT).min(LONG_AHEAD_LINES) as u64;
        for line in 0..lines {
            self.circle.prefetch::<1>(self.tail.wrapping_add(line * SLOT_ALIGNMENT as u64));
        }
    }

    /// Goes to the start of the buffer when the slot of a record of `length` bytes does not fit
    /// before its end, and reserves the slot and the line behind it.
    #[cold]
    #[inline(never)]
    fn prepare(&mut self, length: usize) {
        let left = self.last_position - self.position;
        assert!(length as u64 <= left, "a shard's positions stay in the shard");
        let slot_length = record_slot_length(length);
        let to_end = self.circle.length_to_end(self.tail);
        if slot_length > to_end {
            self.reserve(self.tail + (to_end + SLOT_ALIGNMENT) as u64);
            let commit = Commit { length: to_end as u32, tag: TAG_PADDING };
            self.publish(commit, to_end, 0);
        }
        self.reserve(self.tail + (slot_length + SLOT_ALIGNMENT) as u64);
        let to_end = (self.circle.length_to_end(self.tail) + SLOT_ALIGNMENT) as u64;
        // A slot is longer than its record: the tail comes there before the shard is spent.
        self.easy_end = self.reserved.min(self.tail + to_end.min(left));
    }

    /// Announces that slots up to `end` are about to be overwritten, before they are.
    fn reserve(&mut self, end: u64) {
        if end <= self.reserved {
            return;
        }
        // In steps, so that the line which every overrunnable reader reads changes rarely.
        self.reserved = end.next_multiple_of(RESERVE_STEP);
        self.control(RESERVED).store(self.reserved, Ordering::Relaxed);
        // Release pairs with the readers' Acquire fence in `is_intact`: a reader that loaded any
        // word stored after this fence loads at least this `reserved` after its own fence.
        fence(Ordering::Release);
    }

    /// Writes the first `length` bytes of the record buffer into the open slot, opens the slot
    /// behind it, stores the commit word, and moves the tail.
    #[inline(always)]
    fn publish(&mut self, commit: Commit, slot_length: usize, length: usize) {
        let slot = self.circle.line(self.tail);
        let tail = self.tail + slot_length as u64;
        let position = self.position + length as u64;
        let [open_commit, open_position, ..] = self.circle.line(tail);
        // Relaxed, all: ordered before the commit word by its Release.
        let words = &self.record[..length / size_of::<u64>()];
        if let Some((head, rest)) = words.split_first_chunk::<HEAD_WORDS>() {
            self.circle.write_words(self.tail, HEADER_LENGTH + size_of_val(head), rest);
            for (shared, word) in slot[HEADER_LENGTH / size_of::<u64>()..].iter().zip(head) {
                shared.store(*word, Ordering::Relaxed);
            }
        } else {
            self.circle.write_words(self.tail, HEADER_LENGTH, words);
        }
        open_commit.store(0, Ordering::Relaxed);
        open_position.store(position, Ordering::Relaxed);
        // Release pairs with the readers' Acquire of the commit word: they then see the record,
        // its position, and the open slot after it.
        slot[0].store(commit.to_word(), Ordering::Release);
        // Release pairs with the readers' Acquire in `at_tail`: it then sees the open slot.
        self.control(TAIL).store(tail, Ordering::Release);
        (self.tail, self.position) = (tail, position);
    }

    /// Takes the lowest offset of all gates. With no gate the writer is its own.
    fn load_gates(&mut self) {
        let mut lowest = self.tail;
        for index in 0..self.gate_count {
            // Acquire pairs with the Release in `GatingReader::poll`: its reads of the slots
            // before the gate happen before whatever is written there next.
            let gate = self.control(GATES + index * GATE_STRIDE).load(Ordering::Acquire);
            assert!(gate <= self.tail, "a reader is never ahead of the writer");
            lowest = lowest.min(gate);
        }
        self.see_gate(lowest);
    }

    fn see_gate(&mut self, gate: u64) {
        self.gate = gate;
        let end = gate + self.circle.capacity() as u64;
        // Fewer bytes of buffer than that are never roomy.
        self.roomy_tail = (end + 1).saturating_sub(CLAIM_LENGTH_MAX);
    }

    /// A word of the control block.
    #[inline(always)]
    fn control(&self, offset: usize) -> &AtomicU64 {
        &self.circle.control()[offset / size_of::<u64>()]
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
        self.writer.append(length);
        self.writer.position
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

/// Words at the start of a record that are copied last, and one by one: who fills a claim writes
/// them last, when what follows is known, and a load of more than a store wrote waits for it.
const HEAD_WORDS: usize = 4;
/// How far behind a claim lines of the buffer are brought close, and how many: the writer comes to
/// them with the record after it, and no cache holds what it wrote a lap before.
const AHEAD_LENGTH: u64 = 320;
const AHEAD_LINES: usize = 5;
/// Lines of a long record that are brought close, at most.
const LONG_AHEAD_LINES: usize = 32;
/// More than any claim needs: padding shorter than the longest slot, that slot, and the line after.
const CLAIM_LENGTH_MAX: u64 = (2 * record_slot_length(RECORD_LENGTH_MAX) + SLOT_ALIGNMENT) as u64;
/// How far ahead the writer reserves, in bytes: what an overrunnable reader loses of the buffer.
const RESERVE_STEP: u64 = if cfg!(all(loom, test)) { 64 } else { 64 * 1024 };

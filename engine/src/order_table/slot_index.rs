//! Four bytes for each slot: of a live order who owns it, as far as that tells it from most others,
//! so that a sweep passes over others' orders without touching them; of a freed slot the one that
//! was freed before it.

use std::ops::Range;

use forecastle_proto_spec::{OrderId, access_key_of};
use forecastle_runtime::memory::Arena;

use crate::memory_table::{MemoryUse, OrderPart};

/// The entries of all slots.
#[derive(Debug)]
pub(super) struct SlotIndex {
    words: Arena<u32>,
    /// The slot freed last, while any is free.
    top: u32,
    free_count: u32,
}

/// Who owns an order: the low bits of its firm, of its session's access key, of its event and of
/// its account, and a bit that no entry of a free slot has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerTag(u32);

/// Which tags may be of orders that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerFilter {
    mask: u32,
    tag: u32,
}

impl OwnerTag {
    #[inline(always)]
    pub(crate) fn new(firm_id: u32, session_id: u32, event_id: u32, account: u32) -> Self {
        let access_key_id = access_key_of(session_id);
        Self(
            IS_LIVE
                | (firm_id & FIRM) << FIRM_SHIFT
                | (access_key_id & LOW_BYTE) << KEY_SHIFT
                | (event_id & LOW_BYTE) << EVENT_SHIFT
                | account & LOW_BYTE,
        )
    }
}

impl OwnerFilter {
    /// All live orders.
    pub(crate) const ALL: Self = Self { mask: IS_LIVE, tag: IS_LIVE };

    /// Of them only those that a firm may own.
    pub(crate) fn of_firm(self, firm_id: u32) -> Self {
        self.and(FIRM << FIRM_SHIFT, OwnerTag::new(firm_id, 0, 0, 0))
    }

    /// Of them only those that a session may own.
    pub(crate) fn of_session(self, session_id: u32) -> Self {
        self.and(LOW_BYTE << KEY_SHIFT, OwnerTag::new(0, session_id, 0, 0))
    }

    /// Of them only those that may lie in an event.
    pub(crate) fn of_event(self, event_id: u32) -> Self {
        self.and(LOW_BYTE << EVENT_SHIFT, OwnerTag::new(0, 0, event_id, 0))
    }

    /// Of them only those that may be an account's.
    pub(crate) fn of_account(self, account: u32) -> Self {
        self.and(LOW_BYTE, OwnerTag::new(0, 0, 0, account))
    }

    fn and(self, mask: u32, OwnerTag(tag): OwnerTag) -> Self {
        Self { mask: self.mask | mask, tag: self.tag | tag }
    }

    #[inline(always)]
    fn passes(self, word: u32) -> bool {
        word & self.mask == self.tag
    }
}

impl SlotIndex {
    /// For this many slots, none of which was used.
    pub(super) fn new(slot_count: u32) -> Self {
        Self { words: Arena::new(slot_count, NOBODY), top: 0, free_count: 0 }
    }

    /// What it keeps in memory.
    #[cold]
    pub(super) fn memory(&self) -> MemoryUse {
        let all = MemoryUse::of_arena("order owners and free slots", &self.words);
        all.of_each_order(OrderPart::Index)
    }

    /// Freed slots.
    #[inline(always)]
    pub(super) fn free_count(&self) -> u32 {
        self.free_count
    }

    /// The freed slots, the one freed last at the end.
    #[cold]
    pub(super) fn free_slots(&self) -> Vec<u32> {
        let mut slots = Vec::with_capacity(self.free_count as usize);
        let mut slot = self.top;
        for _ in 0..self.free_count {
            slots.push(slot);
            slot = self.words[slot];
        }
        slots.reverse();
        slots
    }

    /// Takes the slot that was freed last.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<u32> {
        self.free_count = self.free_count.checked_sub(1)?;
        let slot = self.top;
        self.top = self.words[slot];
        Some(slot)
    }

    /// Puts a slot on the list of free ones.
    #[inline(always)]
    pub(super) fn push(&mut self, slot: u32) {
        self.words[slot] = self.top;
        self.top = slot;
        self.free_count += 1;
    }

    /// Notes who owns the order in a slot.
    #[inline(always)]
    pub(super) fn own(&mut self, slot: u32, OwnerTag(tag): OwnerTag) {
        self.words[slot] = tag;
    }

    /// Notes that nobody will own an order in a slot again.
    #[cold]
    pub(super) fn retire(&mut self, slot: u32) {
        self.words[slot] = NOBODY;
    }

    /// Who owns the live order in a slot, if there is one.
    pub(super) fn owner(&self, slot: u32) -> Option<OwnerTag> {
        let word = self.words[slot];
        (word & IS_LIVE != 0).then_some(OwnerTag(word))
    }

    /// Brings the entry of a slot close.
    #[inline]
    pub(super) fn prefetch(&self, slot: u32) {
        self.words.prefetch(slot);
    }

    /// The first of some slots that pass a filter, ascending, as many as there is room for or
    /// fewer; gives how many, and where to go on: at the end when there are no more.
    ///
    /// O(slots), some ten thousand a microsecond where few pass.
    ///
    /// # Panics
    /// When there are not so many slots.
    pub(super) fn find(
        &self,
        filter: OwnerFilter,
        slots: Range<u32>,
        found: &mut [u32; FOUND_MAX],
    ) -> (usize, u32) {
        let mut count = 0;
        let words = &self.words.as_slice()[slots.start as usize..slots.end as usize];
        let blocks = slots.clone().step_by(BLOCK_LENGTH).zip(words.chunks(BLOCK_LENGTH));
        for (first, block) in blocks {
            if count + BLOCK_LENGTH > FOUND_MAX {
                return (count, first);
            }
            // All at once, as most often none passes.
            if block.iter().fold(false, |any, word| any | filter.passes(*word)) {
                for (slot, word) in (first..).zip(block) {
                    found[count] = slot;
                    count += usize::from(filter.passes(*word));
                }
            }
        }
        (count, slots.end)
    }
}

/// What [`SlotIndex::find`] has room for.
pub(crate) const FOUND_MAX: usize = 256;
/// Slots that are looked at together.
const BLOCK_LENGTH: usize = 64;
/// Set in the entries of live orders alone: no slot has such a number.
const IS_LIVE: u32 = 1 << 31;
const FIRM_SHIFT: u32 = 24;
const KEY_SHIFT: u32 = 16;
const EVENT_SHIFT: u32 = 8;
const FIRM: u32 = 0x7F;
const LOW_BYTE: u32 = 0xFF;
/// The entry of a slot that was never used, or never will be again.
const NOBODY: u32 = 0;

const _: () = assert!(OrderId::SLOT_COUNT <= IS_LIVE);

//! The region under the model checker: what [`super::Region`] is in tests built with
//! `--cfg loom`.
//!
//! Every word is an atomic of the checker, so that it explores what relaxed accesses may see.
//! Access without atomics goes to plain memory, and is announced to the checker line by line, so
//! that it reports every such access that is not ordered after the ones before.

#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use std::sync::Arc;

use loom::cell::UnsafeCell as Tracked;

use crate::slot::SLOT_ALIGNMENT;
use crate::sync::{AtomicU64, Ordering};

/// A handle to a region of the model. Clones refer to the same bytes.
#[derive(Clone, Debug)]
pub struct Region {
    memory: Arc<Memory>,
}

#[derive(Debug)]
struct Memory {
    atomics: Vec<AtomicU64>,
    plain: UnsafeCell<Box<[u64]>>,
    /// One per line of `plain`, to announce accesses by.
    lines: Vec<Tracked<()>>,
}

impl Region {
    /// A zeroed region of `length` bytes.
    pub fn anonymous(length: usize) -> Self {
        let words = length / size_of::<u64>();
        let memory = Memory {
            atomics: (0..words).map(|_| AtomicU64::new(0)).collect(),
            plain: UnsafeCell::new(vec![0; words].into_boxed_slice()),
            lines: (0..length / SLOT_ALIGNMENT).map(|_| Tracked::new(())).collect(),
        };
        Self { memory: Arc::new(memory) }
    }

    /// Length in bytes.
    pub fn length(&self) -> usize {
        self.memory.atomics.len() * size_of::<u64>()
    }

    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        &self.memory.atomics[offset / size_of::<u64>()]
    }

    /// # Safety
    /// None here: what does not lie inside the region panics.
    pub(crate) unsafe fn words_within<const N: usize>(&self, offset: usize) -> &[AtomicU64; N] {
        let first = offset / size_of::<u64>();
        self.memory.atomics[first..].first_chunk().expect("as many words as asked for")
    }

    /// There is nothing to bring close.
    pub(crate) fn prefetch(&self, _offset: usize) {}

    /// Atomic to whoever calls [`Region::read_words`], a plain write to holders of slices.
    pub(crate) fn write_words(&self, offset: usize, words: &[u64]) {
        self.announce(offset, size_of_val(words), true);
        for (index, word) in words.iter().enumerate() {
            let offset = offset + index * size_of::<u64>();
            let pointer = self.pointer(offset).cast::<u64>();
            // SAFETY: in bounds and aligned; the checker has just found that no access by
            // another thread is unordered with this one, and runs one thread at a time.
            unsafe { pointer.write(*word) };
            self.word(offset).store(*word, Ordering::Relaxed);
        }
    }

    /// # Safety
    /// None here: what does not lie inside the region panics.
    pub(crate) unsafe fn write_words_within(&self, offset: usize, words: &[u64]) {
        self.write_words(offset, words);
    }

    pub(crate) fn read_words(&self, offset: usize, words: &mut [u64]) {
        for (index, word) in words.iter_mut().enumerate() {
            *word = self.word(offset + index * size_of::<u64>()).load(Ordering::Relaxed);
        }
    }

    /// # Safety
    /// As for the real region; the checker reports a breach at the time of this call.
    pub(crate) unsafe fn bytes(&self, offset: usize, length: usize) -> &[u8] {
        self.announce(offset, length, false);
        // SAFETY: in bounds; the caller excludes writers, and the checker has looked.
        unsafe { core::slice::from_raw_parts(self.pointer(offset), length) }
    }

    /// # Safety
    /// As for the real region; the checker reports a breach at the time of this call.
    pub(crate) unsafe fn bytes_within(&self, offset: usize, length: usize) -> &[u8] {
        // SAFETY: the caller keeps the contract.
        unsafe { self.bytes(offset, length) }
    }

    /// # Safety
    /// As for the real region; the checker reports a breach at the time of this call.
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn bytes_mut(&self, offset: usize, length: usize) -> &mut [u8] {
        self.announce(offset, length, true);
        // SAFETY: in bounds; the caller excludes every other access, and the checker has looked.
        unsafe { core::slice::from_raw_parts_mut(self.pointer(offset), length) }
    }

    fn announce(&self, offset: usize, length: usize, is_write: bool) {
        let end = offset + length;
        assert!(end <= self.length(), "bytes lie inside the region");
        for line in offset / SLOT_ALIGNMENT..end.div_ceil(SLOT_ALIGNMENT) {
            match is_write {
                true => self.memory.lines[line].with_mut(|_| ()),
                false => self.memory.lines[line].with(|_| ()),
            }
        }
    }

    fn pointer(&self, offset: usize) -> *mut u8 {
        // SAFETY: no reference to the box itself outlives this line, and nobody replaces it.
        let first = unsafe { (*self.memory.plain.get()).as_mut_ptr() };
        first.cast::<u8>().wrapping_add(offset)
    }
}

// SAFETY: the checker runs one thread at a time and reports unordered access to plain memory.
unsafe impl Send for Memory {}
// SAFETY: as for `Send`.
unsafe impl Sync for Memory {}

//! Slots: the 64-byte aligned places that records of rings and of the log buffer lie in, and the
//! commit word each begins with.
//!
//! The commit word is one little-endian u64: bits 0..32 the length in bytes, bits 32..64 a tag
//! that the structure chooses. Zero says that nothing is committed here yet. The last 8 bytes a
//! writer stores of a record are its commit word.
//!
//! **Zero ahead.** A slot may lie anywhere a payload lay one lap before, so the bytes under a
//! future commit word can be anything. Before a writer stores the commit word of slot N it stores
//! zero into the commit word of slot N+1. A reader looks at slot N+1 only after it has acquired
//! the commit word of slot N, and so finds zero or a commit word there, never old payload.

/// Start of slots, and the unit of their length, in bytes: one cache line.
pub(crate) const SLOT_ALIGNMENT: usize = 64;

/// Length of the slot that `length` bytes (slot header included) lie in.
#[inline]
pub(crate) const fn slot_length(length: usize) -> usize {
    // No length comes near the end of the number range.
    length.wrapping_add(SLOT_ALIGNMENT - 1) & !(SLOT_ALIGNMENT - 1)
}

/// What a non-zero commit word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Length in bytes, never 0.
    pub(crate) length: u32,
    /// The structure's own meaning.
    pub(crate) tag: u32,
}

impl Commit {
    /// The word to store.
    #[inline]
    pub(crate) const fn to_word(self) -> u64 {
        (self.tag as u64) << 32 | self.length as u64
    }

    /// The two halves of a stored word; `None` when nothing is committed.
    #[inline]
    pub(crate) const fn from_word(word: u64) -> Option<Self> {
        if word == 0 {
            return None;
        }
        // Truncation keeps the low half, which is the length.
        Some(Self { length: word as u32, tag: (word >> 32) as u32 })
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::{Commit, slot_length};

    #[test]
    fn words_keep_both_halves() {
        let commit = Commit { length: 0x0102_0304, tag: 0xA0B0_C0D0 };
        assert_eq!(commit.to_word().to_le_bytes(), [4, 3, 2, 1, 0xD0, 0xC0, 0xB0, 0xA0]);
        assert_eq!(Commit::from_word(commit.to_word()), Some(commit));
        assert_eq!(Commit::from_word(0), None);
    }

    #[test]
    fn slots_are_whole_lines() {
        assert_eq!([1, 64, 65].map(slot_length), [64, 64, 128]);
    }
}

//! A ring of bits, one per 32-byte slot of a stream buffer, addressed by stream position. Receivers
//! mark what arrived, senders mark where frames begin. Ranges cost one operation per 64 slots.

use crate::limits::FRAME_ALIGNMENT;

/// Bits for a buffer whose length is a power of two of at least 64 slots.
#[derive(Debug)]
pub(crate) struct SlotBitmap {
    words: Box<[u64]>,
}

impl SlotBitmap {
    pub(crate) fn new(buffer_length: usize) -> Self {
        assert!(buffer_length.is_power_of_two() && buffer_length >= 64 * FRAME_ALIGNMENT);
        Self { words: vec![0; buffer_length / FRAME_ALIGNMENT / 64].into_boxed_slice() }
    }

    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    #[inline]
    pub(crate) fn set(&mut self, position: u64) {
        let (word, bit) = self.locate(position);
        self.words[word] |= 1 << bit;
    }

    #[inline]
    pub(crate) fn is_set(&self, position: u64) -> bool {
        let (word, bit) = self.locate(position);
        self.words[word] >> bit & 1 == 1
    }

    /// Sets every bit of `from..to`, at most one turn of the ring.
    #[inline]
    pub(crate) fn set_range(&mut self, from: u64, to: u64) {
        self.for_each_mask(from, to, |word, mask| *word |= mask);
    }

    /// Clears every bit of `from..to`, at most one turn of the ring.
    #[inline]
    pub(crate) fn clear_range(&mut self, from: u64, to: u64) {
        self.for_each_mask(from, to, |word, mask| *word &= !mask);
    }

    /// First position in `from..to` whose bit is set, or `to`.
    #[inline]
    pub(crate) fn first_set(&self, from: u64, to: u64) -> u64 {
        self.first(from, to, |word| word)
    }

    /// First position in `from..to` whose bit is clear, or `to`.
    #[inline]
    pub(crate) fn first_clear(&self, from: u64, to: u64) -> u64 {
        self.first(from, to, |word| !word)
    }

    #[inline]
    fn first(&self, from: u64, to: u64, view: impl Fn(u64) -> u64) -> u64 {
        let mut position = from;
        while position < to {
            let (word, bit) = self.locate(position);
            let candidates = view(self.words[word]) >> bit;
            if candidates != 0 {
                let found = position + u64::from(candidates.trailing_zeros()) * SLOT;
                return found.min(to);
            }
            position += (64 - u64::from(bit)) * SLOT;
        }
        to
    }

    #[inline]
    fn for_each_mask(&mut self, from: u64, to: u64, mut change: impl FnMut(&mut u64, u64)) {
        debug_assert!(to - from <= self.words.len() as u64 * 64 * SLOT);
        let mut position = from;
        while position < to {
            let (word, bit) = self.locate(position);
            let count = ((to - position) / SLOT).min(64 - u64::from(bit));
            let mask = (u64::MAX >> (64 - count)) << bit;
            change(&mut self.words[word], mask);
            position += count * SLOT;
        }
    }

    #[inline]
    fn locate(&self, position: u64) -> (usize, u32) {
        debug_assert!(position.is_multiple_of(SLOT));
        let slot = position / SLOT;
        ((slot / 64) as usize & (self.words.len() - 1), (slot % 64) as u32)
    }
}

const SLOT: u64 = FRAME_ALIGNMENT as u64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn ranges_agree_with_a_naive_ring_of_booleans() {
        const SLOTS: u64 = 128;
        let mut bitmap = SlotBitmap::new(SLOTS as usize * FRAME_ALIGNMENT);
        let mut model = [false; SLOTS as usize];
        let mut random = Random::new(11);
        for _ in 0..20_000 {
            let from = random.below(1000);
            let to = from + random.below(SLOTS + 1);
            let value = random.below(2) == 1;
            for slot in from..to {
                model[(slot % SLOTS) as usize] = value;
            }
            match value {
                true => bitmap.set_range(from * SLOT, to * SLOT),
                false => bitmap.clear_range(from * SLOT, to * SLOT),
            }
            let start = random.below(1000);
            let end = start + random.below(SLOTS + 1);
            let first = |wanted: bool| {
                (start..end).find(|slot| model[(slot % SLOTS) as usize] == wanted).unwrap_or(end)
            };
            assert_eq!(bitmap.first_set(start * SLOT, end * SLOT), first(true) * SLOT);
            assert_eq!(bitmap.first_clear(start * SLOT, end * SLOT), first(false) * SLOT);
            assert_eq!(bitmap.is_set(start * SLOT), model[(start % SLOTS) as usize]);
        }
    }
}

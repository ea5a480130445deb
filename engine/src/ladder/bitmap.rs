//! Sets of ticks, one for each book: three levels of 64-bit words, so that the next tick up or down
//! is found in at most five words.

use forecastle_runtime::memory::Arena;

use crate::memory_table::MemoryUse;

/// One set of ticks below 64^3 for each book.
#[derive(Debug)]
pub(super) struct Bitmaps {
    words: Arena<u64>,
    words_per_book: u32,
    middle_offset: u32,
    top_offset: u32,
}

impl Bitmaps {
    pub(super) fn new(book_count: u32, tick_count: u32) -> Self {
        let bottom = tick_count.div_ceil(64);
        let middle = bottom.div_ceil(64);
        assert!(middle <= 64, "three levels hold 64^3 ticks");
        let words_per_book = bottom + middle + 1;
        let count = book_count.checked_mul(words_per_book).expect("words of all books");
        Self {
            words: Arena::new(count, 0),
            words_per_book,
            middle_offset: bottom,
            top_offset: bottom + middle,
        }
    }

    /// What they keep in memory.
    #[cold]
    pub(super) fn memory(&self) -> MemoryUse {
        MemoryUse::of_arena("bitmaps of price levels", &self.words)
    }

    /// Whether any tick of the aligned run of `length` ticks (a power of two up to 64) around
    /// `tick` is in the set.
    #[inline]
    pub(super) fn page_contains_any(&self, book: u32, tick: u32, length: u32) -> bool {
        let mask = (u64::MAX >> (64 - length)) << (tick % 64 / length * length);
        self.bottom(book, tick / 64) & mask != 0
    }

    #[inline]
    pub(super) fn insert(&mut self, book: u32, tick: u32) {
        let start = self.start(book);
        let (middle, top) = (self.middle(start), self.top(start));
        assert!(tick / 64 < self.middle_offset, "a tick lies on the grid");
        self.words[start.wrapping_add(tick / 64)] |= bit(tick);
        self.words[middle.wrapping_add(tick / 4096)] |= bit(tick / 64);
        self.words[top] |= bit(tick / 4096);
    }

    #[inline]
    pub(super) fn remove(&mut self, book: u32, tick: u32) {
        let start = self.start(book);
        for (word, index) in [
            (start.wrapping_add(tick / 64), tick),
            (self.middle(start).wrapping_add(tick / 4096), tick / 64),
            (self.top(start), tick / 4096),
        ] {
            let word = &mut self.words[word];
            *word &= !bit(index);
            if *word != 0 {
                break;
            }
        }
    }

    /// The lowest tick of the set above `tick`.
    #[inline]
    pub(super) fn lowest_above(&self, book: u32, tick: u32) -> Option<u32> {
        let in_word = self.bottom(book, tick / 64) & above(tick);
        if in_word != 0 {
            return Some(tick / 64 * 64 + in_word.trailing_zeros());
        }
        let start = self.start(book);
        let (middle, top) = (self.middle(start), self.top(start));
        let mut group = tick / 4096;
        let mut words = self.words[middle.wrapping_add(group)] & above(tick / 64);
        if words == 0 {
            let groups = self.words[top] & above(group);
            if groups == 0 {
                return None;
            }
            group = groups.trailing_zeros();
            words = self.words[middle.wrapping_add(group)];
        }
        let word = group * 64 + words.trailing_zeros();
        Some(word * 64 + self.bottom(book, word).trailing_zeros())
    }

    /// The highest tick of the set below `tick`.
    #[inline]
    pub(super) fn highest_below(&self, book: u32, tick: u32) -> Option<u32> {
        let in_word = self.bottom(book, tick / 64) & below(tick);
        if in_word != 0 {
            return Some(tick / 64 * 64 + highest(in_word));
        }
        let start = self.start(book);
        let (middle, top) = (self.middle(start), self.top(start));
        let mut group = tick / 4096;
        let mut words = self.words[middle.wrapping_add(group)] & below(tick / 64);
        if words == 0 {
            let groups = self.words[top] & below(group);
            if groups == 0 {
                return None;
            }
            group = highest(groups);
            words = self.words[middle.wrapping_add(group)];
        }
        let word = group * 64 + highest(words);
        Some(word * 64 + highest(self.bottom(book, word)))
    }

    /// Brings the word of `tick` close; any numbers are allowed.
    #[inline]
    pub(super) fn prefetch(&self, book: u32, tick: u32) {
        self.words.prefetch(self.start(book).wrapping_add(tick / 64));
    }

    #[inline]
    fn bottom(&self, book: u32, word: u32) -> u64 {
        assert!(word < self.middle_offset, "a tick lies on the grid");
        self.words[self.start(book).wrapping_add(word)]
    }

    /// The first word of a book; the index of a word is checked where it is used.
    #[inline]
    fn start(&self, book: u32) -> u32 {
        book.wrapping_mul(self.words_per_book)
    }

    #[inline]
    fn middle(&self, start: u32) -> u32 {
        start.wrapping_add(self.middle_offset)
    }

    #[inline]
    fn top(&self, start: u32) -> u32 {
        start.wrapping_add(self.top_offset)
    }
}

#[inline]
fn bit(index: u32) -> u64 {
    1 << (index % 64)
}

/// Every bit above that of `index`.
#[inline]
fn above(index: u32) -> u64 {
    u64::MAX << (index % 64) << 1
}

/// Every bit below that of `index`.
#[inline]
fn below(index: u32) -> u64 {
    bit(index) - 1
}

#[inline]
fn highest(word: u64) -> u32 {
    63 - word.leading_zeros()
}

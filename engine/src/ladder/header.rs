//! What there is of a book beside its chunks, in one cache line: the best ticks, and which chunks
//! hold orders, in two levels of 64-bit words.

use std::hint::select_unpredictable;

use forecastle_proto_spec::Side;

use super::words::{bit, highest, highest_below, lowest, lowest_above};

/// The header of a book.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Header {
    /// Highest tick with bids and one more, so that none is below all.
    pub(super) bid: u32,
    /// Lowest tick with asks.
    pub(super) ask: u32,
    /// Groups of 64 chunks in which any holds orders.
    groups: u64,
    /// Of the first groups: which chunks hold orders.
    chunks: [u64; NEAR_GROUPS as usize],
}

/// The words of groups that headers have no room for, of books that have so many.
#[derive(Debug)]
pub(super) struct FarGroups {
    words: Box<[u64]>,
    words_per_book: u32,
}

impl Header {
    pub(super) const EMPTY: Self =
        Self { bid: NO_BID, ask: NO_ASK, groups: 0, chunks: [0; NEAR_GROUPS as usize] };

    /// Whether an order at `tick` would meet none of the other side.
    #[inline(always)]
    pub(super) fn rests(&self, side: Side, tick: u32) -> bool {
        select_unpredictable(side == Side::Buy, tick < self.ask, tick >= self.bid)
    }

    /// The best tick of the side that an order of `side` would trade with, which holds orders.
    #[inline(always)]
    pub(super) fn best_against(&self, side: Side) -> u32 {
        select_unpredictable(side == Side::Buy, self.ask, self.bid.wrapping_sub(1))
    }

    /// Moves the best tick of a side to that of an order which comes, if that is better.
    #[inline(always)]
    pub(super) fn rest(&mut self, side: Side, tick: u32) {
        let is_bid = side == Side::Buy;
        let (bid, ask) = (self.bid.max(tick.wrapping_add(1)), self.ask.min(tick));
        self.bid = select_unpredictable(is_bid, bid, self.bid);
        self.ask = select_unpredictable(is_bid, self.ask, ask);
    }

    /// Notes that a chunk holds orders.
    #[inline(always)]
    pub(super) fn enter(&mut self, far: &mut FarGroups, book: u32, chunk: u32) {
        let group = chunk / 64;
        *self.word_mut(far, book, group) |= bit(chunk);
        self.groups |= bit(group);
    }

    /// Notes that a chunk holds none any more.
    #[inline(always)]
    pub(super) fn leave(&mut self, far: &mut FarGroups, book: u32, chunk: u32) {
        let group = chunk / 64;
        let word = self.word_mut(far, book, group);
        *word &= !bit(chunk);
        if *word == 0 {
            self.groups &= !bit(group);
        }
    }

    /// The highest chunk with orders below one.
    #[inline]
    pub(super) fn highest_below(&self, far: &FarGroups, book: u32, chunk: u32) -> Option<u32> {
        let group = chunk / 64;
        if let Some(chunk) = highest_below(self.word(far, book, group), chunk) {
            return Some(group * 64 + chunk);
        }
        let group = highest_below(self.groups, group)?;
        Some(group * 64 + highest(self.word(far, book, group))?)
    }

    /// The lowest chunk with orders above one.
    #[inline]
    pub(super) fn lowest_above(&self, far: &FarGroups, book: u32, chunk: u32) -> Option<u32> {
        let group = chunk / 64;
        if let Some(chunk) = lowest_above(self.word(far, book, group), chunk) {
            return Some(group * 64 + chunk);
        }
        let group = lowest_above(self.groups, group)?;
        Some(group * 64 + lowest(self.word(far, book, group))?)
    }

    #[inline(always)]
    fn word(&self, far: &FarGroups, book: u32, group: u32) -> u64 {
        match self.chunks.get(group as usize) {
            Some(word) => *word,
            None => far.words[far.index(book, group)],
        }
    }

    #[inline(always)]
    fn word_mut<'a>(&'a mut self, far: &'a mut FarGroups, book: u32, group: u32) -> &'a mut u64 {
        match self.chunks.get_mut(group as usize) {
            Some(word) => word,
            None => {
                let index = far.index(book, group);
                &mut far.words[index]
            }
        }
    }
}

impl FarGroups {
    /// For books with this many chunks, at most 64^2.
    pub(super) fn new(book_count: u32, chunks_per_book: u32) -> Self {
        let group_count = chunks_per_book.div_ceil(64);
        assert!(group_count <= 64, "a header tells groups in one word");
        let words_per_book = group_count.saturating_sub(NEAR_GROUPS);
        let count = book_count as usize * words_per_book as usize;
        Self { words: vec![0; count].into_boxed_slice(), words_per_book }
    }

    /// The words of all books.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    #[inline]
    fn index(&self, book: u32, group: u32) -> usize {
        book as usize * self.words_per_book as usize + (group - NEAR_GROUPS) as usize
    }
}

pub(super) const NO_BID: u32 = 0;
pub(super) const NO_ASK: u32 = u32::MAX;
/// Groups that a header has room for: books of up to 24,576 ticks.
const NEAR_GROUPS: u32 = 6;

const _: () = assert!(size_of::<Header>() == 64);

//! Sixty-four ticks of a book in one cache line: which of them hold orders, one level, and the
//! pages of the others.

use super::pages::{Level, NONE, PAGE_LEVELS, PagePool};
use super::words::{bit, highest, highest_below, lowest, lowest_above};

/// Ticks of a chunk.
pub(super) const CHUNK_TICKS: u32 = 64;

/// A chunk. The level that comes while the place in the line is free takes it and keeps it; others
/// lie in pages. A page number is [`NONE`] where no level lies in that page.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Chunk {
    occupied: u64,
    level: Level,
    pages: [u32; (CHUNK_TICKS / PAGE_LEVELS) as usize],
    /// Whose level lies here, of the 64 ticks; [`NO_TICK`] when none does.
    level_tick: u8,
}

impl Chunk {
    pub(super) const EMPTY: Self = Self {
        occupied: 0,
        level: Level::EMPTY,
        pages: [NONE; (CHUNK_TICKS / PAGE_LEVELS) as usize],
        level_tick: NO_TICK,
    };

    /// Whether no tick holds an order.
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    /// Whether a tick holds an order.
    #[inline(always)]
    pub(super) fn holds(&self, tick: u32) -> bool {
        self.occupied & bit(tick) != 0
    }

    /// The highest occupied tick, counted from the chunk's first.
    #[inline(always)]
    pub(super) fn highest(&self) -> Option<u32> {
        highest(self.occupied)
    }

    /// The lowest occupied tick, counted from the chunk's first.
    #[inline(always)]
    pub(super) fn lowest(&self) -> Option<u32> {
        lowest(self.occupied)
    }

    /// The highest occupied tick below one, counted from the chunk's first.
    #[inline(always)]
    pub(super) fn highest_below(&self, tick: u32) -> Option<u32> {
        highest_below(self.occupied, tick)
    }

    /// The lowest occupied tick above one, counted from the chunk's first.
    #[inline(always)]
    pub(super) fn lowest_above(&self, tick: u32) -> Option<u32> {
        lowest_above(self.occupied, tick)
    }

    /// The page of a tick whose level does not lie here; [`NONE`] when there is none, or when it
    /// does.
    #[inline(always)]
    pub(super) fn page(&self, tick: u32) -> u32 {
        if self.holds_here(tick) { NONE } else { self.pages[page_index(tick)] }
    }

    /// The level of a tick, if it holds an order.
    #[inline(always)]
    pub(super) fn level<'a>(&'a self, pages: &'a PagePool, tick: u32) -> Option<&'a Level> {
        if self.holds_here(tick) {
            return Some(&self.level);
        }
        if !self.holds(tick) {
            return None;
        }
        pages.find(self.pages[page_index(tick)], tick)
    }

    /// The level of a tick that holds an order.
    #[inline(always)]
    pub(super) fn level_mut<'a>(&'a mut self, pages: &'a mut PagePool, tick: u32) -> &'a mut Level {
        if self.holds_here(tick) {
            return &mut self.level;
        }
        pages.level_mut(self.pages[page_index(tick)], tick)
    }

    /// Gives a tick that holds no order its level.
    #[inline(always)]
    pub(super) fn open(&mut self, pages: &mut PagePool, tick: u32, level: Level) {
        self.occupied |= bit(tick);
        if self.level_tick == NO_TICK {
            self.level_tick = tick_in_chunk(tick);
            self.level = level;
        } else {
            self.open_in_page(pages, tick, level);
        }
    }

    /// Takes the level of a tick away.
    #[inline(always)]
    pub(super) fn close(&mut self, pages: &mut PagePool, tick: u32) {
        self.occupied &= !bit(tick);
        if self.holds_here(tick) {
            self.level_tick = NO_TICK;
        } else {
            self.close_in_page(pages, tick);
        }
    }

    #[inline]
    fn open_in_page(&mut self, pages: &mut PagePool, tick: u32, level: Level) {
        let page = &mut self.pages[page_index(tick)];
        if *page == NONE {
            *page = pages.take();
        }
        *pages.level_mut(*page, tick) = level;
    }

    #[inline]
    fn close_in_page(&mut self, pages: &mut PagePool, tick: u32) {
        let here = 1_u64.checked_shl(u32::from(self.level_tick)).unwrap_or(0);
        let of_page = PAGE_MASK << (tick % CHUNK_TICKS / PAGE_LEVELS * PAGE_LEVELS);
        if self.occupied & !here & of_page == 0 {
            let page = &mut self.pages[page_index(tick)];
            pages.give_back(std::mem::replace(page, NONE));
        }
    }

    /// Whether the level of a tick lies in the chunk itself.
    #[inline(always)]
    pub(super) fn holds_here(&self, tick: u32) -> bool {
        self.level_tick == tick_in_chunk(tick)
    }
}

#[inline(always)]
fn tick_in_chunk(tick: u32) -> u8 {
    (tick % CHUNK_TICKS) as u8
}

#[inline(always)]
fn page_index(tick: u32) -> usize {
    (tick % CHUNK_TICKS / PAGE_LEVELS) as usize
}

const NO_TICK: u8 = u8::MAX;
const PAGE_MASK: u64 = u64::MAX >> (64 - PAGE_LEVELS);

const _: () = assert!(size_of::<Chunk>() == 64);

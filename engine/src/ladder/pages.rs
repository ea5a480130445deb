//! Levels in pages of eight, from one pool for all books.

use forecastle_runtime::memory::{Arena, prefetch_element};

use crate::memory_table::MemoryUse;

/// The orders of one tick: first, last, and their lots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) quantity: u64,
}

impl Level {
    pub(super) const EMPTY: Self = Self { head: NONE, tail: NONE, quantity: 0 };
}

/// All pages, and which of them are free.
#[derive(Debug)]
pub(super) struct PagePool {
    pages: Arena<Page>,
    free: Box<[u32]>,
    free_count: usize,
}

impl PagePool {
    pub(super) fn new(page_count: u32) -> Self {
        Self {
            pages: Arena::new(page_count, [Level::EMPTY; PAGE_LEVELS as usize]),
            free: (0..page_count).rev().collect(),
            free_count: page_count as usize,
        }
    }

    /// What they keep in memory.
    #[cold]
    pub(super) fn memory(&self) -> [MemoryUse; 2] {
        [
            MemoryUse::of_arrays("price levels", &self.pages),
            MemoryUse::of_slice("free pages of price levels", &self.free),
        ]
    }

    /// The level of a tick in a page, if there is such a page.
    #[inline(always)]
    pub(super) fn find(&self, page: u32, tick: u32) -> Option<&Level> {
        self.pages.get(page).map(|page| &page[index_in_page(tick)])
    }

    /// The level of a tick in a page.
    #[inline(always)]
    pub(super) fn level_mut(&mut self, page: u32, tick: u32) -> &mut Level {
        &mut self.pages[page][index_in_page(tick)]
    }

    /// Takes a page.
    ///
    /// # Panics
    /// When there is none left.
    #[inline]
    pub(super) fn take(&mut self) -> u32 {
        self.free_count = self.free_count.checked_sub(1).expect("each page in use holds an order");
        self.free[self.free_count]
    }

    /// Gives a page back that [`Self::take`] gave.
    #[inline]
    pub(super) fn give_back(&mut self, page: u32) {
        self.free[self.free_count] = page;
        self.free_count += 1;
    }

    /// Brings the level of a tick in a page close; any numbers are allowed.
    #[inline]
    pub(super) fn prefetch(&self, page: u32, tick: u32) {
        if let Some(page) = self.pages.get(page) {
            prefetch_element(page, index_in_page(tick));
        }
    }

    #[cfg(test)]
    pub(super) fn free_count(&self) -> usize {
        self.free_count
    }
}

#[inline(always)]
fn index_in_page(tick: u32) -> usize {
    (tick % PAGE_LEVELS) as usize
}

type Page = [Level; PAGE_LEVELS as usize];

pub(super) const PAGE_LEVELS: u32 = 8;
/// No order, or no page.
pub(super) const NONE: u32 = u32::MAX;

const _: () = assert!(size_of::<Level>() == 16);

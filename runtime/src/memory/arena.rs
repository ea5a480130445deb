//! A preallocated slab addressed by index: the engine's orders, levels, accounts and positions.
//!
//! Called by the thread that owns the state in it. It keeps no free list: which slots are free is
//! engine state and in its digest, so the engine keeps that itself.

#![allow(unsafe_code)]

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Index, IndexMut};

use super::pages::{HugePages, Pages};
use super::prefetch::{prefetch_element, prefetch_lines};

/// `capacity` values of `T`, all alive from construction to drop, never moved and never grown.
///
/// Index it like a slice, by `u32` (links between rows are 32 bits wide), or take the whole of it
/// by [`Arena::as_slice`].
pub struct Arena<T> {
    pages: Pages,
    capacity: u32,
    owns: PhantomData<T>,
}

impl<T: Copy> Arena<T> {
    /// An arena of `capacity` copies of `fill`, every page touched. It asks for huge pages.
    ///
    /// # Panics
    /// When `T` has no size or needs more than page alignment, or the arena does not fit an
    /// allocation. Ends the process when memory is out.
    #[must_use]
    pub fn new(capacity: u32, fill: T) -> Self {
        Self::with_huge_pages(capacity, fill, HugePages::Advise)
    }

    /// As [`Arena::new`], with the choice of huge pages.
    ///
    /// # Panics
    /// As [`Arena::new`].
    #[must_use]
    pub fn with_huge_pages(capacity: u32, fill: T, huge_pages: HugePages) -> Self {
        const { assert!(size_of::<T>() > 0, "an arena's values have a size") };
        const { assert!(align_of::<T>() <= super::PAGE_LENGTH, "values fit a page's alignment") };
        let length = size_of::<T>()
            .checked_mul(capacity as usize)
            .expect("the arena fits the address space");
        let pages = Pages::untouched(length.max(1), huge_pages);
        let first = pages.base().cast::<T>();
        for index in 0..capacity as usize {
            let slot = first.as_ptr().wrapping_add(index);
            // SAFETY: `index < capacity`, and the block holds `capacity * size_of::<T>()` bytes
            // from an address aligned to a page, hence to `T`; the block is owned here.
            unsafe { slot.write(fill) };
        }
        Self { pages, capacity, owns: PhantomData }
    }
}

impl<T> Arena<T> {
    /// Number of values, fixed for the arena's life.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Bytes that it takes, in whole pages: huge ones when it was made to ask for them and spans
    /// one.
    #[must_use]
    pub fn length(&self) -> usize {
        self.pages.length()
    }

    /// The value at `index`, or `None` out of bounds. O(1).
    #[inline]
    #[must_use]
    pub fn get(&self, index: u32) -> Option<&T> {
        self.as_slice().get(index as usize)
    }

    /// The value at `index` for writing, or `None` out of bounds. O(1).
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        self.as_mut_slice().get_mut(index as usize)
    }

    /// Brings the first cache line of the value at `index` close. Any index is allowed; one out
    /// of bounds changes nothing. Cost: a hint, never a stall.
    #[inline]
    pub fn prefetch(&self, index: u32) {
        prefetch_element(self.as_slice(), index as usize);
    }

    /// As [`Arena::prefetch`], every cache line of the value: for values of a few lines.
    #[inline]
    pub fn prefetch_all(&self, index: u32) {
        prefetch_lines(self.as_slice(), index as usize);
    }

    /// All values in index order.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        let first = self.pages.base().cast::<T>().as_ptr();
        // SAFETY: the constructor wrote `capacity` values of `T` from `first`, aligned; they live
        // as long as `self`, which is borrowed, so nothing writes them meanwhile.
        unsafe { core::slice::from_raw_parts(first, self.capacity as usize) }
    }

    /// All values in index order, for writing.
    #[inline]
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        let first = self.pages.base().cast::<T>().as_ptr();
        // SAFETY: as in `as_slice`, and `self` is borrowed for writing, so this is the only
        // reference to the values.
        unsafe { core::slice::from_raw_parts_mut(first, self.capacity as usize) }
    }
}

impl<T> Index<u32> for Arena<T> {
    type Output = T;

    /// # Panics
    /// When `index` is not below the capacity.
    #[inline]
    fn index(&self, index: u32) -> &T {
        &self.as_slice()[index as usize]
    }
}

impl<T> IndexMut<u32> for Arena<T> {
    /// # Panics
    /// When `index` is not below the capacity.
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.as_mut_slice()[index as usize]
    }
}

impl<T> fmt::Debug for Arena<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Arena").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::Arena;

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C, align(64))]
    struct Row {
        next: u32,
        quantity: u64,
    }

    const EMPTY: Row = Row { next: u32::MAX, quantity: 0 };

    #[test]
    fn rows_start_filled_and_keep_what_is_written() {
        let mut arena = Arena::new(1000, EMPTY);
        assert_eq!(arena.capacity(), 1000);
        assert_eq!(arena.length(), 16 * super::super::PAGE_LENGTH, "64,000 bytes in whole pages");
        assert!(arena.as_slice().iter().all(|row| *row == EMPTY));
        for index in 0..1000 {
            arena[index].quantity = u64::from(index) * 3;
        }
        arena.get_mut(7).unwrap().next = 9;
        assert_eq!(arena[7], Row { next: 9, quantity: 21 });
        assert_eq!(arena[999].quantity, 2997);
        assert_eq!(arena.as_slice().as_ptr().addr() % 64, 0);
    }

    #[test]
    fn out_of_bounds_is_none_and_prefetch_takes_any_index() {
        let mut arena = Arena::new(3, 5_u8);
        for index in [0, 2, 3, u32::MAX] {
            arena.prefetch(index);
        }
        assert_eq!(arena.get(2), Some(&5));
        assert_eq!(arena.get(3), None);
        assert_eq!(arena.get_mut(u32::MAX), None);
    }

    #[test]
    #[should_panic(expected = "index out of bounds")]
    fn indexing_out_of_bounds_panics() {
        let arena = Arena::new(3, 5_u8);
        let _ = arena[3];
    }

    #[test]
    fn an_arena_of_nothing_is_allowed() {
        let arena = Arena::new(0, 1_u64);
        assert!(arena.as_slice().is_empty());
        arena.prefetch(0);
    }
}

//! The system's allocator with a count of what it has given out, for tests and benchmarks that hold
//! a program to what it says of its memory.

#![allow(unsafe_code)]

use core::sync::atomic::{AtomicUsize, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};

/// Allocates as [`System`] does and counts the bytes that are allocated and not yet freed.
///
/// Declare it as a program's `#[global_allocator]`; the count is of all threads.
#[derive(Debug)]
pub struct CountingAllocator {
    allocated_length: AtomicUsize,
}

impl CountingAllocator {
    /// An allocator that has given out nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { allocated_length: AtomicUsize::new(0) }
    }

    /// Bytes allocated and not yet freed, as they were asked for.
    #[must_use]
    pub fn allocated_length(&self) -> usize {
        self.allocated_length.load(Ordering::Relaxed)
    }

    fn count(&self, pointer: *mut u8, length: usize) {
        if !pointer.is_null() {
            self.allocated_length.fetch_add(length, Ordering::Relaxed);
        }
    }
}

impl Default for CountingAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: every block comes from `System` and goes back to it, under the layout of the caller; the
// count allocates nothing and does not panic.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        let pointer = unsafe { System.alloc(layout) };
        self.count(pointer, layout.size());
        pointer
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is that of `System`.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        self.count(pointer, layout.size());
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.allocated_length.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller gives back what `alloc` gave under this layout, which came from
        // `System` under the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_length: usize) -> *mut u8 {
        // SAFETY: the caller gives what `alloc` gave under this layout, which came from `System`
        // under the same, and a length that fits it.
        let moved = unsafe { System.realloc(pointer, layout, new_length) };
        if !moved.is_null() {
            self.allocated_length.fetch_sub(layout.size(), Ordering::Relaxed);
            self.count(moved, new_length);
        }
        moved
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn the_count_follows_every_way_to_allocate_and_to_free() {
        let allocator = CountingAllocator::new();
        let layout = Layout::from_size_align(100, 64).unwrap();
        // SAFETY: the layout has a size, and the block is given back under the layout it has.
        let first = unsafe { allocator.alloc(layout) };
        // SAFETY: the layout has a size.
        let second = unsafe { allocator.alloc_zeroed(layout) };
        assert!(!first.is_null() && !second.is_null());
        assert_eq!(allocator.allocated_length(), 200);
        // SAFETY: the block came from this allocator under this layout; the new length fits it.
        let first = unsafe { allocator.realloc(first, layout, 300) };
        assert_eq!(allocator.allocated_length(), 400);
        let grown = Layout::from_size_align(300, 64).unwrap();
        // SAFETY: the block has this layout since it was grown.
        unsafe { allocator.dealloc(first, grown) };
        // SAFETY: the block came from this allocator under this layout.
        unsafe { allocator.dealloc(second, layout) };
        assert_eq!(allocator.allocated_length(), 0);
    }
}

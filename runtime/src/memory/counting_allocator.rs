//! The system's allocator with a count of what it has given out, for tests and benchmarks that hold
//! a program to what it says of its memory.

#![allow(unsafe_code)]

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};

/// Allocates as [`System`] does and counts the bytes that each thread allocated less those that it
/// freed.
///
/// Declare it as a program's `#[global_allocator]`. Threads count for themselves, so that what a
/// test's framework allocates beside the test does not count.
#[derive(Debug, Default)]
pub struct CountingAllocator;

impl CountingAllocator {
    /// Bytes that the calling thread allocated, as they were asked for, less those that it freed,
    /// modulo the range of the type: it may free what others allocated.
    #[must_use]
    pub fn allocated_length(&self) -> usize {
        ALLOCATED_LENGTH.get()
    }

    fn count(&self, pointer: *mut u8, length: usize) {
        if !pointer.is_null() {
            change(|allocated| allocated.wrapping_add(length));
        }
    }
}

fn change(change: impl FnOnce(usize) -> usize) {
    // A cell without a destructor is there as long as its thread; were it not, nobody asked.
    let _ = ALLOCATED_LENGTH.try_with(|allocated| allocated.set(change(allocated.get())));
}

thread_local! {
    static ALLOCATED_LENGTH: Cell<usize> = const { Cell::new(0) };
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
        change(|allocated| allocated.wrapping_sub(layout.size()));
        // SAFETY: the caller gives back what `alloc` gave under this layout, which came from
        // `System` under the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_length: usize) -> *mut u8 {
        // SAFETY: the caller gives what `alloc` gave under this layout, which came from `System`
        // under the same, and a length that fits it.
        let moved = unsafe { System.realloc(pointer, layout, new_length) };
        if !moved.is_null() {
            change(|allocated| allocated.wrapping_sub(layout.size()));
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
        let allocator = CountingAllocator;
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
        let elsewhere = std::thread::spawn(|| CountingAllocator.allocated_length());
        assert_eq!(elsewhere.join().unwrap(), 0, "a thread counts for itself");
        let grown = Layout::from_size_align(300, 64).unwrap();
        // SAFETY: the block has this layout since it was grown.
        unsafe { allocator.dealloc(first, grown) };
        // SAFETY: the block came from this allocator under this layout.
        unsafe { allocator.dealloc(second, layout) };
        assert_eq!(allocator.allocated_length(), 0);
    }
}

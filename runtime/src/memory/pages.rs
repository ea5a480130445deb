//! A page-aligned block of anonymous memory, every page of it touched, by the block or its owner.
//!
//! The block behind arenas and anonymous regions. Cold: made at start, freed at the end.

#![allow(unsafe_code)]

use core::ptr::NonNull;
use std::alloc::Layout;

/// Whether the kernel is asked to back a block with huge pages.
///
/// It is advice: where the kernel has none to give, or the block is shorter than one huge page,
/// ordinary pages are used and nothing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HugePages {
    /// Ordinary pages.
    Never,
    /// `madvise(MADV_HUGEPAGE)` before the first touch, where the target has it.
    Advise,
}

/// An owned block of bytes. Access to the bytes is up to the owner of the block.
pub(crate) struct Pages {
    base: NonNull<u8>,
    layout: Layout,
}

impl Pages {
    /// A zeroed block of `length` bytes, rounded up to whole pages and aligned to
    /// [`PAGE_LENGTH`], or to a huge page when huge pages are advised and it spans one.
    ///
    /// # Panics
    /// When `length` is 0 or does not fit an allocation. Ends the process when memory is out.
    pub(crate) fn zeroed(length: usize, huge_pages: HugePages) -> Self {
        let pages = Self::untouched(length, huge_pages);
        // The zeros are written, not taken from the kernel, so that every page is resident.
        // SAFETY: `base` points to as many bytes as the layout has, and this block alone owns them.
        unsafe { pages.base.as_ptr().write_bytes(0, pages.layout.size()) };
        pages
    }

    /// As [`Pages::zeroed`], for an owner that writes the whole length before it reads: until then
    /// the bytes are not initialised and the pages may not be resident.
    ///
    /// # Panics
    /// As [`Pages::zeroed`].
    pub(crate) fn untouched(length: usize, huge_pages: HugePages) -> Self {
        assert!(length > 0, "a block of pages has at least one byte");
        let advise = huge_pages == HugePages::Advise && length >= HUGE_PAGE_LENGTH;
        let alignment = if advise { HUGE_PAGE_LENGTH } else { PAGE_LENGTH };
        let layout = Layout::from_size_align(length, alignment)
            .expect("length fits an allocation")
            .pad_to_align();
        // SAFETY: the layout's size is not zero, asserted above.
        let base = unsafe { std::alloc::alloc(layout) };
        let Some(base) = NonNull::new(base) else { std::alloc::handle_alloc_error(layout) };
        if advise {
            advise_huge_pages(base, layout.size());
        }
        Self { base, layout }
    }

    /// The first byte; [`Pages::length`] bytes follow it.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Length in bytes, a multiple of [`PAGE_LENGTH`].
    pub(crate) fn length(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: `base` came from `alloc` with this very layout and is freed once, here.
        unsafe { std::alloc::dealloc(self.base.as_ptr(), self.layout) };
    }
}

// SAFETY: a block owns its bytes and nothing else refers to them by thread.
unsafe impl Send for Pages {}
// SAFETY: a shared block only tells its address and length.
unsafe impl Sync for Pages {}

#[cfg(all(target_os = "linux", not(miri)))]
fn advise_huge_pages(base: NonNull<u8>, length: usize) {
    // The result is ignored on purpose: without huge pages the block is slower, not wrong.
    // SAFETY: the range is this block's own, aligned to a page, and MADV_HUGEPAGE keeps contents
    // and mapping as they are.
    let _ = unsafe { libc::madvise(base.as_ptr().cast(), length, libc::MADV_HUGEPAGE) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise_huge_pages(_base: NonNull<u8>, _length: usize) {}

/// Length and alignment of a page in bytes, as regions and arenas count them.
pub const PAGE_LENGTH: usize = 4096;
const HUGE_PAGE_LENGTH: usize = 2 * 1024 * 1024;

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::{HUGE_PAGE_LENGTH, HugePages, PAGE_LENGTH, Pages};

    #[test]
    fn blocks_are_aligned_and_whole_pages() {
        for (length, huge_pages, whole, alignment) in [
            (1, HugePages::Never, PAGE_LENGTH, PAGE_LENGTH),
            (PAGE_LENGTH + 1, HugePages::Advise, 2 * PAGE_LENGTH, PAGE_LENGTH),
            (HUGE_PAGE_LENGTH + 1, HugePages::Advise, 2 * HUGE_PAGE_LENGTH, HUGE_PAGE_LENGTH),
        ] {
            let pages = Pages::zeroed(length, huge_pages);
            assert_eq!(pages.length(), whole);
            assert_eq!(pages.base().as_ptr().addr() % alignment, 0);
        }
    }
}

//! A zeroed byte region that one structure (a ring, a log buffer, counters) is laid out in.
//!
//! Anonymous memory, or a mapped file that a second process opens as well. Structures refer to a
//! place in it by offset and never store a pointer. Words are reached as atomics; a run of bytes
//! becomes a slice only inside this crate, under the protocol of the structure laid out in it.

#![allow(unsafe_code)]

use core::any::Any;
use core::fmt;
use core::ptr::NonNull;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use memmap2::MmapOptions;

use super::pages::{HugePages, PAGE_LENGTH, Pages};
use super::prefetch::prefetch_line;
use super::word_stores::store_words;
use crate::sync::{AtomicU64, Ordering};

/// A handle to a region. Clones refer to the same bytes; the last one unmaps them.
///
/// A region carries one layout for its whole life: `create` of a second structure in it fails.
/// A mapped file is made with mode 0600: whoever may write it is trusted as this process is, and
/// must neither truncate it nor write it by other means than this crate.
#[derive(Clone)]
pub struct Region {
    base: NonNull<u8>,
    length: usize,
    /// What unmaps or frees the bytes when the last handle goes.
    _backing: Arc<dyn Any + Send + Sync>,
}

impl Region {
    /// Anonymous memory of at least `length` bytes (rounded up to whole pages), zeroed and
    /// resident, on huge pages where the kernel has them.
    ///
    /// # Panics
    /// When `length` is 0 or does not fit an allocation.
    #[must_use]
    pub fn anonymous(length: usize) -> Self {
        let pages = Pages::zeroed(length, HugePages::Advise);
        let (base, length) = (pages.base(), pages.length());
        Self { base, length, _backing: Arc::new(pages) }
    }

    /// Makes the file `path` with mode 0600 and maps it, `length` bytes rounded up to whole
    /// pages, zeroed and resident.
    ///
    /// # Errors
    /// When the file exists, or cannot be made, sized or mapped.
    pub fn create_file(path: &Path, length: usize) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).mode(0o600).open(path)?;
        file.set_len(length.next_multiple_of(PAGE_LENGTH) as u64)?;
        Self::map(&file)
    }

    /// Maps a file that another region, as a rule of another process, was made with.
    ///
    /// # Errors
    /// When the file cannot be opened or mapped, or its length is not a positive whole number of
    /// pages.
    pub fn open_file(path: &Path) -> io::Result<Self> {
        Self::map(&OpenOptions::new().read(true).write(true).open(path)?)
    }

    fn map(file: &File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        if length == 0 || !length.is_multiple_of(PAGE_LENGTH as u64) {
            let reason = "a region's file is a positive whole number of pages long";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let map = MmapOptions::new().populate().map_raw(file)?;
        let base = NonNull::new(map.as_mut_ptr()).expect("a mapping has an address");
        Ok(Self { base, length: map.len(), _backing: Arc::new(map) })
    }

    /// Length in bytes, a multiple of [`PAGE_LENGTH`].
    #[inline]
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The word at byte `offset`.
    ///
    /// # Panics
    /// When `offset` is not a multiple of 8 inside the region.
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        let pointer = self.checked(offset, size_of::<u64>()).cast::<u64>();
        assert!(offset.is_multiple_of(align_of::<u64>()), "words are aligned");
        // SAFETY: in bounds (checked) and aligned (the base is page-aligned, the offset is
        // asserted); the bytes live as long as `self`, which holds the backing; whoever reaches
        // the same bytes without atomics does so under the contract of `bytes` or `bytes_mut`,
        // which excludes a simultaneous access through here.
        unsafe { AtomicU64::from_ptr(pointer) }
    }

    /// The `N` words from byte `offset` on, without a check.
    ///
    /// # Safety
    /// They lie inside the region, and `offset` is a multiple of 8.
    #[inline(always)]
    pub(crate) unsafe fn words_within<const N: usize>(&self, offset: usize) -> &[AtomicU64; N] {
        debug_assert!(offset.is_multiple_of(align_of::<u64>()), "words are aligned");
        debug_assert!(offset + N * size_of::<u64>() <= self.length, "words lie inside the region");
        // SAFETY: the caller says that the words, and so their first, lie inside the region, which
        // is one allocation.
        let first = unsafe { self.base.add(offset) };
        // SAFETY: as in `word`, for each of the `N` words; `AtomicU64` has the layout of `u64`.
        unsafe { first.cast::<[AtomicU64; N]>().as_ref() }
    }

    /// Brings the cache line at byte `offset` close; any offset is allowed.
    #[inline]
    pub(crate) fn prefetch(&self, offset: usize) {
        prefetch_line(self.base.as_ptr().wrapping_add(offset).cast_const().cast());
    }

    /// Stores `words` from byte `offset` on, each atomically and relaxed: a reader that is
    /// overrun may load them at the same time and will throw away what it got.
    ///
    /// # Panics
    /// When the words do not lie inside the region, aligned.
    #[inline]
    pub(crate) fn write_words(&self, offset: usize, words: &[u64]) {
        store_words(self.words(offset, words.len()), words);
    }

    /// As [`Self::write_words`], without a check.
    ///
    /// # Safety
    /// The words lie inside the region, and `offset` is a multiple of 8.
    #[inline(always)]
    pub(crate) unsafe fn write_words_within(&self, offset: usize, words: &[u64]) {
        debug_assert!(offset.is_multiple_of(align_of::<u64>()), "words are aligned");
        debug_assert!(offset + size_of_val(words) <= self.length, "words lie inside the region");
        // SAFETY: the caller says that the words, and so their first, lie inside the region, which
        // is one allocation.
        let first = unsafe { self.base.add(offset) }.cast::<AtomicU64>();
        // SAFETY: as in `word`, for each of the words; `AtomicU64` has the layout of `u64`.
        let shared = unsafe { core::slice::from_raw_parts(first.as_ptr(), words.len()) };
        store_words(shared, words);
    }

    /// Loads words from byte `offset` on, each atomically and relaxed.
    ///
    /// # Panics
    /// When the words do not lie inside the region, aligned.
    #[inline]
    pub(crate) fn read_words(&self, offset: usize, words: &mut [u64]) {
        for (shared, word) in self.words(offset, words.len()).iter().zip(words) {
            *word = shared.load(Ordering::Relaxed);
        }
    }

    /// The `length` bytes at `offset`.
    ///
    /// # Panics
    /// When they do not lie inside the region.
    ///
    /// # Safety
    /// For as long as the slice lives nobody writes these bytes, and every earlier write of them
    /// happens before this call.
    #[inline]
    pub(crate) unsafe fn bytes(&self, offset: usize, length: usize) -> &[u8] {
        let pointer = self.checked(offset, length);
        // SAFETY: in bounds of one allocation (checked), initialised (regions start zeroed),
        // alive as long as `self`; the caller excludes writers.
        unsafe { core::slice::from_raw_parts(pointer, length) }
    }

    /// As [`Self::bytes`], without a check.
    ///
    /// # Safety
    /// The bytes lie inside the region, and as for [`Self::bytes`].
    #[inline(always)]
    pub(crate) unsafe fn bytes_within(&self, offset: usize, length: usize) -> &[u8] {
        debug_assert!(offset + length <= self.length, "bytes lie inside the region");
        // SAFETY: the caller says that the bytes lie inside the region, which is one allocation.
        let first = unsafe { self.base.add(offset) };
        // SAFETY: as in `bytes`, with the caller's word for the bounds.
        unsafe { core::slice::from_raw_parts(first.as_ptr(), length) }
    }

    /// The `length` bytes at `offset`, for writing.
    ///
    /// # Panics
    /// When they do not lie inside the region.
    ///
    /// # Safety
    /// For as long as the slice lives nobody else reads or writes these bytes, and every earlier
    /// access to them happens before this call.
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn bytes_mut(&self, offset: usize, length: usize) -> &mut [u8] {
        let pointer = self.checked(offset, length);
        // SAFETY: in bounds of one allocation (checked), initialised (regions start zeroed),
        // alive as long as `self`; the caller excludes every other access.
        unsafe { core::slice::from_raw_parts_mut(pointer, length) }
    }

    #[inline]
    fn words(&self, offset: usize, count: usize) -> &[AtomicU64] {
        let pointer = self.checked(offset, count * size_of::<u64>()).cast::<AtomicU64>();
        assert!(offset.is_multiple_of(align_of::<u64>()), "words are aligned");
        // SAFETY: as in `word`, for each of the `count` words; `AtomicU64` has the layout of
        // `u64`.
        unsafe { core::slice::from_raw_parts(pointer, count) }
    }

    #[inline]
    fn checked(&self, offset: usize, length: usize) -> *mut u8 {
        let end = offset.checked_add(length).expect("an offset and a length of this region");
        assert!(end <= self.length, "bytes lie inside the region");
        self.base.as_ptr().wrapping_add(offset)
    }
}

// SAFETY: a region is an address and a length of memory that the backing keeps alive wherever
// the handle goes; what is read and written there is atomic or under `bytes` and `bytes_mut`.
unsafe impl Send for Region {}
// SAFETY: as for `Send`; shared access gives atomics, and slices only by unsafe functions.
unsafe impl Sync for Region {}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Region").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ordering, PAGE_LENGTH, Region};

    #[test]
    fn a_region_is_zeroed_aligned_and_whole_pages() {
        let region = Region::anonymous(PAGE_LENGTH + 1);
        assert_eq!(region.length(), 2 * PAGE_LENGTH);
        let mut words = [1_u64; 2 * PAGE_LENGTH / 8];
        region.read_words(0, &mut words);
        assert!(words.iter().all(|word| *word == 0));
    }

    /// Fewer words than a line has, whole lines, and lengths between; what lies around stays.
    #[test]
    fn as_many_words_are_written_as_there_are() {
        let region = Region::anonymous(PAGE_LENGTH);
        for count in 0..40 {
            let words: Vec<u64> = (1..=count as u64).map(|number| number << 40 | number).collect();
            region.write_words(16, &[u64::MAX; 48]);
            region.write_words(64, &words);
            let mut found = [0; 48];
            region.read_words(16, &mut found);
            let (before, rest) = found.split_at(6);
            let (written, behind) = rest.split_at(count);
            assert_eq!(written, words, "{count} words");
            assert!(before.iter().chain(behind).all(|word| *word == u64::MAX), "{count} words");
        }
    }

    #[test]
    #[cfg(not(miri))]
    fn two_mappings_of_a_file_share_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("region");
        let first = Region::create_file(&path, 100).unwrap();
        let second = Region::open_file(&path).unwrap();
        assert_eq!((first.length(), second.length()), (PAGE_LENGTH, PAGE_LENGTH));
        first.write_words(8, &[1, 2, 3]);
        assert_eq!(second.word(24).load(Ordering::Relaxed), 3);
        assert!(Region::create_file(&path, 100).is_err(), "an existing file is not taken over");
    }

    #[test]
    #[cfg(not(miri))]
    fn a_file_of_broken_length_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        for length in [0, 1, PAGE_LENGTH - 8, PAGE_LENGTH + 8] {
            let path = directory.path().join(length.to_string());
            std::fs::write(&path, vec![0; length]).unwrap();
            assert!(Region::open_file(&path).is_err(), "{length} bytes");
        }
    }

    #[test]
    #[should_panic(expected = "inside the region")]
    fn a_word_past_the_end_panics() {
        let _ = Region::anonymous(PAGE_LENGTH).word(PAGE_LENGTH);
    }

    #[test]
    #[should_panic(expected = "aligned")]
    fn a_word_off_its_alignment_panics() {
        let _ = Region::anonymous(PAGE_LENGTH).word(4);
    }
}

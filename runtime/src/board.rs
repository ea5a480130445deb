//! A board: numbered words by which threads or processes tell each other how things stand.
//!
//! Each word has one writer; whoever reads a word sees what its writer did before it wrote. A word
//! tells a state, not an event: what was there between two looks is not seen.
//!
//! # Layout
//! Little-endian, by offsets from the start of the region:
//!
//! | offset | bytes | what |
//! |--:|--:|---|
//! | 0 | 24 | magic, complete flag, capacity in words ([`crate::layout`]) |
//! | 4096 + 64 i | 8 | word i, 0 at first |

use crate::layout::{self, CONTROL_LENGTH, LayoutError};
use crate::memory::Region;
use crate::sync::Ordering;

/// A handle to a board. Clones refer to the same words.
#[derive(Clone, Debug)]
pub struct Board {
    region: Region,
    word_count: usize,
}

impl Board {
    /// Lays out `word_count` words in a fresh region.
    ///
    /// # Errors
    /// When `word_count` is not in 1..=[`WORDS_MAX`], or the region is too short or already holds
    /// a structure.
    pub fn create(region: Region, word_count: usize) -> Result<Self, LayoutError> {
        if !(1..=WORDS_MAX).contains(&word_count) {
            return Err(LayoutError::Capacity { found: word_count });
        }
        layout::begin(&region, MAGIC, word_count as u64, region_length(word_count))?;
        layout::complete(&region);
        Ok(Self { region, word_count })
    }

    /// The board that somebody laid out in a region.
    ///
    /// # Errors
    /// When the region holds no complete board.
    pub fn attach(region: Region) -> Result<Self, LayoutError> {
        let word_count = usize::try_from(layout::attach(&region, MAGIC)?).unwrap_or(usize::MAX);
        if !(1..=WORDS_MAX).contains(&word_count) {
            return Err(LayoutError::Capacity { found: word_count });
        }
        let needed = region_length(word_count);
        if region.length() < needed {
            return Err(LayoutError::TooShort { needed, found: region.length() });
        }
        Ok(Self { region, word_count })
    }

    /// A board in memory of this process alone.
    ///
    /// # Panics
    /// When `word_count` is not in 1..=[`WORDS_MAX`].
    #[must_use]
    pub fn anonymous(word_count: usize) -> Self {
        let region = Region::anonymous(region_length(word_count.clamp(1, WORDS_MAX)));
        Self::create(region, word_count).expect("a fresh region holds a board within bounds")
    }

    /// Word `index`. O(1).
    ///
    /// # Panics
    /// When the board has no such word.
    #[inline]
    #[must_use]
    pub fn load(&self, index: usize) -> u64 {
        // Acquire pairs with the Release in `store`.
        self.region.word(self.offset(index)).load(Ordering::Acquire)
    }

    /// Writes word `index`. O(1).
    ///
    /// # Panics
    /// When the board has no such word.
    #[inline]
    pub fn store(&self, index: usize, value: u64) {
        // Release pairs with the Acquire in `load`.
        self.region.word(self.offset(index)).store(value, Ordering::Release);
    }

    #[inline]
    fn offset(&self, index: usize) -> usize {
        assert!(index < self.word_count, "the board has the word");
        CONTROL_LENGTH + index * STRIDE
    }
}

/// One word of a board, as a flag that others raise.
#[derive(Clone, Debug)]
pub struct Flag {
    board: Board,
    index: usize,
}

impl Flag {
    /// Word `index` of a board: raised when it is not 0.
    ///
    /// # Panics
    /// When the board has no such word.
    #[must_use]
    pub fn new(board: Board, index: usize) -> Self {
        let _ = board.load(index);
        Self { board, index }
    }

    /// Whether it is raised. O(1).
    #[inline]
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.board.load(self.index) != 0
    }

    /// Raises or lowers it.
    #[inline]
    pub fn set(&self, is_raised: bool) {
        self.board.store(self.index, u64::from(is_raised));
    }
}

/// Length in bytes of the region that a board of `word_count` words takes.
#[must_use]
pub const fn region_length(word_count: usize) -> usize {
    CONTROL_LENGTH + word_count * STRIDE
}

/// Most words of a board.
pub const WORDS_MAX: usize = 64;
/// One cache line a word: writers do not slow each other down.
const STRIDE: usize = 64;
/// "FCBOARD" and the version of the layout.
const MAGIC: u64 = u64::from_le_bytes(*b"FCBOARD\x01");

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn two_mappings_of_a_file_share_the_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("board");
        let region = Region::create_file(&path, region_length(3)).unwrap();
        assert_eq!(Board::attach(region.clone()).unwrap_err(), LayoutError::NotReady);
        let ours = Board::create(region, 3).unwrap();
        let theirs = Board::attach(Region::open_file(&path).unwrap()).unwrap();
        ours.store(0, 7);
        theirs.store(2, u64::MAX);
        assert_eq!([0, 1, 2].map(|index| theirs.load(index)), [7, 0, u64::MAX]);
        assert_eq!(ours.load(2), u64::MAX);
    }

    #[test]
    fn a_board_has_from_one_to_its_most_words() {
        for count in [0, WORDS_MAX + 1] {
            let region = Region::anonymous(region_length(WORDS_MAX + 1));
            let refused = Board::create(region, count).unwrap_err();
            assert_eq!(refused, LayoutError::Capacity { found: count });
        }
    }

    #[test]
    #[should_panic(expected = "the board has the word")]
    fn a_word_beyond_the_board_is_a_bug() {
        let _ = Board::anonymous(3).load(3);
    }
}

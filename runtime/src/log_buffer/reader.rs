//! A reader that the writer never waits for, and that is told when it was overrun.

use core::fmt;

use zerocopy::IntoBytes;

use super::gate::ReleaseView;
use super::{
    HEADER_LENGTH, Layout, POSITION, RECORD_LENGTH_MAX, RESERVED, TAG_PADDING, TAG_RECORD, TAIL,
    Visibility, is_record_length, record_slot_length,
};
use crate::layout::LayoutError;
use crate::memory::Region;
use crate::slot::Commit;
use crate::sync::{Ordering, fence};

/// Follows the log on a copy of each record, at no cost to the writer.
#[derive(Debug)]
pub struct Reader {
    region: Region,
    layout: Layout,
    /// Offset of the next slot.
    offset: u64,
    /// Position of the next record.
    position: u64,
    release: ReleaseView,
    /// The copy of a record, [`RECORD_LENGTH_MAX`] bytes.
    record: Box<[u64]>,
}

impl Reader {
    /// A reader at the tail of the log: the first record it is handed is the next one committed.
    /// A reader made before the first record therefore sees the log from its start.
    ///
    /// # Errors
    /// When the region holds no complete log.
    pub fn attach(region: Region, visibility: Visibility) -> Result<Self, LayoutError> {
        let layout = Layout::attach(&region)?;
        let (offset, position) = loop {
            // A second turn only when the writer wrote a whole buffer during the first.
            if let Some(tail) = at_tail(&region, layout) {
                break tail;
            }
        };
        let release = ReleaseView::new(&layout, visibility, position);
        let record = vec![0; RECORD_LENGTH_MAX / size_of::<u64>()].into_boxed_slice();
        Ok(Self { region, layout, offset, position, release, record })
    }

    /// Hands up to `limit` records to `handle`, with their positions and in order, and returns
    /// how many. Cost: one copy of each record; no allocation.
    ///
    /// # Errors
    /// [`Overrun`] when the writer has come round to the next record, after the records before it
    /// were handed out. The reader then stands at the tail, and the next call goes on there. (A
    /// writer that comes round once more while the tail is looked up leaves that to the next
    /// call.)
    ///
    /// # Panics
    /// When a commit word is one that no writer of this crate stores.
    #[inline]
    pub fn poll(
        &mut self,
        limit: usize,
        mut handle: impl FnMut(u64, &[u8]),
    ) -> Result<usize, Overrun> {
        let mut count = 0;
        while count < limit {
            let slot = self.layout.slot(self.offset);
            // Acquire pairs with the writer's Release of the commit word: the record, its
            // position and the open slot after it happen before.
            let word = self.region.word(slot).load(Ordering::Acquire);
            if !self.is_intact() {
                return self.resume_at_tail(count);
            }
            // From here on the word is the commit word of this very slot, and not what a later
            // lap put there.
            let Some(commit) = Commit::from_word(word) else {
                break;
            };
            let length = commit.length as usize;
            if commit.tag == TAG_PADDING {
                assert!(length > 0 && length < self.layout.capacity, "padding has a length");
                self.offset += length as u64;
                continue;
            }
            assert!(commit.tag == TAG_RECORD, "a slot holds a record or padding");
            assert!(is_record_length(length), "a commit word holds a record's length");
            let end = self.position + length as u64;
            if !self.release.covers(&self.region, end) {
                break;
            }
            let words = &mut self.record[..length / size_of::<u64>()];
            self.region.read_words(slot + HEADER_LENGTH, words);
            if !self.is_intact() {
                return self.resume_at_tail(count);
            }
            handle(self.position, &self.record.as_bytes()[..length]);
            self.position = end;
            self.offset += record_slot_length(length) as u64;
            count += 1;
        }
        Ok(count)
    }

    /// The position of the record that is handed out next.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether all that was loaded from the slot at `offset` up to now was stored on this lap.
    #[inline]
    fn is_intact(&self) -> bool {
        is_intact(&self.region, self.layout, self.offset)
    }

    #[cold]
    fn resume_at_tail(&mut self, count: usize) -> Result<usize, Overrun> {
        let Some((offset, position)) = at_tail(&self.region, self.layout) else {
            return Ok(count);
        };
        let lost_from = self.position;
        (self.offset, self.position) = (offset, position);
        Err(Overrun { lost_from, resume_at: position })
    }
}

/// Records were overwritten before a reader came to them. Those at positions from `lost_from` up
/// to, not including, `resume_at` are gone from the buffer and stand in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overrun {
    /// The position of the first record that was not handed out.
    pub lost_from: u64,
    /// The position of the record that is handed out next.
    pub resume_at: u64,
}

impl fmt::Display for Overrun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost_from, resume_at } = self;
        write!(formatter, "overrun: records from {lost_from} to {resume_at} were overwritten")
    }
}

impl core::error::Error for Overrun {}

#[inline]
fn is_intact(region: &Region, layout: Layout, offset: u64) -> bool {
    // Acquire pairs with the writer's Release fence in `reserve`: if anything loaded before was
    // stored after that fence, the load below sees the reservation made before it.
    fence(Ordering::Acquire);
    region.word(RESERVED).load(Ordering::Relaxed) <= offset + layout.capacity as u64
}

/// Offset and position of the open slot, or `None` when the writer wrote a whole buffer while the
/// two were read.
fn at_tail(region: &Region, layout: Layout) -> Option<(u64, u64)> {
    // Acquire pairs with the writer's Release of the tail: the open slot happens before.
    let offset = region.word(TAIL).load(Ordering::Acquire);
    let position = region.word(layout.slot(offset) + POSITION).load(Ordering::Relaxed);
    is_intact(region, layout, offset).then_some((offset, position))
}

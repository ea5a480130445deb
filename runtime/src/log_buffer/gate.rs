//! What holds the log back: readers that the writer waits for, and the released position.

#![allow(unsafe_code)]

use super::{
    GATE_SEAT, GATE_STRIDE, GATES, HEADER_LENGTH, Layout, POSITION, RELEASE_SEAT, RELEASED,
    Release, TAG_PADDING, TAG_RECORD, Visibility, is_record_length, record_slot_length,
};
use crate::layout::{LayoutError, Seat};
use crate::memory::Region;
use crate::slot::Commit;
use crate::sync::Ordering;

/// Reads every record, in place, and holds the writer back until it has.
#[derive(Debug)]
pub struct GatingReader {
    region: Region,
    layout: Layout,
    /// Byte of the region where this reader's gate is.
    gate: usize,
    /// Offset of the next slot.
    offset: u64,
    /// Position of the next record.
    position: u64,
    release: ReleaseView,
    _seat: Seat,
}

impl GatingReader {
    /// Takes gate `index` of a log; goes on where the gate's last reader ended.
    ///
    /// # Errors
    /// When the region holds no complete log, there is no such gate, or another reader has it.
    pub fn attach(
        region: Region,
        index: usize,
        visibility: Visibility,
    ) -> Result<Self, LayoutError> {
        let layout = Layout::attach(&region)?;
        if index >= layout.gate_count {
            return Err(LayoutError::NoSuchGate { index });
        }
        let gate = GATES + index * GATE_STRIDE;
        let seat = Seat::take(&region, gate + GATE_SEAT)?;
        // Relaxed, both: taking the seat synchronised with the gate's last reader, who alone
        // stores it and had acquired the commit that opened the slot; the first reader has
        // synchronised with the log's maker.
        let offset = region.word(gate).load(Ordering::Relaxed);
        let position = region.word(layout.slot(offset) + POSITION).load(Ordering::Relaxed);
        let release = ReleaseView::new(&layout, visibility, position);
        Ok(Self { region, layout, gate, offset, position, release, _seat: seat })
    }

    /// Hands up to `limit` records to `handle`, with their positions and in order, and returns
    /// how many. Their room goes back to the writer after the last one. No allocation, no copy.
    ///
    /// # Panics
    /// When a commit word is one that no writer of this crate stores.
    #[inline]
    pub fn poll(&mut self, limit: usize, mut handle: impl FnMut(u64, &[u8])) -> usize {
        self.poll_while(limit, |position, record| {
            handle(position, record);
            true
        })
    }

    /// As [`Self::poll`], until `take` says false: that record was not taken, and is handed out
    /// again by the next call.
    ///
    /// # Panics
    /// As [`Self::poll`].
    #[inline]
    pub fn poll_while(&mut self, limit: usize, mut take: impl FnMut(u64, &[u8]) -> bool) -> usize {
        let start = self.offset;
        let mut count = 0;
        while count < limit {
            let slot = self.layout.slot(self.offset);
            // Acquire pairs with the writer's Release of the commit word: the record, its
            // position and the open slot after it happen before.
            let word = self.region.word(slot).load(Ordering::Acquire);
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
            // SAFETY: the commit word was loaded with Acquire, so the writer's stores of the
            // record happen before. The writer stores here again only after it has seen this gate
            // past the slot, and the gate moves below, after the last use of the slice. Other
            // readers do not write.
            let record = unsafe { self.region.bytes(slot + HEADER_LENGTH, length) };
            if !take(self.position, record) {
                break;
            }
            self.position = end;
            self.offset += record_slot_length(length) as u64;
            count += 1;
        }
        if self.offset != start {
            // Release pairs with the writer's Acquire in `load_gates`: the reads of this batch
            // happen before it writes there again.
            self.region.word(self.gate).store(self.offset, Ordering::Release);
        }
        count
    }

    /// The position of the record that is handed out next.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }
}

/// The released position: readers with [`Visibility::Released`] are handed no record whose end is
/// above it. Held by whoever makes records durable.
#[derive(Debug)]
pub struct ReleaseGate {
    region: Region,
    released: u64,
    _seat: Seat,
}

impl ReleaseGate {
    /// Takes the release gate of a log made with [`Release::Gate`].
    ///
    /// # Errors
    /// When the region holds no complete log, the log was made with [`Release::OnCommit`], or
    /// another owner has the gate.
    pub fn attach(region: Region) -> Result<Self, LayoutError> {
        let layout = Layout::attach(&region)?;
        if layout.release == Release::OnCommit {
            return Err(LayoutError::NoReleaseGate);
        }
        let seat = Seat::take(&region, RELEASE_SEAT)?;
        // Relaxed: taking the seat synchronised with the last owner, who alone stores it.
        let released = region.word(RELEASED).load(Ordering::Relaxed);
        Ok(Self { region, released, _seat: seat })
    }

    /// Releases every record that ends at or below `position`.
    ///
    /// # Panics
    /// When `position` is below the released position: what was promised stays promised.
    #[inline]
    pub fn advance(&mut self, position: u64) {
        assert!(position >= self.released, "the released position never goes back");
        self.released = position;
        // Release pairs with the Acquire in `ReleaseView::covers`: who acts on a released record
        // sees what its release rests on.
        self.region.word(RELEASED).store(position, Ordering::Release);
    }

    /// The released position.
    #[inline]
    #[must_use]
    pub fn position(&self) -> u64 {
        self.released
    }
}

/// A reader's last look at the released position.
#[derive(Debug)]
pub(super) struct ReleaseView {
    is_gated: bool,
    released: u64,
}

impl ReleaseView {
    pub(super) fn new(layout: &Layout, visibility: Visibility, position: u64) -> Self {
        let is_gated = layout.release == Release::Gate && visibility == Visibility::Released;
        // Where the reader starts is no promise, so it looks again before its first record.
        Self { is_gated, released: position }
    }

    /// Whether a record that ends at position `end` may be handed out.
    #[inline]
    pub(super) fn covers(&mut self, region: &Region, end: u64) -> bool {
        if !self.is_gated || end <= self.released {
            return true;
        }
        // Acquire pairs with the Release in `ReleaseGate::advance`.
        self.released = region.word(RELEASED).load(Ordering::Acquire);
        end <= self.released
    }
}

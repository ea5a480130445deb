//! The window of one image: frames put at their stream positions in a ring as long as the receiver
//! window, out of order and with duplicates, and taken out in order. Which slots hold a frame is
//! kept beside the bytes, so frames that overlap what is held are refused whatever they claim.

use zerocopy::FromBytes;

use crate::counters::DropCause;
use crate::frame::{DataFrame, DataHeader};
use crate::limits::DATA_HEADER_LENGTH;
use crate::planted::{Fault, is_planted};
use crate::position::align;
use crate::slot_bitmap::SlotBitmap;

/// Bytes of one image between what was consumed and one window further.
#[derive(Debug)]
pub(crate) struct ReceiveBuffer {
    bytes: Box<[u8]>,
    received: SlotBitmap,
    frame_starts: SlotBitmap,
    /// Everything below was taken out or given up.
    consumed: u64,
    /// Everything below has arrived.
    rebuilt: u64,
    /// The sender is known to have sent everything below.
    high_water: u64,
    /// The padding held, which may reach beyond the ring: its header's position and its end. No
    /// frame held lies inside it. A window is at most half a term, so one at a time is enough.
    pad: Option<(u64, u64)>,
}

impl ReceiveBuffer {
    /// A ring for windows of up to `window_length` bytes.
    pub(crate) fn new(window_length: u32) -> Self {
        let length = window_length.next_power_of_two() as usize;
        Self {
            bytes: vec![0; length].into_boxed_slice(),
            received: SlotBitmap::new(length),
            frame_starts: SlotBitmap::new(length),
            consumed: 0,
            rebuilt: 0,
            high_water: 0,
            pad: None,
        }
    }

    /// Empties the buffer; the stream goes on at `position`.
    pub(crate) fn reset(&mut self, position: u64) {
        self.received.clear();
        self.frame_starts.clear();
        self.consumed = position;
        self.rebuilt = position;
        self.high_water = position;
        self.pad = None;
    }

    #[inline]
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The sender is known to have sent everything below.
    #[inline]
    pub(crate) fn high_water(&self) -> u64 {
        self.high_water
    }

    /// The sender says that it has sent everything below `position`.
    #[inline]
    pub(crate) fn raise_high_water(&mut self, position: u64) {
        self.high_water = self.high_water.max(position);
    }

    /// Holds the DATA or PAD frame that begins at `position` in the term that ends at `term_end`.
    #[inline]
    pub(crate) fn insert(
        &mut self,
        position: u64,
        term_end: u64,
        frame: &DataFrame<'_>,
    ) -> Result<(), DropCause> {
        let aligned_length = align(frame.header.header.frame_length.get() as usize) as u64;
        let end = position + aligned_length;
        if end > term_end {
            return Err(DropCause::PositionInvalid);
        }
        if position < self.consumed && !is_planted(Fault::RetransmitAppliedTwice) {
            return Err(DropCause::Duplicate);
        }
        if position + frame.bytes.len() as u64 > self.ring_end() {
            return Err(DropCause::OverRun);
        }
        if frame.header.is_pad() {
            self.check_pad(position, end, term_end)?;
            self.pad = Some((position, end));
        } else {
            self.check_data(position, end)?;
        }
        let held_end = position + frame.bytes.len() as u64;
        self.received.set_range(position, held_end);
        self.frame_starts.set(position);
        self.write(position, frame.bytes);
        self.raise_high_water(end);
        Ok(())
    }

    #[inline]
    fn check_data(&self, position: u64, end: u64) -> Result<(), DropCause> {
        let is_inside_pad = self.pad.is_some_and(|(from, to)| position < to && end > from);
        if is_inside_pad || self.received.first_set(position, end) != end {
            return Err(DropCause::Duplicate);
        }
        Ok(())
    }

    fn check_pad(&self, position: u64, end: u64, term_end: u64) -> Result<(), DropCause> {
        if self.pad == Some((position, end)) {
            return Err(DropCause::Duplicate);
        }
        let held_end = end.min(self.ring_end());
        let is_free = self.received.first_set(position, held_end) == held_end;
        if end != term_end || self.pad.is_some() || !is_free {
            return Err(DropCause::PadInvalid);
        }
        Ok(())
    }

    #[inline]
    fn write(&mut self, position: u64, from: &[u8]) {
        let start = self.index(position);
        let before_wrap = from.len().min(self.bytes.len() - start);
        let (head, tail) = from.split_at(before_wrap);
        self.bytes[start..start + before_wrap].copy_from_slice(head);
        self.bytes[..tail.len()].copy_from_slice(tail);
    }

    /// The next frame in order, when it has arrived.
    #[inline]
    pub(crate) fn next(&self) -> Option<HeldFrame<'_>> {
        if !self.frame_starts.is_set(self.consumed) {
            return None;
        }
        let start = self.index(self.consumed);
        let (header, _) = DataHeader::ref_from_prefix(&self.bytes[start..])
            .expect("a slot is as long as a header");
        let frame_length = header.header.frame_length.get() as usize;
        let end_position = self.consumed + align(frame_length) as u64;
        if header.is_pad() {
            let fault = is_planted(Fault::PaddingMishandled);
            let header_end = self.consumed + DATA_HEADER_LENGTH as u64;
            let end_position = if fault { header_end } else { end_position };
            return Some(HeldFrame { header, payload: (&[], &[]), end_position });
        }
        let payload_start = start + DATA_HEADER_LENGTH;
        let frame_end = start + frame_length;
        let length = self.bytes.len();
        let payload = if frame_end <= length {
            (&self.bytes[payload_start..frame_end], &self.bytes[..0])
        } else {
            (&self.bytes[payload_start.min(length)..], &self.bytes[..frame_end - length])
        };
        Some(HeldFrame { header, payload, end_position })
    }

    /// Gives back the room of the frame that [`Self::next`] showed, which ends at `end_position`.
    #[inline]
    pub(crate) fn consume(&mut self, end_position: u64) {
        self.frame_starts.clear_range(self.consumed, self.consumed + DATA_HEADER_LENGTH as u64);
        if self.pad.is_some_and(|(from, _)| from == self.consumed) {
            self.received.clear_range(self.consumed, self.consumed + DATA_HEADER_LENGTH as u64);
            self.pad = None;
        } else {
            self.received.clear_range(self.consumed, end_position);
        }
        self.consumed = end_position;
        self.rebuilt = self.rebuilt.max(end_position);
    }

    /// The first gap: bytes known to have been sent that have not arrived, up to the next frame
    /// held. Cost is amortised over the frames.
    #[inline]
    pub(crate) fn gap(&mut self) -> Option<(u64, u64)> {
        let limit = self.high_water.min(self.ring_end());
        if self.rebuilt < limit {
            self.rebuilt = self.received.first_clear(self.rebuilt, limit);
        }
        if let Some((from, to)) = self.pad
            && self.rebuilt == from + DATA_HEADER_LENGTH as u64
        {
            self.rebuilt = to;
            if to < limit {
                self.rebuilt = self.received.first_clear(to, limit);
            }
        }
        if self.rebuilt >= limit {
            return None;
        }
        Some((self.rebuilt, self.received.first_set(self.rebuilt, limit)))
    }

    /// Gives up the gap that everything before was consumed of, so that the stream goes on at `to`.
    pub(crate) fn skip_to(&mut self, to: u64) {
        debug_assert!(self.consumed == self.rebuilt && to > self.consumed);
        self.consumed = to;
        self.rebuilt = to;
    }

    #[inline]
    fn ring_end(&self) -> u64 {
        self.consumed + self.bytes.len() as u64
    }

    #[inline]
    fn index(&self, position: u64) -> usize {
        position as usize & (self.bytes.len() - 1)
    }
}

/// A frame in the buffer; its payload is in two pieces where the ring wraps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldFrame<'a> {
    pub(crate) header: &'a DataHeader,
    pub(crate) payload: (&'a [u8], &'a [u8]),
    pub(crate) end_position: u64,
}

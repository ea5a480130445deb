//! The bytes of one publication: two terms as a ring, holding whole frames at their positions, so
//! that sending and resending are copies. Two terms cover what may be asked for: one term behind
//! the sender, half a term ahead of it.

use zerocopy::little_endian::{I32, I64};
use zerocopy::{FromBytes, IntoBytes};

use crate::frame::{
    DATA_BEGIN, DATA_END, DATA_UNFRAGMENTED, DataHeader, FrameHeader, TYPE_DATA, TYPE_PAD,
};
use crate::limits::DATA_HEADER_LENGTH;
use crate::position::{TermGeometry, align};
use crate::session_index::SessionKey;
use crate::slot_bitmap::SlotBitmap;

/// Frames of one publication, written at the end and read anywhere in the last two terms.
#[derive(Debug)]
pub(crate) struct SendBuffer {
    bytes: Box<[u8]>,
    frame_starts: SlotBitmap,
    key: SessionKey,
    geometry: TermGeometry,
    position: u64,
}

impl SendBuffer {
    pub(crate) fn new(key: SessionKey, geometry: TermGeometry) -> Self {
        let length = 2 * geometry.term_length() as usize;
        Self {
            bytes: vec![0; length].into_boxed_slice(),
            frame_starts: SlotBitmap::new(length),
            key,
            geometry,
            position: 0,
        }
    }

    /// Makes this the empty buffer of another publication with the same term length, which starts
    /// at `position`.
    pub(crate) fn reset(&mut self, key: SessionKey, geometry: TermGeometry, position: u64) {
        assert_eq!(geometry.term_length(), self.geometry.term_length());
        self.frame_starts.clear();
        self.key = key;
        self.geometry = geometry;
        self.position = position;
    }

    #[inline]
    pub(crate) fn geometry(&self) -> TermGeometry {
        self.geometry
    }

    /// Position one past the last frame.
    #[inline]
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes that a message of `length` in frames of at most `mtu` takes, with the PAD in front of
    /// it when the rest of the term is too short.
    #[inline]
    pub(crate) fn required(&self, length: usize, mtu: usize) -> u64 {
        let framed = framed_length(length, mtu) as u64;
        let rest = self.geometry.term_end(self.position) - self.position;
        if framed > rest { rest + framed } else { framed }
    }

    /// Appends one message; the caller has checked that there is room and that it fits a term.
    pub(crate) fn append(&mut self, message: &[u8], mtu: usize) {
        self.pad_unless_fits(framed_length(message.len(), mtu));
        let payload_max = mtu - DATA_HEADER_LENGTH;
        if message.len() <= payload_max {
            self.append_frame(DATA_UNFRAGMENTED, message.len(), |to| to.copy_from_slice(message));
            return;
        }
        let last = (message.len() - 1) / payload_max;
        for (index, fragment) in message.chunks(payload_max).enumerate() {
            let begin = if index == 0 { DATA_BEGIN } else { 0 };
            let end = if index == last { DATA_END } else { 0 };
            self.append_frame(begin | end, fragment.len(), |to| to.copy_from_slice(fragment));
        }
    }

    /// Appends one unfragmented message that `fill` writes in place.
    #[inline]
    pub(crate) fn append_with(&mut self, length: usize, fill: impl FnOnce(&mut [u8])) {
        self.pad_unless_fits(align(DATA_HEADER_LENGTH + length));
        self.append_frame(DATA_UNFRAGMENTED, length, fill);
    }

    #[inline]
    fn pad_unless_fits(&mut self, framed: usize) {
        let rest = self.geometry.term_end(self.position) - self.position;
        if framed as u64 > rest {
            let header = self.header(TYPE_PAD, DATA_UNFRAGMENTED, rest as usize);
            self.write_header(header);
            self.advance(rest);
        }
    }

    #[inline]
    fn append_frame(&mut self, flags: u8, length: usize, fill: impl FnOnce(&mut [u8])) {
        let frame_length = DATA_HEADER_LENGTH + length;
        let aligned_length = align(frame_length);
        let header = self.header(TYPE_DATA, flags, frame_length);
        let start = self.write_header(header);
        let frame = &mut self.bytes[start..start + aligned_length];
        fill(&mut frame[DATA_HEADER_LENGTH..frame_length]);
        frame[frame_length..].fill(0);
        self.advance(aligned_length as u64);
    }

    #[inline]
    fn write_header(&mut self, header: DataHeader) -> usize {
        let start = self.index(self.position);
        self.bytes[start..start + DATA_HEADER_LENGTH].copy_from_slice(header.as_bytes());
        start
    }

    #[inline]
    fn advance(&mut self, length: u64) {
        self.frame_starts.clear_range(self.position, self.position + length);
        self.frame_starts.set(self.position);
        self.position += length;
    }

    #[inline]
    fn header(&self, frame_type: i16, flags: u8, frame_length: usize) -> DataHeader {
        self.header_at(self.position, FrameHeader::new(frame_type, flags, frame_length))
    }

    /// The DATA header that announces `position`: what a heartbeat is.
    pub(crate) fn heartbeat(&self, position: u64, flags: u8) -> DataHeader {
        self.header_at(position, FrameHeader::new(TYPE_DATA, flags, 0))
    }

    #[inline]
    fn header_at(&self, position: u64, header: FrameHeader) -> DataHeader {
        DataHeader {
            header,
            term_offset: I32::new(self.geometry.term_offset(position)),
            session_id: I32::new(self.key.session_id),
            stream_id: I32::new(self.key.stream_id),
            term_id: I32::new(self.geometry.term_id(position)),
            reserved_value: I64::new(0),
        }
    }

    /// Whether a frame begins at `position`, which lies within the last two terms.
    #[inline]
    pub(crate) fn is_frame_start(&self, position: u64) -> bool {
        position < self.position && self.frame_starts.is_set(position)
    }

    /// The next datagram from the frame boundary `position`: whole frames of one term, at most
    /// `datagram_length_max` bytes and within `limits`.
    #[inline]
    pub(crate) fn batch(&self, position: u64, limits: Limits, datagram_length_max: usize) -> Batch {
        let limit = limits.wire.min(self.position);
        let term_end = self.geometry.term_end(position);
        let mut batch = Batch { wire_length: 0, end_position: position, frame_count: 0 };
        while batch.end_position < limit && batch.end_position < term_end {
            let header = self.header_of(batch.end_position);
            let frame_length = align(header.header.frame_length.get() as usize);
            let wire_length = if header.is_pad() { DATA_HEADER_LENGTH } else { frame_length };
            let fits = batch.wire_length + wire_length <= datagram_length_max
                && batch.end_position + wire_length as u64 <= limit
                && batch.end_position + frame_length as u64 <= limits.stream;
            if !fits {
                break;
            }
            batch.wire_length += wire_length;
            batch.end_position += frame_length as u64;
            batch.frame_count += 1;
        }
        batch
    }

    /// Copies the `length` wire bytes of the batch that begins at `position` into `to`.
    #[inline]
    pub(crate) fn copy(&self, position: u64, length: usize, to: &mut [u8]) {
        let start = self.index(position);
        to[..length].copy_from_slice(&self.bytes[start..start + length]);
    }

    #[inline]
    fn header_of(&self, position: u64) -> &DataHeader {
        let start = self.index(position);
        let header = DataHeader::ref_from_bytes(&self.bytes[start..start + DATA_HEADER_LENGTH]);
        header.expect("a slot is as long as a header")
    }

    #[inline]
    fn index(&self, position: u64) -> usize {
        position as usize & (self.bytes.len() - 1)
    }
}

/// How far a batch may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// For bytes that are sent: of a PAD its header only.
    pub(crate) wire: u64,
    /// For the stream position after the last frame, which a PAD moves to the end of its term.
    pub(crate) stream: u64,
}

impl Limits {
    /// As far as there is something.
    pub(crate) const NONE: Self = Self { wire: u64::MAX, stream: u64::MAX };
}

/// Whole frames that make one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Bytes of the datagram; a PAD counts its header only.
    pub(crate) wire_length: usize,
    /// Position after the last frame; past a PAD this is the end of the term.
    pub(crate) end_position: u64,
    pub(crate) frame_count: u32,
}

/// Bytes of the stream that a message takes in frames of at most `mtu`.
#[inline]
fn framed_length(length: usize, mtu: usize) -> usize {
    let payload_max = mtu - DATA_HEADER_LENGTH;
    // Most messages take one frame, and a division takes longer than all else here.
    if length < payload_max {
        return align(DATA_HEADER_LENGTH + length);
    }
    let whole = length / payload_max;
    let rest = length % payload_max;
    let tail = if rest > 0 || length == 0 { align(DATA_HEADER_LENGTH + rest) } else { 0 };
    whole * mtu + tail
}

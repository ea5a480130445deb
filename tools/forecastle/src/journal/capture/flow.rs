//! Messages as the frames of an Aeron stream: fragments, padding at the end of a term, datagrams
//! of whole frames. Pure.

use std::io;

use forecastle_transport::frame::{
    DATA_BEGIN, DATA_END, DataHeader, FrameHeader, SetupFrame, TYPE_DATA, TYPE_PAD, TYPE_SETUP,
};
use forecastle_transport::limits::DATA_HEADER_LENGTH;
use forecastle_transport::position::{TermGeometry, align};
use zerocopy::IntoBytes as _;

/// One stream of one session, from its first frame on.
#[derive(Clone, Debug)]
pub struct Flow {
    session_id: i32,
    stream_id: i32,
    mtu_length: usize,
    geometry: TermGeometry,
    /// Bytes framed so far.
    pub(super) position: u64,
}

/// A message and its position in the log.
#[derive(Clone, Copy, Debug)]
pub struct Logged<'a> {
    /// Position of its first byte.
    pub position: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl Flow {
    /// A stream at its beginning, in datagrams of at most `mtu_length` bytes.
    #[must_use]
    pub fn new(session_id: u32, stream_id: i32, mtu_length: usize) -> Self {
        Self {
            session_id: session_id.cast_signed(),
            stream_id,
            mtu_length,
            geometry: TermGeometry::new(INITIAL_TERM_ID, TERM_LENGTH)
                .expect("the term length is one of Aeron's"),
            position: 0,
        }
    }

    /// The frame that introduces the stream.
    #[must_use]
    pub fn setup(&self) -> [u8; SetupFrame::LENGTH] {
        let length = |bytes: usize| i32::try_from(bytes).expect("a length of Aeron fits an i32");
        let frame = SetupFrame {
            header: FrameHeader::new(TYPE_SETUP, 0, SetupFrame::LENGTH),
            term_offset: self.geometry.term_offset(self.position).into(),
            session_id: self.session_id.into(),
            stream_id: self.stream_id.into(),
            initial_term_id: self.geometry.initial_term_id().into(),
            active_term_id: self.geometry.term_id(self.position).into(),
            term_length: TERM_LENGTH.cast_signed().into(),
            mtu: length(self.mtu_length).into(),
            ttl: 0.into(),
        };
        let mut bytes = [0; SetupFrame::LENGTH];
        bytes.copy_from_slice(frame.as_bytes());
        bytes
    }

    /// Frames the messages, as many frames to a datagram as fit, and hands each datagram to
    /// `emit`; gives how many messages there were. `datagram` is scratch.
    ///
    /// # Errors
    /// What `emit` says.
    pub fn send<'m>(
        &mut self,
        messages: impl IntoIterator<Item = Logged<'m>>,
        datagram: &mut Vec<u8>,
        emit: &mut impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<u64> {
        datagram.clear();
        let mut count = 0;
        for message in messages {
            count += 1;
            // A datagram belongs to one term.
            if self.geometry.term_offset(self.position) == 0 {
                flush(datagram, emit)?;
            }
            if self.framed_length(message.bytes.len()) > self.left_in_term() {
                flush(datagram, emit)?;
                self.pad(datagram);
                flush(datagram, emit)?;
            }
            let payload_max = self.mtu_length - DATA_HEADER_LENGTH;
            let fragment_count = message.bytes.len().div_ceil(payload_max).max(1);
            for index in 0..fragment_count {
                let start = index * payload_max;
                let end = (start + payload_max).min(message.bytes.len());
                let payload = &message.bytes[start..end];
                if datagram.len() + align(DATA_HEADER_LENGTH + payload.len()) > self.mtu_length {
                    flush(datagram, emit)?;
                }
                let begin = if index == 0 { DATA_BEGIN } else { 0 };
                let end = if index + 1 == fragment_count { DATA_END } else { 0 };
                self.frame(begin | end, Logged { bytes: payload, ..message }, datagram);
            }
        }
        flush(datagram, emit)?;
        Ok(count)
    }

    /// Appends one DATA frame, zero filled to the alignment.
    fn frame(&mut self, flags: u8, fragment: Logged<'_>, datagram: &mut Vec<u8>) {
        let length = DATA_HEADER_LENGTH + fragment.bytes.len();
        let header = FrameHeader::new(TYPE_DATA, flags, length);
        datagram.extend_from_slice(self.header(header, fragment.position).as_bytes());
        datagram.extend_from_slice(fragment.bytes);
        datagram.resize(datagram.len() + align(length) - length, 0);
        self.position += align(length) as u64;
    }

    /// Appends the PAD frame that ends the term: its header only, as on the wire.
    fn pad(&mut self, datagram: &mut Vec<u8>) {
        let left = self.left_in_term();
        let header = FrameHeader::new(TYPE_PAD, DATA_BEGIN | DATA_END, left);
        datagram.extend_from_slice(self.header(header, 0).as_bytes());
        self.position += left as u64;
    }

    fn header(&self, header: FrameHeader, log_position: u64) -> DataHeader {
        DataHeader {
            header,
            term_offset: self.geometry.term_offset(self.position).into(),
            session_id: self.session_id.into(),
            stream_id: self.stream_id.into(),
            term_id: self.geometry.term_id(self.position).into(),
            reserved_value: log_position.cast_signed().into(),
        }
    }

    /// Bytes that a message takes in the stream, in as many fragments as it needs.
    fn framed_length(&self, length: usize) -> usize {
        let payload_max = self.mtu_length - DATA_HEADER_LENGTH;
        let rest = length % payload_max;
        let last = if rest > 0 || length == 0 { align(DATA_HEADER_LENGTH + rest) } else { 0 };
        length / payload_max * self.mtu_length + last
    }

    fn left_in_term(&self) -> usize {
        let left = self.geometry.term_end(self.position) - self.position;
        usize::try_from(left).expect("a term fits the memory of any machine")
    }
}

/// Hands a datagram on, unless it is empty.
fn flush(datagram: &mut Vec<u8>, emit: &mut impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    if !datagram.is_empty() {
        emit(datagram)?;
        datagram.clear();
    }
    Ok(())
}

/// Term length of every stream: Aeron's own default for UDP.
const TERM_LENGTH: u32 = 16 << 20;
const INITIAL_TERM_ID: i32 = 0;

//! Aeron frames written by hand, offset by offset: version 0, little-endian.

/// A frame as bytes; the fields of its type are put at their offsets.
#[derive(Clone)]
pub struct RawFrame {
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl RawFrame {
    /// The common header of a frame of `length` bytes, the rest zero.
    pub fn new(frame_type: u16, flags: u8, length: usize) -> Self {
        let mut bytes = vec![0; length];
        let frame_length = i32::try_from(length).expect("a frame is shorter than 2 GiB");
        bytes[..4].copy_from_slice(&frame_length.to_le_bytes());
        bytes[5] = flags;
        bytes[6..8].copy_from_slice(&frame_type.to_le_bytes());
        Self { bytes }
    }

    /// Puts 32 bits at an offset.
    pub fn put(mut self, offset: usize, value: i32) -> Self {
        self.bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        self
    }

    /// Puts 64 bits at an offset.
    pub fn put_long(mut self, offset: usize, value: i64) -> Self {
        self.bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        self
    }
}

/// SETUP of a stream that begins at offset 0 of term 0, MTU 1408.
pub fn setup(session_id: i32, stream_id: i32, flags: u8) -> RawFrame {
    RawFrame::new(5, flags, 40)
        .put(12, session_id)
        .put(16, stream_id)
        .put(28, TERM_LENGTH)
        .put(32, MTU)
}

/// DATA with a whole message, zero filled to a multiple of 32, in term 0.
pub fn data(session_id: i32, stream_id: i32, offset: u32, payload: &[u8]) -> RawFrame {
    fragment(session_id, stream_id, offset, 0xC0, payload)
}

/// DATA with the given flags: 0x80 begins a message, 0x40 ends it.
pub fn fragment(
    session_id: i32,
    stream_id: i32,
    offset: u32,
    flags: u8,
    payload: &[u8],
) -> RawFrame {
    let length = 32 + payload.len();
    let mut frame = RawFrame::new(1, flags, length)
        .put(8, offset.cast_signed())
        .put(12, session_id)
        .put(16, stream_id);
    frame.bytes[32..].copy_from_slice(payload);
    frame.bytes.resize(length.next_multiple_of(32), 0);
    frame
}

/// Heartbeat: DATA of frame length 0 that names the next byte to be sent.
pub fn heartbeat(session_id: i32, stream_id: i32, offset: u32) -> RawFrame {
    data(session_id, stream_id, offset, &[]).put(0, 0)
}

/// Status message: everything below the position was taken, `window` more may come.
pub fn status(session_id: i32, stream_id: i32, position: (i32, i32), window: i32) -> RawFrame {
    RawFrame::new(3, 0, 36)
        .put(8, session_id)
        .put(12, stream_id)
        .put(16, position.0)
        .put(20, position.1)
        .put(24, window)
        .put_long(28, RECEIVER_ID)
}

/// Status message that asks for a SETUP.
pub fn setup_request(session_id: i32, stream_id: i32) -> RawFrame {
    let mut frame = status(session_id, stream_id, (0, 0), 0);
    frame.bytes[5] = 0x80;
    frame
}

/// NAK of `length` bytes from a position.
pub fn nak(session_id: i32, stream_id: i32, position: (i32, i32), length: i32) -> RawFrame {
    RawFrame::new(2, 0, 28)
        .put(8, session_id)
        .put(12, stream_id)
        .put(16, position.0)
        .put(20, position.1)
        .put(24, length)
}

/// RTT measurement that asks for an answer.
pub fn rtt_measurement(session_id: i32, stream_id: i32) -> RawFrame {
    RawFrame::new(6, 0x80, 40)
        .put(8, session_id)
        .put(12, stream_id)
        .put_long(16, 0x0102_0304_0506_0708)
        .put_long(32, RECEIVER_ID)
}

/// ERR with a text.
pub fn error(session_id: i32, stream_id: i32, text: &[u8]) -> RawFrame {
    let text_length = i32::try_from(text.len()).expect("a text is short");
    let mut frame = RawFrame::new(4, 0, 40 + text.len())
        .put(8, session_id)
        .put(12, stream_id)
        .put_long(16, RECEIVER_ID)
        .put(32, 13)
        .put(36, text_length);
    frame.bytes[40..].copy_from_slice(text);
    frame
}

/// RSP_SETUP that offers a reply stream.
pub fn response_setup(session_id: i32, stream_id: i32, reply_session_id: i32) -> RawFrame {
    RawFrame::new(11, 0, 20).put(8, session_id).put(12, stream_id).put(16, reply_session_id)
}

/// The 32 bits at an offset of a received frame.
pub fn read(frame: &[u8], offset: usize) -> i32 {
    let bytes = frame.get(offset..offset + 4).expect("the exchange sends whole frames");
    i32::from_le_bytes(bytes.try_into().expect("four bytes"))
}

/// Type of a received frame.
pub fn type_of(frame: &[u8]) -> u16 {
    let bytes = frame.get(6..8).expect("the exchange sends whole frames");
    u16::from_le_bytes(bytes.try_into().expect("two bytes"))
}

/// Length of every term of these streams; none of them ever reaches its end.
pub const TERM_LENGTH: i32 = 16 << 20;
/// Longest datagram these streams announce.
pub const MTU: i32 = 1408;
/// What the frames of a receiver name.
pub const RECEIVER_ID: i64 = 0x1122_3344_5566_7788;

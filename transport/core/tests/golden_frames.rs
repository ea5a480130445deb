//! One frame of every type as bytes typed from the byte tables of the wire notes, read and written.

use forecastle_transport::DropCause;
use forecastle_transport::frame::{
    DATA_BEGIN, DATA_EOS, DATA_UNFRAGMENTED, DataFrame, DataHeader, ErrorFrame, Frame, FrameHeader,
    NakFrame, ResponseSetupFrame, RttFrame, SetupFrame, StatusFrame,
};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{I32, I64};

/// Bytes from text: hex digits, with `|` between fields.
fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'|').collect();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("hex is ASCII");
            u8::from_str_radix(pair, 16).expect("two hex digits")
        })
        .collect()
}

//                      length   |v | f| type| offset   | session  | stream   | term     | reserved
const DATA: &str = "25000000|00|c0|0100|60000000|11223344|e9030000|feffffff|0807060504030201
                    68656c6c6f|000000000000000000000000000000000000000000000000000000";
const PAD: &str = "60000000|00|c0|0000|a0ff0000|11223344|e9030000|feffffff|0000000000000000";
const HEARTBEAT: &str = "00000000|00|c0|0100|80000000|11223344|e9030000|feffffff|0000000000000000";
const EOS: &str = "00000000|00|e0|0100|80000000|11223344|e9030000|feffffff|0000000000000000";
//                       length   |v | f| type| offset   | session  | stream   | initial
const SETUP: &str = "28000000|00|c0|0500|40000000|11223344|e9030000|feffffff
                     ffffffff|00000100|80050000|10000000"; // active, term length, mtu, ttl
//                        length   |v | f| type| session  | stream   | term     | offset
const STATUS: &str = "24000000|00|00|0300|11223344|e9030000|ffffffff|60000000
                      00000200|8877665544332211"; // window, receiver id
const STATUS_TAG: &str = "2c000000|00|80|0300|11223344|e9030000|00000000|00000000
                          00000000|8877665544332211|7b00000000000000"; // and group tag 123
//                     length   |v | f| type| session  | stream   | term     | offset   | length
const NAK: &str = "1c000000|00|00|0200|11223344|e9030000|ffffffff|80050000|c0020000";
//                     length   |v | f| type| session  | stream   | echo timestamp
const RTT: &str = "28000000|00|80|0600|11223344|e9030000|0100000000000080
                   0300000000000000|8877665544332211"; // reception delta, receiver id
//                       length   |v | f| type| session  | stream   | receiver id
const ERROR: &str = "2a000000|00|08|0400|11223344|e9030000|8877665544332211
                     7b00000000000000|0d000000|02000000|6e6f"; // tag, code, text length, text
//                       length   |v | f| type| session  | stream   | response session
const RESPONSE: &str = "14000000|00|00|0b00|11223344|e9030000|55667788";

const SESSION: i32 = 0x4433_2211;
const STREAM: i32 = 1001;
const RECEIVER: i64 = 0x1122_3344_5566_7788;

#[track_caller]
fn data_frames(datagram: &[u8]) -> Vec<DataFrame<'_>> {
    match Frame::parse(datagram) {
        Ok(Frame::Data(frames)) => frames.into_iter().collect(),
        other => panic!("{other:?}"),
    }
}

fn data_header(frame_type: i16, flags: u8, length: usize, offset: i32) -> DataHeader {
    DataHeader {
        header: FrameHeader::new(frame_type, flags, length),
        term_offset: I32::new(offset),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        term_id: I32::new(-2),
        reserved_value: I64::new(0),
    }
}

#[test]
fn data() {
    let datagram = bytes(DATA);
    let frames = data_frames(&datagram);
    assert_eq!(frames.len(), 1);
    let mut header = data_header(1, DATA_UNFRAGMENTED, 37, 96);
    header.reserved_value = I64::new(0x0102_0304_0506_0708);
    assert_eq!(*frames[0].header, header);
    assert_eq!(frames[0].payload(), b"hello");
    assert_eq!(header.as_bytes(), &datagram[..32]);
}

#[test]
fn pad_is_a_header_that_claims_the_rest_of_its_term() {
    let datagram = bytes(PAD);
    let frames = data_frames(&datagram);
    let header = data_header(0, 0xC0, 96, 65536 - 96);
    assert_eq!((frames.len(), *frames[0].header), (1, header));
    assert!(frames[0].header.is_pad());
    assert_eq!(frames[0].payload(), b"");
    assert_eq!(header.as_bytes(), datagram);
}

#[test]
fn heartbeat_and_end_of_stream() {
    for (text, flags) in [(HEARTBEAT, 0xC0), (EOS, 0xC0 | DATA_EOS)] {
        let datagram = bytes(text);
        let Ok(Frame::Data(frames)) = Frame::parse(&datagram) else { panic!("{text}") };
        assert!(frames.is_heartbeat());
        let header = data_header(1, flags, 0, 128);
        assert_eq!(*frames.first(), header);
        assert_eq!(header.as_bytes(), datagram);
    }
}

#[test]
fn setup() {
    let setup = SetupFrame {
        header: FrameHeader::new(5, 0xC0, 40),
        term_offset: I32::new(64),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        initial_term_id: I32::new(-2),
        active_term_id: I32::new(-1),
        term_length: I32::new(65536),
        mtu: I32::new(1408),
        ttl: I32::new(16),
    };
    let datagram = bytes(SETUP);
    assert!(matches!(Frame::parse(&datagram), Ok(Frame::Setup(read)) if *read == setup));
    assert_eq!(setup.as_bytes(), datagram);
}

#[test]
fn status_message_with_and_without_group_tag() {
    let status = |flags, length, term_id, offset, window| StatusFrame {
        header: FrameHeader::new(3, flags, length),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        consumption_term_id: I32::new(term_id),
        consumption_term_offset: I32::new(offset),
        receiver_window: I32::new(window),
        receiver_id: I64::new(RECEIVER),
    };
    let plain = status(0, 36, -1, 96, 128 * 1024);
    let datagram = bytes(STATUS);
    assert!(matches!(Frame::parse(&datagram), Ok(Frame::Status(read, None)) if *read == plain));
    assert_eq!(plain.as_bytes(), datagram);

    let tagged = status(0x80, 44, 0, 0, 0);
    let datagram = bytes(STATUS_TAG);
    assert!(
        matches!(Frame::parse(&datagram), Ok(Frame::Status(read, Some(123))) if *read == tagged)
    );
    assert_eq!(tagged.as_bytes(), &datagram[..36]);
}

#[test]
fn nak() {
    let nak = NakFrame {
        header: FrameHeader::new(2, 0, 28),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        term_id: I32::new(-1),
        term_offset: I32::new(1408),
        length: I32::new(704),
    };
    let datagram = bytes(NAK);
    assert!(matches!(Frame::parse(&datagram), Ok(Frame::Nak(read)) if *read == nak));
    assert_eq!(nak.as_bytes(), datagram);
}

#[test]
fn round_trip_measurement() {
    let rtt = RttFrame {
        header: FrameHeader::new(6, 0x80, 40),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        echo_timestamp: I64::new(i64::MIN + 1),
        reception_delta: I64::new(3),
        receiver_id: I64::new(RECEIVER),
    };
    let datagram = bytes(RTT);
    assert!(matches!(Frame::parse(&datagram), Ok(Frame::Rtt(read)) if *read == rtt));
    assert_eq!(rtt.as_bytes(), datagram);
}

#[test]
fn error_with_text() {
    let error = ErrorFrame {
        header: FrameHeader::new(4, 0x08, 42),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        receiver_id: I64::new(RECEIVER),
        group_tag: I64::new(123),
        error_code: I32::new(13),
        error_length: I32::new(2),
    };
    let datagram = bytes(ERROR);
    assert!(matches!(Frame::parse(&datagram), Ok(Frame::Error(read, b"no")) if *read == error));
    assert_eq!(error.as_bytes(), &datagram[..40]);
}

#[test]
fn response_setup() {
    let setup = ResponseSetupFrame {
        header: FrameHeader::new(11, 0, 20),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        response_session_id: I32::new(0x8877_6655_u32 as i32),
    };
    let datagram = bytes(RESPONSE);
    assert!(matches!(Frame::parse(&datagram), Ok(Frame::ResponseSetup(read)) if *read == setup));
    assert_eq!(setup.as_bytes(), datagram);
}

#[test]
fn several_frames_share_a_datagram_and_a_pad_comes_last() {
    let mut datagram = bytes(DATA);
    let mut second = bytes(DATA);
    second[8] = 0x60 + 64;
    second[5] = DATA_BEGIN;
    let mut pad = bytes(PAD);
    pad[8..12].copy_from_slice(&(0x60i32 + 128).to_le_bytes());
    datagram.extend(second);
    datagram.extend(pad);
    let frames = data_frames(&datagram);
    let offsets: Vec<_> = frames.iter().map(|frame| frame.header.term_offset.get()).collect();
    assert_eq!(offsets, [96, 160, 224]);
    assert!(frames[2].header.is_pad());
}

/// `text` with one byte replaced, then cut or extended to `length`.
fn changed(text: &str, offset: usize, byte: u8, length: usize) -> Vec<u8> {
    let mut datagram = bytes(text);
    datagram[offset] = byte;
    datagram.resize(length, 0);
    datagram
}

#[test]
fn each_validity_rule_drops_with_its_cause() {
    use DropCause::{
        ChainBroken, LengthInvalid, Truncated, Unaligned, UnknownType, UnsupportedVersion,
    };
    let mut pad_first = bytes(PAD);
    pad_first[8..12].copy_from_slice(&0i32.to_le_bytes());
    let mut follower = bytes(DATA);
    follower[8] = 96;
    pad_first.extend(follower);
    let twice = [bytes(DATA), bytes(DATA)].concat();
    let cases = [
        (bytes(SETUP)[..7].to_vec(), Truncated),
        (changed(SETUP, 4, 1, 40), UnsupportedVersion),
        (changed(SETUP, 3, 0xFF, 40), LengthInvalid),
        (changed(SETUP, 0, 41, 40), LengthInvalid),
        (changed(SETUP, 0, 39, 40), Truncated),
        (changed(SETUP, 6, 7, 40), UnknownType),
        (changed(SETUP, 6, 8, 40), UnknownType),
        (changed(SETUP, 7, 0xFF, 40), UnknownType),
        (changed(STATUS, 0, 35, 36), Truncated),
        (changed(STATUS_TAG, 0, 40, 44), LengthInvalid),
        (changed(NAK, 0, 27, 28), Truncated),
        (changed(RTT, 0, 39, 40), Truncated),
        (changed(ERROR, 36, 3, 42), LengthInvalid),
        (changed(ERROR, 39, 0x80, 42), LengthInvalid),
        (changed(RESPONSE, 0, 19, 20), Truncated),
        (changed(DATA, 0, 37, 28), Truncated),
        (changed(DATA, 0, 37, 40), Unaligned),
        (changed(DATA, 8, 97, 64), Unaligned),
        (changed(DATA, 11, 0x80, 64), Unaligned),
        (changed(DATA, 0, 31, 64), LengthInvalid),
        (changed(DATA, 0, 0, 64), LengthInvalid),
        (changed(DATA, 0, 65, 64), ChainBroken),
        (changed(DATA, 0, 32, 64), ChainBroken),
        (changed(HEARTBEAT, 6, 0, 32), LengthInvalid),
        (twice, ChainBroken),
        (pad_first, ChainBroken),
    ];
    for (index, (datagram, cause)) in cases.into_iter().enumerate() {
        let result = Frame::parse(&datagram);
        assert!(matches!(result, Err(found) if found == cause), "case {index}: {result:?}");
    }
}

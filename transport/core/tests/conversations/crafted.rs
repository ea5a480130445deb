//! Single frames as a peer, or somebody who pretends to be one, would send them.

use forecastle_transport::frame::{
    DATA_UNFRAGMENTED, DataHeader, ErrorFrame, FrameHeader, NakFrame, ResponseSetupFrame, RttFrame,
    SetupFrame, StatusFrame, TYPE_DATA, TYPE_ERROR, TYPE_NAK, TYPE_RESPONSE_SETUP, TYPE_RTT,
    TYPE_SETUP, TYPE_STATUS,
};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{I32, I64};

use crate::network::{SESSION, STREAM};

/// The first term of every crafted stream.
pub const TERM: i32 = i32::MAX - 1;

pub fn setup(session_id: i32) -> SetupFrame {
    SetupFrame {
        header: FrameHeader::new(TYPE_SETUP, 0, SetupFrame::LENGTH),
        term_offset: I32::new(0),
        session_id: I32::new(session_id),
        stream_id: I32::new(STREAM),
        initial_term_id: I32::new(TERM),
        active_term_id: I32::new(TERM),
        term_length: I32::new(65536),
        mtu: I32::new(1408),
        ttl: I32::new(0),
    }
}

pub fn status(flags: u8, term_id: i32, offset: i32, window: i32) -> StatusFrame {
    StatusFrame {
        header: FrameHeader::new(TYPE_STATUS, flags, StatusFrame::LENGTH),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        consumption_term_id: I32::new(term_id),
        consumption_term_offset: I32::new(offset),
        receiver_window: I32::new(window),
        receiver_id: I64::new(42),
    }
}

pub fn nak(term_id: i32, offset: i32, length: i32) -> Vec<u8> {
    let nak = NakFrame {
        header: FrameHeader::new(TYPE_NAK, 0, NakFrame::LENGTH),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        term_id: I32::new(term_id),
        term_offset: I32::new(offset),
        length: I32::new(length),
    };
    nak.as_bytes().to_vec()
}

pub fn data_header(session_id: i32, flags: u8, offset: i32, frame_length: usize) -> DataHeader {
    DataHeader {
        header: FrameHeader::new(TYPE_DATA, flags, frame_length),
        term_offset: I32::new(offset),
        session_id: I32::new(session_id),
        stream_id: I32::new(STREAM),
        term_id: I32::new(TERM),
        reserved_value: I64::new(0),
    }
}

pub fn data(session_id: i32, offset: i32, payload: &[u8]) -> Vec<u8> {
    fragment(session_id, DATA_UNFRAGMENTED, offset, payload)
}

pub fn fragment(session_id: i32, flags: u8, offset: i32, payload: &[u8]) -> Vec<u8> {
    let header = data_header(session_id, flags, offset, 32 + payload.len());
    let mut frame = [header.as_bytes(), payload].concat();
    frame.resize(frame.len().next_multiple_of(32), 0);
    frame
}

pub fn heartbeat(session_id: i32, flags: u8, offset: i32) -> Vec<u8> {
    data_header(session_id, DATA_UNFRAGMENTED | flags, offset, 0).as_bytes().to_vec()
}

pub fn rtt(flags: u8) -> Vec<u8> {
    let rtt = RttFrame {
        header: FrameHeader::new(TYPE_RTT, flags, RttFrame::LENGTH),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        echo_timestamp: I64::new(123_456_789),
        reception_delta: I64::new(0),
        receiver_id: I64::new(42),
    };
    rtt.as_bytes().to_vec()
}

pub fn error(receiver_id: i64, text: &[u8]) -> Vec<u8> {
    let error = ErrorFrame {
        header: FrameHeader::new(TYPE_ERROR, 0, ErrorFrame::LENGTH + text.len()),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        receiver_id: I64::new(receiver_id),
        group_tag: I64::new(0),
        error_code: I32::new(13),
        error_length: I32::new(text.len() as i32),
    };
    [error.as_bytes(), text].concat()
}

pub fn response_setup(response_session_id: i32) -> Vec<u8> {
    let setup = ResponseSetupFrame {
        header: FrameHeader::new(TYPE_RESPONSE_SETUP, 0, ResponseSetupFrame::LENGTH),
        session_id: I32::new(SESSION),
        stream_id: I32::new(STREAM),
        response_session_id: I32::new(response_session_id),
    };
    setup.as_bytes().to_vec()
}

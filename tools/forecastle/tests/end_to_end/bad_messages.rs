//! Transport messages that are not one message of the schema, or one at the wrong time.

use forecastle_proto_spec::{
    BusinessMessageReject, Message, MessageHeader, NewOrderSingle, NotApplied, OrderAccepted,
    RejectCode, SCHEMA_ID, Sequence, Terminate,
};
use zerocopy::FromZeros as _;

use crate::floor::Floor;
use crate::plain_socket::login::{self, PLAIN_SESSION_NUMBER};
use crate::plain_socket::{PlainSocket, encoded};

#[test]
fn a_message_that_is_not_of_the_schema_is_rejected_by_its_code() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-3");
    let good = encoded(&NewOrderSingle::new_zeroed());
    let with = |offset: usize, value: u16| {
        let mut bytes = good.clone();
        bytes[offset..offset + 2].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let cases = [
        (vec![], RejectCode::MalformedLength),
        (vec![0], RejectCode::MalformedLength),
        (good[..7].to_vec(), RejectCode::MalformedLength),
        (good[..8].to_vec(), RejectCode::MalformedLength),
        (good[..good.len() - 1].to_vec(), RejectCode::MalformedLength),
        ([good.clone(), vec![0]].concat(), RejectCode::MalformedLength),
        ([good.clone(), good.clone()].concat(), RejectCode::MalformedLength),
        ([good.clone(), vec![0xFF; 4_000]].concat(), RejectCode::MalformedLength),
        (with(0, 55), RejectCode::MalformedLength),
        (with(0, 0), RejectCode::MalformedLength),
        (with(0, u16::MAX), RejectCode::MalformedLength),
        (with(2, 0), RejectCode::UnknownTemplate),
        (with(2, 14), RejectCode::UnknownTemplate),
        (with(2, u16::MAX), RejectCode::UnknownTemplate),
        (with(4, 0), RejectCode::UnknownSchema),
        (with(4, SCHEMA_ID + 1), RejectCode::UnknownSchema),
        (with(6, 1), RejectCode::UnsupportedVersion),
        (with(6, u16::MAX), RejectCode::UnsupportedVersion),
        (encoded(&BusinessMessageReject::new_zeroed()), RejectCode::NotAClientMessage),
        (encoded(&OrderAccepted::new_zeroed()), RejectCode::NotAClientMessage),
        (encoded(&NotApplied::new_zeroed()), RejectCode::NotAClientMessage),
        (server_only(111, 16), RejectCode::NotAClientMessage),
        (server_only(112, 8), RejectCode::NotAClientMessage),
        (server_only(113, 48), RejectCode::NotAClientMessage),
    ];
    for (bytes, code) in cases {
        let label = format!("session.{}", label_of(code));
        let before = floor.counter(&label);
        expect_reject_of(&mut socket, &bytes, u16::from(code));
        floor.await_counter(&label, before + 1);
    }
    floor.trade_one_order();
}

#[test]
fn messages_for_another_session_or_before_its_time_are_rejected() {
    let mut floor = Floor::open();
    let (mut socket, _) = PlainSocket::negotiated(&floor.exchange, "trader-3");
    let order = NewOrderSingle::new_zeroed();
    expect_reject_of(&mut socket, &encoded(&order), 206);
    let mut sequence = Sequence::new_zeroed();
    sequence.session_id.set(floor.maker.session_id());
    expect_reject_of(&mut socket, &encoded(&sequence), 206);
    let mut terminate = Terminate::new_zeroed();
    terminate.session_id.set(floor.maker.session_id());
    expect_reject_of(&mut socket, &encoded(&terminate), 206);
    floor.trade_one_order();
}

#[test]
fn an_unproven_sender_is_dropped_and_counted_without_an_answer_then_rejected() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::connect(&floor.exchange);
    let label = "session.session_not_established";
    let before = floor.counter(label);
    for count in 1..8 {
        socket.send(&NewOrderSingle::new_zeroed());
        floor.await_counter(label, before + count);
        socket.drive();
        assert!(socket.drain().is_empty(), "nothing is said before the login is proven");
    }
    socket.send(&NewOrderSingle::new_zeroed());
    assert_eq!(socket.await_rejection(), "forecastle 206 SessionNotEstablished");
    let dropped = floor.counter("session.after_end") + floor.counter("order_entry.image_closed");
    socket.send(&NewOrderSingle::new_zeroed());
    let deadline = crate::inbox::Deadline::patient();
    while floor.counter("session.after_end") + floor.counter("order_entry.image_closed") <= dropped
    {
        assert!(!deadline.is_over(), "a message to a rejected stream is counted");
    }
    floor.trade_one_order();
}

#[test]
fn garbage_of_an_unproven_sender_is_counted_by_its_cause() {
    let mut floor = Floor::open();
    let cases: [(&[u8], &str); 4] = [
        (&[0xFF; 3], "malformed_length"),
        (&[0xFF; 100], "unknown_schema"),
        (&header(0, 20, SCHEMA_ID, 7), "unsupported_version"),
        (&header(0, 999, SCHEMA_ID, 0), "unknown_template"),
    ];
    for (bytes, cause) in cases {
        let label = format!("session.{cause}");
        let before = floor.counter(&label);
        let mut socket = PlainSocket::connect(&floor.exchange);
        socket.send_payload(bytes);
        floor.await_counter(&label, before + 1);
    }
    floor.trade_one_order();
}

#[test]
fn a_login_on_an_established_stream_is_rejected_and_changes_nothing() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-3");
    let key = floor.exchange.keys.named("trader-3").unwrap().clone();
    let before = floor.counter("session.already_established");
    let again = login::negotiate(&key, PLAIN_SESSION_NUMBER);
    socket.send_payload(&login::signed(&again, &key.secret));
    let reject = socket.await_report(|_: &forecastle_proto_spec::NegotiationReject| true);
    assert_eq!(reject.reject_code.get(), 111);
    socket.send_payload(&login::signed(&login::establish(&again), &key.secret));
    let reject = socket.await_report(|_: &forecastle_proto_spec::EstablishmentReject| true);
    assert_eq!(reject.reject_code.get(), 111);
    floor.await_counter("session.already_established", before + 2);
    expect_reject_of(&mut socket, &[0; 4], 201);
    floor.trade_one_order();
}

/// Sends one transport message and reads the code that it is refused with.
pub fn expect_reject_of(socket: &mut PlainSocket, bytes: &[u8], code: u16) {
    socket.send_payload(bytes);
    let reject = socket.await_report(|_: &BusinessMessageReject| true);
    assert_eq!(reject.reject_code.get(), code, "for {bytes:02x?}");
    assert_eq!(reject.exec_id.get(), 0, "the gateway refuses it, the log knows nothing of it");
    let template_id = bytes.get(2..4).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
    assert_eq!(reject.ref_template_id.get(), template_id);
}

/// The name of a reject code as the gateway's counters have it.
fn label_of(code: RejectCode) -> &'static str {
    match code {
        RejectCode::MalformedLength => "malformed_length",
        RejectCode::UnknownSchema => "unknown_schema",
        RejectCode::UnsupportedVersion => "unsupported_version",
        RejectCode::UnknownTemplate => "unknown_template",
        RejectCode::NotAClientMessage => "not_a_client_message",
        other => panic!("{other:?} is no refusal of a form"),
    }
}

/// A message of the exchange's own with a zero body.
fn server_only(template_id: u16, block_length: u16) -> Vec<u8> {
    let mut bytes = header(block_length, template_id, SCHEMA_ID, 0).to_vec();
    bytes.resize(8 + usize::from(block_length), 0);
    bytes
}

fn header(block_length: u16, template_id: u16, schema_id: u16, version: u16) -> [u8; 8] {
    let mut bytes = [0; 8];
    for (index, value) in [block_length, template_id, schema_id, version].into_iter().enumerate() {
        bytes[2 * index..2 * index + 2].copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

const _: () = assert!(size_of::<MessageHeader>() == 8 && NewOrderSingle::ENCODED_LENGTH == 64);

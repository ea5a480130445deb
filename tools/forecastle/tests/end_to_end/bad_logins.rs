//! Logins that prove nothing, prove it for somebody else, or prove it again. A stranger gets an
//! error frame with the code as text and a counter moves; who has proven a key gets a message.

use forecastle_client::AccessKey;
use forecastle_proto_spec::{
    Establish, EstablishmentAck, EstablishmentReject, Negotiate, NegotiationReject,
    NegotiationResponse,
};

use crate::floor::Floor;
use crate::inbox::Deadline;
use crate::plain_socket::PlainSocket;
use crate::plain_socket::login::{PLAIN_SESSION_NUMBER, establish, negotiate, signed};

const HOUR_NS: u64 = 3_600_000_000_000;

#[test]
fn a_login_that_does_not_hold_is_refused_by_its_code() {
    type Change = fn(&mut Negotiate, &mut [u8; 32]);
    let cases: [(&str, &str, Change); 9] = [
        ("101 Credentials", "credentials", |_, secret| secret[31] ^= 1),
        ("101 Credentials", "credentials", |_, secret| *secret = [0; 32]),
        ("101 Credentials", "credentials", |login, _| login.access_key_id.set(4_000)),
        ("101 Credentials", "credentials", |login, _| login.access_key_id.set(0)),
        ("102 SessionNotOfKey", "session_not_of_key", |login, _| {
            login.session_id.set(login.session_id.get() + 16);
        }),
        ("102 SessionNotOfKey", "session_not_of_key", |login, _| login.session_id.set(u32::MAX)),
        ("103 VersionNotAbove", "version_not_above", |login, _| login.session_version_id.set(0)),
        ("104 TimestampOutOfWindow", "timestamp_out_of_window", |login, _| {
            login.timestamp_ns.set(login.timestamp_ns.get() - HOUR_NS);
        }),
        ("104 TimestampOutOfWindow", "timestamp_out_of_window", |login, _| {
            login.timestamp_ns.set(u64::MAX);
        }),
    ];
    let mut floor = Floor::open();
    let key = trader(&floor, "trader-3");
    for (text, cause, change) in cases {
        let mut login = negotiate(&key, PLAIN_SESSION_NUMBER);
        let mut secret = key.secret;
        change(&mut login, &mut secret);
        expect_refusal(&mut floor, &signed(&login, &secret), text, cause);
    }
    floor.trade_one_order();
}

#[test]
fn a_signature_covers_every_byte_before_it() {
    let mut floor = Floor::open();
    let key = trader(&floor, "trader-3");
    for offset in [8, 12, 16, 24, 39, 40, 71 - 8] {
        let mut bytes = signed(&negotiate(&key, PLAIN_SESSION_NUMBER), &key.secret);
        bytes[offset] ^= 0x10;
        expect_refusal(&mut floor, &bytes, "101 Credentials", "credentials");
    }
    floor.trade_one_order();
}

#[test]
fn a_replayed_login_is_refused_from_another_port() {
    let mut floor = Floor::open();
    let key = trader(&floor, "trader-3");
    let mut socket = PlainSocket::connect(&floor.exchange);
    let login = negotiate(&key, PLAIN_SESSION_NUMBER);
    let recorded = signed(&login, &key.secret);
    socket.send_payload(&recorded);
    socket.await_report(|_: &NegotiationResponse| true);
    let recorded_establish = signed(&establish(&login), &key.secret);
    socket.send_payload(&recorded_establish);
    socket.await_report(|_: &EstablishmentAck| true);

    expect_refusal(&mut floor, &recorded, "103 VersionNotAbove", "version_not_above");
    // Its version raised, the signature no longer holds. The establish alone would resume the
    // session, but its time has been used.
    let mut raised = recorded.clone();
    raised[16] = raised[16].wrapping_add(1);
    expect_refusal(&mut floor, &raised, "101 Credentials", "credentials");
    let alone = recorded_establish.as_slice();
    expect_refusal(&mut floor, alone, "105 TimestampNotAbove", "timestamp_not_above");
    // The session that was recorded is untouched.
    crate::bad_messages::expect_reject_of(&mut socket, &[0; 4], 201);
    floor.trade_one_order();
}

#[test]
fn a_replayed_login_is_refused_from_the_same_port() {
    let mut floor = Floor::open();
    let key = trader(&floor, "trader-3");
    let mut socket = PlainSocket::connect(&floor.exchange);
    let login = negotiate(&key, PLAIN_SESSION_NUMBER);
    let recorded = signed(&login, &key.secret);
    socket.send_payload(&recorded);
    let recorded_frame = socket.last_frame();
    socket.await_report(|_: &NegotiationResponse| true);
    // The message again, in a new frame of the stream.
    socket.send_payload(&recorded);
    let reject = socket.await_report(|_: &NegotiationReject| true);
    assert_eq!(reject.reject_code.get(), 103);
    // The frame itself again: the transport has taken that place of the stream already.
    let repeated = |floor: &mut Floor| {
        floor.counter("order_entry.under_run") + floor.counter("order_entry.duplicate")
    };
    let before = repeated(&mut floor);
    let negotiated = floor.counter("session.negotiated");
    socket.send_datagram(&recorded_frame);
    let deadline = Deadline::patient();
    while repeated(&mut floor) == before {
        assert!(!deadline.is_over(), "a repeated frame is counted");
    }
    assert_eq!(floor.counter("session.negotiated"), negotiated);
    floor.trade_one_order();
}

#[test]
fn a_stolen_place_in_the_clock_is_refused() {
    let mut floor = Floor::open();
    let key = trader(&floor, "trader-3");
    let (socket, first) = PlainSocket::negotiated(&floor.exchange, "trader-3");
    // A later version under the timestamp of the login before.
    let mut login = negotiate(&key, PLAIN_SESSION_NUMBER);
    login.timestamp_ns = first.timestamp_ns;
    let bytes = signed(&login, &key.secret);
    expect_refusal(&mut floor, &bytes, "105 TimestampNotAbove", "timestamp_not_above");
    drop(socket);
    floor.trade_one_order();
}

#[test]
fn an_establish_that_does_not_hold_is_refused_by_its_code() {
    type Change = fn(&mut Establish, &mut [u8; 32]);
    let cases: [(u16, Change); 11] = [
        (101, |_, secret| secret[0] ^= 0x80),
        (104, |login, _| login.timestamp_ns.set(login.timestamp_ns.get() - HOUR_NS)),
        (104, |login, _| login.timestamp_ns.set(0)),
        (106, |login, _| login.session_id.set(login.session_id.get() + 1)),
        (107, |login, _| login.session_version_id.set(login.session_version_id.get() + 1)),
        (107, |login, _| login.session_version_id.set(0)),
        (108, |login, _| login.keep_alive_interval_ms.set(99)),
        (108, |login, _| login.keep_alive_interval_ms.set(60_001)),
        (109, |login, _| login.cancel_on_disconnect = 4),
        (109, |login, _| login.cod_timeout_ms.set(1)),
        (112, |login, _| login.next_seq_num.set(0)),
    ];
    let mut floor = Floor::open();
    let key = trader(&floor, "trader-3");
    let (mut socket, login) = PlainSocket::negotiated(&floor.exchange, "trader-3");
    for (code, change) in cases {
        let mut message = establish(&login);
        let mut secret = key.secret;
        change(&mut message, &mut secret);
        socket.send_payload(&signed(&message, &secret));
        let reject = socket.await_report(|_: &EstablishmentReject| true);
        assert_eq!(reject.reject_code.get(), code);
        assert_eq!(reject.timestamp_ns, message.timestamp_ns);
    }
    // None of them has spoilt the session.
    socket.send_payload(&signed(&establish(&login), &key.secret));
    socket.await_report(|_: &EstablishmentAck| true);
    floor.trade_one_order();
}

#[test]
fn a_later_login_of_the_right_key_takes_the_session_over() {
    let mut floor = Floor::open();
    let mut first = PlainSocket::logged_in(&floor.exchange, "trader-3");
    let before = floor.counter("session.displaced");
    let mut second = PlainSocket::logged_in(&floor.exchange, "trader-3");
    floor.await_counter("session.displaced", before + 1);
    first.await_report(|_: &forecastle_proto_spec::Terminate| true);
    crate::bad_messages::expect_reject_of(&mut second, &[0; 4], 201);
    floor.trade_one_order();
}

/// Sends a login from a new stream of a new port; reads the text of the refusal and the counter.
fn expect_refusal(floor: &mut Floor, login: &[u8], text: &str, cause: &str) {
    let label = format!("session.{cause}");
    let before = floor.counters();
    let mut socket = PlainSocket::connect(&floor.exchange);
    socket.send_payload(login);
    assert_eq!(socket.await_rejection(), format!("forecastle {text}"));
    assert!(socket.drain().is_empty(), "nothing goes to the reply stream of a stranger");
    floor.await_counter(&label, before[&label] + 1);
    assert_eq!(floor.counter("session.negotiated"), before["session.negotiated"]);
}

fn trader(floor: &Floor, name: &str) -> AccessKey {
    floor.exchange.keys.named(name).expect("the exchange made this key").clone()
}

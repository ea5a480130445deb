//! Datagrams that are no frames, or frames that belong nowhere: each is dropped, counted by its
//! cause, and the market goes on.

use forecastle_proto_spec::{ORDER_ENTRY_STREAM_ID, REPORTS_STREAM_ID};

use crate::floor::Floor;
use crate::plain_socket::PlainSocket;
use crate::plain_socket::frames::{self, RawFrame};
use crate::random::Random;

#[test]
fn truncated_datagrams_are_counted() {
    let setup = frames::setup(UNKNOWN, ORDER_ENTRY_STREAM_ID, 0).bytes;
    let data = frames::data(UNKNOWN, ORDER_ENTRY_STREAM_ID, 0, &[7; 32]).bytes;
    let short_setup = RawFrame::new(5, 0, 39).bytes;
    let cases = [
        ("truncated", vec![]),
        ("truncated", setup[..1].to_vec()),
        ("truncated", setup[..7].to_vec()),
        ("truncated", data[..8].to_vec()),
        ("truncated", data[..31].to_vec()),
        ("truncated", short_setup),
        ("length_invalid", setup[..39].to_vec()),
        ("unaligned", data[..63].to_vec()),
        ("chain_broken", data[..32].to_vec()),
    ];
    expect_drops(&cases);
}

#[test]
fn oversized_datagrams_are_counted() {
    let longest = 65_472;
    let frame = frames::data(UNKNOWN, ORDER_ENTRY_STREAM_ID, 0, &vec![0; longest - 32]).bytes;
    assert_eq!(frame.len(), longest);
    let two = [frame.clone(), vec![0; 32]].concat();
    let cases = [
        ("unknown_session", frame),
        ("length_invalid", two),
        ("unaligned", frames::data(UNKNOWN, ORDER_ENTRY_STREAM_ID, 0, &[0; 8]).bytes[..41].into()),
        ("unknown_type", RawFrame::new(99, 0, 65_507).bytes),
        ("length_invalid", RawFrame::new(5, 0, 65_507).put(0, 65_508).bytes),
    ];
    expect_drops(&cases);
}

#[test]
fn frames_of_another_version_or_type_are_counted() {
    let mut cases = Vec::new();
    for version in [1, 2, 127, 255] {
        for frame_type in [0, 1, 2, 3, 5] {
            let mut frame = RawFrame::new(frame_type, 0xC0, 64).bytes;
            frame[4] = version;
            cases.push(("unsupported_version", frame));
        }
    }
    // Name resolution, the encrypted frames, the extension type and types nobody has given out.
    for frame_type in [7, 8, 9, 10, 12, 0x7FFF, 0xFFFF] {
        cases.push(("unknown_type", RawFrame::new(frame_type, 0, 64).bytes));
    }
    expect_drops(&cases);
}

#[test]
fn frames_that_do_not_belong_at_order_entry_are_counted() {
    let stream_id = ORDER_ENTRY_STREAM_ID;
    let cases = [
        ("unexpected_type", frames::status(UNKNOWN, stream_id, (0, 0), 1024).bytes),
        ("unexpected_type", frames::setup_request(UNKNOWN, stream_id).bytes),
        ("unexpected_type", frames::nak(UNKNOWN, stream_id, (0, 0), 1024).bytes),
        ("unexpected_type", frames::rtt_measurement(UNKNOWN, stream_id).bytes),
        ("unexpected_type", frames::error(UNKNOWN, stream_id, b"go away").bytes),
        ("unexpected_type", frames::response_setup(UNKNOWN, stream_id, 5).bytes),
        ("unknown_stream", frames::setup(UNKNOWN, 1, 0).bytes),
        ("unknown_stream", frames::data(UNKNOWN, REPORTS_STREAM_ID, 0, &[1]).bytes),
        ("unknown_session", frames::data(UNKNOWN, stream_id, 0, &[1]).bytes),
        ("unknown_session", frames::heartbeat(UNKNOWN, stream_id, 0).bytes),
    ];
    expect_drops(&cases);
}

#[test]
fn set_ups_outside_the_rules_make_no_image() {
    let setup = || frames::setup(UNKNOWN, ORDER_ENTRY_STREAM_ID, 0x80);
    let mut cases = Vec::new();
    for term_length in [i32::MIN, -1, 0, 1, 65_535, 65_537, 32_768, i32::MAX] {
        cases.push(("setup_invalid", setup().put(28, term_length).bytes));
    }
    for mtu in [i32::MIN, -32, 0, 31, 33, 1400, 65_505, i32::MAX] {
        cases.push(("setup_invalid", setup().put(32, mtu).bytes));
    }
    for offset in [-32, 1, 31, frames::TERM_LENGTH, i32::MAX] {
        cases.push(("setup_invalid", setup().put(8, offset).bytes));
    }
    // The active term is before the first one.
    cases.push(("setup_invalid", setup().put(20, 1).bytes));
    expect_drops(&cases);
}

#[test]
fn frames_that_do_not_belong_at_the_reports_address_are_counted() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::new(&floor.exchange);
    let stream_id = REPORTS_STREAM_ID;
    let cases = [
        ("truncated", vec![0; 5]),
        ("unsupported_version", vec![9; 40]),
        ("unexpected_type", frames::setup(UNKNOWN, stream_id, 0).bytes),
        ("unexpected_type", frames::data(UNKNOWN, stream_id, 0, &[1; 64]).bytes),
        ("unknown_session", frames::status(UNKNOWN, stream_id, (0, 0), 1024).bytes),
        ("unknown_session", frames::setup_request(UNKNOWN, stream_id).bytes),
        ("unknown_session", frames::setup_request(0, 0).bytes),
        ("unknown_session", frames::nak(UNKNOWN, stream_id, (0, 0), 1024).bytes),
        ("unknown_session", frames::rtt_measurement(UNKNOWN, stream_id).bytes),
        ("unknown_session", frames::error(UNKNOWN, stream_id, b"no").bytes),
        ("unknown_session", frames::response_setup(UNKNOWN, stream_id, 5).bytes),
    ];
    for (label, datagram) in cases {
        let label = format!("reports.{label}");
        let before = floor.counter(&label);
        socket.send_to_reports(&datagram);
        floor.await_counter(&label, before + 1);
    }
    floor.trade_one_order();
}

#[test]
fn random_bytes_are_dropped_one_by_one() {
    const SEED: u64 = 0x00F0_7EC5;
    println!("seed {SEED:#x}");
    let mut random = Random::new(SEED);
    let mut floor = Floor::open();
    let mut socket = PlainSocket::new(&floor.exchange);
    let before = floor.counters();
    let drops = |counters: &std::collections::BTreeMap<String, u64>| -> u64 {
        DROPS_OF_GARBAGE.iter().map(|label| counters[&format!("order_entry.{label}")]).sum()
    };
    for count in 1..=300 {
        let length = (random.next() % 1500) as usize;
        let mut garbage = random.bytes(length);
        // Every other one passes the first gate, so that deeper ones are tried too.
        if let Some(version) = garbage.get_mut(4).filter(|_| count % 2 == 0) {
            *version = 0;
        }
        socket.send_datagram(&garbage);
        if count % 50 == 0 {
            let deadline = crate::inbox::Deadline::patient();
            while drops(&floor.counters()) < drops(&before) + count {
                assert!(!deadline.is_over(), "{count} datagrams, {:?}", floor.counters());
            }
            assert_eq!(drops(&floor.counters()), drops(&before) + count);
            floor.trade_one_order();
        }
    }
    assert_eq!(floor.counter("order_entry.setups"), before["order_entry.setups"]);
}

#[test]
fn frames_outside_a_streams_window_are_counted() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::connect(&floor.exchange);
    let session_id = socket.session_id();
    let half_term = frames::TERM_LENGTH.unsigned_abs() / 2;
    let data = |offset| frames::data(session_id, ORDER_ENTRY_STREAM_ID, offset, &[1; 32]);
    let cases = [
        ("over_run", data(half_term).bytes),
        ("over_run", data(frames::TERM_LENGTH.unsigned_abs() - 64).bytes),
        ("position_invalid", data(0).put(20, -1).bytes),
        ("over_run", data(0).put(20, 1).bytes),
        ("over_run", data(0).put(20, i32::MAX).bytes),
    ];
    for (label, datagram) in cases {
        let label = format!("order_entry.{label}");
        let before = floor.counter(&label);
        socket.send_datagram(&datagram);
        floor.await_counter(&label, before + 1);
    }
    // Another address cannot put anything into the stream.
    let before = floor.counter("order_entry.source_mismatch");
    let mut stranger = PlainSocket::new(&floor.exchange);
    stranger.send_datagram(&data(0).bytes);
    stranger.send_datagram(&frames::setup(session_id, ORDER_ENTRY_STREAM_ID, 0).bytes);
    floor.await_counter("order_entry.source_mismatch", before + 2);
    floor.trade_one_order();
}

#[test]
fn a_message_longer_than_any_request_is_counted_and_the_next_one_taken() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-3");
    let before = floor.counter("order_entry.message_too_long");
    for length in [4_097, 20_000, 60_000] {
        socket.send_payload(&vec![0xA5; length]);
    }
    floor.await_counter("order_entry.message_too_long", before + 3);
    let reply = socket.drain();
    assert!(reply.is_empty(), "nobody answers what was not read: {reply:?}");
    crate::bad_messages::expect_reject_of(&mut socket, &[0; 4], 201);
    floor.trade_one_order();
}

/// Sends each datagram to order entry and waits until its cause, and nothing else, was counted.
fn expect_drops(cases: &[(&str, Vec<u8>)]) {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::new(&floor.exchange);
    for (cause, datagram) in cases {
        let before = floor.counters();
        socket.send_datagram(datagram);
        let label = format!("order_entry.{cause}");
        floor.await_counter(&label, before[&label] + 1);
        let after = floor.counters();
        assert_eq!(after["session.connected"], before["session.connected"], "no image was made");
        for other in DROPS_OF_GARBAGE.iter().filter(|other| *other != cause) {
            let other = format!("order_entry.{other}");
            assert_eq!(after[&other], before[&other], "{other} for a case of {cause}");
        }
    }
    floor.trade_one_order();
}

/// What bytes of a stranger can be dropped for.
const DROPS_OF_GARBAGE: [&str; 10] = [
    "truncated",
    "unsupported_version",
    "unknown_type",
    "unexpected_type",
    "length_invalid",
    "unaligned",
    "chain_broken",
    "setup_invalid",
    "unknown_stream",
    "unknown_session",
];
/// A session id that no stream has.
const UNKNOWN: i32 = 0x0BAD_0BAD;

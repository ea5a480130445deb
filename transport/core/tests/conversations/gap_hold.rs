//! With a hold, a gap that nobody repairs is given up: the reader is told, messages that had a part
//! in it never come, later ones do. Without a hold it waits for ever.

use forecastle_transport::frame::{DATA_BEGIN, DATA_END, TYPE_NAK};
use forecastle_transport::{Delivery, DropCause, ReceiveConfig, ReceiveEndpoint};
use zerocopy::IntoBytes;

use crate::crafted;
use crate::network::{MS, SESSION, STREAM, World, sender_address};

const HOLD_NS: u64 = 5 * MS;

/// What a receiver delivered, as text.
struct Reader {
    endpoint: ReceiveEndpoint,
    log: Vec<String>,
}

impl Reader {
    fn new(gap_hold_ns: Option<u64>) -> Self {
        let config = ReceiveConfig { gap_hold_ns, ..ReceiveConfig::untrusted(&[STREAM], 1, 1) };
        let mut reader = Self { endpoint: ReceiveEndpoint::new(config), log: Vec::new() };
        reader.hear(0, crafted::setup(SESSION).as_bytes());
        reader
    }

    fn hear(&mut self, now_ns: u64, datagram: &[u8]) {
        self.endpoint.on_datagram(now_ns, sender_address(), datagram);
    }

    fn read(&mut self, now_ns: u64) -> Vec<String> {
        let log = &mut self.log;
        self.endpoint.poll(now_ns, 100, |_, delivery| {
            log.push(match delivery {
                Delivery::Message { payload, .. } => String::from_utf8(payload.to_vec()).unwrap(),
                Delivery::GapSkipped { from_position, to_position } => {
                    format!("gap {from_position}..{to_position}")
                }
            });
        });
        std::mem::take(&mut self.log)
    }
}

#[test]
fn a_gap_is_given_up_after_the_hold_and_not_before() {
    let mut reader = Reader::new(Some(HOLD_NS));
    reader.hear(0, &crafted::data(SESSION, 0, b"a"));
    reader.hear(0, &crafted::data(SESSION, 192, b"d"));
    assert_eq!(reader.read(1_000), ["a"]);
    assert!(reader.read(HOLD_NS).is_empty());
    assert_eq!(reader.read(1_000 + HOLD_NS), ["gap 64..192", "d"]);
    reader.hear(2 * HOLD_NS, &crafted::data(SESSION, 64, b"b"));
    assert!(reader.read(2 * HOLD_NS).is_empty(), "too late");
    assert_eq!(reader.endpoint.counters().dropped(DropCause::Duplicate), 1);
    assert_eq!(reader.endpoint.counters().gaps_skipped, 1);
}

#[test]
fn with_no_hold_at_all_a_gap_is_given_up_at_once_and_never_asked_for() {
    let mut reader = Reader::new(Some(0));
    reader.hear(0, &crafted::data(SESSION, 0, b"a"));
    reader.hear(0, &crafted::data(SESSION, 192, b"d"));
    let mut buffer = [0; 2048];
    for now_ns in [0, 1_000, MS, 20 * MS] {
        while let Some(transmit) = reader.endpoint.poll_transmit(now_ns, &mut buffer) {
            assert_ne!(buffer[6..8], TYPE_NAK.to_le_bytes(), "{} bytes", transmit.length);
        }
    }
    assert_eq!(reader.read(20 * MS), ["a", "gap 64..192", "d"]);
}

#[test]
fn a_repair_within_the_hold_leaves_no_trace() {
    let mut reader = Reader::new(Some(HOLD_NS));
    reader.hear(0, &crafted::data(SESSION, 64, b"b"));
    assert!(reader.read(1_000).is_empty());
    reader.hear(HOLD_NS - 1, &crafted::data(SESSION, 0, b"a"));
    assert_eq!(reader.read(2 * HOLD_NS), ["a", "b"]);
    reader.hear(2 * HOLD_NS, &crafted::data(SESSION, 256, b"e"));
    assert!(reader.read(2 * HOLD_NS).is_empty(), "the next gap has its own hold");
    assert_eq!(reader.read(3 * HOLD_NS), ["gap 128..256", "e"]);
}

#[test]
fn without_a_hold_nothing_is_given_up() {
    let mut reader = Reader::new(None);
    reader.hear(0, &crafted::data(SESSION, 64, b"b"));
    assert!(reader.read(9_000 * MS).is_empty());
    reader.hear(9_000 * MS, &crafted::data(SESSION, 0, b"a"));
    assert_eq!(reader.read(9_000 * MS), ["a", "b"]);
}

#[test]
fn fragments_around_the_gap_are_dropped_up_to_the_next_beginning() {
    let mut reader = Reader::new(Some(HOLD_NS));
    let fragment =
        |flags, offset, text: &str| crafted::fragment(SESSION, flags, offset, text.as_bytes());
    reader.hear(0, &fragment(DATA_BEGIN, 0, "lost head"));
    reader.hear(0, &fragment(0, 128, "orphan"));
    reader.hear(0, &fragment(DATA_END, 192, "orphan"));
    reader.hear(0, &fragment(DATA_BEGIN, 256, "who"));
    reader.hear(0, &fragment(DATA_END, 320, "le"));
    assert!(reader.read(0).is_empty());
    assert_eq!(reader.read(HOLD_NS), ["gap 64..128", "whole"]);
    assert_eq!(reader.endpoint.counters().dropped(DropCause::FragmentOrphaned), 2);
}

#[test]
fn a_lost_tail_is_given_up_to_the_position_of_the_heartbeat() {
    let mut reader = Reader::new(Some(HOLD_NS));
    reader.hear(0, &crafted::heartbeat(SESSION, 0, 512));
    assert!(reader.read(0).is_empty());
    assert_eq!(reader.read(HOLD_NS), ["gap 0..512"]);
    reader.hear(HOLD_NS, &crafted::data(SESSION, 512, b"next"));
    assert_eq!(reader.read(HOLD_NS), ["next"]);
}

#[test]
fn a_stream_with_a_hold_goes_on_when_every_repair_is_lost() {
    let mut world = World::unicast(5, 65536, |config| config.gap_hold_ns = Some(HOLD_NS));
    world.connect();
    let mut datagram_count = 0;
    world.filter = Box::new(move |destination, bytes| {
        if destination == sender_address() {
            return bytes[6] != 2;
        }
        datagram_count += 1;
        datagram_count % 10 != 0
    });
    for _ in 0..3000 {
        while world.offer(700).is_err() {
            world.tick();
        }
        world.tick();
    }
    world.run_for(200);
    let Some(receiver) = world.receivers.first() else { panic!() };
    assert!(receiver.numbers.is_sorted() && receiver.numbers.len() > 2500);
    assert!(receiver.skipped.len() > 200);
    let missing = 3000 - receiver.numbers.len() as u64;
    let skipped: u64 = receiver.skipped.iter().map(|(from, to)| to - from).sum();
    assert!(skipped >= missing * 736, "{missing} messages in {skipped} bytes");
}

//! What a receive endpoint takes and what it drops, frame by frame, with the cause of each drop.

use std::net::SocketAddr;

use forecastle_transport::frame::{
    DATA_BEGIN, DATA_EOS, STATUS_SEND_SETUP, SetupFrame, TYPE_NAK, TYPE_PAD,
};
use forecastle_transport::{Delivery, DropCause, ReceiveConfig, ReceiveEndpoint, Transmit};
use zerocopy::IntoBytes;

use crate::crafted;
use crate::network::{MS, SESSION, STREAM, address, control_group, sender_address};

/// One receive endpoint and its clock.
struct Bench {
    endpoint: ReceiveEndpoint,
    now_ns: u64,
}

impl Bench {
    fn new(adapt: impl FnOnce(&mut ReceiveConfig)) -> Self {
        let mut config = ReceiveConfig::untrusted(&[STREAM], 42, 1);
        adapt(&mut config);
        Self { endpoint: ReceiveEndpoint::new(config), now_ns: 0 }
    }

    /// An endpoint whose image has a window of 32 KiB in terms of 64 KiB.
    fn with_image() -> Self {
        let mut bench = Self::new(|config| config.window_length = 32 * 1024);
        bench.hear(crafted::setup(SESSION).as_bytes());
        assert_eq!(bench.endpoint.image_count(), 1);
        bench.answers();
        bench
    }

    fn hear(&mut self, datagram: &[u8]) {
        self.hear_from(sender_address(), datagram);
    }

    fn hear_from(&mut self, source: SocketAddr, datagram: &[u8]) {
        self.endpoint.on_datagram(self.now_ns, source, datagram);
    }

    /// Hears `datagram`, which must be dropped for `cause` alone.
    #[track_caller]
    fn drops(&mut self, datagram: &[u8], cause: DropCause) {
        let before: Vec<_> = self.endpoint.counters().drops().collect();
        self.hear(datagram);
        for ((found, after), (_, before)) in self.endpoint.counters().drops().zip(before) {
            assert_eq!(after - before, u64::from(found == cause), "{found:?}");
        }
    }

    fn read(&mut self) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        self.endpoint.poll(self.now_ns, 1000, |_, delivery| match delivery {
            Delivery::Message { payload, .. } => messages.push(payload.to_vec()),
            Delivery::GapSkipped { .. } => panic!("no hold is set"),
        });
        messages
    }

    fn answers(&mut self) -> Vec<(Transmit, Vec<u8>)> {
        let mut buffer = [0; 2048];
        let mut answers = Vec::new();
        while let Some(transmit) = self.endpoint.poll_transmit(self.now_ns, &mut buffer) {
            answers.push((transmit, buffer[..transmit.length].to_vec()));
        }
        answers
    }
}

fn pad(offset: i32, frame_length: usize) -> Vec<u8> {
    let mut header = crafted::data_header(SESSION, 0xC0, offset, frame_length);
    header.header.frame_type = TYPE_PAD.into();
    header.as_bytes().to_vec()
}

#[test]
fn setups_outside_the_rules_make_no_image() {
    let mut bench = Bench::new(|config| config.window_length = 4096);
    let changes: [fn(&mut SetupFrame); 12] = [
        |setup| setup.term_length = (65536 - 32).into(),
        |setup| setup.term_length = (32 * 1024).into(),
        |setup| setup.term_length = (-65536).into(),
        |setup| setup.term_length = i32::MIN.into(),
        |setup| setup.term_offset = (-32).into(),
        |setup| setup.term_offset = 16.into(),
        |setup| setup.term_offset = 65536.into(),
        |setup| setup.active_term_id = (crafted::TERM - 1).into(),
        |setup| setup.mtu = 0.into(),
        |setup| setup.mtu = 1400.into(),
        |setup| setup.mtu = 65536.into(),
        |setup| setup.mtu = (4096 + 32).into(),
    ];
    for change in changes {
        let mut setup = crafted::setup(SESSION);
        change(&mut setup);
        bench.drops(setup.as_bytes(), DropCause::SetupInvalid);
    }
    let mut other = crafted::setup(SESSION);
    other.stream_id = (STREAM + 1).into();
    bench.drops(other.as_bytes(), DropCause::UnknownStream);
    assert_eq!(bench.endpoint.image_count(), 0);
    bench.hear(crafted::setup(SESSION).as_bytes());
    assert_eq!(bench.endpoint.image_count(), 1);
}

#[test]
fn images_are_capped_in_all_and_per_source_and_come_back_to_the_pool() {
    let mut bench = Bench::new(|config| {
        config.images_max = 3;
        config.images_per_source_max = 2;
    });
    for session in 1..=2 {
        bench.hear(crafted::setup(session).as_bytes());
    }
    bench.drops(crafted::setup(3).as_bytes(), DropCause::SourceImagesFull);
    let other = address("127.0.0.1:5555");
    bench.hear_from(other, crafted::setup(3).as_bytes());
    bench.hear_from(other, crafted::setup(4).as_bytes());
    assert_eq!(bench.endpoint.counters().dropped(DropCause::ImagesFull), 1);
    for round in 0..50 {
        bench.now_ns += 11_000 * MS;
        bench.answers();
        while bench.endpoint.poll_event().is_some() {}
        bench.answers();
        assert_eq!(bench.endpoint.image_count(), 0, "round {round}");
        bench.hear(crafted::setup(100 + round).as_bytes());
        bench.hear(crafted::setup(200 + round).as_bytes());
        assert_eq!(bench.endpoint.image_count(), 2);
    }
}

#[test]
fn a_session_is_bound_to_the_address_that_made_it() {
    let mut bench = Bench::with_image();
    let thief = address("127.0.0.1:1001");
    bench.hear_from(thief, &crafted::data(SESSION, 0, b"forged"));
    bench.hear_from(thief, crafted::setup(SESSION).as_bytes());
    bench.hear_from(thief, &crafted::heartbeat(SESSION, DATA_EOS, 0));
    assert_eq!(bench.endpoint.counters().dropped(DropCause::SourceMismatch), 3);
    assert!(bench.read().is_empty());
    bench.hear(&crafted::data(SESSION, 0, b"true"));
    assert_eq!(bench.read(), [b"true"]);
}

#[test]
fn data_of_an_unknown_session_elicits_one_setup_request_a_second() {
    let mut bench = Bench::new(|_| {});
    bench.drops(&crafted::heartbeat(SESSION, DATA_EOS, 0), DropCause::UnknownSession);
    assert!(bench.answers().is_empty(), "a stream that ends is not asked to begin");
    let mut asked = Vec::new();
    for step in 0..300 {
        bench.now_ns = step * 10 * MS;
        bench.drops(&crafted::data(SESSION, 0, b"who"), DropCause::UnknownSession);
        for (transmit, answer) in bench.answers() {
            assert_eq!(transmit.destination, sender_address());
            assert_eq!(answer, {
                let mut status = crafted::status(STATUS_SEND_SETUP, 0, 0, 0);
                status.session_id = SESSION.into();
                status.as_bytes().to_vec()
            });
            asked.push(bench.now_ns / MS);
        }
    }
    assert_eq!(asked, [0, 1000, 2000]);
}

#[test]
fn members_of_a_group_ask_its_control_group() {
    let config = ReceiveConfig::group(&[STREAM], 42, 1, control_group());
    let mut bench = Bench { endpoint: ReceiveEndpoint::new(config), now_ns: 0 };
    bench.hear(&crafted::data(SESSION, 0, b"who"));
    bench.hear(crafted::setup(SESSION + 1).as_bytes());
    let destinations: Vec<_> = bench.answers().iter().map(|answer| answer.0.destination).collect();
    assert_eq!(destinations, [control_group(), control_group()]);
}

#[test]
fn data_below_and_above_the_window_is_dropped() {
    let mut bench = Bench::with_image();
    bench.drops(&crafted::data(SESSION, 32 * 1024, b"far"), DropCause::OverRun);
    bench.drops(&crafted::data(SESSION, 32 * 1024 - 32, b"edge"), DropCause::OverRun);
    bench.hear(&crafted::data(SESSION, 32 * 1024 - 64, b"last"));
    for offset in (0..32 * 1024 - 64).step_by(64) {
        bench.hear(&crafted::data(SESSION, offset, b"x"));
    }
    assert_eq!(bench.read().len(), 512);
    bench.drops(&crafted::data(SESSION, 0, b"x"), DropCause::Duplicate);
    assert_eq!(bench.answers().len(), 1, "a status message with the new position");
    bench.drops(&crafted::data(SESSION, 0, b"x"), DropCause::UnderRun);
    bench.hear(&crafted::data(SESSION, 32 * 1024, b"next"));
    assert_eq!(bench.read(), [b"next"]);
}

#[test]
fn frames_that_overlap_what_is_held_are_dropped() {
    let mut bench = Bench::with_image();
    bench.hear(&crafted::data(SESSION, 128, &[1; 64]));
    for (offset, length) in [(128, 64), (96, 32), (192, 32), (0, 200), (160, 1)] {
        bench.drops(&crafted::data(SESSION, offset, &vec![2; length]), DropCause::Duplicate);
    }
    bench.hear(&crafted::data(SESSION, 0, &[3; 96]));
    assert_eq!(bench.read(), [vec![3; 96], vec![1; 64]]);
}

#[test]
fn padding_must_end_its_term_and_may_be_longer_than_the_window() {
    let mut bench = Bench::new(|config| config.window_length = 2048);
    let mut setup = crafted::setup(SESSION);
    setup.term_offset = (65536 - 8192 - 64).into();
    setup.mtu = 1024.into();
    bench.hear(setup.as_bytes());
    bench.answers();
    let start = 65536 - 8192;
    bench.drops(&pad(start, 8192 - 32), DropCause::PadInvalid);
    bench.drops(&pad(start, 8192 + 32), DropCause::PositionInvalid);
    bench.hear(&pad(start, 8192));
    bench.drops(&pad(start, 8192), DropCause::Duplicate);
    bench.drops(&crafted::data(SESSION, start + 64, b"inside"), DropCause::Duplicate);
    assert!(bench.read().is_empty());
    bench.hear(&crafted::data(SESSION, start - 64, b"before"));
    bench.now_ns += MS;
    bench.answers();
    bench.now_ns += MS;
    assert!(bench.answers().is_empty(), "nothing is missing inside the padding");
    assert_eq!(bench.read(), [b"before"]);
    let status = bench.answers().pop().unwrap().1;
    let next_term = crafted::TERM + 1;
    assert_eq!(status[16..24], [next_term.to_le_bytes(), [0; 4]].concat(), "past the padding");
    let mut data = crafted::data(SESSION, 0, b"after");
    data[20..24].copy_from_slice(&next_term.to_le_bytes());
    bench.hear(&data);
    assert_eq!(bench.read(), [b"after"]);
}

#[test]
fn frames_past_the_end_of_a_term_or_before_the_stream_have_no_position() {
    let mut bench = Bench::with_image();
    let mut before = crafted::data(SESSION, 0, b"x");
    before[20..24].copy_from_slice(&(crafted::TERM - 1).to_le_bytes());
    bench.drops(&before, DropCause::PositionInvalid);
    bench.drops(&crafted::data(SESSION, 65536 + 32, b"x"), DropCause::PositionInvalid);
    let mut setup = crafted::setup(SESSION + 1);
    setup.term_offset = (65536 - 64).into();
    bench.hear(setup.as_bytes());
    let across = crafted::data(SESSION + 1, 65536 - 32, &[0; 32]);
    bench.drops(&across, DropCause::PositionInvalid);
}

#[test]
fn a_message_too_long_is_dropped_alone() {
    let mut bench = Bench::new(|config| config.message_length_max = 100);
    bench.hear(crafted::setup(SESSION).as_bytes());
    bench.hear(&crafted::data(SESSION, 0, &[1; 101]));
    bench.hear(&crafted::fragment(SESSION, DATA_BEGIN, 160, &[2; 96]));
    bench.hear(&crafted::fragment(SESSION, 0, 288, &[2; 96]));
    bench.hear(&crafted::fragment(SESSION, 0x40, 416, &[2; 32]));
    bench.hear(&crafted::data(SESSION, 480, &[3; 100]));
    assert_eq!(bench.read(), [[3; 100]]);
    assert_eq!(bench.endpoint.counters().dropped(DropCause::MessageTooLong), 2);
}

#[test]
fn the_first_gap_is_asked_for_exactly() {
    let mut bench = Bench::with_image();
    bench.hear(&crafted::data(SESSION, 0, b"x"));
    bench.hear(&crafted::data(SESSION, 640, b"x"));
    bench.hear(&crafted::data(SESSION, 1024, b"x"));
    assert!(bench.answers().is_empty(), "not before a microsecond");
    bench.now_ns += 1_000;
    let ask = bench.answers();
    assert_eq!(ask.len(), 1);
    assert_eq!(ask[0].1, crafted::nak(crafted::TERM, 64, 576));
    assert_eq!(ask[0].1[6..8], TYPE_NAK.to_le_bytes());
    for offset in (64..640).step_by(64) {
        bench.hear(&crafted::data(SESSION, offset, b"x"));
    }
    bench.answers();
    bench.now_ns += 1_000;
    assert_eq!(bench.answers()[0].1, crafted::nak(crafted::TERM, 704, 320));
}

#[test]
fn a_gap_over_the_end_of_a_term_is_asked_for_up_to_that_end() {
    let mut bench = Bench::new(|_| {});
    let mut setup = crafted::setup(SESSION);
    setup.term_offset = (65536 - 128).into();
    bench.hear(setup.as_bytes());
    let mut heartbeat = crafted::heartbeat(SESSION, 0, 256);
    heartbeat[20..24].copy_from_slice(&(crafted::TERM + 1).to_le_bytes());
    bench.hear(&heartbeat);
    bench.answers();
    bench.now_ns += 1_000;
    assert_eq!(bench.answers()[0].1, crafted::nak(crafted::TERM, 65536 - 128, 128));
}

#[test]
fn frames_of_senders_peers_are_not_for_a_receiver() {
    let mut bench = Bench::with_image();
    bench.drops(&crafted::nak(crafted::TERM, 0, 32), DropCause::UnexpectedType);
    bench.drops(crafted::status(0, 0, 0, 0).as_bytes(), DropCause::UnexpectedType);
    bench.drops(&crafted::rtt(0), DropCause::UnexpectedType);
    bench.drops(&crafted::error(1, b""), DropCause::UnexpectedType);
    bench.drops(&crafted::response_setup(1), DropCause::UnexpectedType);
}

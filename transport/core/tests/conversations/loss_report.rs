//! Losses are recorded as episodes: who, from when to when, how many bytes, and whether they came.

use forecastle_transport::limits::LOSS_EPISODES_MAX;
use forecastle_transport::{LossEpisode, LossOutcome, ReceiveConfig, ReceiveEndpoint};
use zerocopy::IntoBytes;

use super::crafted;
use super::network::{Faults, MS, SESSION, STREAM, World, sender_address};

struct Listener {
    endpoint: ReceiveEndpoint,
    buffer: [u8; 2048],
}

impl Listener {
    fn new(gap_hold_ns: Option<u64>) -> Self {
        let config = ReceiveConfig { gap_hold_ns, ..ReceiveConfig::untrusted(&[STREAM], 1, 1) };
        let mut listener = Self { endpoint: ReceiveEndpoint::new(config), buffer: [0; 2048] };
        listener.hear(0, crafted::setup(SESSION).as_bytes());
        listener
    }

    fn hear(&mut self, now_ns: u64, datagram: &[u8]) {
        self.endpoint.on_datagram(now_ns, sender_address(), datagram);
    }

    fn frame(&mut self, now_ns: u64, offset: i32) {
        self.hear(now_ns, &crafted::data(SESSION, offset, b"32 bytes"));
    }

    /// One duty cycle; the episodes after it.
    fn turn(&mut self, now_ns: u64) -> Vec<LossEpisode> {
        while self.endpoint.poll_event().is_some() {}
        self.endpoint.poll(now_ns, 100, |_, _| {});
        while self.endpoint.poll_transmit(now_ns, &mut self.buffer).is_some() {}
        self.endpoint.loss_episodes().collect()
    }
}

fn episode(first_ns: u64, last_ns: u64, bytes: u64, outcome: LossOutcome) -> LossEpisode {
    let source = sender_address();
    LossEpisode {
        source,
        stream_id: STREAM,
        session_id: SESSION,
        first_ns,
        last_ns,
        bytes,
        outcome,
    }
}

#[test]
fn a_repaired_loss_is_one_episode_with_its_bytes() {
    let mut listener = Listener::new(None);
    listener.frame(10, 0);
    assert_eq!(listener.turn(10), []);
    listener.frame(20, 192);
    assert_eq!(listener.turn(20), [], "nothing is asked for yet");
    let open = |last_ns, bytes| [episode(1_020, last_ns, bytes, LossOutcome::Open)];
    assert_eq!(listener.turn(1_020), open(1_020, 128));
    assert_eq!(listener.turn(101_020), open(101_020, 128), "asked again, counted once");
    listener.frame(101_030, 64);
    listener.frame(101_040, 320);
    assert_eq!(listener.turn(103_000), open(101_020, 128));
    assert_eq!(listener.turn(104_000), open(104_000, 128), "the rest of the first gap");
    listener.frame(105_000, 128);
    assert_eq!(listener.turn(105_000), open(104_000, 128));
    assert_eq!(listener.turn(106_000), open(106_000, 192), "the second gap");
    listener.frame(107_000, 256);
    let repaired = [episode(1_020, 107_000, 192, LossOutcome::Repaired)];
    assert_eq!(listener.turn(107_000), repaired);
    assert_eq!(listener.endpoint.counters().loss_episodes, 1);
    assert_eq!(listener.turn(900_000), repaired);
}

#[test]
fn what_is_given_up_was_not_repaired() {
    for hold_ns in [0, 5 * MS] {
        let mut listener = Listener::new(Some(hold_ns));
        listener.frame(10, 0);
        listener.frame(10, 192);
        listener.turn(10);
        let episodes = listener.turn(10 + hold_ns);
        assert_eq!(episodes, [episode(10 + hold_ns, 10 + hold_ns, 128, LossOutcome::GivenUp)]);
    }
}

#[test]
fn a_stream_that_ends_in_a_gap_leaves_a_loss() {
    let mut listener = Listener::new(None);
    listener.frame(10, 64);
    listener.turn(10);
    assert_eq!(listener.turn(2_000)[0].outcome, LossOutcome::Open);
    let over_ns = 11_000 * MS;
    let episodes = listener.turn(over_ns);
    assert_eq!(episodes, [episode(2_000, over_ns, 64, LossOutcome::GivenUp)], "timed out");
}

#[test]
fn a_thousand_losses_leave_a_bounded_report_and_every_one_is_counted() {
    let mut world = World::unicast(3, 65536, |_| {});
    world.connect();
    world.faults = Faults { loss: 10, ..Faults::default() };
    while world.receivers[0].endpoint.counters().loss_episodes < 300 {
        let _refused = world.offer(400);
        world.tick();
    }
    world.faults = Faults::default();
    world.run_for(500);
    let endpoint = &world.receivers[0].endpoint;
    let episodes: Vec<_> = endpoint.loss_episodes().collect();
    assert_eq!(episodes.len(), LOSS_EPISODES_MAX);
    assert!(episodes.iter().all(|episode| episode.outcome == LossOutcome::Repaired));
    assert!(episodes.iter().all(|episode| episode.bytes > 0));
    assert!(episodes.is_sorted_by_key(|episode| episode.last_ns));
}

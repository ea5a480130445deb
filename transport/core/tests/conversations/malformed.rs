//! Random changes of valid frames, at endpoints in the middle of a conversation: nothing panics,
//! work per datagram is bounded, and the endpoints still do their duty afterwards.

use forecastle_transport::frame::{DATA_BEGIN, DATA_EOS, RTT_REPLY, STATUS_SEND_SETUP};
use forecastle_transport::{Delivery, Random};
use zerocopy::IntoBytes;

use crate::crafted::{self, TERM};
use crate::network::{SESSION, World, receiver_address, sender_address};

const ROUNDS: u64 = 60_000;

fn corpus() -> Vec<Vec<u8>> {
    let mut several = crafted::data(SESSION, 0, b"one");
    several.extend(crafted::data(SESSION, 64, b"two"));
    let mut tagged = crafted::status(0, TERM, 0, 4096);
    tagged.header.frame_length = 44.into();
    vec![
        crafted::setup(SESSION).as_bytes().to_vec(),
        crafted::setup(SESSION + 1).as_bytes().to_vec(),
        crafted::data(SESSION, 0, &[7; 200]),
        crafted::fragment(SESSION, DATA_BEGIN, 0, &[7; 64]),
        several,
        crafted::heartbeat(SESSION, 0, 1024),
        crafted::heartbeat(SESSION + 1, DATA_EOS, 64),
        crafted::status(0, TERM, 0, 4096).as_bytes().to_vec(),
        crafted::status(STATUS_SEND_SETUP, 0, 0, 0).as_bytes().to_vec(),
        [tagged.as_bytes(), &[1; 8]].concat(),
        crafted::nak(TERM, 0, 4096),
        crafted::rtt(RTT_REPLY),
        crafted::error(42, b"text"),
        crafted::response_setup(99),
    ]
}

/// Field values where arithmetic breaks if it breaks.
const EDGES: [i32; 14] =
    [0, 1, -1, 31, 32, 33, 1408, 65504, 65536, 65568, i32::MAX, i32::MIN, TERM, i32::MAX - 31];

fn mutate(random: &mut Random, datagram: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let length = datagram.len() as u64;
        let place = random.below(length.max(1)) as usize;
        match random.below(6) {
            0 if length > 0 => datagram[place] ^= 1 << random.below(8),
            1 if length > 0 => datagram[place] = random.below(256) as u8,
            2 => datagram.truncate(place),
            3 => datagram.resize(datagram.len() + random.below(80) as usize, 0),
            4 if length > 8 => {
                let field = 8 + random.below((length - 8) / 4).min(8) as usize * 4;
                let edge = EDGES[random.below(EDGES.len() as u64) as usize];
                if let Some(bytes) = datagram.get_mut(field..field + 4) {
                    bytes.copy_from_slice(&edge.to_le_bytes());
                }
            }
            _ if length > 4 => {
                let edge = EDGES[random.below(EDGES.len() as u64) as usize];
                datagram[..4].copy_from_slice(&edge.to_le_bytes());
            }
            _ => {}
        }
    }
}

/// A world in the middle of a conversation, with gaps and data on the way.
fn busy_world(seed: u64, is_group: bool) -> World {
    let mut world = match is_group {
        true => World::multicast(seed, 65536, 2),
        false => World::unicast(seed, 65536, |config| config.gap_hold_ns = Some(1_000_000)),
    };
    world.connect();
    world.offer_many(20, 1000);
    world.run_for(1);
    world
}

#[test]
fn mutated_frames_never_panic_and_never_cost_much() {
    for seed in 1..=4 {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let corpus = corpus();
        let mut world = busy_world(seed, seed % 2 == 0);
        let mut buffer = [0; 65536];
        for _ in 0..ROUNDS {
            let mut datagram = corpus[random.below(corpus.len() as u64) as usize].clone();
            mutate(&mut random, &mut datagram);
            world.now_ns += random.below(200_000);
            let now_ns = world.now_ns;
            let _refused = world.sender.offer(world.publication, &[1; 64]);
            world.sender.on_datagram(now_ns, receiver_address(0), &datagram);
            while world.sender.poll_event().is_some() {}
            let mut sent = 0;
            while world.sender.poll_transmit(now_ns, &mut buffer).is_some() {
                sent += 1;
                assert!(sent < 1000, "a datagram sets off at most a window and a budget");
            }
            let receiver = &mut world.receivers[0].endpoint;
            receiver.on_datagram(now_ns, sender_address(), &datagram);
            while receiver.poll_event().is_some() {}
            let polled = receiver.poll(now_ns, 10_000, |_, delivery| {
                if let Delivery::GapSkipped { from_position, to_position } = delivery {
                    assert!(from_position < to_position);
                }
            });
            assert!(polled <= 64 * 1024 / 32, "at most a window of frames");
            let mut answers = 0;
            while receiver.poll_transmit(now_ns, &mut buffer).is_some() {
                answers += 1;
                assert!(answers < 100, "at most some answers per image");
            }
        }
        let counters = world.receivers[0].endpoint.counters();
        let causes = counters.drops().filter(|(_, count)| *count > 0).count();
        assert!(causes > 12, "the changes reach deep: {counters:?}");
    }
}

#[test]
fn a_true_conversation_goes_on_among_malformed_datagrams() {
    let mut world = busy_world(9, false);
    let mut random = Random::new(9);
    let corpus = corpus();
    let stranger = crate::network::address("127.0.0.1:6666");
    for _ in 0..1000 {
        for _ in 0..5 {
            let mut datagram = corpus[random.below(corpus.len() as u64) as usize].clone();
            mutate(&mut random, &mut datagram);
            world.sender.on_datagram(world.now_ns, stranger, &datagram);
            world.receivers[0].endpoint.on_datagram(world.now_ns, stranger, &datagram);
        }
        world.offer(100).unwrap();
        world.run_for(1);
    }
    assert!(world.receivers[0].numbers.iter().copied().eq(0..1020));
}

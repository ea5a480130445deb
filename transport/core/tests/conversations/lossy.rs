//! Everything is delivered once and in order through loss, doubling and reordering, by unicast and
//! to a group, with fragments, padding, rotating terms, a lost tail and the end of the stream.

use forecastle_transport::frame::TYPE_STATUS;
use forecastle_transport::{DropCause, OfferError, PublicationNews, Random, UnavailableReason};

use crate::network::{Faults, World};

const MESSAGES: u32 = 1500;
const TERM_LENGTH: u32 = 64 * 1024;
const LAG_MAX: u64 = TERM_LENGTH as u64 / 2;

/// Sends numbered messages of mixed lengths, ends the stream, and expects all of them everywhere.
fn carries(mut world: World, faults: Faults, seed: u64) {
    world.connect();
    world.faults = faults;
    let mut random = Random::new(seed ^ 0xFACE);
    let mut next_length = 4;
    let mut offered = 0;
    let all_received = |world: &World| {
        world.receivers.iter().all(|receiver| receiver.numbers.len() == MESSAGES as usize)
    };
    world.run_until(300_000, |world| {
        while offered < MESSAGES && lag(world) < LAG_MAX {
            match world.offer(next_length) {
                Ok(_) => offered += 1,
                Err(OfferError::BackPressured | OfferError::NotConnected) => break,
                Err(error) => panic!("{error:?}"),
            }
            next_length = match random.below(10) {
                0 => 4 + random.below(8188) as usize,
                1..=3 => 1376 - 4 + random.below(8) as usize,
                _ => 4 + random.below(300) as usize,
            };
        }
        offered == MESSAGES && all_received(world)
    });
    assert!(world.sender.position(world.publication).unwrap() > 10 * u64::from(TERM_LENGTH));
    for receiver in &world.receivers {
        assert!(receiver.numbers.iter().copied().eq(0..MESSAGES), "each once, in order");
    }
    let refused = world.sender.counters().dropped(DropCause::NakInvalid);
    assert_eq!(refused, 0, "every NAK names the start of a frame");
    world.sender.close(world.publication);
    world.run_until(30_000, |world| {
        let ended = world.receivers.iter().all(|receiver| receiver.ended.is_some());
        ended && world.events.last() == Some(&PublicationNews::Closed)
    });
    for receiver in &world.receivers {
        assert_eq!(receiver.ended, Some(UnavailableReason::EndOfStream));
    }
}

/// Bytes between what was offered and the slowest receiver. A group's flow control follows its
/// fastest receiver, so an application that must lose nobody stays within what is still resent.
fn lag(world: &World) -> u64 {
    let slowest = world.receivers.iter().map(|receiver| receiver.position).min();
    world.sender.position(world.publication).unwrap() - slowest.unwrap()
}

fn faults(percent: u64) -> Faults {
    Faults { loss: percent, duplicates: percent / 2, late: percent }
}

#[test]
fn unicast() {
    for percent in [0, 2, 10, 20] {
        for seed in 1..=3 {
            println!("{percent} percent");
            carries(World::unicast(seed, TERM_LENGTH, |_| {}), faults(percent), seed);
        }
    }
}

#[test]
fn unicast_with_a_window_shorter_than_a_message() {
    for seed in 1..=3 {
        let world = World::unicast(seed, TERM_LENGTH, |config| config.window_length = 4096);
        carries(world, faults(5), seed);
    }
}

#[test]
fn a_group_of_three() {
    for percent in [0, 5, 20] {
        for seed in 1..=2 {
            println!("{percent} percent");
            carries(World::multicast(seed, TERM_LENGTH, 3), faults(percent), seed);
        }
    }
}

#[test]
fn a_lost_tail_is_found_by_the_heartbeat() {
    let mut world = World::unicast(1, TERM_LENGTH, |_| {});
    world.connect();
    world.run_for(10);
    world.faults = Faults { loss: 100, ..Faults::default() };
    for _ in 0..20 {
        world.offer(500).unwrap();
    }
    world.run_for(5);
    assert_eq!(world.sender.sent_position(world.publication), Some(20 * 544), "all were sent");
    world.faults = Faults::default();
    assert!(world.receivers[0].numbers.is_empty());
    world.run_until(10, |world| world.receivers[0].numbers.len() == 20);
    assert!(world.sender.counters().retransmits >= 8, "resent in full datagrams");
}

#[test]
fn a_lost_status_message_is_repeated_while_the_sender_waits_for_it() {
    let mut world = World::unicast(1, TERM_LENGTH, |config| config.window_length = 4096);
    world.connect();
    world.run_for(10);
    world.filter = Box::new(|_, bytes| bytes[6..8] != TYPE_STATUS.to_le_bytes());
    world.offer_many(16, 1000);
    world.run_for(1);
    assert_eq!(world.sender.sent_position(world.publication), Some(3 * 1056), "the window");
    let status_count = world.receivers[0].endpoint.counters().status_messages;
    world.filter = Box::new(|_, _| true);
    world.run_until(2, |world| world.receivers[0].numbers.len() == 16);
    world.run_for(150);
    let status_count = world.receivers[0].endpoint.counters().status_messages - status_count;
    assert!(status_count < 12, "{status_count} status messages, none for a sender that goes on");
}

//! How a stream begins, stays alive and ends: cadences and flags of SETUP, heartbeat, status
//! message, ERR and end of stream as a stock peer expects them.

use forecastle_transport::frame::{
    DATA_EOS, Frame, RTT_REPLY, STATUS_EOS, STATUS_SEND_SETUP, TYPE_DATA, TYPE_ERROR, TYPE_RTT,
    TYPE_SETUP, TYPE_STATUS,
};
use forecastle_transport::{
    DropCause, ImageEvent, OfferError, PublicationNews, ReceiveConfig, ReceiveEndpoint,
    UnavailableReason,
};
use zerocopy::IntoBytes;

use crate::crafted;
use crate::network::{MS, SESSION, STREAM, World, address, receiver_address, sender_address};

fn world() -> World {
    let mut world = World::unicast(1, 65536, |_| {});
    world.keeps_wire = true;
    world
}

/// Flags of every datagram of `frame_type` on the wire.
fn flags(world: &World, frame_type: i16) -> Vec<u8> {
    world.wire_of(frame_type).map(|entry| entry.2[5]).collect()
}

#[test]
fn a_publication_nobody_hears_sends_setup_every_100_ms_and_nothing_else() {
    let mut world = world();
    world.filter = Box::new(|_, _| false);
    world.run_for(1_000);
    assert_eq!(world.wire.len(), 10);
    assert_eq!(world.wire_count(TYPE_SETUP), 10);
    assert!(world.wire.iter().all(|entry| entry.1 == receiver_address(0)));
    assert_eq!(world.offer(4), Err(OfferError::NotConnected));
}

#[test]
fn an_idle_stream_heartbeats_every_100_ms_and_hears_status_every_200() {
    let mut world = world();
    world.run_for(1_050);
    assert_eq!(world.wire_count(TYPE_SETUP), 1, "one is enough");
    assert_eq!(world.wire_count(TYPE_DATA), 11, "one at once, then every 100 ms");
    assert_eq!(world.wire_count(TYPE_STATUS), 6);
    world.wire.clear();
    for _ in 0..10 {
        world.offer(64).unwrap();
        world.run_for(50);
    }
    let lone = "two heartbeats look after each lone message, 1 and 11 ms later";
    assert_eq!(world.wire_count(TYPE_DATA), 30, "{lone}");
    world.wire.clear();
    for _ in 0..100 {
        world.offer(64).unwrap();
        world.run_for(1);
    }
    assert_eq!(world.wire_count(TYPE_DATA), 100, "none while data flows");
}

#[test]
fn setup_can_be_elicited_once_per_100_ms() {
    let mut world = world();
    world.run_for(250);
    world.wire.clear();
    let wanted = crafted::status(STATUS_SEND_SETUP, 0, 0, 0);
    for _ in 0..100 {
        world.sender.on_datagram(world.now_ns, receiver_address(0), wanted.as_bytes());
        world.run_for(5);
    }
    let times: Vec<_> = world.wire_of(TYPE_SETUP).map(|entry| entry.0).collect();
    assert!((5..=6).contains(&times.len()), "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 100 * MS));
}

#[test]
fn silence_disconnects_the_sender_after_5_s_and_the_image_after_10() {
    let mut world = world();
    world.connect();
    world.run_for(100);
    world.filter = Box::new(|_, _| false);
    world.run_for(4_700);
    assert!(world.sender.is_connected(world.publication));
    world.run_for(400);
    assert_eq!(world.events.last(), Some(&PublicationNews::Disconnected));
    assert_eq!(world.offer(4), Err(OfferError::NotConnected));
    assert_eq!(world.receivers[0].ended, None);
    world.run_for(5_000);
    assert_eq!(world.receivers[0].ended, Some(UnavailableReason::TimedOut));
    assert_eq!(world.receivers[0].endpoint.image_count(), 0);

    // The sender's heartbeats make the receiver ask for a SETUP, and the stream goes on.
    world.filter = Box::new(|_, _| true);
    world.wire.clear();
    world.run_until(500, |world| world.sender.is_connected(world.publication));
    assert_eq!(flags(&world, TYPE_STATUS)[0], STATUS_SEND_SETUP);
    world.offer(100).unwrap();
    world.run_until(10, |world| world.receivers[0].numbers == [0]);
}

#[test]
fn closing_drains_then_says_end_of_stream_until_the_receiver_has_left() {
    let mut world = world();
    world.connect();
    world.receivers[0].poll_limit = 0;
    for _ in 0..50 {
        world.offer(300).unwrap();
    }
    world.sender.close(world.publication);
    assert_eq!(world.offer(4), Err(OfferError::Closed));
    world.run_for(450);
    let ends = flags(&world, TYPE_DATA).into_iter().filter(|flags| *flags == 0xC0 | DATA_EOS);
    assert_eq!(ends.count(), 5, "at once, then every 100 ms");
    assert_eq!(world.receivers[0].ended, None, "not everything was consumed");
    world.receivers[0].poll_limit = 100;
    world.wire.clear();
    world.run_for(1_500);
    assert_eq!(world.receivers[0].numbers.len(), 50);
    assert_eq!(world.receivers[0].ended, Some(UnavailableReason::EndOfStream));
    let farewells = flags(&world, TYPE_STATUS).into_iter().filter(|flags| *flags == STATUS_EOS);
    assert_eq!(farewells.count(), 5);
    assert_eq!(world.events.last(), Some(&PublicationNews::Closed));
    assert!(world.wire_count(TYPE_DATA) <= 1, "the farewell ends the linger early");
    assert_eq!(world.receivers[0].endpoint.image_count(), 0);
}

#[test]
fn a_closed_publication_without_farewell_lingers_5_s() {
    let mut world = world();
    world.connect();
    world.run_for(100);
    world.filter = Box::new(|to, _| to != sender_address());
    world.sender.close(world.publication);
    world.run_for(4_900);
    assert_ne!(world.events.last(), Some(&PublicationNews::Closed));
    world.run_for(300);
    assert_eq!(world.events.last(), Some(&PublicationNews::Closed));
    assert_eq!(world.sender.position(world.publication), None, "the id is dead");
}

#[test]
fn a_rejected_sender_hears_one_status_message_and_then_why() {
    let mut world = world();
    let mut id = None;
    while id.is_none() {
        world.tick();
        let source = sender_address();
        let endpoint = &mut world.receivers[0].endpoint;
        endpoint.on_datagram(world.now_ns, source, crafted::setup(SESSION).as_bytes());
        if let Some(ImageEvent::Available(image)) = endpoint.poll_event() {
            assert_eq!((image.stream_id, image.session_id), (STREAM, SESSION));
            id = Some(image.id);
            world.receivers[0].image = id;
        }
    }
    world.receivers[0].endpoint.reject_image(world.now_ns, id.unwrap(), "not today");
    world.run_until(500, |world| world.events.contains(&PublicationNews::Disconnected));
    let rejected = PublicationNews::Rejected { code: 13 };
    assert_eq!(world.events.iter().filter(|news| **news == rejected).count(), 1);
    assert_eq!(world.sender.rejection_text(world.publication), b"not today");
    let (time_ns, _, error) = world.wire_of(TYPE_ERROR).next().unwrap();
    assert!(matches!(Frame::parse(error), Ok(Frame::Error(_, b"not today"))));
    assert!(world.wire_of(TYPE_STATUS).any(|entry| entry.0 <= *time_ns), "a status came before");
    assert_eq!(world.receivers[0].ended, Some(UnavailableReason::Rejected));
    world.sender.close(world.publication);
    world.run_for(6_000);
    assert_eq!(world.receivers[0].endpoint.image_count(), 0);
    assert_eq!(world.events.last(), Some(&PublicationNews::Closed));
}

#[test]
fn an_image_closed_here_disconnects_the_sender() {
    let mut world = world();
    world.connect();
    let id = world.receivers[0].image.unwrap();
    world.receivers[0].endpoint.close_image(world.now_ns, id);
    world.run_until(10, |world| world.events.last() == Some(&PublicationNews::Disconnected));
    assert_eq!(world.receivers[0].ended, Some(UnavailableReason::Closed));
}

#[test]
fn a_late_joiner_starts_at_the_position_of_the_setup() {
    let mut world = World::multicast(1, 65536, 2);
    world.filter = Box::new(|_, _| true);
    let now_ns = world.now_ns;
    let control = crate::network::control_group();
    world.connect();
    for _ in 0..1000 {
        while world.offer(100).is_err() {
            world.tick();
        }
    }
    world.run_for(20);
    let late = ReceiveConfig::group(&[STREAM], 9, 9, control);
    world.receivers[1].endpoint = ReceiveEndpoint::new(late);
    world.receivers[1].numbers.clear();
    assert_eq!(now_ns, 0);
    world.run_for(300);
    world.offer(100).unwrap();
    world.run_for(10);
    assert_eq!(world.receivers[1].numbers, [1000]);
    assert_eq!(world.receivers[0].numbers.len(), 1001);
}

#[test]
fn round_trip_measurements_of_a_known_receiver_are_answered_unchanged() {
    let mut world = world();
    world.connect();
    let measure = crafted::rtt(RTT_REPLY);
    world.sender.on_datagram(world.now_ns, address("127.0.0.1:9"), &measure);
    assert_eq!(world.sender.counters().dropped(DropCause::StrangerIgnored), 1);
    world.sender.on_datagram(world.now_ns, receiver_address(0), &measure);
    world.run_for(1);
    let answers: Vec<_> = world.wire_of(TYPE_RTT).collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].2, crafted::rtt(0));
}

#[test]
fn an_error_of_a_stranger_changes_nothing() {
    let mut world = world();
    world.connect();
    world.sender.on_datagram(world.now_ns, receiver_address(0), &crafted::error(43, b""));
    world.sender.on_datagram(world.now_ns, address("127.0.0.1:9"), &crafted::error(42, b""));
    assert_eq!(world.sender.counters().dropped(DropCause::StrangerIgnored), 2);
    world.tick();
    assert!(world.sender.is_connected(world.publication));
}

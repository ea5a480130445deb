//! How far a sender goes, how a receiver slows it, what is resent and what is refused.

use forecastle_transport::frame::{
    Frame, STATUS_EOS, StatusFrame, TYPE_DATA, TYPE_NAK, TYPE_SETUP, TYPE_STATUS,
};
use forecastle_transport::{
    Destination, DropCause, OfferError, PublicationConfig, SendConfig, SendEndpoint,
};
use zerocopy::IntoBytes;
use zerocopy::little_endian::I32;

use crate::crafted::{self, TERM};
use crate::network::{
    Faults, MS, SESSION, STREAM, World, address, control_group, data_group, receiver_address,
};

/// A sender alone: what it writes is kept, its receivers are crafted frames.
fn alone(send: SendConfig) -> World {
    let destination = if send.receivers_max > 1 { data_group() } else { receiver_address(0) };
    let mut world = World::new(1, send, destination, vec![]);
    world.keeps_wire = true;
    world
}

fn hear(world: &mut World, status: &StatusFrame) {
    world.sender.on_datagram(world.now_ns, receiver_address(0), status.as_bytes());
}

fn sent(world: &World) -> u64 {
    world.sender.sent_position(world.publication).unwrap()
}

#[test]
fn the_sender_stops_exactly_at_position_plus_window() {
    let mut world = alone(SendConfig::unicast(1, 65536));
    hear(&mut world, &crafted::status(0, TERM, 0, 4096));
    for _ in 0..100 {
        world.offer(96).unwrap();
    }
    world.run_for(10);
    assert_eq!(sent(&world), 4096, "frames of 128 fill the window to the byte");
    hear(&mut world, &crafted::status(0, TERM, 1024, 4096));
    world.run_for(10);
    assert_eq!(sent(&world), 5120);
    hear(&mut world, &crafted::status(0, TERM, 0, 4096));
    hear(&mut world, &crafted::status(0, TERM, 1024, 4096 + 127));
    world.run_for(10);
    assert_eq!(sent(&world), 5120, "no part of a frame, and never back");
    let lengths = world.wire_of(TYPE_DATA).map(|entry| entry.2.len()).filter(|length| *length > 32);
    let lengths: Vec<_> = lengths.collect();
    assert!(lengths.iter().all(|length| *length <= 1408));
    assert_eq!(lengths.iter().sum::<usize>(), 5120);
}

#[test]
fn padding_waits_until_its_end_is_within_half_a_term_of_the_receiver() {
    let mut world = alone(SendConfig::unicast(1, 65536));
    let half = 32 * 1024;
    hear(&mut world, &crafted::status(0, TERM, 0, half));
    let fill = |world: &mut World| {
        world.offer_many(31, 1000);
        world.run_for(1);
    };
    fill(&mut world);
    hear(&mut world, &crafted::status(0, TERM, 31 * 1056, half));
    fill(&mut world);
    // 64 bytes of the term are left. The header of their padding is within the window, their end
    // is not: Aeron drops such a frame and counts an over-run.
    world.offer(1000).unwrap();
    world.run_for(10);
    assert_eq!(sent(&world), 65536 - 64);
    hear(&mut world, &crafted::status(0, TERM, half, half));
    world.run_for(1);
    assert_eq!(sent(&world), 65536);
}

#[test]
fn publications_take_turns_of_sixteen_datagrams() {
    let mut sender = SendEndpoint::new(SendConfig::unicast(2, 1 << 20));
    let mut publications = Vec::new();
    for (index, session_id) in [(0, SESSION), (1, SESSION + 1)] {
        let publication = sender.add_publication(&PublicationConfig {
            stream_id: STREAM,
            session_id,
            initial_term_id: TERM,
            destination: Destination::Address(receiver_address(index)),
            response_requested: false,
        });
        let mut status = crafted::status(0, TERM, 0, 64 * 1024);
        status.session_id = I32::new(session_id);
        sender.on_datagram(0, receiver_address(index), status.as_bytes());
        publications.push(publication.unwrap());
    }
    let mut buffer = [0; 2048];
    while sender.poll_transmit(0, &mut buffer).is_some() {}
    for (publication, count) in publications.iter().zip([20, 40]) {
        (0..count).for_each(|_| assert!(sender.offer(*publication, &[0; 1376]).is_ok()));
    }
    let mut runs: Vec<(u16, usize)> = Vec::new();
    while let Some(transmit) = sender.poll_transmit(1, &mut buffer) {
        let port = transmit.destination.port();
        match runs.last_mut() {
            Some((last, count)) if *last == port => *count += 1,
            _ => runs.push((port, 1)),
        }
    }
    runs.sort_unstable();
    assert_eq!(runs, [(2000, 4), (2000, 16), (2001, 8), (2001, 16), (2001, 16)]);
}

#[test]
fn offers_are_refused_half_a_term_ahead_of_the_sender() {
    let mut world = alone(SendConfig::unicast(1, 65536));
    hear(&mut world, &crafted::status(0, TERM, 0, 0));
    for _ in 0..32 {
        world.offer(1024 - 32).unwrap();
    }
    assert_eq!(world.offer(4), Err(OfferError::BackPressured));
    assert_eq!(world.offer(8193), Err(OfferError::MessageTooLong));
    hear(&mut world, &crafted::status(0, TERM, 0, 1024));
    world.run_for(1);
    assert_eq!(world.offer(1024), Err(OfferError::BackPressured), "one byte over the room");
    assert_eq!(world.offer(1024 - 32), Ok(33 * 1024));
}

#[test]
fn messages_can_be_written_in_place() {
    let mut world = World::unicast(1, 65536, |_| {});
    world.connect();
    let (publication, sender) = (world.publication, &mut world.sender);
    let too_long = sender.offer_with(publication, 1408 - 31, |_| panic!("not to be called"));
    assert_eq!(too_long, Err(OfferError::MessageTooLong));
    world.offer(4).unwrap();
    world.sender.offer_with(world.publication, 4, |to| to.copy_from_slice(&[0; 4])).unwrap();
    world.run_for(1);
    assert_eq!(world.receivers[0].numbers, [0, 0]);
}

#[test]
fn a_receiver_that_does_not_consume_closes_its_window_and_loses_nothing() {
    let mut world = World::unicast(1, 1 << 20, |config| config.window_length = 16 * 1024);
    world.connect();
    world.receivers[0].poll_limit = 0;
    let mut offered = 0;
    while world.offer(200).is_ok() {
        offered += 1;
    }
    world.run_for(1_000);
    assert_eq!(sent(&world) / 256, 16 * 1024 / 256);
    assert_eq!(world.receivers[0].endpoint.counters().dropped(DropCause::OverRun), 0);
    world.receivers[0].poll_limit = 10;
    world.run_until(1_000, |world| world.receivers[0].numbers.len() == offered);
}

#[test]
fn status_is_sent_at_once_after_a_quarter_of_the_window() {
    let mut world = World::unicast(1, 1 << 20, |config| config.window_length = 16 * 1024);
    world.connect();
    world.run_for(50);
    world.keeps_wire = true;
    world.offer_many(32, 96);
    world.run_for(2);
    assert_eq!(world.receivers[0].position, 4096);
    assert_eq!(world.wire_count(TYPE_STATUS), 0, "a quarter exactly");
    world.offer(96).unwrap();
    world.run_for(2);
    assert_eq!(world.wire_count(TYPE_STATUS), 1);
    let (_, _, status) = world.wire_of(TYPE_STATUS).next().unwrap();
    assert_eq!(status[20..24], 4224i32.to_le_bytes(), "the consumption position");
}

#[test]
fn status_messages_outside_the_rules_change_nothing() {
    use DropCause::{StatusInvalid, StatusOutOfRange};
    let mut world = alone(SendConfig::unicast(1, 65536));
    hear(&mut world, &crafted::status(0, TERM, 0, 0));
    world.offer_many(8, 96);
    let cases = [
        (crafted::status(0, TERM, -32, 4096), StatusInvalid),
        (crafted::status(0, TERM, 33, 4096), StatusInvalid),
        (crafted::status(0, TERM, 65536, 4096), StatusInvalid),
        (crafted::status(0, TERM, 0, -1), StatusInvalid),
        (crafted::status(0, TERM, 0, 32 * 1024 + 1), StatusInvalid),
        (crafted::status(0, TERM, 32 * 1024 + 32, 4096), StatusOutOfRange),
        (crafted::status(0, TERM.wrapping_add(1), 0, 4096), StatusOutOfRange),
        (crafted::status(0, TERM - 1, 0, 4096), StatusOutOfRange),
        (crafted::status(STATUS_EOS, TERM - 1, 0, 4096), StatusOutOfRange),
    ];
    for (index, (status, cause)) in cases.iter().enumerate() {
        let before = world.sender.counters().dropped(*cause);
        hear(&mut world, status);
        world.run_for(1);
        assert_eq!(world.sender.counters().dropped(*cause), before + 1, "case {index}");
        assert_eq!(sent(&world), 0, "case {index}");
        assert!(world.sender.is_connected(world.publication));
    }
    let good = crafted::status(0, TERM, 0, 4096);
    world.sender.on_datagram(world.now_ns, address("127.0.0.1:9"), good.as_bytes());
    assert_eq!(world.sender.counters().dropped(DropCause::SourceMismatch), 1);
    hear(&mut world, &crafted::status(0, TERM, 0, 32 * 1024));
    world.run_for(1);
    assert_eq!(sent(&world), 1024);
}

const LINGER_NS: u64 = 10_000_000;

/// A sender that has sent 200 frames of 128 bytes to one receiver with a window of 1024.
fn sender_of_200_frames() -> World {
    let config = SendConfig { retransmit_linger_ns: LINGER_NS, ..SendConfig::unicast(1, 65536) };
    let mut world = alone(config);
    hear(&mut world, &crafted::status(0, TERM, 0, 32 * 1024));
    world.offer_many(200, 96);
    world.run_for(1);
    hear(&mut world, &crafted::status(0, TERM, 0, 1024));
    assert_eq!(sent(&world), 25_600);
    world.wire.clear();
    world
}

/// Term offsets and lengths of the DATA datagrams but heartbeats since the wire was cleared.
fn resent(world: &World) -> Vec<(i32, usize)> {
    let data = world.wire_of(TYPE_DATA).filter_map(|entry| match Frame::parse(&entry.2) {
        Ok(Frame::Data(frames)) if frames.is_heartbeat() => None,
        Ok(Frame::Data(frames)) => Some((frames.first().term_offset.get(), entry.2.len())),
        other => panic!("{other:?}"),
    });
    data.collect()
}

#[test]
fn a_nak_is_served_in_full_datagrams_once_per_linger() {
    let mut world = sender_of_200_frames();
    let nak = crafted::nak(TERM, 256, 3000);
    world.sender.on_datagram(world.now_ns, receiver_address(0), &nak);
    world.run_for(1);
    let expected = [(256, 1408), (1664, 1408), (3072, 128)];
    assert_eq!(resent(&world), expected, "whole frames inside the range");
    world.sender.on_datagram(world.now_ns, receiver_address(0), &nak);
    world.run_for(1);
    assert_eq!(resent(&world), expected);
    assert_eq!(world.sender.counters().dropped(DropCause::NakLingering), 1);
    world.run_for(10);
    world.sender.on_datagram(world.now_ns, receiver_address(0), &nak);
    world.run_for(1);
    assert_eq!(resent(&world).len(), 6);
}

#[test]
fn naks_outside_the_rules_are_not_served() {
    use DropCause::{NakInvalid, NakOutOfRange, StrangerIgnored};
    let mut world = sender_of_200_frames();
    let cases = [
        (crafted::nak(TERM, -128, 128), NakInvalid),
        (crafted::nak(TERM, 1, 128), NakInvalid),
        (crafted::nak(TERM, 0, 0), NakInvalid),
        (crafted::nak(TERM, 0, -1), NakInvalid),
        (crafted::nak(TERM, 65408, 129), NakInvalid),
        (crafted::nak(TERM, 32, 128), NakInvalid),
        (crafted::nak(TERM, 25_600, 128), NakOutOfRange),
        (crafted::nak(TERM.wrapping_add(1), 0, 128), NakOutOfRange),
        (crafted::nak(TERM - 1, 0, 128), NakOutOfRange),
    ];
    for (index, (nak, cause)) in cases.iter().enumerate() {
        let before = world.sender.counters().dropped(*cause);
        world.sender.on_datagram(world.now_ns, receiver_address(0), nak);
        world.run_for(1);
        assert_eq!(world.sender.counters().dropped(*cause), before + 1, "case {index}");
    }
    let good = crafted::nak(TERM, 0, 128);
    world.sender.on_datagram(world.now_ns, address("127.0.0.1:9"), &good);
    assert_eq!(world.sender.counters().dropped(StrangerIgnored), 1);
    world.run_for(1);
    assert_eq!(resent(&world), []);
}

#[test]
fn one_nak_gets_at_most_sixteen_windows_and_all_naks_a_byte_budget() {
    let mut world = sender_of_200_frames();
    let everything = crafted::nak(TERM, 0, 25_600);
    world.sender.on_datagram(world.now_ns, receiver_address(0), &everything);
    world.run_for(1);
    let bytes: usize = resent(&world).iter().map(|entry| entry.1).sum();
    assert_eq!(bytes, 16 * 1024);

    let send = SendConfig { retransmit_bytes_max: 4096, ..SendConfig::unicast(1, 65536) };
    let mut world = alone(send);
    hear(&mut world, &crafted::status(0, TERM, 0, 32 * 1024));
    world.offer_many(200, 96);
    world.run_for(1);
    world.wire.clear();
    for step in 0..1000 {
        let nak = crafted::nak(TERM, step % 200 * 128, 25_600 - step % 200 * 128);
        world.sender.on_datagram(world.now_ns, receiver_address(0), &nak);
        world.tick();
    }
    let bytes: usize = resent(&world).iter().map(|entry| entry.1).sum();
    assert!((4 * 2800..=6 * 4096).contains(&bytes), "{bytes} bytes in 50 ms");
    assert!(world.sender.counters().dropped(DropCause::RetransmitBudget) > 0);
}

#[test]
fn a_group_follows_its_fastest_receiver_and_remembers_a_bounded_number() {
    let mut world = alone(SendConfig::multicast(1, 65536, 3));
    world.run_for(1);
    assert_eq!(world.wire_of(TYPE_SETUP).next().unwrap().2[5], 0x40, "group semantics");
    for (index, window) in [(0, 1024), (1, 2048), (2, 512), (3, 8192)] {
        let mut status = crafted::status(0, TERM, 0, window);
        status.receiver_id = (index as i64).into();
        let source = receiver_address(index);
        world.sender.on_datagram(world.now_ns, source, status.as_bytes());
    }
    world.offer_many(100, 96);
    world.run_for(1);
    assert_eq!(sent(&world), 2048, "the fourth receiver is one too many");
    assert_eq!(world.sender.counters().dropped(DropCause::ReceiversFull), 1);
    assert!(world.wire.iter().all(|entry| entry.1 == data_group()));
}

#[test]
fn a_group_member_left_behind_ends_and_joins_again() {
    let mut world = World::multicast(1, 65536, 2);
    world.connect();
    world.receivers[1].poll_limit = 0;
    for _ in 0..2000 {
        while world.offer(200).is_err() {
            world.tick();
        }
    }
    world.run_until(15_000, |world| world.receivers[1].ended.is_some());
    assert_eq!(world.receivers[0].numbers.len(), 2000);
    world.receivers[1].poll_limit = 100;
    world.run_for(1_500);
    world.offer(200).unwrap();
    world.run_until(10, |world| world.receivers[1].numbers == [2000]);
}

#[test]
fn group_members_answer_to_the_control_group_and_delay_their_naks() {
    let mut world = World::multicast(3, 1 << 20, 2);
    world.connect();
    world.keeps_wire = true;
    let mut naks = Vec::new();
    for _ in 0..50 {
        world.wire.clear();
        world.faults = Faults { loss: 100, ..Faults::default() };
        world.offer(100).unwrap();
        world.run_for(1);
        world.faults = Faults::default();
        world.offer(100).unwrap();
        world.run_for(30);
        let to_receivers = [data_group(), control_group()];
        assert!(world.wire.iter().all(|entry| to_receivers.contains(&entry.1)));
        let start_ns = world.wire[0].0;
        naks.extend(world.wire_of(TYPE_NAK).map(|entry| entry.0 - start_ns));
    }
    assert_eq!(world.receivers[0].numbers.len(), 100);
    assert_eq!(world.receivers[1].numbers.len(), 100);
    assert!(naks.iter().all(|delay_ns| *delay_ns <= 12 * MS), "{naks:?}");
    assert!(naks.iter().any(|delay_ns| *delay_ns > 6 * MS), "{naks:?}");
    assert!(naks.len() < 90, "some receivers are spared: {} NAKs of 100", naks.len());
}

//! Senders to a group that wait for their slowest receiver, for all of them or for those with a
//! tag: when they count as connected, how far they go, and what a newcomer does to that.

use forecastle_transport::frame::{
    FrameHeader, STATUS_EOS, STATUS_SEND_SETUP, StatusFrame, TYPE_SETUP, TYPE_STATUS,
};
use forecastle_transport::{
    FlowControl, PublicationNews, ReceiveConfig, ReceiveEndpoint, SendConfig,
};
use zerocopy::IntoBytes;
use zerocopy::little_endian::I64;

use crate::crafted::{self, TERM};
use crate::network::{
    SESSION, STREAM, World, control_group, data_group, receiver_address, sender_address,
};

const TAG: i64 = 0x0102_0304_0506_0708;

/// A sender to a group alone: its receivers are crafted frames.
fn alone(flow_control: FlowControl) -> World {
    let send = SendConfig { flow_control, ..SendConfig::multicast(1, 65536, 8) };
    let mut world = World::new(1, send, data_group(), vec![]);
    world.keeps_wire = true;
    world
}

/// A status message of the receiver with that index, with or without a tag.
fn hear(
    world: &mut World,
    receiver: usize,
    (flags, offset, window): (u8, i32, i32),
    tag: Option<i64>,
) {
    let mut status = crafted::status(flags, TERM, offset, window);
    status.receiver_id = I64::new(receiver as i64);
    status.header = FrameHeader::new(TYPE_STATUS, flags, StatusFrame::length_with(tag));
    let mut bytes = [0; 44];
    let length = status.write_with(tag, &mut bytes);
    let source = receiver_address(receiver);
    world.sender.on_datagram(world.now_ns, source, &bytes[..length]);
}

fn sent_after(world: &mut World, duration_ms: u64) -> u64 {
    world.run_for(duration_ms);
    world.sender.sent_position(world.publication).unwrap()
}

fn is_connected(world: &World) -> bool {
    world.sender.is_connected(world.publication)
}

#[test]
fn the_slowest_decides_and_nobody_is_offered_anything_before_all_are_there() {
    let mut world = alone(FlowControl::Min { group_size_min: 2 });
    hear(&mut world, 0, (0, 0, 4096), None);
    assert!(!is_connected(&world));
    hear(&mut world, 1, (0, 0, 8192), None);
    assert!(is_connected(&world));
    world.offer_many(100, 96);
    assert_eq!(sent_after(&mut world, 1), 4096);
    hear(&mut world, 1, (0, 4096, 8192), None);
    assert_eq!(sent_after(&mut world, 1), 4096, "the other one has not moved");
    hear(&mut world, 0, (0, 1024, 4096), None);
    assert_eq!(sent_after(&mut world, 1), 5120);
    hear(&mut world, 0, (STATUS_EOS, 1024, 4096), None);
    assert!(!is_connected(&world), "one of two is too few");
}

#[test]
fn a_silent_receiver_stops_nobody_for_longer_than_the_timeout() {
    let mut world = alone(FlowControl::Min { group_size_min: 1 });
    hear(&mut world, 0, (0, 0, 4096), None);
    hear(&mut world, 1, (0, 0, 4096), None);
    world.offer_many(100, 96);
    for _ in 0..49 {
        hear(&mut world, 1, (0, 4096, 4096), None);
        assert_eq!(sent_after(&mut world, 100), 4096);
    }
    hear(&mut world, 1, (0, 4096, 4096), None);
    assert_eq!(sent_after(&mut world, 300), 8192);
    assert!(is_connected(&world));
}

#[test]
fn a_receiver_too_far_behind_is_not_waited_for() {
    let mut world = alone(FlowControl::Min { group_size_min: 1 });
    hear(&mut world, 0, (0, 0, 16384), None);
    world.offer_many(200, 96);
    assert_eq!(sent_after(&mut world, 1), 16384);
    hear(&mut world, 0, (0, 16384, 4096), None);
    hear(&mut world, 1, (0, 4096, 4096), None);
    assert_eq!(sent_after(&mut world, 1), 20480, "two windows behind");
    hear(&mut world, 1, (0, 12288, 4096), None);
    hear(&mut world, 0, (0, 20480, 4096), None);
    assert_eq!(sent_after(&mut world, 1), 20480, "it has caught up and counts");
}

#[test]
fn a_joining_receiver_is_waited_for_until_it_is_heard_and_a_second_at_most() {
    let mut world = alone(FlowControl::Min { group_size_min: 1 });
    hear(&mut world, 0, (0, 0, 4096), None);
    world.offer_many(200, 96);
    assert_eq!(sent_after(&mut world, 200), 4096);
    let setups = world.wire_count(TYPE_SETUP);
    hear(&mut world, 1, (STATUS_SEND_SETUP, 0, 0), None);
    world.run_for(1);
    assert_eq!(world.wire_count(TYPE_SETUP), setups + 1);
    hear(&mut world, 0, (0, 4096, 4096), None);
    assert_eq!(sent_after(&mut world, 1), 4096, "the newcomer may stand here");
    hear(&mut world, 1, (0, 4096, 2048), None);
    assert_eq!(sent_after(&mut world, 1), 6144);

    hear(&mut world, 2, (STATUS_SEND_SETUP, 0, 0), None);
    world.run_for(200);
    hear(&mut world, 1, (0, 6144, 2048), None);
    assert_eq!(sent_after(&mut world, 700), 6144);
    assert_eq!(sent_after(&mut world, 200), 8192, "it never came");
}

#[test]
fn only_receivers_with_the_tag_are_waited_for() {
    let mut world = alone(FlowControl::Tagged { group_tag: TAG, group_size_min: 1 });
    hear(&mut world, 0, (0, 0, 4096), None);
    hear(&mut world, 1, (0, 0, 4096), Some(TAG + 1));
    assert!(!is_connected(&world));
    hear(&mut world, 2, (0, 0, 2048), Some(TAG));
    assert!(is_connected(&world));
    world.offer_many(100, 96);
    assert_eq!(sent_after(&mut world, 1), 2048);
    hear(&mut world, 0, (0, 2048, 4096), None);
    assert_eq!(sent_after(&mut world, 1), 2048);
    hear(&mut world, 2, (0, 2048, 8192), Some(TAG));
    assert_eq!(sent_after(&mut world, 1), 10240, "others are left behind");
}

#[test]
fn without_a_least_number_the_fastest_of_the_untagged_decides_while_nobody_has_the_tag() {
    let mut world = alone(FlowControl::Tagged { group_tag: TAG, group_size_min: 0 });
    hear(&mut world, 0, (0, 0, 4096), None);
    world.run_for(1);
    assert_eq!(world.events, [PublicationNews::Connected]);
    world.offer_many(100, 96);
    assert_eq!(sent_after(&mut world, 1), 4096);
}

#[test]
fn receivers_carry_their_tag_in_every_answer() {
    let group_tag = Some(TAG);
    let config =
        ReceiveConfig { group_tag, ..ReceiveConfig::group(&[STREAM], 42, 1, control_group()) };
    let mut endpoint = ReceiveEndpoint::new(config);
    let answer = |endpoint: &mut ReceiveEndpoint, now_ns| {
        let mut buffer = [0; 2048];
        let transmit = endpoint.poll_transmit(now_ns, &mut buffer).expect("an answer is due");
        buffer[..transmit.length].to_vec()
    };
    endpoint.on_datagram(0, sender_address(), &crafted::data(SESSION, 0, b"unknown"));
    let asked = answer(&mut endpoint, 0);
    endpoint.on_datagram(0, sender_address(), crafted::setup(SESSION).as_bytes());
    let status = answer(&mut endpoint, 0);
    for frame in [asked, status] {
        assert_eq!(frame[..4], 44_u32.to_le_bytes());
        assert_eq!(frame[36..], [8, 7, 6, 5, 4, 3, 2, 1]);
    }
    let Some(forecastle_transport::ImageEvent::Available(image)) = endpoint.poll_event() else {
        panic!("the image is there");
    };
    endpoint.reject_image(0, image.id, "no");
    assert_eq!(answer(&mut endpoint, 0)[36..], [8, 7, 6, 5, 4, 3, 2, 1]);
    let error = answer(&mut endpoint, 0);
    assert_eq!((error[5], &error[24..32]), (0x08, &[8, 7, 6, 5, 4, 3, 2, 1][..]));
}

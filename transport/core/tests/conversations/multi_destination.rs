//! One stream copied to several addresses: who becomes one, what each gets, and that nobody else
//! gets a byte.

use forecastle_transport::frame::{SETUP_GROUP, STATUS_SEND_SETUP, TYPE_DATA, TYPE_SETUP};
use forecastle_transport::{
    Destination, DestinationsFull, FlowControl, PublicationConfig, SendConfig, SendEndpoint,
};
use zerocopy::IntoBytes;
use zerocopy::little_endian::I32;

use crate::crafted::{self, TERM};
use crate::network::{Faults, MS, SESSION, STREAM, World, address, receiver_address};

fn send_config(destinations_max: usize) -> SendConfig {
    let flow_control = FlowControl::Min { group_size_min: 1 };
    SendConfig { flow_control, ..SendConfig::multi_destination(1, 65536, destinations_max) }
}

/// A sender alone with its publication open.
fn sender(destinations_max: usize) -> SendEndpoint {
    let mut sender = SendEndpoint::new(send_config(destinations_max));
    let publication = sender.add_publication(&PublicationConfig {
        stream_id: STREAM,
        session_id: SESSION,
        initial_term_id: TERM,
        destination: Destination::Multi,
        response_requested: false,
    });
    publication.unwrap();
    sender
}

/// What a subscriber sends to be registered: a request for SETUP that names nothing.
fn registration() -> Vec<u8> {
    let mut status = crafted::status(STATUS_SEND_SETUP, 0, 0, 0);
    status.session_id = I32::new(0);
    status.stream_id = I32::new(0);
    status.as_bytes().to_vec()
}

fn destinations_of(sender: &mut SendEndpoint, now_ns: u64) -> Vec<u16> {
    let mut buffer = [0; 2048];
    let mut ports = Vec::new();
    while let Some(transmit) = sender.poll_transmit(now_ns, &mut buffer) {
        assert_eq!(buffer[6..8], TYPE_SETUP.to_le_bytes());
        assert_eq!(buffer[5], SETUP_GROUP);
        ports.push(transmit.destination.port());
    }
    ports.sort_unstable();
    ports
}

#[test]
fn registered_receivers_get_everything_in_order_through_loss() {
    for seed in [1, 2, 3] {
        let flow_control = FlowControl::Min { group_size_min: 3 };
        let mut world =
            World::multi_destination(seed, SendConfig { flow_control, ..send_config(3) }, 3);
        world.faults = Faults { loss: 5, duplicates: 2, late: 5 };
        world.connect();
        let mut next = 0;
        world.run_until(60_000, |world| {
            while next < 2_000 && world.offer(4 + next % 3_000).is_ok() {
                next += 1;
            }
            world.receivers.iter().all(|receiver| receiver.numbers.len() == 2_000)
        });
        for receiver in &world.receivers {
            assert!(receiver.numbers.iter().copied().eq(0..2_000));
        }
    }
}

#[test]
fn nobody_is_sent_anything_before_an_ip_is_permitted() {
    let mut sender = sender(2);
    sender.on_datagram(0, receiver_address(0), &registration());
    assert_eq!(destinations_of(&mut sender, 0), []);
    sender.permit_destinations(receiver_address(0).ip()).unwrap();
    sender.on_datagram(0, address("127.0.0.2:2000"), &registration());
    assert_eq!(destinations_of(&mut sender, 0), []);
    sender.on_datagram(0, receiver_address(0), &registration());
    sender.on_datagram(0, receiver_address(1), &registration());
    sender.on_datagram(0, receiver_address(2), &registration());
    assert_eq!(destinations_of(&mut sender, 0), [2000, 2001], "two are as many as there may be");
    sender.forbid_destinations(receiver_address(0).ip());
    assert_eq!(destinations_of(&mut sender, 200 * MS), []);
}

#[test]
fn a_receiver_is_forgotten_when_it_falls_silent_and_one_added_by_hand_is_not() {
    let mut sender = sender(2);
    sender.permit_destinations(receiver_address(0).ip()).unwrap();
    sender.on_datagram(0, receiver_address(0), &registration());
    sender.add_destination(receiver_address(1)).unwrap();
    assert_eq!(sender.add_destination(receiver_address(2)), Err(DestinationsFull));
    assert_eq!(destinations_of(&mut sender, 4_999 * MS), [2000, 2001]);
    assert_eq!(destinations_of(&mut sender, 5_100 * MS), [2001]);
    sender.remove_destination(receiver_address(1));
    assert_eq!(destinations_of(&mut sender, 5_300 * MS), []);
}

#[test]
fn a_status_message_of_somebody_who_is_no_destination_changes_nothing() {
    let mut world = World::multi_destination(1, send_config(2), 1);
    world.connect();
    world.keeps_wire = true;
    let stranger = address("127.0.0.9:9");
    let far = crafted::status(0, TERM, 0, 32 * 1024);
    world.receivers[0].poll_limit = 0;
    let mut offered = 0;
    while world.offer(96).is_ok() {
        offered += 1;
    }
    assert!(offered > 100);
    world.run_for(50);
    let before = world.sender.sent_position(world.publication);
    world.sender.on_datagram(world.now_ns, stranger, far.as_bytes());
    world.run_for(50);
    assert_eq!(world.sender.sent_position(world.publication), before);
    assert!(world.wire_of(TYPE_DATA).all(|entry| entry.1 == receiver_address(0)));
}

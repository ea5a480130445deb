//! A stream taken back by its sender: receivers deliver what they have in order and end, without
//! asking for what is missing.

use forecastle_transport::frame::{DATA_EOS, DATA_REVOKED, TYPE_DATA, TYPE_NAK};
use forecastle_transport::{OfferError, PublicationNews, UnavailableReason};

use crate::network::World;

#[test]
fn a_revoked_stream_ends_where_it_was_sent_to() {
    let mut world = World::unicast(1, 65536, |config| config.window_length = 4096);
    world.connect();
    world.keeps_wire = true;
    world.receivers[0].poll_limit = 0;
    world.offer_many(100, 96);
    world.run_for(10);
    world.sender.revoke(world.publication);
    assert_eq!(world.offer(96), Err(OfferError::Closed));
    world.receivers[0].poll_limit = 10;
    world.run_until(1_000, |world| world.receivers[0].ended.is_some());
    assert!(world.receivers[0].numbers.iter().copied().eq(0..32), "what the window let out");
    world.run_until(5_000, |world| world.events.contains(&PublicationNews::Closed));
    let last = world.wire_of(TYPE_DATA).last().unwrap();
    assert_eq!(last.2[5], 0xC0 | DATA_EOS | DATA_REVOKED);
}

#[test]
fn what_is_missing_of_a_revoked_stream_is_not_asked_for() {
    let mut world = World::unicast(1, 65536, |_| {});
    world.connect();
    world.keeps_wire = true;
    world.offer_many(3, 96);
    world.run_for(1);
    let mut is_lost = false;
    world.filter = Box::new(move |_, bytes| {
        // The next datagram with a message is lost, and the first NAK with it.
        let is_data = bytes[6..8] == TYPE_DATA.to_le_bytes() && bytes.len() > 32;
        let is_nak = bytes[6..8] == TYPE_NAK.to_le_bytes();
        let loses = (is_data && !is_lost) || is_nak;
        is_lost |= is_data;
        !loses
    });
    world.offer_many(2, 96);
    world.run_for(1);
    world.sender.revoke(world.publication);
    world.run_until(1_000, |world| world.receivers[0].ended.is_some());
    assert_eq!(world.receivers[0].ended, Some(UnavailableReason::Revoked));
    assert_eq!(world.receivers[0].numbers, [0, 1, 2]);
    let naks = world.wire_count(TYPE_NAK);
    world.run_for(1_000);
    assert_eq!(world.wire_count(TYPE_NAK), naks);
}

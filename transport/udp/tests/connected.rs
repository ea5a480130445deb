//! A channel that is bound to one peer, and channels with more waiting than one call takes.
#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};

use forecastle_transport_udp::{SocketBuffers, UdpChannel, wait_readable};

fn open() -> UdpChannel {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    UdpChannel::unicast(address, SocketBuffers::for_window(128 * 1024)).unwrap()
}

/// Receives until `count` datagrams have come.
fn receive(channel: &mut UdpChannel, count: usize) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut received = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(5);
    while received.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} came", received.len());
        wait_readable(&[channel], Duration::from_millis(10));
        channel.receive(|source, bytes| received.push((source, bytes.to_vec())));
    }
    received
}

#[test]
fn a_connected_channel_talks_with_its_peer_and_hears_nobody_else() {
    let (mut first, mut second, mut stranger) = (open(), open(), open());
    first.connect(second.local_address()).unwrap();
    stranger.send(first.local_address(), b"stranger");
    stranger.flush();
    for text in [b"one", b"two"] {
        second.send(first.local_address(), text);
    }
    second.flush();
    let from_peer = |text: &[u8]| (second.local_address(), text.to_vec());
    assert_eq!(receive(&mut first, 2), [from_peer(b"one"), from_peer(b"two")]);
    // What goes to others still does, and what goes to the peer names nobody.
    first.send(second.local_address(), b"back");
    first.send(stranger.local_address(), b"away");
    assert_eq!(first.flush(), 2);
    assert_eq!(receive(&mut second, 1), [(first.local_address(), b"back".to_vec())]);
    assert_eq!(receive(&mut stranger, 1), [(first.local_address(), b"away".to_vec())]);
}

#[test]
fn everything_that_waits_comes_in_order_and_then_nothing() {
    let (mut sender, mut receiver) = (open(), open());
    sender.stop_send_offload();
    for number in 0..100_u8 {
        sender.send(receiver.local_address(), &[number; 40]);
    }
    sender.flush();
    let received = receive(&mut receiver, 100);
    assert!(received.iter().map(|(_, bytes)| bytes[0]).eq(0..100));
    assert_eq!(receiver.receive(|_, _| panic!("nothing was left")), 0);
    let counters = receiver.counters();
    assert_eq!((counters.datagrams_in, counters.receive_errors), (100, 0));
}

#[test]
fn what_a_stranger_sent_before_does_not_pass_for_the_peers() {
    let (mut first, mut second, mut stranger) = (open(), open(), open());
    stranger.send(first.local_address(), b"stranger");
    stranger.flush();
    assert!(wait_readable(&[&first], Duration::from_secs(5)));
    first.connect(second.local_address()).unwrap();
    second.send(first.local_address(), b"peer");
    second.flush();
    assert_eq!(receive(&mut first, 1), [(second.local_address(), b"peer".to_vec())]);
}

#[test]
fn without_receive_offload_trains_arrive_apart_and_senders_are_known() {
    for is_connected in [false, true] {
        let (mut sender, mut receiver) = (open(), open());
        receiver.stop_receive_offload();
        assert!(!receiver.offload().receives);
        if is_connected {
            receiver.connect(sender.local_address()).unwrap();
        }
        let lengths = [1408, 1408, 1408, 700, 0, 5];
        for (number, length) in lengths.into_iter().enumerate() {
            sender.send(receiver.local_address(), &vec![number as u8; length]);
        }
        sender.flush();
        let received = receive(&mut receiver, lengths.len());
        for (number, ((source, bytes), length)) in received.iter().zip(lengths).enumerate() {
            assert_eq!(*source, sender.local_address());
            assert_eq!(*bytes, vec![number as u8; length]);
        }
        assert_eq!(receiver.counters().buffers_in, lengths.len() as u64);
    }
}

#[test]
fn arrivals_are_stamped_without_receive_offload_too() {
    let (mut sender, mut receiver) = (open(), open());
    receiver.stop_receive_offload();
    if !receiver.stamp_arrivals() {
        println!("skipped: the kernel stamps nothing");
        return;
    }
    sender.send(receiver.local_address(), b"when");
    sender.flush();
    assert!(wait_readable(&[&receiver], Duration::from_secs(5)));
    let mut is_stamped = false;
    receiver.receive_stamped(|arrival, bytes| {
        assert_eq!(bytes, b"when");
        is_stamped = arrival.arrived_ns.is_some();
    });
    assert!(is_stamped);
}

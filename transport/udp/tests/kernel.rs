//! What the kernel says of a socket: when datagrams arrived and how many it dropped; and sockets
//! opened as channel URIs ask for them.
#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use forecastle_transport::ChannelUri;
use forecastle_transport_udp::{SocketBuffers, UdpChannel, wait_readable};

const BUFFERS: SocketBuffers = SocketBuffers::for_window(128 * 1024);

fn unicast(buffers: SocketBuffers) -> UdpChannel {
    UdpChannel::unicast((Ipv4Addr::LOCALHOST, 0), buffers).unwrap()
}

fn wall_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// Sends `count` datagrams to `channel` and gives their times of arrival.
fn arrivals(channel: &mut UdpChannel, count: usize) -> Vec<Option<u64>> {
    let mut sender = unicast(BUFFERS);
    for number in 0..count {
        sender.send(channel.local_address(), &[number as u8; 100]);
    }
    sender.flush();
    let mut arrivals = Vec::new();
    while arrivals.len() < count {
        assert!(wait_readable(&[channel], Duration::from_secs(10)), "{arrivals:?}");
        channel.receive_stamped(|arrival, datagram| {
            assert_eq!(arrival.source, sender.local_address());
            assert_eq!(datagram.len(), 100);
            arrivals.push(arrival.arrived_ns);
        });
    }
    arrivals
}

#[test]
fn arrivals_are_stamped_by_the_kernel_where_asked_for() {
    let mut channel = unicast(BUFFERS);
    assert!(arrivals(&mut channel, 20).iter().all(Option::is_none), "nobody asked");
    assert!(channel.stamp_arrivals());
    let before_ns = wall_ns();
    let stamps = arrivals(&mut channel, 20);
    let after_ns = wall_ns();
    let mut last_ns = before_ns;
    for stamp in stamps {
        let stamp = stamp.expect("every datagram has one");
        assert!((last_ns..=after_ns).contains(&stamp), "{before_ns} {stamp} {after_ns}");
        last_ns = stamp;
    }
}

#[test]
fn datagrams_that_a_full_socket_loses_are_counted_by_the_kernel() {
    let mut channel = unicast(SocketBuffers { receive_length: 8 * 1024, send_length: 0 });
    assert_eq!(channel.dropped_datagrams(), Some(0));
    let mut sender = unicast(BUFFERS);
    sender.stop_send_offload();
    let sent = 200;
    for _ in 0..sent {
        sender.send(channel.local_address(), &[7; 1000]);
    }
    sender.flush();
    let mut received = 0;
    while wait_readable(&[&channel], Duration::from_millis(50)) {
        received += channel.receive(|_, _| {});
    }
    let dropped = channel.dropped_datagrams().unwrap() as usize;
    assert!(received > 0 && dropped > 100, "{received} received, {dropped} dropped");
    assert_eq!(received + dropped, sent);
}

/// The channel that a sender or a receiver opens for a URI.
fn open(uri: &str, is_sender: bool) -> UdpChannel {
    let uri: ChannelUri = uri.parse().unwrap();
    let socket = match is_sender {
        true => uri.publication().unwrap().socket,
        false => uri.subscription().unwrap().socket,
    };
    UdpChannel::open(&socket, BUFFERS).unwrap()
}

#[test]
fn channel_uris_open_the_sockets_of_both_ends() {
    let mut receiver = open("aeron:udp?endpoint=127.0.0.1:0|so-rcvbuf=256k", false);
    let mut sender = open("aeron:udp?endpoint=127.0.0.1:1", true);
    sender.send(receiver.local_address(), b"unicast");
    sender.flush();
    expect(&mut receiver, b"unicast");

    let group = "239.77.2.1";
    let interface = "interface=127.0.0.1";
    let mut member = open(&format!("aeron:udp?endpoint={group}:0|{interface}"), false);
    let port = member.local_address().port();
    let data = format!("{group}:{port}");
    let mut source = open(&format!("aeron:udp?endpoint={data}|{interface}|ttl=0"), true);
    source.send(data.parse().unwrap(), b"group");
    source.flush();
    expect(&mut member, b"group");
    member.send(SocketAddr::from(([239, 77, 2, 2], port)), b"control");
    member.flush();
    expect(&mut source, b"control");
}

fn expect(channel: &mut UdpChannel, expected: &[u8]) {
    let mut received = Vec::new();
    while received.is_empty() {
        assert!(wait_readable(&[channel], Duration::from_secs(10)));
        channel.receive(|_, bytes| received.extend_from_slice(bytes));
    }
    assert_eq!(received, expected);
}

#[test]
fn a_uri_s_buffers_are_checked() {
    let uri: ChannelUri = "aeron:udp?endpoint=127.0.0.1:0|so-rcvbuf=1g".parse().unwrap();
    let error = UdpChannel::open(&uri.subscription().unwrap().socket, BUFFERS).err().unwrap();
    assert!(error.to_string().contains("net.core.rmem_max"), "{error}");
}

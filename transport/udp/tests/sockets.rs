//! Channels over real sockets on loopback: datagrams arrive with their source, refusals are clear,
//! and two transport endpoints carry messages by unicast and by multicast.
#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};

use forecastle_transport::{
    Delivery, Destination, PublicationConfig, PublicationId, ReceiveConfig, ReceiveEndpoint,
    SendConfig, SendEndpoint, control_address,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel, UdpError, wait_readable};

const BUFFERS: SocketBuffers = SocketBuffers::for_window(128 * 1024);
const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn unicast() -> UdpChannel {
    UdpChannel::unicast(SocketAddrV4::new(LOOPBACK, 0), BUFFERS).unwrap()
}

fn group(last: u8, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(239, 77, 1, last), port)
}

/// Receives until `count` datagrams came, parking in between.
fn receive(channel: &mut UdpChannel, count: usize) -> Vec<(SocketAddr, Vec<u8>)> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut received = Vec::new();
    while received.len() < count {
        assert!(Instant::now() < deadline, "only {} of {count} came", received.len());
        wait_readable(&[channel], Duration::from_millis(100));
        channel.receive(|source, bytes| received.push((source, bytes.to_vec())));
    }
    received
}

#[test]
fn batches_larger_than_one_system_call_arrive_whole_with_their_source() {
    let (mut here, mut there) = (unicast(), unicast());
    for number in 0..70u32 {
        here.send(there.local_address(), &number.to_le_bytes());
    }
    here.send(there.local_address(), &vec![7; 60_000]);
    here.flush();
    let received = receive(&mut there, 71);
    for (number, (source, bytes)) in received[..70].iter().enumerate() {
        assert_eq!(*source, here.local_address());
        assert_eq!(*bytes, (number as u32).to_le_bytes());
    }
    assert_eq!(received[70].1, vec![7; 60_000]);
    assert_eq!(here.counters().datagrams_out, 71);
    assert_eq!(here.counters().bytes_out, there.counters().bytes_in);
}

/// Numbered datagrams, all of one length but for a few.
fn numbered(count: u32) -> Vec<Vec<u8>> {
    let datagram = |number: u32| {
        let mut datagram = vec![number as u8; if number % 37 == 5 { 500 } else { 1408 }];
        datagram[..4].copy_from_slice(&number.to_le_bytes());
        datagram
    };
    (0..count).map(datagram).collect()
}

fn send_all(channel: &mut UdpChannel, to: SocketAddr, datagrams: &[Vec<u8>]) {
    datagrams.iter().for_each(|datagram| channel.send(to, datagram));
    channel.flush();
}

#[test]
fn datagrams_that_travel_together_arrive_apart_and_in_order() {
    let (mut here, mut there) = (unicast(), unicast());
    let datagrams = numbered(90);
    send_all(&mut here, there.local_address(), &datagrams);
    let received = receive(&mut there, 90);
    for (expected, (source, bytes)) in datagrams.iter().zip(&received) {
        assert_eq!(*source, here.local_address());
        assert_eq!(bytes, expected);
    }
    println!("{}", there.offload());
    let counters = there.counters();
    assert_eq!(counters.datagrams_in, 90);
    if there.offload().receives && here.offload().sends {
        assert!(counters.buffers_in < 20, "{} buffers", counters.buffers_in);
    }
}

#[test]
fn without_offload_at_either_end_the_same_arrives() {
    let datagrams = numbered(90);
    let (mut here, mut there) = (unicast(), unicast());
    here.stop_send_offload();
    assert!(!here.offload().sends);
    send_all(&mut here, there.local_address(), &datagrams);
    let received: Vec<_> = receive(&mut there, 90).into_iter().map(|entry| entry.1).collect();
    assert_eq!(received, datagrams);

    // A socket that never heard of offload gets every datagram on its own.
    let plain = std::net::UdpSocket::bind((LOOPBACK, 0)).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut here = unicast();
    send_all(&mut here, plain.local_addr().unwrap(), &datagrams);
    for expected in &datagrams {
        let mut buffer = [0; 2048];
        let length = plain.recv(&mut buffer).unwrap();
        assert_eq!(buffer[..length], expected[..]);
    }
}

#[test]
fn nothing_to_read_is_not_an_error_and_waiting_ends() {
    let mut channel = unicast();
    assert_eq!(channel.receive(|_, _| panic!("nobody sent anything")), 0);
    assert!(!wait_readable(&[&channel], Duration::from_millis(5)));
    let other = unicast();
    channel.send(other.local_address(), b"x");
    channel.flush();
    assert!(wait_readable(&[&channel, &other], Duration::from_secs(10)));
}

#[test]
fn a_send_that_the_kernel_refuses_is_counted_and_the_rest_goes_out() {
    let (mut here, mut there) = (unicast(), unicast());
    let too_far: SocketAddr = "255.255.255.255:9".parse().unwrap();
    here.send(there.local_address(), b"first");
    here.send(too_far, b"refused");
    here.send(there.local_address(), b"second");
    here.flush();
    assert_eq!(here.counters().sends_refused, 1);
    let received = receive(&mut there, 2);
    assert_eq!((&received[0].1[..], &received[1].1[..]), (&b"first"[..], &b"second"[..]));
}

#[test]
fn every_refusal_to_open_says_how_to_go_on() {
    let taken = unicast();
    let SocketAddr::V4(address) = taken.local_address() else { panic!() };
    let far = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 0);
    let huge = SocketBuffers::for_window(1 << 30);
    let any = Ipv4Addr::UNSPECIFIED;
    let sender = |group: SocketAddrV4, interface: Ipv4Addr| {
        UdpChannel::multicast_sender(group, interface, BUFFERS)
    };
    let group_v6: SocketAddr = "[ff15::fc:1]:0".parse().unwrap();
    let even_v6: SocketAddr = "[ff15::fc:2]:0".parse().unwrap();
    let (here_v6, far_v6): (Ipv6Addr, Ipv6Addr) =
        (Ipv6Addr::LOCALHOST, "2001:db8::1".parse().unwrap());
    let long_send = SocketBuffers { receive_length: 0, send_length: 1 << 30 };
    let receiver = |group: SocketAddr, interface: IpAddr| {
        UdpChannel::multicast_receiver(group, interface, BUFFERS)
    };
    let errors = [
        (receiver(group_v6, LOOPBACK.into()), "not of the family of interface 127.0.0.1"),
        (receiver(group(1, 0).into(), here_v6.into()), "not of the family of interface"),
        (receiver(even_v6, here_v6.into()), "choose an odd one"),
        (receiver(SocketAddr::from((here_v6, 0)), here_v6.into()), "is not a multicast"),
        (receiver(group_v6, far_v6.into()), "no interface has the address 2001:db8::1"),
        (UdpChannel::unicast(SocketAddrV4::new(LOOPBACK, 0), long_send), "net.core.wmem_max"),
        (UdpChannel::unicast(address, BUFFERS), "is in use"),
        (UdpChannel::unicast(far, BUFFERS), "no interface has the address 192.0.2.1"),
        (UdpChannel::unicast(group(1, 0), BUFFERS), "is not a unicast address"),
        (UdpChannel::unicast(SocketAddrV4::new(LOOPBACK, 0), huge), "net.core.rmem_max"),
        (sender(group(2, 0), LOOPBACK), "choose an odd one"),
        (sender(address, LOOPBACK), "is not a multicast group"),
        (sender(group(1, 0), any), "needs the address of an interface"),
        (sender(group(1, 0), *far.ip()), "no interface has the address 192.0.2.1"),
    ];
    for (result, text) in errors {
        let error: UdpError = result.err().expect(text);
        let line = error.to_string();
        assert!(line.contains(text) && !line.contains('\n'), "{line}");
    }
}

#[test]
fn groups_on_one_port_do_not_hear_each_other_or_unicast() {
    let mut first = UdpChannel::multicast_receiver(group(11, 0), LOOPBACK, BUFFERS).unwrap();
    let port = first.local_address().port();
    let mut second = UdpChannel::multicast_receiver(group(13, port), LOOPBACK, BUFFERS).unwrap();
    let mut again = UdpChannel::multicast_receiver(group(11, port), LOOPBACK, BUFFERS).unwrap();
    let mut sender = UdpChannel::multicast_sender(group(11, port), LOOPBACK, BUFFERS).unwrap();
    sender.send(SocketAddr::V4(SocketAddrV4::new(LOOPBACK, port)), b"unicast");
    sender.send(group(13, port).into(), b"other group");
    sender.send(group(11, port).into(), b"this group");
    sender.flush();
    for (channel, expected) in
        [(&mut first, "this group"), (&mut again, "this group"), (&mut second, "other group")]
    {
        let received = receive(channel, 1);
        assert_eq!(received[0].1, expected.as_bytes());
        assert_eq!(channel.receive(|_, bytes| panic!("leaked {bytes:?}")), 0);
    }
}

/// A publication and the images of any number of receivers, driven over sockets.
struct Network {
    sender: (UdpChannel, SendEndpoint),
    receivers: Vec<(UdpChannel, ReceiveEndpoint, Vec<u32>)>,
    publication: PublicationId,
    epoch: Instant,
}

impl Network {
    fn new(
        sender: UdpChannel,
        destination: SocketAddr,
        receivers: Vec<(UdpChannel, ReceiveConfig)>,
    ) -> Self {
        let mut endpoint = SendEndpoint::new(SendConfig::multicast(1, 256 * 1024, receivers.len()));
        let publication = endpoint.add_publication(&PublicationConfig {
            stream_id: 5,
            session_id: 2000,
            initial_term_id: i32::MAX - 1,
            destination: Destination::Address(destination),
            response_requested: false,
        });
        let receivers = receivers
            .into_iter()
            .map(|(channel, config)| (channel, ReceiveEndpoint::new(config), Vec::new()));
        Self {
            sender: (sender, endpoint),
            receivers: receivers.collect(),
            publication: publication.unwrap(),
            epoch: Instant::now(),
        }
    }

    fn turn(&mut self) {
        let now_ns = self.epoch.elapsed().as_nanos() as u64;
        let (channel, endpoint) = &mut self.sender;
        channel.receive(|source, bytes| endpoint.on_datagram(now_ns, source, bytes));
        while endpoint.poll_event().is_some() {}
        channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
        for (channel, endpoint, numbers) in &mut self.receivers {
            channel.receive(|source, bytes| endpoint.on_datagram(now_ns, source, bytes));
            while endpoint.poll_event().is_some() {}
            endpoint.poll(now_ns, 256, |_, delivery| {
                let Delivery::Message { payload, .. } = delivery else { panic!("no hold is set") };
                let number = u32::from_le_bytes(payload[..4].try_into().unwrap());
                assert!(payload[4..].iter().all(|byte| *byte == number as u8));
                numbers.push(number);
            });
            channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
        }
    }

    /// Sends `count` numbered messages; everybody gets all of them in order.
    fn carries(mut self, count: u32) {
        let mut next = 0;
        while self.receivers.iter().any(|receiver| receiver.2.len() < count as usize) {
            assert!(self.epoch.elapsed() < Duration::from_secs(60), "stuck at {next}");
            let all_joined = self.receivers.iter().all(|receiver| receiver.1.image_count() == 1);
            while next < count && all_joined {
                let mut message = vec![next as u8; 4 + next as usize % 3000];
                message[..4].copy_from_slice(&next.to_le_bytes());
                if self.sender.1.offer(self.publication, &message).is_err() {
                    break;
                }
                next += 1;
            }
            self.turn();
        }
        for (_, _, numbers) in &self.receivers {
            assert!(numbers.iter().copied().eq(0..count));
        }
    }
}

#[test]
fn unicast_endpoints_carry_fragmented_messages_in_order() {
    let receiver = unicast();
    let destination = receiver.local_address();
    let config = ReceiveConfig::untrusted(&[5], 1, 1);
    Network::new(unicast(), destination, vec![(receiver, config)]).carries(5_000);
}

/// Says so where this machine has no IPv6 and a test of it means nothing.
fn has_ipv6() -> bool {
    let has_it = std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !has_it {
        println!("skipped: there is no IPv6 here");
    }
    has_it
}

fn unicast_v6() -> UdpChannel {
    UdpChannel::unicast((Ipv6Addr::LOCALHOST, 0), BUFFERS).unwrap()
}

#[test]
fn unicast_over_ipv6_is_the_same() {
    if !has_ipv6() {
        return;
    }
    let receiver = unicast_v6();
    let destination = receiver.local_address();
    assert!(destination.is_ipv6());
    let config = ReceiveConfig::untrusted(&[5], 1, 1);
    Network::new(unicast_v6(), destination, vec![(receiver, config)]).carries(5_000);
}

#[test]
fn datagrams_over_ipv6_come_with_their_source_and_the_other_family_is_refused() {
    if !has_ipv6() {
        return;
    }
    let (mut here, mut there, mut four) = (unicast_v6(), unicast_v6(), unicast());
    let datagrams = numbered(90);
    send_all(&mut here, there.local_address(), &datagrams);
    here.send(four.local_address(), b"to IPv4");
    four.send(here.local_address(), b"to IPv6");
    assert_eq!((here.flush(), four.flush()), (0, 0));
    assert_eq!((here.counters().sends_refused, four.counters().sends_refused), (1, 1));
    for (expected, (source, bytes)) in datagrams.iter().zip(receive(&mut there, 90)) {
        assert_eq!((source, &bytes), (here.local_address(), expected));
    }
}

#[test]
fn a_multicast_group_of_three_gets_everything_in_order() {
    let first = UdpChannel::multicast_receiver(group(21, 0), LOOPBACK, BUFFERS).unwrap();
    let data = group(21, first.local_address().port());
    let control = control_address(data).unwrap();
    let join = || UdpChannel::multicast_receiver(data, LOOPBACK, BUFFERS).unwrap();
    let receivers = [first, join(), join()]
        .into_iter()
        .enumerate()
        .map(|(id, channel)| (channel, ReceiveConfig::group(&[5], id as i64, id as u64, control)));
    let receivers = receivers.collect();
    let sender = UdpChannel::multicast_sender(data, LOOPBACK, BUFFERS).unwrap();
    Network::new(sender, data.into(), receivers).carries(5_000);
}

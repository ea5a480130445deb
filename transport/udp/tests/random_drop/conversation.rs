//! A stream of numbered messages from one namespace to another, each end in a thread.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use forecastle_transport::{
    Delivery, Destination, PublicationConfig, Random, ReceiveConfig, ReceiveEndpoint, SendConfig,
    SendEndpoint, control_address,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel};

use crate::place::{self, Capture, Loss};

/// What is sent, and over what.
pub struct Conversation {
    /// In the words of a file name.
    pub name: &'static str,
    /// Datagrams lost of a thousand, each way.
    pub drop_permille: u32,
    /// Whether what one call sent stays one on the cable.
    pub carries_trains: bool,
    /// What its addresses are.
    pub way: Way,
    /// How many messages.
    pub message_count: u64,
}

/// From whom to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From one address to another.
    Unicast { is_ipv6: bool },
    /// To a group, whose only member here is the other end.
    Group { is_ipv6: bool },
}

impl Way {
    /// The sender's address and the receiver's.
    fn ends(self) -> [SocketAddr; 2] {
        let (Self::Unicast { is_ipv6 } | Self::Group { is_ipv6 }) = self;
        let ends = if is_ipv6 {
            ["[fd00::1]:0", "[fd00::2]:40456"]
        } else {
            ["10.77.0.1:0", "10.77.0.2:40456"]
        };
        ends.map(|end| end.parse().unwrap())
    }

    /// The group's address; none for unicast.
    fn group(self) -> Option<SocketAddr> {
        let Self::Group { is_ipv6 } = self else { return None };
        let group = if is_ipv6 { "[ff05::77:1]:40456" } else { "239.77.9.1:40456" };
        Some(group.parse().unwrap())
    }

    fn sender(self) -> (UdpChannel, SendConfig, SocketAddr) {
        let [here, there] = self.ends();
        match self.group() {
            None => {
                let channel = UdpChannel::unicast(here, BUFFERS).unwrap();
                (channel, SendConfig::unicast(1, TERM_LENGTH), there)
            }
            Some(group) => {
                let channel = UdpChannel::multicast_sender(group, here.ip(), BUFFERS).unwrap();
                (channel, SendConfig::multicast(1, TERM_LENGTH, 1), group)
            }
        }
    }

    fn receiver(self) -> (UdpChannel, ReceiveConfig) {
        let [_, here] = self.ends();
        let (channel, config) = match self.group() {
            None => {
                let channel = UdpChannel::unicast(here, BUFFERS).unwrap();
                (channel, ReceiveConfig::untrusted(&[STREAM_ID], 1, 1))
            }
            Some(group) => {
                let channel = UdpChannel::multicast_receiver(group, here.ip(), BUFFERS).unwrap();
                let control = control_address(group).unwrap();
                (channel, ReceiveConfig::group(&[STREAM_ID], 1, 1, control))
            }
        };
        (channel, ReceiveConfig { window_length: WINDOW_LENGTH, ..config })
    }
}

/// What came of it.
pub struct Goodput {
    /// Bytes of messages.
    pub bytes: u64,
    /// From the first message offered to the last one taken.
    pub elapsed: Duration,
    /// Datagrams thrown away, there and back.
    pub lost: [u64; 2],
    /// Asked for again.
    pub naks: u64,
}

impl Conversation {
    /// Sends everything and checks what comes.
    pub fn hold(&self) -> Goodput {
        let is_over = &AtomicBool::new(false);
        let (tell_sender, hear_receiver) = channel();
        let (tell_receiver, hear_sender) = channel();
        thread::scope(|scope| {
            let receiver = scope.spawn(move || {
                // However it ends, the sender shall not wait.
                let _over = SetWhenDropped(is_over);
                self.receive(&tell_sender, &hear_sender, is_over)
            });
            let sender = scope.spawn(move || self.send(&hear_receiver, &tell_receiver, is_over));
            let started = sender.join().expect("the sender ends well");
            let (goodput, ended) = receiver.join().expect("the receiver ends well");
            Goodput { elapsed: ended - started, ..goodput }
        })
    }

    /// Sends until the other end has everything. Gives when the first message was taken.
    fn send(
        &self,
        other: &Receiver<String>,
        to_other: &Sender<()>,
        is_over: &AtomicBool,
    ) -> Instant {
        place::enter_own_namespace().unwrap();
        place::lay_cable(&other.recv().unwrap(), self.carries_trains);
        let [here, _] = self.way.ends();
        place::plug_in(here);
        let capture = std::env::var_os("FORECASTLE_CAPTURE_FOLDER")
            .map(|folder| Capture::start(Path::new(&folder), self.name));
        to_other.send(()).unwrap();
        other.recv().unwrap();

        place::wait_for_routes(here);
        let (mut channel, config, destination) = self.way.sender();
        let mut endpoint = SendEndpoint::new(config);
        let publication = endpoint.add_publication(&PublicationConfig {
            stream_id: STREAM_ID,
            session_id: 2000,
            initial_term_id: i32::MAX - 1,
            destination: Destination::Address(destination),
            response_requested: false,
        });
        let publication = publication.unwrap();
        let (epoch, mut started, mut next) = (Instant::now(), None, 0);
        let mut message = Vec::new();
        while !is_over.load(Ordering::Acquire) {
            assert!(epoch.elapsed() < LIMIT, "stuck after {next} messages were taken");
            let now_ns = epoch.elapsed().as_nanos() as u64;
            let came = channel.receive(|source, bytes| endpoint.on_datagram(now_ns, source, bytes));
            while endpoint.poll_event().is_some() {}
            let before = next;
            while next < self.message_count {
                write(next, &mut message);
                if endpoint.offer(publication, &message).is_err() {
                    break;
                }
                started.get_or_insert_with(Instant::now);
                next += 1;
            }
            let went = channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
            if came + went == 0 && next == before {
                thread::yield_now();
            }
        }
        if let Some(capture) = capture {
            capture.stop();
        }
        started.expect("a message was taken")
    }

    /// Takes everything. Gives what it came to, and when.
    fn receive(
        &self,
        to_other: &Sender<String>,
        other: &Receiver<()>,
        is_over: &AtomicBool,
    ) -> (Goodput, Instant) {
        place::enter_own_namespace().unwrap();
        to_other.send(place::thread_number()).unwrap();
        other.recv().unwrap();
        let [_, here] = self.way.ends();
        place::plug_in(here);
        // Both ways at this end, so that the other one sees all that is sent and all that is asked.
        let permille = self.drop_permille;
        place::lose(&Loss { input_permille: permille, output_permille: permille }).unwrap();
        place::wait_for_routes(here);
        let (mut channel, config) = self.way.receiver();
        let mut endpoint = ReceiveEndpoint::new(config);
        to_other.send(String::new()).unwrap();

        let (epoch, mut next, mut bytes) = (Instant::now(), 0, 0);
        let mut expected = Vec::new();
        while next < self.message_count {
            assert!(epoch.elapsed() < LIMIT, "only {next} messages came");
            let now_ns = epoch.elapsed().as_nanos() as u64;
            let came = channel.receive(|source, bytes| endpoint.on_datagram(now_ns, source, bytes));
            while endpoint.poll_event().is_some() {}
            endpoint.poll(now_ns, usize::MAX, |_, delivery| {
                let Delivery::Message { payload, .. } = delivery else { panic!("no hold is set") };
                write(next, &mut expected);
                assert!(payload == expected, "message {next} is not what came");
                next += 1;
                bytes += payload.len() as u64;
            });
            let went = channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
            if came + went == 0 {
                thread::yield_now();
            }
        }
        let ended = Instant::now();
        is_over.store(true, Ordering::Release);
        // The cable goes with the namespace at either end of it, and the other end still listens.
        while other.recv().is_ok() {}
        let naks = endpoint.counters().naks;
        (Goodput { bytes, elapsed: Duration::ZERO, lost: place::lost(), naks }, ended)
    }
}

/// The message of that number: up to three fragments, and no two alike.
fn write(number: u64, message: &mut Vec<u8>) {
    let length = 8 + Random::new(number).below(3_000) as usize;
    message.clear();
    message.extend_from_slice(&number.to_le_bytes());
    message.resize(length, number as u8);
}

struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

const STREAM_ID: i32 = 5;
const TERM_LENGTH: u32 = 1 << 20;
const WINDOW_LENGTH: u32 = 128 * 1024;
const BUFFERS: SocketBuffers = SocketBuffers::for_window(WINDOW_LENGTH as usize);
const LIMIT: Duration = Duration::from_secs(120);

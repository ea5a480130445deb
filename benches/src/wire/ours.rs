//! Our ends: endpoints over their sockets, everything in one thread.
//!
//! An end that sends and hears has two sockets, as the gateway has: one hears streams and answers
//! them, the other sends one and hears its answers.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Instant;

use forecastle_benches_rig::wire::{End, Message, WireError};
use forecastle_transport::{
    Delivery, Destination, FlowControl, ImageEvent, PublicationConfig, PublicationId,
    PublicationNews, Random, ReceiveConfig, ReceiveEndpoint, SendConfig, SendEndpoint,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel};
use serde::Serialize;

/// Sizes of a stream of ours.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OurSizes {
    /// Receiver window, and socket buffers, in bytes.
    pub window_length: u32,
    /// Term, in bytes.
    pub term_length: u32,
    /// Whether sockets take trains of datagrams, or every datagram by itself.
    pub receive_offload: bool,
    /// Datagrams of ten thousand that each socket loses on the way in.
    pub loss_permyriad: u64,
}

/// One thread's sockets with their endpoints.
pub struct OurEnd {
    sender: Option<Sender>,
    receivers: Vec<Receiver>,
    epoch: Instant,
    now_ns: u64,
    turn: u32,
}

struct Sender {
    channel: UdpChannel,
    endpoint: SendEndpoint,
    publication: PublicationId,
    loss: Loss,
    is_connected: bool,
    has_offered: bool,
}

struct Receiver {
    channel: UdpChannel,
    endpoint: ReceiveEndpoint,
    loss: Loss,
    has_image: bool,
}

/// Two ends with a stream each way.
///
/// # Errors
/// When a socket cannot be opened.
pub fn pair(sizes: OurSizes) -> Result<(OurEnd, OurEnd), WireError> {
    let (mut there, mut back) = (Sockets::open(sizes, 1)?, Sockets::open(sizes, 1)?);
    let first_receivers = back.receivers(sizes)?;
    let second_receivers = there.receivers(sizes)?;
    let first = OurEnd::new(Some(there.sender(sizes)?), first_receivers);
    let second = OurEnd::new(Some(back.sender(sizes)?), second_receivers);
    Ok((first, second))
}

/// One end with a stream to `receiver_count` receivers at the other.
///
/// # Errors
/// When a socket cannot be opened.
pub fn fan(sizes: OurSizes, receiver_count: usize) -> Result<(OurEnd, OurEnd), WireError> {
    let mut sockets = Sockets::open(sizes, receiver_count)?;
    let receivers = sockets.receivers(sizes)?;
    Ok((OurEnd::new(Some(sockets.sender(sizes)?), Vec::new()), OurEnd::new(None, receivers)))
}

/// The sockets of one stream.
struct Sockets {
    sending: Option<UdpChannel>,
    receiving: Vec<UdpChannel>,
    source: SocketAddr,
    destinations: Vec<SocketAddr>,
}

impl Sockets {
    fn open(sizes: OurSizes, receiver_count: usize) -> Result<Self, WireError> {
        let open = || -> Result<UdpChannel, WireError> {
            let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
            let buffers = SocketBuffers::for_window(sizes.window_length as usize);
            let mut channel = UdpChannel::unicast(address, buffers).map_err(opening)?;
            if !sizes.receive_offload {
                channel.stop_receive_offload();
            }
            Ok(channel)
        };
        let sending = open()?;
        let receiving = (0..receiver_count).map(|_| open()).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            source: sending.local_address(),
            destinations: receiving.iter().map(UdpChannel::local_address).collect(),
            sending: Some(sending),
            receiving,
        })
    }

    fn sender(&mut self, sizes: OurSizes) -> Result<Sender, WireError> {
        let count = self.destinations.len();
        let (config, destination) = if count == 1 {
            let destination = Destination::Address(self.destinations[0]);
            (SendConfig::unicast(1, sizes.term_length), destination)
        } else {
            let config = SendConfig::multi_destination(1, sizes.term_length, count);
            let flow_control = FlowControl::Min { group_size_min: count };
            (SendConfig { flow_control, ..config }, Destination::Multi)
        };
        let mut endpoint = SendEndpoint::new(config);
        if destination == Destination::Multi {
            for address in &self.destinations {
                endpoint.add_destination(*address).expect("there is room for each");
            }
        }
        let publication = endpoint
            .add_publication(&PublicationConfig {
                stream_id: STREAM_ID,
                session_id: SESSION_ID,
                initial_term_id: 0,
                destination,
                response_requested: false,
            })
            .expect("the pool has one");
        let mut channel = self.sending.take().expect("a stream has one sender");
        if let Destination::Address(peer) = destination {
            channel.connect(peer).map_err(opening)?;
        }
        let loss = Loss::new(sizes, 1);
        let (is_connected, has_offered) = (false, false);
        Ok(Sender { channel, endpoint, publication, loss, is_connected, has_offered })
    }

    fn receivers(&mut self, sizes: OurSizes) -> Result<Vec<Receiver>, WireError> {
        let receivers = self.receiving.drain(..).zip(2..).map(|(mut channel, id)| {
            channel.connect(self.source).map_err(opening)?;
            let config = ReceiveConfig::peer(&[STREAM_ID], id, id as u64, self.source);
            let config = ReceiveConfig {
                window_length: sizes.window_length,
                images_max: 1,
                images_per_source_max: 1,
                ..config
            };
            let endpoint = ReceiveEndpoint::new(config);
            let loss = Loss::new(sizes, id as u64);
            Ok(Receiver { channel, endpoint, loss, has_image: false })
        });
        receivers.collect()
    }
}

impl OurEnd {
    fn new(sender: Option<Sender>, receivers: Vec<Receiver>) -> Self {
        Self { sender, receivers, epoch: Instant::now(), now_ns: 0, turn: 0 }
    }
}

impl End for OurEnd {
    fn is_connected(&self) -> bool {
        self.sender.as_ref().is_none_or(|sender| sender.is_connected)
            && self.receivers.iter().all(|receiver| receiver.has_image)
    }

    #[inline]
    fn offer(&mut self, message: &Message) -> bool {
        let sender = self.sender.as_mut().expect("this end sends");
        sender.has_offered = true;
        let taken = sender.endpoint.offer_with(sender.publication, message.len(), |to| {
            to.copy_from_slice(message);
        });
        taken.is_ok()
    }

    #[inline]
    fn send(&mut self) {
        let now_ns = self.now_ns;
        if let Some(sender) = &mut self.sender {
            sender.channel.transmit(|buffer| sender.endpoint.poll_transmit(now_ns, buffer));
        }
        for receiver in &mut self.receivers {
            receiver.channel.transmit(|buffer| receiver.endpoint.poll_transmit(now_ns, buffer));
        }
    }

    #[inline]
    fn receive(&mut self, handler: &mut impl FnMut(usize, &[u8])) {
        self.now_ns = self.epoch.elapsed().as_nanos() as u64;
        self.turn = self.turn.wrapping_add(1);
        for (number, receiver) in self.receivers.iter_mut().enumerate() {
            receiver.receive(self.now_ns, |message| handler(number, message));
        }
        // A sender is told of every quarter of a window only, so its socket can wait for as long
        // as there is room; one with nothing to hear need not look every turn.
        if let Some(sender) = &mut self.sender
            && (self.receivers.is_empty() || self.turn.is_multiple_of(TURNS_PER_ANSWER))
        {
            sender.receive(self.now_ns);
        }
    }

    fn receiver_count(&self) -> usize {
        self.receivers.len()
    }
}

impl Sender {
    fn receive(&mut self, now_ns: u64) {
        let (endpoint, loss) = (&mut self.endpoint, &mut self.loss);
        self.channel.receive(|source, datagram| {
            if !loss.takes() {
                endpoint.on_datagram(now_ns, source, datagram);
            }
        });
        while let Some(event) = endpoint.poll_event() {
            self.is_connected |= event.news == PublicationNews::Connected;
        }
    }
}

impl Receiver {
    #[inline]
    fn receive(&mut self, now_ns: u64, mut handler: impl FnMut(&[u8])) {
        let (endpoint, loss) = (&mut self.endpoint, &mut self.loss);
        self.channel.receive(|source, datagram| {
            if !loss.takes() {
                endpoint.on_datagram(now_ns, source, datagram);
            }
        });
        while let Some(event) = endpoint.poll_event() {
            self.has_image |= matches!(event, ImageEvent::Available(_));
        }
        endpoint.poll(now_ns, usize::MAX, |_, delivery| match delivery {
            Delivery::Message { payload, .. } => handler(payload),
            Delivery::GapSkipped { .. } => unreachable!("no gap is given up without a hold"),
        });
    }
}

fn opening(error: forecastle_transport_udp::UdpError) -> WireError {
    WireError::Open(error.to_string())
}

/// Datagrams thrown away between a socket and its endpoint.
struct Loss {
    random: Random,
    permyriad: u64,
}

impl Loss {
    fn new(sizes: OurSizes, seed: u64) -> Self {
        Self { random: Random::new(seed), permyriad: sizes.loss_permyriad }
    }

    #[inline]
    fn takes(&mut self) -> bool {
        self.permyriad > 0 && self.random.below(10_000) < self.permyriad
    }
}

const STREAM_ID: i32 = 1001;
const SESSION_ID: i32 = 0x0F0C_A571;
const TURNS_PER_ANSWER: u32 = 32;

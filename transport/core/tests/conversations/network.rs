//! A virtual network between one send endpoint and any number of receive endpoints: datagrams are
//! lost, doubled and overtake each other as a seed decides.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use forecastle_transport::{
    Delivery, Destination, ImageEvent, ImageId, OfferError, PublicationConfig, PublicationEvent,
    PublicationId, PublicationNews, Random, ReceiveConfig, ReceiveEndpoint, SendConfig,
    SendEndpoint, UnavailableReason,
};

pub const STREAM: i32 = 1001;
pub const SESSION: i32 = 777_777;
pub const MS: u64 = 1_000_000;
pub const TICK_NS: u64 = 50_000;

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn sender_address() -> SocketAddr {
    address("127.0.0.1:1000")
}

pub fn receiver_address(index: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 2000 + index as u16))
}

pub fn data_group() -> SocketAddr {
    address("239.1.1.1:4000")
}

pub fn control_group() -> SocketAddr {
    address("239.1.1.2:4000")
}

/// What the network does to datagrams, in percent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    pub loss: u64,
    pub duplicates: u64,
    pub late: u64,
}

/// One receive endpoint with what it delivered.
pub struct Receiver {
    pub endpoint: ReceiveEndpoint,
    /// Numbers of the messages delivered, in order.
    pub numbers: Vec<u32>,
    /// Position after the last of them.
    pub position: u64,
    pub skipped: Vec<(u64, u64)>,
    pub image: Option<ImageId>,
    pub ended: Option<UnavailableReason>,
    /// Frames taken per tick; 0 for an application that does not poll.
    pub poll_limit: usize,
}

/// Decides by destination and bytes whether a datagram enters the network.
type Filter = Box<dyn FnMut(SocketAddr, &[u8]) -> bool>;

/// The sender, the receivers and the datagrams between them.
pub struct World {
    pub now_ns: u64,
    pub sender: SendEndpoint,
    pub publication: PublicationId,
    pub receivers: Vec<Receiver>,
    pub faults: Faults,
    pub events: Vec<PublicationNews>,
    /// Every datagram that entered the network: time, destination, bytes.
    pub wire: Vec<(u64, SocketAddr, Vec<u8>)>,
    pub keeps_wire: bool,
    /// Told every datagram before it enters the network; false loses it.
    pub filter: Filter,
    random: Random,
    flying: BTreeMap<(u64, u64), (SocketAddr, SocketAddr, Vec<u8>)>,
    sent_count: u64,
    lengths: Vec<usize>,
}

impl World {
    /// Unicast to one receiver.
    pub fn unicast(seed: u64, term_length: u32, adapt: impl Fn(&mut ReceiveConfig)) -> Self {
        let mut config = ReceiveConfig::untrusted(&[STREAM], 42, seed);
        adapt(&mut config);
        let send = SendConfig::unicast(1, term_length);
        Self::new(seed, send, receiver_address(0), vec![config])
    }

    /// Multicast to `count` receivers.
    pub fn multicast(seed: u64, term_length: u32, count: usize) -> Self {
        let configs = (0..count).map(|index| {
            ReceiveConfig::group(&[STREAM], index as i64, seed + index as u64, control_group())
        });
        let send = SendConfig::multicast(1, term_length, count);
        Self::new(seed, send, data_group(), configs.collect())
    }

    /// Copies to `count` receivers that have registered themselves.
    pub fn multi_destination(seed: u64, send: SendConfig, count: usize) -> Self {
        let configs = (0..count).map(|index| {
            let seed = seed + index as u64;
            ReceiveConfig::peer(&[STREAM], index as i64, seed, sender_address())
        });
        let mut world = Self::towards(seed, send, Destination::Multi, configs.collect());
        world.sender.permit_destinations(sender_address().ip()).unwrap();
        for receiver in &mut world.receivers {
            receiver.endpoint.register(0, sender_address()).unwrap();
        }
        world
    }

    pub fn new(
        seed: u64,
        send: SendConfig,
        destination: SocketAddr,
        receivers: Vec<ReceiveConfig>,
    ) -> Self {
        Self::towards(seed, send, Destination::Address(destination), receivers)
    }

    fn towards(
        seed: u64,
        send: SendConfig,
        destination: Destination,
        receivers: Vec<ReceiveConfig>,
    ) -> Self {
        println!("seed {seed}");
        let mut sender = SendEndpoint::new(send);
        let publication = sender.add_publication(&PublicationConfig {
            stream_id: STREAM,
            session_id: SESSION,
            initial_term_id: i32::MAX - 1,
            destination,
            response_requested: false,
        });
        let receivers = receivers.into_iter().map(|config| Receiver {
            endpoint: ReceiveEndpoint::new(config),
            numbers: Vec::new(),
            position: 0,
            skipped: Vec::new(),
            image: None,
            ended: None,
            poll_limit: 1000,
        });
        Self {
            now_ns: 0,
            sender,
            publication: publication.unwrap(),
            receivers: receivers.collect(),
            faults: Faults::default(),
            events: Vec::new(),
            wire: Vec::new(),
            keeps_wire: false,
            filter: Box::new(|_, _| true),
            random: Random::new(seed),
            flying: BTreeMap::new(),
            sent_count: 0,
            lengths: Vec::new(),
        }
    }

    /// Offers the next numbered message of `length` bytes, at least 4.
    pub fn offer(&mut self, length: usize) -> Result<u64, OfferError> {
        let number = self.lengths.len() as u32;
        let mut message = vec![number as u8; length];
        message[..4].copy_from_slice(&number.to_le_bytes());
        let position = self.sender.offer(self.publication, &message)?;
        self.lengths.push(length);
        Ok(position)
    }

    /// Offers `count` messages that all find room.
    #[track_caller]
    pub fn offer_many(&mut self, count: usize, length: usize) {
        for _ in 0..count {
            self.offer(length).unwrap();
        }
    }

    /// One turn of every endpoint, then one tick of time.
    pub fn tick(&mut self) {
        self.deliver();
        let now_ns = self.now_ns;
        let mut buffer = [0; 65536];
        while let Some(PublicationEvent { news, .. }) = self.sender.poll_event() {
            self.events.push(news);
        }
        while let Some(transmit) = self.sender.poll_transmit(now_ns, &mut buffer) {
            self.send(sender_address(), transmit.destination, &buffer[..transmit.length]);
        }
        for index in 0..self.receivers.len() {
            self.poll(index);
            let source = receiver_address(index);
            while let Some(transmit) =
                self.receivers[index].endpoint.poll_transmit(now_ns, &mut buffer)
            {
                self.send(source, transmit.destination, &buffer[..transmit.length]);
            }
        }
        self.now_ns += TICK_NS;
    }

    fn poll(&mut self, index: usize) {
        let lengths = &self.lengths;
        let receiver = &mut self.receivers[index];
        while let Some(event) = receiver.endpoint.poll_event() {
            match event {
                ImageEvent::Available(image) if image.source == sender_address() => {
                    receiver.image = Some(image.id);
                }
                ImageEvent::Unavailable { id, reason } if receiver.image == Some(id) => {
                    receiver.ended = Some(reason);
                }
                _ => {}
            }
        }
        let Receiver { endpoint, numbers, position, skipped, poll_limit, image, .. } = receiver;
        endpoint.poll(self.now_ns, *poll_limit, |id, delivery| match delivery {
            _ if Some(id) != *image => {}
            Delivery::Message { payload, end_position } => {
                let number = u32::from_le_bytes(payload[..4].try_into().unwrap());
                assert_eq!(payload.len(), lengths[number as usize], "message {number}");
                assert!(payload[4..].iter().all(|byte| *byte == number as u8));
                numbers.push(number);
                *position = end_position;
            }
            Delivery::GapSkipped { from_position, to_position } => {
                skipped.push((from_position, to_position));
            }
        });
    }

    /// Puts one datagram into the network.
    pub fn send(&mut self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) {
        if self.keeps_wire {
            self.wire.push((self.now_ns, destination, bytes.to_vec()));
        }
        if !(self.filter)(destination, bytes) {
            return;
        }
        for target in self.targets(destination) {
            let copies = 1 + u64::from(self.random.below(100) < self.faults.duplicates);
            for _ in 0..copies {
                if self.random.below(100) < self.faults.loss {
                    continue;
                }
                let is_late = self.random.below(100) < self.faults.late;
                let extra_ns = if is_late { self.random.below(400_000) } else { 0 };
                let arrival_ns = self.now_ns + 20_000 + extra_ns;
                self.sent_count += 1;
                let key = (arrival_ns, self.sent_count);
                self.flying.insert(key, (source, target, bytes.to_vec()));
            }
        }
    }

    fn targets(&self, destination: SocketAddr) -> Vec<SocketAddr> {
        if destination == data_group() {
            (0..self.receivers.len()).map(receiver_address).collect()
        } else if destination == control_group() {
            vec![sender_address()]
        } else {
            vec![destination]
        }
    }

    fn deliver(&mut self) {
        while let Some(entry) = self.flying.first_entry() {
            if entry.key().0 > self.now_ns {
                break;
            }
            let (source, target, bytes) = entry.remove();
            if target == sender_address() {
                self.sender.on_datagram(self.now_ns, source, &bytes);
            } else if let Some(index) =
                (0..self.receivers.len()).find(|index| receiver_address(*index) == target)
            {
                self.receivers[index].endpoint.on_datagram(self.now_ns, source, &bytes);
            }
        }
    }

    /// Ticks until `done`, at most `limit_ms` of virtual time.
    #[track_caller]
    pub fn run_until(&mut self, limit_ms: u64, mut done: impl FnMut(&mut Self) -> bool) {
        let deadline_ns = self.now_ns + limit_ms * MS;
        while !done(self) {
            assert!(self.now_ns < deadline_ns, "not done after {limit_ms} ms:\n{}", self.summary());
            self.tick();
        }
    }

    /// Where everybody stands, for a failure.
    fn summary(&self) -> String {
        let sent = self.sender.sent_position(self.publication);
        let mut text = format!("sent {sent:?}, {:?}\n", self.sender.counters());
        for receiver in &self.receivers {
            text += &format!("at {}, {:?}\n", receiver.position, receiver.endpoint.counters());
        }
        text
    }

    /// Ticks for `duration_ms` of virtual time.
    pub fn run_for(&mut self, duration_ms: u64) {
        let end_ns = self.now_ns + duration_ms * MS;
        while self.now_ns < end_ns {
            self.tick();
        }
    }

    /// Ticks until the publication is connected and every receiver has its image.
    #[track_caller]
    pub fn connect(&mut self) {
        self.run_until(20_000, |world| {
            world.sender.is_connected(world.publication)
                && world.receivers.iter().all(|receiver| receiver.endpoint.image_count() == 1)
        });
    }

    /// How many datagrams of `frame_type` entered the network; needs `keeps_wire`.
    pub fn wire_count(&self, frame_type: i16) -> usize {
        self.wire_of(frame_type).count()
    }

    pub fn wire_of(&self, frame_type: i16) -> impl Iterator<Item = &(u64, SocketAddr, Vec<u8>)> {
        self.wire.iter().filter(move |entry| entry.2[6..8] == frame_type.to_le_bytes())
    }
}

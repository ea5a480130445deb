//! Any number of sessions between one send endpoint and one receive endpoint, in virtual time over
//! a network under given conditions. A run either carries everything, or says what went wrong.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use forecastle_transport::frame::{
    Frame, STATUS_EOS, STATUS_SEND_SETUP, StatusFrame, TYPE_DATA, TYPE_PAD, TYPE_SETUP,
};
use forecastle_transport::position::TermGeometry;
use forecastle_transport::{
    Delivery, Destination, ImageEvent, ImageId, OfferError, PublicationConfig, PublicationId,
    Random, ReceiveConfig, ReceiveEndpoint, SendConfig, SendEndpoint,
};

/// What the network and the reader do. Percentages are of datagrams, both ways.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    pub loss: u64,
    /// Losses are of everything for so many times 50 us on average; 0 for losses one by one.
    pub burst: u64,
    pub duplicates: u64,
    /// Overtaken by what is sent up to 400 us later.
    pub late: u64,
    /// One bit of version, type, stream or session is wrong.
    pub corrupt: u64,
    /// The network is cut one way for 60 ms of every 170 ms.
    pub cut: Option<Way>,
    /// A third of the sessions is not read for 30 ms of every 60 ms.
    pub stalls: bool,
}

/// Which way a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToReceiver,
    ToSender,
}

/// How many sessions carry how much.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub sessions: usize,
    pub messages: u32,
    pub term_length: u32,
    pub window_length: u32,
    pub mtu: usize,
    /// Messages are at least this long, 8 bytes or more.
    pub message_length_min: usize,
    /// Messages are up to this long, most of them at most 300 bytes longer than the shortest.
    pub message_length_max: usize,
    /// Where in its first term each stream starts.
    pub start: u32,
}

impl Load {
    /// So many messages over so many sessions, with short terms.
    pub fn new(sessions: usize, messages: u32) -> Self {
        Self {
            sessions,
            messages,
            term_length: 65536,
            window_length: 32 * 1024,
            mtu: 1408,
            message_length_min: 8,
            message_length_max: 8192,
            start: 0,
        }
    }
}

/// What a whole run came to.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub bytes: u64,
    pub elapsed_ns: u64,
}

impl Report {
    /// Message bytes a virtual second.
    pub fn goodput(&self) -> u64 {
        (u128::from(self.bytes) * 1_000_000_000 / u128::from(self.elapsed_ns.max(1))) as u64
    }
}

/// Carries `load` under `conditions`: every message of every session once, whole and in order.
///
/// # Errors
/// What went wrong.
pub fn carry(load: Load, conditions: Conditions, seed: u64) -> Result<Report, String> {
    let mut fleet = Fleet::new(load, conditions, seed);
    fleet.connect()?;
    let start_ns = fleet.now_ns;
    fleet.conditions = conditions;
    while !fleet.sessions.iter().all(|session| session.received == load.messages) {
        if fleet.now_ns > start_ns + LIMIT_NS {
            return Err(format!("not done after {} ms:\n{}", LIMIT_NS / MS, fleet.summary()));
        }
        fleet.offer()?;
        fleet.tick()?;
    }
    let bytes = fleet.sessions.iter().map(|session| session.bytes).sum();
    Ok(Report { bytes, elapsed_ns: fleet.now_ns - start_ns })
}

struct Session {
    publication: PublicationId,
    image: Option<ImageId>,
    /// Lengths of the messages offered and not yet received.
    lengths: VecDeque<usize>,
    offered: u32,
    next_length: usize,
    received: u32,
    bytes: u64,
    /// The furthest that a status message has let the sender go.
    limit: u64,
    /// The furthest that it has gone.
    sent: u64,
}

struct Fleet {
    load: Load,
    conditions: Conditions,
    now_ns: u64,
    sender: SendEndpoint,
    receiver: ReceiveEndpoint,
    sessions: Vec<Session>,
    random: Random,
    flying: BTreeMap<(u64, u64), (Way, Vec<u8>)>,
    sent_count: u64,
    is_in_burst: [bool; 2],
    buffer: Vec<u8>,
}

impl Fleet {
    fn new(load: Load, conditions: Conditions, seed: u64) -> Self {
        let send =
            SendConfig { mtu: load.mtu, ..SendConfig::unicast(load.sessions, load.term_length) };
        let mut sender = SendEndpoint::new(send);
        let sessions = (0..load.sessions).map(|number| {
            let config = PublicationConfig {
                stream_id: STREAM,
                session_id: session_id(number),
                initial_term_id: INITIAL_TERM_ID,
                destination: Destination::Address(RECEIVER),
                response_requested: false,
            };
            let publication = sender.add_publication_at(&config, u64::from(load.start));
            Session {
                publication: publication.expect("the pool has one for each"),
                image: None,
                lengths: VecDeque::new(),
                offered: 0,
                next_length: load.message_length_min,
                received: 0,
                bytes: 0,
                limit: u64::from(load.start),
                sent: u64::from(load.start),
            }
        });
        let sessions = sessions.collect();
        // A corrupted SETUP makes an image that nobody sends to.
        let images_max = 2 * load.sessions + 8;
        let mut receiver = ReceiveEndpoint::new(ReceiveConfig {
            images_max,
            images_per_source_max: images_max,
            window_length: load.window_length,
            message_length_max: load.message_length_max,
            ..ReceiveConfig::untrusted(&[STREAM], 42, seed)
        });
        receiver.prove(0, SENDER);
        let conditions = Conditions { stalls: false, ..conditions };
        Self {
            load,
            conditions: Conditions { loss: 0, cut: None, ..conditions },
            now_ns: 0,
            sender,
            receiver,
            sessions,
            random: Random::new(seed),
            flying: BTreeMap::new(),
            sent_count: 0,
            is_in_burst: [false; 2],
            buffer: vec![0; 65536],
        }
    }

    fn connect(&mut self) -> Result<(), String> {
        while !self.is_connected() {
            if self.now_ns > LIMIT_NS {
                return Err(format!("not connected:\n{}", self.summary()));
            }
            self.tick()?;
        }
        Ok(())
    }

    fn is_connected(&self) -> bool {
        let is_connected = |session: &Session| {
            session.image.is_some() && self.sender.is_connected(session.publication)
        };
        self.sessions.iter().all(is_connected)
    }

    fn offer(&mut self) -> Result<(), String> {
        for (number, session) in self.sessions.iter_mut().enumerate() {
            while session.offered < self.load.messages {
                let length = session.next_length;
                let mut message = vec![0; length];
                write_message(&mut message, number, session.offered);
                match self.sender.offer(session.publication, &message) {
                    Ok(_) => {}
                    Err(OfferError::BackPressured | OfferError::NotConnected) => break,
                    Err(error) => return Err(format!("session {number}: {error:?}")),
                }
                session.lengths.push_back(length);
                session.offered += 1;
                let Load { message_length_min, message_length_max, .. } = self.load;
                let lengths = (message_length_max - message_length_min + 1) as u64;
                session.next_length = message_length_min
                    + match self.random.below(10) {
                        0 => self.random.below(lengths) as usize,
                        _ => self.random.below(300.min(lengths)) as usize,
                    };
            }
        }
        Ok(())
    }

    /// One turn of both ends, then one tick of time.
    fn tick(&mut self) -> Result<(), String> {
        self.advance_bursts();
        self.deliver();
        while self.sender.poll_event().is_some() {}
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(transmit) = self.sender.poll_transmit(self.now_ns, &mut buffer) {
            self.check_sent(&buffer[..transmit.length])?;
            self.send(Way::ToReceiver, &buffer[..transmit.length]);
        }
        self.read()?;
        while let Some(transmit) = self.receiver.poll_transmit(self.now_ns, &mut buffer) {
            self.send(Way::ToSender, &buffer[..transmit.length]);
        }
        self.buffer = buffer;
        self.now_ns += TICK_NS;
        let in_flight: usize = self.flying.values().map(|(_, bytes)| bytes.len()).sum();
        let bound = 2 * self.load.sessions * (self.load.term_length as usize + IN_FLIGHT_EXTRA);
        if in_flight > bound {
            return Err(format!("{in_flight} bytes are in flight, more than {bound}"));
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), String> {
        while let Some(event) = self.receiver.poll_event() {
            match event {
                ImageEvent::Available(image) => {
                    if let Some(session) = session_of(image.session_id, self.sessions.len()) {
                        self.sessions[session].image = Some(image.id);
                    }
                }
                ImageEvent::Unavailable { id, reason } => {
                    if self.sessions.iter().any(|session| session.image == Some(id)) {
                        return Err(format!("an image ended: {reason:?}"));
                    }
                }
            }
        }
        let is_stalling = self.conditions.stalls && self.now_ns % (60 * MS) < 30 * MS;
        for (number, session) in self.sessions.iter_mut().enumerate() {
            let Some(image) = session.image else { continue };
            if is_stalling && number.is_multiple_of(3) {
                continue;
            }
            let mut complaint = None;
            self.receiver.poll_image(self.now_ns, image, FRAMES_MAX, |delivery| {
                let result = match delivery {
                    Delivery::Message { payload, .. } => session.take(number, payload),
                    Delivery::GapSkipped { .. } => Err("a gap was skipped".to_owned()),
                };
                complaint = complaint.take().or(result.err());
            });
            if let Some(complaint) = complaint {
                return Err(format!("session {number}: {complaint}"));
            }
        }
        Ok(())
    }

    /// No byte goes further than a status message has allowed.
    fn check_sent(&mut self, datagram: &[u8]) -> Result<(), String> {
        let Ok(Frame::Data(frames)) = Frame::parse(datagram) else { return Ok(()) };
        let first = frames.first();
        if frames.is_heartbeat() {
            return Ok(());
        }
        let geometry = self.geometry();
        let position = geometry.position(first.term_id.get(), first.term_offset.get());
        let position = position.ok_or("a frame has no position")?;
        let number = session_of(first.session_id.get(), self.sessions.len());
        let session = &mut self.sessions[number.ok_or("a session that nobody opened")?];
        let end = position + datagram.len() as u64;
        if end > session.limit {
            return Err(format!("sent up to {end}, allowed up to {}", session.limit));
        }
        session.sent = session.sent.max(end);
        Ok(())
    }

    fn geometry(&self) -> TermGeometry {
        TermGeometry::new(INITIAL_TERM_ID, self.load.term_length).expect("a legal term")
    }

    fn note_status(&mut self, status: &StatusFrame) {
        if status.header.has(STATUS_SEND_SETUP) || status.header.has(STATUS_EOS) {
            return;
        }
        let (term, offset) = (&status.consumption_term_id, &status.consumption_term_offset);
        let position = self.geometry().position(term.get(), offset.get());
        let number = session_of(status.session_id.get(), self.sessions.len());
        if let (Some(number), Some(position)) = (number, position) {
            let session = &mut self.sessions[number];
            let window = status.receiver_window.get() as u64;
            session.limit = session.limit.max(position + window);
        }
    }

    /// Puts one datagram into the network.
    fn send(&mut self, way: Way, datagram: &[u8]) {
        let conditions = self.conditions;
        let copies = 1 + u64::from(self.random.below(100) < conditions.duplicates);
        for _ in 0..copies {
            if self.is_lost(way) {
                continue;
            }
            let mut bytes = datagram.to_vec();
            if self.random.below(100) < conditions.corrupt {
                corrupt(&mut self.random, &mut bytes);
            }
            let is_late = self.random.below(100) < conditions.late;
            let extra_ns = if is_late { self.random.below(400_000) } else { 0 };
            self.sent_count += 1;
            let key = (self.now_ns + 20_000 + extra_ns, self.sent_count);
            self.flying.insert(key, (way, bytes));
        }
    }

    fn is_lost(&mut self, way: Way) -> bool {
        let Conditions { loss, burst, cut, .. } = self.conditions;
        if cut == Some(way) && self.now_ns % (170 * MS) < 60 * MS {
            return true;
        }
        if burst > 0 { self.is_in_burst[way as usize] } else { self.random.below(100) < loss }
    }

    /// Bursts begin and end so that they have the mean length and the share of `loss`.
    fn advance_bursts(&mut self) {
        let Conditions { loss, burst, .. } = self.conditions;
        if burst == 0 {
            return;
        }
        for is_in_burst in &mut self.is_in_burst {
            *is_in_burst = match *is_in_burst {
                true => self.random.below(burst) != 0,
                false => self.random.below(burst * (100 - loss)) < loss,
            };
        }
    }

    fn deliver(&mut self) {
        while let Some(entry) = self.flying.first_entry() {
            if entry.key().0 > self.now_ns {
                break;
            }
            let (way, bytes) = entry.remove();
            match way {
                Way::ToReceiver => self.receiver.on_datagram(self.now_ns, SENDER, &bytes),
                Way::ToSender => {
                    if let Ok(Frame::Status(status, _)) = Frame::parse(&bytes) {
                        self.note_status(status);
                    }
                    self.sender.on_datagram(self.now_ns, RECEIVER, &bytes);
                }
            }
        }
    }

    fn summary(&self) -> String {
        let behind = self.sessions.iter().enumerate();
        let behind = behind.filter(|(_, session)| session.received < self.load.messages);
        let lines = behind.take(5).map(|(number, session)| {
            let Session { received, offered, limit, sent, .. } = session;
            format!("session {number}: {received} of {offered}, sent {sent} of {limit}\n")
        });
        let lines: String = lines.collect();
        format!("{lines}{:?}\n{:?}", self.sender.counters(), self.receiver.counters())
    }
}

impl Session {
    fn take(&mut self, number: usize, payload: &[u8]) -> Result<(), String> {
        let length = self.lengths.pop_front().ok_or("a message that was never offered")?;
        let mut expected = vec![0; length];
        write_message(&mut expected, number, self.received);
        if payload != expected {
            let found = payload.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
            return Err(format!("message {} came as {found:?}", self.received));
        }
        self.received += 1;
        self.bytes += length as u64;
        Ok(())
    }
}

/// Number and session in front, then bytes that follow from them.
fn write_message(message: &mut [u8], session: usize, number: u32) {
    message.fill((number as u8).wrapping_mul(31) ^ session as u8);
    message[..4].copy_from_slice(&number.to_le_bytes());
    message[4..8].copy_from_slice(&(session as u32).to_le_bytes());
}

/// Ids of even parity, so that one wrong bit never names another session.
fn session_id(number: usize) -> i32 {
    let number = number as i32;
    (number << 1) | (number.count_ones() & 1) as i32
}

fn session_of(id: i32, sessions: usize) -> Option<usize> {
    let number = usize::try_from(id >> 1).ok()?;
    (number < sessions && session_id(number) == id).then_some(number)
}

/// Turns over one bit of what the rules of frames guard. The protocol has no checksum of its own:
/// what UDP's lets through elsewhere, in a payload or an offset, nobody can notice.
fn corrupt(random: &mut Random, bytes: &mut [u8]) {
    let kind = i16::from_le_bytes([bytes[6], bytes[7]]);
    let is_data = [TYPE_DATA, TYPE_PAD].contains(&kind);
    let ids = if is_data || kind == TYPE_SETUP { 12..20 } else { 8..16 };
    let places: Vec<usize> = [4, 7].into_iter().chain(ids).collect();
    let place = places[random.below(places.len() as u64) as usize];
    bytes[place] ^= 1 << random.below(8);
}

const STREAM: i32 = 1001;
const INITIAL_TERM_ID: i32 = i32::MAX - 1;
const SENDER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1000);
const RECEIVER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2000);
const MS: u64 = 1_000_000;
const TICK_NS: u64 = 50_000;
/// Longest run, virtual.
const LIMIT_NS: u64 = 60_000 * MS;
const FRAMES_MAX: usize = 256;
/// Retransmits and control frames of one session that may be in flight beside its data.
const IN_FLIGHT_EXTRA: usize = 512 * 1024;

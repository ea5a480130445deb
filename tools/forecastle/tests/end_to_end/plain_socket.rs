//! A client on two plain UDP sockets that writes every Aeron frame itself, right or wrong.
//!
//! The request stream stays in its first term and remembers what it sent, to resend what is asked
//! for. The reply stream is taken in order: a frame behind a hole is dropped and the hole asked
//! for. Both directions may lose datagrams by a seed.

pub mod frames;
pub mod login;
mod reply_stream;

use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use forecastle_proto_spec::{Message, ORDER_ENTRY_STREAM_ID, REPORTS_STREAM_ID, encode};

use self::frames::{read, type_of};
use self::reply_stream::ReplyStream;
use crate::exchange_process::ExchangeProcess;
use crate::inbox::{Deadline, Inbox};
use crate::random::Random;

/// One request stream with its response channel.
pub struct PlainSocket {
    requests: UdpSocket,
    replies: UdpSocket,
    order_entry: SocketAddr,
    reports: SocketAddr,
    session_id: i32,
    is_connected: bool,
    sent: Vec<(u32, Vec<u8>)>,
    resent: Option<(Range<u32>, Instant)>,
    next_offset: u32,
    limit: u32,
    next_seq_num: u32,
    reply_session_id: Option<i32>,
    reply: Option<ReplyStream>,
    error: Option<String>,
    inbox: Inbox,
    last_beat: Option<Instant>,
    loss: Option<Loss>,
}

/// Which share of the datagrams is lost.
struct Loss {
    random: Random,
    percent: u64,
}

impl PlainSocket {
    /// Opens two sockets to an exchange; sends nothing.
    pub fn new(exchange: &ExchangeProcess) -> Self {
        static NEXT_SESSION_ID: AtomicI32 = AtomicI32::new(0x0070_0000);
        Self {
            requests: socket(),
            replies: socket(),
            order_entry: exchange.order_entry(),
            reports: exchange.reports(),
            session_id: NEXT_SESSION_ID.fetch_add(1, Ordering::Relaxed),
            is_connected: false,
            sent: Vec::new(),
            resent: None,
            next_offset: 0,
            limit: 0,
            next_seq_num: 1,
            reply_session_id: None,
            reply: None,
            error: None,
            inbox: Inbox::default(),
            last_beat: None,
            loss: None,
        }
    }

    /// Opens a request stream and waits until the exchange takes it and offers a reply stream.
    pub fn connect(exchange: &ExchangeProcess) -> Self {
        let mut socket = Self::new(exchange);
        socket.wait_for("an offer of a reply stream", |socket| {
            (socket.is_connected && socket.reply_session_id.is_some()).then_some(())
        });
        socket
    }

    /// From here on loses datagrams of both directions.
    pub fn lose(&mut self, percent: u64, seed: u64) {
        self.loss = Some(Loss { random: Random::new(seed), percent });
    }

    /// Session id of the request stream.
    pub fn session_id(&self) -> i32 {
        self.session_id
    }

    /// Session id of the reply stream, once it was offered.
    pub fn reply_session_id(&self) -> Option<i32> {
        self.reply_session_id
    }

    /// The frame last sent on the request stream.
    pub fn last_frame(&self) -> Vec<u8> {
        self.sent.last().expect("something was sent").1.clone()
    }

    /// Sends any bytes to order entry.
    pub fn send_datagram(&mut self, bytes: &[u8]) {
        let address = self.order_entry;
        self.transmit(true, address, bytes);
    }

    /// Sends any bytes to the reports address.
    pub fn send_to_reports(&mut self, bytes: &[u8]) {
        let address = self.reports;
        self.transmit(false, address, bytes);
    }

    /// Sends one transport message of any bytes, in as many frames as it needs.
    pub fn send_payload(&mut self, payload: &[u8]) {
        let parts: Vec<&[u8]> = if payload.is_empty() {
            vec![payload]
        } else {
            payload.chunks(frames::MTU.unsigned_abs() as usize - 32).collect()
        };
        for (index, part) in parts.iter().enumerate() {
            let begin = if index == 0 { 0x80 } else { 0 };
            let end = if index + 1 == parts.len() { 0x40 } else { 0 };
            let offset = self.next_offset;
            let stream_id = ORDER_ENTRY_STREAM_ID;
            let flags = begin | end;
            let frame = frames::fragment(self.session_id, stream_id, offset, flags, part).bytes;
            let end_offset = offset + u32::try_from(frame.len()).expect("a frame is short");
            assert!(end_offset < frames::TERM_LENGTH.unsigned_abs(), "one term is enough");
            self.wait_for("room in the window", |socket| {
                (end_offset <= socket.limit).then_some(())
            });
            self.next_offset = end_offset;
            self.send_datagram(&frame);
            self.sent.push((offset, frame));
        }
    }

    /// Sends a message as it is.
    pub fn send<M: Message>(&mut self, message: &M) {
        self.send_payload(&encoded(message));
    }

    /// Sends a request under the next number, which it gives.
    pub fn request<M: Message>(&mut self, message: &M) -> u32 {
        let seq_num = self.next_seq_num;
        self.next_seq_num += 1;
        self.request_as(message, seq_num);
        seq_num
    }

    /// Sends a request under any number; the next one is not changed.
    pub fn request_as<M: Message>(&mut self, message: &M, seq_num: u32) {
        let mut bytes = encoded(message);
        bytes[SEQ_NUM].copy_from_slice(&seq_num.to_le_bytes());
        self.send_payload(&bytes);
    }

    /// Leaves out numbers.
    pub fn skip_numbers(&mut self, count: u32) {
        self.next_seq_num += count;
    }

    /// Waits for a report and takes it.
    pub fn await_report<M: Message>(&mut self, matches: impl Fn(&M) -> bool) -> M {
        self.wait_for(M::NAME, |socket| socket.inbox.take(&matches))
    }

    /// Takes a report that has come already.
    pub fn take<M: Message>(&mut self, matches: impl Fn(&M) -> bool) -> Option<M> {
        self.inbox.take(matches)
    }

    /// Takes everything that has come.
    pub fn drain(&mut self) -> Vec<Vec<u8>> {
        self.inbox.drain()
    }

    /// Waits until the exchange rejects the stream and gives the text of its error frame.
    pub fn await_rejection(&mut self) -> String {
        self.wait_for("an error frame", |socket| socket.error.take())
    }

    /// Waits until `ready` gives something, answering the exchange meanwhile.
    fn wait_for<T>(&mut self, what: &str, mut ready: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Deadline::patient();
        loop {
            let has_received = self.drive();
            if let Some(found) = ready(self) {
                return found;
            }
            let waiting = self.inbox.summary();
            assert!(!deadline.is_over(), "no {what}; error {:?}, {waiting}", self.error);
            if !has_received {
                std::thread::sleep(TURN);
            }
        }
    }

    /// Takes what came in and sends what is due; says whether anything came.
    pub fn drive(&mut self) -> bool {
        let mut buffer = [0; 65_536];
        let mut has_received = false;
        while let Some(length) = self.receive(true, &mut buffer) {
            has_received = true;
            self.on_request_answer(&buffer[..length]);
        }
        while let Some(length) = self.receive(false, &mut buffer) {
            has_received = true;
            self.on_reply(&buffer[..length]);
        }
        if self.last_beat.is_none_or(|time| time.elapsed() > BEAT_PERIOD) {
            self.last_beat = Some(Instant::now());
            self.beat();
        }
        has_received
    }

    /// What a peer sends by the clock: set-up, heartbeat, status.
    fn beat(&mut self) {
        if !self.is_connected {
            self.send_datagram(&frames::setup(self.session_id, ORDER_ENTRY_STREAM_ID, 0x80).bytes);
        }
        let next = self.next_offset;
        let heartbeat = frames::heartbeat(self.session_id, ORDER_ENTRY_STREAM_ID, next);
        self.send_datagram(&heartbeat.bytes);
        match (&self.reply, self.reply_session_id) {
            (Some(_), _) => self.send_status(),
            (None, Some(reply)) => {
                self.send_to_reports(&frames::setup_request(reply, REPORTS_STREAM_ID).bytes);
            }
            (None, None) => {}
        }
    }

    fn send_status(&mut self) {
        if let Some(status) = self.reply.as_mut().map(ReplyStream::status) {
            self.send_to_reports(&status);
        }
    }

    fn on_request_answer(&mut self, frame: &[u8]) {
        assert_eq!(read(frame, 8), self.session_id, "the exchange answers about our stream");
        match type_of(frame) {
            TYPE_STATUS if frame[5] & 0x80 != 0 => {
                let setup = frames::setup(self.session_id, ORDER_ENTRY_STREAM_ID, 0x80);
                self.send_datagram(&setup.put(8, self.next_offset.cast_signed()).bytes);
            }
            TYPE_STATUS => {
                self.is_connected = true;
                let limit = read(frame, 20).unsigned_abs() + read(frame, 24).unsigned_abs();
                self.limit = self.limit.max(limit);
            }
            TYPE_NAK => self.resend(read(frame, 20).unsigned_abs(), read(frame, 24).unsigned_abs()),
            TYPE_ERROR => {
                let text = String::from_utf8_lossy(&frame[40..]).into_owned();
                self.error.get_or_insert(text);
            }
            TYPE_RESPONSE_SETUP => self.reply_session_id = Some(read(frame, 16)),
            other => panic!("a request stream is not answered by type {other}"),
        }
    }

    /// Sends a range again; what was sent again a moment ago is still on its way.
    fn resend(&mut self, from: u32, length: u32) {
        let range = from..from + length;
        let is_on_its_way = self
            .resent
            .as_ref()
            .is_some_and(|(resent, time)| resent.contains(&from) && time.elapsed() < RESEND_LINGER);
        if is_on_its_way {
            return;
        }
        let first = self.sent.partition_point(|(offset, _)| *offset < range.start);
        let last = self.sent.partition_point(|(offset, _)| *offset < range.end);
        let frames: Vec<Vec<u8>> =
            self.sent[first..last].iter().map(|(_, bytes)| bytes.clone()).collect();
        for frame in frames {
            self.send_datagram(&frame);
        }
        self.resent = Some((range, Instant::now()));
    }

    fn on_reply(&mut self, datagram: &[u8]) {
        if type_of(datagram) == TYPE_SETUP {
            assert_eq!(Some(read(datagram, 12)), self.reply_session_id, "it is the one offered");
            self.reply.get_or_insert_with(|| ReplyStream::new(datagram));
            self.send_status();
            return;
        }
        let Some(reply) = &mut self.reply else { return };
        let inbox = &mut self.inbox;
        let answer = reply.on_data(datagram, |payload| inbox.push(payload));
        if let Some(answer) = answer {
            self.send_to_reports(&answer);
        }
    }

    fn transmit(&mut self, is_request: bool, address: SocketAddr, bytes: &[u8]) {
        if self.loses() {
            return;
        }
        let socket = if is_request { &self.requests } else { &self.replies };
        socket.send_to(bytes, address).expect("loopback takes datagrams");
    }

    fn receive(&mut self, is_request: bool, buffer: &mut [u8]) -> Option<usize> {
        loop {
            let socket = if is_request { &self.requests } else { &self.replies };
            let length = socket.recv(buffer).ok()?;
            if !self.loses() {
                return Some(length);
            }
        }
    }

    fn loses(&mut self) -> bool {
        self.loss.as_mut().is_some_and(|loss| loss.random.happens(loss.percent))
    }
}

/// A socket of a free loopback port that never waits.
pub fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    socket.set_nonblocking(true).expect("a socket can be made not to wait");
    socket
}

/// Header and body of a message.
pub fn encoded<M: Message>(message: &M) -> Vec<u8> {
    let mut bytes = vec![0; M::ENCODED_LENGTH];
    encode(message, &mut bytes).expect("the buffer is as long as the message");
    bytes
}

/// Where every numbered request has its number.
const SEQ_NUM: Range<usize> = 24..28;
const TYPE_NAK: u16 = 2;
const TYPE_STATUS: u16 = 3;
const TYPE_ERROR: u16 = 4;
const TYPE_SETUP: u16 = 5;
const TYPE_RESPONSE_SETUP: u16 = 11;
const BEAT_PERIOD: Duration = Duration::from_millis(40);
/// As long as the protocol's own senders ignore a NAK inside a range just resent.
const RESEND_LINGER: Duration = Duration::from_millis(10);
const TURN: Duration = Duration::from_micros(200);

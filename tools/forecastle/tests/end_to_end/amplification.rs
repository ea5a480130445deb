//! Whoever forges frames gets no more bytes out of the exchange than were put in: counted for each
//! kind of frame, each address and each size of burst over 15 seconds.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use forecastle_proto_spec::{ORDER_ENTRY_STREAM_ID, REPORTS_STREAM_ID};

use crate::floor::Floor;
use crate::plain_socket::frames::{self, RawFrame};
use crate::plain_socket::{PlainSocket, socket};
use crate::random::Random;

#[test]
fn no_forged_frame_brings_back_more_bytes_than_it_cost() {
    const SEED: u64 = 0xA3_F11F;
    println!("seed {SEED:#x}");
    let mut floor = Floor::open();
    // A request stream that was taken and offered a reply stream, but never logged in. It stays
    // open, so that nobody else is given its port and the answers to it.
    let unproven = PlainSocket::connect(&floor.exchange);
    let request_session = unproven.session_id();
    let reply_session = unproven.reply_session_id().expect("it was offered");
    let mut random = Random::new(SEED);
    let mut forgers = Vec::new();
    for burst_length in [1, 3, 40] {
        let targets = [
            (floor.exchange.order_entry(), ORDER_ENTRY_STREAM_ID, request_session),
            (floor.exchange.reports(), REPORTS_STREAM_ID, reply_session),
        ];
        for (address, stream_id, live_session) in targets {
            for (name, frame) in forged_frames(stream_id, live_session, &mut random) {
                let name = format!("{burst_length} × {name} to {address}");
                forgers.push(Forger::send(name, address, &frame, burst_length));
            }
        }
    }
    let end = Instant::now() + LISTENING;
    let mut next_look = Instant::now();
    while Instant::now() < end {
        let received: usize = forgers.iter_mut().map(|forger| usize::from(forger.listen())).sum();
        if Instant::now() > next_look {
            next_look += Duration::from_millis(500);
            floor.drive();
        }
        if received == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    for forger in &forgers {
        println!("{}: {} bytes in, {} out", forger.name, forger.bytes_in, forger.bytes_out);
    }
    for forger in &forgers {
        assert!(
            forger.bytes_out <= forger.bytes_in,
            "{}: {} bytes brought back {}",
            forger.name,
            forger.bytes_in,
            forger.bytes_out
        );
    }
    let answered = forgers.iter().filter(|forger| forger.bytes_out > 0).count();
    assert!(answered > 0, "honest set-ups are answered, so something must have come back");
    floor.trade_one_order();
}

/// Every kind of frame with a session id nobody has; SETUPs and answers also for a stream that
/// exists but has proven nothing.
fn forged_frames(
    stream_id: i32,
    live_session: i32,
    random: &mut Random,
) -> Vec<(&'static str, RawFrame)> {
    let garbage = RawFrame { bytes: random.bytes(64) };
    // Ours alone: each forger of a SETUP makes a stream of its own.
    let fresh = i32::from_le_bytes(random.bytes(4).try_into().expect("four bytes"));
    vec![
        ("SETUP", frames::setup(fresh, stream_id, 0)),
        ("SETUP for a reply", frames::setup(fresh.wrapping_add(1), stream_id, 0x80)),
        ("SETUP of a live stream", frames::setup(live_session, stream_id, 0x80)),
        ("DATA", frames::data(fresh.wrapping_add(2), stream_id, 0, &[1; 32])),
        ("DATA of a live stream", frames::data(live_session, stream_id, 0, &[1; 32])),
        ("heartbeat", frames::heartbeat(fresh.wrapping_add(3), stream_id, 0)),
        ("SM", frames::status(UNKNOWN, stream_id, (0, 0), 1 << 20)),
        ("SM of a live stream", frames::status(live_session, stream_id, (0, 0), 1 << 20)),
        ("SM-S", frames::setup_request(UNKNOWN, stream_id)),
        ("SM-S of everything", frames::setup_request(0, 0)),
        ("SM-S of a live stream", frames::setup_request(live_session, stream_id)),
        ("NAK", frames::nak(live_session, stream_id, (0, 0), 1 << 16)),
        ("RTTM", frames::rtt_measurement(live_session, stream_id)),
        ("ERR", frames::error(live_session, stream_id, b"rejected")),
        ("RSP_SETUP", frames::response_setup(live_session, stream_id, UNKNOWN)),
        ("garbage", garbage),
    ]
}

/// One source address with what it sent and what came back.
struct Forger {
    name: String,
    socket: UdpSocket,
    address: SocketAddr,
    bytes_in: usize,
    bytes_out: usize,
}

impl Forger {
    fn send(name: String, address: SocketAddr, frame: &RawFrame, burst_length: usize) -> Self {
        let socket = socket();
        for _ in 0..burst_length {
            socket.send_to(&frame.bytes, address).expect("loopback takes datagrams");
        }
        Self { name, socket, address, bytes_in: frame.bytes.len() * burst_length, bytes_out: 0 }
    }

    /// Takes one datagram; counts it when it came from where the forgery went, not from an exchange
    /// that knew somebody else by this port.
    fn listen(&mut self) -> bool {
        let mut buffer = [0; 65_536];
        let Ok((length, source)) = self.socket.recv_from(&mut buffer) else { return false };
        if source == self.address {
            self.bytes_out += length;
        }
        true
    }
}

const LISTENING: Duration = Duration::from_secs(15);
const UNKNOWN: i32 = 0x0BAD_0BAD;

//! A forger who writes somebody else's source address into datagrams gets nobody more bytes than
//! it sent, whatever it sends, over 15 s of virtual time in which the server acts as a server does.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use forecastle_transport::frame::{
    DATA_BEGIN, DATA_EOS, RTT_REPLY, SETUP_SEND_RESPONSE, STATUS_SEND_SETUP,
};
use forecastle_transport::{
    Destination, DropCause, ImageEvent, PublicationConfig, ReceiveConfig, ReceiveEndpoint,
    SendConfig, SendEndpoint,
};
use zerocopy::IntoBytes;

use crate::crafted::{self, TERM};
use crate::network::{MS, SESSION, STREAM, address};

const REPLY_SESSION: i32 = 31_337;
const DURATION_MS: u64 = 15_000;

/// A server's order socket and reports socket, and the bytes per address.
struct Server {
    orders: ReceiveEndpoint,
    reports: SendEndpoint,
    received: BTreeMap<SocketAddr, usize>,
    sent: BTreeMap<SocketAddr, usize>,
}

impl Server {
    fn new(sources_max: usize) -> Self {
        let config = ReceiveConfig {
            sources_max,
            images_max: 32,
            ..ReceiveConfig::untrusted(&[STREAM], 42, 1)
        };
        Self {
            orders: ReceiveEndpoint::new(config),
            reports: SendEndpoint::new(SendConfig::unicast(64, 65536)),
            received: BTreeMap::new(),
            sent: BTreeMap::new(),
        }
    }

    fn hear(&mut self, now_ns: u64, source: SocketAddr, datagram: &[u8]) {
        *self.received.entry(source).or_default() += datagram.len();
        self.orders.on_datagram(now_ns, source, datagram);
        self.reports.on_datagram(now_ns, source, datagram);
    }

    /// One duty cycle: response channels are offered to every image that asks.
    fn turn(&mut self, now_ns: u64) {
        while let Some(event) = self.orders.poll_event() {
            if let ImageEvent::Available(image) = event {
                let _full = self.reports.add_publication(&PublicationConfig {
                    stream_id: STREAM,
                    session_id: REPLY_SESSION + image.session_id,
                    initial_term_id: TERM,
                    destination: Destination::Response { ip: image.source.ip() },
                    response_requested: false,
                });
                self.orders.offer_response(now_ns, image.id, REPLY_SESSION + image.session_id);
                if image.session_id == REJECTED {
                    self.orders.reject_image(now_ns, image.id, "a reason of some length");
                }
            }
        }
        self.orders.poll(now_ns, 1000, |_, _| {});
        while self.reports.poll_event().is_some() {}
        let mut buffer = [0; 2048];
        while let Some(transmit) = self.orders.poll_transmit(now_ns, &mut buffer) {
            *self.sent.entry(transmit.destination).or_default() += transmit.length;
        }
        let report = self.reports.poll_transmit(now_ns, &mut buffer);
        assert_eq!(report, None, "reports go to proven addresses only");
        for (destination, sent) in &self.sent {
            let received = self.received.get(destination).copied().unwrap_or(0);
            assert!(*sent <= received, "{destination}: {sent} bytes out for {received} in");
        }
    }
}

const REJECTED: i32 = 13;

/// A forged conversation: its name, what is sent first, what is repeated.
type Forgery = (&'static str, Vec<Vec<u8>>, Vec<u8>);

fn forgeries() -> Vec<Forgery> {
    let setup = |session| crafted::setup(session).as_bytes().to_vec();
    let mut wants_response = crafted::setup(SESSION);
    wants_response.header.flags = SETUP_SEND_RESPONSE;
    let wants_response = wants_response.as_bytes().to_vec();
    let mut names_reply = crafted::status(STATUS_SEND_SETUP, 0, 0, 0);
    names_reply.session_id = (REPLY_SESSION + SESSION).into();
    let mut opens_reply = crafted::status(0, TERM, 0, 32 * 1024);
    opens_reply.session_id = (REPLY_SESSION + SESSION).into();
    vec![
        ("setup", vec![], setup(SESSION)),
        ("setup, rejected", vec![], setup(REJECTED)),
        ("setup wanting a response", vec![], wants_response.clone()),
        ("unknown data", vec![], crafted::data(SESSION, 0, b"x")),
        ("unknown heartbeat", vec![], crafted::heartbeat(SESSION, 0, 0)),
        ("data behind a gap", vec![setup(SESSION)], crafted::data(SESSION, 64, b"x")),
        ("tail gap", vec![setup(SESSION)], crafted::heartbeat(SESSION, 0, 4096)),
        ("fragment", vec![setup(SESSION)], crafted::fragment(SESSION, DATA_BEGIN, 0, b"x")),
        ("end of stream", vec![setup(SESSION)], crafted::heartbeat(SESSION, DATA_EOS, 0)),
        ("nak", vec![wants_response.clone()], crafted::nak(TERM, 0, 65536)),
        ("reply named", vec![wants_response.clone()], names_reply.as_bytes().to_vec()),
        ("reply opened", vec![wants_response], opens_reply.as_bytes().to_vec()),
        ("rtt", vec![setup(SESSION)], crafted::rtt(RTT_REPLY)),
        ("error", vec![setup(SESSION)], crafted::error(42, b"text")),
        ("response setup", vec![setup(SESSION)], crafted::response_setup(1)),
        ("garbage", vec![], vec![0xA5; 100]),
    ]
}

#[test]
fn no_forged_frame_gets_its_victim_more_bytes_than_it_cost() {
    let victim = address("192.0.2.1:5000");
    for (name, first, repeated) in forgeries() {
        for (repeats, period_ms) in [(1, 1), (10, 1), (100, 150)] {
            println!("{name}, {repeats} times");
            let mut server = Server::new(64);
            for datagram in &first {
                server.hear(0, victim, datagram);
            }
            for millisecond in 0..DURATION_MS {
                let now_ns = millisecond * MS;
                if millisecond % period_ms == 0 && millisecond / period_ms < repeats {
                    server.hear(now_ns, victim, &repeated);
                }
                server.turn(now_ns);
            }
        }
    }
}

#[test]
fn forged_addresses_beyond_the_table_get_no_more_either() {
    let mut server = Server::new(16);
    for step in 0..20_000u32 {
        let source = SocketAddr::from(([192, 0, 2, (step % 200) as u8], 5000));
        let session = 2000 + (step % 300) as i32;
        let setup = crafted::setup(session);
        let datagram = match step % 3 {
            0 => setup.as_bytes().to_vec(),
            1 => crafted::data(session, 0, b"x"),
            _ => crafted::heartbeat(session, 0, 512),
        };
        let now_ns = u64::from(step) * MS / 2;
        server.hear(now_ns, source, &datagram);
        server.turn(now_ns);
    }
    assert!(server.orders.counters().dropped(DropCause::NoCredit) > 0);
}

#[test]
fn a_proven_source_is_answered_freely_until_its_last_image_is_gone() {
    let client = address("192.0.2.1:5000");
    let mut server = Server::new(16);
    server.hear(0, client, crafted::setup(SESSION).as_bytes());
    assert!(server.orders.prove(0, client));
    server.orders.on_datagram(0, client, &crafted::heartbeat(SESSION, 0, 4096));
    let mut buffer = [0; 2048];
    let mut sent = 0;
    for millisecond in 0..9_000 {
        while let Some(transmit) = server.orders.poll_transmit(millisecond * MS, &mut buffer) {
            sent += transmit.length;
        }
    }
    assert!(sent > 100_000, "NAKs every 100 us or as often as polled: {sent} bytes");
    while server.orders.poll_event().is_some() {}
    server.orders.poll_transmit(10_000 * MS, &mut buffer);
    while server.orders.poll_event().is_some() {}
    assert_eq!(server.orders.poll_transmit(10_001 * MS, &mut buffer), None);
    assert_eq!(server.orders.image_count(), 0);
    server.orders.on_datagram(10_002 * MS, client, &crafted::data(SESSION, 0, b""));
    assert_eq!(server.orders.poll_transmit(10_002 * MS, &mut buffer), None, "no credit any more");
}

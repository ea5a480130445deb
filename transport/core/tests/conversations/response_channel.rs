//! The conversation of a response channel, both roles, and that nothing goes to the reply address
//! before the login is proven, whoever names the reply session.

use std::net::SocketAddr;

use forecastle_transport::frame::{STATUS_SEND_SETUP, TYPE_RESPONSE_SETUP, TYPE_STATUS};
use forecastle_transport::{
    Delivery, Destination, DropCause, ImageEvent, ImageId, PublicationConfig, PublicationId,
    PublicationNews, ReceiveConfig, ReceiveEndpoint, SendConfig, SendEndpoint, Transmit,
};
use zerocopy::IntoBytes;

use crate::crafted;
use crate::network::{MS, SESSION, STREAM, address};

const REPLY_STREAM: i32 = 2002;
const REPLY_SESSION: i32 = 0x005E_C2E7;

/// The four sockets: client requests and replies, server orders and reports.
struct Channel {
    now_ns: u64,
    requests: SendEndpoint,
    request: PublicationId,
    replies: ReceiveEndpoint,
    orders: ReceiveEndpoint,
    reports: SendEndpoint,
    reply: Option<(ImageId, PublicationId)>,
    login: Vec<u8>,
    answers: Vec<Vec<u8>>,
    /// Every datagram: time, source, destination, bytes.
    wire: Vec<(u64, SocketAddr, SocketAddr, Vec<u8>)>,
}

fn requests_address() -> SocketAddr {
    address("127.0.0.1:100")
}

fn replies_address() -> SocketAddr {
    address("127.0.0.1:200")
}

fn orders_address() -> SocketAddr {
    address("127.0.0.1:300")
}

fn reports_address() -> SocketAddr {
    address("127.0.0.1:400")
}

impl Channel {
    fn new() -> Self {
        let mut requests = SendEndpoint::new(SendConfig::unicast(1, 65536));
        let request = requests.add_publication(&PublicationConfig {
            stream_id: STREAM,
            session_id: SESSION,
            initial_term_id: 5,
            destination: Destination::Address(orders_address()),
            response_requested: true,
        });
        let replies = ReceiveConfig::peer(&[REPLY_STREAM], 1, 1, reports_address());
        Self {
            now_ns: 0,
            requests,
            request: request.unwrap(),
            replies: ReceiveEndpoint::new(replies),
            orders: ReceiveEndpoint::new(ReceiveConfig::untrusted(&[STREAM], 2, 2)),
            reports: SendEndpoint::new(SendConfig::unicast(4, 65536)),
            reply: None,
            login: Vec::new(),
            answers: Vec::new(),
            wire: Vec::new(),
        }
    }

    fn run_for(&mut self, duration_ms: u64) {
        for _ in 0..duration_ms {
            self.client();
            self.server();
            self.now_ns += MS;
        }
    }

    fn client(&mut self) {
        let now_ns = self.now_ns;
        while let Some(event) = self.requests.poll_event() {
            match event.news {
                PublicationNews::Connected => {
                    self.requests.offer(self.request, b"login").unwrap();
                }
                PublicationNews::ResponseSetup { session_id } => {
                    let stream = REPLY_STREAM;
                    let expected =
                        self.replies.expect_response(now_ns, stream, session_id, reports_address());
                    expected.unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
        let answers = &mut self.answers;
        self.replies.poll(now_ns, 10, |_, delivery| match delivery {
            Delivery::Message { payload, .. } => answers.push(payload.to_vec()),
            Delivery::GapSkipped { .. } => panic!("no hold is set"),
        });
        let mut buffer = [0; 2048];
        while let Some(transmit) = self.requests.poll_transmit(now_ns, &mut buffer) {
            self.carry(requests_address(), transmit, &buffer);
        }
        while let Some(transmit) = self.replies.poll_transmit(now_ns, &mut buffer) {
            self.carry(replies_address(), transmit, &buffer);
        }
    }

    fn server(&mut self) {
        let now_ns = self.now_ns;
        while let Some(event) = self.orders.poll_event() {
            let ImageEvent::Available(image) = event else { panic!("{event:?}") };
            assert!(image.response_requested);
            assert_eq!(image.source, requests_address());
            let reply = self.reports.add_publication(&PublicationConfig {
                stream_id: REPLY_STREAM,
                session_id: REPLY_SESSION,
                initial_term_id: 9,
                destination: Destination::Response { ip: image.source.ip() },
                response_requested: false,
            });
            self.orders.offer_response(now_ns, image.id, REPLY_SESSION);
            self.reply = Some((image.id, reply.unwrap()));
        }
        let login = &mut self.login;
        self.orders.poll(now_ns, 10, |_, delivery| match delivery {
            Delivery::Message { payload, .. } => login.extend_from_slice(payload),
            Delivery::GapSkipped { .. } => panic!("no hold is set"),
        });
        while let Some(event) = self.reports.poll_event() {
            let (image, reply) = self.reply.unwrap();
            assert_eq!((event.id, event.news), (reply, PublicationNews::Connected));
            self.orders.response_connected(image);
            self.reports.offer(reply, b"welcome").unwrap();
        }
        let mut buffer = [0; 2048];
        while let Some(transmit) = self.orders.poll_transmit(now_ns, &mut buffer) {
            self.carry(orders_address(), transmit, &buffer);
        }
        while let Some(transmit) = self.reports.poll_transmit(now_ns, &mut buffer) {
            self.carry(reports_address(), transmit, &buffer);
        }
    }

    fn carry(&mut self, source: SocketAddr, transmit: Transmit, buffer: &[u8]) {
        let bytes = &buffer[..transmit.length];
        self.wire.push((self.now_ns, source, transmit.destination, bytes.to_vec()));
        let now_ns = self.now_ns;
        match transmit.destination.port() {
            100 => self.requests.on_datagram(now_ns, source, bytes),
            200 => self.replies.on_datagram(now_ns, source, bytes),
            300 => self.orders.on_datagram(now_ns, source, bytes),
            400 => self.reports.on_datagram(now_ns, source, bytes),
            _ => {}
        }
    }

    fn prove(&mut self) {
        let (_, reply) = self.reply.unwrap();
        assert!(self.orders.prove(self.now_ns, requests_address()));
        self.reports.prove_response(reply);
    }

    fn wire_of(&self, frame_type: i16) -> Vec<&(u64, SocketAddr, SocketAddr, Vec<u8>)> {
        let is_type = |bytes: &[u8]| bytes[6..8] == frame_type.to_le_bytes();
        self.wire.iter().filter(|entry| is_type(&entry.3)).collect()
    }

    fn count_from_reports(&self) -> usize {
        self.wire.iter().filter(|entry| entry.1 == reports_address()).count()
    }
}

#[test]
fn replies_flow_once_the_login_is_proven_and_not_before() {
    let mut channel = Channel::new();
    channel.run_for(3_000);
    assert_eq!(channel.login, b"login");
    assert_eq!(channel.count_from_reports(), 0, "nothing goes to an unproven reply address");
    let offers = channel.wire_of(TYPE_RESPONSE_SETUP);
    assert!((14..=16).contains(&offers.len()), "every 200 ms: {}", offers.len());
    assert!(offers.iter().all(|entry| entry.1 == orders_address()));
    assert_eq!(offers[0].3[16..20], REPLY_SESSION.to_le_bytes());
    let asks: Vec<_> = channel.wire_of(TYPE_STATUS);
    let asks: Vec<_> =
        asks.iter().filter(|entry| entry.1 == replies_address()).map(|entry| entry.0).collect();
    assert_eq!(asks.len(), 3, "at once, then every second: {asks:?}");

    channel.prove();
    channel.run_for(50);
    assert_eq!(channel.answers, [b"welcome"]);
    let reply_flow = channel.wire.iter().filter(|entry| entry.1 == reports_address());
    assert!(reply_flow.clone().all(|entry| entry.2 == replies_address()));
    let offered = channel.wire_of(TYPE_RESPONSE_SETUP).len();
    channel.run_for(1_000);
    assert_eq!(channel.wire_of(TYPE_RESPONSE_SETUP).len(), offered, "the offers have stopped");
    assert_eq!(channel.reports.destination(channel.reply.unwrap().1), Some(replies_address()));
}

#[test]
fn a_login_proven_before_the_reply_address_is_known_works_as_well() {
    let mut channel = Channel::new();
    channel.run_for(1);
    channel.prove();
    channel.run_for(400);
    assert_eq!(channel.answers, [b"welcome"]);
}

#[test]
fn the_first_to_name_the_reply_session_from_the_right_ip_is_bound_for_good() {
    let mut channel = Channel::new();
    channel.run_for(1);
    let mut ask = crafted::status(STATUS_SEND_SETUP, 0, 0, 0);
    ask.stream_id = REPLY_STREAM.into();
    ask.session_id = REPLY_SESSION.into();
    let (stranger, first) = (address("127.0.0.9:200"), address("127.0.0.1:201"));
    channel.reports.on_datagram(channel.now_ns, stranger, ask.as_bytes());
    assert_eq!(channel.reports.counters().dropped(DropCause::SourceMismatch), 1);
    channel.reports.on_datagram(channel.now_ns, first, ask.as_bytes());
    assert_eq!(channel.reports.destination(channel.reply.unwrap().1), None);
    channel.prove();
    channel.run_for(2_000);
    assert_eq!(channel.reports.destination(channel.reply.unwrap().1), Some(first));
    assert!(channel.answers.is_empty());
    let mut wrong = ask;
    wrong.session_id = (REPLY_SESSION + 1).into();
    channel.reports.on_datagram(channel.now_ns, replies_address(), wrong.as_bytes());
    assert_eq!(channel.reports.counters().dropped(DropCause::UnknownSession), 1);
}

#[test]
fn a_client_believes_a_response_setup_only_from_its_server() {
    let mut channel = Channel::new();
    let forged = crafted::response_setup(66);
    channel.requests.on_datagram(0, address("127.0.0.1:9"), &forged);
    assert_eq!(channel.requests.counters().dropped(DropCause::StrangerIgnored), 1);
    assert_eq!(channel.requests.poll_event(), None);
    channel.requests.on_datagram(0, orders_address(), &forged);
    let event = channel.requests.poll_event().unwrap();
    assert_eq!(event.news, PublicationNews::ResponseSetup { session_id: 66 });
    channel.requests.on_datagram(0, orders_address(), &forged);
    assert_eq!(channel.requests.poll_event(), None, "said once");
    channel.replies.on_datagram(0, address("127.0.0.1:9"), crafted::setup(66).as_bytes());
    assert_eq!(channel.replies.image_count(), 0, "only the server's reports address is heard");
}

//! A client and a market-data subscriber, put together from the transport by hand.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use forecastle_gateway::AccessKey;
use forecastle_proto_spec::{
    Establish, Frame, MARKET_DATA_STREAM_ID, MarketDataPacket, Message, Negotiate,
    ORDER_ENTRY_STREAM_ID, REPORTS_STREAM_ID, signed_range,
};
use forecastle_runtime::clock::Now;
use forecastle_transport::{
    Delivery, Destination, OfferError, PublicationConfig, PublicationId, PublicationNews,
    ReceiveConfig, ReceiveEndpoint, SendConfig, SendEndpoint, control_address,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel};
use zerocopy::FromZeros;

use crate::exchange::{Exchange, encoded, keys};

/// A client with one session.
pub struct Peer {
    key: AccessKey,
    pub session_id: u32,
    requests: SendEndpoint,
    requests_channel: UdpChannel,
    publication: PublicationId,
    replies: ReceiveEndpoint,
    replies_channel: UdpChannel,
    reports_address: SocketAddr,
    pub is_connected: bool,
    pub rejected: Option<i32>,
    pub received: Vec<Vec<u8>>,
    version: u64,
}

impl Peer {
    pub fn new(exchange: &Exchange, access_key_id: u32) -> Self {
        let localhost = Ipv4Addr::LOCALHOST;
        let any_port = SocketAddrV4::new(localhost, 0);
        let buffers = SocketBuffers::for_window(128 * 1024);
        let requests_channel = match exchange.order_entry_address {
            SocketAddr::V4(group) if group.ip().is_multicast() => {
                UdpChannel::multicast_sender(group, localhost, buffers)
            }
            _ => UdpChannel::unicast(any_port, buffers),
        };
        let requests_channel = requests_channel.expect("a socket");
        let replies_channel = UdpChannel::unicast(any_port, buffers).expect("a free port");
        let mut requests = SendEndpoint::new(SendConfig::unicast(1, 1024 * 1024));
        let publication = requests.add_publication(&PublicationConfig {
            stream_id: ORDER_ENTRY_STREAM_ID,
            session_id: 70_000 + i32::from(requests_channel.local_address().port()),
            initial_term_id: 3,
            destination: Destination::Address(exchange.order_entry_address),
            response_requested: true,
        });
        let reports_address = exchange.reports_address;
        let streams = [REPORTS_STREAM_ID];
        let key = keys().into_iter().find(|key| key.id == access_key_id).expect("a known key");
        Self {
            session_id: access_key_id * 16 + 3,
            key,
            requests,
            requests_channel,
            publication: publication.expect("the pool has room for one"),
            replies: ReceiveEndpoint::new(ReceiveConfig::peer(&streams, 4, 4, reports_address)),
            replies_channel,
            reports_address,
            is_connected: false,
            rejected: None,
            received: Vec::new(),
            version: 0,
        }
    }

    /// The same session on sockets of its own, at the same version.
    pub fn again(&self, exchange: &Exchange) -> Self {
        Self { version: self.version, ..Self::new(exchange, self.key.id) }
    }

    pub fn turn(&mut self, now: Now) {
        self.turn_requests(now);
        let now_ns = now.monotonic_ns;
        let (replies, received) = (&mut self.replies, &mut self.received);
        self.replies_channel.receive(|source, bytes| replies.on_datagram(now_ns, source, bytes));
        while replies.poll_event().is_some() {}
        replies.poll(now_ns, 256, |_, delivery| {
            if let Delivery::Message { payload, .. } = delivery {
                received.push(payload.to_vec());
            }
        });
        self.replies_channel.transmit(|buffer| replies.poll_transmit(now_ns, buffer));
    }

    /// The request side alone: the peer takes nothing.
    pub fn turn_requests(&mut self, now: Now) {
        let now_ns = now.monotonic_ns;
        let requests = &mut self.requests;
        self.requests_channel.receive(|source, bytes| requests.on_datagram(now_ns, source, bytes));
        while let Some(event) = requests.poll_event() {
            match event.news {
                PublicationNews::Connected => self.is_connected = true,
                PublicationNews::Rejected { code } => self.rejected = Some(code),
                PublicationNews::ResponseSetup { session_id } => self
                    .replies
                    .expect_response(now_ns, REPORTS_STREAM_ID, session_id, self.reports_address)
                    .expect("the table has room"),
                PublicationNews::Disconnected | PublicationNews::Closed => {}
            }
        }
        self.requests_channel.transmit(|buffer| requests.poll_transmit(now_ns, buffer));
    }

    pub fn negotiate(&mut self, now: Now) -> Vec<u8> {
        self.version = now.wall_ns;
        let mut login = Negotiate::new_zeroed();
        login.session_id.set(self.session_id);
        login.access_key_id.set(self.key.id);
        login.session_version_id.set(self.version);
        login.timestamp_ns.set(now.wall_ns);
        self.sign(&login)
    }

    pub fn establish(&self, now: Now) -> Vec<u8> {
        let mut login = Establish::new_zeroed();
        login.session_id.set(self.session_id);
        login.next_seq_num.set(1);
        login.session_version_id.set(self.version);
        login.timestamp_ns.set(now.wall_ns);
        login.keep_alive_interval_ms.set(2000);
        self.sign(&login)
    }

    fn sign<M: Message>(&self, login: &M) -> Vec<u8> {
        let mut bytes = encoded(login);
        let range = signed_range(M::TEMPLATE_ID).expect("a login is signed");
        let digest = self.key.login_digest(&bytes[range.clone()]);
        bytes[range.end..].copy_from_slice(&digest);
        bytes
    }

    pub fn offer(&mut self, message: &[u8]) {
        assert!(self.try_offer(message), "the request stream has room");
    }

    pub fn try_offer(&mut self, message: &[u8]) -> bool {
        match self.requests.offer(self.publication, message) {
            Ok(_) => true,
            Err(OfferError::BackPressured) => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Bytes that the exchange sent to the reply socket.
    pub fn reply_bytes_in(&self) -> u64 {
        self.replies_channel.counters().bytes_in
    }
}

/// A reader of market data.
pub struct Subscriber {
    endpoint: ReceiveEndpoint,
    channel: UdpChannel,
    pub packets: Vec<Vec<u8>>,
    pub log_position: u64,
}

impl Subscriber {
    pub fn new(group: SocketAddrV4) -> Self {
        let buffers = SocketBuffers::for_window(128 * 1024);
        let channel = UdpChannel::multicast_receiver(group, Ipv4Addr::LOCALHOST, buffers);
        let control = control_address(group).expect("a data group");
        let config = ReceiveConfig::group(&[MARKET_DATA_STREAM_ID], 6, 6, control);
        Self {
            endpoint: ReceiveEndpoint::new(config),
            channel: channel.expect("the group can be joined"),
            packets: Vec::new(),
            log_position: 0,
        }
    }

    pub fn turn(&mut self, now: Now) {
        let now_ns = now.monotonic_ns;
        let endpoint = &mut self.endpoint;
        self.channel.receive(|source, bytes| endpoint.on_datagram(now_ns, source, bytes));
        while endpoint.poll_event().is_some() {}
        let (packets, log_position) = (&mut self.packets, &mut self.log_position);
        endpoint.poll(now_ns, 256, |_, delivery| {
            if let Delivery::Message { payload, .. } = delivery {
                let (lead, _) = Frame::parse(payload).expect("a packet");
                let header = lead.body::<MarketDataPacket>().expect("led by its header");
                *log_position = header.log_position.get();
                packets.push(payload.to_vec());
            }
        });
        self.channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
    }
}

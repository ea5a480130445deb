//! Both agents, and an engine that answers by script.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use assert_no_alloc::assert_no_alloc;
use forecastle_gateway::{
    AccessKey, CounterList, Drain, HistoryPorts, KeyTable, MarketDataAgent, MarketDataConfig,
    MarketDataParts, OrderEntryAgent, OrderEntryConfig, OrderEntryParts, StreamTickets,
};
use forecastle_proto_spec::{
    BusinessMessageReject, Establish, EstablishmentAck, Frame, Message, Negotiate,
    NegotiationResponse, NewOrderSingle, OrderAccepted, OrderRested, RecordHeader, encode,
    padded_command_length,
};
use forecastle_runtime::agent::Agent;
use forecastle_runtime::board::{Board, Flag};
use forecastle_runtime::clock::Now;
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogGauge, LogWriter, Release, Visibility,
};
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring::{self, Consumer, Producer};
use forecastle_transport_udp::{SocketBuffers, UdpChannel};
use zerocopy::{FromZeros, IntoBytes};

/// The part of an exchange that a client sees.
pub struct Exchange {
    pub now: Now,
    order_entry: OrderEntryAgent,
    market_data: MarketDataAgent,
    counters: [CounterList; 2],
    ring: Consumer,
    pub log: LogWriter,
    pub last_record_position: u64,
    pub order_entry_address: SocketAddr,
    pub reports_address: SocketAddr,
    pub market_data_group: SocketAddrV4,
    /// Every command taken from the ring but logins, with its session.
    pub commands: Vec<(u32, Vec<u8>)>,
    pub is_engine_stopped: bool,
    /// As the journal raises it when its space is all but used up.
    pub refuses_orders: Flag,
    /// The history thread's ends of its rings.
    pub history_jobs: Consumer,
    pub history_messages: Producer,
    rpt_seq: u32,
    /// Last number of the last session that sent an order.
    last_seq_num: u32,
}

fn small_ring() -> (Producer, Consumer) {
    let region = Region::anonymous(ring::region_length(ring::CAPACITY_MIN));
    ring::create(region, ring::CAPACITY_MIN).expect("a fresh region")
}

pub fn keys() -> Vec<AccessKey> {
    vec![
        AccessKey { id: 1, firm_id: 7, roles: 1, secret: [1; 32] },
        AccessKey { id: 2, firm_id: 8, roles: 0b110, secret: [2; 32] },
    ]
}

pub fn encoded<M: Message>(message: &M) -> Vec<u8> {
    let mut bytes = vec![0; M::ENCODED_LENGTH];
    encode(message, &mut bytes).expect("the buffer is as long as the message");
    bytes
}

impl Exchange {
    pub fn unicast() -> Self {
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
        Self::new(UdpChannel::unicast(address, buffers()).expect("a free port"))
    }

    pub fn multicast() -> Self {
        let group = SocketAddrV4::new(Ipv4Addr::new(239, 255, 70, 11), 0);
        let requests = UdpChannel::multicast_receiver(group, Ipv4Addr::LOCALHOST, buffers());
        Self::new(requests.expect("a free port"))
    }

    fn new(requests: UdpChannel) -> Self {
        let (producer, consumer) = small_ring();
        let capacity = log_buffer::CAPACITY_MIN;
        let region = Region::anonymous(log_buffer::region_length(capacity));
        let release = Release::OnCommit;
        let config = LogConfig { capacity, start_position: 0, gate_count: 2, release };
        let log = LogWriter::create(region.clone(), &config).expect("a fresh region");
        let reader = |gate| {
            GatingReader::attach(region.clone(), gate, Visibility::Released).expect("a free gate")
        };
        let localhost = Ipv4Addr::LOCALHOST;
        let group = SocketAddrV4::new(Ipv4Addr::new(239, 255, 70, 1), 0);
        let channel = UdpChannel::multicast_sender(group, localhost, buffers());
        let channel = channel.expect("a free port");
        let market_data_group = SocketAddrV4::new(*group.ip(), channel.local_address().port());
        let market_data = MarketDataAgent::new(
            MarketDataParts { channel, log: reader(1) },
            &MarketDataConfig {
                destination: market_data_group.into(),
                channel: 0,
                mtu: 1408,
                term_length: 64 * 1024,
                receivers_max: 4,
                session_id: 5000,
                initial_term_id: -7,
            },
        );
        let reports = UdpChannel::unicast(SocketAddrV4::new(localhost, 0), buffers());
        let reports = reports.expect("a free port");
        let (order_entry_address, reports_address) =
            (requests.local_address(), reports.local_address());
        let mut config = OrderEntryConfig::new(99, [5; 32]);
        config.images_max = 4;
        config.reply_term_length = 256 * 1024;
        let refuses_orders = Flag::new(Board::anonymous(1), 0);
        let ((jobs, history_jobs), (history_messages, messages)) = (small_ring(), small_ring());
        let history = HistoryPorts { jobs, messages, tickets: StreamTickets::new(4) };
        let keys = KeyTable::new(keys()).expect("distinct keys");
        let market_data_counters = Some(market_data.counters());
        let parts = OrderEntryParts {
            keys,
            requests,
            reports,
            sessions: Vec::new(),
            ring: producer,
            log: reader(0),
            log_gauge: LogGauge::attach(region.clone()).expect("a log"),
            refuses_orders: refuses_orders.clone(),
            history,
            market_data: market_data_counters,
        };
        let order_entry = OrderEntryAgent::new(parts, &config);
        Self {
            history_jobs,
            history_messages,
            now: Now { wall_ns: 1_800_000_000_000_000_000, monotonic_ns: 1_000_000_000 },
            counters: [order_entry.counters(), market_data.counters()],
            order_entry,
            market_data,
            ring: consumer,
            log,
            last_record_position: 0,
            order_entry_address,
            reports_address,
            market_data_group,
            commands: Vec::new(),
            is_engine_stopped: false,
            refuses_orders,
            rpt_seq: 0,
            last_seq_num: 0,
        }
    }

    pub fn pass(&mut self, time_ns: u64) {
        self.now.monotonic_ns += time_ns;
        self.now.wall_ns += time_ns;
    }

    /// One duty cycle of everything, a tenth of a virtual millisecond.
    pub fn turn(&mut self) {
        self.pass(100_000);
        let now = self.now;
        let order_entry = &mut self.order_entry;
        assert_no_alloc(|| {
            order_entry.do_work(now);
        });
        if !self.is_engine_stopped {
            self.answer();
        }
        let market_data = &mut self.market_data;
        assert_no_alloc(|| {
            market_data.do_work(now);
        });
    }

    fn answer(&mut self) {
        let mut commands = Vec::new();
        self.ring.poll(64, |header, command| {
            let session_id = u32::try_from(header.session).expect("session ids have 32 bits");
            assert_eq!(header.kind, u32::from(u16::from_le_bytes([command[2], command[3]])));
            commands.push((session_id, command.to_vec()));
        });
        for (session_id, command) in commands {
            self.apply(session_id, &command);
        }
    }

    fn apply(&mut self, session_id: u32, command: &[u8]) {
        let (frame, _) = Frame::parse(command).expect("the gateway forwards messages only");
        if let Some(login) = frame.body::<Negotiate>() {
            let key = keys().into_iter().find(|key| key.id == login.access_key_id.get());
            let key = key.expect("the gateway forwards known keys only");
            let mut response = NegotiationResponse::new_zeroed();
            response.session_id = login.session_id;
            response.access_key_id = login.access_key_id;
            response.session_version_id = login.session_version_id;
            response.firm_id.set(key.firm_id);
            response.roles.set(key.roles);
            self.last_seq_num = 0;
            self.append(session_id, command, &encoded(&response));
        } else if let Some(login) = frame.body::<Establish>() {
            let mut ack = EstablishmentAck::new_zeroed();
            ack.session_id = login.session_id;
            ack.session_version_id = login.session_version_id;
            ack.keep_alive_interval_ms = login.keep_alive_interval_ms;
            ack.last_seq_num.set(self.last_seq_num);
            self.append(session_id, command, &encoded(&ack));
        } else {
            self.commands.push((session_id, command.to_vec()));
            if let Some(order) = frame.body::<NewOrderSingle>() {
                self.last_seq_num = order.seq_num.get();
                self.accept(session_id, order.seq_num.get());
            }
        }
    }

    /// An order that is accepted and rests.
    pub fn accept(&mut self, session_id: u32, seq_num: u32) {
        let mut order = NewOrderSingle::new_zeroed();
        order.seq_num.set(seq_num);
        let mut accepted = OrderAccepted::new_zeroed();
        accepted.session_id.set(session_id);
        self.rpt_seq += 1;
        let mut rested = OrderRested::new_zeroed();
        rested.rpt_seq.set(self.rpt_seq);
        let effects = [encoded(&accepted), encoded(&rested)].concat();
        self.append(session_id, &encoded(&order), &effects);
    }

    /// A message that is refused.
    pub fn refuse(&mut self, session_id: u32) {
        let order = encoded(&NewOrderSingle::new_zeroed());
        self.append(session_id, &order, &encoded(&BusinessMessageReject::new_zeroed()));
    }

    fn append(&mut self, session_id: u32, command: &[u8], effects: &[u8]) {
        let command_length = padded_command_length(command.len());
        let length = size_of::<RecordHeader>() + command_length + effects.len();
        let mut header = RecordHeader::new_zeroed();
        header.record_length.set(length as u32);
        header.template_id.set(u16::from_le_bytes([command[2], command[3]]));
        header.command_length.set(command.len() as u16);
        header.session_id.set(session_id);
        header.sequencing_time_ns.set(self.now.wall_ns);
        self.last_record_position = self.log.position();
        let mut claim = self.log.try_claim(length).expect("the agents keep up with the log");
        claim[..32].copy_from_slice(header.as_bytes());
        claim[32..32 + command.len()].copy_from_slice(command);
        claim[32 + command.len()..32 + command_length].fill(0);
        claim[32 + command_length..length].copy_from_slice(effects);
        claim.commit(length);
    }

    /// Bytes of the log that the market-data agent has not taken yet.
    pub fn unread_market_data(&self) -> u64 {
        self.log.position() - self.market_data.log_position()
    }

    /// Bytes of the log that the order-entry agent has not taken yet.
    pub fn unread_reports(&self) -> u64 {
        self.log.position() - self.order_entry.log_position()
    }

    /// Of order entry and of market data.
    pub fn drains(&self) -> [Drain; 2] {
        [self.order_entry.drain(), self.market_data.drain()]
    }

    /// A counter as last published.
    pub fn counter(&self, label: &str) -> u64 {
        let mut counters = self.counters.iter().flat_map(CounterList::iter);
        counters.find(|counter| counter.0 == label).expect("the counter exists").1
    }

    pub fn counter_count(&self) -> usize {
        self.counters.iter().map(CounterList::length).sum()
    }
}

fn buffers() -> SocketBuffers {
    SocketBuffers::for_window(128 * 1024)
}

//! Binds the sockets of an exchange and builds its two gateway agents on them.

use std::net::{SocketAddr, SocketAddrV4};

use forecastle_client::KeyFile;
use forecastle_gateway::{
    AccessKey, KeyTable, MarketDataAgent, MarketDataConfig, MarketDataParts, OrderEntryAgent,
    OrderEntryConfig, OrderEntryParts, RestoredSession,
};
use forecastle_runtime::board::Flag;
use forecastle_runtime::log_buffer::{GatingReader, LogGauge};
use forecastle_runtime::ring::Producer;
use forecastle_transport::limits::WINDOW_LENGTH_DEFAULT;
use forecastle_transport_udp::{SocketBuffers, UdpChannel};

use crate::channel::{Channel, ChannelUse};
use crate::config::{Config, Network};
use crate::exchange::{Addresses, NetworkStatus};
use crate::history::{History, HistoryParts, Past};
use crate::start_error::StartError;

/// Both agents, what looks back for them, and where they are found.
pub(crate) struct Gateways {
    pub(crate) order_entry: OrderEntryAgent,
    pub(crate) market_data: MarketDataAgent,
    pub(crate) history: History,
    pub(crate) addresses: Addresses,
    pub(crate) network: NetworkStatus,
}

/// What makes the gateway refuse new orders.
pub(crate) struct Pressure {
    pub(crate) log_gauge: LogGauge,
    pub(crate) refuses_orders: Flag,
}

/// Binds the sockets and builds the agents; `logs` are the two gates of the log, reports first,
/// `sessions` those that the engine knows from before.
pub(crate) fn build(
    config: &Config,
    keys: &KeyFile,
    ring: Producer,
    logs: [GatingReader; 2],
    (pressure, past): (Pressure, Past),
    sessions: Vec<RestoredSession>,
) -> Result<Gateways, StartError> {
    let sockets = Sockets::bind(&config.network)?;
    let [reports_log, market_data_log] = logs;
    let destination = sockets.addresses.market_data.into();
    let market_data =
        market_data(&config.network, sockets.market_data, destination, market_data_log)?;
    let addresses = sockets.addresses;
    // One kernel serves all sockets alike.
    let offload = sockets.order_entry.offload();
    let connections_max = config.limits.connections_max;
    let (history, ports) = History::new(HistoryParts {
        past,
        channel: sockets.log_stream,
        shared: (sockets.shared_log_stream, addresses.shared_log_stream),
        mtu_length: config.network.mtu_length,
        bytes_per_second: config.journal.history_bytes_per_second,
        bindings_max: connections_max,
    })?;
    let parts = OrderEntryParts {
        keys: key_table(keys)?,
        requests: sockets.order_entry,
        reports: sockets.reports,
        sessions,
        ring,
        log: reports_log,
        log_gauge: pressure.log_gauge,
        refuses_orders: pressure.refuses_orders,
        history: ports,
        market_data: Some(market_data.counters()),
    };
    let mut reply_seed = [0; 32];
    getrandom::fill(&mut reply_seed).map_err(StartError::Random)?;
    let receiver_id = getrandom::u64().map_err(StartError::Random)?.cast_signed();
    let defaults = OrderEntryConfig::new(receiver_id, reply_seed);
    let window_length = config.network.order_entry.window_length();
    let settings = OrderEntryConfig {
        images_max: connections_max,
        window_length: window_length.unwrap_or(defaults.window_length),
        gap_hold_ns: config.network.request_gap_hold_ms * NS_PER_MS,
        ..defaults
    };
    let order_entry = OrderEntryAgent::new(parts, &settings);
    let network = NetworkStatus {
        offload,
        memory_length: order_entry.memory_length() + market_data.memory_length(),
    };
    Ok(Gateways { order_entry, market_data, history, addresses, network })
}

/// Every socket of an exchange, and where they are found.
struct Sockets {
    order_entry: UdpChannel,
    reports: UdpChannel,
    market_data: UdpChannel,
    log_stream: UdpChannel,
    shared_log_stream: UdpChannel,
    addresses: Addresses,
}

impl Sockets {
    fn bind(network: &Network) -> Result<Self, StartError> {
        let open = |channel: Channel, used, what, key| {
            let window_length = channel.window_length().unwrap_or(WINDOW_LENGTH_DEFAULT);
            let buffers = SocketBuffers::for_window(window_length as usize);
            UdpChannel::open(&channel.socket(used, network.interface), buffers)
                .map_err(|source| StartError::Socket { what, key, source })
        };
        let order_entry = open(
            network.order_entry,
            ChannelUse::Requests,
            "order entry cannot listen",
            "network.order_entry",
        )?;
        let reports = open(
            network.reports,
            ChannelUse::Replies,
            "reports cannot be sent",
            "network.reports",
        )?;
        let market_data = open(
            network.market_data,
            ChannelUse::Feed,
            "market data cannot be published",
            "network.market_data",
        )?;
        let log_stream = open(
            network.log_stream,
            ChannelUse::Copies,
            "log streams cannot be sent",
            "network.log_stream",
        )?;
        let shared_log_stream = open(
            network.shared_log_stream,
            ChannelUse::Shared,
            "the log stream cannot be shared",
            "network.shared_log_stream",
        )?;
        let with_port = |named: Channel, channel: &UdpChannel| {
            SocketAddrV4::new(*named.address().ip(), channel.local_address().port())
        };
        let addresses = Addresses {
            order_entry: with_port(network.order_entry, &order_entry),
            reports: with_port(network.reports, &reports),
            market_data: with_port(network.market_data, &market_data),
            log_stream: with_port(network.log_stream, &log_stream),
            shared_log_stream: with_port(network.shared_log_stream, &shared_log_stream),
        };
        Ok(Self { order_entry, reports, market_data, log_stream, shared_log_stream, addresses })
    }
}

fn market_data(
    network: &Network,
    channel: UdpChannel,
    destination: SocketAddr,
    log: GatingReader,
) -> Result<MarketDataAgent, StartError> {
    let settings = MarketDataConfig {
        destination,
        channel: FEED_A,
        mtu: network.market_data.mtu().unwrap_or(network.mtu_length),
        term_length: network.market_data.term_length().unwrap_or(MARKET_DATA_TERM_LENGTH),
        receivers_max: MARKET_DATA_RECEIVERS_MAX,
        session_id: stream_session_id()?,
        initial_term_id: getrandom::u32().map_err(StartError::Random)?.cast_signed(),
    };
    Ok(MarketDataAgent::new(MarketDataParts { channel, log }, &settings))
}

/// Any id outside the range that Aeron keeps for sessions chosen by hand (-1 to 1000).
fn stream_session_id() -> Result<i32, StartError> {
    loop {
        let id = getrandom::u32().map_err(StartError::Random)?.cast_signed();
        if !(-1..=1000).contains(&id) {
            return Ok(id);
        }
    }
}

fn key_table(keys: &KeyFile) -> Result<KeyTable, StartError> {
    let keys = keys.keys.iter().map(|key| AccessKey {
        id: key.id,
        firm_id: key.firm_id,
        roles: key.roles,
        secret: key.secret,
    });
    KeyTable::new(keys.collect()).map_err(|error| StartError::Keys(error.to_string()))
}

const FEED_A: u8 = 0;
const NS_PER_MS: u64 = 1_000_000;
const MARKET_DATA_TERM_LENGTH: u32 = 16 << 20;
const MARKET_DATA_RECEIVERS_MAX: usize = 64;

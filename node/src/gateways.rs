//! Binds the sockets of an exchange and builds its two gateway agents on them.

use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use forecastle_client::KeyFile;
use forecastle_gateway::{
    AccessKey, HistoryPorts, KeyTable, MarketDataAgent, MarketDataConfig, MarketDataParts,
    OrderEntryAgent, OrderEntryConfig, OrderEntryParts, RestoredSession,
};
use forecastle_runtime::log_buffer::{GatingReader, LogGauge};
use forecastle_runtime::ring::Producer;
use forecastle_transport::limits::WINDOW_LENGTH_DEFAULT;
use forecastle_transport_udp::{SocketBuffers, UdpChannel};

use crate::config::{Config, Network};
use crate::exchange::{Addresses, StartError};

/// Both agents and where they are found.
pub(crate) struct Gateways {
    pub(crate) order_entry: OrderEntryAgent,
    pub(crate) market_data: MarketDataAgent,
    pub(crate) addresses: Addresses,
}

/// What makes the gateway refuse new orders.
pub(crate) struct Pressure {
    pub(crate) log_gauge: LogGauge,
    pub(crate) refuses_orders: Arc<AtomicBool>,
}

/// Binds the sockets and builds the agents; `logs` are the two gates of the log, reports first,
/// `sessions` those that the engine knows from before.
pub(crate) fn build(
    config: &Config,
    keys: &KeyFile,
    ring: Producer,
    logs: [GatingReader; 2],
    (pressure, history): (Pressure, HistoryPorts),
    sessions: Vec<RestoredSession>,
) -> Result<Gateways, StartError> {
    let sockets = Sockets::bind(&config.network)?;
    let [reports_log, market_data_log] = logs;
    let destination = sockets.market_data_address.into();
    let market_data =
        market_data(&config.network, sockets.market_data, destination, market_data_log)?;
    let addresses = Addresses {
        order_entry: sockets.order_entry_address,
        reports: sockets.reports_address,
        market_data: sockets.market_data_address,
    };
    let parts = OrderEntryParts {
        keys: key_table(keys)?,
        requests: sockets.order_entry,
        reports: sockets.reports,
        sessions,
        ring,
        log: reports_log,
        log_gauge: pressure.log_gauge,
        refuses_orders: pressure.refuses_orders,
        history,
        market_data: Some(market_data.counters()),
    };
    let mut reply_seed = [0; 32];
    getrandom::fill(&mut reply_seed).map_err(StartError::Random)?;
    let receiver_id = getrandom::u64().map_err(StartError::Random)?.cast_signed();
    let connections_max = config.limits.connections_max;
    let settings = OrderEntryConfig {
        images_max: connections_max,
        gap_hold_ns: config.network.request_gap_hold_ms * NS_PER_MS,
        ..OrderEntryConfig::new(receiver_id, reply_seed)
    };
    Ok(Gateways { order_entry: OrderEntryAgent::new(parts, &settings), market_data, addresses })
}

/// Every socket of an exchange.
struct Sockets {
    order_entry: UdpChannel,
    order_entry_address: SocketAddrV4,
    reports: UdpChannel,
    reports_address: SocketAddrV4,
    market_data: UdpChannel,
    market_data_address: SocketAddrV4,
}

impl Sockets {
    fn bind(network: &Network) -> Result<Self, StartError> {
        let buffers = SocketBuffers::for_window(WINDOW_LENGTH_DEFAULT as usize);
        let named = |what, key| move |source| StartError::Socket { what, key, source };
        let order_entry = if network.order_entry.ip().is_multicast() {
            UdpChannel::multicast_receiver(network.order_entry, network.interface, buffers)
        } else {
            UdpChannel::unicast(network.order_entry, buffers)
        };
        let order_entry =
            order_entry.map_err(named("order entry cannot listen", "network.order_entry"))?;
        let reports = UdpChannel::unicast(network.reports, buffers)
            .map_err(named("reports cannot be sent", "network.reports"))?;
        let market_data =
            UdpChannel::multicast_sender(network.market_data, network.interface, buffers)
                .map_err(named("market data cannot be published", "network.market_data"))?;
        let with_port = |address: SocketAddrV4, channel: &UdpChannel| {
            SocketAddrV4::new(*address.ip(), channel.local_address().port())
        };
        Ok(Self {
            order_entry_address: with_port(network.order_entry, &order_entry),
            reports_address: with_port(network.reports, &reports),
            market_data_address: with_port(network.market_data, &market_data),
            order_entry,
            reports,
            market_data,
        })
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
        mtu: network.mtu_length,
        term_length: MARKET_DATA_TERM_LENGTH,
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

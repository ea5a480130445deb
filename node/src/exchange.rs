//! A whole exchange in this process: sockets bound, agents built, threads started.

use std::net::SocketAddrV4;
use std::sync::Arc;
use std::thread::JoinHandle;

use forecastle_client::KeyFile;
use forecastle_engine::{Engine, EngineConfig};
use forecastle_gateway::{MarketDataAgent, OrderEntryAgent};
use forecastle_proto_spec::{AcknowledgementLevel, EntitlementRequest};
use forecastle_runtime::agent::{Agent, AgentRunner, IdleStrategy, PinError, Shutdown};
use forecastle_runtime::clock::SystemClock;
use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogWriter, Reader, Release, Visibility,
};
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring;
use forecastle_transport_udp::UdpError;
use zerocopy::FromZeros;

use crate::activity::{Activity, ActivityReader};
use crate::config::{Config, Limits, Placement};
use crate::gateways::{self, Gateways};
use crate::sequencer::{ClosingState, Sequencer, Totals};

/// A running exchange.
#[derive(Debug)]
pub struct Exchange {
    addresses: Addresses,
    activity: ActivityReader,
    shutdown: Shutdown,
    threads: Vec<JoinHandle<Result<(), PinError>>>,
    closing: Arc<ClosingState>,
}

/// Where an exchange is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Requests come in here.
    pub order_entry: SocketAddrV4,
    /// Control address of the clients' response channels.
    pub reports: SocketAddrV4,
    /// Multicast group of market data.
    pub market_data: SocketAddrV4,
}

/// The agents of an exchange before they are put on threads.
///
/// [`Exchange::start`] puts them on threads; a test may instead run them in turn itself.
pub struct Agents {
    /// Requests in, reports out.
    pub order_entry: OrderEntryAgent,
    /// Ring to log.
    pub sequencer: Sequencer,
    /// Log to multicast group.
    pub market_data: MarketDataAgent,
    /// Where they are found.
    pub addresses: Addresses,
    activity: ActivityReader,
    closing: Arc<ClosingState>,
}

impl Agents {
    /// Binds the sockets and allocates everything. Keys become entitlements, the first records of
    /// the log.
    ///
    /// # Errors
    /// A socket cannot be bound, or a limit cannot be met.
    pub fn build(config: &Config, keys: &KeyFile) -> Result<Self, StartError> {
        let engine_config = engine_config(&config.limits, keys);
        let engine = Engine::new(engine_config)
            .map_err(|error| StartError::Limits { message: error.to_string() })?;
        let ring_region = Region::anonymous(ring::region_length(config.limits.ring_bytes));
        let (producer, consumer) = ring::create(ring_region, config.limits.ring_bytes)?;
        let log_region = Region::anonymous(log_buffer::region_length(config.limits.log_bytes));
        let log = LogWriter::create(
            log_region.clone(),
            &LogConfig {
                capacity: config.limits.log_bytes,
                start_position: log_buffer::birth_position(SHARD),
                gate_count: GATE_COUNT,
                release: Release::OnCommit,
            },
        )?;
        let gate = |index| GatingReader::attach(log_region.clone(), index, Visibility::Released);
        let Gateways { order_entry, market_data, addresses } =
            gateways::build(config, keys, producer, [gate(0)?, gate(1)?])?;
        let activity =
            ActivityReader::new(Reader::attach(log_region.clone(), Visibility::Released)?);
        let closing = Arc::new(ClosingState::default());
        let mut sequencer = Sequencer::new(engine, consumer, log, closing.clone());
        let now = SystemClock::new().now();
        for key in &keys.keys {
            let mut request = EntitlementRequest::new_zeroed();
            request.access_key_id.set(key.id);
            request.firm_id.set(key.firm_id);
            request.roles.set(key.roles);
            sequencer.entitle(&request, now);
        }
        Ok(Self { order_entry, sequencer, market_data, addresses, activity, closing })
    }
}

impl Exchange {
    /// Builds an exchange and starts its threads; it takes orders when this returns.
    ///
    /// # Errors
    /// A socket cannot be bound, a limit cannot be met, or a thread cannot be started.
    pub fn start(config: &Config, keys: &KeyFile) -> Result<Self, StartError> {
        let agents = Agents::build(config, keys)?;
        let idle: IdleStrategy = config.threads.idle.parse().map_err(|_| StartError::Limits {
            message: "threads.idle is none of the idle strategies".to_string(),
        })?;
        let shutdown = Shutdown::new();
        let Agents { order_entry, sequencer, market_data, addresses, activity, closing } = agents;
        let runner = |agents: Vec<Box<dyn Agent + Send>>, cpu: Option<usize>| {
            let runner = AgentRunner::new(agents, idle, shutdown.clone());
            match cpu {
                Some(cpu) => runner.pinned_to(cpu),
                None => runner,
            }
        };
        let mut threads = Vec::with_capacity(2);
        let mut gateway: Vec<Box<dyn Agent + Send>> = vec![Box::new(order_entry)];
        match config.threads.placement {
            Placement::One => gateway.push(Box::new(sequencer)),
            Placement::Two => {
                let engine = runner(vec![Box::new(sequencer)], config.threads.engine_cpu);
                threads.push(engine.spawn("engine").map_err(StartError::Thread)?);
            }
        }
        gateway.push(Box::new(market_data));
        let gateway = runner(gateway, config.threads.gateway_cpu);
        threads.push(gateway.spawn("gateway").map_err(StartError::Thread)?);
        Ok(Self { addresses, activity, shutdown, threads, closing })
    }

    /// Where it is found.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// What it has done so far.
    pub fn activity(&mut self) -> Activity {
        self.activity.update()
    }

    /// Whether every thread runs; one stops only when it is told to or by a defect.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Stops the threads and gives the last position and digests.
    ///
    /// # Errors
    /// A thread could not be pinned or had stopped by a defect.
    pub fn stop(mut self) -> Result<Totals, StopError> {
        self.shutdown.request();
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(StopError::Pin(error)),
                Err(_) => return Err(StopError::Defect),
            }
        }
        Ok(self.closing.totals())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.shutdown.request();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn engine_config(limits: &Limits, keys: &KeyFile) -> EngineConfig {
    let highest_key = keys.keys.iter().map(|key| key.id).max().unwrap_or(0);
    EngineConfig {
        accounts_max: limits.accounts_max,
        events_max: limits.events_max,
        markets_max: limits.markets_max,
        orders_max: limits.orders_max,
        sessions_max: limits.sessions_max,
        cl_ord_id_window: limits.cl_ord_id_window,
        exposures_max: limits.exposures_max,
        access_keys_max: highest_key.max(ACCESS_KEYS_MIN),
        shard: SHARD,
        acknowledgement_level: AcknowledgementLevel::Memory,
        ..EngineConfig::default()
    }
}

/// Why an exchange does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A socket cannot be bound.
    #[error("{what} ({key}): {source}")]
    Socket {
        /// Which socket.
        what: &'static str,
        /// Configuration key of its address.
        key: &'static str,
        /// Why.
        source: UdpError,
    },
    /// A limit is outside its range.
    #[error("limits: {message}")]
    Limits {
        /// What is wrong.
        message: String,
    },
    /// Ring or log cannot be laid out.
    #[error("ring or log: {0}")]
    Layout(#[from] LayoutError),
    /// The keys cannot be used.
    #[error("keys: {0}")]
    Keys(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The system gives no thread.
    #[error("a thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// How an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// A thread could not be put on its CPU.
    #[error("{0}")]
    Pin(PinError),
    /// An agent broke one of its own rules; the reason is on standard error.
    #[error("the exchange stopped by a defect of its own")]
    Defect,
}

const SHARD: u8 = 0;
/// Readers of the log that the sequencer waits for: reports and market data.
const GATE_COUNT: usize = 2;
const ACCESS_KEYS_MIN: u32 = 256;

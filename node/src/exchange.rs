//! A whole exchange in this process: sockets bound, agents built, threads started.

use std::net::SocketAddrV4;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use forecastle_client::KeyFile;
use forecastle_engine::{Engine, EngineConfig, EntitlementView};
use forecastle_gateway::{Drain, MarketDataAgent, OrderEntryAgent, RestoredSession};
use forecastle_persister_disk::{
    BackendInUse, JournalError, JournalFolder, Persister, Progress, Space,
};
use forecastle_proto_spec::{
    AcknowledgementLevel, EntitlementRequest, SessionDisconnected, TerminateCode,
};
use forecastle_runtime::agent::{Agent, AgentRunner, IdleStrategy, PinError, Shutdown};
use forecastle_runtime::clock::{Now, SystemClock};
use forecastle_runtime::log_buffer::{GatingReader, LogGauge, Reader, Visibility};
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring;
use forecastle_transport_udp::Offload;
use zerocopy::FromZeros;

use crate::activity::{Activity, ActivityReader};
use crate::config::{Config, Placement};
use crate::data_folder::DataFolder;
use crate::gateways::{self, Gateways, Pressure};
use crate::history::{History, HistoryThread, Past};
use crate::journal_writer::{LogAndWriter, await_journal, await_persister};
use crate::memory::MemoryStatus;
use crate::recovery::{RecoveryStatistics, recover_exchange};
use crate::sequencer::{ClosingState, Sequencer, Totals};
use crate::shared_log::is_persister_alive;
use crate::snapshots::SnapshotThread;
use crate::start_error::{StartError, StopError};

/// A running exchange.
#[derive(Debug)]
pub struct Exchange {
    addresses: Addresses,
    activity: ActivityReader,
    shutdown: Shutdown,
    threads: Vec<JoinHandle<Result<(), PinError>>>,
    closing: Arc<ClosingState>,
    /// Of the two gateways.
    drains: [Drain; 2],
    network: NetworkStatus,
    journal: JournalStatus,
    memory: MemoryStatus,
    _snapshots: SnapshotThread,
    _history: HistoryThread,
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
    /// Log streams come from here.
    pub log_stream: SocketAddrV4,
    /// The shared one comes from here, or to this group.
    pub shared_log_stream: SocketAddrV4,
}

/// How an exchange uses the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkStatus {
    /// What is left to the kernel.
    pub offload: Offload,
    /// Bytes of all streams' windows and terms at their limits.
    pub memory_length: u64,
}

/// What an exchange writes to and what it found there.
#[derive(Clone, Debug)]
pub struct JournalStatus {
    /// Folders and key.
    pub folder: JournalFolder,
    /// What an acknowledgement survives.
    pub level: AcknowledgementLevel,
    /// What writes.
    pub backend: BackendInUse,
    /// Whether that is another process.
    pub has_own_process: bool,
    /// How far it is.
    pub progress: Progress,
    /// What is left of the prepared space.
    pub space: Space,
    /// How the state was made to stand again.
    pub recovery: RecoveryStatistics,
}

/// The agents of an exchange before they are put on threads.
///
/// [`Exchange::start`] puts them on threads; a test may instead run them in turn itself.
pub struct Agents {
    /// Requests in, reports out.
    pub order_entry: OrderEntryAgent,
    /// Ring to log.
    pub sequencer: Sequencer,
    /// Log to journal; none when another process does that.
    pub persister: Option<Persister>,
    /// Log to multicast group.
    pub market_data: MarketDataAgent,
    /// Journal to reports that are sent again; no agent, it may wait.
    pub history: History,
    /// Where they are found.
    pub addresses: Addresses,
    /// How they use the network.
    pub network: NetworkStatus,
    /// The journal.
    pub journal: JournalStatus,
    /// What is kept in memory.
    pub memory: MemoryStatus,
    activity: ActivityReader,
    closing: Arc<ClosingState>,
}

impl Agents {
    /// Recovers the state from the journal in `folder`, binds the sockets and allocates
    /// everything. What changed since the last stop (limits, keys, sessions that were cut off) is
    /// put into the log first.
    ///
    /// # Errors
    /// The journal is damaged or of other rules, a socket cannot be bound, or a limit not be met.
    pub fn build(
        config: &Config,
        folder: &DataFolder,
        chain_key: Option<&Path>,
    ) -> Result<Self, StartError> {
        let keys = folder.keys();
        let journal_folder =
            JournalFolder::open(folder.path(), chain_key).map_err(JournalError::from)?;
        let lock = await_journal(&journal_folder)?;
        let recovered = recover_exchange(&journal_folder, SHARD)?;
        // Whoever writes the journal takes it again.
        drop(lock);
        let now = SystemClock::new().now();
        check_clock(now.wall_ns, recovered.sequencing_time_ns)?;
        let recorded = recovered.engine.as_ref().map(|engine| *engine.config());
        let engine_config = engine_config(config, keys, recorded.as_ref());
        let engine = take_up(recovered.engine, engine_config)?;
        let ring_region = Region::anonymous(ring::region_length(config.limits.ring_bytes));
        let (producer, consumer) = ring::create(ring_region.clone(), config.limits.ring_bytes)?;
        let LogAndWriter { region: log_region, log, progress, persister } =
            LogAndWriter::open(config, &journal_folder, &recovered.end)?;
        let gate = |index| GatingReader::attach(log_region.clone(), index, Visibility::Released);
        let pressure = Pressure {
            log_gauge: LogGauge::attach(log_region.clone())?,
            refuses_orders: Space::of(&progress).refuses_orders(),
        };
        let sessions = restored_sessions(&engine);
        let past = Past {
            folder: journal_folder.clone(),
            shard: SHARD,
            progress: progress.clone(),
            log: log_region.clone(),
        };
        let Gateways { order_entry, market_data, history, addresses, network } = gateways::build(
            config,
            keys,
            producer,
            [gate(0)?, gate(1)?],
            (pressure, past),
            sessions,
        )?;
        let activity =
            ActivityReader::new(Reader::attach(log_region.clone(), Visibility::Released)?);
        let memory = MemoryStatus::of(&engine, &ring_region, &log_region);
        let closing = Arc::new(ClosingState::default());
        let last_time_ns = recovered.sequencing_time_ns;
        let mut sequencer = Sequencer::new(engine, consumer, log, last_time_ns, closing.clone());
        begin(&mut sequencer, (recorded, &engine_config), keys, now);
        if persister.is_none() {
            await_persister(&progress, folder.path().to_path_buf())?;
        }
        let journal = JournalStatus {
            folder: journal_folder,
            level: config.journal.level(),
            backend: backend_of(persister.as_ref(), &progress),
            space: Space::of(&progress),
            progress,
            has_own_process: persister.is_none(),
            recovery: recovered.statistics,
        };
        Ok(Self {
            order_entry,
            sequencer,
            persister,
            market_data,
            history,
            addresses,
            network,
            journal,
            memory,
            activity,
            closing,
        })
    }
}

impl Exchange {
    /// Builds an exchange and starts its threads; it takes orders when this returns.
    ///
    /// # Errors
    /// As [`Agents::build`], or a thread cannot be started.
    pub fn start(
        config: &Config,
        folder: &DataFolder,
        chain_key: Option<&Path>,
    ) -> Result<Self, StartError> {
        let agents = Agents::build(config, folder, chain_key)?;
        let idle = idle_strategy(config)?;
        let shutdown = Shutdown::new();
        let Agents {
            order_entry,
            sequencer,
            persister,
            market_data,
            history,
            addresses,
            network,
            journal,
            memory,
            activity,
            closing,
        } = agents;
        let runner = |agents: Vec<Box<dyn Agent + Send>>, cpu: Option<usize>| {
            let runner = AgentRunner::new(agents, idle, shutdown.clone());
            match cpu {
                Some(cpu) => runner.pinned_to(cpu),
                None => runner,
            }
        };
        let drains = [order_entry.drain(), market_data.drain()];
        let mut threads = Vec::with_capacity(2);
        let mut gateway: Vec<Box<dyn Agent + Send>> = vec![Box::new(order_entry)];
        match config.threads.placement {
            Placement::One => gateway.push(Box::new(sequencer)),
            Placement::Two => {
                let engine = runner(vec![Box::new(sequencer)], config.threads.engine_cpu);
                threads.push(engine.spawn("engine").map_err(StartError::Thread)?);
            }
        }
        if let Some(persister) = persister {
            gateway.push(Box::new(persister));
        }
        gateway.push(Box::new(market_data));
        let gateway = runner(gateway, config.threads.gateway_cpu);
        threads.push(gateway.spawn("gateway").map_err(StartError::Thread)?);
        let snapshots = SnapshotThread::start(
            journal.folder.clone(),
            SHARD,
            journal.progress.clone(),
            config.journal.snapshot_bytes,
        );
        let _snapshots = snapshots.map_err(StartError::Thread)?;
        let _history = history.start().map_err(StartError::Thread)?;
        Ok(Self {
            addresses,
            activity,
            shutdown,
            threads,
            closing,
            drains,
            network,
            journal,
            memory,
            _snapshots,
            _history,
        })
    }

    /// Where it is found.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// How it uses the network.
    #[must_use]
    pub fn network(&self) -> NetworkStatus {
        self.network
    }

    /// Its journal.
    #[must_use]
    pub fn journal(&self) -> &JournalStatus {
        &self.journal
    }

    /// What it keeps in memory.
    #[must_use]
    pub fn memory(&self) -> &MemoryStatus {
        &self.memory
    }

    /// What it has done since its start.
    pub fn activity(&mut self) -> Activity {
        self.activity.update()
    }

    /// Whether every thread runs, and the process that writes the journal where that is another;
    /// one stops only when it is told to or by a defect.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.threads.iter().any(JoinHandle::is_finished) && !self.has_lost_persister()
    }

    fn has_lost_persister(&self) -> bool {
        let JournalStatus { progress, has_own_process, .. } = &self.journal;
        *has_own_process && !progress.is_closed() && !is_persister_alive(progress)
    }

    /// Takes no further command, makes the journal whole, sends what came of the last commands,
    /// tells the clients, stops the threads and gives the last position and digests. Clients that
    /// take nothing are waited for [`DRAIN_PATIENCE`] at most.
    ///
    /// # Errors
    /// A thread could not be pinned or had stopped by a defect, or the journal did not end in time;
    /// what was acknowledged is on disk all the same.
    pub fn stop(mut self) -> Result<Totals, StopError> {
        let deadline = Instant::now() + STOP_PATIENCE;
        self.closing.request_stop();
        let mut is_whole = self.wait_until(deadline, |exchange| exchange.closing.has_stopped());
        self.journal.progress.request_close();
        is_whole &= self.wait_until(deadline, |exchange| exchange.journal.progress.is_closed());
        self.drains.iter().for_each(Drain::request);
        let deadline = Instant::now() + DRAIN_PATIENCE;
        self.wait_until(deadline, |exchange| exchange.drains.iter().all(Drain::is_done));
        self.shutdown.request();
        for thread in self.threads.drain(..) {
            match thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(StopError::Pin(error)),
                Err(_) => return Err(StopError::Defect),
            }
        }
        if self.has_lost_persister() {
            return Err(StopError::Persister);
        }
        if is_whole { Ok(self.closing.totals()) } else { Err(StopError::Journal) }
    }

    /// Waits, while all threads run, until something holds; false when it does not in time.
    fn wait_until(&self, deadline: Instant, holds: impl Fn(&Self) -> bool) -> bool {
        while !holds(self) {
            if !self.is_running() || Instant::now() > deadline {
                return holds(self);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        true
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

pub(crate) fn idle_strategy(config: &Config) -> Result<IdleStrategy, StartError> {
    config.threads.idle.parse().map_err(|_| StartError::Limits {
        message: "threads.idle is none of the idle strategies".to_string(),
    })
}

fn backend_of(persister: Option<&Persister>, progress: &Progress) -> BackendInUse {
    let own = persister.map(|persister| persister.backend().clone());
    own.or_else(|| progress.backend()).expect("whoever writes the journal said with what")
}

/// The recovered engine under the limits that are configured now, or a new one; its hashes have a
/// key that nobody can guess.
fn take_up(engine: Option<Engine>, config: EngineConfig) -> Result<Engine, StartError> {
    let limits = |message: String| StartError::Limits { message };
    let mut engine = match engine {
        None => Engine::new(config).map_err(|error| limits(error.to_string()))?,
        Some(engine) if engine.config().has_limits_of(&config) => engine,
        Some(engine) => engine.reconfigured(config).map_err(|error| limits(error.to_string()))?,
    };
    engine.key_hashes(getrandom::u64().map_err(StartError::Random)?);
    Ok(engine)
}

/// What the gateway must know of the sessions that the engine knows, for their clients to go on.
fn restored_sessions(engine: &Engine) -> Vec<RestoredSession> {
    let restored = engine.sessions().map(|session| RestoredSession {
        session_id: session.session_id,
        session_version_id: session.version_id,
        timestamp_ns: session.timestamp_ns,
    });
    restored.collect()
}

/// The exchange's own first records of a run: the configuration where it is new, keys whose
/// entitlement changed, and the end of bindings that the last run left.
fn begin(
    sequencer: &mut Sequencer,
    (recorded, config): (Option<EngineConfig>, &EngineConfig),
    keys: &KeyFile,
    now: Now,
) {
    if recorded != Some(*config) {
        sequencer.begin_with(&config.to_message(), now);
    }
    let granted: Vec<_> = sequencer.engine().entitlements().collect();
    for key in &keys.keys {
        let entitlement =
            EntitlementView { access_key_id: key.id, firm_id: key.firm_id, roles: key.roles };
        if !granted.contains(&entitlement) {
            sequencer.begin_with(&entitlement_request(&entitlement), now);
        }
    }
    for view in granted {
        if !keys.keys.iter().any(|key| key.id == view.access_key_id) {
            sequencer.begin_with(&entitlement_request(&EntitlementView { roles: 0, ..view }), now);
        }
    }
    let established: Vec<_> = sequencer
        .engine()
        .sessions()
        .filter(|session| session.is_established)
        .map(|session| session.session_id)
        .collect();
    for session_id in established {
        let mut lost = SessionDisconnected::new_zeroed();
        lost.session_id.set(session_id);
        lost.code.set(TerminateCode::Shutdown.into());
        sequencer.begin_with(&lost, now);
    }
}

fn entitlement_request(entitlement: &EntitlementView) -> EntitlementRequest {
    let mut request = EntitlementRequest::new_zeroed();
    request.access_key_id.set(entitlement.access_key_id);
    request.firm_id.set(entitlement.firm_id);
    request.roles.set(entitlement.roles);
    request
}

/// Records may not go back in time: a clock that is far behind the journal is wrong.
fn check_clock(wall_ns: u64, last_ns: u64) -> Result<(), StartError> {
    if wall_ns + CLOCK_TOLERANCE_NS >= last_ns {
        return Ok(());
    }
    Err(StartError::ClockBehind { behind_ms: (last_ns - wall_ns) / 1_000_000 })
}

/// The configuration of an engine that takes up what one of the configuration `recorded` left.
fn engine_config(config: &Config, keys: &KeyFile, recorded: Option<&EngineConfig>) -> EngineConfig {
    let limits = &config.limits;
    let highest_key = keys.keys.iter().map(|key| key.id).max().unwrap_or(0);
    // A key that was taken out of the file keeps its place: its sessions still stand.
    let access_keys_kept = recorded.map_or(ACCESS_KEYS_MIN, |recorded| recorded.access_keys_max);
    EngineConfig {
        accounts_max: limits.accounts_max,
        events_max: limits.events_max,
        markets_max: limits.markets_max,
        orders_max: limits.orders_max,
        sessions_max: limits.sessions_max,
        cl_ord_id_window: limits.cl_ord_id_window,
        exposures_max: limits.exposures_max,
        access_keys_max: highest_key.max(ACCESS_KEYS_MIN).max(access_keys_kept),
        shard: SHARD,
        acknowledgement_level: config.journal.level(),
        ..EngineConfig::default()
    }
}

pub(crate) const SHARD: u8 = 0;
/// How far the clock may lie behind the last record.
const CLOCK_TOLERANCE_NS: u64 = 1_000_000_000;
/// How long a stop waits for the journal.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// How long a stop waits for clients that take their last reports slowly.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);
const ACCESS_KEYS_MIN: u32 = 256;

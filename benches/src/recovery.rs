//! Recovery and snapshots: a journal of the engine's flow, executed again with every byte compared,
//! and the state of many resting orders encoded and decoded.
//!
//! The journal is written by the persister from a log, as an exchange does, and read back from the
//! page cache. Recovery is that of a start: the walk over all segments, then the execution.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use forecastle_engine::{CommandInput, Engine};
use forecastle_node::{Pace, make_snapshot, make_snapshot_at, recover_exchange, write_record};
use forecastle_persister_disk::{Backend, JournalFolder, Persister, PersisterConfig, recover};
use forecastle_proto_spec::{EngineConfiguration, Message as _, RECORD_LENGTH_MAX, encode};
use forecastle_runtime::agent::{Agent as _, pin_current_thread};
use forecastle_runtime::clock::SystemClock;
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogWriter, Release, ReleaseGate, Visibility,
};
use forecastle_runtime::memory::Region;
use serde::Serialize;

use crate::engine::flow::{Flow, FlowSettings};
use crate::engine::{Arrival, service_time};
use crate::host::Cpus;
use crate::measurement::{Contender, Rounds, Run, Table, rates};
use crate::stopwatch::{Stopwatch, as_ns};

/// Sizes of the recovery benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct RecoverySettings {
    /// Folder for the journal; it is removed afterwards.
    pub folder: PathBuf,
    /// The flow that is journaled.
    pub flow: FlowSettings,
    /// Resting orders of the snapshot that is encoded and decoded.
    pub snapshot_orders: u32,
    /// How often.
    pub rounds: Rounds,
}

/// Measures recovery from the beginning and from a snapshot, and the snapshot of many orders.
///
/// # Errors
/// The journal cannot be written or read.
pub fn measure(settings: &RecoverySettings, cpus: Cpus) -> io::Result<Vec<Table>> {
    let data = settings.folder.join("bench-recovery.data");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    let flow = Flow::new(&settings.flow);
    let bytes = write_journal(&data, &flow)?;
    let folder = JournalFolder::open(&data, None).map_err(io::Error::other)?;
    let mut contenders = [Contender::new("from the beginning", || recovery(&folder, &flow, bytes))];
    let title = "recovery of the journal, page cache, one thread, every byte compared";
    let mut tables = vec![Table::measure(title, settings.rounds, &mut contenders)?];
    let start = Instant::now();
    let end = forecastle_persister_disk::inspect(&folder, 0).map_err(io::Error::other)?;
    make_snapshot(&folder, 0, end.point.position).map_err(io::Error::other)?;
    let made_ns = as_ns(start.elapsed());
    let mut contenders = [Contender::new("from a snapshot at the end", || {
        let mut run = recovery(&folder, &flow, bytes)?;
        run.figures.push(("shadow_replay_and_snapshot_ns", made_ns));
        Ok::<_, io::Error>(run)
    })];
    let title = "the same with a snapshot: the segments are walked, nothing is executed";
    tables.push(Table::measure(title, settings.rounds, &mut contenders)?);
    tables.push(beside_snapshots(settings, cpus, &folder, end.point.position)?);
    std::fs::remove_dir_all(&data)?;
    tables.push(snapshot(settings)?);
    Ok(tables)
}

/// Service times of the engine on one processor, alone and while the shadow replayer makes
/// snapshots of the journal on the other, one after another.
fn beside_snapshots(
    settings: &RecoverySettings,
    cpus: Cpus,
    folder: &JournalFolder,
    position: u64,
) -> io::Result<Table> {
    let flow = FlowSettings { command_count: SERVED_COMMANDS, ..settings.flow };
    let flow = Flow::new(&flow);
    let alone = || service_time(cpus.first, &flow, Arrival::Alone).map_err(io::Error::other);
    let beside = || {
        let is_over = Arc::new(AtomicBool::new(false));
        let pace = Pace::with_rests(is_over.clone());
        std::thread::scope(|scope| {
            let shadow = scope.spawn(|| -> io::Result<u64> {
                pin_current_thread(cpus.second).map_err(io::Error::other)?;
                let mut count = 0;
                while !is_over.load(Ordering::Relaxed) {
                    for file in std::fs::read_dir(folder.snapshots())? {
                        std::fs::remove_file(file?.path())?;
                    }
                    make_snapshot_at(folder, 0, position, &pace).map_err(io::Error::other)?;
                    count += 1;
                }
                Ok(count)
            });
            let run = service_time(cpus.first, &flow, Arrival::Alone).map_err(io::Error::other);
            is_over.store(true, Ordering::Relaxed);
            shadow.join().map_err(|_| io::Error::other("the shadow replayer panicked"))??;
            run
        })
    };
    let contenders =
        &mut [Contender::new("engine alone", alone), Contender::new("beside snapshots", beside)];
    let title = "service time of one command, while the other processor makes snapshots";
    let mut table = Table::measure(title, settings.rounds, contenders)?;
    for figure in ["p50_ns", "p999_ns"] {
        table.compare(figure, "beside snapshots", "engine alone");
    }
    Ok(table)
}

fn recovery(folder: &JournalFolder, flow: &Flow, bytes: u64) -> io::Result<Run> {
    let stopwatch = Stopwatch::start();
    let recovered = recover_exchange(folder, 0).map_err(io::Error::other)?;
    let count = recovered.statistics.command_count;
    let elapsed_ns = stopwatch.elapsed_ns();
    let engine = recovered.engine.expect("the journal holds records");
    assert_eq!(engine.state_digest(), flow.state_digest, "the journal gives the flow's state");
    let mut figures = rates(count, elapsed_ns);
    figures.extend([("elapsed_ns", elapsed_ns.0), ("commands", count), ("journal_bytes", bytes)]);
    Ok(Run { figures, preemption_count: 0 })
}

/// Sequences the flow into a log that a persister journals; gives the bytes of its records.
fn write_journal(data: &Path, flow: &Flow) -> io::Result<u64> {
    let folder = JournalFolder::open(data, None).map_err(io::Error::other)?;
    let found = recover(&folder, 0, |_| {}).map_err(io::Error::other)?;
    let region = Region::anonymous(log_buffer::region_length(LOG_LENGTH));
    let config = LogConfig {
        capacity: LOG_LENGTH,
        start_position: 0,
        gate_count: 1,
        release: Release::Gate,
    };
    let mut log = LogWriter::create(region.clone(), &config).map_err(io::Error::other)?;
    let reader = GatingReader::attach(region.clone(), 0, Visibility::Committed);
    let reader = reader.map_err(io::Error::other)?;
    let release = ReleaseGate::attach(region).map_err(io::Error::other)?;
    let settings = PersisterConfig { backend: Backend::Auto, ..PersisterConfig::new(64 << 20) };
    let persister = Persister::open(&folder, &settings, &found.end, reader, Some(release));
    let mut persister = persister.map_err(io::Error::other)?;
    let clock = SystemClock::new();
    let mut engine = Engine::new(flow.config).map_err(io::Error::other)?;
    let mut time_ns = START_NS;
    let mut append = |session_id: u32, command: &[u8]| {
        time_ns += 100;
        loop {
            if let Some(mut claim) = log.try_claim(RECORD_LENGTH_MAX) {
                let position = claim.position();
                let input = CommandInput { session_id, sequencing_time_ns: time_ns, position };
                let length = write_record(&mut engine, input, command, &mut claim);
                claim.commit(length);
                return;
            }
            persister.do_work(clock.now());
        }
    };
    let mut configuration = [0; EngineConfiguration::ENCODED_LENGTH];
    encode(&flow.config.to_message(), &mut configuration).expect("it is as long as the message");
    append(0, &configuration);
    for tape in [&flow.opening, &flow.main] {
        for index in 0..tape.length() {
            let (session_id, command) = tape.command(index);
            append(session_id, command);
        }
    }
    let progress = persister.progress();
    progress.request_close();
    while !progress.is_closed() {
        persister.do_work(clock.now());
    }
    Ok(log.position())
}

/// Encodes and decodes an engine with many resting orders.
fn snapshot(settings: &RecoverySettings) -> io::Result<Table> {
    let flow = Flow::new(&FlowSettings {
        resting_order_count: settings.snapshot_orders,
        command_count: 1,
        ..settings.flow
    });
    let mut engine = Engine::new(flow.config).map_err(io::Error::other)?;
    let mut buffer = vec![0; RECORD_LENGTH_MAX];
    let mut position = 0;
    for tape in [&flow.opening, &flow.main] {
        for index in 0..tape.length() {
            let (session_id, command) = tape.command(index);
            let input = CommandInput { session_id, sequencing_time_ns: START_NS, position };
            position += write_record(&mut engine, input, command, &mut buffer) as u64;
        }
    }
    let title = format!("snapshot of {} resting orders, in memory", settings.snapshot_orders);
    let mut run = || {
        let mut bytes = Vec::new();
        let start = Instant::now();
        engine.encode_snapshot(&mut bytes);
        let encoded_ns = as_ns(start.elapsed());
        let start = Instant::now();
        let decoded =
            Engine::decode_snapshot(&bytes, engine.state_digest()).map_err(io::Error::other)?;
        let decoded_ns = as_ns(start.elapsed());
        assert_eq!(decoded.state_digest(), engine.state_digest(), "the state is the same");
        let figures = vec![
            ("encode_ns", encoded_ns),
            ("decode_ns", decoded_ns),
            ("bytes", bytes.len() as u64),
        ];
        Ok::<_, io::Error>(Run { figures, preemption_count: 0 })
    };
    Table::measure(&title, settings.rounds, &mut [Contender::new("engine", &mut run)])
}

const LOG_LENGTH: usize = 64 << 20;
/// Commands whose service times are taken in one run.
const SERVED_COMMANDS: u32 = 1_000_000;
/// Some time in 2023.
const START_NS: u64 = 1_700_000_000_000_000_000;

//! Who writes the journal of an exchange: an agent of its own, or another process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use forecastle_persister::{JournalEnd, hash};
use forecastle_persister_disk::{
    FolderError, JournalError, JournalFolder, Persister, PersisterConfig, Progress,
};
use forecastle_proto_spec::AcknowledgementLevel;
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogWriter, Release, ReleaseGate, Visibility,
};
use forecastle_runtime::memory::Region;

use crate::config::{Config, Journal};
use crate::shared_log::{SharedLog, is_persister_alive};
use crate::start_error::StartError;

/// The log and what takes it to disk.
pub(crate) struct LogAndWriter {
    pub(crate) region: Region,
    pub(crate) log: LogWriter,
    pub(crate) progress: Progress,
    /// None when another process writes the journal.
    pub(crate) persister: Option<Persister>,
}

impl LogAndWriter {
    /// Lays the log out behind the journal's end and opens what writes it. Another process is only
    /// told; [`await_persister`] waits for it.
    pub(crate) fn open(
        config: &Config,
        folder: &JournalFolder,
        end: &JournalEnd,
    ) -> Result<Self, StartError> {
        let level = config.journal.level();
        let position = end.point.position;
        if config.journal.has_own_process() {
            let path = config.journal.log_path(folder.data());
            let shared = SharedLog::create(&path, config.limits.log_bytes)?;
            let log = make_log(config, &shared.region, position)?;
            shared.publish(&path, level, config.journal.segment_bytes)?;
            let SharedLog { region, progress } = shared;
            return Ok(Self { region, log, progress, persister: None });
        }
        let region = Region::anonymous(log_buffer::region_length(config.limits.log_bytes));
        let log = make_log(config, &region, position)?;
        let settings = persister_config(&config.journal, Progress::private());
        let persister = open_persister(folder, &settings, end, &region)?;
        let progress = persister.progress();
        Ok(Self { region, log, progress, persister: Some(persister) })
    }
}

/// A persister on the log in `region`, which goes on at the journal's end.
pub(crate) fn open_persister(
    folder: &JournalFolder,
    settings: &PersisterConfig,
    end: &JournalEnd,
    region: &Region,
) -> Result<Persister, StartError> {
    let committed = GatingReader::attach(region.clone(), PERSISTER_GATE, Visibility::Committed)?;
    let is_gated = settings.level != AcknowledgementLevel::Memory;
    let release = is_gated.then(|| ReleaseGate::attach(region.clone())).transpose()?;
    let persister = Persister::open(folder, settings, end, committed, release);
    Ok(persister.map_err(JournalError::from)?)
}

pub(crate) fn persister_config(journal: &Journal, progress: Progress) -> PersisterConfig {
    PersisterConfig {
        level: journal.level(),
        spare_count: journal.spare_segments,
        backend: journal.backend.parse().unwrap_or_default(),
        schema_hash: hash(forecastle_proto_spec::SCHEMA_XML.as_bytes()),
        build: format!("forecastle {}", env!("CARGO_PKG_VERSION")),
        progress,
        ..PersisterConfig::new(journal.segment_bytes)
    }
}

/// At level memory every commit releases, else the persister does.
fn make_log(
    config: &Config,
    region: &Region,
    start_position: u64,
) -> Result<LogWriter, StartError> {
    let is_gated = config.journal.level() != AcknowledgementLevel::Memory;
    let log = LogWriter::create(
        region.clone(),
        &LogConfig {
            capacity: config.limits.log_bytes,
            start_position,
            gate_count: GATE_COUNT,
            release: if is_gated { Release::Gate } else { Release::OnCommit },
        },
    )?;
    Ok(log)
}

/// Waits until nobody writes the journal: the persister of an exchange that was killed first ends
/// it. What is given keeps others out until it is dropped.
pub(crate) fn await_journal(folder: &JournalFolder) -> Result<std::fs::File, StartError> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match folder.lock() {
            Err(FolderError::Locked { .. }) if Instant::now() < deadline => {
                std::thread::sleep(LOOK_PERIOD);
            }
            lock => return Ok(lock.map_err(JournalError::from)?),
        }
    }
}

/// Waits for the other process to write the journal.
pub(crate) fn await_persister(progress: &Progress, data: PathBuf) -> Result<(), StartError> {
    let deadline = Instant::now() + PERSISTER_PATIENCE;
    while !(progress.is_ready() && is_persister_alive(progress)) {
        if Instant::now() > deadline {
            let seconds = PERSISTER_PATIENCE.as_secs();
            return Err(StartError::NoPersister { data, seconds });
        }
        std::thread::sleep(LOOK_PERIOD);
    }
    Ok(())
}

/// Readers of the log that the sequencer waits for: reports, market data and the persister.
const GATE_COUNT: usize = 3;
const PERSISTER_GATE: usize = 2;
const LOOK_PERIOD: Duration = Duration::from_millis(5);
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// How long an exchange waits for its persister.
const PERSISTER_PATIENCE: Duration = Duration::from_secs(30);

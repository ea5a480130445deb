//! Snapshots by a shadow replayer: a thread beside the engine that executes the journal again.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use forecastle_engine::{RULES_VERSION, SNAPSHOT_VERSION};
use forecastle_persister::{Hash, SnapshotHeader};
use forecastle_persister_disk::{
    JournalError, JournalFolder, JournalReader, Progress, SnapshotFile, archive_behind,
};
use zerocopy::IntoBytes as _;

use crate::recovery::{RecoveryError, RecoveryStatistics, explained, load, resume};
use crate::replayer::Replayer;

/// Makes snapshots until it is dropped.
#[derive(Debug)]
pub(crate) struct SnapshotThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SnapshotThread {
    /// Starts the thread: a snapshot whenever the journal has grown by `snapshot_bytes`.
    pub(crate) fn start(
        folder: JournalFolder,
        shard: u8,
        progress: Progress,
        snapshot_bytes: u64,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let pace = Pace::with_rests(stop.clone());
        let run = move || {
            while !pace.is_over() {
                std::thread::park_timeout(LOOK_PERIOD);
                let position = progress.durable_position();
                if let Err(error) = keep(&folder, shard, (position, snapshot_bytes), &pace) {
                    // A closed error stream must not end the thread.
                    let _ = writeln!(
                        std::io::stderr(),
                        "forecastle: warning: no snapshot was made: {error}"
                    );
                    std::thread::park_timeout(RETRY_PERIOD);
                }
            }
        };
        let thread = std::thread::Builder::new().name("snapshots".to_string()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for SnapshotThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// How hard a snapshot is worked on: a shadow replayer shares caches and memory with the engine.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Time of rest for each time of work.
    rest_parts: u32,
    stop: Arc<AtomicBool>,
}

impl Pace {
    /// With rests, as beside an engine, until `stop` is raised. The default has none of either.
    #[must_use]
    pub fn with_rests(stop: Arc<AtomicBool>) -> Self {
        Self { rest_parts: REST_PARTS, stop }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Rests when there was a stretch of work.
    fn rest(&self, worked_since: &mut Instant) {
        let worked = worked_since.elapsed();
        if self.rest_parts > 0 && worked >= WORK_PERIOD {
            std::thread::park_timeout(worked * self.rest_parts);
            *worked_since = Instant::now();
        }
    }
}

fn keep(
    folder: &JournalFolder,
    shard: u8,
    (position, snapshot_bytes): (u64, u64),
    pace: &Pace,
) -> Result<(), RecoveryError> {
    let files = SnapshotFile::list(folder).map_err(JournalError::from)?;
    let birth = forecastle_runtime::log_buffer::birth_position(shard);
    let last = files.first().map_or(birth, |file| file.position);
    if position.saturating_sub(last) < snapshot_bytes {
        return Ok(());
    }
    if make_snapshot_at(folder, shard, position, pace)?.is_none() {
        return Ok(());
    }
    let oldest = SnapshotFile::prune(folder, SNAPSHOTS_KEPT, |file| load(file).is_ok());
    if let Some(oldest) = oldest.map_err(JournalError::from)? {
        archive_behind(folder, oldest.position)?;
    }
    Ok(())
}

/// Executes the journal from its newest snapshot up to the last frame that ends at or before
/// `position`, and writes the state there as a snapshot. Execution compares every byte and digest
/// on the way. Gives none when there is nothing behind the newest snapshot.
///
/// # Errors
/// The journal cannot be read or differs from its execution, or the snapshot not be written.
pub fn make_snapshot(
    folder: &JournalFolder,
    shard: u8,
    position: u64,
) -> Result<Option<SnapshotFile>, RecoveryError> {
    make_snapshot_at(folder, shard, position, &Pace::default())
}

/// As [`make_snapshot`], at a pace; gives none when it is stopped on the way.
///
/// # Errors
/// As [`make_snapshot`].
pub fn make_snapshot_at(
    folder: &JournalFolder,
    shard: u8,
    position: u64,
    pace: &Pace,
) -> Result<Option<SnapshotFile>, RecoveryError> {
    let mut worked_since = Instant::now();
    let mut replayer = resume(folder, shard, position, &mut RecoveryStatistics::default())?;
    let start = replayer.position();
    let mut reader = JournalReader::open(folder, start)?;
    let mut last = None;
    while let Some(frame) = reader.next_frame(position)? {
        replayer.apply_frame(&frame, position).map_err(|error| explained(folder, error))?;
        last = Some((frame.header().number, frame.header().chain));
        if pace.is_over() {
            return Ok(None);
        }
        pace.rest(&mut worked_since);
    }
    let Some((frame_number, chain)) = last else { return Ok(None) };
    write_snapshot(folder, shard, &replayer, (frame_number, chain)).map(Some)
}

fn write_snapshot(
    folder: &JournalFolder,
    shard: u8,
    replayer: &Replayer,
    (frame_number, chain): (u64, Hash),
) -> Result<SnapshotFile, RecoveryError> {
    let engine = replayer.engine().expect("a log with a record has an engine");
    let mut body = Vec::new();
    engine.encode_snapshot(&mut body);
    let mut configuration = [0; 48];
    configuration.copy_from_slice(engine.config().to_message().as_bytes());
    let header = SnapshotHeader {
        shard,
        state_version: SNAPSHOT_VERSION,
        position: replayer.position(),
        frame_number,
        chain,
        state_digest: engine.state_digest(),
        market_digest: engine.market_digest(),
        sequencing_time_ns: replayer.sequencing_time_ns(),
        command_count: replayer.command_count(),
        rules_version: RULES_VERSION,
        configuration,
        body_length: 0,
        root: Hash::default(),
    };
    Ok(SnapshotFile::write(folder, header, &body)?)
}

/// Snapshots that are kept: the journal is archived behind the older one.
const SNAPSHOTS_KEPT: usize = 2;
/// The engine has three quarters of the time to itself.
const REST_PARTS: u32 = 3;
const WORK_PERIOD: Duration = Duration::from_millis(2);
const LOOK_PERIOD: Duration = Duration::from_millis(500);
const RETRY_PERIOD: Duration = Duration::from_secs(30);

//! The persister over a real log buffer and a real journal folder.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use forecastle_persister_disk::{
    Backend, JournalFolder, Persister, PersisterConfig, SPARE_READY_COUNT, recover,
};
use forecastle_runtime::agent::Agent as _;
use forecastle_runtime::clock::SystemClock;
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogWriter, Release, ReleaseGate, Visibility,
};
use forecastle_runtime::memory::Region;

use super::arrivals::{Arrivals, write_record};
use super::bare::bandwidth;
use super::{latencies, pinned};
use crate::measurement::Run;
use crate::stopwatch::as_ns;

/// A log, its journal, and who writes it.
struct Bench {
    log: LogWriter,
    persister: Persister,
    clock: SystemClock,
    folder: std::path::PathBuf,
}

impl Bench {
    /// A new journal, whose first segment is begun and whose spares are all there again.
    fn new(folder: &Path, segment_bytes: u64, log_length: usize) -> io::Result<Self> {
        let data = folder.join("bench-journal.data");
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        let journal = JournalFolder::open(&data, None).map_err(io::Error::other)?;
        let recovery = recover(&journal, 0, |_| {}).map_err(io::Error::other)?;
        let region = Region::anonymous(log_buffer::region_length(log_length));
        let log = LogConfig {
            capacity: log_length,
            start_position: 0,
            gate_count: 1,
            release: Release::Gate,
        };
        let log = LogWriter::create(region.clone(), &log).map_err(io::Error::other)?;
        let reader = GatingReader::attach(region.clone(), 0, Visibility::Committed);
        let reader = reader.map_err(io::Error::other)?;
        let release = ReleaseGate::attach(region).map_err(io::Error::other)?;
        let config = PersisterConfig {
            spare_count: SPARE_READY_COUNT,
            backend: Backend::Uring,
            ..PersisterConfig::new(segment_bytes)
        };
        let persister = Persister::open(&journal, &config, &recovery.end, reader, Some(release));
        let persister = persister.map_err(io::Error::other)?;
        Ok(Self { log, persister, clock: SystemClock::new(), folder: data })
    }

    /// Lets the term start be written and the filler replace the spare that it took.
    ///
    /// # Panics
    /// When that takes a minute.
    fn settle(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let space = self.persister.space();
        let mut idle_count = 0;
        while idle_count < 1_000 || space.spare_count() < SPARE_READY_COUNT {
            idle_count = if self.work() == 0 { idle_count + 1 } else { 0 };
            assert!(Instant::now() < deadline, "the journal does not begin");
        }
    }

    fn work(&mut self) -> usize {
        let now = self.clock.now();
        self.persister.do_work(now)
    }

    /// Appends a record if the log has room; gives the position behind it.
    fn append(&mut self, length: usize, number: u64) -> Option<u64> {
        let mut claim = self.log.try_claim(length)?;
        write_record(&mut claim[..length], number);
        claim.commit(length);
        Some(self.log.position())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Records as they arrive; each is done when the durable position has passed it.
pub(super) fn group_commit(folder: &Path, arrivals: &Arrivals, cpu: usize) -> io::Result<Run> {
    // Its own threads stay where the system puts them: only the measured one is pinned.
    let mut bench = Bench::new(folder, SEGMENT_BYTES, LOG_LENGTH)?;
    pinned(cpu, || Ok(commit_all(&mut bench, arrivals)))
}

fn commit_all(bench: &mut Bench, arrivals: &Arrivals) -> Run {
    bench.settle();
    let progress = bench.persister.progress();
    let mut ends = Vec::with_capacity(arrivals.list().len());
    let mut times = Vec::with_capacity(arrivals.list().len());
    let (mut commits, mut last_durable) = (0, 0);
    let start = Instant::now();
    while times.len() < arrivals.list().len() {
        let now_ns = as_ns(start.elapsed());
        while let Some(arrival) = arrivals.list().get(ends.len())
            && arrival.at_ns <= now_ns
            && let Some(end) = bench.append(arrival.length, ends.len() as u64)
        {
            ends.push(end);
        }
        bench.work();
        let durable = progress.durable_position();
        if durable == last_durable {
            continue;
        }
        (last_durable, commits) = (durable, commits + 1);
        let now_ns = as_ns(start.elapsed());
        while ends.get(times.len()).is_some_and(|end| *end <= durable) {
            times.push(now_ns - arrivals.list()[times.len()].at_ns);
        }
    }
    latencies(times, commits)
}

/// A log full of records of 16 KiB, written as fast as frames go out: each is full.
pub(super) fn sequential(folder: &Path, bytes: u64, cpu: usize) -> io::Result<Run> {
    let log_length = (2 * bytes).next_power_of_two() as usize;
    let mut bench = Bench::new(folder, bytes + SEGMENT_SLACK, log_length)?;
    pinned(cpu, || Ok(write_all(&mut bench, bytes)))
}

/// The log is filled before the clock starts: appending is the engine's work, on its own time.
fn write_all(bench: &mut Bench, bytes: u64) -> Run {
    bench.settle();
    let progress = bench.persister.progress();
    let mut end = 0;
    for number in 0..bytes / LONG_RECORD as u64 {
        end = bench.append(LONG_RECORD, number).expect("the log is as long as all records");
    }
    let start = Instant::now();
    while progress.durable_position() < end {
        bench.work();
    }
    bandwidth(end, as_ns(start.elapsed()))
}

const LOG_LENGTH: usize = 16 << 20;
const SEGMENT_BYTES: u64 = 256 << 20;
/// Frames have headers and do not end at 1 MiB of records exactly.
const SEGMENT_SLACK: u64 = 32 << 20;
const LONG_RECORD: usize = 16 << 10;

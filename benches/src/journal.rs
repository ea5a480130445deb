//! The journal: from the arrival of a record to its durability, and sequential bandwidth.
//!
//! Ours is the whole way: a record is claimed and committed in the log buffer, the persister reads
//! it through its gate, frames, hashes and writes it, and the record is durable when the position
//! behind it is. Beside it, on the same arrivals, run bare loops that only copy records into a
//! sector-aligned buffer and write what has come: one with `pwrite` and `fdatasync` in turn, one
//! with linked io_uring. All three spin on one thread; a commit takes whatever came meanwhile.

pub mod arrivals;
mod bare;
mod ours;

use std::io;
use std::path::{Path, PathBuf};

use forecastle_runtime::agent::pin_current_thread;
use serde::Serialize;

use crate::measurement::{Contender, Rounds, Run, Table};
pub use arrivals::{Arrival, Arrivals};

/// Sizes of the journal benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct JournalSettings {
    /// Folder on the device to measure.
    pub folder: PathBuf,
    /// Processor of the measured thread; best one that takes no interrupt of the disk.
    pub cpu: usize,
    /// Milliseconds of arrivals of one run.
    pub duration_ms: u64,
    /// Bytes written sequentially in one run.
    pub sequential_bytes: u64,
    /// Seed of the arrivals.
    pub seed: u64,
    /// How often.
    pub rounds: Rounds,
}

/// Measures group commit at two rates, and sequential bandwidth.
///
/// # Errors
/// The folder's file system has no direct I/O, or a file cannot be written.
pub fn measure(settings: &JournalSettings) -> io::Result<Vec<Table>> {
    let mut tables = Vec::new();
    for rate in RATES {
        let arrivals = Arrivals::new(settings.seed, rate, settings.duration_ms);
        let title = format!("arrival to durable, {rate} records/s of 128 to 256 bytes");
        let (folder, cpu) = (settings.folder.as_path(), settings.cpu);
        let mut table = Table::measure(
            &title,
            settings.rounds,
            &mut [
                Contender::new(SYNC, || pinned(cpu, || bare::spinning_sync(folder, &arrivals))),
                Contender::new(URING, || pinned(cpu, || bare::linked_uring(folder, &arrivals))),
                Contender::new(OURS, || ours::group_commit(folder, &arrivals, cpu)),
            ],
        )?;
        for figure in ["p50_ns", "p99_ns"] {
            table.compare(figure, OURS, SYNC);
            table.compare(figure, OURS, URING);
        }
        tables.push(table);
    }
    tables.push(sequential(settings)?);
    Ok(tables)
}

fn sequential(settings: &JournalSettings) -> io::Result<Table> {
    let (folder, bytes) = (settings.folder.as_path(), settings.sequential_bytes);
    let cpu = settings.cpu;
    let mut table = Table::measure(
        "sequential, frames of 1 MiB, one in flight, synced each",
        settings.rounds,
        &mut [
            Contender::new(SYNC, || pinned(cpu, || bare::sequential_sync(folder, bytes))),
            Contender::new(URING, || pinned(cpu, || bare::sequential_uring(folder, bytes))),
            Contender::new(OURS, || ours::sequential(folder, bytes, cpu)),
        ],
    )?;
    for bare in [SYNC, URING] {
        table.compare("bytes_per_second", OURS, bare);
    }
    Ok(table)
}

/// Ours over the best bare loop: the median over rounds of the ratio formed in each.
#[must_use]
pub fn ratios(tables: &[Table]) -> serde_json::Map<String, serde_json::Value> {
    let names = ["group_commit_23k", "group_commit_100k"];
    let mut ratios = serde_json::Map::new();
    for (table, name) in tables.iter().zip(names) {
        let best = best_bare(table, "p50_ns", false);
        for figure in ["p50", "p99"] {
            let ratio = permille(table, &format!("{figure}_ns"), best);
            ratios.insert(format!("{name}_{figure}"), ratio);
        }
    }
    let table = &tables[names.len()];
    let best = best_bare(table, "bytes_per_second", true);
    ratios.insert("sequential".to_string(), permille(table, "bytes_per_second", best));
    ratios
}

/// The bare loop with the best median of a figure.
fn best_bare(table: &Table, figure: &str, is_higher_better: bool) -> &'static str {
    let [sync, uring] = [SYNC, URING].map(|row| table.figure(row, figure).median);
    let is_sync_better = if is_higher_better { sync >= uring } else { sync <= uring };
    if is_sync_better { SYNC } else { URING }
}

fn permille(table: &Table, figure: &str, to: &str) -> serde_json::Value {
    let ratio = table.ratios.iter().find(|ratio| ratio.figure == figure && ratio.to == to);
    let permille = ratio.map_or(0, |ratio| ratio.permille.median);
    let text = format!("{}.{:03}", permille / 1000, permille % 1000);
    serde_json::from_str(&text).unwrap_or(serde_json::Value::Null)
}

/// What a run of group commits gave: quantiles of the times from arrival to durability.
fn latencies(mut times_ns: Vec<u64>, commit_count: u64) -> Run {
    times_ns.sort_unstable();
    let count = times_ns.len() as u64;
    let quantile = |permille| crate::stopwatch::quantile(&times_ns, permille);
    Run {
        figures: vec![
            ("p50_ns", quantile(500)),
            ("p90_ns", quantile(900)),
            ("p99_ns", quantile(990)),
            ("max_ns", quantile(1000)),
            ("records", count),
            ("commits", commit_count),
        ],
        preemption_count: 0,
    }
}

/// The first processor that took the fewest interrupts of virtio and NVMe queues, by the kernel's
/// own count; 0 where it gives none.
#[must_use]
pub fn quiet_cpu() -> usize {
    let text = std::fs::read_to_string("/proc/interrupts").unwrap_or_default();
    let cpu_count = text.lines().next().map_or(0, |line| line.split_whitespace().count());
    let mut counts = vec![0_u64; cpu_count];
    for line in text.lines().filter(|line| line.contains("-req.") || line.contains("nvme")) {
        let numbers = line.split_whitespace().skip(1).take(cpu_count);
        for (count, number) in counts.iter_mut().zip(numbers) {
            *count += number.parse::<u64>().unwrap_or(0);
        }
    }
    let least = counts.iter().enumerate().min_by_key(|(_, count)| **count);
    least.map_or(0, |(cpu, _)| cpu)
}

/// Name of the kind of file system that `folder` lies on, as the kernel lists its mounts.
///
/// # Errors
/// There is no such folder.
pub fn file_system(folder: &Path) -> io::Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // Of mounts at one place the last one counts, which `max_by_key` gives.
    let kind = mounts
        .lines()
        .filter_map(|line| line.split_once(" - "))
        .filter_map(|(mount, kind)| Some((mount.split(' ').nth(4)?, kind.split(' ').next()?)))
        .filter(|(place, _)| folder.starts_with(place))
        .max_by_key(|(place, _)| place.len());
    Ok(kind.map_or_else(|| "its file system".to_string(), |(_, kind)| kind.to_string()))
}

/// Runs `measure` on a thread of its own that is pinned to `cpu`.
fn pinned<T: Send>(cpu: usize, measure: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            pin_current_thread(cpu).map_err(io::Error::other)?;
            measure()
        });
        thread.join().expect("a measured loop does not panic")
    })
}

/// A file of the benchmark, away from everything else in the folder.
fn file(folder: &Path) -> PathBuf {
    folder.join("bench-journal.raw")
}

const RATES: [u64; 2] = [23_000, 100_000];
const SYNC: &str = "bare pwrite and fdatasync, spinning";
const URING: &str = "bare linked io_uring";
const OURS: &str = "ours: log buffer, persister, io_uring";

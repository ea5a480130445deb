//! The log buffer: appending 128-byte records while another thread reads them all, or as many as it
//! can.
//!
//! With gating readers the rate runs from the first append until the last reader has read the last
//! record; one thread serves all readers in turn. Beside it stand one rtrb ring for each reader
//! (the same records pushed into every ring), the writer with nobody reading, and a plain copy of
//! the same bytes to the same places, which no log can beat. The overrunnable reader is never
//! waited for: its row has the writer's rate and how much of the log the reader got to see.

use forecastle_runtime::agent::PinError;
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogWriter, Reader, Release, Visibility,
};
use forecastle_runtime::memory::Region;
use serde::Serialize;
use zerocopy::{FromBytes, IntoBytes};

use crate::host::Cpus;
use crate::measurement::{Contender, Rounds, Run, Table, per_second};
use crate::pair::{self, Outcome, spin_until};
use crate::ring::{Seen, WORD, bare_hop};
use crate::stopwatch::as_ns;

/// Sizes of the log buffer benchmark.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LogSettings {
    /// Where the writer and the readers run.
    pub cpus: Cpus,
    /// Bytes of slots, and of each rtrb ring: a power of two, at least 4 MiB.
    pub capacity: usize,
    /// Records of one run.
    pub record_count: u64,
    /// How often, and how patiently.
    pub rounds: Rounds,
}

/// Measures readers that the writer waits for, and one that it does not wait for.
///
/// # Errors
/// When a thread cannot be pinned.
pub fn measure(settings: &LogSettings) -> Result<[Table; 2], PinError> {
    let mut gating = Table::measure(
        "append of 128-byte records, read by all readers",
        settings.rounds,
        &mut [
            Contender::new(WORD, || bare_hop(settings.cpus, ROUND_TRIP_COUNT)),
            Contender::new(COPY, || copy(settings)),
            Contender::new(NO_READER, || no_reader(settings)),
            Contender::new(READERS[0], || gating_readers(settings, 1)),
            Contender::new(RINGS[0], || rings(settings, 1)),
            Contender::new(READERS[1], || gating_readers(settings, 2)),
            Contender::new(RINGS[1], || rings(settings, 2)),
            Contender::new(READERS[2], || gating_readers(settings, 3)),
            Contender::new(RINGS[2], || rings(settings, 3)),
        ],
    )?;
    gating.compare(RATE, NO_READER, COPY);
    for (reader, ring) in READERS.into_iter().zip(RINGS) {
        gating.compare(RATE, reader, ring);
    }
    gating.compare(RATE, READERS[2], READERS[0]);
    let overrunnable = Table::measure(
        "append of 128-byte records, one reader that is never waited for",
        settings.rounds,
        &mut [Contender::new("overrunnable reader", || overrunnable_reader(settings))],
    )?;
    Ok([gating, overrunnable])
}

/// A log in fresh memory and its writer.
fn log(capacity: usize, gate_count: usize) -> (Region, LogWriter) {
    let region = Region::anonymous(log_buffer::region_length(capacity));
    let release = Release::OnCommit;
    let config = LogConfig { capacity, start_position: 0, gate_count, release };
    let writer = LogWriter::create(region.clone(), &config);
    (region, writer.expect("the capacity is one that a log may have"))
}

#[inline]
fn append(writer: &mut LogWriter, sequence: u64) -> Option<()> {
    let mut claim = writer.try_claim(RECORD_LENGTH)?;
    claim.copy_from_slice(record(sequence).as_bytes());
    claim.commit(RECORD_LENGTH);
    Some(())
}

fn append_all(mut writer: LogWriter, count: u64) -> LogWriter {
    for sequence in 1..=count {
        spin_until(|| append(&mut writer, sequence));
    }
    writer
}

fn gating_readers(settings: &LogSettings, reader_count: usize) -> Result<Run, PinError> {
    let count = settings.record_count;
    let (region, writer) = log(settings.capacity, reader_count);
    let attach = |gate| GatingReader::attach(region.clone(), gate, Visibility::Committed);
    let mut readers: Vec<_> = (0..reader_count)
        .map(|gate| (attach(gate).expect("the gate is free"), Seen::default()))
        .collect();
    let read = move || {
        while readers.iter().any(|(_, seen)| seen.last() < count) {
            for (reader, seen) in &mut readers {
                reader.poll(BATCH_LENGTH, |_, record| seen.read(words(record)));
            }
        }
        readers
    };
    let (written, read) = pair::run(settings.cpus, move || append_all(writer, count), read)?;
    read.result.iter().for_each(|(_, seen)| seen.assert_complete(count));
    Ok(to_the_end(count, &written, &read))
}

fn rings(settings: &LogSettings, ring_count: usize) -> Result<Run, PinError> {
    let count = settings.record_count;
    let new = |_| rtrb::RingBuffer::<Record>::new(settings.capacity / RECORD_LENGTH);
    let (mut producers, consumers): (Vec<_>, Vec<_>) = (0..ring_count).map(new).unzip();
    let mut readers: Vec<_> =
        consumers.into_iter().map(|consumer| (consumer, Seen::default())).collect();
    let write = move || {
        for sequence in 1..=count {
            for producer in &mut producers {
                spin_until(|| producer.push(record(sequence)).ok());
            }
        }
        producers
    };
    let read = move || {
        while readers.iter().any(|(_, seen)| seen.last() < count) {
            for (consumer, seen) in &mut readers {
                let available = consumer.slots().min(BATCH_LENGTH);
                let chunk = consumer.read_chunk(available).expect("they are there");
                let (first, second) = chunk.as_slices();
                first.iter().chain(second).for_each(|record| seen.read(record));
                chunk.commit_all();
            }
        }
        readers
    };
    let (written, read) = pair::run(settings.cpus, write, read)?;
    read.result.iter().for_each(|(_, seen)| seen.assert_complete(count));
    Ok(to_the_end(count, &written, &read))
}

fn overrunnable_reader(settings: &LogSettings) -> Result<Run, PinError> {
    let count = settings.record_count;
    let (region, writer) = log(settings.capacity, 0);
    let mut reader =
        Reader::attach(region, Visibility::Committed).expect("the log was just laid out");
    let end = count * RECORD_LENGTH as u64;
    let read = move || {
        let (mut seen, mut overrun_count) = (Seen::default(), 0);
        while reader.position() < end {
            if reader.poll(BATCH_LENGTH, |_, record| seen.read(words(record))).is_err() {
                overrun_count += 1;
            }
        }
        (seen, overrun_count, reader)
    };
    let (written, read) = pair::run(settings.cpus, move || append_all(writer, count), read)?;
    let (seen, overrun_count, _) = read.result;
    seen.assert_whole();
    let elapsed_ns = as_ns(written.ended - written.started);
    Ok(Run {
        figures: vec![
            (RATE, per_second(count, elapsed_ns)),
            ("read_permille", seen.count() * 1000 / count),
            ("overrun_count", overrun_count),
        ],
        preemption_count: written.preemption_count + read.preemption_count,
    })
}

fn no_reader(settings: &LogSettings) -> Result<Run, PinError> {
    let count = settings.record_count;
    let (_, writer) = log(settings.capacity, 0);
    let alone = pair::run_alone(settings.cpus.first, move || append_all(writer, count))?;
    Ok(by_itself(count, &alone))
}

/// Copies each record to where the log would have it, and nothing else.
fn copy(settings: &LogSettings) -> Result<Run, PinError> {
    let count = settings.record_count;
    let mut memory = vec![u64::MAX; settings.capacity / size_of::<u64>()];
    let alone = pair::run_alone(settings.cpus.first, move || {
        let slots = memory.len() / SLOT_WORDS;
        for sequence in 1..=count {
            let start = sequence as usize % slots * SLOT_WORDS;
            memory[start..start + RECORD_WORDS].copy_from_slice(&record(sequence));
            // Without it the compiler may leave out copies that later ones overwrite.
            core::hint::black_box(&mut memory);
        }
        memory
    })?;
    Ok(by_itself(count, &alone))
}

fn to_the_end<W, R>(count: u64, written: &Outcome<W>, read: &Outcome<R>) -> Run {
    let elapsed_ns = as_ns(read.ended.max(written.ended) - written.started);
    Run {
        figures: vec![(RATE, per_second(count, elapsed_ns))],
        preemption_count: written.preemption_count + read.preemption_count,
    }
}

fn by_itself<T>(count: u64, alone: &Outcome<T>) -> Run {
    Run {
        figures: vec![(RATE, per_second(count, as_ns(alone.ended - alone.started)))],
        preemption_count: alone.preemption_count,
    }
}

#[inline]
fn record(sequence: u64) -> Record {
    [sequence; RECORD_WORDS]
}

#[inline]
fn words(record: &[u8]) -> &[u64] {
    <[u64]>::ref_from_bytes(record).expect("records are aligned words")
}

type Record = [u64; RECORD_WORDS];
const RECORD_WORDS: usize = 16;
const RECORD_LENGTH: usize = 128;
/// Words between two records in the log: 16 bytes of header, 128 of record, to whole lines.
const SLOT_WORDS: usize = 24;
/// Records that a reader takes before the next reader has its turn.
const BATCH_LENGTH: usize = 256;
/// Enough to see how far apart the processors are.
const ROUND_TRIP_COUNT: usize = 1000;
const RATE: &str = "records_per_second";
const COPY: &str = "plain copy, no log (the bound)";
const NO_READER: &str = "log, nobody reads";
const READERS: [&str; 3] =
    ["log, 1 gating reader", "log, 2 gating readers", "log, 3 gating readers"];
const RINGS: [&str; 3] = ["1 rtrb ring", "2 rtrb rings", "3 rtrb rings"];

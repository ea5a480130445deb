//! The ring against rtrb: one hop of a 64-byte record between two threads, and a stream of them.
//!
//! A hop is half a round trip through two rings of one kind, one record under way, the cost of one
//! clock reading taken off; every round trip is timed, and its quantiles are figures. A stream is a
//! writer that never pauses and a reader that takes what is there; the rate runs from the first
//! record sent to the last one read. Every word of every record is read and checked.

mod ends;

use std::time::Instant;

use forecastle_runtime::agent::PinError;
use serde::Serialize;

pub use ends::{Receive, Seen, Send as SendRecord};

use crate::hiccups::timer_cost_ns;
use crate::host::Cpus;
use crate::measurement::{Contender, Rounds, Run, Table, per_second};
use crate::pair::{self, spin_until};
use crate::stopwatch::{as_ns, quantile};

/// Sizes of the ring benchmark.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RingSettings {
    /// Where the two threads run.
    pub cpus: Cpus,
    /// Bytes of records that a ring holds, ours or another's: a power of two, at least 131,072.
    pub capacity: usize,
    /// Round trips of one run.
    pub round_trip_count: usize,
    /// Records of one stream.
    pub stream_length: u64,
    /// How often, and how patiently.
    pub rounds: Rounds,
}

/// Measures hops and streams.
///
/// # Errors
/// When a thread cannot be pinned.
pub fn measure(settings: &RingSettings) -> Result<[Table; 2], PinError> {
    let RingSettings { rounds, capacity, .. } = *settings;
    let mut hops = Table::measure(
        "one hop of a 64-byte record",
        rounds,
        &mut [
            Contender::new(WORD, || bare_hop(settings.cpus, settings.round_trip_count)),
            Contender::new(OURS_64, || {
                hop(settings.cpus, settings.round_trip_count, || ends::ours::<40>(capacity))
            }),
            Contender::new(OURS_128, || {
                hop(settings.cpus, settings.round_trip_count, || ends::ours::<64>(capacity))
            }),
            Contender::new(RTRB, || {
                hop(settings.cpus, settings.round_trip_count, || ends::rtrb(capacity))
            }),
        ],
    )?;
    for figure in ["one_way_p50_ns", "one_way_p99_ns"] {
        hops.compare(figure, OURS_64, RTRB);
        hops.compare(figure, OURS_128, RTRB);
        hops.compare(figure, OURS_64, WORD);
    }
    let mut streams = Table::measure(
        "a stream of 64-byte records",
        rounds,
        &mut [
            Contender::new(WORD, || bare_hop(settings.cpus, settings.round_trip_count)),
            Contender::new(OURS_64, || stream(settings, ends::ours::<40>(capacity))),
            Contender::new(OURS_128, || stream(settings, ends::ours::<64>(capacity))),
            Contender::new(RTRB, || stream(settings, ends::rtrb(capacity))),
            Contender::new(RTRB_CHUNKS, || stream(settings, ends::rtrb_chunks(capacity))),
        ],
    )?;
    for (of, to) in
        [(OURS_64, RTRB), (OURS_128, RTRB), (OURS_64, RTRB_CHUNKS), (OURS_128, RTRB_CHUNKS)]
    {
        streams.compare("records_per_second", of, to);
    }
    Ok([hops, streams])
}

/// One hop of a bare atomic word: what the hardware takes, and so how far apart the two processors
/// are. A hypervisor moves them, at times in the middle of a table.
///
/// # Errors
/// When a thread cannot be pinned.
pub fn bare_hop(cpus: Cpus, round_trip_count: usize) -> Result<Run, PinError> {
    hop(cpus, round_trip_count, ends::word)
}

/// Times round trips through two channels that `make` makes.
fn hop<S: SendRecord, R: Receive>(
    cpus: Cpus,
    count: usize,
    make: impl Fn() -> (S, R),
) -> Result<Run, PinError> {
    let (mut ping, mut at_echo) = make();
    let (mut pong, mut at_home) = make();
    let timer_ns = timer_cost_ns();
    let there_and_back = move || {
        let mut times = Vec::with_capacity(count);
        let mut seen = Seen::default();
        let mut last = Instant::now();
        for sequence in 1..=count as u64 {
            spin_until(|| ping.try_send(sequence).then_some(()));
            spin_until(|| (at_home.receive(&mut seen) > 0).then_some(()));
            let now = Instant::now();
            times.push(as_ns(now - last));
            last = now;
        }
        seen.assert_complete(count as u64);
        times
    };
    let echo = move || {
        let mut seen = Seen::default();
        for _ in 0..count {
            spin_until(|| (at_echo.receive(&mut seen) > 0).then_some(()));
            spin_until(|| pong.try_send(seen.last()).then_some(()));
        }
        seen.assert_complete(count as u64);
    };
    let (home, away) = pair::run(cpus, there_and_back, echo)?;
    let mut times = home.result;
    times.sort_unstable();
    let one_way = |permille| quantile(&times, permille).saturating_sub(timer_ns) / 2;
    Ok(Run {
        figures: vec![
            ("one_way_p50_ns", one_way(500)),
            ("one_way_p99_ns", one_way(990)),
            ("one_way_p999_ns", one_way(999)),
        ],
        preemption_count: home.preemption_count + away.preemption_count,
    })
}

/// Times a stream through one channel.
fn stream<S: SendRecord, R: Receive>(
    settings: &RingSettings,
    (mut sender, mut receiver): (S, R),
) -> Result<Run, PinError> {
    let length = settings.stream_length;
    let send = move || {
        for sequence in 1..=length {
            spin_until(|| sender.try_send(sequence).then_some(()));
        }
        // Handed out, so that the memory is given back after the time is taken.
        sender
    };
    let receive = move || {
        let mut seen = Seen::default();
        while seen.last() < length {
            spin_until(|| (receiver.receive(&mut seen) > 0).then_some(()));
        }
        (seen, receiver)
    };
    let (sent, received) = pair::run(settings.cpus, send, receive)?;
    received.result.0.assert_complete(length);
    let elapsed_ns = as_ns(received.ended - sent.started);
    Ok(Run {
        figures: vec![("records_per_second", per_second(length, elapsed_ns))],
        preemption_count: sent.preemption_count + received.preemption_count,
    })
}

/// Name of the row of [`bare_hop`].
pub const WORD: &str = "one atomic word (the bound)";
const OURS_64: &str = "ring, 24-byte header + 40 (64-byte slot)";
const OURS_128: &str = "ring, 24-byte header + 64 (128-byte slot)";
const RTRB: &str = "rtrb, push and pop";
const RTRB_CHUNKS: &str = "rtrb, push and read in chunks";

//! The transport against stock Aeron and against bare sockets: round trips, a stream, a stream to
//! three receivers, a fixed offered rate, and a stream that loses one datagram of a hundred.
//!
//! Every contender is two threads, each pinned to a processor of its own, each doing everything of
//! its end: application, protocol, sockets. That is Aeron's best shape on two processors, too (its
//! drivers in invoker mode).

pub mod aeron;
pub mod bare;
mod offered_rate;
pub mod ours;

use forecastle_benches_rig::wire::{
    MESSAGE_RATE, RTT_P50, RTT_P99, Stream, WireError, round_trips, stream,
};
use serde::Serialize;
use serde_json::{Map, Number, Value};

pub use offered_rate::OfferedRates;

use crate::host::Cpus;
use crate::measurement::{Contender, Rounds, Run, Table};
use aeron::Aeron;
use ours::OurSizes;

/// Sizes of the benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct WireSettings {
    /// Where the two threads run.
    pub cpus: Cpus,
    /// Round trips of one run.
    pub round_trip_count: u64,
    /// Sizes of our streams where one message is under way.
    pub round_trips: OurSizes,
    /// Sizes of our streams otherwise.
    pub streams: OurSizes,
    /// How long a stream runs.
    pub stream: Stream,
    /// Rates that are tried.
    pub offered: OfferedRates,
    /// How often, and how patiently.
    pub rounds: Rounds,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One message under way.
    RoundTrips,
    /// A sender that never pauses.
    Stream,
    /// The same to three receivers.
    FanOut,
    /// Messages at a fixed rate, echoed.
    OfferedRate,
    /// A stream that loses one datagram of a hundred.
    Loss,
}

impl Shape {
    /// All of them, with the names they are asked for by.
    pub const ALL: [(&str, Self); 5] = [
        ("round-trips", Self::RoundTrips),
        ("stream", Self::Stream),
        ("fan-out", Self::FanOut),
        ("offered-rate", Self::OfferedRate),
        ("loss", Self::Loss),
    ];
}

/// Measures `shapes`, with Aeron where there is one.
///
/// # Errors
/// See [`WireError`].
pub fn measure(
    settings: &WireSettings,
    shapes: &[Shape],
    aeron: Option<&Aeron>,
) -> Result<Vec<Table>, WireError> {
    let measure = |shape: &Shape| match shape {
        Shape::RoundTrips => measure_round_trips(settings, aeron),
        Shape::Stream => measure_streams(settings, aeron),
        Shape::FanOut => measure_fans(settings, aeron),
        Shape::OfferedRate => offered_rate::measure(settings, aeron),
        Shape::Loss => measure_loss(settings),
    };
    shapes.iter().map(measure).collect()
}

/// Times round trips.
///
/// # Errors
/// See [`WireError`].
fn measure_round_trips(settings: &WireSettings, aeron: Option<&Aeron>) -> Result<Table, WireError> {
    let WireSettings { cpus, round_trip_count: count, .. } = *settings;
    let mut contenders = vec![
        Contender::new(BARE_ECHO, || {
            let (first, second) = bare::sockets()?;
            round_trips(cpus, count, (|| Ok(first), || Ok(second)))
        }),
        Contender::new(OURS, || {
            let (first, second) = ours::pair(settings.round_trips)?;
            round_trips(cpus, count, (|| Ok(first), || Ok(second)))
        }),
    ];
    if let Some(aeron) = aeron {
        contenders.push(Contender::new(AERON, || aeron.run(cpus, "round-trips", &[count])));
    }
    let title = "round trip of a 64-byte message";
    let mut table = Table::measure(title, settings.rounds, &mut contenders)?;
    for figure in [RTT_P50, RTT_P99] {
        table.compare(figure, OURS, BARE_ECHO);
        if aeron.is_some() {
            table.compare(figure, OURS, AERON);
        }
    }
    Ok(table)
}

fn measure_streams(settings: &WireSettings, aeron: Option<&Aeron>) -> Result<Table, WireError> {
    let cpus = settings.cpus;
    let mut contenders = vec![
        Contender::new(BARE_SEGMENTS, || bare::segments(cpus, settings.stream)),
        Contender::new(OURS, || our_stream(settings, settings.streams, 1)),
    ];
    if let Some(aeron) = aeron {
        for (name, window) in AERON_WINDOWS {
            let sizes = sizes(settings.stream, window, 1);
            let run = move || aeron.run(cpus, "stream", &sizes);
            contenders.push(Contender::new(name, run));
        }
    }
    let mut table = Table::measure("stream of 64-byte messages", settings.rounds, &mut contenders)?;
    table.compare(MESSAGE_RATE, OURS, BARE_SEGMENTS);
    compare_with_better(&mut table, aeron);
    Ok(table)
}

fn measure_fans(settings: &WireSettings, aeron: Option<&Aeron>) -> Result<Table, WireError> {
    let cpus = settings.cpus;
    let mut contenders =
        vec![Contender::new(OURS, || our_stream(settings, settings.streams, RECEIVERS))];
    if let Some(aeron) = aeron {
        for (name, window) in AERON_WINDOWS {
            let sizes = sizes(settings.stream, window, RECEIVERS as u64);
            let run = move || aeron.run(cpus, "stream", &sizes);
            contenders.push(Contender::new(name, run));
        }
    }
    let title = "stream of 64-byte messages to three receivers, each gets all";
    let mut table = Table::measure(title, settings.rounds, &mut contenders)?;
    compare_with_better(&mut table, aeron);
    Ok(table)
}

fn measure_loss(settings: &WireSettings) -> Result<Table, WireError> {
    let lossy = OurSizes { loss_permyriad: 100, ..settings.streams };
    let mut contenders = [
        Contender::new(OURS, || our_stream(settings, settings.streams, 1)),
        Contender::new(OURS_LOSSY, || our_stream(settings, lossy, 1)),
    ];
    let title = "stream of 64-byte messages, datagrams lost at random both ways";
    let mut table = Table::measure(title, settings.rounds, &mut contenders)?;
    table.compare(MESSAGE_RATE, OURS_LOSSY, OURS);
    Ok(table)
}

/// Ours over theirs, by the names that the targets use; those of Aeron only where it ran.
#[must_use]
pub fn ratios(tables: &[Table]) -> Map<String, Value> {
    let mut ratios = Map::new();
    for (key, title, figure, of, to) in RATIOS {
        let tables = tables.iter().filter(|table| table.title.starts_with(title));
        let comparisons = tables.flat_map(|table| &table.ratios);
        let comparison = comparisons
            .into_iter()
            .find(|ratio| ratio.figure == *figure && ratio.of == *of && ratio.to.starts_with(to));
        if let Some(ratio) = comparison {
            let median = ratio.permille.median;
            let text = format!("{}.{:03}", median / 1000, median % 1000);
            let number: Number = text.parse().expect("digits with a point are a number");
            ratios.insert((*key).to_owned(), Value::Number(number));
        }
    }
    ratios
}

fn our_stream(
    settings: &WireSettings,
    sizes: OurSizes,
    receiver_count: usize,
) -> Result<Run, WireError> {
    let (first, second) = ours::fan(sizes, receiver_count)?;
    stream(settings.cpus, settings.stream, (|| Ok(first), || Ok(second)))
}

fn sizes(stream: Stream, window: u64, receiver_count: u64) -> [u64; 4] {
    [stream.warm_up_ms, stream.duration_ms, window, receiver_count]
}

/// Compares ours with the setting of Aeron that was faster here.
fn compare_with_better(table: &mut Table, aeron: Option<&Aeron>) {
    if aeron.is_some() {
        let median = |name: &&str| table.figure(name, MESSAGE_RATE).median;
        let better = AERON_WINDOWS.map(|(name, _)| name).into_iter().max_by_key(median);
        table.compare(MESSAGE_RATE, OURS, better.expect("it ran with some window"));
    }
}

const BARE_ECHO: &str = "bare UDP sockets (the floor)";
const BARE_SEGMENTS: &str = "bare segmentation offload, 40 datagrams a call (the ceiling)";
const OURS: &str = "ours";
const OURS_LOSSY: &str = "ours, 1 of 100 datagrams lost at each socket";
const AERON: &str = "Aeron C driver";
/// Aeron with its default window and with a long one, bytes.
const AERON_WINDOWS: [(&str, u64); 2] = [
    ("Aeron C driver, window and buffers 128 KiB", 128 * 1024),
    ("Aeron C driver, window and buffers 2 MiB", 2 << 20),
];
const RECEIVERS: usize = 3;

/// Key, beginning of the table's title, figure, row on top, beginning of the row below.
const RATIOS: &[(&str, &str, &str, &str, &str)] = &[
    ("rtt_p50_to_aeron", "round trip", RTT_P50, OURS, AERON),
    ("rtt_p99_to_aeron", "round trip", RTT_P99, OURS, AERON),
    ("rtt_p50_to_udp", "round trip", RTT_P50, OURS, BARE_ECHO),
    ("stream_to_aeron", "stream of 64-byte messages", MESSAGE_RATE, OURS, AERON),
    ("stream_to_udp", "stream of 64-byte messages", MESSAGE_RATE, OURS, BARE_SEGMENTS),
    ("open_loop_rate_to_aeron", "offered rate", offered_rate::RATE, OURS, AERON),
    ("goodput_1pct_loss", "stream of 64-byte messages", MESSAGE_RATE, OURS_LOSSY, OURS),
];

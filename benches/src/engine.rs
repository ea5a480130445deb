//! The engine on synthetic flows: commands by the second of one thread, how long one takes, and
//! how long it takes when commands come by the clock; peers on the same flows beside it.
//!
//! Measured is the sequencer of the exchange between a ring of wire bytes and a log of records:
//! decoding, session numbers, ClOrdID window, sequencing, holds, positions, fees, effects and
//! digest are all in it. Each run builds an engine of its own and brings the resting orders in
//! before the clock starts; afterwards its state digest must be that of the flow, whose fills were
//! checked against naive books. Peers get the bare orders of the same flow and must fill the same.

pub mod book;
pub mod book_script;
pub mod flow;
pub mod instructions;
pub mod live_orders;
pub mod mass_cancel;
pub mod memory;
pub mod naive_book;
pub mod open_loop;
pub mod peers;
pub mod rig;
pub mod summary;
pub mod tape;

use std::io;

use forecastle_engine::LookAhead;
use forecastle_runtime::agent::PinError;

use crate::host::Cpus;
use crate::measurement::{CPU_RATE, Contender, Rounds, Run, Table, rates};
use crate::pair;
use crate::stopwatch::{ServiceTimes, Stopwatch};
use book::Books;
use book_script::Fills;
use flow::{Flow, FlowSettings};
use peers::Peer;
use rig::{RING_LENGTH, Rig};

/// The tables of one flow.
#[derive(Debug)]
pub struct FlowTables {
    /// Rates of the engine, of its ladder alone, and of peers.
    pub rates: Table,
    /// Service times of the engine and of peers.
    pub service_times: Table,
    /// Open loop, one row for each rate of [`OFFERED_RATES`].
    pub open_loop: Table,
}

/// Measures a flow called `name` with `peers` beside the engine; contenders take turns within each
/// table.
///
/// # Errors
/// A thread cannot be pinned, or a peer's process ends.
///
/// # Panics
/// When a run does not come to what the flow came to.
pub fn measure(
    name: &str,
    flow: &Flow,
    peers: &mut [Peer],
    cpus: Cpus,
    rounds: Rounds,
) -> io::Result<FlowTables> {
    let cpu = cpus.first;
    let mut contenders = vec![
        Contender::new(OURS, || rate(cpu, flow).map_err(io::Error::other)),
        Contender::new(LADDER, || ladder_rate(cpu, flow).map_err(io::Error::other)),
    ];
    contenders.extend(peers.iter_mut().map(|peer| {
        let name = peer.name().to_owned();
        Contender::new(&name, || peer.rate())
    }));
    let title = format!("{name}: commands by the second, one thread");
    let mut rates = Table::measure(&title, rounds, &mut contenders)?;
    drop(contenders);
    for peer in &*peers {
        rates.compare(CPU_RATE, OURS, peer.name());
    }
    let mut contenders = [(OURS, Arrival::Alone), (WAITING, Arrival::Waiting)]
        .map(|(name, arrival)| {
            Contender::new(name, move || service_time(cpu, flow, arrival).map_err(io::Error::other))
        })
        .into_iter()
        .collect::<Vec<_>>();
    contenders.extend(peers.iter_mut().map(|peer| {
        let name = peer.name().to_owned();
        Contender::new(&name, || peer.service_time())
    }));
    let title = format!("{name}: service time of one command");
    let service_times = Table::measure(&title, rounds, &mut contenders)?;
    let mut contenders = OFFERED_RATES.map(|(name, rate)| {
        Contender::new(name, move || open_loop::run(cpus, flow, rate).map_err(io::Error::other))
    });
    let title = format!("{name}: from the moment a command was due until it was sequenced");
    let open_loop = Table::measure(&title, rounds, &mut contenders)?;
    Ok(FlowTables { rates, service_times, open_loop })
}

/// What many resting orders cost: tables of the flow `main` with [`FEW_ORDERS`] and with a hundred
/// times as many.
#[derive(Debug)]
pub struct HundredfoldTables {
    /// Rates of the flow.
    pub rates: Table,
    /// Times of mass cancels.
    pub mass_cancels: Table,
}

/// Measures the flow `main` with [`FEW_ORDERS`] and with a hundred times as many resting orders.
///
/// # Errors
/// A thread cannot be pinned.
pub fn measure_hundredfold(
    settings: &FlowSettings,
    cpu: usize,
    rounds: Rounds,
) -> Result<HundredfoldTables, PinError> {
    let flow = |resting_order_count| Flow::new(&FlowSettings { resting_order_count, ..*settings });
    let (few, many) = (flow(FEW_ORDERS), flow(100 * FEW_ORDERS));
    let contenders =
        &mut [Contender::new(FEW, || rate(cpu, &few)), Contender::new(MANY, || rate(cpu, &many))];
    let title = "main with other numbers of resting orders";
    let mut rates = Table::measure(title, rounds, contenders)?;
    rates.compare(CPU_RATE, FEW, MANY);
    let run = |name: &str, flow, arrival| {
        Contender::new(name, move || mass_cancel::run(cpu, flow, arrival))
    };
    let contenders = &mut [
        run(FEW, &few, Arrival::Alone),
        run(FEW_WAITING, &few, Arrival::Waiting),
        run(MANY, &many, Arrival::Alone),
        run(MANY_WAITING, &many, Arrival::Waiting),
    ];
    let title = "a mass cancel of one account among other numbers of resting orders";
    let mass_cancels = Table::measure(title, rounds, contenders)?;
    Ok(HundredfoldTables { rates, mass_cancels })
}

/// One run of the flow's measured part, all of it in the ring beforehand.
///
/// # Errors
/// When the thread cannot be pinned.
///
/// # Panics
/// When the run does not come to what the flow came to.
pub fn rate(cpu: usize, flow: &Flow) -> Result<Run, PinError> {
    let alone = pair::run_alone(cpu, || {
        let slots = flow.main.byte_count() + flow.main.length() * RECORD_OVERHEAD;
        let mut rig = Rig::new(flow, slots.next_power_of_two().max(RING_LENGTH));
        let count = rig.fill(&flow.main, 0..flow.main.length());
        assert_eq!(count, flow.main.length(), "the ring holds the flow");
        let stopwatch = Stopwatch::start();
        let sequenced = rig.sequencer.drain();
        let elapsed_ns = stopwatch.elapsed_ns();
        assert_eq!(sequenced, count, "each command is sequenced once");
        assert_same_state(&rig, flow);
        rates(count as u64, elapsed_ns)
    })?;
    Ok(Run { figures: alone.result, preemption_count: alone.preemption_count })
}

/// How commands come whose service times are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Each into the empty ring: the closed loop of one client that waits for its answer.
    Alone,
    /// All as soon as there is room: behind each timed command wait at least as many as the engine
    /// looks ahead, until the last ones.
    Waiting,
}

/// One run of the flow's measured part with the time of each command taken, which a duty cycle of
/// its own sequences.
///
/// # Errors
/// When the thread cannot be pinned.
///
/// # Panics
/// When the run does not come to what the flow came to.
pub fn service_time(cpu: usize, flow: &Flow, arrival: Arrival) -> Result<Run, PinError> {
    let alone = pair::run_alone(cpu, || {
        let mut rig = Rig::new(flow, RING_LENGTH);
        rig.sequencer.take_one_by_one();
        let length = flow.main.length();
        let mut times = ServiceTimes::new(length);
        let mut filled = 0;
        for index in 0..length {
            let (wanted, end) = match arrival {
                Arrival::Alone => (index + 1, index + 1),
                Arrival::Waiting => (index + 1 + LookAhead::DISTANCE, length),
            };
            if filled < wanted {
                filled += rig.fill(&flow.main, filled..end);
            }
            let mut sequenced = 0;
            times.time(|| sequenced = rig.sequencer.do_work());
            assert_eq!(sequenced, 1, "a duty cycle sequences one command of those in the ring");
        }
        assert_same_state(&rig, flow);
        QUANTILES.into_iter().zip(times.quantiles()).collect()
    })?;
    Ok(Run { figures: alone.result, preemption_count: alone.preemption_count })
}

fn assert_same_state(rig: &Rig, flow: &Flow) {
    let digest = rig.sequencer.engine().state_digest();
    assert_eq!(digest, flow.state_digest, "the same commands give the same state");
}

fn ladder_rate(cpu: usize, flow: &Flow) -> Result<Run, PinError> {
    let script = &flow.script;
    let alone = pair::run_alone(cpu, || {
        let order_count = (script.opening.len() + script.main.len()) as u32;
        let mut books = Books::new(script.book_count, order_count, flow.config.orders_max);
        let mut fills = Fills::default();
        books.play(&script.opening, &mut fills);
        let stopwatch = Stopwatch::start();
        books.play(&script.main, &mut fills);
        let elapsed_ns = stopwatch.elapsed_ns();
        assert_eq!(fills, script.fills, "the ladder alone fills what the naive books fill");
        rates(u64::from(script.command_count), elapsed_ns)
    })?;
    Ok(Run { figures: alone.result, preemption_count: alone.preemption_count })
}

/// Row of the engine.
pub const OURS: &str = "forecastle";
/// Row of the engine when commands wait behind the one that is timed.
pub const WAITING: &str = "forecastle, while others wait";
/// Row of the ladder without accounts, messages and effects.
pub const LADDER: &str = "forecastle's ladder alone";
/// Row with few resting orders.
pub const FEW: &str = "10,000 resting orders";
/// Row with a hundred times as many.
pub const MANY: &str = "1,000,000 resting orders";
/// As [`FEW`], when commands wait behind what is timed.
pub const FEW_WAITING: &str = "10,000 resting orders, while others wait";
/// As [`MANY`], when commands wait behind what is timed.
pub const MANY_WAITING: &str = "1,000,000 resting orders, while others wait";
/// Names of the quantiles of [`ServiceTimes`].
pub const QUANTILES: [&str; 4] = ["p50_ns", "p99_ns", "p999_ns", "maximum_ns"];
/// Rows of the open loop, and how many commands come by the second.
pub const OFFERED_RATES: [(&str, u64); 2] = [("5 M/s", 5_000_000), ("10 M/s", 10_000_000)];

const FEW_ORDERS: u32 = 10_000;
/// Bytes that a record of the ring takes beside its payload, at most: header and rounding up.
const RECORD_OVERHEAD: usize = 24 + 63;

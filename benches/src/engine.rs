//! The engine on a synthetic flow: commands by the second of one thread, and how long one takes.
//!
//! Measured is [`forecastle_engine::Engine::apply`] on bytes encoded beforehand, effects written to
//! one buffer again and again. Each run builds an engine of its own and brings the resting orders
//! in before the clock starts; afterwards its state digest must be that of the flow. Rates by
//! processor time leave out what others took of the processor, rates by the wall do not.

pub mod book;
pub mod flow;
pub mod live_orders;
pub mod tape;

use std::time::Instant;

use forecastle_engine::{EffectBuffer, Engine};
use forecastle_proto_spec::RECORD_LENGTH_MAX;
use forecastle_runtime::agent::PinError;
use serde::Serialize;

use crate::hiccups::{as_ns, timer_cost_ns};
use crate::measurement::{Contender, Figures, Rounds, Run, Table, quantile};
use crate::pair;
use crate::timed::{CPU_RATE, Timed};
use book::Books;
use flow::{Flow, FlowSettings};
use tape::{Player, Tape};

/// Sizes of the engine benchmark.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EngineSettings {
    /// The processor.
    pub cpu: usize,
    /// The flow.
    pub flow: FlowSettings,
    /// How often.
    pub rounds: Rounds,
}

/// Measures rates, then service times, of a flow that was made with the same settings.
///
/// # Errors
/// When the thread cannot be pinned.
///
/// # Panics
/// When a run does not come to what the flow came to.
pub fn measure(settings: &EngineSettings, flow: &Flow) -> Result<[Table; 2], PinError> {
    let rounds = settings.rounds;
    let mut rates = Table::measure(
        "commands of the flow, one thread",
        rounds,
        &mut [
            Contender::new(FULL, || rate(settings, flow, Player::play)),
            Contender::new(PREFETCHED, || rate(settings, flow, Player::play_announced)),
            Contender::new(BOOK, || book_rate(settings, flow)),
        ],
    )?;
    rates.compare(CPU_RATE, PREFETCHED, FULL);
    rates.compare(CPU_RATE, BOOK, FULL);
    let times = Table::measure(
        "service time of one command, closed loop",
        rounds,
        &mut [Contender::new(FULL, || service_time(settings, flow))],
    )?;
    Ok([rates, times])
}

fn rate(settings: &EngineSettings, flow: &Flow, play: Play) -> Result<Run, PinError> {
    on_prepared_engine(settings, flow, |player, effects| {
        let timed = Timed::start();
        play(player, &flow.main, effects);
        timed.rates(flow.main.length() as u64)
    })
}

/// One run of the flow with the time of each command taken.
///
/// # Errors
/// When the thread cannot be pinned.
pub fn service_time(settings: &EngineSettings, flow: &Flow) -> Result<Run, PinError> {
    let timer_ns = timer_cost_ns();
    on_prepared_engine(settings, flow, |player, effects| {
        let mut times = Vec::with_capacity(flow.main.length());
        let mut last = Instant::now();
        for index in 0..flow.main.length() {
            let (session_id, command) = flow.main.command(index);
            player.apply(session_id, command, effects);
            let now = Instant::now();
            times.push(as_ns(now - last).saturating_sub(timer_ns));
            last = now;
        }
        times.sort_unstable();
        vec![
            ("p50_ns", quantile(&times, 500)),
            ("p99_ns", quantile(&times, 990)),
            ("p999_ns", quantile(&times, 999)),
            ("maximum_ns", quantile(&times, 1000)),
        ]
    })
}

/// Builds an engine with the flow's resting orders on a pinned thread, and runs `work` on it.
fn on_prepared_engine(
    settings: &EngineSettings,
    flow: &Flow,
    work: impl FnOnce(&mut Player, &mut EffectBuffer<'_>) -> Figures + Send,
) -> Result<Run, PinError> {
    let alone = pair::run_alone(settings.cpu, || {
        let engine = Engine::new(flow.config).expect("the flow's limits are in range");
        let mut player = Player::new(engine);
        let mut buffer = vec![0; RECORD_LENGTH_MAX];
        let mut effects = EffectBuffer::new(&mut buffer);
        player.play(&flow.opening, &mut effects);
        let figures = work(&mut player, &mut effects);
        let digest = player.engine().state_digest();
        assert_eq!(digest, flow.state_digest, "the same commands give the same state");
        figures
    })?;
    Ok(Run { figures: alone.result, preemption_count: alone.preemption_count })
}

fn book_rate(settings: &EngineSettings, flow: &Flow) -> Result<Run, PinError> {
    let alone = pair::run_alone(settings.cpu, || {
        let mut books = Books::new(flow.config.markets_max, flow.config.orders_max);
        books.play(&flow.opening_book);
        let timed = Timed::start();
        books.play(&flow.main_book);
        let figures = timed.rates(flow.main_book.len() as u64);
        let expected = (flow.outcome.trade_count, flow.outcome.traded_quantity);
        assert_eq!(books.traded(), expected, "the books alone trade what the engine trades");
        figures
    })?;
    Ok(Run { figures: alone.result, preemption_count: alone.preemption_count })
}

type Play = fn(&mut Player, &Tape, &mut EffectBuffer<'_>);

const FULL: &str = "engine";
const PREFETCHED: &str = "engine, prefetch ahead";
const BOOK: &str = "ladder alone";

//! Measures the engine, and its ladder alone, on a synthetic flow.

#![forbid(unsafe_code)]

use std::error::Error;

use clap::Parser;
use forecastle_benches::command_line::Options;
use forecastle_benches::engine::flow::{Flow, FlowSettings};
use forecastle_benches::engine::{self, EngineSettings};
use serde_json::json;

/// Measures commands by the second of the engine on 1,000 lone markets with 99 used ticks.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    /// Orders that rest at the start.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    resting: u32,
    /// Commands of one run.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
    commands: u32,
    /// Ten-thousandths of the payout between two used prices.
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=100))]
    tick_size: u16,
    /// Seed of the flow.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let CommandLine { options, resting, commands, tick_size, seed } = CommandLine::parse();
    options.run("engine", |cpus, report| {
        let settings = EngineSettings {
            cpu: cpus.first,
            flow: FlowSettings {
                market_count: 1000,
                used_tick_count: 99,
                tick_size,
                account_count: 100_000,
                firm_count: 100,
                resting_order_count: resting,
                command_count: commands,
                seed,
            },
            rounds: options.rounds(7, 1),
        };
        let flow = Flow::new(&settings.flow);
        report.settings = json!({ "settings": settings, "flow": flow.outcome });
        report.tables.extend(engine::measure(&settings, &flow)?);
        Ok::<_, forecastle_runtime::agent::PinError>(())
    })
}

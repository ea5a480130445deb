//! Measures recovery from the journal, and snapshots.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io;
use std::path::PathBuf;

use clap::Parser;
use forecastle_benches::command_line::Options;
use forecastle_benches::engine::flow::FlowSettings;
use forecastle_benches::recovery::{self, RecoverySettings};
use serde_json::json;

/// Journals the engine's flow, then measures how fast it is executed again, compared byte by byte,
/// and how long the snapshot of many resting orders takes.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    /// Folder for the journal.
    #[arg(long, value_name = "DIR", default_value = "target")]
    folder: PathBuf,
    /// Commands of the journal.
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
    commands: u32,
    /// Resting orders of the snapshot.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    orders: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let CommandLine { options, folder, commands, orders } = CommandLine::parse();
    std::fs::create_dir_all(&folder)?;
    options.run("recovery", |cpus, report| {
        let settings = RecoverySettings {
            folder,
            flow: FlowSettings { command_count: commands, ..FlowSettings::main(1) },
            snapshot_orders: orders,
            rounds: options.rounds(3, 1),
        };
        report.settings = json!(settings);
        report.tables = recovery::measure(&settings, cpus)?;
        Ok::<_, io::Error>(())
    })
}

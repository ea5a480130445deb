//! Measures the ring against rtrb.

#![forbid(unsafe_code)]

use std::error::Error;

use clap::Parser;
use forecastle_benches::command_line::Options;
use forecastle_benches::ring::{self, RingSettings};
use serde_json::json;

/// Measures one hop and a stream of 64-byte records through the ring, rtrb beside it.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
}

fn main() -> Result<(), Box<dyn Error>> {
    let CommandLine { options } = CommandLine::parse();
    options.run("ring", |cpus, report| {
        let settings = RingSettings {
            cpus,
            capacity: 256 * 1024,
            round_trip_count: 10_000,
            stream_length: 50_000,
            rounds: options.rounds(31, 40),
        };
        report.settings = json!(settings);
        report.tables.extend(ring::measure(&settings)?);
        Ok::<_, forecastle_runtime::agent::PinError>(())
    })
}

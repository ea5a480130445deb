//! Measures the log buffer against rtrb rings and a plain copy.

#![forbid(unsafe_code)]

use std::error::Error;

use clap::Parser;
use forecastle_benches::command_line::Options;
use forecastle_benches::log_buffer::{self, LogSettings};
use serde_json::json;

/// Measures appending to the log buffer under 0 to 3 readers, rtrb rings and a copy beside it.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
}

fn main() -> Result<(), Box<dyn Error>> {
    let CommandLine { options } = CommandLine::parse();
    options.run("log", |cpus, report| {
        let settings = LogSettings {
            cpus,
            capacity: 4 * 1024 * 1024,
            record_count: 60_000,
            rounds: options.rounds(31, 40),
        };
        report.settings = json!(settings);
        report.tables.extend(log_buffer::measure(&settings)?);
        Ok::<_, forecastle_runtime::agent::PinError>(())
    })
}

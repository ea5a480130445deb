//! Measures the journal against bare group-commit loops and raw bandwidth.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io;
use std::path::PathBuf;

use clap::Parser;
use forecastle_benches::command_line::Options;
use forecastle_benches::journal::{self, JournalSettings};
use serde_json::json;

/// Measures arrival to durable at 23,000 and 100,000 records a second, and sequential bandwidth,
/// bare loops on the same device beside it. The folder's file system must have direct I/O.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    /// Folder on the device to measure.
    #[arg(long, value_name = "DIR", default_value = "target")]
    folder: PathBuf,
    /// Processor of the measured thread; without it the first that took the fewest interrupts of
    /// block devices.
    #[arg(long, value_name = "N")]
    cpu: Option<usize>,
    /// Milliseconds of arrivals of one run.
    #[arg(long, value_name = "MS", default_value_t = 1500)]
    duration_ms: u64,
    /// Seed of the arrivals.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object instead of the page.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let command_line = CommandLine::parse();
    std::fs::create_dir_all(&command_line.folder)?;
    let settings = JournalSettings {
        folder: command_line.folder.clone(),
        cpu: command_line.cpu.unwrap_or_else(journal::quiet_cpu),
        duration_ms: command_line.duration_ms,
        sequential_bytes: 256 << 20,
        seed: command_line.seed,
        rounds: command_line.options.rounds(7, 1),
    };
    if command_line.json {
        let tables = measure(&settings)?;
        let ratios = journal::ratios(&tables);
        println!("{}", json!({ "ratios": ratios, "tables": tables, "settings": settings }));
        return Ok(());
    }
    command_line.options.run("journal", |_, report| {
        report.settings = json!(settings);
        report.tables = measure(&settings)?;
        let ratios = serde_json::Value::Object(journal::ratios(&report.tables));
        report.notes.push(format!("ours over the best bare loop: {ratios}"));
        Ok::<_, io::Error>(())
    })
}

/// Names the folder when its file system cannot be measured.
fn measure(settings: &JournalSettings) -> io::Result<Vec<forecastle_benches::measurement::Table>> {
    let file_system = journal::file_system(&settings.folder)?;
    let folder = settings.folder.display();
    if MEMORY_ONLY.contains(&file_system.as_str()) {
        let text = format!(
            "{folder}: {file_system} is memory, not a device; choose another folder with --folder"
        );
        return Err(io::Error::new(io::ErrorKind::Unsupported, text));
    }
    journal::measure(settings).map_err(|error| {
        let hint = match error.raw_os_error() {
            Some(EINVAL) => {
                format!("; {file_system} has no direct I/O: choose another folder with --folder")
            }
            _ => String::new(),
        };
        io::Error::new(error.kind(), format!("{folder}: {error}{hint}"))
    })
}

/// File systems that take O_DIRECT and write to no device.
const MEMORY_ONLY: [&str; 2] = ["tmpfs", "ramfs"];
/// What `open` says of O_DIRECT where there is no direct I/O.
const EINVAL: i32 = 22;

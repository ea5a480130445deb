//! Measures the transport against stock Aeron and against bare sockets.

#![forbid(unsafe_code)]

use std::error::Error;

use clap::Parser;
use forecastle_benches::command_line::Options;
use forecastle_benches::host::Cpus;
use forecastle_benches::wire::aeron::Aeron;
use forecastle_benches::wire::ours::OurSizes;
use forecastle_benches::wire::{self, OfferedRates, Shape, WireSettings};
use forecastle_benches_rig::wire::Stream;
use serde_json::json;

/// Measures round trips, streams, a fan-out, offered rates and a lossy stream over loopback, with
/// stock Aeron and bare sockets beside ours. Aeron runs where `cargo xtask interop --prepare` did.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    /// Milliseconds of one stream or one offered rate.
    #[arg(long, value_name = "MS", default_value_t = 500)]
    #[arg(value_parser = clap::value_parser!(u64).range(20..=60_000))]
    duration_ms: u64,
    /// Round trips of one run.
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    round_trips: u64,
    /// Measures this only; may be given again. The offered rate has 7 runs of a rate whatever the
    /// rounds.
    #[arg(long, value_name = "SHAPE", value_parser = shape)]
    only: Vec<Shape>,
    /// Leaves Aeron out.
    #[arg(long)]
    without_aeron: bool,
    /// Prints one JSON object instead of the page.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let command_line = CommandLine::parse();
    let aeron = if command_line.without_aeron {
        Err("Aeron is left out, as asked".to_owned())
    } else {
        Aeron::build()
    };
    if let Err(reason) = &aeron {
        eprintln!("{reason}");
    }
    let shapes = match command_line.only.as_slice() {
        [] => Shape::ALL.map(|(_, shape)| shape).to_vec(),
        only => only.to_vec(),
    };
    let (aeron, left_out) = (aeron.as_ref().ok(), aeron.as_ref().err());
    if command_line.json {
        let settings = settings(&command_line, Cpus::lowest_two());
        let tables = wire::measure(&settings, &shapes, aeron)?;
        let ratios = wire::ratios(&tables);
        let report = json!({
            "ratios": ratios, "left_out": left_out, "tables": tables, "settings": settings,
        });
        println!("{report}");
        return Ok(());
    }
    command_line.options.run("wire", |cpus, report| {
        let settings = settings(&command_line, cpus);
        report.settings = json!(settings);
        report.tables = wire::measure(&settings, &shapes, aeron)?;
        let ratios = serde_json::Value::Object(wire::ratios(&report.tables));
        report.notes.push(format!("ours over theirs: {ratios}"));
        report.notes.extend(left_out.cloned());
        Ok::<_, forecastle_benches_rig::wire::WireError>(())
    })
}

fn shape(name: &str) -> Result<Shape, String> {
    let found = Shape::ALL.iter().find(|(candidate, _)| *candidate == name);
    let names = Shape::ALL.map(|(name, _)| name).join(", ");
    found.map(|(_, shape)| *shape).ok_or_else(|| format!("there are {names}"))
}

fn settings(command_line: &CommandLine, cpus: Cpus) -> WireSettings {
    let CommandLine { duration_ms, round_trips, .. } = *command_line;
    WireSettings {
        cpus,
        round_trip_count: round_trips,
        round_trips: OurSizes {
            window_length: 128 * 1024,
            term_length: 1 << 20,
            receive_offload: false,
            loss_permyriad: 0,
        },
        streams: OurSizes {
            window_length: 1 << 20,
            term_length: 4 << 20,
            receive_offload: true,
            loss_permyriad: 0,
        },
        stream: Stream { warm_up_ms: duration_ms / 5, duration_ms },
        offered: OfferedRates {
            rate_min: 20_000,
            rung_count: 70,
            duration_ms,
            latency_max_ns: 50_000,
            run_count: 7,
            held_count_min: 5,
        },
        rounds: command_line.options.rounds(7, 3),
    }
}

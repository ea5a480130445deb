//! Measures the engine on synthetic flows, and other people's order books on the same.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use forecastle_benches::command_line::Options;
use forecastle_benches::engine::flow::{Flow, FlowSettings, NAMES};
use forecastle_benches::engine::peers::PeerProgram;
use forecastle_benches::engine::{self, instructions, memory, summary};
use forecastle_benches::host::Cpus;
use forecastle_benches::report::Report;
use serde_json::{Map, json};

/// Measures commands by the second, service times and the open loop, on flows with names.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    /// Prints the figures as one JSON object instead of a page.
    #[arg(long)]
    json: bool,
    /// Measures this flow only.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(NAMES))]
    flow: Option<String>,
    /// Leaves other people's order books out.
    #[arg(long)]
    no_peers: bool,
    /// Commands of one run.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20_000_000))]
    commands: u32,
    /// Seed of the flows.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Plays a small flow one command at a time, as callgrind is told to watch it do.
    #[arg(long, hide = true)]
    play: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let command_line = CommandLine::parse();
    if command_line.play {
        let counts = instructions::play(command_line.seed);
        println!("{}", counts.map(|count| count.to_string()).join(" "));
        return Ok(());
    }
    let options = &command_line.options;
    options.run("engine", |cpus, report| measure(&command_line, cpus, report))
}

fn measure(command_line: &CommandLine, cpus: Cpus, report: &mut Report) -> io::Result<()> {
    let CommandLine { options, json, flow, no_peers, commands, seed, .. } = command_line;
    let rounds = options.rounds(7, 1);
    let names: Vec<&str> = match flow {
        Some(name) => vec![name],
        None => NAMES.to_vec(),
    };
    let program = if *no_peers {
        report.notes.push("Peers were left out.".to_owned());
        None
    } else {
        PeerProgram::build()
            .inspect_err(|error| report.notes.push(format!("No peer was measured: {error}.")))
            .ok()
    };
    let (mut settings, mut flows) = (Map::new(), Map::new());
    for name in &names {
        let of_flow = FlowSettings::named(name, *seed).expect("the command line takes names only");
        let of_flow = FlowSettings { command_count: *commands, ..of_flow };
        let flow = Flow::new(&of_flow);
        let (mut peers, wrong) = match &program {
            Some(program) => program.start(&flow.script, cpus.first, &std::env::temp_dir())?,
            None => (Vec::new(), Vec::new()),
        };
        let tables = engine::measure(name, &flow, &mut peers, cpus, rounds)?;
        for peer in &wrong {
            let note = format!("{} on {name} is out for wrong fills: {}", peer.name, peer.found);
            report.notes.push(note);
        }
        settings.insert((*name).to_owned(), json!({ "settings": of_flow, "does": flow.outcome }));
        flows.insert((*name).to_owned(), summary::of_flow(&tables, &wrong));
        report.tables.extend([tables.rates, tables.service_times, tables.open_loop]);
    }
    let mut figures = json!({
        "flows": flows,
        "bytes_per_resting_order": memory::bytes_per_resting_order(),
        "stalls": report.hiccups,
        "seed": seed,
    });
    if names.contains(&"main") {
        let of_flow = FlowSettings { command_count: *commands, ..FlowSettings::main(*seed) };
        let tables = engine::measure_hundredfold(&of_flow, cpus.first, rounds);
        let tables = tables.map_err(io::Error::other)?;
        figures["hundredfold_resting_orders"] = summary::of_hundredfold(&tables.rates);
        figures["mass_cancel"] = summary::of_mass_cancels(&tables.mass_cancels);
        report.tables.extend([tables.rates, tables.mass_cancels]);
        let counted = instructions::per_command(
            &["--play", "--seed", &seed.to_string()],
            &std::env::temp_dir(),
        );
        figures["instructions_per_command"] = counted.unwrap_or_else(|error| {
            report.notes.push(format!("Instructions were not counted: {error}."));
            serde_json::Value::Null
        });
    }
    report.settings = json!({ "flows": settings, "rounds": rounds, "cpus": cpus });
    report.summary = figures;
    report.prints_summary = *json;
    Ok(())
}

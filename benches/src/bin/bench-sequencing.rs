//! Counts what journaling costs the sequencing thread, in instructions per command.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use forecastle_benches::engine::flow::FlowSettings;
use forecastle_benches::sequencing::{instructions_per_command, play};
use serde_json::json;

/// Sequences the engine's flow under callgrind, with a journal and without, and compares.
///
/// Instruction counts do not depend on what else the machine does. It needs valgrind.
#[derive(Debug, Parser)]
struct CommandLine {
    /// Folder for the journal; it is removed afterwards.
    #[arg(long, value_name = "DIR", default_value = "target")]
    folder: PathBuf,
    /// Commands of the flow.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    commands: u32,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Plays the flow once and prints its commands, as callgrind is told to watch it do.
    #[arg(long, hide = true, value_name = "plain|journaled")]
    play: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let CommandLine { folder, commands, json, play: mode } = CommandLine::parse();
    let data = folder.join("bench-sequencing.data");
    if let Some(mode) = mode {
        let is_journaled = mode == "journaled";
        println!("{}", play(&settings(commands), is_journaled.then_some(data.as_path()))?);
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    // A run that was ended half-way leaves its journal.
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    let (text, place) = (commands.to_string(), folder.display().to_string());
    let count = |mode: &str| {
        let arguments = ["--play", mode, "--commands", &text, "--folder", &place];
        instructions_per_command(&arguments, &folder)
    };
    let (plain, journaled) = (count("plain")?, count("journaled")?);
    std::fs::remove_dir_all(&data)?;
    let permyriad = journaled * 10_000 / plain;
    if json {
        let counts = json!({ "plain_hundredths": plain, "journaled_hundredths": journaled });
        let report = json!({ "instructions_per_command": counts, "ratio_permyriad": permyriad });
        println!("{report}");
    } else {
        let text = |hundredths: u64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        println!("instructions per command: {} plain, {} journaled", text(plain), text(journaled));
        println!("ratio: {}.{:04}", permyriad / 10_000, permyriad % 10_000);
    }
    Ok(())
}

fn settings(commands: u32) -> FlowSettings {
    FlowSettings {
        market_count: 100,
        account_count: 1_000,
        firm_count: 10,
        resting_order_count: 10_000,
        command_count: commands,
        ..FlowSettings::main(1)
    }
}

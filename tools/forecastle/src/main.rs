//! The `forecastle` command: without arguments a living demo exchange, `serve` a plain one,
//! `import` a recorded market traded through a running one, `replay` and `journal` what was
//! written.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use forecastle::{demo, exit, import, journal, persist, replay, serve};

/// A prediction-market exchange for market makers.
///
/// Without a command it runs the demo: an exchange with events, market makers and traders that
/// come in over UDP. Exit codes: 0 done, 1 failed at run time, 2 usage, 3 a difference was found,
/// 4 input damaged, 5 peer unreachable, 6 a journal of other rules.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    exchange: ExchangeArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Run an exchange without demo traders.
    Serve(ExchangeArguments),
    /// Write the journal of an exchange whose configuration says journal.persister = "process".
    Persist(persist::Arguments),
    /// Execute a journal again and compare every effect and digest; with --exchange, feed its
    /// commands to a live exchange.
    ///
    /// With --exchange: 0 done, 3 the books of an exchange that was fresh differ at the end.
    ///
    /// Example: forecastle replay DATA --exchange ready.json --speed 10
    Replay(replay::Arguments),
    /// Ask a journal: list, verify, dump, state at a position, an order's life, differences.
    Journal {
        /// What to ask.
        #[command(subcommand)]
        command: journal::Command,
    },
    /// Trade recorded market data through a running exchange.
    Import {
        /// What the recording is.
        #[command(subcommand)]
        source: ImportSource,
    },
}

#[derive(Subcommand)]
enum ImportSource {
    /// A Betfair stream file: JSON lines, also compressed as .bz2.
    Betfair(import::Arguments),
}

#[derive(Args)]
struct ExchangeArguments {
    /// Folder of the exchange's files; made when missing.
    #[arg(long, value_name = "DIR", default_value = "forecastle-data")]
    data: PathBuf,
    /// Configuration over the built-in defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to write, last and atomically, the addresses of the ready exchange.
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// Key of the journal's chain; made when missing. Without it, DATA/journal.key.
    #[arg(long, value_name = "FILE")]
    chain_key: Option<PathBuf>,
}

impl From<ExchangeArguments> for serve::Options {
    fn from(arguments: ExchangeArguments) -> Self {
        Self {
            data: arguments.data,
            config: arguments.config,
            ready_file: arguments.ready_file,
            chain_key: arguments.chain_key,
        }
    }
}

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let result = match command_line.command {
        None => demo::run(&command_line.exchange.into()),
        Some(Command::Serve(arguments)) => serve::run(&arguments.into()),
        Some(Command::Persist(arguments)) => persist::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments),
        Some(Command::Journal { command }) => journal::run(&command),
        Some(Command::Import { source: ImportSource::Betfair(arguments) }) => {
            import::run(&arguments)
        }
    };
    exit::report(result)
}

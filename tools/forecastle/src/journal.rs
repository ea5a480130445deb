//! `forecastle journal`: questions to a journal. Nothing here changes one.
//!
//! Every command takes the data folder or the folder of segments itself, and reads archived
//! segments as well where they lie beside it. The journal is streamed: memory does not grow with
//! it.

pub mod capture;
pub mod diff;
pub mod dump;
pub mod explain;
pub mod filter;
pub mod list;
pub mod record_view;
pub mod salvage;
pub mod source;
pub mod state_at;
pub mod verify;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use self::filter::Filter;
use crate::exit::Outcome;

/// Where a journal is.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Data folder, or folder of segments.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Key of the chain; without it the one beside the journal, if there is one.
    #[arg(long, value_name = "FILE")]
    pub chain_key: Option<PathBuf>,
}

/// What to ask.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// List segments, archived segments and snapshots.
    Ls {
        /// The journal.
        #[command(flatten)]
        place: Place,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Verify every byte: checksums, order, chain. Nothing is executed; `forecastle replay` does.
    Verify {
        /// The journal.
        #[command(flatten)]
        place: Place,
    },
    /// Print records as JSON lines or CSV.
    ///
    /// Example: forecastle journal dump DATA --account 7 --type Trade --format csv
    Dump {
        /// The journal.
        #[command(flatten)]
        place: Place,
        /// Which records.
        #[command(flatten)]
        filter: Filter,
        /// How they are printed.
        #[arg(long, value_enum, default_value = "jsonl")]
        format: dump::Format,
    },
    /// Books and balances as they were behind a position.
    At {
        /// The journal.
        #[command(flatten)]
        place: Place,
        /// Position; the state is that behind the last record that ends there or before.
        #[arg(value_name = "POSITION")]
        position: u64,
    },
    /// The life of an order, and why it did or did not fill.
    Explain {
        /// The journal.
        #[command(flatten)]
        place: Place,
        /// The exchange's order id, as reports give it.
        #[arg(long, value_name = "ID")]
        order: u64,
    },
    /// The first record in which two journals part.
    Diff {
        /// One journal.
        #[arg(value_name = "A")]
        left: PathBuf,
        /// The other.
        #[arg(value_name = "B")]
        right: PathBuf,
    },
    /// Write records in a form that other programs read.
    Export {
        /// The form.
        #[command(subcommand)]
        form: Form,
    },
    /// Copy what verifies of a damaged journal into a new data folder; the original stays.
    Salvage {
        /// The journal.
        #[command(flatten)]
        place: Place,
        /// Folder to make; it must not exist.
        #[arg(value_name = "NEWDATA")]
        target: PathBuf,
    },
    /// Make a snapshot at the end of a journal that no exchange writes: before an upgrade.
    Snapshot {
        /// The data folder.
        #[command(flatten)]
        place: Place,
    },
}

/// A form that other programs read.
#[derive(Clone, Debug, Subcommand)]
pub enum Form {
    /// A capture file for Wireshark, tshark and tcpdump: Aeron frames in UDP datagrams.
    ///
    /// Commands go from port 20132 on stream 1011, record headers and effects to port 20133 on
    /// stream 1012; the Aeron session is the session that sent the command.
    ///
    /// Example: forecastle journal export pcap DATA --output - | tshark -r - --enable-heuristic
    /// aeron_udp
    Pcap {
        /// The journal.
        #[command(flatten)]
        place: Place,
        /// Which records.
        #[command(flatten)]
        filter: Filter,
        /// File to write, over one that is there; - for standard output.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// Answers.
///
/// # Errors
/// The journal cannot be read or is damaged, or output fails.
pub fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Ls { place, json } => list::run(place, *json),
        Command::Verify { place } => verify::run(place),
        Command::Dump { place, filter, format } => dump::run(place, filter, *format),
        Command::At { place, position } => state_at::run(place, *position),
        Command::Explain { place, order } => explain::run(place, *order),
        Command::Diff { left, right } => diff::run(left, right),
        Command::Export { form: Form::Pcap { place, filter, output } } => {
            capture::run(place, filter, output)
        }
        Command::Salvage { place, target } => salvage::run(place, target),
        Command::Snapshot { place } => salvage::snapshot(place),
    }
}

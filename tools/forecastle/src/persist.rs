//! `forecastle persist`: writes the journal of an exchange as a process of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use forecastle_node::{Attachment, Config, PersistProcess};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::exit::{Failure, Outcome};
use crate::serve::classified;

/// What the command line says of a persister.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Data folder of the exchange.
    #[arg(long, value_name = "DIR", default_value = "forecastle-data")]
    pub data: PathBuf,
    /// Configuration over the built-in defaults: the exchange's.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Key of the journal's chain. Without it, DATA/journal.key.
    #[arg(long, value_name = "FILE")]
    pub chain_key: Option<PathBuf>,
}

/// Waits for an exchange, writes its journal until that is ended, and ends with it. A first signal
/// ends a persister that waits; one that writes goes on, since its exchange would stop with it.
///
/// # Errors
/// The journal or the log cannot be used, or the journal cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let config = match &arguments.config {
        Some(path) => Config::read(path).context(Failure::Usage)?,
        None => Config::default(),
    };
    let data = arguments.data.canonicalize();
    let data = data.with_context(|| format!("data folder {}", arguments.data.display()))?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The second signal finds the flag raised and ends the process at once.
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, stop.clone())?;
        signal_hook::flag::register(signal, stop.clone())?;
    }
    println!("waiting       for an exchange on {}", data.display());
    let mut process = loop {
        if stop.load(Ordering::Acquire) {
            return Ok(Outcome::Done);
        }
        let attached = PersistProcess::attach(&config, &data, arguments.chain_key.as_deref());
        if let Some(process) = attached.map_err(classified)? {
            break process;
        }
        std::thread::sleep(LOOK_PERIOD);
    };
    println!("persisting    {} from position {}", process.backend().name, process.start_position());
    if let Some(denied) = &process.backend().denied {
        println!("note          io_uring is denied ({denied}): the journal is written blocking");
    }
    follow(&mut process, &stop)?;
    println!("ended         at position {}", process.progress().durable_position());
    process.stop()?;
    Ok(Outcome::Done)
}

fn follow(process: &mut PersistProcess, stop: &AtomicBool) -> anyhow::Result<()> {
    let (mut is_told, mut is_orphaned) = (false, false);
    loop {
        match process.check() {
            Attachment::Ended => return Ok(()),
            Attachment::Failed => bail!("the journal could not be ended"),
            Attachment::Orphaned if !is_orphaned => {
                is_orphaned = true;
                println!("orphaned      the exchange is gone; writing what it left in the log");
            }
            Attachment::Orphaned | Attachment::Running => {}
        }
        if !is_told && stop.load(Ordering::Acquire) {
            is_told = true;
            println!("note          stop the exchange; a second signal ends this and stops it");
        }
        std::thread::sleep(LOOK_PERIOD);
    }
}

const LOOK_PERIOD: Duration = Duration::from_millis(10);

//! `forecastle serve`: an exchange until it is told to stop, and what every profile shares.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use forecastle_client::ReadyFile;
use forecastle_node::{Config, DataFolder, Exchange, RecoveryError, StartError};
use forecastle_persister_disk::JournalError;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::exit::{Failure, Outcome, of_recovery};
use crate::status::{StatusLine, start_screen};

/// What the command line says of an exchange.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of its files.
    pub data: PathBuf,
    /// Configuration file.
    pub config: Option<PathBuf>,
    /// Where to write its addresses.
    pub ready_file: Option<PathBuf>,
    /// Key of the journal's chain, when it is not in the data folder.
    pub chain_key: Option<PathBuf>,
}

/// Runs a plain exchange until SIGINT or SIGTERM.
///
/// # Errors
/// It cannot be started, or stops by itself.
pub fn run(options: &Options) -> anyhow::Result<Outcome> {
    let mut running = Running::start(options, "serve")?;
    running.announce(options.ready_file.as_deref())?;
    while running.waits_for_signal() {
        running.show_status();
    }
    running.stop()?;
    Ok(Outcome::Done)
}

/// A started exchange with its screen and signals.
pub struct Running {
    /// What it was configured with.
    pub config: Config,
    /// Its files.
    pub folder: DataFolder,
    exchange: Exchange,
    status: StatusLine,
    stop: Arc<AtomicBool>,
    profile: &'static str,
    ready_file: Option<PathBuf>,
    next_status: Instant,
}

impl Running {
    /// Reads configuration and keys and starts the exchange; prints nothing yet.
    ///
    /// # Errors
    /// Configuration, folder, keys or addresses cannot be used.
    pub fn start(options: &Options, profile: &'static str) -> anyhow::Result<Self> {
        let config = match &options.config {
            Some(path) => Config::read(path).context(Failure::Usage)?,
            None => Config::default(),
        };
        let folder = DataFolder::open(&options.data)?;
        // One that an earlier run left names addresses that are not ours.
        if let Some(path) = &options.ready_file {
            remove_ready_file(path)?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The second signal finds the flag raised and ends the process at once.
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, stop.clone())?;
            signal_hook::flag::register(signal, stop.clone())?;
        }
        let started = Exchange::start(&config, &folder, options.chain_key.as_deref());
        let exchange = started.map_err(classified)?;
        let status = StatusLine::new();
        let next_status = Instant::now() + STATUS_PERIOD;
        let ready_file = options.ready_file.clone();
        Ok(Self { config, folder, exchange, status, stop, profile, ready_file, next_status })
    }

    /// Where the exchange is, for a client.
    #[must_use]
    pub fn ready(&self) -> ReadyFile {
        let addresses = self.exchange.addresses();
        ReadyFile {
            pid: std::process::id(),
            order_entry: addresses.order_entry,
            reports: addresses.reports,
            market_data: addresses.market_data,
            log_stream: addresses.log_stream,
            shared_log_stream: addresses.shared_log_stream,
            keys: self.folder.keys_path(),
            version: env!("CARGO_PKG_VERSION").to_string(),
        }
    }

    /// Prints the start screen, then writes the ready file.
    ///
    /// # Errors
    /// The ready file cannot be written.
    pub fn announce(&self, ready_file: Option<&Path>) -> anyhow::Result<()> {
        start_screen(&self.config, self.profile, &self.ready(), &self.exchange);
        if let Some(path) = ready_file {
            self.ready().write(path)?;
        }
        Ok(())
    }

    /// Sleeps until the next status is due; false once a signal came or the exchange stopped.
    #[must_use]
    pub fn waits_for_signal(&mut self) -> bool {
        loop {
            if self.must_stop() {
                return false;
            }
            let now = Instant::now();
            if now >= self.next_status {
                self.next_status = now + STATUS_PERIOD;
                return true;
            }
            std::thread::sleep(SIGNAL_PERIOD.min(self.next_status - now));
        }
    }

    /// Whether a signal came or the exchange stopped by itself.
    #[must_use]
    pub fn must_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire) || !self.exchange.is_running()
    }

    /// Flag that a signal raises, for other threads.
    #[must_use]
    pub fn stop_flag(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// Prints or rewrites the status line.
    pub fn show_status(&mut self) {
        self.status.show(self.exchange.activity());
    }

    /// Stops the exchange and prints totals and digests.
    ///
    /// # Errors
    /// An agent had stopped by a defect.
    pub fn stop(mut self) -> anyhow::Result<()> {
        if let Some(path) = &self.ready_file {
            remove_ready_file(path)?;
        }
        let activity = self.exchange.activity();
        let totals = self.exchange.stop()?;
        self.status.finish(activity, &totals, (self.profile == "demo").then_some(&self.config));
        Ok(())
    }
}

/// Removes the ready file, if there is one.
fn remove_ready_file(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

/// A journal that cannot be trusted, or not by this build, has exit codes of its own.
pub(crate) fn classified(error: StartError) -> anyhow::Error {
    match error {
        StartError::Recovery(error @ RecoveryError::Journal(JournalError::Folder(_))) => {
            error.into()
        }
        StartError::Recovery(error) => of_recovery(error),
        StartError::Journal(error @ JournalError::Folder(_)) => error.into(),
        StartError::Journal(error) => anyhow::Error::new(error).context(Failure::Damaged),
        error => error.into(),
    }
}

const STATUS_PERIOD: Duration = Duration::from_secs(1);
const SIGNAL_PERIOD: Duration = Duration::from_millis(20);

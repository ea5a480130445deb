//! The persister as a process of its own, attached to the log of an exchange on the same machine.
//!
//! Exchange and persister live and die together, as they do in one process: when the persister ends
//! the exchange stops and acknowledges nothing more, and when the exchange dies the persister takes
//! what the log still holds to disk, ends the journal and then itself. What was acknowledged is on
//! disk either way.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use forecastle_persister_disk::{
    BackendInUse, JournalError, JournalFolder, PersisterConfig, Progress, recover,
};
use forecastle_runtime::agent::{AgentRunner, PinError, Shutdown};

use crate::config::{Config, Journal};
use crate::exchange::{SHARD, idle_strategy};
use crate::journal_writer::{open_persister, persister_config};
use crate::shared_log::SharedLog;
use crate::start_error::{StartError, StopError};

/// A persister at work for an exchange.
#[derive(Debug)]
pub struct PersistProcess {
    shared: SharedLog,
    backend: BackendInUse,
    start_position: u64,
    shutdown: Shutdown,
    thread: Option<JoinHandle<Result<(), PinError>>>,
    /// When the exchange was found dead, and with what the journal must be ended.
    orphaned_until: Option<Instant>,
}

/// How things stand with the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// It writes.
    Running,
    /// It writes the rest of an exchange that died.
    Orphaned,
    /// The journal is ended.
    Ended,
    /// The persister stopped by itself.
    Failed,
}

impl PersistProcess {
    /// Attaches to the exchange that runs on the data folder; none while there is no exchange that
    /// waits for a persister.
    ///
    /// # Errors
    /// The log cannot be mapped, the journal not be recovered or written, or it does not end where
    /// the log begins.
    pub fn attach(
        config: &Config,
        data: &Path,
        chain_key: Option<&Path>,
    ) -> Result<Option<Self>, StartError> {
        let Some(shared) = SharedLog::find(&config.journal.log_path(data))? else {
            return Ok(None);
        };
        if shared.progress.is_ready() {
            return Ok(None);
        }
        let folder = JournalFolder::open(data, chain_key).map_err(JournalError::from)?;
        let end = recover(&folder, SHARD, |_| {})?.end;
        let journal = Journal { segment_bytes: shared.segment_bytes(), ..config.journal.clone() };
        let settings = PersisterConfig {
            level: shared.level(),
            ..persister_config(&journal, shared.progress.clone())
        };
        let start_position = end.point.position;
        let persister = open_persister(&folder, &settings, &end, &shared.region)?;
        let backend = persister.backend().clone();
        let shutdown = Shutdown::new();
        let idle = idle_strategy(config)?;
        let mut runner = AgentRunner::new(vec![Box::new(persister)], idle, shutdown.clone());
        if let Some(cpu) = config.threads.persister_cpu {
            runner = runner.pinned_to(cpu);
        }
        let thread = runner.spawn("persister").map_err(StartError::Thread)?;
        shared.take_persister().map_err(StartError::Thread)?;
        let thread = Some(thread);
        Ok(Some(Self { shared, backend, start_position, shutdown, thread, orphaned_until: None }))
    }

    /// Where it goes on.
    #[must_use]
    pub fn start_position(&self) -> u64 {
        self.start_position
    }

    /// What it writes with.
    #[must_use]
    pub fn backend(&self) -> &BackendInUse {
        &self.backend
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.shared.progress
    }

    /// Looks how things stand; ends the journal of an exchange that died.
    pub fn check(&mut self) -> Attachment {
        if self.shared.progress.is_closed() {
            return Attachment::Ended;
        }
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Attachment::Failed;
        }
        match self.orphaned_until {
            Some(deadline) if Instant::now() > deadline => Attachment::Failed,
            Some(_) => Attachment::Orphaned,
            None if self.shared.is_exchange_alive() => Attachment::Running,
            None => {
                self.orphaned_until = Some(Instant::now() + ORPHAN_PATIENCE);
                // It writes no more, so what the log holds is all.
                self.shared.progress.request_close();
                Attachment::Orphaned
            }
        }
    }

    /// Stops the thread of a journal that is ended.
    ///
    /// # Errors
    /// The thread could not be pinned or stopped by a defect.
    pub fn stop(mut self) -> Result<(), StopError> {
        self.shutdown.request();
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Err(error))) => Err(StopError::Pin(error)),
            Some(Err(_)) => Err(StopError::Defect),
            _ => Ok(()),
        }
    }
}

/// How long the rest of a dead exchange's log may take to get to disk.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(60);

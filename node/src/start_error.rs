//! Why an exchange does not start, and how it fails.

use std::path::PathBuf;

use forecastle_persister_disk::JournalError;
use forecastle_runtime::agent::PinError;
use forecastle_runtime::layout::LayoutError;
use forecastle_transport_udp::UdpError;

use crate::recovery::RecoveryError;
use crate::shared_log::SharedLogError;

/// Why an exchange does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A socket cannot be bound.
    #[error("{what} ({key}): {source}")]
    Socket {
        /// Which socket.
        what: &'static str,
        /// Configuration key of its address.
        key: &'static str,
        /// Why.
        source: UdpError,
    },
    /// A limit is outside its range.
    #[error("limits: {message}")]
    Limits {
        /// What is wrong.
        message: String,
    },
    /// Ring or log cannot be laid out.
    #[error("ring or log: {0}")]
    Layout(#[from] LayoutError),
    /// The journal cannot be opened or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal does not give the state back.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The clock is wrong.
    #[error(
        "the wall clock is {behind_ms} ms behind the last record of the journal: set the clock"
    )]
    ClockBehind {
        /// By how much, milliseconds.
        behind_ms: u64,
    },
    /// The keys cannot be used.
    #[error("keys: {0}")]
    Keys(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The log cannot be shared with the process that is to write the journal.
    #[error(transparent)]
    SharedLog(#[from] SharedLogError),
    /// That process did not come.
    #[error(
        "no persister came within {seconds} s: start `forecastle persist --data {data}` with the \
         same configuration, or set journal.persister to \"agent\""
    )]
    NoPersister {
        /// The data folder.
        data: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The system gives no thread.
    #[error("a thread cannot be started: {0}")]
    Thread(std::io::Error),
}

/// How an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// A thread could not be put on its CPU.
    #[error("{0}")]
    Pin(PinError),
    /// An agent broke one of its own rules; the reason is on standard error.
    #[error("the exchange stopped by a defect of its own")]
    Defect,
    /// The process that wrote the journal ended.
    #[error("the persister's process ended; nothing more was acknowledged")]
    Persister,
    /// The journal was not ended in time.
    #[error("the journal was not ended in time; what was acknowledged is on disk")]
    Journal,
}

//! Puts the agents of Forecastle together and on cores.
//!
//! [`Exchange`] is a whole exchange in this process, [`Config`] what can be set, [`DataFolder`]
//! its files. The only crate that knows all the others.

#![forbid(unsafe_code)]

mod activity;
mod channel;
mod config;
mod data_folder;
mod exchange;
mod gateways;
mod history;
mod journal_writer;
mod memory;
mod persist;
mod process_identity;
mod record;
mod recovery;
mod replayer;
mod sequencer;
mod shared_log;
mod snapshots;
mod start_error;

pub use activity::{Activity, ActivityReader};
pub use channel::Channel;
pub use config::{
    Config, ConfigFileError, DEMO_KEYS, Demo, Journal, Limits, Network, Placement, Threads,
};
pub use data_folder::{DataFolder, DataFolderError};
pub use exchange::{Addresses, Agents, Exchange, JournalStatus, NetworkStatus};
pub use history::History;
pub use memory::{MemoryStatus, PagesInUse};
pub use persist::{Attachment, PersistProcess};
pub use record::write_record;
pub use recovery::{
    Recovered, RecoveryError, RecoveryStatistics, explained, load, recover_exchange, replay_to,
    resume,
};
pub use replayer::{Difference, RecordPart, ReplayError, Replayer};
pub use sequencer::{Sequencer, Totals};
pub use shared_log::SharedLogError;
pub use snapshots::{Pace, make_snapshot, make_snapshot_at};
pub use start_error::{StartError, StopError};

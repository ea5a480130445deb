//! Puts the agents of Forecastle together and on cores.
//!
//! [`Exchange`] is a whole exchange in this process, [`Config`] what can be set, [`DataFolder`]
//! its files. The only crate that knows all the others.

#![forbid(unsafe_code)]

mod activity;
mod config;
mod data_folder;
mod exchange;
mod gateways;
mod sequencer;

pub use activity::{Activity, ActivityReader};
pub use config::{Config, ConfigFileError, DEMO_KEYS, Demo, Limits, Network, Placement, Threads};
pub use data_folder::{DataFolder, DataFolderError};
pub use exchange::{Addresses, Agents, Exchange, StartError, StopError};
pub use sequencer::{Sequencer, Totals};

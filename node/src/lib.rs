//! Puts the agents of Forecastle together and on cores.

#![forbid(unsafe_code)]

mod config;

pub use config::{Config, ConfigFileError, DEMO_KEYS, Demo, Limits, Network, Placement, Threads};

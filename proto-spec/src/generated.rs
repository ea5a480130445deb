//! The schema as Rust: one module for each section.
//!
//! Generated from the schema by `cargo xtask codegen`.

mod administration;
mod catalogue;
mod domain;
mod execution;
mod layout;
mod log;
mod market_data;
mod market_state;
mod order_entry;
mod quotes;
mod reference_odds;
mod session;
mod state;

pub use administration::*;
pub use catalogue::*;
pub use domain::*;
pub use execution::*;
pub use layout::{LAYOUTS, block_length, group_layout};
pub use log::*;
pub use market_data::*;
pub use market_state::*;
pub use order_entry::*;
pub use quotes::*;
pub use reference_odds::*;
pub use session::*;
pub use state::*;

/// Schema id in every message header.
pub const SCHEMA_ID: u16 = 17987;
/// Schema version in every message header.
pub const SCHEMA_VERSION: u16 = 0;

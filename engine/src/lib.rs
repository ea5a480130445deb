//! The deterministic matching engine and ledger of Forecastle.
//!
//! One [`Engine`] holds all state of a shard: accounts, positions, books, sessions. It takes one
//! command at a time, as the bytes that came in, and appends its effects as messages; the same
//! commands give the same effects and digests on every machine. What each command does is written
//! in `docs/engine-rules.md`, message by message.
//!
//! Pure: no clock, no thread, no socket, no float, no random map. Nothing allocates after
//! [`Engine::new`], and every command does a bounded amount of work. [`ladder`] can be used alone.

#![forbid(unsafe_code)]
#![deny(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]

mod account_limits;
mod accounts;
mod administration;
mod apply;
mod blocks;
mod cancel;
mod cancel_on_halt;
mod catalogue;
mod client_order_ids;
mod collars;
mod config;
mod configuration;
mod cross_outcome;
mod determination;
mod disconnects;
mod effect_buffer;
mod engine;
mod entitlements;
mod event_parameters;
mod events;
mod exposure;
mod fees;
mod in_play_delay;
mod invariants;
mod kill_switch;
pub mod ladder;
mod ledger;
mod limit_checks;
mod look_ahead;
mod market_digest;
mod mass_quote;
mod mass_status;
mod matching;
mod memory_table;
mod new_order;
mod order_detail;
mod order_status;
mod order_table;
mod plain_cancel;
mod plain_order;
mod plain_replace;
mod planted_fault;
mod protection;
mod quote_definitions;
mod quote_protection;
mod quote_sets;
mod reference_odds;
mod replace;
mod session_commands;
mod sessions;
mod settlement;
mod snapshot;
mod state_digest;
mod state_reports;
mod sweeps;
mod tick_tables;
mod timer_tick;
mod timers;
mod trade;
mod views;
mod work;

pub use apply::CommandInput;
pub use config::{ConfigError, EngineConfig};
pub use configuration::{ConfigurationError, RULES_VERSION};
pub use effect_buffer::EffectBuffer;
pub use engine::{Engine, Requester};
pub use fees::fee_per_lot;
pub use look_ahead::LookAhead;
pub use memory_table::{MemoryUse, OrderPart, RestingOrderLength};
#[cfg(feature = "planted-faults")]
pub use planted_fault::{PlantedFault, keep_to_long_way, plant};
pub use snapshot::{SNAPSHOT_VERSION, SnapshotError};
pub use views::{AccountView, BookOrder, BookView, EntitlementView, SessionView};

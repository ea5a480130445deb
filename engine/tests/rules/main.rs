//! The engine rules, rule by rule, through `apply` and the bytes it writes.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod administration_precedence;
mod buying_power;
mod cancel_on_halt;
mod cancels;
mod catalogue;
mod client_order_ids;
mod collars;
mod configuration;
mod cross_outcome;
mod determination;
mod digests;
mod disconnects;
mod event_parameters;
mod exposure_places;
mod guards;
mod in_play_delay;
mod known_bugs;
mod life_cycle;
mod limits;
mod mass_status;
mod matching;
#[cfg(feature = "planted-faults")]
mod moved_quotes;
mod order_slots;
mod order_status;
mod order_terms;
mod pending_orders;
mod plain_ways;
mod precedence;
mod protection;
mod quote_precedence;
mod quote_terms;
mod quotes;
mod reference_odds;
mod rejects;
mod replaces;
mod sessions;
mod settlement;
mod snapshot_bytes;
mod snapshots;
mod state_reports;
mod sweep_steps;
mod tick_tables;
mod timers;
mod turns;
mod whole_state;
mod world;

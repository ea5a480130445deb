//! The journal on real files: both back ends, rolls, archive, reader, locks.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;
mod files;
mod persister;

//! Benchmarks of Forecastle: what is measured, on which machine, and how it is written down.
//!
//! Each benchmark is a function that takes its sizes and gives tables, so that a test runs all of
//! them at a tiny size; the binaries choose the sizes, print, and keep. All figures are integers
//! in the unit that ends their name. Which processors, which commit and how disturbed the machine
//! was stands beside every figure.

#![forbid(unsafe_code)]

pub mod callgrind;
pub mod command_line;
pub mod engine;
pub mod hiccups;
pub mod host;
pub mod journal;
pub mod log_buffer;
pub mod measurement;
pub mod random;
pub mod recovery;
pub mod report;
pub mod ring;
pub mod sequencing;
pub mod wire;

pub use forecastle_benches_rig::{pair, stopwatch};

//! The journal's core against whole journals in memory: what it writes, what it believes, and what
//! is left when the power goes at any moment.

#![allow(clippy::unwrap_used)]

mod archive;
mod crash;
mod cut;
mod damage;
mod disk;
mod frames;
mod golden;
mod mutants;
mod random;
mod sample;
mod snapshot;
mod torn;
mod world;
mod writer;

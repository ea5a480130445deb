//! What every hot thread of Forecastle stands on: memory that is there before the first message,
//! rings and the log buffer between threads and processes, agents and how they idle, and counters
//! that another process can read.
//!
//! Everything is allocated in constructors. After that nothing here allocates, locks, formats or
//! blocks, save [`agent::IdleStrategy::Park`] and the end of [`agent::IdleStrategy::Backoff`].
//! Unsafe code is confined to `memory`, which hands out bounds-checked access, to `circle`, which
//! checks its bounds once, and to the few blocks of `ring` and `log_buffer` that turn a committed
//! record into a slice.

pub mod agent;
pub mod board;
pub mod clock;
pub mod counters;
pub mod layout;
pub mod log_buffer;
pub mod memory;
pub mod ring;

mod circle;
mod slot;
mod sync;

#[cfg(not(target_endian = "little"))]
compile_error!("records and messages are little-endian in memory and on the wire");

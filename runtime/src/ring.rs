//! A single-producer, single-consumer ring of variable-length records, between two threads or two
//! processes.
//!
//! Records are published by their commit word, so a hop moves the record's own cache lines and no
//! index line. A record that does not fit before the end of the ring is preceded by padding.
//!
//! # Layout
//! Little-endian, by offsets from the start of the region:
//!
//! | offset | bytes | what |
//! |--:|--:|---|
//! | 0 | 24 | magic, complete flag, capacity ([`crate::layout`]) |
//! | 128 | 8 | tail: bytes ever published, padding included; written by the producer |
//! | 136 | 8 | 1 while a producer is attached |
//! | 256 | 8 | head: bytes ever consumed; written by the consumer |
//! | 264 | 8 | 1 while a consumer is attached |
//! | 4096 | capacity | slots |
//!
//! A slot begins on a 64-byte boundary:
//!
//! | offset | bytes | what |
//! |--:|--:|---|
//! | 0 | 4 | length of header and payload, 24..=65,528; for padding the whole slot |
//! | 4 | 4 | kind of the record; [`KIND_PADDING`] is the ring's own |
//! | 8 | 8 | session |
//! | 16 | 8 | time, ns |
//! | 24 | length − 24 | payload, 8-aligned |
//!
//! The first 8 bytes are the commit word. The producer stores it last, with Release; the consumer
//! loads it with Acquire. The producer zeroes the commit word of the next slot before it stores
//! one, so that old payload is never taken for a commit word; one slot line beyond the tail is
//! therefore always kept free. The consumer gives space back by storing `head` with Release after
//! it is done with a whole batch; the producer writes into a slot only after it has seen with
//! Acquire a head that is past it.

mod consumer;
#[cfg(test)]
#[cfg(loom)]
mod model;
mod producer;

pub use consumer::{Consumer, Oldest};
pub use producer::{Claim, Producer};

use crate::layout::{self, CONTROL_LENGTH, LayoutError};
use crate::memory::Region;
use crate::slot::slot_length;

/// Lays a ring of `capacity` bytes out in a fresh region and takes both its ends.
///
/// `capacity` is a power of two from [`CAPACITY_MIN`] to [`CAPACITY_MAX`].
///
/// # Errors
/// When the capacity is not allowed, or the region is too short or already holds a structure.
pub fn create(region: Region, capacity: usize) -> Result<(Producer, Consumer), LayoutError> {
    lay_out(&region, capacity)?;
    let producer = Producer::attach(region.clone())?;
    Ok((producer, Consumer::attach(region)?))
}

/// Lays a ring out in a fresh region without taking an end: for ends that other processes take.
///
/// # Errors
/// As [`create`].
pub fn lay_out(region: &Region, capacity: usize) -> Result<(), LayoutError> {
    if !capacity.is_power_of_two() || !(CAPACITY_MIN..=CAPACITY_MAX).contains(&capacity) {
        return Err(LayoutError::Capacity { found: capacity });
    }
    layout::begin(region, MAGIC, capacity as u64, region_length(capacity))?;
    layout::complete(region);
    Ok(())
}

/// Length in bytes of the region that a ring of `capacity` bytes takes.
#[must_use]
pub const fn region_length(capacity: usize) -> usize {
    CONTROL_LENGTH + capacity
}

/// What travels with a payload. The ring does not look into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordHeader {
    /// The reader's key to the payload; any value but [`KIND_PADDING`].
    pub kind: u32,
    /// The session the record belongs to, as the two ends agree.
    pub session: u64,
    /// A time in ns, as the two ends agree (of receipt, as a rule).
    pub time_ns: u64,
}

/// Checks the control block and returns the capacity in bytes.
fn attach(region: &Region) -> Result<usize, LayoutError> {
    let capacity = usize::try_from(layout::attach(region, MAGIC)?).unwrap_or(usize::MAX);
    if !capacity.is_power_of_two() || !(CAPACITY_MIN..=CAPACITY_MAX).contains(&capacity) {
        return Err(LayoutError::Capacity { found: capacity });
    }
    if region.length() < region_length(capacity) {
        let needed = region_length(capacity);
        return Err(LayoutError::TooShort { needed, found: region.length() });
    }
    Ok(capacity)
}

/// Bytes of the longest payload: one maximum datagram (65,504) in the smallest Aeron frame.
pub const PAYLOAD_LENGTH_MAX: usize = if cfg!(all(loom, test)) { 104 } else { 65_504 };
/// Smallest capacity in bytes: the longest record fits an empty ring wherever the tail stands.
pub const CAPACITY_MIN: usize = if cfg!(all(loom, test)) { 256 } else { 128 * 1024 };
/// Largest capacity in bytes.
pub const CAPACITY_MAX: usize = 1 << 30;
/// Most records that one [`Consumer::poll`] covers, and that [`Consumer::peek_further`] reaches.
pub const BATCH_LENGTH_MAX: usize = 256;
/// The kind of a record that fills the ring up to its end and carries nothing.
pub const KIND_PADDING: u32 = u32::MAX;

/// "FCRING" and the version of the layout.
const MAGIC: u64 = u64::from_le_bytes(*b"FCRING\0\x01");
const TAIL: usize = 128;
const PRODUCER_SEAT: usize = 136;
const HEAD: usize = 256;
const CONSUMER_SEAT: usize = 264;
const HEADER_LENGTH: usize = 24;
const SLOT_LENGTH_MAX: usize = slot_length(HEADER_LENGTH + PAYLOAD_LENGTH_MAX);

const _: () = assert!(2 * SLOT_LENGTH_MAX <= CAPACITY_MIN);
const _: () = assert!(CONSUMER_SEAT + 8 <= CONTROL_LENGTH);

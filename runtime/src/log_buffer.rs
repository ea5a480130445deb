//! The log: one writer, many readers, append-only, addressed by position.
//!
//! **Position** is the u64 count of record bytes since the shard's birth; the top 8 bits name the
//! shard. A record's position is that of its first byte. Records are multiples of 8 bytes long.
//! Slot headers, alignment and padding at the end of the buffer never count, so one input gives
//! one log whatever the capacity.
//!
//! Three kinds of reader:
//! - [`GatingReader`]: the writer waits for it, and it reads records in place (the persister and
//!   the in-process gateways);
//! - [`Reader`]: never waited for; it copies a record out and then checks that the writer had not
//!   come round, and is told ([`Overrun`]) when it had;
//! - both may be held back to the *released position* by [`Visibility::Released`].
//!
//! # Layout
//! Little-endian, by offsets from the start of the region. *Offset* in the table counts bytes of
//! slots ever written, padding included; a slot with offset x lies at byte 4096 + x % capacity.
//!
//! | byte | bytes | what | written by |
//! |--:|--:|---|---|
//! | 0 | 24 | magic, complete flag, capacity ([`crate::layout`]) | creator |
//! | 24 | 8 | number of gates, 0..=8 | creator |
//! | 32 | 8 | release: 0 on commit, 1 by gate | creator |
//! | 64 | 8 | reserved: no slot at or past this offset − capacity is being overwritten | writer |
//! | 128 | 8 | tail: offset of the open slot, the one that is written next | writer |
//! | 192 | 8 | released position | [`ReleaseGate`] |
//! | 200 | 8 | 1 while a [`ReleaseGate`] is attached | |
//! | 256 + 128 i | 8 | gate i: the offset its reader reads next | gating reader i |
//! | 264 + 128 i | 8 | 1 while gate i's reader is attached | |
//! | 4096 | capacity | slots | writer |
//!
//! A slot begins on a 64-byte boundary:
//!
//! | byte | bytes | what |
//! |--:|--:|---|
//! | 0 | 4 | length of the record, 8..=1,032,192; for padding the whole slot |
//! | 4 | 4 | tag: 1 record, 2 padding |
//! | 8 | 8 | position of the record; for padding that of the record after it |
//! | 16 | length | the record |
//!
//! The first 8 bytes are the commit word, stored last, with Release. The record's own header
//! (which the schema defines and the journal keeps) begins at byte 16 and is opaque here. Before
//! a commit word is stored, the next slot is made the *open slot*: commit word zero, position set.
//! So old bytes are never taken for a commit word, and whoever attaches at the open slot knows
//! its position.

mod gate;
mod gauge;
#[cfg(test)]
#[cfg(loom)]
mod model;
mod reader;
mod writer;

pub use gate::{GatingReader, ReleaseGate};
pub use gauge::LogGauge;
pub use reader::{Overrun, Reader};
pub use writer::{LogClaim, LogWriter};

use crate::layout::{self, CONTROL_LENGTH, LayoutError};
use crate::memory::Region;
use crate::slot::slot_length;

/// What a log buffer is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Bytes of slots, a power of two from [`CAPACITY_MIN`] to [`CAPACITY_MAX`].
    pub capacity: usize,
    /// Position of the first record: a multiple of 8, the shard in the top 8 bits.
    pub start_position: u64,
    /// Readers that the writer waits for, 0..=[`GATES_MAX`]. It waits from birth on, whether
    /// the reader has attached or not.
    pub gate_count: usize,
    /// What releases a record to readers with [`Visibility::Released`].
    pub release: Release,
}

/// What releases a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Its commit: the acknowledgement level `memory`.
    OnCommit,
    /// The released position that the holder of the [`ReleaseGate`] advances.
    Gate,
}

/// Which records a reader is handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// All that are committed: for the persister, which decides what is released.
    Committed,
    /// Only those whose end is at or below the released position: for whatever leaves the node.
    Released,
}

/// The shard that a position belongs to.
#[inline]
#[must_use]
pub const fn shard(position: u64) -> u8 {
    (position >> SHARD_SHIFT) as u8
}

/// The first position of a shard.
#[inline]
#[must_use]
pub const fn birth_position(shard: u8) -> u64 {
    (shard as u64) << SHARD_SHIFT
}

/// The last position of the shard of a position.
const fn last_position(position: u64) -> u64 {
    position | ((1 << SHARD_SHIFT) - 1)
}

/// Length in bytes of the region that a log buffer of `capacity` bytes takes.
#[must_use]
pub const fn region_length(capacity: usize) -> usize {
    CONTROL_LENGTH + capacity
}

/// The control block as a reader or gate found it.
#[derive(Clone, Copy, Debug)]
struct Layout {
    capacity: usize,
    gate_count: usize,
    release: Release,
}

impl Layout {
    fn create(region: &Region, config: &LogConfig) -> Result<Self, LayoutError> {
        use crate::sync::Ordering::Relaxed;
        let LogConfig { capacity, start_position, gate_count, release } = *config;
        check_capacity(capacity)?;
        assert!(start_position.is_multiple_of(8), "positions are multiples of 8");
        assert!(gate_count <= GATES_MAX, "a log buffer has at most GATES_MAX gates");
        layout::begin(region, MAGIC, capacity as u64, region_length(capacity))?;
        // Relaxed throughout: `complete` publishes the layout.
        region.word(GATE_COUNT).store(gate_count as u64, Relaxed);
        region.word(RELEASE).store(u64::from(release == Release::Gate), Relaxed);
        region.word(RELEASED).store(start_position, Relaxed);
        region.word(CONTROL_LENGTH + POSITION).store(start_position, Relaxed);
        layout::complete(region);
        Ok(Self { capacity, gate_count, release })
    }

    fn attach(region: &Region) -> Result<Self, LayoutError> {
        use crate::sync::Ordering::Relaxed;
        let capacity = usize::try_from(layout::attach(region, MAGIC)?).unwrap_or(usize::MAX);
        check_capacity(capacity)?;
        if region.length() < region_length(capacity) {
            let needed = region_length(capacity);
            return Err(LayoutError::TooShort { needed, found: region.length() });
        }
        // Relaxed: `layout::attach` synchronised with the maker of the layout.
        let gate_count = region.word(GATE_COUNT).load(Relaxed).min(GATES_MAX as u64) as usize;
        let by_gate = region.word(RELEASE).load(Relaxed) == 1;
        let release = if by_gate { Release::Gate } else { Release::OnCommit };
        Ok(Self { capacity, gate_count, release })
    }

    /// The byte of the region where the slot with this offset begins.
    #[inline]
    const fn slot(self, offset: u64) -> usize {
        CONTROL_LENGTH + (offset as usize & (self.capacity - 1))
    }
}

fn check_capacity(capacity: usize) -> Result<(), LayoutError> {
    if capacity.is_power_of_two() && (CAPACITY_MIN..=CAPACITY_MAX).contains(&capacity) {
        return Ok(());
    }
    Err(LayoutError::Capacity { found: capacity })
}

/// Whether a record may have this length in bytes.
#[inline]
const fn is_record_length(length: usize) -> bool {
    length > 0 && length <= RECORD_LENGTH_MAX && length.is_multiple_of(8)
}

/// Length of the slot of a record of `length` bytes.
#[inline]
const fn record_slot_length(length: usize) -> usize {
    slot_length(HEADER_LENGTH + length)
}

/// Longest record in bytes: what one command writes at most.
pub const RECORD_LENGTH_MAX: usize = if cfg!(all(loom, test)) { 48 } else { (1024 - 16) * 1024 };
/// Smallest capacity in bytes.
pub const CAPACITY_MIN: usize = if cfg!(all(loom, test)) { 128 } else { 4 * 1024 * 1024 };
/// Largest capacity in bytes.
pub const CAPACITY_MAX: usize = 1 << 32;
/// Most readers that one log buffer's writer waits for.
pub const GATES_MAX: usize = if cfg!(all(loom, test)) { 2 } else { 8 };

/// "FCLOG" and the version of the layout.
const MAGIC: u64 = u64::from_le_bytes(*b"FCLOG\0\0\x01");
const SHARD_SHIFT: u32 = 56;

const GATE_COUNT: usize = 24;
const RELEASE: usize = 32;
const RESERVED: usize = 64;
const TAIL: usize = 128;
const RELEASED: usize = 192;
const RELEASE_SEAT: usize = 200;
const GATES: usize = 256;
const GATE_STRIDE: usize = 128;
const GATE_SEAT: usize = 8;

/// Within a slot: the position word, and where the record begins.
const POSITION: usize = 8;
const HEADER_LENGTH: usize = 16;
const TAG_RECORD: u32 = 1;
const TAG_PADDING: u32 = 2;

const _: () = assert!(2 * record_slot_length(RECORD_LENGTH_MAX) <= CAPACITY_MIN);
const _: () = assert!(GATES + GATES_MAX * GATE_STRIDE <= CONTROL_LENGTH);

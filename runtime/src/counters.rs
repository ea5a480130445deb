//! Counters that another thread or process reads while the hot side runs.
//!
//! Registered at start under a label, then each owned by one writer that needs no atomic
//! read-modify-write.
//!
//! # Layout
//! Little-endian, by offsets from the start of the region:
//!
//! | offset | bytes | what |
//! |--:|--:|---|
//! | 0 | 24 | magic, complete flag, capacity in counters ([`crate::layout`]) |
//! | 24 | 8 | counters registered so far |
//! | 4096 + 128 i | 128 | counter i |
//!
//! A counter:
//!
//! | offset | bytes | what |
//! |--:|--:|---|
//! | 0 | 8 | value |
//! | 8 | 8 | length of the label in bytes, 1..=112 |
//! | 16 | 112 | label, UTF-8, zeros after it |

use core::fmt;

use zerocopy::IntoBytes;

use crate::layout::{self, CONTROL_LENGTH, LayoutError};
use crate::memory::Region;
use crate::sync::Ordering;

/// The registry, held by whoever starts the node.
#[derive(Debug)]
pub struct Counters {
    region: Region,
    capacity: usize,
    registered: usize,
}

impl Counters {
    /// Lays out room for `capacity` counters in a fresh region.
    ///
    /// # Errors
    /// When `capacity` is not in 1..=[`CAPACITY_MAX`], or the region is too short or already
    /// holds a structure.
    pub fn create(region: Region, capacity: usize) -> Result<Self, LayoutError> {
        if !(1..=CAPACITY_MAX).contains(&capacity) {
            return Err(LayoutError::Capacity { found: capacity });
        }
        layout::begin(&region, MAGIC, capacity as u64, region_length(capacity))?;
        layout::complete(&region);
        Ok(Self { region, capacity, registered: 0 })
    }

    /// Makes the next counter, at 0, and hands it to its one writer.
    ///
    /// # Errors
    /// When all counters are taken, or the label is empty or longer than [`LABEL_LENGTH_MAX`].
    pub fn register(&mut self, label: &str) -> Result<Counter, RegisterError> {
        if self.registered == self.capacity {
            return Err(RegisterError::Full { capacity: self.capacity });
        }
        if label.is_empty() || label.len() > LABEL_LENGTH_MAX {
            return Err(RegisterError::Label { length: label.len() });
        }
        let index = self.registered;
        let entry = entry(index);
        let mut words = [0_u64; LABEL_LENGTH_MAX / 8];
        words.as_mut_bytes()[..label.len()].copy_from_slice(label.as_bytes());
        self.region.write_words(entry + LABEL, &words);
        self.region.word(entry + LABEL_LENGTH).store(label.len() as u64, Ordering::Relaxed);
        self.registered += 1;
        // Release pairs with the Acquire in `CountersReader::length`: the label happens before.
        self.region.word(REGISTERED).store(self.registered as u64, Ordering::Release);
        // Truncation cannot be: an index is below CAPACITY_MAX.
        Ok(Counter { region: self.region.clone(), value: entry, id: index as u32 })
    }
}

/// One counter, owned by its writer. Each call is a plain load and store, no allocation.
#[derive(Debug)]
pub struct Counter {
    region: Region,
    /// Byte of the region where the value is.
    value: usize,
    id: u32,
}

impl Counter {
    /// Adds one.
    #[inline]
    pub fn increment(&mut self) {
        self.add(1);
    }

    /// Adds `count`, wrapping at 2^64.
    #[inline]
    pub fn add(&mut self, count: u64) {
        self.set(self.value().wrapping_add(count));
    }

    /// Sets the value, for gauges.
    #[inline]
    pub fn set(&mut self, value: u64) {
        // Relaxed: a counter says nothing about other memory.
        self.region.word(self.value).store(value, Ordering::Relaxed);
    }

    /// The value.
    #[inline]
    #[must_use]
    pub fn value(&self) -> u64 {
        self.region.word(self.value).load(Ordering::Relaxed)
    }

    /// The number it is registered under, counted from 0 in order of registration.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }
}

/// Reads the counters of a region, as a rule from another process. Cold: labels are allocated.
#[derive(Debug)]
pub struct CountersReader {
    region: Region,
    capacity: usize,
}

impl CountersReader {
    /// Attaches to counters that somebody laid out.
    ///
    /// # Errors
    /// When the region holds no complete counters.
    pub fn attach(region: Region) -> Result<Self, LayoutError> {
        let capacity = usize::try_from(layout::attach(&region, MAGIC)?).unwrap_or(usize::MAX);
        if !(1..=CAPACITY_MAX).contains(&capacity) {
            return Err(LayoutError::Capacity { found: capacity });
        }
        if region.length() < region_length(capacity) {
            let needed = region_length(capacity);
            return Err(LayoutError::TooShort { needed, found: region.length() });
        }
        Ok(Self { region, capacity })
    }

    /// Counters registered so far; their ids are those below it.
    #[must_use]
    pub fn length(&self) -> usize {
        // Acquire pairs with the Release in `Counters::register`.
        let registered = self.region.word(REGISTERED).load(Ordering::Acquire);
        usize::try_from(registered).unwrap_or(usize::MAX).min(self.capacity)
    }

    /// The value of counter `id`, or `None` when it is not registered.
    #[must_use]
    pub fn value(&self, id: u32) -> Option<u64> {
        let entry = self.registered_entry(id)?;
        Some(self.region.word(entry).load(Ordering::Relaxed))
    }

    /// The label of counter `id`, or `None` when it is not registered. Bytes that are not UTF-8
    /// are replaced.
    #[must_use]
    pub fn label(&self, id: u32) -> Option<String> {
        let entry = self.registered_entry(id)?;
        let mut words = [0_u64; LABEL_LENGTH_MAX / 8];
        self.region.read_words(entry + LABEL, &mut words);
        let length = self.region.word(entry + LABEL_LENGTH).load(Ordering::Relaxed);
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(LABEL_LENGTH_MAX);
        Some(String::from_utf8_lossy(&words.as_bytes()[..length]).into_owned())
    }

    /// Id, label and value of every counter, by id.
    pub fn iter(&self) -> impl Iterator<Item = (u32, String, u64)> {
        (0..self.length() as u32).filter_map(|id| Some((id, self.label(id)?, self.value(id)?)))
    }

    fn registered_entry(&self, id: u32) -> Option<usize> {
        ((id as usize) < self.length()).then(|| entry(id as usize))
    }
}

/// Why a counter was not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// All counters are taken.
    Full {
        /// Counters there is room for.
        capacity: usize,
    },
    /// The label is empty or too long.
    Label {
        /// Its length in bytes.
        length: usize,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { capacity } => write!(formatter, "all {capacity} counters are taken"),
            Self::Label { length } => {
                write!(formatter, "a label has 1 to {LABEL_LENGTH_MAX} bytes, not {length}")
            }
        }
    }
}

impl core::error::Error for RegisterError {}

/// Length in bytes of the region that `capacity` counters take.
#[must_use]
pub const fn region_length(capacity: usize) -> usize {
    entry(capacity)
}

const fn entry(index: usize) -> usize {
    CONTROL_LENGTH + index * ENTRY_LENGTH
}

/// Most counters in one region.
pub const CAPACITY_MAX: usize = 65_536;
/// Longest label in bytes.
pub const LABEL_LENGTH_MAX: usize = ENTRY_LENGTH - LABEL;

/// "FCCOUNT" and the version of the layout.
const MAGIC: u64 = u64::from_le_bytes(*b"FCCOUNT\x01");
const REGISTERED: usize = 24;
/// Two cache lines, so that writers of neighbours do not share one, nor a prefetched pair.
const ENTRY_LENGTH: usize = 128;
const LABEL_LENGTH: usize = 8;
const LABEL: usize = 16;

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::{
        CAPACITY_MAX, Counters, CountersReader, LABEL_LENGTH_MAX, LayoutError, RegisterError,
        region_length,
    };
    use crate::memory::Region;

    #[test]
    fn values_and_labels_are_read_elsewhere() {
        let region = Region::anonymous(region_length(3));
        let mut counters = Counters::create(region.clone(), 3).unwrap();
        let reader = CountersReader::attach(region).unwrap();
        assert_eq!((reader.length(), reader.value(0)), (0, None));

        let longest = "x".repeat(LABEL_LENGTH_MAX);
        let mut received = counters.register("datagrams received").unwrap();
        let mut depth = counters.register(&longest).unwrap();
        received.increment();
        received.add(41);
        depth.set(7);
        depth.set(6);
        assert_eq!((received.value(), depth.value(), received.id(), depth.id()), (42, 6, 0, 1));
        let rows: Vec<_> = reader.iter().collect();
        assert_eq!(rows, [(0, "datagrams received".to_owned(), 42), (1, longest, 6)]);
        assert_eq!((reader.value(2), reader.label(u32::MAX)), (None, None));
    }

    #[test]
    fn full_tables_and_bad_labels_are_refused() {
        let mut counters = Counters::create(Region::anonymous(region_length(1)), 1).unwrap();
        assert_eq!(counters.register("").unwrap_err(), RegisterError::Label { length: 0 });
        let long = "x".repeat(LABEL_LENGTH_MAX + 1);
        assert_eq!(counters.register(&long).unwrap_err(), RegisterError::Label { length: 113 });
        counters.register("one").unwrap();
        assert_eq!(counters.register("two").unwrap_err(), RegisterError::Full { capacity: 1 });
    }

    #[test]
    fn layouts_are_checked() {
        for found in [0, CAPACITY_MAX + 1] {
            let refused = Counters::create(Region::anonymous(1), found).unwrap_err();
            assert_eq!(refused, LayoutError::Capacity { found });
        }
        let refused = CountersReader::attach(Region::anonymous(1)).unwrap_err();
        assert_eq!(refused, LayoutError::NotReady);
    }

    #[test]
    fn the_layout_is_as_documented() {
        let region = Region::anonymous(region_length(2));
        let mut counters = Counters::create(region.clone(), 2).unwrap();
        counters.register("a").unwrap();
        counters.register("bcd").unwrap().set(0x0102);
        let mut words = [0; 3];
        region.read_words(4096 + 128, &mut words);
        assert_eq!(words, [0x0102, 3, u64::from_le_bytes(*b"bcd\0\0\0\0\0")]);
    }
}

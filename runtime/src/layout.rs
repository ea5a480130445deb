//! How a structure takes possession of a region, how others attach to it, and the seats (roles
//! held by one owner at a time) inside.
//!
//! Every layout begins with a control block of [`CONTROL_LENGTH`] bytes. Its first line is:
//!
//! | offset | word |
//! |--:|---|
//! | 0 | magic: which structure this is; 0 in a region that holds none |
//! | 8 | 1 once the layout is complete |
//! | 16 | capacity (bytes, or entries for counters) |
//! | 24.. | the structure's own |

use core::fmt;

use crate::memory::Region;
use crate::sync::Ordering;

/// Writes the magic and capacity of a new layout; [`complete`] must follow.
///
/// # Errors
/// [`LayoutError::InUse`] when the region already holds a layout, [`LayoutError::TooShort`] when
/// it is shorter than `length`.
pub(crate) fn begin(
    region: &Region,
    magic: u64,
    capacity: u64,
    length: usize,
) -> Result<(), LayoutError> {
    if region.length() < length {
        return Err(LayoutError::TooShort { needed: length, found: region.length() });
    }
    // Relaxed: the exchange only decides who lays the region out; readers synchronise on READY.
    let claimed =
        region.word(MAGIC).compare_exchange(0, magic, Ordering::Relaxed, Ordering::Relaxed);
    if claimed.is_err() {
        return Err(LayoutError::InUse);
    }
    region.word(CAPACITY).store(capacity, Ordering::Relaxed);
    Ok(())
}

/// Declares the layout complete: others may attach from here on.
pub(crate) fn complete(region: &Region) {
    // Release pairs with the Acquire load in `attach`: who sees 1 sees the whole layout.
    region.word(READY).store(1, Ordering::Release);
}

/// Checks that the region holds a complete layout of kind `magic` and returns its capacity.
///
/// # Errors
/// [`LayoutError::NotReady`] or [`LayoutError::WrongKind`].
pub(crate) fn attach(region: &Region, magic: u64) -> Result<u64, LayoutError> {
    // Acquire pairs with the Release store in `complete`.
    if region.word(READY).load(Ordering::Acquire) != 1 {
        return Err(LayoutError::NotReady);
    }
    if region.word(MAGIC).load(Ordering::Relaxed) != magic {
        return Err(LayoutError::WrongKind);
    }
    Ok(region.word(CAPACITY).load(Ordering::Relaxed))
}

/// A role in a structure that one owner holds at a time, across threads and processes. Given up
/// on drop; an owner that dies without dropping keeps it, and the region must be made anew.
#[derive(Debug)]
pub(crate) struct Seat {
    region: Region,
    offset: usize,
}

impl Seat {
    /// Takes the seat whose word is at `offset`.
    ///
    /// # Errors
    /// [`LayoutError::SeatTaken`] when somebody holds it.
    pub(crate) fn take(region: &Region, offset: usize) -> Result<Self, LayoutError> {
        // Acquire pairs with the Release store in `drop`: the next owner sees all that the last
        // one did.
        if region.word(offset).swap(1, Ordering::Acquire) != 0 {
            return Err(LayoutError::SeatTaken);
        }
        Ok(Self { region: region.clone(), offset })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Release pairs with the Acquire swap in `take`.
        self.region.word(self.offset).store(0, Ordering::Release);
    }
}

/// Why a region was not laid out or attached to. Operational: told to whoever starts the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// The region is shorter than the structure.
    TooShort {
        /// Bytes the structure takes, control block included.
        needed: usize,
        /// Bytes the region has.
        found: usize,
    },
    /// The capacity is not a power of two, or outside the structure's bounds.
    Capacity {
        /// The refused capacity.
        found: usize,
    },
    /// The region already holds a structure.
    InUse,
    /// The region holds nothing yet, or its maker has not finished.
    NotReady,
    /// The region holds a structure of another kind, or of another version of this crate.
    WrongKind,
    /// Another owner holds the role (producer, consumer, gate) asked for.
    SeatTaken,
    /// The structure has no gate with this index.
    NoSuchGate {
        /// The refused index.
        index: usize,
    },
    /// The log releases on commit and has no release gate.
    NoReleaseGate,
}

impl fmt::Display for LayoutError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { needed, found } => {
                write!(formatter, "the region has {found} bytes, the structure takes {needed}")
            }
            Self::Capacity { found } => {
                write!(formatter, "{found} is no allowed capacity (a power of two within bounds)")
            }
            Self::InUse => formatter.write_str("the region already holds a structure"),
            Self::NotReady => formatter.write_str("the region holds no complete structure"),
            Self::WrongKind => formatter.write_str("the region holds a structure of another kind"),
            Self::SeatTaken => formatter.write_str("another owner holds this role"),
            Self::NoSuchGate { index } => write!(formatter, "there is no gate {index}"),
            Self::NoReleaseGate => formatter.write_str("the log releases on commit"),
        }
    }
}

impl core::error::Error for LayoutError {}

/// Length in bytes of the control block at the start of every layout.
pub const CONTROL_LENGTH: usize =
    if cfg!(all(loom, test)) { 512 } else { crate::memory::PAGE_LENGTH };

const MAGIC: usize = 0;
const READY: usize = 8;
const CAPACITY: usize = 16;

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::{CONTROL_LENGTH, LayoutError, Seat, attach, begin, complete};
    use crate::memory::Region;

    #[test]
    fn a_region_is_laid_out_once_and_attached_when_complete() {
        let region = Region::anonymous(CONTROL_LENGTH);
        assert_eq!(attach(&region, 7), Err(LayoutError::NotReady));
        let too_long = begin(&region, 7, 5, CONTROL_LENGTH + 1);
        assert!(matches!(too_long, Err(LayoutError::TooShort { .. })));
        assert_eq!(begin(&region, 7, 5, CONTROL_LENGTH), Ok(()));
        assert_eq!(begin(&region, 7, 5, CONTROL_LENGTH), Err(LayoutError::InUse));
        assert_eq!(attach(&region, 7), Err(LayoutError::NotReady));
        complete(&region);
        assert_eq!(attach(&region, 7), Ok(5));
        assert_eq!(attach(&region, 8), Err(LayoutError::WrongKind));
    }

    #[test]
    fn a_seat_has_one_owner_at_a_time() {
        let region = Region::anonymous(CONTROL_LENGTH);
        let seat = Seat::take(&region, 64).unwrap();
        assert_eq!(Seat::take(&region, 64).unwrap_err(), LayoutError::SeatTaken);
        drop(seat);
        assert!(Seat::take(&region, 64).is_ok());
    }
}

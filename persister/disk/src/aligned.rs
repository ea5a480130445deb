//! Memory that direct I/O accepts.

use forecastle_persister::{SECTOR_LENGTH, Sector};
use zerocopy::{FromZeros as _, IntoBytes as _};

/// Whole sectors at a sector's address, zero at first.
#[derive(Debug)]
pub(crate) struct AlignedBuffer(Box<[Sector]>);

impl AlignedBuffer {
    /// At least `length` bytes.
    pub(crate) fn new(length: usize) -> Self {
        let count = length.div_ceil(SECTOR_LENGTH);
        Self(vec![Sector::new_zeroed(); count].into_boxed_slice())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.0.as_mut_bytes()
    }
}

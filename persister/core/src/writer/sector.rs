//! Memory that direct I/O accepts: whole sectors at sector-aligned addresses.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::layout::SECTOR_LENGTH;

/// One sector of memory, aligned to its size.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C, align(4096))]
pub struct Sector([u8; SECTOR_LENGTH]);

/// That many zeroed sectors in a row.
pub(super) fn sectors(count: usize) -> Box<[Sector]> {
    vec![Sector([0; SECTOR_LENGTH]); count].into_boxed_slice()
}

/// The bytes of sectors.
#[inline]
pub(super) fn sector_bytes(sectors: &[Sector]) -> &[u8] {
    sectors.as_bytes()
}

/// The bytes of sectors, to write.
#[inline]
pub(super) fn sector_bytes_mut(sectors: &mut [Sector]) -> &mut [u8] {
    sectors.as_mut_bytes()
}

const _: () = assert!(size_of::<Sector>() == align_of::<Sector>());

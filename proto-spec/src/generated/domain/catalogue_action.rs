//! Values of the enumeration `CatalogueAction`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// What a command of the catalogue does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CatalogueAction {
    /// There is none of this number yet.
    Define = 1,
    /// Other words for the one that there is.
    Update = 2,
}

impl CatalogueAction {
    /// Every value, in numerical order.
    pub const ALL: [Self; 2] = [Self::Define, Self::Update];
}

impl TryFrom<u8> for CatalogueAction {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Define),
            2 => Ok(Self::Update),
            _ => Err(UnknownValue),
        }
    }
}

impl From<CatalogueAction> for u8 {
    #[inline]
    fn from(value: CatalogueAction) -> Self {
        value as Self
    }
}

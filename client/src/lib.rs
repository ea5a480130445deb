//! Order-entry and market-data client of Forecastle.
//!
//! No runtime is needed: everything is driven by the caller's `poll`.

#![forbid(unsafe_code)]

mod book;
mod keys;
mod ready;

pub use book::{BookError, Books, Level, Market, Order};
pub use keys::{AccessKey, KeyFile, KeyFileError};
pub use ready::{ReadyFile, ReadyFileError};

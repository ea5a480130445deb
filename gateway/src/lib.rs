//! Order-entry sessions and the market-data publisher of Forecastle.
//!
//! The gateway stands between the network and the one sequenced log. Inwards it proves logins,
//! checks the form of every message and pushes it, bytes unchanged, into the engine's ring.
//! Outwards everything it sends is a projection of released log records: private reports to the
//! sessions concerned, and public market data to everybody. It holds no state that decides an
//! effect; what it caches it learnt from the log.
//!
//! The cores ([`SessionCore`], [`Reports`], [`MarketDataPacker`]) are pure: bytes and `now` in,
//! decisions and bytes out. The agents put them on sockets, ring and log.

#![forbid(unsafe_code)]

mod keys;
mod market_data;
mod record;
#[cfg(test)]
mod record_builder;
mod reports;
mod request;

pub use keys::{AccessKey, KeyTable, KeyTableError};
pub use market_data::MarketDataPacker;
pub use record::{Effects, Record};
pub use reports::{Recipient, Reports};

//! Order-entry and market-data client of Forecastle.
//!
//! [`OrderEntry`] is a session, [`MarketData`] a subscription, [`Books`] what a subscription adds
//! up to. Each is driven by the caller's `poll` on one thread; no runtime is needed and none is
//! started.
//!
//! ```no_run
//! use std::time::Duration;
//! use forecastle_client::{KeyFile, OnDisconnect, OrderEntry, OrderEntryOptions, ReadyFile};
//! use forecastle_proto_spec::{ExecutionReportNew, NewOrderSingle, Side};
//! use zerocopy::FromZeros;
//!
//! let ready = ReadyFile::read("ready.json".as_ref())?;
//! let key = KeyFile::read(&ready.keys)?.named("trader-1").expect("a key of ours").clone();
//! let options = OrderEntryOptions {
//!     order_entry: ready.order_entry,
//!     reports: ready.reports,
//!     interface: "127.0.0.1".parse()?,
//!     key,
//!     session_number: 0,
//!     keep_alive_interval_ms: 10_000,
//!     on_disconnect: OnDisconnect::KEEP,
//! };
//! let mut session = OrderEntry::connect(&options, Duration::from_secs(5))?;
//! let mut order = NewOrderSingle::new_zeroed();
//! order.cl_ord_id.set(1);
//! order.security_id.set(1);
//! order.account.set(1);
//! order.order_qty.set(100);
//! order.price.set(4_200);
//! order.side = Side::Buy.into();
//! session.send(&order)?;
//! loop {
//!     session.wait(Duration::from_millis(1));
//!     session.poll(|frame| {
//!         if let Some(report) = frame.body::<ExecutionReportNew>() {
//!             println!("order {:#x} works", report.order_id.get());
//!         }
//!     })?;
//! }
//! # #[allow(unreachable_code)]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod book;
mod keys;
mod log_stream;
mod login;
mod market_data;
mod order_entry;
mod random;
mod ready;
mod session_error;

pub use book::{BookError, Books, Level, Market, Order};
pub use keys::{AccessKey, KeyFile, KeyFileError};
pub use log_stream::{LogStream, LogStreamError};
pub use login::sign;
pub use market_data::{MarketData, Progress};
pub use order_entry::{OnDisconnect, OrderEntry, OrderEntryOptions, Resumption};
pub use ready::{ReadyFile, ReadyFileError};
pub use session_error::SessionError;

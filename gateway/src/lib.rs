//! Order-entry sessions and the market-data publisher of Forecastle.
//!
//! The gateway stands between the network and the one sequenced log. Inwards it proves logins,
//! checks the form of every message and pushes it, bytes unchanged, into the engine's ring.
//! Outwards everything it sends is a projection of released log records: private reports to the
//! sessions concerned, and public market data to everybody. It holds no state that decides an
//! effect; what it caches it learnt from the log.
//!
//! The cores ([`SessionCore`], [`project_reports`], [`MarketDataPacker`]) are pure: bytes and `now`
//! in, decisions and bytes out. The agents put them on sockets, ring and log.

#![forbid(unsafe_code)]

mod counter_list;
mod drain;
mod history_ports;
mod keys;
mod market_data;
mod order_entry;
mod publisher;
mod record;
#[cfg(test)]
mod record_builder;
mod reply_ids;
mod reports;
mod request;
mod retransmission;
mod session;
mod transport_counts;

pub use counter_list::{CounterList, LABEL_LENGTH_MAX};
pub use drain::Drain;
pub use history_ports::{HistoryJob, HistoryPorts, LogStreamJob, StreamTickets};
pub use keys::{AccessKey, KeyTable, KeyTableError};
pub use market_data::MarketDataPacker;
pub use order_entry::{
    BACKLOG_PATIENCE_NS, BUSY_FREE_DIVISOR, OrderEntryAgent, OrderEntryConfig, OrderEntryParts,
    RECORDS_PER_CALL_MAX, REQUEST_LENGTH_MAX,
};
pub use publisher::{
    BACK_PRESSURE_MAX_NS, HEARTBEAT_PERIOD_NS, MarketDataAgent, MarketDataConfig, MarketDataParts,
};
pub use record::{Effects, Record};
pub use reports::{Recipient, project_reports};
pub use retransmission::RetransmissionJob;
pub use session::{
    Action, BAD_MESSAGES_MAX, BindingId, Intake, LOGIN_TIMEOUT_NS, LOGIN_WINDOW_NS,
    MESSAGES_PER_CALL_MAX, Outbound, RETRANSMISSION_PATIENCE_NS, RestoredSession, SCAN_INTERVAL_NS,
    SessionCore, SessionCount, SessionCounters, TERMINATED_LINGER_NS,
};

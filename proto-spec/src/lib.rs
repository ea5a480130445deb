//! The wire contract of Forecastle: every message as a fixed-layout little-endian struct that is
//! also an SBE message of `schema/forecastle.xml`.
//!
//! Everybody who reads or writes Forecastle bytes goes through this crate: gateway, engine, client
//! and tools. It knows no socket, clock or thread, and it never trusts a byte: untrusted input
//! becomes a struct only through [`Frame::parse`] and [`Frame::body`].
//!
//! Money is in millionths, prices are ten-thousandths of the payout, quantities are lots of a
//! hundredth of a contract, so that one lot at price p costs exactly p millionths.

#![forbid(unsafe_code)]

mod describe;
mod digest;
mod generated;
mod group;
mod login;
mod message;
mod order_id;

pub use describe::describe;
pub use digest::Digest;
pub use generated::*;
pub use group::{
    EntryVisitor, GroupEntry, GroupHeader, GroupLayout, GroupValue, GroupedMessage,
    encode_with_group,
};
pub use login::{HMAC_LENGTH, signed_range};
pub use message::{
    FieldValue, Frame, FrameError, Message, MessageHeader, MessageLayout, UnknownValue, encode,
    whole_message,
};
pub use order_id::OrderId;

/// Payout of one lot whose state comes true, in millionths; also one above the highest price.
pub const PAYOUT: u16 = 10_000;
/// Lowest price of the grid, ten-thousandths of the payout.
pub const PRICE_MIN: u16 = 1;
/// Highest price of the grid, ten-thousandths of the payout.
pub const PRICE_MAX: u16 = 9_999;
/// Most states (markets) of one event.
pub const EVENT_MARKETS_MAX: usize = 64;
/// Bound on deposits less withdrawals, millionths; open interest is collateralised, so every sum
/// of money then fits an i64.
pub const DEPOSITS_MAX: i64 = 1 << 59;
/// Sessions of one access key: a session id is the key id times this, plus 0 to 15.
pub const SESSIONS_PER_KEY: u32 = 16;

/// The access key that a session belongs to; 0, which is none, for the exchange's own session.
#[inline]
#[must_use]
pub const fn access_key_of(session_id: u32) -> u32 {
    session_id / SESSIONS_PER_KEY
}
/// Bytes of the header that leads every message.
pub const MESSAGE_HEADER_LENGTH: usize = 8;
/// Most bytes of one log record.
pub const RECORD_LENGTH_MAX: usize = (1 << 20) - (16 << 10);
/// Reason of the status reports of markets that a jump of the reference odds paused.
pub const REFERENCE_JUMP_REASON: u16 = u16::MAX;

/// Bytes that a command of `length` bytes takes in a record: filled with zeros to a multiple of 8.
#[inline]
#[must_use]
pub const fn padded_command_length(length: usize) -> usize {
    // No slice is so long that this wraps.
    length.wrapping_add(7) & !7
}
/// Most effects of one `Continue` step.
pub const CONTINUE_EFFECTS_MAX: usize = 256;
/// Stream id of order entry requests (Aeron).
pub const ORDER_ENTRY_STREAM_ID: i32 = 1001;
/// Stream id of the private reports of a session (Aeron).
pub const REPORTS_STREAM_ID: i32 = 1002;
/// Stream id of market data on feed A (Aeron).
pub const MARKET_DATA_STREAM_ID: i32 = 1003;
/// Stream id of the log stream (Aeron).
pub const LOG_STREAM_ID: i32 = 1004;
/// The schema that everything here is made from.
pub const SCHEMA_XML: &str = include_str!("../schema/forecastle.xml");

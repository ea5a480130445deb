//! Replays a recorded Betfair market through a running exchange.
//!
//! The pure part reads a stream file ([`stream`], [`message`]), keeps what the source shows
//! ([`source`], [`ladder`]) and decides what to send so that the exchange shows the same
//! ([`plan`], [`resting`]). It knows no socket, clock or thread.

pub mod decimal;
pub mod ladder;
pub mod message;
pub mod plan;
pub mod resting;
pub mod source;
pub mod stream;
pub mod survey;

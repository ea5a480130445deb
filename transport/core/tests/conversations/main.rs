//! Both ends of the protocol in one thread and virtual time: what is said, what is delivered, and
//! what is not sent. Every random run prints its seed.
#![allow(clippy::unwrap_used)]

mod amplification;
mod crafted;
mod fleet;
mod flow_control;
mod gap_hold;
mod group_flow_control;
mod loss_report;
mod lossy;
mod malformed;
mod matrix;
mod multi_destination;
mod network;
mod receive_rules;
mod response_channel;
mod revocation;
mod stream_life;

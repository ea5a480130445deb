//! Sockets for the Forecastle transport: non-blocking UDP over IPv4 and IPv6, in batches both ways,
//! with segmentation offload where the kernel has it ([`Offload`]).
//! A channel moves datagrams and knows nothing of frames; the endpoints of `forecastle-transport`
//! do. Nothing is allocated after a channel is opened.
//!
//! One duty cycle over a channel and its endpoint:
//!
//! ```
//! use std::net::SocketAddr;
//!
//! use forecastle_transport::{ReceiveConfig, ReceiveEndpoint};
//! use forecastle_transport_udp::{SocketBuffers, UdpChannel};
//!
//! let buffers = SocketBuffers::for_window(128 * 1024);
//! let mut channel = UdpChannel::unicast("127.0.0.1:0".parse::<SocketAddr>()?, buffers)?;
//! println!("order entry on {}", channel.local_address());
//! let mut endpoint = ReceiveEndpoint::new(ReceiveConfig::untrusted(&[7], 99, 1));
//!
//! let now_ns = 0; // a monotonic clock
//! channel.receive(|source, datagram| endpoint.on_datagram(now_ns, source, datagram));
//! endpoint.poll(now_ns, 16, |_image, _delivery| {});
//! channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An agent that parks calls [`wait_readable`] with all its channels when a cycle did nothing.

mod buffers;
mod channel;
mod control;
mod error;
mod incoming;
mod interface;
mod kernel;
mod multicast;
mod offload;
mod outgoing;
mod socket_options;
mod wait;

pub use buffers::SocketBuffers;
pub use channel::{TRANSMIT_DATAGRAMS_MAX, UdpChannel, UdpCounters};
pub use error::UdpError;
pub use incoming::Arrival;
pub use offload::Offload;
pub use wait::{WAIT_CHANNELS_MAX, wait_readable};

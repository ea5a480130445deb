//! The Aeron UDP protocol, version 0, as pure state machines: bytes, addresses and `now_ns` in,
//! datagrams and messages out. No socket, clock, thread or float inside; after construction nothing
//! is allocated. Sockets are in `forecastle-transport-udp`.
//!
//! Two state machines, one per side of a socket:
//!
//! * [`SendEndpoint`] owns publications: `offer` messages to them.
//! * [`ReceiveEndpoint`] owns images: `poll` messages from them.
//!
//! `now_ns` is monotonic and the same clock for all calls. One duty cycle of either:
//!
//! ```
//! use std::net::SocketAddr;
//! use forecastle_transport::{
//!     Delivery, Destination, ImageEvent, PublicationConfig, PublicationNews, ReceiveConfig,
//!     ReceiveEndpoint, SendConfig, SendEndpoint,
//! };
//!
//! let (here, there): (SocketAddr, SocketAddr) =
//!     ("127.0.0.1:1000".parse()?, "127.0.0.1:2000".parse()?);
//! let mut sender = SendEndpoint::new(SendConfig::unicast(1, 65536));
//! let publication = sender.add_publication(&PublicationConfig {
//!     stream_id: 7,
//!     session_id: 4711,
//!     initial_term_id: -3,
//!     destination: Destination::Address(there),
//!     response_requested: false,
//! }).expect("the pool has one");
//! let mut receiver = ReceiveEndpoint::new(ReceiveConfig::untrusted(&[7], 99, 1));
//!
//! let mut buffer = [0; 2048];
//! let mut received = 0;
//! for elapsed_ms in 0..100 {
//!     let now_ns = elapsed_ms * 1_000_000;
//!     // Where the socket would be: what one writes, the other takes.
//!     while let Some(transmit) = sender.poll_transmit(now_ns, &mut buffer) {
//!         assert_eq!(transmit.destination, there);
//!         receiver.on_datagram(now_ns, here, &buffer[..transmit.length]);
//!     }
//!     while let Some(event) = receiver.poll_event() {
//!         assert!(matches!(event, ImageEvent::Available(image) if image.session_id == 4711));
//!     }
//!     received += receiver.poll(now_ns, 16, |_image, delivery| match delivery {
//!         Delivery::Message { payload, .. } => assert_eq!(payload, b"hello"),
//!         Delivery::GapSkipped { .. } => unreachable!("no gap is given up without a hold"),
//!     });
//!     while let Some(transmit) = receiver.poll_transmit(now_ns, &mut buffer) {
//!         sender.on_datagram(now_ns, there, &buffer[..transmit.length]);
//!     }
//!     while let Some(event) = sender.poll_event() {
//!         if event.news == PublicationNews::Connected {
//!             sender.offer(publication, b"hello").expect("just connected");
//!         }
//!     }
//! }
//! assert_eq!(received, 1);
//! # Ok::<(), std::net::AddrParseError>(())
//! ```
//!
//! # Channel URIs
//! A [`ChannelUri`] parses `aeron:udp?endpoint=…|…`; its [`ChannelUri::publication`] and
//! [`ChannelUri::subscription`] say which socket to open and put their settings over the defaults.
//!
//! # Multicast
//! The sender's [`Destination::Address`] is the data group, its socket hears the control group
//! ([`control_address`]). The receiver's socket hears the data group, its
//! [`ReceiveConfig::control_address`] is the control group.
//!
//! # Multi-destination
//! A sender to [`Destination::Multi`] copies every datagram to the addresses added by
//! [`SendEndpoint::add_destination`] and to receivers that registered themselves from an IP allowed
//! by [`SendEndpoint::permit_destinations`]. A receiver registers by [`ReceiveEndpoint::register`]
//! with the address of the sender's socket.
//!
//! # Response channels (private replies)
//! Server, with a receive endpoint for requests and a send endpoint on the reports socket:
//! 1. [`ImageEvent::Available`] with `response_requested`: draw a random reply session id, open a
//!    publication with it and [`Destination::Response`] with the image's IP, then
//!    [`ReceiveEndpoint::offer_response`].
//! 2. The login on the request image is proven: [`ReceiveEndpoint::prove`] its source and
//!    [`SendEndpoint::prove_response`]. Before that nothing is sent to the reply address.
//! 3. [`PublicationNews::Connected`] of the reply publication:
//!    [`ReceiveEndpoint::response_connected`], and replies can be offered.
//!
//! Client, with a send endpoint for requests and a receive endpoint on a second socket whose
//! `peer` is the server's reports address: open the request publication with `response_requested`;
//! on [`PublicationNews::ResponseSetup`] call [`ReceiveEndpoint::expect_response`] with that
//! session, the reply stream id and the reports address.
//!
//! # Amplification
//! An untrusted receive endpoint never sends an address more bytes than came from it, until
//! [`ReceiveEndpoint::prove`]; a send endpoint sends to configured or proven destinations only, and
//! serves NAKs of accepted receivers only, within a byte budget.
#![forbid(unsafe_code)]

// The virtual-time matrix runs in unit tests, too, where faults can be planted.
#[cfg(test)]
extern crate self as forecastle_transport;
#[cfg(test)]
#[path = "../tests/conversations/fleet.rs"]
mod fleet;

mod assembler;
mod channel_uri;
pub mod counters;
pub mod credit;
mod destinations;
pub mod frame;
mod group;
mod image;
pub mod limits;
mod loss_detector;
mod loss_report;
mod planted;
pub mod position;
mod publication;
mod random;
mod receive_buffer;
mod receive_config;
mod receive_endpoint;
mod receivers;
mod retransmit;
mod send_buffer;
mod send_endpoint;
mod session_index;
mod setup_requests;
mod slot_bitmap;

use std::net::SocketAddr;

pub use channel_uri::{
    ChannelBind, ChannelSocket, ChannelUri, ChannelUriError, ControlMode, PublicationChannel,
    PublicationTarget, StreamPlace, SubscriptionChannel,
};
pub use counters::{Counters, DropCause};
pub use destinations::DestinationsFull;
pub use group::control_address;
pub use image::{Delivery, UnavailableReason};
pub use loss_report::{LossEpisode, LossOutcome};
pub use publication::{OfferError, PublicationNews};
pub use random::Random;
pub use receive_config::ReceiveConfig;
pub use receive_endpoint::{
    ImageDescription, ImageEvent, ImageId, ReceiveEndpoint, TRANSMIT_LENGTH_MAX,
};
pub use receivers::FlowControl;
pub use send_endpoint::{
    AddError, Destination, PublicationConfig, PublicationEvent, PublicationId, SendConfig,
    SendEndpoint,
};

/// A datagram that an endpoint wrote into the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where it is to be sent.
    pub destination: SocketAddr,
    /// Its bytes are the first `length` of the buffer.
    pub length: usize,
}

#[inline]
fn put(frame: &[u8], buffer: &mut [u8]) -> usize {
    buffer[..frame.len()].copy_from_slice(frame);
    frame.len()
}

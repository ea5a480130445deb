//! What a receive endpoint is made of.

use std::net::SocketAddr;

use crate::limits::{FRAME_ALIGNMENT, NAK_DELAY_UNICAST_NS, WINDOW_LENGTH_DEFAULT};

/// Settings of a [`ReceiveEndpoint`](crate::ReceiveEndpoint); [`Self::memory_length`] says what
/// they cost.
#[derive(Clone, Debug)]
pub struct ReceiveConfig {
    /// Streams that images are made for; frames of others are dropped.
    pub stream_ids: Vec<i32>,
    /// For multicast: the control group, where all answers go (see
    /// [`control_address`](crate::control_address)).
    pub control_address: Option<SocketAddr>,
    /// The only address that anything is taken from, when known beforehand.
    pub peer: Option<SocketAddr>,
    /// Answers need no credit: the addresses they go to were configured (a client's endpoint).
    pub is_trusted: bool,
    /// Random number that names this endpoint to senders.
    pub receiver_id: i64,
    /// Decides the randomised NAK delays of groups.
    pub random_seed: u64,
    /// Size of the pool.
    pub images_max: usize,
    /// Images that one source address may have.
    pub images_per_source_max: usize,
    /// Source addresses whose credit is remembered.
    pub sources_max: usize,
    /// Receiver window: a multiple of 32 from 2 KiB to 1 GiB; each stream gets at most half its
    /// term. The socket's receive buffer must be at least as long.
    pub window_length: u32,
    /// Longest message delivered; longer ones are dropped and counted.
    pub message_length_max: usize,
    /// Give up a gap that was not repaired for this long; `None` waits for ever. With 0 no repair
    /// is asked for: an unreliable subscription.
    pub gap_hold_ns: Option<u64>,
    /// From a gap to its first NAK; a hundred times as long to each following one. Unicast only:
    /// groups draw their delays.
    pub nak_delay_ns: u64,
    /// Carried in every answer, for senders whose flow control counts the receivers of one tag.
    pub group_tag: Option<i64>,
}

impl ReceiveConfig {
    /// A server's endpoint, open to strangers under the credit rule: 64 images, 16 per address,
    /// 1024 addresses, window 128 KiB, messages to 16 KiB, no gap given up.
    pub fn untrusted(stream_ids: &[i32], receiver_id: i64, random_seed: u64) -> Self {
        Self {
            stream_ids: stream_ids.to_vec(),
            control_address: None,
            peer: None,
            is_trusted: false,
            receiver_id,
            random_seed,
            images_max: 64,
            images_per_source_max: 16,
            sources_max: 1024,
            window_length: WINDOW_LENGTH_DEFAULT,
            message_length_max: 16 * 1024,
            gap_hold_ns: None,
            nak_delay_ns: NAK_DELAY_UNICAST_NS,
            group_tag: None,
        }
    }

    /// Bytes that an endpoint of this takes for its images: window, message and two bits for each
    /// 32 bytes of window.
    pub fn memory_length(&self) -> u64 {
        let ring_length = self.window_length.next_power_of_two() as usize;
        let bitmaps_length = 2 * ring_length / FRAME_ALIGNMENT / 8;
        let image_length = ring_length + bitmaps_length + self.message_length_max;
        self.images_max as u64 * image_length as u64
    }

    /// A client's endpoint that hears one configured server address: 4 images.
    pub fn peer(stream_ids: &[i32], receiver_id: i64, random_seed: u64, peer: SocketAddr) -> Self {
        Self {
            peer: Some(peer),
            is_trusted: true,
            images_max: 4,
            images_per_source_max: 4,
            sources_max: 1,
            ..Self::untrusted(stream_ids, receiver_id, random_seed)
        }
    }

    /// A client's endpoint that hears a multicast group and answers to its control group: 4 images.
    pub fn group(
        stream_ids: &[i32],
        receiver_id: i64,
        random_seed: u64,
        control_address: SocketAddr,
    ) -> Self {
        Self {
            control_address: Some(control_address),
            is_trusted: true,
            images_max: 4,
            images_per_source_max: 4,
            sources_max: 1,
            ..Self::untrusted(stream_ids, receiver_id, random_seed)
        }
    }
}

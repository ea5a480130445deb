//! What every fuzz target does with its input: both roles of the transport, in the middle of a
//! conversation, are fed the datagrams that the input describes. Nothing may panic, and what one
//! datagram sets off is bounded. Tests on a stable compiler replay the corpus through the same.
//!
//! Input is a row of steps: a byte of flags, a byte of length, and the bytes of the datagram. The
//! length counts 8 bytes each; what the input lacks is zeros.
#![allow(dead_code)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use forecastle_transport::limits::WINDOW_LENGTH_MIN;
use forecastle_transport::{
    ChannelUri, Delivery, Destination, FlowControl, PublicationConfig, PublicationId,
    ReceiveConfig, ReceiveEndpoint, SendConfig, SendEndpoint,
};

/// Feeds the datagrams of `input`; with a frame type every one is made of that type.
pub fn conversation(frame_type: Option<i16>, input: &[u8]) {
    let mut ends = Ends::new();
    let mut rest = input;
    for _ in 0..STEPS_MAX {
        let Some((&[flags, length], behind)) = rest.split_first_chunk() else { break };
        let length = 8 * usize::from(length);
        let (bytes, behind) = behind.split_at(length.min(behind.len()));
        rest = behind;
        let mut datagram = bytes.to_vec();
        datagram.resize(length, 0);
        if let Some(frame_type) = frame_type {
            shape(&mut datagram, frame_type, flags);
        }
        ends.step(flags, &datagram);
    }
}

/// Parses the input as a channel URI and asks for both ends of it.
pub fn channel_uri(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let uri = match text.parse::<ChannelUri>() {
        Ok(uri) => uri,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    if let Ok(channel) = uri.publication() {
        let mut config = SendConfig::multicast(1, 65536, 1);
        channel.configure(&mut config);
        if let Ok(position) = channel.start_position(&config) {
            assert!(position.is_multiple_of(32));
        }
    }
    if let Ok(channel) = uri.subscription() {
        channel.configure(&mut ReceiveConfig::untrusted(&[STREAM], 1, 1));
    }
}

/// Gives the datagram its type, and the names and length of a true one where the flags say so.
fn shape(datagram: &mut [u8], frame_type: i16, flags: u8) {
    let length = datagram.len() as i32;
    if let Some(kind) = datagram.get_mut(6..8) {
        kind.copy_from_slice(&frame_type.to_le_bytes());
    }
    if flags & TRUE_VERSION != 0
        && let Some(version) = datagram.get_mut(4)
    {
        *version = 0;
    }
    if flags & TRUE_LENGTH != 0
        && let Some(field) = datagram.get_mut(..4)
    {
        field.copy_from_slice(&length.to_le_bytes());
    }
    if flags & TRUE_NAMES != 0 {
        // DATA, PAD and SETUP have an offset in front of the names.
        let start = if [0, 1, 5].contains(&frame_type) { 12 } else { 8 };
        if let Some(names) = datagram.get_mut(start..start + 8) {
            names[..4].copy_from_slice(&SESSION.to_le_bytes());
            names[4..].copy_from_slice(&STREAM.to_le_bytes());
        }
    }
}

/// A sender and two receivers that know it: one that repairs, one that gives up.
struct Ends {
    now_ns: u64,
    sender: SendEndpoint,
    publication: PublicationId,
    receivers: [ReceiveEndpoint; 2],
    buffer: Vec<u8>,
}

impl Ends {
    fn new() -> Self {
        let flow_control = FlowControl::Tagged { group_tag: 5, group_size_min: 0 };
        let mut sender =
            SendEndpoint::new(SendConfig { flow_control, ..SendConfig::unicast(1, 65536) });
        let publication = sender.add_publication(&PublicationConfig {
            stream_id: STREAM,
            session_id: SESSION,
            initial_term_id: INITIAL_TERM_ID,
            destination: Destination::Address(RECEIVER),
            response_requested: true,
        });
        let receiver = |gap_hold_ns, group_tag| {
            ReceiveEndpoint::new(ReceiveConfig {
                images_max: 3,
                images_per_source_max: 3,
                sources_max: 2,
                window_length: WINDOW_LENGTH_MIN,
                message_length_max: 1024,
                gap_hold_ns,
                group_tag,
                ..ReceiveConfig::untrusted(&[STREAM], 42, 1)
            })
        };
        let mut ends = Self {
            now_ns: 0,
            sender,
            publication: publication.expect("the pool has one"),
            receivers: [receiver(None, None), receiver(Some(1_000_000), Some(5))],
            buffer: vec![0; 65536],
        };
        ends.exchange();
        ends.exchange();
        ends
    }

    /// The sender's datagrams to the receivers, and the first one's answers back.
    fn exchange(&mut self) {
        self.now_ns += 1_000_000;
        let _refused = self.sender.offer(self.publication, &[7; 200]);
        while let Some(sent) = self.sender.poll_transmit(self.now_ns, &mut self.buffer) {
            for receiver in &mut self.receivers {
                receiver.on_datagram(self.now_ns, SENDER, &self.buffer[..sent.length]);
            }
        }
        let receiver = &mut self.receivers[0];
        while receiver.poll_event().is_some() {}
        while let Some(sent) = receiver.poll_transmit(self.now_ns, &mut self.buffer) {
            self.sender.on_datagram(self.now_ns, RECEIVER, &self.buffer[..sent.length]);
        }
        while self.sender.poll_event().is_some() {}
    }

    fn step(&mut self, flags: u8, datagram: &[u8]) {
        self.now_ns += STEP_NS[usize::from(flags & 3)];
        let stranger = flags & STRANGER != 0;
        let (from_receiver, from_sender) =
            if stranger { (NOBODY, NOBODY) } else { (RECEIVER, SENDER) };
        let _refused = self.sender.offer(self.publication, &[7; 200]);
        self.sender.on_datagram(self.now_ns, from_receiver, datagram);
        while self.sender.poll_event().is_some() {}
        let mut sent_count = 0;
        while let Some(sent) = self.sender.poll_transmit(self.now_ns, &mut self.buffer) {
            sent_count += 1;
            assert!(sent_count < 1000, "a datagram sets off at most a window and a budget");
            assert!(sent.length <= 1408 && sent.destination == RECEIVER);
        }
        for receiver in &mut self.receivers {
            receiver.on_datagram(self.now_ns, from_sender, datagram);
            while receiver.poll_event().is_some() {}
            let frame_count = receiver.poll(self.now_ns, 10_000, |_, delivery| {
                if let Delivery::GapSkipped { from_position, to_position } = delivery {
                    assert!(from_position < to_position);
                }
            });
            assert!(frame_count <= 3 * WINDOW_LENGTH_MIN as usize / 32 + 3, "a window each");
            let mut answer_count = 0;
            while receiver.poll_transmit(self.now_ns, &mut self.buffer).is_some() {
                answer_count += 1;
                assert!(answer_count < 30, "some answers for each image");
            }
            assert!(receiver.loss_episodes().count() <= 64 + 3);
        }
    }
}

const STREAM: i32 = 1001;
const SESSION: i32 = 777_777;
const INITIAL_TERM_ID: i32 = i32::MAX - 1;
const SENDER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1000);
const RECEIVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2000);
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
const STEPS_MAX: usize = 64;
/// What the two lowest flags let pass before a step.
const STEP_NS: [u64; 4] = [0, 200_000, 250_000_000, 11_000_000_000];
const STRANGER: u8 = 4;
const TRUE_VERSION: u8 = 8;
const TRUE_LENGTH: u8 = 16;
const TRUE_NAMES: u8 = 32;

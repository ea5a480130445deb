//! Packs market-data messages into packets, each led by a `MarketDataPacket`.
//!
//! A packet's log position is the end of the last record that is wholly in it or before it. A
//! packet is handed out when the next message does not fit, or when the caller asks: so several
//! records share a packet, and a record longer than a packet spans several.

use std::mem::offset_of;

use forecastle_proto_spec::{
    EVENT_FLAGS_END_OF_EVENT, EventDefinition, LimitsBanding, MESSAGE_HEADER_LENGTH,
    MarketDataPacket, MarketSettlement, Message, OrderDelete, OrderExecuted, OrderPut, OrderReduce,
    OutcomeTrade, SecurityDefinition, SecurityStatus, encode,
};
use zerocopy::FromZeros;

use super::{MarketDataMessage, project_effect};
use crate::record::Record;

/// The packet being filled.
#[derive(Debug)]
pub struct MarketDataPacker {
    /// One packet of the greatest length; the header's room comes first.
    buffer: Box<[u8]>,
    length: usize,
    message_count: u16,
    channel: u8,
    packet_seq_num: u32,
    /// End of the last record that was taken whole.
    log_position: u64,
    /// Log position of the last packet handed out.
    told_position: u64,
    sending_time_ns: u64,
}

impl MarketDataPacker {
    /// A packer of packets of at most `packet_length_max` bytes: the transport's MTU less its data
    /// header.
    ///
    /// # Panics
    /// When a packet would not hold its header and the longest message.
    #[must_use]
    pub fn new(channel: u8, packet_length_max: usize, log_position: u64) -> Self {
        assert!(
            packet_length_max >= HEADER_LENGTH + MESSAGE_LENGTH_MAX,
            "a packet holds a message"
        );
        Self {
            buffer: vec![0; packet_length_max].into_boxed_slice(),
            length: HEADER_LENGTH,
            message_count: 0,
            channel,
            packet_seq_num: 0,
            log_position,
            told_position: log_position,
            sending_time_ns: 0,
        }
    }

    /// Takes a whole record; packets that became full go to `emit`. The last message of the record
    /// is marked as the end of its event. O(effects); no allocation.
    ///
    /// # Panics
    /// When the record holds anything but whole messages.
    #[inline]
    pub fn push(&mut self, record: &Record<'_>, mut emit: impl FnMut(&[u8])) {
        self.sending_time_ns = record.header.sequencing_time_ns.get();
        let mut last_flags = None;
        for (position, effect) in record.effects() {
            project_effect(position, &effect, |message| {
                last_flags = Some(self.append(message, &mut emit));
            });
        }
        // The record's last message lies in the packet at hand: it is handed out only for room for
        // another message.
        if let Some(offset) = last_flags {
            self.buffer[offset] |= EVENT_FLAGS_END_OF_EVENT;
        }
        self.log_position = record.end_position();
    }

    /// Hands the packet at hand to `emit` when it would tell anything new: messages, or a log
    /// position.
    #[inline]
    pub fn flush(&mut self, emit: impl FnMut(&[u8])) {
        if self.message_count > 0 || self.log_position != self.told_position {
            self.hand_out(emit);
        }
    }

    /// Hands the packet at hand to `emit` whatever it holds: a heartbeat when it is empty.
    pub fn heartbeat(&mut self, emit: impl FnMut(&[u8])) {
        self.hand_out(emit);
    }

    /// End of the last record taken.
    #[must_use]
    pub fn log_position(&self) -> u64 {
        self.log_position
    }

    /// Appends a message and gives the place of its flags in the buffer.
    #[inline]
    fn append(&mut self, message: &MarketDataMessage, emit: &mut impl FnMut(&[u8])) -> usize {
        match message {
            MarketDataMessage::OrderPut(body) => self.put(body, offset_of!(OrderPut, flags), emit),
            MarketDataMessage::OrderReduce(body) => {
                self.put(body, offset_of!(OrderReduce, flags), emit)
            }
            MarketDataMessage::OrderDelete(body) => {
                self.put(body, offset_of!(OrderDelete, flags), emit)
            }
            MarketDataMessage::OrderExecuted(body) => {
                self.put(body, offset_of!(OrderExecuted, flags), emit)
            }
            MarketDataMessage::EventDefinition(body) => {
                self.put(body, offset_of!(EventDefinition, flags), emit)
            }
            MarketDataMessage::SecurityDefinition(body) => {
                self.put(body, offset_of!(SecurityDefinition, flags), emit)
            }
            MarketDataMessage::SecurityStatus(body) => {
                self.put(body, offset_of!(SecurityStatus, flags), emit)
            }
            MarketDataMessage::MarketSettlement(body) => {
                self.put(body, offset_of!(MarketSettlement, flags), emit)
            }
            MarketDataMessage::LimitsBanding(body) => {
                self.put(body, offset_of!(LimitsBanding, flags), emit)
            }
            MarketDataMessage::OutcomeTrade(body) => {
                self.put(body, offset_of!(OutcomeTrade, flags), emit)
            }
        }
    }

    #[inline]
    fn put<M: Message>(
        &mut self,
        body: &M,
        flags_offset: usize,
        emit: &mut impl FnMut(&[u8]),
    ) -> usize {
        if self.length + M::ENCODED_LENGTH > self.buffer.len() {
            self.hand_out(emit);
        }
        let start = self.length;
        let length = encode(body, &mut self.buffer[start..]).expect("an empty packet has room");
        self.length += length;
        self.message_count += 1;
        start + MESSAGE_HEADER_LENGTH + flags_offset
    }

    #[inline]
    fn hand_out(&mut self, mut emit: impl FnMut(&[u8])) {
        self.packet_seq_num = self.packet_seq_num.wrapping_add(1);
        let mut header = MarketDataPacket::new_zeroed();
        header.sending_time_ns.set(self.sending_time_ns);
        header.log_position.set(self.log_position);
        header.packet_seq_num.set(self.packet_seq_num);
        header.message_count.set(self.message_count);
        header.channel = self.channel;
        encode(&header, &mut self.buffer).expect("a packet has room for its header");
        emit(&self.buffer[..self.length]);
        self.told_position = self.log_position;
        self.length = HEADER_LENGTH;
        self.message_count = 0;
    }
}

/// Bytes of the message that leads a packet.
const HEADER_LENGTH: usize = MarketDataPacket::ENCODED_LENGTH;
/// Bytes of the longest market-data message.
const MESSAGE_LENGTH_MAX: usize = OrderPut::ENCODED_LENGTH;

const _: () = assert!(OrderExecuted::ENCODED_LENGTH <= MESSAGE_LENGTH_MAX);
const _: () = assert!(EventDefinition::ENCODED_LENGTH <= MESSAGE_LENGTH_MAX);
const _: () = assert!(OutcomeTrade::ENCODED_LENGTH <= MESSAGE_LENGTH_MAX);
const _: () = assert!(SecurityStatus::ENCODED_LENGTH <= MESSAGE_LENGTH_MAX);

//! What a publication sends: SETUP, answers to measurements, resent ranges, new data within the
//! receivers' window, heartbeats and the end of the stream, in this order of urgency.

use zerocopy::IntoBytes;
use zerocopy::little_endian::{I32, I64};

use super::{Publication, State};
use crate::counters::{Counters, DropCause};
use crate::frame::{
    DATA_EOS, DATA_REVOKED, DATA_UNFRAGMENTED, FrameHeader, RttFrame, SETUP_GROUP,
    SETUP_SEND_RESPONSE, SetupFrame, TYPE_RTT, TYPE_SETUP,
};
use crate::limits::{
    CONNECTION_TIMEOUT_NS, HEARTBEAT_INTERVAL_NS, HEARTBEAT_TAIL_NS, JOIN_HOLD_NS, REPEAT_FACTOR,
    SETUP_INTERVAL_NS,
};
use crate::put;
use crate::retransmit::Next;
use crate::send_buffer::Limits;

impl Publication {
    /// The length of the next datagram this publication has to send now, written into `buffer`.
    /// Nothing without a destination, which a multi-destination publication has while the socket
    /// `has_destinations`.
    #[inline]
    pub(crate) fn poll_transmit(
        &mut self,
        now_ns: u64,
        has_destinations: bool,
        buffer: &mut [u8],
        counters: &mut Counters,
    ) -> Option<usize> {
        self.advance_state(now_ns);
        let has_address =
            self.destination.is_some() || self.is_multi_destination && has_destinations;
        if self.state == State::Finished || !has_address {
            return None;
        }
        self.write_setup(now_ns, buffer, counters)
            .or_else(|| self.write_rtt_reply(buffer, counters))
            .or_else(|| self.write_retransmit(now_ns, buffer, counters))
            .or_else(|| self.write_data(now_ns, buffer, counters))
            .or_else(|| self.write_heartbeat(now_ns, buffer, counters))
    }

    fn advance_state(&mut self, now_ns: u64) {
        if self.is_connected && now_ns >= self.last_status_ns + CONNECTION_TIMEOUT_NS {
            self.is_connected = false;
            self.receivers.clear();
            self.news.is_fresh = true;
        }
        if self.joining.is_some_and(|(_, until_ns)| now_ns >= until_ns) {
            self.joining = None;
            self.follow_receivers();
        }
        if self.is_group() && now_ns >= self.next_expiry_ns {
            self.next_expiry_ns = now_ns + HEARTBEAT_INTERVAL_NS;
            if self.receivers.expire(now_ns) {
                self.follow_receivers();
                self.news.is_fresh = true;
            }
        }
        match self.state {
            State::Draining if self.is_drained() || !self.is_connected => {
                self.state = State::Lingering { until_ns: now_ns + self.linger_ns };
                self.next_heartbeat_ns = now_ns;
                self.heartbeat_delay_ns = HEARTBEAT_INTERVAL_NS;
            }
            State::Lingering { until_ns } if now_ns >= until_ns => {
                self.state = State::Finished;
                self.news.is_fresh = true;
            }
            _ => {}
        }
    }

    fn is_drained(&self) -> bool {
        self.is_revoked || self.sent_position == self.buffer.position()
    }

    fn write_setup(
        &mut self,
        now_ns: u64,
        buffer: &mut [u8],
        counters: &mut Counters,
    ) -> Option<usize> {
        let is_wanted = !self.has_connected || self.setup_elicited;
        if !is_wanted || now_ns < self.next_setup_ns {
            return None;
        }
        self.setup_elicited = false;
        self.next_setup_ns = now_ns + SETUP_INTERVAL_NS;
        if std::mem::take(&mut self.is_joined_next) && self.joining.is_none() {
            self.joining = Some((self.limits, now_ns + JOIN_HOLD_NS));
        }
        let geometry = self.geometry();
        let group = if self.is_group() { SETUP_GROUP } else { 0 };
        let response = if self.response_requested { SETUP_SEND_RESPONSE } else { 0 };
        let setup = SetupFrame {
            header: FrameHeader::new(TYPE_SETUP, group | response, SetupFrame::LENGTH),
            term_offset: I32::new(geometry.term_offset(self.sent_position)),
            session_id: I32::new(self.key.session_id),
            stream_id: I32::new(self.key.stream_id),
            initial_term_id: I32::new(geometry.initial_term_id()),
            active_term_id: I32::new(geometry.term_id(self.sent_position)),
            term_length: I32::new(geometry.term_length() as i32),
            mtu: I32::new(self.mtu as i32),
            ttl: I32::new(i32::from(self.time_to_live)),
        };
        counters.setups += 1;
        Some(put(setup.as_bytes(), buffer))
    }

    fn write_rtt_reply(&mut self, buffer: &mut [u8], counters: &mut Counters) -> Option<usize> {
        let (echo_timestamp, receiver_id) = self.rtt_reply.take()?;
        let reply = RttFrame {
            header: FrameHeader::new(TYPE_RTT, 0, RttFrame::LENGTH),
            session_id: I32::new(self.key.session_id),
            stream_id: I32::new(self.key.stream_id),
            echo_timestamp,
            reception_delta: I64::new(0),
            receiver_id,
        };
        counters.rtt_replies += 1;
        Some(put(reply.as_bytes(), buffer))
    }

    fn write_retransmit(
        &mut self,
        now_ns: u64,
        buffer: &mut [u8],
        counters: &mut Counters,
    ) -> Option<usize> {
        if self.is_revoked {
            return None;
        }
        // Each turn sends a datagram or ends one of a bounded number of ranges.
        loop {
            let (from, to) = match self.retransmits.next(now_ns, self.mtu as u64) {
                Next::Nothing => return None,
                Next::OverBudget => {
                    counters.on_drop(DropCause::RetransmitBudget);
                    return None;
                }
                Next::Resend(from, to) => (from, to),
            };
            if from < self.retained_position() {
                self.retransmits.on_resent(to, 0, now_ns);
                continue;
            }
            let limits = Limits { wire: to, stream: self.sent_position };
            let batch = self.buffer.batch(from, limits, self.mtu);
            if batch.frame_count == 0 {
                self.retransmits.on_resent(to, 0, now_ns);
                continue;
            }
            self.buffer.copy(from, batch.wire_length, buffer);
            self.retransmits.on_resent(batch.end_position, batch.wire_length, now_ns);
            counters.retransmits += 1;
            return Some(batch.wire_length);
        }
    }

    #[inline]
    fn write_data(
        &mut self,
        now_ns: u64,
        buffer: &mut [u8],
        counters: &mut Counters,
    ) -> Option<usize> {
        if self.is_revoked {
            return None;
        }
        let batch = self.buffer.batch(self.sent_position, self.limits, self.mtu);
        if batch.frame_count == 0 {
            return None;
        }
        self.buffer.copy(self.sent_position, batch.wire_length, buffer);
        self.sent_position = batch.end_position;
        self.heartbeat_delay_ns = HEARTBEAT_TAIL_NS;
        self.next_heartbeat_ns = now_ns + HEARTBEAT_TAIL_NS;
        counters.frames += u64::from(batch.frame_count);
        Some(batch.wire_length)
    }

    fn write_heartbeat(
        &mut self,
        now_ns: u64,
        buffer: &mut [u8],
        counters: &mut Counters,
    ) -> Option<usize> {
        if !self.has_connected || now_ns < self.next_heartbeat_ns {
            return None;
        }
        let delay_ns = self.heartbeat_delay_ns.saturating_mul(REPEAT_FACTOR);
        self.heartbeat_delay_ns = delay_ns.min(HEARTBEAT_INTERVAL_NS);
        self.next_heartbeat_ns = now_ns + self.heartbeat_delay_ns;
        let end_of_stream = matches!(self.state, State::Lingering { .. });
        let end = match (end_of_stream, self.is_revoked) {
            (false, _) => 0,
            (true, false) => DATA_EOS,
            (true, true) => DATA_EOS | DATA_REVOKED,
        };
        let flags = DATA_UNFRAGMENTED | end;
        counters.heartbeats += 1;
        Some(put(self.buffer.heartbeat(self.sent_position, flags).as_bytes(), buffer))
    }
}

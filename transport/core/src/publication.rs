//! One publication: the sender's half of a stream as a state machine. It turns offered messages
//! into frames, sends them within the receivers' window, resends on NAK, keeps the stream alive
//! while idle and ends it. A [`SendEndpoint`](crate::SendEndpoint) owns it and feeds it.

mod output;

use std::net::{IpAddr, SocketAddr};

use zerocopy::little_endian::I64;

use crate::counters::DropCause;
use crate::frame::{NakFrame, RTT_REPLY, RttFrame, STATUS_EOS, STATUS_SEND_SETUP, StatusFrame};
use crate::limits::{
    DATA_HEADER_LENGTH, FRAME_ALIGNMENT, HEARTBEAT_INTERVAL_NS, MESSAGE_LENGTH_MAX,
    REJECTION_TEXT_LENGTH_MAX, RETRANSMIT_WINDOWS_GROUP, RETRANSMIT_WINDOWS_UNICAST,
};
use crate::planted::{Fault, is_planted};
use crate::position::TermGeometry;
use crate::receivers::{Hearing, Receivers};
use crate::retransmit::RetransmitQueue;
use crate::send_buffer::{Limits, SendBuffer};
use crate::send_endpoint::{Destination, PublicationConfig, SendConfig};
use crate::session_index::SessionKey;

/// Sender of one stream.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) key: SessionKey,
    pub(crate) generation: u32,
    buffer: SendBuffer,
    mtu: usize,
    time_to_live: u8,
    linger_ns: u64,
    destination: Option<SocketAddr>,
    /// Sends to every destination of the socket instead of one address.
    is_multi_destination: bool,
    reply: Option<ReplyBinding>,
    response_requested: bool,
    state: State,
    /// Where the stream began.
    start_position: u64,
    /// Next byte to be sent for the first time.
    sent_position: u64,
    /// Receivers allow sending up to here, and take nothing that ends further away.
    limits: Limits,
    /// A receiver that flow control will wait for is joining: where the sender stays until it is
    /// heard, and until when.
    joining: Option<(Limits, u64)>,
    is_joined_next: bool,
    is_revoked: bool,
    is_connected: bool,
    has_connected: bool,
    last_status_ns: u64,
    setup_elicited: bool,
    next_setup_ns: u64,
    next_heartbeat_ns: u64,
    /// From the last thing sent to that heartbeat.
    heartbeat_delay_ns: u64,
    next_expiry_ns: u64,
    receivers: Receivers,
    retransmits: RetransmitQueue,
    rtt_reply: Option<(I64, I64)>,
    news: News,
    rejection_text: [u8; REJECTION_TEXT_LENGTH_MAX],
    rejection_text_length: usize,
}

impl Publication {
    pub(crate) fn new(config: &SendConfig) -> Self {
        let key = SessionKey { stream_id: 0, session_id: 0 };
        let geometry = TermGeometry::new(0, config.term_length).expect("checked by the endpoint");
        Self {
            key,
            generation: 0,
            buffer: SendBuffer::new(key, geometry),
            mtu: config.mtu,
            time_to_live: config.time_to_live,
            linger_ns: config.linger_ns,
            destination: None,
            is_multi_destination: false,
            reply: None,
            response_requested: false,
            state: State::Finished,
            start_position: 0,
            sent_position: 0,
            limits: Limits { wire: 0, stream: 0 },
            joining: None,
            is_joined_next: false,
            is_revoked: false,
            is_connected: false,
            has_connected: false,
            last_status_ns: 0,
            setup_elicited: false,
            next_setup_ns: 0,
            next_heartbeat_ns: 0,
            heartbeat_delay_ns: HEARTBEAT_INTERVAL_NS,
            next_expiry_ns: 0,
            receivers: Receivers::new(config),
            retransmits: config.retransmit_queue(),
            rtt_reply: None,
            news: News::default(),
            rejection_text: [0; REJECTION_TEXT_LENGTH_MAX],
            rejection_text_length: 0,
        }
    }

    pub(crate) fn open(&mut self, config: &PublicationConfig, send: &SendConfig, position: u64) {
        self.key = config.key();
        let geometry = TermGeometry::new(config.initial_term_id, send.term_length);
        let geometry = geometry.expect("checked by the endpoint");
        assert!(position < geometry.position_max(), "the stream has ended there");
        self.buffer.reset(self.key, geometry, position);
        self.start_position = position;
        (self.destination, self.reply) = match config.destination {
            Destination::Address(address) => (Some(address), None),
            Destination::Multi => (None, None),
            Destination::Response { ip } => {
                (None, Some(ReplyBinding { ip, source: None, is_proven: false }))
            }
        };
        self.is_multi_destination = config.destination == Destination::Multi;
        self.response_requested = config.response_requested;
        self.state = State::Active;
        self.sent_position = position;
        self.limits = Limits { wire: 0, stream: 0 };
        self.joining = None;
        self.is_joined_next = false;
        self.is_revoked = false;
        self.is_connected = false;
        self.has_connected = false;
        self.setup_elicited = false;
        self.next_setup_ns = 0;
        self.next_heartbeat_ns = 0;
        self.heartbeat_delay_ns = HEARTBEAT_INTERVAL_NS;
        self.next_expiry_ns = 0;
        self.receivers.clear();
        self.retransmits = send.retransmit_queue();
        self.rtt_reply = None;
        self.news = News::default();
        self.rejection_text_length = 0;
    }

    #[inline]
    pub(crate) fn offer(&mut self, message: &[u8]) -> Result<u64, OfferError> {
        self.check_offer(message.len())?;
        self.buffer.append(message, self.mtu);
        Ok(self.buffer.position())
    }

    #[inline]
    pub(crate) fn offer_with(
        &mut self,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<u64, OfferError> {
        if length > self.mtu - DATA_HEADER_LENGTH {
            return Err(OfferError::MessageTooLong);
        }
        self.check_offer(length)?;
        self.buffer.append_with(length, fill);
        Ok(self.buffer.position())
    }

    #[inline]
    fn check_offer(&self, length: usize) -> Result<(), OfferError> {
        if self.state != State::Active {
            return Err(OfferError::Closed);
        }
        if length > self.message_length_max() {
            return Err(OfferError::MessageTooLong);
        }
        if !self.is_connected {
            return Err(OfferError::NotConnected);
        }
        let end = self.buffer.position() + self.buffer.required(length, self.mtu);
        if end > self.geometry().position_max() {
            return Err(OfferError::PositionsExhausted);
        }
        if end > self.sent_position + self.geometry().term_length() / 2 {
            return Err(OfferError::BackPressured);
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn message_length_max(&self) -> usize {
        MESSAGE_LENGTH_MAX.min(self.geometry().term_length() as usize / 8)
    }

    pub(crate) fn close(&mut self) {
        if self.state == State::Active {
            self.state = if self.has_connected { State::Draining } else { State::Finished };
        }
    }

    /// Ends the stream at what was sent; the rest is dropped and nothing is resent.
    pub(crate) fn revoke(&mut self) {
        self.close();
        if self.state == State::Draining {
            self.is_revoked = true;
        }
    }

    /// Lets the reply stream go to the address that named its session.
    pub(crate) fn prove_reply(&mut self) {
        if let Some(reply) = &mut self.reply {
            reply.is_proven = true;
            self.destination = reply.source;
        }
    }

    /// Takes a status message from `source`, which `is_destination` of the socket or not.
    pub(crate) fn on_status(
        &mut self,
        now_ns: u64,
        (source, is_destination): (SocketAddr, bool),
        status: &StatusFrame,
        group_tag: Option<i64>,
    ) -> Result<(), DropCause> {
        self.bind_reply(source);
        if !self.may_answer(source, is_destination) {
            let awaits_proof = self.reply.is_some_and(|reply| reply.source == Some(source));
            return if awaits_proof { Ok(()) } else { Err(DropCause::SourceMismatch) };
        }
        if status.header.has(STATUS_SEND_SETUP) {
            self.setup_elicited = true;
            self.is_joined_next |= self.receivers.waits_for(group_tag);
            return Ok(());
        }
        let position = self.status_position(status)?;
        let receiver_id = status.receiver_id.get();
        if status.header.has(STATUS_EOS) {
            self.on_receiver_gone(source, receiver_id);
            if self.state == State::Draining || matches!(self.state, State::Lingering { .. }) {
                self.finish_unless_group();
            }
            return Ok(());
        }
        let window = status.receiver_window.get() as u64;
        let heard = Hearing { source, receiver_id, group_tag, position, window };
        if self.receivers.on_status(now_ns, &heard)? {
            self.joining = None;
        }
        self.last_status_ns = now_ns;
        self.follow_receivers();
        if self.is_connected && !self.has_connected {
            self.has_connected = true;
            self.next_heartbeat_ns = now_ns;
        }
        Ok(())
    }

    fn may_answer(&self, source: SocketAddr, is_destination: bool) -> bool {
        match self.destination {
            Some(address) => address.ip().is_multicast() || address == source,
            None => self.is_multi_destination && is_destination,
        }
    }

    /// Goes as far as flow control allows now; never back.
    fn follow_receivers(&mut self) {
        self.is_connected = self.receivers.is_complete();
        if let Some((position, window_end)) = self.receivers.reach() {
            let reach = position + self.geometry().term_length() / 2;
            let (held, _) = self.joining.unwrap_or((Limits::NONE, 0));
            let fault = is_planted(Fault::WindowOffByOne);
            let window_end = window_end + if fault { FRAME_ALIGNMENT as u64 } else { 0 };
            self.limits.wire = self.limits.wire.max(window_end.min(held.wire));
            self.limits.stream = self.limits.stream.max(reach.min(held.stream));
        }
    }

    /// The first status message that names a reply session, from the IP that asked for it, decides
    /// where the reply stream goes; nothing goes there before its session is proven.
    fn bind_reply(&mut self, source: SocketAddr) {
        if let Some(reply) = &mut self.reply
            && reply.source.is_none()
            && reply.ip == source.ip()
        {
            reply.source = Some(source);
            if reply.is_proven {
                self.destination = Some(source);
            }
        }
    }

    /// Acceptance rules of Aeron 1.51: aligned, inside the term, window at most half a term, and
    /// within half a term of what was sent.
    fn status_position(&self, status: &StatusFrame) -> Result<u64, DropCause> {
        let term_length = self.geometry().term_length();
        let offset = status.consumption_term_offset.get();
        let window = status.receiver_window.get();
        let is_valid = offset >= 0
            && (offset as usize).is_multiple_of(FRAME_ALIGNMENT)
            && (offset as u64) < term_length
            && window >= 0
            && window as u64 <= term_length / 2;
        if !is_valid {
            return Err(DropCause::StatusInvalid);
        }
        let position = self.geometry().position(status.consumption_term_id.get(), offset);
        let position = position.ok_or(DropCause::StatusOutOfRange)?;
        if position.abs_diff(self.sent_position) > term_length / 2 {
            return Err(DropCause::StatusOutOfRange);
        }
        Ok(position)
    }

    fn on_receiver_gone(&mut self, source: SocketAddr, receiver_id: i64) {
        self.receivers.remove(source, receiver_id);
        self.follow_receivers();
    }

    fn finish_unless_group(&mut self) {
        if !self.is_group() {
            self.state = State::Finished;
        }
    }

    pub(crate) fn on_nak(
        &mut self,
        now_ns: u64,
        source: SocketAddr,
        nak: &NakFrame,
    ) -> Result<(), DropCause> {
        let window = self.receivers.window(source).ok_or(DropCause::StrangerIgnored)?;
        let term_length = self.geometry().term_length();
        let (offset, length) = (nak.term_offset.get(), nak.length.get());
        let is_valid = offset >= 0
            && length > 0
            && (offset as usize).is_multiple_of(FRAME_ALIGNMENT)
            && offset as u64 + length as u64 <= term_length;
        if !is_valid {
            return Err(DropCause::NakInvalid);
        }
        let from = self.geometry().position(nak.term_id.get(), offset);
        let from = from.ok_or(DropCause::NakOutOfRange)?;
        if from < self.retained_position() || from >= self.sent_position {
            return Err(DropCause::NakOutOfRange);
        }
        if !self.buffer.is_frame_start(from) {
            return Err(DropCause::NakInvalid);
        }
        let windows =
            if self.is_group() { RETRANSMIT_WINDOWS_GROUP } else { RETRANSMIT_WINDOWS_UNICAST };
        let length_max = (window * windows).max(self.mtu as u64);
        let to = from + (length as u64).min(length_max);
        self.retransmits.on_nak(from, to.min(self.sent_position), now_ns)
    }

    pub(crate) fn on_rtt(&mut self, source: SocketAddr, rtt: &RttFrame) -> Result<(), DropCause> {
        if self.receivers.window(source).is_none() {
            return Err(DropCause::StrangerIgnored);
        }
        if rtt.header.has(RTT_REPLY) {
            self.rtt_reply = Some((rtt.echo_timestamp, rtt.receiver_id));
        }
        Ok(())
    }

    pub(crate) fn on_error(
        &mut self,
        source: SocketAddr,
        receiver_id: i64,
        (code, text): (i32, &[u8]),
    ) -> Result<(), DropCause> {
        if !self.receivers.contains(source, receiver_id) {
            return Err(DropCause::StrangerIgnored);
        }
        self.on_receiver_gone(source, receiver_id);
        self.news.rejected = Some(code);
        let kept = text.len().min(REJECTION_TEXT_LENGTH_MAX);
        self.rejection_text[..kept].copy_from_slice(&text[..kept]);
        self.rejection_text_length = kept;
        Ok(())
    }

    /// What the receiver that rejected the stream last gave as its reason, cut to 64 bytes.
    pub(crate) fn rejection_text(&self) -> &[u8] {
        &self.rejection_text[..self.rejection_text_length]
    }

    pub(crate) fn on_response_setup(
        &mut self,
        source: SocketAddr,
        session_id: i32,
    ) -> Result<(), DropCause> {
        let is_expected = self.response_requested
            && (self.destination == Some(source) || self.receivers.window(source).is_some());
        if !is_expected {
            return Err(DropCause::StrangerIgnored);
        }
        if self.news.response_session_id != Some(session_id) {
            self.news.response_session_id = Some(session_id);
            self.news.response_unreported = true;
        }
        Ok(())
    }

    /// Oldest byte that is still resent: a term back, where a stock sender keeps half a term and a
    /// message. The ring holds it, since offers stay within half a term of what was sent.
    fn retained_position(&self) -> u64 {
        let behind = self.sent_position.saturating_sub(self.geometry().term_length());
        behind.max(self.start_position)
    }

    /// Whether time passing made news since the last call.
    #[inline]
    pub(crate) fn take_freshness(&mut self) -> bool {
        std::mem::take(&mut self.news.is_fresh)
    }

    /// What changed since the last call, one thing at a time.
    pub(crate) fn take_news(&mut self) -> Option<PublicationNews> {
        if let Some(code) = self.news.rejected.take() {
            return Some(PublicationNews::Rejected { code });
        }
        if self.news.connected_reported != self.is_connected {
            self.news.connected_reported = self.is_connected;
            return Some(match self.is_connected {
                true => PublicationNews::Connected,
                false => PublicationNews::Disconnected,
            });
        }
        if self.news.response_unreported {
            self.news.response_unreported = false;
            let session_id = self.news.response_session_id?;
            return Some(PublicationNews::ResponseSetup { session_id });
        }
        (self.state == State::Finished).then_some(PublicationNews::Closed)
    }

    #[inline]
    fn geometry(&self) -> TermGeometry {
        self.buffer.geometry()
    }

    #[inline]
    fn is_group(&self) -> bool {
        self.is_multi_destination
            || self.destination.is_some_and(|destination| destination.ip().is_multicast())
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_connected && self.state == State::Active
    }

    pub(crate) fn position(&self) -> u64 {
        self.buffer.position()
    }

    pub(crate) fn sent_position(&self) -> u64 {
        self.sent_position
    }

    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        self.destination
    }

    #[inline]
    pub(crate) fn is_multi_destination(&self) -> bool {
        self.is_multi_destination
    }
}

/// Why a message was not taken. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferError {
    /// No receiver was heard within the connection timeout.
    NotConnected,
    /// Half a term is waiting to be sent; try again after sending.
    BackPressured,
    /// Longer than an eighth of a term, or (in place) than one frame.
    MessageTooLong,
    /// The stream has used up its 2^31 terms: close it and open another session.
    PositionsExhausted,
    /// Closed, or no such publication.
    Closed,
}

/// Something happened to a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicationNews {
    /// A receiver was heard: offers are taken.
    Connected,
    /// All receivers fell silent or went away.
    Disconnected,
    /// The receiver opened a response stream with this session id.
    ResponseSetup {
        /// Session of the response stream.
        session_id: i32,
    },
    /// A receiver rejected the stream.
    Rejected {
        /// Error code; 13 is an image rejected by the application.
        code: i32,
    },
    /// Closed and gone; its id is dead from here on.
    Closed,
}

#[derive(Debug, Default)]
struct News {
    /// Something changed while time passed; the endpoint looks once.
    is_fresh: bool,
    connected_reported: bool,
    response_session_id: Option<i32>,
    response_unreported: bool,
    rejected: Option<i32>,
}

#[derive(Clone, Copy, Debug)]
struct ReplyBinding {
    ip: IpAddr,
    source: Option<SocketAddr>,
    is_proven: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    /// Closed, with bytes still to be sent.
    Draining,
    /// Everything sent: repeats end of stream and serves retransmits.
    Lingering {
        until_ns: u64,
    },
    Finished,
}

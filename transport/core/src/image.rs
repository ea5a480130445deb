//! One image: the receiver's half of a stream as a state machine. It rebuilds the stream, asks for
//! what is missing, tells the sender how far it may send, delivers whole messages in order and
//! notices the end. A [`ReceiveEndpoint`](crate::ReceiveEndpoint) owns it and feeds it.

mod answers;

pub(crate) use answers::AnswerContext;

use std::net::SocketAddr;

use crate::assembler::Assembler;
use crate::counters::{Counters, DropCause};
use crate::frame::{DATA_EOS, DATA_REVOKED, DataFrames, FrameHeader, SETUP_GROUP, SetupFrame};
use crate::limits::{
    EOS_STATUS_COUNT, FRAME_ALIGNMENT, IMAGE_LIVENESS_NS, MTU_MAX, MTU_MIN, STATUS_INTERVAL_NS,
};
use crate::loss_detector::{LossDetector, NakDelays};
use crate::loss_report::{LossEpisode, OpenLoss};
use crate::position::{TermGeometry, align};
use crate::random::Random;
use crate::receive_buffer::ReceiveBuffer;
use crate::receive_config::ReceiveConfig;
use crate::session_index::SessionKey;

/// Receiver of one stream.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) key: SessionKey,
    pub(crate) generation: u32,
    /// The address that made it; frames from others are not its.
    pub(crate) source: SocketAddr,
    /// The caller has heard of the end.
    pub(crate) end_reported: bool,
    geometry: TermGeometry,
    buffer: ReceiveBuffer,
    assembler: Assembler,
    losses: LossDetector,
    /// Set while bytes are missing that were asked for or given up.
    open_loss: Option<OpenLoss>,
    nak_delay_ns: u64,
    window: u64,
    window_max: u32,
    gap_hold_ns: Option<u64>,
    receiver_id: i64,
    group_tag: Option<i64>,
    state: State,
    /// Consumption position in the last status message.
    status_position: u64,
    next_status_ns: u64,
    /// Longest datagram of the sender.
    mtu: u64,
    /// How far the status message before the last one let the sender go.
    limit_before: u64,
    /// When the last one is repeated if the sender seems to know the one before only.
    next_repeat_ns: u64,
    repeat_delay_ns: u64,
    last_frame_ns: u64,
    eos_position: Option<u64>,
    is_revoked: bool,
    response: Option<ResponseOffer>,
    /// After an answer found no credit, the next try.
    credit_retry_ns: u64,
}

impl Image {
    pub(crate) fn new(config: &ReceiveConfig) -> Self {
        Self {
            key: SessionKey { stream_id: 0, session_id: 0 },
            generation: 0,
            source: SocketAddr::from(([0, 0, 0, 0], 0)),
            end_reported: false,
            geometry: TermGeometry::new(0, crate::limits::TERM_LENGTH_MIN).expect("a legal term"),
            buffer: ReceiveBuffer::new(config.window_length),
            assembler: Assembler::new(config.message_length_max),
            losses: LossDetector::new(NakDelays::Group),
            open_loss: None,
            nak_delay_ns: config.nak_delay_ns,
            window: 0,
            window_max: config.window_length,
            gap_hold_ns: config.gap_hold_ns,
            receiver_id: config.receiver_id,
            group_tag: config.group_tag,
            state: State::Finished,
            status_position: 0,
            next_status_ns: 0,
            mtu: 0,
            limit_before: 0,
            next_repeat_ns: 0,
            repeat_delay_ns: 0,
            last_frame_ns: 0,
            eos_position: None,
            is_revoked: false,
            response: None,
            credit_retry_ns: 0,
        }
    }

    /// Starts at the position that a checked SETUP names.
    pub(crate) fn open(&mut self, now_ns: u64, source: SocketAddr, start: &StreamStart) {
        self.key = start.key;
        self.source = source;
        self.end_reported = false;
        self.geometry = start.geometry;
        self.buffer.reset(start.position);
        self.assembler.reset();
        let unicast = NakDelays::Unicast { first_ns: self.nak_delay_ns };
        let delays = if start.is_group { NakDelays::Group } else { unicast };
        self.losses = LossDetector::new(delays);
        self.open_loss = None;
        self.window = u64::from(self.window_max).min(start.geometry.term_length() / 2);
        self.state = State::Active;
        self.status_position = start.position;
        self.next_status_ns = now_ns;
        self.mtu = start.mtu;
        self.limit_before = start.position;
        self.next_repeat_ns = u64::MAX;
        self.repeat_delay_ns = STATUS_INTERVAL_NS;
        self.last_frame_ns = now_ns;
        self.eos_position = None;
        self.is_revoked = false;
        self.response = None;
        self.credit_retry_ns = 0;
    }

    /// Takes the frames of one datagram.
    #[inline]
    pub(crate) fn on_data(&mut self, now_ns: u64, frames: DataFrames<'_>, counters: &mut Counters) {
        if let State::Rejected(rejection) = &mut self.state {
            rejection.is_over |= frames.is_heartbeat() && frames.first().header.has(DATA_EOS);
        }
        if self.state != State::Active {
            counters.on_drop(DropCause::ImageClosed);
            return;
        }
        let first = frames.first();
        let position = self.geometry.position(first.term_id.get(), first.term_offset.get());
        let Some(mut position) = position else {
            counters.on_drop(DropCause::PositionInvalid);
            return;
        };
        if frames.is_heartbeat() {
            match self.on_heartbeat(now_ns, position, &first.header) {
                Ok(()) => counters.heartbeats += 1,
                Err(cause) => counters.on_drop(cause),
            }
            return;
        }
        let term_end = self.geometry.term_end(position);
        for frame in frames {
            let aligned_length = align(frame.header.header.frame_length.get() as usize) as u64;
            let result = match self.check_window(position) {
                Ok(()) => {
                    self.last_frame_ns = now_ns;
                    self.buffer.insert(position, term_end, &frame)
                }
                Err(cause) => Err(cause),
            };
            match result {
                Ok(()) => counters.frames += 1,
                Err(cause) => counters.on_drop(cause),
            }
            position += aligned_length;
        }
    }

    fn check_window(&self, position: u64) -> Result<(), DropCause> {
        if position < self.status_position {
            return Err(DropCause::UnderRun);
        }
        if position >= self.status_position + self.geometry.term_length() / 2 {
            return Err(DropCause::OverRun);
        }
        Ok(())
    }

    fn on_heartbeat(
        &mut self,
        now_ns: u64,
        position: u64,
        header: &FrameHeader,
    ) -> Result<(), DropCause> {
        let term_length = self.geometry.term_length();
        if position < self.status_position.saturating_sub(term_length) {
            return Err(DropCause::UnderRun);
        }
        // A sender whose window ended in padding stands past it by up to a message. Further away
        // the gap is beyond repair: not counting that as life lets the image end and rejoin.
        if position > self.status_position + term_length / 2 + term_length / 4 {
            return Err(DropCause::OverRun);
        }
        self.last_frame_ns = now_ns;
        self.buffer.raise_high_water(position);
        if header.has(DATA_EOS) {
            self.eos_position = Some(position);
        }
        self.is_revoked |= header.has(DATA_EOS | DATA_REVOKED);
        Ok(())
    }

    /// Delivers at most `limit` frames' worth of messages in order; gives the number of frames.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        now_ns: u64,
        limit: usize,
        random: &mut Random,
        counters: &mut Counters,
        mut handler: impl FnMut(Delivery<'_>),
    ) -> usize {
        if self.state != State::Active {
            return 0;
        }
        let mut frame_count = 0;
        while frame_count < limit {
            let Some(frame) = self.buffer.next() else {
                match self.give_up_gap(now_ns, random) {
                    Some((from_position, to_position)) => {
                        counters.gaps_skipped += 1;
                        frame_count += 1;
                        handler(Delivery::GapSkipped { from_position, to_position });
                        continue;
                    }
                    None => break,
                }
            };
            frame_count += 1;
            let end_position = frame.end_position;
            if !frame.header.is_pad() {
                match self.assembler.accept(&frame) {
                    Ok(Some(payload)) => {
                        counters.messages += 1;
                        handler(Delivery::Message { payload, end_position });
                    }
                    Ok(None) => {}
                    Err(cause) => counters.on_drop(cause),
                }
            }
            self.buffer.consume(end_position);
        }
        frame_count
    }

    fn give_up_gap(&mut self, now_ns: u64, random: &mut Random) -> Option<(u64, u64)> {
        let hold_ns = self.gap_hold_ns?;
        let gap = self.buffer.gap();
        self.losses.observe(gap, now_ns, random);
        let ((from, to), open_ns) = self.losses.open_gap(now_ns)?;
        if open_ns < hold_ns || from != self.buffer.consumed() {
            return None;
        }
        self.note_loss(now_ns, (from, to), true);
        self.buffer.skip_to(to);
        self.assembler.reset();
        Some((from, to))
    }

    fn note_loss(&mut self, now_ns: u64, gap: (u64, u64), is_given_up: bool) {
        let loss = self.open_loss.get_or_insert_with(|| OpenLoss::new(now_ns));
        loss.note(now_ns, gap, is_given_up);
    }

    /// The episode of loss that ends now; bytes still missing are lost when the stream has ended.
    pub(crate) fn close_loss(&mut self, now_ns: u64, is_ended: bool) -> Option<LossEpisode> {
        let is_whole = !is_ended || self.buffer.gap().is_none();
        let loss = self.open_loss.take()?;
        Some(loss.episode(self.source, self.key, Some((now_ns, is_whole))))
    }

    /// The episode of loss that has not ended.
    pub(crate) fn open_loss(&self) -> Option<LossEpisode> {
        self.open_loss.map(|loss| loss.episode(self.source, self.key, None))
    }

    /// Runs the timers; the reason when the image has just ended.
    #[inline]
    pub(crate) fn advance_state(&mut self, now_ns: u64) -> Option<UnavailableReason> {
        match self.state {
            State::Active => {
                if self.eos_position.is_some_and(|end| self.buffer.consumed() >= end) {
                    self.end(now_ns, UnavailableReason::EndOfStream)
                } else if self.is_revoked && self.buffer.next().is_none() {
                    self.end(now_ns, UnavailableReason::Revoked)
                } else if now_ns >= self.last_frame_ns + IMAGE_LIVENESS_NS {
                    self.state = State::Finished;
                    Some(UnavailableReason::TimedOut)
                } else {
                    None
                }
            }
            State::Rejected(rejection) => {
                if rejection.is_over || now_ns >= rejection.until_ns {
                    self.state = State::Finished;
                }
                None
            }
            State::Ending { .. } | State::Finished => None,
        }
    }

    /// Ends the image towards the sender by end-of-stream status messages.
    pub(crate) fn end(
        &mut self,
        now_ns: u64,
        reason: UnavailableReason,
    ) -> Option<UnavailableReason> {
        if self.state != State::Active {
            return None;
        }
        self.state = State::Ending { status_left: EOS_STATUS_COUNT };
        self.next_status_ns = now_ns;
        Some(reason)
    }

    /// Ends the image towards the sender by one status message and then ERR frames.
    pub(crate) fn reject(&mut self, now_ns: u64, text: &'static str) -> Option<UnavailableReason> {
        if self.state != State::Active {
            return None;
        }
        let until_ns = now_ns + IMAGE_LIVENESS_NS;
        let rejection = Rejection { text, until_ns, status_sent: false, is_over: false };
        self.state = State::Rejected(rejection);
        self.next_status_ns = now_ns;
        Some(UnavailableReason::Rejected)
    }

    pub(crate) fn offer_response(&mut self, now_ns: u64, session_id: i32) {
        self.response = Some(ResponseOffer { session_id, next_ns: now_ns });
    }

    pub(crate) fn response_connected(&mut self) {
        self.response = None;
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    pub(crate) fn consumed(&self) -> u64 {
        self.buffer.consumed()
    }
}

/// What a poll of an image hands over, in stream order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery<'a> {
    /// One whole message.
    Message {
        /// Its bytes, valid during the call.
        payload: &'a [u8],
        /// Stream position after its last frame.
        end_position: u64,
    },
    /// Bytes that were not repaired within the configured hold were given up; messages that had
    /// any part in them never come.
    GapSkipped {
        /// First byte missing.
        from_position: u64,
        /// Where the stream goes on.
        to_position: u64,
    },
}

/// Why an image ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnavailableReason {
    /// The sender ended its stream and everything was consumed.
    EndOfStream,
    /// The sender took its stream back: what is missing will not be resent.
    Revoked,
    /// Nothing came for 10 s.
    TimedOut,
    /// The caller rejected it.
    Rejected,
    /// The caller closed it.
    Closed,
}

/// What a checked SETUP says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamStart {
    pub(crate) key: SessionKey,
    geometry: TermGeometry,
    position: u64,
    mtu: u64,
    is_group: bool,
}

impl StreamStart {
    /// Receiver checks of the protocol: term, offset, MTU, and a window that holds a datagram.
    pub(crate) fn check(
        setup: &SetupFrame,
        is_multicast: bool,
        window_max: u32,
    ) -> Result<Self, DropCause> {
        let term_length = u32::try_from(setup.term_length.get()).unwrap_or(0);
        let geometry = TermGeometry::new(setup.initial_term_id.get(), term_length)
            .ok_or(DropCause::SetupInvalid)?;
        let offset = setup.term_offset.get();
        let position =
            geometry.position(setup.active_term_id.get(), offset).ok_or(DropCause::SetupInvalid)?;
        let mtu = usize::try_from(setup.mtu.get()).unwrap_or(0);
        let is_valid = offset as u32 != term_length
            && (offset as usize).is_multiple_of(FRAME_ALIGNMENT)
            && (MTU_MIN..=MTU_MAX).contains(&mtu)
            && mtu.is_multiple_of(FRAME_ALIGNMENT)
            && mtu <= window_max as usize;
        if !is_valid {
            return Err(DropCause::SetupInvalid);
        }
        let key =
            SessionKey { stream_id: setup.stream_id.get(), session_id: setup.session_id.get() };
        // Senders before 1.45 do not say that they have several receivers.
        let is_group = is_multicast || setup.header.has(SETUP_GROUP);
        Ok(Self { key, geometry, position, mtu: mtu as u64, is_group })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    /// Over: repeats end-of-stream status messages.
    Ending {
        status_left: u32,
    },
    Rejected(Rejection),
    Finished,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rejection {
    text: &'static str,
    until_ns: u64,
    status_sent: bool,
    is_over: bool,
}

#[derive(Clone, Copy, Debug)]
struct ResponseOffer {
    session_id: i32,
    next_ns: u64,
}

//! The receiver's side of one socket: finds the image of every frame, makes images out of SETUPs,
//! answers their senders, and never sends an unproven address more than came from it. One thread,
//! no allocation after [`ReceiveEndpoint::new`].

use std::collections::VecDeque;
use std::net::SocketAddr;

use zerocopy::little_endian::{I32, I64};

use crate::Transmit;
use crate::counters::{Counters, DropCause};
use crate::credit::CreditTable;
use crate::frame::{
    DATA_EOS, DataFrames, ErrorFrame, Frame, FrameHeader, SETUP_SEND_RESPONSE, STATUS_SEND_SETUP,
    SetupFrame, StatusFrame, TYPE_STATUS,
};
use crate::image::{AnswerContext, Delivery, Image, StreamStart, UnavailableReason};
use crate::limits::{ERROR_TEXT_LENGTH_MAX, WINDOW_LENGTH_MIN};
use crate::loss_report::{LossEpisode, LossReport};
use crate::random::Random;
use crate::receive_config::ReceiveConfig;
use crate::session_index::{ANY_SESSION, SessionIndex, SessionKey};
use crate::setup_requests::SetupRequests;

/// Images behind one socket.
///
/// Drive it: hand every received datagram to [`Self::on_datagram`], call [`Self::poll_event`]
/// until `None`, take messages by [`Self::poll`] or [`Self::poll_image`], then call
/// [`Self::poll_transmit`] until `None` (timers run there, so call it at least every few
/// milliseconds). An image goes back to the pool only after its `Unavailable` event was taken.
#[derive(Debug)]
pub struct ReceiveEndpoint {
    config: ReceiveConfig,
    images: Vec<Image>,
    free: Vec<u32>,
    index: SessionIndex,
    /// At most one `Available` and one `Unavailable` per slot of the pool.
    events: VecDeque<ImageEvent>,
    requests: SetupRequests,
    credit: CreditTable,
    losses: LossReport,
    random: Random,
    poll_cursor: usize,
    transmit_cursor: usize,
    counters: Counters,
}

impl ReceiveEndpoint {
    /// Allocates everything: window and one message for each of `images_max`.
    ///
    /// # Panics
    /// When `config` is outside the ranges its fields document.
    pub fn new(config: ReceiveConfig) -> Self {
        assert!(config.images_max > 0 && config.images_per_source_max > 0);
        assert!(config.window_length >= WINDOW_LENGTH_MIN, "window too short");
        assert!(config.window_length.is_multiple_of(32), "window is a multiple of 32");
        assert!(config.window_length <= 1 << 30, "window too long");
        Self {
            images: (0..config.images_max).map(|_| Image::new(&config)).collect(),
            free: (0..config.images_max as u32).rev().collect(),
            index: SessionIndex::new(config.images_max),
            events: VecDeque::with_capacity(2 * config.images_max),
            requests: SetupRequests::new(),
            credit: CreditTable::new(config.sources_max),
            losses: LossReport::new(),
            random: Random::new(config.random_seed),
            poll_cursor: 0,
            transmit_cursor: 0,
            counters: Counters::new(),
            config,
        }
    }

    /// Takes one received datagram. Bounded work, never panics, whatever the bytes.
    #[inline]
    pub fn on_datagram(&mut self, now_ns: u64, source: SocketAddr, datagram: &[u8]) {
        self.counters.on_datagram_in(datagram.len());
        if self.config.peer.is_some_and(|peer| peer != source) {
            self.counters.on_drop(DropCause::SourceMismatch);
            return;
        }
        if !self.config.is_trusted {
            self.credit.on_received(source, datagram.len(), now_ns);
        }
        let result = match Frame::parse(datagram) {
            Ok(Frame::Data(frames)) => self.on_data(now_ns, source, frames),
            Ok(Frame::Setup(setup)) => self.on_setup(now_ns, source, setup),
            // An answer to a measurement that nobody here asked for is harmless.
            Ok(_) => Err(DropCause::UnexpectedType),
            Err(cause) => Err(cause),
        };
        if let Err(cause) = result {
            self.counters.on_drop(cause);
        }
    }

    #[inline]
    fn on_data(
        &mut self,
        now_ns: u64,
        source: SocketAddr,
        frames: DataFrames<'_>,
    ) -> Result<(), DropCause> {
        let first = frames.first();
        let key =
            SessionKey { stream_id: first.stream_id.get(), session_id: first.session_id.get() };
        if let Some(slot) = self.index.find(key) {
            let image = &mut self.images[slot];
            if image.source != source {
                return Err(DropCause::SourceMismatch);
            }
            image.on_data(now_ns, frames, &mut self.counters);
            return Ok(());
        }
        if !self.config.stream_ids.contains(&key.stream_id) {
            return Err(DropCause::UnknownStream);
        }
        if !first.header.has(DATA_EOS) {
            let asked = self.config.control_address.unwrap_or(source);
            self.requests.on_unknown(now_ns, key, asked, source)?;
        }
        Err(DropCause::UnknownSession)
    }

    fn on_setup(
        &mut self,
        now_ns: u64,
        source: SocketAddr,
        setup: &SetupFrame,
    ) -> Result<(), DropCause> {
        self.counters.setups += 1;
        if !self.config.stream_ids.contains(&setup.stream_id.get()) {
            return Err(DropCause::UnknownStream);
        }
        let is_multicast = self.config.control_address.is_some();
        let start = StreamStart::check(setup, is_multicast, self.config.window_length)?;
        if let Some(slot) = self.index.find(start.key) {
            let is_same = self.images[slot].source == source;
            return if is_same { Ok(()) } else { Err(DropCause::SourceMismatch) };
        }
        let from_source = self.index.slots().filter(|slot| self.images[*slot].source == source);
        if from_source.count() >= self.config.images_per_source_max {
            return Err(DropCause::SourceImagesFull);
        }
        let slot = self.free.pop().ok_or(DropCause::ImagesFull)? as usize;
        self.index.insert(start.key, slot);
        self.requests.remove(start.key);
        let image = &mut self.images[slot];
        image.generation = image.generation.wrapping_add(1);
        image.open(now_ns, source, &start);
        self.events.push_back(ImageEvent::Available(ImageDescription {
            id: ImageId { slot: slot as u32, generation: image.generation },
            stream_id: start.key.stream_id,
            session_id: start.key.session_id,
            source,
            response_requested: setup.header.has(SETUP_SEND_RESPONSE),
        }));
        Ok(())
    }

    /// What happened to an image since the last call; call until `None`. A pool slot is reused only
    /// after its `Unavailable` was taken and the farewell to its sender is over.
    pub fn poll_event(&mut self) -> Option<ImageEvent> {
        let event = self.events.pop_front()?;
        if let ImageEvent::Unavailable { id, .. } = event {
            self.images[id.slot as usize].end_reported = true;
        }
        Some(event)
    }

    /// Delivers messages of one image in order, at most `limit` frames; gives the number of frames
    /// taken. A whole frame is delivered in place, fragments after one copy.
    #[inline]
    pub fn poll_image(
        &mut self,
        now_ns: u64,
        id: ImageId,
        limit: usize,
        handler: impl FnMut(Delivery<'_>),
    ) -> usize {
        match self.live_slot(id) {
            Some(slot) => {
                let image = &mut self.images[slot];
                image.poll(now_ns, limit, &mut self.random, &mut self.counters, handler)
            }
            None => 0,
        }
    }

    /// Delivers messages of all images, at most `limit` frames in all; images take turns being
    /// first. Gives the number of frames taken.
    #[inline]
    pub fn poll(
        &mut self,
        now_ns: u64,
        limit: usize,
        mut handler: impl FnMut(ImageId, Delivery<'_>),
    ) -> usize {
        let mut frame_count = 0;
        self.poll_cursor = self.poll_cursor.wrapping_add(1);
        for turn in 0..self.index.len() {
            if frame_count >= limit {
                break;
            }
            let slot = self.index.slot(self.poll_cursor.wrapping_add(turn) % self.index.len());
            let image = &mut self.images[slot];
            let id = ImageId { slot: slot as u32, generation: image.generation };
            let rest = limit - frame_count;
            let deliver = |delivery: Delivery<'_>| handler(id, delivery);
            frame_count += image.poll(now_ns, rest, &mut self.random, &mut self.counters, deliver);
        }
        frame_count
    }

    /// Writes the next datagram that is due into `buffer`; call until `None`. A call that finds
    /// nothing looks at every image once.
    ///
    /// # Panics
    /// When `buffer` is shorter than [`TRANSMIT_LENGTH_MAX`].
    #[inline]
    pub fn poll_transmit(&mut self, now_ns: u64, buffer: &mut [u8]) -> Option<Transmit> {
        assert!(buffer.len() >= TRANSMIT_LENGTH_MAX, "a transmit buffer holds any answer");
        let request = self.write_setup_request(now_ns, buffer);
        if request.is_some() {
            return request;
        }
        for _ in 0..self.index.len() {
            if self.transmit_cursor >= self.index.len() {
                self.transmit_cursor = 0;
            }
            let slot = self.index.slot(self.transmit_cursor);
            self.advance_image(now_ns, slot);
            let transmit = self.transmit_of(now_ns, slot, buffer);
            if !self.release_if_over(slot) {
                self.transmit_cursor += 1;
            }
            if transmit.is_some() {
                return transmit;
            }
            if self.index.len() == 0 {
                break;
            }
        }
        None
    }

    fn write_setup_request(&mut self, now_ns: u64, buffer: &mut [u8]) -> Option<Transmit> {
        let (credit, counters) = (&mut self.credit, &mut self.counters);
        let is_trusted = self.config.is_trusted;
        let status_length = StatusFrame::length_with(self.config.group_tag);
        let request = self.requests.next_due(now_ns, |source| {
            let is_allowed = is_trusted || credit.try_spend(source, status_length);
            if !is_allowed {
                counters.on_drop(DropCause::NoCredit);
            }
            is_allowed
        })?;
        let status = StatusFrame {
            header: FrameHeader::new(TYPE_STATUS, STATUS_SEND_SETUP, status_length),
            session_id: I32::new(request.key.session_id),
            stream_id: I32::new(request.key.stream_id),
            consumption_term_id: I32::new(0),
            consumption_term_offset: I32::new(0),
            receiver_window: I32::new(0),
            receiver_id: I64::new(self.config.receiver_id),
        };
        let length = status.write_with(self.config.group_tag, buffer);
        self.counters.status_messages += 1;
        self.counters.on_datagram_out(length);
        Some(Transmit { destination: request.destination, length })
    }

    #[inline]
    fn transmit_of(&mut self, now_ns: u64, slot: usize, buffer: &mut [u8]) -> Option<Transmit> {
        let image = &mut self.images[slot];
        let source = image.source;
        let (credit, is_trusted) = (&mut self.credit, self.config.is_trusted);
        let mut context = AnswerContext {
            now_ns,
            random: &mut self.random,
            counters: &mut self.counters,
            losses: &mut self.losses,
            spend: |length| is_trusted || credit.try_spend(source, length),
        };
        let length = image.poll_transmit(buffer, &mut context)?;
        self.counters.on_datagram_out(length);
        Some(Transmit { destination: self.config.control_address.unwrap_or(source), length })
    }

    #[inline]
    fn advance_image(&mut self, now_ns: u64, slot: usize) {
        let reason = self.images[slot].advance_state(now_ns);
        self.report_end(now_ns, slot, reason);
    }

    fn report_end(&mut self, now_ns: u64, slot: usize, reason: Option<UnavailableReason>) {
        if let Some(reason) = reason {
            if let Some(episode) = self.images[slot].close_loss(now_ns, true) {
                self.counters.loss_episodes += 1;
                self.losses.push(episode);
            }
            let id = ImageId { slot: slot as u32, generation: self.images[slot].generation };
            self.events.push_back(ImageEvent::Unavailable { id, reason });
        }
    }

    #[inline]
    fn release_if_over(&mut self, slot: usize) -> bool {
        let image = &self.images[slot];
        if !image.is_finished() || !image.end_reported {
            return false;
        }
        let (key, source) = (image.key, image.source);
        self.index.remove(key);
        self.free.push(slot as u32);
        if !self.index.slots().any(|slot| self.images[slot].source == source) {
            self.credit.revoke(source);
        }
        true
    }

    /// Says that a session from `source` has proven itself: answers to it need no credit any more,
    /// until its last image is gone. False when the table of sources holds proven ones only.
    pub fn prove(&mut self, now_ns: u64, source: SocketAddr) -> bool {
        self.credit.prove(source, now_ns)
    }

    /// Ends an image by refusing it: its sender is told the reason and turns unconnected.
    /// `Unavailable` with reason `Rejected` follows.
    ///
    /// # Panics
    /// When `text` is longer than 1023 bytes.
    pub fn reject_image(&mut self, now_ns: u64, id: ImageId, text: &'static str) {
        assert!(text.len() <= ERROR_TEXT_LENGTH_MAX, "an error text is at most 1023 bytes");
        if let Some(slot) = self.live_slot(id) {
            let reason = self.images[slot].reject(now_ns, text);
            self.report_end(now_ns, slot, reason);
        }
    }

    /// Ends an image from this side: its sender hears that this receiver is going away.
    /// `Unavailable` with reason `Closed` follows.
    pub fn close_image(&mut self, now_ns: u64, id: ImageId) {
        if let Some(slot) = self.live_slot(id) {
            let reason = self.images[slot].end(now_ns, UnavailableReason::Closed);
            self.report_end(now_ns, slot, reason);
        }
    }

    /// Server role of a response channel: tells the sender of image `id` the session id drawn for
    /// its reply stream, now and at status cadence until [`Self::response_connected`].
    pub fn offer_response(&mut self, now_ns: u64, id: ImageId, reply_session_id: i32) {
        if let Some(slot) = self.live_slot(id) {
            self.images[slot].offer_response(now_ns, reply_session_id);
        }
    }

    /// Server role: the reply publication is connected, so the response set-up stops.
    pub fn response_connected(&mut self, id: ImageId) {
        if let Some(slot) = self.live_slot(id) {
            self.images[slot].response_connected();
        }
    }

    /// Client role of a response channel: asks `control_address` for the reply stream, at once and
    /// then once a second until its SETUP comes. Only for trusted endpoints; `control_address` is
    /// configured.
    ///
    /// # Errors
    /// [`DropCause::SetupRequestsFull`].
    pub fn expect_response(
        &mut self,
        now_ns: u64,
        stream_id: i32,
        session_id: i32,
        control_address: SocketAddr,
    ) -> Result<(), DropCause> {
        let key = SessionKey { stream_id, session_id };
        if self.index.find(key).is_some() {
            return Ok(());
        }
        self.requests.expect(now_ns, key, control_address)
    }

    /// Subscriber role of a multi-destination channel: asks the sender's `control_address` to send
    /// here, at once and then once a second. Only for trusted endpoints; `control_address` is
    /// configured.
    ///
    /// # Errors
    /// [`DropCause::SetupRequestsFull`].
    pub fn register(&mut self, now_ns: u64, control_address: SocketAddr) -> Result<(), DropCause> {
        self.requests.expect(now_ns, ANY_SESSION, control_address)
    }

    /// Subscriber role: stops asking; the sender forgets this receiver after its timeout.
    pub fn unregister(&mut self) {
        self.requests.remove(ANY_SESSION);
    }

    /// Client role: stops asking for a reply stream.
    pub fn forget_response(&mut self, stream_id: i32, session_id: i32) {
        self.requests.remove(SessionKey { stream_id, session_id });
    }

    /// Position up to which image `id` was consumed; `None` when it is gone.
    pub fn consumed_position(&self, id: ImageId) -> Option<u64> {
        self.live_slot(id).map(|slot| self.images[slot].consumed())
    }

    /// Episodes of loss: the last [`LOSS_EPISODES_MAX`](crate::limits::LOSS_EPISODES_MAX) that are
    /// over, oldest first, then those of images that miss bytes now.
    pub fn loss_episodes(&self) -> impl Iterator<Item = LossEpisode> + '_ {
        let open = self.index.slots().filter_map(|slot| self.images[slot].open_loss());
        self.losses.episodes().chain(open)
    }

    /// How many images the endpoint has, those saying farewell included.
    pub fn image_count(&self) -> usize {
        self.index.len()
    }

    /// Bytes of all images at their limit, allocated from the start.
    pub fn memory_length(&self) -> u64 {
        self.config.memory_length()
    }

    /// What was counted since the endpoint was made.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    #[inline]
    fn live_slot(&self, id: ImageId) -> Option<usize> {
        let slot = id.slot as usize;
        let image = self.images.get(slot)?;
        let is_live = image.generation == id.generation && self.index.find(image.key) == Some(slot);
        is_live.then_some(slot)
    }
}

/// A session appeared at a receive endpoint or went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageEvent {
    /// A new image.
    Available(ImageDescription),
    /// An image ended: nothing more is delivered from it.
    Unavailable {
        /// Which one.
        id: ImageId,
        /// Why.
        reason: UnavailableReason,
    },
}

/// A new image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageDescription {
    /// Its name at this endpoint.
    pub id: ImageId,
    /// Stream.
    pub stream_id: i32,
    /// Session the sender drew.
    pub session_id: i32,
    /// The only address its frames are taken from.
    pub source: SocketAddr,
    /// The sender wants a response stream.
    pub response_requested: bool,
}

/// Names an image of one endpoint; dead some time after its `Unavailable` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId {
    slot: u32,
    generation: u32,
}

impl ImageId {
    /// Below `images_max`, reused when the image is gone: for tables beside the endpoint.
    pub const fn index(self) -> usize {
        self.slot as usize
    }
}

/// Longest datagram a receive endpoint writes.
pub const TRANSMIT_LENGTH_MAX: usize = ErrorFrame::LENGTH + ERROR_TEXT_LENGTH_MAX;

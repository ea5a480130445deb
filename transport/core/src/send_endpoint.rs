//! The sender's side of one socket: owns its publications, hears their receivers, and says which
//! datagram goes where next. Sends to destinations that the caller configured or proved, and to
//! nobody else. One thread, no allocation after [`SendEndpoint::new`].

use std::net::{IpAddr, SocketAddr};

use crate::Transmit;
use crate::counters::{Counters, DropCause};
use crate::destinations::{Copies, Destinations, DestinationsFull};
use crate::frame::Frame;
use crate::limits::{
    CONNECTION_TIMEOUT_NS, FRAME_ALIGNMENT, LINGER_NS, MTU_DEFAULT, MTU_MAX, MTU_MIN,
    RETRANSMIT_BYTES_MAX_DEFAULT, RETRANSMIT_LINGER_NS, RETRANSMIT_LINGER_UNICAST_NS,
    TURN_DATAGRAMS_MAX,
};
use crate::position::TermGeometry;
use crate::publication::{OfferError, Publication, PublicationNews};
use crate::receivers::FlowControl;
use crate::retransmit::RetransmitQueue;
use crate::session_index::{ANY_SESSION, SessionIndex, SessionKey};

/// Publications behind one socket.
///
/// Drive it: hand every received datagram to [`Self::on_datagram`], call [`Self::poll_event`]
/// until `None`, offer, then call [`Self::poll_transmit`] until `None` (timers run there, so call
/// it at least every few milliseconds).
#[derive(Debug)]
pub struct SendEndpoint {
    config: SendConfig,
    publications: Vec<Publication>,
    free: Vec<u32>,
    index: SessionIndex,
    destinations: Destinations,
    copies: Copies,
    cursor: usize,
    /// Datagrams that the publication at the cursor may still send before the next one's turn.
    turn_left: u32,
    has_news: bool,
    counters: Counters,
}

impl SendEndpoint {
    /// Allocates everything: two terms of `term_length` for each of `publications_max`.
    ///
    /// # Panics
    /// When `config` is outside the ranges its fields document.
    pub fn new(config: SendConfig) -> Self {
        assert!(config.publications_max > 0 && config.receivers_max > 0);
        assert!(TermGeometry::new(0, config.term_length).is_some(), "term length out of range");
        assert!(config.mtu > MTU_MIN && config.mtu <= MTU_MAX, "MTU out of range");
        assert!(config.mtu.is_multiple_of(FRAME_ALIGNMENT), "MTU is a multiple of 32");
        let publications: Vec<_> =
            (0..config.publications_max).map(|_| Publication::new(&config)).collect();
        Self {
            free: (0..config.publications_max as u32).rev().collect(),
            index: SessionIndex::new(config.publications_max),
            publications,
            destinations: Destinations::new(config.destinations_max),
            copies: Copies::new(if config.destinations_max > 0 { config.mtu } else { 0 }),
            config,
            cursor: 0,
            turn_left: TURN_DATAGRAMS_MAX,
            has_news: false,
            counters: Counters::new(),
        }
    }

    /// Opens a publication out of the pool. It sends SETUP from the next
    /// [`Self::poll_transmit`] on, a response publication once it is proven.
    ///
    /// # Errors
    /// See [`AddError`].
    ///
    /// # Panics
    /// For [`Destination::Multi`] at an endpoint without room for destinations.
    pub fn add_publication(
        &mut self,
        config: &PublicationConfig,
    ) -> Result<PublicationId, AddError> {
        self.add_publication_at(config, 0)
    }

    /// As [`Self::add_publication`], for a stream that starts at `position` instead of its
    /// beginning.
    ///
    /// # Errors
    /// See [`AddError`].
    ///
    /// # Panics
    /// As [`Self::add_publication`], and when `position` is not a multiple of 32 below the
    /// stream's end.
    pub fn add_publication_at(
        &mut self,
        config: &PublicationConfig,
        position: u64,
    ) -> Result<PublicationId, AddError> {
        assert!(position.is_multiple_of(FRAME_ALIGNMENT as u64), "streams start at frames");
        let is_multi = config.destination == Destination::Multi;
        assert!(!is_multi || self.config.destinations_max > 0, "an endpoint of no destinations");
        if self.index.find(config.key()).is_some() {
            return Err(AddError::SessionInUse);
        }
        let slot = self.free.pop().ok_or(AddError::PublicationsFull)? as usize;
        self.index.insert(config.key(), slot);
        let publication = &mut self.publications[slot];
        publication.generation = publication.generation.wrapping_add(1);
        publication.open(config, &self.config, position);
        Ok(PublicationId { slot: slot as u32, generation: publication.generation })
    }

    /// Appends one message, fragmented when longer than a frame, and gives the stream position
    /// after it. Sent by the following [`Self::poll_transmit`] calls. One copy of the message.
    ///
    /// # Errors
    /// See [`OfferError`]; the message was not taken.
    #[inline]
    pub fn offer(&mut self, id: PublicationId, message: &[u8]) -> Result<u64, OfferError> {
        let position = self.open_mut(id).ok_or(OfferError::Closed)?.offer(message)?;
        self.counters.messages += 1;
        Ok(position)
    }

    /// As [`Self::offer`] for a message of `length` bytes within one frame, which `fill` writes in
    /// place; it must write every byte, since older bytes of the stream show otherwise.
    ///
    /// # Errors
    /// See [`OfferError`]; `fill` was not called.
    #[inline]
    pub fn offer_with(
        &mut self,
        id: PublicationId,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<u64, OfferError> {
        let publication = self.open_mut(id).ok_or(OfferError::Closed)?;
        let position = publication.offer_with(length, fill)?;
        self.counters.messages += 1;
        Ok(position)
    }

    /// Ends a publication: what was offered is sent, then end of stream is repeated and
    /// retransmits are served for the linger time. [`PublicationNews::Closed`] follows.
    pub fn close(&mut self, id: PublicationId) {
        if let Some(publication) = self.open_mut(id) {
            publication.close();
            self.has_news = true;
        }
    }

    /// Ends a publication at what was sent: what was offered beyond it is dropped, nothing is
    /// resent, receivers give the stream up at once. [`PublicationNews::Closed`] follows.
    pub fn revoke(&mut self, id: PublicationId) {
        if let Some(publication) = self.open_mut(id) {
            publication.revoke();
            self.has_news = true;
        }
    }

    /// Adds a destination of the [`Destination::Multi`] publications, which stays until removed.
    ///
    /// # Errors
    /// [`DestinationsFull`].
    pub fn add_destination(&mut self, address: SocketAddr) -> Result<(), DestinationsFull> {
        self.destinations.add(address)
    }

    /// Removes a destination; one that registered itself comes back while it asks and is permitted.
    pub fn remove_destination(&mut self, address: SocketAddr) {
        self.destinations.remove(address);
    }

    /// Lets receivers at `ip` register themselves as destinations, each for as long as it is heard.
    /// Only for an IP that configuration or a live proven session names: whoever can forge it can
    /// have the streams sent there.
    ///
    /// # Errors
    /// [`DestinationsFull`]: as many IPs may be permitted as there may be destinations.
    pub fn permit_destinations(&mut self, ip: IpAddr) -> Result<(), DestinationsFull> {
        self.destinations.permit(ip)
    }

    /// Ends the registrations from `ip`.
    pub fn forbid_destinations(&mut self, ip: IpAddr) {
        self.destinations.forbid(ip);
    }

    /// Destinations that get every datagram now.
    pub fn destination_count(&self) -> usize {
        self.destinations.len()
    }

    /// Says that the session behind a [`Destination::Response`] publication has proven itself: the
    /// stream goes to the address whose status message first named it, now or when it comes.
    pub fn prove_response(&mut self, id: PublicationId) {
        if let Some(publication) = self.open_mut(id) {
            publication.prove_reply();
        }
    }

    /// Takes one received datagram. Bounded work, never panics, whatever the bytes.
    #[inline]
    pub fn on_datagram(&mut self, now_ns: u64, source: SocketAddr, datagram: &[u8]) {
        self.counters.on_datagram_in(datagram.len());
        let result = Frame::parse(datagram).and_then(|frame| self.on_frame(now_ns, source, frame));
        if let Err(cause) = result {
            self.counters.on_drop(cause);
        }
    }

    fn on_frame(
        &mut self,
        now_ns: u64,
        source: SocketAddr,
        frame: Frame<'_>,
    ) -> Result<(), DropCause> {
        match frame {
            Frame::Status(status, group_tag) => {
                let is_destination = self.destinations.hear(now_ns, source);
                let (stream_id, session_id) = (status.stream_id.get(), status.session_id.get());
                let registers = ANY_SESSION == SessionKey { stream_id, session_id };
                if !(registers && is_destination) {
                    let publication = self.lookup(stream_id, session_id)?;
                    let source = (source, is_destination);
                    publication.on_status(now_ns, source, status, group_tag)?;
                }
                self.counters.status_messages += 1;
            }
            Frame::Nak(nak) => {
                let publication = self.lookup(nak.stream_id.get(), nak.session_id.get())?;
                publication.on_nak(now_ns, source, nak)?;
                self.counters.naks += 1;
            }
            Frame::Rtt(rtt) => {
                let publication = self.lookup(rtt.stream_id.get(), rtt.session_id.get())?;
                publication.on_rtt(source, rtt)?;
            }
            Frame::Error(error, text) => {
                let publication = self.lookup(error.stream_id.get(), error.session_id.get())?;
                let receiver_id = error.receiver_id.get();
                let reason = (error.error_code.get(), text);
                publication.on_error(source, receiver_id, reason)?;
            }
            Frame::ResponseSetup(setup) => {
                let publication = self.lookup(setup.stream_id.get(), setup.session_id.get())?;
                publication.on_response_setup(source, setup.response_session_id.get())?;
            }
            Frame::Data(_) | Frame::Setup(_) => return Err(DropCause::UnexpectedType),
        }
        self.has_news = true;
        Ok(())
    }

    fn lookup(&mut self, stream_id: i32, session_id: i32) -> Result<&mut Publication, DropCause> {
        let slot = self.index.find(SessionKey { stream_id, session_id });
        slot.map(|slot| &mut self.publications[slot]).ok_or(DropCause::UnknownSession)
    }

    /// Writes the next datagram that is due into `buffer`; call until `None`. Publications take
    /// turns of up to [`TURN_DATAGRAMS_MAX`] datagrams, so that a socket can send those to one
    /// address together; each is copied to every destination where there are several. A call that
    /// finds nothing looks at every open publication once.
    ///
    /// # Panics
    /// When `buffer` is shorter than the MTU.
    #[inline]
    pub fn poll_transmit(&mut self, now_ns: u64, buffer: &mut [u8]) -> Option<Transmit> {
        assert!(buffer.len() >= self.config.mtu, "a transmit buffer holds one MTU");
        if let Some(copy) = self.next_copy(buffer) {
            return Some(copy);
        }
        self.destinations.expire(now_ns);
        let has_destinations = self.destinations.len() > 0;
        for _ in 0..self.index.len() {
            if self.cursor >= self.index.len() {
                self.cursor = 0;
            }
            let publication = &mut self.publications[self.index.slot(self.cursor)];
            let length =
                publication.poll_transmit(now_ns, has_destinations, buffer, &mut self.counters);
            self.has_news |= publication.take_freshness();
            self.turn_left -= 1;
            if length.is_none() || self.turn_left == 0 {
                self.cursor += 1;
                self.turn_left = TURN_DATAGRAMS_MAX;
            }
            let Some(length) = length else { continue };
            if publication.is_multi_destination() {
                self.copies.start(&buffer[..length], self.destinations.len());
                return self.next_copy(buffer);
            }
            let destination = publication.destination()?;
            self.counters.on_datagram_out(length);
            return Some(Transmit { destination, length });
        }
        None
    }

    #[inline]
    fn next_copy(&mut self, buffer: &mut [u8]) -> Option<Transmit> {
        let (destination, length) = self.copies.next(&self.destinations, buffer)?;
        self.counters.on_datagram_out(length);
        Some(Transmit { destination, length })
    }

    /// What happened to a publication since the last call; call until `None`.
    pub fn poll_event(&mut self) -> Option<PublicationEvent> {
        if !self.has_news {
            return None;
        }
        for place in 0..self.index.len() {
            let slot = self.index.slot(place);
            let publication = &mut self.publications[slot];
            let id = PublicationId { slot: slot as u32, generation: publication.generation };
            if let Some(news) = publication.take_news() {
                if news == PublicationNews::Closed {
                    self.index.remove(publication.key);
                    self.free.push(slot as u32);
                }
                return Some(PublicationEvent { id, news });
            }
        }
        self.has_news = false;
        None
    }

    /// Whether a receiver was heard within the connection timeout and offers are taken.
    pub fn is_connected(&self, id: PublicationId) -> bool {
        self.open(id).is_some_and(Publication::is_connected)
    }

    /// Position after the last message offered; `None` for a dead id.
    pub fn position(&self, id: PublicationId) -> Option<u64> {
        self.open(id).map(Publication::position)
    }

    /// Position up to which everything was sent once; `None` for a dead id.
    pub fn sent_position(&self, id: PublicationId) -> Option<u64> {
        self.open(id).map(Publication::sent_position)
    }

    /// Whether nothing waits to be sent for the first time; true where nobody listens, and for a
    /// dead id.
    pub fn has_sent_all(&self, id: PublicationId) -> bool {
        let waits = |publication: &Publication| {
            publication.is_connected() && publication.sent_position() < publication.position()
        };
        !self.open(id).is_some_and(waits)
    }

    /// Where the publication sends; `None` for a dead id or a reply address not known or proven.
    pub fn destination(&self, id: PublicationId) -> Option<SocketAddr> {
        self.open(id).and_then(Publication::destination)
    }

    /// The reason that came with the last [`PublicationNews::Rejected`], whatever bytes the peer
    /// sent, cut to [`REJECTION_TEXT_LENGTH_MAX`](crate::limits::REJECTION_TEXT_LENGTH_MAX);
    /// empty for a dead id.
    pub fn rejection_text(&self, id: PublicationId) -> &[u8] {
        self.open(id).map_or(&[], Publication::rejection_text)
    }

    /// Longest message that [`Self::offer`] takes here.
    pub fn message_length_max(&self) -> usize {
        self.publications[0].message_length_max()
    }

    /// Bytes of all publications at their limit, allocated from the start.
    pub fn memory_length(&self) -> u64 {
        self.config.memory_length()
    }

    /// What was counted since the endpoint was made.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    #[inline]
    fn open(&self, id: PublicationId) -> Option<&Publication> {
        let publication = &self.publications[id.slot as usize];
        let is_live = publication.generation == id.generation
            && self.index.find(publication.key) == Some(id.slot as usize);
        is_live.then_some(publication)
    }

    #[inline]
    fn open_mut(&mut self, id: PublicationId) -> Option<&mut Publication> {
        self.open(id)?;
        Some(&mut self.publications[id.slot as usize])
    }
}

/// What a send endpoint is made of.
#[derive(Clone, Debug)]
pub struct SendConfig {
    /// Size of the pool.
    pub publications_max: usize,
    /// Receivers remembered per publication: 1 for unicast, the group's size for multicast.
    pub receivers_max: usize,
    /// Longest datagram, a multiple of 32 above 32.
    pub mtu: usize,
    /// Power of two, 64 KiB ..= 1 GiB. Bounds a message to an eighth of it and what may wait
    /// unsent to half of it.
    pub term_length: u32,
    /// Bytes that one publication resends at most per 10 ms.
    pub retransmit_bytes_max: u64,
    /// A range that was resent is not resent again for this long, whoever asks.
    pub retransmit_linger_ns: u64,
    /// Which receivers decide how far a publication goes.
    pub flow_control: FlowControl,
    /// Destinations of the [`Destination::Multi`] publications; 0 where there are none of them.
    pub destinations_max: usize,
    /// A receiver of a group that is silent for this long is not waited for.
    pub receiver_timeout_ns: u64,
    /// A closed publication keeps repeating end of stream and serving retransmits for this long.
    pub linger_ns: u64,
    /// Hops that SETUPs announce; the socket decides how many datagrams take.
    pub time_to_live: u8,
}

impl SendConfig {
    /// Defaults for unicast publications: MTU 1408, one receiver each.
    pub const fn unicast(publications_max: usize, term_length: u32) -> Self {
        Self {
            publications_max,
            receivers_max: 1,
            mtu: MTU_DEFAULT,
            term_length,
            retransmit_bytes_max: RETRANSMIT_BYTES_MAX_DEFAULT,
            retransmit_linger_ns: RETRANSMIT_LINGER_UNICAST_NS,
            flow_control: FlowControl::Max,
            destinations_max: 0,
            receiver_timeout_ns: CONNECTION_TIMEOUT_NS,
            linger_ns: LINGER_NS,
            time_to_live: 0,
        }
    }

    /// Bytes that an endpoint of this takes for its publications: two terms each, and a bit for
    /// each 32 bytes of them.
    pub const fn memory_length(&self) -> u64 {
        let terms_length = 2 * self.term_length as u64;
        let bitmap_length = terms_length / FRAME_ALIGNMENT as u64 / 8;
        self.publications_max as u64 * (terms_length + bitmap_length)
    }

    /// Defaults for publications to a group of up to `receivers_max` receivers.
    pub const fn multicast(
        publications_max: usize,
        term_length: u32,
        receivers_max: usize,
    ) -> Self {
        let unicast = Self::unicast(publications_max, term_length);
        Self { receivers_max, retransmit_linger_ns: RETRANSMIT_LINGER_NS, ..unicast }
    }

    /// Defaults for publications to up to `destinations_max` addresses.
    pub const fn multi_destination(
        publications_max: usize,
        term_length: u32,
        destinations_max: usize,
    ) -> Self {
        let group = Self::multicast(publications_max, term_length, destinations_max);
        Self { destinations_max, ..group }
    }

    pub(crate) const fn retransmit_queue(&self) -> RetransmitQueue {
        RetransmitQueue::new(self.retransmit_bytes_max, self.retransmit_linger_ns)
    }
}

/// One publication to open. The random numbers are the caller's: a session id outside -1 ..= 1000
/// that is fresh after every start, and any initial term id.
#[derive(Clone, Copy, Debug)]
pub struct PublicationConfig {
    /// Stream.
    pub stream_id: i32,
    /// Session, unique per stream at this endpoint.
    pub session_id: i32,
    /// Id of the first term.
    pub initial_term_id: i32,
    /// Where it goes.
    pub destination: Destination,
    /// Ask the receiver for a response stream.
    pub response_requested: bool,
}

impl PublicationConfig {
    pub(crate) const fn key(&self) -> SessionKey {
        SessionKey { stream_id: self.stream_id, session_id: self.session_id }
    }
}

/// Where a publication sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A configured address: unicast, or the data group for multicast.
    Address(SocketAddr),
    /// Every destination of the socket: see [`SendEndpoint::add_destination`] and
    /// [`SendEndpoint::permit_destinations`].
    Multi,
    /// The source of the first status message that names this session, from this IP, after
    /// [`SendEndpoint::prove_response`].
    Response {
        /// IP of the request image.
        ip: IpAddr,
    },
}

/// Names a publication of one endpoint; dead after its `Closed` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicationId {
    slot: u32,
    generation: u32,
}

impl PublicationId {
    /// Below `publications_max`, reused after the publication is closed: for tables beside the
    /// endpoint.
    pub const fn index(self) -> usize {
        self.slot as usize
    }
}

/// News of one publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicationEvent {
    /// Which one.
    pub id: PublicationId,
    /// What happened.
    pub news: PublicationNews,
}

/// Why a publication was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddError {
    /// The pool is used up.
    PublicationsFull,
    /// This stream and session exist here already.
    SessionInUse,
}

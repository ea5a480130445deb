//! The two sockets of order entry and the streams on them: request images on one, the reply
//! publication of each on the other.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use forecastle_proto_spec::{CounterReport, Message, REPORTS_STREAM_ID, encode};
use forecastle_runtime::clock::Now;
use forecastle_transport::{
    Delivery, Destination, ImageDescription, ImageEvent, ImageId, OfferError, PublicationConfig,
    PublicationEvent, PublicationId, PublicationNews, ReceiveConfig, ReceiveEndpoint, SendConfig,
    SendEndpoint,
};
use forecastle_transport_udp::UdpChannel;
use zerocopy::FromZeros;

use crate::counter_list::CounterList;
use crate::history_ports::StreamTickets;
use crate::reply_ids::ReplyIds;
use crate::session::{Action, BindingId, SessionCore};
use crate::transport_counts::for_each_transport_count;

/// Sockets, endpoints and which stream belongs to which binding.
pub(super) struct Streams {
    requests_channel: UdpChannel,
    requests: ReceiveEndpoint,
    reports_channel: UdpChannel,
    reports: SendEndpoint,
    reply_ids: ReplyIds,
    /// By binding, for the history thread: the log streams that are wanted.
    pub(super) tickets: StreamTickets,
    /// Unsent bytes of a reply stream below which it has room to spare.
    spare_length: u64,
    /// Unsent bytes of a reply stream above which it is crowded.
    crowded_length: u64,
    /// By image index.
    bindings: Box<[Option<Stream>]>,
    /// By publication index.
    publications: Box<[Option<BindingId>]>,
}

/// What a binding stands on.
#[derive(Clone, Copy, Debug)]
struct Stream {
    image: ImageId,
    source: SocketAddr,
    reply: Option<PublicationId>,
}

impl Streams {
    pub(super) fn new(
        (requests_channel, reports_channel): (UdpChannel, UdpChannel),
        receive: ReceiveConfig,
        send: SendConfig,
        reply_seed: [u8; 32],
        tickets: StreamTickets,
    ) -> Self {
        Self {
            bindings: vec![None; receive.images_max].into_boxed_slice(),
            publications: vec![None; send.publications_max].into_boxed_slice(),
            spare_length: u64::from(send.term_length) / SPARE_TERM_DIVISOR,
            crowded_length: u64::from(send.term_length) / CROWDED_TERM_DIVISOR,
            requests_channel,
            requests: ReceiveEndpoint::new(receive),
            reports_channel,
            reports: SendEndpoint::new(send),
            reply_ids: ReplyIds::new(reply_seed),
            tickets,
        }
    }

    pub(super) fn memory_length(&self) -> u64 {
        self.requests.memory_length() + self.reports.memory_length()
    }

    /// Takes what waits in both sockets, one batch each.
    #[inline]
    pub(super) fn receive(&mut self, now_ns: u64) -> usize {
        let requests = &mut self.requests;
        let reports = &mut self.reports;
        let on_request = |source, datagram: &[u8]| requests.on_datagram(now_ns, source, datagram);
        let on_report = |source, datagram: &[u8]| reports.on_datagram(now_ns, source, datagram);
        self.requests_channel.receive(on_request) + self.reports_channel.receive(on_report)
    }

    /// Sends what is due on both sockets.
    #[inline]
    pub(super) fn transmit(&mut self, now_ns: u64) -> usize {
        let requests = &mut self.requests;
        let count = self.requests_channel.transmit(|buffer| requests.poll_transmit(now_ns, buffer));
        count + self.transmit_reports(now_ns)
    }

    #[inline]
    fn transmit_reports(&mut self, now_ns: u64) -> usize {
        let reports = &mut self.reports;
        self.reports_channel.transmit(|buffer| reports.poll_transmit(now_ns, buffer))
    }

    /// Hands up to `limit` frames' worth of messages to `handle`.
    #[inline]
    pub(super) fn poll(
        &mut self,
        now_ns: u64,
        limit: usize,
        mut handle: impl FnMut(BindingId, &[u8]),
    ) -> usize {
        self.requests.poll(now_ns, limit, |image, delivery| match delivery {
            Delivery::Message { payload, .. } => handle(BindingId::new(image.index()), payload),
            // The numbers of the client flow show what is missing, and the engine answers it.
            Delivery::GapSkipped { .. } => {}
        })
    }

    /// Tells the core what happened to images and reply streams.
    pub(super) fn poll_events(&mut self, now: Now, core: &mut SessionCore) -> usize {
        let mut count = 0;
        while let Some(event) = self.requests.poll_event() {
            count += 1;
            match event {
                ImageEvent::Available(image) => self.on_image_available(now, core, &image),
                ImageEvent::Unavailable { id, .. } => {
                    let binding = BindingId::new(id.index());
                    core.on_image_unavailable(now, binding);
                    self.act_on_all(now, core);
                    self.close_reply(binding);
                    self.bindings[id.index()] = None;
                }
            }
            self.act_on_all(now, core);
        }
        while let Some(event) = self.reports.poll_event() {
            count += 1;
            self.on_publication_event(now, core, event);
            self.act_on_all(now, core);
        }
        count
    }

    fn on_image_available(&mut self, now: Now, core: &mut SessionCore, image: &ImageDescription) {
        let binding = BindingId::new(image.id.index());
        core.on_image_available(now, binding);
        let mut stream = Stream { image: image.id, source: image.source, reply: None };
        if image.response_requested {
            stream.reply = self.open_reply(now, binding, image);
            if stream.reply.is_none() {
                core.on_reply_refused(binding);
            }
        }
        self.bindings[binding.index()] = Some(stream);
    }

    fn open_reply(
        &mut self,
        now: Now,
        binding: BindingId,
        image: &ImageDescription,
    ) -> Option<PublicationId> {
        let (session_id, initial_term_id) = self.reply_ids.next();
        let publication = self.reports.add_publication(&PublicationConfig {
            stream_id: REPORTS_STREAM_ID,
            session_id,
            initial_term_id,
            destination: Destination::Response { ip: image.source.ip() },
            response_requested: false,
        });
        let publication = publication.ok()?;
        self.publications[publication.index()] = Some(binding);
        self.requests.offer_response(now.monotonic_ns, image.id, session_id);
        Some(publication)
    }

    fn on_publication_event(&mut self, now: Now, core: &mut SessionCore, event: PublicationEvent) {
        let binding = self.publications[event.id.index()];
        // A stream that was closed may outlive its binding; what happens to it concerns nobody.
        let current = binding.filter(|binding| self.reply_of(*binding) == Some(event.id));
        if event.news == PublicationNews::Closed {
            self.publications[event.id.index()] = None;
        }
        let Some(binding) = current else { return };
        match event.news {
            PublicationNews::Connected => {
                if let Some(stream) = self.bindings[binding.index()] {
                    self.requests.response_connected(stream.image);
                }
                core.on_reply_connected(now, binding);
            }
            PublicationNews::Disconnected
            | PublicationNews::Rejected { .. }
            | PublicationNews::Closed => core.on_reply_lost(now, binding),
            PublicationNews::ResponseSetup { .. } => {}
        }
    }

    /// Puts a message on a binding's reply stream; false when the stream does not take it.
    #[inline]
    pub(super) fn offer(&mut self, now_ns: u64, binding: BindingId, message: &[u8]) -> bool {
        let Some(reply) = self.reply_of(binding) else { return false };
        match self.reports.offer(reply, message) {
            Ok(_) => true,
            // A long record may hold more than waits unsent at a time: send some and try again.
            Err(OfferError::BackPressured) => {
                self.transmit_reports(now_ns);
                self.reports.offer(reply, message).is_ok()
            }
            Err(_) => false,
        }
    }

    /// Where a binding's requests come from, once it is proven that they may be answered.
    pub(super) fn source_ip(&self, binding: BindingId) -> Option<Ipv4Addr> {
        match self.bindings[binding.index()]?.source.ip() {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        }
    }

    /// Whether a binding's reply stream has room to spare: most of what may wait unsent is for the
    /// live flow.
    #[inline]
    pub(super) fn has_spare_room(&self, binding: BindingId) -> bool {
        self.unsent_length(binding).is_some_and(|length| length < self.spare_length)
    }

    /// Whether more than half of what may wait unsent does so in any reply stream. O(bindings).
    pub(super) fn is_crowded(&self) -> bool {
        let bindings = (0..self.bindings.len()).map(BindingId::new);
        bindings.filter_map(|id| self.unsent_length(id)).any(|length| length > self.crowded_length)
    }

    #[inline]
    fn unsent_length(&self, binding: BindingId) -> Option<u64> {
        let reply = self.reply_of(binding)?;
        let (end, sent) = (self.reports.position(reply)?, self.reports.sent_position(reply)?);
        Some(end.saturating_sub(sent))
    }

    /// Does everything the core asks for, save counters and jobs for the history thread, which are
    /// handed back one action at a time.
    pub(super) fn act(&mut self, now: Now, core: &mut SessionCore) -> Option<Action> {
        while let Some(action) = core.next_action() {
            match action {
                Action::OpenReply { binding } => self.prove(now, core, binding),
                Action::Send { binding, message } => {
                    if !self.offer(now.monotonic_ns, binding, message.bytes()) {
                        core.on_slow_consumer(now, binding);
                    }
                }
                Action::SendCounters { .. }
                | Action::Retransmit { .. }
                | Action::StreamLog { .. } => return Some(action),
                Action::EndLogStream { binding } => self.tickets.set(binding, 0),
                Action::CloseReply { binding } => self.close_reply(binding),
                Action::RejectImage { binding, text } => {
                    self.close_reply(binding);
                    if let Some(stream) = self.bindings[binding.index()] {
                        self.requests.reject_image(now.monotonic_ns, stream.image, text);
                    }
                }
            }
        }
        None
    }

    /// As [`Self::act`] where no message has come in that could ask for what is handed back.
    fn act_on_all(&mut self, now: Now, core: &mut SessionCore) {
        while self.act(now, core).is_some() {}
    }

    fn prove(&mut self, now: Now, core: &mut SessionCore, binding: BindingId) {
        let Some(stream) = self.bindings[binding.index()] else { return };
        match stream.reply {
            Some(reply) => {
                self.requests.prove(now.monotonic_ns, stream.source);
                self.reports.prove_response(reply);
            }
            None => core.on_reply_unasked(now, binding),
        }
    }

    fn close_reply(&mut self, binding: BindingId) {
        if let Some(stream) = &mut self.bindings[binding.index()]
            && let Some(reply) = stream.reply.take()
        {
            self.reports.close(reply);
        }
    }

    /// Sends every counter of `lists`; false when the reply stream did not take them all.
    pub(super) fn send_counters(
        &mut self,
        now_ns: u64,
        binding: BindingId,
        request_id: u64,
        lists: [Option<&CounterList>; 2],
    ) -> bool {
        let count: usize = lists.iter().flatten().map(|list| list.length()).sum();
        let mut report = CounterReport::new_zeroed();
        report.request_id.set(request_id);
        report.counter_count.set(count as u16);
        let mut buffer = [0; CounterReport::ENCODED_LENGTH];
        let counters = lists.into_iter().flatten().flat_map(CounterList::raw);
        for (index, (label, value)) in counters.enumerate() {
            report.counter_index.set(index as u16);
            report.label = *label;
            report.value.set(value);
            encode(&report, &mut buffer).expect("the buffer is as long as the message");
            if !self.offer(now_ns, binding, &buffer) {
                return false;
            }
        }
        true
    }

    /// Whether everything offered on the reply streams that somebody listens to was sent once.
    pub(super) fn has_sent_all(&self) -> bool {
        let replies = self.bindings.iter().flatten().filter_map(|stream| stream.reply);
        replies.into_iter().all(|reply| self.reports.has_sent_all(reply))
    }

    #[inline]
    fn reply_of(&self, binding: BindingId) -> Option<PublicationId> {
        self.bindings[binding.index()].and_then(|stream| stream.reply)
    }

    /// Visits the transport's counts.
    pub(super) fn for_each_count(&self, visit: &mut dyn FnMut(&str, &str, u64)) {
        let (requests, channel) = (self.requests.counters(), self.requests_channel.counters());
        for_each_transport_count("order_entry.", requests, channel, visit);
        let (reports, channel) = (self.reports.counters(), self.reports_channel.counters());
        for_each_transport_count("reports.", reports, channel, visit);
    }
}

/// Messages that are sent again may have this part of a reply stream's term waiting unsent.
const SPARE_TERM_DIVISOR: u64 = 16;
/// The transport lets half a term wait unsent; half of that is a crowd.
const CROWDED_TERM_DIVISOR: u64 = 4;

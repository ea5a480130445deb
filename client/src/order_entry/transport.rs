//! The two sockets of a session with their endpoints: requests out, replies in.

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use forecastle_proto_spec::{Frame, ORDER_ENTRY_STREAM_ID, REPORTS_STREAM_ID};
use forecastle_transport::{
    Delivery, Destination, ImageEvent, OfferError, PublicationConfig, PublicationId,
    PublicationNews, ReceiveConfig, ReceiveEndpoint, SendConfig, SendEndpoint, UnavailableReason,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel, wait_readable};

use super::OrderEntryOptions;
use crate::random::{random_i32, random_u64};
use crate::session_error::SessionError;

/// The two sockets with their endpoints.
pub(super) struct Transport {
    origin: Instant,
    requests: SendEndpoint,
    publication: PublicationId,
    request_channel: UdpChannel,
    replies: ReceiveEndpoint,
    reply_channel: UdpChannel,
    reports: SocketAddrV4,
    pub(super) is_connected: bool,
    pub(super) ended: Option<SessionError>,
}

impl Transport {
    pub(super) fn open(options: &OrderEntryOptions) -> Result<Self, SessionError> {
        let buffers = SocketBuffers::for_window(WINDOW_LENGTH);
        let request_channel = if options.order_entry.ip().is_multicast() {
            UdpChannel::multicast_sender(options.order_entry, options.interface, buffers)
        } else {
            UdpChannel::unicast(SocketAddrV4::new(options.interface, 0), buffers)
        };
        let request_channel = request_channel.map_err(SessionError::socket)?;
        let reply_address = SocketAddrV4::new(options.interface, 0);
        let reply_channel =
            UdpChannel::unicast(reply_address, buffers).map_err(SessionError::socket)?;
        let mut requests = SendEndpoint::new(SendConfig::unicast(1, TERM_LENGTH));
        let publication = requests
            .add_publication(&PublicationConfig {
                stream_id: ORDER_ENTRY_STREAM_ID,
                session_id: random_i32()?,
                initial_term_id: random_i32()?,
                destination: Destination::Address(options.order_entry.into()),
                response_requested: true,
            })
            .expect("a new endpoint has room for one publication");
        let replies = ReceiveEndpoint::new(ReceiveConfig::peer(
            &[REPORTS_STREAM_ID],
            random_u64()?.cast_signed(),
            random_u64()?,
            options.reports.into(),
        ));
        Ok(Self {
            origin: Instant::now(),
            requests,
            publication,
            request_channel,
            replies,
            reply_channel,
            reports: options.reports,
            is_connected: false,
            ended: None,
        })
    }

    /// Waits until something came in, at most `timeout`.
    pub(super) fn wait(&self, timeout: Duration) {
        wait_readable(&[&self.request_channel, &self.reply_channel], timeout);
    }

    /// Remembers why the session ended; the first cause stands.
    pub(super) fn end(&mut self, cause: SessionError) {
        if self.ended.is_none() {
            self.ended = Some(cause);
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn poll(&mut self, mut handler: impl FnMut(Frame<'_>)) -> usize {
        let now_ns = self.now_ns();
        let requests = &mut self.requests;
        self.request_channel.receive(|source, bytes| requests.on_datagram(now_ns, source, bytes));
        let replies = &mut self.replies;
        self.reply_channel.receive(|source, bytes| replies.on_datagram(now_ns, source, bytes));
        self.take_events(now_ns);
        let mut count = 0;
        self.replies.poll(now_ns, MESSAGES_MAX, |_, delivery| {
            if let Delivery::Message { payload, .. } = delivery
                && let Ok((frame, _)) = Frame::parse(payload)
            {
                count += 1;
                handler(frame);
            }
        });
        count
    }

    fn take_events(&mut self, now_ns: u64) {
        while let Some(event) = self.requests.poll_event() {
            match event.news {
                PublicationNews::Connected => self.is_connected = true,
                PublicationNews::ResponseSetup { session_id } => {
                    let reports = self.reports.into();
                    let asked = self.replies.expect_response(
                        now_ns,
                        REPORTS_STREAM_ID,
                        session_id,
                        reports,
                    );
                    debug_assert!(asked.is_ok(), "one reply stream is asked for");
                }
                PublicationNews::Rejected { code } => {
                    let text = self.requests.rejection_text(event.id);
                    let reason = String::from_utf8_lossy(text).into_owned();
                    self.end(SessionError::Rejected { code, reason });
                }
                PublicationNews::Disconnected | PublicationNews::Closed => {
                    self.end(SessionError::Lost);
                }
            }
        }
        while let Some(event) = self.replies.poll_event() {
            match event {
                ImageEvent::Available(_) => {}
                ImageEvent::Unavailable { reason, .. } => {
                    let is_end = reason == UnavailableReason::EndOfStream;
                    let ended = if is_end { SessionError::Ended } else { SessionError::Lost };
                    self.end(ended);
                }
            }
        }
    }

    pub(super) fn offer(&mut self, message: &[u8]) -> Result<(), SessionError> {
        match self.requests.offer(self.publication, message) {
            Ok(_) => Ok(()),
            Err(OfferError::NotConnected) => Err(SessionError::NotConnected),
            Err(OfferError::BackPressured) => Err(SessionError::BackPressured),
            Err(_) => Err(SessionError::Lost),
        }
    }

    pub(super) fn transmit(&mut self) {
        let now_ns = self.now_ns();
        let requests = &mut self.requests;
        self.request_channel.transmit(|buffer| requests.poll_transmit(now_ns, buffer));
        let replies = &mut self.replies;
        self.reply_channel.transmit(|buffer| replies.poll_transmit(now_ns, buffer));
    }
}

const MESSAGES_MAX: usize = 256;
const TERM_LENGTH: u32 = 1 << 20;
const WINDOW_LENGTH: usize = 128 * 1024;

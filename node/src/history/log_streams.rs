//! Log streams over UDP: a publication for each replica, to the proven address of its session, or
//! one for all.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4};

use forecastle_gateway::{LogStreamJob, StreamTickets};
use forecastle_persister_disk::JournalError;
use forecastle_proto_spec::{
    BusinessMessageReject, LOG_STREAM_ID, LogStreamPacket, LogStreamReport, Message as _,
    RECORD_LENGTH_MAX, RejectCode, encode,
};
use forecastle_runtime::memory::Region;
use forecastle_transport::{
    Destination, PublicationConfig, PublicationId, PublicationNews, SendConfig, SendEndpoint,
};
use forecastle_transport_udp::UdpChannel;
use zerocopy::FromZeros as _;

use super::journal_source::JournalSource;
use super::log_stream::LogStream;
use super::outlet::Outlet;
use super::shared_stream::SharedStream;

/// Streams in progress and the socket they share.
pub(super) struct LogStreams {
    channel: UdpChannel,
    endpoint: SendEndpoint,
    log: Region,
    tickets: StreamTickets,
    open: Vec<Open>,
    packet: Vec<u8>,
    shared: SharedStream,
}

/// One of them.
#[derive(Debug)]
struct Open {
    job: LogStreamJob,
    publication: PublicationId,
    stream: LogStream,
    /// None once the replica was heard.
    deadline_ns: Option<u64>,
}

impl LogStreams {
    pub(super) fn new(
        (channel, shared): (UdpChannel, (UdpChannel, SocketAddrV4)),
        mtu: usize,
        log: Region,
        tickets: StreamTickets,
    ) -> Self {
        let shared = SharedStream::new(shared, mtu, log.clone(), tickets.clone());
        // A publication that was closed lingers in its place.
        let send = SendConfig { mtu, ..SendConfig::unicast(2 * LOG_STREAMS_MAX, TERM_LENGTH) };
        Self {
            channel,
            endpoint: SendEndpoint::new(send),
            log,
            tickets,
            open: Vec::with_capacity(LOG_STREAMS_MAX),
            packet: Vec::with_capacity(LogStreamPacket::ENCODED_LENGTH + RECORD_LENGTH_MAX),
            shared,
        }
    }

    pub(super) fn is_any_open(&self) -> bool {
        !self.open.is_empty() || self.shared.is_open()
    }

    /// Sets a stream up and tells the replica; one that its session asked for before is over.
    pub(super) fn begin(&mut self, now_ns: u64, outlet: &mut Outlet, job: LogStreamJob) {
        self.drop_unwanted();
        let set_up = if job.is_shared != 0 {
            self.shared.join(job)
        } else if self.open.len() < LOG_STREAMS_MAX {
            self.set_up(now_ns, job)
        } else {
            None
        };
        match set_up {
            Some((session_id, from_position)) => {
                let header = job.header(LogStreamReport::TEMPLATE_ID);
                outlet.say(header, &job.report(session_id, from_position));
            }
            None => {
                let header = job.header(BusinessMessageReject::TEMPLATE_ID);
                outlet.say(header, &job.refusal(RejectCode::RetransmitUnavailable));
            }
        }
    }

    /// The session id of the stream's publication, and where it begins; none when something is
    /// exhausted.
    fn set_up(&mut self, now_ns: u64, job: LogStreamJob) -> Option<(i32, u64)> {
        let session_id = stream_session_id()?;
        let stream = LogStream::open(self.log.clone(), job.from_position).ok()?;
        let address = SocketAddrV4::new(Ipv4Addr::from_bits(job.ip), job.port as u16);
        let publication = self.endpoint.add_publication(&PublicationConfig {
            stream_id: LOG_STREAM_ID,
            session_id,
            initial_term_id: getrandom::u32().ok()?.cast_signed(),
            destination: Destination::Address(address.into()),
            response_requested: false,
        });
        let publication = publication.ok()?;
        let deadline_ns = Some(now_ns + CONNECT_PATIENCE_NS);
        self.open.push(Open { job, publication, stream, deadline_ns });
        Some((session_id, job.from_position))
    }

    /// Sends what there is as far as replicas take it; false when nothing moved.
    pub(super) fn turn(&mut self, now_ns: u64, source: &mut JournalSource) -> bool {
        let endpoint = &mut self.endpoint;
        let on_datagram = |from, datagram: &[u8]| endpoint.on_datagram(now_ns, from, datagram);
        let mut count = self.channel.receive(on_datagram);
        self.take_events(now_ns);
        self.drop_unwanted();
        let Self { endpoint, open, packet, .. } = self;
        open.retain_mut(|open| match open.publish(endpoint, packet, source) {
            Ok(sent_count) => {
                count += sent_count;
                true
            }
            Err(error) => {
                // A closed error stream must not end the thread.
                let session_id = open.job.session_id;
                let _ = writeln!(
                    io::stderr(),
                    "forecastle: warning: the log stream of session {session_id} ends: {error}"
                );
                endpoint.close(open.publication);
                false
            }
        });
        let endpoint = &mut self.endpoint;
        count += self.channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
        self.shared.turn(now_ns, source) || count > 0
    }

    fn take_events(&mut self, now_ns: u64) {
        while let Some(event) = self.endpoint.poll_event() {
            let Some(open) = self.open.iter_mut().find(|open| open.publication == event.id) else {
                continue;
            };
            match event.news {
                PublicationNews::Connected => open.deadline_ns = None,
                // It may come back; else its place is given up in time.
                PublicationNews::Disconnected => {
                    open.deadline_ns = Some(now_ns + CONNECT_PATIENCE_NS);
                }
                PublicationNews::Rejected { .. } | PublicationNews::Closed => {
                    open.deadline_ns = Some(now_ns);
                }
                PublicationNews::ResponseSetup { .. } => {}
            }
        }
        let Self { endpoint, open, .. } = self;
        open.retain(|open| {
            let is_heard = open.deadline_ns.is_none_or(|deadline_ns| now_ns < deadline_ns);
            if !is_heard {
                endpoint.close(open.publication);
            }
            is_heard
        });
    }

    /// Ends the streams whose sessions are gone or asked for another.
    fn drop_unwanted(&mut self) {
        let Self { endpoint, open, tickets, .. } = self;
        open.retain(|open| {
            let is_wanted = tickets.is_wanted(&open.job);
            if !is_wanted {
                endpoint.close(open.publication);
            }
            is_wanted
        });
    }

    /// Tells every replica that its stream has ended.
    pub(super) fn close(&mut self, now_ns: u64) {
        let Self { endpoint, open, channel, .. } = self;
        open.drain(..).for_each(|open| endpoint.close(open.publication));
        channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
    }
}

impl Open {
    /// Offers packets until the publication takes no more; gives how many it took.
    fn publish(
        &mut self,
        endpoint: &mut SendEndpoint,
        packet: &mut Vec<u8>,
        source: &mut JournalSource,
    ) -> Result<usize, JournalError> {
        publish(endpoint, self.publication, &mut self.stream, (packet, source))
    }
}

/// Offers packets of a stream until its publication takes no more; gives how many it took.
pub(super) fn publish(
    endpoint: &mut SendEndpoint,
    publication: PublicationId,
    stream: &mut LogStream,
    (packet, source): (&mut Vec<u8>, &mut JournalSource),
) -> Result<usize, JournalError> {
    if !endpoint.is_connected(publication) {
        return Ok(0);
    }
    for count in 0..PACKETS_PER_TURN {
        let records = stream.peek(source, PACKET_LENGTH)?;
        let length = records.len();
        if length == 0 {
            return Ok(count);
        }
        packet.clear();
        packet.resize(LogStreamPacket::ENCODED_LENGTH, 0);
        packet.extend_from_slice(records);
        let mut lead = LogStreamPacket::new_zeroed();
        lead.first_position.set(stream.position());
        encode(&lead, packet).expect("the packet has room for its lead");
        // One that takes nothing now is asked again; one that is over has its event.
        if endpoint.offer(publication, packet).is_err() {
            return Ok(count);
        }
        stream.take(length);
    }
    Ok(PACKETS_PER_TURN)
}

impl std::fmt::Debug for LogStreams {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LogStreams").field("open", &self.open).finish_non_exhaustive()
    }
}

/// Any id outside the range that Aeron keeps for sessions chosen by hand (-1 to 1000); none when
/// the system gives no random numbers.
pub(super) fn stream_session_id() -> Option<i32> {
    loop {
        let id = getrandom::u32().ok()?.cast_signed();
        if !(-1..=1000).contains(&id) {
            return Some(id);
        }
    }
}

/// Log streams at a time.
const LOG_STREAMS_MAX: usize = 8;
/// An eighth of it is the longest message: the longest record with its lead.
pub(super) const TERM_LENGTH: u32 = 8 << 20;
/// Records are packed into packets of about this length.
const PACKET_LENGTH: usize = 16 << 10;
const PACKETS_PER_TURN: usize = 64;
/// How long a replica may go unheard before its stream is given up.
const CONNECT_PATIENCE_NS: u64 = 10_000_000_000;

const _: () =
    assert!(LogStreamPacket::ENCODED_LENGTH + RECORD_LENGTH_MAX <= TERM_LENGTH as usize / 8);

//! One log stream for all replicas that ask for it: to the group that configuration names, else to
//! each replica's proven address.
//!
//! It carries what is released from the first request on, for as long as somebody wants it. A
//! replica asks for what came before by a stream of its own; who falls behind is left behind, and
//! does the same. Nothing is sent to an address whose session has gone.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use forecastle_gateway::{LogStreamJob, StreamTickets};
use forecastle_proto_spec::LOG_STREAM_ID;
use forecastle_runtime::memory::Region;
use forecastle_transport::{
    Destination, PublicationConfig, PublicationId, SendConfig, SendEndpoint,
};
use forecastle_transport_udp::UdpChannel;

use super::journal_source::JournalSource;
use super::log_stream::LogStream;
use super::log_streams::{TERM_LENGTH, publish, stream_session_id};

/// The stream, while somebody wants it, and its socket.
pub(super) struct SharedStream {
    channel: UdpChannel,
    endpoint: SendEndpoint,
    /// None: each member is sent to.
    group: Option<SocketAddr>,
    log: Region,
    tickets: StreamTickets,
    carrier: Option<Carrier>,
    members: Vec<LogStreamJob>,
    packet: Vec<u8>,
}

#[derive(Debug)]
struct Carrier {
    publication: PublicationId,
    session_id: i32,
    stream: LogStream,
}

impl SharedStream {
    /// A stream from `channel`, which is joined to the control group when `address` is a group.
    pub(super) fn new(
        (channel, address): (UdpChannel, SocketAddrV4),
        mtu: usize,
        log: Region,
        tickets: StreamTickets,
    ) -> Self {
        let group = address.ip().is_multicast().then_some(SocketAddr::V4(address));
        let send = SendConfig {
            mtu,
            destinations_max: if group.is_some() { 0 } else { MEMBERS_MAX },
            // One that was closed lingers in its place.
            ..SendConfig::multicast(2, TERM_LENGTH, MEMBERS_MAX)
        };
        Self {
            channel,
            endpoint: SendEndpoint::new(send),
            group,
            log,
            tickets,
            carrier: None,
            members: Vec::with_capacity(MEMBERS_MAX),
            packet: Vec::new(),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.carrier.is_some()
    }

    /// Adds a replica; gives the stream's session id, and the position that it has come to. None
    /// when something is exhausted.
    pub(super) fn join(&mut self, job: LogStreamJob) -> Option<(i32, u64)> {
        self.drop_unwanted();
        if self.members.len() == MEMBERS_MAX {
            return None;
        }
        if self.carrier.is_none() {
            self.carrier = Some(self.open()?);
        }
        if self.group.is_none() {
            self.endpoint.add_destination(address(&job).into()).ok()?;
        }
        self.members.push(job);
        self.carrier.as_ref().map(|carrier| (carrier.session_id, carrier.stream.position()))
    }

    fn open(&mut self) -> Option<Carrier> {
        let session_id = stream_session_id()?;
        let stream = LogStream::open_live(self.log.clone()).ok()?;
        let publication = self.endpoint.add_publication(&PublicationConfig {
            stream_id: LOG_STREAM_ID,
            session_id,
            initial_term_id: getrandom::u32().ok()?.cast_signed(),
            destination: self.group.map_or(Destination::Multi, Destination::Address),
            response_requested: false,
        });
        Some(Carrier { publication: publication.ok()?, session_id, stream })
    }

    /// Sends what there is; false when nothing moved.
    pub(super) fn turn(&mut self, now_ns: u64, source: &mut JournalSource) -> bool {
        let endpoint = &mut self.endpoint;
        let on_datagram = |from, datagram: &[u8]| endpoint.on_datagram(now_ns, from, datagram);
        let mut count = self.channel.receive(on_datagram);
        // Who listens is the transport's business; who is wanted, the session's.
        while self.endpoint.poll_event().is_some() {}
        self.drop_unwanted();
        let Self { endpoint, packet, carrier, .. } = self;
        if let Some(open) = carrier {
            match publish(endpoint, open.publication, &mut open.stream, (packet, source)) {
                Ok(sent_count) => count += sent_count,
                Err(error) => {
                    // A closed error stream must not end the thread.
                    let _ = writeln!(
                        io::stderr(),
                        "forecastle: warning: the shared log stream begins anew: {error}"
                    );
                    endpoint.close(open.publication);
                    *carrier = None;
                    self.members.clear();
                }
            }
        }
        let endpoint = &mut self.endpoint;
        count += self.channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
        count > 0
    }

    fn drop_unwanted(&mut self) {
        let Self { endpoint, members, tickets, group, carrier, .. } = self;
        members.retain(|job| {
            let is_wanted = tickets.is_wanted(job);
            if !is_wanted && group.is_none() {
                endpoint.remove_destination(address(job).into());
            }
            is_wanted
        });
        if members.is_empty()
            && let Some(carrier) = carrier.take()
        {
            endpoint.close(carrier.publication);
        }
    }
}

fn address(job: &LogStreamJob) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::from_bits(job.ip), job.port as u16)
}

impl std::fmt::Debug for SharedStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SharedStream")
            .field("carrier", &self.carrier)
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

/// Replicas of the shared stream at a time.
const MEMBERS_MAX: usize = 32;

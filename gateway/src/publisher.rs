//! The market-data agent: reads released records and publishes their market data.
//!
//! Records that are already in the log share packets; as soon as the log has no more, what is at
//! hand goes out, be it only the log position. At least every 100 ms there is a packet. A reader
//! that does not keep up may hold packets back for [`BACK_PRESSURE_MAX_NS`]; then they are dropped
//! and counted until the stream takes packets again, and readers see the gap.

mod backlog;

use std::net::SocketAddr;

use forecastle_proto_spec::MARKET_DATA_STREAM_ID;
use forecastle_runtime::agent::Agent;
use forecastle_runtime::clock::Now;
use forecastle_runtime::log_buffer::GatingReader;
use forecastle_transport::limits::DATA_HEADER_LENGTH;
use forecastle_transport::{
    Destination, OfferError, PublicationConfig, PublicationId, SendConfig, SendEndpoint,
};
use forecastle_transport_udp::UdpChannel;

use crate::counter_list::CounterList;
use crate::drain::Drain;
use crate::market_data::MarketDataPacker;
use crate::order_entry::COUNTER_PERIOD_NS;
use crate::record::Record;
use crate::transport_counts::for_each_transport_count;
use backlog::Backlog;

/// Publishes market data on one feed.
pub struct MarketDataAgent {
    packer: MarketDataPacker,
    outlet: Outlet,
    log: GatingReader,
    counters: CounterList,
    drain: Drain,
    next_publish_ns: u64,
    next_heartbeat_ns: u64,
}

impl MarketDataAgent {
    /// Puts the parts together. Allocates everything.
    ///
    /// # Panics
    /// When a limit of `config` is outside the transport's range.
    #[must_use]
    pub fn new(parts: MarketDataParts, config: &MarketDataConfig) -> Self {
        let send = SendConfig {
            mtu: config.mtu,
            ..SendConfig::multicast(1, config.term_length, config.receivers_max)
        };
        let mut endpoint = SendEndpoint::new(send);
        let publication = endpoint.add_publication(&PublicationConfig {
            stream_id: MARKET_DATA_STREAM_ID,
            session_id: config.session_id,
            initial_term_id: config.initial_term_id,
            destination: Destination::Address(config.destination),
            response_requested: false,
        });
        let publication = publication.expect("an empty pool has room for one");
        let packet_length_max = config.mtu - DATA_HEADER_LENGTH;
        let position = parts.log.position();
        let outlet = Outlet {
            channel: parts.channel,
            endpoint,
            publication,
            backlog: Backlog::new(BACKLOG_LENGTH),
            blocked_since_ns: None,
            is_dropping: false,
            counts: Counts::default(),
        };
        let counters = CounterList::new(|visit| outlet.for_each_count(visit));
        Self {
            packer: MarketDataPacker::new(config.channel, packet_length_max, position),
            outlet,
            log: parts.log,
            counters,
            drain: Drain::default(),
            next_publish_ns: 0,
            next_heartbeat_ns: 0,
        }
    }

    /// The agent's counters, published every 100 ms.
    #[must_use]
    pub fn counters(&self) -> CounterList {
        self.counters.clone()
    }

    /// Bytes that all streams take at their limits, allocated from the start.
    #[must_use]
    pub fn memory_length(&self) -> u64 {
        self.outlet.endpoint.memory_length()
    }

    /// By which a stop asks for the last packets.
    #[must_use]
    pub fn drain(&self) -> Drain {
        self.drain.clone()
    }

    /// Position of the record that is read next.
    #[must_use]
    pub fn log_position(&self) -> u64 {
        self.log.position()
    }

    /// Reads records while the stream takes their packets.
    fn read_log(&mut self, now_ns: u64) -> usize {
        let Self { packer, outlet, log, .. } = self;
        let mut count = 0;
        while count < RECORDS_PER_CALL_MAX && outlet.backlog.is_empty() {
            let is_read = log.poll(1, |position, bytes| {
                let record = Record::new(position, bytes);
                packer.push(&record, |packet| outlet.publish(now_ns, packet));
            });
            if is_read == 0 {
                packer.flush(|packet| outlet.publish(now_ns, packet));
                break;
            }
            count += 1;
        }
        count
    }

    fn beat(&mut self, now_ns: u64) {
        if self.outlet.counts.packets != self.outlet.counts.packets_at_beat {
            self.outlet.counts.packets_at_beat = self.outlet.counts.packets;
            self.next_heartbeat_ns = now_ns + HEARTBEAT_PERIOD_NS;
        } else if now_ns >= self.next_heartbeat_ns && self.outlet.backlog.is_empty() {
            let outlet = &mut self.outlet;
            self.packer.heartbeat(|packet| outlet.publish(now_ns, packet));
        }
    }
}

impl Agent for MarketDataAgent {
    fn name(&self) -> &'static str {
        "market-data"
    }

    fn do_work(&mut self, now: Now) -> usize {
        let now_ns = now.monotonic_ns;
        let mut work_count = self.outlet.receive(now_ns);
        self.outlet.drain(now_ns);
        // Asked before the log is looked at, so that nothing released before is missed.
        let must_drain = self.drain.is_requested();
        let record_count = self.read_log(now_ns);
        work_count += record_count;
        self.beat(now_ns);
        work_count += self.outlet.transmit(now_ns);
        if must_drain && record_count == 0 && self.outlet.has_sent_all() {
            self.drain.finish();
        }
        if now_ns >= self.next_publish_ns {
            self.next_publish_ns = now_ns + COUNTER_PERIOD_NS;
            self.counters.publish(|visit| self.outlet.for_each_count(visit));
        }
        work_count
    }

    fn on_close(&mut self) {
        self.outlet.endpoint.close(self.outlet.publication);
        self.counters.publish(|visit| self.outlet.for_each_count(visit));
    }
}

impl std::fmt::Debug for MarketDataAgent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("MarketDataAgent")
            .field("packer", &self.packer)
            .finish_non_exhaustive()
    }
}

/// What a market-data agent is put together from.
pub struct MarketDataParts {
    /// Socket to send from: joined to the control group of a multicast feed.
    pub channel: UdpChannel,
    /// Released records, from the log's start.
    pub log: GatingReader,
}

/// Settings of a market-data agent.
#[derive(Clone, Debug)]
pub struct MarketDataConfig {
    /// Where the feed goes: the data group, or one configured address.
    pub destination: SocketAddr,
    /// Feed, 0 for A.
    pub channel: u8,
    /// Longest datagram, a multiple of 32.
    pub mtu: usize,
    /// Term, bytes, a power of two from 64 KiB. Half of it may wait unsent.
    pub term_length: u32,
    /// Receivers remembered.
    pub receivers_max: usize,
    /// Random session id, fresh after every start, outside -1 to 1000.
    pub session_id: i32,
    /// Random id of the first term.
    pub initial_term_id: i32,
}

/// The publication and what it has not taken yet.
struct Outlet {
    channel: UdpChannel,
    endpoint: SendEndpoint,
    publication: PublicationId,
    backlog: Backlog,
    blocked_since_ns: Option<u64>,
    /// The bound has passed: nothing waits until the stream takes a packet again.
    is_dropping: bool,
    counts: Counts,
}

impl Outlet {
    fn receive(&mut self, now_ns: u64) -> usize {
        let endpoint = &mut self.endpoint;
        let on_datagram = |source, datagram: &[u8]| endpoint.on_datagram(now_ns, source, datagram);
        let count = self.channel.receive(on_datagram);
        // Who listens is the transport's business; a packet that nobody hears is counted.
        while self.endpoint.poll_event().is_some() {}
        count
    }

    fn transmit(&mut self, now_ns: u64) -> usize {
        let endpoint = &mut self.endpoint;
        self.channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer))
    }

    fn has_sent_all(&self) -> bool {
        self.backlog.is_empty() && self.endpoint.has_sent_all(self.publication)
    }

    #[inline]
    fn publish(&mut self, now_ns: u64, packet: &[u8]) {
        self.counts.packets += 1;
        if self.backlog.is_empty() && self.offer(now_ns, packet) {
            return;
        }
        if self.is_dropping || !self.backlog.push(packet) {
            self.counts.dropped += 1;
        }
    }

    /// Offers waiting packets again; drops them when they have waited too long.
    fn drain(&mut self, now_ns: u64) {
        while let Some(packet) = self.backlog.first() {
            match self.endpoint.offer(self.publication, packet) {
                Ok(_) => self.on_taken(),
                Err(OfferError::BackPressured) => break,
                Err(_) => self.on_unheard(),
            }
            self.backlog.pop();
        }
        if self.backlog.is_empty() {
            return;
        }
        let since_ns = self.blocked_since_ns.unwrap_or(now_ns);
        if now_ns.saturating_sub(since_ns) > BACK_PRESSURE_MAX_NS {
            self.counts.dropped += self.backlog.count();
            self.backlog.clear();
            self.is_dropping = true;
        }
    }

    /// Whether the packet is dealt with: taken, or heard by nobody.
    #[inline]
    fn offer(&mut self, now_ns: u64, packet: &[u8]) -> bool {
        let mut result = self.endpoint.offer(self.publication, packet);
        if result == Err(OfferError::BackPressured) {
            // A long record may hold more than waits unsent at a time: send some and try again.
            self.transmit(now_ns);
            result = self.endpoint.offer(self.publication, packet);
        }
        match result {
            Ok(_) => self.on_taken(),
            Err(OfferError::BackPressured) => {
                self.blocked_since_ns.get_or_insert(now_ns);
                return false;
            }
            Err(_) => self.on_unheard(),
        }
        true
    }

    #[inline]
    fn on_taken(&mut self) {
        self.counts.published += 1;
        self.blocked_since_ns = None;
        self.is_dropping = false;
    }

    #[inline]
    fn on_unheard(&mut self) {
        self.counts.unheard += 1;
        self.blocked_since_ns = None;
        self.is_dropping = false;
    }

    fn for_each_count(&self, visit: &mut dyn FnMut(&str, &str, u64)) {
        let counts = [
            ("packets", self.counts.packets),
            ("published", self.counts.published),
            ("unheard", self.counts.unheard),
            ("dropped", self.counts.dropped),
        ];
        for (label, value) in counts {
            visit(PREFIX, label, value);
        }
        for_each_transport_count(PREFIX, self.endpoint.counters(), self.channel.counters(), visit);
    }
}

#[derive(Debug, Default)]
struct Counts {
    /// Packets made.
    packets: u64,
    packets_at_beat: u64,
    /// Packets that the stream took.
    published: u64,
    /// Packets made while nobody listened.
    unheard: u64,
    /// Packets dropped because readers did not keep up.
    dropped: u64,
}

/// Longest time that readers may hold the publisher, and with it the exchange, back.
pub const BACK_PRESSURE_MAX_NS: u64 = 50_000_000;
/// Longest silence of a feed.
pub const HEARTBEAT_PERIOD_NS: u64 = 100_000_000;
/// Released records read in one duty cycle, at most.
const RECORDS_PER_CALL_MAX: usize = 64;
/// Room for the market data of the longest record.
const BACKLOG_LENGTH: usize = 2 * 1024 * 1024;
const PREFIX: &str = "market_data.";

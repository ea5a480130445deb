//! The order-entry agent: sockets, ring and log around the session core.
//!
//! A duty cycle takes a batch of datagrams from each socket, pushes what passes the core into the
//! ring, reads released records of the log, puts their reports on the reply streams and sends what
//! is due. When the ring has no room the agent leaves messages in their images, whose windows then
//! close: back pressure reaches the client, and nothing is lost.
//!
//! In the ring, a command's kind is its template, its session the session id (0 for the exchange
//! itself) and its time the wall clock at receipt.

mod backlog;
mod streams;

use forecastle_proto_spec::{
    GroupHeader, GroupedMessage, MassQuote, Message, ORDER_ENTRY_STREAM_ID, RejectCode,
    SettlementRequest, encode,
};
use forecastle_runtime::agent::Agent;
use forecastle_runtime::board::Flag;
use forecastle_runtime::clock::Now;
use forecastle_runtime::log_buffer::{GatingReader, LogGauge};
use forecastle_runtime::ring::{Producer, RecordHeader};
use forecastle_transport::limits::WINDOW_LENGTH_DEFAULT;
use forecastle_transport::{ReceiveConfig, SendConfig, control_address};
use forecastle_transport_udp::UdpChannel;
use std::net::SocketAddr;

use crate::counter_list::CounterList;
use crate::drain::Drain;
use crate::history_ports::{HistoryJob, HistoryPorts, LogStreamJob};
use crate::keys::KeyTable;
use crate::record::Record;
use crate::reports::{EXCHANGE_SESSION_ID, project_reports};
use crate::retransmission::RetransmissionJob;
use crate::session::{
    Action, BindingId, Intake, MESSAGES_PER_CALL_MAX, RestoredSession, SessionCore, SessionCount,
};
pub use backlog::BACKLOG_PATIENCE_NS;
use backlog::Backlog;
use streams::Streams;

/// Takes orders in and gives reports out.
pub struct OrderEntryAgent {
    core: SessionCore,
    streams: Streams,
    ring: Producer,
    log: GatingReader,
    backlog: Backlog,
    log_gauge: LogGauge,
    refuses_orders: Flag,
    history: HistoryPorts,
    counters: CounterList,
    market_data: Option<CounterList>,
    drain: Drain,
    next_publish_ns: u64,
    now: Now,
}

impl OrderEntryAgent {
    /// Puts the parts together. Allocates everything.
    ///
    /// # Panics
    /// When a limit of `config` is outside the range its field documents.
    #[must_use]
    pub fn new(parts: OrderEntryParts, config: &OrderEntryConfig) -> Self {
        let mut core = SessionCore::new(parts.keys, config.images_max);
        parts.sessions.iter().for_each(|session| core.restore(session));
        let receive = receive_config(config, parts.requests.local_address());
        let send = SendConfig::unicast(2 * config.images_max, config.reply_term_length);
        let tickets = parts.history.tickets.clone();
        let channels = (parts.requests, parts.reports);
        let streams = Streams::new(channels, receive, send, config.reply_seed, tickets);
        let counters = CounterList::new(|visit| for_each_count(&core, &streams, visit));
        Self {
            core,
            streams,
            ring: parts.ring,
            log: parts.log,
            backlog: Backlog::default(),
            log_gauge: parts.log_gauge,
            refuses_orders: parts.refuses_orders,
            history: parts.history,
            counters,
            market_data: parts.market_data,
            drain: Drain::default(),
            next_publish_ns: 0,
            now: Now::default(),
        }
    }

    /// The agent's counters, published every 100 ms and before each counter report.
    #[must_use]
    pub fn counters(&self) -> CounterList {
        self.counters.clone()
    }

    /// Position behind the last record whose reports were offered.
    #[must_use]
    pub fn log_position(&self) -> u64 {
        self.log.position()
    }

    /// Bytes that all streams take at their limits, allocated from the start.
    #[must_use]
    pub fn memory_length(&self) -> u64 {
        self.streams.memory_length()
    }

    /// By which a stop asks for its last reports.
    #[must_use]
    pub fn drain(&self) -> Drain {
        self.drain.clone()
    }

    /// Pushes what passes the core, as far as the ring has room.
    fn take_messages(&mut self, now: Now) -> usize {
        self.push_session_commands(now);
        let free_length = self.ring.free_length();
        let room = free_length.saturating_sub(RING_SLOT_LENGTH_MAX) / RING_SLOT_LENGTH_MAX;
        let limit = room.min(MESSAGES_PER_CALL_MAX);
        if limit == 0 {
            self.core.on_deaf(now);
            return 0;
        }
        let is_busy = free_length < self.ring.capacity() / BUSY_FREE_DIVISOR
            || self.log_gauge.used_length() > self.log_gauge.capacity() / BUSY_LOG_DIVISOR
            || self.refuses_orders.is_raised();
        let (core, ring) = (&mut self.core, &mut self.ring);
        self.streams.poll(now.monotonic_ns, limit, |binding, message| {
            if let Intake::Forward { session_id } = core.on_message(now, binding, message, is_busy)
            {
                let mut claim = ring.try_claim(message.len()).expect("room was counted before");
                claim.copy_from_slice(message);
                let template_id = u16::from_le_bytes([message[2], message[3]]);
                claim.commit(ring_header(template_id, session_id, now));
            }
        })
    }

    /// Tells the engine of sessions that are lost, then of those that are resumed, while the ring
    /// has room.
    fn push_session_commands(&mut self, now: Now) {
        while self.ring.free_length() > 2 * RING_SLOT_LENGTH_MAX {
            if let Some(command) = self.core.next_disconnect() {
                push(&mut self.ring, &command, EXCHANGE_SESSION_ID, now);
            } else if let Some(command) = self.core.next_resumption() {
                push(&mut self.ring, &command, command.session_id.get(), now);
            } else {
                return;
            }
        }
    }

    /// Does what the core asks for.
    fn act(&mut self, now: Now) {
        while let Some(action) = self.streams.act(now, &mut self.core) {
            match action {
                Action::SendCounters { binding, request_id } => {
                    self.publish_counters();
                    let lists = [Some(&self.counters), self.market_data.as_ref()];
                    if !self.streams.send_counters(now.monotonic_ns, binding, request_id, lists) {
                        self.core.on_slow_consumer(now, binding);
                    }
                }
                Action::Retransmit { binding, job } => self.retransmit(now, binding, job),
                Action::StreamLog { binding, job } => self.stream_log(now, binding, job),
                _ => {}
            }
        }
    }

    /// Has a binding's reports sent again up to here: what follows in the log is sent as it comes.
    fn retransmit(&mut self, now: Now, binding: BindingId, job: RetransmissionJob) {
        let job = RetransmissionJob { end_position: self.log.position(), ..job };
        if job.from_position > job.end_position {
            self.core.refuse_retransmission(now, binding, RejectCode::RetransmitOutOfRange);
        } else if !HistoryJob::Retransmission(job).push(&mut self.history.jobs) {
            self.core.refuse_retransmission(now, binding, RejectCode::RetransmitUnavailable);
        }
    }

    /// Has the log sent to where the session's requests come from.
    fn stream_log(&mut self, now: Now, binding: BindingId, job: LogStreamJob) {
        let Some(ip) = self.streams.source_ip(binding) else { return };
        let released_position = self.log.position();
        let job = LogStreamJob { released_position, ip: ip.to_bits(), ..job };
        if job.is_shared == 0 && job.from_position > released_position {
            self.core.refuse_log_stream(now, binding, &job, RejectCode::RetransmitOutOfRange);
            return;
        }
        // Before the job, which would be found unwanted otherwise.
        self.streams.tickets.set(binding, job.ticket);
        if !HistoryJob::LogStream(job).push(&mut self.history.jobs) {
            self.streams.tickets.set(binding, 0);
            self.core.refuse_log_stream(now, binding, &job, RejectCode::RetransmitUnavailable);
        }
    }

    /// Passes on what the history thread has to send again, as far as reply streams have room to
    /// spare.
    fn read_history(&mut self, now: Now) -> usize {
        let Self { core, streams, history, .. } = self;
        let count = history.messages.poll_while(RETRANSMITTED_PER_CALL_MAX, |header, message| {
            // The session id of a job is 32 bits long.
            let Some(id) = core.binding_of_ticket(header.session as u32, header.time_ns) else {
                return true;
            };
            if !streams.has_spare_room(id) {
                core.on_retransmission_blocked(now, id, header.time_ns);
                return false;
            }
            let template_id = header.kind as u16;
            core.on_retransmitted(now, id, template_id, |binding| {
                streams.offer(now.monotonic_ns, binding, message)
            });
            true
        });
        self.act(now);
        count
    }

    /// Reads released records and reports their effects.
    fn read_log(&mut self, now: Now) -> usize {
        let Self { core, streams, log, backlog, .. } = self;
        if backlog.must_wait(now.monotonic_ns, || streams.is_crowded()) {
            return 0;
        }
        let count = log.poll(RECORDS_PER_CALL_MAX, |position, bytes| {
            let record = Record::new(position, bytes);
            core.observe(&record);
            project_reports(&record, |_, recipient, message| {
                core.on_report(now, recipient, message, |binding| {
                    streams.offer(now.monotonic_ns, binding, message)
                });
            });
            // What is handed back is asked for by messages only, and those were answered before.
            while streams.act(now, core).is_some() {}
        });
        backlog.on_batch(count == RECORDS_PER_CALL_MAX);
        count
    }

    fn publish_counters(&self) {
        let (core, streams) = (&self.core, &self.streams);
        self.counters.publish(|visit| for_each_count(core, streams, visit));
    }
}

impl Agent for OrderEntryAgent {
    fn name(&self) -> &'static str {
        "order-entry"
    }

    fn do_work(&mut self, now: Now) -> usize {
        self.now = now;
        let mut work_count = self.streams.receive(now.monotonic_ns);
        work_count += self.streams.poll_events(now, &mut self.core);
        work_count += self.take_messages(now);
        self.act(now);
        // Asked before the log is looked at, so that nothing released before is missed.
        let must_drain = self.drain.is_requested();
        let record_count = self.read_log(now);
        work_count += record_count;
        work_count += self.read_history(now);
        self.core.on_time(now);
        self.act(now);
        work_count += self.streams.transmit(now.monotonic_ns);
        let is_read = record_count == 0 && self.backlog.is_over();
        if must_drain && is_read && self.streams.has_sent_all() {
            self.drain.finish();
        }
        if now.monotonic_ns >= self.next_publish_ns {
            self.next_publish_ns = now.monotonic_ns + COUNTER_PERIOD_NS;
            self.publish_counters();
        }
        work_count
    }

    /// Ends every session with the code Shutdown and sends what can be sent at once.
    fn on_close(&mut self) {
        let now = self.now;
        self.read_log(now);
        self.core.on_shutdown(now);
        self.act(now);
        self.streams.transmit(now.monotonic_ns);
        self.publish_counters();
    }
}

impl std::fmt::Debug for OrderEntryAgent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OrderEntryAgent").field("core", &self.core).finish_non_exhaustive()
    }
}

/// What an order-entry agent is put together from.
pub struct OrderEntryParts {
    /// Who may log in.
    pub keys: KeyTable,
    /// Socket of the order-entry address: unicast, or joined to a multicast group.
    pub requests: UdpChannel,
    /// Socket that reports are sent from and their status messages come to.
    pub reports: UdpChannel,
    /// Sessions that the engine knows from before: their clients may go on with them.
    pub sessions: Vec<RestoredSession>,
    /// Commands to the engine.
    pub ring: Producer,
    /// Released records, from the log's start.
    pub log: GatingReader,
    /// How full that log is: above its first mark new orders and replaces are refused as Busy.
    pub log_gauge: LogGauge,
    /// Raised while the journal's space is all but used up: the same.
    pub refuses_orders: Flag,
    /// Where to ask for reports once more, and where they come from.
    pub history: HistoryPorts,
    /// Counters of the market-data publisher, reported behind the agent's own.
    pub market_data: Option<CounterList>,
}

/// Limits of an order-entry agent.
#[derive(Clone, Debug)]
pub struct OrderEntryConfig {
    /// Request images at a time, from 1; also sessions at a time.
    pub images_max: usize,
    /// Images that one source address may have, from 1.
    pub images_per_source_max: usize,
    /// Receiver window of each request image, bytes; see the transport. The socket's receive
    /// buffer must be at least as long.
    pub window_length: u32,
    /// How long a hole in a request stream may wait for its repair before the messages in it are
    /// given up, ns; the engine then answers with NotApplied.
    pub gap_hold_ns: u64,
    /// Term of each reply stream, bytes, a power of two from 64 KiB. Half of it may wait unsent:
    /// a client further behind is cut off.
    pub reply_term_length: u32,
    /// Random number that names the receiver to senders.
    pub receiver_id: i64,
    /// Secret random bytes that reply session ids are drawn from.
    pub reply_seed: [u8; 32],
}

impl OrderEntryConfig {
    /// 64 images, 16 per source, window 128 KiB, holes held for 100 ms and reply terms of
    /// 1 MiB.
    #[must_use]
    pub const fn new(receiver_id: i64, reply_seed: [u8; 32]) -> Self {
        Self {
            images_max: 64,
            images_per_source_max: 16,
            window_length: WINDOW_LENGTH_DEFAULT,
            gap_hold_ns: 100_000_000,
            reply_term_length: 1024 * 1024,
            receiver_id,
            reply_seed,
        }
    }
}

fn receive_config(config: &OrderEntryConfig, address: SocketAddr) -> ReceiveConfig {
    let seed = config.receiver_id.unsigned_abs();
    ReceiveConfig {
        control_address: control_address(address),
        images_max: config.images_max,
        images_per_source_max: config.images_per_source_max,
        window_length: config.window_length,
        message_length_max: REQUEST_LENGTH_MAX,
        gap_hold_ns: Some(config.gap_hold_ns),
        ..ReceiveConfig::untrusted(&[ORDER_ENTRY_STREAM_ID], config.receiver_id, seed)
    }
}

/// Pushes a message that the core holds; the ring must have room for it.
fn push<M: Message>(ring: &mut Producer, command: &M, session_id: u32, now: Now) {
    let mut claim = ring.try_claim(M::ENCODED_LENGTH).expect("room was counted before");
    encode(command, &mut claim).expect("the claim is as long as the message");
    claim.commit(ring_header(M::TEMPLATE_ID, session_id, now));
}

#[inline]
fn ring_header(template_id: u16, session_id: u32, now: Now) -> RecordHeader {
    RecordHeader {
        kind: u32::from(template_id),
        session: u64::from(session_id),
        time_ns: now.wall_ns,
    }
}

fn for_each_count(core: &SessionCore, streams: &Streams, visit: &mut dyn FnMut(&str, &str, u64)) {
    for count in SessionCount::ALL {
        visit("session.", count.label(), core.counters().value(count));
    }
    visit("session.", "established_now", core.established_count() as u64);
    streams.for_each_count(visit);
}

/// Released records read in one duty cycle, at most.
pub const RECORDS_PER_CALL_MAX: usize = 64;
/// Messages that are sent again in one duty cycle, at most.
const RETRANSMITTED_PER_CALL_MAX: usize = 32;
/// New orders and replaces are refused as Busy while less than this part of the ring is free.
pub const BUSY_FREE_DIVISOR: usize = 4;
/// The same while more than this part of the log waits for a reader: its first mark. The second is
/// where the longest record no longer fits, and the engine stops.
pub const BUSY_LOG_DIVISOR: usize = 2;
/// Longest transport message taken from a client; longer ones are dropped by the transport.
pub const REQUEST_LENGTH_MAX: usize = 4096;
/// Ring bytes that the longest client message takes.
const RING_SLOT_LENGTH_MAX: usize = 1088;
/// How often counters are published.
pub(crate) const COUNTER_PERIOD_NS: u64 = 100_000_000;

const _: () = assert!(24 + SettlementRequest::ENCODED_LENGTH <= RING_SLOT_LENGTH_MAX);
const MASS_QUOTE_LENGTH_MAX: usize = MassQuote::ENCODED_LENGTH
    + size_of::<GroupHeader>()
    + MassQuote::ENTRIES.count_max as usize * MassQuote::ENTRIES.block_length;
const _: () = assert!(24 + MASS_QUOTE_LENGTH_MAX <= RING_SLOT_LENGTH_MAX);

//! The history thread: what was said before is read from the journal and said again, and the log is
//! streamed to replicas, far from the hot side.
//!
//! It takes [`HistoryJob`]s out of one ring and puts whole messages for clients into another. Jobs
//! take turns frame by frame, so a long one does not hold up a short one, and together they read
//! the journal no faster than the configured rate.

mod journal_source;
mod log_stream;
mod log_streams;
mod outlet;
mod retransmissions;
mod shared_stream;

use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use forecastle_gateway::{HistoryJob, HistoryPorts, StreamTickets};
use forecastle_persister_disk::{JournalFolder, Progress};
use forecastle_runtime::clock::SystemClock;
use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring::{self, Consumer};
use forecastle_transport_udp::UdpChannel;

use journal_source::JournalSource;
use log_streams::LogStreams;
use outlet::Outlet;
use retransmissions::Retransmissions;

/// What the history thread works on.
#[derive(Debug)]
pub struct History {
    jobs: Consumer,
    outlet: Outlet,
    source: JournalSource,
    retransmissions: Retransmissions,
    log_streams: LogStreams,
}

/// What a history is put together from.
pub(crate) struct HistoryParts {
    /// Where it finds what was said.
    pub(crate) past: Past,
    /// Socket that log streams are sent from.
    pub(crate) channel: UdpChannel,
    /// Socket of the shared one, and its address: a group, or the socket's own.
    pub(crate) shared: (UdpChannel, SocketAddrV4),
    /// Longest datagram.
    pub(crate) mtu_length: usize,
    /// Bytes of the journal read in a second, at most.
    pub(crate) bytes_per_second: u64,
    /// Bindings of the order-entry agent.
    pub(crate) bindings_max: usize,
}

/// The two copies of the log.
#[derive(Debug)]
pub(crate) struct Past {
    /// The journal.
    pub(crate) folder: JournalFolder,
    /// Its shard.
    pub(crate) shard: u8,
    /// How far it is.
    pub(crate) progress: Progress,
    /// The log buffer.
    pub(crate) log: Region,
}

impl History {
    /// Makes the two rings; gives the agent's ends of them, too.
    ///
    /// # Errors
    /// The rings cannot be laid out.
    pub(crate) fn new(parts: HistoryParts) -> Result<(Self, HistoryPorts), LayoutError> {
        let region = |capacity| Region::anonymous(ring::region_length(capacity));
        let (job_producer, jobs) = ring::create(region(JOB_RING_LENGTH), JOB_RING_LENGTH)?;
        let (producer, messages) = ring::create(region(MESSAGE_RING_LENGTH), MESSAGE_RING_LENGTH)?;
        let tickets = StreamTickets::new(parts.bindings_max);
        let Past { folder, shard, progress, log } = parts.past;
        let source = JournalSource::new(folder, progress, parts.bytes_per_second);
        let log_streams =
            LogStreams::new((parts.channel, parts.shared), parts.mtu_length, log, tickets.clone());
        let history = Self {
            jobs,
            outlet: Outlet::new(producer),
            source,
            retransmissions: Retransmissions::new(shard),
            log_streams,
        };
        Ok((history, HistoryPorts { jobs: job_producer, messages, tickets }))
    }

    /// Puts it on a thread of its own, which parks while there is nothing to do.
    pub(crate) fn start(mut self) -> io::Result<HistoryThread> {
        let stop = self.outlet.stop();
        let is_stopped = stop.clone();
        let run = move || {
            let clock = SystemClock::new();
            while !is_stopped.load(Ordering::Relaxed) {
                if !self.turn(clock.now().monotonic_ns) {
                    let is_streaming = self.log_streams.is_any_open();
                    std::thread::park_timeout(if is_streaming {
                        STREAM_PERIOD
                    } else {
                        LOOK_PERIOD
                    });
                }
            }
            self.log_streams.close(clock.now().monotonic_ns);
        };
        let thread = std::thread::Builder::new().name("history".to_string()).spawn(run)?;
        Ok(HistoryThread { stop, thread: Some(thread) })
    }

    /// Takes new jobs and does a bounded part of each; false when nothing could go on.
    fn turn(&mut self, now_ns: u64) -> bool {
        let Self { jobs, outlet, source, retransmissions, log_streams } = self;
        while let Some(job) = HistoryJob::pop(jobs) {
            match job {
                HistoryJob::Retransmission(job) => retransmissions.begin(outlet, job),
                HistoryJob::LogStream(job) => log_streams.begin(now_ns, outlet, job),
            }
        }
        let has_sent = retransmissions.turn(outlet, source);
        log_streams.turn(now_ns, source) || has_sent
    }
}

/// The thread, until it is dropped.
#[derive(Debug)]
pub(crate) struct HistoryThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for HistoryThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

const JOB_RING_LENGTH: usize = ring::CAPACITY_MIN;
const MESSAGE_RING_LENGTH: usize = 1 << 20;
const LOOK_PERIOD: Duration = Duration::from_millis(1);
const STREAM_PERIOD: Duration = Duration::from_micros(50);

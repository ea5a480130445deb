//! Log streams of a running exchange: every record once and in order, from any position, over the
//! seams between journal, log buffer and what was overrun.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desk;

use std::path::Path;
use std::time::{Duration, Instant};

use desk::{config, connect, connect_as, order, prepare};
use forecastle_client::{KeyFile, LogStream, LogStreamError, OrderEntry};
use forecastle_node::{Addresses, Config, DataFolder, Exchange, Journal, Limits, Network};
use forecastle_persister_disk::{JournalFolder, JournalReader};
use forecastle_proto_spec::{
    BusinessMessageReject, ExecutionReportNew, LogStreamDelivery, LogStreamReport,
    LogStreamRequest, RejectCode, Side,
};
use tempfile::TempDir;
use zerocopy::FromZeros as _;

/// An exchange with a small log buffer and small segments, and its traders.
struct Floor {
    exchange: Exchange,
    keys: KeyFile,
    folder: TempDir,
    maker: OrderEntry,
    next_cl_ord_id: u64,
}

impl Floor {
    fn open(group: u8) -> Self {
        Self::open_sharing(group, "127.0.0.1:0")
    }

    /// With the shared log stream at this address.
    fn open_sharing(group: u8, shared: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let keys = data.keys().clone();
        let small = config(group);
        let config = Config {
            limits: Limits { log_bytes: LOG_BYTES, ..small.limits },
            journal: Journal { segment_bytes: 1 << 20, snapshot_bytes: 1 << 20, ..small.journal },
            network: Network { shared_log_stream: shared.parse().unwrap(), ..small.network },
            ..small
        };
        let exchange = Exchange::start(&config, &data, None).unwrap();
        prepare(exchange.addresses(), &keys);
        let maker = connect(exchange.addresses(), &keys.keys[1]);
        Self { exchange, keys, folder, maker, next_cl_ord_id: 0 }
    }

    fn addresses(&self) -> Addresses {
        self.exchange.addresses()
    }

    fn replica(&self) -> OrderEntry {
        connect(self.addresses(), &self.keys.keys[0])
    }

    /// Rests and trades orders of both sides, `count` of them, while others have their turns.
    fn trade(&mut self, count: u64, mut turn: impl FnMut()) {
        let first = self.next_cl_ord_id;
        let mut answered = 0;
        let deadline = Instant::now() + PATIENCE;
        while answered < count {
            let sent = self.next_cl_ord_id - first;
            if sent < count && sent - answered < IN_FLIGHT {
                let side = if sent.is_multiple_of(2) { Side::Sell } else { Side::Buy };
                let next = order(self.next_cl_ord_id + 1, 1, 4_000 + (sent % 2_000) as u16, side);
                if self.maker.send(&next).is_ok() {
                    self.next_cl_ord_id += 1;
                }
            }
            let polled = self.maker.poll(|frame| {
                answered += u64::from(frame.body::<ExecutionReportNew>().is_some());
            });
            polled.unwrap();
            turn();
            assert!(Instant::now() < deadline, "{answered} of {count} answered");
        }
    }

    fn released_position(&self) -> u64 {
        self.exchange.journal().progress.durable_position()
    }
}

/// A replica's copy of the log.
struct Copy {
    stream: LogStream,
    start: Option<u64>,
    bytes: Vec<u8>,
}

impl Copy {
    fn ask(floor: &Floor, session: &mut OrderEntry, from_position: u64) -> Self {
        let interface = "127.0.0.1".parse().unwrap();
        let stream = LogStream::bind(floor.addresses().log_stream, interface).unwrap();
        let report = ask(session, &request(stream.port(), from_position));
        assert_eq!((report.request_id.get(), report.from_position.get()), (REQUEST, from_position));
        assert!(report.released_position.get() >= from_position);
        Self { stream, start: None, bytes: Vec::new() }
    }

    /// The shared stream.
    fn share(floor: &Floor, session: &mut OrderEntry) -> Self {
        let interface = "127.0.0.1".parse().unwrap();
        let address = floor.addresses().shared_log_stream;
        let stream = LogStream::bind_shared(address, interface).unwrap();
        let mut shared = request(stream.port(), u64::MAX);
        shared.delivery = LogStreamDelivery::Shared.into();
        assert_eq!(ask(session, &shared).request_id.get(), REQUEST);
        Self { stream, start: None, bytes: Vec::new() }
    }

    fn poll(&mut self) -> Result<usize, LogStreamError> {
        let Self { stream, start, bytes } = self;
        stream.poll(|position, record| {
            assert_eq!(start.get_or_insert(position).wrapping_add(bytes.len() as u64), position);
            bytes.extend_from_slice(record);
        })
    }

    /// Keeps its session alive meanwhile.
    fn read_to(&mut self, position: u64, session: &mut OrderEntry) {
        let deadline = Instant::now() + PATIENCE;
        while self.stream.position().is_none_or(|at| at < position) {
            keep_alive(session);
            if self.poll().unwrap() == 0 {
                self.stream.wait(Duration::from_millis(1));
            }
            assert!(Instant::now() < deadline, "at {:?} of {position}", self.stream.position());
        }
    }

    /// Every byte is the journal's at its position.
    fn check(&self, data: &Path) {
        let start = self.start.unwrap();
        let folder = JournalFolder::open_to_read(data, None).unwrap();
        let mut reader = JournalReader::open(&folder, start).unwrap();
        let end = self.stream.position().unwrap();
        let mut checked = start;
        while checked < end {
            let frame = reader.next_frame(u64::MAX).unwrap().expect("the journal has it too");
            for record in frame.records().filter(|record| (start..end).contains(&record.position)) {
                let at = (record.position - start) as usize;
                assert!(self.bytes[at..][..record.bytes.len()] == *record.bytes, "at {checked}");
                checked = record.end();
            }
        }
        assert_eq!(end - start, self.bytes.len() as u64);
    }
}

fn request(port: u16, from_position: u64) -> LogStreamRequest {
    let mut request = LogStreamRequest::new_zeroed();
    request.request_id.set(REQUEST);
    request.port.set(port);
    request.from_position.set(from_position);
    request
}

fn ask(session: &mut OrderEntry, request: &LogStreamRequest) -> LogStreamReport {
    session.send_unnumbered(request).unwrap();
    let mut report = None;
    poll_until(session, |frame| {
        report = frame.body::<LogStreamReport>().copied();
        report.is_some()
    });
    report.unwrap()
}

/// A session that is not polled for seconds is given up by the exchange.
fn keep_alive(session: &mut OrderEntry) {
    session.poll(|_| {}).unwrap();
}

fn poll_until(
    session: &mut OrderEntry,
    mut is_done: impl FnMut(&forecastle_proto_spec::Frame<'_>) -> bool,
) {
    let deadline = Instant::now() + PATIENCE;
    let mut done = false;
    while !done {
        session.poll(|frame| done = done || is_done(&frame)).unwrap();
        assert!(Instant::now() < deadline, "no answer");
        std::thread::yield_now();
    }
}

#[test]
fn a_replica_follows_from_the_birth_of_the_log_and_over_what_it_was_too_slow_for() {
    let mut floor = Floor::open(21);
    floor.trade(6_000, || {});
    let mut session = floor.replica();
    let mut copy = Copy::ask(&floor, &mut session, 0);
    // It reads its way through the journal and into the log buffer while orders go on.
    floor.trade(2_000, || {
        keep_alive(&mut session);
        copy.poll().unwrap();
    });
    copy.read_to(floor.released_position(), &mut session);
    assert_eq!(copy.start, Some(0));
    // Then it reads nothing for more than the log buffer holds.
    let before = floor.released_position();
    floor.trade(LOG_BYTES as u64 / 60, || keep_alive(&mut session));
    // Half a term of the stream waits in its publication besides.
    assert!(floor.released_position() - before > 2 * LOG_BYTES as u64, "too little was written");
    floor.trade(1_000, || {
        keep_alive(&mut session);
        copy.poll().unwrap();
    });
    copy.read_to(floor.released_position(), &mut session);
    copy.check(floor.folder.path());
}

#[test]
fn replicas_begin_anywhere_and_end_with_their_sessions() {
    let mut floor = Floor::open(25);
    floor.trade(500, || {});
    let end = floor.released_position();
    let mut session = floor.replica();
    let mut whole = Copy::ask(&floor, &mut session, 0);
    whole.read_to(end, &mut session);
    // A later request replaces the stream; it begins at the record that holds the position.
    let mut middle = Copy::ask(&floor, &mut session, (end / 2) | 4);
    middle.read_to(end, &mut session);
    let start = middle.start.unwrap();
    assert!(start < end / 2 + 8 && end / 2 < start + 2_000, "{start} of {}", end / 2);
    middle.check(floor.folder.path());
    assert_eq!(ended(&mut whole), LogStreamError::Ended);
    let mut live = Copy::ask(&floor, &mut session, end);
    floor.trade(100, || {
        keep_alive(&mut session);
        live.poll().unwrap();
    });
    live.read_to(floor.released_position(), &mut session);
    assert_eq!(live.start, Some(end));
    live.check(floor.folder.path());
    drop(session);
    assert!(matches!(ended(&mut live), LogStreamError::Ended | LogStreamError::Lost));
}

#[test]
fn replicas_share_a_stream_over_several_destinations_and_over_a_group() {
    for (group, shared) in [(29, "127.0.0.1:0"), (31, "239.255.77.41:0")] {
        let mut floor = Floor::open_sharing(group, shared);
        let other = connect_as(floor.addresses(), &floor.keys.keys[0], 1);
        let mut sessions = [floor.replica(), other];
        let [first_session, second_session] = &mut sessions;
        let mut first = Copy::share(&floor, first_session);
        floor.trade(2_000, || {
            keep_alive(first_session);
            keep_alive(second_session);
            first.poll().unwrap();
        });
        let mut second = Copy::share(&floor, second_session);
        // A stream that goes on tells newcomers what it is every now and then only.
        let deadline = Instant::now() + PATIENCE;
        while second.stream.position().is_none() {
            assert!(Instant::now() < deadline, "{shared}");
            floor.trade(200, || {
                keep_alive(first_session);
                keep_alive(second_session);
                first.poll().unwrap();
                second.poll().unwrap();
            });
        }
        let end = floor.released_position();
        first.read_to(end, first_session);
        second.read_to(end, second_session);
        assert!(first.start < second.start, "{shared}");
        first.check(floor.folder.path());
        second.check(floor.folder.path());
        // What came before is had by a stream of one's own; the shared one is given up for it.
        let mut whole = Copy::ask(&floor, second_session, 0);
        whole.read_to(second.start.unwrap(), second_session);
        whole.check(floor.folder.path());
        // The other goes on, alone.
        floor.trade(200, || {
            keep_alive(first_session);
            first.poll().unwrap();
            let _ = second.poll();
        });
        first.read_to(floor.released_position(), first_session);
        if shared.starts_with("127") {
            assert!(second.stream.position().unwrap() <= end, "nothing more is sent to it");
        }
        first.check(floor.folder.path());
    }
}

#[test]
fn who_may_not_read_the_log_and_who_asks_for_the_future_is_refused() {
    let mut floor = Floor::open(27);
    floor.trade(10, || {});
    let refusal = |session: &mut OrderEntry, from_position: u64| {
        session.send_unnumbered(&request(9, from_position)).unwrap();
        let mut code = 0;
        poll_until(session, |frame| {
            let reject = frame.body::<BusinessMessageReject>();
            code = reject.map_or(code, |reject| reject.reject_code.get());
            code != 0
        });
        RejectCode::try_from(code).unwrap()
    };
    let mut trader = connect(floor.addresses(), &floor.keys.keys[2]);
    assert_eq!(refusal(&mut trader, 0), RejectCode::NotEntitled);
    let mut replica = floor.replica();
    assert_eq!(refusal(&mut replica, 1 << 40), RejectCode::RetransmitOutOfRange);
}

fn ended(copy: &mut Copy) -> LogStreamError {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Err(error) = copy.poll() {
            return error;
        }
        assert!(Instant::now() < deadline, "the stream goes on");
        copy.stream.wait(Duration::from_millis(5));
    }
}

const LOG_BYTES: usize = 4 << 20;
const IN_FLIGHT: u64 = 200;
const REQUEST: u64 = 77;
const PATIENCE: Duration = Duration::from_secs(60);

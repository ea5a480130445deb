//! A log, the persister that journals it, and the records that went in.

use std::path::Path;
use std::time::{Duration, Instant};

use forecastle_persister::JournalEnd;
use forecastle_persister_disk::{
    Backend, JournalFolder, JournalReader, Persister, PersisterConfig, inspect, recover,
};
use forecastle_proto_spec::{AcknowledgementLevel, RecordHeader};
use forecastle_runtime::agent::Agent as _;
use forecastle_runtime::clock::SystemClock;
use forecastle_runtime::log_buffer::{
    self, CAPACITY_MIN, GatingReader, LogConfig, LogWriter, Release, ReleaseGate, Visibility,
};
use forecastle_runtime::memory::Region;
use zerocopy::{FromZeros as _, IntoBytes as _};

/// A running persister over a log.
pub struct Bench {
    pub log: LogWriter,
    pub persister: Persister,
    /// Reads what is released.
    pub released: GatingReader,
    /// What was appended, by position.
    pub records: Vec<(u64, Vec<u8>)>,
    clock: SystemClock,
    number: u64,
}

impl Bench {
    /// Recovers the journal in `data` and goes on with it.
    pub fn open(data: &Path, backend: Backend, level: AcknowledgementLevel) -> Self {
        Self::start(data, PersisterConfig { level, backend, ..PersisterConfig::new(1 << 20) })
    }

    /// The same with segments of that length.
    pub fn open_with(data: &Path, backend: Backend, segment_bytes: u64) -> Self {
        Self::start(data, PersisterConfig { backend, ..PersisterConfig::new(segment_bytes) })
    }

    fn start(data: &Path, config: PersisterConfig) -> Self {
        let folder = JournalFolder::open(data, None).unwrap();
        let end = recover(&folder, 0, |_| {}).unwrap().end;
        let region = Region::anonymous(log_buffer::region_length(CAPACITY_MIN));
        let log_config = LogConfig {
            capacity: CAPACITY_MIN,
            start_position: end.point.position,
            gate_count: 2,
            release: Release::Gate,
        };
        let log = LogWriter::create(region.clone(), &log_config).unwrap();
        let committed = GatingReader::attach(region.clone(), 0, Visibility::Committed).unwrap();
        let released = GatingReader::attach(region.clone(), 1, Visibility::Released).unwrap();
        let release = ReleaseGate::attach(region).unwrap();
        let config = PersisterConfig { spare_count: 3, ..config };
        let persister = Persister::open(&folder, &config, &end, committed, Some(release)).unwrap();
        let number = end.point.sequencing_time_ns;
        let clock = SystemClock::new();
        Self { log, persister, released, records: Vec::new(), clock, number }
    }

    /// Appends a record of `length` bytes, a multiple of 8 from 40.
    pub fn append(&mut self, length: usize) -> u64 {
        self.number += 1;
        let mut record = vec![self.number as u8; length];
        let mut header = RecordHeader::new_zeroed();
        header.record_length.set(length as u32);
        header.command_length.set(8);
        header.sequencing_time_ns.set(self.number);
        header.state_digest.set(self.number.wrapping_mul(3));
        record[..size_of::<RecordHeader>()].copy_from_slice(header.as_bytes());
        loop {
            if let Some(mut claim) = self.log.try_claim(length) {
                let position = claim.position();
                claim[..length].copy_from_slice(&record);
                claim.commit(length);
                self.records.push((position, record));
                return self.log.position();
            }
            self.work();
        }
    }

    /// One duty cycle; takes what was released from the log.
    pub fn work(&mut self) -> usize {
        let now = self.clock.now();
        let count = self.persister.do_work(now);
        self.released.poll(1 << 16, |_, _| {});
        count
    }

    /// Works until `position` is released.
    pub fn reach(&mut self, position: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.released.position() < position {
            self.work();
            assert!(Instant::now() < deadline, "{} is not released", position);
        }
    }

    /// Ends the journal.
    pub fn close(&mut self) {
        let progress = self.persister.progress();
        progress.request_close();
        let deadline = Instant::now() + PATIENCE;
        while !progress.is_closed() {
            self.work();
            assert!(Instant::now() < deadline, "the journal does not end");
        }
    }
}

/// Every record of a journal from a position on.
pub fn read(data: &Path, from: u64) -> Vec<(u64, Vec<u8>)> {
    let folder = JournalFolder::open_to_read(data, None).unwrap();
    let limit = end_of(data).point.position;
    let mut reader = JournalReader::open(&folder, from).unwrap();
    let mut records = Vec::new();
    while let Some(frame) = reader.next_frame(limit).unwrap() {
        let of_frame = frame.records().filter(|record| record.position >= from);
        records.extend(of_frame.map(|record| (record.position, record.bytes.to_vec())));
    }
    records
}

/// How the journal ends.
pub fn end_of(data: &Path) -> JournalEnd {
    inspect(&JournalFolder::open_to_read(data, None).unwrap(), 0).unwrap()
}

const PATIENCE: Duration = Duration::from_secs(20);

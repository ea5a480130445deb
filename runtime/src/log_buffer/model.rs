//! The log's protocols under the model checker: every interleaving and every value that a weakly
//! ordered access may see, for two threads and a log of two slots.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p forecastle-runtime --lib model`

use loom::thread;

use super::{
    CAPACITY_MIN, GatingReader, LogConfig, LogWriter, Overrun, Reader, Release, ReleaseGate,
    Visibility, region_length,
};
use crate::memory::Region;

const START: u64 = 0;
const RECORD_LENGTH: usize = 16;

fn log(gate_count: usize, release: Release) -> (Region, LogWriter) {
    let region = Region::anonymous(region_length(CAPACITY_MIN));
    let config = LogConfig { capacity: CAPACITY_MIN, start_position: START, gate_count, release };
    let writer = LogWriter::create(region.clone(), &config).unwrap();
    (region, writer)
}

/// The first word is also a commit word, that of a record of eight bytes.
fn words(position: u64) -> [u64; 2] {
    [1 << 32 | 8, position + 1]
}

fn append(writer: &mut LogWriter) -> bool {
    let Some(mut claim) = writer.try_claim(RECORD_LENGTH) else {
        return false;
    };
    let words = words(claim.position());
    claim[..8].copy_from_slice(&words[0].to_le_bytes());
    claim[8..].copy_from_slice(&words[1].to_le_bytes());
    claim.commit(RECORD_LENGTH);
    true
}

fn check_record(position: u64, record: &[u8]) {
    assert_eq!(record.len(), RECORD_LENGTH);
    for (chunk, word) in record.chunks(8).zip(words(position)) {
        assert_eq!(chunk, word.to_le_bytes(), "a torn record at {position}");
    }
}

fn check(test: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(test);
}

#[test]
fn a_gating_reader_reads_every_record_whole() {
    check(|| {
        let (region, mut writer) = log(1, Release::OnCommit);
        let mut reader = GatingReader::attach(region, 0, Visibility::Released).unwrap();
        let count = 3;
        let writing = thread::spawn(move || {
            for _ in 0..count {
                while !append(&mut writer) {
                    thread::yield_now();
                }
            }
        });
        while reader.position() < START + count * RECORD_LENGTH as u64 {
            if reader.poll(2, check_record) == 0 {
                thread::yield_now();
            }
        }
        writing.join().unwrap();
    });
}

#[test]
fn an_overrunnable_reader_is_handed_whole_records_or_told_what_it_missed() {
    check(|| {
        let (region, mut writer) = log(0, Release::OnCommit);
        let mut reader = Reader::attach(region, Visibility::Committed).unwrap();
        let writing = thread::spawn(move || {
            for _ in 0..3 {
                assert!(append(&mut writer));
            }
        });
        let mut expected = START;
        for _ in 0..2 {
            let polled = reader.poll(1, |position, record| {
                assert_eq!(position, expected);
                check_record(position, record);
                expected += RECORD_LENGTH as u64;
            });
            if let Err(Overrun { lost_from, resume_at }) = polled {
                assert_eq!(lost_from, expected);
                assert!(resume_at > lost_from);
                expected = resume_at;
            }
        }
        writing.join().unwrap();
    });
}

#[test]
fn a_released_record_is_read_after_what_its_release_rests_on() {
    check(|| {
        let (region, mut writer) = log(1, Release::Gate);
        let mut reader = GatingReader::attach(region.clone(), 0, Visibility::Released).unwrap();
        let mut gate = ReleaseGate::attach(region).unwrap();
        let durable = loom::sync::Arc::new(loom::cell::UnsafeCell::new(0));
        let seen = durable.clone();
        let writing = thread::spawn(move || {
            assert!(append(&mut writer));
            durable.with_mut(|_| ());
            gate.advance(writer.position());
        });
        reader.poll(1, |position, record| {
            check_record(position, record);
            seen.with(|_| ());
        });
        writing.join().unwrap();
    });
}

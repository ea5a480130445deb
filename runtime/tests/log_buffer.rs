//! The log from outside: bytes as documented, positions that follow from the records alone,
//! gates, release, overrun, two threads, two mappings of one file.

#![allow(clippy::unwrap_used)]

use std::thread;

use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::log_buffer::{
    self, CAPACITY_MIN, GATES_MAX, GatingReader, LogConfig, LogWriter, Overrun, RECORD_LENGTH_MAX,
    Reader, Release, ReleaseGate, Visibility,
};
use forecastle_runtime::memory::Region;
use proptest::prelude::{Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

const START: u64 = log_buffer::birth_position(5);

fn config(capacity: usize, gate_count: usize, release: Release) -> LogConfig {
    LogConfig { capacity, start_position: START, gate_count, release }
}

fn log(config: &LogConfig) -> (Region, LogWriter) {
    let region = Region::anonymous(log_buffer::region_length(config.capacity));
    let writer = LogWriter::create(region.clone(), config).unwrap();
    (region, writer)
}

/// A record's words follow from its position alone, and look like commit words of records.
fn word(position: u64, index: usize) -> u64 {
    1 << 32 | ((position / 8 + index as u64) % 1000 * 8 + 8)
}

fn append(writer: &mut LogWriter, length: usize) -> bool {
    let Some(mut claim) = writer.try_claim(length) else {
        return false;
    };
    let position = claim.position();
    for (index, chunk) in claim.chunks_mut(8).enumerate() {
        chunk.copy_from_slice(&word(position, index).to_le_bytes());
    }
    assert_eq!(claim.commit(length), position + length as u64);
    true
}

fn is_whole(position: u64, record: &[u8]) -> bool {
    let mut words = record.chunks(8).enumerate();
    words.all(|(index, chunk)| chunk == word(position, index).to_le_bytes())
}

fn length_of(sequence: u64, length_max: usize) -> usize {
    let mixed = (sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize;
    8 + mixed % (length_max / 8) * 8
}

#[test]
fn the_bytes_are_as_documented() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let region = Region::create_file(&path, log_buffer::region_length(CAPACITY_MIN)).unwrap();
    let config = config(CAPACITY_MIN, 1, Release::Gate);
    let mut writer = LogWriter::create(region.clone(), &config).unwrap();
    let mut reader = GatingReader::attach(region.clone(), 0, Visibility::Committed).unwrap();
    let mut gate = ReleaseGate::attach(region).unwrap();
    for text in ["sixteen bytes, x", "8 bytes."] {
        let mut claim = writer.try_claim(1000).unwrap();
        claim[..text.len()].copy_from_slice(text.as_bytes());
        claim.commit(text.len());
    }
    assert_eq!(reader.poll(1, |_, _| ()), 1);
    gate.advance(START + 16);

    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 4096 + 4_194_304);
    assert_eq!(bytes[0..16], *b"FCLOG\0\0\x01\x01\0\0\0\0\0\0\0");
    assert_eq!(bytes[16..40], *b"\0\0\x40\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0");
    assert_eq!(bytes[64..72], *b"\0\0\x01\0\0\0\0\0");
    assert_eq!(bytes[128..136], *b"\x80\0\0\0\0\0\0\0");
    assert_eq!(bytes[192..208], *b"\x10\0\0\0\0\0\0\x05\x01\0\0\0\0\0\0\0");
    assert_eq!(bytes[256..272], *b"\x40\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0");
    let first = b"\x10\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\x05sixteen bytes, x";
    assert_eq!(bytes[4096..4096 + 32], *first);
    let second = b"\x08\0\0\0\x01\0\0\0\x10\0\0\0\0\0\0\x058 bytes.";
    assert_eq!(bytes[4160..4160 + 24], *second);
    assert_eq!(bytes[4224..4224 + 16], *b"\0\0\0\0\0\0\0\0\x18\0\0\0\0\0\0\x05");
}

#[test]
fn configurations_and_attachments_are_checked() {
    for capacity in [0, CAPACITY_MIN / 2, CAPACITY_MIN + 64, log_buffer::CAPACITY_MAX * 2] {
        let config = config(capacity, 0, Release::OnCommit);
        let refused = LogWriter::create(Region::anonymous(1), &config).unwrap_err();
        assert_eq!(refused, LayoutError::Capacity { found: capacity });
    }
    let attached = Reader::attach(Region::anonymous(1), Visibility::Committed);
    assert_eq!(attached.unwrap_err(), LayoutError::NotReady);

    let (region, _writer) = log(&config(CAPACITY_MIN, 1, Release::OnCommit));
    let again = LogWriter::create(region.clone(), &config(CAPACITY_MIN, 1, Release::Gate));
    assert_eq!(again.unwrap_err(), LayoutError::InUse);
    let attach = |index| GatingReader::attach(region.clone(), index, Visibility::Committed);
    let reader = attach(0).unwrap();
    assert_eq!(attach(0).unwrap_err(), LayoutError::SeatTaken);
    assert_eq!(attach(1).unwrap_err(), LayoutError::NoSuchGate { index: 1 });
    drop(reader);
    assert!(attach(0).is_ok());
    assert_eq!(ReleaseGate::attach(region).unwrap_err(), LayoutError::NoReleaseGate);
}

/// Appends `lengths`, a gating and an overrunnable reader following, and returns what both read.
fn positions_and_bytes(capacity: usize, lengths: &[usize]) -> Vec<(u64, Vec<u8>)> {
    let (region, mut writer) = log(&config(capacity, 1, Release::OnCommit));
    let mut gating = GatingReader::attach(region.clone(), 0, Visibility::Released).unwrap();
    let mut reader = Reader::attach(region, Visibility::Released).unwrap();
    let (mut records, mut copies) = (Vec::new(), Vec::new());
    for length in lengths {
        while !append(&mut writer, *length) {
            let count = gating.poll(7, |position, record| records.push((position, record.into())));
            assert!(count > 0, "a writer is refused only while there is something to read");
        }
        reader.poll(9, |position, record| copies.push((position, record.into()))).unwrap();
    }
    while gating.poll(7, |position, record| records.push((position, record.into()))) > 0 {}
    assert_eq!(gating.position(), writer.position());
    assert_eq!(reader.position(), writer.position());
    assert!(records == copies, "both kinds of reader read the same log");
    records
}

#[test]
fn one_input_gives_one_log_whatever_the_capacity() {
    let lengths: Vec<_> = (0..4000)
        .map(|sequence| match sequence % 97 {
            0 => RECORD_LENGTH_MAX,
            1 => 8,
            _ => length_of(sequence, 20_000),
        })
        .collect();
    let mib = 1024 * 1024;
    let first = positions_and_bytes(4 * mib, &lengths);
    let mut position = START;
    for ((found, record), length) in first.iter().zip(&lengths) {
        assert_eq!((*found, record.len()), (position, *length));
        assert!(is_whole(position, record));
        position += *length as u64;
    }
    assert_eq!(first.len(), lengths.len());
    assert!(position - START > 4 * 16 * mib as u64, "every buffer has wrapped");
    for capacity in [8 * mib, 16 * mib] {
        assert!(positions_and_bytes(capacity, &lengths) == first, "{capacity}");
    }
}

#[test]
fn claims_may_be_shortened_or_abandoned() {
    let (region, mut writer) = log(&config(CAPACITY_MIN, 0, Release::OnCommit));
    let mut reader = Reader::attach(region, Visibility::Committed).unwrap();
    writer.try_claim(RECORD_LENGTH_MAX).unwrap().fill(7);
    let mut claim = writer.try_claim(64).unwrap();
    assert_eq!(claim.len(), 64);
    claim[..8].copy_from_slice(b"8 bytes.");
    assert_eq!(claim.commit(8), START + 8);
    assert_eq!(writer.position(), START + 8);
    let polled = reader.poll(9, |position, record| {
        assert_eq!((position, record), (START, b"8 bytes.".as_slice()));
    });
    assert_eq!(polled, Ok(1));
}

#[test]
fn lengths_that_no_record_has_are_bugs() {
    for length in [0, 4, 12, 72] {
        let committed = thread::spawn(move || {
            let (_, mut writer) = log(&config(CAPACITY_MIN, 0, Release::OnCommit));
            writer.try_claim(64).unwrap().commit(length)
        });
        assert!(committed.join().is_err(), "{length}");
    }
    let claimed = thread::spawn(|| {
        let (_, mut writer) = log(&config(CAPACITY_MIN, 0, Release::OnCommit));
        writer.try_claim(RECORD_LENGTH_MAX + 1).is_some()
    });
    assert!(claimed.join().is_err());
}

#[test]
fn a_shard_never_spills_into_the_next() {
    for (shard, left, length) in [
        (5, 8, 8),
        (5, 16, 8),
        (5, 24, 16),
        (5, 200_000, 8),
        (5, 200_000, 1000),
        (255, 8, 8),
        (255, 300_000, 24),
    ] {
        let region = Region::anonymous(log_buffer::region_length(CAPACITY_MIN));
        let end = log_buffer::birth_position(shard) + ((1 << 56) - 8);
        let start_position = end - left;
        let config = LogConfig { start_position, ..config(CAPACITY_MIN, 0, Release::OnCommit) };
        let mut writer = LogWriter::create(region, &config).unwrap();
        for _ in 0..left / length {
            let position = writer.position();
            let claim = writer.try_claim(1000).unwrap();
            assert_eq!(claim.commit(length as usize), position + length);
        }
        assert_eq!(log_buffer::shard(writer.position()), shard);
        let spilled = thread::spawn(move || writer.try_claim(1000).unwrap().commit(1000));
        assert!(spilled.join().is_err(), "{left} by {length}");
    }
}

#[test]
fn the_writer_waits_for_the_slowest_gate_and_for_gates_not_yet_attached() {
    let (region, mut writer) = log(&config(CAPACITY_MIN, GATES_MAX, Release::OnCommit));
    let attach = |index| GatingReader::attach(region.clone(), index, Visibility::Released).unwrap();
    let mut readers: Vec<_> = (0..GATES_MAX - 1).map(attach).collect();
    let slots = CAPACITY_MIN / 64;
    for _ in 0..slots - 1 {
        assert!(append(&mut writer, 48));
    }
    assert!(!append(&mut writer, 8));
    for reader in &mut readers {
        assert_eq!(
            reader.poll(slots, |position, record| assert!(is_whole(position, record))),
            slots - 1
        );
    }
    assert!(!append(&mut writer, 8), "the last gate's reader has not read");
    let mut last = attach(GATES_MAX - 1);
    assert_eq!(last.position(), START);
    assert_eq!(last.poll(3, |_, _| ()), 3);
    let appended = (0..9).take_while(|_| append(&mut writer, 48)).count();
    assert_eq!(appended, 3);
    drop(last);
    assert_eq!(attach(GATES_MAX - 1).position(), START + 3 * 48);
}

#[test]
fn released_readers_see_nothing_of_the_future() {
    let (region, mut writer) = log(&config(CAPACITY_MIN, 2, Release::Gate));
    let mut persister = GatingReader::attach(region.clone(), 0, Visibility::Committed).unwrap();
    let mut gateway = GatingReader::attach(region.clone(), 1, Visibility::Released).unwrap();
    let mut follower = Reader::attach(region.clone(), Visibility::Released).unwrap();
    let mut gate = ReleaseGate::attach(region.clone()).unwrap();
    for _ in 0..4 {
        assert!(append(&mut writer, 40));
    }
    assert_eq!(persister.poll(9, |_, _| ()), 4);
    for (released, count) in [(0, 0), (39, 0), (40, 1), (119, 1), (160, 2), (1000, 0)] {
        gate.advance(START + released);
        assert_eq!(gateway.poll(9, |_, _| ()), count, "released {released}");
        assert_eq!(follower.poll(9, |_, _| ()), Ok(count), "released {released}");
    }
    assert_eq!(gate.position(), START + 1000);
    let back = thread::spawn(move || gate.advance(START + 999));
    assert!(back.join().is_err(), "a released position never goes back");
    assert_eq!(ReleaseGate::attach(region).unwrap().position(), START + 1000);
}

#[test]
fn an_overrun_reader_is_told_and_goes_on_at_the_tail() {
    let (region, mut writer) = log(&config(CAPACITY_MIN, 0, Release::OnCommit));
    let mut reader = Reader::attach(region.clone(), Visibility::Committed).unwrap();
    for _ in 0..CAPACITY_MIN / 64 - 1024 {
        assert!(append(&mut writer, 48));
    }
    assert_eq!(reader.poll(10, |position, record| assert!(is_whole(position, record))), Ok(10));
    for _ in 0..2048 {
        assert!(append(&mut writer, 48));
    }
    let (lost_from, resume_at) = (START + 480, writer.position());
    let overrun = Overrun { lost_from, resume_at };
    assert_eq!(reader.poll(1, |_, _| unreachable!()), Err(overrun));
    assert_eq!(reader.poll(1, |_, _| unreachable!()), Ok(0));
    assert!(append(&mut writer, 8));
    assert_eq!(reader.poll(9, |position, _| assert_eq!(position, resume_at)), Ok(1));
    let late = Reader::attach(region, Visibility::Committed).unwrap();
    assert_eq!(late.position(), resume_at + 8);
}

#[test]
fn overrun_is_told_whatever_lies_where_the_next_record_was() {
    for byte in [0, 1, 0xFF] {
        let (region, mut writer) = log(&config(CAPACITY_MIN, 0, Release::OnCommit));
        let mut reader = Reader::attach(region, Visibility::Committed).unwrap();
        // One slot on: offset 0 is where a slot begins on every lap.
        assert!(append(&mut writer, 48));
        assert_eq!(reader.poll(1, |_, _| ()), Ok(1));
        for _ in 0..20 {
            let mut claim = writer.try_claim(RECORD_LENGTH_MAX).unwrap();
            claim.fill(byte);
            claim.commit(RECORD_LENGTH_MAX - 64);
            let mut claim = writer.try_claim(200).unwrap();
            claim.fill(byte);
            claim.commit(200);
        }
        let overrun = Overrun { lost_from: START + 48, resume_at: writer.position() };
        assert_eq!(reader.poll(1, |_, _| unreachable!()), Err(overrun), "over bytes {byte}");
    }
}

fn steps() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    let length = prop_oneof![1..50_usize, 1..=RECORD_LENGTH_MAX / 8];
    prop::collection::vec((length, 0..4_usize, 0..3_usize), 1..60)
}

proptest! {
    #[test]
    fn readers_read_the_log_or_say_what_they_missed(steps in steps()) {
        let (region, mut writer) = log(&config(CAPACITY_MIN, 1, Release::OnCommit));
        let mut gating = GatingReader::attach(region.clone(), 0, Visibility::Released).unwrap();
        let mut reader = Reader::attach(region, Visibility::Released).unwrap();
        let mut read_to = START;
        for (words, gating_limit, limit) in steps {
            if !append(&mut writer, words * 8) {
                prop_assert!(gating.position() < writer.position(), "an empty log has room");
            }
            let mut expected = gating.position();
            gating.poll(gating_limit, |position, record| {
                assert_eq!(position, expected);
                assert!(is_whole(position, record));
                expected += record.len() as u64;
            });
            prop_assert_eq!(gating.position(), expected);
            let polled = reader.poll(limit, |position, record| {
                assert_eq!(position, read_to);
                assert!(is_whole(position, record));
                read_to += record.len() as u64;
            });
            if let Err(Overrun { lost_from, resume_at }) = polled {
                prop_assert_eq!((lost_from, resume_at), (read_to, writer.position()));
                read_to = resume_at;
            }
        }
    }
}

/// Follows the log up to position `end`; returns bytes read and bytes told lost.
fn follow(mut reader: Reader, end: u64) -> (u64, u64) {
    let (mut expected, mut read, mut lost) = (START, 0, 0);
    let mut idle_turns = 0_u32;
    while expected < end {
        let polled = reader.poll(50, |position, record| {
            assert_eq!(position, expected);
            assert!(is_whole(position, record), "torn record at {position}");
            expected += record.len() as u64;
            read += record.len() as u64;
        });
        match polled {
            Ok(0) => {
                idle_turns += 1;
                assert!(idle_turns < 20_000_000, "the reader is stuck at {expected}");
                thread::yield_now();
            }
            Ok(_) => idle_turns = 0,
            Err(Overrun { lost_from, resume_at }) => {
                assert_eq!(lost_from, expected);
                assert!(resume_at > lost_from);
                lost += resume_at - lost_from;
                expected = resume_at;
            }
        }
    }
    (read, lost)
}

#[test]
fn a_writer_that_waits_for_nobody_never_hands_out_a_torn_record() {
    let (region, mut writer) = log(&config(CAPACITY_MIN, 0, Release::OnCommit));
    let lengths = |sequence| length_of(sequence, if sequence % 5 == 0 { 60_000 } else { 400 });
    let count = 60_000;
    let end = START + (0..count).map(|sequence| lengths(sequence) as u64).sum::<u64>();
    let readers = [(); 2].map(|()| {
        let reader = Reader::attach(region.clone(), Visibility::Committed).unwrap();
        thread::spawn(move || follow(reader, end))
    });
    for sequence in 0..count {
        assert!(append(&mut writer, lengths(sequence)));
    }
    assert_eq!(writer.position(), end);
    for reader in readers {
        let (read, lost) = reader.join().unwrap();
        assert_eq!(read + lost, end - START);
    }
}

#[test]
fn two_mappings_of_a_file_carry_one_log_to_every_kind_of_reader() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let region = Region::create_file(&path, log_buffer::region_length(CAPACITY_MIN)).unwrap();
    let mut writer =
        LogWriter::create(region.clone(), &config(CAPACITY_MIN, 2, Release::Gate)).unwrap();
    let count = 30_000;
    let end = START + (0..count).map(|sequence| length_of(sequence, 3_000) as u64).sum::<u64>();

    let elsewhere = Region::open_file(&path).unwrap();
    let mut persister = GatingReader::attach(elsewhere.clone(), 0, Visibility::Committed).unwrap();
    let mut gate = ReleaseGate::attach(elsewhere.clone()).unwrap();
    let persisting = thread::spawn(move || {
        while persister.position() < end {
            if persister.poll(20, |position, record| assert!(is_whole(position, record))) == 0 {
                thread::yield_now();
            }
            gate.advance(persister.position());
        }
    });
    let follower = Reader::attach(elsewhere, Visibility::Released).unwrap();
    let following = thread::spawn(move || follow(follower, end));
    let mut gateway = GatingReader::attach(region, 1, Visibility::Released).unwrap();
    let mut sequence = 0;
    while gateway.position() < end {
        if sequence < count && append(&mut writer, length_of(sequence, 3_000)) {
            sequence += 1;
        }
        gateway.poll(20, |position, record| assert!(is_whole(position, record)));
    }
    persisting.join().unwrap();
    let (read, lost) = following.join().unwrap();
    assert_eq!(read + lost, end - START);
}

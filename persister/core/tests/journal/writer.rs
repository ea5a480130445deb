//! What the writer asks of the disk, and when.

use forecastle_persister::{
    DiskCompletion, DiskOperation, FrameKind, IDLE_FRAME_NS, JournalPoint, JournalWriter, Outcome,
    SECTOR_LENGTH, WriterStart,
};
use forecastle_proto_spec::RECORD_LENGTH_MAX;

use crate::random::Random;
use crate::sample::{BIRTH, Journal, SHARD, config, record};

fn write_of(operation: Option<DiskOperation>) -> (usize, usize, u64) {
    match operation {
        Some(DiskOperation::Write { buffer, length, offset }) => (buffer, length, offset),
        other => panic!("a write is due, not {other:?}"),
    }
}

#[test]
fn a_birth_rolls_and_begins_a_term() {
    let start =
        WriterStart { point: JournalPoint::birth(SHARD), segment: None, next_segment_id: [9; 16] };
    let mut writer = JournalWriter::new(config(), start);
    let roll = DiskOperation::Roll { position: BIRTH, is_replacement: false };
    assert_eq!(writer.next_operation(0, 77), Some(roll));
    assert_eq!(writer.next_operation(0, 77), None, "one operation in flight");
    let bytes = writer.roll_bytes();
    assert_eq!(bytes.len(), 2 * SECTOR_LENGTH);
    assert_eq!(bytes[..SECTOR_LENGTH], bytes[SECTOR_LENGTH..]);
    writer.on_completion(DiskCompletion::Rolled { next_segment_id: [8; 16] });
    let (buffer, length, offset) = write_of(writer.next_operation(0, 77));
    assert_eq!((length, offset), (4096, 8192));
    assert_eq!(writer.buffer(buffer)[4], FrameKind::TermStart as u8);
    writer.on_completion(DiskCompletion::Synced);
    assert_eq!(writer.next_operation(u64::MAX, 77), None, "the watermark is at the end already");
}

#[test]
fn what_arrives_during_a_write_is_the_next_frame() {
    let mut journal = Journal::new(1);
    let mut random = Random::new(2);
    let writer = &mut journal.writer;
    assert!(writer.append(BIRTH, &record(&mut random, 64, 1)));
    let first = write_of(writer.next_operation(5, 5));
    assert_eq!(first.1, 4096);
    assert!(writer.append(BIRTH + 64, &record(&mut random, 64, 2)));
    assert!(writer.append(BIRTH + 128, &record(&mut random, 8192, 2)));
    assert_eq!(writer.next_operation(6, 6), None);
    writer.on_completion(DiskCompletion::Written);
    assert_eq!((writer.written_position(), writer.durable_position()), (BIRTH + 64, BIRTH));
    assert_eq!(writer.next_operation(7, 7), None, "the sync is still under way");
    writer.on_completion(DiskCompletion::Synced);
    assert_eq!((writer.written_position(), writer.durable_position()), (BIRTH + 64, BIRTH + 64));
    let second = write_of(writer.next_operation(7, 7));
    assert_eq!(second, (1 - first.0, 12_288, first.2 + 4096));
    writer.on_completion(DiskCompletion::Synced);
    assert_eq!(writer.durable_position(), BIRTH + 128 + 8192);
    assert_eq!(writer.next_operation(7, 7), None);
}

#[test]
fn an_idle_journal_gets_its_watermark_within_a_millisecond() {
    let mut journal = Journal::new(1);
    journal.commit(64);
    let since_ns = journal.now_ns;
    let writer = &mut journal.writer;
    assert_eq!(writer.point().watermark, BIRTH);
    assert_eq!(writer.next_operation(since_ns + IDLE_FRAME_NS - 1, 0), None);
    let (buffer, ..) = write_of(writer.next_operation(since_ns + IDLE_FRAME_NS, 0));
    assert_eq!(writer.buffer(buffer)[4], FrameKind::Empty as u8);
    writer.on_completion(DiskCompletion::Synced);
    assert_eq!(writer.point().watermark, BIRTH + 64);
    assert_eq!(writer.next_operation(u64::MAX, 0), None, "one empty frame is enough");
}

#[test]
fn a_close_writes_what_is_there_and_an_empty_frame() {
    let mut journal = Journal::new(1);
    let bytes = record(&mut Random::new(3), 512, 9);
    assert!(journal.writer.append(BIRTH, &bytes));
    journal.writer.close();
    assert!(!journal.writer.is_closed());
    journal.settle();
    assert!(journal.writer.is_closed());
    let walked = journal.walk();
    assert_eq!(walked.bytes, bytes);
    assert_eq!(walked.end.last_kind, Some(FrameKind::Empty));
    assert_eq!(walked.end.point.watermark, walked.end.point.position);
    assert_eq!(walked.end.outcome, Outcome::Clean);
}

#[test]
fn a_full_frame_makes_the_record_wait() {
    let mut journal = Journal::new(1);
    let mut random = Random::new(2);
    let writer = &mut journal.writer;
    assert!(writer.append(BIRTH, &record(&mut random, 64, 1)));
    write_of(writer.next_operation(0, 0));
    let mut position = BIRTH + 64;
    let refused = loop {
        let bytes = record(&mut random, 100_000, 1);
        if !writer.append(position, &bytes) {
            break bytes;
        }
        position += 100_000;
    };
    assert_eq!(position, BIRTH + 64 + 1_000_000, "a frame of 1 MiB less what the segment lacks");
    assert!(!writer.append(position, &refused), "nothing changes before a completion");
    writer.on_completion(DiskCompletion::Synced);
    let (_, length, _) = write_of(writer.next_operation(0, 0));
    assert_eq!(length, 1_003_520);
    assert!(writer.append(position, &refused), "the other buffer is free");
}

#[test]
fn records_of_every_length_fit_and_segments_follow() {
    let mut journal = Journal::new(4);
    let mut expected = Vec::new();
    let lengths = [RECORD_LENGTH_MAX, 32, RECORD_LENGTH_MAX, 700_000, 400_000, 4096 - 256, 3848];
    for length in lengths {
        expected.extend(journal.commit(length));
    }
    journal.idle();
    let walked = journal.walk();
    assert_eq!(walked.end.outcome, Outcome::Clean);
    assert!(walked.bytes == expected);
    assert_eq!(walked.end.record_count, lengths.len() as u64);
    assert_eq!(journal.segments.len(), 4);
    assert_eq!(walked.end.point, *journal.writer.point());
}

/// Hashing ahead while a write is in flight gives the hash that hashing at the seal gives.
#[test]
fn a_body_hashed_ahead_verifies() {
    let mut journal = Journal::new(5);
    let mut random = Random::new(6);
    let mut expected = Vec::new();
    for round in 0..6 {
        let first = record(&mut random, 64, round);
        assert!(journal.writer.append(journal.writer.end_position(), &first));
        expected.extend(first);
        let operation = journal.writer.next_operation(0, 0).unwrap();
        for _ in 0..round * 7 {
            let length = 8 * (4 + random.below(1500)) as usize;
            let bytes = record(&mut random, length, round);
            assert!(journal.writer.append(journal.writer.end_position(), &bytes));
            expected.extend(bytes);
            assert_eq!(journal.writer.next_operation(0, 0), None);
        }
        journal.carry_out(operation);
        journal.settle();
    }
    let walked = journal.walk();
    assert!(walked.bytes == expected && walked.end.outcome == Outcome::Clean);
}

/// Starts and stops without a record fill a segment; its name then goes to a new one.
#[test]
fn a_segment_full_of_starts_is_replaced() {
    let mut journal = Journal::new(1);
    let mut replacements = 0;
    for start in 0..300 {
        let end = journal.walk().end;
        assert_eq!(end.outcome, Outcome::Clean, "start {start}");
        assert_eq!(end.point.term, start + 1);
        let before = journal.segments.clone();
        journal = Journal::open(start, journal.segments, end.point, end.place);
        journal.writer.close();
        journal.settle();
        assert_eq!(journal.segments.len(), 1);
        let id =
            |segments: &std::collections::BTreeMap<u64, Vec<u8>>| segments[&BIRTH][16..32].to_vec();
        replacements += u64::from(id(&before) != id(&journal.segments));
    }
    assert_eq!(replacements, 2, "254 frames fit, two of them a start");
    let end = journal.walk().end;
    journal = Journal::open(9, journal.segments, end.point, end.place);
    let bytes = journal.commit(RECORD_LENGTH_MAX);
    let walked = journal.walk();
    assert_eq!((walked.end.outcome, walked.end.point.term), (Outcome::Clean, 302));
    assert!(walked.bytes == bytes);
}

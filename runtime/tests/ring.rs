//! Rings from outside: bytes as documented, order and content against a queue, wrap and
//! fullness, two threads, two mappings of one file.

#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::thread;

use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring::{
    self, BATCH_LENGTH_MAX, CAPACITY_MIN, Consumer, PAYLOAD_LENGTH_MAX, Producer, RecordHeader,
};
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

fn ring(capacity: usize) -> (Producer, Consumer) {
    ring::create(Region::anonymous(ring::region_length(capacity)), capacity).unwrap()
}

fn header(sequence: u64) -> RecordHeader {
    RecordHeader { kind: sequence as u32 & 0xFFFF, session: !sequence, time_ns: sequence * 3 }
}

/// A length from 0 to `length_max` and bytes that follow from the sequence number alone. The
/// bytes are commit words of plausible records, so that one read at the wrong place is believed.
fn fill(payload: &mut [u8], sequence: u64) {
    for (index, chunk) in payload.chunks_mut(8).enumerate() {
        let word = (sequence + index as u64) << 32 | 64;
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
    }
}

fn length_of(sequence: u64, length_max: usize) -> usize {
    (sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % (length_max + 1)
}

fn offer(producer: &mut Producer, sequence: u64, length: usize) -> bool {
    let Some(mut claim) = producer.try_claim(length) else {
        return false;
    };
    fill(&mut claim, sequence);
    claim.commit(header(sequence));
    true
}

fn check(sequence: u64, length: usize, found: &RecordHeader, payload: &[u8]) {
    let mut wanted = vec![0; length];
    fill(&mut wanted, sequence);
    assert_eq!(*found, header(sequence), "record {sequence}");
    assert!(payload == wanted, "payload of record {sequence}");
}

#[test]
fn the_bytes_are_as_documented() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let region = Region::create_file(&path, ring::region_length(CAPACITY_MIN)).unwrap();
    let (mut producer, mut consumer) = ring::create(region, CAPACITY_MIN).unwrap();
    for text in ["hello", "again"] {
        let mut claim = producer.try_claim(5).unwrap();
        claim.copy_from_slice(text.as_bytes());
        claim.commit(RecordHeader { kind: 0x0A0B, session: 0x0102_0304_0506_0708, time_ns: 9 });
    }
    assert_eq!(consumer.poll(1, |_, _| ()), 1);

    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 4096 + 131_072);
    assert_eq!(bytes[0..24], *b"FCRING\0\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0");
    assert_eq!(bytes[128..144], *b"\x80\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0");
    assert_eq!(bytes[256..272], *b"\x40\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0");
    let slot = b"\x1d\0\0\0\x0b\x0a\0\0\x08\x07\x06\x05\x04\x03\x02\x01\x09\0\0\0\0\0\0\0hello";
    assert_eq!(bytes[4096..4096 + 29], *slot);
    assert_eq!(bytes[4096 + 64 + 24..4096 + 64 + 29], *b"again");
    assert_eq!(bytes[4096 + 128..4096 + 136], [0; 8]);
}

#[test]
fn capacities_and_regions_are_checked() {
    for capacity in [0, CAPACITY_MIN / 2, CAPACITY_MIN + 64, ring::CAPACITY_MAX * 2] {
        let refused = ring::create(Region::anonymous(1), capacity).unwrap_err();
        assert_eq!(refused, LayoutError::Capacity { found: capacity });
    }
    let refused = ring::create(Region::anonymous(CAPACITY_MIN), CAPACITY_MIN).unwrap_err();
    let needed = ring::region_length(CAPACITY_MIN);
    assert_eq!(refused, LayoutError::TooShort { needed, found: CAPACITY_MIN });
}

#[test]
fn each_end_has_one_owner_and_the_next_goes_on_where_it_ended() {
    let region = Region::anonymous(ring::region_length(CAPACITY_MIN));
    let (mut producer, mut consumer) = ring::create(region.clone(), CAPACITY_MIN).unwrap();
    assert_eq!(Producer::attach(region.clone()).unwrap_err(), LayoutError::SeatTaken);
    assert_eq!(Consumer::attach(region.clone()).unwrap_err(), LayoutError::SeatTaken);
    assert_eq!(ring::lay_out(&region, CAPACITY_MIN).unwrap_err(), LayoutError::InUse);
    for sequence in 0..3 {
        assert!(offer(&mut producer, sequence, 100));
    }
    assert_eq!(consumer.poll(2, |_, _| ()), 2);
    drop((producer, consumer));

    let mut producer = Producer::attach(region.clone()).unwrap();
    let mut consumer = Consumer::attach(region).unwrap();
    assert!(offer(&mut producer, 3, 100));
    let mut sequence = 2;
    let count = consumer.poll(9, |found, payload| {
        check(sequence, 100, found, payload);
        sequence += 1;
    });
    assert_eq!((count, sequence), (2, 4));
}

#[test]
fn an_abandoned_claim_publishes_nothing() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    producer.try_claim(PAYLOAD_LENGTH_MAX).unwrap().fill(0xFF);
    assert_eq!(consumer.poll(1, |_, _| ()), 0);
    assert!(offer(&mut producer, 1, 0));
    assert_eq!(consumer.poll(9, |found, payload| check(1, 0, found, payload)), 1);
    assert_eq!(producer.free_length(), CAPACITY_MIN - 64);
}

#[test]
fn the_longest_payload_fits_an_empty_ring_wherever_it_stands() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    for sequence in 0..(CAPACITY_MIN / 64) as u64 {
        assert!(offer(&mut producer, sequence, 40), "one slot further");
        assert_eq!(consumer.poll(1, |_, _| ()), 1);
        assert!(offer(&mut producer, sequence, PAYLOAD_LENGTH_MAX), "after {sequence}");
        let count = consumer.poll(9, |found, payload| {
            check(sequence, PAYLOAD_LENGTH_MAX, found, payload);
        });
        assert_eq!(count, 1);
    }
}

#[test]
fn a_full_ring_refuses_and_says_how_much_is_free() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    let slots = (CAPACITY_MIN / 64) as u64;
    for sequence in 0..slots - 1 {
        assert_eq!(producer.free_length(), (slots - 1 - sequence) as usize * 64);
        assert!(offer(&mut producer, sequence, 40));
    }
    assert_eq!(producer.free_length(), 0);
    assert!(producer.try_claim(0).is_none());
    assert_eq!(consumer.poll(usize::MAX, |_, _| ()), BATCH_LENGTH_MAX);
    assert_eq!(producer.free_length(), BATCH_LENGTH_MAX * 64);
    assert!(offer(&mut producer, slots, 40));
}

#[test]
fn records_that_were_looked_at_stay_until_they_are_consumed() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    for sequence in 0..5 {
        assert!(offer(&mut producer, sequence, 1000));
    }
    for sequence in 0..3 {
        let (session, payload) = consumer.peek_further(3).unwrap();
        let found = RecordHeader { session, ..header(sequence) };
        check(sequence, 1000, &found, payload);
    }
    assert!(consumer.peek_further(3).is_none(), "as many as asked for");
    assert_eq!(consumer.waiting_count(), 3);
    for is_consumed in [false, true] {
        let oldest = consumer.oldest().unwrap();
        let found = RecordHeader { session: oldest.session(), ..header(0) };
        check(0, 1000, &found, oldest.payload());
        if is_consumed {
            oldest.consume();
        }
    }
    consumer.consume(2);
    assert_eq!(consumer.waiting_count(), 0, "those that nobody looked at do not count");
    assert_eq!(consumer.poll(9, |found, _| assert!([3, 4].contains(&found.kind))), 2);
    consumer.consume(0);
    assert!(consumer.oldest().is_none() && consumer.peek_further(9).is_none());
}

#[test]
#[should_panic(expected = "what is consumed was looked at")]
fn consuming_what_was_not_looked_at_is_a_bug() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    assert!(offer(&mut producer, 0, 8) && offer(&mut producer, 1, 8));
    assert!(consumer.peek_further(1).is_some());
    consumer.consume(2);
}

/// Records of three slots in a ring of 64, so that padding comes again and again.
#[test]
fn looking_ahead_finds_each_record_once_round_after_round() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    let length = 3 * 64 - 24;
    let (mut offered, mut seen, mut taken) = (0, 0, 0);
    for round in 0..400 {
        while offered - taken < 1 + round % 15 {
            assert!(offer(&mut producer, offered, length));
            offered += 1;
        }
        while let Some((session, payload)) = consumer.peek_further(BATCH_LENGTH_MAX) {
            check(seen, length, &RecordHeader { session, ..header(seen) }, payload);
            seen += 1;
        }
        assert_eq!(seen, offered);
        for _ in 0..1 + round % 4 {
            taken += consumer.poll(1, |found, payload| check(taken, length, found, payload)) as u64;
        }
    }
}

#[test]
fn looking_ahead_reaches_no_further_than_a_batch() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    for sequence in 0..=BATCH_LENGTH_MAX as u64 {
        assert!(offer(&mut producer, sequence, 8));
    }
    for _ in 0..BATCH_LENGTH_MAX {
        assert!(consumer.peek_further(usize::MAX).is_some());
    }
    assert!(consumer.peek_further(usize::MAX).is_none());
    consumer.consume(1);
    let (session, payload) = consumer.peek_further(usize::MAX).unwrap();
    let last = BATCH_LENGTH_MAX as u64;
    check(last, 8, &RecordHeader { session, ..header(last) }, payload);
}

#[test]
#[should_panic(expected = "at most one datagram")]
fn a_payload_above_one_datagram_is_a_bug() {
    let (mut producer, _consumer) = ring(CAPACITY_MIN);
    let _ = producer.try_claim(PAYLOAD_LENGTH_MAX + 1);
}

#[test]
fn commit_words_that_no_producer_stores_stop_the_consumer() {
    let words: [u64; 6] = [23, 65_529, u64::from(u32::MAX), 0xFFFF_FFFF << 32, u64::MAX, 1 << 32];
    for word in words {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        let region = Region::create_file(&path, ring::region_length(CAPACITY_MIN)).unwrap();
        let (_producer, mut consumer) = ring::create(region, CAPACITY_MIN).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.write_all_at(&word.to_le_bytes(), 4096).unwrap();
        let polled = thread::spawn(move || consumer.poll(1, |_, _| ())).join();
        assert!(polled.is_err(), "{word:#x}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Offer(usize),
    Abandon(usize),
    Poll(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let length = prop_oneof![0..200_usize, 0..=PAYLOAD_LENGTH_MAX];
    let step = (0..9_u8, length, any::<u8>()).prop_map(|(choice, length, limit)| match choice {
        0..=4 => Step::Offer(length),
        5 => Step::Abandon(length),
        _ => Step::Poll(usize::from(limit % 8)),
    });
    prop::collection::vec(step, 1..400)
}

proptest! {
    #[test]
    fn a_ring_is_a_queue(steps in steps()) {
        let (mut producer, mut consumer) = ring(CAPACITY_MIN);
        let mut queue = VecDeque::new();
        let mut sequence = 0;
        for step in steps {
            match step {
                Step::Offer(length) => {
                    sequence += 1;
                    if offer(&mut producer, sequence, length) {
                        queue.push_back((sequence, length));
                    } else {
                        prop_assert_eq!(queue.is_empty(), false, "an empty ring has room");
                    }
                }
                Step::Abandon(length) => drop(producer.try_claim(length)),
                Step::Poll(limit) => {
                    let wanted = limit.min(queue.len());
                    let count = consumer.poll(limit, |found, payload| {
                        let (sequence, length) = queue.pop_front().unwrap();
                        check(sequence, length, found, payload);
                    });
                    prop_assert_eq!(count, wanted);
                }
            }
        }
    }
}

/// Turns a thread may wait in vain before its test fails instead of hanging.
const IDLE_TURNS_MAX: u32 = 20_000_000;

fn wait(idle_turns: &mut u32) {
    *idle_turns += 1;
    assert!(*idle_turns < IDLE_TURNS_MAX, "the other end is stuck");
    thread::yield_now();
}

fn produce(mut producer: Producer, count: u64, length_max: usize) {
    for sequence in 0..count {
        let mut idle_turns = 0;
        while !offer(&mut producer, sequence, length_of(sequence, length_max)) {
            wait(&mut idle_turns);
        }
    }
}

fn consume(mut consumer: Consumer, count: u64, length_max: usize) {
    let mut sequence = 0;
    let mut idle_turns = 0;
    while sequence < count {
        let limit = 1 + sequence as usize % 40;
        let polled = consumer.poll(limit, |found, payload| {
            check(sequence, length_of(sequence, length_max), found, payload);
            sequence += 1;
        });
        if polled == 0 {
            wait(&mut idle_turns);
        } else {
            idle_turns = 0;
        }
    }
}

#[test]
fn two_threads_pass_every_record_once_in_order() {
    for (count, length_max) in [(200_000, 300), (3_000, PAYLOAD_LENGTH_MAX)] {
        let (producer, consumer) = ring(CAPACITY_MIN);
        let producing = thread::spawn(move || produce(producer, count, length_max));
        consume(consumer, count, length_max);
        producing.join().unwrap();
    }
}

#[test]
fn two_mappings_of_a_file_pass_every_record_once_in_order() {
    let (count, length_max) = (20_000, 3_000);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ring");
    let region = Region::create_file(&path, ring::region_length(CAPACITY_MIN)).unwrap();
    ring::lay_out(&region, CAPACITY_MIN).unwrap();
    let consumer = Consumer::attach(Region::open_file(&path).unwrap()).unwrap();
    let producer = Producer::attach(region).unwrap();
    let producing = thread::spawn(move || produce(producer, count, length_max));
    consume(consumer, count, length_max);
    producing.join().unwrap();
}

#[test]
fn a_record_that_is_not_taken_stays_the_first() {
    let (mut producer, mut consumer) = ring(CAPACITY_MIN);
    // Many laps, so that the kept record also lies behind padding.
    let mut next = 0;
    for round in 0..200 {
        let mut offered = next;
        while offer(&mut producer, offered, length_of(offered, 9_000)) {
            offered += 1;
        }
        let mut refused = None;
        while next < offered {
            let wanted = next;
            let taken = consumer.poll_while(BATCH_LENGTH_MAX, |found, payload| {
                check(next, length_of(next, 9_000), found, payload);
                if next % 3 == 1 && refused != Some(next) {
                    refused = Some(next);
                    return false;
                }
                next += 1;
                true
            });
            assert_eq!(taken as u64, next - wanted, "round {round}");
        }
        assert_eq!(consumer.poll_while(1, |_, _| true), 0);
    }
    assert!(next > 2_000);
}

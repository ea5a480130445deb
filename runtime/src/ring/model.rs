//! The ring's commit protocol under the model checker: every interleaving and every value that a
//! weakly ordered access may see, for two threads and a ring of four slots.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p forecastle-runtime --lib model`

use loom::thread;

use super::{PAYLOAD_LENGTH_MAX, RecordHeader, create, region_length};
use crate::memory::Region;

/// One slot, two slots, and two slots that lie beyond padding: the last record is written over
/// the first two.
const LENGTHS: [usize; 3] = [40, PAYLOAD_LENGTH_MAX, PAYLOAD_LENGTH_MAX];
const CAPACITY: usize = 256;

fn header(sequence: usize) -> RecordHeader {
    RecordHeader { kind: sequence as u32, session: 10 + sequence as u64, time_ns: 1 }
}

#[test]
fn every_record_arrives_once_in_order_and_whole() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let region = Region::anonymous(region_length(CAPACITY));
        let (mut producer, mut consumer) = create(region, CAPACITY).unwrap();
        let producing = thread::spawn(move || {
            for (sequence, length) in LENGTHS.into_iter().enumerate() {
                loop {
                    if let Some(mut claim) = producer.try_claim(length) {
                        claim.fill(sequence as u8 + 1);
                        claim.commit(header(sequence));
                        break;
                    }
                    thread::yield_now();
                }
            }
        });
        let mut sequence = 0;
        while sequence < LENGTHS.len() {
            let count = consumer.poll(2, |found, payload| {
                assert_eq!(*found, header(sequence));
                assert_eq!(payload.len(), LENGTHS[sequence]);
                assert!(payload.iter().all(|byte| *byte == sequence as u8 + 1));
                sequence += 1;
            });
            if count == 0 {
                thread::yield_now();
            }
        }
        producing.join().unwrap();
    });
}

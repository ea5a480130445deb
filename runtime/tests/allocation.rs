//! After construction nothing here allocates: rings, the log and counters under an allocator that
//! ends the process when it is asked for memory.

#![allow(clippy::unwrap_used)]

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use forecastle_runtime::agent::{IdleStrategy, Idler};
use forecastle_runtime::clock::SystemClock;
use forecastle_runtime::counters::{self, Counters};
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogWriter, Reader, Release, ReleaseGate, Visibility,
};
use forecastle_runtime::memory::{Arena, Region};
use forecastle_runtime::ring::{self, RecordHeader};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

#[test]
fn nothing_allocates_after_construction() {
    let ring_capacity = ring::CAPACITY_MIN;
    let region = Region::anonymous(ring::region_length(ring_capacity));
    let (mut producer, mut consumer) = ring::create(region, ring_capacity).unwrap();
    let capacity = log_buffer::CAPACITY_MIN;
    let region = Region::anonymous(log_buffer::region_length(capacity));
    let release = Release::Gate;
    let config = LogConfig { capacity, start_position: 0, gate_count: 1, release };
    let mut writer = LogWriter::create(region.clone(), &config).unwrap();
    let mut persister = GatingReader::attach(region.clone(), 0, Visibility::Committed).unwrap();
    let mut gate = ReleaseGate::attach(region.clone()).unwrap();
    let mut reader = Reader::attach(region.clone(), Visibility::Released).unwrap();
    let mut late = Reader::attach(region, Visibility::Released).unwrap();
    let mut registry = Counters::create(Region::anonymous(counters::region_length(1)), 1).unwrap();
    let mut counter = registry.register("records").unwrap();
    let mut arena = Arena::new(1000, 0_u64);
    let (clock, mut idler) = (SystemClock::new(), Idler::new(IdleStrategy::Backoff));

    assert_no_alloc(|| {
        for sequence in 0..100_000_u64 {
            producer.try_claim(500).unwrap().commit(RecordHeader::default());
            consumer.poll(1, |_, payload| {
                writer.try_claim(512).unwrap()[..500].copy_from_slice(payload)
            });
            writer.try_claim(512).unwrap().commit(512);
            persister.poll(1, |_, _| counter.increment());
            gate.advance(persister.position());
            reader.poll(1, |position, _| arena[(position % 1000) as u32] = sequence).unwrap();
            idler.idle(usize::from(clock.now().wall_ns > 0));
        }
        assert!(late.poll(1, |_, _| ()).is_err(), "overrun");
    });
    assert_eq!(counter.value(), 100_000);
}

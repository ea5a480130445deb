//! The writer under an allocator that ends the process when it is asked for memory.

#![allow(clippy::unwrap_used)]

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use forecastle_persister::{
    ChainKey, DiskCompletion, DiskOperation, IDLE_FRAME_NS, JournalPoint, JournalWriter,
    SEGMENT_BYTES_MIN, WriterConfig, WriterStart,
};
use forecastle_proto_spec::RecordHeader;
use zerocopy::{FromZeros, IntoBytes};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

#[test]
fn the_writer_never_allocates_after_construction() {
    let config = WriterConfig {
        shard: 0,
        key: ChainKey::new([1; 32]),
        segment_bytes: SEGMENT_BYTES_MIN,
        schema_version: 0,
        schema_hash: [0; 32],
        build: [0; 32],
    };
    let point = JournalPoint::birth(0);
    let start = WriterStart { point, segment: None, next_segment_id: [1; 16] };
    let mut writer = JournalWriter::new(config, start);
    let mut record = vec![0; 40_000];
    let (mut in_flight, mut roll_count) = (None, 0);
    assert_no_alloc(|| {
        for round in 0..2_000_u64 {
            let length = 32 + (round as usize * 248) % 39_000;
            let mut header = RecordHeader::new_zeroed();
            header.record_length.set(length as u32);
            header.sequencing_time_ns.set(round);
            record[..32].copy_from_slice(header.as_bytes());
            while !writer.append(writer.end_position(), &record[..length]) {
                roll_count += step(&mut writer, &mut in_flight, round);
            }
            if round % 3 == 0 {
                roll_count += step(&mut writer, &mut in_flight, round);
            }
            if writer.is_busy() {
                assert!(writer.next_operation(round, round).is_none(), "it hashes ahead");
            }
        }
        writer.close();
        while !writer.is_closed() {
            roll_count += step(&mut writer, &mut in_flight, IDLE_FRAME_NS);
        }
    });
    assert!(roll_count > 20, "{roll_count} segments");
}

/// Ends what is in flight and begins what is due; gives the number of segments made.
fn step(writer: &mut JournalWriter, in_flight: &mut Option<DiskOperation>, now_ns: u64) -> u64 {
    let ended = in_flight.take();
    match ended {
        Some(DiskOperation::Roll { .. }) => {
            writer.on_completion(DiskCompletion::Rolled { next_segment_id: [7; 16] });
        }
        Some(DiskOperation::Write { .. }) => {
            writer.on_completion(DiskCompletion::Written);
            writer.on_completion(DiskCompletion::Synced);
        }
        None => {}
    }
    *in_flight = writer.next_operation(now_ns, now_ns);
    u64::from(matches!(ended, Some(DiskOperation::Roll { .. })))
}

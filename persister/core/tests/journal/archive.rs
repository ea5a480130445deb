//! Packed segments unpack to what was packed, and bad ones are refused by place.

use forecastle_persister::{
    ArchiveFault, FRAME_HEADER_LENGTH, SECTOR_LENGTH, pack_segment, unpack_segment,
};

use crate::sample::{Journal, key, walk};

fn packed() -> (Vec<u8>, Vec<u8>) {
    let mut journal = Journal::new(61);
    journal.commit_group(&[64, 5000, 64]);
    journal.commit(3840);
    journal.idle();
    let end = journal.walk().end.place.unwrap().offset;
    let segment = journal.segments.into_values().next().unwrap();
    let mut packed = Vec::new();
    pack_segment(&segment, end, &mut packed).unwrap();
    (segment, packed)
}

#[test]
fn packing_leaves_out_the_padding_alone() {
    let (segment, packed) = packed();
    let body_length = 64 + 5000 + 64 + 3840;
    assert_eq!(packed.len(), SECTOR_LENGTH + 4 * FRAME_HEADER_LENGTH + body_length);
    let mut unpacked = vec![7; 10];
    unpack_segment(&packed, &mut unpacked).unwrap();
    assert!(unpacked == segment);
}

/// A flipped bit is refused here when it hits a header; in a body, by the walk.
#[test]
fn every_flipped_byte_of_a_packed_segment_is_refused() {
    let (segment, mut packed) = packed();
    let name = u64::from_le_bytes(segment[40..48].try_into().unwrap());
    let mut unpacked = Vec::new();
    for offset in 0..packed.len() {
        packed[offset] ^= 1 << (offset % 8);
        if unpack_segment(&packed, &mut unpacked).is_ok() {
            let walked = walk([(name, &unpacked[..])].into_iter(), Some(key()));
            assert!(walked.end.point.frame_number < 4, "at {offset}");
        }
        packed[offset] ^= 1 << (offset % 8);
    }
}

#[test]
fn every_truncation_of_a_packed_segment_is_refused_or_ends_behind_a_frame() {
    let (_, packed) = packed();
    let mut unpacked = Vec::new();
    let mut whole_count = 0;
    for length in 0..packed.len() {
        match unpack_segment(&packed[..length], &mut unpacked) {
            Ok(()) => whole_count += 1,
            Err(ArchiveFault::Header(_)) => assert!(length < SECTOR_LENGTH),
            Err(ArchiveFault::Frame { offset, .. }) => assert!(offset < length),
            Err(ArchiveFault::Length) => panic!("at {length}"),
        }
    }
    assert_eq!(whole_count, 4, "none, one, two or three frames");
}

#[test]
fn frames_that_do_not_reach_the_end_are_not_packed() {
    let (segment, _) = packed();
    let mut target = Vec::new();
    assert_eq!(pack_segment(&segment, u64::MAX, &mut target), Err(ArchiveFault::Length));
    let fault = pack_segment(&segment, 200_000, &mut target);
    assert!(matches!(fault, Err(ArchiveFault::Frame { .. })), "{fault:?}");
}

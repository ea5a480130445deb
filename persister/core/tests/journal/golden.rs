//! Journals kept for decoding for ever, and headers typed by hand from the page.
//!
//! The kept files are packed segments; `every_kept_journal_decodes` must hold in every later
//! build. They are never made anew: a new format version adds its own beside them.

use forecastle_persister::{
    ChainKey, FORMAT_VERSION, FrameFault, FrameHeader, FrameKind, Outcome, SEGMENT_BYTES_MIN,
    SegmentHeader, SegmentHeaderFault, hash, unpack_segment,
};

use crate::sample::{BIRTH, key, walk};

/// A journal kept as its one packed segment, and what it decodes to.
struct Kept {
    packed: &'static [u8],
    name: u64,
    frame_number: u64,
    frame_count: u64,
    record_count: u64,
    term: u64,
    end: u64,
    chain: &'static str,
    bodies: &'static str,
}

const KEPT: [Kept; 2] = [
    Kept {
        packed: include_bytes!("../golden/v1-birth.segment"),
        name: BIRTH,
        frame_number: 10,
        frame_count: 10,
        record_count: 9,
        term: 2,
        end: BIRTH + 9_200,
        chain: "7a5c3d42835778921fa03933cb5e677707df39f95530e321e3c5e1b60be3f5c3",
        bodies: "779bbaf2d1c80a47d989e20f15033ca148568ad701beba11de05cdf4f1f0f4bc",
    },
    // Its older segments are gone, as behind a snapshot.
    Kept {
        packed: include_bytes!("../golden/v1-trimmed.segment"),
        name: BIRTH + 1_039_200,
        frame_number: 16,
        frame_count: 3,
        record_count: 3,
        term: 3,
        end: BIRTH + 1_043_408,
        chain: "6a5a12fd2c3fcebe12169d219c9c7c8a7623756f00310e3f3ad5011b223bc712",
        bodies: "74e0b30fa0e3b130ef6604f3aaaeaf956ecdb1133e22b7b4b05cc47a17c06854",
    },
];

#[test]
fn every_kept_journal_decodes() {
    for kept in KEPT {
        let mut segment = Vec::new();
        unpack_segment(kept.packed, &mut segment).unwrap();
        let walk_with = |key| walk([(kept.name, &segment[..])].into_iter(), key);
        let walked = walk_with(Some(key()));
        let end = walked.end;
        assert_eq!(end.outcome, Outcome::Clean);
        assert_eq!((end.frame_count, end.record_count), (kept.frame_count, kept.record_count));
        assert_eq!((end.point.frame_number, end.point.term), (kept.frame_number, kept.term));
        assert_eq!((end.point.position, end.point.watermark), (kept.end, kept.end));
        assert_eq!(end.last_kind, Some(FrameKind::Empty));
        assert_eq!(hex(&end.point.chain), kept.chain);
        assert_eq!(hex(&hash(&walked.bytes)), kept.bodies);
        assert!(walk_with(None).bytes == walked.bytes, "without the key too");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn frame_header() -> FrameHeader {
    FrameHeader {
        kind: FrameKind::Records,
        shard: 3,
        term: 0x0706_0504_0302_0100,
        number: 0x1716_1514_1312_1110,
        position: 0x0300_0000_0000_4000,
        end: 0x0300_0000_0000_6010,
        sequencing_time_ns: 0x2726_2524_2322_2120,
        body_length: 0x2010,
        record_count: 2,
        state_digest: 0x3736_3534_3332_3130,
        body_hash: [0xB0; 32],
        previous_chain: [0xC0; 32],
        chain: [0xC1; 32],
        segment_id: [0x1D; 16],
        watermark: 0x0300_0000_0000_3FF8,
        frame_length: 0x3000,
    }
}

fn frame_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"FCFR");
    bytes.extend([1, 3, 1, 0]);
    bytes.extend([0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07]);
    bytes.extend([0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]);
    bytes.extend([0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03]);
    bytes.extend([0x10, 0x60, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03]);
    bytes.extend([0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27]);
    bytes.extend([0x10, 0x20, 0x00, 0x00]);
    bytes.extend([0x02, 0x00, 0x00, 0x00]);
    bytes.extend([0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37]);
    bytes.extend([0xB0; 32]);
    bytes.extend([0xC0; 32]);
    assert_eq!(bytes.len(), 128);
    bytes.extend([0xC1; 32]);
    bytes.extend([0x1D; 16]);
    bytes.extend([0xF8, 0x3F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03]);
    bytes.extend([0x00, 0x30, 0x00, 0x00]);
    bytes.extend([0; 52]);
    assert_eq!(bytes.len(), 240);
    let checksum = hash(&bytes);
    bytes.extend(&checksum[..16]);
    bytes
}

#[test]
fn a_frame_header_lies_as_the_page_says() {
    let mut encoded = vec![0xEE; 256];
    frame_header().encode(&mut encoded);
    assert_eq!(encoded, frame_bytes());
    assert_eq!(FrameHeader::decode(&encoded), Ok(frame_header()));
}

/// The chain value is the keyed hash of bytes 0 to 127, whatever the local part says.
#[test]
fn the_chain_covers_the_replicated_part_alone() {
    let key_bytes = [0x4B; 32];
    let key = ChainKey::new(key_bytes);
    let expected = *blake3::keyed_hash(&key_bytes, &frame_bytes()[..128]).as_bytes();
    assert_eq!(frame_header().chain_value(&key), expected);
    let elsewhere = FrameHeader { segment_id: [7; 16], watermark: 5, ..frame_header() };
    assert_eq!(elsewhere.chain_value(&key), expected);
    let other = FrameHeader { term: 8, ..frame_header() };
    assert_ne!(other.chain_value(&key), expected);
}

#[test]
fn headers_that_contradict_themselves_are_refused() {
    let refused = |header: FrameHeader, fault: FrameFault| {
        let mut bytes = [0; 256];
        header.encode(&mut bytes);
        assert_eq!(FrameHeader::decode(&bytes), Err(fault));
    };
    let (good, field) = (frame_header(), FrameFault::Field);
    refused(FrameHeader { kind: FrameKind::Configuration, ..good }, field("kind"));
    refused(FrameHeader { kind: FrameKind::Empty, ..good }, field("record count"));
    refused(FrameHeader { record_count: 0, ..good }, field("record count"));
    refused(FrameHeader { record_count: 257, ..good }, field("record count"));
    refused(FrameHeader { body_length: 0x2014, ..good }, field("length"));
    refused(FrameHeader { body_length: u32::MAX, ..good }, field("length"));
    refused(FrameHeader { frame_length: 0x4000, ..good }, field("length"));
    refused(FrameHeader { end: good.end + 8, ..good }, field("end"));
    refused(FrameHeader { shard: 4, ..good }, field("shard"));
    refused(FrameHeader { term: 0, ..good }, field("term or number"));
    refused(FrameHeader { number: 0, ..good }, field("term or number"));
    refused(FrameHeader { watermark: good.position + 8, ..good }, field("watermark"));
    let with_byte = |offset: usize, value: u8| {
        let mut bytes = frame_bytes();
        bytes[offset] = value;
        let checksum = hash(&bytes[..240]);
        bytes[240..].copy_from_slice(&checksum[..16]);
        FrameHeader::decode(&bytes)
    };
    assert_eq!(with_byte(6, 2), Err(FrameFault::Version(2)));
    assert_eq!(with_byte(4, 9), Err(field("kind")));
    assert_eq!(with_byte(0, b'f'), Err(FrameFault::Magic));
    for offset in 188..240 {
        assert_eq!(with_byte(offset, 1), Err(FrameFault::Gap { offset }));
    }
}

fn segment_header() -> SegmentHeader {
    SegmentHeader {
        shard: 3,
        schema_version: 0x0201,
        id: [0x1D; 16],
        segment_bytes: SEGMENT_BYTES_MIN,
        position: 0x0300_0000_0000_4000,
        frame_number: 0x1716_1514_1312_1110,
        term: 0x0706_0504_0302_0100,
        previous_chain: [0xC0; 32],
        made_at_ns: 0x2726_2524_2322_2120,
        schema_hash: [0x5C; 32],
        build: *b"forecastle 0.1.0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    }
}

fn segment_bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"FCSEGMT1");
    bytes.extend([1, 0, 3, 0, 1, 2, 0, 0]);
    bytes.extend([0x1D; 16]);
    bytes.extend([0, 0, 0x10, 0, 0, 0, 0, 0]);
    bytes.extend([0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03]);
    bytes.extend([0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]);
    bytes.extend([0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07]);
    bytes.extend([0xC0; 32]);
    bytes.extend([0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27]);
    bytes.extend([0x5C; 32]);
    bytes.extend(b"forecastle 0.1.0");
    bytes.resize(4080, 0);
    let checksum = hash(&bytes);
    bytes.extend(&checksum[..16]);
    bytes
}

#[test]
fn a_segment_header_lies_as_the_page_says() {
    let mut encoded = vec![0xEE; 4096];
    segment_header().encode(&mut encoded);
    assert!(encoded == segment_bytes());
    assert_eq!(SegmentHeader::decode(&encoded), Ok(segment_header()));
    assert_eq!(segment_header().build_name(), "forecastle 0.1.0");
}

#[test]
fn a_newer_segment_is_refused_by_name_whatever_else_it_says() {
    let with_byte = |offset: usize, value: u8, is_sealed: bool| {
        let mut copy = segment_bytes();
        copy[offset] = value;
        if is_sealed {
            let checksum = hash(&copy[..4080]);
            copy[4080..].copy_from_slice(&checksum[..16]);
        }
        let both = [&copy[..], &copy[..]].concat();
        SegmentHeader::read(&both)
    };
    let newer = SegmentHeaderFault::Version(FORMAT_VERSION + 1);
    assert_eq!(with_byte(8, 2, true), Err(newer));
    assert_eq!(with_byte(8, 2, false), Err(newer));
    assert_eq!(with_byte(8, 0, true), Err(SegmentHeaderFault::Version(0)));
    assert_eq!(with_byte(8, 0, false), Err(SegmentHeaderFault::Checksum));
    assert_eq!(with_byte(0, b'f', true), Err(SegmentHeaderFault::Magic));
    for offset in (168..4080).chain([11, 14, 15]) {
        assert_eq!(with_byte(offset, 1, true), Err(SegmentHeaderFault::Gap { offset }));
    }
    let field = SegmentHeaderFault::Field;
    assert_eq!(with_byte(10, 4, true), Err(field("position")));
    assert_eq!(with_byte(40, 4, true), Err(field("position")));
    assert_eq!(with_byte(33, 1, true), Err(field("segment bytes")));
    assert_eq!(with_byte(38, 1, true), Err(field("segment bytes")));
}

//! The snapshot container: layout, streaming, and refusal of everything that changed.

use forecastle_persister::{
    CHUNK_LENGTH, SECTOR_LENGTH, SnapshotBuilder, SnapshotFault, SnapshotHeader, hash,
    read_snapshot,
};

use crate::random::Random;

fn header() -> SnapshotHeader {
    SnapshotHeader {
        shard: 3,
        state_version: 0x0201,
        position: 0x0300_0000_0000_1000,
        frame_number: 0x1112_1314_1516_1718,
        chain: [0xC4; 32],
        state_digest: 0x2122_2324_2526_2728,
        market_digest: 0x3132_3334_3536_3738,
        sequencing_time_ns: 0x4142_4344_4546_4748,
        command_count: 0x5152_5354_5556_5758,
        rules_version: 0x6162_6364,
        configuration: [0xCF; 48],
        body_length: 0,
        root: [0; 32],
    }
}

fn snapshot(body: &[u8], piece_length: usize) -> Vec<u8> {
    let mut builder = SnapshotBuilder::new(header());
    for piece in body.chunks(piece_length.max(1)) {
        builder.push(piece);
    }
    let mut bytes = vec![0xEE; SECTOR_LENGTH];
    builder.finish().encode(&mut bytes);
    bytes.extend_from_slice(body);
    bytes
}

fn random_body(length: usize) -> Vec<u8> {
    let mut random = Random::new(71);
    (0..length).map(|_| random.next() as u8).collect()
}

#[test]
fn a_header_lies_as_the_page_says() {
    let body = random_body(CHUNK_LENGTH + 5);
    let mut root = Vec::new();
    root.extend(hash(&body[..CHUNK_LENGTH]));
    root.extend(hash(&body[CHUNK_LENGTH..]));
    let mut expected = vec![0; 4096];
    expected[..8].copy_from_slice(b"FCSNAPS1");
    expected[8..11].copy_from_slice(&[1, 0, 3]);
    expected[12..14].copy_from_slice(&[1, 2]);
    expected[16..24].copy_from_slice(&[0, 0x10, 0, 0, 0, 0, 0, 3]);
    expected[24..32].copy_from_slice(&[0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11]);
    expected[32..64].fill(0xC4);
    expected[64..72].copy_from_slice(&[0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21]);
    expected[72..80].copy_from_slice(&[0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31]);
    expected[80..88].copy_from_slice(&[0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41]);
    expected[88..96].copy_from_slice(&[0x58, 0x57, 0x56, 0x55, 0x54, 0x53, 0x52, 0x51]);
    expected[96..104].copy_from_slice(&[5, 0, 0x10, 0, 0, 0, 0, 0]);
    expected[104..112].copy_from_slice(&[2, 0, 0, 0, 0x64, 0x63, 0x62, 0x61]);
    expected[112..144].copy_from_slice(&hash(&root));
    expected[144..192].fill(0xCF);
    let checksum = hash(&expected[..4080]);
    expected[4080..].copy_from_slice(&checksum[..16]);
    assert!(snapshot(&body, 4096)[..4096] == expected[..]);
}

#[test]
fn bodies_of_every_shape_come_back() {
    let body = random_body(2 * CHUNK_LENGTH + 1);
    for length in [0, 1, CHUNK_LENGTH - 1, CHUNK_LENGTH, CHUNK_LENGTH + 1, body.len()] {
        let whole = snapshot(&body[..length], usize::MAX);
        for piece_length in [1000, CHUNK_LENGTH, CHUNK_LENGTH + 7] {
            assert!(snapshot(&body[..length], piece_length) == whole, "pieces do not matter");
        }
        let (found, found_body) = read_snapshot(&whole).unwrap();
        assert_eq!((found.body_length, found.position), (length as u64, header().position));
        assert!(found_body == &body[..length]);
    }
}

#[test]
fn every_flipped_bit_and_every_length_is_refused() {
    let mut bytes = snapshot(&random_body(300), 300);
    for offset in 0..bytes.len() {
        for bit in 0..8 {
            bytes[offset] ^= 1 << bit;
            assert!(read_snapshot(&bytes).is_err(), "bit {bit} of byte {offset}");
            bytes[offset] ^= 1 << bit;
        }
    }
    for length in 0..bytes.len() {
        let fault = read_snapshot(&bytes[..length]).unwrap_err();
        assert_eq!(fault, SnapshotFault::Length { length: length as u64 });
    }
    bytes.push(0);
    assert_eq!(read_snapshot(&bytes), Err(SnapshotFault::Length { length: 4397 }));
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let mut bytes = snapshot(&[], 1);
    bytes[8] = 2;
    assert_eq!(read_snapshot(&bytes), Err(SnapshotFault::Version(2)));
    let checksum = hash(&bytes[..4080]);
    bytes[4080..4096].copy_from_slice(&checksum[..16]);
    assert_eq!(read_snapshot(&bytes), Err(SnapshotFault::Version(2)));
}

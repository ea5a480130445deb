//! Bytes that nobody of this protocol sends: every vector cut short, lengthened and mutated. A
//! parser must answer each with an error or with a frame of the right length, never with a panic.

mod catalogue;
mod vector_bytes;

use std::collections::BTreeMap;

use catalogue::decode;
use forecastle_proto_spec::{
    Frame, FrameError, MassQuote, MassQuoteEntry, SCHEMA_ID, SCHEMA_VERSION, block_length,
    encode_with_group, group_layout,
};
use vector_bytes::vector_bytes;
use zerocopy::FromZeros;

#[test]
fn every_prefix_of_every_message_is_cut_short() {
    for (name, bytes) in vector_bytes() {
        for length in 0..bytes.len() {
            let parsed = Frame::parse(&bytes[..length]);
            assert_eq!(parsed, Err(FrameError::Truncated), "{name} cut to {length}");
        }
        check(&bytes, &name);
    }
}

#[test]
fn what_follows_a_message_stays_outside_of_it() {
    for (name, mut bytes) in vector_bytes() {
        let length = bytes.len();
        for extra in 1..64 {
            bytes.push(0xA5);
            let (frame, rest) = Frame::parse(&bytes).expect("the message is whole");
            assert_eq!((frame.bytes.len(), rest.len()), (length, extra), "{name}");
        }
    }
}

#[test]
fn a_flipped_bit_of_a_header_is_an_error_or_another_message() {
    for (name, bytes) in vector_bytes() {
        for bit in 0..64 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let fault = check(&bad, &format!("{name} with bit {bit} flipped"));
            let is_of_template = (16..32).contains(&bit);
            assert!(fault.is_some() || is_of_template, "{name}: bit {bit} goes unseen");
        }
    }
}

#[test]
fn seeded_mutations_give_an_error_or_a_frame_of_the_right_length() {
    println!("seed {SEED:#x}");
    let vectors = vector_bytes();
    let heads: Vec<_> = vectors.values().map(|bytes| bytes[..8].to_vec()).collect();
    let mut random = Random(SEED);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for (name, bytes) in &vectors {
        for round in 0..MUTATIONS_PER_MESSAGE {
            let mut bad = bytes.clone();
            for _ in 0..=random.below(3) {
                mutate(&mut bad, &heads, &mut random);
            }
            let outcome = check(&bad, &format!("{name}, seed {SEED:#x}, round {round}"));
            *outcomes.entry(format!("{outcome:?}")).or_default() += 1;
        }
    }
    // Mutations that never reach one of the seven outcomes would prove nothing about it.
    assert_eq!(outcomes.len(), 7, "{outcomes:?}");
    assert!(outcomes.values().all(|count| *count > 100), "{outcomes:?}");
}

#[test]
fn random_bytes_are_no_trap() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    for round in 0..20_000 {
        let length = random.below(256);
        let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
        check(&bytes, &format!("seed {SEED:#x}, round {round}"));
    }
}

/// Parses `bytes`, compares with [`expected`] and, when there is a frame, decodes it.
fn check(bytes: &[u8], context: &str) -> Option<FrameError> {
    let parsed = Frame::parse(bytes);
    let length = match expected(bytes) {
        Err(fault) => {
            assert_eq!(parsed, Err(fault), "{context}");
            return Some(fault);
        }
        Ok(length) => length,
    };
    let (frame, rest) = parsed.unwrap_or_else(|fault| panic!("{context}: {fault}"));
    assert_eq!((frame.bytes, rest), bytes.split_at(length), "{context}");
    let (_, _, encoded) =
        decode(&frame).unwrap_or_else(|| panic!("{context}: not in the catalogue"));
    assert_eq!(encoded, frame.bytes, "{context}: encoded again");
    None
}

/// The rules of framing once more, from the page and not from the parser: the length of the
/// message, or the first defect in the order header cut, schema, version, template, block length,
/// body cut.
fn expected(bytes: &[u8]) -> Result<usize, FrameError> {
    if bytes.len() < 8 {
        return Err(FrameError::Truncated);
    }
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    if word(4) != SCHEMA_ID {
        return Err(FrameError::UnknownSchema);
    }
    if word(6) != SCHEMA_VERSION {
        return Err(FrameError::UnsupportedVersion);
    }
    let length = block_length(word(2)).ok_or(FrameError::UnknownTemplate)?;
    if usize::from(word(0)) != length {
        return Err(FrameError::BlockLength);
    }
    if bytes.len() < 8 + length {
        return Err(FrameError::Truncated);
    }
    let Some(group) = group_layout(word(2)) else { return Ok(8 + length) };
    let start = 8 + length + 4;
    if bytes.len() < start {
        return Err(FrameError::Truncated);
    }
    if usize::from(word(start - 4)) != group.block_length {
        return Err(FrameError::BlockLength);
    }
    let count = word(start - 2);
    if count < group.count_min || count > group.count_max {
        return Err(FrameError::GroupCount);
    }
    let end = start + usize::from(count) * group.block_length;
    if bytes.len() < end { Err(FrameError::Truncated) } else { Ok(end) }
}

/// A group of every count that two bytes can say, with the bytes of the most entries behind it: a
/// frame of just its entries, or an error; and no count makes the frame longer than its bytes.
#[test]
fn every_count_of_a_group_is_taken_exactly_or_refused() {
    let most = vector_bytes().remove("MassQuote.maximum").expect("a vector with all its entries");
    for count in 0..=u16::MAX {
        let mut bytes = most.clone();
        bytes[34..36].copy_from_slice(&count.to_le_bytes());
        match Frame::parse(&bytes) {
            Ok((frame, rest)) => {
                assert!((1..=64).contains(&count), "{count}");
                assert_eq!(frame.bytes.len(), 36 + 16 * usize::from(count));
                assert_eq!(rest.len(), 16 * (64 - usize::from(count)));
                let entries = frame.entries::<MassQuote>().expect("its entries");
                assert_eq!(entries.len(), usize::from(count));
                let cut = Frame::parse(&bytes[..frame.bytes.len() - 1]);
                assert_eq!(cut, Err(FrameError::Truncated), "{count}");
            }
            Err(error) => {
                assert_eq!(error, FrameError::GroupCount);
                assert!(count == 0 || count > 64, "{count}");
            }
        }
    }
}

/// An entry of another length is refused whatever its count, also one that would fit.
#[test]
fn entries_of_another_length_are_refused() {
    let most = vector_bytes().remove("MassQuote.maximum").expect("a vector with all its entries");
    for length in (0..=u16::MAX).filter(|length| *length != 16) {
        let mut bytes = most.clone();
        bytes[32..34].copy_from_slice(&length.to_le_bytes());
        assert_eq!(Frame::parse(&bytes), Err(FrameError::BlockLength), "{length}");
    }
}

/// What cannot be decoded is not encoded either.
#[test]
fn a_group_out_of_range_is_not_encoded() {
    let message = MassQuote::new_zeroed();
    let entries = vec![MassQuoteEntry::new_zeroed(); 65];
    let mut buffer = [0; 36 + 65 * 16];
    assert_eq!(encode_with_group(&message, &entries, &mut buffer), None);
    assert_eq!(encode_with_group(&message, &[], &mut buffer), None);
    assert_eq!(encode_with_group(&message, &entries[..64], &mut buffer), Some(36 + 64 * 16));
    assert_eq!(encode_with_group(&message, &entries[..2], &mut buffer[..67]), None);
    let (frame, rest) = Frame::parse(&buffer).expect("what was encoded");
    assert_eq!((frame.bytes.len(), rest.len()), (36 + 64 * 16, 16));
    assert_eq!(frame.entries::<MassQuote>(), Some(&entries[..64]));
}

fn mutate(bytes: &mut Vec<u8>, heads: &[Vec<u8>], random: &mut Random) {
    let length = bytes.len();
    let at = random.below(length.max(1));
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => bytes.extend((0..=at).map(|_| random.byte())),
        2 => {
            // The start of another message's header over the start of this one.
            let other = &heads[random.below(heads.len())];
            let taken = random.below(9).min(length);
            bytes[..taken].copy_from_slice(&other[..taken]);
        }
        3 if at + 1 < length => {
            let extreme = [[0, 0], [0xFF, 0xFF], [0, 0x80], [0xFF, 0x7F]][random.below(4)];
            bytes[at..at + 2].copy_from_slice(&extreme);
        }
        // Where a message with a group says how long and how many its entries are.
        7 if length > 36 => bytes[32 + random.below(4)] = random.byte() & 0x5F,
        4 if length > 0 => bytes[at % 8 % length] ^= 1 << random.below(8),
        5 if length > 0 => bytes[at] = random.byte(),
        _ if length > 0 => bytes[at] ^= 1 << random.below(8),
        _ => bytes.push(random.byte()),
    }
}

/// The splitmix64 generator (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("the remainder is below a usize")
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

const SEED: u64 = 0x0F0E_CA57_1E00_0001;
const MUTATIONS_PER_MESSAGE: usize = 2000;

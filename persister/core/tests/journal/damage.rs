//! Every flipped bit, every truncation, every missing or foreign segment: the exact state, or a
//! refusal that names the place.

use forecastle_persister::{
    Damage, DamageReason, FRAMES_OFFSET, Outcome, SECTOR_LENGTH, SEGMENT_BYTES_MIN,
};

use crate::random::Random;
use crate::sample::{BIRTH, Journal, Walked, key, walk};

/// A term start, four frames of records (one of several sectors), and an empty frame.
fn small() -> (Vec<u8>, Walked) {
    let mut journal = Journal::new(11);
    journal.commit_group(&[64, 128, 4000]);
    journal.commit(40);
    journal.commit_group(&[256, 32]);
    journal.commit(3848);
    journal.idle();
    let walked = journal.walk();
    assert_eq!(walked.end.outcome, Outcome::Clean);
    assert_eq!(walked.frames.len(), 6);
    (journal.segments.into_values().next().unwrap(), walked)
}

fn walk_one(bytes: &[u8], with_key: bool) -> Walked {
    walk([(BIRTH, bytes)].into_iter(), with_key.then(key))
}

/// The frames and bytes handed out are those of the whole journal, up to some frame.
fn assert_prefix(walked: &Walked, whole: &Walked, context: usize) {
    assert_eq!(walked.frames, whole.frames[..walked.frames.len()], "at {context}");
    assert!(whole.bytes.starts_with(&walked.bytes), "at {context}");
    let length = walked.end.point.position - BIRTH;
    assert_eq!(walked.bytes.len() as u64, length, "at {context}");
}

/// Index of the frame that holds the byte at `offset`; the number of frames for one behind all.
fn frame_at(whole: &Walked, offset: usize) -> usize {
    let end = whole.end.place.unwrap().offset as usize;
    if offset >= end {
        return whole.frames.len();
    }
    whole.frames.iter().rposition(|frame| frame.1 as usize <= offset).unwrap()
}

fn judge_flip(walked: &Walked, whole: &Walked, offset: usize) {
    assert_prefix(walked, whole, offset);
    if offset < FRAMES_OFFSET as usize {
        let copy = offset / SECTOR_LENGTH;
        assert_eq!(walked.end.header_copy_damage.unwrap().copy, copy, "at {offset}");
        assert_eq!(walked.end.outcome, Outcome::Clean, "at {offset}");
        assert_eq!(walked.end.point, whole.end.point, "at {offset}");
        return;
    }
    let index = frame_at(whole, offset);
    assert_eq!(walked.frames.len(), index, "at {offset}: all before it, nothing behind");
    match walked.end.outcome {
        Outcome::Damaged(damage) => {
            let (segment, frame_offset, number) = whole.frames[index];
            let place = (damage.segment, damage.offset, damage.frame_number);
            assert_eq!(place, (segment, frame_offset, number), "at {offset}");
            assert_eq!(damage.position, walked.end.point.position, "at {offset}");
            assert_eq!(damage.through, whole.end.point.position, "at {offset}");
            assert!(index + 1 < whole.frames.len(), "at {offset}");
        }
        Outcome::Torn(tail) => {
            assert!(index + 1 >= whole.frames.len(), "at {offset}: only the newest frame");
            assert_eq!(tail.from, walked.end.place.unwrap().offset, "at {offset}");
            assert!(tail.to > offset as u64, "at {offset}: the cut covers it");
            assert_eq!(walked.bytes, whole.bytes, "at {offset}: no record is lost");
        }
        Outcome::Clean => panic!("a flipped bit at {offset} goes unnoticed"),
    }
}

#[test]
fn every_flipped_bit_is_found_and_placed() {
    let (mut bytes, whole) = small();
    let end = whole.end.place.unwrap().offset as usize;
    for offset in 0..end + SECTOR_LENGTH {
        // Long runs of zeros, all held by the same comparison, get one bit each byte.
        let is_zero_run = bytes[offset] == 0;
        for bit in 0..8 {
            if is_zero_run && bit != offset % 8 {
                continue;
            }
            bytes[offset] ^= 1 << bit;
            judge_flip(&walk_one(&bytes, bit % 2 == 0), &whole, offset);
            bytes[offset] ^= 1 << bit;
        }
    }
    assert_eq!(walk_one(&bytes, true), whole);
}

#[test]
fn every_truncation_is_refused_with_the_state_before_it() {
    let (bytes, whole) = small();
    let end = whole.end.place.unwrap().offset as usize;
    let behind = (end..bytes.len()).step_by(SECTOR_LENGTH).chain([bytes.len() - 1]);
    for length in (0..end).chain(behind) {
        let walked = walk_one(&bytes[..length], true);
        assert_prefix(&walked, &whole, length);
        let complete = if length < FRAMES_OFFSET as usize { 0 } else { frame_at(&whole, length) };
        assert_eq!(walked.frames.len(), complete, "at {length}");
        let Outcome::Damaged(damage) = walked.end.outcome else {
            panic!("a file of {length} bytes is taken for a segment");
        };
        match damage.reason {
            DamageReason::Header(_) => assert!(length < SECTOR_LENGTH, "at {length}"),
            DamageReason::FileLength(found) => {
                assert_eq!(found, length as u64);
                assert_eq!(damage.offset, walked.end.place.unwrap().offset, "at {length}");
            }
            other => panic!("at {length}: {other:?}"),
        }
    }
}

#[test]
fn a_file_that_grew_is_refused() {
    let (mut bytes, whole) = small();
    bytes.extend([0; SECTOR_LENGTH]);
    let walked = walk_one(&bytes, true);
    assert_eq!(walked.bytes, whole.bytes);
    let Outcome::Damaged(damage) = walked.end.outcome else { panic!("it is longer") };
    assert_eq!(damage.reason, DamageReason::FileLength(SEGMENT_BYTES_MIN + 4096));
}

/// Whole sectors of zeros, ones and of another place, over every sector of the journal.
#[test]
fn every_misplaced_sector_is_found() {
    let (bytes, whole) = small();
    let end = whole.end.place.unwrap().offset as usize;
    let sources: Vec<Vec<u8>> = [vec![0; SECTOR_LENGTH], vec![0xFF; SECTOR_LENGTH]]
        .into_iter()
        .chain(bytes[..end].chunks(SECTOR_LENGTH).map(<[u8]>::to_vec))
        .collect();
    for target in (FRAMES_OFFSET as usize..end).step_by(SECTOR_LENGTH) {
        for source in &sources {
            let mut copy = bytes.clone();
            copy[target..target + SECTOR_LENGTH].copy_from_slice(source);
            if copy == bytes {
                continue;
            }
            let walked = walk_one(&copy, true);
            assert_prefix(&walked, &whole, target);
            let index = frame_at(&whole, target);
            assert_eq!(walked.frames.len(), index, "at {target}");
            let is_newest = index + 1 == whole.frames.len();
            let is_damage = matches!(walked.end.outcome, Outcome::Damaged(_));
            assert!(is_damage || is_newest, "at {target}: {:?}", walked.end.outcome);
        }
    }
}

/// Four segments, a frame or two in each.
fn long() -> (Journal, Walked) {
    let mut journal = Journal::new(12);
    for _ in 0..6 {
        journal.commit(600_000);
        journal.commit(64);
    }
    journal.idle();
    let walked = journal.walk();
    assert_eq!((walked.end.outcome, journal.segments.len()), (Outcome::Clean, 6));
    (journal, walked)
}

fn damage_of(walked: &Walked) -> Damage {
    match walked.end.outcome {
        Outcome::Damaged(damage) => damage,
        other => panic!("damage goes unnoticed: {other:?}"),
    }
}

#[test]
fn a_missing_segment_is_named() {
    let (journal, whole) = long();
    let names: Vec<u64> = journal.segments.keys().copied().collect();
    for (index, name) in names.iter().enumerate() {
        let mut copy = Journal::new(0);
        copy.segments = journal.segments.clone();
        copy.segments.remove(name);
        let walked = copy.walk();
        if index == 0 {
            assert_eq!(walked.end.outcome, Outcome::Clean, "a trimmed journal begins anywhere");
            assert!(whole.bytes.ends_with(&walked.bytes));
        } else if index + 1 < names.len() {
            let damage = damage_of(&walked);
            assert_eq!(damage.position, *name, "what is missing begins there");
            assert_eq!(damage.segment, names[index - 1]);
            assert_eq!(damage.reason, DamageReason::Successor(names[index + 1]));
            assert_eq!(damage.through, whole.end.point.position);
        } else {
            assert!(whole.bytes.starts_with(&walked.bytes));
        }
    }
}

#[test]
fn a_flipped_byte_in_a_closed_segment_is_damage() {
    let (journal, whole) = long();
    for &(segment, offset, number) in &whole.frames {
        let is_newest = number == whole.end.point.frame_number;
        for within in [0, 4, 200, 255, 256, 300] {
            let mut copy = Journal::new(0);
            copy.segments = journal.segments.clone();
            copy.segments.get_mut(&segment).unwrap()[offset as usize + within] ^= 0x10;
            let walked = copy.walk();
            assert_eq!(walked.frames.len() as u64, number - 1);
            if !is_newest {
                let damage = damage_of(&walked);
                assert_eq!((damage.segment, damage.offset), (segment, offset));
                assert_eq!(damage.frame_number, number);
                assert_eq!(damage.through, whole.end.point.position);
            }
        }
    }
}

#[test]
fn a_segment_under_another_name_or_of_another_journal_is_refused() {
    let (journal, whole) = long();
    let mut renamed = Journal::new(0);
    renamed.segments = journal.segments.clone();
    let (last_name, last) = renamed.segments.pop_last().unwrap();
    renamed.segments.insert(last_name + 8, last.clone());
    assert_eq!(damage_of(&renamed.walk()).reason, DamageReason::Name(last_name));

    let (other, _) = {
        let mut other = Journal::new(13);
        while other.segments.len() < journal.segments.len() {
            other.commit(600_000);
            other.commit(64);
        }
        other.idle();
        (other, ())
    };
    let mut mixed = Journal::new(0);
    mixed.segments = journal.segments.clone();
    let foreign = other.segments[&last_name].clone();
    mixed.segments.insert(last_name, foreign);
    let damage = damage_of(&mixed.walk());
    assert_eq!(damage.reason, DamageReason::Successor(last_name));
    assert!(whole.bytes.starts_with(&mixed.walk().bytes));
}

#[test]
fn another_key_is_told_from_damage_and_no_key_from_both() {
    let (bytes, whole) = small();
    let other = forecastle_persister::ChainKey::new([1; 32]);
    let walked = walk([(BIRTH, &bytes[..])].into_iter(), Some(other));
    let damage = damage_of(&walked);
    let fault = forecastle_persister::FrameFault::Chain;
    assert_eq!((damage.reason, damage.offset), (DamageReason::Frame(fault), FRAMES_OFFSET));
    let keyless = walk_one(&bytes, false);
    assert!(!keyless.end.is_chain_verified && whole.end.is_chain_verified);
    assert_eq!((keyless.bytes, keyless.end.outcome), (whole.bytes, Outcome::Clean));
}

/// Overwrites, swaps and copies at random: no panic, and never a byte that was not appended.
#[test]
fn garbage_gives_a_prefix_or_a_refusal() {
    let (journal, whole) = long();
    let seed = 91;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let names: Vec<u64> = journal.segments.keys().copied().collect();
    for round in 0..400 {
        let mut copy = Journal::new(0);
        copy.segments = journal.segments.clone();
        for _ in 0..=random.below(3) {
            let name = names[random.below(names.len() as u64) as usize];
            let source = &journal.segments[&names[random.below(names.len() as u64) as usize]];
            let segment = copy.segments.get_mut(&name).unwrap();
            let length = 1 + random.below(10_000) as usize;
            let from = random.below((source.len() - length) as u64) as usize;
            let mut to = random.below((segment.len() - length) as u64) as usize;
            if random.below(2) == 0 {
                to = from;
            }
            match random.below(3) {
                0 => segment[to..to + length].copy_from_slice(&source[from..from + length]),
                1 => segment[to..to + length].fill(random.next() as u8),
                _ => segment.iter_mut().skip(to).step_by(997).for_each(|byte| *byte ^= 0x40),
            }
        }
        let walked = copy.walk();
        assert!(whole.bytes.starts_with(&walked.bytes), "round {round}");
        assert_eq!(walked.frames, whole.frames[..walked.frames.len()], "round {round}");
        let is_refused = matches!(walked.end.outcome, Outcome::Damaged(_));
        // Only where garbage covers all that lies behind the stop can it pass for a torn write.
        let is_in_last = walked.end.place.unwrap().header.position == names[names.len() - 1];
        assert!(is_refused || is_in_last, "round {round}: {:?}", walked.end.outcome);
    }
}

//! A write cut short: every subset of the sectors of a small frame, kept, lost or torn, over zeros
//! and over the remains of a former life of the file; and every prefix, byte by byte.

use forecastle_persister::{DiskOperation, Outcome, SECTOR_LENGTH};

use crate::random::Random;
use crate::sample::{Journal, Walked, record};

/// A journal and the frame in flight: its offset and bytes.
struct Scene {
    journal: Journal,
    whole: Walked,
    offset: usize,
    frame: Vec<u8>,
}

fn scene(body_lengths: &[usize]) -> Scene {
    let mut journal = Journal::new(21);
    journal.commit(512);
    journal.commit(6000);
    let whole = journal.walk();
    let mut random = Random::new(22);
    for &length in body_lengths {
        let bytes = record(&mut random, length, journal.now_ns);
        assert!(journal.writer.append(journal.writer.end_position(), &bytes));
    }
    let operation = journal.writer.next_operation(0, 0);
    let Some(DiskOperation::Write { buffer, length, offset }) = operation else {
        panic!("a write is due")
    };
    let frame = journal.writer.buffer(buffer)[..length].to_vec();
    Scene { journal, whole, offset: offset as usize, frame }
}

impl Scene {
    /// Puts `now` where the frame belongs, and judges what a walk makes of it.
    fn judge(&mut self, now: &[u8], context: &str) {
        let segment = self.journal.segments.values_mut().next().unwrap();
        segment[self.offset..self.offset + now.len()].copy_from_slice(now);
        let walked = self.journal.walk();
        let arrived = self.frame == now;
        let frame_count = self.whole.frames.len() + usize::from(arrived);
        assert_eq!(walked.frames.len(), frame_count, "{context}");
        assert!(walked.bytes.starts_with(&self.whole.bytes), "{context}");
        match walked.end.outcome {
            Outcome::Clean => {}
            Outcome::Torn(tail) => {
                assert!(!arrived, "{context}");
                assert_eq!(tail.from as usize, self.offset, "{context}");
                assert_eq!(tail.position, self.whole.end.point.position, "{context}");
                let segment = self.journal.segments.values_mut().next().unwrap();
                segment[tail.from as usize..tail.to as usize].fill(0);
                let again = self.journal.walk();
                assert_eq!(again.end.outcome, Outcome::Clean, "{context}: after the cut");
                assert_eq!(again.end.point, self.whole.end.point, "{context}");
            }
            Outcome::Damaged(damage) => panic!("{context}: a torn write refused: {damage}"),
        }
    }
}

/// What lies where the frame goes before it is written: zeros, or frames of a former life.
fn former_lives(length: usize) -> [Vec<u8>; 3] {
    let mut aligned = Journal::new(31);
    aligned.commit(512);
    aligned.commit(6000);
    let mut shifted = Journal::new(32);
    shifted.commit(9000);
    for journal in [&mut aligned, &mut shifted] {
        for _ in 0..20 {
            journal.commit(696);
        }
    }
    let scene = scene(&[696]);
    let cut = |journal: &Journal| {
        let segment = journal.segments.values().next().unwrap();
        segment[scene.offset..scene.offset + length].to_vec()
    };
    [vec![0; length], cut(&aligned), cut(&shifted)]
}

#[test]
fn every_subset_of_sectors_of_a_small_frame() {
    let mut random = Random::new(40);
    let mut scene_count = 0;
    for body_lengths in [&[64][..], &[4000], &[2000, 3000, 3000], &[15_000], &[64, 16_000, 3000]] {
        let mut scene = scene(body_lengths);
        let sector_count = scene.frame.len() / SECTOR_LENGTH;
        for (life, before) in former_lives(scene.frame.len()).iter().enumerate() {
            for fates in 0..3_usize.pow(sector_count as u32) {
                let mut now = before.clone();
                let mut rest = fates;
                for sector in 0..sector_count {
                    let range = sector * SECTOR_LENGTH..(sector + 1) * SECTOR_LENGTH;
                    let (old, new) = (&mut now[range.clone()], &scene.frame[range]);
                    match rest % 3 {
                        0 => {}
                        1 => old.copy_from_slice(new),
                        _ => tear(old, new, &mut random),
                    }
                    rest /= 3;
                }
                scene.judge(&now, &format!("{body_lengths:?}, life {life}, fates {fates}"));
                scene_count += 1;
            }
        }
    }
    assert_eq!(scene_count, 3 * (3 + 9 + 27 + 81 + 243));
}

/// Leaves some of the eight parts of a sector old.
fn tear(old: &mut [u8], new: &[u8], random: &mut Random) {
    let mask = random.next() as u8;
    for (index, (old, new)) in old.chunks_mut(512).zip(new.chunks(512)).enumerate() {
        if mask >> index & 1 == 1 {
            old.copy_from_slice(new);
        }
    }
}

#[test]
fn every_prefix_of_a_torn_frame() {
    let mut scene = scene(&[696, 64, 6000]);
    for (life, before) in former_lives(scene.frame.len()).iter().enumerate() {
        for length in 0..=scene.frame.len() {
            let mut now = before.clone();
            now[..length].copy_from_slice(&scene.frame[..length]);
            let context = format!("life {life}, {length} bytes arrived");
            // Padding that arrives as what lay there anyway completes the frame.
            scene.judge(&now, &context);
        }
    }
}

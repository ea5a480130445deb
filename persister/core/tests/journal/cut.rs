//! The tail above a released position, cut and replaced by a higher term.

use forecastle_persister::{
    DamageReason, FrameFault, JournalPoint, JournalWalk, Outcome, SegmentPlace,
};

use crate::sample::{BIRTH, Journal, SHARD, key};

/// The point behind the last frame that ends at or below `position`, and its place.
fn point_at(journal: &Journal, position: u64) -> (JournalPoint, SegmentPlace) {
    let mut walk = JournalWalk::new(SHARD, Some(key()));
    let mut found = None;
    for (name, bytes) in &journal.segments {
        let header = forecastle_persister::SegmentHeader::read(bytes).unwrap().0;
        walk.segment(*name, bytes, |offset, frame| {
            if frame.header().end <= position {
                let offset = offset + u64::from(frame.header().frame_length);
                found = Some((frame.point(), SegmentPlace { header, offset }));
            }
        });
    }
    found.unwrap()
}

/// Cuts everything behind `place`.
fn cut(journal: &mut Journal, place: &SegmentPlace) {
    let name = place.header.position;
    journal.segments.retain(|other, _| *other <= name);
    journal.segments.get_mut(&name).unwrap()[place.offset as usize..].fill(0);
}

#[test]
fn a_tail_above_the_released_position_is_replaced_by_a_higher_term() {
    for kept_count in 1..=7 {
        let mut journal = Journal::new(51);
        let mut kept = Vec::new();
        let mut released = BIRTH;
        for index in 0..8 {
            let bytes = journal.commit(300_000);
            if index < kept_count {
                kept.extend(bytes);
                released = journal.writer.durable_position();
            }
        }
        let (point, place) = point_at(&journal, released + 8);
        assert_eq!(point.position, released);
        cut(&mut journal, &place);
        let mut journal = Journal::open(52, journal.segments, point, Some(place));
        for _ in 0..5 {
            kept.extend(journal.commit(200_000));
        }
        journal.idle();
        let walked = journal.walk();
        assert_eq!(walked.end.outcome, Outcome::Clean);
        assert_eq!(walked.end.point.term, 2);
        assert!(walked.bytes == kept, "the kept records and the new ones, nothing else");
    }
}

#[test]
fn a_lower_term_never_continues() {
    let mut journal = Journal::new(53);
    journal.commit(512);
    for start in 0..3 {
        let end = journal.walk().end;
        journal = Journal::open(start, journal.segments, end.point, end.place);
        journal.commit(512);
    }
    let end = journal.walk().end;
    assert_eq!(end.point.term, 4);
    let stale = JournalPoint { term: 2, ..end.point };
    let journal = Journal::open(9, journal.segments, stale, end.place);
    let Outcome::Damaged(damage) = journal.walk().end.outcome else { panic!("term 3 after 4") };
    assert_eq!(damage.reason, DamageReason::Frame(FrameFault::Discontinuity("term")));
    assert_eq!(damage.position, end.point.position);
}

/// A node that died between cutting from the wrong end leaves a gap, which is never skipped.
#[test]
fn a_hole_before_kept_frames_is_damage() {
    let mut journal = Journal::new(54);
    for _ in 0..4 {
        journal.commit(512);
    }
    let whole = journal.walk();
    let (segment, offset, number) = whole.frames[2];
    journal.segments.get_mut(&segment).unwrap()[offset as usize..][..4096].fill(0);
    let Outcome::Damaged(damage) = journal.walk().end.outcome else { panic!("frames lie behind") };
    assert_eq!((damage.offset, damage.frame_number), (offset, number));
    assert_eq!(damage.through, whole.end.point.position);
}

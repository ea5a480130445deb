//! Frames whose checksums hold and which say something else than they must: each is refused for
//! its own reason. They are made with the key, as no fault of a disk could make them.

use forecastle_persister::{
    Damage, DamageReason, FRAME_HEADER_LENGTH, Frame, FrameFault, FrameHeader, FrameKind,
    JournalPoint, Outcome, RecordFault, check_frame, hash, records_of,
};

use crate::random::Random;
use crate::sample::{BIRTH, Journal, key, record, walk};

/// A journal, its newest frame (two records and padding), and the point before it.
struct Scene {
    bytes: Vec<u8>,
    offset: usize,
    header: FrameHeader,
    body: Vec<u8>,
    before: JournalPoint,
}

fn scene() -> Scene {
    let mut journal = Journal::new(81);
    journal.commit(512);
    let before = *journal.writer.point();
    let offset = journal.walk().end.place.unwrap().offset as usize;
    journal.commit_group(&[512, 1024]);
    let bytes = journal.segments.into_values().next().unwrap();
    let header = FrameHeader::decode(&bytes[offset..]).unwrap();
    let body = bytes[offset + FRAME_HEADER_LENGTH..][..1536].to_vec();
    Scene { bytes, offset, header, body, before }
}

impl Scene {
    /// The fault of the frame after `change`, with all its hashes made right again; the walk puts
    /// it at its place and never takes it for a torn write.
    fn fault(&self, change: impl FnOnce(&mut FrameHeader, &mut Vec<u8>)) -> FrameFault {
        let (mut header, mut body) = (self.header, self.body.clone());
        change(&mut header, &mut body);
        header.body_hash = hash(&body);
        header.chain = header.chain_value(&key());
        let mut bytes = self.bytes.clone();
        let frame = &mut bytes[self.offset..];
        header.encode(frame);
        frame[FRAME_HEADER_LENGTH..FRAME_HEADER_LENGTH + body.len()].copy_from_slice(&body);
        let id = self.header.segment_id;
        let found = check_frame(frame, &id, &self.before, Some(&key())).map(|_| ());
        let walked = walk([(BIRTH, &bytes[..])].into_iter(), Some(key()));
        let Outcome::Damaged(Damage { offset, reason, .. }) = walked.end.outcome else {
            panic!("taken for {:?}", walked.end.outcome);
        };
        assert_eq!(offset, self.offset as u64);
        assert_eq!(reason, DamageReason::Frame(found.unwrap_err()));
        found.unwrap_err()
    }
}

#[test]
fn frames_that_do_not_continue_are_refused_each_for_its_reason() {
    let scene = scene();
    let other = FrameFault::Discontinuity;
    assert_eq!(scene.fault(|header, _| header.number += 1), other("number"));
    assert_eq!(scene.fault(|header, _| header.number -= 1), other("number"));
    let shift = |header: &mut FrameHeader, by: u64| {
        header.position += by;
        header.end += by;
    };
    assert_eq!(scene.fault(|header, _| shift(header, 8)), other("position"));
    assert_eq!(
        scene.fault(|header, _| header.previous_chain[31] ^= 1),
        other("previous chain value")
    );
    assert_eq!(scene.fault(|header, _| header.watermark = BIRTH - 8), other("watermark"));
    let beyond = FrameFault::Field("watermark");
    assert_eq!(scene.fault(|header, _| header.watermark = header.position + 8), beyond);
    assert_eq!(scene.fault(|header, _| header.term = 0), FrameFault::Field("term or number"));
}

#[test]
fn records_that_contradict_their_frame_are_refused() {
    let scene = scene();
    let record_at = |offset| FrameFault::Record(RecordFault { offset });
    assert_eq!(scene.fault(|_, body| body[0] += 8), record_at(520));
    assert_eq!(scene.fault(|_, body| body[0] += 4), record_at(0));
    assert_eq!(scene.fault(|_, body| body[3] = 1), record_at(0));
    assert_eq!(scene.fault(|_, body| body[..4].fill(0)), record_at(0));
    assert_eq!(scene.fault(|_, body| body[512 + 1] += 1), record_at(512));
    assert_eq!(scene.fault(|_, body| body[6..8].fill(0xFF)), record_at(0));
    let field = FrameFault::Field;
    assert_eq!(scene.fault(|header, _| header.record_count += 1), field("record count"));
    assert_eq!(scene.fault(|header, _| header.sequencing_time_ns += 1), field("sequencing time"));
    assert_eq!(scene.fault(|header, _| header.state_digest ^= 1), field("state digest"));
    let order = field("order of sequencing times");
    assert_eq!(scene.fault(|_, body| body[16 + 7] = 1), order, "behind the second record's");
    assert_eq!(scene.fault(|_, body| body[16..24].fill(0)), order, "before the frame before");
}

#[test]
fn an_empty_frame_repeats_time_and_digest() {
    let mut journal = Journal::new(82);
    journal.commit(512);
    let before = *journal.writer.point();
    let place = journal.walk().end.place.unwrap();
    journal.idle();
    let bytes = journal.segments.into_values().next().unwrap();
    let good = FrameHeader::decode(&bytes[place.offset as usize..]).unwrap();
    assert_eq!(good.kind, FrameKind::Empty);
    let fault = |header: FrameHeader| {
        let mut frame = vec![0; 4096];
        FrameHeader { chain: header.chain_value(&key()), ..header }.encode(&mut frame);
        let id = header.segment_id;
        let check = |frame: &[u8]| -> Result<(), FrameFault> {
            let verified: Result<Frame<'_>, _> = check_frame(frame, &id, &before, Some(&key()));
            verified.map(|_| ())
        };
        check(&frame)
    };
    let other = FrameFault::Discontinuity;
    assert_eq!(fault(good), Ok(()));
    let later = FrameHeader { sequencing_time_ns: good.sequencing_time_ns + 1, ..good };
    assert_eq!(fault(later), Err(other("sequencing time")));
    let digest = FrameHeader { state_digest: good.state_digest + 1, ..good };
    assert_eq!(fault(digest), Err(other("state digest")));
}

#[test]
fn records_come_apart_at_their_places() {
    let mut random = Random::new(83);
    let all: Vec<Vec<u8>> =
        [32, 40, 1500 / 8 * 8].map(|length| record(&mut random, length, 7)).into();
    let body = all.concat();
    let found: Vec<_> = records_of(&body, BIRTH + 800).map(Result::unwrap).collect();
    assert_eq!(found.len(), 3);
    let mut position = BIRTH + 800;
    for (record, bytes) in found.iter().zip(&all) {
        assert_eq!((record.position, record.bytes), (position, &bytes[..]));
        position = record.end();
        let command_length = usize::from(record.header().command_length.get());
        assert_eq!(record.command(), &bytes[32..32 + command_length]);
        assert_eq!(record.effects(), &bytes[32 + command_length.next_multiple_of(8)..]);
    }
    for length in 0..body.len() {
        let results: Vec<_> = records_of(&body[..length], BIRTH).collect();
        let whole_count = results.iter().filter(|result| result.is_ok()).count();
        let ends = [32, 72, body.len()];
        assert_eq!(whole_count, ends.iter().filter(|end| **end <= length).count());
        let is_at_end = length == 0 || ends.contains(&length);
        assert_eq!(results.iter().all(Result::is_ok), is_at_end, "at {length}");
    }
}

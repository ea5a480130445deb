//! Where a journal ends: a walk over its segments in order, one of them in memory at a time.
//!
//! Frames are handed out verified, up to the *stop*: the first place where the frame that belongs
//! there does not lie whole. Then the rest of the segment, and every later one, is looked through
//! for whatever was written behind the stop, which decides the [`Outcome`]. One frame is in flight
//! at a time, so a frame of this segment behind the stop means that the one at the stop had been
//! on the platter: that is damage, as is a later segment that does not begin at the stop. All else
//! is the remains of one write that was cut short, promised to nobody.

mod end;
mod tail;

use crate::chain::{ChainKey, Hash};
use crate::frame::{Frame, JournalPoint, check_frame};
use crate::frame_fault::FrameFault;
use crate::frame_header::FrameKind;
use crate::layout::FRAMES_OFFSET;
use crate::segment_header::SegmentHeader;
use crate::writer::SegmentPlace;
pub use end::{Damage, DamageReason, HeaderCopyDamage, JournalEnd, Outcome, TornTail};
use tail::Tail;

/// Verifies a journal, segment by segment.
#[derive(Debug)]
pub struct JournalWalk {
    shard: u8,
    key: Option<ChainKey>,
    point: JournalPoint,
    place: Option<SegmentPlace>,
    last_kind: Option<FrameKind>,
    record_count: u64,
    frame_count: u64,
    header_copy_damage: Option<HeaderCopyDamage>,
    torn_tail: Option<TornTail>,
    damage: Option<Damage>,
}

impl JournalWalk {
    /// A walk that has seen nothing. Without a key, all is verified but the chain values
    /// themselves: that each frame repeats the one before still is.
    #[must_use]
    pub const fn new(shard: u8, key: Option<ChainKey>) -> Self {
        Self {
            shard,
            key,
            point: JournalPoint::birth(shard),
            place: None,
            last_kind: None,
            record_count: 0,
            frame_count: 0,
            header_copy_damage: None,
            torn_tail: None,
            damage: None,
        }
    }

    /// Walks the next segment in order of position: `name` is the position in its file name,
    /// `bytes` the whole file. Hands each verified frame with its offset to `visit`. The first
    /// segment may begin anywhere; its header is believed, and a snapshot at or behind it carries
    /// the state. Behind damage, nothing is handed out any more.
    pub fn segment(&mut self, name: u64, bytes: &[u8], mut visit: impl FnMut(u64, &Frame<'_>)) {
        let header = match self.enter(name, bytes) {
            Ok(header) => header,
            Err(damage) => {
                let known = self.damage.get_or_insert(damage);
                known.learn(name, bytes);
                return;
            }
        };
        let usable_length = bytes.len().min(usize::try_from(header.segment_bytes).unwrap_or(0));
        let usable = &bytes[..usable_length];
        let mut offset = FRAMES_OFFSET as usize;
        let fault = loop {
            let Some(rest) = usable.get(offset..).filter(|rest| !rest.is_empty()) else {
                break None;
            };
            match check_frame(rest, &header.id, &self.point, self.key.as_ref()) {
                Ok(frame) => {
                    visit(offset as u64, &frame);
                    self.take_frame(&frame);
                    offset += frame.header().frame_length as usize;
                }
                Err(fault) => break Some(fault),
            }
        };
        self.place = Some(SegmentPlace { header, offset: offset as u64 });
        self.stop(name, bytes, fault);
    }

    /// Whether the segments so far show damage already.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        self.damage.is_some()
    }

    /// The verdict, after the last segment. A journal without a segment is one at its birth.
    #[must_use]
    pub fn finish(self) -> JournalEnd {
        let outcome = match (self.damage, self.torn_tail) {
            (Some(damage), _) => Outcome::Damaged(damage),
            (None, Some(tail)) => Outcome::Torn(tail),
            (None, None) => Outcome::Clean,
        };
        JournalEnd {
            point: self.point,
            place: self.place,
            outcome,
            last_kind: self.last_kind,
            frame_count: self.frame_count,
            record_count: self.record_count,
            header_copy_damage: self.header_copy_damage,
            is_chain_verified: self.key.is_some(),
        }
    }

    fn take_frame(&mut self, frame: &Frame<'_>) {
        self.point = frame.point();
        self.last_kind = Some(frame.header().kind);
        self.frame_count += 1;
        self.record_count += u64::from(frame.header().record_count);
    }

    /// Reads the header and checks that the segment belongs here.
    fn enter(&mut self, name: u64, bytes: &[u8]) -> Result<SegmentHeader, Damage> {
        if let Some(damage) = self.damage {
            return Err(damage);
        }
        let (header, bad_copy) = SegmentHeader::read(bytes)
            .map_err(|fault| self.damage_at(name, 0, DamageReason::Header(fault)))?;
        if let Some(copy) = bad_copy {
            self.header_copy_damage.get_or_insert(HeaderCopyDamage { segment: name, copy });
        }
        if header.position != name {
            return Err(self.damage_at(name, 0, DamageReason::Name(header.position)));
        }
        if header.shard != self.shard {
            return Err(self.damage_at(name, 0, DamageReason::Shard(header.shard)));
        }
        let Some(place) = self.place else {
            let is_birth = header.frame_number == 1;
            if is_birth && header.position != JournalPoint::birth(self.shard).position {
                return Err(self.damage_at(name, 0, DamageReason::Name(header.position)));
            }
            self.point = JournalPoint::before(&header);
            return Ok(header);
        };
        let torn_tail = self.torn_tail.take();
        if !follows(&header, &self.point) || torn_tail.is_some_and(|tail| tail.end.is_some()) {
            let reason = match torn_tail {
                Some(tail) => DamageReason::Frame(tail.fault),
                None => DamageReason::Successor(name),
            };
            return Err(self.damage_at(place.header.position, place.offset, reason));
        }
        // The term of the header counts for its first frame, which is of this term or a later one.
        self.point.term = header.term;
        Ok(header)
    }

    /// Judges what lies at and behind the stop, as far as this segment tells.
    fn stop(&mut self, name: u64, bytes: &[u8], fault: Option<FrameFault>) {
        let place = self.place.expect("a stop lies in a segment");
        let file_length = bytes.len() as u64;
        let tail = Tail::scan(bytes, place.offset as usize, &place.header.id);
        let reason = if file_length != place.header.segment_bytes {
            Some(DamageReason::FileLength(file_length))
        } else {
            fault.filter(|fault| tail.is_damage(*fault)).map(DamageReason::Frame)
        };
        if let Some(reason) = reason {
            let mut damage = self.damage_at(name, place.offset, reason);
            damage.through = damage.through.max(tail.through);
            self.damage = Some(damage);
            return;
        }
        self.torn_tail = fault.filter(|_| tail.is_torn()).map(|fault| TornTail {
            segment: name,
            from: place.offset,
            to: tail.dirty_end as u64,
            frame_number: self.point.frame_number + 1,
            position: self.point.position,
            end: tail.header_at_stop.map(|header| header.end),
            fault,
        });
    }

    fn damage_at(&self, segment: u64, offset: u64, reason: DamageReason) -> Damage {
        Damage {
            segment,
            offset,
            frame_number: self.point.frame_number.saturating_add(1),
            position: self.point.position,
            through: self.point.position.max(self.point.watermark),
            reason,
        }
    }
}

/// Whether a segment with that header goes on at `point`.
fn follows(header: &SegmentHeader, point: &JournalPoint) -> bool {
    let previous_chain: &Hash = &header.previous_chain;
    header.position == point.position
        && Some(header.frame_number) == point.frame_number.checked_add(1)
        && *previous_chain == point.chain
        && header.term >= point.term
}

//! Records, and journals written by a shell that never fails.

use std::collections::BTreeMap;

use forecastle_persister::{
    ChainKey, DiskCompletion, DiskOperation, Frame, JournalEnd, JournalPoint, JournalWalk,
    JournalWriter, SEGMENT_BYTES_MIN, SegmentPlace, WriterConfig, WriterStart,
};
use forecastle_proto_spec::RecordHeader;
use zerocopy::{FromZeros, IntoBytes};

use crate::random::Random;

pub const SHARD: u8 = 3;
pub const BIRTH: u64 = 3 << 56;

pub fn key() -> ChainKey {
    ChainKey::new(std::array::from_fn(|index| index as u8 * 7))
}

pub fn config() -> WriterConfig {
    WriterConfig {
        shard: SHARD,
        key: key(),
        segment_bytes: SEGMENT_BYTES_MIN,
        schema_version: 0,
        schema_hash: [0x5C; 32],
        build: *b"forecastle 0.1.0 of a test\0\0\0\0\0\0",
    }
}

/// A record of `length` bytes with random content: words at first, then one byte again and again.
pub fn record(random: &mut Random, length: usize, time_ns: u64) -> Vec<u8> {
    assert!(length >= 32 && length.is_multiple_of(8));
    let mut bytes = vec![random.next() as u8; length];
    for word in bytes.chunks_mut(8).take(32) {
        word.copy_from_slice(&random.next().to_le_bytes());
    }
    let mut header = RecordHeader::new_zeroed();
    header.record_length.set(length as u32);
    header.template_id.set(random.next() as u16);
    header.command_length.set(random.below(1 + (length as u64 - 32).min(1400)) as u16);
    header.sequencing_time_ns.set(time_ns);
    header.state_digest.set(random.next());
    bytes[..32].copy_from_slice(header.as_bytes());
    bytes
}

/// Segments in memory under their names, and a writer whose operations always succeed at once.
pub struct Journal {
    pub segments: BTreeMap<u64, Vec<u8>>,
    pub writer: JournalWriter,
    pub name: u64,
    pub now_ns: u64,
    random: Random,
}

impl Journal {
    /// A new journal whose term start is written.
    pub fn new(seed: u64) -> Self {
        Self::open(seed, BTreeMap::new(), JournalPoint::birth(SHARD), None)
    }

    /// A journal that goes on at `point`, with its term start written.
    pub fn open(
        seed: u64,
        segments: BTreeMap<u64, Vec<u8>>,
        point: JournalPoint,
        segment: Option<SegmentPlace>,
    ) -> Self {
        let mut random = Random::new(seed);
        let name = segment.as_ref().map_or(0, |place| place.header.position);
        let start = WriterStart { point, segment, next_segment_id: random.bytes() };
        let writer = JournalWriter::new(config(), start);
        let now_ns = point.sequencing_time_ns;
        let mut journal = Self { segments, writer, name, now_ns, random };
        journal.settle();
        journal
    }

    /// Appends a record of that length and commits it as a frame of its own.
    pub fn commit(&mut self, length: usize) -> Vec<u8> {
        self.commit_group(&[length])
    }

    /// Appends records of those lengths and commits them as one frame.
    pub fn commit_group(&mut self, lengths: &[usize]) -> Vec<u8> {
        let mut all = Vec::new();
        for &length in lengths {
            self.now_ns += 1;
            let record = record(&mut self.random, length, self.now_ns);
            assert!(self.writer.append(self.writer.end_position(), &record));
            all.extend(record);
        }
        self.settle();
        all
    }

    /// Lets the journal fall idle: an empty frame.
    pub fn idle(&mut self) {
        assert_eq!(self.writer.next_operation(self.now_ns, 0), None);
        self.now_ns += forecastle_persister::IDLE_FRAME_NS;
        self.settle();
    }

    /// Carries out operations until none is due.
    pub fn settle(&mut self) {
        while let Some(operation) = self.writer.next_operation(self.now_ns, self.now_ns) {
            self.carry_out(operation);
        }
    }

    pub fn carry_out(&mut self, operation: DiskOperation) {
        let completion = match operation {
            DiskOperation::Roll { position, .. } => {
                let mut segment = vec![0; SEGMENT_BYTES_MIN as usize];
                let header = self.writer.roll_bytes();
                segment[..header.len()].copy_from_slice(header);
                self.segments.insert(position, segment);
                self.name = position;
                DiskCompletion::Rolled { next_segment_id: self.random.bytes() }
            }
            DiskOperation::Write { buffer, length, offset } => {
                let segment = self.segments.get_mut(&self.name).unwrap();
                let target = &mut segment[offset as usize..offset as usize + length];
                target.copy_from_slice(&self.writer.buffer(buffer)[..length]);
                DiskCompletion::Synced
            }
        };
        self.writer.on_completion(completion);
    }

    /// Walks all segments.
    pub fn walk(&self) -> Walked {
        walk(self.segments.iter().map(|(name, bytes)| (*name, &bytes[..])), Some(key()))
    }
}

/// A walk's verdict and what it handed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Walked {
    pub end: JournalEnd,
    /// Segment, offset and number of each frame.
    pub frames: Vec<(u64, u64, u64)>,
    /// All bodies, joined.
    pub bytes: Vec<u8>,
}

pub fn walk<'a>(segments: impl Iterator<Item = (u64, &'a [u8])>, key: Option<ChainKey>) -> Walked {
    let mut walk = JournalWalk::new(SHARD, key);
    let (mut frames, mut bytes) = (Vec::new(), Vec::new());
    for (name, segment) in segments {
        walk.segment(name, segment, |offset, frame: &Frame<'_>| {
            frames.push((name, offset, frame.header().number));
            for record in frame.records() {
                bytes.extend_from_slice(record.bytes);
            }
        });
    }
    Walked { end: walk.finish(), frames, bytes }
}

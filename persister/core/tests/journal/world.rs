//! The writer, a shell that drives it, a disk that may fail, and the oracle that remembers what
//! was promised.
//!
//! A world lives several lives. Each begins with recovery, which the oracle judges, and ends with
//! a stop, a killed process or a loss of power at a random moment.

use forecastle_persister::{
    DiskCompletion, DiskOperation, JournalPoint, JournalWriter, Outcome, SEGMENT_BYTES_MIN,
    SegmentId, WriterStart,
};

use crate::disk::{Disk, InputOutputError};
use crate::random::Random;
use crate::sample::{BIRTH, Walked, config, key, record, walk};

/// What the shell does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Nothing,
    SkipsSync,
    ReleasesBeforeCompletion,
    IgnoresFailure,
    ReusesSegmentId,
    SkipsHeaderSync,
    SkipsFolderSync,
}

/// What acknowledgements wait for, and so what may end a life.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// Survives a killed process; a failed sync may take it, and so may a loss of power.
    Written,
    /// Survives a loss of power.
    Durable,
}

/// What the oracle found.
pub type Verdict<T> = Result<T, String>;

pub struct World {
    pub disk: Disk,
    random: Random,
    fault: Fault,
    level: Level,
    /// Bytes of all records that may still exist, from birth.
    log: Vec<u8>,
    released: u64,
    durable_term: u64,
    now_ns: u64,
    /// Whether records come at all.
    pub has_records: bool,
    /// Torn tails cut so far, so that a run can show that it met some.
    pub cut_count: u64,
    pub roll_count: u64,
    /// Rolls that replaced a segment without records.
    pub replacement_count: u64,
}

/// One process: the writer and the operation in flight.
struct Life {
    writer: JournalWriter,
    file: usize,
    in_flight: Option<(DiskOperation, bool)>,
}

impl World {
    pub fn new(seed: u64, level: Level, fault: Fault) -> Self {
        let mut random = Random::new(seed);
        Self {
            disk: Disk::new(Random::new(random.next())),
            random,
            fault,
            level,
            log: Vec::new(),
            released: BIRTH,
            durable_term: 0,
            now_ns: 1,
            has_records: true,
            cut_count: 0,
            roll_count: 0,
            replacement_count: 0,
        }
    }

    /// Lives that many lives, and recovers once more behind the last.
    pub fn live(&mut self, life_count: u64) -> Verdict<()> {
        for _ in 0..life_count {
            // A failed operation has ended the process; the rest is as after any other end.
            let is_error = self.life()?.is_err();
            if self.level == Level::Durable && (is_error || self.random.below(4) != 0) {
                self.disk.lose_power();
            }
        }
        self.recover()?.map(|_| ()).or(Ok(()))
    }

    /// One life, from its recovery to its end.
    fn life(&mut self) -> Verdict<Result<(), InputOutputError>> {
        let walked = match self.recover()? {
            Ok(walked) => walked,
            Err(error) => return Ok(Err(error)),
        };
        let point = walked.end.point;
        let next_segment_id = self.segment_id();
        let start = WriterStart { point, segment: walked.end.place, next_segment_id };
        let file = walked.end.place.map_or(0, |place| self.disk.file(place.header.position));
        let mut life = Life { writer: JournalWriter::new(config(), start), file, in_flight: None };
        for _ in 0..10 + self.random.below(60) {
            if let Err(error) = self.step(&mut life) {
                return Ok(Err(error));
            }
        }
        // Whatever is in flight now may arrive in part, in whole or not at all.
        if let Some((DiskOperation::Write { buffer, length, offset }, false)) = life.in_flight {
            let bytes = life.writer.buffer(buffer)[..length].to_vec();
            for (index, sector) in bytes.chunks(4096).enumerate() {
                if self.random.below(2) == 0 {
                    let _ = self.disk.write(life.file, offset + index as u64 * 4096, sector);
                }
            }
        }
        Ok(Ok(()))
    }

    /// Walks the journal, judges it by what was promised, and cuts a torn tail. What is lost with
    /// the tail is lost when the cut is on the platter: zeros that arrive in part can make the torn
    /// frame whole, where nothing but its padding was missing.
    fn recover(&mut self) -> Verdict<Result<Walked, InputOutputError>> {
        self.disk.settle();
        let walked = walk(self.disk.segments(), Some(key()));
        self.judge(&walked)?;
        if let Outcome::Torn(tail) = walked.end.outcome {
            self.cut_count += 1;
            let file = self.disk.file(tail.segment);
            let zeros = vec![0; (tail.to - tail.from) as usize];
            let cut = self.disk.write(file, tail.from, &zeros);
            if self.level == Level::Durable && self.random.below(4) == 0 {
                self.disk.lose_power();
                return self.recover();
            }
            if let Err(error) = cut.and_then(|()| self.disk.sync(file)) {
                return Ok(Err(error));
            }
            let again = walk(self.disk.segments(), Some(key()));
            if again.end.point != walked.end.point || again.end.outcome != Outcome::Clean {
                return Err(format!("the cut leaves {:?}", again.end.outcome));
            }
        }
        self.log.truncate((walked.end.point.position - BIRTH) as usize);
        Ok(Ok(walked))
    }

    fn judge(&self, walked: &Walked) -> Verdict<()> {
        if let Outcome::Damaged(damage) = walked.end.outcome {
            return Err(format!("refused: {damage}"));
        }
        let JournalPoint { position, term, .. } = walked.end.point;
        if position < self.released {
            return Err(format!("released up to {}, recovered up to {position}", self.released));
        }
        if term < self.durable_term {
            return Err(format!("term {} was durable, {term} is left", self.durable_term));
        }
        let head = self.disk.segments().next().map_or(BIRTH, |(name, _)| name);
        let expected = self.log.get((head - BIRTH) as usize..(position - BIRTH) as usize);
        if expected != Some(&walked.bytes[..]) {
            return Err(format!("records up to {position} are not those appended"));
        }
        Ok(())
    }

    /// A moment of a process: records come, an operation begins, goes on or ends.
    fn step(&mut self, life: &mut Life) -> Result<(), InputOutputError> {
        self.now_ns += self.random.below(700_000);
        let record_count = if self.has_records { self.random.below(4) } else { 0 };
        for _ in 0..record_count {
            let sectors = if self.random.below(10) == 0 { 40_000 } else { 150 };
            let length = 8 * (4 + self.random.below(sectors)) as usize;
            let bytes = record(&mut self.random, length, self.now_ns);
            if life.writer.append(life.writer.end_position(), &bytes) {
                self.log.extend(bytes);
            }
        }
        if self.random.below(3) > 0
            && let Some((operation, is_written)) = life.in_flight.take()
        {
            life.in_flight = self.progress(life, operation, is_written)?;
        }
        if let Some(operation) = life.writer.next_operation(self.now_ns, self.now_ns) {
            life.in_flight = Some((operation, false));
        }
        let released = match (self.fault, self.level) {
            (Fault::ReleasesBeforeCompletion, _) => life.writer.point().position,
            (_, Level::Written) => life.writer.written_position(),
            (_, Level::Durable) => life.writer.durable_position(),
        };
        self.released = self.released.max(released);
        Ok(())
    }

    /// Carries out the next part of an operation, and gives it back if another part is left.
    fn progress(
        &mut self,
        life: &mut Life,
        operation: DiskOperation,
        is_written: bool,
    ) -> Result<Option<(DiskOperation, bool)>, InputOutputError> {
        match operation {
            DiskOperation::Roll { position, is_replacement } => {
                self.replacement_count += u64::from(is_replacement);
                self.roll(life, position)?;
                Ok(None)
            }
            DiskOperation::Write { buffer, length, offset } if !is_written => {
                let bytes = &life.writer.buffer(buffer)[..length];
                let done = self.disk.write(life.file, offset, bytes);
                self.heed(done)?;
                life.writer.on_completion(DiskCompletion::Written);
                Ok(Some((operation, true)))
            }
            DiskOperation::Write { .. } => {
                if self.fault != Fault::SkipsSync {
                    let done = self.disk.sync(life.file);
                    self.heed(done)?;
                }
                life.writer.on_completion(DiskCompletion::Synced);
                self.durable_term = life.writer.term();
                Ok(None)
            }
        }
    }

    fn roll(&mut self, life: &mut Life, position: u64) -> Result<(), InputOutputError> {
        let file = self.disk.spare(SEGMENT_BYTES_MIN as usize);
        let done = self.disk.write(file, 0, life.writer.roll_bytes());
        self.heed(done)?;
        if self.fault != Fault::SkipsHeaderSync {
            let done = self.disk.sync(file);
            self.heed(done)?;
        }
        let done = self.disk.rename(file, position);
        self.heed(done)?;
        if self.fault != Fault::SkipsFolderSync {
            let done = self.disk.sync_folder();
            self.heed(done)?;
        }
        life.file = file;
        self.roll_count += 1;
        let next_segment_id = self.segment_id();
        life.writer.on_completion(DiskCompletion::Rolled { next_segment_id });
        let names: Vec<u64> = self.disk.segments().map(|(name, _)| name).collect();
        if names.len() > 2 && self.fault != Fault::SkipsFolderSync {
            self.disk.recycle(names[0]);
        }
        Ok(())
    }

    /// A failed operation ends the process, unless it is ignored.
    fn heed(&self, done: Result<(), InputOutputError>) -> Result<(), InputOutputError> {
        if self.fault == Fault::IgnoresFailure { Ok(()) } else { done }
    }

    fn segment_id(&mut self) -> SegmentId {
        if self.fault == Fault::ReusesSegmentId { [0x1D; 16] } else { self.random.bytes() }
    }
}

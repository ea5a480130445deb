//! Executing a journal again: every command applied anew, every byte of every effect and every
//! digest compared with what was written.

use std::fmt;

use forecastle_engine::{
    CommandInput, ConfigurationError, Engine, EngineConfig, LookAhead, SnapshotError,
};
use forecastle_persister::{Frame, FrameHeader, Hash, Record, SnapshotHeader};
use forecastle_proto_spec::{
    EngineConfiguration, Frame as MessageFrame, Message as _, RECORD_LENGTH_MAX, RecordHeader,
    padded_command_length,
};
use zerocopy::FromBytes as _;

use crate::record::write_record;

/// An engine that follows a journal.
#[derive(Debug)]
pub struct Replayer {
    /// None before the first record of a log, which says how the engine is made.
    engine: Option<Engine>,
    position: u64,
    command_count: u64,
    sequencing_time_ns: u64,
    /// Number and chain value of the frame that a snapshot stands behind.
    origin: Option<(u64, Hash)>,
    /// Position and state digest of that snapshot, as it was verified.
    resumed_at: Option<(u64, u64)>,
    scratch: Box<[u8]>,
}

impl Replayer {
    /// At the birth of a shard: the first record makes the engine.
    #[must_use]
    pub fn at_birth(shard: u8) -> Self {
        Self {
            engine: None,
            position: forecastle_runtime::log_buffer::birth_position(shard),
            command_count: 0,
            sequencing_time_ns: 0,
            origin: None,
            resumed_at: None,
            scratch: vec![0; RECORD_LENGTH_MAX].into_boxed_slice(),
        }
    }

    /// At a snapshot of that header, with the state that it holds.
    #[must_use]
    pub fn resumed(engine: Engine, snapshot: &SnapshotHeader) -> Self {
        Self {
            engine: Some(keyed(engine)),
            position: snapshot.position,
            command_count: snapshot.command_count,
            sequencing_time_ns: snapshot.sequencing_time_ns,
            origin: Some((snapshot.frame_number, snapshot.chain)),
            resumed_at: Some((snapshot.position, snapshot.state_digest)),
            scratch: vec![0; RECORD_LENGTH_MAX].into_boxed_slice(),
        }
    }

    /// Whether the state at the replayer's position has a digest that a journal names. At the
    /// snapshot itself it is the one that the snapshot was verified by: an earlier version of the
    /// encoding defined it otherwise.
    #[must_use]
    pub fn has_digest(&self, state_digest: u64) -> bool {
        self.resumed_at == Some((self.position, state_digest))
            || self.engine.as_ref().is_some_and(|engine| engine.state_digest() == state_digest)
    }

    /// Whether a frame may belong to the journal that the snapshot at the beginning was made of:
    /// the one that it stands behind has the chain value that it names.
    #[must_use]
    pub fn continues(&self, frame: &FrameHeader) -> bool {
        let origin = self.origin.filter(|(number, _)| *number == frame.number);
        origin.is_none_or(|(_, chain)| chain == frame.chain)
    }

    /// Applies the records of a frame that lie at or behind the replayer's position and end at or
    /// before `limit_position`.
    ///
    /// # Errors
    /// [`ReplayError`], at the first record that cannot be executed or differs. The engine has
    /// then applied it.
    pub fn apply_frame(
        &mut self,
        frame: &Frame<'_>,
        limit_position: u64,
    ) -> Result<(), ReplayError> {
        let position = self.position;
        let records = || frame.records().skip_while(move |record| record.position < position);
        let mut look_ahead = LookAhead::new();
        let mut following = records();
        for _ in 0..LookAhead::DISTANCE {
            self.announce(following.next(), &mut look_ahead);
        }
        for record in records() {
            if record.end() > limit_position {
                break;
            }
            self.announce(following.next(), &mut look_ahead);
            self.apply(record)?;
        }
        Ok(())
    }

    /// Applies one record and compares.
    ///
    /// # Errors
    /// As [`Self::apply_frame`].
    #[inline]
    pub fn apply(&mut self, record: Record<'_>) -> Result<(), ReplayError> {
        if record.position != self.position {
            return Err(ReplayError::Gap { expected: self.position, found: record.position });
        }
        let header = record.header();
        if header.template_id.get() == EngineConfiguration::TEMPLATE_ID {
            self.configure(record)?;
        }
        let position = record.position;
        let engine = self.engine.as_mut().ok_or(ReplayError::NoConfiguration { position })?;
        let input = CommandInput {
            session_id: header.session_id.get(),
            sequencing_time_ns: header.sequencing_time_ns.get(),
            position,
        };
        let length = write_record(engine, input, record.command(), &mut self.scratch);
        self.position = record.end();
        self.command_count += 1;
        self.sequencing_time_ns = input.sequencing_time_ns;
        let written = &self.scratch[..length];
        if written == record.bytes {
            return Ok(());
        }
        Err(ReplayError::Difference(Box::new(Difference::between(record, written))))
    }

    /// The engine, once there is one.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    /// Gives the engine up.
    #[must_use]
    pub fn into_engine(self) -> Option<Engine> {
        self.engine
    }

    /// Position behind the last record applied.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Commands applied since birth.
    #[must_use]
    pub fn command_count(&self) -> u64 {
        self.command_count
    }

    /// Sequencing time of the last record, nanoseconds since 1970; 0 before the first.
    #[must_use]
    pub fn sequencing_time_ns(&self) -> u64 {
        self.sequencing_time_ns
    }

    #[inline]
    fn announce(&self, record: Option<Record<'_>>, look_ahead: &mut LookAhead) {
        if let Some((engine, record)) = self.engine.as_ref().zip(record) {
            look_ahead.announce(engine, record.header().session_id.get(), record.command());
        }
    }

    /// Makes the engine that the configuration asks for before it is applied.
    fn configure(&mut self, record: Record<'_>) -> Result<(), ReplayError> {
        let position = record.position;
        let Ok((frame, _)) = MessageFrame::parse(record.command()) else { return Ok(()) };
        let Some(message) = frame.body::<EngineConfiguration>() else { return Ok(()) };
        if record.header().session_id.get() != EXCHANGE_SESSION_ID {
            return Ok(());
        }
        let config = EngineConfig::from_message(message)
            .map_err(|error| ReplayError::Configuration { position, error })?;
        let made = match &self.engine {
            None => Engine::new(config).map_err(SnapshotError::Config),
            Some(engine) if engine.config().has_limits_of(&config) => return Ok(()),
            Some(engine) => engine.reconfigured(config),
        };
        self.engine = Some(keyed(made.map_err(|error| ReplayError::Limits { position, error })?));
        Ok(())
    }
}

/// An engine whose hashes nobody can foresee, so that no client's ids make a replay slow; where the
/// system gives no random numbers they stay as they are.
fn keyed(mut engine: Engine) -> Engine {
    if let Ok(key) = getrandom::u64() {
        engine.key_hashes(key);
    }
    engine
}

/// Where execution and journal part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Position of the record.
    pub position: u64,
    /// Template of its command.
    pub template_id: u16,
    /// Session that sent it.
    pub session_id: u32,
    /// What differs.
    pub part: RecordPart,
    /// That part in the journal; empty when it has none.
    pub journaled: Vec<u8>,
    /// That part as executed now; empty when there is none.
    pub executed: Vec<u8>,
}

/// A part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordPart {
    /// The effect of that index, from 0.
    Effect(usize),
    /// The state digest, most significant byte first: every effect is the same.
    StateDigest,
    /// Another field of its header, which is given whole.
    Header,
}

impl Difference {
    fn between(record: Record<'_>, executed: &[u8]) -> Self {
        let header_length = size_of::<RecordHeader>();
        let start = header_length + padded_command_length(record.command().len());
        let journaled_effects = effects_of(&record.bytes[start..]);
        let executed_effects = effects_of(&executed[start..]);
        let count = journaled_effects.len().max(executed_effects.len());
        let part_of = |effects: &[&[u8]], index: usize| {
            effects.get(index).map(|effect| effect.to_vec()).unwrap_or_default()
        };
        let first =
            (0..count).find(|index| journaled_effects.get(*index) != executed_effects.get(*index));
        let (part, journaled, executed) = match first {
            Some(index) => (
                RecordPart::Effect(index),
                part_of(&journaled_effects, index),
                part_of(&executed_effects, index),
            ),
            None => headers_apart(&record.bytes[..header_length], &executed[..header_length]),
        };
        let header = record.header();
        Self {
            position: record.position,
            template_id: header.template_id.get(),
            session_id: header.session_id.get(),
            part,
            journaled,
            executed,
        }
    }
}

/// What differs in the headers of two records whose effects are the same.
fn headers_apart(journaled: &[u8], executed: &[u8]) -> (RecordPart, Vec<u8>, Vec<u8>) {
    let digest_of = |header: &[u8]| {
        let header = RecordHeader::ref_from_bytes(header).expect("it is as long as a header");
        header.state_digest.get().to_be_bytes().to_vec()
    };
    let (journaled_digest, executed_digest) = (digest_of(journaled), digest_of(executed));
    if journaled_digest == executed_digest {
        return (RecordPart::Header, journaled.to_vec(), executed.to_vec());
    }
    (RecordPart::StateDigest, journaled_digest, executed_digest)
}

/// The messages of a record, the last one being whatever is none.
fn effects_of(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut effects = Vec::new();
    while !bytes.is_empty() {
        match MessageFrame::parse(bytes) {
            Ok((frame, rest)) => {
                effects.push(frame.bytes);
                bytes = rest;
            }
            Err(_) => {
                effects.push(bytes);
                break;
            }
        }
    }
    effects
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, template_id, session_id, .. } = self;
        write!(
            formatter,
            "execution differs from the journal at position {position}, template {template_id} of \
             session {session_id}, "
        )?;
        match self.part {
            RecordPart::Effect(index) => write!(formatter, "in effect {index}")?,
            RecordPart::StateDigest => formatter.write_str("in the state digest")?,
            RecordPart::Header => formatter.write_str("in its header")?,
        }
        write!(formatter, ": journaled {}, executed {}", hex(&self.journaled), hex(&self.executed))
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_string();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a journal cannot be executed to its end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReplayError {
    /// It was, and something came out otherwise.
    #[error("{0}")]
    Difference(Box<Difference>),
    /// A record is missing.
    #[error("the next record is at position {found} instead of {expected}")]
    Gap {
        /// Where it was to be.
        expected: u64,
        /// Where it is.
        found: u64,
    },
    /// The first record is no configuration.
    #[error("position {position}: a log begins with its engine's configuration")]
    NoConfiguration {
        /// Where.
        position: u64,
    },
    /// The configuration is not one of this build.
    #[error("position {position}: {error}")]
    Configuration {
        /// Where.
        position: u64,
        /// Why.
        error: ConfigurationError,
    },
    /// The engine does not fit its new limits.
    #[error("position {position}: {error}")]
    Limits {
        /// Where.
        position: u64,
        /// Why.
        error: SnapshotError,
    },
}

const EXCHANGE_SESSION_ID: u32 = 0;

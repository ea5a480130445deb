//! Commands encoded beforehand, and how they are put in sequence.

use forecastle_engine::{CommandInput, EffectBuffer, Engine, LookAhead};
use forecastle_proto_spec::RecordHeader;

/// Commands in the order they are applied in, each as the bytes a client sends.
#[derive(Debug, Default)]
pub struct Tape {
    bytes: Vec<u8>,
    commands: Vec<Entry>,
}

impl Tape {
    /// Adds a command of `session_id`.
    pub fn push(&mut self, session_id: u32, command: &[u8]) {
        self.bytes.extend_from_slice(command);
        self.commands.push(Entry { session_id, end: self.bytes.len() });
    }

    /// How many commands there are.
    #[must_use]
    pub fn length(&self) -> usize {
        self.commands.len()
    }

    /// Sender and bytes of a command; no bytes behind the last one.
    #[inline]
    #[must_use]
    pub fn command(&self, index: usize) -> (u32, &[u8]) {
        let Some(Entry { session_id, end }) = self.commands.get(index) else {
            return (0, &[]);
        };
        let start = if index == 0 { 0 } else { self.commands[index - 1].end };
        (*session_id, &self.bytes[start..*end])
    }
}

/// Applies commands one after another, as the sequencer of a node does, to an engine of its own.
#[derive(Debug)]
pub struct Player {
    engine: Engine,
    position: u64,
    time_ns: u64,
}

impl Player {
    /// A player at the birth of a log.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, position: 0, time_ns: START_NS }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Applies one command.
    #[inline]
    pub fn apply(&mut self, session_id: u32, command: &[u8], effects: &mut EffectBuffer<'_>) {
        let (position, sequencing_time_ns) = (self.position, self.time_ns);
        let input = CommandInput { session_id, sequencing_time_ns, position };
        self.engine.apply(input, command, effects);
        let header = size_of::<RecordHeader>() + command.len().next_multiple_of(8);
        self.position += (header + effects.length()) as u64;
        self.time_ns += 100;
    }

    /// Applies a whole tape.
    #[inline]
    pub fn play(&mut self, tape: &Tape, effects: &mut EffectBuffer<'_>) {
        for index in 0..tape.length() {
            let (session_id, command) = tape.command(index);
            self.apply(session_id, command, effects);
        }
    }

    /// As [`Self::play`], each command announced to the engine some way before it is applied.
    #[inline]
    pub fn play_announced(&mut self, tape: &Tape, effects: &mut EffectBuffer<'_>) {
        let mut look_ahead = LookAhead::new();
        for index in 0..tape.length() + LookAhead::DISTANCE {
            let (session_id, command) = tape.command(index);
            look_ahead.announce(&self.engine, session_id, command);
            if let Some(index) = index.checked_sub(LookAhead::DISTANCE) {
                let (session_id, command) = tape.command(index);
                self.apply(session_id, command, effects);
            }
        }
    }
}

#[derive(Debug)]
struct Entry {
    session_id: u32,
    /// Where the command ends in the bytes.
    end: usize,
}

/// Some time in 2023.
const START_NS: u64 = 1_700_000_000_000_000_000;

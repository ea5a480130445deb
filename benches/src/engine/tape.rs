//! Commands encoded beforehand, and how they are put in sequence.

use forecastle_engine::{CommandInput, EffectBuffer, Engine};
use forecastle_proto_spec::{RecordHeader, padded_command_length};

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

    /// Bytes of all commands.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        self.bytes.len()
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

/// Applies commands one after another to an engine of its own, to learn what they come to. The
/// time stands still.
#[derive(Debug)]
pub struct Player {
    engine: Engine,
    position: u64,
}

impl Player {
    /// A player at the birth of a log.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, position: 0 }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Applies one command.
    pub fn apply(&mut self, session_id: u32, command: &[u8], effects: &mut EffectBuffer<'_>) {
        let position = self.position;
        let input = CommandInput { session_id, sequencing_time_ns: FLOW_TIME_NS, position };
        self.engine.apply(input, command, effects);
        let header = size_of::<RecordHeader>() + padded_command_length(command.len());
        self.position += (header + effects.length()) as u64;
    }
}

#[derive(Debug)]
struct Entry {
    session_id: u32,
    /// Where the command ends in the bytes.
    end: usize,
}

/// When all of a flow is sequenced: some time in 2023.
pub const FLOW_TIME_NS: u64 = 1_700_000_000_000_000_000;

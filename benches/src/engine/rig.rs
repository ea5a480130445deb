//! The sequencer of the exchange with a ring before it and a log behind it, and nothing else:
//! commands go in as wire bytes, records come out as log bytes.
//!
//! It is the very agent that an exchange runs. Nobody reads the log, which goes round and round.

use std::ops::Range;

use forecastle_engine::Engine;
use forecastle_node::Sequencer;
use forecastle_runtime::agent::Agent as _;
use forecastle_runtime::clock::Now;
use forecastle_runtime::log_buffer::{self, LogConfig, LogWriter, Release};
use forecastle_runtime::memory::Region;
use forecastle_runtime::ring::{self, Producer, RecordHeader};

use super::flow::Flow;
use super::tape::{FLOW_TIME_NS, Tape};

/// A sequencer and the writing end of its ring.
pub struct Rig {
    /// Where commands go in.
    pub commands: Producer,
    /// What takes them.
    pub sequencer: TimelessSequencer,
}

/// A sequencer for which all is sequenced at the time of the flow.
pub struct TimelessSequencer {
    sequencer: Sequencer,
}

impl Rig {
    /// Builds an engine of the flow's limits and brings the opening in. The ring holds
    /// `ring_length` bytes, a power of two.
    ///
    /// # Panics
    /// When the flow does not fit its own limits or `ring_length` is out of range.
    #[must_use]
    pub fn new(flow: &Flow, ring_length: usize) -> Self {
        let engine = Engine::new(flow.config).expect("the flow's limits are in range");
        let region = Region::anonymous(ring::region_length(ring_length));
        let (commands, consumer) = ring::create(region, ring_length).expect("the region is fresh");
        let region = Region::anonymous(log_buffer::region_length(LOG_LENGTH));
        let config = LogConfig {
            capacity: LOG_LENGTH,
            start_position: 0,
            gate_count: 0,
            release: Release::OnCommit,
        };
        let log = LogWriter::create(region, &config).expect("the region is fresh");
        let sequencer = TimelessSequencer { sequencer: Sequencer::alone(engine, consumer, log) };
        let mut rig = Self { commands, sequencer };
        let mut index = 0;
        while index < flow.opening.length() {
            index += rig.fill(&flow.opening, index..flow.opening.length());
            rig.sequencer.drain();
        }
        rig
    }

    /// Puts commands of `tape` with these indices into the ring, in order, until the ring is full.
    /// Gives how many.
    pub fn fill(&mut self, tape: &Tape, indices: Range<usize>) -> usize {
        let mut count = 0;
        for index in indices {
            let (session_id, command) = tape.command(index);
            if !push(&mut self.commands, session_id, command) {
                break;
            }
            count += 1;
        }
        count
    }
}

impl TimelessSequencer {
    /// One duty cycle; gives how many commands it sequenced.
    #[inline]
    pub fn do_work(&mut self) -> usize {
        self.sequencer.do_work(Now { wall_ns: FLOW_TIME_NS, monotonic_ns: 0 })
    }

    /// Lets a duty cycle sequence one command.
    pub fn take_one_by_one(&mut self) {
        self.sequencer.limit_duty_cycle(1);
    }

    /// Duty cycles until the ring is empty; gives how many commands were sequenced.
    #[inline]
    pub fn drain(&mut self) -> usize {
        let mut count = 0;
        loop {
            match self.do_work() {
                0 => return count,
                done => count += done,
            }
        }
    }

    /// Its engine, to read.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.sequencer.engine()
    }
}

/// Puts a command into the ring; false when there is no room.
#[inline]
pub fn push(commands: &mut Producer, session_id: u32, command: &[u8]) -> bool {
    let Some(mut claim) = commands.try_claim(command.len()) else { return false };
    claim.copy_from_slice(command);
    claim.commit(RecordHeader { kind: 0, session: u64::from(session_id), time_ns: 0 });
    true
}

/// Bytes of the ring of an exchange as it is shipped.
pub const RING_LENGTH: usize = 4 << 20;
/// Bytes of the log of an exchange as it is shipped.
const LOG_LENGTH: usize = 64 << 20;

//! What journaling costs the thread that sequences: instructions per command, with a persister on
//! the log and without, counted by callgrind inside [`sequence`] alone.
//!
//! Without a journal the log still has a reader that gates it, as a gateway does, and releases on
//! commit. Applying, the log and its records are the same.

use std::io;
use std::path::Path;

use forecastle_engine::{CommandInput, Engine};
use forecastle_node::write_record;
use forecastle_persister_disk::{Backend, JournalFolder, Persister, PersisterConfig, recover};
use forecastle_proto_spec::{EngineConfiguration, Message as _, RECORD_LENGTH_MAX, encode};
use forecastle_runtime::agent::Agent as _;
use forecastle_runtime::clock::SystemClock;
use forecastle_runtime::log_buffer::{
    self, GatingReader, LogConfig, LogGauge, LogWriter, Release, ReleaseGate, Visibility,
};
use forecastle_runtime::memory::Region;

use crate::callgrind::instructions_in;
use crate::engine::flow::{Flow, FlowSettings};

/// Sequences the flow once; with a folder it is journaled there.
///
/// # Errors
/// The journal cannot be written.
pub fn play(settings: &FlowSettings, folder: Option<&Path>) -> io::Result<u64> {
    let flow = Flow::new(settings);
    let region = Region::anonymous(log_buffer::region_length(LOG_LENGTH));
    let config = LogConfig {
        capacity: LOG_LENGTH,
        start_position: 0,
        gate_count: 1 + usize::from(folder.is_some()),
        release: if folder.is_some() { Release::Gate } else { Release::OnCommit },
    };
    let log = LogWriter::create(region.clone(), &config).map_err(io::Error::other)?;
    let reader = GatingReader::attach(region.clone(), 0, Visibility::Committed);
    let mut reader = reader.map_err(io::Error::other)?;
    let gauge = LogGauge::attach(region.clone()).map_err(io::Error::other)?;
    let mut persister = folder.map(|folder| open(folder, &region)).transpose()?;
    let engine = Engine::new(flow.config).map_err(io::Error::other)?;
    let mut sequencer = Sequencer { engine, log, time_ns: 0 };
    let clock = SystemClock::new();
    let mut configuration = [0; EngineConfiguration::ENCODED_LENGTH];
    encode(&flow.config.to_message(), &mut configuration).expect("it is as long as the message");
    let mut count = 0;
    let mut append = |session_id: u32, command: &[u8]| {
        count += 1;
        while !sequence(&mut sequencer, session_id, command) {
            // Waiting for the disk is no work of this thread: it asks again when there is room.
            while gauge.used_length() > LOG_LENGTH / 2 {
                while reader.poll(READ_AT_ONCE, |_, _| {}) > 0 {}
                if let Some(persister) = &mut persister {
                    persister.do_work(clock.now());
                }
            }
        }
    };
    append(0, &configuration);
    for tape in [&flow.opening, &flow.main] {
        for index in 0..tape.length() {
            let (session_id, command) = tape.command(index);
            append(session_id, command);
        }
    }
    Ok(count)
}

/// Hundredths of instructions of one command in the mean, by callgrind on this program with
/// `arguments`.
///
/// # Errors
/// There is no valgrind, or it does not say what it counted.
pub fn instructions_per_command(arguments: &[&str], folder: &Path) -> io::Result<u64> {
    let function = "forecastle_benches::sequencing::sequence";
    let (instructions, printed) = instructions_in(function, arguments, folder)?;
    match printed.trim().parse::<u64>() {
        Ok(count) if count > 0 => Ok(instructions * 100 / count),
        _ => Err(io::Error::other("the flow was not played")),
    }
}

struct Sequencer {
    engine: Engine,
    log: LogWriter,
    time_ns: u64,
}

/// One command into the log; false when it has no room.
#[inline(never)]
fn sequence(sequencer: &mut Sequencer, session_id: u32, command: &[u8]) -> bool {
    let Some(mut claim) = sequencer.log.try_claim(RECORD_LENGTH_MAX) else { return false };
    sequencer.time_ns += 100;
    let sequencing_time_ns = START_NS + sequencer.time_ns;
    let input = CommandInput { session_id, sequencing_time_ns, position: claim.position() };
    let length = write_record(&mut sequencer.engine, input, command, &mut claim);
    claim.commit(length);
    true
}

/// The blocking device: callgrind does not run io_uring everywhere, and what a device does is not
/// counted.
fn open(data: &Path, region: &Region) -> io::Result<Persister> {
    let folder = JournalFolder::open(data, None).map_err(io::Error::other)?;
    let end = recover(&folder, 0, |_| {}).map_err(io::Error::other)?.end;
    let reader = GatingReader::attach(region.clone(), 1, Visibility::Committed);
    let release = ReleaseGate::attach(region.clone()).map_err(io::Error::other)?;
    let settings = PersisterConfig { backend: Backend::Blocking, ..PersisterConfig::new(64 << 20) };
    let reader = reader.map_err(io::Error::other)?;
    Persister::open(&folder, &settings, &end, reader, Some(release)).map_err(io::Error::other)
}

const LOG_LENGTH: usize = 4 << 20;
const READ_AT_ONCE: usize = 256;
const START_NS: u64 = 1_800_000_000_000_000_000;

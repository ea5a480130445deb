//! `forecastle journal export pcap`: records as a capture file that stock tools open.
//!
//! A capture needs packets, a journal has none: the ones written here are made up so that every
//! byte of a record is in one of them and stock tools tell commands from effects. What is made up
//! is fixed, and stands in `proto-spec/journal.md`:
//!
//! - a record is a datagram with the command as it was received, on the stream of commands, and
//!   datagrams with the record's header and effects, on the stream of effects;
//! - the Aeron session id is the session that sent the command, the reserved value of a frame is
//!   the position in the log of the message in it, the time is the record's sequencing time;
//! - each pair of session and stream begins with a SETUP.

pub mod flow;
pub mod packet;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use anyhow::Context as _;
use forecastle_persister::Record;
use forecastle_proto_spec::{Message as _, RecordHeader, encode};

use self::flow::{Flow, Logged};
use self::packet::{PacketWriter, Route};
use super::Place;
use super::dump::is_broken_pipe;
use super::filter::Filter;
use super::record_view::effects;
use super::source::Source;
use crate::exit::Outcome;

/// Writes the records that `filter` admits to `path`, `-` being standard output, and prints what
/// was written.
///
/// # Errors
/// The journal cannot be read, or output fails.
pub fn run(place: &Place, filter: &Filter, path: &Path) -> anyhow::Result<Outcome> {
    let source = Source::open(place)?;
    if path == Path::new("-") {
        let mut output = BufWriter::new(io::stdout().lock());
        return match write(&source, filter, &mut output) {
            Err(error) if !is_broken_pipe(&error) => Err(error),
            Ok(_) | Err(_) => Ok(Outcome::Done),
        };
    }
    let name = || path.display().to_string();
    let mut output = BufWriter::new(File::create(path).with_context(name)?);
    let written = write(&source, filter, &mut output).with_context(name)?;
    println!("records       {}", written.records);
    println!("messages      {}", written.messages);
    println!("streams       {}", written.streams);
    println!("datagrams     {}", written.datagrams);
    Ok(Outcome::Done)
}

/// Writes the records as a capture.
///
/// # Errors
/// As [`run`].
pub fn write(source: &Source, filter: &Filter, output: &mut dyn Write) -> anyhow::Result<Written> {
    let mut capture = Capture::new(output, MTU_LENGTH)?;
    source.for_each_frame(filter.from, |frame| {
        for record in frame.records().filter(|record| filter.admits(record)) {
            capture.record(&record)?;
        }
        Ok(frame.header().end < filter.to)
    })?;
    Ok(capture.finish()?)
}

/// What a capture holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Messages: of each record its command, its header and its effects.
    pub messages: u64,
    /// Pairs of session and stream; each adds a datagram with its SETUP.
    pub streams: u64,
    /// Datagrams.
    pub datagrams: u64,
}

/// A capture that is being written.
pub struct Capture<'a> {
    packets: PacketWriter<&'a mut dyn Write>,
    mtu_length: usize,
    flows: BTreeMap<(u32, i32), Flow>,
    datagram: Vec<u8>,
    written: Written,
}

impl<'a> Capture<'a> {
    /// A capture in datagrams of at most `mtu_length` bytes, a multiple of 32 from 64 to 65,504.
    ///
    /// # Errors
    /// Output fails.
    pub fn new(output: &'a mut dyn Write, mtu_length: usize) -> io::Result<Self> {
        Ok(Self {
            packets: PacketWriter::new(output)?,
            mtu_length,
            flows: BTreeMap::new(),
            datagram: Vec::new(),
            written: Written::default(),
        })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// Output fails.
    pub fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        let header_length = size_of::<RecordHeader>() as u64;
        let command = Logged { position: record.position + header_length, bytes: record.command() };
        self.send(record, &COMMANDS, [command])?;
        let mut header = [0; RecordHeader::ENCODED_LENGTH];
        encode(record.header(), &mut header).expect("the buffer is of the message's length");
        let header = Logged { position: record.position, bytes: &header };
        let effects = effects(record)
            .map(|effect| Logged { position: effect.position, bytes: effect.frame.bytes });
        // What this schema cannot read comes last, as it is.
        let read_length: usize = effects.clone().map(|effect| effect.bytes.len()).sum();
        let rest = &record.effects()[read_length..];
        let rest = Logged { position: record.end() - rest.len() as u64, bytes: rest };
        let rest = (!rest.bytes.is_empty()).then_some(rest);
        self.send(record, &EFFECTS, std::iter::once(header).chain(effects).chain(rest))?;
        self.written.records += 1;
        Ok(())
    }

    /// Flushes the output; gives what was written.
    ///
    /// # Errors
    /// Output fails.
    pub fn finish(mut self) -> io::Result<Written> {
        self.packets.flush()?;
        Ok(self.written)
    }

    fn send<'m>(
        &mut self,
        record: &Record<'_>,
        direction: &Direction,
        messages: impl IntoIterator<Item = Logged<'m>>,
    ) -> io::Result<()> {
        let Self { packets, flows, datagram, written, .. } = self;
        let header = record.header();
        let time_ns = header.sequencing_time_ns.get();
        let mut emit = |bytes: &[u8]| {
            written.datagrams += 1;
            packets.write(time_ns, &direction.route, bytes)
        };
        let session_id = header.session_id.get();
        let flow = match flows.entry((session_id, direction.stream_id)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let flow = Flow::new(session_id, direction.stream_id, self.mtu_length);
                emit(&flow.setup())?;
                written.streams += 1;
                entry.insert(flow)
            }
        };
        written.messages += flow.send(messages, datagram, &mut emit)?;
        Ok(())
    }
}

/// What tells commands from effects.
struct Direction {
    stream_id: i32,
    route: Route,
}

/// Commands, from the clients to the exchange.
const COMMANDS: Direction =
    Direction { stream_id: 1011, route: Route { source: CLIENTS, destination: EXCHANGE } };
/// Record headers and effects, from the exchange to whoever reads the log.
const EFFECTS: Direction =
    Direction { stream_id: 1012, route: Route { source: EXCHANGE, destination: READERS } };

const EXCHANGE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 1), 20_131);
const CLIENTS: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 2), 20_132);
const READERS: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 3), 20_133);

/// Longest datagram: the longest of Aeron, so that nearly every record is a whole one.
const MTU_LENGTH: usize = forecastle_transport::limits::MTU_MAX;

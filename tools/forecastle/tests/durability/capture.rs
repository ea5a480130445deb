//! `forecastle journal export pcap`: nothing of the journal is missing in the capture, and stock
//! tshark reads it without a complaint.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use forecastle_persister_disk::{JournalFolder, JournalReader, inspect};
use forecastle_proto_spec::MESSAGE_HEADER_LENGTH;
use forecastle_transport::frame::Frame;
use tempfile::TempDir;

use crate::exchange_process::data_folder;
use crate::journal_command::{answer, ask};
use crate::questions::story;

#[test]
fn every_byte_of_the_journal_is_in_the_capture_at_its_time() {
    let story = story(7);
    let capture = Capture::of(&story.folder, &[]);
    let journal = records(&data_folder(&story.folder));
    assert!(journal.len() > 20, "a story has more records");
    let exported = capture.records();
    assert_eq!(exported.len(), journal.len());
    for (position, (time_ns, bytes)) in &journal {
        assert_eq!(exported.get(position), Some(&(*time_ns, bytes.clone())), "at {position}");
    }
    let said = |name: &str| capture.figure(name);
    assert_eq!(said("records"), journal.len() as u64);
    assert_eq!(said("datagrams"), capture.packets.len() as u64);
    // A record of this story is two datagrams, and each stream has a SETUP.
    assert_eq!(said("datagrams"), 2 * said("records") + said("streams"));
}

#[test]
fn an_export_takes_the_filters_of_a_dump() {
    let story = story(7);
    let trades = Capture::of(&story.folder, &["--type", "Trade"]);
    let dumped = answer(&["journal", "dump", "--type", "Trade"], &story.folder);
    assert_eq!((trades.figure("records"), dumped.lines().count()), (1, 1));
    assert_eq!((trades.figure("streams"), trades.packets.len()), (2, 4));
    let none = Capture::of(&story.folder, &["--account", "63"]);
    assert_eq!((none.figure("records"), none.packets.len()), (0, 0));
}

#[test]
fn standard_output_takes_the_same_bytes_and_nowhere_is_refused() {
    let story = story(7);
    let data = data_folder(&story.folder);
    let export = |output: &str| ask(&["journal", "export", "pcap", "--output", output], &[&data]);
    let piped = export("-");
    assert!(piped.status.success());
    assert!(piped.stdout == fs::read(&Capture::of(&story.folder, &[]).path).unwrap());
    let refused = export("/no/such/folder/x.pcap");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("/no/such/folder/x.pcap"));
    let nowhere = ask(&["journal", "export", "pcap", "--output", "-"], &[Path::new("nowhere")]);
    assert_eq!(nowhere.status.code(), Some(4));
}

#[test]
fn stock_tshark_reads_every_datagram_and_finds_nothing_malformed() {
    let story = story(7);
    let capture = Capture::of(&story.folder, &[]);
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&capture.path).args(DISSECTION);
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: tshark is not installed");
            return;
        }
        output => output.expect("tshark can be run"),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let (mut commands, mut setups, mut messages) = (0, 0, 0);
    for (line, packet) in text.lines().zip(&capture.packets) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [protocol, time, malformed, ip, udp, streams, setup, length, begins] = fields[..]
        else {
            panic!("tshark printed {line}")
        };
        assert_eq!((protocol, malformed, ip, udp, length), ("Aeron", "", "1", "1", ""), "{line}");
        assert_eq!(time.replace('.', ""), packet.time_ns.to_string());
        setups += u64::from(!setup.is_empty());
        commands += u64::from(streams == "1011");
        messages += begins.split(',').filter(|flag| *flag == "1").count() as u64;
    }
    assert_eq!(text.lines().count(), capture.packets.len());
    let said = ["records", "streams", "messages"].map(|name| capture.figure(name));
    assert_eq!([commands, setups, messages], said);
}

/// An exported capture with its packets.
struct Capture {
    _folder: TempDir,
    path: std::path::PathBuf,
    said: String,
    packets: Vec<Packet>,
}

struct Packet {
    time_ns: u64,
    destination_port: u16,
    datagram: Vec<u8>,
}

impl Capture {
    fn of(data: &TempDir, filter: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("the system has a temporary folder");
        let path = folder.path().join("journal.pcap");
        let name = path.to_str().expect("temporary folders have plain names");
        let arguments = [&["journal", "export", "pcap", "--output", name], filter].concat();
        let said = answer(&arguments, data);
        let packets = packets(&fs::read(&path).expect("it was written"));
        Self { _folder: folder, path, said, packets }
    }

    /// A figure that the export printed.
    fn figure(&self, name: &str) -> u64 {
        let line = self.said.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|text| text.trim().parse().ok()).expect("it prints its figures")
    }

    /// Time and bytes of each record, put together from its header, command and effects.
    fn records(&self) -> BTreeMap<u64, (u64, Vec<u8>)> {
        let mut records = BTreeMap::new();
        let mut command = Vec::new();
        for packet in &self.packets {
            let Ok(Frame::Data(frames)) = Frame::parse(&packet.datagram) else { continue };
            let messages: Vec<_> = frames.into_iter().collect();
            if packet.destination_port == COMMANDS_PORT {
                command = messages[0].payload().to_vec();
                continue;
            }
            let position = messages[0].header.reserved_value.get().cast_unsigned();
            let mut bytes = messages[0].payload()[MESSAGE_HEADER_LENGTH..].to_vec();
            bytes.append(&mut command);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            for message in &messages[1..] {
                let expected = position + bytes.len() as u64;
                assert_eq!(message.header.reserved_value.get().cast_unsigned(), expected);
                bytes.extend_from_slice(message.payload());
            }
            records.insert(position, (packet.time_ns, bytes));
        }
        records
    }
}

/// Reads a capture file; the headers of IPv4 and UDP are 28 bytes here.
fn packets(bytes: &[u8]) -> Vec<Packet> {
    let number = |bytes: &[u8]| {
        let (bytes, _) = bytes.split_first_chunk().expect("no number is cut short");
        u64::from(u32::from_le_bytes(*bytes))
    };
    let (header, mut rest) = bytes.split_at(24);
    assert_eq!(number(header), 0xA1B2_3C4D);
    let mut packets = Vec::new();
    while !rest.is_empty() {
        let length = usize::try_from(number(&rest[8..])).expect("packets are short");
        let packet = &rest[16..16 + length];
        packets.push(Packet {
            time_ns: number(rest) * 1_000_000_000 + number(&rest[4..]),
            destination_port: u16::from_be_bytes([packet[22], packet[23]]),
            datagram: packet[28..].to_vec(),
        });
        rest = &rest[16 + length..];
    }
    packets
}

/// Time and bytes of each record of a journal.
fn records(data: &Path) -> BTreeMap<u64, (u64, Vec<u8>)> {
    let folder = JournalFolder::open_to_read(data, None).expect("there is a journal");
    let limit = inspect(&folder, 0).expect("it can be read").point.position;
    let mut reader = JournalReader::open(&folder, 0).expect("it is kept from its beginning");
    let mut records = BTreeMap::new();
    while let Some(frame) = reader.next_frame(limit).expect("it verifies") {
        for record in frame.records() {
            let time_ns = record.header().sequencing_time_ns.get();
            records.insert(record.position, (time_ns, record.bytes.to_vec()));
        }
    }
    records
}

const COMMANDS_PORT: u16 = 20_131;

const DISSECTION: &[&str] = &[
    "--enable-heuristic",
    "aeron_udp",
    "-o",
    "udp.try_heuristic_first:TRUE",
    "-o",
    "aeron.sequence_analysis:TRUE",
    "-o",
    "aeron.stream_analysis:TRUE",
    "-o",
    "udp.check_checksum:TRUE",
    "-o",
    "ip.check_checksum:TRUE",
    "-T",
    "fields",
    "-e",
    "_ws.col.Protocol",
    "-e",
    "frame.time_epoch",
    "-e",
    "_ws.malformed",
    "-e",
    "ip.checksum.status",
    "-e",
    "udp.checksum.status",
    "-e",
    "aeron.data.stream_id",
    "-e",
    "aeron.setup.type",
    "-e",
    "aeron.analysis.invalid_data_length",
    "-e",
    "aeron.data.flags.b",
];

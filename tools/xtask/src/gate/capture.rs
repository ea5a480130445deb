//! The wire seen by a stranger: a market run captured on the loopback interface and judged by the
//! Aeron dissector of stock tshark.
//!
//! Checked: no datagram is malformed, no frame has an invalid length, every gap that was NAKed was
//! repaired, and no datagram of ours is unknown to the dissector save the response set-up, a frame
//! that this version of it lacks. Not checked: field values, and anything the dissector ignores.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::process::{self, Background};
use super::{Gate, Outcome, debian, market};

/// Judges the capture of the market step, or of a run of its own when that step did not run.
///
/// # Errors
/// When the run or the dissector fails, or the capture shows a fault.
pub fn run(gate: &mut Gate) -> anyhow::Result<Outcome> {
    if gate.recording.is_none() {
        let Some(file) = market::recorded_market() else {
            return Ok(Outcome::skipped("capture", market::NO_MARKET));
        };
        market::import_under_capture(gate, &file, "market-2")?;
    }
    match gate.recording.as_ref().context("the market run left no recording")? {
        Recording::Unavailable(reason) => Ok(Outcome::skipped("capture", reason)),
        Recording::File { file, ports, dropped } => {
            Ok(judge(&dissect(file)?, file, ports, *dropped))
        }
    }
}

/// What a capture left.
pub enum Recording {
    /// The datagrams of these ports, and how many the kernel dropped before tcpdump saw them.
    File { file: PathBuf, ports: Vec<u16>, dropped: u64 },
    /// Why there is none.
    Unavailable(String),
}

/// A capture under way, where the machine permits one.
pub enum Capture {
    /// tcpdump runs.
    Running { tcpdump: Background, file: PathBuf, errors: PathBuf, ports: Vec<u16> },
    /// Why it does not.
    Unavailable(String),
}

impl Capture {
    /// Starts to capture the datagrams of `ports` into `folder`, and returns once it does.
    ///
    /// # Errors
    /// When tcpdump neither starts to listen nor ends.
    pub fn start(
        installer: &mut debian::Installer,
        folder: &Path,
        ports: &[u16],
    ) -> anyhow::Result<Self> {
        if !debian::is_root() {
            return Ok(Self::Unavailable("only root may capture".to_owned()));
        }
        for program in ["tcpdump", "tshark"] {
            if let Err(reason) = installer.provide(program, program) {
                return Ok(Self::Unavailable(reason));
            }
        }
        let (file, errors) = (folder.join("capture.pcap"), folder.join("tcpdump.stderr"));
        let ports = ports.to_vec();
        let filter: Vec<String> = ports.iter().map(|port| format!("port {port}")).collect();
        let mut command = Command::new("tcpdump");
        // Standard output keeps the file this user's: with a name tcpdump would first give up root.
        command.args(["-i", "lo", "-B", KERNEL_BUFFER_KIB, "-w", "-"]);
        command.arg(format!("udp and ({})", filter.join(" or ")));
        let mut tcpdump = Background::start(&mut command, &file, &errors)?;
        let listening = process::poll(START_LIMIT, || {
            let is_listening = std::fs::read_to_string(&errors)?.contains("listening on");
            let has_ended = !tcpdump.is_running()?;
            Ok((is_listening || has_ended).then_some(!has_ended))
        })?;
        if listening.context("tcpdump does not start to listen")? {
            return Ok(Self::Running { tcpdump, file, errors, ports });
        }
        let said = std::fs::read_to_string(&errors)?;
        let reason = said.lines().last().unwrap_or("tcpdump ended").to_owned();
        Ok(Self::Unavailable(reason))
    }

    /// Waits until no datagram comes any more, and ends the capture.
    ///
    /// # Errors
    /// When tcpdump does not end, or does not say what it captured.
    pub fn stop(self) -> anyhow::Result<Recording> {
        let (tcpdump, file, errors, ports) = match self {
            Self::Unavailable(reason) => return Ok(Recording::Unavailable(reason)),
            Self::Running { tcpdump, file, errors, ports } => (tcpdump, file, errors, ports),
        };
        // The kernel hands over a block at least once a second.
        let mut length = u64::MAX;
        let mut unchanged_count = 0;
        process::poll(QUIET_LIMIT, || {
            let now = std::fs::metadata(&file)?.len();
            unchanged_count = if now == length { unchanged_count + 1 } else { 0 };
            length = now;
            Ok((unchanged_count * process::POLL_INTERVAL > KERNEL_BLOCK_TIME).then_some(()))
        })?;
        tcpdump.stop(START_LIMIT)?;
        let dropped = dropped_by_kernel(&errors)?;
        Ok(Recording::File { file, ports, dropped })
    }
}

/// Judges a capture file with what tcpdump said in the end beside it; also gives the number of gaps
/// that were asked for.
///
/// # Errors
/// When the dissector fails, or tcpdump did not say what it captured.
pub fn judge_file(file: &Path) -> anyhow::Result<(Outcome, usize)> {
    let dropped = dropped_by_kernel(&file.with_extension("stderr"))?;
    let findings = dissect(file)?;
    let mut outcome = judge(&findings, file, &[], dropped);
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    for note in &mut outcome.notes {
        *note = match note.strip_prefix("failed: ") {
            Some(complaint) => format!("failed: {name}: {complaint}"),
            None => format!("{name}: {note}"),
        };
    }
    Ok((outcome, findings.gap_count()))
}

/// What tcpdump says in the end of the datagrams that it missed.
fn dropped_by_kernel(errors: &Path) -> anyhow::Result<u64> {
    let said = std::fs::read_to_string(errors)?;
    let dropped = said.lines().find_map(|line| line.strip_suffix(" packets dropped by kernel"));
    let dropped = dropped.and_then(|count| count.parse().ok());
    dropped.with_context(|| format!("tcpdump: {said}"))
}

fn judge(findings: &Findings, file: &Path, ports: &[u16], dropped: u64) -> Outcome {
    let mut outcome = Outcome::passed(findings.summary(dropped));
    let mut complaints = findings.complaints(dropped);
    for port in ports {
        if !findings.by_port.contains_key(port) {
            complaints.push(format!("no datagram of port {port} was captured"));
        }
    }
    if !complaints.is_empty() {
        outcome.counts = Outcome::failed("").counts;
        let shown = complaints.iter().take(COMPLAINTS_SHOWN_MAX);
        outcome.notes.extend(shown.map(|complaint| format!("failed: {complaint}")));
        outcome.notes.push(format!("{} complaints, see {}", complaints.len(), file.display()));
    }
    outcome
}

/// Has stock tshark read a capture file.
///
/// # Errors
/// When tshark fails.
pub fn dissect(file: &Path) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let mut command = Command::new("tshark");
    command.args(["-2", "-r"]).arg(file).args(OPTIONS);
    for field in FIELDS.iter().chain(INVALID) {
        command.args(["-e", field]);
    }
    let status = process::run(&mut command, DISSECTION_LIMIT, |line| findings.read(line))?;
    ensure!(status.success(), "tshark: {status}");
    Ok(findings)
}

/// What the dissector says of all datagrams.
#[derive(Default)]
pub struct Findings {
    /// Datagrams read.
    pub datagrams: u64,
    response_setups: u64,
    /// Datagrams by the kinds of frames in them.
    pub by_kind: BTreeMap<&'static str, u64>,
    by_port: BTreeMap<u16, u64>,
    /// The gaps that were NAKed, by session, stream and term.
    gaps: BTreeMap<String, Vec<Gap>>,
    /// What is malformed or unknown to the dissector.
    pub faults: Vec<String>,
}

impl Findings {
    /// Reads one datagram: a line of tab-separated [`FIELDS`] and then [`INVALID`].
    fn read(&mut self, line: &str) {
        let values: Vec<&str> = line.split('\t').collect();
        if values.len() != FIELDS.len() + INVALID.len() {
            self.faults.push(format!("tshark printed {line}"));
            return;
        }
        let value = |field: &str| {
            let index = FIELDS.iter().position(|name| *name == field);
            values[index.expect("the field is in the list")]
        };
        let frame = value("frame.number");
        self.datagrams += 1;
        for port in [value("udp.srcport"), value("udp.dstport")] {
            *self.by_port.entry(port.parse().unwrap_or_default()).or_default() += 1;
        }
        if !value("_ws.malformed").is_empty() {
            self.faults.push(format!("frame {frame} is malformed"));
        }
        for (field, found) in INVALID.iter().zip(&values[FIELDS.len()..]) {
            if !found.is_empty() {
                self.faults.push(format!("frame {frame} has {field}"));
            }
        }
        let protocol = value("_ws.col.Protocol");
        if protocol != "Aeron" {
            if is_response_setup(value("data.data")) {
                self.response_setups += 1;
            } else {
                self.faults.push(format!("frame {frame} is {protocol} to the dissector"));
            }
            return;
        }
        for (kind, field) in KINDS {
            if !value(field).is_empty() {
                *self.by_kind.entry(kind).or_default() += 1;
            }
        }
        // The dissector names no repair of a gap at the end of a stream, known by a heartbeat only.
        if let Some(gaps) = self.gaps.get_mut(&DATA_TERM.map(value).join(" "))
            && let Ok(offset) = value("aeron.data.term_offset").parse::<u64>()
        {
            let asked = gaps.iter_mut().filter(|gap| gap.offset == offset);
            asked.for_each(|gap| gap.is_repaired = true);
        }
        if !value("aeron.nak.type").is_empty() {
            let offset = value("aeron.nak.term_offset").parse().unwrap_or_default();
            let length: u64 = value("aeron.nak.length").parse().unwrap_or_default();
            let is_repaired = !value("aeron.sequence_analysis.nak_rx.frame").is_empty();
            let gaps = self.gaps.entry(TERM.map(value).join(" ")).or_default();
            match gaps.iter_mut().rfind(|gap| gap.offset == offset) {
                Some(gap) => gap.merge(offset + length, is_repaired),
                None => gaps.push(Gap { offset, end: offset + length, is_repaired }),
            }
        }
    }

    fn complaints(&self, dropped: u64) -> Vec<String> {
        let mut complaints = self.faults.clone();
        for kind in ["data", "set-up", "status"] {
            if !self.by_kind.contains_key(kind) {
                complaints.push(format!("no {kind} frame was captured"));
            }
        }
        if self.datagrams < DATAGRAMS_MIN {
            complaints.push(format!("there should be more datagrams than {}", self.datagrams));
        }
        if dropped * 100 > self.datagrams {
            complaints.push(format!("the capture missed {dropped} datagrams"));
        }
        // A repair that the capture missed is no fault of the sender.
        if dropped == 0 {
            complaints.extend(self.gaps.iter().flat_map(|(term, gaps)| {
                let open = gaps.iter().filter(|gap| !gap.is_closed_among(gaps));
                open.map(move |gap| {
                    let Gap { offset, end, .. } = gap;
                    format!("no repair of {offset} to {end} (session stream term {term})")
                })
            }));
        }
        complaints
    }

    /// Gaps that were asked for.
    fn gap_count(&self) -> usize {
        self.gaps.values().map(Vec::len).sum()
    }

    fn summary(&self, dropped: u64) -> String {
        let kinds: Vec<String> =
            self.by_kind.iter().map(|(kind, count)| format!("{count} with {kind}")).collect();
        format!(
            "{} datagrams, {dropped} missed by the capture: {}, {} response set-up; {} gaps NAKed",
            self.datagrams,
            kinds.join(", "),
            self.response_setups,
            self.gap_count()
        )
    }
}

/// A gap of a term that was NAKed once or more.
struct Gap {
    offset: u64,
    /// One past the last byte that was asked for with it.
    end: u64,
    /// Whether a repair was seen for any of the NAKs.
    is_repaired: bool,
}

impl Gap {
    fn merge(&mut self, end: u64, is_repaired: bool) {
        self.end = self.end.max(end);
        self.is_repaired |= is_repaired;
    }

    /// Whether it was repaired, or a gap that holds it was: a receiver that has the first half of a
    /// repair asks for the second while that is on its way, and is not answered twice.
    fn is_closed_among(&self, gaps: &[Self]) -> bool {
        let holds_this = |gap: &Self| gap.offset <= self.offset && self.end <= gap.end;
        gaps.iter().any(|gap| gap.is_repaired && holds_this(gap))
    }
}

/// Whether the bytes (in hex) are one response set-up frame: length 20, version 0, type 11.
fn is_response_setup(hex: &str) -> bool {
    let header_matches = hex.starts_with("1400000000") && hex.get(12..16) == Some("0b00");
    header_matches && hex.len() == 40
}

const OPTIONS: &[&str] = &[
    "--enable-heuristic",
    "aeron_udp",
    // A port drawn at random may be another protocol's; ask what the datagram looks like first.
    "-o",
    "udp.try_heuristic_first:TRUE",
    "-o",
    "aeron.sequence_analysis:TRUE",
    "-o",
    "aeron.stream_analysis:TRUE",
    "-T",
    "fields",
    "-E",
    "occurrence=f",
];

const FIELDS: &[&str] = &[
    "frame.number",
    "_ws.col.Protocol",
    "udp.srcport",
    "udp.dstport",
    "_ws.malformed",
    "aeron.data.type",
    "aeron.pad.type",
    "aeron.heartbeat.type",
    "aeron.setup.type",
    "aeron.sm.type",
    "aeron.nak.type",
    "aeron.rtt.type",
    "aeron.err.type",
    "aeron.nak.session_id",
    "aeron.nak.stream_id",
    "aeron.nak.term_id",
    "aeron.nak.term_offset",
    "aeron.nak.length",
    "aeron.sequence_analysis.nak_rx.frame",
    "aeron.data.session_id",
    "aeron.data.stream_id",
    "aeron.data.term_id",
    "aeron.data.term_offset",
    "data.data",
];

const INVALID: &[&str] = &[
    "aeron.analysis.invalid_pad_length",
    "aeron.analysis.invalid_data_length",
    "aeron.analysis.invalid_nak_length",
    "aeron.analysis.invalid_sm_length",
    "aeron.analysis.invalid_rtt_length",
    "aeron.analysis.invalid_err_length",
    "aeron.analysis.invalid_setup_length",
];

const KINDS: [(&str, &str); 8] = [
    ("data", "aeron.data.type"),
    ("padding", "aeron.pad.type"),
    ("heartbeat", "aeron.heartbeat.type"),
    ("set-up", "aeron.setup.type"),
    ("status", "aeron.sm.type"),
    ("NAK", "aeron.nak.type"),
    ("RTT", "aeron.rtt.type"),
    ("error", "aeron.err.type"),
];

const DATA_TERM: [&str; 3] =
    ["aeron.data.session_id", "aeron.data.stream_id", "aeron.data.term_id"];
const TERM: [&str; 3] = ["aeron.nak.session_id", "aeron.nak.stream_id", "aeron.nak.term_id"];

const KERNEL_BUFFER_KIB: &str = "262144";
const KERNEL_BLOCK_TIME: Duration = Duration::from_millis(1_500);
const START_LIMIT: Duration = Duration::from_secs(10);
const QUIET_LIMIT: Duration = Duration::from_secs(15);
const DISSECTION_LIMIT: Duration = Duration::from_secs(600);
const DATAGRAMS_MIN: u64 = 1_000;
const COMPLAINTS_SHOWN_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of the dissector with these fields set.
    fn line(fields: &[(&str, &str)]) -> String {
        let value = |name: &&&str| fields.iter().find(|(field, _)| field == *name).map(|f| f.1);
        let names = FIELDS.iter().chain(INVALID);
        names.map(|name| value(&name).unwrap_or_default()).collect::<Vec<_>>().join("\t")
    }

    fn aeron(kind: &str) -> String {
        let ports = [("udp.srcport", "4000"), ("udp.dstport", "4001")];
        line(&[
            ("frame.number", "7"),
            ("_ws.col.Protocol", "Aeron"),
            (kind, "1"),
            ports[0],
            ports[1],
        ])
    }

    fn clean() -> Findings {
        let mut findings = Findings::default();
        findings.read(&aeron("aeron.setup.type"));
        findings.read(&aeron("aeron.sm.type"));
        for _ in 0..DATAGRAMS_MIN {
            findings.read(&aeron("aeron.data.type"));
        }
        findings
    }

    #[test]
    fn a_clean_capture_has_no_complaint() {
        let mut findings = clean();
        let setup = "1400000000000b00d20400000a00000063000000";
        findings.read(&line(&[("_ws.col.Protocol", "UDP"), ("data.data", setup)]));
        assert_eq!(findings.complaints(0), Vec::<String>::new());
        let expected = "1003 datagrams, 0 missed by the capture: 1000 with data, 1 with set-up, \
                        1 with status, 1 response set-up; 0 gaps NAKed";
        assert_eq!(findings.summary(0), expected);
        assert_eq!(findings.by_port[&4000], 1_002);
    }

    #[test]
    fn each_fault_is_a_complaint() {
        let faults: [&[(&str, &str)]; 6] = [
            &[("_ws.col.Protocol", "Aeron"), ("_ws.malformed", "[Malformed Packet: Aeron]")],
            &[("_ws.col.Protocol", "Aeron"), ("aeron.analysis.invalid_sm_length", "1")],
            &[("_ws.col.Protocol", "UDP"), ("data.data", "67617262616765")],
            &[("_ws.col.Protocol", "UDP"), ("data.data", "1400000000000b00")],
            &[("_ws.col.Protocol", "ENIP")],
            &[("_ws.col.Protocol", "Aeron"), ("aeron.nak.type", "2")],
        ];
        for fields in faults {
            let mut findings = clean();
            findings.read(&line(fields));
            assert_eq!(findings.complaints(0).len(), 1, "{fields:?}");
        }
        assert_eq!(clean().complaints(11).len(), 1);
        assert_eq!(Findings::default().complaints(0).len(), 4);
    }

    #[test]
    fn a_gap_is_repaired_when_any_of_its_naks_was_answered() {
        let nak = |offset: &str, length: &str, repair: &str| {
            line(&[
                ("_ws.col.Protocol", "Aeron"),
                ("aeron.nak.type", "2"),
                ("aeron.nak.term_offset", offset),
                ("aeron.nak.length", length),
                ("aeron.sequence_analysis.nak_rx.frame", repair),
            ])
        };
        let mut findings = clean();
        findings.read(&nak("96", "96", ""));
        findings.read(&nak("96", "96", "12"));
        assert_eq!(findings.complaints(0).len(), 0);
        findings.read(&nak("128", "64", ""));
        assert_eq!(findings.complaints(0).len(), 0, "the rest of a gap that was repaired");
        findings.read(&nak("128", "96", ""));
        assert_eq!(findings.complaints(0).len(), 1, "more than the rest of it");
        findings.read(&nak("256", "32", ""));
        assert_eq!((findings.complaints(0).len(), findings.gap_count()), (2, 3));
        assert_eq!(findings.complaints(1).len(), 0);
        let data = [("_ws.col.Protocol", "Aeron"), ("aeron.data.type", "1")];
        findings.read(&line(&[data[0], data[1], ("aeron.data.term_offset", "288")]));
        assert_eq!(findings.complaints(0).len(), 2, "other bytes are no repair");
        findings.read(&line(&[data[0], data[1], ("aeron.data.term_offset", "256")]));
        assert_eq!(findings.complaints(0).len(), 1, "sent again without the dissector's mark");
    }
}

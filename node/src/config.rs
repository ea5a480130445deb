//! Configuration of an exchange: built-in defaults, then a TOML file.
//!
//! An unknown key is an error that names file, line and the nearest known key.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};

use forecastle_persister::{SEGMENT_BYTES_DEFAULT, is_segment_bytes};
use forecastle_persister_disk::{Backend, SPARE_COUNT_DEFAULT};
use forecastle_proto_spec::AcknowledgementLevel;
use serde::Deserialize;

use crate::channel::{Channel, ChannelUse};

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses.
    pub network: Network,
    /// Limits of the engine.
    pub limits: Limits,
    /// The journal and what an acknowledgement survives.
    pub journal: Journal,
    /// Threads and how they wait.
    pub threads: Threads,
    /// The demo's traders; read by the demo profile only.
    pub demo: Demo,
}

/// Addresses; port 0 lets the system choose. Each channel is an address or an Aeron URI.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Address of the interface of every socket whose channel names none.
    pub interface: Ipv4Addr,
    /// Where requests come in: a unicast address or a multicast group.
    pub order_entry: Channel,
    /// Control address of the clients' response channels.
    pub reports: Channel,
    /// Multicast group of market data; the last byte of the group is odd, the next group carries
    /// the receivers' answers.
    pub market_data: Channel,
    /// Where log streams are sent from.
    pub log_stream: Channel,
    /// Where the shared log stream is sent from, or the multicast group that it is sent to.
    pub shared_log_stream: Channel,
    /// Bytes of one datagram, a multiple of 32.
    pub mtu_length: usize,
    /// How long a hole in a request stream waits for its repair before the numbers in it are given
    /// up and answered with NotApplied, milliseconds.
    pub request_gap_hold_ms: u64,
}

/// Limits that fix the memory of the engine at start.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Highest account number.
    pub accounts_max: u32,
    /// Events.
    pub events_max: u32,
    /// Markets.
    pub markets_max: u32,
    /// Orders resting at one time.
    pub orders_max: u32,
    /// Sessions ever negotiated.
    pub sessions_max: u32,
    /// Client order ids remembered for each session.
    pub cl_ord_id_window: u32,
    /// Pairs of account and event.
    pub exposures_max: u32,
    /// Sessions connected at one time.
    pub connections_max: usize,
    /// Bytes of the log held in memory, a power of two.
    pub log_bytes: usize,
    /// Bytes of the ring between gateway and engine, a power of two.
    pub ring_bytes: usize,
}

/// The journal and what an acknowledgement survives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Journal {
    /// What an acknowledgement survives: `memory`, `written` or `durable`.
    pub acknowledgement: String,
    /// Bytes of the segments made from now on, a multiple of 4096 from 1 MiB to 1 GiB.
    pub segment_bytes: u64,
    /// Spare segments kept ready.
    pub spare_segments: u64,
    /// Bytes of records after which the next snapshot is made.
    pub snapshot_bytes: u64,
    /// Bytes of the journal that are read in a second, at most, to send reports once more.
    pub history_bytes_per_second: u64,
    /// What writes it: `auto`, `io_uring` or `blocking`.
    pub backend: String,
    /// Who writes it: `agent`, on a thread of the exchange, or `process`, a `forecastle persist`
    /// on the same machine.
    pub persister: String,
    /// Folder of the log's files when that is another process, best on a memory file system; `log`
    /// in the data folder when absent.
    pub log_folder: Option<PathBuf>,
}

impl Journal {
    /// Whether another process writes it.
    #[must_use]
    pub fn has_own_process(&self) -> bool {
        self.persister == "process"
    }

    /// Folder of the log's files for that process.
    #[must_use]
    pub fn log_path(&self, data: &Path) -> PathBuf {
        self.log_folder.clone().unwrap_or_else(|| data.join("log"))
    }

    /// The acknowledgement level.
    #[must_use]
    pub fn level(&self) -> AcknowledgementLevel {
        match self.acknowledgement.as_str() {
            "memory" => AcknowledgementLevel::Memory,
            "written" => AcknowledgementLevel::Written,
            _ => AcknowledgementLevel::Durable,
        }
    }
}

/// Threads and how they wait.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Threads {
    /// `one`: gateway, engine and market data share a thread; `two`: the engine has its own.
    pub placement: Placement,
    /// How an idle thread waits: `spin`, `yield`, `backoff` or `park`.
    pub idle: String,
    /// CPU number for the gateway's thread; not pinned when absent.
    pub gateway_cpu: Option<usize>,
    /// CPU number for the engine's thread; read when it has its own.
    pub engine_cpu: Option<usize>,
    /// CPU number for the persister's thread; read when it is a process of its own.
    pub persister_cpu: Option<usize>,
}

/// Which agents share a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// All on one.
    One,
    /// Gateway and market data on one, engine on the other.
    Two,
}

/// The demo's size and pace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Demo {
    /// Events, each an exhaustive one of three markets or a lone market.
    pub events: u32,
    /// Market makers, each with a key of its own.
    pub market_makers: u32,
    /// Traders, each with a key of its own.
    pub traders: u32,
    /// Seed of every demo decision.
    pub seed: u64,
    /// Requests a second that each demo client aims at.
    pub requests_per_second: u32,
}

impl Config {
    /// Reads a configuration file over the defaults.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, has an unknown key or a value out of its range.
    pub fn read(path: &Path) -> Result<Self, ConfigFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigFileError::Io { path: path.to_path_buf(), source })?;
        Self::parse(&text, path)
    }

    /// Reads configuration text; `path` is what errors name.
    ///
    /// # Errors
    /// As [`Config::read`], without the file.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigFileError> {
        if let Some(unknown) = first_unknown_key(text) {
            let (line, key, nearest) = unknown;
            return Err(ConfigFileError::UnknownKey {
                path: path.to_path_buf(),
                line,
                key,
                nearest,
            });
        }
        let config: Self = toml::from_str(text).map_err(|source| ConfigFileError::Form {
            path: path.to_path_buf(),
            line: source.span().map_or(1, |span| line_of(text, span.start)),
            message: source.message().to_string(),
        })?;
        let wrong = |(key, message): (&'static str, String)| ConfigFileError::Value {
            path: path.to_path_buf(),
            key,
            message,
        };
        config.check().map_err(|(key, message)| wrong((key, message.to_string())))?;
        config.network.check_channels().map_err(wrong)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let mtu = self.network.mtu_length;
        if !(512..=65_504).contains(&mtu) || !mtu.is_multiple_of(32) {
            return Err(("network.mtu_length", "must be a multiple of 32 in 512 to 65504"));
        }
        if !(1..=60_000).contains(&self.network.request_gap_hold_ms) {
            return Err(("network.request_gap_hold_ms", "must be in 1 to 60000"));
        }
        if self.network.interface.is_unspecified() {
            return Err(("network.interface", "must be the address of one interface"));
        }
        if !self.limits.log_bytes.is_power_of_two() || self.limits.log_bytes < 4 << 20 {
            return Err(("limits.log_bytes", "must be a power of two of at least 4 MiB"));
        }
        if !self.limits.ring_bytes.is_power_of_two() || self.limits.ring_bytes < 1 << 20 {
            return Err(("limits.ring_bytes", "must be a power of two of at least 1 MiB"));
        }
        if !(1..=1024).contains(&self.limits.connections_max) {
            return Err(("limits.connections_max", "must be in 1 to 1024"));
        }
        if !LEVEL_NAMES.contains(&self.journal.acknowledgement.as_str()) {
            return Err(("journal.acknowledgement", "must be memory, written or durable"));
        }
        if !is_segment_bytes(self.journal.segment_bytes) {
            let range = "must be a multiple of 4096 from 1 MiB to 1 GiB";
            return Err(("journal.segment_bytes", range));
        }
        if !(3..=64).contains(&self.journal.spare_segments) {
            return Err(("journal.spare_segments", "must be in 3 to 64"));
        }
        if self.journal.snapshot_bytes < 1 << 20 {
            return Err(("journal.snapshot_bytes", "must be at least 1 MiB"));
        }
        if self.journal.history_bytes_per_second < 1 << 20 {
            return Err(("journal.history_bytes_per_second", "must be at least 1 MiB"));
        }
        if !PERSISTER_NAMES.contains(&self.journal.persister.as_str()) {
            return Err(("journal.persister", "must be agent or process"));
        }
        if self.journal.backend.parse::<Backend>().is_err() {
            return Err(("journal.backend", "must be auto, io_uring or blocking"));
        }
        if !IDLE_NAMES.contains(&self.threads.idle.as_str()) {
            return Err(("threads.idle", "must be spin, yield, backoff or park"));
        }
        if self.demo.market_makers + self.demo.traders > DEMO_KEYS {
            return Err(("demo.traders", "market makers and traders are at most ten together"));
        }
        if self.demo.events == 0 || self.demo.market_makers == 0 || self.demo.traders == 0 {
            return Err(("demo.events", "events, market makers and traders are at least one each"));
        }
        if !(1..=100_000).contains(&self.demo.requests_per_second) {
            return Err(("demo.requests_per_second", "must be in 1 to 100000"));
        }
        Ok(())
    }
}

impl Network {
    fn check_channels(&self) -> Result<(), (&'static str, String)> {
        for (key, channel, used) in [
            ("network.order_entry", self.order_entry, ChannelUse::Requests),
            ("network.reports", self.reports, ChannelUse::Replies),
            ("network.market_data", self.market_data, ChannelUse::Feed),
            ("network.log_stream", self.log_stream, ChannelUse::Copies),
            ("network.shared_log_stream", self.shared_log_stream, ChannelUse::Shared),
        ] {
            channel.check(used).map_err(|message| (key, message))?;
        }
        Ok(())
    }
}

impl Default for Network {
    fn default() -> Self {
        let loopback = Ipv4Addr::LOCALHOST;
        Self {
            interface: loopback,
            order_entry: SocketAddrV4::new(loopback, 9100).into(),
            reports: SocketAddrV4::new(loopback, 9101).into(),
            market_data: SocketAddrV4::new(Ipv4Addr::new(239, 255, 42, 1), 9102).into(),
            log_stream: SocketAddrV4::new(loopback, 9103).into(),
            shared_log_stream: SocketAddrV4::new(loopback, 9104).into(),
            mtu_length: 1408,
            request_gap_hold_ms: 100,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            accounts_max: 65_536,
            events_max: 4_096,
            markets_max: 16_384,
            orders_max: 1 << 20,
            sessions_max: 256,
            cl_ord_id_window: 8_192,
            exposures_max: 1 << 18,
            connections_max: 64,
            log_bytes: 64 << 20,
            ring_bytes: 4 << 20,
        }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            acknowledgement: "durable".to_string(),
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            spare_segments: SPARE_COUNT_DEFAULT,
            snapshot_bytes: 256 << 20,
            history_bytes_per_second: 128 << 20,
            backend: "auto".to_string(),
            persister: "agent".to_string(),
            log_folder: None,
        }
    }
}

impl Default for Threads {
    fn default() -> Self {
        Self {
            placement: Placement::One,
            idle: "backoff".to_string(),
            gateway_cpu: None,
            engine_cpu: None,
            persister_cpu: None,
        }
    }
}

impl Default for Demo {
    fn default() -> Self {
        Self { events: 6, market_makers: 4, traders: 6, seed: 42, requests_per_second: 400 }
    }
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// It cannot be read.
    #[error("configuration {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key that does not exist.
    #[error("configuration {path}:{line}: unknown key `{key}`; did you mean `{nearest}`?")]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The key with its section.
        key: String,
        /// The known key that is least unlike it.
        nearest: String,
    },
    /// It is not TOML, or a value has the wrong type.
    #[error("configuration {path}:{line}: {message}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A value is out of its range.
    #[error("configuration {path}: `{key}` {message}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The key with its section.
        key: &'static str,
        /// What it must be.
        message: String,
    },
}

/// Line, name and nearest known name of the first unknown key.
fn first_unknown_key(text: &str) -> Option<(usize, String, String)> {
    let document = toml::de::DeTable::parse(text).ok()?;
    for (name, value) in document.get_ref() {
        let section = name.get_ref().as_ref();
        let Some(keys) = value.get_ref().as_table() else {
            if SECTIONS.iter().any(|(known, _)| *known == section) {
                continue;
            }
            return Some(unknown(text, name.span().start, section));
        };
        let Some((_, known)) = SECTIONS.iter().find(|(known, _)| *known == section) else {
            return Some(unknown(text, name.span().start, section));
        };
        for key in keys.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let full = format!("{section}.{}", key.get_ref());
                return Some(unknown(text, key.span().start, &full));
            }
        }
    }
    None
}

fn unknown(text: &str, offset: usize, key: &str) -> (usize, String, String) {
    let names = SECTIONS.iter().flat_map(|(section, keys)| {
        let full = keys.iter().map(move |key| format!("{section}.{key}"));
        std::iter::once((*section).to_string()).chain(full)
    });
    let nearest = names.min_by_key(|name| strsim::levenshtein(name, key)).unwrap_or_default();
    (line_of(text, offset), key.to_string(), nearest)
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Trader keys that an exchange makes at its first start.
pub const DEMO_KEYS: u32 = 10;

const LEVEL_NAMES: [&str; 3] = ["memory", "written", "durable"];
const PERSISTER_NAMES: [&str; 2] = ["agent", "process"];
const IDLE_NAMES: [&str; 4] = ["spin", "yield", "backoff", "park"];

const SECTIONS: [(&str, &[&str]); 5] = [
    (
        "network",
        &[
            "interface",
            "order_entry",
            "reports",
            "market_data",
            "log_stream",
            "shared_log_stream",
            "mtu_length",
            "request_gap_hold_ms",
        ],
    ),
    (
        "limits",
        &[
            "accounts_max",
            "events_max",
            "markets_max",
            "orders_max",
            "sessions_max",
            "cl_ord_id_window",
            "exposures_max",
            "connections_max",
            "log_bytes",
            "ring_bytes",
        ],
    ),
    (
        "journal",
        &[
            "acknowledgement",
            "segment_bytes",
            "spare_segments",
            "snapshot_bytes",
            "history_bytes_per_second",
            "backend",
            "persister",
            "log_folder",
        ],
    ),
    ("threads", &["placement", "idle", "gateway_cpu", "engine_cpu", "persister_cpu"]),
    ("demo", &["events", "market_makers", "traders", "seed", "requests_per_second"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        Config::parse(text, Path::new("f.toml")).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_file_gives_the_defaults_and_every_known_key_is_accepted() {
        assert_eq!(Config::parse("", Path::new("f.toml")).unwrap(), Config::default());
        let text = "[network]\ninterface = \"127.0.0.1\"\norder_entry = \"239.1.2.3:0\"\n\
            reports = \"127.0.0.1:0\"\nmarket_data = \"239.1.2.5:0\"\n\
            log_stream = \"127.0.0.1:0\"\nshared_log_stream = \"239.1.2.7:0\"\n\
            mtu_length = 1024\nrequest_gap_hold_ms = 7\n\
            [limits]\naccounts_max = 9\nevents_max = 9\nmarkets_max = 9\norders_max = 9\n\
            sessions_max = 9\ncl_ord_id_window = 9\nexposures_max = 9\nconnections_max = 9\n\
            log_bytes = 4194304\nring_bytes = 1048576\n\
            [journal]\nacknowledgement = \"written\"\nsegment_bytes = 1048576\n\
            spare_segments = 3\nsnapshot_bytes = 1048576\n\
            history_bytes_per_second = 1048576\nbackend = \"blocking\"\n\
            persister = \"process\"\nlog_folder = \"/x\"\n\
            [threads]\nplacement = \"two\"\nidle = \"spin\"\ngateway_cpu = 0\nengine_cpu = 1\n\
            persister_cpu = 1\n\
            [demo]\nevents = 1\nmarket_makers = 1\ntraders = 2\nseed = 3\nrequests_per_second = 4\n";
        let config = Config::parse(text, Path::new("f.toml")).unwrap();
        assert_eq!(config.limits.accounts_max, 9);
        assert_eq!(config.threads.placement, Placement::Two);
        let keys = SECTIONS.iter().map(|(_, keys)| keys.len()).sum::<usize>();
        assert_eq!(text.matches(" = ").count(), keys);
    }

    #[test]
    fn an_unknown_key_is_named_with_file_line_and_the_nearest_known_one() {
        let error = error_of("[network]\n\norder_enty = \"127.0.0.1:1\"\n");
        assert!(error.contains("f.toml:3"), "{error}");
        assert!(error.contains("`network.order_enty`"), "{error}");
        assert!(error.contains("`network.order_entry`"), "{error}");
        let error = error_of("[limits]\n[thread]\nidle = \"spin\"\n");
        assert!(error.contains("f.toml:2") && error.contains("`threads`"), "{error}");
        assert!(error_of("seed = 1\n").contains("f.toml:1: unknown key `seed`"));
    }

    #[test]
    fn a_wrong_value_is_named() {
        assert!(error_of("[network]\nmtu_length = \"big\"\n").contains("f.toml:2"));
        assert!(error_of("[network]\nmtu_length = 1400\n").contains("network.mtu_length"));
        assert!(error_of("[network]\nrequest_gap_hold_ms = 0\n").contains("gap_hold_ms"));
        assert!(error_of("[network]\nmarket_data = \"127.0.0.1:5\"\n").contains("multicast"));
        assert!(error_of("[threads]\nidle = \"sleep\"\n").contains("threads.idle"));
        assert!(error_of("[demo]\ntraders = 11\n").contains("at most ten"));
        assert!(error_of("[network\n").contains("f.toml:1"));
        for bytes in [1 << 30, 1 << 20] {
            let text = format!("[journal]\nsegment_bytes = {bytes}\n");
            assert!(Config::parse(&text, Path::new("f.toml")).is_ok(), "{bytes}");
        }
        for bytes in [(1_u64 << 30) + 4096, 4 << 30, (1 << 20) - 4096, (1 << 20) + 512] {
            let error = error_of(&format!("[journal]\nsegment_bytes = {bytes}\n"));
            assert!(
                error.contains("segment_bytes` must be a multiple of 4096 from 1 MiB to 1 GiB")
            );
        }
    }
}

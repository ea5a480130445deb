//! A running `forecastle serve` of the built binary, with its own folder, ports and groups.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use forecastle_client::{KeyFile, ReadyFile};
use tempfile::TempDir;

use crate::inbox::PATIENCE;

/// An exchange in a process of its own; killed by its id when dropped.
pub struct ExchangeProcess {
    child: Child,
    /// What writes its journal, where that is another process; killed with it when dropped.
    pub persister: Option<Child>,
    /// Where it is.
    pub ready: ReadyFile,
    /// Its keys.
    pub keys: KeyFile,
    /// Folder of its files, configuration and ready file.
    pub folder: TempDir,
}

impl ExchangeProcess {
    /// Starts one whose orders come in by unicast.
    pub fn start() -> Self {
        Self::start_with(&Setup::default())
    }

    /// Starts one and waits for its ready file.
    pub fn start_with(setup: &Setup) -> Self {
        let folder = tempfile::tempdir().expect("the system has a temporary folder");
        let configuration = folder.path().join("exchange.toml");
        fs::write(configuration, setup.configuration()).expect("the folder is writable");
        Self::spawn(folder)
    }

    /// Kills it and starts another one on its folder.
    pub fn restart(mut self) -> Self {
        let elsewhere = tempfile::tempdir().expect("the system has a temporary folder");
        let folder = std::mem::replace(&mut self.folder, elsewhere);
        drop(self);
        fs::remove_file(folder.path().join("ready.json")).expect("it had written one");
        Self::spawn(folder)
    }

    /// Kills it; its folder stays as it was at that moment.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it by `signal` and gives its folder.
    pub fn end_and_keep(self, signal: &str) -> TempDir {
        self.end_and_tell(signal).0
    }

    /// Ends it by `signal` and gives its folder and what it printed.
    pub fn end_and_tell(mut self, signal: &str) -> (TempDir, String) {
        let elsewhere = tempfile::tempdir().expect("the system has a temporary folder");
        let folder = std::mem::replace(&mut self.folder, elsewhere);
        let ending = self.end_by(signal);
        assert!(ending.status.success(), "{}", ending.output);
        (folder, ending.output)
    }

    /// Starts one on a folder with a configuration and waits for its ready file.
    pub fn spawn(folder: TempDir) -> Self {
        let ready_path = folder.path().join("ready.json");
        let persister = has_own_persister(&folder).then(|| spawn_persister(&folder));
        let mut child = command(&folder)
            .arg("--config")
            .arg(folder.path().join("exchange.toml"))
            .arg("--ready-file")
            .arg(&ready_path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary was built by cargo");
        let deadline = Instant::now() + PATIENCE;
        while !ready_path.exists() {
            let ended = child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "the exchange ended at its start: {ended:?}");
            if Instant::now() > deadline {
                let _ = child.kill();
                panic!("no ready file after {PATIENCE:?}");
            }
            std::thread::sleep(POLL_PERIOD);
        }
        let ready = ReadyFile::read(&ready_path).expect("a ready file is written at once");
        let keys = KeyFile::read(&ready.keys).expect("the keys file is readable");
        Self { child, persister, ready, keys, folder }
    }

    /// Waits for its end by itself; gives how it ended.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Address of order entry.
    pub fn order_entry(&self) -> SocketAddr {
        SocketAddr::V4(self.ready.order_entry)
    }

    /// Control address of reports.
    pub fn reports(&self) -> SocketAddr {
        SocketAddr::V4(self.ready.reports)
    }

    /// Resident memory of the process, bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))
            .expect("the exchange is running");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        kilobytes.and_then(|text| text.parse::<u64>().ok()).expect("VmRSS is a number") * 1024
    }

    /// Sends `signal`, waits for the end, and gives how and after how long it ended and everything
    /// it printed.
    pub fn end_by(mut self, signal: &str) -> Ending {
        let start = Instant::now();
        let status = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(self.child.id().to_string())
            .status()
            .expect("kill is a program of every system");
        assert!(status.success(), "the exchange took no signal");
        let status = wait(&mut self.child);
        let duration = start.elapsed();
        let mut output = String::new();
        let stdout = self.child.stdout.as_mut().expect("standard output is piped");
        stdout.read_to_string(&mut output).expect("the exchange prints text");
        Ending { status, duration, output }
    }
}

impl Drop for ExchangeProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Left alone it would end by itself, after what is left in the log.
        if let Some(persister) = &mut self.persister {
            let _ = persister.kill();
            let _ = persister.wait();
        }
    }
}

fn has_own_persister(folder: &TempDir) -> bool {
    let configuration = fs::read_to_string(folder.path().join("exchange.toml"));
    configuration.is_ok_and(|text| text.contains("persister = \"process\""))
}

/// `forecastle persist` on a folder; it waits for the exchange.
pub fn spawn_persister(folder: &TempDir) -> Child {
    fs::create_dir_all(data_folder(folder)).expect("the folder is writable");
    Command::new(env!("CARGO_BIN_EXE_forecastle"))
        .arg("persist")
        .arg("--data")
        .arg(data_folder(folder))
        .arg("--config")
        .arg(folder.path().join("exchange.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary was built by cargo")
}

/// How an exchange ended.
pub struct Ending {
    /// Exit status.
    pub status: ExitStatus,
    /// From the signal to the end.
    pub duration: Duration,
    /// Standard output.
    pub output: String,
}

/// What differs from exchange to exchange.
pub struct Setup {
    /// Where orders come in, port 0 for a free one.
    pub order_entry: String,
    /// Order slots.
    pub orders_max: u32,
    /// Further lines of the section on the journal.
    pub journal: &'static str,
}

impl Setup {
    /// Orders come in by a multicast group of loopback.
    pub fn multicast() -> Self {
        Self { order_entry: format!("{}:0", free_group()), ..Self::default() }
    }

    /// The configuration file: port 0 everywhere, limits as small as the tests allow, holes held so
    /// long that a host which stalls a process makes no difference.
    pub fn configuration(&self) -> String {
        format!(
            "[network]\n\
             order_entry = \"{}\"\n\
             reports = \"127.0.0.1:0\"\n\
             market_data = \"{}:0\"\n\
             log_stream = \"127.0.0.1:0\"\n\
             shared_log_stream = \"127.0.0.1:0\"\n\
             request_gap_hold_ms = 5000\n\
             [limits]\n\
             accounts_max = 64\n\
             events_max = 16\n\
             markets_max = 256\n\
             orders_max = {}\n\
             sessions_max = 64\n\
             cl_ord_id_window = 64\n\
             exposures_max = 1024\n\
             log_bytes = 8388608\n\
             [journal]\n\
             segment_bytes = 1048576\n{}",
            self.order_entry,
            free_group(),
            self.orders_max,
            self.journal
        )
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self { order_entry: "127.0.0.1:0".to_string(), orders_max: 4096, journal: "" }
    }
}

/// `forecastle serve` on a folder, nothing else set and nothing started.
pub fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.arg("serve").arg("--data").arg(data_folder(folder)).stdin(Stdio::null());
    command
}

/// The data folder inside a test's folder.
pub fn data_folder(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// Waits for the end of a child; one that does not end in time is killed.
pub fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("the process did not end within {PATIENCE:?}");
        }
        std::thread::sleep(POLL_PERIOD);
    }
}

/// A data group that no other exchange of these tests has. Its control group is the next one.
fn free_group() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("239.255.{}.{}", 43 + std::process::id() % 200, 1 + number % 127 * 2)
}

const POLL_PERIOD: Duration = Duration::from_millis(5);

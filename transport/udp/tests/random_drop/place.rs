//! Network namespaces of threads, the cable between two of them, and what is lost on it.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Whether namespaces can be made here and have what the tests need, or what is missing.
pub fn is_possible() -> Result<(), String> {
    // A thread's namespace goes with the thread.
    thread::spawn(|| {
        enter_own_namespace()?;
        run("ip", &["link", "set", "lo", "up"])?;
        lose(&Loss { input_permille: 1, output_permille: 1 })
    })
    .join()
    .expect("the attempt does not panic")
}

/// Gives the calling thread, and all processes that it starts, a network of their own.
pub fn enter_own_namespace() -> Result<(), String> {
    // SAFETY: no memory is handed over; the call changes the network of this thread alone, which
    // holds no socket yet.
    let result = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    if result == 0 {
        return Ok(());
    }
    Err(format!("no network namespace: {}", std::io::Error::last_os_error()))
}

/// The kernel's number of the calling thread, by which others name its namespace.
pub fn thread_number() -> String {
    let path = std::fs::read_link("/proc/thread-self").expect("Linux has threads in /proc");
    path.file_name().expect("it ends in the number").to_string_lossy().into_owned()
}

/// Lays a cable from the calling thread's namespace to another thread's. One that does not carry
/// trains has every datagram cut out of them where it enters.
pub fn lay_cable(other_thread: &str, carries_trains: bool) {
    let ends = ["link", "add", CABLE, "type", "veth", "peer", "name", CABLE, "netns"];
    must("ip", &[&ends[..], &[other_thread]].concat());
    if !carries_trains {
        must("ip", &["link", "set", CABLE, "gso_max_segs", "1"]);
    }
}

/// Gives the calling thread's end of the cable an address.
pub fn plug_in(end: SocketAddr) {
    let prefix_length = if end.is_ipv4() { 24 } else { 64 };
    let address = format!("{}/{prefix_length}", end.ip());
    let words = ["address", "add", &address, "dev", CABLE];
    // IPv6 would first ask for a second or two whether the address is taken.
    let at_once: &[&str] = if end.is_ipv4() { &[] } else { &["nodad"] };
    must("ip", &[&words, at_once].concat());
    must("ip", &["link", "set", CABLE, "up"]);
}

/// Waits until the calling thread's end of the cable takes datagrams to `end`'s family: over IPv6
/// that is a moment after both ends were plugged in.
pub fn wait_for_routes(end: SocketAddr) {
    let routes = ["-6", "route", "show", "table", "local", "dev", CABLE];
    until("IPv6 has its routes", || end.is_ipv4() || must("ip", &routes).contains("ff00::/8"));
}

/// What the calling thread's end of the cable loses, of a thousand datagrams each.
pub struct Loss {
    /// Of those that come in.
    pub input_permille: u32,
    /// Of those that go out.
    pub output_permille: u32,
}

/// Has nftables lose datagrams.
pub fn lose(loss: &Loss) -> Result<(), String> {
    let mut nft = Command::new("nft");
    nft.args(["-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut nft = nft.spawn().map_err(|error| format!("nft: {error}"))?;
    let chain = |hook: &str, permille: u32| {
        let odds = format!("numgen random mod 1000 < {permille}");
        format!(
            "chain {hook} {{\n type filter hook {hook} priority 0; policy accept;\n \
             meta l4proto udp {odds} counter drop\n}}\n"
        )
    };
    let chains = chain("input", loss.input_permille) + &chain("output", loss.output_permille);
    let mut rules = nft.stdin.take().expect("it is piped");
    let written = rules.write_all(format!("table inet loss {{\n{chains}}}\n").as_bytes());
    drop(rules);
    let output = nft.wait_with_output().map_err(|error| format!("nft: {error}"))?;
    if written.is_ok() && output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("nft: {}", said.lines().next().unwrap_or("it ended")))
}

/// Datagrams that the calling thread's end has lost: of those that came in, and that went out.
pub fn lost() -> [u64; 2] {
    ["input", "output"].map(|hook| {
        let listed = must("nft", &["list", "chain", "inet", "loss", hook]);
        let count = listed.split("counter packets ").nth(1).expect("the chain counts");
        let count = count.split(' ').next().expect("a number follows");
        count.parse().expect("it is a number")
    })
}

/// tcpdump at the calling thread's end of the cable.
pub struct Capture {
    tcpdump: Child,
    file: std::path::PathBuf,
}

impl Capture {
    /// Starts to capture into `folder`, and returns once it does.
    pub fn start(folder: &Path, name: &str) -> Self {
        let file = folder.join(format!("{name}.pcap"));
        let errors = folder.join(format!("{name}.stderr"));
        let mut tcpdump = Command::new("tcpdump");
        tcpdump.args(["-i", CABLE, "-B", "65536", "-U", "-w", "-", "udp"]).stdin(Stdio::null());
        tcpdump.stdout(File::create(&file).unwrap()).stderr(File::create(&errors).unwrap());
        let tcpdump = tcpdump.spawn().unwrap();
        until("tcpdump listens", || {
            std::fs::read_to_string(&errors).unwrap().contains("listening on")
        });
        Self { tcpdump, file }
    }

    /// Ends it when nothing more comes. The kernel hands over a block at least once a second.
    pub fn stop(mut self) {
        let mut length = u64::MAX;
        let mut since = Instant::now();
        until("the capture is quiet", || {
            let now = std::fs::metadata(&self.file).unwrap().len();
            if now != length {
                (length, since) = (now, Instant::now());
            }
            since.elapsed() > Duration::from_millis(1500)
        });
        must("sh", &["-c", &format!("kill -s TERM {}", self.tcpdump.id())]);
        self.tcpdump.wait().unwrap();
    }
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn must(program: &str, arguments: &[&str]) -> String {
    run(program, arguments).unwrap_or_else(|reason| panic!("{reason}"))
}

/// Runs a program to its end; what it printed.
fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} {}: {}", arguments.join(" "), said.trim()))
}

/// Either end of it.
const CABLE: &str = "cable";

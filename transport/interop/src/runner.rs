//! Runs cases, each in a process of its own, and prints what came of them.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use forecastle_transport_udp::{Offload, SocketBuffers, UdpChannel};

use crate::cases::{ABSENT, CASES, Case};

/// Prints every case with what it shows.
pub fn list() {
    for case in CASES {
        println!("{:<28} {:<7} {}", case.name, case.sender, case.shows);
    }
    for (name, reason) in ABSENT {
        println!("{name:<28} {:<7} not built: {reason}", "-");
    }
}

/// Runs the cases whose names begin with one of `prefixes`, or all; whether all passed.
///
/// # Errors
/// When no case is named so, or a process cannot be started.
pub fn run(prefixes: &[&str]) -> anyhow::Result<bool> {
    let is_chosen = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let chosen: Vec<&Case> =
        CASES.iter().filter(|case| prefixes.is_empty() || is_chosen(case.name)).collect();
    ensure!(!chosen.is_empty(), "no case begins with {}", prefixes.join(" or "));
    println!("our sockets: {}", offload()?);
    println!("{:<28} {:<7} {:<7} {:>7}  what was seen", "case", "sender", "result", "seconds");
    let (mut passed, mut failed) = (0, 0);
    let mut skipped = 0;
    for case in chosen {
        if let Some(reason) = (case.missing)() {
            skipped += 1;
            println!("{:<28} {:<7} {:<7} {:>7}  {reason}", case.name, case.sender, "skipped", "-");
            continue;
        }
        let started = Instant::now();
        let outcome = run_in_process(case)?;
        let elapsed = started.elapsed();
        let (result, seen) = match outcome {
            Ok(facts) => {
                passed += 1;
                ("passed", facts)
            }
            Err(reason) => {
                failed += 1;
                ("FAILED", reason)
            }
        };
        let seconds = format!("{}.{}", elapsed.as_secs(), elapsed.subsec_millis() / 100);
        println!("{:<28} {:<7} {result:<7} {seconds:>7}  {seen}", case.name, case.sender);
    }
    let absent: Vec<_> =
        ABSENT.iter().filter(|(name, _)| prefixes.is_empty() || is_chosen(name)).collect();
    for (name, reason) in &absent {
        println!("{name:<28} {:<7} {:<7} {:>7}  not built: {reason}", "-", "skipped", "-");
    }
    println!();
    match absent.len() + skipped {
        0 => println!("{passed} passed, {failed} failed"),
        skipped => println!("{passed} passed, {failed} failed, {skipped} skipped"),
    }
    Ok(failed == 0)
}

/// What the kernel does for our sockets.
fn offload() -> anyhow::Result<Offload> {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    let buffers = SocketBuffers { receive_length: 0, send_length: 0 };
    Ok(UdpChannel::unicast(address, buffers)?.offload())
}

/// Runs one case in this process and prints what it saw.
///
/// # Errors
/// When it fails, or there is no such case.
pub fn run_case(name: &str, folder: &Path) -> anyhow::Result<()> {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.with_context(|| format!("no case \"{name}\""))?;
    let facts = (case.run)(folder)?;
    println!("{FACTS}{facts}");
    Ok(())
}

/// What the case saw, or why it failed, as one line.
fn run_in_process(case: &Case) -> anyhow::Result<Result<String, String>> {
    let folder = tempfile::Builder::new().prefix("forecastle-interop-").tempdir()?;
    let (output, errors) = (folder.path().join("output"), folder.path().join("errors"));
    let program = std::env::current_exe().context("finding this program")?;
    let mut child = Command::new(program)
        .args(["--case", case.name])
        .arg(folder.path())
        .envs(AERON_SETTINGS)
        .stdin(Stdio::null())
        .stdout(File::create(&output)?)
        .stderr(File::create(&errors)?)
        .spawn()
        .context("starting a case")?;
    let deadline = Instant::now() + CASE_LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(Err(format!("ended after {} s", CASE_LIMIT.as_secs())));
        }
        thread::sleep(CHILD_POLL_INTERVAL);
    };
    let said = std::fs::read_to_string(&output)?;
    let facts = said.lines().find_map(|line| line.strip_prefix(FACTS));
    match facts {
        Some(facts) if status.success() => Ok(Ok(facts.to_owned())),
        _ => {
            let said = std::fs::read_to_string(&errors)?;
            let is_verdict = |line: &&str| line.starts_with("error:");
            let reason = said.lines().find(is_verdict).or(said.lines().last());
            Ok(Err(format!("{} ({status})", reason.unwrap_or("it said nothing"))))
        }
    }
}

/// Settings of the driver that are read from the environment only.
const AERON_SETTINGS: [(&str, &str); 1] = [("AERON_CUBICCONGESTIONCONTROL_MEASURERTT", "true")];
const FACTS: &str = "saw: ";
const CASE_LIMIT: Duration = Duration::from_secs(90);
const CHILD_POLL_INTERVAL: Duration = Duration::from_millis(10);

//! Stock Aeron as a contender of `bench-wire`: one run a call, both ends in this process, measured
//! by the code that measures ours. Prints the run as one JSON object.
#![forbid(unsafe_code)]

mod end;

use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use forecastle_benches_rig::wire::{OpenLoop, Stream, WireError, open_loop, round_trips, stream};
use forecastle_benches_rig::{Cpus, Run};

use crate::end::{AeronEnd, Channels};

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(run) => {
            println!("{run}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> anyhow::Result<String> {
    let (shape, numbers) = arguments.split_first().context(USAGE)?;
    let numbers: Vec<u64> =
        numbers.iter().map(|number| number.parse()).collect::<Result<_, _>>().context(USAGE)?;
    let (&[first, second], numbers) = numbers.split_first_chunk().context(USAGE)?;
    let cpus = Cpus { first: first as usize, second: second as usize };
    let folder = tempfile::Builder::new().prefix("forecastle-peer-").tempdir_in(memory())?;
    let run = match (shape.as_str(), numbers) {
        ("round-trips", &[count]) => {
            let (first, second) = both_ways(DEFAULT_WINDOW)?;
            round_trips(cpus, count, ends(folder.path(), first, second))
        }
        ("stream", &[warm_up_ms, duration_ms, window, receiver_count]) => {
            let (first, second) = one_way(window, receiver_count)?;
            let settings = Stream { warm_up_ms, duration_ms };
            stream(cpus, settings, ends(folder.path(), first, second))
        }
        ("offered-rate", &[rate, duration_ms, window]) => {
            let (first, second) = both_ways(window)?;
            open_loop(cpus, OpenLoop { rate, duration_ms }, ends(folder.path(), first, second))
        }
        _ => bail!(USAGE),
    };
    Ok(serde_json::to_string::<Run>(&run?)?)
}

/// What opens each end in its thread.
#[allow(clippy::type_complexity)]
fn ends(
    folder: &Path,
    first: Channels,
    second: Channels,
) -> (
    impl FnOnce() -> Result<AeronEnd, WireError> + Send,
    impl FnOnce() -> Result<AeronEnd, WireError> + Send,
) {
    let open = |folder: std::path::PathBuf, channels: Channels| {
        move || {
            AeronEnd::open(&folder, &channels)
                .map_err(|error| WireError::Open(format!("{error:#}")))
        }
    };
    (open(folder.join("first"), first), open(folder.join("second"), second))
}

/// A stream each way.
fn both_ways(window: u64) -> anyhow::Result<(Channels, Channels)> {
    let (there, back) = (channel(free_port()?, window), channel(free_port()?, window));
    let first = Channels { publication: Some(there.clone()), subscriptions: vec![back.clone()] };
    let second = Channels { publication: Some(back), subscriptions: vec![there] };
    Ok((first, second))
}

/// A stream to one receiver, or to several that register with its sender, which waits for the
/// slowest.
fn one_way(window: u64, receiver_count: u64) -> anyhow::Result<(Channels, Channels)> {
    if receiver_count == 1 {
        let channel = channel(free_port()?, window);
        let first = Channels { publication: Some(channel.clone()), subscriptions: Vec::new() };
        return Ok((first, Channels { publication: None, subscriptions: vec![channel] }));
    }
    let control = format!("control=127.0.0.1:{}|control-mode=dynamic", free_port()?);
    let options = options(window);
    let publication = format!("aeron:udp?{control}|fc=min,g:/{receiver_count}{options}");
    let mut subscriptions = Vec::new();
    for _ in 0..receiver_count {
        let endpoint = format!("endpoint=127.0.0.1:{}", free_port()?);
        subscriptions.push(format!("aeron:udp?{endpoint}|{control}{options}"));
    }
    let first = Channels { publication: Some(publication), subscriptions: Vec::new() };
    Ok((first, Channels { publication: None, subscriptions }))
}

fn channel(port: u16, window: u64) -> String {
    format!("aeron:udp?endpoint=127.0.0.1:{port}{}", options(window))
}

fn options(window: u64) -> String {
    if window == DEFAULT_WINDOW {
        return String::new();
    }
    format!("|rcv-wnd={window}|so-rcvbuf={window}|so-sndbuf={window}")
}

fn free_port() -> anyhow::Result<u16> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a port")?.local_addr()?.port())
}

/// Where drivers keep their buffers: in memory, as Aeron does where it can.
fn memory() -> &'static Path {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared } else { Path::new("/tmp") }
}

/// Aeron's own.
const DEFAULT_WINDOW: u64 = 128 * 1024;
const USAGE: &str = "\
usage: forecastle-interop-peer round-trips CPU CPU COUNT
       forecastle-interop-peer stream CPU CPU WARM_UP_MS DURATION_MS WINDOW RECEIVERS
       forecastle-interop-peer offered-rate CPU CPU RATE DURATION_MS WINDOW";

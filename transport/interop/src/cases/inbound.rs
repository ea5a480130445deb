//! A stock publication to a native receiver, unicast: what a stream carries.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use forecastle_transport::limits::MESSAGE_LENGTH_MAX;
use forecastle_transport::{DropCause, ReceiveConfig};

use super::stream::{
    CARRY_LIMIT, Inbound, POLL_LIMIT, STREAM_ID, all_have, publication_uri, receive_config,
    traffic, widest_window,
};
use crate::loss::Loss;
use crate::native::NativeReceiver;
use crate::stock::Stock;
use crate::traffic::{Script, Tally, Traffic};
use crate::waiting::{during, until};

/// Small messages.
pub fn small(folder: &Path) -> anyhow::Result<String> {
    plain(folder, "", (8, 200), 20_000)
}

/// Messages of several frames.
pub fn fragmented(folder: &Path) -> anyhow::Result<String> {
    plain(folder, "", (1_000, 8_000), 5_000)
}

/// Terms that end in padding, and term ids that wrap.
pub fn roll_over(folder: &Path) -> anyhow::Result<String> {
    let start = "|init-term-id=2147483646|term-id=2147483647|term-offset=65408|term-length=64k";
    plain(folder, start, (500, 3_000), 2_000)
}

/// Datagrams of 8 KiB.
pub fn mtu_8k(folder: &Path) -> anyhow::Result<String> {
    plain(folder, "|mtu=8k|term-length=1m", (100, 100_000), 2_000)
}

/// Messages as long as the protocol lets them be.
pub fn longest(folder: &Path) -> anyhow::Result<String> {
    plain(folder, "|term-length=128m", (MESSAGE_LENGTH_MAX, MESSAGE_LENGTH_MAX), 3)
}

/// The longest term there is.
pub fn longest_term(folder: &Path) -> anyhow::Result<String> {
    plain(folder, "|term-length=1g", (8, 5_000), 1_000)
}

/// The longest datagrams there are.
pub fn mtu_max(folder: &Path) -> anyhow::Result<String> {
    plain(folder, "|mtu=65504|term-length=4m|so-sndbuf=128k", (100, 400_000), 500)
}

/// The shortest datagrams that hold a message: one byte each after the header of its frame.
pub fn mtu_min(folder: &Path) -> anyhow::Result<String> {
    plain(folder, "|mtu=64", (8, 600), 1_000)
}

fn plain(
    folder: &Path,
    options: &str,
    (length_min, length_max): (usize, usize),
    count: u64,
) -> anyhow::Result<String> {
    let config = ReceiveConfig { message_length_max: length_max, ..receive_config() };
    let mut stream = Inbound::open(Stock::launch(folder)?, config, options)?;
    let (mut script, mut tally) = traffic(length_min, length_max, count);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.receiver.check_drops(&[])?;
    let mib = stream.publication.position() >> 20;
    Ok(format!("{}, {mib} MiB", tally.finish(count)?))
}

/// One datagram of thirty, of every kind and either way.
pub fn loss(folder: &Path) -> anyhow::Result<String> {
    lossy(folder, "", 33)
}

/// One datagram of five: what is resent is lost again.
pub fn heavy_loss(folder: &Path) -> anyhow::Result<String> {
    lossy(folder, "|term-length=1m", 200)
}

fn lossy(folder: &Path, options: &str, per_mille: u64) -> anyhow::Result<String> {
    let mut stream = Inbound::open(Stock::launch(folder)?, receive_config(), options)?;
    stream.receiver.loss_in = Loss::new(1, per_mille, per_mille);
    stream.receiver.loss_out = Loss::new(2, per_mille, per_mille);
    let count = 10_000;
    let (mut script, mut tally) = traffic(8, 2_000, count);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.receiver.check_drops(REPAIRS)?;
    let naks = stream.receiver.endpoint.counters().naks;
    let repaired = stream.stock.counter("Retransmits sent")?;
    ensure!(naks > 0 && repaired > 0, "{naks} NAKs, {repaired} repairs: nothing was lost");
    let dropped = stream.receiver.loss_in.dropped() + stream.receiver.loss_out.dropped();
    let seen = tally.finish(count)?;
    Ok(format!("{seen}, {dropped} datagrams lost, {naks} NAKs, {repaired} resent"))
}

/// A reader that waits at most a millisecond for a repair and goes on.
pub fn gap_hold(folder: &Path) -> anyhow::Result<String> {
    let (seen, naks) = holding(folder, 1_000_000)?;
    ensure!(naks > 0, "no repair was asked for");
    Ok(format!("{seen}, {naks} NAKs"))
}

/// A reader that waits for no repair and asks for none.
pub fn unreliable(folder: &Path) -> anyhow::Result<String> {
    let (seen, naks) = holding(folder, 0)?;
    ensure!(naks == 0, "{naks} repairs were asked for");
    Ok(format!("{seen}, no NAK"))
}

fn holding(folder: &Path, hold_ns: u64) -> anyhow::Result<(String, u64)> {
    let config = ReceiveConfig { gap_hold_ns: Some(hold_ns), ..receive_config() };
    let mut stream = Inbound::open(Stock::launch(folder)?, config, "")?;
    let count = 5_000;
    let (mut script, tally) = traffic(8, 200, count);
    let mut tally = tally.with_holes();
    stream.receiver.may_skip_gaps = true;
    stream.receiver.loss_in = Loss::new(3, 50, 0);
    stream.receiver.loss_out = Loss::of_naks();
    script.end_at(count - 100);
    during(Duration::from_secs(2), || stream.turn(&mut script, &mut tally, POLL_LIMIT))?;
    stream.receiver.loss_in = Loss::none();
    stream.receiver.loss_out = Loss::none();
    script.end_at(count);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    let skipped = stream.receiver.endpoint.counters().gaps_skipped;
    ensure!(skipped > 0, "no gap was given up");
    let taken = tally.taken();
    ensure!(taken < count, "every message came");
    let naks = stream.receiver.endpoint.counters().naks;
    Ok((format!("{taken} of {count} messages in order, {skipped} gaps given up"), naks))
}

/// A window of many datagrams, as long as the kernel's limit lets a socket buffer be.
pub fn wide_window(folder: &Path) -> anyhow::Result<String> {
    let window_length = widest_window()?;
    let config = ReceiveConfig { window_length, ..receive_config() };
    let mut stream = Inbound::open(Stock::launch(folder)?, config, "|term-length=16m")?;
    let (mut script, mut tally) = traffic(8, 2_000, 50_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.receiver.check_drops(&[])?;
    Ok(format!("{}, window {} KiB", tally.finish(50_000)?, window_length >> 10))
}

/// A short window and a reader that takes one frame a turn.
pub fn window(folder: &Path) -> anyhow::Result<String> {
    let config = ReceiveConfig { window_length: 4 * 1024, ..receive_config() };
    let mut stream = Inbound::open(Stock::launch(folder)?, config, "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 5_000);
    stream.carry(&mut script, &mut tally, 1)?;
    stream.stock.check_clean()?;
    stream.receiver.check_drops(&[])?;
    let stops = stream.stock.counter("Sender flow control limits")?;
    ensure!(stops > 0, "the window never held the sender back");
    Ok(format!("{}, sender stopped {stops} times", tally.finish(5_000)?))
}

/// Many publications over one socket of the stock driver.
pub fn sessions(folder: &Path) -> anyhow::Result<String> {
    let (sessions, count) = (500, 50);
    let config =
        ReceiveConfig { images_max: sessions, images_per_source_max: sessions, ..receive_config() };
    let stock = Stock::launch(folder)?;
    let mut receiver = NativeReceiver::unicast(config)?;
    let uri = publication_uri(receiver.address(), "");
    let mut scripts = Vec::new();
    let mut tallies = BTreeMap::new();
    for index in 0..sessions {
        let publication = stock.publication(&uri, STREAM_ID)?;
        let traffic = Traffic::new(index as u64, 8, 500);
        tallies.insert(publication.session_id()?, Tally::new(traffic));
        scripts.push((publication, Script::new(traffic, count)));
    }
    until(CARRY_LIMIT, "the last message", || {
        for (publication, script) in &mut scripts {
            script.offer(|message| publication.offer(message))?;
        }
        stock.work()?;
        receiver.work(POLL_LIMIT * 16, |session_id, payload| {
            if let Some(tally) = tallies.get_mut(&session_id) {
                tally.take(payload);
            }
        })?;
        all_have(tallies.values(), count)
    })?;
    stock.check_clean()?;
    // So many streams at once may be more than the socket's buffer holds.
    receiver.check_drops(REPAIRS)?;
    for tally in tallies.values() {
        tally.finish(count)?;
    }
    Ok(format!("{sessions} sessions of {count} messages"))
}

/// What a receiver drops when repairs cross with what they repair.
const REPAIRS: &[DropCause] =
    &[DropCause::Duplicate, DropCause::UnderRun, DropCause::UnknownSession];

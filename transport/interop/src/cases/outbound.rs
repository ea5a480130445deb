//! A native publication to a stock subscription, unicast: what a stream carries.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use forecastle_transport::limits::MESSAGE_LENGTH_MAX;
use forecastle_transport::{DropCause, SendConfig};

use super::stream::{
    CARRY_LIMIT, Outbound, POLL_LIMIT, SESSION_ID, STREAM_ID, TERM_LENGTH, all_have,
    bound_endpoint, traffic, widest_window,
};
use crate::loss::Loss;
use crate::native::NativeSender;
use crate::stock::Stock;
use crate::traffic::{Script, Tally, Traffic};
use crate::waiting::{during, until};

/// Small messages.
pub fn small(folder: &Path) -> anyhow::Result<String> {
    plain(folder, SendConfig::unicast(1, TERM_LENGTH), "", (8, 200), (20_000, &[]))
}

/// Messages of several frames.
pub fn fragmented(folder: &Path) -> anyhow::Result<String> {
    plain(folder, SendConfig::unicast(1, TERM_LENGTH), "", (1_000, 8_000), (5_000, &[]))
}

/// Terms that end in padding, and term ids that wrap.
pub fn roll_over(folder: &Path) -> anyhow::Result<String> {
    plain(folder, SendConfig::unicast(1, TERM_LENGTH), "", (500, 3_000), (2_000, &[]))
}

/// A stream that goes on where an earlier one ended: in the middle of a term that is not its first.
pub fn start_position(folder: &Path) -> anyhow::Result<String> {
    let (stock, config) = (Stock::launch(folder)?, SendConfig::unicast(1, TERM_LENGTH));
    let position = 5 * u64::from(TERM_LENGTH) + 1_024;
    let mut stream = Outbound::open_from(position, stock, config)?;
    let count = 2_000;
    let (mut script, mut tally) = traffic(500, 3_000, count);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    let image = stream.subscription.image(0).context("the image went")?;
    let joined = image.get_constants()?.join_position();
    ensure!(joined == position as i64, "joined at {joined} where {position} was due");
    Ok(format!("{}, from byte {joined} on", tally.finish(count)?))
}

/// Datagrams of 8 KiB.
pub fn mtu_8k(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig { mtu: 8192, ..SendConfig::unicast(1, 1 << 20) };
    plain(folder, config, "", (100, 100_000), (2_000, OVERFLOWS))
}

/// Messages as long as the protocol lets them be.
pub fn longest(folder: &Path) -> anyhow::Result<String> {
    let lengths = (MESSAGE_LENGTH_MAX, MESSAGE_LENGTH_MAX);
    plain(folder, SendConfig::unicast(1, 1 << 27), "", lengths, (3, OVERFLOWS))
}

/// The longest datagrams there are.
pub fn mtu_max(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig { mtu: 65504, ..SendConfig::unicast(1, 1 << 22) };
    plain(folder, config, "", (100, 400_000), (500, OVERFLOWS))
}

/// The shortest datagrams that hold a message.
pub fn mtu_min(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig { mtu: 64, ..SendConfig::unicast(1, TERM_LENGTH) };
    plain(folder, config, "", (8, 600), (1_000, OVERFLOWS))
}

/// A window of many datagrams, as long as the kernel's limit lets a socket buffer be.
pub fn wide_window(folder: &Path) -> anyhow::Result<String> {
    let window = widest_window()?;
    let options = format!("|rcv-wnd={window}|so-rcvbuf={window}");
    let seen =
        plain(folder, SendConfig::unicast(1, 1 << 24), &options, (8, 2_000), (50_000, OVERFLOWS))?;
    Ok(format!("{seen}, window {} KiB", window >> 10))
}

fn plain(
    folder: &Path,
    config: SendConfig,
    options: &str,
    (length_min, length_max): (usize, usize),
    (count, drops): (u64, &[DropCause]),
) -> anyhow::Result<String> {
    let mut stream = Outbound::open(Stock::launch(folder)?, config, options)?;
    let (mut script, mut tally) = traffic(length_min, length_max, count);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(drops)?;
    let position = stream.sender.endpoint.sent_position(stream.publication).unwrap_or(0);
    let repaired = stream.sender.endpoint.counters().retransmits;
    Ok(format!("{}, {} MiB, {repaired} resent", tally.finish(count)?, position >> 20))
}

/// One datagram of thirty, of every kind and either way.
pub fn loss(folder: &Path) -> anyhow::Result<String> {
    lossy(folder, SendConfig::unicast(1, TERM_LENGTH), 33)
}

/// One datagram of five: what is resent is lost again.
pub fn heavy_loss(folder: &Path) -> anyhow::Result<String> {
    lossy(folder, SendConfig::unicast(1, 1 << 20), 200)
}

fn lossy(folder: &Path, config: SendConfig, per_mille: u64) -> anyhow::Result<String> {
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "")?;
    stream.sender.loss_in = Loss::new(1, per_mille, per_mille);
    stream.sender.loss_out = Loss::new(2, per_mille, per_mille);
    let count = 10_000;
    let (mut script, mut tally) = traffic(8, 2_000, count);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[DropCause::NakLingering, DropCause::NakSlotsFull])?;
    let naks = stream.stock.counter("NAKs sent")?;
    let repaired = stream.sender.endpoint.counters().retransmits;
    ensure!(naks > 0 && repaired > 0, "{naks} NAKs, {repaired} repairs: nothing was lost");
    let dropped = stream.sender.loss_in.dropped() + stream.sender.loss_out.dropped();
    let seen = tally.finish(count)?;
    Ok(format!("{seen}, {dropped} datagrams lost, {naks} NAKs, {repaired} resent"))
}

/// A subscription that fills gaps itself and asks for nothing.
pub fn unreliable(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "|reliable=false")?;
    let count = 5_000;
    let (mut script, tally) = traffic(8, 200, count);
    let mut tally = tally.with_holes();
    stream.sender.loss_out = Loss::new(3, 50, 0);
    script.end_at(count - 100);
    during(Duration::from_secs(1), || stream.turn(&mut script, &mut tally, POLL_LIMIT))?;
    stream.sender.loss_out = Loss::none();
    script.end_at(count);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    let (filled, naks) =
        (stream.stock.counter("Loss gap fills")?, stream.stock.counter("NAKs sent")?);
    ensure!(filled > 0 && naks == 0, "{filled} gaps filled, {naks} NAKs");
    let taken = tally.taken();
    ensure!(taken < count, "every message came");
    Ok(format!("{taken} of {count} messages in order, {filled} gaps filled"))
}

/// A short window and a reader that takes one fragment a turn.
pub fn window(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "|rcv-wnd=4k")?;
    let (mut script, mut tally) = traffic(8, 1_000, 5_000);
    let mut refused = 0_u64;
    until(CARRY_LIMIT, "the last message", || {
        let before = script.sent();
        stream.turn(&mut script, &mut tally, 1)?;
        refused += u64::from(script.sent() == before && !script.is_done());
        Ok(script.is_done() && tally.next()? == script.sent())
    })?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    ensure!(refused > 0, "the window never held the sender back");
    Ok(format!("{}, sender held back in {refused} turns", tally.finish(5_000)?))
}

/// A subscription whose driver measures round trips for its window.
pub fn congestion_control(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, 1 << 20);
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "|cc=cubic")?;
    let (mut script, mut tally) = traffic(8, 1_000, 100_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(OVERFLOWS)?;
    let replies = stream.sender.endpoint.counters().rtt_replies;
    ensure!(replies > 0, "nothing was measured");
    Ok(format!("{}, {replies} round trips answered", tally.finish(100_000)?))
}

/// Many publications over one socket of ours.
pub fn sessions(folder: &Path) -> anyhow::Result<String> {
    let (sessions, count) = (500, 50);
    let stock = Stock::launch(folder)?;
    let mut subscription = stock.subscription("aeron:udp?endpoint=127.0.0.1:0", STREAM_ID)?;
    let endpoint = bound_endpoint(&stock, &subscription)?;
    let mut sender = NativeSender::unicast(SendConfig::unicast(sessions, TERM_LENGTH))?;
    let mut scripts = Vec::new();
    let mut tallies = BTreeMap::new();
    for index in 0..sessions {
        let session_id = SESSION_ID + index as i32;
        let traffic = Traffic::new(index as u64, 8, 500);
        tallies.insert(session_id, Tally::new(traffic));
        let publication = sender.publish(STREAM_ID, session_id, endpoint)?;
        scripts.push((publication, Script::new(traffic, count)));
    }
    until(CARRY_LIMIT, "the last message", || {
        for (publication, script) in &mut scripts {
            script.offer(|message| sender.offer(*publication, message))?;
        }
        sender.work();
        stock.work()?;
        subscription.poll(POLL_LIMIT * 16, |session_id, payload| {
            if let Some(tally) = tallies.get_mut(&session_id) {
                tally.take(payload);
            }
        })?;
        all_have(tallies.values(), count)
    })?;
    stock.check_clean()?;
    sender.check_drops(&[DropCause::NakLingering])?;
    for tally in tallies.values() {
        tally.finish(count)?;
    }
    Ok(format!("{sessions} sessions of {count} messages"))
}

/// The kernel charges a socket far more for a datagram than its bytes, so that a window full of
/// short ones, or of long ones, is more than the stock socket's buffer takes; the rest is resent.
const OVERFLOWS: &[DropCause] =
    &[DropCause::NakLingering, DropCause::NakSlotsFull, DropCause::RetransmitBudget];

//! How streams end otherwise than by their end: revoked, or by a peer that falls silent.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use forecastle_transport::{DropCause, PublicationNews, SendConfig, UnavailableReason};

use super::stream::{
    CARRY_LIMIT, Inbound, Outbound, POLL_LIMIT, TERM_LENGTH, receive_config, traffic,
};
use crate::loss::Loss;
use crate::stock::Stock;
use crate::waiting::until;

/// The stock publication is revoked while something is missing: the image ends all the same, at
/// once, with what it has.
pub fn revoked_in(folder: &Path) -> anyhow::Result<String> {
    let Inbound { stock, publication, mut receiver } =
        Inbound::open(Stock::launch(folder)?, receive_config(), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    until(CARRY_LIMIT, "half of the messages", || {
        script.offer(|message| publication.offer(message))?;
        stock.work()?;
        receiver.work(POLL_LIMIT, |_, payload| tally.take(payload))?;
        Ok(tally.next()? >= 500)
    })?;
    // From here on every datagram with data is lost, so that the image stands before a gap.
    receiver.loss_in = Loss::new(1, 1000, 0).sparing_heartbeats();
    until(CARRY_LIMIT, "a gap", || {
        script.offer(|message| publication.offer(message))?;
        stock.work()?;
        receiver.work(POLL_LIMIT, |_, payload| tally.take(payload))?;
        Ok(receiver.endpoint.counters().naks > 0)
    })?;
    publication.revoke()?;
    until(END_LIMIT, "the end of the stream", || {
        stock.work()?;
        receiver.work(POLL_LIMIT, |_, payload| tally.take(payload))?;
        let is_counted = stock.counter("Publications Revoked")? == 1;
        Ok(is_counted && !receiver.unavailable.is_empty())
    })?;
    let reason = receiver.unavailable[0].1;
    ensure!(reason == UnavailableReason::Revoked, "the image ended by {reason:?}");
    stock.check_clean()?;
    receiver.check_drops(&[DropCause::ImageClosed])?;
    let next = tally.next()?;
    Ok(format!("{}, then {reason:?}", tally.finish(next)?))
}

/// The native publication is revoked: the stock image knows.
pub fn revoked_out(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let image = stream.subscription.image(0).context("there is no image")?;
    stream.sender.endpoint.revoke(stream.publication);
    until(END_LIMIT, "the end of the stream", || {
        stream.turn(&mut script, &mut tally, POLL_LIMIT)?;
        Ok(stream.sender.has_news(stream.publication, PublicationNews::Closed))
    })?;
    ensure!(image.is_publication_revoked(), "the image does not know that it was revoked");
    drop(image);
    let revoked = stream.stock.counter("Publication Images Revoked")?;
    ensure!(revoked == 1, "Aeron counts {revoked} images revoked");
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    Ok(format!("{}, then revoked", tally.finish(1_000)?))
}

/// The stock driver falls silent: its image goes after ten seconds.
pub fn silent_sender_in(folder: &Path) -> anyhow::Result<String> {
    let mut stream = Inbound::open(Stock::launch(folder)?, receive_config(), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 100);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    until(SILENCE_LIMIT, "the end of the image", || {
        stream.receiver.work(POLL_LIMIT, |_, _| {})?;
        Ok(!stream.receiver.unavailable.is_empty())
    })?;
    let reason = stream.receiver.unavailable[0].1;
    ensure!(reason == UnavailableReason::TimedOut, "the image ended by {reason:?}");
    Ok(format!("{}, then {reason:?}", tally.finish(100)?))
}

/// The native sender falls silent: its image goes after ten seconds.
pub fn silent_sender_out(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 100);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    until(SILENCE_LIMIT, "the end of the image", || {
        stream.stock.work()?;
        stream.subscription.poll(POLL_LIMIT, |_, payload| tally.take(payload))?;
        Ok(stream.subscription.image_count()? == 0)
    })?;
    stream.stock.check_clean()?;
    Ok(format!("{}, then no image", tally.finish(100)?))
}

/// The stock driver falls silent: the native publication is not connected after five seconds, and
/// is again when it speaks.
pub fn silent_receiver_out(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 100);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    until(SILENCE_LIMIT, "the loss of the connection", || {
        stream.sender.work();
        Ok(stream.sender.has_news(stream.publication, PublicationNews::Disconnected))
    })?;
    script.end_at(200);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    Ok(format!("{}, not connected in between", tally.finish(200)?))
}

/// Longer than a native publication lingers that nobody says good-bye to.
const END_LIMIT: Duration = Duration::from_secs(8);
const SILENCE_LIMIT: Duration = Duration::from_secs(14);

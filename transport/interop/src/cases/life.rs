//! How streams begin and end, in either direction: end of stream, late join, rejection, restart,
//! idleness.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use forecastle_transport::{DropCause, PublicationNews, SendConfig, UnavailableReason};

use super::stream::{
    CARRY_LIMIT, Inbound, Outbound, POLL_LIMIT, SESSION_ID, STREAM_ID, TERM_LENGTH,
    publication_uri, receive_config, traffic,
};
use crate::native::{NativeReceiver, NativeSender};
use crate::stock::{ERRORS, SET_UP_LIMIT, Stock};
use crate::waiting::{during, until};

/// The stock publication is closed: everything comes, then the end.
pub fn end_of_stream_in(folder: &Path) -> anyhow::Result<String> {
    let Inbound { stock, publication, mut receiver } =
        Inbound::open(Stock::launch(folder)?, receive_config(), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    until(CARRY_LIMIT, "the last offer", || {
        script.offer(|message| publication.offer(message))?;
        stock.work()?;
        receiver.work(POLL_LIMIT, |_, payload| tally.take(payload))?;
        Ok(script.is_done())
    })?;
    publication.close()?;
    until(LINGER_LIMIT, "the end of the stream", || {
        stock.work()?;
        receiver.work(POLL_LIMIT, |_, payload| tally.take(payload))?;
        Ok(!receiver.unavailable.is_empty())
    })?;
    let reason = receiver.unavailable[0].1;
    ensure!(reason == UnavailableReason::EndOfStream, "the image ended by {reason:?}");
    let seen = tally.finish(1_000)?;
    // Told that the stream was consumed, the driver gives up the publication before its linger.
    until(LINGER_LIMIT, "the end of the linger", || {
        stock.work()?;
        receiver.work(POLL_LIMIT, |_, _| {})?;
        Ok(stock.publisher_count() == 0 && receiver.endpoint.image_count() == 0)
    })?;
    stock.check_clean()?;
    // The last heartbeats may come after the image is gone.
    receiver.check_drops(&[DropCause::ImageClosed, DropCause::UnknownSession])?;
    Ok(format!("{seen}, then the end"))
}

/// The native publication is closed: everything comes, then the end.
pub fn end_of_stream_out(folder: &Path) -> anyhow::Result<String> {
    let mut stream =
        Outbound::open(Stock::launch(folder)?, SendConfig::unicast(1, TERM_LENGTH), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    until(CARRY_LIMIT, "the last offer", || {
        stream.turn(&mut script, &mut tally, POLL_LIMIT)?;
        Ok(script.is_done())
    })?;
    let image = stream.subscription.image(0).context("there is no image")?;
    stream.sender.endpoint.close(stream.publication);
    until(LINGER_LIMIT, "the end of the stream", || {
        stream.turn(&mut script, &mut tally, POLL_LIMIT)?;
        Ok(stream.sender.has_news(stream.publication, PublicationNews::Closed))
    })?;
    let seen = tally.finish(1_000)?;
    ensure!(image.is_end_of_stream(), "the image does not know that it ended");
    ensure!(image.position() == image.end_of_stream_position(), "the image ended elsewhere");
    drop(image);
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    Ok(format!("{seen}, then the end"))
}

/// A native receiver comes to a stream that was under way, where another one was.
pub fn late_join_in(folder: &Path) -> anyhow::Result<String> {
    let mut stream = Inbound::open(Stock::launch(folder)?, receive_config(), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 2_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let Inbound { stock, publication, receiver } = stream;
    let address = receiver.address();
    drop(receiver);
    let receiver = NativeReceiver::unicast_at(address, receive_config())?;
    let mut stream = Inbound { stock, publication, receiver };
    let (_, tally) = traffic(8, 1_000, 0);
    let mut tally = tally.late();
    script.end_at(4_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let first = tally.first().context("no message came")?;
    ensure!(first >= 2_000, "it came too late for message {first}");
    stream.stock.check_clean()?;
    // It may come in the middle of a message.
    stream.receiver.check_drops(&[DropCause::UnknownSession, DropCause::FragmentOrphaned])?;
    Ok(format!("{} from message {first} on", tally.finish(4_000)?))
}

/// A stock subscription comes to a stream that was under way, where a native receiver was.
pub fn late_join_out(folder: &Path) -> anyhow::Result<String> {
    let mut receiver = NativeReceiver::unicast(receive_config())?;
    let endpoint = receiver.address();
    let mut sender = NativeSender::unicast(SendConfig::unicast(1, TERM_LENGTH))?;
    let publication = sender.publish(STREAM_ID, SESSION_ID, endpoint)?;
    let (mut script, mut tally) = traffic(8, 1_000, 2_000);
    until(CARRY_LIMIT, "the last message", || {
        script.offer(|message| sender.offer(publication, message))?;
        sender.work();
        receiver.work(POLL_LIMIT, |_, payload| tally.take(payload))?;
        Ok(tally.next()? == 2_000)
    })?;
    drop(receiver);
    let stock = Stock::launch(folder)?;
    let uri = format!("aeron:udp?endpoint={endpoint}");
    let subscription = stock.subscription(&uri, STREAM_ID)?;
    let mut stream = Outbound { stock, subscription, sender, publication };
    let (_, tally) = traffic(8, 1_000, 0);
    let mut tally = tally.late();
    script.end_at(4_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let first = tally.first().context("no message came")?;
    ensure!(first >= 2_000, "it came too late for message {first}");
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    Ok(format!("{} from message {first} on", tally.finish(4_000)?))
}

/// The native receiver refuses the stream: the stock client knows at once, and why.
pub fn reject_in(folder: &Path) -> anyhow::Result<String> {
    let mut stream = Inbound::open(Stock::launch(folder)?, receive_config(), "")?;
    let (mut script, mut tally) = traffic(8, 100, 10);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let Inbound { stock, publication, mut receiver } = stream;
    let image = receiver.available[0].id;
    let now_ns = receiver.now_ns();
    receiver.endpoint.reject_image(now_ns, image, "no such member");
    until(SET_UP_LIMIT, "the loss of the connection", || {
        stock.work()?;
        receiver.work(POLL_LIMIT, |_, payload| tally.take(payload))?;
        Ok(!publication.is_connected())
    })?;
    let errors = stock.counter("Error Frames received")?;
    ensure!(errors > 0, "Aeron counts no error frame");
    let reason = receiver.unavailable[0].1;
    ensure!(reason == UnavailableReason::Rejected, "the image ended by {reason:?}");
    stock.check_clean_but(ERRORS)?;
    receiver.check_drops(&[DropCause::ImageClosed])?;
    Ok(format!("not connected after {errors} error frames"))
}

/// The stock subscriber refuses the stream: the native publication knows at once, and why.
pub fn reject_out(folder: &Path) -> anyhow::Result<String> {
    let mut stream =
        Outbound::open(Stock::launch(folder)?, SendConfig::unicast(1, TERM_LENGTH), "")?;
    let (mut script, mut tally) = traffic(8, 100, 10);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let image = stream.subscription.image(0).context("there is no image")?;
    image.reject(c"no such stream")?;
    drop(image);
    let rejected = PublicationNews::Rejected { code: 13 };
    until(SET_UP_LIMIT, "the rejection", || {
        stream.turn(&mut script, &mut tally, POLL_LIMIT)?;
        Ok(stream.sender.has_news(stream.publication, rejected)
            && stream.sender.has_news(stream.publication, PublicationNews::Disconnected))
    })?;
    let text = stream.sender.endpoint.rejection_text(stream.publication);
    let text = String::from_utf8_lossy(text).into_owned();
    ensure!(text == "no such stream", "the reason came as \"{text}\"");
    stream.stock.check_clean()?;
    Ok(format!("rejected with code 13 and \"{text}\""))
}

/// The stock publication is opened again: a new session, a new image.
pub fn restart_in(folder: &Path) -> anyhow::Result<String> {
    let mut stream = Inbound::open(Stock::launch(folder)?, receive_config(), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let Inbound { stock, publication, receiver } = stream;
    publication.close()?;
    let publication = stock.publication(&publication_uri(receiver.address(), ""), STREAM_ID)?;
    let mut stream = Inbound { stock, publication, receiver };
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let images = stream.receiver.available.len();
    ensure!(images == 2, "{images} images came");
    stream.stock.check_clean()?;
    stream.receiver.check_drops(&[DropCause::ImageClosed])?;
    Ok(format!("twice {}", tally.finish(1_000)?))
}

/// The native sender is gone without a word and comes again with a fresh session.
pub fn restart_out(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open(Stock::launch(folder)?, config.clone(), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let endpoint = stream.subscription.endpoint()?.context("the subscription is not bound")?;
    stream.sender = NativeSender::unicast(config)?;
    stream.publication = stream.sender.publish(STREAM_ID, SESSION_ID + 1, endpoint)?;
    let (mut script, mut tally) = traffic(8, 1_000, 1_000);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let images = stream.subscription.image_count()?;
    ensure!(images == 2, "{images} images: the dead one lingers beside the new one");
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    Ok(format!("twice {}", tally.finish(1_000)?))
}

/// Nothing is said for longer than a silent image lives.
pub fn idle_in(folder: &Path) -> anyhow::Result<String> {
    let mut stream = Inbound::open(Stock::launch(folder)?, receive_config(), "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 100);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    during(IDLE_TIME, || stream.turn(&mut script, &mut tally, POLL_LIMIT))?;
    script.end_at(200);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let images = stream.receiver.available.len();
    ensure!(images == 1, "{images} images came");
    stream.stock.check_clean()?;
    stream.receiver.check_drops(&[])?;
    let heartbeats = stream.receiver.endpoint.counters().heartbeats;
    Ok(format!("{}, {heartbeats} heartbeats in between", tally.finish(200)?))
}

/// Nothing is said for longer than a silent image lives.
pub fn idle_out(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open(Stock::launch(folder)?, config, "")?;
    let (mut script, mut tally) = traffic(8, 1_000, 100);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    let image = stream.subscription.image(0).context("there is no image")?;
    during(IDLE_TIME, || stream.turn(&mut script, &mut tally, POLL_LIMIT))?;
    script.end_at(200);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    ensure!(!image.is_closed(), "the image was lost");
    drop(image);
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[])?;
    let heartbeats = stream.sender.endpoint.counters().heartbeats;
    Ok(format!("{}, {heartbeats} heartbeats in between", tally.finish(200)?))
}

/// Longer than a stock publication lingers unless it is told that all was consumed.
const LINGER_LIMIT: Duration = Duration::from_secs(4);
const IDLE_TIME: Duration = Duration::from_secs(12);

//! Multicast on the loopback interface, with the flow controls of a group.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use forecastle_transport::{
    DropCause, FlowControl, PublicationNews, ReceiveConfig, ReceiveEndpoint, SendConfig,
    control_address,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel};
use rusteron_client::AeronImage;

use super::groups::{
    FLOW_CONTROLLED, GroupIn, GroupOut, PACED, REPAIRS, StockMember, group_traffic,
};
use super::stream::{CARRY_LIMIT, POLL_LIMIT, SESSION_ID, STREAM_ID, TERM_LENGTH};
use crate::loss::Loss;
use crate::native::{NativeReceiver, NativeSender};
use crate::stock::Stock;
use crate::waiting::{during, until};

/// The default flow control: as fast as the fastest.
pub fn max_in(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_in(folder, "", |_| {})?;
    group.ahead_max = PACED;
    let seen = group.carry(COUNT)?;
    group.check(&[])?;
    Ok(seen)
}

/// As slow as the slowest, not before both are there.
pub fn min_in(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_in(folder, "|fc=min,g:/2", |_| {})?;
    let seen = group.carry(COUNT)?;
    group.check(&[])?;
    Ok(seen)
}

/// Not before a receiver with the tag is there.
pub fn tagged_in(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_in(folder, "|fc=tagged,g:123/2", |config| config.group_tag = Some(123))?;
    let seen = group.carry(COUNT)?;
    group.check(&[])?;
    Ok(format!("{seen}, each with the tag"))
}

/// Receivers with another tag do not count.
pub fn other_tag_in(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_in(folder, "|fc=tagged,g:123/1", |config| config.group_tag = Some(124))?;
    group.script.end_at(COUNT);
    during(UNCONNECTED_TIME, || group.turn(POLL_LIMIT))?;
    ensure!(!group.publication.is_connected(), "receivers without the tag count");
    group.check(&[])?;
    Ok("not connected by receivers with another tag".to_owned())
}

/// One datagram of thirty lost, at each receiver another one.
pub fn loss_in(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_in(folder, "|fc=min,g:/2", |_| {})?;
    for (number, (member, _)) in (1..).zip(&mut group.members) {
        member.loss_in = Loss::new(number, 33, 33);
        member.loss_out = Loss::new(number + 10, 33, 33);
    }
    let seen = group.carry(LOSSY_COUNT)?;
    group.check(&[DropCause::Duplicate, DropCause::UnderRun, DropCause::UnknownSession])?;
    let naks: u64 = group.members.iter().map(|(member, _)| member.endpoint.counters().naks).sum();
    let repaired = group.stock.counter("Retransmits sent")?;
    ensure!(naks > 0 && repaired > 0, "{naks} NAKs, {repaired} repairs: nothing was lost");
    Ok(format!("{seen}, {naks} NAKs, {repaired} resent"))
}

/// The default flow control: as fast as the fastest.
pub fn max_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_out(folder, FlowControl::Max, ["", ""])?;
    group.ahead_max = PACED;
    let seen = group.carry(COUNT)?;
    group.check(REPAIRS)?;
    Ok(seen)
}

/// As slow as the slowest, not before both are there.
pub fn min_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_out(folder, FlowControl::Min { group_size_min: 2 }, ["", ""])?;
    group.members[1].poll_limit = 0;
    group.script.end_at(COUNT);
    during(STALL_TIME, || group.turn())?;
    let sent = group.sender.endpoint.sent_position(group.publication).unwrap_or(0);
    let window = u64::from(TERM_LENGTH) / 2;
    ensure!(sent > 0, "nothing was sent");
    ensure!(sent <= window, "{sent} bytes were sent to a window of {window}");
    group.members[1].poll_limit = POLL_LIMIT;
    let seen = group.carry(COUNT)?;
    group.check(&[])?;
    Ok(format!("{seen}, held at {sent} bytes by one that did not read"))
}

/// The one with the tag decides; one without that does not read holds nobody.
pub fn tagged_out(folder: &Path) -> anyhow::Result<String> {
    let flow_control = FlowControl::Tagged { group_tag: 123, group_size_min: 1 };
    let mut group = group_out(folder, flow_control, ["|gtag=123", ""])?;
    group.members[1].poll_limit = 0;
    let seen = group.carry(COUNT)?;
    // The one left behind goes on saying where it stands.
    group.check(&[REPAIRS, &[DropCause::StatusOutOfRange]].concat())?;
    Ok(format!("{seen}, one without the tag did not read"))
}

/// One datagram of thirty lost on the way to both and back.
pub fn loss_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_out(folder, FlowControl::Min { group_size_min: 2 }, ["", ""])?;
    group.sender.loss_in = Loss::new(1, 33, 33);
    group.sender.loss_out = Loss::new(2, 33, 33);
    let seen = group.carry(LOSSY_COUNT)?;
    group.check(REPAIRS)?;
    Ok(format!("{seen}, {}", group.repairs()?))
}

/// A native receiver comes while the stream flows to another.
pub fn late_join_in(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_in(folder, "|fc=min", |_| {})?;
    let Some((late, late_tally)) = group.members.pop() else { bail!("there are two members") };
    drop(late);
    group.carry(COUNT)?;
    let data = SocketAddrV4::new(DATA_GROUP, group.members[0].0.address().port());
    group.members.push((member(data, 9, &|_| {})?, late_tally.late()));
    until(CARRY_LIMIT, "the last message at both", || {
        // It hears of the stream by a heartbeat: the stream goes on until it is there.
        let is_there = !group.members[1].0.available.is_empty();
        let end = if is_there { 2 * COUNT } else { group.script.sent() + 50 };
        group.script.end_at(end.max(group.script.sent()));
        group.turn(POLL_LIMIT)?;
        let sent = group.script.sent();
        let all = group.members[0].1.next()? == sent && group.members[1].1.next()? == sent;
        Ok(is_there && group.script.is_done() && all)
    })?;
    group.check(REPAIRS_IN)?;
    let (_, tally) = &group.members[1];
    let first = tally.first().unwrap_or(0);
    ensure!(first >= COUNT, "it came too late for message {first}");
    Ok(format!("{} from message {first} on", tally.finish(group.script.sent())?))
}

/// The native publication is closed: everything comes, then the end, at both.
pub fn end_of_stream_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_out(folder, FlowControl::Min { group_size_min: 2 }, ["", ""])?;
    let seen = group.carry(COUNT)?;
    let image = |member: &StockMember| member.subscription.image(0);
    let images: Vec<_> = group.members.iter().filter_map(image).collect();
    group.sender.endpoint.close(group.publication);
    until(LINGER_LIMIT, "the end of the linger", || {
        group.turn()?;
        Ok(group.sender.has_news(group.publication, PublicationNews::Closed))
    })?;
    ensure!(images.len() == 2, "an image was lost");
    ensure!(images.iter().all(AeronImage::is_end_of_stream), "an image does not know of its end");
    drop(images);
    group.check(&[])?;
    Ok(format!("{seen}, then the end"))
}

fn group_in(
    folder: &Path,
    options: &str,
    adapt: impl Fn(&mut ReceiveConfig),
) -> anyhow::Result<GroupIn> {
    let (script, _) = group_traffic();
    let mut data = SocketAddrV4::new(DATA_GROUP, 0);
    let mut members = Vec::new();
    for number in 1..=MEMBERS {
        let member = member(data, number, &adapt)?;
        data.set_port(member.address().port());
        members.push((member, group_traffic().1));
    }
    let stock = Stock::launch(folder)?;
    let uri = format!("aeron:udp?endpoint={data}|interface=127.0.0.1{options}");
    let publication = stock.publication(&uri, STREAM_ID)?;
    let ahead_max = FLOW_CONTROLLED;
    Ok(GroupIn { stock, publication, members, script, ahead_max })
}

fn member(
    mut data: SocketAddrV4,
    number: i64,
    adapt: &impl Fn(&mut ReceiveConfig),
) -> anyhow::Result<NativeReceiver> {
    let channel = UdpChannel::multicast_receiver(data, Ipv4Addr::LOCALHOST, BUFFERS)?;
    data.set_port(channel.local_address().port());
    let control = control_address(data).context("the data group is odd")?;
    let mut config = ReceiveConfig::group(&[STREAM_ID], number, number as u64, control);
    adapt(&mut config);
    Ok(NativeReceiver::new(channel, ReceiveEndpoint::new(config)))
}

fn group_out(
    folder: &Path,
    flow_control: FlowControl,
    options: [&str; 2],
) -> anyhow::Result<GroupOut> {
    let (script, _) = group_traffic();
    let data = SocketAddrV4::new(DATA_GROUP, 0);
    let channel = UdpChannel::multicast_sender(data, Ipv4Addr::LOCALHOST, BUFFERS)?;
    let config = SendConfig { flow_control, ..SendConfig::multicast(1, TERM_LENGTH, 8) };
    let mut sender = NativeSender::new(channel, config);
    let data = SocketAddrV4::new(DATA_GROUP, sender.address().port());
    let publication = sender.publish(STREAM_ID, SESSION_ID, data)?;
    let mut members = Vec::new();
    for (number, options) in options.into_iter().enumerate() {
        let uri = format!("aeron:udp?endpoint={data}|interface=127.0.0.1{options}");
        members.push(StockMember::join(folder, number, &uri)?);
    }
    let ahead_max = FLOW_CONTROLLED;
    Ok(GroupOut { sender, publication, members, script, ahead_max })
}

/// What a receiver drops while others have repairs made, or before it has joined.
const REPAIRS_IN: &[DropCause] = &[
    DropCause::Duplicate,
    DropCause::UnderRun,
    DropCause::UnknownSession,
    DropCause::FragmentOrphaned,
];
const DATA_GROUP: Ipv4Addr = Ipv4Addr::new(239, 77, 5, 1);
const BUFFERS: SocketBuffers = SocketBuffers::for_window(128 * 1024);
const MEMBERS: i64 = 2;
const COUNT: u64 = 5_000;
const LOSSY_COUNT: u64 = 2_000;
const STALL_TIME: Duration = Duration::from_secs(1);
/// Longer than a native publication to a group lingers.
const LINGER_LIMIT: Duration = Duration::from_secs(8);
const UNCONNECTED_TIME: Duration = Duration::from_secs(1);

//! Multicast on the loopback interface, with the flow controls of a group.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use forecastle_transport::{
    DropCause, FlowControl, ReceiveConfig, ReceiveEndpoint, SendConfig, control_address,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel};

use super::groups::{GroupIn, GroupOut, REPAIRS, StockMember, group_traffic};
use super::stream::{POLL_LIMIT, SESSION_ID, STREAM_ID, TERM_LENGTH};
use crate::loss::Loss;
use crate::native::{NativeReceiver, NativeSender};
use crate::stock::Stock;
use crate::waiting::during;

/// The default flow control: as fast as the fastest.
pub fn max_in(folder: &Path) -> anyhow::Result<String> {
    let mut group = group_in(folder, "", |_| {})?;
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
    let idle = group.members.pop();
    let Some(mut idle) = idle else { anyhow::bail!("there are two members") };
    during(STALL_TIME, || {
        idle.stock.work()?;
        group.turn()
    })?;
    let seen = group.carry(COUNT)?;
    group.check(REPAIRS)?;
    idle.stock.work()?;
    idle.subscription.poll(1, |_, _| {})?;
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

fn group_in(
    folder: &Path,
    options: &str,
    adapt: impl Fn(&mut ReceiveConfig),
) -> anyhow::Result<GroupIn> {
    let (script, _) = group_traffic();
    let mut data = SocketAddrV4::new(DATA_GROUP, 0);
    let mut members = Vec::new();
    for number in 1..=MEMBERS {
        let channel = UdpChannel::multicast_receiver(data, Ipv4Addr::LOCALHOST, BUFFERS)?;
        data.set_port(channel.local_address().port());
        let control = control_address(data).ok_or_else(|| anyhow::anyhow!("an odd group"))?;
        let mut config = ReceiveConfig::group(&[STREAM_ID], number, number as u64, control.into());
        adapt(&mut config);
        let (_, tally) = group_traffic();
        members.push((NativeReceiver::new(channel, ReceiveEndpoint::new(config)), tally));
    }
    let stock = Stock::launch(folder)?;
    let uri = format!("aeron:udp?endpoint={data}|interface=127.0.0.1{options}");
    let publication = stock.publication(&uri, STREAM_ID)?;
    Ok(GroupIn { stock, publication, members, script })
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
    Ok(GroupOut { sender, publication, members, script })
}

const DATA_GROUP: Ipv4Addr = Ipv4Addr::new(239, 77, 5, 1);
const BUFFERS: SocketBuffers = SocketBuffers::for_window(128 * 1024);
const MEMBERS: i64 = 2;
const COUNT: u64 = 5_000;
const LOSSY_COUNT: u64 = 2_000;
const STALL_TIME: Duration = Duration::from_secs(1);
const UNCONNECTED_TIME: Duration = Duration::from_secs(1);

//! One stream copied to several unicast addresses: those that register themselves, and those added
//! by hand.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use forecastle_transport::{
    Destination, FlowControl, PublicationConfig, ReceiveConfig, SendConfig,
};

use super::groups::{FLOW_CONTROLLED, GroupIn, GroupOut, REPAIRS, StockMember, group_traffic};
use super::stream::{POLL_LIMIT, SESSION_ID, STREAM_ID, TERM_LENGTH, bound_endpoint};
use crate::loss::Loss;
use crate::native::{NativeReceiver, NativeSender, free_port};
use crate::stock::Stock;
use crate::waiting::{during, until};

/// Native receivers register at a stock publication.
pub fn dynamic_in(folder: &Path) -> anyhow::Result<String> {
    let control = SocketAddrV4::new(Ipv4Addr::LOCALHOST, free_port()?);
    let stock = Stock::launch(folder)?;
    let uri = format!("aeron:udp?control={control}|control-mode=dynamic|fc=min,g:/2");
    let publication = stock.publication(&uri, STREAM_ID)?;
    let mut members = Vec::new();
    for number in 1..=MEMBERS {
        let config = ReceiveConfig::peer(&[STREAM_ID], number, number as u64, control.into());
        let mut member = NativeReceiver::unicast(config)?;
        let registered = member.endpoint.register(0, control.into());
        ensure!(registered.is_ok(), "no room to register");
        members.push((member, group_traffic().1));
    }
    let mut group = GroupIn {
        stock,
        publication,
        members,
        script: group_traffic().0,
        ahead_max: FLOW_CONTROLLED,
    };
    let seen = group.carry(COUNT)?;
    group.check(&[forecastle_transport::DropCause::UnknownSession])?;
    Ok(seen)
}

/// A stock publication is told of native receivers.
pub fn manual_in(folder: &Path) -> anyhow::Result<String> {
    let stock = Stock::launch(folder)?;
    let uri = "aeron:udp?control-mode=manual|control=127.0.0.1:0|fc=min,g:/2";
    let publication = stock.publication(uri, STREAM_ID)?;
    let mut members = Vec::new();
    for number in 1..=MEMBERS {
        let config = ReceiveConfig::untrusted(&[STREAM_ID], number, number as u64);
        let member = NativeReceiver::unicast(config)?;
        stock.add_destination(&publication, &format!("aeron:udp?endpoint={}", member.address()))?;
        members.push((member, group_traffic().1));
    }
    let mut group = GroupIn {
        stock,
        publication,
        members,
        script: group_traffic().0,
        ahead_max: FLOW_CONTROLLED,
    };
    let seen = group.carry(COUNT)?;
    // When the first was heard before the second was added, the second hears of the stream by a
    // heartbeat and asks for its set-up.
    group.check(&[forecastle_transport::DropCause::UnknownSession])?;
    Ok(seen)
}

/// Stock receivers register at a native publication, which permits their IP only.
pub fn dynamic_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = registering(folder)?;
    // Not permitted, nobody gets a byte.
    during(UNPERMITTED_TIME, || group.turn())?;
    let counters = group.sender.endpoint.counters();
    ensure!(counters.datagrams_out == 0, "{} datagrams too early", counters.datagrams_out);
    permit(&mut group)?;
    let seen = group.carry(COUNT)?;
    group.check(&[forecastle_transport::DropCause::UnknownSession])?;
    Ok(seen)
}

/// A receiver that falls silent is forgotten; the other goes on.
pub fn silent_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = registering(folder)?;
    permit(&mut group)?;
    group.carry(COUNT)?;
    let silent = group.members.pop();
    until(FORGET_LIMIT, "the end of the registration", || {
        group.turn()?;
        Ok(group.sender.endpoint.destination_count() == 1)
    })?;
    drop(silent);
    let seen = group.carry(2 * COUNT)?;
    Ok(format!("{seen}, the silent one forgotten"))
}

/// One datagram of thirty lost, for each destination another one.
pub fn loss_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = registering(folder)?;
    permit(&mut group)?;
    group.sender.loss_in = Loss::new(1, 33, 33);
    group.sender.loss_out = Loss::new(2, 33, 33);
    let seen = group.carry(LOSSY_COUNT)?;
    for member in &group.members {
        member.stock.check_clean()?;
    }
    Ok(format!("{seen}, {}", group.repairs()?))
}

/// A native publication is told of stock receivers.
pub fn manual_out(folder: &Path) -> anyhow::Result<String> {
    let (mut sender, publication) = multi_sender()?;
    let mut members = Vec::new();
    for number in 0..MEMBERS as usize {
        let member = StockMember::join(folder, number, "aeron:udp?endpoint=127.0.0.1:0")?;
        let endpoint = bound_endpoint(&member.stock, &member.subscription)?;
        ensure!(sender.endpoint.add_destination(endpoint).is_ok(), "no room");
        members.push(member);
    }
    let mut group = GroupOut {
        sender,
        publication,
        members,
        script: group_traffic().0,
        ahead_max: FLOW_CONTROLLED,
    };
    let seen = group.carry(COUNT)?;
    group.check(&[])?;
    Ok(seen)
}

/// A stock receiver comes while the stream flows to another.
pub fn late_join_out(folder: &Path) -> anyhow::Result<String> {
    let mut group = registering(folder)?;
    permit(&mut group)?;
    let second = group.members.pop();
    group.sender.endpoint.permit_destinations(Ipv4Addr::LOCALHOST.into()).ok();
    drop(second);
    group.carry(COUNT)?;
    let uri = registering_uri(group.sender.address());
    let mut late = StockMember::join(folder, 7, &uri)?;
    late.tally = late.tally.late();
    group.script.end_at(3 * COUNT);
    until(super::stream::CARRY_LIMIT, "the last message at both", || {
        group.turn()?;
        late.stock.work()?;
        let tally = &mut late.tally;
        late.subscription.poll(POLL_LIMIT, |_, payload| tally.take(payload))?;
        // It asks once a second: the stream goes on until it is there.
        if late.subscription.image_count()? == 0 {
            group.script.end_at(group.script.sent() + 50);
            return Ok(false);
        }
        group.script.end_at(group.script.sent().max(3 * COUNT));
        let end = group.script.sent();
        let all = group.members[0].tally.next()? == end && late.tally.next()? == end;
        Ok(group.script.is_done() && all)
    })?;
    let first = late.tally.first().unwrap_or(0);
    late.stock.check_clean()?;
    group.check(REPAIRS)?;
    ensure!(first >= COUNT, "it came too late for message {first}");
    Ok(format!("{} from message {first} on", late.tally.finish(group.script.sent())?))
}

/// A native sender to destinations, and two stock receivers that ask it to be some.
fn registering(folder: &Path) -> anyhow::Result<GroupOut> {
    let (sender, publication) = multi_sender()?;
    let uri = registering_uri(sender.address());
    let mut members = Vec::new();
    for number in 0..MEMBERS as usize {
        members.push(StockMember::join(folder, number, &uri)?);
    }
    Ok(GroupOut {
        sender,
        publication,
        members,
        script: group_traffic().0,
        ahead_max: FLOW_CONTROLLED,
    })
}

fn registering_uri(control: impl std::fmt::Display) -> String {
    format!("aeron:udp?control={control}|control-mode=dynamic|endpoint=127.0.0.1:0")
}

fn permit(group: &mut GroupOut) -> anyhow::Result<()> {
    let permitted = group.sender.endpoint.permit_destinations(Ipv4Addr::LOCALHOST.into());
    ensure!(permitted.is_ok(), "no room for an IP");
    Ok(())
}

fn multi_sender() -> anyhow::Result<(NativeSender, forecastle_transport::PublicationId)> {
    let flow_control = FlowControl::Min { group_size_min: 1 };
    let config = SendConfig { flow_control, ..SendConfig::multi_destination(1, TERM_LENGTH, 4) };
    let mut sender = NativeSender::unicast(config)?;
    let publication = sender.open(&PublicationConfig {
        stream_id: STREAM_ID,
        session_id: SESSION_ID,
        initial_term_id: -1,
        destination: Destination::Multi,
        response_requested: false,
    })?;
    Ok((sender, publication))
}

const MEMBERS: i64 = 2;
const COUNT: u64 = 5_000;
const LOSSY_COUNT: u64 = 2_000;
const UNPERMITTED_TIME: Duration = Duration::from_millis(1_500);
/// Longer than a silent destination is kept.
const FORGET_LIMIT: Duration = Duration::from_secs(7);

//! Unicast over IPv6, with losses: the frames are the same, addresses and sockets are not.

use std::net::{IpAddr, Ipv6Addr, UdpSocket};
use std::path::Path;

use anyhow::ensure;
use forecastle_transport::{DropCause, SendConfig};

use super::stream::{Inbound, Outbound, POLL_LIMIT, TERM_LENGTH, receive_config, traffic};
use crate::loss::Loss;
use crate::stock::Stock;

/// A stock publication to a native receiver.
pub fn unicast_in(folder: &Path) -> anyhow::Result<String> {
    let mut stream = Inbound::open_at(LOOPBACK, Stock::launch(folder)?, receive_config(), "")?;
    stream.receiver.loss_in = Loss::new(1, PER_MILLE, PER_MILLE);
    let (mut script, mut tally) = traffic(8, 2_000, COUNT);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.receiver.check_drops(&[DropCause::Duplicate, DropCause::UnderRun])?;
    let repaired = stream.stock.counter("Retransmits sent")?;
    ensure!(repaired > 0, "nothing was lost");
    ensure!(stream.receiver.address().is_ipv6(), "the receiver is not at an IPv6 address");
    Ok(format!("{}, {repaired} resent", tally.finish(COUNT)?))
}

/// A native publication to a stock subscription.
pub fn unicast_out(folder: &Path) -> anyhow::Result<String> {
    let config = SendConfig::unicast(1, TERM_LENGTH);
    let mut stream = Outbound::open_at(LOOPBACK, Stock::launch(folder)?, config, "")?;
    stream.sender.loss_out = Loss::new(2, PER_MILLE, PER_MILLE);
    let (mut script, mut tally) = traffic(8, 2_000, COUNT);
    stream.carry(&mut script, &mut tally, POLL_LIMIT)?;
    stream.stock.check_clean()?;
    stream.sender.check_drops(&[DropCause::NakLingering, DropCause::NakSlotsFull])?;
    let repaired = stream.sender.endpoint.counters().retransmits;
    ensure!(repaired > 0, "nothing was lost");
    Ok(format!("{}, {repaired} resent", tally.finish(COUNT)?))
}

/// Whether there is no IPv6 here.
pub fn missing() -> Option<&'static str> {
    match UdpSocket::bind((LOOPBACK, 0)) {
        Ok(_) => None,
        Err(_) => Some("there is no IPv6 on the loopback interface"),
    }
}

const LOOPBACK: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const PER_MILLE: u64 = 33;
const COUNT: u64 = 5_000;

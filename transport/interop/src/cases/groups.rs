//! One stream to several receivers: who sends, who listens, and that everybody gets everything.
//! What multicast and multi-destination have in common.

use std::path::Path;

use anyhow::ensure;
use forecastle_transport::{DropCause, PublicationId};

use super::stream::{CARRY_LIMIT, POLL_LIMIT, traffic};
use crate::native::{NativeReceiver, NativeSender};
use crate::stock::{Stock, StockPublication, StockSubscription};
use crate::traffic::{Script, Tally};
use crate::waiting::until;

/// A stock publication and native receivers of it.
pub struct GroupIn {
    /// The stock side.
    pub stock: Stock,
    /// Sends.
    pub publication: StockPublication,
    /// Each with what it took.
    pub members: Vec<(NativeReceiver, Tally)>,
    /// What is sent.
    pub script: Script,
    /// Messages that the sender may be ahead of the slowest member, where its flow control does
    /// not see to it that nobody is left behind.
    pub ahead_max: u64,
}

impl GroupIn {
    /// Sends `count` messages once every member has the stream.
    ///
    /// # Errors
    /// When a member gets a wrong message, or not all in time.
    pub fn carry(&mut self, count: u64) -> anyhow::Result<String> {
        until(CARRY_LIMIT, "every member's last message", || {
            self.turn(POLL_LIMIT)?;
            let all_joined = self.members.iter().all(|(member, _)| !member.available.is_empty());
            let slowest = slowest(self.members.iter().map(|(_, tally)| tally))?;
            if all_joined {
                self.script.end_at(count.min(slowest.saturating_add(self.ahead_max)));
            }
            Ok(slowest >= count)
        })?;
        let seen = self.members[0].1.finish(count)?;
        for (_, tally) in &self.members {
            tally.finish(count)?;
        }
        Ok(format!("{} members: {seen}", self.members.len()))
    }

    /// One turn of everybody.
    ///
    /// # Errors
    /// Those of any side.
    pub fn turn(&mut self, limit: usize) -> anyhow::Result<()> {
        self.script.offer(|message| self.publication.offer(message))?;
        self.stock.work()?;
        for (member, tally) in &mut self.members {
            member.work(limit, |_, payload| tally.take(payload))?;
        }
        Ok(())
    }

    /// Checks that Aeron found nothing wrong, and that members dropped nothing but for `causes`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, causes: &[DropCause]) -> anyhow::Result<()> {
        self.stock.check_clean()?;
        for (member, _) in &self.members {
            member.check_drops(causes)?;
        }
        Ok(())
    }
}

/// A stock receiver in a driver of its own.
pub struct StockMember {
    /// Its driver and client.
    pub stock: Stock,
    /// Listens.
    pub subscription: StockSubscription,
    /// What it took.
    pub tally: Tally,
    /// Fragments it takes a turn; nobody waits for what one with 0 should get.
    pub poll_limit: usize,
}

impl StockMember {
    /// Starts a driver in a folder of that number and subscribes; `uri` is made with the stock.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn join(folder: &Path, number: usize, uri: &str) -> anyhow::Result<Self> {
        let folder = folder.join(format!("member-{number}"));
        std::fs::create_dir(&folder)?;
        let stock = Stock::launch(&folder)?;
        let subscription = stock.subscription(uri, super::stream::STREAM_ID)?;
        let (_, tally) = traffic(LENGTH_MIN, LENGTH_MAX, 0);
        Ok(Self { stock, subscription, tally, poll_limit: POLL_LIMIT })
    }
}

/// A native publication and stock receivers of it.
pub struct GroupOut {
    /// Sends.
    pub sender: NativeSender,
    /// What it sends.
    pub publication: PublicationId,
    /// Listen.
    pub members: Vec<StockMember>,
    /// What is sent.
    pub script: Script,
    /// Messages that the sender may be ahead of the slowest member, where its flow control does
    /// not see to it that nobody is left behind.
    pub ahead_max: u64,
}

impl GroupOut {
    /// Sends `count` messages once every member has the stream.
    ///
    /// # Errors
    /// When a member gets a wrong message, or not all in time.
    pub fn carry(&mut self, count: u64) -> anyhow::Result<String> {
        until(CARRY_LIMIT, "every member's last message", || {
            self.turn()?;
            let slowest = slowest(self.readers().map(|member| &member.tally))?;
            if self.have_all_joined()? {
                self.script.end_at(count.min(slowest.saturating_add(self.ahead_max)));
            }
            Ok(slowest >= count)
        })?;
        let mut seen = String::new();
        for member in self.readers() {
            seen = member.tally.finish(count)?;
        }
        Ok(format!("{} members: {seen}", self.readers().count()))
    }

    fn readers(&self) -> impl Iterator<Item = &StockMember> {
        self.members.iter().filter(|member| member.poll_limit > 0)
    }

    /// Whether each member has an image.
    ///
    /// # Errors
    /// Those of Aeron.
    pub fn have_all_joined(&self) -> anyhow::Result<bool> {
        for member in &self.members {
            if member.subscription.image_count()? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One turn of everybody.
    ///
    /// # Errors
    /// Those of any side.
    pub fn turn(&mut self) -> anyhow::Result<()> {
        self.script.offer(|message| self.sender.offer(self.publication, message))?;
        self.sender.work();
        for member in &mut self.members {
            member.stock.work()?;
            let tally = &mut member.tally;
            member.subscription.poll(member.poll_limit, |_, payload| tally.take(payload))?;
        }
        Ok(())
    }

    /// Checks that no reading member's Aeron found anything wrong, and that the sender dropped
    /// nothing but for `causes`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, causes: &[DropCause]) -> anyhow::Result<()> {
        for member in self.readers() {
            member.stock.check_clean()?;
        }
        self.sender.check_drops(causes)
    }

    /// NAKs that all members sent; checks that there were some and that they were answered.
    ///
    /// # Errors
    /// When nothing was lost or nothing resent.
    pub fn repairs(&self) -> anyhow::Result<String> {
        let mut naks = 0;
        for member in &self.members {
            naks += member.stock.counter("NAKs sent")?;
        }
        let repaired = self.sender.endpoint.counters().retransmits;
        ensure!(naks > 0 && repaired > 0, "{naks} NAKs, {repaired} repairs: nothing was lost");
        Ok(format!("{naks} NAKs, {repaired} resent"))
    }
}

fn slowest<'a>(tallies: impl Iterator<Item = &'a Tally>) -> anyhow::Result<u64> {
    let mut slowest = u64::MAX;
    for tally in tallies {
        slowest = slowest.min(tally.next()?);
    }
    Ok(slowest)
}

/// The messages of a group.
pub fn group_traffic() -> (Script, Tally) {
    traffic(LENGTH_MIN, LENGTH_MAX, 0)
}

/// What a sender drops while it repairs for a group.
pub const REPAIRS: &[DropCause] = &[
    DropCause::NakLingering,
    DropCause::NakSlotsFull,
    DropCause::RetransmitBudget,
    DropCause::NakOutOfRange,
];

/// No limit: flow control waits for the slowest.
pub const FLOW_CONTROLLED: u64 = u64::MAX;
/// As many messages as half a window holds at least.
pub const PACED: u64 = 8;

const LENGTH_MIN: usize = 8;
const LENGTH_MAX: usize = 2_000;

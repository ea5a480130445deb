//! What most cases do: one stream of a script of messages, over one pair of sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use forecastle_transport::{
    Destination, PublicationConfig, PublicationId, ReceiveConfig, SendConfig,
};

use crate::native::{NativeReceiver, NativeSender};
use crate::stock::{SET_UP_LIMIT, Stock, StockPublication, StockSubscription};
use crate::traffic::{Script, Tally, Traffic};
use crate::waiting::until;

/// A stock publication, and the native receiver of its stream.
pub struct Inbound {
    /// The stock side.
    pub stock: Stock,
    /// Sends.
    pub publication: StockPublication,
    /// Receives.
    pub receiver: NativeReceiver,
}

impl Inbound {
    /// Opens both, the publication with `options` added to its URI.
    ///
    /// # Errors
    /// Those of either side.
    pub fn open(stock: Stock, config: ReceiveConfig, options: &str) -> anyhow::Result<Self> {
        Self::open_at(LOOPBACK, stock, config, options)
    }

    /// As [`Self::open`], at another address.
    ///
    /// # Errors
    /// Those of either side.
    pub fn open_at(
        address: IpAddr,
        stock: Stock,
        config: ReceiveConfig,
        options: &str,
    ) -> anyhow::Result<Self> {
        let receiver = NativeReceiver::unicast_at((address, 0), config)?;
        let uri = publication_uri(receiver.address(), options);
        let publication = stock.publication(&uri, STREAM_ID)?;
        Ok(Self { stock, publication, receiver })
    }

    /// Carries what is left of the script, polling at most `limit` frames a turn.
    ///
    /// # Errors
    /// When a message is wrong, or they do not all come in time.
    pub fn carry(
        &mut self,
        script: &mut Script,
        tally: &mut Tally,
        limit: usize,
    ) -> anyhow::Result<()> {
        until(CARRY_LIMIT, "the last message", || {
            self.turn(script, tally, limit)?;
            Ok(script.is_done() && tally.next()? == script.sent())
        })
    }

    /// One turn of both sides.
    ///
    /// # Errors
    /// Those of either side.
    pub fn turn(
        &mut self,
        script: &mut Script,
        tally: &mut Tally,
        limit: usize,
    ) -> anyhow::Result<()> {
        script.offer(|message| self.publication.offer(message))?;
        self.stock.work()?;
        self.receiver.work(limit, |_, payload| tally.take(payload))
    }
}

/// A native publication, and the stock subscription to its stream.
pub struct Outbound {
    /// The stock side.
    pub stock: Stock,
    /// Receives.
    pub subscription: StockSubscription,
    /// Sends.
    pub sender: NativeSender,
    /// What it sends.
    pub publication: PublicationId,
}

impl Outbound {
    /// Opens both, the subscription with `options` added to its URI.
    ///
    /// # Errors
    /// Those of either side.
    pub fn open(stock: Stock, config: SendConfig, options: &str) -> anyhow::Result<Self> {
        Self::open_at(LOOPBACK, stock, config, options)
    }

    /// As [`Self::open`], at another address.
    ///
    /// # Errors
    /// Those of either side.
    pub fn open_at(
        address: IpAddr,
        stock: Stock,
        config: SendConfig,
        options: &str,
    ) -> anyhow::Result<Self> {
        let uri = format!("aeron:udp?endpoint={}{options}", SocketAddr::new(address, 0));
        let subscription = stock.subscription(&uri, STREAM_ID)?;
        let endpoint = bound_endpoint(&stock, &subscription)?;
        let mut sender = NativeSender::unicast_from(address, config)?;
        let publication = sender.publish(STREAM_ID, SESSION_ID, endpoint)?;
        Ok(Self { stock, subscription, sender, publication })
    }

    /// As [`Self::open`], of a stream that starts at `position`.
    ///
    /// # Errors
    /// Those of either side.
    pub fn open_from(position: u64, stock: Stock, config: SendConfig) -> anyhow::Result<Self> {
        let subscription = stock.subscription("aeron:udp?endpoint=127.0.0.1:0", STREAM_ID)?;
        let endpoint = bound_endpoint(&stock, &subscription)?;
        let mut sender = NativeSender::unicast(config)?;
        let publication = sender.open_at(
            &PublicationConfig {
                stream_id: STREAM_ID,
                session_id: SESSION_ID,
                initial_term_id: i32::MAX - 2,
                destination: Destination::Address(endpoint),
                response_requested: false,
            },
            position,
        )?;
        Ok(Self { stock, subscription, sender, publication })
    }

    /// Carries what is left of the script, polling at most `limit` fragments a turn.
    ///
    /// # Errors
    /// When a message is wrong, or they do not all come in time.
    pub fn carry(
        &mut self,
        script: &mut Script,
        tally: &mut Tally,
        limit: usize,
    ) -> anyhow::Result<()> {
        until(CARRY_LIMIT, "the last message", || {
            self.turn(script, tally, limit)?;
            Ok(script.is_done() && tally.next()? == script.sent())
        })
    }

    /// One turn of both sides.
    ///
    /// # Errors
    /// Those of either side.
    pub fn turn(
        &mut self,
        script: &mut Script,
        tally: &mut Tally,
        limit: usize,
    ) -> anyhow::Result<()> {
        script.offer(|message| self.sender.offer(self.publication, message))?;
        self.sender.work();
        self.stock.work()?;
        self.subscription.poll(limit, |_, payload| tally.take(payload))?;
        Ok(())
    }
}

/// A script and the tally that judges what came of it.
pub fn traffic(length_min: usize, length_max: usize, count: u64) -> (Script, Tally) {
    let traffic = Traffic::new(0xF0CA, length_min, length_max);
    (Script::new(traffic, count), Tally::new(traffic))
}

/// Whether each tally has the messages below `count`.
///
/// # Errors
/// What was wrong with a message.
pub fn all_have<'a>(tallies: impl Iterator<Item = &'a Tally>, count: u64) -> anyhow::Result<bool> {
    for tally in tallies {
        if tally.next()? < count {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The longest window of up to 2 MiB whose socket buffer the kernel grants.
///
/// # Errors
/// When its limit cannot be read.
pub fn widest_window() -> anyhow::Result<u32> {
    let limit = std::fs::read_to_string("/proc/sys/net/core/rmem_max")?;
    let limit: u32 = limit.trim().parse()?;
    Ok(WIDE_WINDOW.min(1 << limit.ilog2()))
}

/// Where a stock subscription was bound, once it is.
///
/// # Errors
/// When it never is.
pub fn bound_endpoint(
    stock: &Stock,
    subscription: &StockSubscription,
) -> anyhow::Result<SocketAddr> {
    let mut bound = None;
    until(SET_UP_LIMIT, "the bound address", || {
        stock.work()?;
        bound = subscription.endpoint()?;
        Ok(bound.is_some())
    })?;
    bound.ok_or_else(|| anyhow::anyhow!("no address was bound"))
}

/// The URI of a stock publication to `endpoint`, sent from the same address.
pub fn publication_uri(endpoint: SocketAddr, options: &str) -> String {
    let interface = SocketAddr::new(endpoint.ip(), 0);
    format!("aeron:udp?endpoint={endpoint}|interface={interface}{options}")
}

/// The settings of a native receiver that hears strangers.
pub fn receive_config() -> ReceiveConfig {
    ReceiveConfig::untrusted(&[STREAM_ID], RECEIVER_ID, RECEIVER_ID as u64)
}

/// The stream of every case.
pub const STREAM_ID: i32 = 1001;
/// Where both ends of most cases are.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// The session of a native publication.
pub const SESSION_ID: i32 = 0x0F0C_A571;
/// The term length of a native publication, as short as those of the stock ones.
pub const TERM_LENGTH: u32 = 64 * 1024;
/// Frames or fragments that a reader in no hurry takes a turn.
pub const POLL_LIMIT: usize = 64;

const RECEIVER_ID: i64 = 0x004F_4345_414E;
const WIDE_WINDOW: u32 = 2 * 1024 * 1024;
/// Until a script has come whole.
pub const CARRY_LIMIT: Duration = Duration::from_secs(60);

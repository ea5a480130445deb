//! Our own ends: a socket with its endpoint, driven in this thread, and what it loses on purpose.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use anyhow::{Context, bail, ensure};
use forecastle_transport::{
    Counters, Delivery, Destination, DropCause, ImageDescription, ImageEvent, ImageId, OfferError,
    PublicationConfig, PublicationId, PublicationNews, ReceiveConfig, ReceiveEndpoint, SendConfig,
    SendEndpoint, UnavailableReason,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel};

use crate::loss::Loss;
use crate::waiting::Clock;

/// A receive endpoint on its socket.
pub struct NativeReceiver {
    channel: UdpChannel,
    /// The endpoint itself.
    pub endpoint: ReceiveEndpoint,
    /// Losses of what comes in.
    pub loss_in: Loss,
    /// Losses of what goes out.
    pub loss_out: Loss,
    /// Images that came, in order.
    pub available: Vec<ImageDescription>,
    /// Images that went, in order.
    pub unavailable: Vec<(ImageId, UnavailableReason)>,
    /// Whether gaps that are given up are what the case wants.
    pub may_skip_gaps: bool,
    sessions: BTreeMap<ImageId, i32>,
    clock: Clock,
}

impl NativeReceiver {
    /// Drives `endpoint` over `channel`.
    pub fn new(channel: UdpChannel, endpoint: ReceiveEndpoint) -> Self {
        Self {
            channel,
            endpoint,
            loss_in: Loss::none(),
            loss_out: Loss::none(),
            available: Vec::new(),
            unavailable: Vec::new(),
            may_skip_gaps: false,
            sessions: BTreeMap::new(),
            clock: Clock::start(),
        }
    }

    /// Binds a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn unicast(config: ReceiveConfig) -> anyhow::Result<Self> {
        Self::unicast_at(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), config)
    }

    /// Binds that address.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn unicast_at(
        address: impl Into<SocketAddr>,
        config: ReceiveConfig,
    ) -> anyhow::Result<Self> {
        let buffers = SocketBuffers::for_window(config.window_length as usize);
        let channel = UdpChannel::unicast(address, buffers)?;
        Ok(Self::new(channel, ReceiveEndpoint::new(config)))
    }

    /// The address bound.
    pub fn address(&self) -> SocketAddr {
        self.channel.local_address()
    }

    /// The time of the endpoint.
    pub fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    /// One turn: what came in, at most `limit` frames of it to `handler` with their session, what
    /// is due out.
    ///
    /// # Errors
    /// When a gap was given up that should not be.
    pub fn work(
        &mut self,
        limit: usize,
        mut handler: impl FnMut(i32, &[u8]),
    ) -> anyhow::Result<()> {
        let (endpoint, now_ns) = (&mut self.endpoint, self.clock.now_ns());
        let loss = &mut self.loss_in;
        receive_all(&mut self.channel, |source, datagram| {
            if !loss.takes(datagram) {
                endpoint.on_datagram(now_ns, source, datagram);
            }
        });
        while let Some(event) = endpoint.poll_event() {
            match event {
                ImageEvent::Available(image) => {
                    self.sessions.insert(image.id, image.session_id);
                    self.available.push(image);
                }
                ImageEvent::Unavailable { id, reason } => self.unavailable.push((id, reason)),
            }
        }
        let mut gaps = 0;
        let sessions = &self.sessions;
        endpoint.poll(now_ns, limit, |image, delivery| match delivery {
            Delivery::Message { payload, .. } => handler(sessions[&image], payload),
            Delivery::GapSkipped { .. } => gaps += 1,
        });
        let loss = &mut self.loss_out;
        self.channel.transmit(|buffer| {
            loop {
                let transmit = endpoint.poll_transmit(now_ns, buffer)?;
                if !loss.takes(&buffer[..transmit.length]) {
                    return Some(transmit);
                }
            }
        });
        ensure!(gaps == 0 || self.may_skip_gaps, "{gaps} gaps were given up");
        Ok(())
    }

    /// Checks that nothing was dropped here but for `causes`.
    ///
    /// # Errors
    /// What else was dropped.
    pub fn check_drops(&self, causes: &[DropCause]) -> anyhow::Result<()> {
        check_drops(self.endpoint.counters(), causes)?;
        ensure!(self.channel.counters().receive_errors == 0, "a datagram was cut");
        Ok(())
    }
}

/// A send endpoint on its socket, with one publication.
pub struct NativeSender {
    channel: UdpChannel,
    /// The endpoint itself.
    pub endpoint: SendEndpoint,
    /// Losses of what comes in.
    pub loss_in: Loss,
    /// Losses of what goes out.
    pub loss_out: Loss,
    /// What happened to publications, in order.
    pub news: Vec<(PublicationId, PublicationNews)>,
    clock: Clock,
}

impl NativeSender {
    /// Drives an endpoint of `config` over `channel`.
    pub fn new(channel: UdpChannel, config: SendConfig) -> Self {
        Self {
            channel,
            endpoint: SendEndpoint::new(config),
            loss_in: Loss::none(),
            loss_out: Loss::none(),
            news: Vec::new(),
            clock: Clock::start(),
        }
    }

    /// Binds a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn unicast(config: SendConfig) -> anyhow::Result<Self> {
        Self::unicast_from(Ipv4Addr::LOCALHOST.into(), config)
    }

    /// Binds a free port of that address.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn unicast_from(address: IpAddr, config: SendConfig) -> anyhow::Result<Self> {
        let buffers = SocketBuffers { receive_length: SOCKET_BUFFER, send_length: SOCKET_BUFFER };
        Ok(Self::new(UdpChannel::unicast(SocketAddr::new(address, 0), buffers)?, config))
    }

    /// The address bound.
    pub fn address(&self) -> SocketAddr {
        self.channel.local_address()
    }

    /// Opens a publication.
    ///
    /// # Errors
    /// When the pool is used up or the session is taken.
    pub fn publish(
        &mut self,
        stream_id: i32,
        session_id: i32,
        destination: impl Into<SocketAddr>,
    ) -> anyhow::Result<PublicationId> {
        let destination = Destination::Address(destination.into());
        self.open(&PublicationConfig {
            stream_id,
            session_id,
            initial_term_id: i32::MAX - 1,
            destination,
            response_requested: false,
        })
    }

    /// Opens a publication as `config` says.
    ///
    /// # Errors
    /// When the pool is used up or the session is taken.
    pub fn open(&mut self, config: &PublicationConfig) -> anyhow::Result<PublicationId> {
        self.open_at(config, 0)
    }

    /// Opens a publication as `config` says that starts at that position of its stream.
    ///
    /// # Errors
    /// When the pool is used up or the session is taken.
    pub fn open_at(
        &mut self,
        config: &PublicationConfig,
        position: u64,
    ) -> anyhow::Result<PublicationId> {
        match self.endpoint.add_publication_at(config, position) {
            Ok(id) => Ok(id),
            Err(error) => bail!("no publication: {error:?}"),
        }
    }

    /// Whether the message was taken; not when back-pressured or not connected.
    ///
    /// # Errors
    /// When it never will be.
    pub fn offer(&mut self, id: PublicationId, message: &[u8]) -> anyhow::Result<bool> {
        match self.endpoint.offer(id, message) {
            Ok(_) => Ok(true),
            Err(OfferError::BackPressured | OfferError::NotConnected) => Ok(false),
            Err(error) => bail!("our publication refuses a message: {error:?}"),
        }
    }

    /// One turn: what came in, what is due out.
    pub fn work(&mut self) {
        let (endpoint, now_ns) = (&mut self.endpoint, self.clock.now_ns());
        let loss = &mut self.loss_in;
        receive_all(&mut self.channel, |source, datagram| {
            if !loss.takes(datagram) {
                endpoint.on_datagram(now_ns, source, datagram);
            }
        });
        while let Some(event) = endpoint.poll_event() {
            self.news.push((event.id, event.news));
        }
        let loss = &mut self.loss_out;
        self.channel.transmit(|buffer| {
            loop {
                let transmit = endpoint.poll_transmit(now_ns, buffer)?;
                if !loss.takes(&buffer[..transmit.length]) {
                    return Some(transmit);
                }
            }
        });
    }

    /// Whether that happened to that publication.
    pub fn has_news(&self, id: PublicationId, news: PublicationNews) -> bool {
        self.news.contains(&(id, news))
    }

    /// Checks that nothing was dropped here but for `causes`.
    ///
    /// # Errors
    /// What else was dropped.
    pub fn check_drops(&self, causes: &[DropCause]) -> anyhow::Result<()> {
        check_drops(self.endpoint.counters(), causes)?;
        let counters = self.channel.counters();
        ensure!(counters.sends_refused == 0, "{} sends were refused", counters.sends_refused);
        Ok(())
    }
}

/// What waits at the socket, at most [`BATCHES_MAX`] system calls.
fn receive_all(channel: &mut UdpChannel, mut handler: impl FnMut(SocketAddr, &[u8])) {
    for _ in 0..BATCHES_MAX {
        if channel.receive(&mut handler) == 0 {
            break;
        }
    }
}

fn check_drops(counters: &Counters, causes: &[DropCause]) -> anyhow::Result<()> {
    for (cause, count) in counters.drops() {
        let is_allowed = count == 0 || causes.contains(&cause);
        ensure!(is_allowed, "our end dropped {count} for {}", cause.label());
    }
    Ok(())
}

/// A port of 127.0.0.1 that was free a moment ago, for a peer that must be told one.
///
/// # Errors
/// Those of the socket.
pub fn free_port() -> anyhow::Result<u16> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a port")?;
    Ok(socket.local_addr()?.port())
}

const BATCHES_MAX: usize = 32;
const SOCKET_BUFFER: usize = 128 * 1024;

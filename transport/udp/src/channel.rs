//! One UDP socket as the transport uses it: non-blocking, on a named interface, in batches. What
//! the network or the kernel loses is counted and never an error; the protocol above repairs it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};

use forecastle_transport::{ChannelBind, ChannelSocket, Transmit};
use socket2::Socket;

use crate::buffers::SocketBuffers;
use crate::error::UdpError;
use crate::incoming::{Arrival, Incoming};
use crate::offload::Offload;
use crate::outgoing::Outgoing;
use crate::{multicast, socket_options};

/// A socket with its batches, of one IP family. Open it by [`Self::open`] from a channel URI, or by
/// [`Self::unicast`], [`Self::multicast_receiver`] or [`Self::multicast_sender`].
pub struct UdpChannel {
    socket: Socket,
    local_address: SocketAddr,
    incoming: Incoming,
    outgoing: Outgoing,
    receives_offloaded: bool,
    is_stamped: bool,
    counters: UdpCounters,
}

impl UdpChannel {
    /// Opens what a channel URI asks for; buffers that it does not name are those of `defaults`.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn open(socket: &ChannelSocket, defaults: SocketBuffers) -> Result<Self, UdpError> {
        let buffers = SocketBuffers {
            receive_length: socket.receive_buffer_length.unwrap_or(defaults.receive_length),
            send_length: socket.send_buffer_length.unwrap_or(defaults.send_length),
        };
        match socket.bind {
            ChannelBind::Unicast(address) => Self::unicast(address, buffers),
            ChannelBind::GroupReceiver { group, interface } => {
                Self::multicast_receiver(group, interface, buffers)
            }
            ChannelBind::GroupSender { group, interface, time_to_live } => {
                let channel = Self::multicast_sender(group, interface, buffers)?;
                if let Some(hops) = time_to_live {
                    multicast::limit_hops(&channel.socket, group.ip(), hops)?;
                }
                Ok(channel)
            }
        }
    }

    /// Binds a unicast address; port 0 takes a free one. The address names the interface.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn unicast(
        address: impl Into<SocketAddr>,
        buffers: SocketBuffers,
    ) -> Result<Self, UdpError> {
        let address = address.into();
        let ip = address.ip();
        if ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
            return Err(UdpError::NotUnicast { address: ip });
        }
        let socket = buffers.open(address)?;
        socket.bind(&address.into()).map_err(UdpError::on_bind(address))?;
        Self::new(socket)
    }

    /// Joins a data group on one interface, to receive from it and to answer its control group;
    /// port 0 takes a free one. Other sockets on the machine may join the same group and port.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn multicast_receiver(
        group: impl Into<SocketAddr>,
        interface: impl Into<IpAddr>,
        buffers: SocketBuffers,
    ) -> Result<Self, UdpError> {
        let group = group.into();
        multicast::check_data_group(group)?;
        Self::new(multicast::join(group, interface.into(), buffers)?)
    }

    /// Joins the control group of a data group on one interface, to send to the data group and
    /// hear its receivers; port 0 takes a free one, which is then the port of both groups.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn multicast_sender(
        group: impl Into<SocketAddr>,
        interface: impl Into<IpAddr>,
        buffers: SocketBuffers,
    ) -> Result<Self, UdpError> {
        let control = multicast::check_data_group(group.into())?;
        Self::new(multicast::join(control, interface.into(), buffers)?)
    }

    fn new(socket: Socket) -> Result<Self, UdpError> {
        let local = socket.local_addr().map_err(UdpError::io("read a socket's address"))?;
        let local_address = local.as_socket().expect("the socket was opened for IP");
        let offload = Offload::enable(socket.as_raw_fd());
        Ok(Self {
            socket,
            local_address,
            incoming: Incoming::new(!offload.receives),
            outgoing: Outgoing::new(offload.sends),
            receives_offloaded: offload.receives,
            is_stamped: false,
            counters: UdpCounters::default(),
        })
    }

    /// The address bound, with the port that the kernel chose when 0 was asked for; for multicast
    /// the group joined.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Binds the socket to one peer: nothing is taken from another address any more, and what goes
    /// to this one costs the kernel less. For the sender of a unicast stream, or a client that
    /// hears one server.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn connect(&mut self, peer: SocketAddr) -> Result<(), UdpError> {
        self.socket.connect(&peer.into()).map_err(UdpError::io("connect a UDP socket"))?;
        // What others sent before would pass for the peer's.
        self.discard_waiting();
        self.outgoing.connect(peer);
        self.incoming.connect(peer);
        Ok(())
    }

    /// Takes every datagram on its own from here on, with calls that cost less where one comes at
    /// a time: for a socket whose round trips matter more than its bursts. What waits at the socket
    /// is lost, as on the network: call it before traffic begins.
    pub fn stop_receive_offload(&mut self) {
        let socket = self.socket.as_raw_fd();
        if socket_options::set(socket, libc::SOL_UDP, libc::UDP_GRO, 0) {
            self.receives_offloaded = false;
            // Trains that came before would no longer be told apart.
            self.discard_waiting();
            self.incoming.set_plain(!self.is_stamped);
        }
    }

    /// Empties the socket, at most as often as datagrams fit the longest buffer that it may have.
    fn discard_waiting(&mut self) {
        let socket = self.socket.as_raw_fd();
        for _ in 0..DISCARDS_MAX {
            if self.incoming.receive(socket) == Err(libc::EAGAIN) {
                break;
            }
        }
    }

    /// What is left to the kernel. Sending may turn out not to be later: a network card that cannot
    /// cut datagrams apart refuses the first of them.
    pub fn offload(&self) -> Offload {
        Offload { sends: self.outgoing.is_offloaded(), receives: self.receives_offloaded }
    }

    /// Sends every datagram on its own from here on.
    pub fn stop_send_offload(&mut self) {
        self.flush();
        self.outgoing.stop_offload();
    }

    /// Has the kernel say when each datagram arrived, for [`Self::receive_stamped`]; costs every
    /// datagram of the machine a look at the clock. False where the kernel cannot.
    pub fn stamp_arrivals(&mut self) -> bool {
        let socket = self.socket.as_raw_fd();
        if socket_options::set(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1) {
            self.is_stamped = true;
            self.incoming.set_plain(false);
        }
        self.is_stamped
    }

    /// Hands over what waits, in one system call: one buffer, or up to 32 right after a call that
    /// left some behind, each with one datagram or, with offload, up to 64 of one sender. Gives the
    /// number of datagrams; there may be more until it is 0.
    #[inline]
    pub fn receive(&mut self, mut handler: impl FnMut(SocketAddr, &[u8])) -> usize {
        self.receive_stamped(|arrival, datagram| handler(arrival.source, datagram))
    }

    /// As [`Self::receive`], with the time of arrival where [`Self::stamp_arrivals`] is on.
    #[inline]
    pub fn receive_stamped(&mut self, mut handler: impl FnMut(Arrival, &[u8])) -> usize {
        let count = match self.incoming.receive(self.socket.as_raw_fd()) {
            Ok(count) => count,
            Err(libc::EAGAIN | libc::EINTR) => return 0,
            Err(_) => {
                self.counters.receive_errors += 1;
                return 0;
            }
        };
        let mut datagram_count = 0;
        for index in 0..count {
            let Some((arrival, datagrams)) = self.incoming.received(index) else {
                self.counters.receive_errors += 1;
                continue;
            };
            for datagram in datagrams {
                datagram_count += 1;
                self.counters.bytes_in += datagram.len() as u64;
                handler(arrival, datagram);
            }
        }
        self.counters.datagrams_in += datagram_count as u64;
        self.counters.buffers_in += count as u64;
        // Something came even where all of it was in error.
        datagram_count.max(count)
    }

    /// Queues a copy of one datagram, and sends the batch when it is full; [`Self::flush`] sends
    /// the rest.
    ///
    /// # Panics
    /// When `datagram` is longer than 64 KiB.
    #[inline]
    pub fn send(&mut self, destination: SocketAddr, datagram: &[u8]) {
        self.outgoing.next_buffer()[..datagram.len()].copy_from_slice(datagram);
        self.queue(Transmit { destination, length: datagram.len() });
    }

    /// Sends what `next` writes into the buffers it is given, until it has nothing more or
    /// [`TRANSMIT_DATAGRAMS_MAX`] were sent; gives their number. Endpoints' `poll_transmit` fits.
    #[inline]
    pub fn transmit(&mut self, mut next: impl FnMut(&mut [u8]) -> Option<Transmit>) -> usize {
        let mut count = 0;
        while count < TRANSMIT_DATAGRAMS_MAX {
            let Some(transmit) = next(self.outgoing.next_buffer()) else { break };
            self.queue(transmit);
            count += 1;
        }
        self.flush();
        count
    }

    #[inline]
    fn queue(&mut self, transmit: Transmit) {
        if transmit.destination.is_ipv4() != self.local_address.is_ipv4() {
            self.counters.sends_refused += 1;
            return;
        }
        self.outgoing.push(transmit.destination, transmit.length);
        self.counters.datagrams_out += 1;
        self.counters.bytes_out += transmit.length as u64;
        if self.outgoing.is_full() {
            self.flush();
        }
    }

    /// Sends what is queued; gives the number of datagrams the kernel took. Those that it refuses
    /// (no buffers, nobody listening) are lost as on the network, and counted.
    #[inline]
    pub fn flush(&mut self) -> usize {
        if self.outgoing.is_empty() {
            return 0;
        }
        let counters = &mut self.counters;
        self.outgoing.send(self.socket.as_raw_fd(), |error, count| match error {
            libc::ECONNREFUSED => counters.sends_unheard += 1,
            _ => counters.sends_refused += count as u64,
        })
    }

    /// Datagrams that the kernel dropped at this socket since it was opened, because its receive
    /// buffer was full or their checksum wrong; `None` where the kernel does not say. One system
    /// call; wraps at 2^32.
    pub fn dropped_datagrams(&self) -> Option<u32> {
        socket_options::dropped_datagrams(self.socket.as_raw_fd())
    }

    /// What was counted since the channel was opened.
    pub fn counters(&self) -> &UdpCounters {
        &self.counters
    }
}

impl AsRawFd for UdpChannel {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// Counts of one channel since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpCounters {
    /// Datagrams received.
    pub datagrams_in: u64,
    /// Buffers they came in: fewer with offload.
    pub buffers_in: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Datagrams handed to the kernel or refused by it.
    pub datagrams_out: u64,
    /// Bytes handed to the kernel or refused by it.
    pub bytes_out: u64,
    /// Sends for which nobody listened (an earlier one, as the kernel reports it).
    pub sends_unheard: u64,
    /// Sends that the kernel refused: no buffer, no route, the other IP family.
    pub sends_refused: u64,
    /// Failed or cut receptions.
    pub receive_errors: u64,
}

/// Looks at a socket that is emptied: a gibibyte of buffer holds no more of the shortest datagrams.
const DISCARDS_MAX: usize = 1 << 20;
/// Datagrams that one [`UdpChannel::transmit`] call sends at most.
pub const TRANSMIT_DATAGRAMS_MAX: usize = 256;

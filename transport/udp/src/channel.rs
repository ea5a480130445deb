//! One UDP socket as the transport uses it: non-blocking, on a named interface, in batches. What
//! the network or the kernel loses is counted and never an error; the protocol above repairs it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::{AsRawFd, RawFd};

use forecastle_transport::{Transmit, control_address};
use socket2::{Domain, Protocol, Socket, Type};

use crate::error::UdpError;
use crate::incoming::Incoming;
use crate::offload::Offload;
use crate::outgoing::Outgoing;

/// A socket with its batches. Open it by [`Self::unicast`], [`Self::multicast_receiver`] or
/// [`Self::multicast_sender`].
pub struct UdpChannel {
    socket: Socket,
    local_address: SocketAddrV4,
    incoming: Incoming,
    outgoing: Outgoing,
    receives_offloaded: bool,
    counters: UdpCounters,
}

impl UdpChannel {
    /// Binds a unicast address; port 0 takes a free one. The address names the interface.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn unicast(address: SocketAddrV4, buffers: SocketBuffers) -> Result<Self, UdpError> {
        if address.ip().is_multicast() || address.ip().is_broadcast() {
            return Err(UdpError::NotUnicast { address: *address.ip() });
        }
        let socket = open(buffers)?;
        socket.bind(&address.into()).map_err(UdpError::on_bind(address))?;
        Self::new(socket)
    }

    /// Joins a data group on one interface, to receive from it and to answer its control group;
    /// port 0 takes a free one. Other sockets on the machine may join the same group and port.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn multicast_receiver(
        group: SocketAddrV4,
        interface: Ipv4Addr,
        buffers: SocketBuffers,
    ) -> Result<Self, UdpError> {
        check_data_group(group)?;
        Self::join(group, interface, buffers)
    }

    /// Joins the control group of a data group on one interface, to send to the data group and
    /// hear its receivers; port 0 takes a free one, which is then the port of both groups.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn multicast_sender(
        group: SocketAddrV4,
        interface: Ipv4Addr,
        buffers: SocketBuffers,
    ) -> Result<Self, UdpError> {
        Self::join(check_data_group(group)?, interface, buffers)
    }

    fn join(
        group: SocketAddrV4,
        interface: Ipv4Addr,
        buffers: SocketBuffers,
    ) -> Result<Self, UdpError> {
        if interface.is_unspecified() {
            return Err(UdpError::InterfaceUnspecified);
        }
        let socket = open(buffers)?;
        // A port that the kernel chooses must be free of other groups' sockets, so it is taken
        // before this socket declares that it shares.
        if group.port() != 0 {
            share_port(&socket)?;
        }
        // Bound to the group, not to ANY: datagrams to other addresses on this port stay out.
        socket.bind(&group.into()).map_err(UdpError::on_bind(group))?;
        if group.port() == 0 {
            share_port(&socket)?;
        }
        socket
            .set_multicast_all_v4(false)
            .map_err(UdpError::io("limit a socket to its own groups"))?;
        socket.join_multicast_v4(group.ip(), &interface).map_err(UdpError::on_join(interface))?;
        socket.set_multicast_if_v4(&interface).map_err(UdpError::on_join(interface))?;
        let time_to_live = if interface.is_loopback() { 0 } else { 1 };
        socket
            .set_multicast_ttl_v4(time_to_live)
            .map_err(UdpError::io("set the multicast time to live"))?;
        socket.set_multicast_loop_v4(true).map_err(UdpError::io("set multicast loopback"))?;
        Self::new(socket)
    }

    fn new(socket: Socket) -> Result<Self, UdpError> {
        let local = socket.local_addr().map_err(UdpError::io("read a socket's address"))?;
        let local_address = local.as_socket_ipv4().expect("the socket was opened for IPv4");
        let offload = Offload::enable(socket.as_raw_fd());
        Ok(Self {
            socket,
            local_address,
            incoming: Incoming::new(),
            outgoing: Outgoing::new(offload.sends),
            receives_offloaded: offload.receives,
            counters: UdpCounters::default(),
        })
    }

    /// The address bound, with the port that the kernel chose when 0 was asked for; for multicast
    /// the group joined.
    pub fn local_address(&self) -> SocketAddr {
        SocketAddr::V4(self.local_address)
    }

    /// Binds the socket to one peer: nothing is taken from another address any more, and what goes
    /// to this one costs the kernel less. For the sender of a unicast stream, or a client that
    /// hears one server.
    ///
    /// # Errors
    /// See [`UdpError`].
    pub fn connect(&mut self, peer: SocketAddr) -> Result<(), UdpError> {
        self.socket.connect(&peer.into()).map_err(UdpError::io("connect a UDP socket"))?;
        let SocketAddr::V4(peer) = peer else { return Ok(()) };
        self.outgoing.connect(peer);
        Ok(())
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

    /// Hands over what waits, in one system call: one buffer, or up to 32 right after a call that
    /// left some behind, each with one datagram or, with offload, up to 64 of one sender. Gives the
    /// number of datagrams; there may be more until it is 0.
    #[inline]
    pub fn receive(&mut self, mut handler: impl FnMut(SocketAddr, &[u8])) -> usize {
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
            let Some((source, datagrams)) = self.incoming.received(index) else {
                self.counters.receive_errors += 1;
                continue;
            };
            for datagram in datagrams {
                datagram_count += 1;
                self.counters.bytes_in += datagram.len() as u64;
                handler(source, datagram);
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
        let SocketAddr::V4(destination) = transmit.destination else {
            self.counters.sends_refused += 1;
            return;
        };
        self.outgoing.push(destination, transmit.length);
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

/// Kernel buffers to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketBuffers {
    /// Receive buffer in bytes, checked after setting; 0 leaves the kernel's default.
    pub receive_length: usize,
    /// Send buffer in bytes, taken as the kernel grants it; 0 leaves the kernel's default.
    pub send_length: usize,
}

impl SocketBuffers {
    /// Buffers for a receive window: as long as the window both ways.
    pub const fn for_window(window_length: usize) -> Self {
        Self { receive_length: window_length, send_length: window_length }
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
    /// Sends that the kernel refused: no buffer, no route, not IPv4.
    pub sends_refused: u64,
    /// Failed or cut receptions.
    pub receive_errors: u64,
}

/// Datagrams that one [`UdpChannel::transmit`] call sends at most.
pub const TRANSMIT_DATAGRAMS_MAX: usize = 256;

fn check_data_group(group: SocketAddrV4) -> Result<SocketAddrV4, UdpError> {
    if !group.ip().is_multicast() {
        return Err(UdpError::NotMulticast { group: *group.ip() });
    }
    control_address(group).ok_or(UdpError::EvenDataGroup { group: *group.ip() })
}

fn open(buffers: SocketBuffers) -> Result<Socket, UdpError> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))
        .map_err(UdpError::io("open a UDP socket"))?;
    socket.set_nonblocking(true).map_err(UdpError::io("make a socket non-blocking"))?;
    if buffers.send_length > 0 {
        socket
            .set_send_buffer_size(buffers.send_length)
            .map_err(UdpError::io("set a socket's send buffer"))?;
    }
    if buffers.receive_length > 0 {
        socket
            .set_recv_buffer_size(buffers.receive_length)
            .map_err(UdpError::io("set a socket's receive buffer"))?;
        // Linux doubles what it is asked for, to cover its bookkeeping, and reads back the double.
        let granted =
            socket.recv_buffer_size().map_err(UdpError::io("read a socket's receive buffer"))? / 2;
        if granted < buffers.receive_length {
            let needed = buffers.receive_length;
            return Err(UdpError::ReceiveBufferTooShort { granted, needed });
        }
    }
    Ok(socket)
}

fn share_port(socket: &Socket) -> Result<(), UdpError> {
    socket.set_reuse_address(true).map_err(UdpError::io("share a multicast port"))?;
    socket.set_reuse_port(true).map_err(UdpError::io("share a multicast port"))
}

//! Kernel buffers of a socket, checked when it is opened: a receive buffer shorter than the window
//! that is advertised would lose what was asked for.

use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

use crate::error::UdpError;

/// Kernel buffers to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketBuffers {
    /// Receive buffer in bytes, checked after setting; 0 leaves the kernel's default.
    pub receive_length: usize,
    /// Send buffer in bytes, checked after setting; 0 leaves the kernel's default.
    pub send_length: usize,
}

impl SocketBuffers {
    /// Buffers for a receive window: as long as the window both ways.
    pub const fn for_window(window_length: usize) -> Self {
        Self { receive_length: window_length, send_length: window_length }
    }

    /// A non-blocking UDP socket of `address`'s family with these buffers.
    pub(crate) fn open(self, address: SocketAddr) -> Result<Socket, UdpError> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))
            .map_err(UdpError::io("open a UDP socket"))?;
        socket.set_nonblocking(true).map_err(UdpError::io("make a socket non-blocking"))?;
        if address.is_ipv6() {
            socket.set_only_v6(true).map_err(UdpError::io("keep a socket to IPv6"))?;
        }
        if self.receive_length > 0 {
            let needed = self.receive_length;
            socket
                .set_recv_buffer_size(needed)
                .map_err(UdpError::io("set a socket's receive buffer"))?;
            let granted = socket.recv_buffer_size();
            let granted =
                granted.map_err(UdpError::io("read a socket's receive buffer"))? / DOUBLED;
            if granted < needed {
                return Err(UdpError::ReceiveBufferTooShort { granted, needed });
            }
        }
        if self.send_length > 0 {
            let needed = self.send_length;
            socket
                .set_send_buffer_size(needed)
                .map_err(UdpError::io("set a socket's send buffer"))?;
            let granted = socket.send_buffer_size();
            let granted = granted.map_err(UdpError::io("read a socket's send buffer"))? / DOUBLED;
            if granted < needed {
                return Err(UdpError::SendBufferTooShort { granted, needed });
            }
        }
        Ok(socket)
    }
}

/// Linux doubles what it is asked for, to cover its bookkeeping, and reads back the double.
const DOUBLED: usize = 2;

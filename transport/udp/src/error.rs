//! What can go wrong when a socket is opened: each in one line that says how to go on.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// A socket could not be opened or set up as asked.
#[derive(Debug)]
pub enum UdpError {
    /// Another process, or another socket of this one, has the port.
    PortInUse {
        /// Address asked for.
        address: SocketAddr,
    },
    /// No interface of this machine has the address.
    NoSuchInterface {
        /// Address asked for.
        interface: IpAddr,
    },
    /// The interface is not named; a multicast socket never guesses.
    InterfaceUnspecified,
    /// Not an address in 224.0.0.0/4 or ff00::/8.
    NotMulticast {
        /// Address asked for.
        group: IpAddr,
    },
    /// A data group's last byte must be odd, since the next address is its control group.
    EvenDataGroup {
        /// Address asked for.
        group: IpAddr,
    },
    /// A unicast socket was asked to bind a multicast or broadcast address.
    NotUnicast {
        /// Address asked for.
        address: IpAddr,
    },
    /// Group and interface are of different families.
    FamiliesDiffer {
        /// Address asked for.
        group: IpAddr,
        /// Address of the interface.
        interface: IpAddr,
    },
    /// Nothing says that IPv6 multicast may leave by the interface: loopback has no such route.
    NoMulticastRoute {
        /// Address asked for.
        group: IpAddr,
        /// Address of the interface.
        interface: IpAddr,
    },
    /// The kernel gave a shorter receive buffer than the receiver window needs.
    ReceiveBufferTooShort {
        /// Bytes the kernel grants.
        granted: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// The kernel gave a shorter send buffer than was asked for.
    SendBufferTooShort {
        /// Bytes the kernel grants.
        granted: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// Any other refusal of the kernel.
    Io {
        /// What was being done.
        doing: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
}

impl UdpError {
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }

    pub(crate) fn on_bind(address: SocketAddr) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { address },
            io::ErrorKind::AddrNotAvailable => Self::NoSuchInterface { interface: address.ip() },
            _ => Self::Io { doing: "bind a UDP socket", source },
        }
    }

    pub(crate) fn on_join(interface: IpAddr) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.raw_os_error() {
            Some(libc::ENODEV | libc::EADDRNOTAVAIL) => Self::NoSuchInterface { interface },
            _ => Self::Io { doing: "join a multicast group", source },
        }
    }
}

impl fmt::Display for UdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse { address } => {
                write!(f, "UDP {address} is in use: stop the other process or choose a port")
            }
            Self::NoSuchInterface { interface } => {
                write!(f, "no interface has the address {interface}: see `ip address`")
            }
            Self::InterfaceUnspecified => {
                write!(f, "multicast needs the address of an interface, for example 127.0.0.1")
            }
            Self::NotMulticast { group } => {
                write!(
                    f,
                    "{group} is not a multicast group: choose one in 239.0.0.0/8 or ff15::/16"
                )
            }
            Self::EvenDataGroup { group } => {
                write!(f, "data group {group} ends in an even byte: choose an odd one")
            }
            Self::NotUnicast { address } => {
                write!(f, "{address} is not a unicast address: open it as a multicast channel")
            }
            Self::FamiliesDiffer { group, interface } => {
                write!(f, "group {group} is not of the family of interface {interface}")
            }
            Self::NoMulticastRoute { group, interface } => write!(
                f,
                "no route to {group} by the interface of {interface}: run \
                 `ip -6 route add multicast ff00::/8 dev NAME table local`"
            ),
            Self::SendBufferTooShort { granted, needed } => write!(
                f,
                "the kernel grants {granted} bytes of send buffer of {needed}: run \
                 `sysctl -w net.core.wmem_max={needed}` or ask for less"
            ),
            Self::ReceiveBufferTooShort { granted, needed } => write!(
                f,
                "the kernel grants {granted} bytes of receive buffer where the window needs \
                 {needed}: run `sysctl -w net.core.rmem_max={needed}` or shorten the window"
            ),
            Self::Io { doing, source } => write!(f, "cannot {doing}: {source}"),
        }
    }
}

impl std::error::Error for UdpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

//! What the kernel's calls take and give, between our types and its own.

use std::mem;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// Room for one datagram: UDP's largest payload, rounded up.
pub(crate) const DATAGRAM_LENGTH_MAX: usize = 64 * 1024;

/// Length of an IPv4 address as the kernel wants it.
pub(crate) const ADDRESS_LENGTH: libc::socklen_t =
    mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;

/// The address of nobody, to be overwritten.
pub(crate) fn no_address() -> libc::sockaddr_in {
    to_kernel(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0))
}

#[inline]
pub(crate) fn to_kernel(address: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
        sin_zero: [0; 8],
    }
}

#[inline]
pub(crate) fn from_kernel(address: &libc::sockaddr_in) -> SocketAddr {
    let ip = Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr));
    SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(address.sin_port)))
}

/// The error number of the last failed call.
pub(crate) fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

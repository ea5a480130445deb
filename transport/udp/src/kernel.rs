//! What the kernel's calls take and give, between our types and its own.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// Room for one datagram: UDP's largest payload, rounded up.
pub(crate) const DATAGRAM_LENGTH_MAX: usize = 64 * 1024;

/// An address as the kernel has it: `sockaddr_in` or `sockaddr_in6`, told apart by its family.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct KernelAddress {
    bytes: [u8; Self::LENGTH_MAX as usize],
}

impl KernelAddress {
    /// Room for either.
    pub(crate) const LENGTH_MAX: libc::socklen_t =
        size_of::<libc::sockaddr_in6>() as libc::socklen_t;

    /// The address of nobody, to be overwritten.
    pub(crate) const NOBODY: Self = Self { bytes: [0; Self::LENGTH_MAX as usize] };

    /// The address with the length that the kernel wants to hear for it.
    #[inline]
    pub(crate) fn of(address: SocketAddr) -> (Self, libc::socklen_t) {
        let mut bytes = [0; Self::LENGTH_MAX as usize];
        bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
        let (family, length) = match address {
            SocketAddr::V4(address) => {
                bytes[4..8].copy_from_slice(&address.ip().octets());
                (libc::AF_INET, size_of::<libc::sockaddr_in>())
            }
            SocketAddr::V6(address) => {
                bytes[4..8].copy_from_slice(&address.flowinfo().to_ne_bytes());
                bytes[8..24].copy_from_slice(&address.ip().octets());
                bytes[24..28].copy_from_slice(&address.scope_id().to_ne_bytes());
                (libc::AF_INET6, size_of::<libc::sockaddr_in6>())
            }
        };
        bytes[..2].copy_from_slice(&(family as libc::sa_family_t).to_ne_bytes());
        (Self { bytes }, length as libc::socklen_t)
    }

    /// Our form of it; `None` for neither family.
    #[inline]
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let bytes = &self.bytes;
        let family = libc::c_int::from(libc::sa_family_t::from_ne_bytes([bytes[0], bytes[1]]));
        let port = u16::from_be_bytes([bytes[2], bytes[3]]);
        let four = [bytes[4], bytes[5], bytes[6], bytes[7]];
        match family {
            libc::AF_INET => Some(SocketAddr::from((Ipv4Addr::from(four), port))),
            libc::AF_INET6 => {
                let mut sixteen = [0; 16];
                sixteen.copy_from_slice(&bytes[8..24]);
                let scope = u32::from_ne_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
                let ip = Ipv6Addr::from(sixteen);
                Some(SocketAddrV6::new(ip, port, u32::from_ne_bytes(four), scope).into())
            }
            _ => None,
        }
    }
}

/// The error number of the last failed call.
pub(crate) fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_there_and_back() {
        for text in ["127.0.0.1:9100", "239.255.0.1:1", "[::1]:65535", "[fe80::1%7]:5"] {
            let address: SocketAddr = text.parse().unwrap();
            let (kernel, length) = KernelAddress::of(address);
            assert_eq!(kernel.address(), Some(address));
            assert_eq!(length, if address.is_ipv4() { 16 } else { 28 });
        }
        let (four, _) = KernelAddress::of("1.2.3.4:258".parse().unwrap());
        assert_eq!(four.bytes[2..8], [1, 2, 1, 2, 3, 4], "network order");
        assert_eq!(KernelAddress::NOBODY.address(), None);
    }
}

//! A batch of datagrams for one recvmmsg or sendmmsg call: buffers, addresses and the kernel's
//! arrays over them, allocated once. The only place that hands pointers to the kernel.
#![allow(unsafe_code)]

use std::mem;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::RawFd;

/// Datagrams in one system call.
pub(crate) const BATCH_LENGTH: usize = 32;
/// Room for one datagram: UDP's largest payload, rounded up.
pub(crate) const DATAGRAM_LENGTH_MAX: usize = 64 * 1024;

/// Buffers, addresses and headers of up to [`BATCH_LENGTH`] datagrams. The three parts live in
/// boxes whose contents never move, and the headers point into the other two for ever.
pub(crate) struct Batch {
    bytes: Box<[u8]>,
    addresses: Box<[libc::sockaddr_in]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
    length: usize,
}

// SAFETY: the raw pointers inside lead only into boxes that the same value owns, so moving it to
// another thread moves everything they reach.
unsafe impl Send for Batch {}

impl Batch {
    pub(crate) fn new() -> Self {
        let mut bytes = vec![0u8; BATCH_LENGTH * DATAGRAM_LENGTH_MAX].into_boxed_slice();
        let mut addresses =
            vec![to_kernel(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0)); BATCH_LENGTH]
                .into_boxed_slice();
        let mut vectors: Box<[_]> = bytes
            .chunks_exact_mut(DATAGRAM_LENGTH_MAX)
            .map(|chunk| libc::iovec {
                iov_base: chunk.as_mut_ptr().cast(),
                iov_len: DATAGRAM_LENGTH_MAX,
            })
            .collect();
        let headers = vectors
            .iter_mut()
            .zip(addresses.iter_mut())
            .map(|(vector, address)| {
                // SAFETY: msghdr is plain data for which all zero bytes is a valid value (no
                // control data, no flags).
                let mut header: libc::msghdr = unsafe { mem::zeroed() };
                header.msg_name = (&raw mut *address).cast();
                header.msg_namelen = ADDRESS_LENGTH;
                header.msg_iov = vector;
                header.msg_iovlen = 1;
                libc::mmsghdr { msg_hdr: header, msg_len: 0 }
            })
            .collect();
        Self { bytes, addresses, vectors, headers, length: 0 }
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }

    pub(crate) fn is_full(&self) -> bool {
        self.length == BATCH_LENGTH
    }

    /// Receives what waits on `socket`, at most one batch; the number of datagrams.
    pub(crate) fn receive(&mut self, socket: RawFd) -> Result<usize, i32> {
        for (header, vector) in self.headers.iter_mut().zip(self.vectors.iter_mut()) {
            header.msg_hdr.msg_namelen = ADDRESS_LENGTH;
            vector.iov_len = DATAGRAM_LENGTH_MAX;
        }
        let headers = self.headers.as_mut_ptr();
        let count = BATCH_LENGTH as libc::c_uint;
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: `headers` holds BATCH_LENGTH entries whose names and vectors point to buffers of
        // the stated lengths that this value owns and nobody else borrows now (`&mut self`); a null
        // timeout means none.
        let received =
            unsafe { libc::recvmmsg(socket, headers, count, flags, std::ptr::null_mut()) };
        let received = usize::try_from(received).map_err(|_| last_error())?;
        Ok(received)
    }

    /// The `index`-th datagram of the last [`Self::receive`]; `None` when it was cut or did not
    /// come from an IPv4 address.
    #[inline]
    pub(crate) fn received(&self, index: usize) -> Option<(SocketAddr, &[u8])> {
        let header = &self.headers[index];
        let is_whole = header.msg_hdr.msg_flags & libc::MSG_TRUNC == 0;
        let address = &self.addresses[index];
        let is_ipv4 = i32::from(address.sin_family) == libc::AF_INET;
        if !is_whole || !is_ipv4 {
            return None;
        }
        let start = index * DATAGRAM_LENGTH_MAX;
        let length = (header.msg_len as usize).min(DATAGRAM_LENGTH_MAX);
        Some((from_kernel(address), &self.bytes[start..start + length]))
    }

    /// The buffer of the next datagram to send.
    #[inline]
    pub(crate) fn next_buffer(&mut self) -> &mut [u8] {
        let start = self.length * DATAGRAM_LENGTH_MAX;
        &mut self.bytes[start..start + DATAGRAM_LENGTH_MAX]
    }

    /// Adds the datagram of `length` bytes that was written into [`Self::next_buffer`].
    #[inline]
    pub(crate) fn push(&mut self, destination: SocketAddrV4, length: usize) {
        assert!(length <= DATAGRAM_LENGTH_MAX && !self.is_full());
        self.addresses[self.length] = to_kernel(destination);
        self.vectors[self.length].iov_len = length;
        self.length += 1;
    }

    /// Sends everything added; a datagram that the kernel refuses is passed to `refused` and left
    /// out. Gives the number sent.
    pub(crate) fn send(&mut self, socket: RawFd, mut refused: impl FnMut(i32)) -> usize {
        let (mut next, mut sent) = (0, 0);
        while next < self.length {
            let headers = self.headers[next..self.length].as_mut_ptr();
            let count = (self.length - next) as libc::c_uint;
            // SAFETY: `headers` holds `count` initialised entries whose names and vectors point to
            // initialised buffers of the stated lengths that this value owns.
            let done = unsafe { libc::sendmmsg(socket, headers, count, libc::MSG_DONTWAIT) };
            match usize::try_from(done) {
                Ok(done) if done > 0 => {
                    next += done;
                    sent += done;
                }
                _ => {
                    refused(last_error());
                    next += 1;
                }
            }
        }
        self.length = 0;
        sent
    }
}

fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn to_kernel(address: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
        sin_zero: [0; 8],
    }
}

fn from_kernel(address: &libc::sockaddr_in) -> SocketAddr {
    let ip = Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr));
    SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(address.sin_port)))
}

const ADDRESS_LENGTH: libc::socklen_t = mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;

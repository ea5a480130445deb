//! Datagrams received in one recvmmsg call: buffers, addresses and the kernel's arrays over them,
//! allocated once. With receive offload the kernel hands over several datagrams of one sender as
//! one buffer and says where to cut it.
#![allow(unsafe_code)]

use std::mem;
use std::net::SocketAddr;
use std::os::fd::RawFd;

use crate::control::Control;
use crate::kernel::{DATAGRAM_LENGTH_MAX, KernelAddress, last_error};

/// Buffers in one system call.
pub(crate) const BUFFERS_MAX: usize = 32;

/// Buffers, addresses, control data and headers. The parts live in boxes whose contents never move,
/// and the headers point into the others for ever.
pub(crate) struct Incoming {
    bytes: Box<[u8]>,
    addresses: Box<[KernelAddress]>,
    controls: Box<[Control]>,
    /// Only pointed to by the headers.
    _vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
    /// Headers that the last call wrote to.
    used_count: usize,
    /// Buffers that the next call asks for: one, and all once one was filled. A call that asks for
    /// more than what waits looks once in vain before it hands anything over.
    asked_count: usize,
    /// Whether the kernel says nothing beside the bytes: no receive offload, no arrival times.
    is_plain: bool,
    /// The address that the socket is connected to: nothing comes from another.
    peer: Option<SocketAddr>,
}

// SAFETY: the raw pointers inside lead only into boxes that the same value owns, so moving it to
// another thread moves everything they reach.
unsafe impl Send for Incoming {}

impl Incoming {
    pub(crate) fn new(is_plain: bool) -> Self {
        let mut bytes = vec![0u8; BUFFERS_MAX * DATAGRAM_LENGTH_MAX].into_boxed_slice();
        let mut addresses = vec![KernelAddress::NOBODY; BUFFERS_MAX].into_boxed_slice();
        let mut controls: Box<[_]> = (0..BUFFERS_MAX).map(|_| Control::EMPTY).collect();
        let mut vectors: Box<[_]> = bytes
            .chunks_exact_mut(DATAGRAM_LENGTH_MAX)
            .map(|chunk| libc::iovec {
                iov_base: chunk.as_mut_ptr().cast(),
                iov_len: DATAGRAM_LENGTH_MAX,
            })
            .collect();
        let parts = vectors.iter_mut().zip(addresses.iter_mut()).zip(controls.iter_mut());
        let headers: Box<[_]> = parts
            .map(|((vector, address), control)| {
                // SAFETY: msghdr is plain data for which all zero bytes is a valid value (no
                // control data, no flags).
                let mut header: libc::msghdr = unsafe { mem::zeroed() };
                header.msg_name = (&raw mut *address).cast();
                header.msg_namelen = KernelAddress::LENGTH_MAX;
                header.msg_iov = vector;
                header.msg_iovlen = 1;
                header.msg_control = (&raw mut *control).cast();
                libc::mmsghdr { msg_hdr: header, msg_len: 0 }
            })
            .collect();
        let used_count = headers.len();
        Self {
            bytes,
            addresses,
            controls,
            _vectors: vectors,
            headers,
            used_count,
            asked_count: 1,
            is_plain,
            peer: None,
        }
    }

    /// Says whether the kernel says nothing beside the bytes from here on.
    pub(crate) fn set_plain(&mut self, is_plain: bool) {
        self.is_plain = is_plain;
    }

    /// Says that the socket is connected to `peer`, and that nothing of another waits there.
    pub(crate) fn connect(&mut self, peer: SocketAddr) {
        self.peer = Some(peer);
    }

    /// Receives what waits on `socket`, at most [`BUFFERS_MAX`] buffers; their number.
    #[inline]
    pub(crate) fn receive(&mut self, socket: RawFd) -> Result<usize, i32> {
        for header in &mut self.headers[..self.used_count] {
            header.msg_hdr.msg_namelen = KernelAddress::LENGTH_MAX;
            header.msg_hdr.msg_controllen = Control::LENGTH;
        }
        // A call that fails writes to the first at most.
        self.used_count = 1;
        if self.asked_count == 1 {
            return self.receive_one(socket);
        }
        let headers = self.headers.as_mut_ptr();
        let count = self.asked_count as libc::c_uint;
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: `headers` holds at least `count` entries whose names, vectors and control data
        // point to buffers of the stated lengths that this value owns and nobody else borrows now
        // (`&mut self`); a null timeout means none.
        let received =
            unsafe { libc::recvmmsg(socket, headers, count, flags, std::ptr::null_mut()) };
        let Ok(received) = usize::try_from(received) else {
            self.asked_count = 1;
            return Err(last_error());
        };
        let is_full = received == self.asked_count;
        self.asked_count = if is_full { BUFFERS_MAX } else { 1 };
        // The kernel may have begun on the one after the last.
        self.used_count = (received + 1).min(BUFFERS_MAX);
        Ok(received)
    }

    /// Receives one buffer by the call that costs least: a socket at which nothing waits, which is
    /// looked at over and over, is told of the fewest things.
    #[inline]
    fn receive_one(&mut self, socket: RawFd) -> Result<usize, i32> {
        let flags = libc::MSG_DONTWAIT;
        let header = &mut self.headers[0];
        let received = if !self.is_plain {
            // SAFETY: the first header's name, vector and control data point to buffers of the
            // stated lengths that this value owns and nobody else borrows now (`&mut self`).
            unsafe { libc::recvmsg(socket, &raw mut header.msg_hdr, flags) }
        } else {
            header.msg_hdr.msg_controllen = 0;
            header.msg_hdr.msg_flags = 0;
            let to = self.bytes.as_mut_ptr().cast();
            let (name, name_length) = match self.peer {
                Some(_) => (std::ptr::null_mut(), std::ptr::null_mut()),
                None => (header.msg_hdr.msg_name, &raw mut header.msg_hdr.msg_namelen),
            };
            // SAFETY: `to` points to the first buffer, as long as stated; the name is none, or
            // points to an address of the length behind it; nobody else borrows them now.
            unsafe {
                libc::recvfrom(socket, to, DATAGRAM_LENGTH_MAX, flags, name.cast(), name_length)
            }
        };
        let Ok(length) = libc::c_uint::try_from(received) else {
            return Err(last_error());
        };
        header.msg_len = length;
        self.asked_count = BUFFERS_MAX;
        Ok(1)
    }

    /// The `index`-th buffer of the last [`Self::receive`]: its sender, when it arrived where that
    /// is asked for, and its datagrams; `None` when it was cut or its sender is no IP address.
    #[inline]
    pub(crate) fn received(&self, index: usize) -> Option<(Arrival, impl Iterator<Item = &[u8]>)> {
        let header = &self.headers[index];
        if header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 {
            return None;
        }
        let source = match self.peer {
            Some(peer) => peer,
            None => self.addresses[index].address()?,
        };
        let start = index * DATAGRAM_LENGTH_MAX;
        let length = (header.msg_len as usize).min(DATAGRAM_LENGTH_MAX);
        let bytes = &self.bytes[start..start + length];
        let notes = self.controls[index].read(header.msg_hdr.msg_controllen);
        // An empty datagram is one, too.
        let empty = bytes.is_empty().then_some(bytes);
        let segments = bytes.chunks(notes.segment_length.unwrap_or(DATAGRAM_LENGTH_MAX));
        let arrival = Arrival { source, arrived_ns: notes.arrived_ns };
        Some((arrival, segments.chain(empty)))
    }
}

/// Where a datagram came from, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Address of the sender.
    pub source: SocketAddr,
    /// When the kernel got it, ns of the wall clock since 1970; of datagrams that came together
    /// the first. Only where [`UdpChannel::stamp_arrivals`](crate::UdpChannel::stamp_arrivals) is
    /// on.
    pub arrived_ns: Option<u64>,
}

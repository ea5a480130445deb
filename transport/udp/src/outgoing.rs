//! Datagrams sent in one sendmmsg call, in trains: datagrams to one destination, all of one length
//! but for a shorter last one, lie back to back and are one entry of the call. The kernel, or the
//! network card, cuts a train apart (UDP segmentation offload), which costs it far less than as
//! many datagrams on their own. Buffers, addresses and the kernel's arrays are allocated once.
#![allow(unsafe_code)]

use std::mem;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::RawFd;

use crate::kernel::{DATAGRAM_LENGTH_MAX, KernelAddress, last_error};

/// Trains of up to [`SEGMENTS_MAX`] datagrams. The parts live in boxes whose contents never move,
/// and the headers point into the others for ever.
pub(crate) struct Outgoing {
    bytes: Box<[u8]>,
    addresses: Box<[KernelAddress]>,
    controls: Box<[Control]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
    trains: Box<[Train]>,
    /// Trains begun.
    length: usize,
    /// The train that grew last.
    last: usize,
    /// Datagrams that a train may have: 1 without offload.
    segments_max: usize,
    /// The address that the socket is connected to: trains to it need not name it.
    peer: Option<SocketAddr>,
}

// SAFETY: the raw pointers inside lead only into boxes that the same value owns, so moving it to
// another thread moves everything they reach.
unsafe impl Send for Outgoing {}

impl Outgoing {
    pub(crate) fn new(is_offloaded: bool) -> Self {
        let mut bytes = vec![0u8; TRAINS_MAX * TRAIN_ROOM].into_boxed_slice();
        let mut addresses = vec![KernelAddress::NOBODY; TRAINS_MAX].into_boxed_slice();
        let mut controls: Box<[_]> = (0..TRAINS_MAX).map(|_| Control::new()).collect();
        let mut vectors: Box<[_]> = bytes
            .chunks_exact_mut(TRAIN_ROOM)
            .map(|chunk| libc::iovec { iov_base: chunk.as_mut_ptr().cast(), iov_len: 0 })
            .collect();
        let parts = vectors.iter_mut().zip(addresses.iter_mut()).zip(controls.iter_mut());
        let headers = parts
            .map(|((vector, address), control)| {
                // SAFETY: msghdr is plain data for which all zero bytes is a valid value (no
                // control data, no flags).
                let mut header: libc::msghdr = unsafe { mem::zeroed() };
                header.msg_name = (&raw mut *address).cast();
                header.msg_iov = vector;
                header.msg_iovlen = 1;
                header.msg_control = (&raw mut *control).cast();
                libc::mmsghdr { msg_hdr: header, msg_len: 0 }
            })
            .collect();
        let segments_max = if is_offloaded { SEGMENTS_MAX } else { 1 };
        let trains = vec![Train::NONE; TRAINS_MAX].into_boxed_slice();
        Self {
            bytes,
            addresses,
            controls,
            vectors,
            headers,
            trains,
            length: 0,
            last: 0,
            segments_max,
            peer: None,
        }
    }

    /// Says that the socket is connected to `peer`.
    pub(crate) fn connect(&mut self, peer: SocketAddr) {
        self.peer = Some(peer);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether the next datagram might find no room.
    pub(crate) fn is_full(&self) -> bool {
        self.length == TRAINS_MAX - 1
    }

    pub(crate) fn is_offloaded(&self) -> bool {
        self.segments_max > 1
    }

    /// Sends every datagram on its own from here on.
    pub(crate) fn stop_offload(&mut self) {
        self.segments_max = 1;
        self.trains.iter_mut().for_each(|train| train.is_open = false);
    }

    /// The buffer of the next datagram to send: where it will stand if the destinations take turns.
    #[inline]
    pub(crate) fn next_buffer(&mut self) -> &mut [u8] {
        let start = self.next_start();
        &mut self.bytes[start..start + DATAGRAM_LENGTH_MAX]
    }

    /// Where the next datagram is written: behind the train after the one that grew last, else
    /// behind that one, else where a new one begins.
    #[inline]
    fn next_start(&self) -> usize {
        let after = if self.last + 1 < self.length { self.last + 1 } else { 0 };
        let open = [after, self.last].into_iter().find(|train| self.trains[*train].is_open);
        open.map_or(self.length * TRAIN_ROOM, |train| self.end_of(train))
    }

    #[inline]
    fn end_of(&self, train: usize) -> usize {
        train * TRAIN_ROOM + self.trains[train].length
    }

    /// Adds the datagram of `length` bytes that was written into [`Self::next_buffer`].
    #[inline]
    pub(crate) fn push(&mut self, destination: SocketAddr, length: usize) {
        assert!(length <= DATAGRAM_LENGTH_MAX && self.length < TRAINS_MAX);
        let written = self.next_start();
        let train = self.train_to(destination, length);
        let start = self.end_of(train);
        if written != start {
            self.bytes.copy_within(written..written + length, start);
        }
        let segments_max = self.segments_max;
        let train = &mut self.trains[train];
        train.length += length;
        train.count += 1;
        let is_whole = length == train.segment_length && length > 0;
        train.is_open = is_whole && train.count < segments_max;
    }

    /// The train that the next datagram to `destination` belongs to: the latest to it if that may
    /// grow by it, so that datagrams to one destination keep their order, else a new one.
    #[inline]
    fn train_to(&mut self, destination: SocketAddr, length: usize) -> usize {
        let begun = &self.trains[..self.length];
        let latest = begun.iter().rposition(|train| train.destination == destination);
        self.last = match latest.filter(|train| begun[*train].has_room(length)) {
            Some(train) => train,
            None => {
                let (address, address_length) = KernelAddress::of(destination);
                self.addresses[self.length] = address;
                self.trains[self.length] = Train::new(destination, address_length, length);
                self.length += 1;
                self.length - 1
            }
        };
        self.last
    }

    /// Sends everything added; datagrams that the kernel refuses are passed to `refused` with
    /// their number and left out. Gives the number sent.
    pub(crate) fn send(&mut self, socket: RawFd, mut refused: impl FnMut(i32, usize)) -> usize {
        let is_lone = self.length == 1 && self.trains[0].count == 1;
        if is_lone {
            match self.send_lone(socket) {
                Ok(()) => {
                    self.forget();
                    return 1;
                }
                // An earlier datagram was not heard; this one was not tried.
                Err(libc::ECONNREFUSED) => refused(libc::ECONNREFUSED, 0),
                // It is tried again below, and lost if that fails, too.
                Err(_) => {}
            }
        }
        for index in 0..self.length {
            let train = &self.trains[index];
            self.vectors[index].iov_len = train.length;
            let is_one = train.count == 1;
            self.controls[index].segment_length = train.segment_length as u16;
            let is_to_peer = self.peer == Some(train.destination);
            let header = &mut self.headers[index].msg_hdr;
            header.msg_controllen = if is_one { 0 } else { Control::LENGTH };
            // The kernel looks up the way to an address that is named, each time.
            header.msg_namelen = if is_to_peer { 0 } else { train.address_length };
        }
        let (mut next, mut sent, mut retried) = (0, 0, 0);
        while next < self.length {
            let headers = self.headers[next..self.length].as_mut_ptr();
            let count = (self.length - next) as libc::c_uint;
            // SAFETY: `headers` holds `count` initialised entries whose names, vectors and control
            // data point to initialised buffers of the stated lengths that this value owns.
            let done = unsafe { libc::sendmmsg(socket, headers, count, libc::MSG_DONTWAIT) };
            if let Ok(done @ 1..) = usize::try_from(done) {
                sent +=
                    self.trains[next..next + done].iter().map(|train| train.count).sum::<usize>();
                next += done;
                continue;
            }
            let error = last_error();
            let train = self.trains[next];
            if train.count > 1 && [libc::EINVAL, libc::EIO, libc::EMSGSIZE].contains(&error) {
                self.stop_offload();
                sent += self.send_singly(socket, next, &mut refused);
                next += 1;
            } else if error == libc::ECONNREFUSED && retried < RETRIES_MAX {
                // An earlier datagram was not heard; this one was not tried.
                retried += 1;
                refused(error, 0);
            } else {
                refused(error, train.count);
                next += 1;
            }
        }
        self.forget();
        sent
    }

    #[inline]
    fn forget(&mut self) {
        self.trains[..self.length].fill(Train::NONE);
        (self.length, self.last) = (0, 0);
    }

    /// Sends the only datagram there is, by the call that costs least.
    #[inline]
    fn send_lone(&self, socket: RawFd) -> Result<(), i32> {
        let train = &self.trains[0];
        let (address, address_length) = if self.peer == Some(train.destination) {
            (std::ptr::null(), 0)
        } else {
            (&raw const self.addresses[0], train.address_length)
        };
        let (bytes, flags) = (self.bytes.as_ptr().cast(), libc::MSG_DONTWAIT);
        // SAFETY: `bytes` points to the first train, `address` to its destination or nowhere, of
        // the stated lengths; this value owns both and they live through the call.
        let done = unsafe {
            libc::sendto(socket, bytes, train.length, flags, address.cast(), address_length)
        };
        if done < 0 { Err(last_error()) } else { Ok(()) }
    }

    /// Sends a train that the kernel does not cut as the datagrams it is made of.
    fn send_singly(
        &mut self,
        socket: RawFd,
        index: usize,
        refused: &mut impl FnMut(i32, usize),
    ) -> usize {
        let train = self.trains[index];
        let start = index * TRAIN_ROOM;
        let segments = self.bytes[start..start + train.length].chunks(train.segment_length);
        let address = &raw const self.addresses[index];
        let address_length = train.address_length;
        let mut sent = 0;
        for segment in segments {
            let (bytes, length) = (segment.as_ptr().cast(), segment.len());
            let flags = libc::MSG_DONTWAIT;
            // SAFETY: `bytes` and `address` point to initialised memory of the stated lengths that
            // this value owns and that lives through the call.
            let done = unsafe {
                libc::sendto(socket, bytes, length, flags, address.cast(), address_length)
            };
            if done < 0 {
                refused(last_error(), 1);
            } else {
                sent += 1;
            }
        }
        sent
    }
}

/// Datagrams that lie back to back.
#[derive(Clone, Copy, Debug)]
struct Train {
    destination: SocketAddr,
    /// Of the destination, as the kernel has it.
    address_length: libc::socklen_t,
    length: usize,
    /// Length of each datagram but the last.
    segment_length: usize,
    count: usize,
    /// Whether it may grow.
    is_open: bool,
}

impl Train {
    const NONE: Self = Self::new(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), 0, 0);

    const fn new(
        destination: SocketAddr,
        address_length: libc::socklen_t,
        segment_length: usize,
    ) -> Self {
        Self { destination, address_length, length: 0, segment_length, count: 0, is_open: false }
    }

    #[inline]
    fn has_room(&self, length: usize) -> bool {
        self.is_open
            && (1..=self.segment_length).contains(&length)
            && self.length + length <= TRAIN_LENGTH_MAX
    }
}

/// Tells the kernel where to cut a train.
#[repr(C, align(8))]
struct Control {
    header: libc::cmsghdr,
    segment_length: u16,
}

impl Control {
    const LENGTH: usize = mem::size_of::<Self>();

    fn new() -> Self {
        // SAFETY: every field is plain data for which all zero bytes is a valid value.
        let mut control: Self = unsafe { mem::zeroed() };
        control.header.cmsg_level = libc::SOL_UDP;
        control.header.cmsg_type = libc::UDP_SEGMENT;
        let data_offset = mem::offset_of!(Self, segment_length);
        control.header.cmsg_len = data_offset + mem::size_of::<u16>();
        control
    }
}

/// Trains in one system call, one of them kept free for a datagram that does not fit a train.
const TRAINS_MAX: usize = 17;
/// Datagrams in a train; the kernel takes 64.
pub(crate) const SEGMENTS_MAX: usize = 40;
/// Bytes in a train: what one IPv4 datagram could hold.
const TRAIN_LENGTH_MAX: usize = 65_507;
/// A train, and behind it room to write the datagram that may be its next.
const TRAIN_ROOM: usize = 2 * DATAGRAM_LENGTH_MAX;
/// Reports of datagrams not heard that one call takes before it gives up the datagram at hand.
const RETRIES_MAX: usize = 2 * TRAINS_MAX;

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
    const THERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2);

    /// The trains that datagrams of these lengths make: count and bytes of each.
    fn trains(outgoing: &mut Outgoing, datagrams: &[(SocketAddr, usize)]) -> Vec<(usize, usize)> {
        for (number, (destination, length)) in datagrams.iter().enumerate() {
            outgoing.next_buffer()[..*length].fill(number as u8);
            outgoing.push(*destination, *length);
        }
        let trains = outgoing.trains[..outgoing.length].iter();
        trains.map(|train| (train.count, train.length)).collect()
    }

    #[test]
    fn equal_datagrams_to_one_destination_are_a_train_and_a_shorter_one_ends_it() {
        let mut outgoing = Outgoing::new(true);
        let datagrams = [(HERE, 100), (HERE, 100), (HERE, 60), (HERE, 60), (HERE, 61), (THERE, 61)];
        assert_eq!(trains(&mut outgoing, &datagrams), [(3, 260), (1, 60), (1, 61), (1, 61)]);
        for (train, expected) in [(0, 0), (1, 3), (2, 4), (3, 5)] {
            assert_eq!(outgoing.bytes[train * TRAIN_ROOM], expected, "moved to its own train");
        }
    }

    #[test]
    fn destinations_that_take_turns_have_a_train_each_and_keep_their_order() {
        let mut outgoing = Outgoing::new(true);
        let datagrams = [
            (HERE, 100),
            (THERE, 100),
            (THERE, 100),
            (HERE, 100),
            (HERE, 60),
            (THERE, 100),
            (HERE, 100),
        ];
        assert_eq!(trains(&mut outgoing, &datagrams), [(3, 260), (3, 300), (1, 100)]);
        let number_at = |train: usize, at: usize| outgoing.bytes[train * TRAIN_ROOM + at];
        assert_eq!([0, 100, 200].map(|at| number_at(0, at)), [0, 3, 4]);
        assert_eq!([0, 100, 200].map(|at| number_at(1, at)), [1, 2, 5]);
        assert_eq!(number_at(2, 0), 6, "behind a shorter one nothing is added");
    }

    #[test]
    fn a_train_is_bounded_in_datagrams_and_bytes() {
        let many = vec![(HERE, 8); SEGMENTS_MAX + 1];
        let expected = [(SEGMENTS_MAX, SEGMENTS_MAX * 8), (1, 8)];
        assert_eq!(trains(&mut Outgoing::new(true), &many), expected);
        let long = vec![(HERE, 30_000); 3];
        assert_eq!(trains(&mut Outgoing::new(true), &long), [(2, 60_000), (1, 30_000)]);
    }

    #[test]
    fn a_train_that_the_kernel_does_not_cut_goes_out_as_datagrams_and_no_other_is_tried() {
        let receiver = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let sender = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = receiver.local_addr().unwrap();
        let mut outgoing = Outgoing::new(true);
        assert_eq!(trains(&mut outgoing, &[(address, 150), (address, 150)]), [(2, 300)]);
        // More segments than the kernel cuts one buffer into, which it answers as a card does that
        // cannot cut at all.
        outgoing.trains[0].segment_length = 1;
        let socket = std::os::fd::AsRawFd::as_raw_fd(&sender);
        assert_eq!(outgoing.send(socket, |error, count| panic!("{error} {count}")), 300);
        assert!(!outgoing.is_offloaded() && outgoing.is_empty());
        receiver.set_nonblocking(true).unwrap();
        let mut buffer = [0; 16];
        let received = (0..300).take_while(|_| matches!(receiver.recv(&mut buffer), Ok(1)));
        assert!(received.count() > 100, "the first fit the receiver's buffer");
        assert_eq!(trains(&mut outgoing, &[(address, 9), (address, 9)]), [(1, 9); 2]);
    }

    #[test]
    fn empty_datagrams_and_those_without_offload_stay_alone() {
        let empty = [(HERE, 0), (HERE, 0), (HERE, 5), (HERE, 0)];
        assert_eq!(trains(&mut Outgoing::new(true), &empty), [(1, 0), (1, 0), (1, 5), (1, 0)]);
        let equal = [(HERE, 9); 3];
        assert_eq!(trains(&mut Outgoing::new(false), &equal), [(1, 9); 3]);
    }
}

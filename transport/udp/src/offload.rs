//! Segmentation offload: whether the kernel cuts and joins datagrams for a socket. Asked once when
//! the socket is opened; a card that cannot do what the kernel promised is found when it refuses.

use std::fmt;
use std::os::fd::RawFd;

use crate::socket_options::set;

/// What a channel leaves to the kernel or the network card. Displays as one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offload {
    /// Datagrams of one length to one destination go out together and are cut apart below
    /// (UDP_SEGMENT, Linux 4.18).
    pub sends: bool,
    /// Datagrams of one sender come in together (UDP_GRO, Linux 5.0).
    pub receives: bool,
}

impl Offload {
    /// Switches on what the kernel has for `socket`.
    pub(crate) fn enable(socket: RawFd) -> Self {
        Self {
            // 0 leaves datagrams whole unless a call says otherwise, as ours do.
            sends: set(socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0),
            receives: set(socket, libc::SOL_UDP, libc::UDP_GRO, 1),
        }
    }
}

impl fmt::Display for Offload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.sends, self.receives) {
            (true, true) => "segmentation offload both ways",
            (true, false) => "segmentation offload for sending only: receiving is slower",
            (false, true) => "segmentation offload for receiving only: sending is slower",
            (false, false) => "no segmentation offload: sending and receiving are slower",
        })
    }
}

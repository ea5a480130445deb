//! Parking: wait until one of several sockets has something to read, by poll(2).
#![allow(unsafe_code)]

use std::os::fd::AsRawFd;
use std::time::Duration;

use crate::UdpChannel;

/// Waits until a channel is readable or `timeout` is over (whole milliseconds, rounded up); true
/// when one is readable. A signal ends the wait early. At most [`WAIT_CHANNELS_MAX`] channels.
///
/// # Panics
/// With more channels than that.
pub fn wait_readable(channels: &[&UdpChannel], timeout: Duration) -> bool {
    assert!(channels.len() <= WAIT_CHANNELS_MAX, "more channels than one wait takes");
    let mut entries = [libc::pollfd { fd: -1, events: 0, revents: 0 }; WAIT_CHANNELS_MAX];
    for (entry, channel) in entries.iter_mut().zip(channels) {
        entry.fd = channel.as_raw_fd();
        entry.events = libc::POLLIN;
    }
    let timeout_ms = timeout.as_micros().div_ceil(1000).min(i32::MAX as u128) as i32;
    let count = channels.len() as libc::nfds_t;
    // SAFETY: `entries` is a live array of at least `count` initialised pollfd, asserted above, and
    // poll writes only their `revents`.
    let ready = unsafe { libc::poll(entries.as_mut_ptr(), count, timeout_ms) };
    ready > 0
}

/// Channels that one [`wait_readable`] call takes.
pub const WAIT_CHANNELS_MAX: usize = 16;

//! Options of a socket that no safe library offers: segmentation offload, arrival times, and what
//! its queue has lost.
#![allow(unsafe_code)]

use std::mem;
use std::os::fd::RawFd;

/// Sets an integer option; whether the kernel took it.
pub(crate) fn set(socket: RawFd, level: libc::c_int, option: libc::c_int, value: i32) -> bool {
    let length = mem::size_of_val(&value) as libc::socklen_t;
    let value = (&raw const value).cast();
    // SAFETY: `value` points to an initialised c_int that lives through the call, and `length` is
    // its size.
    let result = unsafe { libc::setsockopt(socket, level, option, value, length) };
    result == 0
}

/// Datagrams that `socket` has lost since it was opened because its receive buffer was full or
/// their checksum wrong (SO_MEMINFO, Linux 4.6); `None` where the kernel does not say.
pub(crate) fn dropped_datagrams(socket: RawFd) -> Option<u32> {
    let mut values = [0u32; MEMORY_VALUES];
    let mut length = mem::size_of_val(&values) as libc::socklen_t;
    let to = values.as_mut_ptr().cast();
    // SAFETY: `to` points to `length` bytes of initialised integers that live through the call, and
    // the kernel writes at most that many and says how many into `length`.
    let result = unsafe {
        libc::getsockopt(socket, libc::SOL_SOCKET, libc::SO_MEMINFO, to, &raw mut length)
    };
    let is_whole = result == 0 && length as usize > DROPS_INDEX * mem::size_of::<u32>();
    is_whole.then_some(values[DROPS_INDEX])
}

/// Place of the count of drops (SK_MEMINFO_DROPS).
const DROPS_INDEX: usize = 8;
const MEMORY_VALUES: usize = 16;

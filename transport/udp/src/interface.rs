//! Interfaces of this machine by address. IPv6 multicast wants an interface's index, which the
//! kernel lists with its addresses.

use std::net::Ipv6Addr;

/// Index of the interface that has `address`; `None` when there is none.
pub(crate) fn index_of(address: Ipv6Addr) -> Option<u32> {
    find(&std::fs::read_to_string(ADDRESSES).ok()?, address)
}

/// Lines are address, index, prefix length, scope, flags (all hexadecimal) and name.
fn find(list: &str, address: Ipv6Addr) -> Option<u32> {
    list.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let found = u128::from_str_radix(words.next()?, 16).ok()?;
        let index = u32::from_str_radix(words.next()?, 16).ok()?;
        (Ipv6Addr::from_bits(found) == address).then_some(index)
    })
}

/// Of the calling thread's network namespace, which need not be the process's.
const ADDRESSES: &str = "/proc/thread-self/net/if_inet6";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_index_of_its_interface() {
        let list = "fe8000000000000000fc00fffe000001 0a 40 20 80     eth0\n\
                    00000000000000000000000000000001 01 80 10 80       lo\n";
        assert_eq!(find(list, Ipv6Addr::LOCALHOST), Some(1));
        assert_eq!(find(list, "fe80::fc:ff:fe00:1".parse().unwrap()), Some(10));
        assert_eq!(find(list, "fe80::1".parse().unwrap()), None);
        assert_eq!(find("garbage\n\n", Ipv6Addr::LOCALHOST), None);
    }
}

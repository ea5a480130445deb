//! The address rule of multicast channels: the data group's last byte is odd, the control group is
//! the address with that byte one higher, on the same port.

use std::net::{IpAddr, SocketAddr};

/// The control group of a data group, where status messages and NAKs go; `None` when `data` is not
/// multicast or its last byte is even. As with stock Aeron nothing is carried: after 255 comes 0.
pub fn control_address(data: impl Into<SocketAddr>) -> Option<SocketAddr> {
    let mut address = data.into();
    if !address.ip().is_multicast() {
        return None;
    }
    let ip: IpAddr = match address.ip() {
        IpAddr::V4(ip) => {
            let mut octets = ip.octets();
            octets[3] = next_byte(octets[3])?;
            octets.into()
        }
        IpAddr::V6(ip) => {
            let mut octets = ip.octets();
            octets[15] = next_byte(octets[15])?;
            octets.into()
        }
    };
    address.set_ip(ip);
    Some(address)
}

fn next_byte(last: u8) -> Option<u8> {
    (last % 2 == 1).then(|| last.wrapping_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_groups_have_the_next_address_for_control() {
        let control = |text: &str| control_address(text.parse::<SocketAddr>().unwrap());
        assert_eq!(control("239.1.2.3:4000"), Some("239.1.2.4:4000".parse().unwrap()));
        assert_eq!(control("239.1.2.255:1"), Some("239.1.2.0:1".parse().unwrap()), "no carry");
        assert_eq!(control("[ff15::a:1]:7"), Some("[ff15::a:2]:7".parse().unwrap()));
        assert_eq!(control("[ff15::a:ff]:7"), Some("[ff15::a:0]:7".parse().unwrap()), "no carry");
        for even in ["239.1.2.4:4000", "[ff15::a:2]:7"] {
            assert_eq!(control(even), None, "{even}");
        }
        for single in ["127.0.0.1:4000", "[::1]:4000"] {
            assert_eq!(control(single), None, "{single} is no group");
        }
    }
}

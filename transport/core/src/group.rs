//! The address rule of multicast channels: the data group's last byte is odd, the control group is
//! the address after it, on the same port.

use std::net::SocketAddrV4;

/// The control group of a data group, where status messages and NAKs go; `None` when `data` is not
/// multicast or its last byte is even.
pub fn control_address(data: SocketAddrV4) -> Option<SocketAddrV4> {
    let is_data_group = data.ip().is_multicast() && data.ip().octets()[3] % 2 == 1;
    let control_ip = (u32::from(*data.ip()).wrapping_add(1)).into();
    is_data_group.then(|| SocketAddrV4::new(control_ip, data.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_groups_have_the_next_address_for_control() {
        let control = |text: &str| control_address(text.parse().unwrap());
        assert_eq!(control("239.1.2.3:4000"), Some("239.1.2.4:4000".parse().unwrap()));
        assert_eq!(control("239.1.2.255:1"), Some("239.1.3.0:1".parse().unwrap()));
        assert_eq!(control("239.1.2.4:4000"), None, "even");
        assert_eq!(control("127.0.0.1:4000"), None, "not a group");
    }
}

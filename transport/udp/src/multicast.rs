//! Joining a multicast group on one named interface, IPv4 or IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use forecastle_transport::control_address;
use socket2::{Domain, Protocol, Socket, Type};

use crate::buffers::SocketBuffers;
use crate::error::UdpError;
use crate::interface;

/// The control group of a data group.
pub(crate) fn check_data_group(group: SocketAddr) -> Result<SocketAddr, UdpError> {
    if !group.ip().is_multicast() {
        return Err(UdpError::NotMulticast { group: group.ip() });
    }
    control_address(group).ok_or(UdpError::EvenDataGroup { group: group.ip() })
}

/// A socket bound to `group` that is a member of it on `interface` and sends by it, at most one hop
/// far; on loopback it stays on this machine.
pub(crate) fn join(
    group: SocketAddr,
    interface: IpAddr,
    buffers: SocketBuffers,
) -> Result<Socket, UdpError> {
    if interface.is_unspecified() {
        return Err(UdpError::InterfaceUnspecified);
    }
    match (group.ip(), interface) {
        (IpAddr::V4(ip), IpAddr::V4(interface)) => {
            let socket = bind(group, buffers)?;
            join_v4(&socket, ip, interface)?;
            Ok(socket)
        }
        (IpAddr::V6(ip), IpAddr::V6(interface)) => {
            let index = interface::index_of(interface)
                .ok_or(UdpError::NoSuchInterface { interface: interface.into() })?;
            // A group of one link is one of an interface.
            let mut group = group;
            if let SocketAddr::V6(group) = &mut group
                && is_of_one_link(ip)
            {
                group.set_scope_id(index);
            }
            let socket = bind(group, buffers)?;
            join_v6(&socket, ip, interface, index)?;
            check_route_v6(group, interface, index)?;
            Ok(socket)
        }
        (group, interface) => Err(UdpError::FamiliesDiffer { group, interface }),
    }
}

/// Datagrams to groups of `group`'s family take at most so many hops.
pub(crate) fn limit_hops(socket: &Socket, group: IpAddr, hops: u8) -> Result<(), UdpError> {
    let hops = u32::from(hops);
    let result = match group {
        IpAddr::V4(_) => socket.set_multicast_ttl_v4(hops),
        IpAddr::V6(_) => socket.set_multicast_hops_v6(hops),
    };
    result.map_err(UdpError::io("set the multicast time to live"))
}

fn bind(group: SocketAddr, buffers: SocketBuffers) -> Result<Socket, UdpError> {
    let socket = buffers.open(group)?;
    // A port that the kernel chooses must be free of other groups' sockets, so it is taken before
    // this socket declares that it shares.
    if group.port() != 0 {
        share_port(&socket)?;
    }
    // Bound to the group, not to ANY: datagrams to other addresses on this port stay out.
    socket.bind(&group.into()).map_err(UdpError::on_bind(group))?;
    if group.port() == 0 {
        share_port(&socket)?;
    }
    Ok(socket)
}

fn join_v4(socket: &Socket, group: Ipv4Addr, interface: Ipv4Addr) -> Result<(), UdpError> {
    socket.set_multicast_all_v4(false).map_err(UdpError::io("limit a socket to its own groups"))?;
    socket.join_multicast_v4(&group, &interface).map_err(UdpError::on_join(interface.into()))?;
    socket.set_multicast_if_v4(&interface).map_err(UdpError::on_join(interface.into()))?;
    limit_hops(socket, group.into(), hops(interface.is_loopback()))?;
    socket.set_multicast_loop_v4(true).map_err(UdpError::io("set multicast loopback"))
}

fn join_v6(
    socket: &Socket,
    group: Ipv6Addr,
    interface: Ipv6Addr,
    index: u32,
) -> Result<(), UdpError> {
    socket.set_multicast_all_v6(false).map_err(UdpError::io("limit a socket to its own groups"))?;
    socket.join_multicast_v6(&group, index).map_err(UdpError::on_join(interface.into()))?;
    socket.set_multicast_if_v6(index).map_err(UdpError::on_join(interface.into()))?;
    limit_hops(socket, group.into(), hops(interface.is_loopback()))?;
    socket.set_multicast_loop_v6(true).map_err(UdpError::io("set multicast loopback"))
}

/// Whether datagrams to the group may leave by the interface, asked of a socket that sends nothing.
fn check_route_v6(group: SocketAddr, interface: Ipv6Addr, index: u32) -> Result<(), UdpError> {
    let socket = Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP))
        .map_err(UdpError::io("open a UDP socket"))?;
    socket.set_multicast_if_v6(index).map_err(UdpError::on_join(interface.into()))?;
    let mut group = group;
    group.set_port(PORT_NOT_SENT_TO);
    socket
        .connect(&group.into())
        .map_err(|_| UdpError::NoMulticastRoute { group: group.ip(), interface: interface.into() })
}

fn hops(is_loopback: bool) -> u8 {
    if is_loopback { 0 } else { 1 }
}

/// Scopes 1 (interface) and 2 (link) of RFC 4291.
fn is_of_one_link(group: Ipv6Addr) -> bool {
    group.octets()[1] & 0x0F <= 2
}

fn share_port(socket: &Socket) -> Result<(), UdpError> {
    socket.set_reuse_address(true).map_err(UdpError::io("share a multicast port"))?;
    socket.set_reuse_port(true).map_err(UdpError::io("share a multicast port"))
}

const PORT_NOT_SENT_TO: u16 = 9;

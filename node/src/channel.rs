//! A channel as configuration names it: `ip:port`, or an Aeron URI that says more about its socket
//! and its stream.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::str::FromStr;

use forecastle_transport::{ChannelBind, ChannelSocket, ChannelUri, PublicationTarget};
use serde::Deserialize;

/// One channel of an exchange. Its addresses are IPv4, as the messages are that carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Channel {
    address: SocketAddrV4,
    /// None where only the address is named.
    uri: Option<ChannelUri>,
}

/// What an exchange does with a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelUse {
    /// Requests come in, by unicast or to a group.
    Requests,
    /// Private replies are asked for and go out.
    Replies,
    /// A feed goes to a group.
    Feed,
    /// Streams go to whom a session names.
    Copies,
    /// One stream goes to a group or to whom sessions name.
    Shared,
}

impl Channel {
    /// Address or group.
    #[must_use]
    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// Bytes of the longest datagram, where the channel says it.
    pub(crate) fn mtu(&self) -> Option<usize> {
        self.uri.and_then(|uri| uri.mtu)
    }

    /// Bytes of a term, where the channel says it.
    pub(crate) fn term_length(&self) -> Option<u32> {
        self.uri.and_then(|uri| uri.term_length)
    }

    /// Bytes of the receiver window, where the channel says it.
    pub(crate) fn window_length(&self) -> Option<u32> {
        self.uri.and_then(|uri| uri.window_length)
    }

    /// The socket to open; by `interface` where the channel names none.
    pub(crate) fn socket(&self, used: ChannelUse, interface: Ipv4Addr) -> ChannelSocket {
        if let Some(uri) = &self.uri {
            return socket_of(uri, used).expect("checked with the configuration").0;
        }
        let group = SocketAddr::V4(self.address);
        let interface = interface.into();
        let bind = match (self.address.ip().is_multicast(), used) {
            (false, _) => ChannelBind::Unicast(group),
            (true, ChannelUse::Requests) => ChannelBind::GroupReceiver { group, interface },
            (true, _) => ChannelBind::GroupSender { group, interface, time_to_live: None },
        };
        ChannelSocket { bind, receive_buffer_length: None, send_buffer_length: None }
    }

    /// Whether the exchange can do that with it; what it must be otherwise.
    pub(crate) fn check(&self, used: ChannelUse) -> Result<(), String> {
        let is_group = self.address.ip().is_multicast();
        if let Some(uri) = &self.uri {
            let (_, target) = socket_of(uri, used).map_err(|error| error.to_string())?;
            if let Some(parameter) = without_effect(uri, used) {
                return Err(format!("`{parameter}` has no effect on it: leave it out"));
            }
            let is_right = match (used, target) {
                (ChannelUse::Requests, _) => true,
                (ChannelUse::Replies, target) => target == Some(PublicationTarget::Response),
                (_, Some(PublicationTarget::Address(_))) => is_group,
                (_, target) => target == Some(PublicationTarget::Multi { is_dynamic: false }),
            };
            if !is_right {
                return Err(used.wants().to_string());
            }
        }
        let is_right = match used {
            ChannelUse::Requests | ChannelUse::Shared => true,
            ChannelUse::Feed => is_group,
            ChannelUse::Replies | ChannelUse::Copies => !is_group,
        };
        if is_right { Ok(()) } else { Err(used.wants().to_string()) }
    }
}

impl ChannelUse {
    fn wants(self) -> &'static str {
        match self {
            Self::Requests => "must be an address or a multicast group",
            Self::Replies => "must be an address or `control=ip:port|control-mode=response`",
            Self::Feed => "must be a multicast group",
            Self::Copies => "must be an address or `control=ip:port|control-mode=manual`",
            Self::Shared => {
                "must be a multicast group, an address or `control=ip:port|control-mode=manual`"
            }
        }
    }
}

fn socket_of(
    uri: &ChannelUri,
    used: ChannelUse,
) -> Result<(ChannelSocket, Option<PublicationTarget>), forecastle_transport::ChannelUriError> {
    if used == ChannelUse::Requests {
        return Ok((uri.subscription()?.socket, None));
    }
    let channel = uri.publication()?;
    Ok((channel.socket, Some(channel.target)))
}

/// The first parameter that the exchange would not heed.
fn without_effect(uri: &ChannelUri, used: ChannelUse) -> Option<&'static str> {
    let is_feed = used == ChannelUse::Feed;
    let given = [
        ("stream-id", uri.stream_id.is_some()),
        ("session-id", uri.session_id.is_some()),
        ("init-term-id", uri.start.is_some()),
        ("reliable", uri.is_reliable.is_some()),
        ("gtag", uri.group_tag.is_some()),
        ("nak-delay", uri.nak_delay_ns.is_some()),
        ("fc", uri.flow_control.is_some()),
        ("linger", uri.linger_ns.is_some()),
        ("mtu", uri.mtu.is_some() && !is_feed),
        ("term-length", uri.term_length.is_some() && !is_feed),
    ];
    given.into_iter().find(|(_, is_given)| *is_given).map(|(parameter, _)| parameter)
}

impl From<SocketAddrV4> for Channel {
    fn from(address: SocketAddrV4) -> Self {
        Self { address, uri: None }
    }
}

impl FromStr for Channel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with("aeron:") {
            let address = text.parse::<SocketAddrV4>();
            let wrong = |_| format!("`{text}` is neither ip:port (IPv4) nor `aeron:udp?...`");
            return address.map(Self::from).map_err(wrong);
        }
        let uri: ChannelUri = text.parse().map_err(|error| format!("`{text}`: {error}"))?;
        match uri.endpoint.or(uri.control) {
            Some(SocketAddr::V4(address)) => Ok(Self { address, uri: Some(uri) }),
            Some(SocketAddr::V6(_)) => Err(format!("`{text}`: an exchange is found by IPv4")),
            None => Err(format!("`{text}`: `endpoint` is missing")),
        }
    }
}

impl TryFrom<String> for Channel {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERFACE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

    fn channel(text: &str) -> Channel {
        text.parse().expect(text)
    }

    #[test]
    fn an_address_is_bound_as_its_use_says() {
        let bind = |text: &str, used| channel(text).socket(used, INTERFACE).bind;
        let unicast = ChannelBind::Unicast("10.0.0.1:5".parse().unwrap());
        for used in [ChannelUse::Requests, ChannelUse::Replies, ChannelUse::Copies] {
            assert_eq!(bind("10.0.0.1:5", used), unicast);
        }
        let (group, interface) = ("239.1.2.3:5".parse().unwrap(), INTERFACE.into());
        let receiver = ChannelBind::GroupReceiver { group, interface };
        assert_eq!(bind("239.1.2.3:5", ChannelUse::Requests), receiver);
        let sender = ChannelBind::GroupSender { group, interface, time_to_live: None };
        assert_eq!(bind("239.1.2.3:5", ChannelUse::Feed), sender);
    }

    #[test]
    fn a_uri_says_interface_buffers_and_stream() {
        let feed = channel(
            "aeron:udp?endpoint=239.1.2.3:5|interface=10.0.0.1|ttl=3|mtu=8k|term-length=1m",
        );
        assert_eq!(feed.check(ChannelUse::Feed), Ok(()));
        let bind = ChannelBind::GroupSender {
            group: "239.1.2.3:5".parse().unwrap(),
            interface: "10.0.0.1".parse().unwrap(),
            time_to_live: Some(3),
        };
        assert_eq!(feed.socket(ChannelUse::Feed, INTERFACE).bind, bind);
        assert_eq!((feed.mtu(), feed.term_length()), (Some(8192), Some(1 << 20)));
        let requests = channel("aeron:udp?endpoint=10.0.0.1:5|rcv-wnd=64k|so-rcvbuf=1m");
        assert_eq!(requests.check(ChannelUse::Requests), Ok(()));
        assert_eq!(requests.window_length(), Some(65536));
        let socket = requests.socket(ChannelUse::Requests, INTERFACE);
        assert_eq!(socket.receive_buffer_length, Some(1 << 20));
        let replies = channel("aeron:udp?control=10.0.0.1:6|control-mode=response");
        assert_eq!(replies.check(ChannelUse::Replies), Ok(()));
        assert_eq!(replies.address(), "10.0.0.1:6".parse().unwrap());
        let copies = channel("aeron:udp?control=10.0.0.1:6|control-mode=manual");
        assert_eq!(copies.check(ChannelUse::Copies), Ok(()));
        assert_eq!(copies.check(ChannelUse::Shared), Ok(()));
    }

    #[test]
    fn what_a_use_does_not_take_is_named() {
        let group = "aeron:udp?endpoint=239.1.2.3:5|interface=10.0.0.1";
        for (text, used, words) in [
            ("127.0.0.1:5", ChannelUse::Feed, "multicast group"),
            ("239.1.2.3:5", ChannelUse::Replies, "control-mode=response"),
            (group, ChannelUse::Copies, "control-mode=manual"),
            ("aeron:udp?endpoint=10.0.0.1:5", ChannelUse::Replies, "control-mode=response"),
            ("aeron:udp?endpoint=10.0.0.1:5", ChannelUse::Shared, "control-mode=manual"),
            ("aeron:udp?control=10.0.0.1:6|control-mode=dynamic", ChannelUse::Shared, "manual"),
            ("aeron:udp?endpoint=10.0.0.1:5|mtu=64", ChannelUse::Requests, "`mtu`"),
            ("aeron:udp?endpoint=10.0.0.1:5|gtag=1", ChannelUse::Requests, "`gtag`"),
            ("aeron:udp?endpoint=10.0.0.1:5|stream-id=1", ChannelUse::Requests, "`stream-id`"),
            (&format!("{group}|session-id=9"), ChannelUse::Feed, "`session-id`"),
            (&format!("{group}|fc=min"), ChannelUse::Feed, "`fc`"),
            (&format!("{group}|mtu=64"), ChannelUse::Shared, "`mtu`"),
        ] {
            let error = channel(text).check(used).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        for (text, words) in [
            ("localhost:5", "neither"),
            ("aeron:udp?endpoint=[::1]:5", "IPv4"),
            ("aeron:udp?mtu=64", "`endpoint` is missing"),
            ("aeron:udp?endpont=1.2.3.4:5", "`endpoint`"),
        ] {
            let error = text.parse::<Channel>().unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}

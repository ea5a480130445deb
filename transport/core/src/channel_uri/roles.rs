//! What a channel URI means at one end: the socket to open and the settings that differ from the
//! endpoint's defaults.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{ChannelUri, ChannelUriError, ControlMode, StreamPlace, contradiction, missing};
use crate::group::control_address;
use crate::position::TermGeometry;
use crate::{ReceiveConfig, SendConfig};

/// A channel as its sender has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicationChannel {
    /// The socket to open.
    pub socket: ChannelSocket,
    /// Where the stream goes.
    pub target: PublicationTarget,
    /// Session, when the URI names one.
    pub session_id: Option<i32>,
    /// Stream, when the URI names one.
    pub stream_id: Option<i32>,
    /// Where the stream starts, when not at its beginning.
    pub start: Option<StreamPlace>,
    uri: ChannelUri,
}

/// Where a publication goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicationTarget {
    /// An address or a data group.
    Address(SocketAddr),
    /// Destinations of the socket, which may register themselves or not.
    Multi {
        /// They may, from IPs that are permitted.
        is_dynamic: bool,
    },
    /// Whoever asks for a reply stream and has proven itself.
    Response,
}

/// A channel as its receiver has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionChannel {
    /// The socket to open.
    pub socket: ChannelSocket,
    /// The control group of a multicast channel, where answers go.
    pub control_address: Option<SocketAddr>,
    /// Address to register at, or to ask for a reply stream.
    pub asks: Option<(SocketAddr, ControlMode)>,
    /// Stream, when the URI names one.
    pub stream_id: Option<i32>,
    uri: ChannelUri,
}

/// The socket of one end of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelSocket {
    /// What it is bound to.
    pub bind: ChannelBind,
    /// Receive buffer asked for, bytes; the caller's default when absent.
    pub receive_buffer_length: Option<usize>,
    /// Send buffer asked for, bytes; the caller's default when absent.
    pub send_buffer_length: Option<usize>,
}

/// What a socket is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelBind {
    /// A unicast address; port 0 takes a free one.
    Unicast(SocketAddr),
    /// A data group that is received from, on one interface.
    GroupReceiver {
        /// The data group.
        group: SocketAddr,
        /// Address of the interface.
        interface: IpAddr,
    },
    /// The control group of a data group that is sent to, on one interface.
    GroupSender {
        /// The data group.
        group: SocketAddr,
        /// Address of the interface.
        interface: IpAddr,
        /// Hops that datagrams may take; the socket's default when absent.
        time_to_live: Option<u8>,
    },
}

impl ChannelUri {
    /// The channel as its sender has it.
    ///
    /// # Errors
    /// What only a receiver could use, and what is missing to send.
    pub fn publication(&self) -> Result<PublicationChannel, ChannelUriError> {
        self.refuse(
            "publication",
            [
                ("reliable", self.is_reliable.is_some()),
                ("rcv-wnd", self.window_length.is_some()),
                ("gtag", self.group_tag.is_some()),
                ("nak-delay", self.nak_delay_ns.is_some()),
            ],
        )?;
        let (bind, target) = match (self.control.zip(self.control_mode), self.endpoint) {
            (Some(_), Some(_)) => {
                let because = "destinations are added or register themselves";
                return Err(contradiction("endpoint", "control", because));
            }
            (Some((control, mode)), None) => {
                let target = match mode {
                    ControlMode::Response => PublicationTarget::Response,
                    ControlMode::Dynamic => PublicationTarget::Multi { is_dynamic: true },
                    ControlMode::Manual => PublicationTarget::Multi { is_dynamic: false },
                };
                (ChannelBind::Unicast(control), target)
            }
            (None, Some(endpoint)) => {
                (self.sender_bind(endpoint), PublicationTarget::Address(endpoint))
            }
            (None, None) => return Err(missing("endpoint", "a stream goes somewhere")),
        };
        if let (ChannelBind::Unicast(local), Some(interface)) = (bind, self.interface)
            && local.ip() != interface
        {
            return Err(contradiction("control", "interface", "it is not an address of it"));
        }
        Ok(PublicationChannel {
            socket: self.socket(bind),
            target,
            session_id: self.session_id,
            stream_id: self.stream_id,
            start: self.start,
            uri: *self,
        })
    }

    fn sender_bind(&self, endpoint: SocketAddr) -> ChannelBind {
        if let Some(interface) = self.interface.filter(|_| endpoint.ip().is_multicast()) {
            let time_to_live = self.time_to_live;
            return ChannelBind::GroupSender { group: endpoint, interface, time_to_live };
        }
        // Without an interface a stream stays on this machine.
        let loopback = match endpoint.ip() {
            IpAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
        };
        ChannelBind::Unicast(SocketAddr::new(self.interface.unwrap_or(loopback), 0))
    }

    /// The channel as its receiver has it.
    ///
    /// # Errors
    /// What only a sender could use, and what is missing to receive.
    pub fn subscription(&self) -> Result<SubscriptionChannel, ChannelUriError> {
        self.refuse(
            "subscription",
            [
                ("mtu", self.mtu.is_some()),
                ("term-length", self.term_length.is_some()),
                ("init-term-id", self.start.is_some()),
                ("session-id", self.session_id.is_some()),
                ("fc", self.flow_control.is_some()),
                ("linger", self.linger_ns.is_some()),
                ("ttl", self.time_to_live.is_some()),
            ],
        )?;
        let asks = self.control.zip(self.control_mode);
        if asks.is_some_and(|(_, mode)| mode == ControlMode::Manual) {
            return Err(ChannelUriError::Misplaced {
                parameter: "control-mode=manual",
                role: "subscription",
            });
        }
        let bind = match (self.endpoint, asks, self.interface) {
            (Some(group), _, Some(interface)) if group.ip().is_multicast() => {
                ChannelBind::GroupReceiver { group, interface }
            }
            (Some(endpoint), _, Some(interface)) if endpoint.ip() != interface => {
                return Err(contradiction("endpoint", "interface", "it is not an address of it"));
            }
            (Some(endpoint), ..) => ChannelBind::Unicast(endpoint),
            (None, Some(_), Some(interface)) => ChannelBind::Unicast(SocketAddr::new(interface, 0)),
            (None, Some(_), None) => {
                return Err(missing("interface", "a free port is one of an interface"));
            }
            (None, None, _) => return Err(missing("endpoint", "a stream comes in somewhere")),
        };
        Ok(SubscriptionChannel {
            socket: self.socket(bind),
            control_address: self.endpoint.and_then(control_address),
            asks,
            stream_id: self.stream_id,
            uri: *self,
        })
    }

    fn socket(&self, bind: ChannelBind) -> ChannelSocket {
        ChannelSocket {
            bind,
            receive_buffer_length: self.receive_buffer_length,
            send_buffer_length: self.send_buffer_length,
        }
    }

    fn refuse<const COUNT: usize>(
        &self,
        role: &'static str,
        given: [(&'static str, bool); COUNT],
    ) -> Result<(), ChannelUriError> {
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((parameter, _)) => Err(ChannelUriError::Misplaced { parameter, role }),
            None => Ok(()),
        }
    }
}

impl PublicationChannel {
    /// Puts what the URI says over `config`'s defaults.
    pub fn configure(&self, config: &mut SendConfig) {
        let uri = &self.uri;
        config.mtu = uri.mtu.unwrap_or(config.mtu);
        config.term_length = uri.term_length.unwrap_or(config.term_length);
        config.flow_control = uri.flow_control.unwrap_or(config.flow_control);
        config.receiver_timeout_ns = uri.receiver_timeout_ns.unwrap_or(config.receiver_timeout_ns);
        config.linger_ns = uri.linger_ns.unwrap_or(config.linger_ns);
        config.time_to_live = uri.time_to_live.unwrap_or(config.time_to_live);
    }

    /// Position at which a stream with `config`'s terms starts: 0 unless the URI says otherwise.
    ///
    /// # Errors
    /// An offset behind the term.
    pub fn start_position(&self, config: &SendConfig) -> Result<u64, ChannelUriError> {
        let Some(start) = self.start else { return Ok(0) };
        let behind = contradiction("term-offset", "term-length", "it lies behind the term");
        if start.term_offset >= config.term_length {
            return Err(behind);
        }
        let geometry = TermGeometry::new(start.initial_term_id, config.term_length);
        let offset = start.term_offset.cast_signed();
        geometry.and_then(|geometry| geometry.position(start.term_id, offset)).ok_or(behind)
    }
}

impl SubscriptionChannel {
    /// Puts what the URI says over `config`'s defaults.
    pub fn configure(&self, config: &mut ReceiveConfig) {
        let uri = &self.uri;
        config.control_address = self.control_address.or(config.control_address);
        config.window_length = uri.window_length.unwrap_or(config.window_length);
        config.group_tag = uri.group_tag.or(config.group_tag);
        config.nak_delay_ns = uri.nak_delay_ns.unwrap_or(config.nak_delay_ns);
        if uri.is_reliable == Some(false) {
            config.gap_hold_ns = Some(0);
        }
    }
}

//! Aeron channel URIs, `aeron:udp?endpoint=10.0.0.1:40123|mtu=8k`, as channel configuration.
//!
//! A parameter that Aeron does not know, that this transport does not have, that is given twice,
//! that is outside its range or that contradicts another is an error naming it: nothing is ignored.
//! Addresses are literal (`localhost` is 127.0.0.1), lengths take `k`, `m` and `g`, times `ns`,
//! `us`, `ms` and `s`. Source: Aeron's channel configuration (aeron_uri.h of 1.54).

mod error;
mod roles;
#[cfg(test)]
mod tests;
mod values;

pub use error::ChannelUriError;
pub use roles::{
    ChannelBind, ChannelSocket, PublicationChannel, PublicationTarget, SubscriptionChannel,
};

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::FlowControl;
use crate::group::control_address;
use values::Value;

/// One parsed URI: what it says and nothing else. [`Self::publication`] and
/// [`Self::subscription`] turn it into settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelUri {
    /// `endpoint`: where data goes to or comes in.
    pub endpoint: Option<SocketAddr>,
    /// `control`: where destinations register or reply streams are asked for.
    pub control: Option<SocketAddr>,
    /// `control-mode`.
    pub control_mode: Option<ControlMode>,
    /// `interface`: address of the one to use.
    pub interface: Option<IpAddr>,
    /// `ttl`: hops that multicast may take, 0 to 255.
    pub time_to_live: Option<u8>,
    /// `reliable`: whether gaps are repaired.
    pub is_reliable: Option<bool>,
    /// `mtu`: bytes of the longest datagram.
    pub mtu: Option<usize>,
    /// `term-length`, bytes.
    pub term_length: Option<u32>,
    /// `init-term-id`, `term-id` and `term-offset`: where the stream starts.
    pub start: Option<StreamPlace>,
    /// `session-id`.
    pub session_id: Option<i32>,
    /// `stream-id`.
    pub stream_id: Option<i32>,
    /// `fc`: whom a sender follows.
    pub flow_control: Option<FlowControl>,
    /// `t:` of `fc`: how long a silent receiver is waited for, ns.
    pub receiver_timeout_ns: Option<u64>,
    /// `gtag`: carried by a receiver's status messages.
    pub group_tag: Option<i64>,
    /// `rcv-wnd`: receiver window, bytes.
    pub window_length: Option<u32>,
    /// `so-rcvbuf`: receive buffer of the socket, bytes.
    pub receive_buffer_length: Option<usize>,
    /// `so-sndbuf`: send buffer of the socket, bytes.
    pub send_buffer_length: Option<usize>,
    /// `nak-delay`: from a gap to the first NAK, unicast, ns.
    pub nak_delay_ns: Option<u64>,
    /// `linger`: how long a closed publication serves retransmits, ns.
    pub linger_ns: Option<u64>,
}

/// What a control address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlMode {
    /// Destinations register themselves.
    Dynamic,
    /// Destinations are added by hand.
    Manual,
    /// Reply streams are asked for.
    Response,
}

/// Where in its terms a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamPlace {
    /// Id of the first term.
    pub initial_term_id: i32,
    /// Id of the term it stands in.
    pub term_id: i32,
    /// Byte of that term.
    pub term_offset: u32,
}

impl ChannelUri {
    /// The URI of one address without parameters.
    pub fn of_endpoint(endpoint: SocketAddr) -> Self {
        Self { endpoint: Some(endpoint), ..Self::default() }
    }

    fn take(&mut self, key: &'static str, value: &Value<'_>) -> Result<(), ChannelUriError> {
        match key {
            "endpoint" => self.endpoint = Some(value.socket_address()?),
            "control" => self.control = Some(value.socket_address()?),
            "control-mode" => self.control_mode = Some(value.control_mode()?),
            "interface" => self.interface = Some(value.interface()?),
            "ttl" => self.time_to_live = Some(value.time_to_live()?),
            "reliable" => self.is_reliable = Some(value.boolean()?),
            "mtu" => self.mtu = Some(value.mtu()?),
            "term-length" => self.term_length = Some(value.term_length()?),
            "session-id" => self.session_id = Some(value.integer()?),
            "stream-id" => self.stream_id = Some(value.integer()?),
            "fc" => {
                let (flow_control, timeout_ns) = value.flow_control()?;
                self.flow_control = Some(flow_control);
                self.receiver_timeout_ns = timeout_ns;
            }
            "gtag" => self.group_tag = Some(value.group_tag()?),
            "rcv-wnd" => self.window_length = Some(value.window_length()?),
            "so-rcvbuf" => self.receive_buffer_length = Some(value.buffer_length()?),
            "so-sndbuf" => self.send_buffer_length = Some(value.buffer_length()?),
            "nak-delay" => self.nak_delay_ns = Some(value.duration_ns()?),
            "linger" => self.linger_ns = Some(value.duration_ns()?),
            // A name for people.
            "alias" => {}
            "eos" => value.only("true")?,
            "cc" => value.only("static")?,
            // Stock clients write these out; there is one way here, which is Aeron's default.
            "group" => value.only("infer")?,
            "rejoin" | "tether" => value.only("true")?,
            "ssc" => value.only("false")?,
            _ => return Err(ChannelUriError::Unsupported { parameter: key }),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ChannelUriError> {
        self.check_addresses()?;
        self.check_lengths()
    }

    fn check_addresses(&self) -> Result<(), ChannelUriError> {
        let is_group = self.endpoint.is_some_and(|endpoint| endpoint.ip().is_multicast());
        if let Some(endpoint) = self.endpoint.filter(|_| is_group)
            && control_address(endpoint).is_none()
        {
            return Err(ChannelUriError::EvenDataGroup { group: endpoint.ip() });
        }
        if is_group && self.control.is_some() {
            return Err(contradiction("endpoint", "control", "a group's control address follows"));
        }
        if is_group && self.control_mode.is_some() {
            return Err(contradiction("endpoint", "control-mode", "a group needs no destinations"));
        }
        if is_group && self.interface.is_none() {
            return Err(missing("interface", "a multicast channel never guesses it"));
        }
        if self.control.is_some() && self.control_mode.is_none() {
            return Err(missing("control-mode", "a control address alone says too little"));
        }
        if self.control.is_none() && self.control_mode.is_some() {
            return Err(missing("control", "a control mode is one of a control address"));
        }
        if !is_group && self.time_to_live.is_some() {
            return Err(contradiction("ttl", "endpoint", "it is for multicast only"));
        }
        let is_multi =
            matches!(self.control_mode, Some(ControlMode::Dynamic | ControlMode::Manual));
        let waits = self.flow_control.is_some_and(|wanted| wanted != FlowControl::Max);
        if waits && !is_group && !is_multi {
            return Err(contradiction("fc", "endpoint", "one receiver is no group"));
        }
        let endpoint = ("endpoint", self.endpoint.map(|address| address.ip()));
        let control = ("control", self.control.map(|address| address.ip()));
        let interface = ("interface", self.interface);
        for ((first, one), (second, other)) in
            [(endpoint, control), (endpoint, interface), (control, interface)]
        {
            if let (Some(one), Some(other)) = (one, other)
                && one.is_ipv4() != other.is_ipv4()
            {
                return Err(contradiction(first, second, "one is IPv4, the other IPv6"));
            }
        }
        Ok(())
    }

    fn check_lengths(&self) -> Result<(), ChannelUriError> {
        if let (Some(mtu), Some(window)) = (self.mtu, self.window_length)
            && mtu > window as usize
        {
            return Err(contradiction("mtu", "rcv-wnd", "a window holds a datagram"));
        }
        if let (Some(window), Some(buffer)) = (self.window_length, self.receive_buffer_length)
            && window as usize > buffer
        {
            return Err(contradiction("rcv-wnd", "so-rcvbuf", "a socket buffer holds a window"));
        }
        if let (Some(mtu), Some(buffer)) = (self.mtu, self.send_buffer_length)
            && mtu > buffer
        {
            return Err(contradiction("mtu", "so-sndbuf", "a socket buffer holds a datagram"));
        }
        if let Some(start) = self.start {
            let term_count = start.term_id.wrapping_sub(start.initial_term_id);
            if term_count < 0 {
                return Err(contradiction("term-id", "init-term-id", "it lies before the first"));
            }
            if self.term_length.is_some_and(|length| start.term_offset >= length) {
                return Err(contradiction("term-offset", "term-length", "it lies behind the term"));
            }
        }
        Ok(())
    }
}

impl FromStr for ChannelUri {
    type Err = ChannelUriError;

    fn from_str(text: &str) -> Result<Self, ChannelUriError> {
        let text = text.strip_prefix("aeron:").ok_or(ChannelUriError::Scheme)?;
        let (media, parameters) = text.split_once('?').unwrap_or((text, ""));
        if media != "udp" {
            return Err(ChannelUriError::Media { media: media.to_owned() });
        }
        let mut uri = Self::default();
        let mut seen: Vec<&'static str> = Vec::new();
        let mut place = Place::default();
        for parameter in parameters.split('|').filter(|_| !parameters.is_empty()) {
            let (name, text) = parameter
                .split_once('=')
                .ok_or_else(|| ChannelUriError::NoValue { parameter: parameter.to_owned() })?;
            let key = SUPPORTED.iter().chain(UNSUPPORTED).find(|key| **key == name);
            let key = *key.ok_or_else(|| unknown(name))?;
            if seen.contains(&key) {
                return Err(ChannelUriError::Repeated { parameter: key });
            }
            seen.push(key);
            let value = Value { key, text };
            if !place.take(key, &value)? {
                uri.take(key, &value)?;
            }
        }
        uri.start = place.whole()?;
        uri.check()?;
        Ok(uri)
    }
}

/// The three parameters of a start position, as they come.
#[derive(Default)]
struct Place {
    initial_term_id: Option<i32>,
    term_id: Option<i32>,
    term_offset: Option<u32>,
}

impl Place {
    fn take(&mut self, key: &str, value: &Value<'_>) -> Result<bool, ChannelUriError> {
        match key {
            "init-term-id" => self.initial_term_id = Some(value.integer()?),
            "term-id" => self.term_id = Some(value.integer()?),
            "term-offset" => self.term_offset = Some(value.term_offset()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn whole(self) -> Result<Option<StreamPlace>, ChannelUriError> {
        let because = "a start position is init-term-id, term-id and term-offset together";
        match (self.initial_term_id, self.term_id, self.term_offset) {
            (None, None, None) => Ok(None),
            (Some(initial_term_id), Some(term_id), Some(term_offset)) => {
                Ok(Some(StreamPlace { initial_term_id, term_id, term_offset }))
            }
            (None, ..) => Err(missing("init-term-id", because)),
            (_, None, _) => Err(missing("term-id", because)),
            (_, _, None) => Err(missing("term-offset", because)),
        }
    }
}

fn contradiction(
    first: &'static str,
    second: &'static str,
    because: &'static str,
) -> ChannelUriError {
    ChannelUriError::Contradiction { first, second, because }
}

fn missing(parameter: &'static str, because: &'static str) -> ChannelUriError {
    ChannelUriError::Missing { parameter, because }
}

/// An unknown name with the known one that shares the longest beginning with it.
fn unknown(name: &str) -> ChannelUriError {
    let shared = |key: &&&str| key.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let nearest = SUPPORTED.iter().max_by_key(shared).copied().unwrap_or("endpoint");
    ChannelUriError::Unknown { parameter: name.to_owned(), nearest }
}

const SUPPORTED: &[&str] = &[
    "endpoint",
    "control",
    "control-mode",
    "interface",
    "ttl",
    "reliable",
    "mtu",
    "term-length",
    "init-term-id",
    "term-id",
    "term-offset",
    "session-id",
    "stream-id",
    "fc",
    "gtag",
    "cc",
    "rcv-wnd",
    "so-rcvbuf",
    "so-sndbuf",
    "nak-delay",
    "linger",
    "eos",
    "group",
    "rejoin",
    "tether",
    "ssc",
    "alias",
];

/// What stock Aeron knows and this transport does not have.
const UNSUPPORTED: &[&str] = &[
    "ats",
    "channel-rcv-ts-offset",
    "channel-snd-ts-offset",
    "max-resend",
    "media-rcv-ts-offset",
    "pub-wnd",
    "response-correlation-id",
    "so-tos",
    "sparse",
    "tags",
    "untethered-linger-timeout",
    "untethered-resting-timeout",
    "untethered-window-limit-timeout",
];

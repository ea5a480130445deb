//! The values of a channel URI's parameters, each with its range.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use super::{ChannelUriError, ControlMode};
use crate::FlowControl;
use crate::limits::{
    FRAME_ALIGNMENT, MTU_MAX, MTU_MIN, TERM_LENGTH_MAX, TERM_LENGTH_MIN, WINDOW_LENGTH_MIN,
};

/// One value with the parameter that it was given for.
pub(super) struct Value<'a> {
    pub(super) key: &'static str,
    pub(super) text: &'a str,
}

impl Value<'_> {
    fn must_be(&self, expected: &'static str) -> ChannelUriError {
        ChannelUriError::Value { parameter: self.key, value: self.text.to_owned(), expected }
    }

    fn parsed<T: FromStr>(&self, expected: &'static str) -> Result<T, ChannelUriError> {
        self.text.parse().map_err(|_| self.must_be(expected))
    }

    pub(super) fn socket_address(&self) -> Result<SocketAddr, ChannelUriError> {
        let expected = "the address of one interface or group and a port, ip:port";
        let local = self.text.strip_prefix("localhost:").map(str::parse::<u16>);
        let address = match local {
            Some(port) => {
                let port = port.map_err(|_| self.must_be(expected))?;
                SocketAddr::from((Ipv4Addr::LOCALHOST, port))
            }
            None => self.parsed(expected)?,
        };
        if is_anybody(address.ip()) {
            return Err(self.must_be(expected));
        }
        Ok(address)
    }

    pub(super) fn interface(&self) -> Result<IpAddr, ChannelUriError> {
        let expected = "the address of one interface, without port and prefix";
        let address = match self.text {
            "localhost" => IpAddr::from(Ipv4Addr::LOCALHOST),
            _ => self.parsed(expected)?,
        };
        if is_anybody(address) || address.is_multicast() {
            return Err(self.must_be(expected));
        }
        Ok(address)
    }

    pub(super) fn control_mode(&self) -> Result<ControlMode, ChannelUriError> {
        match self.text {
            "dynamic" => Ok(ControlMode::Dynamic),
            "manual" => Ok(ControlMode::Manual),
            "response" => Ok(ControlMode::Response),
            _ => Err(self.must_be("dynamic, manual or response")),
        }
    }

    pub(super) fn time_to_live(&self) -> Result<u8, ChannelUriError> {
        self.parsed("a number of hops, 0 to 255")
    }

    pub(super) fn boolean(&self) -> Result<bool, ChannelUriError> {
        self.parsed("true or false")
    }

    pub(super) fn integer(&self) -> Result<i32, ChannelUriError> {
        self.parsed("a whole number of 32 bits")
    }

    pub(super) fn group_tag(&self) -> Result<i64, ChannelUriError> {
        self.parsed("a whole number of 64 bits")
    }

    pub(super) fn term_offset(&self) -> Result<u32, ChannelUriError> {
        let expected = "a multiple of 32 below 1 GiB";
        let offset: u32 = self.parsed(expected)?;
        let is_aligned = offset.is_multiple_of(FRAME_ALIGNMENT as u32);
        if is_aligned && offset < TERM_LENGTH_MAX {
            Ok(offset)
        } else {
            Err(self.must_be(expected))
        }
    }

    pub(super) fn mtu(&self) -> Result<usize, ChannelUriError> {
        let expected = "a multiple of 32 from 64 to 65504";
        let mtu = self.length(expected)?;
        let mtu = usize::try_from(mtu).unwrap_or(usize::MAX);
        let is_valid = mtu > MTU_MIN && mtu <= MTU_MAX && mtu.is_multiple_of(FRAME_ALIGNMENT);
        if is_valid { Ok(mtu) } else { Err(self.must_be(expected)) }
    }

    pub(super) fn term_length(&self) -> Result<u32, ChannelUriError> {
        let expected = "a power of two from 64k to 1g";
        let length = u32::try_from(self.length(expected)?).unwrap_or(u32::MAX);
        let is_valid =
            length.is_power_of_two() && (TERM_LENGTH_MIN..=TERM_LENGTH_MAX).contains(&length);
        if is_valid { Ok(length) } else { Err(self.must_be(expected)) }
    }

    pub(super) fn window_length(&self) -> Result<u32, ChannelUriError> {
        let expected = "a multiple of 32 from 2k to 1g";
        let length = u32::try_from(self.length(expected)?).unwrap_or(u32::MAX);
        let is_valid = (WINDOW_LENGTH_MIN..=TERM_LENGTH_MAX).contains(&length)
            && length.is_multiple_of(FRAME_ALIGNMENT as u32);
        if is_valid { Ok(length) } else { Err(self.must_be(expected)) }
    }

    pub(super) fn buffer_length(&self) -> Result<usize, ChannelUriError> {
        let expected = "a length up to 1g";
        let length = self.length(expected)?;
        if length > u64::from(TERM_LENGTH_MAX) {
            return Err(self.must_be(expected));
        }
        Ok(length as usize)
    }

    /// Bytes, with `k`, `m` or `g` behind the number.
    fn length(&self, expected: &'static str) -> Result<u64, ChannelUriError> {
        let (digits, shift) = match self.text.to_ascii_lowercase().as_bytes().last() {
            Some(b'k') => (&self.text[..self.text.len() - 1], 10),
            Some(b'm') => (&self.text[..self.text.len() - 1], 20),
            Some(b'g') => (&self.text[..self.text.len() - 1], 30),
            _ => (self.text, 0),
        };
        let number: u64 = digits.parse().map_err(|_| self.must_be(expected))?;
        number.checked_mul(1 << shift).ok_or_else(|| self.must_be(expected))
    }

    /// A time, with its unit behind the number; bare numbers are ns, as with stock Aeron.
    pub(super) fn duration_ns(&self) -> Result<u64, ChannelUriError> {
        duration_ns(self.text).ok_or_else(|| self.must_be(DURATION))
    }

    /// `max`, `min[,g:/<size>][,t:<time>]` or `tagged,g:<tag>[/<size>][,t:<time>]`.
    pub(super) fn flow_control(&self) -> Result<(FlowControl, Option<u64>), ChannelUriError> {
        let wrong = || self.must_be(FLOW_CONTROL);
        let mut parts = self.text.split(',');
        let name = parts.next().unwrap_or_default();
        let (mut group_tag, mut group_size_min, mut timeout_ns) = (None, None, None);
        for part in parts {
            if let Some(time) = part.strip_prefix("t:") {
                timeout_ns = Some(duration_ns(time).ok_or_else(wrong)?);
            } else if let Some(group) = part.strip_prefix("g:") {
                let (tag, size) = group.split_once('/').unwrap_or((group, ""));
                let is_tagged = !tag.is_empty();
                group_tag = is_tagged.then(|| tag.parse()).transpose().map_err(|_| wrong())?;
                let is_sized = !size.is_empty();
                group_size_min = is_sized.then(|| size.parse()).transpose().map_err(|_| wrong())?;
            } else {
                return Err(wrong());
            }
        }
        let flow_control = match (name, group_tag, group_size_min) {
            ("max", None, None) => FlowControl::Max,
            ("min", None, size) => FlowControl::Min { group_size_min: size.unwrap_or(0) },
            ("tagged", Some(group_tag), size) => {
                FlowControl::Tagged { group_tag, group_size_min: size.unwrap_or(0) }
            }
            _ => return Err(wrong()),
        };
        if flow_control == FlowControl::Max && timeout_ns.is_some() {
            return Err(wrong());
        }
        Ok((flow_control, timeout_ns))
    }

    /// One value is what this transport does anyway; it has no other.
    pub(super) fn only(&self, value: &'static str) -> Result<(), ChannelUriError> {
        if self.text == value { Ok(()) } else { Err(self.must_be(value)) }
    }
}

fn is_anybody(address: IpAddr) -> bool {
    address.is_unspecified() || address == IpAddr::from(Ipv4Addr::BROADCAST)
}

fn duration_ns(text: &str) -> Option<u64> {
    let units = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];
    let unit = units.iter().find_map(|(unit, ns)| Some((text.strip_suffix(unit)?, *ns)));
    let (digits, ns) = unit.unwrap_or((text, 1));
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(ns).filter(|ns| *ns <= DURATION_MAX_NS)
}

const DURATION: &str = "a time up to an hour, as 100us, 5ms or 10s";
const FLOW_CONTROL: &str = "max, min[,g:/<size>][,t:<time>] or tagged,g:<tag>[/<size>][,t:<time>]";
const DURATION_MAX_NS: u64 = 3_600_000_000_000;

//! A capture file: the classic format with times in nanoseconds, packets of raw IPv4 and UDP.
//!
//! The two headers of the format are 40 bytes that never change, so they are written here; the
//! headers of IPv4 and UDP with their checksums are left to a library.

use std::io::{self, Write};
use std::net::SocketAddrV4;

use etherparse::PacketBuilder;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{Immutable, IntoBytes, Unaligned};

/// Writes packets behind the header of the file.
#[derive(Debug)]
pub struct PacketWriter<W: Write> {
    output: W,
}

impl<W: Write> PacketWriter<W> {
    /// Writes the header of the file.
    ///
    /// # Errors
    /// Output fails.
    pub fn new(mut output: W) -> io::Result<Self> {
        let header = FileHeader {
            magic: MAGIC_NANOSECONDS.into(),
            version_major: VERSION_MAJOR.into(),
            version_minor: VERSION_MINOR.into(),
            reserved: [0; 8],
            packet_length_max: PACKET_LENGTH_MAX.into(),
            link_type: LINK_TYPE_RAW_IP.into(),
        };
        output.write_all(header.as_bytes())?;
        Ok(Self { output })
    }

    /// Writes `payload` as one datagram sent at `time_ns` since 1970. The format's seconds end in
    /// the year 2106; later times are written as its last second.
    ///
    /// # Errors
    /// Output fails, or the payload is longer than a datagram.
    pub fn write(&mut self, time_ns: u64, route: &Route, payload: &[u8]) -> io::Result<()> {
        let Route { source, destination } = route;
        let (from, to) = (source.ip().octets(), destination.ip().octets());
        let packet =
            PacketBuilder::ipv4(from, to, TIME_TO_LIVE).udp(source.port(), destination.port());
        let length = u32::try_from(packet.size(payload.len())).unwrap_or(u32::MAX);
        let header = PacketHeader {
            seconds: u32::try_from(time_ns / NS_PER_S).unwrap_or(u32::MAX).into(),
            nanoseconds: u32::try_from(time_ns % NS_PER_S).unwrap_or_default().into(),
            captured_length: length.into(),
            length: length.into(),
        };
        self.output.write_all(header.as_bytes())?;
        packet.write(&mut self.output, payload).map_err(io::Error::other)
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// Output fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// From where to where a datagram goes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Sender.
    pub source: SocketAddrV4,
    /// Receiver.
    pub destination: SocketAddrV4,
}

/// What the file begins with.
#[derive(IntoBytes, Immutable, Unaligned)]
#[repr(C)]
struct FileHeader {
    magic: U32,
    version_major: U16,
    version_minor: U16,
    reserved: [u8; 8],
    packet_length_max: U32,
    link_type: U32,
}

/// What leads every packet.
#[derive(IntoBytes, Immutable, Unaligned)]
#[repr(C)]
struct PacketHeader {
    seconds: U32,
    nanoseconds: U32,
    captured_length: U32,
    length: U32,
}

/// Times are in nanoseconds.
const MAGIC_NANOSECONDS: u32 = 0xA1B2_3C4D;
const VERSION_MAJOR: u16 = 2;
const VERSION_MINOR: u16 = 4;
/// The packet begins with its IP header.
const LINK_TYPE_RAW_IP: u32 = 101;
const PACKET_LENGTH_MAX: u32 = 65_535;
const TIME_TO_LIVE: u8 = 64;
const NS_PER_S: u64 = 1_000_000_000;

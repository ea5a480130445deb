//! The log, record by record, for a session whose key has the replica role.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use forecastle_proto_spec::{
    Frame, LOG_STREAM_ID, LogStreamPacket, Message as _, RECORD_LENGTH_MAX, RecordHeader,
};
use forecastle_transport::{
    Delivery, ImageEvent, ReceiveConfig, ReceiveEndpoint, UnavailableReason, control_address,
};
use forecastle_transport_udp::{SocketBuffers, UdpChannel, wait_readable};
use zerocopy::FromBytes as _;

use crate::random::random_u64;
use crate::session_error::SessionError;

/// The receiving end of one log stream.
///
/// Bind it, send a `LogStreamRequest` with its [port](Self::port) and the first position wanted
/// over an established session, keep that session alive, and poll. Whoever keeps
/// [`position`](Self::position) beside what it made of the records goes on from there with a new
/// stream: each record comes once, in order, without a hole.
///
/// ```no_run
/// # use forecastle_client::{LogStream, OrderEntry, ReadyFile};
/// # use forecastle_proto_spec::LogStreamRequest;
/// # use zerocopy::FromZeros;
/// # type Failure = Box<dyn std::error::Error>;
/// # fn follow(ready: &ReadyFile, session: &mut OrderEntry) -> Result<(), Failure> {
/// let mut stream = LogStream::bind(ready.log_stream, "127.0.0.1".parse()?)?;
/// let mut request = LogStreamRequest::new_zeroed();
/// request.port.set(stream.port());
/// session.send_unnumbered(&request)?;
/// loop {
///     session.poll(|_| {})?;
///     stream.poll(|position, record| println!("{position}: {} bytes", record.len()))?;
///     stream.wait(std::time::Duration::from_millis(1));
/// }
/// # }
/// ```
pub struct LogStream {
    endpoint: ReceiveEndpoint,
    channel: UdpChannel,
    origin: Instant,
    /// None before the first record.
    position: Option<u64>,
    ended: Option<LogStreamError>,
}

impl LogStream {
    /// Takes a free port of `interface` for a stream that comes from `source`, as the exchange's
    /// ready file names it.
    ///
    /// # Errors
    /// No socket can be had, or the system gives no random numbers.
    pub fn bind(source: SocketAddrV4, interface: Ipv4Addr) -> Result<Self, SessionError> {
        let buffers = SocketBuffers::for_window(WINDOW_LENGTH as usize);
        let channel = UdpChannel::unicast(SocketAddrV4::new(interface, 0), buffers)
            .map_err(SessionError::socket)?;
        let config = ReceiveConfig::peer(
            &[LOG_STREAM_ID],
            random_u64()?.cast_signed(),
            random_u64()?,
            source.into(),
        );
        Ok(Self::on(channel, config))
    }

    /// For the shared stream, whose address the ready file names: joins it when it is a multicast
    /// group, else as [`Self::bind`].
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub fn bind_shared(address: SocketAddrV4, interface: Ipv4Addr) -> Result<Self, SessionError> {
        let Some(control) = control_address(address) else {
            return Self::bind(address, interface);
        };
        let buffers = SocketBuffers::for_window(WINDOW_LENGTH as usize);
        let channel = UdpChannel::multicast_receiver(address, interface, buffers)
            .map_err(SessionError::socket)?;
        let config = ReceiveConfig::group(
            &[LOG_STREAM_ID],
            random_u64()?.cast_signed(),
            random_u64()?,
            control,
        );
        Ok(Self::on(channel, config))
    }

    fn on(channel: UdpChannel, config: ReceiveConfig) -> Self {
        let endpoint = ReceiveEndpoint::new(ReceiveConfig {
            images_max: 1,
            window_length: WINDOW_LENGTH,
            message_length_max: LogStreamPacket::ENCODED_LENGTH + RECORD_LENGTH_MAX,
            ..config
        });
        Self { endpoint, channel, origin: Instant::now(), position: None, ended: None }
    }

    /// The UDP port to ask for.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.channel.local_address().port()
    }

    /// Position behind the last record handed out: where to go on another time. None before the
    /// first.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        self.position
    }

    /// Does all work that is due and hands every record to `handler` with its position. Gives the
    /// number of records; never blocks.
    ///
    /// # Errors
    /// The stream has ended, or is not one of whole records in order. Further calls say so again.
    pub fn poll(&mut self, mut handler: impl FnMut(u64, &[u8])) -> Result<usize, LogStreamError> {
        if let Some(ended) = &self.ended {
            return Err(ended.clone());
        }
        let now_ns = u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let Self { endpoint, channel, position, ended, .. } = self;
        channel.receive(|source, bytes| endpoint.on_datagram(now_ns, source, bytes));
        let mut count = 0;
        endpoint.poll(now_ns, PACKETS_MAX, |_, delivery| {
            if let Delivery::Message { payload, .. } = delivery
                && ended.is_none()
            {
                match take(payload, position, &mut handler) {
                    Ok(record_count) => count += record_count,
                    Err(error) => *ended = Some(error),
                }
            }
        });
        while let Some(event) = endpoint.poll_event() {
            if let ImageEvent::Unavailable { reason, .. } = event {
                let is_end = reason == UnavailableReason::EndOfStream;
                let error = if is_end { LogStreamError::Ended } else { LogStreamError::Lost };
                ended.get_or_insert(error);
            }
        }
        channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
        match ended {
            Some(error) if count == 0 => Err(error.clone()),
            _ => Ok(count),
        }
    }

    /// Waits until something came in, at most `timeout` (whole milliseconds).
    pub fn wait(&self, timeout: Duration) {
        wait_readable(&[&self.channel], timeout);
    }
}

/// Why a log stream gives nothing more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogStreamError {
    /// The exchange ended it: the session ended, asked for another, or the exchange stops.
    #[error("the exchange ended the log stream")]
    Ended,
    /// Nothing was heard any more.
    #[error("the log stream was lost")]
    Lost,
    /// A packet does not begin where the last one ended.
    #[error("the log stream goes on at {found}, not at {expected}")]
    Gap {
        /// Position of the next record.
        expected: u64,
        /// Position of the packet.
        found: u64,
    },
    /// A message of the stream is not a packet of whole records.
    #[error("a message behind position {position} is no packet of whole records")]
    Malformed {
        /// Position behind the last whole record.
        position: u64,
    },
}

fn take(
    packet: &[u8],
    position: &mut Option<u64>,
    handler: &mut impl FnMut(u64, &[u8]),
) -> Result<usize, LogStreamError> {
    let malformed = |position: u64| LogStreamError::Malformed { position };
    let (lead, mut rest) =
        Frame::parse(packet).map_err(|_| malformed(position.unwrap_or_default()))?;
    let lead = lead.body::<LogStreamPacket>();
    let found = lead.ok_or_else(|| malformed(position.unwrap_or_default()))?.first_position.get();
    let mut next = position.unwrap_or(found);
    if next != found {
        return Err(LogStreamError::Gap { expected: next, found });
    }
    let mut count = 0;
    while !rest.is_empty() {
        let (header, _) = RecordHeader::ref_from_prefix(rest).map_err(|_| malformed(next))?;
        let length = header.record_length.get() as usize;
        if length < size_of::<RecordHeader>() || length > rest.len() {
            return Err(malformed(next));
        }
        let (record, behind) = rest.split_at(length);
        handler(next, record);
        next += length as u64;
        *position = Some(next);
        rest = behind;
        count += 1;
    }
    Ok(count)
}

const WINDOW_LENGTH: u32 = 128 * 1024;
const PACKETS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::encode;
    use zerocopy::{FromZeros as _, IntoBytes as _};

    use super::*;

    fn packet(first_position: u64, record_lengths: &[u32]) -> Vec<u8> {
        let mut lead = LogStreamPacket::new_zeroed();
        lead.first_position.set(first_position);
        let mut bytes = vec![0; LogStreamPacket::ENCODED_LENGTH];
        encode(&lead, &mut bytes).unwrap();
        for length in record_lengths {
            let mut header = RecordHeader::new_zeroed();
            header.record_length.set(*length);
            let mut record = header.as_bytes().to_vec();
            record.resize((*length as usize).max(32), 7);
            bytes.extend(record);
        }
        bytes
    }

    #[test]
    fn records_come_with_their_positions_and_gaps_are_errors() {
        let mut position = None;
        let mut records = Vec::new();
        let mut note = |at: u64, record: &[u8]| records.push((at, record.len()));
        assert_eq!(take(&packet(800, &[40, 64]), &mut position, &mut note), Ok(2));
        assert_eq!(take(&packet(904, &[32]), &mut position, &mut note), Ok(1));
        let gap = take(&packet(944, &[32]), &mut position, &mut note);
        assert_eq!(gap, Err(LogStreamError::Gap { expected: 936, found: 944 }));
        assert_eq!(records, [(800, 40), (840, 64), (904, 32)]);
        assert_eq!(position, Some(936));
    }

    #[test]
    fn what_is_no_packet_of_whole_records_is_named() {
        let whole = packet(800, &[40]);
        for length in 0..whole.len() {
            let mut position = Some(800);
            let result = take(&whole[..length], &mut position, &mut |_, _| panic!("no record"));
            // A packet without records is one.
            let is_empty = length == LogStreamPacket::ENCODED_LENGTH;
            assert_eq!(result.is_ok(), is_empty, "{length}");
        }
        for wrong in [0, 31, 41, u32::MAX] {
            let mut bytes = packet(800, &[40]);
            bytes[LogStreamPacket::ENCODED_LENGTH..][..4].copy_from_slice(&wrong.to_le_bytes());
            let result = take(&bytes, &mut Some(800), &mut |_, _| panic!("no record"));
            assert_eq!(result, Err(LogStreamError::Malformed { position: 800 }), "{wrong}");
        }
        let other = take(&[0; 64], &mut None, &mut |_, _| {});
        assert!(matches!(other, Err(LogStreamError::Malformed { .. })));
    }
}

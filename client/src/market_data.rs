//! Market data from the multicast group.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use forecastle_proto_spec::{Frame, MARKET_DATA_STREAM_ID, MarketDataPacket};
use forecastle_transport::{Delivery, ImageEvent, ReceiveConfig, ReceiveEndpoint, control_address};
use forecastle_transport_udp::{SocketBuffers, UdpChannel, wait_readable};

use crate::random::random_u64;
use crate::session_error::SessionError;

/// A subscription to the market data of one exchange.
///
/// It begins where the feed is when it joins: markets defined later are complete, books that
/// existed before are not.
pub struct MarketData {
    endpoint: ReceiveEndpoint,
    channel: UdpChannel,
    origin: Instant,
    progress: Progress,
    image_count: u32,
}

/// How far the feed has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Everything up to this log position has been delivered; 0 before the first packet.
    pub log_position: u64,
    /// Number of the last packet.
    pub packet_seq_num: u32,
    /// Packets that never came.
    pub lost_packet_count: u64,
}

impl MarketData {
    /// Joins `group` on `interface`.
    ///
    /// # Errors
    /// The group cannot be joined, or the system gives no random numbers.
    pub fn join(group: SocketAddrV4, interface: Ipv4Addr) -> Result<Self, SessionError> {
        let buffers = SocketBuffers::for_window(WINDOW_LENGTH);
        let channel = UdpChannel::multicast_receiver(group, interface, buffers)
            .map_err(SessionError::socket)?;
        let control = control_address(group).expect("a joined data group has a control group");
        let endpoint = ReceiveEndpoint::new(ReceiveConfig::group(
            &[MARKET_DATA_STREAM_ID],
            random_u64()?.cast_signed(),
            random_u64()?,
            control,
        ));
        let (progress, origin) = (Progress::default(), Instant::now());
        Ok(Self { endpoint, channel, origin, progress, image_count: 0 })
    }

    /// Does all work that is due and hands every message to `handler`, in order, without the
    /// packets' headers. Gives the number of packets; never blocks.
    pub fn poll(&mut self, mut handler: impl FnMut(Frame<'_>)) -> usize {
        let now_ns = u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let endpoint = &mut self.endpoint;
        self.channel.receive(|source, bytes| endpoint.on_datagram(now_ns, source, bytes));
        while let Some(event) = endpoint.poll_event() {
            match event {
                ImageEvent::Available(_) => self.image_count += 1,
                ImageEvent::Unavailable { .. } => self.image_count -= 1,
            }
        }
        let mut count = 0;
        let progress = &mut self.progress;
        endpoint.poll(now_ns, PACKETS_MAX, |_, delivery| {
            if let Delivery::Message { payload, .. } = delivery {
                count += usize::from(progress.take(payload, &mut handler));
            }
        });
        self.channel.transmit(|buffer| endpoint.poll_transmit(now_ns, buffer));
        count
    }

    /// How far the feed has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Whether the feed is heard.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.image_count > 0
    }

    /// Waits until something came in, at most `timeout` (whole milliseconds).
    pub fn wait(&self, timeout: Duration) {
        wait_readable(&[&self.channel], timeout);
    }
}

impl Progress {
    fn take(&mut self, packet: &[u8], handler: &mut impl FnMut(Frame<'_>)) -> bool {
        let Ok((lead, mut rest)) = Frame::parse(packet) else { return false };
        let Some(header) = lead.body::<MarketDataPacket>() else { return false };
        for _ in 0..header.message_count.get() {
            let Ok((frame, behind)) = Frame::parse(rest) else { break };
            handler(frame);
            rest = behind;
        }
        let number = header.packet_seq_num.get();
        if self.packet_seq_num != 0 {
            let step = number.wrapping_sub(self.packet_seq_num);
            self.lost_packet_count += u64::from(step.saturating_sub(1));
        }
        self.packet_seq_num = number;
        self.log_position = header.log_position.get();
        true
    }
}

const WINDOW_LENGTH: usize = 128 * 1024;
const PACKETS_MAX: usize = 256;

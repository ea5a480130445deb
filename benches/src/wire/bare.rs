//! What the kernel does without any protocol: the floor of a round trip, and the ceiling of a
//! stream.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use forecastle_benches_rig::wire::{End, MESSAGE_RATE, Message, Stream, WireError};
use forecastle_benches_rig::{Cpus, Run, pair, per_second};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{UdpGroSegment, UdpGsoSegment};

/// A socket that spins, bound to its peer as ours are.
pub struct BareEnd {
    socket: UdpSocket,
    buffer: Box<[u8; 2048]>,
}

/// Two sockets that know each other.
///
/// # Errors
/// When a socket cannot be opened.
pub fn sockets() -> Result<(BareEnd, BareEnd), WireError> {
    let (first, second) = (open().map_err(opening)?, open().map_err(opening)?);
    let connect = |socket: &UdpSocket, peer: &UdpSocket| socket.connect(peer.local_addr()?);
    connect(&first, &second).map_err(opening)?;
    connect(&second, &first).map_err(opening)?;
    let end = |socket| BareEnd { socket, buffer: Box::new([0; 2048]) };
    Ok((end(first), end(second)))
}

impl End for BareEnd {
    fn is_connected(&self) -> bool {
        true
    }

    #[inline]
    fn offer(&mut self, message: &Message) -> bool {
        self.socket.send(message).is_ok()
    }

    #[inline]
    fn send(&mut self) {}

    #[inline]
    fn receive(&mut self, handler: &mut impl FnMut(usize, &[u8])) {
        if let Ok(length) = self.socket.recv(&mut *self.buffer) {
            handler(0, &self.buffer[..length]);
        }
    }
}

/// Moves datagrams as large as ours, as many in a call as ours, cut and joined by the kernel;
/// nobody looks into them, nobody repairs them: those that came count.
///
/// # Errors
/// See [`WireError`].
pub fn segments(cpus: Cpus, settings: Stream) -> Result<Run, WireError> {
    let (sender, receiver) = (open().map_err(opening)?, open().map_err(opening)?);
    let segment = i32::try_from(SEGMENT_LENGTH).expect("a datagram is short");
    setsockopt(&sender, UdpGsoSegment, &segment).map_err(|error| opening(error.into()))?;
    setsockopt(&receiver, UdpGroSegment, &true).map_err(|error| opening(error.into()))?;
    let destination = receiver.local_addr().map_err(opening)?;
    sender.connect(destination).map_err(opening)?;
    let is_over = &AtomicBool::new(false);
    let warm_up = Duration::from_millis(settings.warm_up_ms);
    let duration = warm_up + Duration::from_millis(settings.duration_ms);
    let send = move || {
        let (train, started) = (vec![1; SEGMENTS * SEGMENT_LENGTH], Instant::now());
        while started.elapsed() < duration {
            // A full buffer loses the train; what came is what counts.
            let _ = sender.send(&train);
        }
        // One that waited for its processor all the time still finds something.
        let _ = sender.send(&train);
        is_over.store(true, Ordering::Release);
    };
    let receive = move || {
        let (mut buffer, mut byte_count) = (vec![0; 64 * 1024], 0_u64);
        let mut counting = None;
        let started = Instant::now();
        while !is_over.load(Ordering::Acquire) {
            if let Ok(length) = receiver.recv(&mut buffer) {
                byte_count += length as u64;
            }
            if counting.is_none() && started.elapsed() >= warm_up {
                counting = Some((Instant::now(), byte_count));
            }
        }
        while let Ok(length) = receiver.recv(&mut buffer) {
            byte_count += length as u64;
        }
        let (since, before) = counting.unwrap_or((started, 0));
        (byte_count - before, since.elapsed())
    };
    let (sent, received) = pair::run(cpus, send, receive)?;
    let (byte_count, elapsed) = received.result;
    let rate = per_second(byte_count / FRAME_LENGTH as u64, elapsed.as_nanos() as u64);
    Ok(Run {
        figures: vec![(MESSAGE_RATE, rate)],
        preemption_count: sent.preemption_count + received.preemption_count,
    })
}

fn open() -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    setsockopt(&socket, nix::sys::socket::sockopt::RcvBuf, &BUFFER_LENGTH)?;
    setsockopt(&socket, nix::sys::socket::sockopt::SndBuf, &BUFFER_LENGTH)?;
    Ok(socket)
}

fn opening(error: io::Error) -> WireError {
    WireError::Open(format!("a bare socket: {error}"))
}

/// A message of 64 bytes behind its header.
const FRAME_LENGTH: usize = 96;
/// As many frames as a datagram of 1,408 bytes holds.
const SEGMENT_LENGTH: usize = 14 * FRAME_LENGTH;
/// Datagrams in one call.
const SEGMENTS: usize = 40;
const BUFFER_LENGTH: usize = 2 << 20;

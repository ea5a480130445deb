//! A stream: one end never pauses, the other takes what is there, in order and each message once.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{End, LIMIT, Meeting, Run, WireError, linger, meet, message_of, number_of};
use crate::per_second;
use crate::processors::Cpus;

/// How long a stream runs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stream {
    /// Time before the rate counts, in milliseconds.
    pub warm_up_ms: u64,
    /// Time that the rate counts, in milliseconds.
    pub duration_ms: u64,
}

/// Messages by the second, from the first one that counts to the last one received at every
/// receiver of the second end.
///
/// # Errors
/// See [`WireError`].
pub fn stream<A: End, B: End>(
    cpus: Cpus,
    settings: Stream,
    ends: (
        impl FnOnce() -> Result<A, WireError> + Send,
        impl FnOnce() -> Result<B, WireError> + Send,
    ),
) -> Result<Run, WireError> {
    let send = |end: &mut A, meeting: &Meeting| {
        let mut next = 0;
        send_for(end, &mut next, settings.warm_up_ms);
        let (first, started) = (next, Instant::now());
        send_for(end, &mut next, settings.duration_ms);
        meeting.total.store(next.max(1), Ordering::Release);
        linger(end, meeting)?;
        Ok((first, next, started))
    };
    let (sent, ended, preemption_count) = meet(cpus, ends, send, take)?;
    let (first, next, started) = sent;
    let elapsed_ns = (ended - started).as_nanos() as u64;
    let figures = vec![(MESSAGE_RATE, per_second(next - first, elapsed_ns))];
    Ok(Run { figures, preemption_count })
}

/// Sends for that long, and until something was taken.
fn send_for(end: &mut impl End, next: &mut u64, duration_ms: u64) {
    let (first, started) = (*next, Instant::now());
    let duration = Duration::from_millis(duration_ms);
    while started.elapsed() < duration || (*next == first && started.elapsed() < LIMIT) {
        for _ in 0..BURST {
            if !end.offer(&message_of(*next)) {
                break;
            }
            *next += 1;
        }
        end.send();
        end.receive(&mut |_, _| {});
    }
}

/// Takes everything; when the last message has come, the run is over. Gives when that was.
fn take(end: &mut impl End, meeting: &Meeting) -> Result<Instant, WireError> {
    let mut due = vec![0; end.receiver_count()];
    let mut deadline = None;
    loop {
        end.receive(&mut |receiver, message| {
            let number = number_of(message);
            assert_eq!(number, due[receiver], "messages come in order, each once");
            due[receiver] = number + 1;
        });
        let total = meeting.total.load(Ordering::Acquire);
        if total > 0 {
            let now = Instant::now();
            if due.iter().all(|due| *due == total) {
                meeting.is_over.store(true, Ordering::Release);
                return Ok(now);
            }
            if now >= *deadline.get_or_insert(now + LIMIT) {
                return Err(WireError::Silent("the last message"));
            }
        }
        end.send();
    }
}

/// Messages offered before the sender works; it stops where there is no room.
const BURST: u32 = 512;
/// Messages that came, by the second.
pub const MESSAGE_RATE: &str = "messages_per_second";

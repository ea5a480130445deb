//! Messages offered at a fixed rate, whatever becomes of them, and echoed. Latency counts from the
//! moment a message was due, so that a sender that falls behind hides nothing.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{End, Meeting, Run, WireError, echo, meet, message_of, number_of};
use crate::processors::Cpus;
use crate::stopwatch::quantile;

/// An offered load.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OpenLoop {
    /// Messages by the second.
    pub rate: u64,
    /// How long they are offered, in milliseconds; the first tenth is not counted.
    pub duration_ms: u64,
}

impl OpenLoop {
    fn count(&self) -> u64 {
        (self.rate * self.duration_ms / 1000).max(10)
    }

    /// When message `number` is due, from the start.
    #[inline]
    fn due_ns(&self, number: u64) -> u64 {
        number * 1_000_000_000 / self.rate
    }
}

/// Latency from due to echoed. A message that has not come back when all should have counts as
/// late as that.
///
/// # Errors
/// See [`WireError`].
pub fn open_loop<A: End, B: End>(
    cpus: Cpus,
    load: OpenLoop,
    ends: (
        impl FnOnce() -> Result<A, WireError> + Send,
        impl FnOnce() -> Result<B, WireError> + Send,
    ),
) -> Result<Run, WireError> {
    let offer = |end: &mut A, _: &Meeting| Ok(offer(end, &load));
    let (mut latencies, (), preemption_count) = meet(cpus, ends, offer, echo)?;
    latencies.sort_unstable();
    let figures = [(LATENCY_P50, 500), (LATENCY_P99, 990)];
    let figures = figures.map(|(name, permille)| (name, quantile(&latencies, permille)));
    Ok(Run { figures: figures.to_vec(), preemption_count })
}

/// Offers all messages and waits for their echoes; the latencies of those that count.
fn offer(end: &mut impl End, load: &OpenLoop) -> Vec<u64> {
    let (count, skipped) = (load.count(), load.count() / 10);
    let mut latencies = Vec::with_capacity((count - skipped) as usize);
    let mut echoes: Vec<u64> = Vec::with_capacity(ECHOES_MAX);
    let started = Instant::now();
    let give_up_ns = load.due_ns(count) + GRACE.as_nanos() as u64;
    let (mut next, mut back) = (0, 0);
    let mut now_ns = 0;
    while back < count && now_ns < give_up_ns {
        let mut burst = 0;
        while next < count && burst < BURST && load.due_ns(next) <= now_ns {
            if !end.offer(&message_of(next)) {
                break;
            }
            next += 1;
            burst += 1;
        }
        end.send();
        end.receive(&mut |_, message| echoes.push(number_of(message)));
        now_ns = started.elapsed().as_nanos() as u64;
        for number in echoes.drain(..) {
            back += 1;
            if number >= skipped {
                latencies.push(now_ns - load.due_ns(number));
            }
        }
    }
    // Those that never came back came no sooner than now.
    for number in back.max(skipped)..count {
        latencies.push(now_ns.saturating_sub(load.due_ns(number)));
    }
    latencies
}

/// Messages offered before the sender works, where many are due.
const BURST: u32 = 512;
const ECHOES_MAX: usize = 64 * 1024;
/// How long echoes may take after the last message was due.
const GRACE: Duration = Duration::from_millis(500);
/// Median latency.
pub const LATENCY_P50: &str = "latency_p50_ns";
/// What 99 of 100 messages took at most.
pub const LATENCY_P99: &str = "latency_p99_ns";

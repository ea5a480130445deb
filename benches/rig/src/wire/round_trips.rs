//! Ping-pong: one message under way, every round trip timed.

use std::time::Instant;

use super::{End, LIMIT, Meeting, Run, WireError, echo, meet, message_of, number_of};
use crate::processors::Cpus;
use crate::stopwatch::quantile;

/// Times `count` round trips after a tenth as many that are not timed.
///
/// # Errors
/// See [`WireError`].
pub fn round_trips<A: End, B: End>(
    cpus: Cpus,
    count: u64,
    ends: (
        impl FnOnce() -> Result<A, WireError> + Send,
        impl FnOnce() -> Result<B, WireError> + Send,
    ),
) -> Result<Run, WireError> {
    let ping = |end: &mut A, _: &Meeting| {
        for number in 0..count / 10 {
            round_trip(end, number)?;
        }
        let mut times = Vec::with_capacity(count as usize);
        let mut last = Instant::now();
        for number in 0..count {
            round_trip(end, number)?;
            let now = Instant::now();
            times.push((now - last).as_nanos() as u64);
            last = now;
        }
        Ok(times)
    };
    let (mut times, (), preemption_count) = meet(cpus, ends, ping, echo)?;
    times.sort_unstable();
    let figures = [(RTT_P50, 500), (RTT_P99, 990), (RTT_P999, 999)];
    let figures = figures.map(|(name, permille)| (name, quantile(&times, permille)));
    Ok(Run { figures: figures.to_vec(), preemption_count })
}

fn round_trip(end: &mut impl End, number: u64) -> Result<(), WireError> {
    while !end.offer(&message_of(number)) {
        end.receive(&mut |_, _| {});
        end.send();
    }
    end.send();
    let mut has_come = false;
    for _ in 0..TURNS_PER_LOOK {
        for _ in 0..TURNS_PER_LOOK {
            end.receive(&mut |_, message| {
                assert_eq!(number_of(message), number, "the echo is of the message sent");
                has_come = true;
            });
            if has_come {
                return Ok(());
            }
            end.send();
        }
    }
    late(end, number)
}

/// What was lost has to be asked for; that takes as long as the protocol's timers.
fn late(end: &mut impl End, number: u64) -> Result<(), WireError> {
    let deadline = Instant::now() + LIMIT;
    let mut has_come = false;
    while !has_come {
        end.receive(&mut |_, message| has_come |= number_of(message) == number);
        end.send();
        if Instant::now() >= deadline {
            return Err(WireError::Silent("an echo"));
        }
    }
    Ok(())
}

const TURNS_PER_LOOK: u32 = 1 << 9;
/// Median of the round trips.
pub const RTT_P50: &str = "rtt_p50_ns";
/// What 99 of 100 round trips took at most.
pub const RTT_P99: &str = "rtt_p99_ns";
/// What 999 of 1000 round trips took at most.
pub const RTT_P999: &str = "rtt_p999_ns";

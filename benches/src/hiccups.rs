//! How much the machine disturbs a thread that does nothing but spin: the floor below which no
//! latency can be shown, whatever is measured.

use std::time::{Duration, Instant};

use forecastle_runtime::agent::PinError;
use serde::Serialize;

use crate::measurement::per_second;
use crate::pair;
use crate::stopwatch::{as_ns, quantile};

/// Stalls of a bare spin loop, by length. Some are the kernel's, some the hypervisor's, some the
/// neighbours' whose work shares the processor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hiccups {
    /// The processor.
    pub cpu: usize,
    /// How long the loop ran.
    pub duration_ns: u64,
    /// Stalls above 10 µs, by the second.
    pub stalls_per_second: u64,
    /// Stalls above 10 µs, up to 100 µs.
    pub count_10_to_100_us: u64,
    /// Stalls above 100 µs, up to 1 ms.
    pub count_100_us_to_1_ms: u64,
    /// Stalls above 1 ms, up to 10 ms.
    pub count_1_to_10_ms: u64,
    /// Stalls above 10 ms.
    pub count_above_10_ms: u64,
    /// The longest stall.
    pub worst_ns: u64,
    /// Share of the time lost in stalls, in thousandths.
    pub lost_permille: u64,
}

impl Hiccups {
    /// Spins on processor `cpu` for `duration`.
    ///
    /// # Errors
    /// When the thread cannot be pinned.
    pub fn measure(cpu: usize, duration: Duration) -> Result<Self, PinError> {
        let spun = pair::run_alone(cpu, || {
            let mut gaps = Vec::with_capacity(GAPS_CAPACITY);
            let started = Instant::now();
            let mut last = started;
            while last - started < duration {
                let now = Instant::now();
                let gap = as_ns(now - last);
                if gap > STALL_NS {
                    gaps.push(gap);
                }
                last = now;
            }
            (gaps, as_ns(last - started))
        })?;
        let (gaps, duration_ns) = spun.result;
        Ok(Self::of(cpu, duration_ns, &gaps))
    }

    fn of(cpu: usize, duration_ns: u64, gaps: &[u64]) -> Self {
        let count = |above: u64, up_to: u64| {
            gaps.iter().filter(|gap| **gap > above && **gap <= up_to).count() as u64
        };
        Self {
            cpu,
            duration_ns,
            stalls_per_second: per_second(gaps.len() as u64, duration_ns),
            count_10_to_100_us: count(STALL_NS, 100_000),
            count_100_us_to_1_ms: count(100_000, 1_000_000),
            count_1_to_10_ms: count(1_000_000, 10_000_000),
            count_above_10_ms: count(10_000_000, u64::MAX),
            worst_ns: gaps.iter().copied().max().unwrap_or(0),
            lost_permille: gaps.iter().sum::<u64>() * 1000 / duration_ns.max(1),
        }
    }
}

/// What one reading of the clock costs, ns: the median of many. A time between two readings holds
/// one of them.
#[must_use]
pub fn timer_cost_ns() -> u64 {
    let mut gaps: Vec<u64> = (0..10_000)
        .map(|_| {
            let first = Instant::now();
            as_ns(Instant::now() - first)
        })
        .collect();
    gaps.sort_unstable();
    quantile(&gaps, 500)
}

const STALL_NS: u64 = 10_000;
/// More stalls than a second has room for.
const GAPS_CAPACITY: usize = 200_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stalls_are_counted_by_length() {
        let gaps = [10_001, 100_000, 100_001, 1_000_000, 5_000_000, 40_000_000];
        let found = Hiccups::of(1, 1_000_000_000, &gaps);
        let expected = Hiccups {
            cpu: 1,
            duration_ns: 1_000_000_000,
            stalls_per_second: 6,
            count_10_to_100_us: 2,
            count_100_us_to_1_ms: 2,
            count_1_to_10_ms: 1,
            count_above_10_ms: 1,
            worst_ns: 40_000_000,
            lost_permille: 46,
        };
        assert_eq!(found, expected);
    }
}

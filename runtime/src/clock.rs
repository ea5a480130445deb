//! The clocks of the machine, for the shells. Pure cores are handed a [`Now`] instead.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One reading of both clocks, taken once per duty cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Wall clock, ns since 1970; may step either way.
    pub wall_ns: u64,
    /// Monotonic clock, ns since an origin of this process; for time-outs and intervals.
    pub monotonic_ns: u64,
}

/// Reads the clocks of the machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic origin is this call.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }

    /// Both clocks. Cost: two reads through the kernel's shared page, no system call, some 50 ns.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Now {
        Now { wall_ns: self.wall_ns(), monotonic_ns: self.monotonic_ns() }
    }

    /// Wall clock, ns since 1970 (good until 2554). A clock before 1970 reads 0.
    #[inline]
    #[must_use]
    pub fn wall_ns(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, as_ns)
    }

    /// Nanoseconds since this clock was made; never goes back.
    #[inline]
    #[must_use]
    pub fn monotonic_ns(&self) -> u64 {
        as_ns(self.origin.elapsed())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[inline]
fn as_ns(duration: core::time::Duration) -> u64 {
    duration.as_secs() * 1_000_000_000 + u64::from(duration.subsec_nanos())
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::{SystemClock, as_ns};
    use core::time::Duration;

    #[test]
    fn durations_become_nanoseconds() {
        assert_eq!(as_ns(Duration::new(3, 7)), 3_000_000_007);
        assert_eq!(as_ns(Duration::from_nanos(u64::MAX)), u64::MAX);
    }

    #[test]
    #[cfg(not(miri))]
    fn both_clocks_run_forward_and_the_wall_is_in_this_century() {
        let clock = SystemClock::new();
        let first = clock.now();
        let second = clock.now();
        assert!(second.monotonic_ns >= first.monotonic_ns);
        let (year_2020_ns, year_2100_ns) = (1_577_836_800_000_000_000, 4_102_444_800_000_000_000);
        assert!((year_2020_ns..year_2100_ns).contains(&first.wall_ns));
    }
}

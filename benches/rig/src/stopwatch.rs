//! Clocks around a stretch of work on one thread, shared by the contenders of this workspace and
//! those that are built apart: it names nothing but the standard library and the kernel's clock.

use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A stretch of work on the calling thread, by the wall and by the processor time it took.
#[derive(Debug)]
pub struct Stopwatch {
    started: Instant,
    cpu_started_ns: u64,
}

impl Stopwatch {
    /// Starts both clocks.
    #[must_use]
    pub fn start() -> Self {
        let cpu_started_ns = thread_cpu_time_ns();
        Self { started: Instant::now(), cpu_started_ns }
    }

    /// Nanoseconds since the start: of the wall, and of the thread's processor time, which leaves
    /// out what others took of the processor.
    #[must_use]
    pub fn elapsed_ns(&self) -> (u64, u64) {
        let wall_ns = as_ns(self.started.elapsed());
        (wall_ns, thread_cpu_time_ns() - self.cpu_started_ns)
    }
}

/// Service times of many short pieces of work, one after another (a closed loop). Loads and stores
/// are fenced off at both ends of a piece, and what the clock and the fences cost is taken off.
#[derive(Debug)]
pub struct ServiceTimes {
    times: Vec<u64>,
    clock_ns: u64,
}

impl ServiceTimes {
    /// Room for `capacity` times; finds out what the clock costs.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let mut empty: Vec<u64> = (0..CLOCK_READINGS).map(|_| fenced_ns(|| ())).collect();
        empty.sort_unstable();
        Self { times: Vec::with_capacity(capacity), clock_ns: quantile(&empty, 500) }
    }

    /// Takes the time of `work`.
    #[inline]
    pub fn time(&mut self, work: impl FnOnce()) {
        self.times.push(fenced_ns(work).saturating_sub(self.clock_ns));
    }

    /// The times at or below which 50 %, 99 %, 99.9 % and all of them lie, ns.
    ///
    /// # Panics
    /// When no time was taken.
    #[must_use]
    pub fn quantiles(mut self) -> [u64; 4] {
        self.times.sort_unstable();
        [500, 990, 999, 1000].map(|permille| quantile(&self.times, permille))
    }
}

/// The value that `permille` thousandths of `sorted` are at or below (nearest rank).
///
/// # Panics
/// When there is no value.
#[must_use]
pub fn quantile(sorted: &[u64], permille: usize) -> u64 {
    let rank = (sorted.len() * permille).div_ceil(1000).max(1);
    sorted[rank - 1]
}

/// A duration in ns.
#[inline]
#[must_use]
pub fn as_ns(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000_000 + u64::from(duration.subsec_nanos())
}

#[inline]
fn fenced_ns(work: impl FnOnce()) -> u64 {
    // What came before is done when the clock is read, and so is the work at its second reading.
    fence(Ordering::SeqCst);
    let started = Instant::now();
    fence(Ordering::SeqCst);
    work();
    fence(Ordering::SeqCst);
    let ended = Instant::now();
    fence(Ordering::SeqCst);
    as_ns(ended - started)
}

/// Processor time of the calling thread.
fn thread_cpu_time_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, ns) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    let forward = "a thread's time runs forward from 0";
    seconds.expect(forward) * 1_000_000_000 + ns.expect(forward)
}

const CLOCK_READINGS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_sleeps_takes_no_processor_time() {
        let stopwatch = Stopwatch::start();
        std::thread::sleep(Duration::from_millis(20));
        let (wall_ns, cpu_ns) = stopwatch.elapsed_ns();
        assert!(wall_ns >= 20_000_000 && cpu_ns < wall_ns / 2, "{wall_ns} {cpu_ns}");
    }

    #[test]
    fn times_leave_the_clock_out_and_are_given_by_rank() {
        let mut times = ServiceTimes::new(1000);
        (0..1000).for_each(|_| times.time(|| ()));
        let [p50, p99, p999, maximum] = times.quantiles();
        assert!(p50 < 1000 && p50 <= p99 && p99 <= p999 && p999 <= maximum);
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let sorted: Vec<u64> = (1..=1000).collect();
        assert_eq!([500, 990, 999, 1000].map(|p| quantile(&sorted, p)), [500, 990, 999, 1000]);
        assert_eq!(quantile(&[7], 1), 7);
        assert_eq!(quantile(&[1, 2], 500), 1);
    }
}

//! A stretch of work on one thread, by the wall and by the processor time it took.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use crate::hiccups::as_ns;
use crate::measurement::{Figures, per_second};

/// A stretch of work on the calling thread.
#[derive(Debug)]
pub struct Timed {
    started: Instant,
    cpu_started_ns: u64,
}

impl Timed {
    /// Starts both clocks.
    #[must_use]
    pub fn start() -> Self {
        let cpu_started_ns = thread_cpu_time_ns();
        Self { started: Instant::now(), cpu_started_ns }
    }

    /// Time by the wall since the start.
    #[must_use]
    pub fn elapsed_ns(&self) -> u64 {
        as_ns(self.started.elapsed())
    }

    /// `count` commands, by the second of each clock.
    #[must_use]
    pub fn rates(self, count: u64) -> Figures {
        let wall_ns = self.elapsed_ns();
        let cpu_ns = thread_cpu_time_ns() - self.cpu_started_ns;
        vec![(CPU_RATE, per_second(count, cpu_ns)), (WALL_RATE, per_second(count, wall_ns))]
    }
}

/// Processor time of the calling thread.
fn thread_cpu_time_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, ns) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    let forward = "a thread's time runs forward from 0";
    seconds.expect(forward) * 1_000_000_000 + ns.expect(forward)
}

/// Name of the rate by processor time, which leaves out what others took of the processor.
pub const CPU_RATE: &str = "commands_per_cpu_second";
/// Name of the rate by the wall.
pub const WALL_RATE: &str = "commands_per_second";

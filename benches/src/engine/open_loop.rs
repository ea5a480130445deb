//! Open loop: commands come when they come, whether the engine is ready or not, and each is timed
//! from the moment it was due.
//!
//! One processor plays the gateway: it puts each command into the ring when its time has come, by
//! a Poisson process drawn beforehand. The other runs the sequencer. A command counts as done when
//! the duty cycle that sequenced it ends, so that a burst is charged up to one duty cycle too much;
//! a stall of either processor is charged to every command that was due meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};

use forecastle_runtime::agent::PinError;
use forecastle_runtime::clock::SystemClock;

use super::flow::Flow;
use super::rig::{RING_LENGTH, Rig, push};
use crate::host::Cpus;
use crate::journal::arrivals::poisson_ns;
use crate::measurement::{Run, per_second};
use crate::pair;
use crate::stopwatch::quantile;

/// One run of the flow's measured part at `rate` commands by the second.
///
/// # Errors
/// When a thread cannot be pinned.
///
/// # Panics
/// When the run does not come to what the flow came to.
pub fn run(cpus: Cpus, flow: &Flow, rate: u64) -> Result<Run, PinError> {
    let due: Vec<u64> = poisson_ns(ARRIVALS_SEED, rate).take(flow.main.length()).collect();
    let Rig { mut commands, mut sequencer } = Rig::new(flow, RING_LENGTH);
    let (clock, start) = (SystemClock::new(), AtomicU64::new(0));
    let sequence = || {
        let mut done = Vec::with_capacity(due.len());
        let mut count = 0;
        while count < due.len() {
            let more = sequencer.do_work();
            if more > 0 {
                count += more;
                done.push((count, clock.monotonic_ns()));
            }
        }
        assert_eq!(
            sequencer.engine().state_digest(),
            flow.state_digest,
            "the same commands, the same state"
        );
        done
    };
    let arrive = || {
        let start_ns = clock.monotonic_ns() + LEAD_NS;
        start.store(start_ns, Ordering::Relaxed);
        let mut now_ns = 0;
        for (index, due_ns) in due.iter().enumerate() {
            let (session_id, command) = flow.main.command(index);
            while now_ns < start_ns + due_ns {
                now_ns = clock.monotonic_ns();
            }
            pair::spin_until(|| push(&mut commands, session_id, command).then_some(()));
        }
    };
    let (sequenced, arrived) = pair::run(cpus, sequence, arrive)?;
    let start_ns = start.load(Ordering::Relaxed);
    let mut times = Vec::with_capacity(due.len());
    for (count, at_ns) in &sequenced.result {
        let due = &due[times.len()..*count];
        times.extend(due.iter().map(|due_ns| at_ns.saturating_sub(start_ns + due_ns)));
    }
    times.sort_unstable();
    let ended_ns = sequenced.result.last().map_or(0, |(_, at_ns)| at_ns - start_ns);
    Ok(Run {
        figures: vec![
            ("p50_ns", quantile(&times, 500)),
            ("p99_ns", quantile(&times, 990)),
            ("p999_ns", quantile(&times, 999)),
            ("maximum_ns", quantile(&times, 1000)),
            ("sequenced_per_second", per_second(due.len() as u64, ended_ns)),
        ],
        preemption_count: sequenced.preemption_count + arrived.preemption_count,
    })
}

const ARRIVALS_SEED: u64 = 5;
/// From the start of both threads to the first arrival.
const LEAD_NS: u64 = 1_000_000;

//! Two threads, each pinned to a processor of its own, started together.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use forecastle_runtime::agent::{PinError, pin_current_thread};

use crate::processors::{Cpus, preemption_count};

/// What a thread of a pair gave.
#[derive(Debug)]
pub struct Outcome<T> {
    /// The result.
    pub result: T,
    /// When it began.
    pub started: Instant,
    /// When it was done.
    pub ended: Instant,
    /// How often it was preempted between.
    pub preemption_count: u64,
}

/// Runs `first` and `second` at the same time.
///
/// # Errors
/// When a thread cannot be pinned; neither has run then.
///
/// # Panics
/// When one of them does.
pub fn run<A: Send, B: Send>(
    cpus: Cpus,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> Result<(Outcome<A>, Outcome<B>), PinError> {
    let start = &Start { barrier: Barrier::new(2), has_failed: AtomicBool::new(false) };
    thread::scope(|scope| {
        let first = scope.spawn(move || start.run(cpus.first, first));
        let second = scope.spawn(move || start.run(cpus.second, second));
        let first = first.join().expect("the first thread of a pair ends well");
        let second = second.join().expect("the second thread of a pair ends well");
        Ok((first?, second?))
    })
}

/// Runs `work` on a new thread that is pinned to `cpu`.
///
/// # Errors
/// When it cannot be pinned.
///
/// # Panics
/// When `work` does.
pub fn run_alone<T: Send>(
    cpu: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<Outcome<T>, PinError> {
    thread::scope(|scope| {
        let alone = scope.spawn(move || {
            pin_current_thread(cpu)?;
            Ok(timed(work))
        });
        alone.join().expect("the thread ends well")
    })
}

/// Spins until `attempt` gives something. Yields once in a while, so that partners on one
/// processor also come to an end.
#[inline]
pub fn spin_until<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        for _ in 0..SPINS_PER_YIELD {
            if let Some(found) = attempt() {
                return found;
            }
            core::hint::spin_loop();
        }
        thread::yield_now();
    }
}

/// Where two threads meet before they begin.
struct Start {
    barrier: Barrier,
    has_failed: AtomicBool,
}

impl Start {
    /// Runs `work` when both threads could be pinned. The one that could while the other could not
    /// is told the other's failure in its own name.
    fn run<T>(&self, cpu: usize, work: impl FnOnce() -> T) -> Result<Outcome<T>, PinError> {
        let pinned = pin_current_thread(cpu);
        // Relaxed: the barrier orders it.
        self.has_failed.fetch_or(pinned.is_err(), Ordering::Relaxed);
        self.barrier.wait();
        pinned?;
        // A partner that waits for messages of a thread that never ran would wait for ever.
        if self.has_failed.load(Ordering::Relaxed) {
            return Err(PinError { cpu });
        }
        let outcome = timed(work);
        // Whoever ends first waits, or the thread that joins it would wake and could take the
        // other's processor.
        self.barrier.wait();
        Ok(outcome)
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> Outcome<T> {
    let preempted = preemption_count();
    let started = Instant::now();
    let result = work();
    let ended = Instant::now();
    Outcome { result, started, ended, preemption_count: preemption_count() - preempted }
}

const SPINS_PER_YIELD: u32 = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_run_and_can_wait_for_each_other() {
        let (told, heard) = (AtomicBool::new(false), AtomicBool::new(false));
        let wait = |flag: &AtomicBool| spin_until(|| flag.load(Ordering::Acquire).then_some(7));
        let first = || {
            told.store(true, Ordering::Release);
            wait(&heard)
        };
        let second = || {
            heard.store(true, Ordering::Release);
            wait(&told)
        };
        let (first, second) = run(Cpus::lowest_two(), first, second).unwrap();
        assert_eq!((first.result, second.result), (7, 7));
        assert!(first.ended >= first.started);
    }

    #[test]
    fn neither_runs_when_one_cannot_be_pinned() {
        let cpus = Cpus { second: usize::MAX, ..Cpus::lowest_two() };
        let work = || panic!("ran without its partner");
        assert!(run(cpus, work, work).is_err());
    }
}

//! Agents: the duties of the hot side, put together on threads by configuration.
//!
//! An agent does a bounded amount of work per call and never blocks. A runner calls its agents in
//! turn on one thread, reads the clocks once per turn, and idles when none of them had work.

mod idle;

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

pub use idle::{BACKOFF_PARK_MAX, IdleStrategy, Idler, PARK_PERIOD, UnknownIdleStrategy};

use crate::clock::{Now, SystemClock};

/// A duty with a cycle of its own.
pub trait Agent {
    /// The agent's name, as in logs and counters.
    fn name(&self) -> &'static str;

    /// Does a bounded amount of work and returns how much (0: nothing to do). Never blocks,
    /// allocates or reads a clock.
    fn do_work(&mut self, now: Now) -> usize;

    /// Called once, after the last [`Agent::do_work`], in the order of the agents.
    fn on_close(&mut self) {}
}

/// A flag that ends runners. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    requested: Arc<AtomicBool>,
}

impl Shutdown {
    /// A flag that is not raised.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag, for good.
    pub fn request(&self) {
        // Release pairs with the Acquire in `is_requested`: what was done before the request is
        // seen by whoever acts on it.
        self.requested.store(true, Ordering::Release);
    }

    /// Whether the flag is raised.
    #[inline]
    #[must_use]
    pub fn is_requested(&self) -> bool {
        // Acquire pairs with the Release in `request`.
        self.requested.load(Ordering::Acquire)
    }
}

/// Runs agents in turn on one thread until shutdown.
pub struct AgentRunner {
    agents: Vec<Box<dyn Agent + Send>>,
    idle_strategy: IdleStrategy,
    cpu: Option<usize>,
    shutdown: Shutdown,
}

impl AgentRunner {
    /// A runner of `agents`, in this order, on whatever processor the kernel picks.
    #[must_use]
    pub fn new(
        agents: Vec<Box<dyn Agent + Send>>,
        idle_strategy: IdleStrategy,
        shutdown: Shutdown,
    ) -> Self {
        Self { agents, idle_strategy, cpu: None, shutdown }
    }

    /// Pins the runner's thread to processor number `cpu`.
    #[must_use]
    pub fn pinned_to(mut self, cpu: usize) -> Self {
        self.cpu = Some(cpu);
        self
    }

    /// Runs on the calling thread until the shutdown flag is raised, then closes the agents.
    ///
    /// # Errors
    /// When the thread cannot be pinned; no agent has run then, none is closed.
    pub fn run(mut self) -> Result<(), PinError> {
        if let Some(cpu) = self.cpu {
            pin_current_thread(cpu)?;
        }
        let clock = SystemClock::new();
        let mut idler = Idler::new(self.idle_strategy);
        while !self.shutdown.is_requested() {
            let now = clock.now();
            let mut work_count = 0;
            for agent in &mut self.agents {
                work_count += agent.do_work(now);
            }
            idler.idle(work_count);
        }
        for agent in &mut self.agents {
            agent.on_close();
        }
        Ok(())
    }

    /// Runs on a new thread called `name`. Its result is that of [`AgentRunner::run`]; a panic of
    /// an agent ends the thread and is told by joining it.
    ///
    /// # Errors
    /// When the kernel gives no thread.
    pub fn spawn(self, name: &str) -> io::Result<JoinHandle<Result<(), PinError>>> {
        std::thread::Builder::new().name(name.to_owned()).spawn(move || self.run())
    }
}

impl fmt::Debug for AgentRunner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.agents.iter().map(|agent| agent.name()).collect();
        formatter
            .debug_struct("AgentRunner")
            .field("agents", &names)
            .field("idle_strategy", &self.idle_strategy)
            .field("cpu", &self.cpu)
            .finish_non_exhaustive()
    }
}

/// Pins the calling thread to processor number `cpu`, counted as the kernel does.
///
/// The number is taken as it is: the list of processors that `core_affinity` gives shows only
/// those the calling thread may already use, and so is wrong in a thread that was pinned before.
///
/// # Errors
/// When the machine has no such processor, or this process may not use it.
pub fn pin_current_thread(cpu: usize) -> Result<(), PinError> {
    let core = core_affinity::CoreId { id: cpu };
    if cpu < CPUS_MAX && core_affinity::set_for_current(core) {
        return Ok(());
    }
    Err(PinError { cpu })
}

/// A thread could not be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinError {
    /// The processor number asked for.
    pub cpu: usize,
}

impl fmt::Display for PinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the thread cannot be pinned to processor {}", self.cpu)
    }
}

impl core::error::Error for PinError {}

/// Processors that the kernel's affinity mask of fixed size can name.
const CPUS_MAX: usize = 1024;

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::{Agent, AgentRunner, IdleStrategy, Now, PinError, Shutdown, pin_current_thread};

    struct Counting {
        name: &'static str,
        turns_left: usize,
        shutdown: Shutdown,
        told: Sender<(&'static str, Option<Now>)>,
    }

    impl Agent for Counting {
        fn name(&self) -> &'static str {
            self.name
        }

        fn do_work(&mut self, now: Now) -> usize {
            self.told.send((self.name, Some(now))).unwrap();
            self.turns_left -= 1;
            if self.turns_left == 0 {
                self.shutdown.request();
            }
            1
        }

        fn on_close(&mut self) {
            self.told.send((self.name, None)).unwrap();
        }
    }

    #[test]
    fn agents_take_turns_at_one_time_and_close_in_order() {
        let shutdown = Shutdown::new();
        let (told, heard) = channel();
        let agent = |name, turns_left| -> Box<dyn Agent + Send> {
            let (shutdown, told) = (shutdown.clone(), told.clone());
            Box::new(Counting { name, turns_left, shutdown, told })
        };
        let agents = vec![agent("first", 2), agent("second", 9)];
        let runner = AgentRunner::new(agents, IdleStrategy::Yield, shutdown.clone());
        assert!(format!("{runner:?}").contains("\"first\", \"second\""));
        runner.spawn("agents").unwrap().join().unwrap().unwrap();
        drop(told);

        let heard: Vec<_> = heard.iter().collect();
        let names: Vec<_> = heard.iter().map(|(name, now)| (*name, now.is_some())).collect();
        let turn = [("first", true), ("second", true)];
        assert_eq!(names, [turn, turn, [("first", false), ("second", false)]].concat());
        assert_eq!(heard[0].1, heard[1].1, "one reading of the clocks per turn");
        assert!(heard[2].1.unwrap().monotonic_ns >= heard[0].1.unwrap().monotonic_ns);
    }

    #[test]
    fn a_processor_that_is_not_there_is_an_error() {
        for cpu in [1023, 1024, usize::MAX] {
            assert_eq!(pin_current_thread(cpu), Err(PinError { cpu }));
        }
        let runner = AgentRunner::new(Vec::new(), IdleStrategy::Spin, Shutdown::new());
        assert_eq!(runner.pinned_to(5000).run(), Err(PinError { cpu: 5000 }));
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn pinning_moves_the_thread_even_when_it_is_pinned_already() {
        let allowed = core_affinity::get_core_ids().unwrap();
        std::thread::spawn(move || {
            for core in allowed {
                pin_current_thread(core.id).unwrap();
                let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
                let wanted = format!("Cpus_allowed_list:\t{}\n", core.id);
                assert!(status.contains(&wanted), "{status}");
            }
        })
        .join()
        .unwrap();
    }
}

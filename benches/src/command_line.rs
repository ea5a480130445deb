//! The options that every benchmark takes, and the way from them to a published report.

use std::error::Error;
use std::time::Duration;

use clap::Args;

use crate::hiccups::Hiccups;
use crate::host::{Cpus, Host};
use crate::measurement::Rounds;
use crate::report::Report;

/// Options of every benchmark.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Writes the result into benches/results as well.
    #[arg(long)]
    pub keep: bool,
    /// Rounds; each runs every contender once.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
}

impl Options {
    /// The rounds asked for, or `count`; a preempted run is tried up to `attempts_max` times.
    #[must_use]
    pub fn rounds(&self, count: usize, attempts_max: usize) -> Rounds {
        Rounds { count: self.rounds.map_or(count, usize::from), attempts_max }
    }

    /// Looks at the machine, lets `measure` fill the report, and publishes it.
    ///
    /// # Errors
    /// When a thread cannot be pinned, `measure` fails, or the result cannot be written.
    pub fn run<E: Error + 'static>(
        &self,
        name: &'static str,
        measure: impl FnOnce(Cpus, &mut Report) -> Result<(), E>,
    ) -> Result<(), Box<dyn Error>> {
        let (host, cpus) = (Host::read(), Cpus::lowest_two());
        if host.profile != "release" {
            return Err("a benchmark is built with --release".into());
        }
        let hiccups = [cpus.first, cpus.second].map(|cpu| Hiccups::measure(cpu, SPIN_DURATION));
        let hiccups = hiccups.into_iter().collect::<Result<_, _>>()?;
        let mut report = Report::new(name, host, hiccups);
        measure(cpus, &mut report)?;
        report.publish(self.keep)?;
        Ok(())
    }
}

const SPIN_DURATION: Duration = Duration::from_secs(2);

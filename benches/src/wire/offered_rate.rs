//! The highest offered rate at which half of the messages are echoed soon enough.
//!
//! Rates stand on a ladder; for each contender the highest is searched by halving. A rate holds
//! when most of its runs do, so that one bad moment of the machine decides nothing. Contenders
//! take turns within each step of the search.

use forecastle_benches_rig::Run;
use forecastle_benches_rig::wire::{LATENCY_P50, LATENCY_P99, OpenLoop, WireError, open_loop};
use serde::Serialize;

use super::aeron::Aeron;
use super::{AERON, OURS, WireSettings, ours};
use crate::measurement::{Figure, Row, Table};

/// Rates that are tried, and when one holds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OfferedRates {
    /// The lowest, messages by the second.
    pub rate_min: u64,
    /// Rates of the ladder, each a tenth above the one before.
    pub rung_count: usize,
    /// How long each run offers, in milliseconds.
    pub duration_ms: u64,
    /// A run holds when its median latency is below this, in ns.
    pub latency_max_ns: u64,
    /// Runs of each rate.
    pub run_count: usize,
    /// Of those, runs that must hold.
    pub held_count_min: usize,
}

/// Searches for each contender.
///
/// # Errors
/// See [`WireError`].
pub fn measure(settings: &WireSettings, aeron: Option<&Aeron>) -> Result<Table, WireError> {
    let (cpus, offered) = (settings.cpus, settings.offered);
    let mut ours = |load: OpenLoop| {
        let (first, second) = ours::pair(settings.streams)?;
        open_loop(cpus, load, (|| Ok(first), || Ok(second)))
    };
    let mut theirs = aeron.map(|aeron| {
        move |load: OpenLoop| {
            aeron.run(cpus, "offered-rate", &[load.rate, load.duration_ms, 2 << 20])
        }
    });
    let mut contenders = vec![Search::new(OURS, &mut ours, &offered)];
    if let Some(theirs) = &mut theirs {
        contenders.push(Search::new(AERON, theirs, &offered));
    }
    while contenders.iter().any(|search| !search.is_over()) {
        for _ in 0..offered.run_count {
            for search in contenders.iter_mut().filter(|search| !search.is_over()) {
                search.run(&offered)?;
            }
        }
        contenders.iter_mut().for_each(|search| search.judge(&offered));
    }
    let latency_us = offered.latency_max_ns / 1000;
    let title = format!(
        "offered rate with p50 below {latency_us} us in {} of {} runs",
        offered.held_count_min, offered.run_count
    );
    let rows = contenders.into_iter().map(Search::row).collect();
    let mut table = Table { title, rows, ratios: Vec::new() };
    if aeron.is_some() {
        table.compare(RATE, OURS, AERON);
    }
    Ok(table)
}

/// One contender's search.
struct Search<'a> {
    name: &'static str,
    run: &'a mut dyn FnMut(OpenLoop) -> Result<Run, WireError>,
    ladder: Vec<u64>,
    /// Rungs below this held, or are the lowest.
    low: usize,
    /// Rungs from this on did not hold.
    high: usize,
    runs: Vec<Run>,
    /// The runs of the highest rate that held.
    held: Vec<Run>,
}

impl<'a> Search<'a> {
    fn new(
        name: &'static str,
        run: &'a mut dyn FnMut(OpenLoop) -> Result<Run, WireError>,
        offered: &OfferedRates,
    ) -> Self {
        let step = |rate: &u64| Some(rate + rate / 10);
        let ladder = std::iter::successors(Some(offered.rate_min), step);
        let ladder: Vec<u64> = ladder.take(offered.rung_count).collect();
        let high = ladder.len();
        Self { name, run, ladder, low: 0, high, runs: Vec::new(), held: Vec::new() }
    }

    fn is_over(&self) -> bool {
        self.low == self.high
    }

    fn rung(&self) -> usize {
        usize::midpoint(self.low, self.high)
    }

    /// One run at the rate in question, unless it is decided.
    fn run(&mut self, offered: &OfferedRates) -> Result<(), WireError> {
        let held = self.runs.iter().filter(|run| holds(run, offered)).count();
        let failed = self.runs.len() - held;
        if held >= offered.held_count_min || failed > offered.run_count - offered.held_count_min {
            return Ok(());
        }
        let load = OpenLoop { rate: self.ladder[self.rung()], duration_ms: offered.duration_ms };
        self.runs.push((self.run)(load)?);
        Ok(())
    }

    fn judge(&mut self, offered: &OfferedRates) {
        if self.is_over() {
            return;
        }
        let runs = std::mem::take(&mut self.runs);
        let held = runs.iter().filter(|run| holds(run, offered)).count();
        if held >= offered.held_count_min {
            self.low = self.rung() + 1;
            self.held = runs;
        } else {
            self.high = self.rung();
        }
    }

    /// 0 where not even the lowest rate held.
    fn row(self) -> Row {
        let rate = self.low.checked_sub(1).map_or(0, |rung| self.ladder[rung]);
        let mut figures = vec![Figure::of(RATE, vec![rate])];
        for name in [LATENCY_P50, LATENCY_P99] {
            let values: Vec<u64> = self.held.iter().map(|run| figure(run, name)).collect();
            if !values.is_empty() {
                figures.push(Figure::of(name, values));
            }
        }
        let disturbed = self.held.iter().filter(|run| run.preemption_count > 0).count();
        Row { name: self.name.to_owned(), figures, disturbed_round_count: disturbed }
    }
}

fn holds(run: &Run, offered: &OfferedRates) -> bool {
    figure(run, LATENCY_P50) < offered.latency_max_ns
}

fn figure(run: &Run, name: &str) -> u64 {
    let found = run.figures.iter().find(|(candidate, _)| *candidate == name);
    found.map_or(u64::MAX, |(_, value)| *value)
}

/// The highest rate that held.
pub const RATE: &str = "rate_per_second";

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERED: OfferedRates = OfferedRates {
        rate_min: 1000,
        rung_count: 40,
        duration_ms: 1,
        latency_max_ns: 50,
        run_count: 7,
        held_count_min: 5,
    };

    /// What is found where rates up to `limit` hold but for every fourth run.
    fn found(limit: u64) -> (u64, usize) {
        let mut count = 0;
        let mut run = |load: OpenLoop| {
            count += 1;
            let latency = if load.rate <= limit && count % 4 > 0 { 49 } else { 50 };
            Ok(Run { figures: vec![(LATENCY_P50, latency)], preemption_count: 0 })
        };
        let mut search = Search::new("a", &mut run, &OFFERED);
        while !search.is_over() {
            (0..OFFERED.run_count).for_each(|_| search.run(&OFFERED).unwrap());
            search.judge(&OFFERED);
        }
        (search.row().figures[0].median, count)
    }

    #[test]
    fn the_highest_rate_that_holds_is_found_whatever_single_runs_say() {
        assert_eq!(found(1999).0, 1948);
        assert_eq!(found(999).0, 0);
        assert!(found(u64::MAX).0 > 40_000);
        assert!(found(1999).1 <= 6 * OFFERED.run_count);
    }
}

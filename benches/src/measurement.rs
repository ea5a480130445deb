//! Repeating contenders in turn, and what stays of many runs: median, least and most.
//!
//! Contenders take turns within each round, so that a noisy minute falls on all of them. Ratios are
//! formed within a round and their median is quoted, never the ratio of two medians.

pub use forecastle_benches_rig::{Figures, Run, per_second};
use serde::Serialize;

use crate::stopwatch::quantile;

/// Something that is measured: a name and a closure that does one run.
pub struct Contender<'a, E> {
    name: String,
    run: Box<dyn FnMut() -> Result<Run, E> + 'a>,
}

impl<'a, E> Contender<'a, E> {
    /// A contender called `name`.
    #[must_use]
    pub fn new(name: &str, run: impl FnMut() -> Result<Run, E> + 'a) -> Self {
        Self { name: name.to_owned(), run: Box::new(run) }
    }
}

/// How often contenders run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rounds {
    /// Rounds, at least 1; each gives one run of every contender.
    pub count: usize,
    /// Most attempts at one run, at least 1: a run in which a thread was preempted is done again,
    /// and the last attempt stays.
    pub attempts_max: usize,
}

/// Contenders that ran in turn.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// What was measured.
    pub title: String,
    /// One row for each contender.
    pub rows: Vec<Row>,
    /// Comparisons within rounds.
    pub ratios: Vec<Ratio>,
}

impl Table {
    /// Runs every contender once per round.
    ///
    /// # Errors
    /// The first that a run gives.
    ///
    /// # Panics
    /// When there is no round to run.
    pub fn measure<E>(
        title: &str,
        rounds: Rounds,
        contenders: &mut [Contender<'_, E>],
    ) -> Result<Self, E> {
        assert!(rounds.count > 0 && rounds.attempts_max > 0, "something is to be run");
        let mut runs = vec![Vec::with_capacity(rounds.count); contenders.len()];
        for _ in 0..rounds.count {
            for (contender, runs) in contenders.iter_mut().zip(&mut runs) {
                runs.push(attempt(contender, rounds.attempts_max)?);
            }
        }
        let rows = contenders.iter().zip(&runs).map(|(contender, runs)| Row::of(contender, runs));
        Ok(Self { title: title.to_owned(), rows: rows.collect(), ratios: Vec::new() })
    }

    /// Adds the ratio of a figure of row `of` to the same figure of row `to`.
    ///
    /// # Panics
    /// When a row or the figure is not there.
    pub fn compare(&mut self, figure: &str, of: &str, to: &str) {
        let (first, second) = (self.figure(of, figure), self.figure(to, figure));
        let permille = first.values.iter().zip(&second.values).map(|(a, b)| a * 1000 / (*b).max(1));
        let permille = Figure::of("ratio_permille", permille.collect());
        let (of, to, figure) = (of.to_owned(), to.to_owned(), figure.to_owned());
        self.ratios.push(Ratio { figure, of, to, permille });
    }

    /// A figure of a row.
    ///
    /// # Panics
    /// When the row or the figure is not there.
    #[must_use]
    pub fn figure(&self, row: &str, figure: &str) -> &Figure {
        let row = self.rows.iter().find(|candidate| candidate.name == row);
        let figures = &row.expect("the row was measured").figures;
        let found = figures.iter().find(|candidate| candidate.name == figure);
        found.expect("the figure was measured")
    }
}

/// One contender over all rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The contender.
    pub name: String,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// Rounds whose run was preempted in every attempt.
    pub disturbed_round_count: usize,
}

impl Row {
    fn of<E>(contender: &Contender<'_, E>, runs: &[Run]) -> Self {
        let figure = |(index, (name, _)): (usize, &(&'static str, u64))| {
            Figure::of(name, runs.iter().map(|run| run.figures[index].1).collect())
        };
        Self {
            name: contender.name.clone(),
            figures: runs[0].figures.iter().enumerate().map(figure).collect(),
            disturbed_round_count: runs.iter().filter(|run| run.preemption_count > 0).count(),
        }
    }
}

/// One figure over all rounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Name, unit last.
    pub name: &'static str,
    /// The middle value; the lower of two.
    pub median: u64,
    /// The least.
    pub minimum: u64,
    /// The most.
    pub maximum: u64,
    /// The value of each round, in order.
    pub values: Vec<u64>,
}

impl Figure {
    /// A figure whose value in each round is known.
    ///
    /// # Panics
    /// When there is no value.
    #[must_use]
    pub fn of(name: &'static str, values: Vec<u64>) -> Self {
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let (median, minimum) = (quantile(&sorted, 500), sorted[0]);
        Self { name, median, minimum, maximum: sorted[sorted.len() - 1], values }
    }
}

/// How a figure of one row stands to that of another.
#[derive(Clone, Debug, Serialize)]
pub struct Ratio {
    /// The figure.
    pub figure: String,
    /// The row on top.
    pub of: String,
    /// The row below.
    pub to: String,
    /// The ratio in thousandths, formed in each round.
    pub permille: Figure,
}

/// The rates of `count` commands in the time by the wall and the processor time that a
/// [`Stopwatch`](crate::stopwatch::Stopwatch) gave.
#[must_use]
pub fn rates(count: u64, (wall_ns, cpu_ns): (u64, u64)) -> Figures {
    vec![(CPU_RATE, per_second(count, cpu_ns)), (WALL_RATE, per_second(count, wall_ns))]
}

fn attempt<E>(contender: &mut Contender<'_, E>, attempts_max: usize) -> Result<Run, E> {
    let mut run = (contender.run)()?;
    for _ in 1..attempts_max {
        if run.preemption_count == 0 {
            break;
        }
        run = (contender.run)()?;
    }
    Ok(run)
}

/// Name of the rate by processor time, which leaves out what others took of the processor.
pub const CPU_RATE: &str = "commands_per_cpu_second";
/// Name of the rate by the wall.
pub const WALL_RATE: &str = "commands_per_second";

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use super::*;

    fn run(value: u64, preemption_count: u64) -> Run {
        Run { figures: vec![("value_ns", value)], preemption_count }
    }

    #[test]
    fn contenders_take_turns_and_ratios_are_formed_within_rounds() {
        let order = RefCell::new(String::new());
        let contender = |name: &'static str, mut values: Vec<u64>| {
            let order = &order;
            Contender::new(name, move || {
                order.borrow_mut().push_str(name);
                Ok::<_, Infallible>(run(values.remove(0), 0))
            })
        };
        let mut contenders =
            [contender("a", vec![10, 900, 20]), contender("b", vec![20, 1000, 10])];
        let rounds = Rounds { count: 3, attempts_max: 1 };
        let mut table = Table::measure("t", rounds, &mut contenders).unwrap();
        table.compare("value_ns", "a", "b");
        assert_eq!(*order.borrow(), "ababab");
        let figure = table.figure("a", "value_ns");
        assert_eq!((figure.median, figure.minimum, figure.maximum), (20, 10, 900));
        assert_eq!(table.ratios[0].permille.values, [500, 900, 2000]);
        assert_eq!(table.ratios[0].permille.median, 900);
    }

    #[test]
    fn a_preempted_run_is_done_again_and_one_that_stays_so_is_counted() {
        let mut runs = vec![run(1, 1), run(2, 0), run(3, 2), run(4, 1), run(5, 9)];
        let next = || Ok::<_, Infallible>(runs.remove(0));
        let rounds = Rounds { count: 2, attempts_max: 3 };
        let table = Table::measure("t", rounds, &mut [Contender::new("a", next)]).unwrap();
        assert_eq!(table.rows[0].figures[0].values, [2, 5]);
        assert_eq!(table.rows[0].disturbed_round_count, 1);
    }
}

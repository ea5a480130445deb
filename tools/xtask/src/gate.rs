//! The gate: every step a change must pass, in order, with seconds and counts.
//!
//! A failed step does not stop the gate. What cannot run on this machine is skipped by name, with
//! the reason. The last line is the sum of all tests, each other step counted as one.

mod capture;
mod cargo_steps;
pub mod debian;
mod exchange;
mod export;
mod interop;
mod live;
mod loss;
mod market;
pub mod process;
mod replay;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::metadata::Metadata;
use crate::{codegen, tidy};

/// Runs all steps, or those that `only` names with commas between, and returns whether all passed.
///
/// # Errors
/// When `only` names no step, or cargo cannot describe the workspace.
pub fn run(only: Option<&str>) -> anyhow::Result<bool> {
    let chosen = choose(only)?;
    let mut gate = Gate::new()?;
    let mut rows = Vec::new();
    for (name, step) in chosen {
        println!("== {name}");
        let started = Instant::now();
        let outcome = step(&mut gate).unwrap_or_else(|error| Outcome::failed(format!("{error:#}")));
        let row = Row { name, elapsed: started.elapsed(), outcome };
        println!("{}", row.summary());
        rows.push(row);
    }
    println!("\n{}", table(&rows));
    Ok(rows.iter().all(|row| row.outcome.counts.failed == 0))
}

/// What the steps share.
struct Gate {
    /// The workspace's packages and build folder.
    metadata: Metadata,
    /// What installs programs this machine lacks.
    debian: debian::Installer,
    /// The second market run's capture, or why there is none; unset before the run.
    recording: Option<capture::Recording>,
    /// What the first market run left; unset before it.
    traded: Option<replay::Traded>,
}

impl Gate {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            metadata: Metadata::read()?,
            debian: debian::Installer::default(),
            recording: None,
            traded: None,
        })
    }
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    fn line(self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// How a step ended.
struct Outcome {
    counts: Counts,
    /// What it saw, what failed, what was skipped and why: one line each.
    notes: Vec<String>,
}

impl Outcome {
    fn passed(note: impl Into<String>) -> Self {
        let counts = Counts { passed: 1, ..Counts::default() };
        Self { counts, notes: vec![note.into()] }
    }

    fn failed(reason: impl Into<String>) -> Self {
        let counts = Counts { failed: 1, ..Counts::default() };
        Self { counts, notes: vec![format!("failed: {}", reason.into())] }
    }

    fn skipped(name: &str, reason: impl Into<String>) -> Self {
        let counts = Counts { skipped: 1, ..Counts::default() };
        Self { counts, notes: vec![format!("{SKIPPED}{name}: {}", reason.into())] }
    }
}

type Step = fn(&mut Gate) -> anyhow::Result<Outcome>;

const STEPS: &[(&str, Step)] = &[
    ("format", |_| cargo_steps::format()),
    ("clippy", |_| cargo_steps::clippy()),
    ("tidy", |_| tidy()),
    ("codegen", |_| codegen::run(true).map(|()| Outcome::passed("generated files are fresh"))),
    ("test", |_| cargo_steps::test()),
    ("python", cargo_steps::python),
    ("docs", |_| cargo_steps::docs()),
    ("model", |_| cargo_steps::model()),
    ("faults", |_| cargo_steps::faults()),
    ("loom", cargo_steps::loom),
    ("build", |_| cargo_steps::build()),
    ("market", market::run),
    ("replay", replay::run),
    ("live", live::run),
    ("capture", capture::run),
    ("export", export::run),
    ("loss", loss::run),
    ("interop", interop::run),
];

const SKIPPED: &str = "skipped: ";

fn choose(only: Option<&str>) -> anyhow::Result<Vec<(&'static str, Step)>> {
    let Some(only) = only else { return Ok(STEPS.to_vec()) };
    let names: Vec<&str> = only.split(',').collect();
    for name in &names {
        if !STEPS.iter().any(|(step, _)| step == name) {
            let steps: Vec<&str> = STEPS.iter().map(|(step, _)| *step).collect();
            bail!("no step \"{name}\"; there are {}", steps.join(", "));
        }
    }
    Ok(STEPS.iter().filter(|(step, _)| names.contains(step)).copied().collect())
}

fn tidy() -> anyhow::Result<Outcome> {
    let (rule_count, faults) = tidy::check()?;
    if faults.is_empty() {
        return Ok(Outcome::passed(format!("{rule_count} rules of the tree hold")));
    }
    let mut outcome = Outcome::failed(format!("{} places break a rule", faults.len()));
    outcome.notes.extend(faults.iter().map(ToString::to_string));
    Ok(outcome)
}

struct Row {
    name: &'static str,
    elapsed: Duration,
    outcome: Outcome,
}

impl Row {
    fn seconds(&self) -> String {
        format!("{}.{}", self.elapsed.as_secs(), self.elapsed.subsec_millis() / 100)
    }

    fn summary(&self) -> String {
        let mut text = String::new();
        for note in &self.outcome.notes {
            let _ = writeln!(text, "   {note}");
        }
        let counts = self.outcome.counts.line();
        let _ = write!(text, "-- {}: {} s, {counts}", self.name, self.seconds());
        text
    }
}

/// The table of all steps, the skips by name, and the closing line.
fn table(rows: &[Row]) -> String {
    let mut text =
        format!("{:<10}{:>9}{:>9}{:>9}{:>9}\n", "step", "seconds", "passed", "failed", "skipped");
    let mut total = Counts::default();
    for row in rows {
        let Counts { passed, failed, skipped } = row.outcome.counts;
        let (name, seconds) = (row.name, row.seconds());
        let _ = writeln!(text, "{name:<10}{seconds:>9}{passed:>9}{failed:>9}{skipped:>9}");
        total.add(row.outcome.counts);
    }
    let notes = rows.iter().flat_map(|row| &row.outcome.notes);
    for note in notes.filter(|note| note.starts_with(SKIPPED)) {
        let _ = writeln!(text, "{note}");
    }
    text.push_str(&total.line());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_chosen_by_name_in_their_own_order() {
        let names: Vec<&str> =
            choose(Some("docs,format")).unwrap().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["format", "docs"]);
        assert_eq!(choose(None).unwrap().len(), STEPS.len());
        let error = choose(Some("docs,nothing")).unwrap_err().to_string();
        assert!(error.starts_with("no step \"nothing\"; there are format, clippy"), "{error}");
    }

    #[test]
    fn the_last_line_sums_and_skips_are_named() {
        let tests = Outcome {
            counts: Counts { passed: 40, failed: 2, skipped: 1 },
            notes: vec!["skipped: huge_pages: needs them".to_owned()],
        };
        let outcomes = [tests, Outcome::passed("fine"), Outcome::skipped("market", "no file")];
        let rows: Vec<Row> = outcomes
            .into_iter()
            .map(|outcome| Row { name: "step", elapsed: Duration::from_millis(1_250), outcome })
            .collect();
        let table = table(&rows);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[1], "step            1.2       40        2        1");
        assert_eq!(lines[4], "skipped: huge_pages: needs them");
        assert_eq!(lines[5], "skipped: market: no file");
        assert_eq!(lines[6], "41 passed, 2 failed, 2 skipped");
    }
}

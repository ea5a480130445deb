//! The steps that are one command of cargo, and the second implementation of the codec in Python.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Counts, Gate, Outcome, SKIPPED, process};
use crate::{metadata, tree};

/// The tree is formatted.
pub fn format() -> anyhow::Result<Outcome> {
    plain(cargo(&["fmt", "--all", "--check"]), "every file is formatted")
}

/// No lint warns.
pub fn clippy() -> anyhow::Result<Outcome> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    plain(cargo(&arguments), "no warning")
}

/// All tests of the workspace.
pub fn test() -> anyhow::Result<Outcome> {
    tests(cargo(&["test", "--workspace", "--no-fail-fast"]))
}

/// The documentation builds without a warning.
pub fn docs() -> anyhow::Result<Outcome> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    plain(command, "no warning")
}

/// What is measured and shipped builds.
pub fn build() -> anyhow::Result<Outcome> {
    plain(cargo(&["build", "--release"]), "target/release/forecastle")
}

/// The models of the lock-free structures under loom, in a build folder of their own.
pub fn loom(gate: &mut Gate) -> anyhow::Result<Outcome> {
    let mut command = cargo(&["test", "-p", "forecastle-runtime", "--release", "--lib", "model"]);
    command.env("RUSTFLAGS", "--cfg loom");
    command.env("CARGO_TARGET_DIR", gate.metadata.target_directory.join("loom"));
    tests(command)
}

/// The engine beside its naive model for twenty million commands, optimised, with assertions; the
/// seed and the count are shown.
pub fn model() -> anyhow::Result<Outcome> {
    let package = ["test", "--profile", "model", "-p", "forecastle-engine"];
    let mut command = cargo(&package);
    command.args(["--test", "against_model_at_length", "--", "--nocapture"]);
    command.env("FORECASTLE_MODEL_COMMANDS", MODEL_COMMANDS);
    tests(command)
}

/// Faults planted in the engine, each caught by the comparison with the model; and what needs the
/// switch to the long way, which lies beside them.
pub fn faults() -> anyhow::Result<Outcome> {
    let package = ["test", "--profile", "model", "-p", "forecastle-engine"];
    let mut command = cargo(&package);
    command.args(["--features", "planted-faults", "--test", "planted_faults", "--test", "rules"]);
    command.args(["--", "--nocapture", "every_planted_fault", "moved_quotes"]);
    tests(command)
}

/// The tests of the transport over a network that loses at random, with their goodput shown; each
/// conversation is captured into `folder`.
pub fn loss(folder: &Path) -> anyhow::Result<Outcome> {
    let package = ["test", "-p", "forecastle-transport-udp", "--test", "random_drop"];
    let mut command = cargo(&package);
    command.args(["--", "--nocapture"]).env("FORECASTLE_CAPTURE_FOLDER", folder);
    tests(command)
}

/// The golden vectors, decoded from the schema alone by Python's standard library.
pub fn python(gate: &mut Gate) -> anyhow::Result<Outcome> {
    let script = "proto-spec/check.py";
    if !tree::root().join(script).exists() {
        return Ok(Outcome::failed(format!("{script} is missing")));
    }
    if let Err(reason) = gate.debian.provide("python3", "python3") {
        return Ok(Outcome::skipped("python", reason));
    }
    let mut command = Command::new("python3");
    command.arg(script).current_dir(tree::root());
    let mut counts = None;
    let status = process::run(&mut command, STEP_LIMIT, |line| {
        counts = python_counts(line).or(counts);
        println!("{CHILD}{line}");
    })?;
    let Some(mut counts) = counts else {
        return Ok(Outcome::failed(format!("{script} printed no counts")));
    };
    if !status.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(Outcome { counts, notes: Vec::new() })
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(metadata::cargo());
    command.args(arguments).current_dir(tree::root());
    command
}

/// A command that is one check: it succeeds or fails as a whole.
fn plain(mut command: Command, success: &str) -> anyhow::Result<Outcome> {
    let status = process::run(&mut command, STEP_LIMIT, |line| println!("{CHILD}{line}"))?;
    if status.success() {
        Ok(Outcome::passed(success))
    } else {
        let program = Path::new(command.get_program()).file_name().unwrap_or_default();
        let arguments: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        let program = program.to_string_lossy();
        Ok(Outcome::failed(format!("{program} {}: {status}", arguments.join(" "))))
    }
}

/// `cargo test`: its result lines are counted, lines of passed tests are not shown.
fn tests(mut command: Command) -> anyhow::Result<Outcome> {
    let mut log = TestLog::default();
    let status = process::run(&mut command, STEP_LIMIT, |line| {
        if log.read(line) {
            println!("{CHILD}{line}");
        }
    })?;
    let (mut counts, mut notes) = log.close();
    if !status.success() && counts.failed == 0 {
        counts.failed = 1;
        notes.push(format!("failed: a test did not build or ended without a result ({status})"));
    } else if counts == Counts::default() {
        counts.failed = 1;
        notes.push("failed: no test ran".to_owned());
    }
    Ok(Outcome { counts, notes })
}

/// What the lines of `cargo test` say.
#[derive(Default)]
struct TestLog {
    counts: Counts,
    /// Passed tests that said that they are skipped.
    vacuous: u64,
    notes: Vec<String>,
}

impl TestLog {
    /// Counts and notes, with what was skipped counted so.
    fn close(self) -> (Counts, Vec<String>) {
        let Counts { passed, failed, skipped } = self.counts;
        let vacuous = self.vacuous.min(passed);
        let counts = Counts { passed: passed - vacuous, failed, skipped: skipped + vacuous };
        (counts, self.notes)
    }

    /// Counts one line and returns whether it is worth showing.
    fn read(&mut self, line: &str) -> bool {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.counts.add(Counts {
                passed: count_before(result, " passed"),
                failed: count_before(result, " failed"),
                skipped: count_before(result, " ignored"),
            });
            return true;
        }
        if let Some((name, state)) = line.strip_prefix("test ").and_then(|l| l.split_once(" ... "))
        {
            if let Some(reason) = state.strip_prefix("ignored") {
                let reason = reason.trim_start_matches([',', ' ']);
                let reason = if reason.is_empty() { "it is marked so" } else { reason };
                self.notes.push(format!("{SKIPPED}{name}: {reason}"));
            } else if state.starts_with("FAILED") {
                self.notes.push(format!("failed: {name}"));
            }
            return state != "ok";
        }
        // What a test says that found out while it ran; it then passed without a look.
        if line.starts_with(SKIPPED) {
            self.vacuous += 1;
            self.notes.push(line.to_owned());
        }
        if line.starts_with("goodput: ") {
            self.notes.push(line.to_owned());
        }
        !line.is_empty() && !line.starts_with("running ")
    }
}

/// The counts of a line `N passed, N failed`.
fn python_counts(line: &str) -> Option<Counts> {
    let (passed, failed) = line.trim().split_once(", ")?;
    Some(Counts {
        passed: passed.strip_suffix(" passed")?.parse().ok()?,
        failed: failed.strip_suffix(" failed")?.parse().ok()?,
        skipped: 0,
    })
}

/// The number that stands directly before `word`, or 0.
fn count_before(line: &str, word: &str) -> u64 {
    let before = line.split_once(word).map_or("", |(before, _)| before);
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Commands that the engine and its naive model are compared over.
const MODEL_COMMANDS: &str = "20000000";

/// Longer than any step takes on two slow cores, shorter than what runs the gate allows.
const STEP_LIMIT: Duration = Duration::from_secs(25 * 60);

/// Marks a child's line, so that its own counts are not taken for the gate's.
const CHILD: &str = "  | ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_test_is_counted_and_its_skips_named() {
        let mut log = TestLog::default();
        let lines = [
            ("running 4 tests", false),
            ("test book::fills ... ok", false),
            ("test rings::wraps ... ignored", true),
            ("test rings::huge ... ignored, needs huge pages", true),
            ("test book::cancels ... FAILED", true),
            ("", false),
            (
                "test result: FAILED. 1 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out",
                true,
            ),
            ("skipped: random_drop no_loss: nft: No such file or directory", true),
            ("goodput: random_drop 1_percent: 75 MB/s", true),
            ("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out", true),
        ];
        for (line, is_shown) in lines {
            assert_eq!(log.read(line), is_shown, "{line}");
        }
        let (counts, notes) = log.close();
        assert_eq!(counts, Counts { passed: 12, failed: 1, skipped: 3 });
        let expected = [
            "skipped: rings::wraps: it is marked so",
            "skipped: rings::huge: needs huge pages",
            "failed: book::cancels",
            "skipped: random_drop no_loss: nft: No such file or directory",
            "goodput: random_drop 1_percent: 75 MB/s",
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn a_test_run_without_a_test_fails() {
        let outcome = tests(Command::new("true")).unwrap();
        assert_eq!(outcome.counts, Counts { failed: 1, ..Counts::default() });
        let outcome = tests(Command::new("false")).unwrap();
        assert_eq!(outcome.counts, Counts { failed: 1, ..Counts::default() });
    }

    #[test]
    fn counts_of_python_are_read() {
        let counts = Counts { passed: 31, failed: 2, skipped: 0 };
        assert_eq!(python_counts("31 passed, 2 failed"), Some(counts));
        assert_eq!(python_counts("31 vectors"), None);
    }
}

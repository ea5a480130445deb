//! The transport against the real Aeron C driver and client, case by case.
//!
//! What the build needs beyond Rust is installed as for `cargo xtask interop`; where it cannot be,
//! the step is skipped. Aeron is built once and kept in the build folder.

use super::{Counts, Gate, Outcome, SKIPPED};
use crate::interop::Suite;

/// Builds the suite and runs every case.
///
/// # Errors
/// When the suite does not build, or its own tests fail.
pub fn run(gate: &mut Gate) -> anyhow::Result<Outcome> {
    let suite = Suite::of(&gate.metadata);
    let missing = suite.provide(&mut gate.debian);
    if !missing.is_empty() {
        return Ok(Outcome::skipped("interop", missing.join("; ")));
    }
    if let Err(error) = suite.fetch() {
        return Ok(Outcome::skipped("interop", format!("{error:#}")));
    }
    suite.build()?;
    let mut log = CaseLog::default();
    let is_passed = suite.run(&[], |line| {
        log.read(line);
        println!("  | {line}");
    })?;
    Ok(log.outcome(is_passed))
}

/// What the lines of the suite's table say.
#[derive(Default)]
struct CaseLog {
    counts: Counts,
    notes: Vec<String>,
}

impl CaseLog {
    /// Counts one line: name, sender, result, seconds and what was seen, with spaces between.
    fn read(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(_), Some(result)) = (words.next(), words.next(), words.next()) else {
            return;
        };
        let seen = || words.skip(1).collect::<Vec<_>>().join(" ");
        match result {
            "passed" => self.counts.passed += 1,
            "FAILED" => {
                self.counts.failed += 1;
                self.notes.push(format!("failed: {name}: {}", seen()));
            }
            "skipped" => {
                self.counts.skipped += 1;
                self.notes.push(format!("{SKIPPED}{name}: {}", seen()));
            }
            _ => {}
        }
    }

    fn outcome(self, is_passed: bool) -> Outcome {
        let Self { mut counts, mut notes } = self;
        if counts.passed + counts.failed == 0 || (!is_passed && counts.failed == 0) {
            counts.failed += 1;
            notes.push("failed: the suite ended before its table did".to_owned());
        }
        Outcome { counts, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_table_are_counted() {
        let mut log = CaseLog::default();
        for line in [
            "our sockets: segmentation offload both ways",
            "case                         sender  result  seconds  what was seen",
            "unicast_small_in             Aeron   passed      0.3  20000 messages, hash 0",
            "unicast_small_out            ours    FAILED     90.0  error: ended after 90 s",
            "own_aeron_exchange           both    skipped       -  there is no exchange",
            "cubic_in                     -       skipped       -  not built: a static window",
            "",
            "1 passed, 1 failed, 2 skipped",
        ] {
            log.read(line);
        }
        let outcome = log.outcome(false);
        assert_eq!(outcome.counts, Counts { passed: 1, failed: 1, skipped: 2 });
        let notes = [
            "failed: unicast_small_out: error: ended after 90 s",
            "skipped: own_aeron_exchange: there is no exchange",
            "skipped: cubic_in: not built: a static window",
        ];
        assert_eq!(outcome.notes, notes);
    }

    #[test]
    fn a_suite_that_ends_early_fails() {
        assert_eq!(CaseLog::default().outcome(true).counts.failed, 1);
        let mut log = CaseLog::default();
        log.read("unicast_small_in             Aeron   passed      0.3  20000 messages");
        assert_eq!(log.outcome(false).counts, Counts { passed: 1, failed: 1, skipped: 0 });
    }
}

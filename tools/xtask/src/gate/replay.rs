//! The journal of the recorded market, executed again: the digest that the import reported, every
//! effect as it was, and a flipped byte found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{Gate, Outcome, market, process};

/// Replays the journal that the market step left, then a copy of it with one byte flipped.
///
/// # Errors
/// When a replay differs from the import, or the flipped byte is not found.
pub fn run(gate: &mut Gate) -> anyhow::Result<Outcome> {
    let Some(traded) = &gate.traded else {
        return Ok(Outcome::skipped("replay", market::no_journal()));
    };
    let binary = market::binary(gate);
    let journal = traded.data_folder.join("journal");
    let (code, report) = replay(&binary, &journal)?;
    ensure!(code == Some(0), "the replay ended with {code:?}: {report}");
    check(&report, &traded.digest)?;
    let copy = journal.with_file_name("flipped");
    flip_one_byte(&journal, &copy)?;
    let (code, said) = replay(&binary, &copy)?;
    ensure!(code == Some(DAMAGED), "a flipped byte ended with {code:?}: {said}");
    fs::remove_dir_all(&copy)?;
    let mut outcome = Outcome::passed("one digest, and a flipped byte is found");
    outcome.notes.push(report.to_string());
    Ok(outcome)
}

/// What an import left behind.
pub struct Traded {
    /// Data folder of the exchange that was stopped.
    pub data_folder: PathBuf,
    /// Digest that the import reported.
    pub digest: String,
}

/// The exit code and what was printed: JSON where it is, else text.
fn replay(binary: &Path, journal: &Path) -> anyhow::Result<(Option<i32>, Value)> {
    let mut command = Command::new(binary);
    command.arg("replay").arg(journal).arg("--json");
    let mut output = String::new();
    let status = process::run(&mut command, REPLAY_LIMIT, |line| output.push_str(line))?;
    let report = serde_json::from_str(&output).unwrap_or(Value::String(output));
    Ok((status.code(), report))
}

fn check(report: &Value, digest: &str) -> anyhow::Result<()> {
    ensure!(report["mismatches"] == 0, "effects differ: {report}");
    ensure!(report["digest"] == digest, "the import ended at {digest}: {report}");
    ensure!(report["commands"].as_u64() > Some(20_000), "too few commands: {report}");
    ensure!(report["records"].as_u64() >= report["commands"].as_u64(), "{report}");
    ensure!(report["state_digest"].is_string(), "no state digest: {report}");
    Ok(())
}

/// Copies a journal folder and flips a bit in the body of the first segment's first long frame.
fn flip_one_byte(journal: &Path, copy: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(copy)?;
    let mut segments = Vec::new();
    for entry in fs::read_dir(journal).with_context(|| journal.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().context("a segment has a name")?.to_owned();
        fs::copy(&path, copy.join(&name))?;
        segments.push(copy.join(&name));
    }
    let first = segments.iter().min().context("the journal has no segment")?;
    let mut bytes = fs::read(first)?;
    let byte = bytes.get_mut(FIRST_BODY..).and_then(|rest| rest.iter_mut().find(|b| **b != 0));
    *byte.context("the journal is empty")? ^= 1;
    fs::write(first, bytes)?;
    Ok(())
}

/// Behind the segment's two headers and the first frame's.
const FIRST_BODY: usize = 8192 + 256;
/// Exit code of a journal that cannot be trusted.
const DAMAGED: i32 = 4;
const REPLAY_LIMIT: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_good_report_passes_and_every_bad_figure_fails() {
        let report = json!({
            "commands": 40_000, "records": 40_100, "digest": "00ff", "state_digest": "01",
            "mismatches": 0,
        });
        check(&report, "00ff").unwrap();
        assert!(check(&report, "00fe").is_err());
        let bad = [
            ("mismatches", json!(1)),
            ("commands", json!(3)),
            ("records", json!(3)),
            ("digest", json!("")),
            ("state_digest", json!(null)),
        ];
        for (key, value) in bad {
            let mut report = report.clone();
            report[key] = value;
            assert!(check(&report, "00ff").is_err(), "{key}");
        }
    }

    #[test]
    fn one_byte_of_the_copy_differs_and_the_journal_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("xtask-replay-{}", std::process::id()));
        let (journal, copy) = (folder.join("journal"), folder.join("flipped"));
        fs::create_dir_all(&journal).unwrap();
        let mut segment = vec![0; 3 * 4096];
        segment[9000] = 7;
        fs::write(journal.join("00000000000000000000"), &segment).unwrap();
        flip_one_byte(&journal, &copy).unwrap();
        let read = |folder: &Path| fs::read(folder.join("00000000000000000000")).unwrap();
        assert_eq!(read(&journal), segment);
        segment[9000] = 6;
        assert_eq!(read(&copy), segment);
        fs::remove_dir_all(folder).unwrap();
    }
}

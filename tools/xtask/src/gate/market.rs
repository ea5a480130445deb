//! The recorded market: a real betting market goes through two fresh exchanges over UDP, and both
//! must account for every unit of money, show the source's ladder, and end in the same state.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::exchange::Exchange;
use super::{Gate, Outcome, capture, process, replay};
use crate::tree;

/// Runs the import twice, the second time under a capture where this machine permits one.
///
/// # Errors
/// When an exchange or an import fails, or a figure of the import's report is not as it must be.
pub fn run(gate: &mut Gate) -> anyhow::Result<Outcome> {
    let Some(file) = recorded_market() else {
        return Ok(Outcome::skipped("market", NO_MARKET));
    };
    let first = import(gate, &file, "market-1")?;
    let second = import_under_capture(gate, &file, "market-2")?;
    for report in [&first, &second] {
        check(report)?;
    }
    let digests = [&first, &second].map(|report| text(report, "digest"));
    ensure!(
        digests[0].is_ok() && digests[0].as_ref().ok() == digests[1].as_ref().ok(),
        "two runs, two digests: {digests:?}"
    );
    gate.traded = Some(replay::Traded {
        data_folder: Exchange::data_folder(&folder(gate, "market-1")),
        digest: text(&first, "digest")?,
    });
    let mut outcome = Outcome::passed("two fresh runs, one digest");
    outcome.notes.extend([&first, &second].map(Value::to_string));
    Ok(outcome)
}

/// One import on a fresh exchange, captured if permitted; the gate keeps the capture.
///
/// # Errors
/// When the exchange or the import fails.
pub fn import_under_capture(gate: &mut Gate, file: &Path, name: &str) -> anyhow::Result<Value> {
    let folder = folder(gate, name);
    let exchange = Exchange::start(&binary(gate), &folder)?;
    let capture = capture::Capture::start(&mut gate.debian, &folder, &exchange.ports)?;
    let report = trade(gate, file, &exchange);
    let stopped = exchange.stop();
    gate.recording = Some(capture.stop()?);
    let report = report?;
    stopped?;
    Ok(report)
}

/// The recorded market beside the workspace, where there is one.
pub fn recorded_market() -> Option<PathBuf> {
    let path = tree::root().join("../shared/data/betfair/1.200806927.jsonl");
    path.exists().then_some(path)
}

/// Why a step that needs the recorded market is skipped.
pub const NO_MARKET: &str = "no ../shared/data/betfair/1.200806927.jsonl beside the workspace";

/// Why a step that needs the journal of this one is skipped.
pub fn no_journal() -> &'static str {
    match recorded_market() {
        Some(_) => "the market step did not leave a journal",
        None => NO_MARKET,
    }
}

fn import(gate: &Gate, file: &Path, name: &str) -> anyhow::Result<Value> {
    let exchange = Exchange::start(&binary(gate), &folder(gate, name))?;
    let report = trade(gate, file, &exchange)?;
    exchange.stop()?;
    Ok(report)
}

fn trade(gate: &Gate, file: &Path, exchange: &Exchange) -> anyhow::Result<Value> {
    let mut command = Command::new(binary(gate));
    command.args(["import", "betfair"]).arg(file);
    command.arg("--exchange").arg(&exchange.ready_file).arg("--json");
    let mut output = String::new();
    let status = process::run(&mut command, IMPORT_LIMIT, |line| output.push_str(line))?;
    ensure!(status.success(), "the import ended with {status}: {output}");
    serde_json::from_str(&output).context("the import printed something else than one JSON object")
}

fn check(report: &Value) -> anyhow::Result<()> {
    ensure!(report["conserved"] == true, "money is not conserved: {report}");
    ensure!(number(report, "ladder_mismatches")? == 0, "the ladder differs: {report}");
    ensure!(number(report, "ladder_checks")? >= 18_500, "too few ladder checks: {report}");
    ensure!(number(report, "source_crossed")? == 0, "the source crossed: {report}");
    ensure!(number(report, "trades")? > 8_000, "too few trades: {report}");
    let rejects = report["rejects"].as_object().context("rejects is no object")?;
    ensure!(rejects.is_empty(), "commands were rejected: {report}");
    ensure!(!text(report, "digest")?.is_empty(), "no digest: {report}");
    let elapsed_s = report["elapsed_s"].as_f64().context("elapsed_s is no number")?;
    ensure!(elapsed_s < 120.0, "the import took {elapsed_s} s");
    Ok(())
}

fn number(report: &Value, key: &str) -> anyhow::Result<u64> {
    report[key].as_u64().with_context(|| format!("{key} is no whole number: {report}"))
}

/// A digest as printed: a string, or a number.
fn text(report: &Value, key: &str) -> anyhow::Result<String> {
    match &report[key] {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => anyhow::bail!("{key} is missing: {report}"),
    }
}

/// The command as the build step left it.
pub fn binary(gate: &Gate) -> PathBuf {
    gate.metadata.target_directory.join("release/forecastle")
}

/// Where a step keeps the files of this name.
pub fn folder(gate: &Gate, name: &str) -> PathBuf {
    gate.metadata.target_directory.join("xtask").join(name)
}

const IMPORT_LIMIT: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report() -> Value {
        json!({
            "conserved": true, "ladder_mismatches": 0, "ladder_checks": 18_519, "trades": 8_260,
            "source_crossed": 0, "rejects": {}, "digest": "00ff", "elapsed_s": 12.5,
        })
    }

    #[test]
    fn a_good_report_passes_and_every_bad_figure_fails() {
        check(&report()).unwrap();
        let bad = [
            ("conserved", json!(false)),
            ("conserved", json!(null)),
            ("ladder_mismatches", json!(1)),
            ("ladder_checks", json!(18_499)),
            ("source_crossed", json!(1)),
            ("trades", json!(8_000)),
            ("rejects", json!({"17": 1})),
            ("rejects", json!(null)),
            ("digest", json!(null)),
            ("digest", json!("")),
            ("elapsed_s", json!(120.0)),
        ];
        for (key, value) in bad {
            let mut report = report();
            report[key] = value.clone();
            assert!(check(&report).is_err(), "{key} {value}");
        }
    }
}

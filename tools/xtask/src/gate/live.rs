//! The journal of the recorded market, fed to a fresh exchange over UDP: the digest that the import
//! reported, and every answer as it was.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::exchange::Exchange;
use super::{Gate, Outcome, market, process};

/// Feeds the journal that the market step left.
///
/// # Errors
/// When the exchange or the feed fails, or something came out otherwise.
pub fn run(gate: &mut Gate) -> anyhow::Result<Outcome> {
    let Some(traded) = &gate.traded else {
        return Ok(Outcome::skipped("live", market::no_journal()));
    };
    let binary = market::binary(gate);
    let exchange = Exchange::start(&binary, &market::folder(gate, "live"))?;
    let mut command = Command::new(&binary);
    command.arg("replay").arg(&traded.data_folder);
    command.arg("--exchange").arg(&exchange.ready_file).arg("--json");
    let mut output = String::new();
    let status = process::run(&mut command, FEED_LIMIT, |line| output.push_str(line))?;
    ensure!(status.success(), "the feed ended with {status}: {output}");
    exchange.stop()?;
    let report = serde_json::from_str(&output).context("the feed printed no JSON object")?;
    check(&report, &traded.digest)?;
    let mut outcome = Outcome::passed("a fresh exchange, the same books");
    outcome.notes.push(report.to_string());
    Ok(outcome)
}

fn check(report: &Value, digest: &str) -> anyhow::Result<()> {
    ensure!(report["books_agree"] == true, "the books differ: {report}");
    ensure!(report["digest"] == digest, "the import ended at {digest}: {report}");
    ensure!(report["unlike"] == 0, "answers differ: {report}");
    ensure!(report["unanswered"] == 0, "requests were not answered: {report}");
    ensure!(report["sent"].as_u64() > Some(20_000), "too few requests: {report}");
    Ok(())
}

const FEED_LIMIT: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_good_report_passes_and_every_bad_figure_fails() {
        let report = json!({
            "books_agree": true, "digest": "00ff", "unlike": 0, "unanswered": 0, "sent": 21_895,
        });
        check(&report, "00ff").unwrap();
        assert!(check(&report, "00fe").is_err());
        let bad = [
            ("books_agree", json!(null)),
            ("digest", json!(null)),
            ("unlike", json!(1)),
            ("unanswered", json!(1)),
            ("sent", json!(3)),
        ];
        for (key, value) in bad {
            let mut report = report.clone();
            report[key] = value;
            assert!(check(&report, "00ff").is_err(), "{key}");
        }
    }
}

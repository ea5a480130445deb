//! The journal of the recorded market as a capture file, judged by the Aeron dissector of stock
//! tshark: every datagram is there, and none is malformed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::capture::Findings;
use super::{Gate, Outcome, capture, market, process};

/// Exports the journal that the market step left and has it read.
///
/// # Errors
/// When the export or the dissector fails, or they do not agree.
pub fn run(gate: &mut Gate) -> anyhow::Result<Outcome> {
    if let Err(reason) = gate.debian.provide("tshark", "tshark") {
        return Ok(Outcome::skipped("export", reason));
    }
    let Some(traded) = &gate.traded else {
        return Ok(Outcome::skipped("export", market::no_journal()));
    };
    let file = traded.data_folder.join("journal.pcap");
    let figures = export(&market::binary(gate), &traded.data_folder, &file)?;
    let findings = capture::dissect(&file)?;
    std::fs::remove_file(&file)?;
    check(&figures, &findings)?;
    let text: Vec<String> = figures.iter().map(|(name, count)| format!("{count} {name}")).collect();
    Ok(Outcome::passed(format!("nothing malformed in {}", text.join(", "))))
}

/// Writes the capture; gives the figures that the command printed.
fn export(binary: &Path, data: &Path, file: &Path) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut command = Command::new(binary);
    command.args(["journal", "export", "pcap"]).arg(data).arg("--output").arg(file);
    let mut figures = BTreeMap::new();
    let status = process::run(&mut command, EXPORT_LIMIT, |line| {
        if let Some((name, count)) = line.split_once(' ')
            && let Ok(count) = count.trim().parse()
        {
            figures.insert(name.to_owned(), count);
        }
    })?;
    ensure!(status.success(), "the export ended with {status}");
    Ok(figures)
}

fn check(figures: &BTreeMap<String, u64>, findings: &Findings) -> anyhow::Result<()> {
    let figure = |name: &str| figures.get(name).with_context(|| format!("no figure of {name}"));
    let first = findings.faults.first();
    ensure!(first.is_none(), "{} faults, first: {first:?}", findings.faults.len());
    let (datagrams, streams) = (*figure("datagrams")?, *figure("streams")?);
    ensure!(findings.datagrams == datagrams, "{} of {datagrams} datagrams", findings.datagrams);
    let setups = findings.by_kind.get("set-up").copied().unwrap_or_default();
    ensure!(setups == streams, "{setups} set-ups of {streams} streams");
    let data = findings.by_kind.get("data").copied().unwrap_or_default();
    ensure!(data >= 2 * figure("records")?, "{data} datagrams with data");
    Ok(())
}

const EXPORT_LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_or_is_malformed_fails() {
        let figures = |datagrams: u64| {
            let rows = [("records", 10), ("streams", 4), ("datagrams", datagrams)];
            BTreeMap::from(rows.map(|(name, count)| (name.to_owned(), count)))
        };
        let findings = |data: u64, setups: u64, faults: &[&str]| {
            let mut findings = Findings::default();
            findings.datagrams = 24;
            findings.by_kind = BTreeMap::from([("data", data), ("set-up", setups)]);
            findings.faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
            findings
        };
        check(&figures(24), &findings(20, 4, &[])).unwrap();
        assert!(check(&BTreeMap::new(), &findings(20, 4, &[])).is_err());
        assert!(check(&figures(25), &findings(20, 4, &[])).is_err());
        assert!(check(&figures(24), &findings(20, 3, &[])).is_err());
        assert!(check(&figures(24), &findings(19, 4, &[])).is_err());
        assert!(check(&figures(24), &findings(20, 4, &["frame 7 is malformed"])).is_err());
    }
}

//! The transport's real sockets over a network that loses at random, and what a stranger sees of
//! it: each conversation is captured and judged by the Aeron dissector of stock tshark.
//!
//! Checked besides what the tests themselves assert: nothing is malformed, no frame has an invalid
//! length, and every gap that was asked for was repaired.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Gate, Outcome, capture, cargo_steps, debian, market};

/// Runs the tests under a capture and judges what was captured.
///
/// # Errors
/// When the tests cannot be run, or the dissector fails.
pub fn run(gate: &mut Gate) -> anyhow::Result<Outcome> {
    if !debian::is_root() {
        return Ok(Outcome::skipped("loss", "only root may make network namespaces"));
    }
    for (program, package) in PROGRAMS {
        if let Err(reason) = gate.debian.provide(program, package) {
            return Ok(Outcome::skipped("loss", reason));
        }
    }
    let folder = market::folder(gate, "loss");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("removing captures of an earlier run")?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut outcome = cargo_steps::loss(&folder)?;
    let mut gap_count = 0;
    for file in captures(&folder)? {
        let (judged, gaps) = capture::judge_file(&file)?;
        outcome.counts.add(judged.counts);
        outcome.notes.extend(judged.notes);
        gap_count += gaps;
    }
    if gap_count == 0 && outcome.counts.skipped == 0 {
        outcome.counts.failed += 1;
        outcome.notes.push("failed: no gap was asked for in any capture".to_owned());
    }
    Ok(outcome)
}

/// The capture files in `folder`, by name.
fn captures(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pcap") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

const PROGRAMS: [(&str, &str); 4] =
    [("ip", "iproute2"), ("nft", "nftables"), ("tcpdump", "tcpdump"), ("tshark", "tshark")];

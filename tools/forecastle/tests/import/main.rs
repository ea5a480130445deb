//! The import of a recorded betting market: the rule against a naive book, and the whole of it
//! against a running exchange.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod exchange;
mod replay;
mod synthetic;

use std::path::PathBuf;

/// The recorded market that lies beside the project, if it does.
fn recorded_file() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/betfair/1.200806927.jsonl");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// A file of these lines, in a folder that lives as long as the first value.
fn file_of(lines: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("market.jsonl");
    std::fs::write(&path, lines).unwrap();
    (folder, path)
}

//! Instructions counted by callgrind, which no neighbour disturbs.

use std::io;
use std::path::Path;
use std::process::Command;

/// Runs this program with `arguments` under callgrind, and gives how many instructions it spent
/// inside `function` and what it printed. A file is kept in `folder` meanwhile.
///
/// # Errors
/// There is no valgrind, or it does not say what it counted.
pub fn instructions_in(
    function: &str,
    arguments: &[&str],
    folder: &Path,
) -> io::Result<(u64, String)> {
    let counts = folder.join(format!("bench.{}.callgrind", std::process::id()));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={function}"))
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(std::env::current_exe()?)
        .args(arguments)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    std::fs::remove_file(counts)?;
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    match collected.and_then(|(_, count)| count.trim().parse().ok()) {
        Some(count) => Ok((count, String::from_utf8_lossy(&output.stdout).into_owned())),
        None => Err(io::Error::other(format!("valgrind counted nothing: {said}"))),
    }
}

//! The machine, the commit and the command that a result belongs to. Never a path of the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use forecastle_benches_rig::Cpus;
use serde::Serialize;

/// What a reader needs to repeat a result or to doubt it.
#[derive(Clone, Debug, Serialize)]
pub struct Host {
    /// Model name of the processor.
    pub cpu_model: String,
    /// Processors that this process may use.
    pub cpu_count: usize,
    /// Release of the kernel.
    pub kernel: String,
    /// What the kernel reads the time from.
    pub clock_source: String,
    /// Version of the compiler.
    pub rustc: String,
    /// Profile of cargo that built this.
    pub profile: &'static str,
    /// Commit of the tree.
    pub commit: String,
    /// Whether what is measured, or the benchmarks, differed from that commit.
    pub has_uncommitted_changes: bool,
    /// The command that was given, from the root of the tree.
    pub command: String,
    /// The kernel's load average over one, five and fifteen minutes at the start. Above 0 others
    /// were at work.
    pub load_average: String,
}

impl Host {
    /// This machine, now.
    #[must_use]
    pub fn read() -> Self {
        Self {
            cpu_model: cpu_model(&read("/proc/cpuinfo")),
            cpu_count: Cpus::allowed().len(),
            kernel: read("/proc/sys/kernel/osrelease"),
            clock_source: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            rustc: output("rustc", &["--version"]),
            profile: if cfg!(debug_assertions) { "dev" } else { "release" },
            commit: output("git", &["rev-parse", "HEAD"]),
            has_uncommitted_changes: !output("git", STATUS).is_empty(),
            command: command(std::env::args()),
            load_average: load_average(),
        }
    }
}

/// The kernel's load average over one, five and fifteen minutes.
#[must_use]
pub fn load_average() -> String {
    read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// The folder of this package.
#[must_use]
pub fn package_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn cpu_model(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim());
    value.unwrap_or(UNKNOWN).to_owned()
}

/// The command as it is given in the tree, whatever folder the binary lies in.
fn command(mut arguments: impl Iterator<Item = String>) -> String {
    let binary = arguments.next().unwrap_or_default();
    let binary = Path::new(&binary).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut command = format!("cargo run --release -p forecastle-benches --bin {binary}");
    for (index, argument) in arguments.enumerate() {
        command.push_str(if index == 0 { " -- " } else { " " });
        command.push_str(&argument);
    }
    command
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| UNKNOWN.to_owned(), |text| text.trim().to_owned())
}

/// What a command prints, or that it is not known.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(package_folder()).output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => UNKNOWN.to_owned(),
    }
}

const UNKNOWN: &str = "unknown";
/// Asks for changes in all that is measured or measures; results are neither.
const STATUS: &[&str] = &[
    "status",
    "--porcelain",
    "--",
    ":/Cargo.toml",
    ":/Cargo.lock",
    ":/rust-toolchain.toml",
    ":/proto-spec",
    ":/runtime",
    ":/transport",
    ":/engine",
    ":/benches",
    ":!/benches/results",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_no_folder() {
        let arguments = ["/a/b/bench-ring", "--keep", "--rounds", "3"].map(str::to_owned);
        let expected = "cargo run --release -p forecastle-benches --bin bench-ring";
        assert_eq!(command(arguments.into_iter()), format!("{expected} -- --keep --rounds 3"));
        assert_eq!(command(["bench-ring".to_owned()].into_iter()), expected);
    }

    #[test]
    fn the_model_is_read_from_its_line() {
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: A B\nflags\t: x\n"), "A B");
        assert_eq!(cpu_model("Hardware: x\n"), UNKNOWN);
    }

    #[test]
    fn this_machine_is_described_without_its_folders() {
        let host = serde_json::to_string(&Host::read()).unwrap();
        let folder = package_folder();
        let top = folder.ancestors().nth(1).unwrap();
        assert!(!host.contains(&*top.to_string_lossy()), "{host}");
    }
}

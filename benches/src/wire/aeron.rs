//! Stock Aeron as a contender: a program that the interop workspace builds from its C sources, so
//! that nothing here depends on them. It does one run a call, measured by the same code as ours.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use forecastle_benches_rig::wire::{
    LATENCY_P50, LATENCY_P99, MESSAGE_RATE, RTT_P50, RTT_P99, RTT_P999, WireError,
};
use forecastle_benches_rig::{Cpus, Run};
use serde_json::Value;

use crate::host::package_folder;

/// The program.
#[derive(Clone, Debug)]
pub struct Aeron {
    program: PathBuf,
}

impl Aeron {
    /// Builds the program where what it needs was prepared by `cargo xtask interop --prepare`;
    /// quick when nothing changed.
    ///
    /// # Errors
    /// Why there is none, in one line.
    pub fn build() -> Result<Self, String> {
        let target = target_folder().join("interop");
        if !target.exists() {
            return Err(NOT_PREPARED.to_owned());
        }
        let manifest = package_folder().join("../transport/interop/Cargo.toml");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["build", "--quiet", "--release", "--locked", "--package", PACKAGE]);
        cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&target);
        match cargo.stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => {
                Ok(Self { program: target.join("release").join(PACKAGE) })
            }
            Ok(_) => Err(NOT_PREPARED.to_owned()),
            Err(error) => Err(format!("cargo cannot be run: {error}")),
        }
    }

    /// One run of `shape` with its sizes.
    ///
    /// # Errors
    /// See [`WireError`].
    pub fn run(&self, cpus: Cpus, shape: &str, sizes: &[u64]) -> Result<Run, WireError> {
        let mut command = Command::new(&self.program);
        command.arg(shape).args([cpus.first, cpus.second].map(|cpu| cpu.to_string()));
        command.args(sizes.iter().map(u64::to_string));
        let failed = |reason: String| WireError::Open(format!("the Aeron contender: {reason}"));
        let output = command.output().map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(said.lines().last().unwrap_or("ended").to_owned()));
        }
        parse(&output.stdout).ok_or_else(|| failed("printed no run".to_owned()))
    }
}

fn parse(printed: &[u8]) -> Option<Run> {
    let run: Value = serde_json::from_slice(printed).ok()?;
    let figure = |figure: &Value| {
        let name = NAMES.into_iter().find(|name| figure[0].as_str() == Some(name))?;
        Some((name, figure[1].as_u64()?))
    };
    let figures = run["figures"].as_array()?.iter().map(figure).collect::<Option<_>>()?;
    Some(Run { figures, preemption_count: run["preemption_count"].as_u64()? })
}

/// Where this program was built.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(2).unwrap_or(Path::new("target")).to_owned()
}

const PACKAGE: &str = "forecastle-interop-peer";
const NAMES: [&str; 6] = [RTT_P50, RTT_P99, RTT_P999, MESSAGE_RATE, LATENCY_P50, LATENCY_P99];
const NOT_PREPARED: &str =
    "Aeron is left out: `cargo xtask interop --prepare` was not run here, or failed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_as_the_program_prints_it() {
        let run = Run { figures: vec![(RTT_P50, 9700), (RTT_P99, 13_400)], preemption_count: 2 };
        assert_eq!(parse(serde_json::to_string(&run).unwrap().as_bytes()), Some(run));
        assert_eq!(parse(b"{\"figures\":[[\"speed\",1]],\"preemption_count\":0}"), None);
        assert_eq!(parse(b""), None);
    }
}

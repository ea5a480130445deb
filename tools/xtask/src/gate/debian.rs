//! Programs of the Debian archive that some steps need: the only place that installs anything.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::process;

/// Installs packages when the machine allows it; reads the archive's lists once.
#[derive(Default)]
pub struct Installer {
    /// Whether the lists are fresh, or why they cannot be.
    lists: Option<Result<(), String>>,
}

impl Installer {
    /// Makes sure that `program` can be run, from `package` if need be.
    ///
    /// # Errors
    /// Why it cannot, as one line.
    pub fn provide(&mut self, program: &str, package: &str) -> Result<(), String> {
        if is_on_path(program) {
            return Ok(());
        }
        self.install(package)
            .map_err(|reason| format!("{program} is not installed and {reason}"))?;
        if is_on_path(program) { Ok(()) } else { Err(format!("{package} brought no {program}")) }
    }

    fn install(&mut self, package: &str) -> Result<(), String> {
        if !is_root() {
            return Err("only root may install it".to_owned());
        }
        if !is_on_path("apt-get") {
            return Err("there is no apt-get".to_owned());
        }
        self.lists.get_or_insert_with(|| apt(&["update"])).clone()?;
        apt(&["install", "-y", "--no-install-recommends", package])
    }
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).to_owned());
    std::env::split_paths(&path).chain(system).any(|folder| folder.join(program).is_file())
}

fn apt(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.arg("-qq").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    let status = process::run(&mut command, APT_LIMIT, |_| {});
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("apt-get {} failed: {status}", arguments.join(" "))),
        Err(error) => Err(format!("{error:#}")),
    }
}

const APT_LIMIT: Duration = Duration::from_secs(240);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed() {
        let mut installer = Installer::default();
        assert_eq!(installer.provide("sh", "no-such-package"), Ok(()));
        assert!(installer.lists.is_none());
    }
}

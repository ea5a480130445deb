//! Programs of the Debian archive that some steps need: the only place that installs anything.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

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

    /// Makes sure that `package`, which brings no program to look for, is installed.
    ///
    /// # Errors
    /// Why it cannot be, as one line.
    pub fn provide_package(&mut self, package: &str) -> Result<(), String> {
        if is_installed(package) {
            return Ok(());
        }
        self.install(package).map_err(|reason| format!("{package} is not installed and {reason}"))
    }

    fn install(&mut self, package: &str) -> Result<(), String> {
        may_install()?;
        self.lists.get_or_insert_with(|| apt(&["update"])).clone()?;
        apt(&["install", "-y", "--no-install-recommends", package])
    }

    /// Installs newer `packages` that this release of Debian has as backports. The archive is
    /// named as the machine's own lists name it, in `folder`; those lists stay as they are.
    ///
    /// # Errors
    /// Why it cannot, as one line.
    pub fn install_backports(&self, packages: &[&str], folder: &Path) -> Result<(), String> {
        may_install()?;
        let suite = write_backports(folder).map_err(|error| format!("{error:#}"))?;
        let setting = |name: &str, value: &str| format!("-oDir::{name}={value}");
        let lists = folder.join("lists");
        let settings = [
            setting("Etc::sourcelist", "/dev/null"),
            setting("Etc::sourceparts", &folder.to_string_lossy()),
            setting("State::Lists", &lists.to_string_lossy()),
        ];
        let apt_here = |arguments: &[&str]| {
            let settings = settings.iter().map(String::as_str);
            apt(&settings.chain(arguments.iter().copied()).collect::<Vec<_>>())
        };
        apt_here(&["update"])?;
        let chosen: Vec<String> =
            packages.iter().map(|package| format!("{package}/{suite}")).collect();
        let mut arguments = vec!["install", "-y", "--no-install-recommends"];
        arguments.extend(chosen.iter().map(String::as_str));
        apt_here(&arguments)
    }
}

fn may_install() -> Result<(), String> {
    if !is_root() {
        return Err("only root may install it".to_owned());
    }
    if !is_on_path("apt-get") {
        return Err("there is no apt-get".to_owned());
    }
    Ok(())
}

fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f=${db:Status-Status}", package]);
    query.output().is_ok_and(|output| output.stdout == b"installed")
}

/// Writes this release's sources with its backports added into `folder`; the name of that suite.
fn write_backports(folder: &Path) -> anyhow::Result<String> {
    let release = std::fs::read_to_string(RELEASE_FILE)?;
    let codename = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let codename = codename.with_context(|| format!("{RELEASE_FILE} names no release"))?;
    std::fs::create_dir_all(folder.join("lists/partial"))?;
    for entry in std::fs::read_dir(SOURCES_FOLDER)? {
        let path = entry?.path();
        let is_sources = path.extension().is_some_and(|extension| extension == "sources");
        let Some(name) = path.file_name().filter(|_| is_sources) else { continue };
        let sources = std::fs::read_to_string(&path)?;
        if let Some(sources) = with_backports(&sources, codename) {
            std::fs::write(folder.join(name), sources)?;
            return Ok(format!("{codename}-backports"));
        }
    }
    bail!("{SOURCES_FOLDER} has no source of {codename}")
}

/// The sources with the backports of `codename` where its own suite stands; none if it does not.
fn with_backports(sources: &str, codename: &str) -> Option<String> {
    let is_suites = |line: &str| {
        let suites = line.strip_prefix("Suites:");
        suites.is_some_and(|suites| suites.split_whitespace().any(|suite| suite == codename))
    };
    let lines = sources.lines().map(|line| {
        let added = if is_suites(line) { format!(" {codename}-backports") } else { String::new() };
        format!("{line}{added}\n")
    });
    sources.lines().any(is_suites).then(|| lines.collect())
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

const RELEASE_FILE: &str = "/etc/os-release";
const SOURCES_FOLDER: &str = "/etc/apt/sources.list.d";
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

    #[test]
    fn backports_stand_beside_the_suite_they_belong_to() {
        let sources = "Types: deb\nSuites: bookworm bookworm-updates\n\n\
                       Types: deb\nSuites: bookworm-security\n";
        let expected = sources.replace("updates", "updates bookworm-backports");
        assert_eq!(with_backports(sources, "bookworm"), Some(expected));
        assert_eq!(with_backports(sources, "trixie"), None);
    }
}

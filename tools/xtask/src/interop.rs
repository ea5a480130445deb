//! `cargo xtask interop`: the transport against the real Aeron C driver and client.
//!
//! The suite lives in `transport/interop`, a workspace of its own, since it builds Aeron from C.
//! What that needs beyond Rust and a C compiler is installed from Debian packages where this
//! machine allows it; elsewhere the missing thing is named and the build is tried all the same.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;

use crate::gate::{debian, process};
use crate::metadata::{self, Metadata};
use crate::tree;

/// Builds the suite, and unless `is_only_prepared` runs its cases whose names begin with one of
/// `prefixes`, or all. Returns whether all passed.
///
/// # Errors
/// When it cannot be built.
pub fn run(is_only_prepared: bool, prefixes: &[&str]) -> anyhow::Result<bool> {
    let suite = Suite::of(&Metadata::read()?);
    let mut installer = debian::Installer::default();
    for reason in suite.provide(&mut installer) {
        println!("note: {reason}");
    }
    suite.build()?;
    if is_only_prepared {
        println!("the interop suite is built in {}", suite.target_directory.display());
        return Ok(true);
    }
    suite.run(prefixes, |line| println!("{line}"))
}

/// The suite: where it is built, and the exchange that its stock clients log in to.
pub struct Suite {
    /// Kept between runs, so that Aeron is built once.
    target_directory: PathBuf,
    exchange: PathBuf,
}

impl Suite {
    /// The suite of this workspace.
    pub fn of(workspace: &Metadata) -> Self {
        Self {
            target_directory: workspace.target_directory.join("interop"),
            exchange: workspace.target_directory.join("release/forecastle"),
        }
    }

    /// Installs what the build needs where this machine allows it; what is missing all the same.
    pub fn provide(&self, installer: &mut debian::Installer) -> Vec<String> {
        let mut provided: Vec<_> =
            PACKAGES.into_iter().map(|package| installer.provide_package(package)).collect();
        if std::env::var_os("CMAKE").is_none() {
            provided.push(provide_cmake(installer, &self.target_directory));
        }
        provided.into_iter().filter_map(Result::err).collect()
    }

    /// Brings the crates that carry Aeron's sources.
    ///
    /// # Errors
    /// When they cannot be had.
    pub fn fetch(&self) -> anyhow::Result<()> {
        let mut fetch = Command::new(metadata::cargo());
        fetch.args(["fetch", "--quiet", "--locked", "--manifest-path", MANIFEST]);
        fetch.current_dir(tree::root());
        let status = process::run(&mut fetch, FETCH_LIMIT, |_| {})?;
        ensure!(status.success(), "the crates that carry Aeron cannot be had: {status}");
        Ok(())
    }

    /// Builds the suite and the exchange.
    ///
    /// # Errors
    /// When either does not build.
    pub fn build(&self) -> anyhow::Result<()> {
        let mut build = self.cargo("build");
        build.arg("--workspace");
        let status = process::run(&mut build, BUILD_LIMIT, |line| println!("{line}"))?;
        ensure!(status.success(), "the interop suite does not build");
        let mut exchange = Command::new(metadata::cargo());
        exchange.args(["build", "--quiet", "--locked", "--release", "--package", "forecastle"]);
        exchange.current_dir(tree::root());
        let status = process::run(&mut exchange, BUILD_LIMIT, |line| println!("{line}"))?;
        ensure!(status.success(), "the exchange does not build");
        Ok(())
    }

    /// Runs the cases whose names begin with one of `prefixes`, or all, giving each line that they
    /// print to `each_line`; whether all passed.
    ///
    /// # Errors
    /// When the suite's own tests fail, or it does not end.
    pub fn run(&self, prefixes: &[&str], each_line: impl FnMut(&str)) -> anyhow::Result<bool> {
        let status = process::run(&mut self.cargo("test"), BUILD_LIMIT, |_| {})?;
        ensure!(status.success(), "the interop suite's own tests fail");
        let mut suite = self.cargo("run");
        suite.arg("--").args(prefixes).env(EXCHANGE_VARIABLE, &self.exchange);
        Ok(process::run(&mut suite, RUN_LIMIT, each_line)?.success())
    }

    fn cargo(&self, command: &str) -> Command {
        let mut cargo = Command::new(metadata::cargo());
        cargo.args([command, "--quiet", "--locked", "--release"]);
        cargo.args(["--manifest-path", MANIFEST, "--target-dir"]).arg(&self.target_directory);
        cargo.current_dir(tree::root());
        cargo
    }
}

/// A cmake as new as Aeron asks for: the one there, the release's, or the one backported to it.
fn provide_cmake(installer: &mut debian::Installer, folder: &Path) -> Result<(), String> {
    if is_cmake_new_enough() {
        return Ok(());
    }
    installer.provide_package("cmake")?;
    if is_cmake_new_enough() {
        return Ok(());
    }
    installer.install_backports(&["cmake", "cmake-data"], &folder.join("backports"))?;
    if is_cmake_new_enough() {
        return Ok(());
    }
    let (major, minor) = CMAKE_VERSION_MIN;
    Err(format!("Aeron needs cmake {major}.{minor} or newer: name one in the variable CMAKE"))
}

fn is_cmake_new_enough() -> bool {
    let Ok(output) = Command::new("cmake").arg("--version").output() else { return false };
    let said = String::from_utf8_lossy(&output.stdout);
    cmake_version(&said).is_some_and(|version| version >= CMAKE_VERSION_MIN)
}

/// Major and minor number out of `cmake version 3.31.6` and what follows.
fn cmake_version(said: &str) -> Option<(u32, u32)> {
    let version = said.lines().next()?.rsplit(' ').next()?;
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// By this the suite knows the exchange that stock clients log in to.
const EXCHANGE_VARIABLE: &str = "FORECASTLE_INTEROP_EXCHANGE";
const MANIFEST: &str = "transport/interop/Cargo.toml";
/// For bindgen, the driver and the client, in this order.
const PACKAGES: [&str; 4] = ["libclang-dev", "libbsd-dev", "uuid-dev", "g++"];
const CMAKE_VERSION_MIN: (u32, u32) = (3, 30);
const FETCH_LIMIT: Duration = Duration::from_secs(300);
const BUILD_LIMIT: Duration = Duration::from_secs(1200);
const RUN_LIMIT: Duration = Duration::from_secs(1800);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cmake_says_its_version() {
        let said = "cmake version 3.31.6\n\nCMake suite maintained and supported by Kitware\n";
        assert_eq!(cmake_version(said), Some((3, 31)));
        assert_eq!(cmake_version("cmake version 4.0.0-rc1"), Some((4, 0)));
        assert_eq!(cmake_version("cmake: not found"), None);
        assert!(cmake_version("cmake version 3.25.1").is_some_and(|old| old < CMAKE_VERSION_MIN));
    }
}

//! `cargo xtask interop`: the transport against the real Aeron C driver and client.
//!
//! The suite lives in `transport/interop`, a workspace of its own, since it builds Aeron from C.
//! What that needs beyond Rust and a C compiler is installed from Debian packages where this
//! machine allows it; elsewhere the missing thing is named and the build is tried all the same.

use std::path::Path;
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
    let workspace_target = Metadata::read()?.target_directory;
    let target_directory = workspace_target.join("interop");
    let mut installer = debian::Installer::default();
    for package in PACKAGES {
        note(installer.provide_package(package));
    }
    if std::env::var_os("CMAKE").is_none() {
        note(provide_cmake(&mut installer, &target_directory));
    }
    let mut build = cargo("build", &target_directory);
    build.arg("--workspace");
    let status = process::run(&mut build, BUILD_LIMIT, |line| println!("{line}"))?;
    ensure!(status.success(), "the interop suite does not build");
    let mut exchange = Command::new(metadata::cargo());
    exchange.args(["build", "--quiet", "--locked", "--release", "--package", "forecastle"]);
    exchange.current_dir(tree::root());
    let status = process::run(&mut exchange, BUILD_LIMIT, |line| println!("{line}"))?;
    ensure!(status.success(), "the exchange does not build");
    if is_only_prepared {
        println!("the interop suite is built in {}", target_directory.display());
        return Ok(true);
    }
    let mut own_tests = cargo("test", &target_directory);
    let status = process::run(&mut own_tests, BUILD_LIMIT, |_| {})?;
    ensure!(status.success(), "the interop suite's own tests fail");
    let mut suite = cargo("run", &target_directory);
    suite.arg("--").args(prefixes);
    suite.env(EXCHANGE_VARIABLE, workspace_target.join("release/forecastle"));
    Ok(process::run(&mut suite, RUN_LIMIT, |line| println!("{line}"))?.success())
}

fn cargo(command: &str, target_directory: &Path) -> Command {
    let mut cargo = Command::new(metadata::cargo());
    cargo.args([command, "--quiet", "--locked", "--release"]);
    cargo.args(["--manifest-path", MANIFEST, "--target-dir"]).arg(target_directory);
    cargo.current_dir(tree::root());
    cargo
}

fn note(provided: Result<(), String>) {
    if let Err(reason) = provided {
        println!("note: {reason}");
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

//! The built `forecastle` asked about the data folder that an exchange left.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::exchange_process::data_folder;

/// Runs the binary with these arguments, folders last.
pub fn ask(arguments: &[&str], folders: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.args(arguments).args(folders).output().expect("the binary was built by cargo")
}

/// What it prints about the data in a test's folder; it succeeds.
pub fn answer(arguments: &[&str], folder: &TempDir) -> String {
    let output = ask(arguments, &[&data_folder(folder)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

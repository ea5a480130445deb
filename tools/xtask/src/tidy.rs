//! The rules of the tree, checked over text and metadata.
//!
//! Each rule is a function from what it reads to the [`Fault`]s it finds, has a test that runs it
//! over this tree, and a test that shows it a planted fault.

mod arrows;
mod licences;
mod names;
mod promises;
mod purity;
mod shape;
mod supply;
mod unsafety;
mod words;

use std::fmt;

use crate::metadata::Metadata;
use crate::tree::Tree;

/// Runs every rule and returns all faults, with the number of rules.
///
/// # Errors
/// When the tree or the metadata cannot be read.
pub fn check() -> anyhow::Result<(usize, Vec<Fault>)> {
    let (tree, metadata) = (Tree::read()?, Metadata::read()?);
    let faults = RULES.iter().flat_map(|rule| rule(&tree, &metadata)).collect();
    Ok((RULES.len(), faults))
}

/// A place where the tree breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, from the workspace root.
    pub path: String,
    /// The line from 1, or 0 when the fault is the whole file's.
    pub line: usize,
    /// The rule broken, and what to do.
    pub message: String,
}

impl Fault {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.message),
            line => write!(formatter, "{}:{line}: {}", self.path, self.message),
        }
    }
}

type Rule = fn(&Tree, &Metadata) -> Vec<Fault>;

const RULES: [Rule; 17] = [
    |_, metadata| arrows::crate_arrows(metadata),
    |_, metadata| arrows::tokio_is_cold(metadata),
    |tree, _| purity::engine_takes_memory_only(tree),
    |tree, _| purity::pure_crates_are_pure(tree),
    unsafety::unsafe_stays_home,
    |tree, _| unsafety::unsafe_is_argued(tree),
    |tree, _| shape::files_are_short(tree),
    |tree, _| shape::lines_are_short(tree),
    |tree, _| shape::files_state_their_contract(tree),
    |tree, _| names::names_say_something(tree),
    |tree, _| words::work_is_finished(tree),
    |tree, _| words::no_machine_paths(tree),
    |tree, _| words::no_registry_hosts(tree),
    |_, metadata| supply::licences_are_allowed(metadata),
    |_, metadata| supply::nothing_banned(metadata),
    |_, metadata| supply::no_duplicates(metadata),
    |tree, _| promises::promises_are_tested(tree),
];

/// Fails the test with every fault on a line of its own.
#[cfg(test)]
fn assert_none(faults: &[Fault]) {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert!(faults.is_empty(), "\n{}", lines.join("\n"));
}

/// The place of each fault, as `path:line`.
#[cfg(test)]
fn places(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(|fault| format!("{}:{}", fault.path, fault.line)).collect()
}

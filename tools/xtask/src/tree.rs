//! The workspace as the checks see it: its root, its files, and the text of each file.
//!
//! Files are those git tracks, and those it would track after `git add`. Checks read a [`Tree`] and
//! never the disk, so that a test can feed them a tree with a planted fault.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::rust_text;

/// Every text file of the workspace.
pub struct Tree {
    files: Vec<SourceFile>,
}

impl Tree {
    /// Reads every text file under the workspace root.
    ///
    /// # Errors
    /// When git cannot list the files or one of them cannot be read.
    pub fn read() -> anyhow::Result<Self> {
        let root = root();
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root)
            .output()
            .context("running git ls-files")?;
        ensure!(listing.status.success(), "git ls-files failed");
        let listing = String::from_utf8(listing.stdout).context("a file name is not UTF-8")?;
        let mut files = Vec::new();
        for path in listing.split('\0').filter(|path| !path.is_empty()) {
            // A tracked file may be deleted in the work tree; it is then no part of the tree.
            let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(SourceFile::new(path, text));
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self { files })
    }

    /// A tree of the given paths and texts.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| SourceFile::new(path, (*text).to_owned()));
        Self { files: files.collect() }
    }

    /// All files, ordered by path.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// The Rust files, ordered by path.
    pub fn rust_files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.is_rust())
    }

    /// The file at `path`, relative to the workspace root.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// One text file.
pub struct SourceFile {
    /// Path from the workspace root, with forward slashes.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// The text with comments and the contents of literals blanked; empty unless Rust.
    pub code: String,
    /// As `code`, with items for tests only blanked too; empty unless Rust.
    pub production_code: String,
}

impl SourceFile {
    fn new(path: &str, text: String) -> Self {
        let (code, production_code) = if path.ends_with(".rs") {
            let code = rust_text::blank_comments_and_literals(&text);
            let production_code = rust_text::blank_test_items(&code);
            (code, production_code)
        } else {
            (String::new(), String::new())
        };
        Self { path: path.to_owned(), text, code, production_code }
    }

    /// Whether the file is Rust source.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is compiled for tests or benchmarks only.
    pub fn is_test_only(&self) -> bool {
        let mut parts: Vec<&str> = self.path.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        // The first part is a crate's folder, and `benches/` is a crate.
        name == "tests.rs" || parts.iter().skip(1).any(|part| ["tests", "benches"].contains(part))
    }

    /// Whether a generator wrote the file: it says so in one of its first lines.
    pub fn is_generated(&self) -> bool {
        self.text.lines().take(5).any(|line| line.contains(GENERATED))
    }
}

/// What a generated file says of itself.
const GENERATED: &str = "by `cargo xtask codegen`";

/// The workspace root.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.ancestors().nth(2).expect("xtask lives two folders below the root");
    root.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_source() {
        let tree = Tree::read().unwrap();
        let file = tree.file("tools/xtask/src/tree.rs").unwrap();
        assert!(file.is_rust() && !file.is_test_only() && !file.is_generated());
        assert!(file.code.contains("pub struct Tree"));
        assert!(!file.production_code.contains("reads_its_own_source"));
    }

    #[test]
    fn tells_test_files_from_the_bench_crate() {
        let tree = Tree::of(&[
            ("benches/src/ring.rs", ""),
            ("engine/benches/book.rs", ""),
            ("engine/src/book/tests.rs", ""),
            ("engine/tests/model.rs", ""),
        ]);
        let test_only: Vec<bool> = tree.files().map(SourceFile::is_test_only).collect();
        assert_eq!(test_only, [false, true, true, true]);
    }
}

//! How long files and lines may be, and how a file starts.

use super::Fault;
use crate::rust_text::LITERAL_FILL;
use crate::tree::{SourceFile, Tree};

/// No source file is longer than [`FILE_LENGTH_MAX`] lines, tests and generated ones included.
pub fn files_are_short(tree: &Tree) -> Vec<Fault> {
    let is_source = |file: &&SourceFile| {
        let suffix = file.path.rsplit('.').next().unwrap_or_default();
        ["rs", "py", "sh", "lua", "js", "ts", "sql"].contains(&suffix)
    };
    let mut faults = Vec::new();
    for file in tree.files().filter(is_source) {
        let length = file.text.lines().count();
        if length > FILE_LENGTH_MAX {
            let message = format!("{length} lines; split by concept at {FILE_LENGTH_MAX}");
            faults.push(Fault::new(&file.path, FILE_LENGTH_MAX, message));
        }
    }
    faults
}

/// No line of Rust is wider than [`LINE_WIDTH_MAX`], unless it holds what cannot be broken.
pub fn lines_are_short(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.rust_files().filter(|file| !file.is_generated()) {
        for (index, (line, code)) in file.text.lines().zip(file.code.lines()).enumerate() {
            let width = line.chars().count();
            if width > LINE_WIDTH_MAX && !holds_the_unbreakable(line, code) {
                let message = format!("{width} columns, {LINE_WIDTH_MAX} are allowed");
                faults.push(Fault::new(&file.path, index + 1, message));
            }
        }
    }
    faults
}

/// Every Rust file says what it is before its first item.
pub fn files_state_their_contract(tree: &Tree) -> Vec<Fault> {
    let is_stated = |file: &SourceFile| {
        let mut lines = file.text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.find(|line| !line.starts_with("#!["));
        first.is_none_or(|line| line.starts_with("//!"))
    };
    let files = tree.rust_files().filter(|file| !file.is_generated() && !is_stated(file));
    files.map(|file| Fault::new(&file.path, 1, "a file starts with its //! contract")).collect()
}

/// A URL, a row of a table, or one literal that is too wide for a line of its own.
fn holds_the_unbreakable(line: &str, code: &str) -> bool {
    let indent = line.chars().take_while(|character| *character == ' ').count();
    let runs = code.split(|character| character != LITERAL_FILL);
    let literal = runs.map(|run| run.chars().count()).max().unwrap_or(0);
    let comment = line.trim_start().trim_start_matches(['/', '!']);
    let is_table_row = comment.len() < line.trim_start().len() && comment.starts_with(" |");
    line.contains("://") || is_table_row || indent + literal + QUOTES_AND_COMMA > LINE_WIDTH_MAX
}

const FILE_LENGTH_MAX: usize = 800;
const LINE_WIDTH_MAX: usize = 100;
const QUOTES_AND_COMMA: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{assert_none, places};

    #[test]
    fn this_tree_is_in_shape() {
        let tree = Tree::read().unwrap();
        assert_none(&files_are_short(&tree));
        assert_none(&lines_are_short(&tree));
        assert_none(&files_state_their_contract(&tree));
    }

    #[test]
    fn a_long_file_is_found() {
        let generated = format!("//! Made by `cargo xtask codegen`.\n{}", "\n".repeat(800));
        let tree = Tree::of(&[
            ("engine/src/a.rs", &"\n".repeat(800)),
            ("engine/src/b.rs", &"\n".repeat(801)),
            ("proto-spec/src/c.rs", &generated),
        ]);
        assert_eq!(
            places(&files_are_short(&tree)),
            ["engine/src/b.rs:800", "proto-spec/src/c.rs:800"]
        );
    }

    #[test]
    fn a_wide_line_is_found_unless_it_cannot_be_broken() {
        let (words, path) = ("word ".repeat(20), "a".repeat(90));
        let tree = Tree::of(&[
            ("a.rs", &format!("\n// {words}\n")),
            ("b.rs", &format!("// see {}://{path}\n", "https")),
            ("c.rs", &format!("        let a = \"{path}\";\n")),
            ("e.rs", &format!("/// | {words} | {words} |\n")),
            ("d.rs", &format!("let a = \"{}\" + \"{}\";\n", &path[..50], &path[..50])),
        ]);
        assert_eq!(places(&lines_are_short(&tree)), ["a.rs:2", "d.rs:1"]);
    }

    #[test]
    fn a_file_without_a_contract_is_found() {
        let tree = Tree::of(&[
            ("a.rs", "//! What it is.\n"),
            ("b.rs", "#![forbid(unsafe_code)]\n\n//! What it is.\n"),
            ("c.rs", "use std::fmt;\n\n//! Too late.\n"),
        ]);
        assert_eq!(places(&files_state_their_contract(&tree)), ["c.rs:1"]);
    }
}

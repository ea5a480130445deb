//! What the pure crates may not name: clocks, threads, sockets, floats and random maps.
//!
//! Code for tests is free of these rules; it may time itself and use any map.

use super::Fault;
use crate::rust_text::{lines_with_word, word_starts};
use crate::tree::{SourceFile, Tree};

/// The engine takes `forecastle_runtime::memory` and nothing else from the runtime.
pub fn engine_takes_memory_only(tree: &Tree) -> Vec<Fault> {
    let runtime = "forecastle_runtime";
    let mut faults = Vec::new();
    for file in production_files(tree, &["engine"]) {
        for (index, line) in file.production_code.lines().enumerate() {
            for start in word_starts(line, runtime) {
                let after = &line[start + runtime.len()..];
                if word_starts(after, "::memory").next() != Some(0) {
                    let message = "the engine may use forecastle_runtime::memory only";
                    faults.push(Fault::new(&file.path, index + 1, message));
                }
            }
        }
    }
    faults
}

/// Pure crates name nothing that could make two runs differ.
pub fn pure_crates_are_pure(tree: &Tree) -> Vec<Fault> {
    let mut faults = banned_words(tree, PURE_FOLDERS, IMPURE);
    faults.extend(banned_words(tree, &["engine"], IMPURE_IN_ENGINE));
    faults
}

fn banned_words(tree: &Tree, folders: &[&str], words: &[&str]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in production_files(tree, folders) {
        for word in words {
            for line in lines_with_word(&file.production_code, word) {
                let message = format!("a pure crate may not name {word}");
                faults.push(Fault::new(&file.path, line, message));
            }
        }
    }
    faults
}

fn production_files<'a>(
    tree: &'a Tree,
    folders: &'a [&str],
) -> impl Iterator<Item = &'a SourceFile> {
    tree.rust_files().filter(|file| {
        let is_under = |folder: &&str| file.path.starts_with(&format!("{folder}/src/"));
        folders.iter().any(is_under) && !file.is_test_only()
    })
}

const PURE_FOLDERS: &[&str] = &["proto-spec", "transport/core", "engine", "gateway"];

const IMPURE: &[&str] = &[
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "Instant",
    "SystemTime",
    "thread::",
    "std::fs",
    "HashMap",
    "HashSet",
    "RandomState",
    "f32",
    "f64",
];

/// The engine has no clock at all, not even a duration, and no thread.
const IMPURE_IN_ENGINE: &[&str] = &["std::time", "std::thread", "core::time"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{assert_none, places};

    #[test]
    fn this_tree_is_pure() {
        let tree = Tree::read().unwrap();
        assert_none(&engine_takes_memory_only(&tree));
        assert_none(&pure_crates_are_pure(&tree));
    }

    #[test]
    fn another_import_from_the_runtime_is_found() {
        let tree = Tree::of(&[
            ("engine/src/a.rs", "use forecastle_runtime::memory::Arena;\n"),
            ("engine/src/b.rs", "\nuse forecastle_runtime::ring::Ring;\n"),
            ("engine/src/c.rs", "use forecastle_runtime::{memory, ring};\n"),
            ("engine/src/d.rs", "use forecastle_runtime::memory_map;\n"),
            ("gateway/src/e.rs", "use forecastle_runtime::ring::Ring;\n"),
        ]);
        let expected = ["engine/src/b.rs:2", "engine/src/c.rs:1", "engine/src/d.rs:1"];
        assert_eq!(places(&engine_takes_memory_only(&tree)), expected);
    }

    #[test]
    fn an_impure_word_is_found_in_code_and_not_in_text_or_tests() {
        let tree = Tree::of(&[
            ("engine/src/a.rs", "//! Not an Instant.\nlet t = Instant::now();\n"),
            ("engine/src/b.rs", "let name = \"HashMap\";\nuse std::time::Duration;\n"),
            ("engine/src/c.rs", "#[cfg(test)]\nmod tests { use std::collections::HashMap; }\n"),
            ("engine/tests/d.rs", "use std::collections::HashMap;\n"),
            ("proto-spec/src/e.rs", "fn mean() -> f64 { 0 }\n"),
            ("transport/core/src/f.rs", "std::thread::spawn(run);\nuse std::time::Duration;\n"),
            ("gateway/src/g.rs", "\n\nuse std::net::UdpSocket;\n"),
            ("node/src/h.rs", "let t = Instant::now();\n"),
        ]);
        let expected = [
            "engine/src/a.rs:2",
            "gateway/src/g.rs:3",
            "proto-spec/src/e.rs:1",
            "transport/core/src/f.rs:1",
            "engine/src/b.rs:2",
        ];
        let mut found = places(&pure_crates_are_pure(&tree));
        let mut expected = expected.map(str::to_owned).to_vec();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

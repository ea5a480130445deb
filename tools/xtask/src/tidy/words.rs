//! Words that no file of the tree may hold: marks of unfinished work, paths of one machine, hosts
//! of package registries.
//!
//! The words are written in two halves here, or this file would break its own rules.

use super::Fault;
use crate::rust_text::word_starts;
use crate::tree::{SourceFile, Tree};

/// Nothing in the tree says that it is unfinished.
pub fn work_is_finished(tree: &Tree) -> Vec<Fault> {
    faults(tree, |line| {
        let lower = line.to_lowercase();
        let code = CODE_MARKS.iter().find(|mark| line.contains(**mark));
        let capitals = CAPITALS.iter().find(|word| word_starts(line, word).next().is_some());
        let phrase = PHRASES.iter().find(|phrase| word_starts(&lower, phrase).next().is_some());
        let found = code.or(capitals).or(phrase)?;
        Some(format!("\"{found}\": finish it, or leave it out and file an issue"))
    })
}

/// No file names a folder of the machine it was written on.
pub fn no_machine_paths(tree: &Tree) -> Vec<Fault> {
    faults(tree, |line| {
        let found = MACHINE_PATHS.iter().find(|path| {
            line.match_indices(**path).any(|(start, _)| {
                let before = line[..start].chars().next_back();
                before.is_none_or(|character| " \t\"'`(<[=:,".contains(character))
            })
        })?;
        Some(format!("\"{found}\" is a path of one machine"))
    })
}

/// No file names the host of a package registry; packages are named, the client knows the host.
pub fn no_registry_hosts(tree: &Tree) -> Vec<Fault> {
    faults(tree, |line| {
        let found = REGISTRY_HOSTS.iter().find(|host| line.contains(**host))?;
        Some(format!("\"{found}\" is the host of a package registry"))
    })
}

fn faults(tree: &Tree, check: impl Fn(&str) -> Option<String>) -> Vec<Fault> {
    let is_ours = |file: &&SourceFile| {
        !file.path.ends_with("Cargo.lock") && !file.path.starts_with("LICENSE")
    };
    let mut faults = Vec::new();
    for file in tree.files().filter(is_ours) {
        for (index, line) in file.text.lines().enumerate() {
            faults.extend(check(line).map(|message| Fault::new(&file.path, index + 1, message)));
        }
    }
    faults
}

const CODE_MARKS: &[&str] =
    &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore")];
const CAPITALS: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
const PHRASES: &[&str] = &[
    concat!("for ", "now"),
    concat!("place", "holder"),
    concat!("not yet ", "implemented"),
    concat!("in a ", "real"),
];
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
];
const REGISTRY_HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("debian", ".org"),
    concat!("golang", ".org"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{assert_none, places};

    #[test]
    fn this_tree_is_clean() {
        let tree = Tree::read().unwrap();
        assert_none(&work_is_finished(&tree));
        assert_none(&no_machine_paths(&tree));
        assert_none(&no_registry_hosts(&tree));
    }

    #[test]
    fn every_mark_of_unfinished_work_is_found() {
        for mark in CODE_MARKS.iter().chain(CAPITALS).chain(PHRASES) {
            let text = format!("fine\nhere {mark} it is\n");
            let tree = Tree::of(&[("docs/a.md", &text), ("LICENSE-MIT", &text)]);
            assert_eq!(places(&work_is_finished(&tree)), ["docs/a.md:2"], "{mark}");
        }
        let whole = format!("for {}\n{}S\n", "nowhere", CAPITALS[3]);
        assert_none(&work_is_finished(&Tree::of(&[("a.md", &whole)])));
    }

    #[test]
    fn every_machine_path_is_found() {
        for path in MACHINE_PATHS {
            let text = format!("at {path}a\nsrc{path}b\n");
            let tree = Tree::of(&[("README.md", &text)]);
            assert_eq!(places(&no_machine_paths(&tree)), ["README.md:1"], "{path}");
        }
    }

    #[test]
    fn every_registry_host_is_found() {
        for host in REGISTRY_HOSTS {
            let text = format!("\n\nindex.{host}/x\n");
            let tree = Tree::of(&[("Cargo.lock", &text), ("docs/a.md", &text)]);
            assert_eq!(places(&no_registry_hosts(&tree)), ["docs/a.md:3"], "{host}");
        }
    }
}

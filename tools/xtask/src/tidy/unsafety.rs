//! Where unsafe code may live, and that each piece of it is argued.

use super::Fault;
use crate::metadata::Metadata;
use crate::rust_text::{lines_with_word, word_starts};
use crate::tree::Tree;

/// Outside the folders that may use it, crates forbid unsafe code and nobody writes the word.
pub fn unsafe_stays_home(tree: &Tree, metadata: &Metadata) -> Vec<Fault> {
    let mut faults = Vec::new();
    for root in metadata.members().flat_map(|package| &package.crate_roots) {
        let forbids = tree.file(root).is_some_and(|file| file.code.contains(FORBID));
        if !is_home(root) && !forbids {
            faults.push(Fault::new(root, 1, format!("the crate needs {FORBID}")));
        }
    }
    for file in tree.rust_files().filter(|file| !is_home(&file.path)) {
        for line in lines_with_word(&file.code, "unsafe") {
            let homes = HOMES.join(", ");
            faults.push(Fault::new(&file.path, line, format!("unsafe code lives in {homes} only")));
        }
    }
    faults
}

/// Every unsafe block and unsafe impl has a `SAFETY:` comment directly above its statement.
pub fn unsafe_is_argued(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.rust_files() {
        let code: Vec<&str> = file.code.lines().collect();
        let text: Vec<&str> = file.text.lines().collect();
        for (index, line) in code.iter().enumerate() {
            let needs_argument = word_starts(line, "unsafe").any(|start| {
                let after = line[start + "unsafe".len()..].trim_start();
                after.is_empty() || after.starts_with('{') || after.starts_with("impl")
            });
            if needs_argument && !is_argued(&text, &code, index) {
                let message = "unsafe without a SAFETY comment above";
                faults.push(Fault::new(&file.path, index + 1, message));
            }
        }
    }
    faults
}

/// Climbs from the unsafe line over its own statement, then over comments and attributes.
fn is_argued(text: &[&str], code: &[&str], index: usize) -> bool {
    let is_comment = |line: usize| text[line].trim_start().starts_with("//");
    let mut line = index;
    while line > 0 && !is_comment(line - 1) {
        let above = code[line - 1].trim();
        let ends_something = above.is_empty() || above.ends_with([';', '{', '}']);
        if ends_something && !above.starts_with("#[") {
            return false;
        }
        line -= 1;
    }
    let comments = (0..line).rev().take_while(|line| is_comment(*line));
    comments.into_iter().any(|line| text[line].contains("SAFETY:"))
}

fn is_home(path: &str) -> bool {
    HOMES.iter().any(|home| path.starts_with(home))
}

const HOMES: &[&str] =
    &["runtime/", "transport/udp/", "persister/disk/", "benches/survey-adapter/"];
const FORBID: &str = "#![forbid(unsafe_code)]";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::{member, metadata};
    use crate::tidy::{assert_none, places};

    #[test]
    fn this_tree_keeps_unsafe_at_home_and_argued() {
        let tree = Tree::read().unwrap();
        assert_none(&unsafe_stays_home(&tree, &Metadata::read().unwrap()));
        assert_none(&unsafe_is_argued(&tree));
    }

    #[test]
    fn a_crate_that_does_not_forbid_it_is_found() {
        let packages = ["engine", "node", "runtime"].map(|name| member(name, name, &[]));
        let tree = Tree::of(&[
            ("engine/src/lib.rs", "#![forbid(unsafe_code)]\n"),
            ("node/src/lib.rs", "// #![forbid(unsafe_code)]\n"),
            ("node/tests/a.rs", "\n// SAFETY: none.\nunsafe { run() }\n"),
            ("runtime/src/lib.rs", "// SAFETY: none.\nunsafe { run() }\n"),
        ]);
        let faults = unsafe_stays_home(&tree, &metadata(&packages));
        assert_eq!(places(&faults), ["node/src/lib.rs:1", "node/tests/a.rs:3"]);
    }

    #[test]
    fn an_unargued_block_is_found() {
        let argued = "fn a() {\n    // SAFETY: in range.\n    let b =\n        unsafe { c() };\n}\n\
                      // SAFETY: no thread state.\n#[cold]\nunsafe impl Send for A {}\n";
        let unargued = "// SAFETY: of a.\nlet a = unsafe { b() };\nlet c = unsafe { d() };\n\
                        // Quick.\nunsafe { e() }\n";
        let tree = Tree::of(&[("runtime/src/a.rs", argued), ("runtime/src/b.rs", unargued)]);
        let faults = unsafe_is_argued(&tree);
        assert_eq!(places(&faults), ["runtime/src/b.rs:3", "runtime/src/b.rs:5"]);
    }
}

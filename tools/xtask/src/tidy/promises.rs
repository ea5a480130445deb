//! Every promise of the specification names a test that exists, and the pages a reader needs are
//! there.
//!
//! A promise is a table row `| P7 | the promise | `path/file.rs` `test_name` |`; one path may be
//! followed by several names, `path/file.rs::test_name` in one pair of backticks means the same.

use std::collections::BTreeSet;

use super::Fault;
use crate::tree::{SourceFile, Tree};

/// Promises have one number each, and each names tests that exist.
pub fn promises_are_tested(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for page in PAGES.iter().filter(|page| tree.file(page).is_none()) {
        faults.push(Fault::new(page, 0, "the page is missing"));
    }
    let Some(page) = tree.file(SPECIFICATION) else { return faults };
    let mut numbers = BTreeSet::new();
    for (index, line) in page.text.lines().enumerate() {
        let Some((number, tests)) = promise(line) else { continue };
        let mut complaints = complaints(tree, tests);
        if !numbers.insert(number) {
            complaints.push(format!("{number} is numbered twice"));
        }
        let faulty = |message| Fault::new(SPECIFICATION, index + 1, message);
        faults.extend(complaints.into_iter().map(faulty));
    }
    faults
}

/// The number and the last cell of a promise's row; none for any other line.
fn promise(line: &str) -> Option<(&str, &str)> {
    let cells = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (number, _) = cells.split_once('|')?;
    let (_, tests) = cells.rsplit_once('|')?;
    let number = number.trim();
    let digits = number.strip_prefix('P')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((number, tests))
}

fn complaints(tree: &Tree, cell: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut path = "";
    let mut test_count = 0;
    for quoted in cell.split('`').skip(1).step_by(2) {
        let name = match quoted.split_once("::") {
            Some((file, name)) => {
                path = file;
                name
            }
            None if quoted.contains('/') => {
                path = quoted;
                continue;
            }
            None => quoted,
        };
        test_count += 1;
        match tree.file(path) {
            None => complaints.push(format!("no file \"{path}\" for the test {name}")),
            Some(file) if !has_test(file, name) => {
                complaints.push(format!("no test {name} in {path}"));
            }
            Some(_) => {}
        }
    }
    if test_count == 0 {
        complaints.push("a promise names the test that holds it".to_owned());
    }
    complaints
}

/// Whether `file` has a function `name` that is a test: in Rust, one marked as such.
fn has_test(file: &SourceFile, name: &str) -> bool {
    if !file.is_rust() {
        return file.text.contains(&format!("def {name}("));
    }
    let start = format!("fn {name}(");
    let lines: Vec<&str> = file.code.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(index, line)| {
        let is_above = |line: &&&str| line.is_empty() || line.starts_with("#[");
        let mut above = lines[..index].iter().rev().take_while(is_above);
        line.starts_with(&start) && above.any(|line| line.starts_with("#[test]"))
    })
}

const SPECIFICATION: &str = "docs/specification.md";
const PAGES: &[&str] = &[
    SPECIFICATION,
    "docs/architecture.md",
    "docs/glossary.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{assert_none, places};

    fn tree_with(page: &str) -> Tree {
        let test = "/// Doc.\n#[test]\n// Why.\nfn holds() {}\n\nfn no_test() {}\n";
        let mut files: Vec<(&str, &str)> = PAGES.iter().map(|page| (*page, "")).collect();
        files.retain(|(path, _)| *path != SPECIFICATION);
        files.extend([(SPECIFICATION, page), ("engine/src/a.rs", test)]);
        files.push(("proto-spec/check.py", "def check_all(x):\n"));
        Tree::of(&files)
    }

    #[test]
    fn this_tree_keeps_its_promises() {
        assert_none(&promises_are_tested(&Tree::read().unwrap()));
    }

    #[test]
    fn kept_promises_pass() {
        assert_none(&promises_are_tested(&tree_with("No table.\n")));
        let page = "| n | promise | test |\n|---|---|---|\n\
                    | P1 | a | `engine/src/a.rs` `holds` |\n\
                    | P2 | b \\| c | `engine/src/a.rs::holds`, `proto-spec/check.py` `check_all` |\n";
        assert_none(&promises_are_tested(&tree_with(page)));
    }

    #[test]
    fn a_promise_without_its_test_is_found() {
        let page = "| P1 | a | `engine/src/a.rs` `holds` `gone` |\n\
                    | P2 | b | `engine/src/b.rs` `holds` |\n\
                    | P3 | c | by inspection |\n\
                    | P3 | d | `engine/src/a.rs` `holds` |\n\
                    | P4 | e | `engine/src/a.rs` `no_test` |\n";
        let faults = promises_are_tested(&tree_with(page));
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5]);
        assert_eq!(faults[0].message, "no test gone in engine/src/a.rs");
    }

    #[test]
    fn a_missing_page_is_found() {
        let faults = promises_are_tested(&Tree::of(&[(SPECIFICATION, "")]));
        assert_eq!(faults.len(), PAGES.len() - 1);
        assert!(places(&faults).contains(&"docs/glossary.md:0".to_owned()));
    }
}

//! File and folder names that say nothing are not allowed.

use super::Fault;
use crate::tree::Tree;

/// No file or folder is a drawer for everything.
pub fn names_say_something(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files() {
        for part in file.path.split('/') {
            let stem = part.split('.').next().unwrap_or_default().to_lowercase();
            if BANNED.contains(&stem.as_str()) {
                let message = format!("\"{part}\" says nothing: name it after the concept");
                faults.push(Fault::new(&file.path, 0, message));
            }
        }
    }
    faults
}

const BANNED: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "misc", "types", "manager", "managers"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{assert_none, places};

    #[test]
    fn this_tree_has_names() {
        assert_none(&names_say_something(&Tree::read().unwrap()));
    }

    #[test]
    fn an_empty_name_is_found() {
        let tree = Tree::of(&[
            ("engine/src/book.rs", ""),
            ("engine/src/types.rs", ""),
            ("engine/src/utils/mod.rs", ""),
            ("engine/src/utilization.rs", ""),
        ]);
        let expected = ["engine/src/types.rs:0", "engine/src/utils/mod.rs:0"];
        assert_eq!(places(&names_say_something(&tree)), expected);
    }
}

//! Licence expressions (SPDX): whether the allow list satisfies one.

/// Whether the licences of [`ALLOWED`] satisfy `expression`. A slash, as older manifests write it,
/// means `OR`. What is not an expression is not satisfied.
pub fn is_satisfied(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = Words { words: spaced.split_whitespace().collect(), index: 0 };
    words.any_of() == Some(true) && words.index == words.words.len()
}

struct Words<'a> {
    words: Vec<&'a str>,
    index: usize,
}

impl Words<'_> {
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.index) == Some(&word);
        self.index += usize::from(is_next);
        is_next
    }

    fn any_of(&mut self) -> Option<bool> {
        let mut satisfied = self.all_of()?;
        while self.take("OR") {
            satisfied |= self.all_of()?;
        }
        Some(satisfied)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut satisfied = self.one()?;
        while self.take("AND") {
            satisfied &= self.one()?;
        }
        Some(satisfied)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let satisfied = self.any_of()?;
            return self.take(")").then_some(satisfied);
        }
        let licence = *self.words.get(self.index)?;
        self.index += 1;
        if ["(", ")", "OR", "AND", "WITH"].contains(&licence) {
            return None;
        }
        if !self.take("WITH") {
            return Some(ALLOWED.contains(&licence));
        }
        let exception = *self.words.get(self.index)?;
        self.index += 1;
        Some(ALLOWED.contains(&licence) && exception == "LLVM-exception")
    }
}

/// Licences that ask for no more than a notice. MPL-2.0 is not among them: it asks for the source
/// of changed files.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged_as_spdx_says() {
        let cases = [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("MPL-2.0", false),
            ("MPL-2.0 OR MIT", true),
            ("MPL-2.0 AND MIT", false),
            ("MIT OR GPL-3.0-only AND MPL-2.0", true),
            ("(MIT OR GPL-3.0-only) AND MPL-2.0", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", true),
            ("MIT WITH Classpath-exception-2.0", false),
            ("GPL-2.0-only WITH LLVM-exception", false),
            ("", false),
            ("MIT OR", false),
            ("MIT MIT", false),
            ("(MIT", false),
            ("MIT)", false),
        ];
        for (expression, expected) in cases {
            assert_eq!(is_satisfied(expression), expected, "{expression}");
        }
    }
}

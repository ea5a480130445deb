//! Rust source as text for the checks: comments and literals blanked, positions kept.
//!
//! This is a scanner, not a parser. It knows comments, strings, characters, lifetimes and braces,
//! which is enough to ask where a word stands in code and whether only tests compile it.

use std::ops::Range;

/// What replaces the characters inside a literal, so that its width can still be measured.
pub const LITERAL_FILL: char = '\u{1}';

/// Blanks comments with spaces and the contents of literals with [`LITERAL_FILL`]; line breaks and
/// columns (counted in characters) stay.
pub fn blank_comments_and_literals(text: &str) -> String {
    let mut scanner = Scanner { input: text.chars().collect(), index: 0, output: String::new() };
    while scanner.index < scanner.input.len() {
        scanner.step();
    }
    scanner.output
}

/// Blanks the items behind `#[cfg(test)]` or `#[cfg(all(test, …))]` in already blanked code.
pub fn blank_test_items(code: &str) -> String {
    let mut rest: Vec<char> = code.chars().collect();
    for marker in ["#[cfg(test)]", "#[cfg(all(test"] {
        let marker: Vec<char> = marker.chars().collect();
        let mut from = 0;
        while let Some(start) = find(&rest, &marker, from) {
            let end = end_of_item(&rest, start);
            for character in &mut rest[start..end] {
                if *character != '\n' {
                    *character = ' ';
                }
            }
            from = end;
        }
    }
    rest.into_iter().collect()
}

/// The lines (from 1) on which `word` stands in `code` as a whole word. A word may hold `::`.
pub fn lines_with_word(code: &str, word: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    for (index, line) in code.lines().enumerate() {
        if word_starts(line, word).next().is_some() {
            lines.push(index + 1);
        }
    }
    lines
}

/// The byte offsets at which `word` starts in `line` as a whole word.
pub fn word_starts<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    line.match_indices(word).map(|(start, _)| start).filter(move |&start| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let open_end = !word.ends_with(is_word_character);
        !before.is_some_and(is_word_character)
            && (open_end || !after.is_some_and(is_word_character))
    })
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn find(text: &[char], pattern: &[char], from: usize) -> Option<usize> {
    let windows = text.get(from..)?.windows(pattern.len());
    windows.into_iter().position(|window| window == pattern).map(|index| from + index)
}

/// The end of the item whose first attribute starts at `start`: its semicolon or closing brace.
fn end_of_item(code: &[char], start: usize) -> usize {
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for (index, character) in code.iter().enumerate().skip(start) {
        match character {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    return index + 1;
                }
            }
            ';' | ',' if brackets == 0 && braces == 0 => return index + 1,
            _ => {}
        }
    }
    code.len()
}

struct Scanner {
    input: Vec<char>,
    index: usize,
    output: String,
}

impl Scanner {
    fn step(&mut self) {
        let here = self.input[self.index];
        let next = self.input.get(self.index + 1).copied();
        match (here, next) {
            ('/', Some('/')) => self.fill(self.end_of_line(), ' '),
            ('/', Some('*')) => self.fill(self.end_of_block_comment(), ' '),
            ('"', _) => self.literal(self.index + 1..self.end_of_string(self.index + 1)),
            ('\'', _) => self.character_or_lifetime(),
            ('r', _) if !self.is_inside_word() => self.raw_string_or_word(1),
            ('b' | 'c', Some('r')) if !self.is_inside_word() => self.raw_string_or_word(2),
            _ => self.keep(1),
        }
    }

    fn is_inside_word(&self) -> bool {
        self.index > 0 && is_word_character(self.input[self.index - 1])
    }

    fn keep(&mut self, count: usize) {
        self.output.extend(&self.input[self.index..self.index + count]);
        self.index += count;
    }

    fn fill(&mut self, end: usize, with: char) {
        let blank =
            self.input[self.index..end].iter().map(|c| if *c == '\n' { '\n' } else { with });
        self.output.extend(blank);
        self.index = end;
    }

    /// Keeps up to the contents, blanks them, and keeps the closing quote.
    fn literal(&mut self, contents: Range<usize>) {
        self.keep(contents.start - self.index);
        self.fill(contents.end, LITERAL_FILL);
        self.keep(usize::from(contents.end < self.input.len()));
    }

    fn end_of_line(&self) -> usize {
        let rest = &self.input[self.index..];
        rest.iter().position(|c| *c == '\n').map_or(self.input.len(), |n| self.index + n)
    }

    fn end_of_block_comment(&self) -> usize {
        let (mut depth, mut index) = (0_usize, self.index);
        while index + 1 < self.input.len() {
            match (self.input[index], self.input[index + 1]) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    index += 1;
                    continue;
                }
            }
            index += 2;
            if depth == 0 {
                return index;
            }
        }
        self.input.len()
    }

    fn end_of_string(&self, contents: usize) -> usize {
        let mut index = contents;
        while index < self.input.len() {
            match self.input[index] {
                '\\' => index += 2,
                '"' => return index,
                _ => index += 1,
            }
        }
        self.input.len()
    }

    fn character_or_lifetime(&mut self) {
        let at = |offset: usize| self.input.get(self.index + offset).copied();
        if at(1) == Some('\\') {
            let rest = self.input[self.index + 3..].iter().position(|c| *c == '\'');
            let end = rest.map_or(self.input.len(), |n| self.index + 3 + n);
            self.literal(self.index + 1..end);
        } else if at(2) == Some('\'') {
            self.literal(self.index + 1..self.index + 2);
        } else {
            self.keep(1);
        }
    }

    /// A raw string whose hashes start `prefix` characters on, or else one plain character.
    fn raw_string_or_word(&mut self, prefix: usize) {
        let after = &self.input[(self.index + prefix).min(self.input.len())..];
        let hash_count = after.iter().take_while(|c| **c == '#').count();
        if after.get(hash_count) != Some(&'"') {
            return self.keep(1);
        }
        let contents = self.index + prefix + hash_count + 1;
        let mut closing = vec!['"'];
        closing.resize(hash_count + 1, '#');
        let end = find(&self.input, &closing, contents).unwrap_or(self.input.len());
        self.literal(contents..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blanked(text: &str) -> String {
        blank_comments_and_literals(text).replace(LITERAL_FILL, ".")
    }

    #[test]
    fn comments_and_literals_are_blanked_in_place() {
        let cases = [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("f(\"x // y\") // z", "f(\"......\")     "),
            ("\"a\\\"b\" c", "\"....\" c"),
            ("r#\"a\"b\"# c", "r#\"...\"# c"),
            ("br\"a\\\" c", "br\"..\" c"),
            ("'a' 'b: '\\'' '\\n'", "'.' 'b: '..' '..'"),
            ("for r in bar { 'r'; }", "for r in bar { '.'; }"),
            ("r#type x", "r#type x"),
            ("\"a\nb\"", "\".\n.\""),
        ];
        for (text, expected) in cases {
            assert_eq!(blanked(text), expected, "{text}");
        }
    }

    #[test]
    fn items_for_tests_are_blanked() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { c() }\n}\nfn d() {}";
        let production = blank_test_items(code);
        assert!(production.contains("fn a") && production.contains("fn d"));
        assert!(!production.contains("fn b") && !production.contains("mod tests"));
        assert_eq!(production.lines().count(), code.lines().count());
        let declared = blank_test_items("#[cfg(test)]\nmod tests;\nfn d() {}");
        assert!(!declared.contains("tests") && declared.contains("fn d"));
    }

    #[test]
    fn words_are_whole() {
        let code = "let a = Instant::now();\nInstantly\nstd::thread::spawn\nmy_thread::x";
        assert_eq!(lines_with_word(code, "Instant"), [1]);
        assert_eq!(lines_with_word(code, "thread::"), [3]);
    }
}

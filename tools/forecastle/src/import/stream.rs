//! Reads a stream file line by line, plain or compressed with bzip2.
//!
//! Memory is bounded by [`LINE_LENGTH_MAX`], whatever the file holds. A line that is no message is
//! handed out as such, with its number, and reading goes on.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use bzip2::read::MultiBzDecoder;

use super::message::Message;

/// The lines of a stream file, each parsed.
pub struct StreamReader {
    source: Box<dyn BufRead>,
    path: PathBuf,
    line_number: u64,
    buffer: Vec<u8>,
}

impl StreamReader {
    /// Opens a file. It is decompressed when it starts as bzip2 does or is named `.bz2`.
    ///
    /// # Errors
    /// The file cannot be opened or read.
    pub fn open(path: &Path) -> Result<Self, StreamError> {
        let failed = |source| StreamError::Open { path: path.to_path_buf(), source };
        let mut start = Vec::with_capacity(BZIP2_MAGIC.len());
        let file = File::open(path).map_err(failed)?;
        (&file).take(BZIP2_MAGIC.len() as u64).read_to_end(&mut start).map_err(failed)?;
        let is_compressed = start == BZIP2_MAGIC || path.extension().is_some_and(|e| e == "bz2");
        // A pipe cannot be rewound, so what was looked at is put in front again.
        let whole = std::io::Cursor::new(start).chain(file);
        let source: Box<dyn BufRead> = if is_compressed {
            Box::new(BufReader::new(MultiBzDecoder::new(whole)))
        } else {
            Box::new(BufReader::new(whole))
        };
        Ok(Self::new(source, path))
    }

    /// Reads from `source`; `path` is what errors call it.
    #[must_use]
    pub fn new(source: Box<dyn BufRead>, path: &Path) -> Self {
        Self { source, path: path.to_path_buf(), line_number: 0, buffer: Vec::new() }
    }

    /// The next line that is not blank, `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read on: damaged compression or a failing device.
    pub fn next_line(&mut self) -> Result<Option<Line>, StreamError> {
        loop {
            let Some(is_whole) = self.fill_line()? else { return Ok(None) };
            let number = self.line_number;
            if !is_whole {
                let cause = format!("longer than {LINE_LENGTH_MAX} bytes");
                return Ok(Some(Line::Malformed(MalformedLine { number, cause })));
            }
            let line = self.buffer.trim_ascii();
            if line.is_empty() {
                continue;
            }
            return Ok(Some(match Message::parse(line) {
                Ok(message) => Line::Message(message),
                Err(error) => Line::Malformed(MalformedLine { number, cause: error.to_string() }),
            }));
        }
    }

    /// Number of the line last handed out, from 1.
    #[must_use]
    pub fn line_number(&self) -> u64 {
        self.line_number
    }

    /// Puts the next line into the buffer; whether it fitted, or `None` at the end.
    fn fill_line(&mut self) -> Result<Option<bool>, StreamError> {
        self.buffer.clear();
        let mut is_whole = true;
        let mut is_empty = true;
        loop {
            let available = match self.source.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    let (path, line) = (self.path.clone(), self.line_number + 1);
                    return Err(StreamError::Read { path, line, source });
                }
            };
            if available.is_empty() {
                break;
            }
            if is_empty {
                is_empty = false;
                self.line_number += 1;
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            if self.buffer.len() + part.len() <= LINE_LENGTH_MAX {
                self.buffer.extend_from_slice(part);
            } else {
                is_whole = false;
            }
            let consumed = end.map_or(available.len(), |end| end + 1);
            self.source.consume(consumed);
            if end.is_some() {
                break;
            }
        }
        Ok((!is_empty).then_some(is_whole))
    }
}

/// One line of the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A message.
    Message(Message),
    /// No message.
    Malformed(MalformedLine),
}

/// A line that is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedLine {
    /// Line, from 1.
    pub number: u64,
    /// What is wrong.
    pub cause: String,
}

/// Why a stream file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// It cannot be opened.
    #[error("{path} cannot be opened")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot be read to its end.
    #[error("{path}: line {line} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Line that was being read, from 1.
        line: u64,
        /// What the system or the decompression said.
        source: std::io::Error,
    },
}

/// Longest line that is read, bytes; an image of 64 runners with full ladders is well below.
pub const LINE_LENGTH_MAX: usize = 1 << 20;

const BZIP2_MAGIC: &[u8] = b"BZh";

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const GOOD: &str = r#"{"op":"mcm","pt":5}"#;

    /// What each line is: its publish time, or its number when malformed.
    fn read(reader: &mut StreamReader) -> Vec<Result<i64, u64>> {
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            lines.push(match line {
                Line::Message(message) => Ok(message.publish_time_ms.unwrap()),
                Line::Malformed(malformed) => Err(malformed.number),
            });
        }
        lines
    }

    fn file_with(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn compressed(text: &str) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn malformed_lines_are_numbered_and_reading_goes_on() {
        let long = "x".repeat(LINE_LENGTH_MAX + 1);
        let text = format!("{GOOD}\nnot json\n\n  \r\n{GOOD}\r\n{long}\n{GOOD}\n{{\"op\":");
        let (_folder, path) = file_with("a.jsonl", text.as_bytes());
        let mut reader = StreamReader::open(&path).unwrap();
        assert_eq!(read(&mut reader), [Ok(5), Err(2), Ok(5), Err(6), Ok(5), Err(8)]);
        assert!(reader.buffer.capacity() <= 2 * LINE_LENGTH_MAX);
    }

    #[test]
    fn compression_is_seen_by_content_and_by_name() {
        let two = format!("{GOOD}\n{GOOD}");
        for name in ["a.jsonl", "a.bz2"] {
            let (_folder, path) = file_with(name, &compressed(&two));
            assert_eq!(read(&mut StreamReader::open(&path).unwrap()), [Ok(5), Ok(5)], "{name}");
        }
        let several = [compressed(&format!("{GOOD}\n")), compressed("junk\n")].concat();
        let (_folder, path) = file_with("b.bz2", &several);
        assert_eq!(read(&mut StreamReader::open(&path).unwrap()), [Ok(5), Err(2)]);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_an_empty_one_is_empty() {
        let whole = compressed(&format!("{GOOD}\n").repeat(1000));
        let (_folder, path) = file_with("a.bz2", &whole[..whole.len() / 2]);
        let mut reader = StreamReader::open(&path).unwrap();
        let error = std::iter::from_fn(|| match reader.next_line() {
            Ok(line) => line.map(|_| None),
            Err(error) => Some(Some(error)),
        })
        .find_map(|error| error);
        assert!(matches!(error, Some(StreamError::Read { .. })), "{error:?}");

        let (_folder, path) = file_with("b.bz2", b"plain text under a wrong name");
        let mut reader = StreamReader::open(&path).unwrap();
        assert!(matches!(reader.next_line(), Err(StreamError::Read { line: 1, .. })));

        let (folder, path) = file_with("c.jsonl", b"");
        assert_eq!(read(&mut StreamReader::open(&path).unwrap()), []);
        let missing = StreamReader::open(&folder.path().join("missing"));
        assert!(matches!(missing, Err(StreamError::Open { .. })));
    }
}

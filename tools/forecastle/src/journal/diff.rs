//! `forecastle journal diff`: the first record in which two journals part.

use std::collections::VecDeque;
use std::path::Path;

use anyhow::Context as _;
use forecastle_persister::records_of;
use forecastle_persister_disk::JournalReader;

use super::record_view::record_json;
use super::source::Source;
use crate::exit::{Failure, Outcome};

/// Compares record by record, by position and bytes. Frames, terms and keys may differ.
///
/// # Errors
/// A journal cannot be read.
pub fn run(left: &Path, right: &Path) -> anyhow::Result<Outcome> {
    let mut cursors = [Cursor::open(left)?, Cursor::open(right)?];
    let start = cursors[0].position.max(cursors[1].position);
    for cursor in &mut cursors {
        cursor.skip_to(start)?;
    }
    let mut count = 0_u64;
    loop {
        let [left_record, right_record] = [cursors[0].next()?, cursors[1].next()?];
        match (left_record, right_record) {
            (None, None) => {
                println!("equal         {count} records from position {start}");
                return Ok(Outcome::Done);
            }
            (Some(a), Some(b)) if a == b => count += 1,
            (a, b) => {
                println!("they part after {count} equal records from position {start}");
                print_side("A", left, a.as_ref());
                print_side("B", right, b.as_ref());
                return Ok(Outcome::Difference);
            }
        }
    }
}

type OwnedRecord = (u64, Vec<u8>);

/// The records of a journal, one at a time.
struct Cursor {
    reader: JournalReader,
    limit: u64,
    position: u64,
    frame: VecDeque<OwnedRecord>,
}

impl Cursor {
    fn open(folder: &Path) -> anyhow::Result<Self> {
        let source = Source::inspect(folder, None)?;
        let position = source.first_position;
        let reader = JournalReader::open(&source.folder, position).context(Failure::Damaged)?;
        Ok(Self { reader, limit: source.end_position(), position, frame: VecDeque::new() })
    }

    fn next(&mut self) -> anyhow::Result<Option<OwnedRecord>> {
        if self.frame.is_empty()
            && let Some(frame) = self.reader.next_frame(self.limit).context(Failure::Damaged)?
        {
            self.frame.extend(frame.records().map(|it| (it.position, it.bytes.to_vec())));
        }
        let record = self.frame.pop_front();
        if let Some((position, bytes)) = &record {
            self.position = position + bytes.len() as u64;
        }
        Ok(record)
    }

    fn skip_to(&mut self, position: u64) -> anyhow::Result<()> {
        while self.position < position {
            if self.next()?.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn print_side(name: &str, folder: &Path, record: Option<&OwnedRecord>) {
    let folder = folder.display();
    let Some((position, bytes)) = record else {
        println!("{name} {folder}: ends there");
        return;
    };
    let record = records_of(bytes, *position).next().and_then(Result::ok);
    let text = record.map_or_else(|| "no record".to_string(), |it| record_json(&it).to_string());
    println!("{name} {folder}: {text}");
}

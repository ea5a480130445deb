//! `forecastle journal dump`: records as text.

use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use forecastle_persister::Record;
use forecastle_proto_spec::Frame;

use super::Place;
use super::filter::Filter;
use super::record_view::{effects, message_json, record_json};
use super::source::Source;
use crate::exit::Outcome;

/// How records are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a record.
    Jsonl,
    /// One line a message: the command, then its effects.
    Csv,
}

/// Prints the records that `filter` admits, oldest first. A reader that closes the pipe ends it.
///
/// # Errors
/// The journal cannot be read, or output fails.
pub fn run(place: &Place, filter: &Filter, format: Format) -> anyhow::Result<Outcome> {
    let source = Source::open(place)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let written = write(&source, filter, format, &mut output);
    match written {
        Err(error) if is_broken_pipe(&error) => Ok(Outcome::Done),
        Err(error) => Err(error),
        Ok(()) => Ok(Outcome::Done),
    }
}

/// Writes the records to any output.
///
/// # Errors
/// As [`run`].
pub fn write(
    source: &Source,
    filter: &Filter,
    format: Format,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    if format == Format::Csv {
        writeln!(output, "position,sequencing_time_ns,session,role,message,fields")?;
    }
    source.for_each_frame(filter.from, |frame| {
        for record in frame.records() {
            if !filter.admits(&record) {
                continue;
            }
            match format {
                Format::Jsonl => writeln!(output, "{}", record_json(&record))?,
                Format::Csv => write_lines(&record, output)?,
            }
        }
        Ok(frame.header().end < filter.to)
    })?;
    output.flush()?;
    Ok(())
}

/// The command and each effect as a line; the fields as `name=value` with blanks between.
fn write_lines(record: &Record<'_>, output: &mut dyn Write) -> io::Result<()> {
    let header = record.header();
    let (time, session) = (header.sequencing_time_ns, header.session_id);
    if let Ok((frame, _)) = Frame::parse(record.command()) {
        let (name, fields) = columns(&frame);
        let position = record.position;
        writeln!(output, "{position},{time},{session},command,{name},{fields}")?;
    } else {
        writeln!(output, "{},{time},{session},command,malformed,", record.position)?;
    }
    for effect in effects(record) {
        let (name, fields) = columns(&effect.frame);
        writeln!(output, "{},{time},{session},effect,{name},{fields}", effect.position)?;
    }
    Ok(())
}

fn columns(frame: &Frame<'_>) -> (String, String) {
    let mut object = message_json(frame);
    let name = object.remove("message").and_then(|name| name.as_str().map(str::to_string));
    let fields = object.iter().map(|(name, value)| match value {
        serde_json::Value::Array(words) => {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            format!("{name}={}", words.join(";"))
        }
        serde_json::Value::String(text) => format!("{name}={text}"),
        value => format!("{name}={value}"),
    });
    (name.unwrap_or_default(), fields.collect::<Vec<_>>().join(" "))
}

/// The reader of the output is gone.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

//! `forecastle journal ls`: what a journal consists of.

use std::fs;

use anyhow::Context as _;
use forecastle_persister::SegmentHeader;
use forecastle_persister_disk::{SegmentFile, SnapshotFile};
use serde_json::{Value, json};

use super::Place;
use super::source::Source;
use crate::exit::{Failure, Outcome};

/// Prints each file with what its header says, then how the journal ends.
///
/// # Errors
/// The journal cannot be read. Damage is printed.
pub fn run(place: &Place, json: bool) -> anyhow::Result<Outcome> {
    let source = Source::inspect(&place.folder, place.chain_key.as_deref())?;
    let mut rows = Vec::new();
    for file in source.folder.all_segments().context(Failure::Damaged)? {
        rows.push(segment_row(&file)?);
    }
    let mut snapshots = SnapshotFile::list(&source.folder).context(Failure::Damaged)?;
    snapshots.reverse();
    rows.extend(snapshots.iter().map(snapshot_row));
    for row in &rows {
        print_row(row, json);
    }
    let end = json!({
        "kind": "end",
        "position": source.end_position(),
        "frame": source.end.point.frame_number,
        "term": source.end.point.term,
        "watermark": source.end.point.watermark,
        "sequencing_time_ns": source.end.point.sequencing_time_ns,
        "state_digest": format!("{:016x}", source.end.point.state_digest),
        "chain": source.chain(),
        "state": state(&source),
    });
    print_row(&end, json);
    Ok(Outcome::Done)
}

fn state(source: &Source) -> String {
    match &source.end.outcome {
        forecastle_persister::Outcome::Clean => "clean".to_string(),
        forecastle_persister::Outcome::Torn(tail) => format!("torn tail: {tail}"),
        forecastle_persister::Outcome::Damaged(damage) => format!("damaged: {damage}"),
    }
}

fn segment_row(file: &SegmentFile) -> anyhow::Result<Value> {
    let bytes = fs::metadata(&file.path).context(Failure::Damaged)?.len();
    let mut row = json!({
        "kind": if file.is_archived { "archived" } else { "segment" },
        "position": file.position,
        "bytes": bytes,
        "path": file.path.display().to_string(),
    });
    if !file.is_archived
        && let Ok((header, _)) = SegmentHeader::read(&first_bytes(file)?)
    {
        row["frame"] = header.frame_number.into();
        row["term"] = header.term.into();
        row["made_at_ns"] = header.made_at_ns.into();
        row["build"] = header.build_name().into();
    }
    Ok(row)
}

fn first_bytes(file: &SegmentFile) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let opened = fs::File::open(&file.path).context(Failure::Damaged)?;
    opened.take(forecastle_persister::FRAMES_OFFSET).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn snapshot_row(file: &SnapshotFile) -> Value {
    let path = file.path.display().to_string();
    match file.read() {
        Ok((header, _)) => json!({
            "kind": "snapshot",
            "position": file.position,
            "bytes": header.body_length,
            "commands": header.command_count,
            "state_digest": format!("{:016x}", header.state_digest),
            "digest": format!("{:016x}", header.market_digest),
            "rules_version": header.rules_version,
            "path": path,
        }),
        Err(error) => json!({
            "kind": "snapshot",
            "position": file.position,
            "path": path,
            "refused": error.to_string(),
        }),
    }
}

/// One line: JSON, or kind and fields in columns.
fn print_row(row: &Value, json: bool) {
    if json {
        println!("{row}");
        return;
    }
    let Value::Object(fields) = row else { return };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let kind = fields.get("kind").map(text).unwrap_or_default();
    let rest = fields.iter().filter(|(name, _)| *name != "kind");
    let rest: Vec<_> = rest.map(|(name, value)| format!("{name} {}", text(value))).collect();
    println!("{kind:<9} {}", rest.join("   "));
}

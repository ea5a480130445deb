//! `forecastle journal salvage` and `snapshot`: the two that write, neither into the segments.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use forecastle_node::make_snapshot;
use forecastle_persister::{FRAMES_OFFSET, Outcome as End};
use forecastle_persister_disk::{JournalFolder, SegmentFile, SnapshotFile};

use super::Place;
use super::source::Source;
use crate::exit::{Failure, Outcome, of_recovery};

/// Copies everything up to the first place that does not verify into the new data folder `target`,
/// with keys and the snapshots up to there. The original is not touched.
///
/// # Errors
/// The journal cannot be read, `target` exists, or the copy cannot be written.
pub fn run(place: &Place, target: &Path) -> anyhow::Result<Outcome> {
    ensure!(!target.exists(), "{} exists; name a folder to be made", target.display());
    let source = Source::inspect(&place.folder, place.chain_key.as_deref())?;
    let copy = JournalFolder::open_to_write_copy(target).context(Failure::Damaged)?;
    let (last, offset) = match &source.end.place {
        Some(place) => (place.header.position, place.offset),
        None => (0, 0),
    };
    for file in source.folder.all_segments().context(Failure::Damaged)? {
        copy_segment(&file, &copy, (source.end.place.is_some(), last), offset)?;
    }
    for snapshot in SnapshotFile::list(&source.folder).context(Failure::Damaged)? {
        if snapshot.position <= source.end_position() && snapshot.read().is_ok() {
            copy_into(&snapshot.path, &copy.snapshots())?;
        }
    }
    for name in ["journal.key", "keys.toml"] {
        let path = source.folder.data().join(name);
        if path.exists() {
            copy_into(&path, target)?;
        }
    }
    println!("kept          positions {} to {}", source.first_position, source.end_position());
    println!("last time     {} ns", source.end.point.sequencing_time_ns);
    match &source.end.outcome {
        End::Damaged(damage) => println!("lost          {damage}"),
        End::Torn(tail) => println!("cut           {tail}"),
        End::Clean => println!("lost          nothing: the journal is whole"),
    }
    println!("new folder    {}", target.display());
    Ok(Outcome::Done)
}

/// Whole segments as they are; the one in which the walk stopped up to that offset, zeros behind;
/// later ones not at all.
fn copy_segment(
    file: &SegmentFile,
    copy: &JournalFolder,
    (has_end, last): (bool, u64),
    offset: u64,
) -> anyhow::Result<()> {
    if file.is_archived {
        return copy_into(&file.path, &copy.archive());
    }
    if !has_end || file.position > last {
        return Ok(());
    }
    copy_into(&file.path, copy.journal())?;
    if file.position == last {
        let path = copy.segment_path(file.position);
        let written = OpenOptions::new().write(true).open(&path)?;
        let length = written.metadata()?.len();
        let zeros = vec![0; usize::try_from(length.saturating_sub(offset.max(FRAMES_OFFSET)))?];
        written.write_all_at(&zeros, offset.max(FRAMES_OFFSET))?;
        written.sync_all()?;
    }
    Ok(())
}

fn copy_into(path: &Path, folder: &Path) -> anyhow::Result<()> {
    let name = path.file_name().context("a file has a name")?;
    let target = folder.join(name);
    fs::copy(path, &target).with_context(|| target.display().to_string())?;
    Ok(())
}

/// Makes a snapshot at the end of a journal that nobody writes.
///
/// # Errors
/// The folder is in use, the journal cannot be executed, or the snapshot not be written.
pub fn snapshot(place: &Place) -> anyhow::Result<Outcome> {
    let source = Source::open(place)?;
    let _lock = source.folder.lock()?;
    let end = source.end_position();
    let made = make_snapshot(&source.folder, source.shard, end).map_err(of_recovery)?;
    match made {
        Some(file) => println!("snapshot      {}", file.path.display()),
        None => println!("snapshot      nothing lies behind the newest one"),
    }
    Ok(Outcome::Done)
}

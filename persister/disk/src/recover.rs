//! The end of a journal, found and made clean before anything is written behind it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use forecastle_persister::{
    Frame, JournalEnd, JournalWalk, Outcome, SECTOR_LENGTH, SEGMENT_BYTES_MAX, TornTail,
};

use crate::archive::read_archived;
use crate::error::{FolderError, JournalError};
use crate::folder::{JournalFolder, SegmentFile};

/// What recovery found.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// How far the journal reaches; clean, or cut.
    pub end: JournalEnd,
    /// What was cut, if anything.
    pub cut: Option<TornTail>,
}

/// Walks the segments in `folder` that are not archived, hands each verified frame to `visit`, cuts
/// a torn tail, and gives the place to go on at.
///
/// Each file is synced once before it is read, so that nothing is believed that only the page
/// cache holds.
///
/// # Errors
/// A file cannot be read or cut, or promised data is damaged: nothing is changed then.
pub fn recover(
    folder: &JournalFolder,
    shard: u8,
    visit: impl FnMut(&Frame<'_>),
) -> Result<Recovery, JournalError> {
    recover_from(folder, shard, u64::MAX, visit)
}

/// As [`recover`], and walks the archived segments as well from the one that holds `from_position`
/// on, where that lies before the segments that are not archived: all is one chain, of which no
/// link may be missing.
///
/// # Errors
/// As [`recover`], or an archived segment cannot be unpacked.
pub fn recover_from(
    folder: &JournalFolder,
    shard: u8,
    from_position: u64,
    visit: impl FnMut(&Frame<'_>),
) -> Result<Recovery, JournalError> {
    let files = segments_from(folder, from_position)?;
    let end = walk(folder, (shard, &files), true, visit)?;
    let cut = match end.outcome {
        Outcome::Clean => None,
        Outcome::Torn(tail) => {
            cut(folder, &tail)?;
            Some(tail)
        }
        Outcome::Damaged(damage) => {
            let folder = folder.journal().to_path_buf();
            return Err(JournalError::Damaged { folder, damage: Box::new(damage) });
        }
    };
    Ok(Recovery { end, cut })
}

/// Walks the segments without changing anything; every outcome is told, none is an error.
///
/// # Errors
/// A file cannot be read.
pub fn inspect(folder: &JournalFolder, shard: u8) -> Result<JournalEnd, JournalError> {
    walk(folder, (shard, &folder.segments()?), false, |_| {})
}

/// The segments that are not archived, and before them those of the archive that reach back to
/// `from_position`.
fn segments_from(
    folder: &JournalFolder,
    from_position: u64,
) -> Result<Vec<SegmentFile>, FolderError> {
    let plain = folder.segments()?;
    if plain.first().is_some_and(|first| first.position <= from_position) {
        return Ok(plain);
    }
    let mut files = folder.all_segments()?;
    let start = files.iter().rposition(|file| file.position <= from_position);
    Ok(files.split_off(start.unwrap_or(0)))
}

fn walk(
    folder: &JournalFolder,
    (shard, files): (u8, &[SegmentFile]),
    is_synced: bool,
    mut visit: impl FnMut(&Frame<'_>),
) -> Result<JournalEnd, JournalError> {
    let mut walk = JournalWalk::new(shard, folder.key().cloned());
    let mut bytes = Vec::new();
    for segment in files {
        let path = &segment.path;
        if segment.is_archived {
            bytes = read_archived(path)?;
        } else {
            read_segment(path, is_synced, &mut bytes)?;
        }
        walk.segment(segment.position, &bytes, |_, frame| visit(frame));
    }
    Ok(walk.finish())
}

/// Reads the file of a segment into `bytes`, which it overwrites; synced before if `is_synced`.
///
/// # Errors
/// It cannot be read, or is longer than any segment.
pub(crate) fn read_segment(
    path: &Path,
    is_synced: bool,
    bytes: &mut Vec<u8>,
) -> Result<(), JournalError> {
    let mut file = File::open(path).map_err(FolderError::io("open", path))?;
    if is_synced {
        file.sync_data().map_err(FolderError::io("sync", path))?;
    }
    let length = file.metadata().map_err(FolderError::io("read", path))?.len();
    if length > SEGMENT_BYTES_MAX {
        return Err(JournalError::Length { path: path.to_path_buf(), length });
    }
    bytes.clear();
    file.read_to_end(bytes).map_err(FolderError::io("read", path))?;
    Ok(())
}

/// Writes zeros over the torn tail and syncs them.
fn cut(folder: &JournalFolder, tail: &TornTail) -> Result<(), JournalError> {
    let path = folder.segment_path(tail.segment);
    let overwrite = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(&path)?;
        let zeros = [0; SECTOR_LENGTH];
        for offset in (tail.from..tail.to).step_by(SECTOR_LENGTH) {
            file.write_all_at(&zeros, offset)?;
        }
        file.sync_data()
    };
    overwrite().map_err(FolderError::io("cut", &path))?;
    Ok(())
}

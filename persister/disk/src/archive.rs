//! Closed segments behind the older snapshot: compressed into the archive, their files made spares.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use forecastle_persister::{JournalWalk, pack_segment, shard_of};

use crate::error::{FolderError, JournalError};
use crate::folder::{JournalFolder, PARTIAL, SegmentFile, segment_name, sync_folder};
use crate::spares::adopt_spare;

/// Archives every closed segment whose records all lie before `position`; gives how many.
///
/// A segment's file is given up only when its archived copy is on disk for good, and was read back
/// and unpacked to the same bytes.
///
/// # Errors
/// A segment cannot be read or verified, or its copy not be written; it stays where it is then.
pub fn archive_behind(folder: &JournalFolder, position: u64) -> Result<usize, JournalError> {
    let segments = folder.segments()?;
    let mut count = 0;
    for pair in segments.windows(2) {
        let [segment, next] = pair else { continue };
        if next.position > position {
            break;
        }
        archive_one(folder, segment)?;
        count += 1;
    }
    Ok(count)
}

fn archive_one(folder: &JournalFolder, segment: &SegmentFile) -> Result<(), JournalError> {
    let io = |action| FolderError::io(action, &segment.path);
    let bytes = fs::read(&segment.path).map_err(io("read"))?;
    let mut walk = JournalWalk::new(shard_of(segment.position), folder.key().cloned());
    walk.segment(segment.position, &bytes, |_, _| {});
    let end = walk.finish();
    let offset = match (end.place, end.outcome) {
        (_, forecastle_persister::Outcome::Damaged(damage)) => {
            let folder = folder.journal().to_path_buf();
            return Err(JournalError::Damaged { folder, damage: Box::new(damage) });
        }
        (place, _) => place.map_or(0, |place| place.offset),
    };
    let mut packed = Vec::new();
    pack_segment(&bytes, offset, &mut packed)
        .map_err(|fault| JournalError::Archive { path: segment.path.clone(), fault })?;
    let archive = folder.archive();
    let name = format!("{}.zst", segment_name(segment.position));
    let (partial, path) = (archive.join(format!("{name}{PARTIAL}")), archive.join(&name));
    write_compressed(&partial, &packed).map_err(FolderError::io("write", &partial))?;
    fs::rename(&partial, &path)
        .and_then(|()| sync_folder(&archive))
        .map_err(FolderError::io("name", &path))?;
    adopt_spare(folder, &segment.path, bytes.len() as u64).map_err(io("recycle"))?;
    Ok(())
}

/// Writes, syncs and reads back.
fn write_compressed(path: &Path, packed: &[u8]) -> io::Result<()> {
    let compressed = zstd::encode_all(packed, LEVEL)?;
    fs::write(path, &compressed)?;
    File::open(path)?.sync_all()?;
    if zstd::decode_all(File::open(path)?)? == packed {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "what was read back is not what was written"))
}

/// Fast: padding is gone already, and records repeat themselves.
const LEVEL: i32 = 3;

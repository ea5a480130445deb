//! Closed segments behind the older snapshot: compressed into the archive, their files made spares.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use forecastle_persister::{
    Damage, DamageReason, FRAMES_OFFSET, JournalEnd, JournalWalk, Outcome, SEGMENT_BYTES_MAX,
    SegmentHeader, pack_segment, shard_of, unpack_segment,
};

use crate::error::{FolderError, JournalError};
use crate::folder::{JournalFolder, PARTIAL, SegmentFile, segment_name, sync_folder};
use crate::recover::read_segment;
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
        archive_one(folder, segment, next)?;
        count += 1;
    }
    Ok(count)
}

/// The bytes of an archived segment as they were before it was archived.
///
/// # Errors
/// It cannot be read or unpacked. What comes out still has to be verified like any segment.
pub(crate) fn read_archived(path: &Path) -> Result<Vec<u8>, JournalError> {
    let file = File::open(path).map_err(FolderError::io("open", path))?;
    let unpack = |source| JournalError::Compression { path: path.to_path_buf(), source };
    let mut packed = Vec::new();
    // Packed, no segment is longer than plain: whatever a file claims, memory is bounded.
    zstd::Decoder::new(file)
        .and_then(|decoder| decoder.take(SEGMENT_BYTES_MAX).read_to_end(&mut packed))
        .map_err(unpack)?;
    let mut bytes = Vec::new();
    unpack_segment(&packed, &mut bytes)
        .map_err(|fault| JournalError::Archive { path: path.to_path_buf(), fault })?;
    Ok(bytes)
}

fn archive_one(
    folder: &JournalFolder,
    segment: &SegmentFile,
    next: &SegmentFile,
) -> Result<(), JournalError> {
    let io = |action| FolderError::io(action, &segment.path);
    let mut bytes = Vec::new();
    read_segment(&segment.path, false, &mut bytes)?;
    let mut walk = JournalWalk::new(shard_of(segment.position), folder.key().cloned());
    walk.segment(segment.position, &bytes, |_, _| {});
    let end = walk.finish();
    if let Some(damage) = damage_before(&end, segment, next)? {
        let folder = folder.journal().to_path_buf();
        return Err(JournalError::Damaged { folder, damage: Box::new(damage) });
    }
    let offset = end.place.map_or(FRAMES_OFFSET, |place| place.offset);
    let (mut packed, mut unpacked) = (Vec::new(), Vec::new());
    pack_segment(&bytes, offset, &mut packed)
        .and_then(|()| unpack_segment(&packed, &mut unpacked))
        .map_err(|fault| JournalError::Archive { path: segment.path.clone(), fault })?;
    let frames = FRAMES_OFFSET as usize..usize::try_from(offset).unwrap_or(bytes.len());
    if unpacked.get(frames.clone()) != bytes.get(frames) {
        let error = io::Error::new(io::ErrorKind::InvalidData, "what is unpacked differs");
        return Err(io("pack")(error).into());
    }
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

/// What is wrong with a closed segment, of which `end` is what a walk over it alone found. Such a
/// walk takes a damaged last frame for a torn tail; but frames of a closed segment were all synced,
/// and the next segment begins behind the last of them, with its chain value.
fn damage_before(
    end: &JournalEnd,
    segment: &SegmentFile,
    next: &SegmentFile,
) -> Result<Option<Damage>, JournalError> {
    let reason = match end.outcome {
        Outcome::Damaged(damage) => return Ok(Some(damage)),
        Outcome::Torn(tail) => Some((DamageReason::Frame(tail.fault), tail.end.is_some())),
        Outcome::Clean => None,
    };
    let header = read_header(next)?;
    let is_met = header.position == end.point.position
        && header.frame_number == end.point.frame_number + 1
        && header.previous_chain == end.point.chain;
    // Without a header of its own, what lies behind the frames may be left of a former life.
    if is_met && !reason.is_some_and(|(_, is_own_frame)| is_own_frame) {
        return Ok(None);
    }
    Ok(Some(Damage {
        segment: segment.position,
        offset: end.place.map_or(FRAMES_OFFSET, |place| place.offset),
        frame_number: end.point.frame_number + 1,
        position: end.point.position,
        through: next.position.max(end.point.position),
        reason: reason.map_or(DamageReason::Successor(next.position), |(reason, _)| reason),
    }))
}

fn read_header(segment: &SegmentFile) -> Result<SegmentHeader, JournalError> {
    let path = &segment.path;
    let mut start = vec![0; FRAMES_OFFSET as usize];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut start))
        .map_err(FolderError::io("read", path))?;
    let (header, _) = SegmentHeader::read(&start)
        .map_err(|fault| JournalError::Header { path: path.clone(), fault })?;
    Ok(header)
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

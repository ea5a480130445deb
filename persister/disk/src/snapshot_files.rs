//! Snapshots on disk: written under another name, read back, then given their own.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use forecastle_persister::{
    SECTOR_LENGTH, SnapshotBuilder, SnapshotFault, SnapshotHeader, SnapshotReader,
};

use crate::error::{FolderError, JournalError};
use crate::folder::{JournalFolder, PARTIAL, segment_name, sync_folder};

/// One snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Position of the state in it, as its name says.
    pub position: u64,
    /// Where it lies.
    pub path: PathBuf,
}

impl SnapshotFile {
    /// The snapshots of a journal, the newest first. No folder means none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(folder: &JournalFolder) -> Result<Vec<Self>, FolderError> {
        let path = folder.snapshots();
        if !path.is_dir() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(&path).map_err(FolderError::io("read", &path))? {
            let path = entry.map_err(FolderError::io("read", &path))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let digits = name.strip_suffix(ENDING).filter(|digits| digits.len() == 20);
            if let Some(position) = digits.and_then(|digits| digits.parse().ok()) {
                files.push(Self { position, path });
            }
        }
        files.sort_by_key(|file| std::cmp::Reverse(file.position));
        Ok(files)
    }

    /// Reads and verifies it: header and body.
    ///
    /// # Errors
    /// It cannot be read, or does not verify.
    pub fn read(&self) -> Result<(SnapshotHeader, Vec<u8>), JournalError> {
        let io = |action| FolderError::io(action, &self.path);
        let fault = |fault| JournalError::Snapshot { path: self.path.clone(), fault };
        let mut file = File::open(&self.path).map_err(io("open"))?;
        let mut sector = [0; SECTOR_LENGTH];
        let mut length = 0;
        while length < SECTOR_LENGTH {
            match file.read(&mut sector[length..]).map_err(io("read"))? {
                0 => break,
                count => length += count,
            }
        }
        let header = SnapshotHeader::decode(&sector[..length]).map_err(fault)?;
        if header.position != self.position {
            return Err(fault(SnapshotFault::Field("position: the name says another one")));
        }
        // Before memory is taken for it.
        let length = file.metadata().map_err(io("read"))?.len();
        if length != (SECTOR_LENGTH as u64).saturating_add(header.body_length) {
            return Err(fault(SnapshotFault::Length { length }));
        }
        let mut body = Vec::new();
        file.read_to_end(&mut body).map_err(io("read"))?;
        let mut reader = SnapshotReader::new(header);
        reader.push(&body);
        let header = reader.finish().map_err(fault)?;
        Ok((header, body))
    }

    /// Writes the snapshot that `header` describes (length and root are filled in), reads it back
    /// and only then gives it its name.
    ///
    /// # Errors
    /// It cannot be written, or what was read back does not verify.
    pub fn write(
        folder: &JournalFolder,
        header: SnapshotHeader,
        body: &[u8],
    ) -> Result<Self, JournalError> {
        let position = header.position;
        let snapshots = folder.snapshots();
        let name = format!("{}{ENDING}", segment_name(position));
        let partial = Self { position, path: snapshots.join(format!("{name}{PARTIAL}")) };
        write_file(&partial.path, header, body).map_err(FolderError::io("write", &partial.path))?;
        partial.read()?;
        let path = snapshots.join(name);
        fs::rename(&partial.path, &path)
            .and_then(|()| sync_folder(&snapshots))
            .map_err(FolderError::io("name", &path))?;
        Ok(Self { position, path })
    }

    /// Removes what lies behind the newest `kept` snapshots that hold, as `holds` says of each, and
    /// unfinished ones; gives the oldest of those kept once there are so many. One that does not
    /// hold counts for nothing: the journal must not be given up behind it.
    ///
    /// # Errors
    /// The folder cannot be read or a file not removed.
    pub fn prune(
        folder: &JournalFolder,
        kept: usize,
        holds: impl Fn(&Self) -> bool,
    ) -> Result<Option<Self>, FolderError> {
        let snapshots = folder.snapshots();
        let mut held = Vec::new();
        for file in Self::list(folder)? {
            if held.len() == kept {
                fs::remove_file(&file.path).map_err(FolderError::io("remove", &file.path))?;
            } else if holds(&file) {
                held.push(file);
            }
        }
        for entry in fs::read_dir(&snapshots).map_err(FolderError::io("read", &snapshots))? {
            let path = entry.map_err(FolderError::io("read", &snapshots))?.path();
            if path.to_str().is_some_and(|name| name.ends_with(PARTIAL)) {
                fs::remove_file(&path).map_err(FolderError::io("remove", &path))?;
            }
        }
        Ok(held.pop().filter(|_| held.len() + 1 == kept))
    }
}

fn write_file(path: &Path, header: SnapshotHeader, body: &[u8]) -> io::Result<()> {
    let mut builder = SnapshotBuilder::new(header);
    builder.push(body);
    let mut sector = [0; SECTOR_LENGTH];
    builder.finish().encode(&mut sector);
    let mut file = File::create(path)?;
    file.write_all(&sector)?;
    file.write_all(body)?;
    file.sync_all()
}

const ENDING: &str = ".snapshot";

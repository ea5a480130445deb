//! What goes wrong with the folders and files of a journal.

use std::io;
use std::path::{Path, PathBuf};

use forecastle_persister::{ArchiveFault, Damage, FrameFault, SegmentHeaderFault, SnapshotFault};

/// Why a journal's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refuses something.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file whose name is no position lies between the segments.
    #[error("{path} is no segment: its name is not a position of 20 digits; move it elsewhere")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The key file does not hold a key.
    #[error("{path} holds no key of 64 hex digits")]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// There are segments, and the key that their chain was made with is not where it was.
    #[error(
        "{path} is missing, but there are segments: put the key of this journal back there, or \
         name it with --chain-key; a new one would verify none of them"
    )]
    KeyMissing {
        /// Where the key was looked for.
        path: PathBuf,
    },
    /// Another process writes this journal.
    #[error("{path} is held: another process writes this journal")]
    Locked {
        /// The lock.
        path: PathBuf,
    },
}

impl FolderError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}

/// Why a journal cannot be read or recovered.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Its folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What was promised cannot be read.
    #[error(
        "journal {folder}: damaged at or before the watermark: {damage}; `forecastle journal \
         salvage` copies what can be read into a new folder"
    )]
    Damaged {
        /// The folder of segments.
        folder: PathBuf,
        /// Where and what.
        damage: Box<Damage>,
    },
    /// A frame in the middle of the journal does not verify.
    #[error("segment {segment:020}, byte {offset}, at position {position}: {fault}")]
    Frame {
        /// Name of the segment.
        segment: u64,
        /// Offset in it.
        offset: u64,
        /// First position that cannot be read.
        position: u64,
        /// What is wrong.
        fault: FrameFault,
    },
    /// Neither copy of a segment's header holds.
    #[error("{path}: {fault}")]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: SegmentHeaderFault,
    },
    /// A file between the segments is longer than any segment.
    #[error("{path} has {length} bytes: no segment is that long")]
    Length {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        length: u64,
    },
    /// A segment's header gives another position than its name.
    #[error("{path}: its header says position {position}, its name does not")]
    Name {
        /// The file.
        path: PathBuf,
        /// The header's position.
        position: u64,
    },
    /// An archived segment is no compressed file, or a damaged one.
    #[error("archived segment {path} cannot be unpacked: {source}")]
    Compression {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// What an archived segment is unpacked to is none.
    #[error("{path}: {fault}")]
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: ArchiveFault,
    },
    /// The journal does not hold a position that is asked for.
    #[error("position {position} is not in this journal, which begins at {first}")]
    NotKept {
        /// What was asked for.
        position: u64,
        /// The first position that is kept.
        first: u64,
    },
    /// A snapshot cannot be used.
    #[error("snapshot {path}: {fault}")]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: SnapshotFault,
    },
}

//! The log in mapped files, for an exchange whose journal another process writes.
//!
//! Two files in a folder: `buffer`, the log, and `board`, which says who made it, for what, who
//! writes the journal and how far that is. The exchange makes them anew at every start and names
//! the board last; whoever finds a board whose maker lives finds everything.

use std::io;
use std::path::{Path, PathBuf};

use forecastle_persister_disk::{Progress, progress_region_length};
use forecastle_proto_spec::AcknowledgementLevel;
use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::log_buffer;
use forecastle_runtime::memory::Region;

use crate::process_identity::ProcessIdentity;

/// Both files, mapped.
#[derive(Clone, Debug)]
pub(crate) struct SharedLog {
    pub(crate) region: Region,
    pub(crate) progress: Progress,
}

impl SharedLog {
    /// Makes both files; the log itself is still to be laid out. [`Self::publish`] must follow.
    pub(crate) fn create(folder: &Path, log_bytes: usize) -> Result<Self, SharedLogError> {
        let failed = |source| SharedLogError::Io { path: folder.to_path_buf(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        for name in [BOARD, NEW_BOARD, BUFFER] {
            remove(&folder.join(name)).map_err(failed)?;
        }
        let length = log_buffer::region_length(log_bytes);
        let region = Region::create_file(&folder.join(BUFFER), length).map_err(failed)?;
        let board = Region::create_file(&folder.join(NEW_BOARD), progress_region_length());
        let progress = Progress::create(board.map_err(failed)?)?;
        Ok(Self { region, progress })
    }

    /// Lets the persister find it.
    pub(crate) fn publish(
        &self,
        folder: &Path,
        level: AcknowledgementLevel,
        segment_bytes: u64,
    ) -> Result<(), SharedLogError> {
        let failed = |source| SharedLogError::Io { path: folder.to_path_buf(), source };
        let this = ProcessIdentity::current().map_err(failed)?;
        self.progress.set_note(LEVEL, u64::from(u8::from(level)));
        self.progress.set_note(SEGMENT_BYTES, segment_bytes);
        self.set_identity(EXCHANGE, this);
        std::fs::rename(folder.join(NEW_BOARD), folder.join(BOARD)).map_err(failed)
    }

    /// Maps both files of an exchange that lives; none while there is no such exchange.
    pub(crate) fn find(folder: &Path) -> Result<Option<Self>, SharedLogError> {
        let failed = |source| SharedLogError::Io { path: folder.to_path_buf(), source };
        let board = match Region::open_file(&folder.join(BOARD)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            board => board.map_err(failed)?,
        };
        let progress = Progress::attach(board)?;
        let identity = identity(&progress, EXCHANGE);
        if !identity.is_alive() {
            return Ok(None);
        }
        let region = Region::open_file(&folder.join(BUFFER)).map_err(failed)?;
        Ok(Some(Self { region, progress }))
    }

    /// What an acknowledgement is to survive.
    pub(crate) fn level(&self) -> AcknowledgementLevel {
        let level = u8::try_from(self.progress.note(LEVEL)).unwrap_or(u8::MAX);
        AcknowledgementLevel::try_from(level).unwrap_or(AcknowledgementLevel::Durable)
    }

    /// Bytes of the segments made from now on.
    pub(crate) fn segment_bytes(&self) -> u64 {
        self.progress.note(SEGMENT_BYTES)
    }

    /// Says that this process writes the journal.
    pub(crate) fn take_persister(&self) -> io::Result<()> {
        self.set_identity(PERSISTER, ProcessIdentity::current()?);
        Ok(())
    }

    /// Whether the process that made the log lives.
    pub(crate) fn is_exchange_alive(&self) -> bool {
        identity(&self.progress, EXCHANGE).is_alive()
    }

    fn set_identity(&self, index: usize, identity: ProcessIdentity) {
        self.progress.set_note(index + 1, identity.start_ticks);
        self.progress.set_note(index, identity.pid);
    }
}

/// Whether the process that writes the journal of this progress lives.
pub(crate) fn is_persister_alive(progress: &Progress) -> bool {
    identity(progress, PERSISTER).is_alive()
}

fn identity(progress: &Progress, index: usize) -> ProcessIdentity {
    ProcessIdentity { pid: progress.note(index), start_ticks: progress.note(index + 1) }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Why the log cannot be shared.
#[derive(Debug, thiserror::Error)]
pub enum SharedLogError {
    /// A file cannot be made or mapped.
    #[error("shared log {path}: {source}")]
    Io {
        /// Folder of the files.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("shared log: {0}")]
    Layout(#[from] LayoutError),
}

const BUFFER: &str = "buffer";
const BOARD: &str = "board";
const NEW_BOARD: &str = "board.new";

// Notes on the board; an identity takes two.
const EXCHANGE: usize = 0;
const PERSISTER: usize = 2;
const LEVEL: usize = 4;
const SEGMENT_BYTES: usize = 5;

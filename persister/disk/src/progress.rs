//! How far the journal is, for other threads and processes, and how its end is asked for.

use forecastle_runtime::board::{self, Board};
use forecastle_runtime::layout::LayoutError;
use forecastle_runtime::memory::Region;

use crate::device::BackendInUse;

/// The persister's side of what is told about the journal.
#[derive(Clone, Debug)]
pub struct Progress {
    board: Board,
}

impl Progress {
    /// For the threads of this process.
    #[must_use]
    pub fn private() -> Self {
        Self { board: Board::anonymous(WORD_COUNT) }
    }

    /// In a region that another process maps, too; lays it out.
    ///
    /// # Errors
    /// The region is too short or holds something already.
    pub fn create(region: Region) -> Result<Self, LayoutError> {
        Ok(Self { board: Board::create(region, WORD_COUNT)? })
    }

    /// As somebody laid it out in this region.
    ///
    /// # Errors
    /// The region does not hold it.
    pub fn attach(region: Region) -> Result<Self, LayoutError> {
        Ok(Self { board: Board::attach(region)? })
    }

    /// Position up to which the journal is synced; the bytes below it can be read back.
    #[must_use]
    pub fn durable_position(&self) -> u64 {
        self.board.load(DURABLE_POSITION)
    }

    /// Asks the persister to end the journal: what the log holds goes to disk, then an empty
    /// frame. The log must get no further records.
    pub fn request_close(&self) {
        self.board.store(MUST_CLOSE, 1);
    }

    /// Whether that has happened.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.board.load(IS_CLOSED) != 0
    }

    /// Whether a persister writes what is told here.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.board.load(BACKEND) != NO_BACKEND
    }

    /// What it writes with; none before it is ready. A reason why io_uring was not had stays with
    /// the process that knows it.
    #[must_use]
    pub fn backend(&self) -> Option<BackendInUse> {
        match self.board.load(BACKEND) {
            IO_URING => Some(BackendInUse { name: "io_uring", denied: None }),
            BLOCKING => Some(BackendInUse { name: "blocking", denied: None }),
            _ => None,
        }
    }

    /// A word for whoever lays the board out and whoever attaches, from 0 to 5.
    ///
    /// # Panics
    /// When there is no such word.
    #[must_use]
    pub fn note(&self, index: usize) -> u64 {
        assert!(index < NOTE_COUNT, "there are six notes");
        self.board.load(NOTES + index)
    }

    /// Writes one of those words.
    ///
    /// # Panics
    /// When there is no such word.
    pub fn set_note(&self, index: usize, value: u64) {
        assert!(index < NOTE_COUNT, "there are six notes");
        self.board.store(NOTES + index, value);
    }

    pub(crate) fn set_durable_position(&self, position: u64) {
        self.board.store(DURABLE_POSITION, position);
    }

    pub(crate) fn must_close(&self) -> bool {
        self.board.load(MUST_CLOSE) != 0
    }

    pub(crate) fn set_closed(&self) {
        self.board.store(IS_CLOSED, 1);
    }

    pub(crate) fn set_backend(&self, backend: &BackendInUse) {
        let code = if backend.name == "io_uring" { IO_URING } else { BLOCKING };
        self.board.store(BACKEND, code);
    }

    pub(crate) fn board(&self) -> Board {
        self.board.clone()
    }
}

/// Length in bytes of the region that it takes.
#[must_use]
pub const fn progress_region_length() -> usize {
    board::region_length(WORD_COUNT)
}

const DURABLE_POSITION: usize = 0;
const MUST_CLOSE: usize = 1;
const IS_CLOSED: usize = 2;
const BACKEND: usize = 3;
pub(crate) const SPARE_COUNT: usize = 4;
pub(crate) const IS_LOW: usize = 5;
pub(crate) const REFUSES_ORDERS: usize = 6;
const NOTES: usize = 7;
const NOTE_COUNT: usize = 6;
const WORD_COUNT: usize = NOTES + NOTE_COUNT;

const NO_BACKEND: u64 = 0;
const IO_URING: u64 = 1;
const BLOCKING: u64 = 2;

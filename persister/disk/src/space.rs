//! What is left of the space that was prepared ahead.

use forecastle_runtime::board::{Board, Flag};

use crate::progress::{IS_LOW, Progress, REFUSES_ORDERS, SPARE_COUNT};

/// Spare segments, as the filler last counted them. Read from any thread or process that the
/// progress is told to.
#[derive(Clone, Debug)]
pub struct Space {
    board: Board,
}

impl Space {
    /// What is told along with this progress.
    #[must_use]
    pub fn of(progress: &Progress) -> Self {
        Self { board: progress.board() }
    }

    /// Spare segments on disk.
    #[must_use]
    pub fn spare_count(&self) -> u64 {
        self.board.load(SPARE_COUNT)
    }

    /// Whether there have been fewer than [`SPARE_LOW_COUNT`] for [`LOW_PATIENCE_MS`].
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.board.load(IS_LOW) != 0
    }

    /// Raised while only the halt ballast is left: new orders are refused, all else goes on.
    #[must_use]
    pub fn refuses_orders(&self) -> Flag {
        Flag::new(self.board.clone(), REFUSES_ORDERS)
    }

    pub(crate) fn set_spare_count(&self, count: u64) {
        self.board.store(SPARE_COUNT, count);
        self.board.store(REFUSES_ORDERS, u64::from(count <= BALLAST_COUNT));
    }

    pub(crate) fn set_low(&self, is_low: bool) {
        self.board.store(IS_LOW, u64::from(is_low));
    }
}

/// Spares that the filler keeps when nothing else is configured.
pub const SPARE_COUNT_DEFAULT: u64 = 5;
/// Spares with which an exchange is ready.
pub const SPARE_READY_COUNT: u64 = 2;
/// Fewer spares than this, for long, are worth a warning.
pub const SPARE_LOW_COUNT: u64 = 4;
/// How long that is, milliseconds.
pub const LOW_PATIENCE_MS: u64 = 10_000;
/// Spares kept for cancels and settlement while new orders are refused.
pub const BALLAST_COUNT: u64 = 1;

//! What is left of the space that was prepared ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Spare segments, as the filler last counted them. Read from any thread.
#[derive(Clone, Debug, Default)]
pub struct Space {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    spare_count: AtomicU64,
    is_low: AtomicBool,
    refuses_orders: Arc<AtomicBool>,
}

impl Space {
    /// Spare segments on disk.
    #[must_use]
    pub fn spare_count(&self) -> u64 {
        self.state.spare_count.load(Ordering::Relaxed)
    }

    /// Whether there have been fewer than [`SPARE_LOW_COUNT`] for [`LOW_PATIENCE_MS`].
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.state.is_low.load(Ordering::Relaxed)
    }

    /// Raised while only the halt ballast is left: new orders are refused, all else goes on.
    #[must_use]
    pub fn refuses_orders(&self) -> Arc<AtomicBool> {
        self.state.refuses_orders.clone()
    }

    // Relaxed throughout: each is a fact of its own and tells nothing of other memory.
    pub(crate) fn set_spare_count(&self, count: u64) {
        self.state.spare_count.store(count, Ordering::Relaxed);
        self.state.refuses_orders.store(count <= BALLAST_COUNT, Ordering::Relaxed);
    }

    pub(crate) fn set_low(&self, is_low: bool) {
        self.state.is_low.store(is_low, Ordering::Relaxed);
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

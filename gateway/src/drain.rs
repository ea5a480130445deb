//! The end of an agent's output, asked for before a stop: every released record read, and what
//! came of it sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks an agent whether it has read and sent all, and hears it say so. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Drain {
    state: Arc<DrainState>,
}

#[derive(Debug, Default)]
struct DrainState {
    is_requested: AtomicBool,
    is_done: AtomicBool,
}

impl Drain {
    /// Asks. The log must release no further records.
    pub fn request(&self) {
        // Release pairs with the Acquire in `is_requested`: who sees the request sees the log's
        // end.
        self.state.is_requested.store(true, Ordering::Release);
    }

    /// Whether it was asked for and all was sent. A peer that takes nothing can put that off for
    /// as long as it counts as connected: wait for a bounded time.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state.is_done.load(Ordering::Acquire)
    }

    /// Whether it was asked for.
    #[inline]
    pub(crate) fn is_requested(&self) -> bool {
        self.state.is_requested.load(Ordering::Acquire)
    }

    /// Says that all was sent.
    #[cold]
    pub(crate) fn finish(&self) {
        self.state.is_done.store(true, Ordering::Release);
    }
}

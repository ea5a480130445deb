//! The backlog: records that were released at once, as after a disk that stalled.
//!
//! A client that keeps up with the exchange's pace cannot take at once what was held back for
//! seconds, and is not to be cut off for it. So while a backlog is read, its reader waits for
//! crowded reply streams, up to a bound that counts from the first wait: a client that takes
//! nothing delays everybody once, and is then cut off as ever.

/// Whether the reader of the log is behind, and how long it may yet wait.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    full_batch_count: u32,
    deadline_ns: Option<u64>,
}

impl Backlog {
    /// Whether the next batch is to wait; `is_crowded` says whether a reply stream is, and is asked
    /// only inside a backlog.
    #[inline]
    pub(super) fn must_wait(&mut self, now_ns: u64, is_crowded: impl FnOnce() -> bool) -> bool {
        if self.full_batch_count < BACKLOG_BATCHES || !is_crowded() {
            return false;
        }
        now_ns < *self.deadline_ns.get_or_insert(now_ns + BACKLOG_PATIENCE_NS)
    }

    /// Whether the last look at the log found less than a batch: nothing waits to be read.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.full_batch_count == 0
    }

    /// A batch was read; one that is not full ends the backlog.
    #[inline]
    pub(super) fn on_batch(&mut self, is_full: bool) {
        if is_full {
            self.full_batch_count = self.full_batch_count.saturating_add(1);
        } else {
            *self = Self::default();
        }
    }
}

/// Full batches in a row from which on it is a backlog.
const BACKLOG_BATCHES: u32 = 8;
/// How long the reader of one backlog waits for crowded reply streams, in all.
pub const BACKLOG_PATIENCE_NS: u64 = 250_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_backlog_waits_and_only_until_its_deadline() {
        let mut backlog = Backlog::default();
        for _ in 0..BACKLOG_BATCHES {
            assert!(!backlog.must_wait(0, || true));
            backlog.on_batch(true);
        }
        assert!(!backlog.must_wait(1_000, || false));
        assert!(backlog.must_wait(2_000, || true));
        backlog.on_batch(true);
        assert!(backlog.must_wait(1_999 + BACKLOG_PATIENCE_NS, || true));
        assert!(!backlog.must_wait(2_000 + BACKLOG_PATIENCE_NS, || true));
        backlog.on_batch(true);
        assert!(!backlog.must_wait(3_000 + BACKLOG_PATIENCE_NS, || true), "one wait for each");
        assert!(!backlog.is_over());
        backlog.on_batch(false);
        assert!(backlog.is_over());
        assert!(!backlog.must_wait(4_000 + BACKLOG_PATIENCE_NS, || true), "it was caught up");
    }
}

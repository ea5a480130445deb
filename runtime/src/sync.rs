//! The atomics that rings and logs are written in: those of `core`, or those of the model checker
//! when the commit protocols are tested under `--cfg loom`.

#[cfg(not(all(loom, test)))]
pub(crate) use core::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(all(loom, test))]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};

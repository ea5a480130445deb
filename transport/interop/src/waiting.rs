//! Loops that end: every wait of a case has a limit and says what it waited for.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// Runs `turn` until it says that `what` is there.
///
/// # Errors
/// Those of `turn`; and when it has not said so after `limit`.
pub fn until(
    limit: Duration,
    what: &str,
    mut turn: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + limit;
    while !turn().with_context(|| format!("waiting for {what}"))? {
        if Instant::now() >= deadline {
            bail!("{what} did not come within {} s", limit.as_secs());
        }
        thread::yield_now();
    }
    Ok(())
}

/// Runs `turn` for the whole of `time`.
///
/// # Errors
/// Those of `turn`.
pub fn during(time: Duration, mut turn: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        turn()?;
        thread::yield_now();
    }
    Ok(())
}

/// The clock of the native endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { epoch: Instant::now() }
    }

    /// Nanoseconds since the start.
    pub fn now_ns(self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }
}

//! Two pinned threads, and the shapes of traffic that benchmarks drive between them.
//!
//! A package of its own, so that a peer that is built elsewhere (stock Aeron, from C) is measured
//! by the same code as ours: only the ends of the wire differ.

#![forbid(unsafe_code)]

pub mod pair;
mod processors;
pub mod stopwatch;
pub mod wire;

pub use processors::{Cpus, preemption_count};
use serde::Serialize;

/// Name, unit last, and value of each figure of a run.
pub type Figures = Vec<(&'static str, u64)>;

/// What one run gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its figures; the same names in every run of a contender.
    pub figures: Figures,
    /// How often the kernel took the processor away from a thread that was measured.
    pub preemption_count: u64,
}

/// `count` things in `elapsed_ns`, by the second.
#[must_use]
pub fn per_second(count: u64, elapsed_ns: u64) -> u64 {
    let rate = u128::from(count) * 1_000_000_000 / u128::from(elapsed_ns.max(1));
    u64::try_from(rate).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_by_the_second() {
        assert_eq!(per_second(3, 2_000_000_000), 1);
        assert_eq!(per_second(1_000, 1_000), 1_000_000_000);
        assert_eq!(per_second(u64::MAX, 1), u64::MAX);
    }
}

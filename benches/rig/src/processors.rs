//! The two processors of a benchmark, and what the kernel did to the threads on them.

use std::fs;

use serde::Serialize;

/// The two processors that a benchmark runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cpus {
    /// Where what is measured runs: the writer, the engine.
    pub first: usize,
    /// Where its partner runs. The same as `first` on a machine with one processor.
    pub second: usize,
}

impl Cpus {
    /// The lowest two that this thread may use: 0 and 1 as a rule.
    ///
    /// # Panics
    /// When the kernel does not say which they are.
    #[must_use]
    pub fn lowest_two() -> Self {
        let all = Self::allowed();
        let first = *all.first().expect("the kernel says which processors a thread may use");
        Self { first, second: all.get(1).copied().unwrap_or(first) }
    }

    /// Those that the calling thread may use, as the kernel numbers them.
    #[must_use]
    pub fn allowed() -> Vec<usize> {
        cpu_list(&status_value("Cpus_allowed_list:"))
    }
}

/// How often the kernel has taken the processor away from the calling thread.
#[must_use]
pub fn preemption_count() -> u64 {
    status_value("nonvoluntary_ctxt_switches:").parse().unwrap_or(0)
}

fn status_value(key: &str) -> String {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(key));
    value.unwrap_or_default().trim().to_owned()
}

/// Numbers of a list as the kernel writes it: `0-2,5`.
fn cpu_list(text: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
    };
    text.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_lists_are_read_as_the_kernel_writes_them() {
        assert_eq!(cpu_list("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(cpu_list("3"), [3]);
        assert!(cpu_list("").is_empty());
        let cpus = Cpus::lowest_two();
        assert!(Cpus::allowed().contains(&cpus.second), "{cpus:?}");
    }
}

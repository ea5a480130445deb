//! What an exchange keeps in memory from its start on, and on what pages.

use std::fs;

use forecastle_engine::{Engine, MemoryUse, RestingOrderLength};
use forecastle_runtime::memory::Region;

/// The structures of an exchange, all allocated by its start, and what the kernel gave for them.
#[derive(Clone, Debug)]
pub struct MemoryStatus {
    /// Those of the engine, then the ring of commands and the log buffer.
    pub uses: Vec<MemoryUse>,
    /// What an order takes of them.
    pub resting_order: RestingOrderLength,
    /// The pages that they lie on.
    pub pages: PagesInUse,
}

/// What the kernel says of a process's pages; nothing of what it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PagesInUse {
    /// When the kernel gives huge pages: `always`, `madvise` (to who asks, as every structure of
    /// a huge page's length does) or `never`.
    pub huge_page_mode: Option<String>,
    /// Bytes of the process that lie on huge pages.
    pub huge_length: Option<u64>,
    /// Bytes of the process that are in memory.
    pub resident_length: Option<u64>,
}

impl MemoryStatus {
    /// Of an engine, the region of its ring and that of its log.
    pub(crate) fn of(engine: &Engine, ring: &Region, log: &Region) -> Self {
        let mut uses = engine.memory();
        uses.extend([of_region("ring of commands", ring), of_region("log buffer", log)]);
        Self { resting_order: RestingOrderLength::of(&uses), uses, pages: PagesInUse::read() }
    }

    /// Bytes of all structures.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.uses.iter().map(|each| each.length).sum()
    }
}

impl PagesInUse {
    fn read() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self::parse(&read(HUGE_PAGES_ENABLED), &read(PROCESS_MEMORY))
    }

    /// From the kernel's switch of huge pages and its sums over a process's mappings.
    fn parse(enabled: &str, sums: &str) -> Self {
        let mode = enabled.split(['[', ']']).nth(1).map(str::to_string);
        let length = |name: &str| {
            let line = sums.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?;
            Some(kibibytes * 1024)
        };
        Self {
            huge_page_mode: mode,
            huge_length: length("AnonHugePages:"),
            resident_length: length("Rss:"),
        }
    }
}

fn of_region(name: &'static str, region: &Region) -> MemoryUse {
    let length = region.length() as u64;
    MemoryUse { name, capacity: length, entry_length: 1, length, order_part: None }
}

const HUGE_PAGES_ENABLED: &str = "/sys/kernel/mm/transparent_hugepage/enabled";
const PROCESS_MEMORY: &str = "/proc/self/smaps_rollup";

#[cfg(test)]
mod tests {
    use forecastle_engine::EngineConfig;

    use super::*;

    #[test]
    fn ring_and_log_are_told_beside_the_engine() {
        let engine = Engine::new(EngineConfig::small()).unwrap();
        let (ring, log) = (Region::anonymous(8192), Region::anonymous(65_536));
        let status = MemoryStatus::of(&engine, &ring, &log);
        let of_engine: u64 = engine.memory().iter().map(|each| each.length).sum();
        assert_eq!(status.length(), of_engine + 8192 + 65_536);
        assert_eq!(status.resting_order, RestingOrderLength::of(&engine.memory()));
    }

    #[test]
    fn what_the_kernel_says_of_pages_is_read() {
        let sums = "55d0-7ffc ---p 00000000 00:00 0   [rollup]\nRss:      626688 kB\n\
                    Pss:      626000 kB\nAnonHugePages:    524288 kB\nShmemPmdMapped:  0 kB\n";
        let pages = PagesInUse::parse("always [madvise] never\n", sums);
        assert_eq!(pages.huge_page_mode.as_deref(), Some("madvise"));
        assert_eq!(pages.huge_length, Some(524_288 * 1024));
        assert_eq!(pages.resident_length, Some(626_688 * 1024));
        assert_eq!(PagesInUse::parse("", "Rss: many kB\n"), PagesInUse::default());
    }
}

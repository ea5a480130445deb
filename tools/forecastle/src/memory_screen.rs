//! The table of what an exchange keeps in memory, as the start screen shows it.

use std::fmt::Write as _;

use forecastle_node::{MemoryStatus, PagesInUse};

/// The table, the largest structure first, with the total, what a resting order takes, and the
/// pages.
#[must_use]
pub fn memory_table(memory: &MemoryStatus) -> String {
    let mut text =
        format!("{:<13} {:>10}  {:>10}  {:>12}\n", "memory", "entries", "bytes each", "bytes");
    let mut uses = memory.uses.clone();
    uses.sort_by_key(|each| std::cmp::Reverse(each.length));
    for each in uses {
        let _ = writeln!(
            text,
            "{:<13} {:>10}  {:>10}  {:>12}  {}",
            "", each.capacity, each.entry_length, each.length, each.name
        );
    }
    let _ = writeln!(text, "{:<13} {:>10}  {:>10}  {:>12}  in all", "", "", "", memory.length());
    let order = memory.resting_order;
    let _ = writeln!(
        text,
        "{:<13} {} bytes each: {} hot, {} cold, {} index",
        "resting order",
        order.total(),
        order.hot,
        order.cold,
        order.index
    );
    let _ = writeln!(text, "{:<13} {}", "huge pages", pages_line(&memory.pages));
    text
}

fn pages_line(pages: &PagesInUse) -> String {
    let mebibytes = |length: Option<u64>| match length {
        Some(length) => format!("{} MiB", length >> 20),
        None => "an untold part".to_string(),
    };
    let (huge, resident) = (mebibytes(pages.huge_length), mebibytes(pages.resident_length));
    let mode = pages.huge_page_mode.as_deref().unwrap_or("not told");
    format!("{huge} of {resident} resident; transparent huge pages are {mode}")
}

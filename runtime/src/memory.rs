//! Memory of fixed size, there before the first message: arenas for the engine, and regions that
//! rings, the log buffer and counters are laid out in.
//!
//! Constructors allocate and touch every page, so that no page fault is taken on a hot thread.
//! Nothing here allocates after construction. All access is
//! bounds-checked, save by unsafe functions inside this crate.

mod arena;
mod counting_allocator;
mod pages;
mod prefetch;
#[cfg(not(all(loom, test)))]
mod region;
#[cfg(all(loom, test))]
#[path = "memory/region_model.rs"]
mod region;
#[cfg(not(all(loom, test)))]
mod word_stores;

pub use arena::Arena;
pub use counting_allocator::CountingAllocator;
pub use pages::{HugePages, PAGE_LENGTH};
pub use prefetch::prefetch_element;
pub use region::Region;

//! What a resting order takes of memory: how much more an engine for more orders takes.
//!
//! An engine takes all of its memory when it is made and touches every page of it, so the resident
//! memory of the process tells it.

use forecastle_engine::{Engine, EngineConfig};

/// Bytes that a resting order takes in every table that grows with the orders; the books of one
/// market are there, with all of their levels.
///
/// # Panics
/// When the engine refuses the limits.
#[must_use]
pub fn bytes_per_resting_order() -> u64 {
    let [few, many] = [FEW_ORDERS, MANY_ORDERS].map(resident_bytes_of_engine);
    many.saturating_sub(few) / u64::from(MANY_ORDERS - FEW_ORDERS)
}

fn resident_bytes_of_engine(orders_max: u32) -> u64 {
    let before = resident_bytes();
    let config = EngineConfig { orders_max, ..EngineConfig::small() };
    let engine = Engine::new(EngineConfig { markets_max: 1, events_max: 1, ..config });
    let engine = engine.expect("the limits are in range");
    let after = resident_bytes();
    drop(engine);
    after.saturating_sub(before)
}

/// Resident memory of this process.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kibibytes.unwrap_or(0) * 1024
}

const FEW_ORDERS: u32 = 1 << 20;
const MANY_ORDERS: u32 = 1 << 22;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resting_order_takes_more_than_its_node() {
        let bytes = bytes_per_resting_order();
        assert!((32..1024).contains(&bytes), "{bytes}");
    }
}

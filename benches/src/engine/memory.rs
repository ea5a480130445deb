//! What a resting order takes of memory, as the engine's own table of it tells.

use forecastle_engine::{Engine, EngineConfig, RestingOrderLength};

/// Bytes that a resting order takes in every table that has an entry for each; its price level
/// comes beside it.
///
/// # Panics
/// When the engine refuses the limits.
#[must_use]
pub fn bytes_per_resting_order() -> u64 {
    let engine = Engine::new(EngineConfig::small()).expect("the limits are in range");
    RestingOrderLength::of(&engine.memory()).total()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine touches its memory when it is made, so an engine for more orders has more of it
    /// resident.
    #[test]
    fn resident_memory_grows_by_as_much_for_each_order() {
        let [few, many] = [FEW_ORDERS, MANY_ORDERS].map(resident_bytes_of_engine);
        let measured = many.saturating_sub(few) / u64::from(MANY_ORDERS - FEW_ORDERS);
        let told = bytes_per_resting_order();
        assert!(measured.abs_diff(told) <= SLACK, "{measured} measured, {told} told");
    }

    fn resident_bytes_of_engine(orders_max: u32) -> u64 {
        let before = resident_bytes();
        let config = EngineConfig { orders_max, ..EngineConfig::small() };
        let engine = Engine::new(EngineConfig { markets_max: 1, events_max: 1, ..config });
        let engine = engine.unwrap();
        let after = resident_bytes();
        drop(engine);
        after.saturating_sub(before)
    }

    /// Resident memory of this process.
    fn resident_bytes() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kibibytes.unwrap().trim().parse::<u64>().unwrap() * 1024
    }

    const FEW_ORDERS: u32 = 1 << 20;
    const MANY_ORDERS: u32 = 1 << 22;
    /// Of whole pages, and of lists that the system gives when they are first written.
    const SLACK: u64 = 8;
}

//! The table of what an engine keeps in memory tells all that it allocates. A program of its own:
//! it counts what the allocator gives out.

#![forbid(unsafe_code)]

use forecastle_engine::{Engine, EngineConfig, OrderPart, RestingOrderLength};
use forecastle_runtime::memory::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn the_table_tells_every_byte_that_an_engine_allocates() {
    let small = EngineConfig::small();
    let odd = EngineConfig {
        accounts_max: 1001,
        events_max: 77,
        markets_max: 313,
        orders_max: 70_001,
        sessions_max: 19,
        access_keys_max: 5,
        cl_ord_id_window: 333,
        exposures_max: 9_999,
        work_max: 3,
        ..small
    };
    let least = EngineConfig {
        accounts_max: 1,
        events_max: 1,
        markets_max: 1,
        orders_max: 1,
        sessions_max: 1,
        access_keys_max: 1,
        cl_ord_id_window: 1,
        exposures_max: 1,
        work_max: 1,
        ..small
    };
    for config in [small, odd, least] {
        let before = ALLOCATOR.allocated_length();
        let engine = Box::new(Engine::new(config).unwrap());
        let allocated = ALLOCATOR.allocated_length().wrapping_sub(before) as u64;
        let memory = engine.memory();
        let told: u64 = memory.iter().map(|row| row.length).sum();
        assert_eq!(told, allocated, "{memory:#?}");

        let mut names: Vec<_> = memory.iter().map(|row| row.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|one, next| one < next), "one name, one structure: {names:?}");
        for row in &memory {
            assert!(row.length >= row.capacity * row.entry_length, "{row:?}");
            if row.order_part.is_some() {
                assert!(
                    row.capacity >= u64::from(config.orders_max),
                    "each order has one: {row:?}"
                );
            }
        }
        let hot = memory.iter().filter(|row| row.order_part == Some(OrderPart::Hot));
        let order = RestingOrderLength::of(&memory);
        assert_eq!(hot.map(|row| row.entry_length).sum::<u64>(), order.hot);
        assert_eq!(order.total(), order.hot + order.cold + order.index);
    }
}

//! The engine beside its naive model for as many commands as are asked for, on every processor:
//! small worlds, every feature, every invariant after every command.
//!
//! `FORECASTLE_MODEL_COMMANDS` sets how many (the gate asks for twenty million, optimised, with
//! assertions), `FORECASTLE_SEED` where the seeds of the worlds begin. A failure prints the seed of
//! its world, which `against_model.rs` runs alone.

mod model;

use std::sync::atomic::{AtomicU64, Ordering};

use model::harness::coverage::Coverage;
use model::harness::random::{Random, seed_of_environment};
use model::harness::world::{Kind, World};

#[test]
fn engine_and_model_agree_at_length() {
    let first_seed = seed_of_environment().unwrap_or(FIRST_SEED);
    let wanted = commands_of_environment().unwrap_or(COMMANDS);
    let world_count = wanted.div_ceil(WORLD_COMMANDS);
    let next = AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let run = || {
        let mut coverage = Coverage::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= world_count {
                return coverage;
            }
            coverage.add(&run_world(first_seed, number));
        }
    };
    let mut together = Coverage::default();
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(run)).collect();
        for handle in handles {
            let coverage = handle.join().expect("the worker's world printed why it failed");
            together.add(&coverage);
        }
    });
    println!("seed {first_seed}: {} commands in {world_count} worlds", together.commands);
    println!("{}", together.summary());
    assert!(together.commands >= wanted, "every world runs to its end");
    let enumerated = together.enumerations;
    assert!(enumerated * 100 >= wanted, "{enumerated} buying powers by enumeration");
}

/// World `number`: every tenth is tiny, so that fills can be enumerated, and some are wide, for
/// work of many steps.
fn run_world(first_seed: u64, number: u64) -> Coverage {
    let kind = match number % WIDE_PERIOD {
        0 => Kind::Wide,
        rest if rest.is_multiple_of(TINY_PERIOD) => Kind::Tiny,
        _ => Kind::Small,
    };
    let seed = Random::new(first_seed.wrapping_add(number)).word();
    let mut world = World::new(kind, seed);
    world.run(WORLD_COMMANDS);
    world.finish();
    world.pair.coverage.clone()
}

fn commands_of_environment() -> Option<u64> {
    let text = std::env::var("FORECASTLE_MODEL_COMMANDS").ok()?;
    Some(text.parse().expect("FORECASTLE_MODEL_COMMANDS is a number"))
}

/// Commands of one world: enough for orders, positions and settlements, few enough that tables of
/// events that can only grow do not fill early.
const WORLD_COMMANDS: u64 = 1_000;
/// One of so many worlds is wide, one is tiny.
const WIDE_PERIOD: u64 = 400;
const TINY_PERIOD: u64 = 10;
/// Commands when nothing is asked for.
const COMMANDS: u64 = 100_000;
const FIRST_SEED: u64 = 0x4F52_4543_4153_544C;

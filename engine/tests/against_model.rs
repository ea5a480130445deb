//! The engine beside its naive model in seeded random worlds: equal effects, byte for byte, equal
//! balances and books, and every invariant of the ledger after every command.
//!
//! A failure prints the seed of its world; `FORECASTLE_SEED` runs that one alone.

mod model;

use model::harness::coverage::Coverage;
use model::harness::random::{Random, seed_of_environment};
use model::harness::world::{Kind, World};

#[test]
fn engine_and_model_agree_in_random_worlds() {
    let mut coverage = Coverage::default();
    if let Some(seed) = seed_of_environment() {
        for (kind, command_count) in [
            (Kind::Tiny, TINY_COMMANDS),
            (Kind::Wide, WIDE_COMMANDS),
            (Kind::Ordinary, ORDINARY_COMMANDS),
            (Kind::Small, ORDINARY_COMMANDS),
        ] {
            coverage.add(&run_world(kind, seed, command_count));
        }
        println!("seed {seed}: {}", coverage.summary());
        return;
    }
    let mut seeds = Random::new(FIRST_SEED);
    for (kind, seed) in KEPT_SEEDS {
        coverage.add(&run_world(kind, seed, WIDE_COMMANDS));
    }
    for (kind, worlds, command_count) in [
        (Kind::Tiny, TINY_WORLDS, TINY_COMMANDS),
        (Kind::Wide, WIDE_WORLDS, WIDE_COMMANDS),
        (Kind::Ordinary, ORDINARY_WORLDS, ORDINARY_COMMANDS),
    ] {
        let mut of_kind = Coverage::default();
        for _ in 0..worlds {
            of_kind.add(&run_world(kind, seeds.word(), command_count));
        }
        println!("{worlds} {kind:?} worlds: {}", of_kind.summary());
        coverage.add(&of_kind);
    }
    println!("together: {}", coverage.summary());
    let missing = coverage.missing();
    assert!(missing.is_empty(), "the generator never met: {missing:?}");
}

fn run_world(kind: Kind, seed: u64, command_count: u64) -> Coverage {
    let mut world = World::new(kind, seed);
    world.run(command_count);
    world.finish();
    world.pair.coverage.clone()
}

/// Commands of one world, and worlds of one run, by kind.
const TINY_COMMANDS: u64 = 400;
const TINY_WORLDS: u32 = 100;
const WIDE_COMMANDS: u64 = 5_000;
const WIDE_WORLDS: u32 = 8;
const ORDINARY_COMMANDS: u64 = 1_000;
const ORDINARY_WORLDS: u32 = 800;
const FIRST_SEED: u64 = 0x0F0E_CA57;
/// Worlds that were first to show a fault put into the engine on purpose: a best price left behind,
/// a pay-out that stops one account early, a sweep that takes later orders.
const KEPT_SEEDS: [(Kind, u64); 3] = [
    (Kind::Tiny, 17_772_842_540_184_047_400),
    (Kind::Tiny, 6_167_076_589_842_789_232),
    (Kind::Wide, 1_612_290_988_279_696_790),
];

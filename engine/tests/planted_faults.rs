//! Each fault that is planted in the engine is caught by the comparison with the naive model; the
//! engine without one passes the same worlds. Runs with the feature `planted-faults`.

#![cfg(feature = "planted-faults")]

mod model;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use forecastle_engine::{PlantedFault, plant};

use model::harness::random::{Random, seed_of_environment};
use model::harness::world::{Kind, World};

#[test]
fn every_planted_fault_is_caught() {
    let first_seed = seed_of_environment().unwrap_or(FIRST_SEED);
    println!("seed {first_seed}");
    // What a caught fault would print is of no use here.
    set_hook(Box::new(|_| {}));
    let mut missed = Vec::new();
    for fault in FAULTS {
        plant(Some(fault));
        match worlds_until_caught(kind_for(fault), first_seed) {
            Some(count) => println!("{fault:?}: caught in world {count}"),
            None => missed.push(fault),
        }
    }
    plant(None);
    let fault_free = worlds_until_caught(Kind::Small, first_seed);
    let _ = std::panic::take_hook();
    assert!(missed.is_empty(), "not caught: {missed:?}");
    assert_eq!(fault_free, None, "the engine as it is passes");
}

/// How many worlds it took until engine and model differed, or a law of the engine was broken.
fn worlds_until_caught(kind: Kind, first_seed: u64) -> Option<u32> {
    let mut seeds = Random::new(first_seed);
    (1..=WORLDS).find(|_| {
        let seed = seeds.word();
        let run = || {
            let mut world = World::new_silent(kind, seed);
            world.run(COMMANDS);
            world.finish();
        };
        catch_unwind(AssertUnwindSafe(run)).is_err()
    })
}

/// Work that goes on over several records is seen in wide worlds only.
fn kind_for(fault: PlantedFault) -> Kind {
    match fault {
        PlantedFault::SweepTakesLaterOrders => Kind::Wide,
        _ => Kind::Small,
    }
}

const FAULTS: [PlantedFault; 20] = [
    PlantedFault::HoldWithoutFee,
    PlantedFault::PriorityLostOnReduce,
    PlantedFault::StaleBestAfterCancel,
    PlantedFault::NettingOffByOne,
    PlantedFault::FillAtAggressorPrice,
    PlantedFault::PartFillLosesLot,
    PlantedFault::GenerationKept,
    PlantedFault::ImmediateOrCancelRests,
    PlantedFault::SweepTakesLaterOrders,
    PlantedFault::PayOutStopsEarly,
    PlantedFault::MakerPaysTakerRate,
    PlantedFault::SetAtLimitPrice,
    PlantedFault::TombstoneForgotten,
    PlantedFault::SelfMatchIgnored,
    PlantedFault::PostOnlyTrades,
    PlantedFault::ExpiryForgotten,
    PlantedFault::GraceForgotten,
    PlantedFault::CollarOfOldOdds,
    PlantedFault::OddsAppliedTwice,
    PlantedFault::PlainOrderHoldsNothing,
];
/// Worlds that a fault has to show itself in, and commands of each.
const WORLDS: u32 = 400;
const COMMANDS: u64 = 1_000;
const FIRST_SEED: u64 = 0xFA_017;

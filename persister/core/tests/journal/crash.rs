//! Thousands of worlds, each with its seed; and every n-th operation of one of them failing.

use std::thread;

use crate::world::{Fault, Level, World};

/// Runs one seed; the oracle's complaint names it.
pub fn run(seed: u64, fault: Fault) -> Result<World, String> {
    let level = if seed % 4 == 1 { Level::Written } else { Level::Durable };
    let mut world = World::new(seed, level, fault);
    if level == Level::Durable && seed.is_multiple_of(3) {
        world.disk.fails_at = Some(1 + seed * 7 % 150);
    }
    world.live(5).map_err(|complaint| format!("seed {seed}: {complaint}"))?;
    Ok(world)
}

#[test]
fn nothing_promised_is_lost_whenever_the_power_goes() {
    const SEED_COUNT: u64 = 2_000;
    println!("seeds 0 to {SEED_COUNT}");
    let halves = [0, 1].map(|half| {
        thread::spawn(move || {
            let (mut cut_count, mut roll_count) = (0, 0);
            for seed in (half..SEED_COUNT).step_by(2) {
                let world = run(seed, Fault::Nothing).unwrap();
                cut_count += world.cut_count;
                roll_count += world.roll_count;
            }
            (cut_count, roll_count)
        })
    });
    let counts = halves.map(|half| half.join().unwrap());
    let cut_count = counts[0].0 + counts[1].0;
    let roll_count = counts[0].1 + counts[1].1;
    println!("{cut_count} torn tails cut, {roll_count} segments made");
    assert!(cut_count > SEED_COUNT / 4, "{cut_count}: the worlds met torn tails");
    assert!(roll_count > 3 * SEED_COUNT, "{roll_count}: the worlds met recycled segments");
}

#[test]
fn every_failing_operation_loses_nothing_promised() {
    for seed in [1, 2, 5] {
        let mut operation = 0;
        loop {
            let mut world = World::new(seed, Level::Durable, Fault::Nothing);
            world.disk.fails_at = Some(operation);
            let verdict = world.live(4);
            verdict.unwrap_or_else(|complaint| {
                panic!("seed {seed}, operation {operation} fails: {complaint}")
            });
            if world.disk.operation_count <= operation {
                break;
            }
            operation += 1;
        }
        println!("seed {seed}: {operation} operations");
        assert!(operation > 50, "{operation} operations");
    }
}

/// Starts alone fill segments, which are then replaced under their own names.
#[test]
fn a_storm_of_starts_loses_nothing_either() {
    let mut replacement_count = 0;
    for seed in 0..6 {
        let mut world = World::new(seed, Level::Durable, Fault::Nothing);
        for start in 0..640 {
            // Records at birth in half of the worlds, and for a while in the midst of the storm.
            world.has_records = start == 0 && seed % 2 == 1 || start == 600;
            let verdict = world.live(1);
            verdict.unwrap_or_else(|complaint| panic!("seed {seed}, start {start}: {complaint}"));
        }
        replacement_count += world.replacement_count;
    }
    println!("{replacement_count} segments replaced");
    assert!(replacement_count >= 6, "{replacement_count}");
}

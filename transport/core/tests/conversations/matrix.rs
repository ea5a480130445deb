//! The matrix: everything that networks do, alone and together, over 1 to 500 sessions. Every run
//! prints its seed and its goodput beside that of a faultless network.

use std::time::{SystemTime, UNIX_EPOCH};

use super::fleet::{Conditions, Load, Report, Way, carry};

/// Seeds that every run uses; one that ever failed belongs here.
const KEPT_SEEDS: [u64; 2] = [1, 0x5EED];

/// The kept seeds and one that nobody has seen.
fn seeds() -> [u64; 3] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set");
    [KEPT_SEEDS[0], KEPT_SEEDS[1], now.as_nanos() as u64]
}

#[track_caller]
fn run(load: Load, conditions: Conditions, seed: u64) -> Report {
    match carry(load, conditions, seed) {
        Ok(report) => report,
        Err(complaint) => panic!("seed {seed}, {conditions:?}, {load:?}: {complaint}"),
    }
}

/// Runs all seeds and gives the worst goodput in percent of the faultless one.
#[track_caller]
fn goodput(load: Load, conditions: Conditions) -> u64 {
    let mut worst = u64::MAX;
    for seed in seeds() {
        let best = run(load, Conditions::default(), seed).goodput();
        let share = run(load, conditions, seed).goodput() * 100 / best;
        println!("{} sessions, {conditions:?}, seed {seed}: goodput {share} %", load.sessions);
        worst = worst.min(share);
    }
    worst
}

const MESSAGES: u32 = 2_000;

#[test]
fn losses_from_none_to_30_percent() {
    for loss in [1, 2, 5, 10, 20, 30] {
        let share = goodput(Load::new(1, MESSAGES), Conditions { loss, ..Conditions::default() });
        assert!(loss > 1 || share >= 30, "{share} % at 1 % loss");
    }
}

#[test]
fn losses_in_bursts() {
    for (loss, burst) in [(5, 4), (10, 20), (30, 200)] {
        goodput(Load::new(1, MESSAGES), Conditions { loss, burst, ..Conditions::default() });
    }
}

#[test]
fn duplicates_and_reorder() {
    for (duplicates, late) in [(30, 0), (0, 30), (20, 20), (100, 100)] {
        let conditions = Conditions { duplicates, late, ..Conditions::default() };
        goodput(Load::new(1, MESSAGES), conditions);
    }
}

#[test]
fn cuts_of_either_way() {
    for cut in [Way::ToReceiver, Way::ToSender] {
        let conditions = Conditions { cut: Some(cut), ..Conditions::default() };
        goodput(Load::new(1, 4 * MESSAGES), conditions);
        goodput(Load::new(3, MESSAGES), Conditions { loss: 5, ..conditions });
    }
}

#[test]
fn corruption_of_what_the_rules_of_frames_guard() {
    for corrupt in [1, 10, 30] {
        goodput(Load::new(3, MESSAGES), Conditions { corrupt, ..Conditions::default() });
    }
}

#[test]
fn readers_that_stall() {
    let conditions = Conditions { stalls: true, ..Conditions::default() };
    goodput(Load::new(3, MESSAGES), conditions);
    goodput(Load::new(3, MESSAGES), Conditions { loss: 5, late: 5, ..conditions });
}

#[test]
fn everything_at_once() {
    let conditions = Conditions {
        loss: 10,
        burst: 3,
        duplicates: 10,
        late: 10,
        corrupt: 2,
        cut: Some(Way::ToReceiver),
        stalls: true,
    };
    for sessions in [1, 4, 20] {
        goodput(Load::new(sessions, MESSAGES / sessions as u32), conditions);
    }
}

#[test]
fn up_to_500_sessions() {
    for sessions in [20, 100, 500] {
        let messages = 10_000 / sessions as u32;
        let conditions = Conditions { loss: 5, late: 5, duplicates: 5, ..Conditions::default() };
        goodput(Load::new(sessions, messages), conditions);
    }
}

#[test]
fn every_mtu() {
    let conditions = Conditions { loss: 5, late: 5, ..Conditions::default() };
    for mtu in [64, 96, 576, 1408, 8192, 65_504] {
        let window_length = 256 * 1024;
        let term_length = 512 * 1024;
        let load = Load { mtu, window_length, term_length, ..Load::new(2, 500) };
        goodput(Load { message_length_max: 60_000, ..load }, conditions);
    }
}

#[test]
fn every_term_length_across_the_end_of_a_term() {
    let conditions = Conditions { loss: 5, late: 5, ..Conditions::default() };
    for bits in 16..=30 {
        let term_length = 1 << bits;
        let load = Load { term_length, start: term_length - 16 * 1024, ..Load::new(1, 300) };
        run(load, conditions, KEPT_SEEDS[0]);
    }
}

#[test]
fn messages_of_16_mib() {
    let load = Load {
        mtu: 8192,
        term_length: 128 << 20,
        window_length: 4 << 20,
        message_length_min: 16 << 20,
        message_length_max: 16 << 20,
        ..Load::new(1, 3)
    };
    run(load, Conditions { loss: 1, ..Conditions::default() }, KEPT_SEEDS[0]);
}

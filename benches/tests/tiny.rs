//! Every benchmark at a size that takes no time: it runs to its end, its own checks hold, and its
//! figures are there. What they say about speed is nothing.

#![forbid(unsafe_code)]

use forecastle_benches::engine;
use forecastle_benches::engine::flow::{Flow, FlowSettings};
use forecastle_benches::host::Cpus;
use forecastle_benches::log_buffer::{self, LogSettings};
use forecastle_benches::measurement::{Rounds, Table};
use forecastle_benches::ring::{self, RingSettings};

const ROUNDS: Rounds = Rounds { count: 2, attempts_max: 1 };

fn assert_measured(table: &Table, row_count: usize) {
    assert_eq!(table.rows.len(), row_count, "{}", table.title);
    for row in &table.rows {
        assert!(row.figures.iter().all(|figure| figure.values.len() == ROUNDS.count));
        assert!(row.figures[0].median > 0, "{row:?}");
    }
}

#[test]
fn the_ring() {
    let settings = RingSettings {
        cpus: Cpus::lowest_two(),
        capacity: 128 * 1024,
        round_trip_count: 200,
        // More than the ring holds.
        stream_length: 5000,
        rounds: ROUNDS,
    };
    let [hops, streams] = ring::measure(&settings).unwrap();
    assert_measured(&hops, 4);
    assert_measured(&streams, 5);
}

#[test]
fn the_log_buffer() {
    let settings = LogSettings {
        cpus: Cpus::lowest_two(),
        capacity: 4 * 1024 * 1024,
        // More than the log holds.
        record_count: 40_000,
        rounds: ROUNDS,
    };
    let [gating, overrunnable] = log_buffer::measure(&settings).unwrap();
    assert_measured(&gating, 9);
    assert_measured(&overrunnable, 1);
}

fn flow() -> FlowSettings {
    FlowSettings {
        market_count: 20,
        account_count: 100,
        firm_count: 5,
        resting_order_count: 1000,
        command_count: 5000,
        ..FlowSettings::main(1)
    }
}

#[test]
fn the_engine() {
    let (flow, cpus) = (Flow::new(&flow()), Cpus::lowest_two());
    let tables = engine::measure("tiny", &flow, &mut [], cpus, ROUNDS).unwrap();
    assert_measured(&tables.rates, 2);
    assert_measured(&tables.service_times, 1);
    assert_measured(&tables.open_loop, 2);
    let summary = engine::summary::of_flow(&tables, &[]);
    let ours = summary["ours"].as_object().unwrap();
    let keys: Vec<_> = ours.keys().map(String::as_str).collect();
    assert_eq!(keys, ["commands_per_s", "commands_per_wall_s", "p50_ns", "p999_ns", "p99_ns"]);
    assert!(ours.values().all(|figure| figure.as_u64() > Some(0)), "{summary}");
    assert!(summary["ratio_to_best_peer"].is_null(), "{summary}");
}

#[test]
fn the_flow_is_what_it_says_and_follows_from_its_seed() {
    let first = Flow::new(&flow());
    let outcome = first.outcome;
    assert_eq!(first.main.length(), 5000);
    assert!(outcome.passive_count.abs_diff(2250) < 150, "{outcome:?}");
    assert!(outcome.cancel_count.abs_diff(2000) < 150, "{outcome:?}");
    assert!(outcome.marketable_count.abs_diff(750) < 100, "{outcome:?}");
    assert!(outcome.trade_count.abs_diff(1000) < 150, "{outcome:?}");
    assert!(outcome.resting_order_count.abs_diff(1000) < 150, "{outcome:?}");
    assert_eq!(Flow::new(&flow()).state_digest, first.state_digest);
    let three_outcome = FlowSettings { market_count: 21, markets_per_event: 3, ..flow() };
    assert!(Flow::new(&three_outcome).outcome.trade_count > 500);
    let other = Flow::new(&FlowSettings { seed: 2, ..flow() });
    assert_ne!(other.state_digest, first.state_digest);
}

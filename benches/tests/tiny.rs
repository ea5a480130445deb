//! Every benchmark at a size that takes no time: it runs to its end, its own checks hold, and its
//! figures are there. What they say about speed is nothing.

#![forbid(unsafe_code)]

use forecastle_benches::engine;
use forecastle_benches::engine::flow::{Flow, FlowSettings};
use forecastle_benches::host::Cpus;
use forecastle_benches::log_buffer::{self, LogSettings};
use forecastle_benches::measurement::{Rounds, Table};
use forecastle_benches::ring::{self, RingSettings};
use forecastle_benches::wire::ours::OurSizes;
use forecastle_benches::wire::{self, OfferedRates, Shape, WireSettings};
use forecastle_benches_rig::wire::Stream;

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

#[test]
fn the_wire_without_aeron() {
    let sizes = OurSizes {
        window_length: 64 * 1024,
        term_length: 256 * 1024,
        receive_offload: false,
        loss_permyriad: 0,
    };
    let settings = WireSettings {
        cpus: Cpus::lowest_two(),
        round_trip_count: 100,
        round_trips: sizes,
        streams: sizes,
        stream: Stream { warm_up_ms: 1, duration_ms: 5 },
        offered: OfferedRates {
            rate_min: 1000,
            rung_count: 2,
            duration_ms: 20,
            latency_max_ns: u64::MAX,
            run_count: 3,
            held_count_min: 2,
        },
        rounds: ROUNDS,
    };
    let shapes = Shape::ALL.map(|(_, shape)| shape);
    let tables = wire::measure(&settings, &shapes, None).unwrap();
    for (table, row_count) in tables.iter().zip([2, 2, 1]) {
        assert_measured(table, row_count);
    }
    assert_eq!(tables[3].rows[0].figures[0].median, 1100, "every rate holds");
    assert_measured(&tables[4], 2);
    let ratios = wire::ratios(&tables);
    let names: Vec<&str> = ratios.keys().map(String::as_str).collect();
    assert_eq!(names, ["goodput_1pct_loss", "rtt_p50_to_udp", "stream_to_udp"]);
    assert!(ratios.values().all(|ratio| ratio.is_f64()), "{ratios:?}");
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
    assert_measured(&tables.service_times, 2);
    assert_measured(&tables.open_loop, 2);
    let summary = engine::summary::of_flow(&tables, &[]);
    let ours = summary["ours"].as_object().unwrap();
    let keys: Vec<_> = ours.keys().map(String::as_str).collect();
    assert_eq!(keys, ["commands_per_s", "commands_per_wall_s", "p50_ns", "p999_ns", "p99_ns"]);
    assert!(ours.values().all(|figure| figure.as_u64() > Some(0)), "{summary}");
    let waiting = summary["waiting"].as_object().unwrap();
    let keys: Vec<_> = waiting.keys().map(String::as_str).collect();
    assert_eq!(keys, ["p50_ns", "p999_ns", "p99_ns"]);
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
    let quotes = FlowSettings { quote_set_count: 30, firm_count: 10, ..three_outcome };
    let quotes = FlowSettings { command_count: 2000, ..quotes };
    let outcome = Flow::new(&quotes).outcome;
    assert!(outcome.mass_quote_count > 1500 && outcome.trade_count > 100, "{outcome:?}");
    let outcome = Flow::new(&FlowSettings { replace_percent: 50, ..flow() }).outcome;
    assert!(outcome.replace_count.abs_diff(2400) < 150, "{outcome:?}");
    assert!(outcome.resting_order_count.abs_diff(1000) < 150, "{outcome:?}");
    assert!(outcome.trade_count > 300, "{outcome:?}");
    let guarded = Flow::new(&FlowSettings { is_guarded: true, ..flow() });
    assert_eq!(guarded.outcome.trade_count, first.outcome.trade_count);
    assert_ne!(guarded.state_digest, first.state_digest, "the limits stand");
    let other = Flow::new(&FlowSettings { seed: 2, ..flow() });
    assert_ne!(other.state_digest, first.state_digest);
}

//! The figures of `bench-engine` in the few numbers that others read: one object for each flow.

use serde_json::{Map, Value, json};

use super::peers::WrongPeer;
use super::{
    FEW, FEW_WAITING, FlowTables, LADDER, MANY, MANY_WAITING, OFFERED_RATES, OURS, WAITING,
};
use crate::measurement::{CPU_RATE, Ratio, Table, WALL_RATE};

/// A flow's figures, medians over the rounds. A peer that filled wrongly has no figures: it stands
/// under `wrong_fills` with what it did.
#[must_use]
pub fn of_flow(tables: &FlowTables, wrong: &[WrongPeer]) -> Value {
    let names = tables.service_times.rows.iter().map(|row| row.name.as_str());
    let peers: Map<_, _> = names
        .filter(|name| ![OURS, WAITING].contains(name))
        .map(|name| (name.to_owned(), contender(tables, name)))
        .collect();
    let wrong: Map<_, _> =
        wrong.iter().map(|peer| (peer.name.clone(), json!(peer.found))).collect();
    let open_loop: Map<_, _> = OFFERED_RATES
        .iter()
        .map(|(name, rate)| {
            let figure = |figure| tables.open_loop.figure(name, figure).median;
            let figures = json!({
                "p50_ns": figure("p50_ns"),
                "p99_ns": figure("p99_ns"),
                "p999_ns": figure("p999_ns"),
                "sequenced_per_s": figure("sequenced_per_second"),
            });
            (rate.to_string(), figures)
        })
        .collect();
    json!({
        "ours": contender(tables, OURS),
        "waiting": times(&tables.service_times, WAITING),
        "peers": peers,
        "ratio_to_best_peer": ratio_to_best_peer(&tables.rates),
        "wrong_fills": wrong,
        "ladder_alone_commands_per_s": tables.rates.figure(LADDER, CPU_RATE).median,
        "open_loop": open_loop,
    })
}

/// What a hundred times as many resting orders cost: the rates, and how many times the processor
/// time a command then takes.
#[must_use]
pub fn of_hundredfold(table: &Table) -> Value {
    let rates = [FEW, MANY].map(|row| table.figure(row, CPU_RATE).median);
    json!({
        "resting_orders": [10_000, 1_000_000],
        "commands_per_s": rates,
        "times_per_command": thousandths(table.ratios[0].permille.median),
    })
}

/// Times of the mass cancels, by resting orders, alone and while others wait.
#[must_use]
pub fn of_mass_cancels(table: &Table) -> Value {
    let rows =
        |alone, waiting| json!({ "alone": times(table, alone), "waiting": times(table, waiting) });
    json!({ "10000": rows(FEW, FEW_WAITING), "1000000": rows(MANY, MANY_WAITING) })
}

fn contender(tables: &FlowTables, name: &str) -> Value {
    let mut figures = times(&tables.service_times, name);
    figures["commands_per_s"] = json!(tables.rates.figure(name, CPU_RATE).median);
    figures["commands_per_wall_s"] = json!(tables.rates.figure(name, WALL_RATE).median);
    figures
}

fn times(table: &Table, name: &str) -> Value {
    let time = |figure| table.figure(name, figure).median;
    json!({ "p50_ns": time("p50_ns"), "p99_ns": time("p99_ns"), "p999_ns": time("p999_ns") })
}

/// Our rate by that of the peer that comes closest, formed within rounds; null without peers.
fn ratio_to_best_peer(rates: &Table) -> Value {
    let ratios = rates.ratios.iter().map(|Ratio { permille, .. }| permille.median);
    ratios.min().map_or(Value::Null, thousandths)
}

/// A number with three decimals.
fn thousandths(permille: u64) -> Value {
    let text = format!("{}.{:03}", permille / 1000, permille % 1000);
    json!(text.parse::<f64>().unwrap_or(f64::NAN))
}

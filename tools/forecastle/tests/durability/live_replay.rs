//! `forecastle replay DIR --exchange READY.json`: a recorded day fed to a live exchange.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use forecastle_client::KeyFile;
use forecastle_proto_spec::Side;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::desk::Desk;
use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::{CASH, Floor, open_account, open_event, place};
use crate::journal_command::answer;
use crate::recorded_day::{order, recorded_day};

#[test]
fn a_fresh_exchange_ends_with_the_same_books_and_balances() {
    let recorded = recorded_day();
    let before = state(&recorded);
    let (target, figures) = fed(&recorded, ExchangeProcess::start(), &[]);
    assert_eq!(figures["books_agree"], true, "{figures}");
    assert_eq!(figures["digest"], before["digest"]);
    assert_eq!((&figures["unlike"], &figures["unanswered"]), (&json!(0), &json!(0)), "{figures}");
    assert_eq!(figures["sessions"], 4);
    let after = state(&target);
    for part in ["accounts", "books", "digest"] {
        assert_eq!(before[part], after[part], "{part}");
    }
    // Nothing of the journal is passed over in silence.
    let count = |value: &Value| value.as_u64().expect("it is a number");
    assert_eq!(count(&figures["records"]), count(&before["commands"]));
    let skipped = figures["skipped"].as_array().expect("it is a list");
    let skipped_count: u64 = skipped.iter().map(|row| count(&row["count"])).sum();
    assert_eq!(count(&figures["sent"]) + skipped_count, count(&figures["records"]));
    let rejected = figures["rejected"].as_object().expect("it is a map");
    let rejected_count: u64 = rejected.values().map(count).sum();
    assert_eq!(count(&figures["accepted"]) + rejected_count, count(&figures["sent"]));
    assert!(rejected.len() > 2 && count(&figures["accepted"]) > 300, "{figures}");
    for expected in ["EngineConfiguration", "EntitlementRequest", "Negotiate", "Continue"] {
        assert!(skipped.iter().any(|row| row["message"] == expected), "{figures}");
    }
    // What market makers and risk officers do is fed too; the day has all of it.
    for (effect, request) in [
        ("QuoteEntered", "MassQuote"),
        ("OrderMassStatusReport", "OrderMassStatusRequest"),
        ("OrderStatusReport", "OrderStatusRequest"),
        ("MarketMakerProtectionTriggered", "MarketMakerProtectionReset"),
        ("KillSwitchReport", "KillSwitchRequest"),
        ("AccountLimitsReport", "AccountLimitsRequest"),
    ] {
        let records = answer(&["journal", "dump", "--type", effect], &recorded);
        assert!(records.lines().count() > 0, "the day has no {effect}");
        assert!(skipped.iter().all(|row| row["message"] != request), "{figures}");
    }
}

#[test]
fn an_exchange_that_numbers_otherwise_gets_the_same_books() {
    let recorded = recorded_day();
    let target = ExchangeProcess::start();
    let mut admin = Desk::open(&target, "admin");
    let mut trader = Desk::open(&target, "trader-3");
    let firm_id = target.keys.named("trader-3").expect("the exchange made this key").firm_id;
    open_account(&mut admin, 60, firm_id, CASH);
    let (_, security_id) = open_event(&mut admin, 2, true);
    for price in [3_000, 3_001] {
        place(&mut trader, order(security_id, 60, (Side::Buy, 5, price)));
    }
    admin.terminate();
    trader.terminate();
    let (target, figures) = fed(&recorded, target, &[]);
    assert_eq!((&figures["unlike"], &figures["books_agree"]), (&json!(0), &Value::Null));
    let reason = "the exchange was not fresh: it had 1 accounts and 2 markets";
    assert_eq!(figures["not_compared"], reason);
    let (before, after) = (state(&recorded), state(&target));
    let list = |state: &Value, name: &str| state[name].as_array().cloned().expect("it is a list");
    let books = |state: &Value| list(state, "books").iter().map(levels).collect::<Vec<_>>();
    assert_eq!(books(&before), books(&after)[2..]);
    assert_eq!(books(&after)[0]["bids"].as_array().map(Vec::len), Some(2));
    let accounts = list(&before, "accounts").into_iter().map(|mut account| {
        let positions = account["positions"].as_object().expect("positions are a map");
        let moved = positions.iter().map(|(market, lots)| {
            let market: u32 = market.parse().expect("a market is a number");
            ((market + 2).to_string(), lots.clone())
        });
        account["positions"] = Value::Object(moved.collect());
        account
    });
    assert_eq!(accounts.collect::<Vec<_>>(), list(&after, "accounts")[..2]);
}

#[test]
fn sessions_without_a_key_are_left_out_and_counted() {
    let recorded = recorded_day();
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    fs::write(folder.path().join("exchange.toml"), Setup::default().configuration())
        .expect("the folder is writable");
    fs::create_dir(data_folder(&folder)).expect("the folder is writable");
    let keys = KeyFile::generate(1).expect("the system gives random numbers");
    keys.write_new(&data_folder(&folder).join("keys.toml")).expect("the folder is writable");
    let target = ExchangeProcess::spawn(folder);
    let output = feed(&data_folder(&recorded), &target.folder.path().join("ready.json"), &[]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let figures: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!((&figures["sessions"], &figures["books_agree"]), (&json!(3), &json!(false)));
    let count = |message: &str, reason: &str| {
        let rows = figures["skipped"].as_array().expect("it is a list");
        let row = rows.iter().find(|row| row["message"] == message && row["reason"] == reason);
        row.map_or(0, |row| row["count"].as_u64().expect("it is a number"))
    };
    assert!(count("NewOrderSingle", "the exchange has no key of that id") > 50, "{figures}");
    assert!(count("OrderCancelRequest", "its order_id never came to be at the exchange") > 0);
}

#[test]
fn the_recording_s_own_time_is_kept_over_the_speed() {
    let mut floor = Floor::open();
    for price in [4_000, 4_001] {
        place(&mut floor.maker, order(floor.security_id, 1, (Side::Buy, 1, price)));
        let end = Instant::now() + GAP;
        while price == 4_000 && Instant::now() < end {
            floor.drive();
            std::thread::yield_now();
        }
    }
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    let recorded = exchange.end_and_keep("TERM");
    assert!(gap(&recorded) >= GAP);
    for (speed, expected) in [("3", GAP / 3), ("0.75", GAP * 4 / 3)] {
        let start = Instant::now();
        let (target, figures) = fed(&recorded, ExchangeProcess::start(), &["--speed", speed]);
        assert!(start.elapsed() > expected);
        // Both may be late by what the figures say.
        let late = Duration::from_secs_f64(figures["late_s"].as_f64().expect("it is a number"));
        let found = gap(&target);
        assert!(found + late + TICK >= expected, "speed {speed}: {found:?}, {late:?} late");
    }
    let (target, figures) = fed(&recorded, ExchangeProcess::start(), &["--speed", "max"]);
    assert!(gap(&target) < GAP, "{:?}", gap(&target));
    assert_eq!(figures["late_s"], 0.0);
}

#[test]
fn the_order_within_sessions_alone_loses_nothing() {
    let recorded = recorded_day();
    let (_, figures) = fed(&recorded, ExchangeProcess::start(), &["--order", "session"]);
    let before = state(&recorded);
    assert_eq!(figures["records"], before["commands"]);
    assert_eq!(figures["unanswered"], 0);
    assert_eq!(figures["not_compared"], "only the order within each session was kept");
}

#[test]
fn each_way_to_fail_has_its_exit_code() {
    let recorded = recorded_day();
    let data = data_folder(&recorded);
    let code = |data: &Path, ready: &Path, more: &[&str]| feed(data, ready, more).status.code();
    let mut target = ExchangeProcess::start();
    let ready = target.folder.path().join("ready.json");
    let nowhere = recorded.path().join("nowhere");
    assert_eq!(code(&data, &nowhere, &[]), Some(5), "no ready file");
    assert_eq!(code(&nowhere, &ready, &[]), Some(4), "no journal");
    for wrong in [["--speed", "0"], ["--expect", "00"], ["--every", "5"], ["--order", "none"]] {
        assert_eq!(code(&data, &ready, &wrong), Some(2), "{wrong:?}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    let output = command.arg("replay").arg(&data).args(["--speed", "1"]).output();
    assert_eq!(output.expect("the binary was built by cargo").status.code(), Some(2));
    target.kill();
    let output = feed(&data, &ready, &[]);
    assert_eq!(output.status.code(), Some(5), "nobody answers");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the exchange does not answer"), "{said}");
    let segment = fs::read_dir(data.join("journal")).expect("there is a journal").next();
    let segment = segment.expect("it has a segment").expect("it can be read").path();
    let mut bytes = fs::read(&segment).expect("it can be read");
    bytes[8192 + 256 + 8] ^= 1;
    fs::write(&segment, bytes).expect("it can be written");
    assert_eq!(code(&data, &ready, &[]), Some(4), "a damaged journal");
}

fn feed(data: &Path, ready: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.arg("replay").arg(data).arg("--exchange").arg(ready).arg("--json").args(more);
    command.output().expect("the binary was built by cargo")
}

/// Feeds a journal to an exchange and stops that; gives its folder and the figures printed.
pub fn fed(recorded: &TempDir, target: ExchangeProcess, more: &[&str]) -> (TempDir, Value) {
    let output = feed(&data_folder(recorded), &target.folder.path().join("ready.json"), more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let figures = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    (target.end_and_keep("TERM"), figures)
}

/// Books and balances at the end of an exchange's journal.
pub fn state(folder: &TempDir) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.args(["journal", "at"]).arg(data_folder(folder)).arg(u64::MAX.to_string());
    let output = command.output().expect("the binary was built by cargo");
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

/// A book without the numbers that an exchange gives.
fn levels(book: &Value) -> Value {
    let side = |name: &str| -> Value {
        let orders = book[name].as_array().expect("a side is a list");
        orders.iter().map(|it| json!([it["price"], it["quantity"], it["account"]])).collect()
    };
    json!({ "status": book["status"], "bids": side("bids"), "asks": side("asks") })
}

/// Between the sequencing of the first order and of the last.
fn gap(folder: &TempDir) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.args(["journal", "dump", "--type", "NewOrderSingle"]).arg(data_folder(folder));
    let output = command.output().expect("the binary was built by cargo");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let times: Vec<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("it prints JSON lines"))
        .map(|record| record["sequencing_time_ns"].as_u64().expect("it is a number"))
        .collect();
    let [first, .., last] = times[..] else { panic!("there are two orders: {text}") };
    Duration::from_nanos(last - first)
}

const GAP: Duration = Duration::from_millis(1_500);
/// What is not counted as late.
const TICK: Duration = Duration::from_millis(1);

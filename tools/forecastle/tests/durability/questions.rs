//! `forecastle replay` and `forecastle journal` asked about a journal whose story is known.

use std::process::Command;

use forecastle_proto_spec::{ExecutionReportTrade, OrderCancelRequest, Side};
use serde_json::Value;
use tempfile::TempDir;
use zerocopy::FromZeros as _;

use crate::exchange_process::{ExchangeProcess, data_folder};
use crate::floor::{CASH, Floor, MAKER_ACCOUNT, place};
use crate::journal_command::{answer, ask};

/// A stopped exchange in which one ask was filled by half and cancelled, one rests, one was filled.
pub struct Story {
    /// What it left.
    pub folder: TempDir,
    cancelled_id: u64,
    resting_id: u64,
    filled_id: u64,
    /// Position of the first fill.
    fill_position: u64,
}

pub fn story(last_quantity: u32) -> Story {
    let mut floor = Floor::open_in(ExchangeProcess::start());
    let ask = floor.order(Side::Sell, 10, 5_000);
    let cancelled_id = floor.place_for_maker(ask);
    let bid = floor.order(Side::Buy, 5, 5_000);
    let filled_id = floor.place_for_taker(bid);
    let fill = floor
        .maker
        .await_report(|report: &ExecutionReportTrade| report.order_id.get() == cancelled_id);
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.cl_ord_id.set(floor.maker.new_id());
    cancel.order_id.set(cancelled_id);
    cancel.security_id.set(floor.security_id);
    floor.maker.send(&cancel);
    let mut ask = floor.order(Side::Sell, last_quantity, 6_000);
    ask.account.set(MAKER_ACCOUNT);
    let resting_id = place(&mut floor.maker, ask);
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    let folder = exchange.end_and_keep("TERM");
    let fill_position = fill.exec_id.get() & !1;
    Story { folder, cancelled_id, resting_id, filled_id, fill_position }
}

#[test]
fn an_order_s_life_is_explained() {
    let story = story(7);
    let explain =
        |id: u64| answer(&["journal", "explain", "--order", &id.to_string()], &story.folder);
    let cancelled = explain(story.cancelled_id);
    for expected in ["accepted: Sell 10 lots at 5000", "trades 5 lots at 5000 as resting, 5 left"] {
        assert!(cancelled.contains(expected), "{cancelled}");
    }
    let verdict = cancelled.lines().last().expect("there is a verdict");
    assert!(verdict.contains("5 of 10 lots traded in 1 trades at 5000"), "{verdict}");
    assert!(verdict.contains("cancelled: 5 lots left, UserRequest"), "{verdict}");
    let filled = explain(story.filled_id);
    assert!(filled.trim_end().ends_with("it was filled"), "{filled}");
    let resting = explain(story.resting_id);
    assert!(resting.contains("nothing traded; it rests in market"), "{resting}");
    assert!(resting.contains("Sell at 6000 with 0 lots ahead"), "{resting}");
    assert!(resting.contains("the other side was empty all its life"), "{resting}");
    let output = ask(&["journal", "explain", "--order", "999"], &[&data_folder(&story.folder)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no order 999 in this journal"));
}

#[test]
fn the_state_at_a_position_is_that_of_the_moment() {
    let story = story(7);
    let at = |position: u64| {
        let folder = data_folder(&story.folder);
        let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
        command.args(["journal", "at"]).arg(folder).arg(position.to_string());
        let output = command.output().expect("the binary was built by cargo");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("it prints JSON")
    };
    let cash = |state: &Value| {
        let accounts = state["accounts"].as_array().expect("accounts are a list");
        let maker = accounts.iter().find(|account| account["account"] == MAKER_ACCOUNT);
        maker.expect("the maker has an account")["cash"].as_i64().expect("cash is a number")
    };
    // The fill's record ends behind the fill: before it nothing has been paid.
    assert_eq!(cash(&at(story.fill_position)), CASH);
    let end = at(u64::MAX);
    assert_eq!(cash(&end), CASH + 25_000);
    let book = &end["books"][0];
    assert_eq!(book["asks"][0]["quantity"], 7);
    assert_eq!(book["asks"][0]["order_id"], story.resting_id);
    assert_eq!(book["bids"].as_array().map(Vec::len), Some(0));
}

#[test]
fn two_journals_part_where_they_do() {
    let (first, second) = (story(7), story(8));
    let (a, b) = (data_folder(&first.folder), data_folder(&second.folder));
    let output = ask(&["journal", "diff"], &[&a, &a]);
    assert_eq!(output.status.code(), Some(0));
    // Keys are drawn at random, so the first thing that differs is the time of the first record.
    let output = ask(&["journal", "diff"], &[&a, &b]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("part after 0 equal records") && said.contains("EngineConfiguration"));
}

#[test]
fn a_dump_shows_what_the_filter_admits() {
    let story = story(7);
    let lines = answer(&["journal", "dump", "--type", "Trade"], &story.folder);
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let record: Value = serde_json::from_str(&lines).expect("it prints JSON");
    assert_eq!(record["command"]["message"], "NewOrderSingle");
    let effects = record["effects"].as_array().expect("effects are a list");
    let trade = effects.iter().find(|effect| effect["message"] == "Trade").expect("it traded");
    assert_eq!(trade["position"], story.fill_position);
    assert_eq!((&trade["quantity"], &trade["price"]), (&5.into(), &5_000.into()));
    let none = answer(&["journal", "dump", "--account", "63"], &story.folder);
    assert_eq!(none, "");
    let from = (story.fill_position + 1).to_string();
    let later = answer(&["journal", "dump", "--type", "Trade", "--from", &from], &story.folder);
    assert_eq!(later, "");
    let table = answer(&["journal", "dump", "--format", "csv"], &story.folder);
    let header = "position,sequencing_time_ns,session,role,message,fields";
    assert_eq!(table.lines().next(), Some(header));
    assert!(table.lines().skip(1).all(|line| line.split(',').count() == 6), "six columns each");
    let listed = answer(&["journal", "ls", "--json"], &story.folder);
    let kinds: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON lines")["kind"].clone())
        .collect();
    assert_eq!(kinds, ["segment", "end"]);
}

#[test]
fn an_expected_digest_that_does_not_come_out_is_a_difference() {
    let story = story(7);
    let report = answer(&["replay", "--json"], &story.folder);
    let report: Value = serde_json::from_str(&report).expect("it prints JSON");
    for key in ["commands", "records", "commands_per_s"] {
        assert!(report[key].as_u64() > Some(0), "{key}: {report}");
    }
    assert_eq!((&report["mismatches"], &report["chain"]), (&0.into(), &"verified".into()));
    let digest = report["digest"].as_str().expect("a digest is text");
    answer(&["replay", "--expect", digest], &story.folder);
    let output = ask(&["replay", "--expect", "0123"], &[&data_folder(&story.folder)]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not 0123"));
    let output = ask(&["replay"], &[&story.folder.path().join("nowhere")]);
    assert_eq!(output.status.code(), Some(4));
}

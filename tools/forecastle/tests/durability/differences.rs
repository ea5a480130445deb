//! Journals that verify to the last byte and say something else than their execution: every
//! reader that executes stops at the record and names what differs.

use std::process::{Command, Output};

use forecastle_proto_spec::{NewOrderSingle, Trade};
use serde_json::Value;
use tempfile::TempDir;

use crate::exchange_process::{ExchangeProcess, data_folder};
use crate::floor::Floor;
use crate::restarts::refused;
use crate::rewritten::{JournaledRecord, rewrite};

/// The folder of an exchange in which two orders were traded, and stopped.
fn traded() -> TempDir {
    let mut floor = Floor::open();
    floor.trade_one_order();
    floor.trade_one_order();
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    exchange.end_and_keep("TERM")
}

fn forecastle(arguments: &[&str], folder: &TempDir) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
    command.args(arguments).arg(data_folder(folder)).output().expect("it was built by cargo")
}

/// Rewrites the journal so, and expects everybody to stop at the position that `plant` gives,
/// with words that it gives.
fn expect_difference(plant: impl FnOnce(&mut [JournaledRecord]) -> (u64, Vec<String>)) {
    let folder = traded();
    let mut planted = None;
    rewrite(&data_folder(&folder), |records| planted = Some(plant(records)));
    let (position, mut words) = planted.expect("it was called");
    words.push(format!("differs from the journal at position {position},"));
    let output = forecastle(&["journal", "verify"], &folder);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "checksums and chain are right: {said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("chain         verified"));
    let output = forecastle(&["replay", "--json"], &folder);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(report["mismatches"], 1, "{report}");
    let snapshot = forecastle(&["journal", "snapshot"], &folder);
    let refusal = String::from_utf8_lossy(&snapshot.stderr);
    assert_eq!(snapshot.status.code(), Some(3), "{refusal}");
    let line = refused(&folder, 3);
    for said in [&*said, &*refusal, &line] {
        for word in &words {
            assert!(said.contains(word.as_str()), "no {word:?} in: {said}");
        }
    }
}

/// The first record with a trade, and the index of that effect.
fn trade_record(records: &mut [JournaledRecord]) -> (&mut JournaledRecord, usize) {
    let mut records = records.iter_mut();
    let found = records.find_map(|record| {
        let index = record.effect::<Trade>()?.0;
        Some((record, index))
    });
    found.expect("two orders were traded")
}

#[test]
fn an_effect_that_execution_does_not_give_is_named() {
    expect_difference(|records| {
        let (record, index) = trade_record(records);
        let (_, trade) = record.effect::<Trade>().expect("it has a trade");
        let price = trade.price.get();
        trade.price.set(price + 1);
        (record.position, vec![format!("in effect {index}: journaled ")])
    });
}

#[test]
fn a_state_digest_that_execution_does_not_give_is_named() {
    expect_difference(|records| {
        // Not the last one: the frame's header repeats that of its last record.
        let (record, _) = trade_record(records);
        let digest = record.header().state_digest.get();
        record.header().state_digest.set(digest ^ 1);
        let digests = format!("journaled {:016x}, executed {digest:016x}", digest ^ 1);
        (record.position, vec![format!("in the state digest: {digests}")])
    });
}

#[test]
fn a_last_state_digest_that_execution_does_not_give_is_named() {
    expect_difference(|records| {
        let record = records.last_mut().expect("there are records");
        let digest = record.header().state_digest.get();
        record.header().state_digest.set(!digest);
        (record.position, vec![format!("executed {digest:016x}")])
    });
}

#[test]
fn a_command_whose_effects_are_those_of_another_is_named() {
    expect_difference(|records| {
        let (record, _) = trade_record(records);
        let order = record.command::<NewOrderSingle>().expect("an order trades");
        order.order_qty.set(2);
        // Two lots are accepted instead of one: the first effect says so already.
        (record.position, vec!["in effect 0: journaled ".to_string()])
    });
}

#[test]
fn a_count_of_effects_that_is_not_theirs_is_named() {
    expect_difference(|records| {
        let (record, _) = trade_record(records);
        let count = record.header().effect_count.get();
        record.header().effect_count.set(count + 1);
        (record.position, vec!["in its header: journaled ".to_string()])
    });
}

/// What plants differences leaves everything else as it was.
#[test]
fn a_journal_that_was_rewritten_unchanged_is_executed_and_gone_on_with() {
    let folder = traded();
    let before = forecastle(&["replay", "--json"], &folder);
    rewrite(&data_folder(&folder), |_| {});
    let after = forecastle(&["replay", "--json"], &folder);
    let digest = |output: &Output| {
        let report: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        report["state_digest"].clone()
    };
    assert_eq!(digest(&before), digest(&after));
    let exchange = ExchangeProcess::spawn(folder);
    assert!(exchange.end_by("TERM").status.success());
}

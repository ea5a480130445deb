//! What changed between a stop and a start: levels, keys, rules, the clock.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use forecastle_client::{AccessKey, KeyFile, OrderEntry, SessionError};
use forecastle_engine::{CommandInput, Engine, EngineConfig};
use forecastle_node::write_record;
use forecastle_proto_spec::{
    AccountReport, AcknowledgementLevel, EngineConfiguration, RECORD_LENGTH_MAX, RecordHeader,
    Side, StateReportRequest, StateScope,
};
use tempfile::TempDir;
use zerocopy::FromZeros as _;

use crate::damage::{forecastle, traded};
use crate::desk::{Desk, options};
use crate::exchange_process::{ExchangeProcess, data_folder};
use crate::floor::{CASH, Floor, MAKER_ACCOUNT, place};
use crate::inbox::PATIENCE;
use crate::restarts::refused;
use crate::rewritten::{JournaledRecord, rewrite};

/// The folder of a stopped exchange in which the maker sold one lot for 5000.
fn sold() -> (TempDir, u32) {
    let mut floor = Floor::open();
    floor.trade_one_order();
    let (exchange, security_id) = (floor.exchange, floor.security_id);
    drop((floor.admin, floor.maker, floor.taker));
    (exchange.end_and_keep("TERM"), security_id)
}

fn cash_of_maker(desk: &mut Desk) -> i64 {
    let mut request = StateReportRequest::new_zeroed();
    request.scope = StateScope::Account.into();
    request.account.set(MAKER_ACCOUNT);
    desk.send(&request);
    desk.await_report(|_: &AccountReport| true).cash.get()
}

fn expect_replay(folder: &TempDir, code: i32) -> String {
    let output = forecastle(&["replay", "--json"], &data_folder(folder));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn the_level_may_change_at_every_start_and_sessions_are_told_the_new_one() {
    let (mut folder, security_id) = sold();
    let path = folder.path().join("exchange.toml");
    let text = fs::read_to_string(&path).expect("it was started with one");
    for (round, name, level) in [
        (1, "memory", AcknowledgementLevel::Memory),
        (2, "written", AcknowledgementLevel::Written),
        (3, "durable", AcknowledgementLevel::Durable),
        (4, "memory", AcknowledgementLevel::Memory),
    ] {
        let path = folder.path().join("exchange.toml");
        let changed = format!("{text}acknowledgement = \"{name}\"\n");
        fs::write(&path, changed).expect("it is writable");
        let exchange = ExchangeProcess::spawn(folder);
        let mut maker = Desk::open(&exchange, "trader-1");
        assert_eq!(maker.acknowledgement_level(), u8::from(level), "round {round}");
        assert_eq!(cash_of_maker(&mut maker), CASH + 5_000);
        for _ in 0..round * 100 {
            maker.new_id();
        }
        place(&mut maker, ask(security_id));
        drop(maker);
        folder = exchange.end_and_keep("TERM");
    }
    expect_replay(&folder, 0);
}

fn ask(security_id: u32) -> forecastle_proto_spec::NewOrderSingle {
    let mut order = forecastle_proto_spec::NewOrderSingle::new_zeroed();
    order.security_id.set(security_id);
    order.account.set(MAKER_ACCOUNT);
    order.order_qty.set(1);
    order.price.set(9_000);
    order.side = Side::Sell.into();
    order.time_in_force = forecastle_proto_spec::TimeInForce::GoodTillCancel.into();
    order
}

#[test]
fn keys_may_go_come_and_change_between_starts() {
    let (folder, security_id) = sold();
    let path = data_folder(&folder).join("keys.toml");
    let before = KeyFile::read(&path).expect("it was made");
    let mut keys = before.clone();
    keys.keys.retain(|key| key.name != "trader-2");
    let changed = keys.keys.iter_mut().find(|key| key.name == "trader-1").expect("it is there");
    changed.secret[0] ^= 1;
    let firm_id = changed.firm_id;
    let secret = [7; 32];
    // Above every id so far, and of the maker's firm.
    keys.keys.push(AccessKey {
        name: "colleague".to_string(),
        id: 300,
        firm_id,
        roles: forecastle_proto_spec::ROLES_TRADER,
        secret,
    });
    fs::remove_file(&path).expect("it is there");
    keys.write_new(&path).expect("it is gone");
    let exchange = ExchangeProcess::spawn(folder);
    let mut maker = Desk::open(&exchange, "trader-1");
    assert_eq!(cash_of_maker(&mut maker), CASH + 5_000);
    let mut colleague = Desk::open(&exchange, "colleague");
    place(&mut colleague, ask(security_id));
    for name in ["trader-1", "trader-2"] {
        let key = before.named(name).expect("it was made").clone();
        let old = forecastle_client::OrderEntryOptions { key, ..options(&exchange, "trader-1") };
        let refusal = OrderEntry::connect(&old, PATIENCE).map(|_| ()).expect_err("it is no key");
        let SessionError::Rejected { reason, .. } = &refusal else { panic!("{name}: {refusal}") };
        assert!(reason.contains("101 Credentials"), "{name}: {reason}");
    }
    drop((maker, colleague));
    let folder = exchange.end_and_keep("TERM");
    expect_replay(&folder, 0);
    // The first keys again: the place of the one that went was kept.
    fs::remove_file(&path).expect("it is there");
    before.write_new(&path).expect("it is gone");
    let exchange = ExchangeProcess::spawn(folder);
    let _taker = Desk::open(&exchange, "trader-2");
    let folder = exchange.end_and_keep("TERM");
    expect_replay(&folder, 0);
}

#[test]
fn another_key_of_the_chain_is_called_that() {
    let folder = traded(3);
    let path = data_folder(&folder).join("journal.key");
    let good = fs::read_to_string(&path).expect("it was made");
    fs::write(&path, "5a".repeat(32)).expect("it is writable");
    let line = refused(&folder, 4);
    assert!(line.contains("forged, or another key"), "{line}");
    assert!(expect_replay(&folder, 4).contains("another key"));
    fs::write(&path, "no key").expect("it is writable");
    let line = refused(&folder, 1);
    assert!(line.contains("journal.key holds no key of 64 hex digits"), "{line}");
    fs::write(&path, good).expect("it is writable");
    assert!(ExchangeProcess::spawn(folder).end_by("TERM").status.success());
}

#[test]
fn a_journal_of_other_rules_is_decoded_and_not_executed() {
    let folder = traded(3);
    let data = data_folder(&folder);
    let found = forecastle_engine::RULES_VERSION + 1;
    rewrite(&data, |records| {
        let configuration = records[0].command::<EngineConfiguration>();
        configuration.expect("a log begins with it").rules_version.set(found);
    });
    let line = refused(&folder, 6);
    let build = format!("written by forecastle {}", env!("CARGO_PKG_VERSION"));
    let asked = format!("position 0: rules version {found}, {build}");
    for said in [&line, &expect_replay(&folder, 6)] {
        assert!(said.contains(&asked), "no {asked:?} in {said}");
        assert!(said.contains(&format!("start a build that has rules version {found}")), "{said}");
    }
    assert_eq!(forecastle(&["journal", "snapshot"], &data).status.code(), Some(6));
    assert_eq!(at(&data, "18446744073709551615").status.code(), Some(6));
    for arguments in [&["journal", "verify"][..], &["journal", "ls"], &["journal", "dump"]] {
        let output = forecastle(arguments, &data);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    rewrite(&data, |records| {
        let configuration = records[0].command::<EngineConfiguration>();
        configuration.expect("a log begins with it").rules_version.set(found - 1);
    });
    assert!(ExchangeProcess::spawn(folder).end_by("TERM").status.success());
}

fn at(data: &Path, position: &str) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_forecastle"));
    let command = command.args(["journal", "at"]).arg(data).arg(position);
    command.output().expect("it was built by cargo")
}

/// Lets everything have happened so much later, as a machine whose clock is wrong has it.
fn shift(records: &mut [JournaledRecord], time_ns: i64) {
    let configuration = records[0].command::<EngineConfiguration>().expect("a log begins with it");
    let config = EngineConfig::from_message(configuration).expect("it is of this build");
    let mut engine = Engine::new(config).expect("it was one before");
    let mut scratch = vec![0; RECORD_LENGTH_MAX];
    for record in records {
        let header = *record.header();
        let shifted = header.sequencing_time_ns.get().checked_add_signed(time_ns);
        let input = CommandInput {
            session_id: header.session_id.get(),
            sequencing_time_ns: shifted.expect("it stays in this century"),
            position: record.position,
        };
        let start = size_of::<RecordHeader>();
        let command = &record.bytes[start..start + usize::from(header.command_length.get())];
        let length = write_record(&mut engine, input, command, &mut scratch);
        record.bytes.copy_from_slice(&scratch[..length]);
    }
}

fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_nanos()).expect("the clock is before 2262")
}

/// Shifts the journal so that its last record comes `ahead_ns` after now.
fn end_ahead_of_now(folder: &TempDir, ahead_ns: i64) {
    rewrite(&data_folder(folder), |records| {
        let last = records.last_mut().expect("there are records");
        let last_ns = last.header().sequencing_time_ns.get().cast_signed();
        shift(records, now_ns() + ahead_ns - last_ns);
    });
}

#[test]
fn a_clock_far_behind_the_last_record_is_refused_and_one_a_little_behind_goes_on() {
    let (folder, security_id) = sold();
    end_ahead_of_now(&folder, 3_600_000_000_000);
    expect_replay(&folder, 0);
    let line = refused(&folder, 1);
    let words = "behind the last record of the journal: set the clock";
    assert!(line.contains(words), "{line}");
    let behind = line.split_whitespace().find_map(|word| word.parse::<u64>().ok());
    let behind_ms = behind.expect("it says by how much");
    assert!((3_500_000..=3_600_000).contains(&behind_ms), "{line}");
    end_ahead_of_now(&folder, 900_000_000);
    let exchange = ExchangeProcess::spawn(folder);
    let mut maker = Desk::open(&exchange, "trader-1");
    for _ in 0..10 {
        maker.new_id();
    }
    place(&mut maker, ask(security_id));
    drop(maker);
    let folder = exchange.end_and_keep("TERM");
    // Times that fall are refused by every reader.
    expect_replay(&folder, 0);
}

//! What stands after a stop and a start: orders, numbers of ClOrdIDs, money, levels.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use forecastle_proto_spec::{
    AccountReport, AcknowledgementLevel, ExecutionReportCancelled, ExecutionReportRejected,
    OrderCancelRequest, RejectCode, Side, StateReportRequest, StateScope,
};
use tempfile::TempDir;
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::exchange_process::{ExchangeProcess, Setup, command, wait};
use crate::floor::{CASH, Floor, MAKER_ACCOUNT};

#[test]
fn orders_money_and_client_order_ids_stand_after_a_stop_and_after_a_kill() {
    let mut floor = Floor::open();
    floor.trade_one_order();
    let ask = floor.order(Side::Sell, 7, 6_000);
    let order_id = floor.place_for_maker(ask);
    let (security_id, mut exchange) = (floor.security_id, floor.exchange);
    drop((floor.admin, floor.maker, floor.taker));
    for round in 0..2 {
        exchange = if round == 0 {
            ExchangeProcess::spawn(exchange.end_and_keep("TERM"))
        } else {
            exchange.restart()
        };
        let mut maker = Desk::open(&exchange, "trader-1");
        let mut request = StateReportRequest::new_zeroed();
        request.scope = StateScope::Account.into();
        request.account.set(MAKER_ACCOUNT);
        maker.send(&request);
        let report = maker.await_report(|_: &AccountReport| true);
        assert_eq!((report.cash.get(), report.open_order_count.get()), (CASH + 5_000, 1));
        let mut again = forecastle_proto_spec::NewOrderSingle::new_zeroed();
        again.cl_ord_id.set(2);
        again.security_id.set(security_id);
        again.account.set(MAKER_ACCOUNT);
        again.order_qty.set(1);
        again.price.set(1);
        again.side = Side::Buy.into();
        again.time_in_force = 1;
        maker.send(&again);
        let reject = maker.await_report(|_: &ExecutionReportRejected| true);
        assert_eq!(reject.reject_code.get(), RejectCode::DuplicateClOrdId as u16, "round {round}");
    }
    let mut maker = Desk::open(&exchange, "trader-1");
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.cl_ord_id.set(900);
    cancel.security_id.set(security_id);
    cancel.order_id.set(order_id);
    maker.send(&cancel);
    let cancelled = maker.await_report(|_: &ExecutionReportCancelled| true);
    assert_eq!((cancelled.order_id.get(), cancelled.cancelled_qty.get()), (order_id, 7));
    let ending = exchange.end_by("TERM");
    assert!(ending.output.contains("commands from the beginning in"), "{}", ending.output);
}

#[test]
fn every_level_and_back_end_is_told_at_login_and_recovers() {
    for (journal, level) in [
        ("acknowledgement = \"memory\"\n", AcknowledgementLevel::Memory),
        ("acknowledgement = \"written\"\n", AcknowledgementLevel::Written),
        ("acknowledgement = \"durable\"\n", AcknowledgementLevel::Durable),
        ("backend = \"blocking\"\n", AcknowledgementLevel::Durable),
        ("persister = \"process\"\n", AcknowledgementLevel::Durable),
        ("persister = \"process\"\nacknowledgement = \"memory\"\n", AcknowledgementLevel::Memory),
        ("[threads]\nplacement = \"two\"\n", AcknowledgementLevel::Durable),
    ] {
        let setup = Setup { journal, ..Setup::default() };
        let mut floor = Floor::open_in(ExchangeProcess::start_with(&setup));
        floor.trade_one_order();
        assert_eq!(floor.maker.acknowledgement_level(), u8::from(level), "{journal}");
        let exchange = floor.exchange;
        drop((floor.admin, floor.maker, floor.taker));
        let exchange = ExchangeProcess::spawn(exchange.end_and_keep("TERM"));
        let mut maker = Desk::open(&exchange, "trader-1");
        let mut request = StateReportRequest::new_zeroed();
        request.scope = StateScope::Account.into();
        request.account.set(MAKER_ACCOUNT);
        maker.send(&request);
        let report = maker.await_report(|_: &AccountReport| true);
        assert_eq!(report.cash.get(), CASH + 5_000, "{journal}");
    }
}

#[test]
fn limits_may_grow_between_starts_and_one_that_is_too_low_is_named() {
    let floor = Floor::open();
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    let folder = exchange.end_and_keep("TERM");
    let path = folder.path().join("exchange.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("accounts_max = 64", "accounts_max = 1")).unwrap();
    let line = refused(&folder, 1);
    assert!(line.contains("accounts_max is too low: what stands needs 2"), "{line}");
    fs::write(&path, text.replace("accounts_max = 64", "accounts_max = 200")).unwrap();
    let exchange = ExchangeProcess::spawn(folder);
    let ended = exchange.end_and_keep("TERM");
    // The journal holds both configurations now, and is executed through the change.
    let exchange = ExchangeProcess::spawn(ended);
    let ending = exchange.end_by("TERM");
    assert!(ending.status.success(), "{}", ending.output);
}

#[test]
fn the_demo_goes_on_with_the_journal_of_an_earlier_run() {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    let configuration = folder.path().join("exchange.toml");
    fs::write(&configuration, Setup::default().configuration()).expect("the folder is writable");
    for round in 0..2 {
        let ready = folder.path().join("ready.json");
        let mut child = Command::new(env!("CARGO_BIN_EXE_forecastle"))
            .arg("--data")
            .arg(folder.path().join("data"))
            .arg("--config")
            .arg(&configuration)
            .arg("--ready-file")
            .arg(&ready)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built by cargo");
        std::thread::sleep(Duration::from_secs(3));
        let id = child.id().to_string();
        let killed = Command::new("kill").arg("-INT").arg(id).status();
        assert!(killed.expect("kill is a program of every system").success());
        let status = wait(&mut child);
        let output = child.wait_with_output().expect("it printed little");
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(status.success(), "round {round}: {errors}");
        let is_first = said.contains("recovered     0 commands");
        assert_eq!(is_first, round == 0, "{said}");
        assert!(said.contains(" trades of "), "{said}");
        for nothing in [" 0 orders,", " 0 cancels,", " 0 trades of "] {
            assert!(!said.contains(nothing), "nobody did that: {said}");
        }
    }
}

/// Starts a server on the folder that is to refuse; gives its one line on standard error.
pub fn refused(folder: &TempDir, code: i32) -> String {
    let mut command = command(folder);
    command.arg("--config").arg(folder.path().join("exchange.toml"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary was built by cargo");
    let status = wait(&mut child);
    let output = child.wait_with_output().expect("it printed little");
    let line = String::from_utf8(output.stderr).expect("it prints text");
    assert_eq!(status.code(), Some(code), "{line}");
    assert_eq!(line.trim_end().lines().count(), 1, "more than one line: {line}");
    line
}

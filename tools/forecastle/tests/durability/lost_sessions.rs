//! A day on which sessions are lost and end, some taking their orders with them, fed to another
//! exchange: the same orders end there.

use forecastle_client::{OnDisconnect, OrderEntry, OrderEntryOptions};
use forecastle_proto_spec::{
    CancelOnDisconnect, EXEC_INST_CANCEL_ON_DISCONNECT, ExecutionReportNew, Frame, MassActionScope,
    OrderMassStatusReport, OrderMassStatusRequest, Side,
};
use serde_json::{Value, json};
use zerocopy::FromZeros as _;

use crate::desk::options;
use crate::exchange_process::ExchangeProcess;
use crate::floor::{Floor, MAKER_ACCOUNT};
use crate::inbox::{Deadline, PATIENCE};
use crate::journal_command::answer;
use crate::live_replay::{fed, state};

/// One of the maker's sessions, with a bid that is marked to end with it and one that is not; the
/// exchange holds it for lost when it is silent for the keep-alive.
fn session_with_bids(
    floor: &Floor,
    (number, keep_alive_interval_ms): (u32, u32),
    on_disconnect: OnDisconnect,
) -> OrderEntry {
    let options = OrderEntryOptions {
        session_number: number,
        keep_alive_interval_ms,
        on_disconnect,
        ..options(&floor.exchange, "trader-1")
    };
    let mut session = OrderEntry::connect(&options, PATIENCE).expect("the exchange lets it in");
    for (cl_ord_id, exec_inst) in [(1, 0), (2, EXEC_INST_CANCEL_ON_DISCONNECT)] {
        let mut order = floor.order(Side::Buy, number, 1_000 + number as u16);
        order.cl_ord_id.set(cl_ord_id);
        order.account.set(MAKER_ACCOUNT);
        order.exec_inst = exec_inst;
        session.send(&order).expect("the session takes it");
    }
    let deadline = Deadline::patient();
    let mut accepted_count = 0;
    while accepted_count < 2 {
        let note = |frame: Frame<'_>| {
            accepted_count += u32::from(frame.body::<ExecutionReportNew>().is_some());
        };
        session.poll(note).expect("the session stays up");
        assert!(!deadline.is_over(), "{accepted_count} of 2 bids were accepted");
    }
    session
}

/// Waits until the maker's firm has so many live orders.
fn await_order_count(floor: &mut Floor, expected: u32) {
    let deadline = Deadline::patient();
    loop {
        let mut request = OrderMassStatusRequest::new_zeroed();
        request.request_id.set(floor.maker.new_id());
        request.scope = MassActionScope::Firm.into();
        let seq_num = floor.maker.send(&request);
        let is_it = |report: &OrderMassStatusReport| report.seq_num.get() == seq_num;
        let count = floor.maker.await_report(is_it).order_count.get();
        if count == expected {
            return;
        }
        assert!(!deadline.is_over(), "{count} orders live, not {expected}");
        floor.drive();
    }
}

#[test]
fn orders_that_ended_with_their_session_end_with_it_at_another_exchange() {
    let asking = |cancel, grace_ms| OnDisconnect { cancel, grace_ms };
    let mut floor = Floor::open();
    let on_terminate = asking(CancelOnDisconnect::OnTerminate, 0);
    let ended = session_with_bids(&floor, (1, CALM_MS), on_terminate);
    let keeping_to_the_end = session_with_bids(&floor, (2, CALM_MS), OnDisconnect::KEEP);
    drop((ended, keeping_to_the_end));
    // These go without a word.
    let on_loss = asking(CancelOnDisconnect::OnLoss, GRACE_MS);
    std::mem::forget(session_with_bids(&floor, (3, SHORT_MS), on_loss));
    std::mem::forget(session_with_bids(&floor, (4, SHORT_MS), OnDisconnect::KEEP));
    await_order_count(&mut floor, 3);
    floor.trade_one_order();
    let exchange = floor.exchange;
    drop((floor.admin, floor.maker, floor.taker));
    let recorded = exchange.end_and_keep("TERM");
    let (target, figures) = fed(&recorded, ExchangeProcess::start(), &[]);
    assert_eq!((&figures["books_agree"], &figures["unlike"]), (&Value::Bool(true), &json!(0)));
    let (before, after) = (state(&recorded), state(&target));
    assert_eq!(before["books"], after["books"]);
    let ended = |folder| {
        let records = answer(&["journal", "dump", "--type", "OrderCancelled"], folder);
        records.matches("\"reason\":12").count()
    };
    assert_eq!((ended(&recorded), ended(&target)), (5, 5));
}

/// Keep-alive of a session that goes politely, and of one that is going to be lost.
const CALM_MS: u32 = 60_000;
const SHORT_MS: u32 = 1_000;
const GRACE_MS: u16 = 100;

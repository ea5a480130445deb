//! A stop sends what was released before it: whoever reads on gets the last report.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use forecastle_proto_spec::{
    ExecutionReportCancelled, Frame, MassActionScope, MassActionType, Message as _, OrderCancelled,
    OrderMassActionRequest, Side,
};
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::{Floor, MAKER_ACCOUNT};
use crate::inbox::Deadline;
use crate::journal_file::Effects;

#[test]
fn a_client_that_reads_on_gets_every_report_that_was_released_before_a_stop() {
    let Piled { exchange, mut maker, positions } = pile_up();
    let deadline = Deadline::patient();
    let ready = exchange.folder.path().join("ready.json");
    let stop = thread::spawn(move || exchange.end_and_tell("TERM"));
    // The first thing that a stop does is to take this file away.
    while ready.exists() {
        assert!(!deadline.is_over(), "it does not stop");
        thread::sleep(Duration::from_micros(100));
    }
    let mut told = BTreeSet::new();
    let mut is_over = false;
    while !is_over {
        // Asked before the sockets are looked at: what was sent before the end lies in them.
        is_over = stop.is_finished();
        if is_over {
            maker.drain_what_was_sent()
        } else {
            maker.drive_while_alive()
        }
        told.extend(maker.take_reports().iter().filter_map(|bytes| reported(bytes)));
        // The pace of a slow reader, for whom the rest takes several windows.
        thread::sleep(Duration::from_millis(5));
    }
    let (_folder, output) = stop.join().expect("it ends");
    assert_eq!(told.len(), ORDER_COUNT, "reports of cancels: {output}");
    assert_eq!(told, positions);
}

#[test]
fn a_client_that_reads_nothing_holds_a_stop_up_for_a_bounded_time() {
    let Piled { exchange, maker, .. } = pile_up();
    let ending = exchange.end_by("TERM");
    assert!(ending.status.success(), "{}", ending.output);
    assert!(ending.duration < Duration::from_secs(3), "{:?}", ending.duration);
    drop(maker);
}

/// An exchange with more released reports for a client than its window holds.
struct Piled {
    exchange: ExchangeProcess,
    /// Reads nothing since.
    maker: Desk,
    /// Of the cancels that it is told of.
    positions: BTreeSet<u64>,
}

/// Lets a mass cancel end all of the maker's orders, and waits for the last in the journal.
fn pile_up() -> Piled {
    let setup = Setup { orders_max: 8_192, ..Setup::default() };
    let mut floor = Floor::open_in(ExchangeProcess::start_with(&setup));
    rest_orders(&mut floor, ORDER_COUNT);
    let mut sweep = OrderMassActionRequest::new_zeroed();
    sweep.cl_ord_id.set(floor.maker.new_id());
    sweep.scope = MassActionScope::Firm.into();
    sweep.action = MassActionType::Cancel.into();
    floor.maker.send(&sweep);
    let Floor { exchange, maker, .. } = floor;
    let data = data_folder(&exchange.folder);
    let mut effects = Effects::default();
    let deadline = Deadline::patient();
    while cancelled(&effects).len() < ORDER_COUNT {
        effects.read_on(&data);
        assert!(!deadline.is_over(), "{} are cancelled", cancelled(&effects).len());
    }
    let positions = cancelled(&effects);
    Piled { exchange, maker, positions }
}

/// Lets the maker rest so many asks of one lot.
fn rest_orders(floor: &mut Floor, count: usize) {
    for _ in 0..count {
        let mut ask = floor.order(Side::Sell, 1, 9_000);
        ask.account.set(MAKER_ACCOUNT);
        ask.cl_ord_id.set(floor.maker.new_id());
        floor.maker.send(&ask);
        floor.drive();
    }
    let deadline = Deadline::patient();
    let mut rested = 0;
    while rested < count {
        floor.drive();
        let is_new = |bytes: &&Vec<u8>| {
            let (frame, _) = Frame::parse(bytes).expect("only whole messages are kept");
            frame.template_id == forecastle_proto_spec::ExecutionReportNew::TEMPLATE_ID
        };
        rested += floor.maker.take_reports().iter().filter(is_new).count();
        assert!(!deadline.is_over(), "{rested} of {count} orders rest");
    }
}

/// Positions of the cancels in the journal.
fn cancelled(effects: &Effects) -> BTreeSet<u64> {
    let is_cancel = |bytes: &[u8]| {
        Frame::parse(bytes).is_ok_and(|(frame, _)| frame.template_id == OrderCancelled::TEMPLATE_ID)
    };
    let cancels = effects.by_position.iter().filter(|(_, bytes)| is_cancel(bytes));
    cancels.map(|(position, _)| *position).collect()
}

/// The position that a report of a cancel tells of.
fn reported(bytes: &[u8]) -> Option<u64> {
    let (frame, _) = Frame::parse(bytes).expect("only whole messages are kept");
    frame.body::<ExecutionReportCancelled>().map(|report| report.exec_id.get())
}

/// More reports than a client's window holds, fewer than would cut it off.
const ORDER_COUNT: usize = 5_000;

//! Reports that a client missed, sent once more out of the journal: byte for byte what it was sent
//! or would have been sent, over a kill and out of archived segments.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::ops::RangeInclusive;

use forecastle_client::{OrderEntry, Resumption};
use forecastle_proto_spec::{
    ExecutionReportNew, ExecutionReportTrade, Frame, Message as _, NewOrderSingle, RejectCode,
    Retransmission, RetransmissionComplete, RetransmitReject, Sequence, Side, TimeInForce,
};
use zerocopy::FromZeros as _;

use crate::desk::{Desk, options};
use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::{Floor, MAKER_ACCOUNT, TAKER_ACCOUNT};
use crate::inbox::{Deadline, PATIENCE};

fn order(security_id: u32, account: u32, cl_ord_id: u64, side: Side) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(cl_ord_id);
    order.security_id.set(security_id);
    order.account.set(account);
    order.order_qty.set(1);
    order.price.set(5_000);
    order.side = side.into();
    order.time_in_force = TimeInForce::GoodTillCancel.into();
    order
}

/// ExecID of an application report of a trader; 0 of any other message.
fn exec_id(report: &[u8]) -> u64 {
    let (frame, _) = Frame::parse(report).unwrap();
    let new = frame.body::<ExecutionReportNew>().map(|report| report.exec_id.get());
    new.or(frame.body::<ExecutionReportTrade>().map(|report| report.exec_id.get())).unwrap_or(0)
}

/// Polls until `is_done` says so of one message; gives the application reports until then.
fn poll_until(
    session: &mut OrderEntry,
    mut is_done: impl FnMut(&Frame<'_>) -> bool,
) -> Vec<Vec<u8>> {
    let deadline = Deadline::patient();
    let (mut reports, mut done) = (Vec::new(), false);
    while !done {
        let polled = session.poll(|frame| {
            done |= is_done(&frame);
            if exec_id(frame.bytes) > 0 {
                reports.push(frame.bytes.to_vec());
            } else {
                assert!(frame.template_id <= Sequence::TEMPLATE_ID || frame.template_id < 20);
            }
        });
        polled.expect("the session stays up");
        assert!(!deadline.is_over(), "no end after {} reports", reports.len());
    }
    reports
}

/// Everything the session is sent again from a position on, and what the frame around it said.
fn retransmitted(session: &mut OrderEntry, from_position: u64) -> Result<Vec<Vec<u8>>, RejectCode> {
    session.request_retransmission(from_position + 1, from_position).unwrap();
    let mut reject = None;
    let (mut begun, mut told_count) = (None, 0);
    let reports = poll_until(session, |frame| {
        if let Some(beginning) = frame.body::<Retransmission>() {
            assert_eq!(beginning.request_id.get(), from_position + 1);
            assert_eq!(beginning.from_position.get(), from_position);
            begun = Some(beginning.end_position);
        } else if let Some(refusal) = frame.body::<RetransmitReject>() {
            assert_eq!(refusal.request_id.get(), from_position + 1);
            reject = Some(RejectCode::try_from(refusal.reject_code.get()).unwrap());
        } else if let Some(complete) = frame.body::<RetransmissionComplete>() {
            assert_eq!(Some(complete.end_position), begun);
            told_count = complete.report_count.get();
            return true;
        }
        reject.is_some()
    });
    match reject {
        Some(code) => Err(code),
        None => {
            assert_eq!(reports.len(), told_count as usize);
            Ok(reports)
        }
    }
}

/// Rests orders; gives their reports as they came.
fn rest_orders(
    session: &mut OrderEntry,
    security_id: u32,
    cl_ord_ids: RangeInclusive<u64>,
) -> Vec<Vec<u8>> {
    let mut reports = Vec::new();
    for cl_ord_id in cl_ord_ids {
        session.send(&order(security_id, MAKER_ACCOUNT, cl_ord_id, Side::Sell)).unwrap();
        if cl_ord_id % IN_FLIGHT == 0 {
            reports.extend(poll_until(session, |frame| {
                let report = frame.body::<ExecutionReportNew>();
                report.is_some_and(|report| report.cl_ord_id.get() == cl_ord_id)
            }));
        }
    }
    reports
}

#[test]
fn a_client_that_was_away_is_sent_what_it_missed() {
    let setup =
        Setup { journal: "snapshot_bytes = 1048576\n", orders_max: 32_768, ..Setup::default() };
    let floor = Floor::open_in(ExchangeProcess::start_with(&setup));
    let (security_id, exchange) = (floor.security_id, floor.exchange);
    drop((floor.admin, floor.maker, floor.taker));
    let mut maker = OrderEntry::connect(&options(&exchange, "trader-1"), PATIENCE).unwrap();
    // Two snapshots, so that segments go into the archive behind the older one.
    let mut live = rest_orders(&mut maker, security_id, 1..=ORDERS / 2);
    await_files(&exchange, "snapshots", 1);
    live.extend(rest_orders(&mut maker, security_id, ORDERS / 2 + 1..=ORDERS));
    await_files(&exchange, "snapshots", 2);
    await_files(&exchange, "archive", 1);
    assert_eq!(live.len() as u64, ORDERS);
    let resumption: Resumption = maker.resumption();
    drop(maker);
    // While it is away its orders are filled, and the exchange is killed.
    let mut taker = Desk::open(&exchange, "trader-2");
    for cl_ord_id in 1..=FILLS {
        taker.send(&order(security_id, TAKER_ACCOUNT, 10_000 + cl_ord_id, Side::Buy));
        taker.await_report(|report: &ExecutionReportTrade| report.leaves_qty.get() == 0);
    }
    let mut exchange = exchange;
    exchange.kill();
    let exchange = exchange.restart();
    let mut maker =
        OrderEntry::resume(&options(&exchange, "trader-1"), &resumption, PATIENCE).unwrap();
    assert!(maker.is_resumed());

    let last = exec_id(live.last().unwrap());
    let missed = retransmitted(&mut maker, last & !1).unwrap();
    assert_eq!(missed[0], *live.last().unwrap(), "from the position itself on");
    assert_eq!(missed.len() as u64, 1 + FILLS);
    let fills = missed[1..].iter().map(|report| {
        let (frame, _) = Frame::parse(report).unwrap();
        let fill = *frame.body::<ExecutionReportTrade>().expect("it missed fills alone");
        assert_eq!(fill.exec_id.get() & 1, 1, "it was the resting side");
        fill.cl_ord_id.get()
    });
    assert_eq!(fills.collect::<Vec<_>>(), (1..=FILLS).collect::<Vec<_>>());

    // From the birth of the log on, archived segments and all: the same bytes once more.
    let everything = retransmitted(&mut maker, 0).unwrap();
    let own: Vec<_> =
        everything.iter().filter(|report| exec_id(report) >= exec_id(&live[0])).collect();
    assert_eq!(own.len() as u64, ORDERS + FILLS);
    assert!(own[..live.len()].iter().zip(&live).all(|(again, first)| *again == first));
    assert!(own[live.len()..].iter().zip(&missed[1..]).all(|(again, first)| *again == first));
    let refused = retransmitted(&mut maker, 1 << 40);
    assert_eq!(refused, Err(RejectCode::RetransmitOutOfRange));
    let nothing = retransmitted(&mut maker, exec_id(missed.last().unwrap()) + 7).unwrap();
    assert_eq!(nothing, Vec::<Vec<u8>>::new());
}

/// Waits until a folder of the exchange's data holds so many files.
fn await_files(exchange: &ExchangeProcess, folder: &str, count: usize) {
    let path = data_folder(&exchange.folder).join(folder);
    let deadline = Deadline::patient();
    while fs::read_dir(&path).unwrap().count() < count {
        assert!(!deadline.is_over(), "fewer than {count} {folder}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

const ORDERS: u64 = 16_000;
const IN_FLIGHT: u64 = 100;
const FILLS: u64 = 300;

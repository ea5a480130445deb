//! Orders over a network that loses datagrams both ways: every one acknowledged once, in order.

use forecastle_proto_spec::ExecutionReportNew;

use crate::bad_orders::good_order;
use crate::floor::{Floor, MAKER_ACCOUNT};
use crate::plain_socket::PlainSocket;

#[test]
fn two_thousand_orders_over_a_lossy_network_are_acknowledged_once_and_in_order() {
    const SEED: u64 = 0x105_5EED;
    const PERCENT: u64 = 5;
    const ORDER_COUNT: u64 = 2_000;
    const OUTSTANDING_MAX: u64 = 128;
    println!("seed {SEED:#x}");
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-1");
    let before = floor.counters();
    socket.lose(PERCENT, SEED);
    let mut order = good_order(&floor, 0);
    order.account.set(MAKER_ACCOUNT);
    let mut acknowledged = Vec::new();
    for cl_ord_id in 1..=ORDER_COUNT {
        order.cl_ord_id.set(cl_ord_id);
        socket.request(&order);
        while cl_ord_id - acknowledged.len() as u64 >= OUTSTANDING_MAX {
            let report = socket.await_report(|_: &ExecutionReportNew| true);
            acknowledged.push(report.cl_ord_id.get());
        }
        if cl_ord_id % 200 == 0 {
            floor.drive();
        }
    }
    while acknowledged.len() < ORDER_COUNT as usize {
        let report = socket.await_report(|_: &ExecutionReportNew| true);
        acknowledged.push(report.cl_ord_id.get());
    }
    assert_eq!(acknowledged, (1..=ORDER_COUNT).collect::<Vec<_>>());
    let others = socket.drain();
    assert!(others.is_empty(), "nothing else was said: {others:02x?}");
    let after = floor.counters();
    let risen = |label: &str| after[label] - before[label];
    assert!(risen("order_entry.naks") > 0, "nothing was lost on the way in: {after:?}");
    assert!(risen("reports.retransmits") > 0, "nothing was lost on the way out: {after:?}");
    assert_eq!(risen("order_entry.gaps_skipped"), 0);
    floor.trade_one_order();
}

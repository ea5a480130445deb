//! Numbers of the client flow that come twice, too late or not at all.

use forecastle_proto_spec::{
    BusinessMessageReject, ExecutionReportRejected, NewOrderSingle, NotApplied,
};
use zerocopy::FromZeros as _;

use crate::floor::Floor;
use crate::plain_socket::PlainSocket;

#[test]
fn a_number_that_came_before_is_a_duplicate() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-3");
    let order = order(1);
    let seq_num = socket.request(&order);
    assert_eq!(seq_num, 1);
    socket.await_report(|report: &ExecutionReportRejected| report.seq_num.get() == 1);
    let before = floor.counter("session.duplicate_seq_num");
    for seq_num in [1, 0, 1] {
        socket.request_as(&order, seq_num);
        let reject = socket.await_report(|_: &BusinessMessageReject| true);
        assert_eq!((reject.reject_code.get(), reject.ref_seq_num.get()), (207, seq_num));
    }
    floor.await_counter("session.duplicate_seq_num", before + 3);
    floor.trade_one_order();
}

#[test]
fn numbers_left_out_are_reported_and_never_applied_later() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-3");
    socket.skip_numbers(3);
    socket.request(&order(1));
    let missed = socket.await_report(|_: &NotApplied| true);
    assert_eq!((missed.from_seq_num.get(), missed.count.get()), (1, 3));
    let refused = socket.await_report(|_: &ExecutionReportRejected| true);
    assert_eq!(refused.seq_num.get(), 4);
    assert!(missed.exec_id < refused.exec_id);
    socket.request_as(&order(2), 2);
    let reject = socket.await_report(|_: &BusinessMessageReject| true);
    assert_eq!((reject.reject_code.get(), reject.ref_seq_num.get()), (207, 2));
    floor.trade_one_order();
}

#[test]
fn the_last_number_of_all_ends_the_flow_without_wrapping() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-3");
    socket.request_as(&order(1), u32::MAX);
    let missed = socket.await_report(|_: &NotApplied| true);
    assert_eq!((missed.from_seq_num.get(), missed.count.get()), (1, u32::MAX - 1));
    socket.await_report(|report: &ExecutionReportRejected| report.seq_num.get() == u32::MAX);
    for seq_num in [u32::MAX, 0, 1] {
        socket.request_as(&order(2), seq_num);
        let reject = socket.await_report(|_: &BusinessMessageReject| true);
        assert_eq!(reject.reject_code.get(), 207);
    }
    floor.trade_one_order();
}

/// An order that is refused for its market, so that its number alone matters.
fn order(cl_ord_id: u64) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(cl_ord_id);
    order.side = 1;
    order.time_in_force = 1;
    order.price.set(5_000);
    order.order_qty.set(1);
    order.security_id.set(60_000);
    order
}

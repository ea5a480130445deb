//! Orders, replaces, cancels and mass actions with a field that cannot be: each is refused by its
//! code, and the refused number is used.

use forecastle_proto_spec::{
    ExecutionReportCancelled, ExecutionReportNew, ExecutionReportRejected, NewOrderSingle,
    OrderCancelReject, OrderCancelReplaceRequest, OrderCancelRequest, OrderMassActionRequest,
};
use zerocopy::FromZeros as _;

use crate::floor::{Floor, MAKER_ACCOUNT, TAKER_ACCOUNT};
use crate::plain_socket::PlainSocket;

#[test]
fn an_order_with_an_impossible_field_is_refused_by_its_code() {
    type Change = fn(&mut NewOrderSingle);
    let cases: [(u16, Change); 23] = [
        (301, |order| order.cl_ord_id.set(0)),
        (302, |order| order.side = 0),
        (302, |order| order.side = 3),
        (302, |order| order.side = 255),
        (303, |order| order.time_in_force = 2),
        (303, |order| order.time_in_force = 255),
        (304, |order| order.price.set(0)),
        (304, |order| order.price.set(10_000)),
        (304, |order| order.price.set(u16::MAX)),
        (305, |order| order.order_qty.set(0)),
        (318, |order| order.exec_inst = 32),
        (319, |order| order.expire_time_ns.set(1)),
        (319, |order| order.time_in_force = 6),
        (320, |order| order.self_match_prevention_id.set(1)),
        (322, |order| order.max_staleness_ms.set(u16::MAX)),
        (307, |order| order.security_id.set(0)),
        (307, |order| order.security_id.set(4)),
        (307, |order| order.security_id.set(u32::MAX)),
        (308, |order| order.account.set(0)),
        (308, |order| order.account.set(3)),
        (308, |order| order.account.set(TAKER_ACCOUNT)),
        (308, |order| order.account.set(u32::MAX)),
        (311, |order| order.order_qty.set(u32::MAX)),
    ];
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-1");
    for (index, (code, change)) in (1_u64..).zip(cases) {
        let mut order = good_order(&floor, index);
        change(&mut order);
        let seq_num = socket.request(&order);
        let reject = socket.await_report(|_: &ExecutionReportRejected| true);
        assert_eq!(reject.reject_code.get(), code, "case {index}");
        assert_eq!((reject.seq_num.get(), reject.cl_ord_id), (seq_num, order.cl_ord_id));
        assert_ne!(reject.exec_id.get(), 0, "it stands in the log");
    }
    // The edges of the grid are on it.
    for (cl_ord_id, price) in [(101, 1), (102, 9_999)] {
        let mut order = good_order(&floor, cl_ord_id);
        order.price.set(price);
        order.time_in_force = 3;
        socket.request(&order);
        socket.await_report(|report: &ExecutionReportNew| report.price.get() == price);
        socket.await_report(|_: &ExecutionReportCancelled| true);
    }
    socket.request(&good_order(&floor, 102));
    let reject = socket.await_report(|_: &ExecutionReportRejected| true);
    assert_eq!(reject.reject_code.get(), 306, "an id is used once");
    floor.trade_one_order();
}

#[test]
fn a_replace_with_an_impossible_field_is_refused_and_the_order_stands() {
    type Change = fn(&mut OrderCancelReplaceRequest);
    let cases: [(u16, Change); 10] = [
        (301, |replace| replace.cl_ord_id.set(0)),
        (304, |replace| replace.price.set(0)),
        (304, |replace| replace.price.set(10_000)),
        (304, |replace| replace.price.set(u16::MAX)),
        (305, |replace| replace.order_qty.set(0)),
        (306, |replace| replace.cl_ord_id.set(1)),
        (314, |replace| replace.order_id.set(replace.order_id.get() ^ 1)),
        (314, |replace| replace.order_id.set(u64::MAX)),
        (314, |replace| replace.security_id.set(replace.security_id.get() + 1)),
        (311, |replace| replace.order_qty.set(u32::MAX)),
    ];
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-1");
    let order_id = rest(&mut socket, &good_order(&floor, 1));
    for (index, (code, change)) in (2_u64..).zip(cases) {
        let mut replace = OrderCancelReplaceRequest::new_zeroed();
        replace.cl_ord_id.set(index);
        replace.security_id.set(floor.security_id);
        replace.order_id.set(order_id);
        replace.order_qty.set(9);
        replace.price.set(101);
        change(&mut replace);
        let seq_num = socket.request(&replace);
        let reject = socket.await_report(|_: &OrderCancelReject| true);
        assert_eq!(reject.reject_code.get(), code, "case {index}");
        assert_eq!(reject.seq_num.get(), seq_num);
    }
    cancel(&mut socket, &floor, order_id);
    let cancelled = socket.await_report(|_: &ExecutionReportCancelled| true);
    assert_eq!((cancelled.order_id.get(), cancelled.cancelled_qty.get()), (order_id, 10));
    floor.trade_one_order();
}

#[test]
fn a_cancel_or_mass_action_with_an_impossible_field_is_refused() {
    type Change = fn(&mut OrderMassActionRequest);
    let cases: [(u16, Change); 12] = [
        (301, |action| action.cl_ord_id.set(0)),
        (302, |action| action.side = 3),
        (316, |action| action.action = 0),
        (316, |action| action.action = 255),
        (315, |action| action.scope = 0),
        (315, |action| action.scope = 6),
        (315, |action| action.scope = 255),
        (315, |action| action.security_id.set(0)),
        (307, |action| action.security_id.set(9_999)),
        (317, |action| (action.scope, action.event_id) = (2, 9_999.into())),
        (308, |action| (action.scope, action.account) = (3, TAKER_ACCOUNT.into())),
        (308, |action| (action.scope, action.account) = (3, u32::MAX.into())),
    ];
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-1");
    let order_id = rest(&mut socket, &good_order(&floor, 1));
    for (index, (code, change)) in (2_u64..).zip(cases) {
        let mut action = OrderMassActionRequest::new_zeroed();
        action.cl_ord_id.set(index);
        action.security_id.set(floor.security_id);
        (action.scope, action.action) = (1, 3);
        change(&mut action);
        socket.request(&action);
        let reject = socket.await_report(|_: &OrderCancelReject| true);
        assert_eq!((reject.reject_code.get(), reject.order_id.get()), (code, 0), "case {index}");
    }
    for unknown in [order_id ^ 1, order_id ^ (1 << 32), u64::MAX, 0] {
        cancel(&mut socket, &floor, unknown);
        let reject = socket.await_report(|_: &OrderCancelReject| true);
        assert_eq!((reject.reject_code.get(), reject.order_id.get()), (314, unknown));
    }
    cancel(&mut socket, &floor, order_id);
    socket.await_report(|report: &ExecutionReportCancelled| report.order_id.get() == order_id);
    floor.trade_one_order();
}

/// A bid of the maker's firm that rests in front of nobody.
pub fn good_order(floor: &Floor, cl_ord_id: u64) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.cl_ord_id.set(cl_ord_id);
    order.security_id.set(floor.security_id);
    order.account.set(MAKER_ACCOUNT);
    order.order_qty.set(10);
    order.price.set(100);
    (order.side, order.time_in_force) = (1, 1);
    order
}

/// Sends an order and gives its id once it was accepted.
pub fn rest(socket: &mut PlainSocket, order: &NewOrderSingle) -> u64 {
    socket.request(order);
    let is_it = |report: &ExecutionReportNew| report.cl_ord_id == order.cl_ord_id;
    socket.await_report(is_it).order_id.get()
}

/// Asks to cancel an order by the exchange's id.
pub fn cancel(socket: &mut PlainSocket, floor: &Floor, order_id: u64) {
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.cl_ord_id.set(90_000);
    cancel.security_id.set(floor.security_id);
    cancel.order_id.set(order_id);
    socket.request(&cancel);
}

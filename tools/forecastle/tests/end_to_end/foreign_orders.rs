//! Another firm's orders, accounts and link ids answer exactly as unknown ones.

use forecastle_proto_spec::{
    AccountReport, BusinessMessageReject, ExecutionReportCancelled, ExecutionReportNew,
    OrderCancelReject, OrderCancelReplaceRequest, OrderCancelRequest, OrderMassActionReport,
    OrderMassActionRequest, Side, StateReportRequest, StateScope,
};
use zerocopy::FromZeros as _;

use crate::bad_orders::{cancel, good_order, rest};
use crate::floor::{Floor, MAKER_ACCOUNT, TAKER_ACCOUNT};
use crate::plain_socket::PlainSocket;

#[test]
fn another_firms_order_id_answers_as_an_unknown_one() {
    let mut floor = Floor::open();
    let bid = floor.order(Side::Buy, 5, 200);
    let foreign_id = floor.place_for_maker(bid);
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-2");
    let mut answers = Vec::new();
    for order_id in [foreign_id, foreign_id ^ (1 << 40)] {
        cancel(&mut socket, &floor, order_id);
        answers.push(socket.await_report(|_: &OrderCancelReject| true));
        let mut replace = OrderCancelReplaceRequest::new_zeroed();
        replace.cl_ord_id.set(order_id);
        replace.security_id.set(floor.security_id);
        replace.order_id.set(order_id);
        replace.order_qty.set(1);
        replace.price.set(200);
        socket.request(&replace);
        answers.push(socket.await_report(|_: &OrderCancelReject| true));
    }
    assert!(answers.iter().all(|reject| reject.reject_code.get() == 314));
    // By the maker's client id, which is nobody's in this session.
    let mut by_client_id = OrderCancelRequest::new_zeroed();
    by_client_id.cl_ord_id.set(7_000);
    by_client_id.security_id.set(floor.security_id);
    by_client_id.orig_cl_ord_id.set(2);
    socket.request(&by_client_id);
    let reject = socket.await_report(|_: &OrderCancelReject| true);
    assert_eq!(reject.reject_code.get(), 314);
    assert_is_live(&mut floor, foreign_id);
    floor.trade_one_order();
}

#[test]
fn another_firms_account_answers_as_an_unknown_one() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-2");
    for (account, is_own) in [(MAKER_ACCOUNT, false), (63, false), (TAKER_ACCOUNT, true)] {
        let mut request = StateReportRequest::new_zeroed();
        request.request_id.set(u64::from(account));
        request.account.set(account);
        request.scope = StateScope::Account.into();
        socket.request(&request);
        if is_own {
            let report = socket.await_report(|_: &AccountReport| true);
            assert_eq!(report.account.get(), account);
            continue;
        }
        let reject = socket.await_report(|_: &BusinessMessageReject| true);
        assert_eq!((reject.reject_code.get(), reject.request_id.get()), (308, account.into()));
        request.event_id.set(floor.event_id);
        request.scope = StateScope::Position.into();
        socket.request(&request);
        let reject = socket.await_report(|_: &BusinessMessageReject| true);
        assert_eq!((reject.reject_code.get(), reject.request_id.get()), (308, account.into()));
    }
    floor.trade_one_order();
}

#[test]
fn mass_actions_reach_only_the_firms_own_orders() {
    const LINK_ID: u32 = 77;
    let mut floor = Floor::open();
    let mut bid = floor.order(Side::Buy, 5, 200);
    bid.cl_ord_link_id.set(LINK_ID);
    let foreign_id = floor.place_for_maker(bid);
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-2");
    let mut own = good_order(&floor, 1);
    own.account.set(TAKER_ACCOUNT);
    own.cl_ord_link_id.set(LINK_ID + 1);
    let own_id = rest(&mut socket, &own);
    // By link id of the other firm, then by the widest scopes there are.
    let (event_id, security_id) = (floor.event_id, floor.security_id);
    for (cl_ord_id, scope, expected) in [(2, 4, 0), (3, 5, 1), (4, 1, 0), (5, 2, 0)] {
        let mut action = OrderMassActionRequest::new_zeroed();
        action.cl_ord_id.set(cl_ord_id);
        action.cl_ord_link_id.set(LINK_ID);
        action.security_id.set(security_id);
        action.event_id.set(event_id);
        (action.scope, action.action) = (scope, 3);
        socket.request(&action);
        let is_it = |report: &OrderMassActionReport| report.cl_ord_id.get() == cl_ord_id;
        let report = socket.await_report(is_it);
        assert_eq!(report.total_affected_orders.get(), expected, "scope {scope}");
    }
    let cancelled = socket.await_report(|_: &ExecutionReportCancelled| true);
    assert_eq!(cancelled.order_id.get(), own_id);
    assert_is_live(&mut floor, foreign_id);
    floor.trade_one_order();
}

#[test]
fn reports_of_one_firm_reach_no_other() {
    let mut floor = Floor::open();
    let mut listener = PlainSocket::logged_in(&floor.exchange, "trader-3");
    let ask = floor.order(Side::Sell, 3, 6_000);
    let order_id = floor.place_for_maker(ask);
    floor.trade_one_order();
    assert_is_live(&mut floor, order_id);
    // Whatever was for the listener came before the answer to its own question.
    crate::bad_messages::expect_reject_of(&mut listener, &[0; 4], 201);
    assert!(listener.take(|_: &ExecutionReportNew| true).is_none());
    let others = listener.drain();
    assert!(others.is_empty(), "{others:02x?}");
}

/// The maker cancels it, which only a live order allows.
fn assert_is_live(floor: &mut Floor, order_id: u64) {
    let mut cancel = OrderCancelRequest::new_zeroed();
    cancel.cl_ord_id.set(floor.maker.new_id());
    cancel.security_id.set(floor.security_id);
    cancel.order_id.set(order_id);
    floor.maker.send(&cancel);
    let is_it = |report: &ExecutionReportCancelled| report.order_id.get() == order_id;
    floor.maker.await_report(is_it);
}

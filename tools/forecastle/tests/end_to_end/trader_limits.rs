//! What a key's role does not allow is refused, whoever asks.

use forecastle_proto_spec::{
    AccountDefinitionRequest, BusinessMessageReject, CounterReportRequest, DepositRequest,
    EndOfDayRequest, EntitlementRequest, EventDefinitionRequest, Message, NewOrderSingle,
    OrderCancelReplaceRequest, OrderCancelRequest, OrderMassActionRequest, SecurityStatusRequest,
    SettlementRequest, StateReportRequest, StateScope, WithdrawalRequest,
};
use zerocopy::FromZeros as _;

use crate::floor::{Floor, MAKER_ACCOUNT, TAKER_ACCOUNT};
use crate::plain_socket::PlainSocket;

#[test]
fn a_trader_commands_nothing() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-2");
    let mut definition = EventDefinitionRequest::new_zeroed();
    definition.market_count = 1;
    expect_not_entitled(&mut socket, &definition);
    let mut status = SecurityStatusRequest::new_zeroed();
    status.event_id.set(floor.event_id);
    status.status = 4;
    expect_not_entitled(&mut socket, &status);
    let mut settlement = SettlementRequest::new_zeroed();
    settlement.event_id.set(floor.event_id);
    expect_not_entitled(&mut socket, &settlement);
    let mut account = AccountDefinitionRequest::new_zeroed();
    account.account.set(9);
    account.firm_id.set(3);
    expect_not_entitled(&mut socket, &account);
    let mut deposit = DepositRequest::new_zeroed();
    deposit.account.set(TAKER_ACCOUNT);
    deposit.amount.set(1_000_000);
    expect_not_entitled(&mut socket, &deposit);
    let mut withdrawal = WithdrawalRequest::new_zeroed();
    withdrawal.account.set(MAKER_ACCOUNT);
    withdrawal.amount.set(1);
    expect_not_entitled(&mut socket, &withdrawal);
    let mut entitlement = EntitlementRequest::new_zeroed();
    entitlement.access_key_id.set(3);
    entitlement.firm_id.set(2);
    entitlement.roles.set(7);
    expect_not_entitled(&mut socket, &entitlement);
    expect_not_entitled(&mut socket, &EndOfDayRequest::new_zeroed());
    let mut state = StateReportRequest::new_zeroed();
    state.scope = StateScope::Exchange.into();
    expect_not_entitled(&mut socket, &state);
    floor.trade_one_order();
}

#[test]
fn an_administrator_trades_nothing() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "admin");
    let mut order = floor.order(forecastle_proto_spec::Side::Buy, 1, 5_000);
    order.cl_ord_id.set(1);
    order.account.set(MAKER_ACCOUNT);
    expect_not_entitled::<NewOrderSingle>(&mut socket, &order);
    expect_not_entitled(&mut socket, &OrderCancelReplaceRequest::new_zeroed());
    expect_not_entitled(&mut socket, &OrderCancelRequest::new_zeroed());
    expect_not_entitled(&mut socket, &OrderMassActionRequest::new_zeroed());
    floor.trade_one_order();
}

#[test]
fn a_trader_reads_no_counters() {
    let mut floor = Floor::open();
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-2");
    let before = floor.counter("session.not_entitled");
    let mut request = CounterReportRequest::new_zeroed();
    request.request_id.set(5);
    socket.send(&request);
    let reject = socket.await_report(|_: &BusinessMessageReject| true);
    assert_eq!((reject.reject_code.get(), reject.request_id.get()), (209, 5));
    assert_eq!(reject.exec_id.get(), 0, "the gateway answers it by itself");
    floor.await_counter("session.not_entitled", before + 1);
    floor.trade_one_order();
}

fn expect_not_entitled<M: Message>(socket: &mut PlainSocket, message: &M) {
    let seq_num = socket.request(message);
    let reject = socket.await_report(|_: &BusinessMessageReject| true);
    let found = (reject.reject_code.get(), reject.ref_template_id.get(), reject.ref_seq_num.get());
    assert_eq!(found, (209, M::TEMPLATE_ID, seq_num), "{}", M::NAME);
    assert_ne!(reject.exec_id.get(), 0, "it stands in the log");
}

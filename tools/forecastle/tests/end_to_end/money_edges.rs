//! Administration at the edges of arithmetic and of the tables, and money that never leaks there.

use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountReport, BusinessMessageReject, DEPOSITS_MAX, DepositRequest,
    EntitlementRequest, EventDefinitionReport, EventDefinitionRequest, ExchangeReport,
    ExecutionReportNew, ExecutionReportRejected, Message, SecurityStatusReport,
    SecurityStatusRequest, SettlementRequest, StateReportRequest, StateScope, WithdrawalRequest,
};
use zerocopy::FromZeros as _;

use crate::bad_orders::good_order;
use crate::exchange_process::{ExchangeProcess, Setup};
use crate::floor::{CASH, Floor, MAKER_ACCOUNT, open_account};
use crate::plain_socket::PlainSocket;

#[test]
fn deposits_and_withdrawals_stay_inside_the_range_of_money() {
    let mut floor = Floor::open();
    let mut admin = PlainSocket::logged_in(&floor.exchange, "admin");
    let room = DEPOSITS_MAX - 2 * CASH;
    let deposits = [
        (MAKER_ACCOUNT, 0, 404),
        (MAKER_ACCOUNT, -1, 404),
        (MAKER_ACCOUNT, i64::MIN, 404),
        (MAKER_ACCOUNT, i64::MAX, 404),
        (MAKER_ACCOUNT, DEPOSITS_MAX + 1, 404),
        (MAKER_ACCOUNT, DEPOSITS_MAX, 405),
        (MAKER_ACCOUNT, room + 1, 405),
        (0, 1, 308),
        (64, 1, 308),
        (u32::MAX, 1, 308),
    ];
    for (account, amount, code) in deposits {
        let mut request = DepositRequest::new_zeroed();
        request.account.set(account);
        request.amount.set(amount);
        expect(&mut admin, &request, code);
    }
    let withdrawals =
        [(0, 404), (-1, 404), (i64::MIN, 404), (DEPOSITS_MAX + 1, 404), (CASH + 1, 311)];
    for (amount, code) in withdrawals {
        let mut request = WithdrawalRequest::new_zeroed();
        request.account.set(MAKER_ACCOUNT);
        request.amount.set(amount);
        expect(&mut admin, &request, code);
    }
    let mut request = DepositRequest::new_zeroed();
    request.account.set(MAKER_ACCOUNT);
    request.amount.set(room);
    admin.request(&request);
    let report = admin.await_report(|_: &AccountReport| true);
    assert_eq!(report.cash.get(), CASH + room, "the last millionth of room is there");
    request.amount.set(1);
    expect(&mut admin, &request, 405);
    assert_money_is_conserved(&mut admin, DEPOSITS_MAX);
    floor.trade_one_order();
}

#[test]
fn accounts_keys_and_scopes_outside_their_ranges_are_refused() {
    let mut floor = Floor::open();
    let mut admin = PlainSocket::logged_in(&floor.exchange, "admin");
    for (account, firm_id, code) in
        [(0, 1, 401), (65, 1, 401), (u32::MAX, 1, 401), (MAKER_ACCOUNT, 1, 402), (9, 0, 403)]
    {
        let mut request = AccountDefinitionRequest::new_zeroed();
        request.account.set(account);
        request.firm_id.set(firm_id);
        expect(&mut admin, &request, code);
    }
    for (access_key_id, firm_id, roles, code) in [
        (0, 1, 1, 412),
        (u32::MAX, 1, 1, 412),
        (20, 1, 0xFFFF, 413),
        (20, 1, 64, 413),
        (20, 0, 1, 403),
    ] {
        let mut request = EntitlementRequest::new_zeroed();
        request.access_key_id.set(access_key_id);
        request.firm_id.set(firm_id);
        request.roles.set(roles);
        expect(&mut admin, &request, code);
    }
    for (scope, account, event_id, code) in
        [(0, 1, 1, 414), (4, 1, 1, 414), (255, 1, 1, 414), (2, 0, 0, 308), (3, 1, 99, 317)]
    {
        let mut request = StateReportRequest::new_zeroed();
        request.scope = scope;
        request.account.set(account);
        request.event_id.set(event_id);
        expect(&mut admin, &request, code);
    }
    floor.trade_one_order();
}

#[test]
fn events_outside_their_ranges_are_refused_and_the_table_has_an_end() {
    let mut floor = Floor::open();
    let mut admin = PlainSocket::logged_in(&floor.exchange, "admin");
    let mut request = EventDefinitionRequest::new_zeroed();
    for (market_count, exhaustive) in [(0, 0), (65, 0), (255, 1), (1, 1), (3, 2), (3, 255)] {
        (request.market_count, request.exhaustive) = (market_count, exhaustive);
        expect(&mut admin, &request, 406);
    }
    (request.market_count, request.exhaustive) = (2, 1);
    request.maker_fee_rate.set(10_000);
    expect(&mut admin, &request, 408);
    request.maker_fee_rate.set(0);
    request.taker_fee_rate.set(u16::MAX);
    expect(&mut admin, &request, 408);
    request.taker_fee_rate.set(0);
    // The configuration has room for 16 events, one of them is there.
    for _ in 1..16 {
        admin.request(&request);
        admin.await_report(|_: &EventDefinitionReport| true);
    }
    expect(&mut admin, &request, 407);
    floor.trade_one_order();
}

#[test]
fn a_market_follows_its_life_cycle_and_a_vector_its_sum() {
    let mut floor = Floor::open();
    let mut admin = PlainSocket::logged_in(&floor.exchange, "admin");
    let (event_id, security_id) = (floor.event_id, floor.security_id);
    let status = |event_id: u32, security_id: u32, status: u8, in_play: u8| {
        let mut request = SecurityStatusRequest::new_zeroed();
        request.event_id.set(event_id);
        request.security_id.set(security_id);
        (request.status, request.in_play) = (status, in_play);
        request
    };
    let cases = [
        (status(0, 0, 3, 0), 317),
        (status(u32::MAX, 0, 3, 0), 317),
        (status(event_id, security_id + 3, 3, 0), 307),
        (status(event_id, u32::MAX, 3, 0), 307),
        (status(event_id, security_id, 2, 0), 409),
        (status(event_id, security_id, 1, 0), 409),
        (status(event_id, security_id, 5, 0), 409),
        (status(event_id, security_id, 0, 0), 409),
        (status(event_id, security_id, 255, 0), 409),
        (status(event_id, security_id, 3, 2), 409),
    ];
    for (request, code) in cases {
        expect(&mut admin, &request, code);
    }
    let vector = |event_id: u32, values: &[u16]| {
        let mut request = SettlementRequest::new_zeroed();
        request.event_id.set(event_id);
        request.value_count = u8::try_from(values.len()).expect("few values");
        for (slot, value) in request.values.iter_mut().zip(values) {
            slot.set(*value);
        }
        request
    };
    expect(&mut admin, &vector(event_id, &[10_000, 0, 0]), 411);
    floor.trade_one_order();
    admin.request(&status(event_id, 0, 4, 0));
    for _ in 0..3 {
        admin.await_report(|report: &SecurityStatusReport| report.status == 4);
    }
    expect(&mut admin, &vector(77, &[10_000, 0, 0]), 317);
    let sums: [&[u16]; 7] = [
        &[],
        &[10_000, 0],
        &[10_000, 0, 0, 0],
        &[9_999, 0, 0],
        &[10_000, 1, 0],
        &[u16::MAX, u16::MAX, u16::MAX],
        &[10_001, 0, 0],
    ];
    for values in sums {
        expect(&mut admin, &vector(event_id, values), 410);
    }
    let mut too_many = vector(event_id, &[10_000, 0, 0]);
    too_many.value_count = 255;
    expect(&mut admin, &too_many, 410);
    (floor.event_id, floor.security_id) = crate::floor::open_event(&mut floor.admin, 2, false);
    floor.trade_one_order();
    assert_money_is_conserved(&mut admin, 2 * CASH);
}

#[test]
fn an_account_whose_lots_would_leave_the_range_is_refused() {
    const ACCOUNT: u32 = 5;
    // 65,536 orders of u32::MAX lots are 2^48 lots less 65,536; one more would be above 2^48.
    const ORDER_COUNT: u64 = 1 << 16;
    const OUTSTANDING_MAX: u64 = 128;
    let setup = Setup { orders_max: 66_000, ..Setup::default() };
    let mut floor = Floor::open_in(ExchangeProcess::start_with(&setup));
    let firm_id = floor.exchange.keys.named("trader-1").unwrap().firm_id;
    open_account(&mut floor.admin, ACCOUNT, firm_id, 1 << 50);
    let mut socket = PlainSocket::logged_in(&floor.exchange, "trader-1");
    let mut acknowledged = 0;
    let mut order = good_order(&floor, 0);
    order.account.set(ACCOUNT);
    order.order_qty.set(u32::MAX);
    order.price.set(1);
    for cl_ord_id in 1..=ORDER_COUNT {
        order.cl_ord_id.set(cl_ord_id);
        socket.request(&order);
        while cl_ord_id - acknowledged >= OUTSTANDING_MAX {
            socket.await_report(|_: &ExecutionReportNew| true);
            acknowledged += 1;
        }
        if cl_ord_id % 4_096 == 0 {
            floor.drive();
        }
    }
    while acknowledged < ORDER_COUNT {
        socket.await_report(|_: &ExecutionReportNew| true);
        acknowledged += 1;
    }
    for (quantity, code) in [(u32::MAX, 310), (65_537, 310)] {
        order.cl_ord_id.set(ORDER_COUNT + u64::from(quantity));
        order.order_qty.set(quantity);
        socket.request(&order);
        let reject = socket.await_report(|_: &ExecutionReportRejected| true);
        assert_eq!(reject.reject_code.get(), code);
    }
    order.cl_ord_id.set(u64::MAX);
    order.order_qty.set(65_536);
    socket.request(&order);
    socket.await_report(|report: &ExecutionReportNew| report.cl_ord_id.get() == u64::MAX);
    floor.trade_one_order();
}

/// Sends a request and reads the code that the engine refuses it with.
fn expect<M: Message>(socket: &mut PlainSocket, message: &M, code: u16) {
    let seq_num = socket.request(message);
    let reject = socket.await_report(|_: &BusinessMessageReject| true);
    let found = (reject.reject_code.get(), reject.ref_template_id.get(), reject.ref_seq_num.get());
    assert_eq!(found, (code, M::TEMPLATE_ID, seq_num), "{}", M::NAME);
    assert_ne!(reject.exec_id.get(), 0, "it stands in the log");
}

fn assert_money_is_conserved(admin: &mut PlainSocket, deposits: i64) {
    let mut request = StateReportRequest::new_zeroed();
    request.scope = StateScope::Exchange.into();
    admin.request(&request);
    let report = admin.await_report(|_: &ExchangeReport| true);
    assert_eq!((report.deposits.get(), report.withdrawals.get()), (deposits, 0));
    assert_eq!(report.cash.get() + report.fees.get() + report.settlement_pool.get(), deposits);
}

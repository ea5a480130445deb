//! One order over UDP, from login to digest: reports of both firms, the market-data book, state
//! reports, a polite end, a stop with totals. By unicast and by a multicast group.

use std::net::Ipv4Addr;
use std::time::Duration;

use forecastle_client::{Books, Level, MarketData, SessionError};
use forecastle_proto_spec::{
    AccountReport, AcknowledgementLevel, ExchangeReport, ExecutionReportNew, ExecutionReportTrade,
    PositionReport, Side, StateReportRequest, StateScope, TerminateCode, TimeInForce,
};
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::exchange_process::{ExchangeProcess, Setup};
use crate::floor::{CASH, Floor, MAKER_ACCOUNT, TAKER_ACCOUNT, open_event, place};
use crate::inbox::Deadline;

#[test]
fn an_order_trades_over_unicast_and_everything_agrees() {
    converse(&Setup::default());
}

#[test]
fn an_order_trades_over_a_multicast_group_and_everything_agrees() {
    let setup = Setup::multicast();
    let group = converse(&setup);
    assert!(group.is_multicast(), "orders came in by {group}");
}

#[test]
fn the_same_orders_give_the_same_market_digest_and_another_order_another() {
    let digest_of = |quantity: u32| {
        let mut floor = Floor::open();
        let ask = floor.order(Side::Sell, quantity, 5_500);
        floor.place_for_maker(ask);
        floor.trade_one_order();
        exchange_report(&mut floor.admin).market_digest.get()
    };
    let digest = digest_of(10);
    assert_eq!(digest_of(10), digest);
    assert_ne!(digest_of(11), digest);
}

/// Trades 40 of 100 lots and compares everything that the exchange says of it; gives the address
/// that the orders went to.
fn converse(setup: &Setup) -> Ipv4Addr {
    let mut floor = Floor::open_in(ExchangeProcess::start_with(setup));
    let mut feed = Feed::join(&floor.exchange);
    // What is defined behind the joining is complete in the feed.
    let (event_id, security_id) = open_event(&mut floor.admin, 3, true);
    (floor.event_id, floor.security_id) = (event_id, security_id);

    let mut ask = floor.order(Side::Sell, 100, 4_200);
    ask.account.set(MAKER_ACCOUNT);
    let ask_id = place(&mut floor.maker, ask);
    let resting = take_fill(&mut floor, ask_id);
    let level = |quantity| vec![Level { price: 4_200, quantity, order_count: 1 }];
    feed.reach(resting.exec_id.get() & !1);
    assert_eq!(feed.books.levels(security_id, Side::Sell), level(60));
    assert_eq!(feed.books.levels(security_id, Side::Buy), vec![]);
    assert_eq!(feed.books.order(ask_id).map(|order| order.quantity), Some(60));

    check_state(&mut floor);
    let report = exchange_report(&mut floor.admin);
    let Floor { exchange, admin, maker, taker, .. } = floor;
    let established = admin.acknowledgement_level();
    assert_eq!(established, u8::from(AcknowledgementLevel::Durable));
    for desk in [maker, taker, admin] {
        let code = u16::from(TerminateCode::Finished);
        let ended = desk.terminate();
        assert!(matches!(ended, SessionError::Terminated { code: is } if is == code), "{ended}");
    }
    let address = *exchange.ready.order_entry.ip();
    check_ending(exchange, &report);
    address
}

/// The taker buys 40 of the maker's 100 lots; checks both reports and gives the maker's.
fn take_fill(floor: &mut Floor, ask_id: u64) -> ExecutionReportTrade {
    let cl_ord_id = floor.taker.new_id();
    let mut bid = floor.order(Side::Buy, 40, 4_500);
    bid.cl_ord_id.set(cl_ord_id);
    bid.account.set(TAKER_ACCOUNT);
    bid.time_in_force = TimeInForce::ImmediateOrCancel.into();
    floor.taker.send(&bid);
    let is_ours = |report: &ExecutionReportNew| report.cl_ord_id.get() == cl_ord_id;
    let accepted = floor.taker.await_report(is_ours);
    let incoming = floor.taker.await_report(|_: &ExecutionReportTrade| true);
    let resting = floor.maker.await_report(|_: &ExecutionReportTrade| true);
    assert_eq!((incoming.order_id, incoming.cl_ord_id.get()), (accepted.order_id, cl_ord_id));
    assert_eq!(resting.order_id.get(), ask_id);
    for (report, side, leaves, is_aggressor) in
        [(&incoming, Side::Buy, 0, 1), (&resting, Side::Sell, 60, 0)]
    {
        assert_eq!((report.last_qty.get(), report.last_px.get()), (40, 4_200));
        assert_eq!((report.side, report.leaves_qty.get()), (u8::from(side), leaves));
        assert_eq!((report.aggressor_indicator, report.fee.get()), (is_aggressor, 0));
        assert_eq!(report.security_id.get(), floor.security_id);
    }
    assert_eq!(resting.exec_id.get(), incoming.exec_id.get() | 1, "bit 0 marks the resting side");
    assert!(accepted.exec_id < incoming.exec_id, "positions rise within a command");
    resting
}

/// 40 lots at 4200 moved 168,000 millionths; the rest of the ask ties up 5800 a lot.
fn check_state(floor: &mut Floor) {
    let price_paid = 40 * 4_200;
    let maker = account_report(&mut floor.maker, MAKER_ACCOUNT);
    assert_eq!(maker.cash.get(), CASH + price_paid);
    // Short 40 already, worst case all 100 sold: 40 × 10000 + 60 × 5800.
    assert_eq!(maker.buying_power.get(), CASH + price_paid - 400_000 - 348_000);
    assert_eq!(maker.open_order_count.get(), 1);
    let taker = account_report(&mut floor.taker, TAKER_ACCOUNT);
    assert_eq!((taker.cash.get(), taker.open_order_count.get()), (CASH - price_paid, 0));
    let mut request = StateReportRequest::new_zeroed();
    request.scope = StateScope::Position.into();
    request.event_id.set(floor.event_id);
    for (account, lots) in [(MAKER_ACCOUNT, -40), (TAKER_ACCOUNT, 40)] {
        request.account.set(account);
        floor.admin.send(&request);
        for index in 0..3 {
            let security_id = floor.security_id + index;
            let position = floor.admin.await_report(|report: &PositionReport| {
                report.security_id.get() == security_id && report.account.get() == account
            });
            assert_eq!(position.quantity.get(), if index == 0 { lots } else { 0 });
        }
    }
}

/// SIGTERM ends it within 5 s, with totals and the digest that was reported last.
fn check_ending(exchange: ExchangeProcess, report: &ExchangeReport) {
    assert_eq!(report.deposits.get(), 2 * CASH);
    assert_eq!(report.cash.get() + report.fees.get(), 2 * CASH, "trades only move cash");
    assert_eq!((report.account_count.get(), report.open_order_count.get()), (2, 1));
    assert_eq!((report.open_position_count.get(), report.market_count.get()), (2, 6));
    let ending = exchange.end_by("TERM");
    assert_eq!(ending.status.code(), Some(0), "{}", ending.output);
    assert!(ending.duration < Duration::from_secs(5), "it took {:?}", ending.duration);
    let digest = format!("digest        {:016x}", report.market_digest.get());
    assert!(ending.output.contains(&digest), "no {digest} in {}", ending.output);
    assert!(ending.output.contains("state digest  "), "{}", ending.output);
    let totals = "2 orders, 0 cancels, 1 trades of 40 lots";
    assert!(ending.output.contains(totals), "no {totals} in {}", ending.output);
}

fn account_report(desk: &mut Desk, account: u32) -> AccountReport {
    let request_id = desk.new_id();
    let mut request = StateReportRequest::new_zeroed();
    request.request_id.set(request_id);
    request.account.set(account);
    request.scope = StateScope::Account.into();
    desk.send(&request);
    desk.await_report(|report: &AccountReport| report.request_id.get() == request_id)
}

fn exchange_report(desk: &mut Desk) -> ExchangeReport {
    let mut request = StateReportRequest::new_zeroed();
    request.scope = StateScope::Exchange.into();
    desk.send(&request);
    desk.await_report(|_: &ExchangeReport| true)
}

/// A subscription to market data with the books it adds up to.
struct Feed {
    market_data: MarketData,
    books: Books,
}

impl Feed {
    /// Joins and waits until the feed is heard.
    fn join(exchange: &ExchangeProcess) -> Self {
        let market_data = MarketData::join(exchange.ready.market_data, Ipv4Addr::LOCALHOST);
        let market_data = market_data.expect("the group can be joined on loopback");
        let mut feed = Self { market_data, books: Books::new() };
        feed.drive_until("heard", |feed| feed.market_data.is_connected());
        feed
    }

    /// Waits until the feed is above a log position.
    fn reach(&mut self, position: u64) {
        self.drive_until("far enough", |feed| feed.market_data.progress().log_position > position);
        assert_eq!(self.market_data.progress().lost_packet_count, 0);
    }

    fn drive_until(&mut self, what: &str, is_enough: impl Fn(&Self) -> bool) {
        let deadline = Deadline::patient();
        while !is_enough(self) {
            let books = &mut self.books;
            self.market_data.poll(|frame| {
                books.apply(&frame).expect("what is defined behind the joining is complete");
            });
            assert!(!deadline.is_over(), "the feed is not {what}");
            self.market_data.wait(Duration::from_millis(2));
        }
    }
}

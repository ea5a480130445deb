//! Reference odds over UDP: a provider's session sends them, traders feel their collar and their
//! jump, subscribers of market data see the limits, and the journal tells it all.

use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use forecastle_client::{KeyFile, MarketData};
use forecastle_proto_spec::{
    BusinessMessageReject, CancelReason, EXEC_INST_CANCEL_ON_HALT, EventParametersReport,
    EventParametersRequest, EventVelocity, ExecutionReportCancelled, ExecutionReportRejected,
    LimitsBanding, MarketStatus, Message, NewOrderSingle, OddsAction, ROLES_ODDS_PROVIDER,
    ReferenceOddsReport, ReferenceOddsRequest, ReferenceOddsStatus, RejectCode,
    SecurityStatusReport, SecurityStatusRequest, Side,
};
use serde_json::Value;
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::exchange_process::{ExchangeProcess, Setup, data_folder};
use crate::floor::{Floor, MAKER_ACCOUNT};
use crate::inbox::Deadline;
use crate::journal_command::answer;

/// The key of a provider, who may do nothing else.
const PROVIDER: &str = "provider";
const COLLAR_WIDTH: u16 = 300;
const JUMP_LIMIT: u16 = 500;

/// An exchange whose keys were given to it, a provider's among them.
fn with_provider() -> ExchangeProcess {
    let folder = tempfile::tempdir().expect("the system has a temporary folder");
    fs::write(folder.path().join("exchange.toml"), Setup::default().configuration())
        .expect("the folder is writable");
    fs::create_dir(data_folder(&folder)).expect("the folder is writable");
    let mut keys = KeyFile::generate(3).expect("the system gives random numbers");
    let provider = keys.keys.last_mut().expect("there is the third trader's");
    provider.name = PROVIDER.to_string();
    provider.roles = ROLES_ODDS_PROVIDER;
    keys.write_new(&data_folder(&folder).join("keys.toml")).expect("the folder is writable");
    ExchangeProcess::spawn(folder)
}

/// Brings all markets of the floor's event to a status.
fn move_event(floor: &mut Floor, status: MarketStatus) {
    let mut request = SecurityStatusRequest::new_zeroed();
    request.request_id.set(floor.admin.new_id());
    request.event_id.set(floor.event_id);
    request.status = status.into();
    floor.admin.send(&request);
    for _ in 0..3 {
        let report = floor.admin.await_report(|_: &SecurityStatusReport| true);
        assert_eq!(report.status, u8::from(status));
    }
}

/// Gives the floor's event a collar around its odds and a limit for their jumps.
fn set_collar(floor: &mut Floor) {
    move_event(floor, MarketStatus::Paused);
    let mut request = EventParametersRequest::new_zeroed();
    request.request_id.set(floor.admin.new_id());
    request.event_id.set(floor.event_id);
    request.velocity = EventVelocity::Medium.into();
    request.collar_width.set(COLLAR_WIDTH);
    request.jump_limit.set(JUMP_LIMIT);
    floor.admin.send(&request);
    let report = floor.admin.await_report(|_: &EventParametersReport| true);
    assert_eq!((report.collar_width.get(), report.jump_limit.get()), (COLLAR_WIDTH, JUMP_LIMIT));
    move_event(floor, MarketStatus::Open);
}

fn odds(event_id: u32, request_id: u64, action: OddsAction, of: [u32; 3]) -> ReferenceOddsRequest {
    let mut request = ReferenceOddsRequest::new_zeroed();
    request.request_id.set(request_id);
    request.event_id.set(event_id);
    request.action = action.into();
    (request.first_odds, request.second_odds) = (of[0].into(), of[1].into());
    request.third_odds.set(of[2]);
    request
}

/// Sends odds and waits for the acknowledgement.
fn acknowledged(provider: &mut Desk, request: &ReferenceOddsRequest) -> ReferenceOddsReport {
    let seq_num = provider.send(request);
    let report = provider.await_report(|it: &ReferenceOddsReport| it.seq_num.get() == seq_num);
    assert_eq!((report.request_id, report.event_id), (request.request_id, request.event_id));
    report
}

fn expect_refused<M: Message>(desk: &mut Desk, message: &M, code: RejectCode) {
    let seq_num = desk.send(message);
    let is_it = |reject: &BusinessMessageReject| reject.ref_seq_num.get() == seq_num;
    let reject = desk.await_report(is_it);
    assert_eq!(reject.reject_code.get(), u16::from(code), "{}", M::NAME);
    assert_ne!(reject.exec_id.get(), 0, "it stands in the log");
}

/// The maker's order, to end on a halt.
fn marked(floor: &mut Floor, price: u16) -> NewOrderSingle {
    let mut order = floor.order(Side::Buy, 2, price);
    order.cl_ord_id.set(floor.maker.new_id());
    order.account.set(MAKER_ACCOUNT);
    order.exec_inst = EXEC_INST_CANCEL_ON_HALT;
    order
}

fn expect_order_refused(floor: &mut Floor, price: u16, code: RejectCode) {
    let order = marked(floor, price);
    let seq_num = floor.maker.send(&order);
    let is_it = |reject: &ExecutionReportRejected| reject.seq_num.get() == seq_num;
    let reject = floor.maker.await_report(is_it);
    assert_eq!(reject.reject_code.get(), u16::from(code), "at {price}");
}

/// The limits of the market as the next packets of market data have them.
fn published(feed: &mut MarketData, security_id: u32) -> (u16, u16, u16) {
    let deadline = Deadline::patient();
    let mut found = None;
    while found.is_none() {
        feed.poll(|frame| {
            if let Some(limits) = frame.body::<LimitsBanding>()
                && limits.security_id.get() == security_id
            {
                let (low, high) = (limits.low_limit_price.get(), limits.high_limit_price.get());
                found = Some((low, high, limits.reference_price.get()));
            }
        });
        assert!(!deadline.is_over(), "no limits were published");
        feed.wait(Duration::from_millis(2));
    }
    found.expect("it was waited for")
}

fn join(exchange: &ExchangeProcess) -> MarketData {
    let feed = MarketData::join(exchange.ready.market_data, Ipv4Addr::LOCALHOST);
    let mut feed = feed.expect("the group can be joined on loopback");
    let deadline = Deadline::patient();
    while !feed.is_connected() {
        feed.poll(|_| {});
        assert!(!deadline.is_over(), "the feed is not heard");
        feed.wait(Duration::from_millis(2));
    }
    feed
}

#[test]
fn a_provider_s_odds_set_a_collar_and_their_jump_pauses_the_event() {
    let mut floor = Floor::open_in(with_provider());
    let mut provider = Desk::open(&floor.exchange, PROVIDER);
    let mut feed = join(&floor.exchange);
    set_collar(&mut floor);
    let (event_id, security_id) = (floor.event_id, floor.security_id);

    let create = odds(event_id, 1, OddsAction::Create, [2_500, 4_000, 2_500]);
    expect_refused(&mut floor.maker, &create, RejectCode::NotEntitled);
    let report = acknowledged(&mut provider, &create);
    let prices = [report.first_price, report.second_price, report.third_price].map(|it| it.get());
    assert_eq!((prices, report.overround_ppm.get()), ([3_810, 2_381, 3_809], 50_000));
    assert_eq!((report.status, report.already_applied), (ReferenceOddsStatus::Live.into(), 0));
    assert_eq!(published(&mut feed, security_id), (3_510, 4_110, 3_810));
    // A provider that has lost the answer sends again, under the same id.
    let again = acknowledged(&mut provider, &create);
    assert_eq!((again.already_applied, again.change_count.get()), (1, 1));
    let status = SecurityStatusRequest::new_zeroed();
    expect_refused(&mut provider, &status, RejectCode::NotEntitled);

    expect_order_refused(&mut floor, 3_509, RejectCode::PriceOutsideCollar);
    expect_order_refused(&mut floor, 4_111, RejectCode::PriceOutsideCollar);
    let inside = marked(&mut floor, 3_510);
    let order_id = floor.place_for_maker(inside);

    // 3810 → 5555, beyond the limit of 500.
    let jump = odds(event_id, 2, OddsAction::Update, [1_500, 5_000, 3_750]);
    assert_eq!(acknowledged(&mut provider, &jump).change_count.get(), 2);
    let is_it = |report: &ExecutionReportCancelled| report.order_id.get() == order_id;
    let ended = floor.maker.await_report(is_it);
    assert_eq!(ended.reason.get(), u16::from(CancelReason::MarketHalted));
    let (low, high, reference) = published(&mut feed, security_id);
    assert_eq!((reference - low, high - reference), (COLLAR_WIDTH, COLLAR_WIDTH));
    expect_order_refused(&mut floor, reference, RejectCode::MarketNotOpen);

    let delete = odds(event_id, 3, OddsAction::Delete, [0; 3]);
    let report = acknowledged(&mut provider, &delete);
    assert_eq!(report.status, u8::from(ReferenceOddsStatus::Deleted));
    assert_eq!(published(&mut feed, security_id), (1, 9_999, 0));
    move_event(&mut floor, MarketStatus::Open);
    floor.trade_one_order();
    drop(provider);
    check_journal(floor, order_id);
}

/// What happened is found in the journal afterwards.
fn check_journal(floor: Floor, order_id: u64) {
    let Floor { exchange, admin, maker, taker, .. } = floor;
    drop((admin, maker, taker));
    let folder = exchange.end_and_keep("TERM");
    let life = answer(&["journal", "explain", "--order", &order_id.to_string()], &folder);
    for expected in [
        "accepted: Buy 2 lots at 3510",
        "its market is paused, the reference odds jumped",
        "it was cancelled: 2 lots left, MarketHalted",
    ] {
        assert!(life.contains(expected), "no {expected:?} in {life}");
    }
    let records = answer(&["journal", "dump", "--type", "ReferenceOddsRequest"], &folder);
    let records: Vec<Value> = records
        .lines()
        .map(|line| serde_json::from_str(line).expect("it prints JSON lines"))
        .collect();
    let actions: Vec<_> = records.iter().map(|it| it["command"]["action"].as_u64()).collect();
    assert_eq!(actions, [Some(1), Some(1), Some(1), Some(2), Some(3)], "refused, applied, again");
    let answers: Vec<_> = records.iter().map(|it| &it["effects"][0]["message"]).collect();
    assert_eq!(answers[0], "BusinessMessageReject");
    assert!(answers[1..].iter().all(|answer| *answer == "ReferenceOddsReport"), "{answers:?}");
}

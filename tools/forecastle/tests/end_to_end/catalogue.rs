//! The catalogue over UDP: an administrator defines a category, a series and a user; an event takes
//! after its series; names and definitions stand in the journal and after a kill.

use forecastle_proto_spec::{
    BusinessMessageReject, CatalogueAction, CategoryDefinitionReport, CategoryDefinitionRequest,
    EventDefinitionReport, EventDefinitionRequest, EventParametersReport, EventVelocity, Message,
    RejectCode, SeriesDefinitionReport, SeriesDefinitionRequest, UserDefinitionReport,
    UserDefinitionRequest,
};
use serde_json::Value;
use zerocopy::FromZeros as _;

use crate::desk::Desk;
use crate::floor::{Floor, TAKER_ACCOUNT};
use crate::journal_command::answer;

const CATEGORY: &str = "Sport";
const SERIES: &str = "Fußball, 1. Liga";
const USER: &str = "Ada";

fn name(text: &str) -> [u8; 64] {
    let mut name = [0; 64];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

fn category(action: CatalogueAction, text: &str) -> CategoryDefinitionRequest {
    let mut request = CategoryDefinitionRequest::new_zeroed();
    request.category_id.set(7);
    request.action = action.into();
    request.name = name(text);
    request
}

fn series(action: CatalogueAction) -> SeriesDefinitionRequest {
    let mut request = SeriesDefinitionRequest::new_zeroed();
    request.series_id.set(70);
    request.category_id.set(7);
    request.taker_fee_rate.set(500);
    request.velocity = EventVelocity::High.into();
    request.action = action.into();
    request.name = name(SERIES);
    request
}

fn user(floor: &Floor, action: CatalogueAction) -> UserDefinitionRequest {
    let key = floor.exchange.keys.named("trader-2").expect("the exchange made this key");
    let mut request = UserDefinitionRequest::new_zeroed();
    request.user_id.set(9);
    request.firm_id.set(key.firm_id);
    request.account.set(TAKER_ACCOUNT);
    request.action = action.into();
    request.name = name(USER);
    request
}

fn expect_refused<M: Message>(desk: &mut Desk, message: &M, code: RejectCode) {
    let seq_num = desk.send(message);
    let is_it = |reject: &BusinessMessageReject| reject.ref_seq_num.get() == seq_num;
    let reject = desk.await_report(is_it);
    assert_eq!(reject.reject_code.get(), u16::from(code), "{}", M::NAME);
}

/// Defines an event in the series; gives what is told of its parameters.
fn define_event(admin: &mut Desk) -> EventParametersReport {
    let mut request = EventDefinitionRequest::new_zeroed();
    request.request_id.set(admin.new_id());
    request.market_count = 2;
    request.exhaustive = 1;
    request.series_id.set(70);
    admin.send(&request);
    let event =
        admin.await_report(|it: &EventDefinitionReport| it.request_id == request.request_id);
    admin.await_report(|it: &EventParametersReport| it.event_id == event.event_id)
}

#[test]
fn what_is_defined_is_acknowledged_kept_and_in_the_journal() {
    use CatalogueAction::{Define, Update};
    let mut floor = Floor::open();
    let definition = series(Define);
    expect_refused(&mut floor.maker, &category(Define, CATEGORY), RejectCode::NotEntitled);
    expect_refused(&mut floor.admin, &definition, RejectCode::UnknownCategory);
    expect_refused(&mut floor.admin, &category(Define, "a\u{7}"), RejectCode::InvalidName);

    let seq_num = floor.admin.send(&category(Define, CATEGORY));
    let report = floor.admin.await_report(|_: &CategoryDefinitionReport| true);
    assert_eq!((report.seq_num.get(), report.category_id.get()), (seq_num, 7));
    floor.admin.send(&definition);
    let report = floor.admin.await_report(|_: &SeriesDefinitionReport| true);
    assert_eq!((report.series_id.get(), report.category_id.get()), (70, 7));
    assert_eq!((report.taker_fee_rate.get(), report.velocity), (500, definition.velocity));
    let of_taker = user(&floor, Define);
    floor.admin.send(&of_taker);
    let report = floor.admin.await_report(|_: &UserDefinitionReport| true);
    assert_eq!((report.user_id.get(), report.account.get()), (9, TAKER_ACCOUNT));
    assert_eq!(report.firm_id, of_taker.firm_id);
    let parameters = define_event(&mut floor.admin);
    assert_eq!(parameters.velocity, u8::from(EventVelocity::High));
    assert_eq!(parameters.in_play_delay_ms.get(), 5_000);

    // All of it stands after a kill: it can be updated, not defined anew.
    let Floor { exchange, admin, maker, taker, .. } = floor;
    drop((admin, maker, taker));
    let exchange = exchange.restart();
    let mut admin = Desk::open(&exchange, "admin");
    expect_refused(&mut admin, &category(Define, CATEGORY), RejectCode::AlreadyDefined);
    expect_refused(&mut admin, &series(Define), RejectCode::AlreadyDefined);
    expect_refused(&mut admin, &of_taker, RejectCode::AlreadyDefined);
    admin.send(&category(Update, "Sports"));
    let report = admin.await_report(|_: &CategoryDefinitionReport| true);
    assert_eq!(report.action, u8::from(Update));
    drop(admin);
    let folder = exchange.end_and_keep("TERM");
    for (message, expected) in [
        ("CategoryDefinitionReport", &[CATEGORY, "Sports"][..]),
        ("SeriesDefinitionReport", &[SERIES]),
        ("UserDefinitionReport", &[USER]),
    ] {
        let records = answer(&["journal", "dump", "--type", message], &folder);
        let names = records.lines().map(|line| {
            let record: Value = serde_json::from_str(line).expect("it prints JSON lines");
            record["command"]["name"].clone()
        });
        assert_eq!(names.collect::<Vec<_>>(), expected, "{message}");
    }
}

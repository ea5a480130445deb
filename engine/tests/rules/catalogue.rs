//! Categories, series and users: what may be defined and changed, and what events have of series.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::snapshots::encoded_state;
use crate::world::*;

pub fn name(text: &[u8]) -> [u8; 64] {
    let mut name = [0; 64];
    name[..text.len()].copy_from_slice(text);
    name
}

pub fn category(category_id: u16, action: CatalogueAction) -> CategoryDefinitionRequest {
    let mut request = CategoryDefinitionRequest::new_zeroed();
    request.request_id.set(21);
    request.category_id.set(category_id);
    request.action = action.into();
    request.name = name(b"Sport");
    request
}

pub fn series(
    series_id: u16,
    category_id: u16,
    action: CatalogueAction,
) -> SeriesDefinitionRequest {
    let mut request = SeriesDefinitionRequest::new_zeroed();
    request.request_id.set(22);
    request.series_id.set(series_id);
    request.category_id.set(category_id);
    request.maker_fee_rate.set(10);
    request.taker_fee_rate.set(700);
    request.velocity = EventVelocity::High.into();
    request.action = action.into();
    request.name = name("Fußball".as_bytes());
    request
}

pub fn user(user_id: u32, firm_id: u32, action: CatalogueAction) -> UserDefinitionRequest {
    let mut request = UserDefinitionRequest::new_zeroed();
    request.request_id.set(23);
    request.user_id.set(user_id);
    request.firm_id.set(firm_id);
    request.action = action.into();
    request.name = name(b"Ada");
    request
}

#[test]
fn numbers_are_defined_once_and_updated_after() {
    use CatalogueAction::{Define, Update};
    let mut world = World::open();
    let code = |effects: Effects| effects.reject_code();
    assert_eq!(code(world.send(ADMIN_SESSION, &category(1, Update))), RejectCode::UnknownCategory);
    let report: CategoryDefinitionReport = world.send(ADMIN_SESSION, &category(1, Define)).only();
    assert_eq!((report.request_id.get(), report.category_id.get(), report.action), (21, 1, 1));
    assert_eq!(code(world.send(ADMIN_SESSION, &category(1, Define))), RejectCode::AlreadyDefined);
    world.send(ADMIN_SESSION, &category(1, Update)).only::<CategoryDefinitionReport>();

    assert_eq!(code(world.send(ADMIN_SESSION, &series(5, 2, Define))), RejectCode::UnknownCategory);
    assert_eq!(code(world.send(ADMIN_SESSION, &series(5, 1, Update))), RejectCode::UnknownSeries);
    let report: SeriesDefinitionReport = world.send(ADMIN_SESSION, &series(5, 1, Define)).only();
    assert_eq!((report.series_id.get(), report.category_id.get()), (5, 1));
    assert_eq!((report.taker_fee_rate.get(), report.velocity), (700, 3));
    assert_eq!(code(world.send(ADMIN_SESSION, &series(5, 1, Define))), RejectCode::AlreadyDefined);

    assert_eq!(code(world.send(ADMIN_SESSION, &user(9, 10, Update))), RejectCode::UnknownUser);
    let mut of_alice = user(9, 10, Define);
    of_alice.account.set(ALICE);
    let report: UserDefinitionReport = world.send(ADMIN_SESSION, &of_alice).only();
    assert_eq!((report.user_id.get(), report.firm_id.get()), (9, 10));
    assert_eq!((report.account.get(), report.action), (ALICE, 1));
    assert_eq!(code(world.send(ADMIN_SESSION, &of_alice)), RejectCode::AlreadyDefined);
    // It stays its firm's, and has an account of it.
    assert_eq!(code(world.send(ADMIN_SESSION, &user(9, 20, Update))), RejectCode::UnknownUser);
    of_alice.account.set(BOB);
    of_alice.action = Update.into();
    assert_eq!(code(world.send(ADMIN_SESSION, &of_alice)), RejectCode::UnknownAccount);
    of_alice.account.set(CAROL);
    world.send(ADMIN_SESSION, &of_alice).only::<UserDefinitionReport>();
}

#[test]
fn names_are_printable_text_to_their_end() {
    let full = [b'x'; 64];
    let mut torn = full;
    torn[63] = 0xC3;
    for (name, is_good) in [
        (name(b"a"), true),
        (name("서울 – Fußball".as_bytes()), true),
        (full, true),
        (name(b""), false),
        (name(b"two\nlines"), false),
        (name(b"a\0b"), false),
        (name("c1 \u{85}".as_bytes()), false),
        (name(b"\xFF"), false),
        (torn, false),
    ] {
        let request = CategoryDefinitionRequest { name, ..category(1, CatalogueAction::Define) };
        let effects = World::open().send(ADMIN_SESSION, &request);
        if is_good {
            effects.only::<CategoryDefinitionReport>();
        } else {
            assert_eq!(effects.reject_code(), RejectCode::InvalidName, "{name:?}");
        }
    }
}

#[test]
fn an_event_takes_after_its_series_as_that_was_when_it_was_defined() {
    let mut world = World::open();
    world.send(ADMIN_SESSION, &category(1, CatalogueAction::Define));
    world.send(ADMIN_SESSION, &series(5, 1, CatalogueAction::Define));
    let of_series = |series_id: u16| EventDefinitionRequest {
        series_id: series_id.into(),
        maker_fee_rate: 0.into(),
        taker_fee_rate: u16::MAX.into(),
        ..event(2, 1)
    };
    let refused = world.send(ADMIN_SESSION, &of_series(6));
    assert_eq!(refused.reject_code(), RejectCode::UnknownSeries);
    let refused = world.send(ADMIN_SESSION, &of_series(0));
    assert_eq!(refused.reject_code(), RejectCode::FeeRateUnsupported, "of no series");
    let effects = world.send(ADMIN_SESSION, &of_series(5));
    let report: EventDefinitionReport = effects.first();
    assert_eq!((report.event_id.get(), report.series_id.get()), (3, 5));
    let parameters: EventParametersReport = effects.first();
    assert_eq!((parameters.event_id.get(), parameters.velocity), (3, 3));
    assert_eq!((parameters.in_play_delay_ms.get(), parameters.request_id.get()), (5_000, 5));
    let changed = SeriesDefinitionRequest {
        taker_fee_rate: 0.into(),
        velocity: EventVelocity::Low.into(),
        ..series(5, 1, CatalogueAction::Update)
    };
    world.send(ADMIN_SESSION, &changed).only::<SeriesDefinitionReport>();
    let parameters: EventParametersReport = world.send(ADMIN_SESSION, &of_series(5)).first();
    assert_eq!((parameters.velocity, parameters.in_play_delay_ms.get()), (1, 1_000));
    // The first one's taker pays its rate, the second one's pays nothing.
    for (first_security_id, event_id, fee) in [(5, 3, 175), (7, 4, 0)] {
        world.set_status(event_id, 0, MarketStatus::Open);
        let security_id = first_security_id.into();
        let resting = NewOrderSingle { security_id, ..bid(event_id.into(), ALICE, 1, 5_000) };
        world.send(ALICE_SESSION, &resting).first::<OrderRested>();
        let taker = NewOrderSingle { security_id, ..ask(event_id.into(), BOB, 1, 5_000) };
        let trade: Trade = world.send(BOB_SESSION, &taker).first();
        assert_eq!((trade.resting_fee.get(), trade.aggressor_fee.get()), (0, fee));
    }
}

#[test]
fn the_catalogue_is_state_and_comes_out_of_a_snapshot() {
    let mut world = World::open();
    let mut digests = vec![world.engine.state_digest()];
    world.send(ADMIN_SESSION, &category(1_024, CatalogueAction::Define));
    digests.push(world.engine.state_digest());
    world.send(ADMIN_SESSION, &series(8_192, 1_024, CatalogueAction::Define));
    digests.push(world.engine.state_digest());
    world.send(ADMIN_SESSION, &user(64, 20, CatalogueAction::Define));
    digests.push(world.engine.state_digest());
    let mut distinct = digests.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), digests.len());
    let bytes = encoded_state(&world.engine);
    world.engine = Engine::decode_snapshot(&bytes, world.engine.state_digest()).unwrap();
    assert!(encoded_state(&world.engine) == bytes);
    world.engine.check_invariants();
    let again = world.send(ADMIN_SESSION, &series(8_192, 1_024, CatalogueAction::Define));
    assert_eq!(again.reject_code(), RejectCode::AlreadyDefined);
    let fewer = EngineConfig { accounts_max: 63, ..*world.engine.config() };
    assert!(world.engine.reconfigured(fewer).is_err(), "user 64 does not fit");
}

/// From the front, one fault mended at a time.
#[test]
fn definitions_are_checked_in_order() {
    let mut world = World::open();
    world.send(ADMIN_SESSION, &category(1, CatalogueAction::Define));
    let mut message = series(0, 9, CatalogueAction::Update);
    (message.action, message.velocity, message.name) = (3, 4, name(b""));
    message.taker_fee_rate.set(10_000);
    let mut code =
        |message: &SeriesDefinitionRequest| world.send(ADMIN_SESSION, message).reject_code();
    assert_eq!(code(&message), RejectCode::InvalidAction);
    message.action = CatalogueAction::Update.into();
    assert_eq!(code(&message), RejectCode::NumberOutOfRange);
    message.series_id.set(8_193);
    assert_eq!(code(&message), RejectCode::NumberOutOfRange);
    message.series_id.set(8_192);
    assert_eq!(code(&message), RejectCode::InvalidName);
    message.name = name(b"x");
    assert_eq!(code(&message), RejectCode::InvalidEventParameters);
    message.velocity = 1;
    assert_eq!(code(&message), RejectCode::FeeRateUnsupported);
    message.taker_fee_rate.set(9_999);
    assert_eq!(code(&message), RejectCode::UnknownCategory);
    message.category_id.set(1);
    assert_eq!(code(&message), RejectCode::UnknownSeries);
    let mut message = user(65, 0, CatalogueAction::Update);
    message.account.set(BOB);
    message.name = name(b"");
    let mut code =
        |message: &UserDefinitionRequest| world.send(ADMIN_SESSION, message).reject_code();
    assert_eq!(code(&message), RejectCode::NumberOutOfRange);
    message.user_id.set(64);
    assert_eq!(code(&message), RejectCode::InvalidName);
    message.name = name(b"x");
    assert_eq!(code(&message), RejectCode::FirmZero);
    message.firm_id.set(10);
    assert_eq!(code(&message), RejectCode::UnknownAccount);
    message.account.set(ALICE);
    assert_eq!(code(&message), RejectCode::UnknownUser);
}

//! Reference odds: who may say what, what prices come of it, collars, jumps and staleness.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::event_parameters::parameters;
use crate::rejects::fill_work_queue;
use crate::snapshots::encoded_state;
use crate::world::*;

/// Session of a provider, key 4.
pub const PROVIDER_SESSION: u32 = 64;
const OTHER_PROVIDER_SESSION: u32 = 80;

/// The world of [`World::open`], an open exhaustive event of two markets (event 3, markets 5 and
/// 6), and two providers.
pub fn with_providers() -> World {
    let mut world = World::open();
    world.define_open_event(2, true);
    for session_id in [PROVIDER_SESSION, OTHER_PROVIDER_SESSION] {
        world.entitle(access_key_of(session_id), 40, ROLES_ODDS_PROVIDER);
        world.login(session_id, 1);
    }
    world
}

/// A request about event 1, which has three markets, or event 3, which has two.
pub fn odds(
    request_id: u64,
    action: OddsAction,
    event_id: u32,
    odds: [u32; 3],
) -> ReferenceOddsRequest {
    let mut request = ReferenceOddsRequest::new_zeroed();
    request.request_id.set(request_id);
    request.event_id.set(event_id);
    request.action = action.into();
    request.first_odds.set(odds[0]);
    request.second_odds.set(odds[1]);
    request.third_odds.set(odds[2]);
    request
}

/// Sets parameters of event 1 or 3, which is paused for it.
fn set_parameters(world: &mut World, request: &EventParametersRequest) -> Effects {
    world.set_status(request.event_id.get(), 0, MarketStatus::Paused);
    let effects = world.send(ADMIN_SESSION, request);
    world.set_status(request.event_id.get(), 0, MarketStatus::Open);
    effects
}

fn told(effects: &Effects) -> Vec<(u32, u16, u16, u16)> {
    let limits = effects.all::<PriceLimitsChanged>().into_iter();
    limits
        .map(|it| {
            let (low, high) = (it.low_limit_price.get(), it.high_limit_price.get());
            (it.security_id.get(), low, high, it.reference_price.get())
        })
        .collect()
}

fn code(world: &mut World, session_id: u32, request: &ReferenceOddsRequest) -> RejectCode {
    world.send(session_id, request).reject_code()
}

#[test]
fn odds_become_prices_that_add_up_to_one_and_are_published() {
    let mut world = with_providers();
    let create = odds(1, OddsAction::Create, 1, [2_500, 4_000, 2_500]);
    let effects = world.send(PROVIDER_SESSION, &create);
    let report: ReferenceOddsReport = effects.first();
    assert_eq!((report.request_id.get(), report.event_id.get()), (1, 1));
    assert_eq!((report.access_key_id.get(), report.change_count.get()), (4, 1));
    assert_eq!((report.status, report.already_applied), (ReferenceOddsStatus::Live.into(), 0));
    let prices = [report.first_price, report.second_price, report.third_price].map(|it| it.get());
    assert_eq!((prices, report.overround_ppm.get()), ([3_810, 2_381, 3_809], 50_000));
    // No collar: the limits stay, the reference is new.
    let all = [(1, 1, 9_999, 3_810), (2, 1, 9_999, 2_381), (3, 1, 9_999, 3_809)];
    assert_eq!(told(&effects), all);
    // Odds that say the same prices change nothing that is published.
    let again = odds(2, OddsAction::Update, 1, [2_500, 4_000, 2_500]);
    let report: ReferenceOddsReport = world.send(PROVIDER_SESSION, &again).only();
    assert_eq!(report.change_count.get(), 2);
    let two = odds(3, OddsAction::Create, 3, [1_900, 1_900, 0]);
    let report: ReferenceOddsReport = world.send(PROVIDER_SESSION, &two).first();
    assert_eq!((report.first_price.get(), report.third_price.get()), (5_000, 0));
    assert_eq!(report.overround_ppm.get(), 52_631);
}

/// A provider that has no answer sends again under the same id.
#[test]
fn a_request_that_comes_again_changes_nothing() {
    let mut world = with_providers();
    let create = odds(7, OddsAction::Create, 3, [2_000, 2_000, 0]);
    world.send(PROVIDER_SESSION, &create).first::<ReferenceOddsReport>();
    let update = odds(8, OddsAction::Update, 3, [1_500, 3_000, 0]);
    world.send(PROVIDER_SESSION, &update).first::<ReferenceOddsReport>();
    // Whatever it says now, and from whichever session of the key.
    for request in [create, odds(7, OddsAction::Delete, 99, [0; 3])] {
        let report: ReferenceOddsReport = world.send(PROVIDER_SESSION, &request).only();
        assert_eq!((report.already_applied, report.event_id.get()), (1, 3));
        assert_eq!((report.first_odds.get(), report.change_count.get()), (1_500, 2));
    }
    // Another key's ids are its own, and a refused request was not applied.
    let other = odds(7, OddsAction::Update, 3, [2_000, 2_000, 0]);
    let refused = code(&mut world, OTHER_PROVIDER_SESSION, &other);
    assert_eq!(refused, RejectCode::OddsOfAnotherProvider);
    let refused = code(&mut world, PROVIDER_SESSION, &odds(9, OddsAction::Create, 3, [0; 3]));
    assert_eq!(refused, RejectCode::InvalidOdds);
    let good = odds(9, OddsAction::Update, 3, [2_000, 2_000, 0]);
    let report: ReferenceOddsReport = world.send(PROVIDER_SESSION, &good).first();
    assert_eq!((report.already_applied, report.change_count.get()), (0, 3));
}

#[test]
fn the_last_4096_requests_are_remembered_and_come_out_of_a_snapshot() {
    let mut world = with_providers();
    world.is_checked = false;
    let create = odds(0, OddsAction::Create, 3, [2_000, 2_000, 0]);
    world.send(PROVIDER_SESSION, &create).first::<ReferenceOddsReport>();
    for request_id in 1..4_096 {
        let update = odds(request_id, OddsAction::Update, 3, [2_000, 2_000, 0]);
        world.send(PROVIDER_SESSION, &update).only::<ReferenceOddsReport>();
    }
    let bytes = encoded_state(&world.engine);
    world.engine = Engine::decode_snapshot(&bytes, world.engine.state_digest()).unwrap();
    assert!(encoded_state(&world.engine) == bytes);
    world.engine.check_invariants();
    let first: ReferenceOddsReport = world.send(PROVIDER_SESSION, &create).only();
    assert_eq!(first.already_applied, 1);
    let update = odds(4_096, OddsAction::Update, 3, [2_000, 2_000, 0]);
    world.send(PROVIDER_SESSION, &update).only::<ReferenceOddsReport>();
    assert_eq!(code(&mut world, PROVIDER_SESSION, &create), RejectCode::OddsExist);
    world.engine.check_invariants();
    let second = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
    let report: ReferenceOddsReport = world.send(PROVIDER_SESSION, &second).only();
    assert_eq!(report.already_applied, 1);
}

#[test]
fn deleted_odds_are_a_tombstone_that_anybody_may_create_over() {
    let mut world = with_providers();
    let mut collar = parameters(3);
    collar.collar_width.set(100);
    set_parameters(&mut world, &collar);
    let create = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
    world.send(PROVIDER_SESSION, &create).first::<ReferenceOddsReport>();
    let delete = odds(2, OddsAction::Delete, 3, [0; 3]);
    let refused = code(&mut world, OTHER_PROVIDER_SESSION, &delete);
    assert_eq!(refused, RejectCode::OddsOfAnotherProvider);
    let effects = world.send(PROVIDER_SESSION, &delete);
    let report: ReferenceOddsReport = effects.first();
    assert_eq!(
        (report.status, report.change_count.get()),
        (ReferenceOddsStatus::Deleted.into(), 2)
    );
    assert_eq!((report.first_odds.get(), report.first_price.get()), (2_000, 5_000), "the last");
    assert_eq!(told(&effects), [(5, 1, 9_999, 0), (6, 1, 9_999, 0)]);
    let late = odds(3, OddsAction::Update, 3, [2_000, 2_000, 0]);
    assert_eq!(code(&mut world, PROVIDER_SESSION, &late), RejectCode::UnknownOdds);
    let anew = odds(3, OddsAction::Create, 3, [4_000, 1_333, 0]);
    let report: ReferenceOddsReport = world.send(OTHER_PROVIDER_SESSION, &anew).first();
    assert_eq!((report.access_key_id.get(), report.change_count.get()), (5, 3));
    // A market administrator may delete them, and nothing else.
    let update = odds(4, OddsAction::Update, 3, [2_000, 2_000, 0]);
    assert_eq!(code(&mut world, ADMIN_SESSION, &update), RejectCode::NotEntitled);
    let delete = odds(5, OddsAction::Delete, 3, [0; 3]);
    let report: ReferenceOddsReport = world.send(ADMIN_SESSION, &delete).first();
    assert_eq!(report.access_key_id.get(), 5, "whose they were");
}

#[test]
fn prices_stay_within_the_collar_and_the_limits_that_stand() {
    let mut world = with_providers();
    let mut collar = parameters(3);
    collar.collar_width.set(300);
    collar.static_high.set(5_200);
    let effects = set_parameters(&mut world, &collar);
    assert_eq!(told(&effects), [(5, 1, 5_200, 0), (6, 1, 5_200, 0)], "there are no odds yet");
    let resting = NewOrderSingle { security_id: 5.into(), ..bid(1, ALICE, 2, 10) };
    let resting = world.send(ALICE_SESSION, &resting).first::<OrderRested>();
    let create = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
    let effects = world.send(PROVIDER_SESSION, &create);
    assert_eq!(told(&effects), [(5, 4_700, 5_200, 5_000), (6, 4_700, 5_200, 5_000)]);
    for (cl_ord_id, price, is_inside) in
        [(2, 4_699, false), (3, 4_700, true), (4, 5_200, true), (5, 5_201, false)]
    {
        let order = NewOrderSingle { security_id: 6.into(), ..bid(cl_ord_id, ALICE, 1, price) };
        let effects = world.send(ALICE_SESSION, &order);
        if is_inside {
            effects.first::<OrderAccepted>();
        } else {
            assert_eq!(effects.reject_code(), RejectCode::PriceOutsideCollar, "{price}");
        }
    }
    // What rested before may shrink; it comes again inside only.
    let order_id = resting.order_id.get();
    let replaced = |cl_ord_id, quantity, price| OrderCancelReplaceRequest {
        security_id: 5.into(),
        ..replace(cl_ord_id, order_id, quantity, price)
    };
    world.send(ALICE_SESSION, &replaced(6, 1, 10)).only::<OrderReplaced>();
    let refused = world.send(ALICE_SESSION, &replaced(7, 1, 11)).reject_code();
    assert_eq!(refused, RejectCode::PriceOutsideCollar);
    world.send(ALICE_SESSION, &replaced(8, 1, 4_700)).first::<OrderReplaced>();
    // A reference beyond the limits that stand leaves no price.
    let far = odds(2, OddsAction::Update, 3, [1_250, 5_000, 0]);
    let effects = world.send(PROVIDER_SESSION, &far);
    assert_eq!(told(&effects), [(5, 7_700, 5_200, 8_000), (6, 1_700, 2_300, 2_000)]);
    let order = NewOrderSingle { security_id: 5.into(), ..bid(9, ALICE, 1, 5_200) };
    let refused = world.send(ALICE_SESSION, &order).reject_code();
    assert_eq!(refused, RejectCode::PriceOutsideCollar);
}

#[test]
fn a_jump_pauses_the_open_markets_and_nothing_less_does() {
    let mut world = with_providers();
    let mut limit = parameters(1);
    limit.jump_limit.set(100);
    set_parameters(&mut world, &limit);
    world.set_status(1, 3, MarketStatus::Closed);
    world.send(ADMIN_SESSION, &status_request(1, 1, MarketStatus::Open.into(), 1));
    let create = odds(1, OddsAction::Create, 1, [2_000, 4_000, 4_000]);
    let effects = world.send(PROVIDER_SESSION, &create);
    assert_eq!(effects.all::<SecurityStatusReport>().len(), 0, "there was nothing to jump from");
    // 5000, 2500, 2500 → 4900, 2600, 2500: as far as the limit, not beyond.
    let update = odds(2, OddsAction::Update, 1, [2_040_816, 3_846_154, 4_000_000]);
    let effects = world.send(PROVIDER_SESSION, &update);
    let report: ReferenceOddsReport = effects.first();
    assert_eq!((report.first_price.get(), report.second_price.get()), (4_900, 2_600));
    assert_eq!(effects.all::<SecurityStatusReport>().len(), 0);
    let update = odds(3, OddsAction::Update, 1, [2_000, 4_000, 4_000]);
    world.send(PROVIDER_SESSION, &update).first::<ReferenceOddsReport>();
    let update = odds(4, OddsAction::Update, 1, [1_960, 4_082, 4_082]);
    let effects = world.send(PROVIDER_SESSION, &update);
    let statuses = effects.all::<SecurityStatusReport>();
    let paused: Vec<_> = statuses
        .iter()
        .map(|it| (it.security_id.get(), it.status, it.in_play, it.reason.get()))
        .collect();
    let status = MarketStatus::Paused.into();
    assert_eq!(paused, [(1, status, 1, 65_535), (2, status, 0, 65_535)], "3 is closed");
    assert_eq!(told(&effects).len(), 3);
    // The order of the effects: what the odds are, the pauses, the limits.
    let templates = effects.templates();
    assert_eq!(templates, [77, 64, 64, 117, 117, 117]);
}

#[test]
fn silence_widens_the_collar_until_the_next_update() {
    let mut world = with_providers();
    let mut collar = parameters(3);
    collar.collar_width.set(100);
    collar.stale_collar_width.set(400);
    collar.stale_after_ms.set(5);
    set_parameters(&mut world, &collar);
    let create = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
    world.send(PROVIDER_SESSION, &create).first::<ReferenceOddsReport>();
    let updated_ns = world.time_ns;
    let due_ns = (updated_ns + 5_000_000).div_ceil(1_000_000) * 1_000_000;
    assert!(!world.engine.timer_is_due(due_ns - 1));
    assert!(world.engine.timer_is_due(due_ns));
    // A snapshot keeps the timer.
    let bytes = encoded_state(&world.engine);
    world.engine = Engine::decode_snapshot(&bytes, world.engine.state_digest()).unwrap();
    world.time_ns = due_ns;
    let effects = world.send(EXCHANGE, &TimerTick::new_zeroed());
    let report: ReferenceOddsReport = effects.first();
    assert_eq!((report.status, report.request_id.get()), (ReferenceOddsStatus::Stale.into(), 0));
    assert_eq!(told(&effects), [(5, 4_600, 5_400, 5_000), (6, 4_600, 5_400, 5_000)]);
    let bytes = encoded_state(&world.engine);
    world.engine = Engine::decode_snapshot(&bytes, world.engine.state_digest()).unwrap();
    let order = NewOrderSingle { security_id: 5.into(), ..bid(1, ALICE, 1, 4_600) };
    world.send(ALICE_SESSION, &order).first::<OrderRested>();
    let order = NewOrderSingle { security_id: 5.into(), ..bid(2, ALICE, 1, 4_599) };
    let refused = world.send(ALICE_SESSION, &order).reject_code();
    assert_eq!(refused, RejectCode::PriceOutsideCollar);
    let update = odds(2, OddsAction::Update, 3, [2_000, 2_000, 0]);
    let effects = world.send(PROVIDER_SESSION, &update);
    assert_eq!(told(&effects), [(5, 4_900, 5_100, 5_000), (6, 4_900, 5_100, 5_000)]);
}

#[test]
fn another_age_counts_from_the_last_update() {
    let mut world = with_providers();
    let mut collar = parameters(3);
    collar.collar_width.set(100);
    collar.stale_collar_width.set(400);
    let create = odds(1, OddsAction::Create, 3, [2_000, 2_000, 0]);
    world.send(PROVIDER_SESSION, &create).first::<ReferenceOddsReport>();
    world.time_ns += 10_000_000;
    // It is over already.
    collar.stale_after_ms.set(5);
    let effects = set_parameters(&mut world, &collar);
    let report: ReferenceOddsReport = effects.first();
    assert_eq!(report.status, ReferenceOddsStatus::Stale.into());
    assert_eq!(told(&effects)[0], (5, 4_600, 5_400, 5_000));
    assert!(!world.engine.timer_is_due(u64::MAX));
    // It is yet to come.
    collar.stale_after_ms.set(50);
    let effects = set_parameters(&mut world, &collar);
    let report: ReferenceOddsReport = effects.first();
    assert_eq!(report.status, ReferenceOddsStatus::Live.into());
    assert_eq!(told(&effects)[0], (5, 4_900, 5_100, 5_000));
    assert!(world.engine.timer_is_due(u64::MAX));
    collar.stale_after_ms.set(0);
    let effects = set_parameters(&mut world, &collar);
    assert_eq!(effects.templates(), [EventParametersReport::TEMPLATE_ID]);
    assert!(!world.engine.timer_is_due(u64::MAX));
}

/// From the front, one fault mended at a time.
#[test]
fn odds_are_checked_in_order() {
    let mut world = with_providers();
    world.define_event(2, true);
    world.send(ADMIN_SESSION, &status_request(4, 0, MarketStatus::Delisted.into(), 0));
    let mut request = odds(1, OddsAction::Create, 99, [1_000, 2_000, 2_000]);
    request.action = 4;
    assert_eq!(code(&mut world, ADMIN_SESSION, &request), RejectCode::InvalidAction);
    request.action = OddsAction::Create.into();
    assert_eq!(code(&mut world, ADMIN_SESSION, &request), RejectCode::NotEntitled);
    for (event_id, expected) in [
        (99, RejectCode::UnknownEvent),
        (2, RejectCode::OddsNotOffered),
        (4, RejectCode::EventEnded),
        (3, RejectCode::InvalidOdds),
    ] {
        request.event_id.set(event_id);
        assert_eq!(code(&mut world, PROVIDER_SESSION, &request), expected);
    }
    request.first_odds.set(2_000);
    assert_eq!(code(&mut world, PROVIDER_SESSION, &request), RejectCode::InvalidOdds, "a third");
    request.third_odds.set(0);
    request.action = OddsAction::Update.into();
    assert_eq!(code(&mut world, PROVIDER_SESSION, &request), RejectCode::UnknownOdds);
    request.action = OddsAction::Create.into();
    world.send(PROVIDER_SESSION, &request).first::<ReferenceOddsReport>();
    request.request_id.set(2);
    for session_id in [PROVIDER_SESSION, OTHER_PROVIDER_SESSION] {
        assert_eq!(code(&mut world, session_id, &request), RejectCode::OddsExist);
    }
    request.action = OddsAction::Update.into();
    let refused = code(&mut world, OTHER_PROVIDER_SESSION, &request);
    assert_eq!(refused, RejectCode::OddsOfAnotherProvider);
}

/// Two providers; event 1 of two markets jumps beyond 100 and has a collar of 300, and Bob's order
/// in market 2 ends on a halt; the only place for work of the exchange is taken.
fn about_to_jump() -> World {
    let mut world = World::new(EngineConfig { work_max: 1, ..EngineConfig::small() });
    world.define_open_event(2, true);
    for session_id in [PROVIDER_SESSION, OTHER_PROVIDER_SESSION] {
        world.entitle(access_key_of(session_id), 40, ROLES_ODDS_PROVIDER);
        world.login(session_id, 1);
    }
    let request = EventParametersRequest {
        jump_limit: 100.into(),
        collar_width: 300.into(),
        stale_after_ms: 5.into(),
        ..parameters(1)
    };
    set_parameters(&mut world, &request);
    let marked = NewOrderSingle {
        security_id: 2.into(),
        exec_inst: EXEC_INST_CANCEL_ON_HALT,
        ..bid(1, BOB, 1, 5_000)
    };
    world.send(BOB_SESSION, &marked).first::<OrderRested>();
    fill_work_queue(&mut world);
    let create = odds(1, OddsAction::Create, 1, [2_000, 2_000, 0]);
    world.send(PROVIDER_SESSION, &create).first::<ReferenceOddsReport>();
    world
}

#[test]
fn a_jump_without_room_for_its_sweep_is_refused_and_nothing_changes() {
    let mut world = about_to_jump();
    let jump = odds(2, OddsAction::Update, 1, [1_500, 3_000, 0]);
    let refused = code(&mut world, OTHER_PROVIDER_SESSION, &jump);
    assert_eq!(refused, RejectCode::OddsOfAnotherProvider, "the room is looked for last");
    let (digest, due) = (world.engine.market_digest(), world.engine.first_timer_due_ms());
    assert!(due.is_some());
    world.time_ns += 2_000_000;
    assert_eq!(code(&mut world, PROVIDER_SESSION, &jump), RejectCode::WorkQueueFull);
    assert_eq!(world.engine.market_digest(), digest);
    assert_eq!(world.engine.first_timer_due_ms(), due, "its age counts from the odds before");
    // The odds of before stand, and their collar: nothing was recorded under the request's id.
    let delete = odds(1, OddsAction::Delete, 1, [0; 3]);
    let report: ReferenceOddsReport = world.send(PROVIDER_SESSION, &delete).only();
    assert_eq!((report.already_applied, report.change_count.get()), (1, 1));
    assert_eq!((report.first_odds.get(), report.first_price.get()), (2_000, 5_000));
    for (cl_ord_id, price, is_inside) in [(2, 4_699, false), (3, 5_300, true)] {
        let order = NewOrderSingle { security_id: 1.into(), ..bid(cl_ord_id, BOB, 1, price) };
        let templates = world.send(BOB_SESSION, &order).templates();
        assert_eq!(templates == [100, 101], is_inside, "{price}");
    }
    // A change within the limit needs no room; the jump itself goes through when there is some.
    let near = odds(3, OddsAction::Update, 1, [1_990, 2_010, 0]);
    world.send(PROVIDER_SESSION, &near).first::<ReferenceOddsReport>();
    world.finish_work();
    let effects = world.send(PROVIDER_SESSION, &jump);
    assert_eq!(effects.first::<ReferenceOddsReport>().already_applied, 0);
    assert_eq!(effects.all::<SecurityStatusReport>().len(), 2);
    let ended = effects.first::<OrderCancelled>();
    assert_eq!(ended.reason.get(), u16::from(CancelReason::MarketHalted));
    world.engine.check_invariants();
}

#[test]
fn a_jump_that_ends_nothing_needs_no_room() {
    let mut world = about_to_jump();
    let ended = world.send(EXCHANGE, &EndOfDayRequest::new_zeroed());
    assert_eq!(ended.reject_code(), RejectCode::WorkQueueFull);
    let order_id = world.order_ids(2)[0];
    let request = OrderCancelRequest { security_id: 2.into(), ..cancel(3, order_id) };
    world.send(BOB_SESSION, &request).only::<OrderCancelled>();
    let jump = odds(2, OddsAction::Update, 1, [1_500, 3_000, 0]);
    let effects = world.send(PROVIDER_SESSION, &jump);
    assert_eq!(effects.all::<SecurityStatusReport>().len(), 2);
    assert!(effects.all::<OrderCancelled>().is_empty());
}

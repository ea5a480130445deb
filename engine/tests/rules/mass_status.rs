//! The status of all orders of a firm in a scope.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::rejects::full_work_queue;
use crate::world::*;

fn status_of_all(scope: MassActionScope) -> OrderMassStatusRequest {
    let mut request = OrderMassStatusRequest::new_zeroed();
    request.request_id.set(77);
    request.scope = scope.into();
    request
}

/// ClOrdIDs that were told, and the count at the end of it.
#[track_caller]
fn told(effects: &Effects) -> (Vec<u64>, u32) {
    let reports = effects.all::<OrderStatusReport>();
    assert!(reports.iter().all(|it| (it.request_id.get(), it.seq_num.get()) == (77, 4)));
    let end: OrderMassStatusReport = effects.first();
    assert_eq!(effects.templates().last(), Some(&OrderMassStatusReport::TEMPLATE_ID));
    assert_eq!(end.request_id.get(), 77);
    (reports.iter().map(|it| it.cl_ord_id.get()).collect(), end.order_count.get())
}

#[test]
fn every_scope_tells_the_firm_s_own_orders_and_their_count() {
    type Change = fn(&mut OrderMassStatusRequest);
    let cases: [(MassActionScope, Change, &[u64]); 7] = [
        (MassActionScope::Security, |it| it.security_id.set(4), &[3]),
        (MassActionScope::Event, |it| it.event_id.set(1), &[1, 2]),
        (MassActionScope::Account, |it| it.account.set(CAROL), &[2]),
        (MassActionScope::Link, |it| it.cl_ord_link_id.set(5), &[1, 3]),
        (MassActionScope::Link, |it| it.cl_ord_link_id.set(6), &[]),
        (MassActionScope::Firm, |_| {}, &[1, 2, 3]),
        (MassActionScope::Firm, |it| it.side = Side::Sell.into(), &[2]),
    ];
    for (scope, change, expected) in cases {
        let mut world = World::open();
        let mut linked = bid(1, ALICE, 1, 30);
        linked.cl_ord_link_id.set(5);
        world.send(ALICE_SESSION, &linked).first::<OrderRested>();
        world.send(ALICE_SESSION, &ask(2, CAROL, 1, 60)).first::<OrderRested>();
        linked.cl_ord_id.set(3);
        linked.security_id.set(4);
        world.send(ALICE_SESSION, &linked).first::<OrderRested>();
        linked.cl_ord_id.set(9);
        linked.account.set(BOB);
        world.send(BOB_SESSION, &linked).first::<OrderRested>();
        let before = world.engine.market_digest();
        let mut request = status_of_all(scope);
        change(&mut request);
        let effects = world.send(ALICE_SESSION, &request);
        assert_eq!(told(&effects), (expected.to_vec(), expected.len() as u32), "{scope:?}");
        assert_eq!(effects.first::<OrderMassStatusReport>().scope, scope.into());
        assert_eq!(world.engine.market_digest(), before);
    }
}

#[test]
fn steps_tell_256_orders_each_and_only_those_that_were_there() {
    let mut world = World::new(EngineConfig { work_max: 1, ..EngineConfig::small() });
    world.define_open_event(1, false);
    world.is_checked = false;
    let ids: Vec<u64> = (1..=300)
        .map(|id| world.send(ALICE_SESSION, &bid(id, ALICE, 1, 30)).first::<OrderRested>())
        .map(|rested| rested.order_id.get())
        .collect();
    let first = world.send(ALICE_SESSION, &status_of_all(MassActionScope::Firm));
    assert_eq!(first.templates(), [OrderStatusReport::TEMPLATE_ID; 256]);
    let ahead: Vec<u32> =
        first.all::<OrderStatusReport>().iter().map(|it| it.quantity_ahead.get()).collect();
    assert_eq!(ahead[..17], (0..17).collect::<Vec<_>>());
    assert!(ahead[17..].iter().all(|lots| *lots == u32::MAX), "no more than 16 are counted");
    let requester = world.engine.continuation().unwrap();
    assert_eq!((requester.session_id, requester.request_id), (ALICE_SESSION, 77));
    // One ends before its turn, and another takes its slot.
    world.send(ALICE_SESSION, &cancel(400, ids[299])).only::<OrderCancelled>();
    world.send(ALICE_SESSION, &bid(301, ALICE, 1, 30)).first::<OrderRested>();
    let again = world.send(ALICE_SESSION, &status_of_all(MassActionScope::Firm));
    assert_eq!(again.reject_code(), RejectCode::WorkQueueFull);
    let second = world.continue_work();
    let reports = second.all::<OrderStatusReport>();
    assert_eq!(reports.first().map(|it| it.cl_ord_id.get()), Some(257));
    assert_eq!(reports.len(), 43);
    assert!(reports.iter().all(|it| (it.request_id.get(), it.seq_num.get()) == (77, 301)));
    let end: OrderMassStatusReport = second.first();
    assert_eq!((end.order_count.get(), end.seq_num.get()), (299, 301));
    assert!(!world.engine.continuation_is_pending());
    assert_eq!(world.bids(1).len(), 300, "nothing ended");
}

#[test]
fn a_mass_status_is_refused_as_a_mass_action_is() {
    type Change = fn(&mut OrderMassStatusRequest);
    let cases: [(Change, RejectCode); 9] = [
        (|it| (it.side, it.scope) = (3, 0), RejectCode::InvalidSide),
        (|it| it.scope = 0, RejectCode::InvalidMassActionScope),
        (|it| it.scope = 7, RejectCode::InvalidMassActionScope),
        (|it| it.scope = 8, RejectCode::InvalidMassActionScope),
        (|it| it.scope = 1, RejectCode::InvalidMassActionScope),
        (|it| (it.scope, it.security_id) = (1, 99.into()), RejectCode::UnknownMarket),
        (|it| (it.scope, it.event_id) = (2, 99.into()), RejectCode::UnknownEvent),
        (|it| (it.scope, it.account) = (3, 99.into()), RejectCode::UnknownAccount),
        (|it| (it.scope, it.account) = (3, BOB.into()), RejectCode::UnknownAccount),
    ];
    for (change, code) in cases {
        let mut world = World::open();
        let mut request = status_of_all(MassActionScope::Firm);
        change(&mut request);
        let effects = world.send(ALICE_SESSION, &request);
        effects.only::<BusinessMessageReject>();
        assert_eq!(effects.reject_code(), code);
    }
    let mut world = World::open();
    for session_id in [ADMIN_SESSION, EXCHANGE] {
        let refused = world.send(session_id, &status_of_all(MassActionScope::Firm));
        assert_eq!(refused.reject_code(), RejectCode::NotEntitled);
    }
}

/// Every fault at once, and one less each time.
#[test]
fn a_mass_status_is_checked_in_order() {
    let mut world = full_work_queue();
    let mut request = status_of_all(MassActionScope::Day);
    request.side = 3;
    let expect = |world: &mut World, request: &OrderMassStatusRequest, code| {
        assert_eq!(world.send(ALICE_SESSION, request).reject_code(), code);
    };
    expect(&mut world, &request, RejectCode::InvalidSide);
    request.side = 2;
    expect(&mut world, &request, RejectCode::InvalidMassActionScope);
    for (scope, code) in [
        (MassActionScope::Security, RejectCode::UnknownMarket),
        (MassActionScope::Event, RejectCode::UnknownEvent),
        (MassActionScope::Account, RejectCode::UnknownAccount),
    ] {
        request.scope = scope.into();
        (request.security_id, request.event_id, request.account) = (0.into(), 0.into(), 0.into());
        expect(&mut world, &request, RejectCode::InvalidMassActionScope);
        request.security_id.set(99);
        request.event_id.set(99);
        request.account.set(BOB);
        expect(&mut world, &request, code);
    }
    request.account.set(ALICE);
    expect(&mut world, &request, RejectCode::WorkQueueFull);
}

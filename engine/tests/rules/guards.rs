//! Blocks: what a suspension covers, that it stands before its sweep, and that exactly it is
//! released.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::world::*;

pub fn mass_switch(
    cl_ord_id: u64,
    scope: MassActionScope,
    action: MassActionType,
) -> OrderMassActionRequest {
    OrderMassActionRequest { action: action.into(), ..mass_cancel(cl_ord_id, scope) }
}

pub fn kill_switch(scope: MassActionScope, key: u32, action: MassActionType) -> KillSwitchRequest {
    let mut request = KillSwitchRequest::new_zeroed();
    request.request_id.set(55);
    request.key.set(key);
    request.scope = scope.into();
    request.action = action.into();
    request
}

/// Market 1, market 4, link 7 or none, each side, of Alice, Carol and Bob: who may still send what.
fn takers(world: &mut World) -> Vec<&'static str> {
    let mut passed = Vec::new();
    for (name, session_id, account, security_id, link_id, side) in PROBES {
        let next = u64::from(world.position as u32);
        let price = if side == Side::Buy { 1_000 } else { 9_000 };
        let mut message = order(next, account, side, 1, price);
        message.security_id.set(security_id);
        message.cl_ord_link_id.set(link_id);
        let effects = world.send(session_id, &message);
        if effects.templates()[0] == OrderAccepted::TEMPLATE_ID {
            passed.push(name);
            let request = OrderCancelRequest {
                order_id: effects.first::<OrderRested>().order_id,
                security_id: security_id.into(),
                ..cancel(1, 0)
            };
            world.send(session_id, &request).only::<OrderCancelled>();
        } else {
            assert_eq!(effects.reject_code(), RejectCode::TradingSuspended);
        }
    }
    passed
}

const PROBES: [(&str, u32, u32, u32, u32, Side); 6] = [
    ("plain", ALICE_SESSION, ALICE, 1, 0, Side::Buy),
    ("sell", ALICE_SESSION, ALICE, 1, 0, Side::Sell),
    ("lone", ALICE_SESSION, ALICE, 4, 0, Side::Buy),
    ("link", ALICE_SESSION, ALICE, 4, 7, Side::Buy),
    ("carol", ALICE_SESSION, CAROL, 4, 0, Side::Buy),
    ("bob", BOB_SESSION, BOB, 1, 7, Side::Buy),
];

#[test]
fn a_firm_suspends_its_own_orders_in_each_scope() {
    for (scope, side, passed) in [
        (MassActionScope::Security, 0, &["lone", "link", "carol", "bob"][..]),
        (MassActionScope::Event, 0, &["lone", "link", "carol", "bob"]),
        (MassActionScope::Account, 0, &["carol", "bob"]),
        (MassActionScope::Link, 0, &["plain", "sell", "lone", "carol", "bob"]),
        (MassActionScope::Firm, 0, &["bob"]),
        (MassActionScope::Firm, 2, &["plain", "lone", "link", "carol", "bob"]),
        (MassActionScope::Security, 1, &["sell", "lone", "link", "carol", "bob"]),
    ] {
        let mut world = World::open();
        let everything = takers(&mut world);
        assert_eq!(everything.len(), PROBES.len());
        let switch = |action| {
            let mut request = mass_switch(9, scope, action);
            request.side = side;
            request.security_id.set(1);
            request.event_id.set(1);
            request.account.set(ALICE);
            request.cl_ord_link_id.set(7);
            request
        };
        let report: OrderMassActionReport =
            world.send(ALICE_SESSION, &switch(MassActionType::Suspend)).only();
        assert_eq!((report.action, report.scope, report.side), (1, scope.into(), side));
        assert_eq!(takers(&mut world), passed, "{scope:?} {side}");
        let report: OrderMassActionReport =
            world.send(ALICE_SESSION, &switch(MassActionType::Release)).only();
        assert_eq!((report.action, report.total_affected_orders.get()), (2, 0));
        assert_eq!(takers(&mut world), everything);
        let again = world.send(ALICE_SESSION, &switch(MassActionType::Release));
        assert_eq!(again.reject_code(), RejectCode::UnknownBlock);
    }
}

#[test]
fn a_risk_officer_suspends_anybody_in_each_scope() {
    for (scope, key, passed) in [
        (MassActionScope::Security, 1, &["lone", "link", "carol"][..]),
        (MassActionScope::Event, 2, &["plain", "sell", "bob"]),
        (MassActionScope::Account, BOB, &["plain", "sell", "lone", "link", "carol"]),
        (MassActionScope::Firm, 10, &["bob"]),
        (MassActionScope::Session, ALICE_SESSION, &["bob"]),
        (MassActionScope::Exchange, 0, &[]),
    ] {
        let mut world = World::open();
        world.entitle(4, 1, ROLES_RISK);
        world.login(64, 1);
        world.send(BOB_SESSION, &bid(500, BOB, 2, 500));
        let request = kill_switch(scope, key, MassActionType::Suspend);
        let refused = world.send(ADMIN_SESSION, &request);
        assert_eq!(refused.reject_code(), RejectCode::NotEntitled);
        let effects = world.send(64, &request);
        let report: KillSwitchReport = effects.first();
        assert_eq!((report.key.get(), report.block_count.get()), (key, 1));
        assert_eq!((report.scope, report.action, report.side), (scope.into(), 1, 0));
        let closing: OrderMassActionReport = effects.first();
        assert_eq!((closing.cl_ord_id.get(), closing.action), (55, 1));
        let is_swept = !passed.contains(&"bob");
        assert_eq!(closing.total_affected_orders.get(), u32::from(is_swept), "{scope:?}");
        for cancelled in effects.all::<OrderCancelled>() {
            assert_eq!(cancelled.reason.get(), u16::from(CancelReason::Suspended));
        }
        assert_eq!(takers(&mut world), passed, "{scope:?}");
        // The firm's own block is another one: neither releases the other.
        if scope == MassActionScope::Firm {
            let release = mass_switch(9, scope, MassActionType::Release);
            let refused = world.send(ALICE_SESSION, &release);
            assert_eq!(refused.reject_code(), RejectCode::UnknownBlock);
        }
        let mut other_side = kill_switch(scope, key, MassActionType::Release);
        other_side.side = 1;
        assert_eq!(world.send(64, &other_side).reject_code(), RejectCode::UnknownBlock);
        let release = kill_switch(scope, key, MassActionType::Release);
        let report: KillSwitchReport = world.send(64, &release).only();
        assert_eq!((report.action, report.block_count.get()), (2, 0));
        assert_eq!(takers(&mut world).len(), PROBES.len());
    }
}

/// 600 orders take three steps, and not one is let in from the first on.
#[test]
fn the_block_stands_before_the_sweep_has_come_round() {
    let mut world = World::open();
    world.is_checked = false;
    for cl_ord_id in 1..=600 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 4, 5_000));
    }
    let suspend = mass_switch(9, MassActionScope::Firm, MassActionType::Suspend);
    let first = world.send(ALICE_SESSION, &suspend);
    assert_eq!(first.all::<OrderCancelled>().len(), 256);
    assert!(first.all::<OrderMassActionReport>().is_empty());
    let resting = world.order_ids(1)[300];
    let expect = |world: &mut World, message: &OrderCancelReplaceRequest, code| {
        assert_eq!(world.send(ALICE_SESSION, message).reject_code(), code);
    };
    assert_eq!(
        world.send(ALICE_SESSION, &bid(700, ALICE, 1, 5_000)).reject_code(),
        RejectCode::TradingSuspended
    );
    expect(&mut world, &replace(701, resting, 5, 5_000), RejectCode::TradingSuspended);
    expect(&mut world, &replace(702, resting, 3, 4_999), RejectCode::TradingSuspended);
    // Reductions, cancels and other people's trades with it pass.
    world.send(ALICE_SESSION, &replace(703, resting, 3, 5_000)).only::<OrderReplaced>();
    let doomed = world.order_ids(1)[301];
    world.send(ALICE_SESSION, &cancel(704, doomed)).only::<OrderCancelled>();
    world.send(BOB_SESSION, &ask(1, BOB, 1, 5_000)).first::<Trade>();
    assert_eq!(world.finish_work(), 2);
    assert_eq!(world.bids(1), []);
    world.engine.check_invariants();
}

#[test]
fn a_suspended_session_brings_nobody_s_order_back() {
    let mut world = World::open();
    world.login(ALICE_SESSION + 1, 1);
    let own = world.send(ALICE_SESSION, &bid(1, ALICE, 4, 500)).first::<OrderRested>();
    let other = world.send(ALICE_SESSION + 1, &bid(1, ALICE, 4, 500)).first::<OrderRested>();
    let suspend = kill_switch(MassActionScope::Session, ALICE_SESSION, MassActionType::Suspend);
    let effects = world.send(EXCHANGE, &suspend);
    assert_eq!(effects.first::<OrderCancelled>().order_id, own.order_id);
    let enlarged = replace(2, other.order_id.get(), 5, 500);
    let refused = world.send(ALICE_SESSION, &enlarged);
    assert_eq!(refused.reject_code(), RejectCode::TradingSuspended);
    world.send(ALICE_SESSION + 1, &enlarged).first::<OrderReplaced>();
}

/// The first step of the sweep ends 256 of 257.
#[test]
fn an_order_of_a_suspended_link_that_still_rests_does_not_come_again() {
    let mut world = World::open();
    let mut order_id = 0;
    for index in 1..=257 {
        let cl_ord_link_id = 7.into();
        let order = NewOrderSingle { cl_ord_link_id, ..bid(index, ALICE, 1, 500) };
        order_id = world.send(ALICE_SESSION, &order).first::<OrderRested>().order_id.get();
    }
    let suspend = mass_switch(300, MassActionScope::Link, MassActionType::Suspend);
    let suspend = OrderMassActionRequest { cl_ord_link_id: 7.into(), ..suspend };
    assert_eq!(world.send(ALICE_SESSION, &suspend).all::<OrderCancelled>().len(), 256);
    let refused = world.send(ALICE_SESSION, &replace(301, order_id, 1, 501));
    assert_eq!(refused.reject_code(), RejectCode::TradingSuspended);
    assert_eq!(world.finish_work(), 1);
}

#[test]
fn the_table_of_blocks_holds_256_and_names_each_once() {
    let mut world = World::open();
    let suspend = |key| kill_switch(MassActionScope::Firm, key, MassActionType::Suspend);
    for key in 100..356 {
        world.send(EXCHANGE, &suspend(key)).first::<KillSwitchReport>();
    }
    assert_eq!(world.send(EXCHANGE, &suspend(99)).reject_code(), RejectCode::BlockTableFull);
    let again: KillSwitchReport = world.send(EXCHANGE, &suspend(200)).first();
    assert_eq!(again.block_count.get(), 256);
    let release = kill_switch(MassActionScope::Firm, 200, MassActionType::Release);
    let report: KillSwitchReport = world.send(EXCHANGE, &release).only();
    assert_eq!(report.block_count.get(), 255);
    world.send(EXCHANGE, &suspend(99)).first::<KillSwitchReport>();
    let digest = world.engine.state_digest();
    let config = EngineConfig { orders_max: 8_192, ..*world.engine.config() };
    world.engine = world.engine.reconfigured(config).unwrap();
    world.engine = world.engine.reconfigured(EngineConfig::small()).unwrap();
    assert_eq!(world.engine.state_digest(), digest, "blocks are in the snapshot");
    assert_eq!(world.send(EXCHANGE, &suspend(98)).reject_code(), RejectCode::BlockTableFull);
}

//! Of several causes to refuse a message the first in the order of the rules is told.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::guards::kill_switch;
use crate::limits::limits;
use crate::tick_tables::tick_table;
use crate::world::*;

/// Expects that an order of Bob's is refused.
#[track_caller]
fn expect(world: &mut World, order: &NewOrderSingle, code: RejectCode) {
    assert_eq!(world.send(BOB_SESSION, order).reject_code(), code);
}

/// An order with every defect at once, mended one defect at a time as far as nothing but the order
/// and its id are looked at.
fn mended_in_form(world: &mut World) -> NewOrderSingle {
    let mut order = NewOrderSingle::new_zeroed();
    order.time_in_force = 2;
    order.exec_inst = 32;
    order.self_match_prevention_id.set(1);
    order.max_staleness_ms.set(1);
    order.expire_time_ns.set(1);
    order.security_id.set(99);
    expect(world, &order, RejectCode::ClOrdIdZero);
    order.cl_ord_id.set(1);
    expect(world, &order, RejectCode::InvalidSide);
    order.side = Side::Buy.into();
    expect(world, &order, RejectCode::InvalidTimeInForce);
    order.time_in_force = TimeInForce::Day.into();
    expect(world, &order, RejectCode::PriceOffGrid);
    order.price.set(9_999);
    expect(world, &order, RejectCode::QuantityZero);
    order.order_qty.set(u32::MAX);
    expect(world, &order, RejectCode::InvalidExecInst);
    order.exec_inst = EXEC_INST_POST_ONLY;
    expect(world, &order, RejectCode::InvalidExpireTime);
    order.expire_time_ns.set(0);
    expect(world, &order, RejectCode::InvalidSelfMatchPrevention);
    order.self_match_prevention_id.set(0);
    expect(world, &order, RejectCode::DuplicateClOrdId);
    world.send(BOB_SESSION, &OrderCancelRequest { orig_cl_ord_id: 60.into(), ..cancel(9, 0) });
    order.cl_ord_id.set(60);
    expect(world, &order, RejectCode::CancelledBeforeArrival);
    order.cl_ord_id.set(61);
    expect(world, &order, RejectCode::StaleOnArrival);
    order.max_staleness_ms.set(0);
    order
}

/// What is wrong with an order beside its form is mended one defect at a time, from the front.
#[test]
fn new_orders_are_checked_in_order() {
    let config = EngineConfig { orders_max: 1, exposures_max: 1, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.define_open_event(1, false);
    world.define_open_event(1, false);
    world.set_status(2, 2, MarketStatus::Paused);
    let resting = world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    let used = world.send(BOB_SESSION, &bid(1, BOB, 1, 1));
    assert_eq!(used.reject_code(), RejectCode::OrderTableFull);

    let mut order = mended_in_form(&mut world);
    order.cl_ord_id.set(2);
    expect(&mut world, &order, RejectCode::UnknownMarket);
    order.security_id.set(2);
    order.cl_ord_id.set(3);
    expect(&mut world, &order, RejectCode::UnknownAccount);
    order.account.set(BOB);
    order.cl_ord_id.set(4);
    world.send(ADMIN_SESSION, &tick_table(2, 2, &[(1, 2)])).only::<TickTableReport>();
    expect(&mut world, &order, RejectCode::PriceOffGrid);
    world.send(ADMIN_SESSION, &tick_table(2, 2, &[(1, 1)])).only::<TickTableReport>();
    order.cl_ord_id.set(9);
    expect(&mut world, &order, RejectCode::MarketNotOpen);
    world.set_status(2, 2, MarketStatus::Open);
    let suspend = kill_switch(MassActionScope::Account, BOB, MassActionType::Suspend);
    world.send(EXCHANGE, &suspend).first::<KillSwitchReport>();
    order.cl_ord_id.set(50);
    expect(&mut world, &order, RejectCode::TradingSuspended);
    let release = kill_switch(MassActionScope::Account, BOB, MassActionType::Release);
    world.send(EXCHANGE, &release).only::<KillSwitchReport>();
    world.send(EXCHANGE, &limits(BOB, [1, 1, 1])).only::<AccountLimitsReport>();
    order.cl_ord_id.set(51);
    expect(&mut world, &order, RejectCode::OrderCostLimit);
    world.send(EXCHANGE, &limits(BOB, [1, 1, 0])).only::<AccountLimitsReport>();
    order.cl_ord_id.set(5);
    expect(&mut world, &order, RejectCode::OrderTableFull);
    world.send(ALICE_SESSION, &cancel(2, resting.order_id.get())).only::<OrderCancelled>();
    order.cl_ord_id.set(6);
    expect(&mut world, &order, RejectCode::ExposureTableFull);
    world.set_status(1, 1, MarketStatus::Closed);
    world.settle(1, &[0]).first::<SettlementComplete>();
    for (cl_ord_id, left, code) in
        [(52, [1, 1, 0], RejectCode::PositionLimit), (53, [0, 1, 0], RejectCode::WorstLossLimit)]
    {
        world.send(EXCHANGE, &limits(BOB, left)).only::<AccountLimitsReport>();
        order.cl_ord_id.set(cl_ord_id);
        expect(&mut world, &order, code);
    }
    world.send(EXCHANGE, &limits(BOB, [0; 3])).only::<AccountLimitsReport>();
    order.cl_ord_id.set(7);
    expect(&mut world, &order, RejectCode::InsufficientBuyingPower);
    order.order_qty.set(1);
    order.cl_ord_id.set(8);
    world.send(BOB_SESSION, &order).first::<OrderRested>();
}

/// Reduce-only before money is looked at, post-only behind it.
#[test]
fn instructions_are_checked_at_their_places() {
    let mut world = World::open();
    world.send(BOB_SESSION, &ask(1, BOB, 1, 1)).first::<OrderRested>();
    let dear = |id, exec_inst, time_in_force: TimeInForce| NewOrderSingle {
        exec_inst,
        time_in_force: time_in_force.into(),
        ..bid(id, ALICE, u32::MAX, 9_999)
    };
    for (id, exec_inst, time_in_force, code) in [
        (1, EXEC_INST_REDUCE_ONLY, TimeInForce::FillOrKill, RejectCode::ReduceOnlyViolated),
        (2, 0, TimeInForce::FillOrKill, RejectCode::InsufficientBuyingPower),
        (3, EXEC_INST_POST_ONLY, TimeInForce::Day, RejectCode::InsufficientBuyingPower),
    ] {
        let refused = world.send(ALICE_SESSION, &dear(id, exec_inst, time_in_force));
        assert_eq!(refused.reject_code(), code);
    }
    let order = NewOrderSingle { exec_inst: EXEC_INST_POST_ONLY, ..bid(4, ALICE, 1, 9_999) };
    assert_eq!(world.send(ALICE_SESSION, &order).reject_code(), RejectCode::PostOnlyWouldTrade);
}

#[test]
fn replaces_are_checked_in_order() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    let mut message = OrderCancelReplaceRequest::new_zeroed();
    message.max_staleness_ms.set(1);
    message.expire_time_ns.set(1);
    let expect = |world: &mut World, message: &OrderCancelReplaceRequest, code| {
        let reject: OrderCancelReject = world.send(ALICE_SESSION, message).only();
        assert_eq!(reject.reject_code.get(), u16::from(code));
        assert_eq!(reject.order_id, message.order_id);
        assert_eq!(reject.cl_ord_id, message.cl_ord_id);
    };
    expect(&mut world, &message, RejectCode::ClOrdIdZero);
    message.cl_ord_id.set(1);
    expect(&mut world, &message, RejectCode::PriceOffGrid);
    message.price.set(9_999);
    expect(&mut world, &message, RejectCode::QuantityZero);
    message.order_qty.set(u32::MAX);
    expect(&mut world, &message, RejectCode::InvalidExpireTime);
    message.expire_time_ns.set(u64::MAX);
    expect(&mut world, &message, RejectCode::DuplicateClOrdId);
    message.cl_ord_id.set(2);
    expect(&mut world, &message, RejectCode::UnknownOrder);
    message.orig_cl_ord_id.set(1);
    message.security_id.set(2);
    message.cl_ord_id.set(3);
    expect(&mut world, &message, RejectCode::UnknownOrder);
    message.security_id.set(1);
    message.cl_ord_id.set(60);
    expect(&mut world, &message, RejectCode::StaleOnArrival);
    message.max_staleness_ms.set(0);
    message.cl_ord_id.set(61);
    expect(&mut world, &message, RejectCode::InvalidExpireTime);
    message.expire_time_ns.set(0);
    message.cl_ord_id.set(4);
    world.set_status(1, 1, MarketStatus::Paused);
    expect(&mut world, &message, RejectCode::MarketNotOpen);
    world.set_status(1, 1, MarketStatus::Open);
    // The sides are two blocks: this one covers no order that stands.
    let mut switch = kill_switch(MassActionScope::Exchange, 0, MassActionType::Suspend);
    switch.side = Side::Sell.into();
    world.send(EXCHANGE, &switch).first::<KillSwitchReport>();
    message.cl_ord_id.set(5);
    expect(&mut world, &message, RejectCode::InsufficientBuyingPower);
    message.order_qty.set(2);
    message.cl_ord_id.set(6);
    world.send(ALICE_SESSION, &message).first::<OrderReplaced>();
}

#[test]
fn mass_actions_are_checked_in_order() {
    let mut world = World::open();
    let mut message = OrderMassActionRequest::new_zeroed();
    message.side = 3;
    let expect = |world: &mut World, message: &OrderMassActionRequest, code| {
        assert_eq!(world.send(ALICE_SESSION, message).reject_code(), code);
    };
    expect(&mut world, &message, RejectCode::ClOrdIdZero);
    message.cl_ord_id.set(1);
    expect(&mut world, &message, RejectCode::InvalidSide);
    message.side = 2;
    expect(&mut world, &message, RejectCode::InvalidMassActionType);
    message.action = 3;
    expect(&mut world, &message, RejectCode::InvalidMassActionScope);
    for (scope, code) in [
        (MassActionScope::Security, RejectCode::UnknownMarket),
        (MassActionScope::Event, RejectCode::UnknownEvent),
        (MassActionScope::Account, RejectCode::UnknownAccount),
    ] {
        message.scope = scope.into();
        message.security_id.set(0);
        message.event_id.set(0);
        message.account.set(0);
        expect(&mut world, &message, RejectCode::InvalidMassActionScope);
        message.security_id.set(99);
        message.event_id.set(99);
        message.account.set(BOB);
        expect(&mut world, &message, code);
    }
}

/// Form, then session, then number, then role; and what a refused number does.
#[test]
fn numbers_are_used_before_roles_are_looked_at() {
    let mut world = World::open();
    let numbered = |seq_num: u32, mut message: NewOrderSingle| {
        message.seq_num.set(seq_num);
        encoded(&message)
    };
    let effects = world.apply(ADMIN_SESSION, &numbered(1, bid(1, ALICE, 1, 1)));
    assert_eq!(effects.reject_code(), RejectCode::DuplicateSeqNum);
    let used = 3 * 2 + 2 * 2;
    let effects = world.apply(ADMIN_SESSION, &numbered(used + 3, bid(8, ALICE, 1, 1)));
    assert_eq!(effects.reject_code(), RejectCode::NotEntitled);
    let reject: BusinessMessageReject = effects.first();
    assert_eq!((reject.request_id.get(), reject.ref_seq_num.get()), (8, used + 3));
    let missed: NotApplied = effects.first();
    assert_eq!((missed.from_seq_num.get(), missed.count.get()), (used + 1, 2));
    assert_eq!(effects.templates(), [NotApplied::TEMPLATE_ID, BusinessMessageReject::TEMPLATE_ID]);
    let effects = world.apply(ADMIN_SESSION, &numbered(used + 3, bid(9, ALICE, 1, 1)));
    assert_eq!(effects.reject_code(), RejectCode::DuplicateSeqNum);
}

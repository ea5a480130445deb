//! Of several causes to refuse a message the first in the order of the rules is told.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::event_parameters::parameters;
use crate::guards::{kill_switch, mass_switch};
use crate::in_play_delay::in_play;
use crate::limits::limits;
use crate::quotes::{quote, quote_set};
use crate::rejects::fill_work_queue;
use crate::tick_tables::tick_table;
use crate::turns::{FIRST_LINK, set_blocks, switch_link};
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

/// Event 1 has an order of Alice's and one of Bob's, which take every slot and all exposures, and
/// more Bob's session may not own; event 2, its market 2, has prices that are multiples of 2 and
/// at most 9,000, is paused, and Bob's account is suspended there and may risk next to nothing.
fn with_every_guard() -> World {
    let config = EngineConfig { orders_max: 2, exposures_max: 2, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.define_open_event(1, false);
    world.define_event(1, false);
    world.send(ADMIN_SESSION, &tick_table(2, 2, &[(1, 2)])).only::<TickTableReport>();
    collar(&mut world, 2, 9_000);
    world.set_status(2, 2, MarketStatus::Open);
    world.set_status(2, 2, MarketStatus::Paused);
    world.send(EXCHANGE, &limits(BOB, [1, 1, 1])).only::<AccountLimitsReport>();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    world.send(BOB_SESSION, &bid(1, BOB, 1, 1)).first::<OrderRested>();
    let suspend = kill_switch(MassActionScope::Security, 2, MassActionType::Suspend);
    world.send(EXCHANGE, &suspend).first::<KillSwitchReport>();
    let mut request = EntitlementRequest::new_zeroed();
    request.access_key_id.set(2);
    request.firm_id.set(20);
    request.roles.set(ROLES_TRADER);
    request.open_orders_max.set(1);
    world.send(EXCHANGE, &request).only::<EntitlementReport>();
    world
}

/// Sets the highest price of an event.
fn collar(world: &mut World, event_id: u32, static_high: u16) {
    let request =
        EventParametersRequest { static_high: static_high.into(), ..parameters(event_id) };
    world.send(ADMIN_SESSION, &request).first::<PriceLimitsChanged>();
}

/// What is wrong with an order beside its form is mended one defect at a time, from the front.
#[test]
fn new_orders_are_checked_in_order() {
    let mut world = with_every_guard();
    let mut order = mended_in_form(&mut world);
    let mut cl_ord_ids = 2..;
    let mut expect_next = |world: &mut World, order: &mut NewOrderSingle, code| {
        order.cl_ord_id.set(cl_ord_ids.next().unwrap());
        let digest = world.engine.market_digest();
        expect(world, order, code);
        assert_eq!(world.engine.market_digest(), digest);
    };
    expect_next(&mut world, &mut order, RejectCode::UnknownMarket);
    order.security_id.set(2);
    expect_next(&mut world, &mut order, RejectCode::UnknownAccount);
    order.account.set(BOB);
    expect_next(&mut world, &mut order, RejectCode::PriceOffGrid);
    order.price.set(9_998);
    expect_next(&mut world, &mut order, RejectCode::MarketNotOpen);
    world.set_status(2, 2, MarketStatus::Open);
    expect_next(&mut world, &mut order, RejectCode::TradingSuspended);
    let release = kill_switch(MassActionScope::Security, 2, MassActionType::Release);
    world.send(EXCHANGE, &release).only::<KillSwitchReport>();
    expect_next(&mut world, &mut order, RejectCode::OpenOrderLimit);
    world.entitle(2, 20, ROLES_TRADER).only::<EntitlementReport>();
    expect_next(&mut world, &mut order, RejectCode::OrderCostLimit);
    world.send(EXCHANGE, &limits(BOB, [1, 1, 0])).only::<AccountLimitsReport>();
    expect_next(&mut world, &mut order, RejectCode::PriceOutsideCollar);
    world.set_status(2, 2, MarketStatus::Paused);
    collar(&mut world, 2, 9_998);
    world.set_status(2, 2, MarketStatus::Open);
    expect_next(&mut world, &mut order, RejectCode::OrderTableFull);
    let all = mass_cancel(2, MassActionScope::Firm);
    world.send(ALICE_SESSION, &all).first::<OrderCancelled>();
    expect_next(&mut world, &mut order, RejectCode::ExposureTableFull);
    world.set_status(1, 1, MarketStatus::Closed);
    world.settle(1, &[0]).first::<SettlementComplete>();
    expect_next(&mut world, &mut order, RejectCode::PositionLimit);
    world.send(EXCHANGE, &limits(BOB, [0, 1, 0])).only::<AccountLimitsReport>();
    expect_next(&mut world, &mut order, RejectCode::WorstLossLimit);
    world.send(EXCHANGE, &limits(BOB, [0; 3])).only::<AccountLimitsReport>();
    expect_next(&mut world, &mut order, RejectCode::InsufficientBuyingPower);
    order.order_qty.set(1);
    order.cl_ord_id.set(100);
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

/// Expects that a replace is refused, with the ids that it names, and that nothing changes.
#[track_caller]
fn expect_kept(
    world: &mut World,
    session_id: u32,
    message: &OrderCancelReplaceRequest,
    code: RejectCode,
) {
    let digest = world.engine.market_digest();
    let reject: OrderCancelReject = world.send(session_id, message).only();
    assert_eq!(RejectCode::try_from(reject.reject_code.get()).unwrap(), code);
    assert_eq!(reject.order_id, message.order_id);
    assert_eq!(reject.cl_ord_id, message.cl_ord_id);
    assert_eq!(world.engine.market_digest(), digest);
}

#[test]
fn replaces_are_checked_in_order() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 1)).first::<OrderRested>();
    let mut message = OrderCancelReplaceRequest::new_zeroed();
    message.max_staleness_ms.set(1);
    message.expire_time_ns.set(1);
    let expect = |world: &mut World, message: &OrderCancelReplaceRequest, code| {
        expect_kept(world, ALICE_SESSION, message, code);
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
    world.send(ALICE_SESSION, &OrderCancelRequest { orig_cl_ord_id: 50.into(), ..cancel(9, 0) });
    message.cl_ord_id.set(50);
    expect(&mut world, &message, RejectCode::CancelledBeforeArrival);
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
    world.set_status(1, 1, MarketStatus::Paused);
    expect(&mut world, &message, RejectCode::InvalidExpireTime);
    message.expire_time_ns.set(0);
    message.cl_ord_id.set(4);
    expect(&mut world, &message, RejectCode::MarketNotOpen);
}

/// What is no order that can come again is told after its age, before the rest.
#[test]
fn quotes_and_orders_that_wait_are_not_replaced_whatever_else_is_wrong() {
    let mut world = in_play();
    world.send(ALICE_SESSION, &quote_set(1, ALICE, 0)).only::<QuoteSetReport>();
    let quoted = quote(&mut world, 1, &[(1, (3, 100), (0, 0))]).first::<QuoteEntered>();
    let waiting = world.send(ALICE_SESSION, &bid(5, CAROL, 2, 5_000)).first::<OrderPending>();
    world.set_status(1, 1, MarketStatus::Paused);
    world.send(ADMIN_SESSION, &tick_table(1, 1, &[(1, 2)])).only::<TickTableReport>();
    let mut message = replace(6, quoted.order_id.get(), u32::MAX, 9_999);
    message.expire_time_ns.set(u64::MAX);
    message.max_staleness_ms.set(1);
    expect_kept(&mut world, ALICE_SESSION, &message, RejectCode::StaleOnArrival);
    (message.cl_ord_id, message.max_staleness_ms) = (7.into(), 0.into());
    expect_kept(&mut world, ALICE_SESSION, &message, RejectCode::QuoteNotReplaceable);
    (message.cl_ord_id, message.order_id) = (8.into(), waiting.order_id);
    expect_kept(&mut world, ALICE_SESSION, &message, RejectCode::InvalidExpireTime);
    (message.cl_ord_id, message.expire_time_ns) = (9.into(), 0.into());
    expect_kept(&mut world, ALICE_SESSION, &message, RejectCode::OrderIsPending);
}

/// From another session of the key, which is suspended, so that the order itself stands.
#[test]
fn replaces_that_come_again_are_checked_as_new_orders_are() {
    let sender = ALICE_SESSION + 1;
    let mut world = World::open();
    world.login(sender, 1);
    world.send(EXCHANGE, &limits(ALICE, [1, 1, 1])).only::<AccountLimitsReport>();
    let post_only = NewOrderSingle { exec_inst: EXEC_INST_POST_ONLY, ..bid(1, ALICE, 1, 1) };
    let rested = world.send(ALICE_SESSION, &post_only).first::<OrderRested>();
    world.send(BOB_SESSION, &ask(1, BOB, 1, 9_000)).first::<OrderRested>();
    world.set_status(1, 0, MarketStatus::Paused);
    world.send(ADMIN_SESSION, &tick_table(1, 1, &[(1, 2)])).only::<TickTableReport>();
    collar(&mut world, 1, 9_000);
    let suspend = kill_switch(MassActionScope::Session, sender, MassActionType::Suspend);
    world.send(EXCHANGE, &suspend).first::<KillSwitchReport>();
    let mut message = replace(1, rested.order_id.get(), u32::MAX, 9_999);
    let mut cl_ord_ids = 2..;
    let mut expect = |world: &mut World, message: &mut OrderCancelReplaceRequest, code| {
        message.cl_ord_id.set(cl_ord_ids.next().unwrap());
        expect_kept(world, sender, message, code);
    };
    expect(&mut world, &mut message, RejectCode::PriceOffGrid);
    message.price.set(9_998);
    expect(&mut world, &mut message, RejectCode::MarketNotOpen);
    world.set_status(1, 0, MarketStatus::Open);
    expect(&mut world, &mut message, RejectCode::TradingSuspended);
    let release = kill_switch(MassActionScope::Session, sender, MassActionType::Release);
    world.send(EXCHANGE, &release).only::<KillSwitchReport>();
    expect(&mut world, &mut message, RejectCode::OrderCostLimit);
    world.send(EXCHANGE, &limits(ALICE, [1, 1, 0])).only::<AccountLimitsReport>();
    expect(&mut world, &mut message, RejectCode::PriceOutsideCollar);
    world.set_status(1, 0, MarketStatus::Paused);
    collar(&mut world, 1, 9_998);
    world.set_status(1, 0, MarketStatus::Open);
    expect(&mut world, &mut message, RejectCode::PositionLimit);
    world.send(EXCHANGE, &limits(ALICE, [0, 1, 0])).only::<AccountLimitsReport>();
    expect(&mut world, &mut message, RejectCode::WorstLossLimit);
    world.send(EXCHANGE, &limits(ALICE, [0; 3])).only::<AccountLimitsReport>();
    expect(&mut world, &mut message, RejectCode::InsufficientBuyingPower);
    message.order_qty.set(1);
    expect(&mut world, &mut message, RejectCode::PostOnlyWouldTrade);
    (message.cl_ord_id, message.price) = (100.into(), 8_998.into());
    world.send(sender, &message).first::<OrderReplaced>();
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

/// The table of blocks, or the block, then the room for the sweep.
#[test]
fn mass_actions_that_need_room_look_for_it_last() {
    let config = EngineConfig { work_max: 1, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.define_open_event(1, false);
    set_blocks(&mut world);
    fill_work_queue(&mut world);
    let mut expect = |action, code| {
        let request = mass_switch(9, MassActionScope::Firm, action);
        let digest = world.engine.market_digest();
        assert_eq!(world.send(ALICE_SESSION, &request).reject_code(), code);
        assert_eq!(world.engine.market_digest(), digest);
    };
    expect(MassActionType::Release, RejectCode::UnknownBlock);
    expect(MassActionType::Suspend, RejectCode::BlockTableFull);
    expect(MassActionType::Cancel, RejectCode::WorkQueueFull);
    let release = switch_link(FIRST_LINK, MassActionType::Release);
    world.send(ALICE_SESSION, &release).only::<OrderMassActionReport>();
    let mut expect = |action, code| {
        let request = mass_switch(9, MassActionScope::Firm, action);
        assert_eq!(world.send(ALICE_SESSION, &request).reject_code(), code);
    };
    expect(MassActionType::Suspend, RejectCode::WorkQueueFull);
    // What was refused set no block.
    expect(MassActionType::Release, RejectCode::UnknownBlock);
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

//! What else an order that waits for the in-play delay counts for, and what ends it at its release.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::guards::{kill_switch, mass_switch};
use crate::in_play_delay::{after_the_delay, in_play};
use crate::limits::limits;
use crate::protection;
use crate::quotes::{quote, quote_set};
use crate::world::*;

const ACCEPTED: u16 = OrderAccepted::TEMPLATE_ID;
const RELEASED: u16 = OrderReleased::TEMPLATE_ID;

#[track_caller]
fn reasons(effects: &Effects) -> Vec<CancelReason> {
    let reason = |it: &OrderCancelled| CancelReason::try_from(it.reason.get()).unwrap();
    effects.all::<OrderCancelled>().iter().map(reason).collect()
}

fn immediate(order: NewOrderSingle, exec_inst: u8) -> NewOrderSingle {
    NewOrderSingle { time_in_force: TimeInForce::ImmediateOrCancel.into(), exec_inst, ..order }
}

#[test]
fn two_that_reduce_one_position_do_not_turn_it() {
    let mut world = in_play();
    world.send(ALICE_SESSION, &bid(1, ALICE, 4, 5_000)).first::<OrderPending>();
    assert_eq!(after_the_delay(&mut world).first::<Trade>().quantity.get(), 4);
    world.send(BOB_SESSION, &bid(2, BOB, 20, 4_000)).first::<OrderRested>();
    for (cl_ord_id, quantity) in [(2, 3), (3, 2), (4, 1)] {
        let order = immediate(ask(cl_ord_id, ALICE, quantity, 4_000), EXEC_INST_REDUCE_ONLY);
        world.send(ALICE_SESSION, &order).first::<OrderPending>();
    }
    let effects = after_the_delay(&mut world);
    let (trade, cancelled) = (Trade::TEMPLATE_ID, OrderCancelled::TEMPLATE_ID);
    assert_eq!(effects.templates(), [RELEASED, trade, cancelled, RELEASED, trade]);
    assert_eq!(reasons(&effects), [CancelReason::ReduceOnly], "one lot was left for two");
    assert_eq!(effects.first::<OrderReleased>().exec_inst, EXEC_INST_REDUCE_ONLY);
    assert_eq!(world.position_of(ALICE, 1), 0);
}

#[test]
fn pending_orders_count_as_open_ones() {
    let mut world = in_play();
    let mut request = EntitlementRequest::new_zeroed();
    request.access_key_id.set(1);
    request.firm_id.set(10);
    request.roles.set(ROLES_TRADER);
    request.open_orders_max.set(2);
    world.send(EXCHANGE, &request).only::<EntitlementReport>();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 5_000)).first::<OrderPending>();
    world.send(ALICE_SESSION, &bid(2, ALICE, 1, 100)).first::<OrderRested>();
    let refused = world.send(ALICE_SESSION, &bid(3, ALICE, 1, 100));
    assert_eq!(refused.reject_code(), RejectCode::OpenOrderLimit);
    // It could wait, so it counts like one that could rest.
    let refused = world.send(ALICE_SESSION, &immediate(bid(4, ALICE, 1, 5_000), 0));
    assert_eq!(refused.reject_code(), RejectCode::OpenOrderLimit);
    after_the_delay(&mut world).first::<Trade>();
    world.send(ALICE_SESSION, &bid(5, ALICE, 1, 100)).first::<OrderRested>();
}

#[test]
fn limits_of_an_account_count_what_waits() {
    let mut world = in_play();
    let report: AccountLimitsReport = world.send(EXCHANGE, &limits(ALICE, [10, 0, 0])).only();
    assert_eq!(report.position_limit.get(), 10);
    let pending: OrderPending = world.send(ALICE_SESSION, &bid(1, ALICE, 8, 5_000)).first();
    let refused = world.send(ALICE_SESSION, &bid(2, ALICE, 3, 100));
    assert_eq!(refused.reject_code(), RejectCode::PositionLimit);
    world.send(ALICE_SESSION, &bid(3, ALICE, 2, 100)).first::<OrderRested>();
    world
        .send(ALICE_SESSION, &replace(4, pending.order_id.get(), 5, 5_000))
        .only::<OrderReplaced>();
    world.send(ALICE_SESSION, &bid(5, ALICE, 3, 100)).first::<OrderRested>();
    let refused = world.send(EXCHANGE, &limits(BOB, [10, 0, 0]));
    assert_eq!(refused.reject_code(), RejectCode::OpenOrdersStand);
    // Nothing but a waiting order stands in the way as well.
    world.send(EXCHANGE, &limits(CAROL, [0, 0, 0])).only::<AccountLimitsReport>();
    world.send(ALICE_SESSION, &bid(6, CAROL, 1, 5_000)).first::<OrderPending>();
    let refused = world.send(EXCHANGE, &limits(CAROL, [10, 0, 0]));
    assert_eq!(refused.reject_code(), RejectCode::OpenOrdersStand);
}

#[test]
fn the_status_of_an_order_that_waits_says_so() {
    let mut world = in_play();
    let pending: OrderPending = world.send(ALICE_SESSION, &bid(1, ALICE, 8, 5_000)).first();
    let mut request = OrderStatusRequest::new_zeroed();
    request.security_id.set(1);
    request.order_id = pending.order_id;
    let report: OrderStatusReport = world.send(ALICE_SESSION, &request).only();
    assert_eq!(report.ord_status, OrdStatus::PendingNew.into());
    assert_eq!((report.leaves_qty.get(), report.quantity_ahead.get()), (8, u32::MAX));
    after_the_delay(&mut world).first::<Trade>();
    world.send(BOB_SESSION, &bid(2, BOB, 3, 4_000)).first::<OrderRested>();
    let rested: OrderRested = world.send(ALICE_SESSION, &bid(2, ALICE, 1, 4_000)).first();
    request.order_id = rested.order_id;
    let report: OrderStatusReport = world.send(ALICE_SESSION, &request).only();
    assert_eq!((report.ord_status, report.quantity_ahead.get()), (OrdStatus::New.into(), 3));
}

#[test]
fn the_end_of_the_day_and_a_suspension_reach_what_waits() {
    let mut world = in_play();
    let day = NewOrderSingle { time_in_force: TimeInForce::Day.into(), ..bid(1, ALICE, 1, 5_000) };
    world.send(ALICE_SESSION, &day).first::<OrderPending>();
    world.send(ALICE_SESSION, &bid(2, ALICE, 1, 5_000)).first::<OrderPending>();
    let effects = world.send(EXCHANGE, &EndOfDayRequest::new_zeroed());
    assert_eq!(reasons(&effects), [CancelReason::DayEnded]);
    let suspend = mass_switch(3, MassActionScope::Firm, MassActionType::Suspend);
    assert_eq!(reasons(&world.send(ALICE_SESSION, &suspend)), [CancelReason::Suspended]);
    assert_eq!(after_the_delay(&mut world).templates(), []);
}

/// The block of a suspension stands before its sweep has come round: what is released behind a
/// sweep that is still on its way ends, and so does what waits where a block came without one.
#[test]
fn what_a_block_covers_ends_at_its_release() {
    let mut world = in_play();
    world.is_checked = false;
    // More orders than a step of the sweep takes, in slots before the one that waits.
    for number in 0..300 {
        world.send(ALICE_SESSION, &bid(number + 1, ALICE, 1, 100)).first::<OrderRested>();
    }
    world.send(ALICE_SESSION, &bid(301, ALICE, 1, 5_000)).first::<OrderPending>();
    world.is_checked = true;
    let suspend = kill_switch(MassActionScope::Security, 1, MassActionType::Suspend);
    let effects = world.send(EXCHANGE, &suspend);
    assert_eq!(reasons(&effects).len(), 256);
    assert!(world.engine.continuation_is_pending());
    let effects = after_the_delay(&mut world);
    assert_eq!(reasons(&effects), [CancelReason::Suspended]);
    assert_eq!(effects.first::<OrderCancelled>().was_resting, 0);
    world.finish_work();
    assert_eq!(world.bids(1), []);
}

#[test]
fn prices_are_not_looked_at_again() {
    let mut world = in_play();
    world.send(ALICE_SESSION, &bid(1, ALICE, 3, 5_000)).first::<OrderPending>();
    world.set_status(1, 1, MarketStatus::Paused);
    world.set_status(1, 2, MarketStatus::Closed);
    let mut request = crate::event_parameters::parameters(1);
    request.in_play_delay_ms.set(5_000);
    request.static_low.set(6_000);
    world.send(ADMIN_SESSION, &request).first::<EventParametersReport>();
    world.send(ADMIN_SESSION, &status_request(1, 1, 2, 1)).only::<SecurityStatusReport>();
    let refused = world.send(ALICE_SESSION, &bid(2, ALICE, 3, 5_000));
    assert_eq!(refused.reject_code(), RejectCode::PriceOutsideCollar);
    assert_eq!(after_the_delay(&mut world).first::<Trade>().price.get(), 5_000);
}

/// A market in play with Bob's offer at 5000 and a quote set of Alice's in protection group 1.
fn quoting_in_play() -> World {
    let mut world = in_play();
    world.send(ALICE_SESSION, &protection::limits(3, 0, 0)).only::<MarketMakerProtectionReport>();
    world.send(ALICE_SESSION, &quote_set(1, ALICE, 1)).only::<QuoteSetReport>();
    world
}

#[test]
fn a_quote_that_would_trade_waits_and_stays_the_quote_of_its_set() {
    let mut world = quoting_in_play();
    let (entered, pending) = (QuoteEntered::TEMPLATE_ID, OrderPending::TEMPLATE_ID);
    let (rested, acknowledged) = (OrderRested::TEMPLATE_ID, MassQuoteAck::TEMPLATE_ID);
    let effects = quote(&mut world, 1, &[(1, (9, 5_000), (9, 5_100))]);
    assert_eq!(effects.templates(), [entered, pending, entered, rested, acknowledged]);
    assert_eq!(world.buying_power(ALICE), STAKE - 9 * 5_000);
    // Kept, shrunk, moved and cancelled as one that rests.
    let effects = quote(&mut world, 2, &[(1, (9, 5_000), (9, 5_100))]);
    assert_eq!(effects.only::<MassQuoteAck>().kept_count.get(), 2);
    let effects = quote(&mut world, 3, &[(1, (2, 5_000), (9, 5_100))]);
    assert_eq!(effects.first::<OrderReplaced>().is_pending, 1);
    assert_eq!(world.buying_power(ALICE), STAKE - 9 * 4_900);
    let effects = quote(&mut world, 4, &[(1, (2, 5_001), (9, 5_100))]);
    assert_eq!(reasons(&effects), [CancelReason::QuoteReplaced]);
    assert_eq!(effects.first::<OrderPending>().leaves_qty.get(), 2);
    let effects = quote(&mut world, 5, &[(1, (0, 0), (9, 5_100))]);
    assert_eq!(reasons(&effects), [CancelReason::QuoteCancelled]);
    // Released, it trades, and what is left of it is the set's quote.
    quote(&mut world, 6, &[(1, (12, 5_000), (9, 5_100))]).first::<OrderPending>();
    let effects = after_the_delay(&mut world);
    assert_eq!(effects.templates()[..3], [RELEASED, Trade::TEMPLATE_ID, rested]);
    let triggered: MarketMakerProtectionTriggered = effects.first();
    assert_eq!((triggered.quantity.get(), triggered.quote_count.get()), (10, 2));
    assert_eq!(reasons(&effects), [CancelReason::Protection; 2]);
}

#[test]
fn the_quotes_of_a_triggered_group_end_before_the_next_release() {
    let mut world = quoting_in_play();
    quote(&mut world, 1, &[(1, (5, 4_000), (9, 5_100))]);
    for cl_ord_id in 1..=2 {
        world.send(BOB_SESSION, &immediate(ask(10 + cl_ord_id, BOB, 3, 4_000), 0));
    }
    let effects = after_the_delay(&mut world);
    // The first takes three lots, which is the limit; nothing is left for the second.
    assert_eq!(effects.all::<Trade>().len(), 1);
    let ends =
        [CancelReason::Protection, CancelReason::Protection, CancelReason::ImmediateOrCancel];
    assert_eq!(reasons(&effects), ends);
    assert_eq!(effects.all::<OrderReleased>().len(), 2);
}

#[test]
fn a_market_whose_delay_is_off_again_delays_nobody() {
    let mut world = World::new(EngineConfig::small());
    world.define_event(1, false);
    for (delay_ms, expected) in [(0, Trade::TEMPLATE_ID), (7, OrderPending::TEMPLATE_ID)] {
        let mut request = crate::event_parameters::parameters(1);
        request.in_play_delay_ms.set(delay_ms);
        world.send(ADMIN_SESSION, &request).only::<EventParametersReport>();
        world.send(ADMIN_SESSION, &status_request(1, 1, 2, 1)).only::<SecurityStatusReport>();
        let number = u64::from(delay_ms) + 1;
        world.send(BOB_SESSION, &ask(number, BOB, 1, 5_000)).first::<OrderRested>();
        let effects = world.send(ALICE_SESSION, &bid(number, ALICE, 1, 5_000));
        assert_eq!(effects.templates(), [ACCEPTED, expected]);
        world.set_status(1, 1, MarketStatus::Paused);
    }
}

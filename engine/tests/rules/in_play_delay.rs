//! In-play delay: who waits, what reaches an order that waits, and how it comes in.

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::event_parameters::parameters;
use crate::snapshots::encoded_state;
use crate::world::*;

const DELAY_MS: u64 = 5_000;
const NS_PER_MS: u64 = 1_000_000;

/// A market in play, 1, with Bob's offer of 10 lots at 5000.
pub fn in_play() -> World {
    let mut world = World::new(EngineConfig::small());
    world.define_event(2, true);
    let mut request = parameters(1);
    request.in_play_delay_ms.set(u32::MAX);
    request.velocity = EventVelocity::High.into();
    let report: EventParametersReport = world.send(ADMIN_SESSION, &request).only();
    assert_eq!(u64::from(report.in_play_delay_ms.get()), DELAY_MS);
    let effects = world.send(ADMIN_SESSION, &status_request(1, 0, 2, 1));
    let status: SecurityStatusReport = effects.first();
    assert_eq!((u64::from(status.in_play_delay_ms.get()), status.in_play), (DELAY_MS, 1));
    world.send(BOB_SESSION, &ask(1, BOB, 10, 5_000)).first::<OrderRested>();
    world
}

/// Fires what is due a duration after the last command.
fn tick_after(world: &mut World, duration_ns: u64) -> Effects {
    world.time_ns += duration_ns;
    world.send(EXCHANGE, &TimerTick::new_zeroed())
}

/// Fires the timers of all that waits now.
pub fn after_the_delay(world: &mut World) -> Effects {
    tick_after(world, (DELAY_MS + 1) * NS_PER_MS)
}

const ACCEPTED: u16 = OrderAccepted::TEMPLATE_ID;
const PENDING: u16 = OrderPending::TEMPLATE_ID;

#[test]
fn an_order_that_would_trade_in_play_waits_and_comes_in_later() {
    let mut world = in_play();
    let effects = world.send(ALICE_SESSION, &bid(1, ALICE, 15, 6_000));
    assert_eq!(effects.templates(), [ACCEPTED, PENDING]);
    let pending: OrderPending = effects.first();
    assert_eq!(pending.release_time_ns.get(), world.time_ns + DELAY_MS * NS_PER_MS);
    assert_eq!((pending.leaves_qty.get(), pending.session_id.get()), (15, ALICE_SESSION));
    // Held in full, in no book.
    assert_eq!(world.buying_power(ALICE), STAKE - 15 * 6_000);
    assert_eq!(world.bids(1), []);
    assert_eq!(tick_after(&mut world, (DELAY_MS - 1) * NS_PER_MS).templates(), []);
    // Another seller came: it trades with what is there now, at the better price.
    world.send(BOB_SESSION, &ask(2, BOB, 2, 4_800)).first::<OrderRested>();
    let effects = tick_after(&mut world, 2 * NS_PER_MS);
    let released: OrderReleased = effects.first();
    assert_eq!(released.order_id, pending.order_id);
    assert_eq!((released.leaves_qty.get(), released.cum_qty.get()), (15, 0));
    let trades: Vec<_> = effects
        .all::<Trade>()
        .iter()
        .map(|trade| (trade.price.get(), trade.quantity.get()))
        .collect();
    assert_eq!(trades, [(4_800, 2), (5_000, 10)]);
    assert_eq!(world.bids(1), [(6_000, 3)]);
    assert!(!world.engine.timer_is_due(u64::MAX));
}

#[test]
fn what_would_not_trade_is_never_delayed() {
    let mut world = in_play();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 4_999)).first::<OrderRested>();
    let mut order = bid(2, ALICE, 1, 4_999);
    order.time_in_force = TimeInForce::ImmediateOrCancel.into();
    let cancelled: OrderCancelled = world.send(ALICE_SESSION, &order).first();
    assert_eq!(cancelled.reason.get(), u16::from(CancelReason::ImmediateOrCancel));
    // Too much to be filled at once: it ends without a wait.
    let mut order = bid(3, ALICE, 11, 5_000);
    order.time_in_force = TimeInForce::FillOrKill.into();
    let cancelled: OrderCancelled = world.send(ALICE_SESSION, &order).first();
    assert_eq!(cancelled.reason.get(), u16::from(CancelReason::FillOrKill));
    order.cl_ord_id.set(4);
    order.order_qty.set(10);
    world.send(ALICE_SESSION, &order).first::<OrderPending>();
    // Out of play nobody waits.
    world.send(ADMIN_SESSION, &status_request(1, 1, 2, 0)).only::<SecurityStatusReport>();
    world.send(ALICE_SESSION, &bid(5, ALICE, 1, 5_000)).first::<Trade>();
    // Nine are left: the order that must be filled whole is not, when its wait is over.
    let effects = after_the_delay(&mut world);
    let (released, cancelled) = (OrderReleased::TEMPLATE_ID, OrderCancelled::TEMPLATE_ID);
    assert_eq!(effects.templates(), [released, cancelled]);
    let reason = effects.first::<OrderCancelled>().reason.get();
    assert_eq!(reason, u16::from(CancelReason::FillOrKill));
}

#[test]
fn a_replace_that_would_trade_waits_too() {
    let mut world = in_play();
    let rested = world.send(ALICE_SESSION, &bid(1, ALICE, 4, 4_000)).first::<OrderRested>();
    let effects = world.send(ALICE_SESSION, &replace(2, rested.order_id.get(), 4, 5_000));
    assert_eq!(effects.templates(), [OrderReplaced::TEMPLATE_ID, PENDING]);
    let replaced: OrderReplaced = effects.first();
    assert_eq!((replaced.is_pending, replaced.priority_kept), (0, 0), "it left the book");
    assert_eq!(world.bids(1), []);
    let effects = after_the_delay(&mut world);
    assert_eq!(effects.first::<Trade>().quantity.get(), 4);
}

#[test]
fn a_pending_order_shrinks_and_ends_but_does_not_move() {
    let mut world = in_play();
    let pending = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 5_000)).first::<OrderPending>();
    let order_id = pending.order_id.get();
    for (cl_ord_id, quantity, price) in [(2, 11, 5_000), (3, 10, 5_001), (4, 5, 4_000)] {
        let refused = world.send(ALICE_SESSION, &replace(cl_ord_id, order_id, quantity, price));
        assert_eq!(refused.reject_code(), RejectCode::OrderIsPending);
    }
    let fewer: OrderReplaced = world.send(ALICE_SESSION, &replace(5, order_id, 7, 5_000)).only();
    assert_eq!((fewer.is_pending, fewer.priority_kept, fewer.rpt_seq.get()), (1, 1, 0));
    assert_eq!(world.buying_power(ALICE), STAKE - 7 * 5_000);
    let ended: OrderCancelled = world.send(ALICE_SESSION, &cancel(6, order_id)).only();
    assert_eq!((ended.was_resting, ended.rpt_seq.get(), ended.cancelled_qty.get()), (0, 0, 7));
    assert_eq!(world.buying_power(ALICE), STAKE);
    assert_eq!(after_the_delay(&mut world).templates(), []);
    // Its slot is the next one's.
    world.send(ALICE_SESSION, &bid(7, ALICE, 1, 1)).first::<OrderRested>();
}

#[test]
fn a_pending_order_ends_with_its_time_its_market_or_a_halt() {
    let reason_of = |effects: &Effects| effects.first::<OrderCancelled>().reason.get();
    // Its expire time comes first, or at the same moment.
    for lead_ns in [1, NS_PER_MS] {
        let mut world = in_play();
        let mut order = bid(1, ALICE, 1, 5_000);
        order.time_in_force = TimeInForce::GoodTillDate.into();
        order.expire_time_ns.set(world.time_ns + 1_000 + DELAY_MS * NS_PER_MS - lead_ns + 1);
        let pending: OrderPending = world.send(ALICE_SESSION, &order).first();
        assert!(order.expire_time_ns.get() <= pending.release_time_ns.get());
        let effects = after_the_delay(&mut world);
        assert_eq!(effects.templates(), [OrderCancelled::TEMPLATE_ID]);
        assert_eq!(reason_of(&effects), u16::from(CancelReason::Expired));
    }
    // A halt stands when its wait is over.
    let mut world = in_play();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 5_000)).first::<OrderPending>();
    world.set_status(1, 1, MarketStatus::Paused);
    let effects = after_the_delay(&mut world);
    assert_eq!(reason_of(&effects), u16::from(CancelReason::MarketHalted));
    assert_eq!(effects.templates().len(), 1);
    // The close of its market, and a sweep of its firm, reach it.
    let mut world = in_play();
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 5_000)).first::<OrderPending>();
    let effects = world.send(ALICE_SESSION, &mass_cancel(2, MassActionScope::Firm));
    assert_eq!(reason_of(&effects), u16::from(CancelReason::MassAction));
    world.send(ALICE_SESSION, &bid(3, ALICE, 1, 5_000)).first::<OrderPending>();
    let effects = world.set_status(1, 1, MarketStatus::Closed);
    assert_eq!(effects.all::<OrderCancelled>().len(), 2, "Bob's and the one that waits");
    assert!(!world.engine.timer_is_due(u64::MAX));
}

#[test]
fn pending_orders_come_out_of_a_snapshot() {
    let mut world = in_play();
    for cl_ord_id in 1..=3 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 4, 5_000)).first::<OrderPending>();
    }
    let mut order = bid(4, ALICE, 1, 5_000);
    order.time_in_force = TimeInForce::GoodTillDate.into();
    order.expire_time_ns.set(world.time_ns + 2_000);
    world.send(ALICE_SESSION, &order).first::<OrderPending>();
    let bytes = encoded_state(&world.engine);
    world.engine = Engine::decode_snapshot(&bytes, world.engine.state_digest()).unwrap();
    assert!(encoded_state(&world.engine) == bytes);
    let effects = tick_after(&mut world, NS_PER_MS);
    assert_eq!(effects.templates(), [OrderCancelled::TEMPLATE_ID], "the one with a time");
    let effects = after_the_delay(&mut world);
    assert_eq!(effects.all::<OrderReleased>().len(), 3);
    let quantities: Vec<u32> =
        effects.all::<Trade>().iter().map(|trade| trade.quantity.get()).collect();
    assert_eq!(quantities, [4, 4, 2], "in the order in which they came");
    assert_eq!(world.bids(1), [(5_000, 2)]);
}

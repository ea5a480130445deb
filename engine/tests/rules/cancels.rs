//! Cancels and sweeps, in one step and in many.

use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::world::*;

#[test]
fn a_cancel_names_the_order_by_either_id() {
    let mut world = World::open();
    let first = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 5_000)).first::<OrderRested>();
    world.send(ALICE_SESSION, &bid(2, ALICE, 7, 5_000));
    let cancelled: OrderCancelled =
        world.send(ALICE_SESSION, &cancel(3, first.order_id.get())).only();
    assert_eq!(cancelled.reason.get(), u16::from(CancelReason::UserRequest));
    assert_eq!((cancelled.cl_ord_id.get(), cancelled.cancelled_qty.get()), (1, 10));
    assert_eq!((cancelled.was_resting, cancelled.rpt_seq.get()), (1, 4));
    let mut by_client_id = cancel(3, 0);
    by_client_id.orig_cl_ord_id.set(2);
    world.send(ALICE_SESSION, &by_client_id).only::<OrderCancelled>();
    assert_eq!(world.bids(1), []);
    assert_eq!(world.buying_power(ALICE), STAKE);
}

#[test]
fn an_order_is_unknown_whatever_the_cause() {
    let mut world = World::open();
    let order = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 5_000)).first::<OrderRested>();
    let order_id = order.order_id.get();
    let mut elsewhere = cancel(2, order_id);
    elsewhere.security_id.set(2);
    let other_generation = order_id + 1;
    let other_shard = order_id | 1 << 56;
    let other_slot = OrderId::new(0, 1, 1).value();
    for (session_id, message) in [
        (BOB_SESSION, cancel(2, order_id)),
        (ALICE_SESSION, elsewhere),
        (ALICE_SESSION, cancel(2, other_generation)),
        (ALICE_SESSION, cancel(2, other_shard)),
        (ALICE_SESSION, cancel(2, other_slot)),
        (ALICE_SESSION, cancel(2, u64::MAX)),
    ] {
        let reject: OrderCancelReject = world.send(session_id, &message).only();
        assert_eq!(reject.reject_code.get(), u16::from(RejectCode::UnknownOrder));
    }
    assert_eq!(world.bids(1), [(5_000, 10)]);
}

#[test]
fn cancels_pass_in_paused_and_not_in_closed() {
    let mut world = World::open();
    world.is_checked = false;
    let first = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 5_000)).first::<OrderRested>();
    world.set_status(1, 1, MarketStatus::Paused);
    world.send(ALICE_SESSION, &cancel(2, first.order_id.get())).only::<OrderCancelled>();
    world.set_status(1, 1, MarketStatus::Open);
    for cl_ord_id in 10..310 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 5_000));
    }
    world.set_status(1, 1, MarketStatus::Closed);
    let left = *world.order_ids(1).last().unwrap();
    let reject = world.send(ALICE_SESSION, &cancel(1000, left));
    assert_eq!(reject.reject_code(), RejectCode::MarketNotOpen);
    world.finish_work();
    world.engine.check_invariants();
}

#[test]
fn each_scope_covers_what_it_says() {
    use MassActionScope::{Account, Event, Firm, Link, Security};
    // Orders 1 to 6: (account, market, side, link); an event of markets 1 to 3, market 4 alone.
    let orders = [
        (ALICE, 1, Side::Buy, 0),
        (ALICE, 1, Side::Sell, 7),
        (CAROL, 2, Side::Buy, 7),
        (CAROL, 4, Side::Buy, 0),
        (BOB, 1, Side::Buy, 7),
        (BOB, 4, Side::Sell, 0),
    ];
    for (scope, key, side, expected) in [
        (Security, 1, 0, &[1, 2][..]),
        (Security, 1, 1, &[1]),
        (Security, 1, 2, &[2]),
        (Security, 3, 0, &[]),
        (Event, 1, 0, &[1, 2, 3]),
        (Event, 2, 0, &[4]),
        (Account, CAROL, 0, &[3, 4]),
        (Link, 7, 0, &[2, 3]),
        (Link, 7, 1, &[3]),
        (Link, 99, 0, &[]),
        (Firm, 0, 0, &[1, 2, 3, 4]),
        (Firm, 0, 2, &[2]),
    ] {
        let mut world = World::open();
        for (cl_ord_id, (account, security_id, side, link_id)) in (1..).zip(orders) {
            let price = if side == Side::Buy { 4_000 } else { 6_000 };
            let mut message = order(cl_ord_id, account, side, 1, price);
            message.security_id.set(security_id);
            message.cl_ord_link_id.set(link_id);
            let session_id = if account == BOB { BOB_SESSION } else { ALICE_SESSION };
            world.send(session_id, &message).first::<OrderRested>();
        }
        let mut request = mass_cancel(100, scope);
        request.security_id.set(key);
        request.event_id.set(key);
        request.account.set(key);
        request.cl_ord_link_id.set(key);
        request.side = side;
        let effects = world.send(ALICE_SESSION, &request);
        let cancelled: Vec<u64> =
            effects.all::<OrderCancelled>().iter().map(|effect| effect.cl_ord_id.get()).collect();
        assert_eq!(cancelled, expected, "{scope:?} {key} side {side}");
        let report: OrderMassActionReport = effects.first();
        assert_eq!(report.total_affected_orders.get() as usize, expected.len());
        assert_eq!((report.cl_ord_id.get(), report.scope, report.side), (100, scope.into(), side));
        assert!(!world.engine.continuation_is_pending());
    }
}

/// 700 orders take three steps; between them orders come, go and trade.
#[test]
fn a_sweep_goes_on_over_records_and_spares_later_orders() {
    let mut world = World::open();
    world.is_checked = false;
    for cl_ord_id in 1..=700 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 5_000));
    }
    let first = world.send(ALICE_SESSION, &mass_cancel(7_000, MassActionScope::Firm));
    assert_eq!(first.all::<OrderCancelled>().len(), 256);
    assert_eq!(first.all::<OrderMassActionReport>().len(), 0);
    world.engine.check_invariants();

    // One in a slot that the sweep has passed, one in a slot that it will pass, both later.
    let late = world.send(ALICE_SESSION, &bid(800, ALICE, 1, 4_000)).first::<OrderRested>();
    assert!(OrderId::from_wire(late.order_id.get()).slot() < 256);
    let still_there = world.order_ids(1)[100];
    world.send(ALICE_SESSION, &cancel(801, still_there)).only::<OrderCancelled>();
    let reused = world.send(ALICE_SESSION, &bid(802, ALICE, 1, 4_000)).first::<OrderRested>();
    let slot = OrderId::from_wire(still_there).slot();
    assert_eq!(reused.order_id.get(), OrderId::new(0, slot, 2).value());
    // A replaced order keeps its age: the sweep covers it.
    let replaced = world.order_ids(1)[200];
    world.send(ALICE_SESSION, &replace(803, replaced, 2, 4_500)).first::<OrderRested>();
    // And one trades away.
    world.send(BOB_SESSION, &ask(1, BOB, 1, 5_000)).first::<Trade>();
    world.engine.check_invariants();

    let second = world.continue_work();
    assert_eq!(second.all::<OrderCancelled>().len(), 256);
    let third = world.continue_work();
    assert_eq!(third.all::<OrderCancelled>().len(), 700 - 512 - 2);
    let report: OrderMassActionReport = third.first();
    assert_eq!((report.cl_ord_id.get(), report.total_affected_orders.get()), (7_000, 698));
    assert_eq!(report.seq_num.get(), 701);
    assert!(!world.engine.continuation_is_pending());
    assert_eq!(world.bids(1), [(4_000, 1), (4_000, 1)]);
    assert_eq!(world.continue_work().templates(), []);
    world.engine.check_invariants();
}

#[test]
fn sweeps_queue_and_each_takes_its_first_step_at_once() {
    let mut world = World::open();
    world.is_checked = false;
    for cl_ord_id in 1..=300 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 5_000));
        world.send(BOB_SESSION, &bid(cl_ord_id, BOB, 1, 5_000));
    }
    world.send(ALICE_SESSION, &mass_cancel(1, MassActionScope::Firm));
    let effects = world.send(BOB_SESSION, &mass_cancel(2, MassActionScope::Firm));
    assert_eq!(effects.all::<OrderCancelled>().len(), 256);
    assert!(effects.all::<OrderCancelled>().iter().all(|effect| effect.account.get() == BOB));
    let reports: Vec<u64> = (0..2)
        .map(|_| world.continue_work().first::<OrderMassActionReport>().cl_ord_id.get())
        .collect();
    assert_eq!(reports, [1, 2]);
    assert!(!world.engine.continuation_is_pending());
    world.engine.check_invariants();
}

#[test]
fn the_end_of_the_day_ends_day_orders_of_everybody() {
    let mut world = World::open();
    let mut cl_ord_id = 0;
    for (session_id, account) in [(ALICE_SESSION, ALICE), (BOB_SESSION, BOB)] {
        for time_in_force in [TimeInForce::Day, TimeInForce::GoodTillCancel] {
            cl_ord_id += 1;
            let mut message = bid(cl_ord_id, account, 1, 5_000);
            message.time_in_force = time_in_force.into();
            world.send(session_id, &message);
        }
    }
    let mut request = EndOfDayRequest::new_zeroed();
    request.request_id.set(88);
    let effects = world.send(ADMIN_SESSION, &request);
    let ended: Vec<_> = effects
        .all::<OrderCancelled>()
        .iter()
        .map(|effect| (effect.cl_ord_id.get(), effect.reason.get()))
        .collect();
    let reason = u16::from(CancelReason::DayEnded);
    assert_eq!(ended, [(1, reason), (3, reason)]);
    let report: OrderMassActionReport = effects.first();
    assert_eq!((report.cl_ord_id.get(), report.total_affected_orders.get()), (88, 2));
    assert_eq!(report.scope, u8::from(MassActionScope::Day));
}

//! Instructions of an order, its staleness, self-match prevention, and cancels that come first.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::world::*;

fn with_instructions(order: NewOrderSingle, exec_inst: u8) -> NewOrderSingle {
    NewOrderSingle { exec_inst, ..order }
}

fn at_once(order: NewOrderSingle) -> NewOrderSingle {
    NewOrderSingle { time_in_force: TimeInForce::ImmediateOrCancel.into(), ..order }
}

/// An order that does not trade with others of its firm and id.
fn prevented(order: NewOrderSingle, id: u16, by: SelfMatchPrevention) -> NewOrderSingle {
    NewOrderSingle {
        self_match_prevention_id: id.into(),
        self_match_prevention_instruction: by.into(),
        ..order
    }
}

/// What happened after the order was accepted: lots traded, and why which ids ended.
fn story(effects: &Effects) -> (Vec<u32>, Vec<(u64, u16)>) {
    let trades = effects.all::<Trade>().iter().map(|it| it.quantity.get()).collect();
    let cancels = effects.all::<OrderCancelled>();
    (trades, cancels.iter().map(|it| (it.cl_ord_id.get(), it.reason.get())).collect())
}

#[test]
fn a_post_only_order_rests_or_is_refused() {
    let mut world = World::open();
    world.send(BOB_SESSION, &ask(1, BOB, 5, 40)).first::<OrderRested>();
    let crossing = with_instructions(bid(1, ALICE, 1, 40), EXEC_INST_POST_ONLY);
    assert_eq!(world.send(ALICE_SESSION, &crossing).reject_code(), RejectCode::PostOnlyWouldTrade);
    let passive = with_instructions(bid(2, ALICE, 1, 39), EXEC_INST_POST_ONLY | EXEC_INST_ECHO_NO);
    let effects = world.send(ALICE_SESSION, &passive);
    assert_eq!(effects.first::<OrderAccepted>().exec_inst, 17, "echoed");
    let order_id = effects.first::<OrderRested>().order_id.get();
    let refused = world.send(ALICE_SESSION, &replace(3, order_id, 1, 40));
    assert_eq!(refused.reject_code(), RejectCode::PostOnlyWouldTrade);
    assert_eq!(world.bids(1), [(39, 1)], "as it was");
    let replaced: OrderReplaced = world.send(ALICE_SESSION, &replace(4, order_id, 2, 38)).first();
    assert_eq!(replaced.exec_inst, 17);
    // It may be traded with.
    world.send(BOB_SESSION, &ask(2, BOB, 2, 38)).first::<Trade>();
}

#[test]
fn a_post_only_order_does_not_complete_a_set_either() {
    let mut world = World::new(EngineConfig::small());
    let event_id = world.define_event(2, true).event_id;
    let mut parameters: EventParametersRequest = zerocopy::FromZeros::new_zeroed();
    parameters.event_id = event_id;
    parameters.velocity = EventVelocity::Medium.into();
    parameters.cross_outcome = 1;
    world.send(ADMIN_SESSION, &parameters).only::<EventParametersReport>();
    world.set_status(event_id.get(), 0, MarketStatus::Open);
    world.send(BOB_SESSION, &bid(1, BOB, 5, 6_000)).first::<OrderRested>();
    let mut order = with_instructions(bid(1, ALICE, 1, 4_000), EXEC_INST_POST_ONLY);
    order.security_id.set(2);
    assert_eq!(world.send(ALICE_SESSION, &order).reject_code(), RejectCode::PostOnlyWouldTrade);
    (order.cl_ord_id, order.price) = (2.into(), 3_999.into());
    world.send(ALICE_SESSION, &order).first::<OrderRested>();
}

#[test]
fn a_reduce_only_order_needs_as_large_a_position_on_the_other_side() {
    let mut world = World::open();
    world.send(BOB_SESSION, &ask(1, BOB, 50, 40)).first::<OrderRested>();
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 40)).first::<Trade>();
    world.send(BOB_SESSION, &bid(2, BOB, 50, 30)).first::<OrderRested>();
    let reduce = |id, quantity, side| {
        at_once(with_instructions(order(id, ALICE, side, quantity, 30), EXEC_INST_REDUCE_ONLY))
    };
    for (id, quantity, side) in [(2, 11, Side::Sell), (3, 1, Side::Buy)] {
        let refused = world.send(ALICE_SESSION, &reduce(id, quantity, side));
        assert_eq!(refused.reject_code(), RejectCode::ReduceOnlyViolated, "{quantity} {side:?}");
    }
    world.send(ALICE_SESSION, &reduce(4, 4, Side::Sell)).first::<Trade>();
    world.send(ALICE_SESSION, &reduce(5, 6, Side::Sell)).first::<Trade>();
    assert_eq!(world.position_of(ALICE, 1), 0);
    let refused = world.send(ALICE_SESSION, &reduce(6, 1, Side::Sell));
    assert_eq!(refused.reject_code(), RejectCode::ReduceOnlyViolated);
    // Bob is short, so he may only buy.
    let buy = NewOrderSingle { account: BOB.into(), ..reduce(7, 1, Side::Buy) };
    let refused = world.send(BOB_SESSION, &NewOrderSingle { price: 9_999.into(), ..buy });
    assert_eq!(refused.reject_code(), RejectCode::ReduceOnlyViolated, "all is bought back");
}

#[test]
fn a_message_is_stale_when_sequenced_later_than_it_allowed() {
    let mut world = World::open();
    for (id, age_ns, is_stale) in
        [(1, 2_000_000, false), (2, 2_000_001, true), (3, 0, false), (4, 1 << 40, true)]
    {
        // The command comes 1,000 ns later.
        let sending_time_ns = world.time_ns + 1_000 - age_ns;
        let order = NewOrderSingle {
            sending_time_ns: sending_time_ns.into(),
            max_staleness_ms: 2.into(),
            ..bid(id, ALICE, 1, 30)
        };
        let effects = world.send(ALICE_SESSION, &order);
        let refused = effects.all::<ExecutionReportRejected>();
        let stale = u16::from(RejectCode::StaleOnArrival);
        assert_eq!(refused.first().map(|it| it.reject_code.get()), is_stale.then_some(stale));
    }
    // Any age is allowed without a bound; a sending time to come is not stale.
    let order = NewOrderSingle { sending_time_ns: 1.into(), ..bid(5, ALICE, 1, 30) };
    let order_id = world.send(ALICE_SESSION, &order).first::<OrderRested>().order_id.get();
    let request = OrderCancelReplaceRequest {
        sending_time_ns: u64::MAX.into(),
        max_staleness_ms: 1.into(),
        ..replace(6, order_id, 2, 30)
    };
    world.send(ALICE_SESSION, &request).first::<OrderReplaced>();
    let late =
        OrderCancelReplaceRequest { cl_ord_id: 7.into(), sending_time_ns: 1.into(), ..request };
    let refused = world.send(ALICE_SESSION, &late);
    assert_eq!(refused.reject_code(), RejectCode::StaleOnArrival);
}

#[test]
fn the_incoming_order_s_instruction_decides_when_its_firm_would_meet_itself() {
    use SelfMatchPrevention::{CancelAggressor, CancelBoth, CancelResting};
    let reason = u16::from(CancelReason::SelfMatch);
    for (by, traded, cancelled, left) in [
        (CancelAggressor, vec![2], vec![(9, reason)], vec![(41, 3), (42, 4)]),
        (CancelResting, vec![2, 4], vec![(2, reason)], vec![]),
        (CancelBoth, vec![2], vec![(2, reason), (9, reason)], vec![(42, 4)]),
    ] {
        let mut world = World::open();
        world.send(BOB_SESSION, &ask(1, BOB, 2, 40)).first::<OrderRested>();
        // Another account of the firm; its own instruction is not asked.
        let own = prevented(ask(2, CAROL, 3, 41), 7, CancelAggressor);
        world.send(ALICE_SESSION, &own).first::<OrderRested>();
        world.send(BOB_SESSION, &ask(3, BOB, 4, 42)).first::<OrderRested>();
        let incoming = prevented(bid(9, ALICE, 6, 50), 7, by);
        let effects = world.send(ALICE_SESSION, &incoming);
        assert_eq!(story(&effects), (traded, cancelled), "{by:?}");
        assert_eq!(world.asks(1), left, "{by:?}");
    }
}

#[test]
fn another_id_another_firm_or_no_id_trades() {
    use SelfMatchPrevention::CancelBoth;
    let mut world = World::open();
    let resting =
        |id, account, prevention| prevented(ask(id, account, 1, 40), prevention, CancelBoth);
    world.send(ALICE_SESSION, &resting(1, CAROL, 8)).first::<OrderRested>();
    world.send(ALICE_SESSION, &ask(2, CAROL, 1, 40)).first::<OrderRested>();
    world.send(BOB_SESSION, &resting(1, BOB, 7)).first::<OrderRested>();
    let incoming = prevented(bid(9, ALICE, 3, 40), 7, CancelBoth);
    assert_eq!(story(&world.send(ALICE_SESSION, &incoming)), (vec![1, 1, 1], vec![]));
    world.send(ALICE_SESSION, &resting(3, CAROL, 7)).first::<OrderRested>();
    let without = world.send(ALICE_SESSION, &bid(10, ALICE, 1, 40));
    assert_eq!(story(&without), (vec![1], vec![]), "the incoming one has no id");
}

#[test]
fn fill_or_kill_counts_only_what_it_could_trade_with() {
    use SelfMatchPrevention::{CancelAggressor, CancelBoth, CancelResting};
    let killed = |reason: CancelReason| (vec![], vec![(9, reason.into())]);
    let own_cancelled = (vec![1, 2], vec![(2, CancelReason::SelfMatch.into())]);
    for (by, quantity, expected) in [
        (CancelResting, 3, own_cancelled),
        (CancelResting, 4, killed(CancelReason::FillOrKill)),
        (CancelAggressor, 1, (vec![1], vec![])),
        (CancelAggressor, 2, killed(CancelReason::FillOrKill)),
        (CancelBoth, 3, killed(CancelReason::FillOrKill)),
    ] {
        let mut world = World::open();
        world.send(BOB_SESSION, &ask(1, BOB, 1, 40)).first::<OrderRested>();
        let own = prevented(ask(2, CAROL, 5, 40), 7, CancelAggressor);
        world.send(ALICE_SESSION, &own).first::<OrderRested>();
        world.send(BOB_SESSION, &ask(3, BOB, 2, 41)).first::<OrderRested>();
        let order = NewOrderSingle {
            time_in_force: TimeInForce::FillOrKill.into(),
            ..prevented(bid(9, ALICE, quantity, 50), 7, by)
        };
        assert_eq!(story(&world.send(ALICE_SESSION, &order)), expected, "{by:?} {quantity}");
    }
}

#[test]
fn own_orders_met_count_against_the_bound_on_trades() {
    let config = EngineConfig { sweep_trades_max: 2, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.define_open_event(1, false);
    for id in 1..=3 {
        let own = prevented(ask(id, CAROL, 1, 40), 7, SelfMatchPrevention::CancelResting);
        world.send(ALICE_SESSION, &own).first::<OrderRested>();
    }
    let incoming = prevented(bid(9, ALICE, 5, 50), 7, SelfMatchPrevention::CancelResting);
    let (own, limit) = (CancelReason::SelfMatch.into(), CancelReason::SweepLimit.into());
    let expected = (vec![], vec![(1, own), (2, own), (9, limit)]);
    assert_eq!(story(&world.send(ALICE_SESSION, &incoming)), expected);
}

#[test]
fn a_replaced_order_keeps_its_self_match_prevention() {
    let mut world = World::open();
    let own = prevented(ask(1, CAROL, 3, 60), 7, SelfMatchPrevention::CancelAggressor);
    world.send(ALICE_SESSION, &own).first::<OrderRested>();
    let incoming = prevented(bid(2, ALICE, 1, 40), 7, SelfMatchPrevention::CancelResting);
    let order_id = world.send(ALICE_SESSION, &incoming).first::<OrderRested>().order_id.get();
    let effects = world.send(ALICE_SESSION, &replace(3, order_id, 1, 60));
    assert_eq!(story(&effects), (vec![], vec![(1, CancelReason::SelfMatch.into())]));
    assert_eq!((world.bids(1), world.asks(1)), (vec![(60, 1)], vec![]));
}

#[test]
fn a_cancel_that_comes_first_keeps_its_order_out() {
    let mut world = World::open();
    let by_client_id =
        |id, orig: u64| OrderCancelRequest { orig_cl_ord_id: orig.into(), ..cancel(id, 0) };
    let first = world.send(ALICE_SESSION, &by_client_id(50, 7));
    assert_eq!(first.reject_code(), RejectCode::UnknownOrder);
    for _ in 0..2 {
        let late = world.send(ALICE_SESSION, &bid(7, ALICE, 1, 30));
        assert_eq!(late.reject_code(), RejectCode::CancelledBeforeArrival);
    }
    let again = world.send(ALICE_SESSION, &by_client_id(51, 7));
    assert_eq!(again.reject_code(), RejectCode::UnknownOrder);
    // It is the session's own memory.
    world.send(BOB_SESSION, &bid(7, BOB, 1, 30)).first::<OrderRested>();
    let order_id = world.send(ALICE_SESSION, &bid(8, ALICE, 1, 30)).first::<OrderRested>().order_id;
    world.send(ALICE_SESSION, &by_client_id(52, 9));
    let replaced = world.send(ALICE_SESSION, &replace(9, order_id.get(), 2, 30));
    assert_eq!(replaced.reject_code(), RejectCode::CancelledBeforeArrival);
    // Neither an id of the exchange nor an order that has ended leaves anything behind.
    world.send(ALICE_SESSION, &OrderCancelRequest { order_id: 77.into(), ..by_client_id(53, 10) });
    world.send(ALICE_SESSION, &bid(10, ALICE, 1, 30)).first::<OrderRested>();
    world.send(ALICE_SESSION, &by_client_id(54, 10)).only::<OrderCancelled>();
    world.send(ALICE_SESSION, &by_client_id(55, 10));
    let used = world.send(ALICE_SESSION, &bid(10, ALICE, 1, 30));
    assert_eq!(used.reject_code(), RejectCode::DuplicateClOrdId);
}

#[test]
fn a_buried_id_is_forgotten_as_any_other() {
    let config = EngineConfig { cl_ord_id_window: 2, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.define_open_event(1, false);
    let bury = OrderCancelRequest { orig_cl_ord_id: 7.into(), ..cancel(50, 0) };
    world.send(ALICE_SESSION, &bury);
    world.send(ALICE_SESSION, &bid(1, ALICE, 1, 30)).first::<OrderRested>();
    let late = world.send(ALICE_SESSION, &bid(7, ALICE, 1, 30));
    assert_eq!(late.reject_code(), RejectCode::CancelledBeforeArrival);
    world.send(ALICE_SESSION, &bid(2, ALICE, 1, 30)).first::<OrderRested>();
    world.send(ALICE_SESSION, &bid(7, ALICE, 1, 30)).first::<OrderRested>();
}

#[test]
fn a_new_expire_time_alone_keeps_priority() {
    let mut world = World::open();
    let until = |id, time_ns: u64| NewOrderSingle {
        time_in_force: TimeInForce::GoodTillDate.into(),
        expire_time_ns: time_ns.into(),
        ..bid(id, ALICE, 2, 30)
    };
    let start = world.time_ns.next_multiple_of(1_000_000);
    let order_id = world.send(ALICE_SESSION, &until(1, start + 3_000_000)).first::<OrderRested>();
    world.send(BOB_SESSION, &bid(1, BOB, 1, 30)).first::<OrderRested>();
    let later = OrderCancelReplaceRequest {
        expire_time_ns: (start + 9_000_000).into(),
        ..replace(2, order_id.order_id.get(), 2, 30)
    };
    let replaced: OrderReplaced = world.send(ALICE_SESSION, &later).only();
    assert_eq!(replaced.priority_kept, 1);
    assert_eq!(world.engine.first_timer_due_ms(), Some(start / 1_000_000 + 9));
    assert_eq!(world.bids(1), [(30, 2), (30, 1)], "still before Bob's");
    // Another price takes a new time along, or keeps the old one.
    world.send(ALICE_SESSION, &replace(3, order_id.order_id.get(), 2, 29)).first::<OrderRested>();
    assert_eq!(world.engine.first_timer_due_ms(), Some(start / 1_000_000 + 9));
    let sooner = OrderCancelReplaceRequest {
        expire_time_ns: (start + 5_000_000).into(),
        ..replace(4, order_id.order_id.get(), 2, 28)
    };
    world.send(ALICE_SESSION, &sooner).first::<OrderRested>();
    assert_eq!(world.engine.first_timer_due_ms(), Some(start / 1_000_000 + 5));
}

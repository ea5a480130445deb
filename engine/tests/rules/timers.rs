//! Timers: good-till-date orders end at their time, in bounded records, in the order of the rules.

use forecastle_engine::Engine;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::snapshots::encoded_state;
use crate::world::*;

/// A bid of one lot until a time.
fn bid_until(cl_ord_id: u64, expire_time_ns: u64) -> NewOrderSingle {
    let mut order = bid(cl_ord_id, ALICE, 1, 30);
    order.time_in_force = TimeInForce::GoodTillDate.into();
    order.expire_time_ns.set(expire_time_ns);
    order
}

fn tick_at(world: &mut World, time_ns: u64) -> Effects {
    world.time_ns = time_ns - 1_000;
    world.apply(EXCHANGE, &encoded(&TimerTick::new_zeroed()))
}

/// ClOrdIDs of the orders that ended, all of them for their time.
#[track_caller]
fn expired(effects: &Effects) -> Vec<u64> {
    let cancels = effects.all::<OrderCancelled>();
    assert_eq!(cancels.len(), effects.frames.len(), "nothing but cancels");
    assert!(cancels.iter().all(|it| it.reason.get() == CancelReason::Expired.into()));
    cancels.iter().map(|it| it.cl_ord_id.get()).collect()
}

#[test]
fn an_order_ends_in_the_first_millisecond_that_is_not_before_its_time() {
    let mut world = World::open();
    let start = world.time_ns.next_multiple_of(MS);
    world.send(ALICE_SESSION, &bid_until(1, start + 5 * MS + 1)).first::<OrderRested>();
    assert_eq!(world.engine.first_timer_due_ms(), Some(start / MS + 6));
    assert!(!world.engine.timer_is_due(start + 6 * MS - 1));
    assert!(expired(&tick_at(&mut world, start + 6 * MS - 1)).is_empty());
    assert_eq!(world.bids(1), [(30, 1)]);
    assert!(world.engine.timer_is_due(start + 6 * MS));
    let cancel: OrderCancelled = tick_at(&mut world, start + 6 * MS).only();
    assert_eq!((cancel.cl_ord_id.get(), cancel.was_resting, cancel.cancelled_qty.get()), (1, 1, 1));
    assert_eq!(cancel.reason.get(), CancelReason::Expired.into());
    assert_eq!(cancel.session_id.get(), ALICE_SESSION);
    assert!(world.bids(1).is_empty());
    assert!(!world.engine.timer_is_due(u64::MAX));
    assert_eq!(world.buying_power(ALICE), STAKE);
}

#[test]
fn timers_fire_by_millisecond_then_as_they_were_armed_256_a_record() {
    let mut world = World::open();
    world.is_checked = false;
    let start = world.time_ns.next_multiple_of(MS);
    // Three milliseconds, filled in turn; the last is the first to fire.
    for id in 1..=600 {
        world
            .send(ALICE_SESSION, &bid_until(id, start + (12 - id % 3) * MS))
            .first::<OrderRested>();
    }
    let by_time = |rest: u64| (1..=600).filter(move |id| id % 3 == rest);
    let expected: Vec<u64> = by_time(2).chain(by_time(1)).chain(by_time(0)).collect();
    // What comes out of a snapshot fires alike.
    let state = encoded_state(&world.engine);
    world.engine = Engine::decode_snapshot(&state, world.engine.state_digest()).unwrap();
    world.is_checked = true;
    let late = start + 50 * MS;
    let mut fired = Vec::new();
    for count in [256, 256, 88, 0] {
        let ids = expired(&tick_at(&mut world, late));
        assert_eq!(ids.len(), count);
        fired.extend(ids);
    }
    assert_eq!(fired, expected);
}

#[test]
fn an_order_that_is_gone_or_comes_again_has_no_old_timer() {
    let mut world = World::open();
    let start = world.time_ns.next_multiple_of(MS);
    let late = start + 20 * MS;
    let order_ids: Vec<u64> = (1..=5)
        .map(|id| world.send(ALICE_SESSION, &bid_until(id, start + (10 - id) * MS)))
        .map(|effects| effects.first::<OrderRested>().order_id.get())
        .collect();
    world.send(ALICE_SESSION, &cancel(10, order_ids[0])).only::<OrderCancelled>();
    world.send(BOB_SESSION, &ask(1, BOB, 1, 30)).first::<Trade>();
    // It comes again later than the others of its millisecond; its time stays.
    world.send(ALICE_SESSION, &replace(11, order_ids[2], 2, 31)).first::<OrderRested>();
    world.send(ALICE_SESSION, &bid_until(12, start + 7 * MS)).first::<OrderRested>();
    world.send(ALICE_SESSION, &replace(13, order_ids[2], 2, 32)).first::<OrderRested>();
    assert_eq!(expired(&tick_at(&mut world, late)), [5, 4, 12, 13]);
}

#[test]
fn an_order_that_trades_at_once_or_a_client_s_tick_arms_and_fires_nothing() {
    let mut world = World::open();
    world.send(BOB_SESSION, &ask(1, BOB, 1, 30)).first::<OrderRested>();
    let end = world.time_ns + MS;
    world.send(ALICE_SESSION, &bid_until(1, end)).first::<Trade>();
    assert_eq!(world.engine.first_timer_due_ms(), None);
    world.send(ALICE_SESSION, &bid_until(2, end)).first::<OrderRested>();
    world.time_ns += 5 * MS;
    let tick = encoded(&TimerTick::new_zeroed());
    let refused = world.apply(ALICE_SESSION, &tick);
    assert_eq!(refused.reject_code(), RejectCode::NotAClientMessage);
    assert_eq!(world.bids(1), [(30, 1)]);
}

const MS: u64 = 1_000_000;

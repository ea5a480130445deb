//! Who has a place in the table of exposures, and until when.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::limits::limits;
use crate::world::*;

/// One event whose pairs take one place each, and one place in all.
fn one_place(market_count: u8) -> World {
    let mut world = World::new(EngineConfig { exposures_max: 1, ..EngineConfig::small() });
    world.define_open_event(market_count, false);
    world
}

fn rest(world: &mut World, cl_ord_id: u64) -> u64 {
    let message = bid(cl_ord_id, ALICE, 2, 4_000);
    world.send(ALICE_SESSION, &message).first::<OrderRested>().order_id.get()
}

fn expect_place_of_bob(world: &mut World, cl_ord_id: u64, has_place: bool) {
    let effects = world.send(BOB_SESSION, &bid(cl_ord_id, BOB, 1, 1));
    if has_place {
        effects.first::<OrderRested>();
    } else {
        assert_eq!(effects.reject_code(), RejectCode::ExposureTableFull);
    }
}

#[test]
fn a_cancel_that_leaves_nothing_gives_the_place_back() {
    for market_count in [1, 3] {
        for names_client_id in [false, true] {
            let mut world = one_place(market_count);
            let order_id = rest(&mut world, 1);
            expect_place_of_bob(&mut world, 1, false);
            let mut request = cancel(2, order_id);
            if names_client_id {
                request.order_id.set(0);
                request.orig_cl_ord_id.set(1);
            }
            world.send(ALICE_SESSION, &request).only::<OrderCancelled>();
            expect_place_of_bob(&mut world, 2, true);
            let refused = world.send(ALICE_SESSION, &bid(3, ALICE, 1, 1));
            assert_eq!(refused.reject_code(), RejectCode::ExposureTableFull);
        }
    }
}

#[test]
fn a_position_or_an_order_keeps_the_place() {
    for market_count in [1, 3] {
        let config = EngineConfig { exposures_max: 2, ..EngineConfig::small() };
        let mut world = World::new(config);
        world.define_open_event(market_count, false);
        let (first, second) = (rest(&mut world, 1), rest(&mut world, 2));
        world.send(ALICE_SESSION, &cancel(3, first)).only::<OrderCancelled>();
        assert_eq!(world.send(BOB_SESSION, &ask(1, BOB, 1, 4_000)).all::<Trade>().len(), 1);
        world.send(ALICE_SESSION, &cancel(4, second)).only::<OrderCancelled>();
        let of_carol = world.send(ALICE_SESSION, &bid(101, CAROL, 1, 1));
        assert_eq!(of_carol.reject_code(), RejectCode::ExposureTableFull);
        // Alice has a long position and Bob a short one; both sell and buy it back.
        let back = world.send(ALICE_SESSION, &ask(5, ALICE, 1, 4_000)).first::<OrderRested>();
        assert_eq!(back.leaves_qty.get(), 1);
        assert_eq!(world.send(BOB_SESSION, &bid(2, BOB, 1, 4_000)).all::<Trade>().len(), 1);
        let of_carol = world.send(ALICE_SESSION, &bid(102, CAROL, 1, 1));
        assert_eq!(of_carol.reject_code(), RejectCode::ExposureTableFull);
        // Flat, and a cancel says so.
        let last = rest(&mut world, 6);
        world.send(ALICE_SESSION, &cancel(7, last)).only::<OrderCancelled>();
        world.send(ALICE_SESSION, &bid(103, CAROL, 1, 1)).first::<OrderRested>();
    }
}

/// What was paid in an event counts against a limit on losses there, also when nothing is left.
#[test]
fn what_a_limit_counts_keeps_the_place() {
    let mut world = World::new(EngineConfig { exposures_max: 2, ..EngineConfig::small() });
    world.define_open_event(1, false);
    world.send(EXCHANGE, &limits(ALICE, [0, 1_000_000, 0])).only::<AccountLimitsReport>();
    // Bought at 4,000 and sold at 3,999.
    world.send(BOB_SESSION, &ask(1, BOB, 1, 4_000)).first::<OrderRested>();
    assert_eq!(world.send(ALICE_SESSION, &bid(1, ALICE, 1, 4_000)).all::<Trade>().len(), 1);
    world.send(BOB_SESSION, &bid(2, BOB, 1, 3_999)).first::<OrderRested>();
    assert_eq!(world.send(ALICE_SESSION, &ask(2, ALICE, 1, 3_999)).all::<Trade>().len(), 1);
    for (cl_ord_id, is_limited) in [(10, true), (20, false)] {
        if !is_limited {
            world.send(EXCHANGE, &limits(ALICE, [0; 3])).only::<AccountLimitsReport>();
        }
        let order_id = rest(&mut world, cl_ord_id);
        let request = cancel(cl_ord_id + 1, order_id);
        world.send(ALICE_SESSION, &request).only::<OrderCancelled>();
        let of_carol = world.send(ALICE_SESSION, &bid(cl_ord_id + 2, CAROL, 1, 1));
        if is_limited {
            assert_eq!(of_carol.reject_code(), RejectCode::ExposureTableFull);
        } else {
            of_carol.first::<OrderRested>();
        }
    }
}

//! The bugs that order books are most often found to have, each as one small story.
//!
//! Others of the kind have their test where their rule is tested: a fill at the taker's price and
//! what an immediate order leaves in `matching`, ids used again in `order_slots`, full tables in
//! `rejects`, self-matches in `order_terms`.

use forecastle_proto_spec::*;

use crate::world::*;

/// Ids of three bids of one lot each at 4,000, oldest first.
fn three_bids(world: &mut World) -> [u64; 3] {
    [1, 2, 3].map(|cl_ord_id| {
        let effects = world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 4_000));
        effects.first::<OrderAccepted>().order_id.get()
    })
}

#[test]
fn an_order_may_leave_a_level_from_the_front_the_middle_and_the_end() {
    for leaving in 0..3 {
        let mut world = World::open();
        let ids = three_bids(&mut world);
        world.send(ALICE_SESSION, &cancel(10, ids[leaving])).only::<OrderCancelled>();
        let left: Vec<u64> = ids.into_iter().filter(|id| *id != ids[leaving]).collect();
        assert_eq!(world.order_ids(1), left);
        // Whoever comes now stands behind both, and all three trade in that order.
        let last = world.send(BOB_SESSION, &bid(1, BOB, 1, 4_000)).first::<OrderAccepted>();
        assert_eq!(last.quantity_ahead.get(), 2);
        let trades = world.send(ALICE_SESSION, &ask(11, CAROL, 3, 4_000)).all::<Trade>();
        let met: Vec<u64> = trades.iter().map(|it| it.resting_order_id.get()).collect();
        assert_eq!(met, [left, vec![last.order_id.get()]].concat());
        assert_eq!(world.order_ids(1), []);
    }
}

#[test]
fn the_best_price_that_is_cancelled_is_met_by_nobody() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &ask(1, ALICE, 5, 7_000));
    let best = world.send(ALICE_SESSION, &ask(2, ALICE, 5, 6_000)).first::<OrderAccepted>();
    world.send(ALICE_SESSION, &cancel(3, best.order_id.get())).only::<OrderCancelled>();
    // Crosses what was the best, not what is.
    world.send(BOB_SESSION, &bid(1, BOB, 5, 6_500)).first::<OrderRested>();
    assert_eq!((world.bids(1), world.asks(1)), (vec![(6_500, 5)], vec![(7_000, 5)]));
    let trade = world.send(BOB_SESSION, &bid(2, BOB, 5, 7_000)).first::<Trade>();
    assert_eq!((trade.price.get(), trade.quantity.get()), (7_000, 5));
}

#[test]
fn a_maker_that_is_filled_in_part_keeps_its_place_and_the_rest_of_its_lots() {
    let mut world = World::open();
    let first = world.send(ALICE_SESSION, &ask(1, ALICE, 10, 6_000)).first::<OrderAccepted>();
    let second = world.send(ALICE_SESSION, &ask(2, CAROL, 10, 6_000)).first::<OrderAccepted>();
    for (cl_ord_id, left) in [(1, 7), (2, 4), (3, 1)] {
        let trade = world.send(BOB_SESSION, &bid(cl_ord_id, BOB, 3, 6_000)).first::<Trade>();
        assert_eq!(trade.resting_order_id, first.order_id);
        assert_eq!(trade.resting_leaves_qty.get(), left);
        assert_eq!(world.asks(1), [(6_000, left), (6_000, 10)]);
    }
    let trades = world.send(BOB_SESSION, &bid(4, BOB, 3, 6_000)).all::<Trade>();
    let met: Vec<_> = trades.iter().map(|it| (it.resting_order_id, it.quantity.get())).collect();
    assert_eq!(met, [(first.order_id, 1), (second.order_id, 2)]);
}

/// The balance that an order is checked against is never one of before the fill.
#[test]
fn lots_that_were_bought_are_sold_by_the_very_next_message() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &ask(1, ALICE, 2, 5_000));
    // Bob puts all he has into bids of another event, but for the price of two lots.
    let mut elsewhere = bid(1, BOB, u32::try_from((STAKE - 10_000) / 5_000).unwrap(), 5_000);
    elsewhere.security_id.set(4);
    world.send(BOB_SESSION, &elsewhere).first::<OrderRested>();
    assert_eq!(world.buying_power(BOB), 10_000);
    let unowned = world.send(BOB_SESSION, &ask(2, BOB, 2, 4_500));
    assert_eq!(unowned.reject_code(), RejectCode::InsufficientBuyingPower);
    world.send(BOB_SESSION, &bid(3, BOB, 2, 5_000)).first::<Trade>();
    assert_eq!(world.buying_power(BOB), 0);
    world.send(BOB_SESSION, &ask(4, BOB, 2, 4_500)).first::<OrderRested>();
    let too_many = world.send(BOB_SESSION, &ask(5, BOB, 2, 4_500));
    assert_eq!(too_many.reject_code(), RejectCode::InsufficientBuyingPower);
}

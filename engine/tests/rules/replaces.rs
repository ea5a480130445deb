//! Replaces: with and without priority, below what has traded, and across sessions.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::world::*;

/// Alice bids 10 at 5000, Carol 10 behind; Bob takes 4 of Alice's.
fn partly_filled() -> (World, u64) {
    let mut world = World::open();
    let order_id = world.send(ALICE_SESSION, &bid(1, ALICE, 10, 5_000)).first::<OrderRested>();
    world.send(ALICE_SESSION, &bid(2, CAROL, 10, 5_000));
    world.send(BOB_SESSION, &ask(1, BOB, 4, 5_000));
    (world, order_id.order_id.get())
}

#[test]
fn fewer_lots_at_the_same_price_keep_priority() {
    for quantity in [10, 5] {
        let (mut world, order_id) = partly_filled();
        let replaced: OrderReplaced =
            world.send(ALICE_SESSION, &replace(3, order_id, quantity, 5_000)).only();
        assert_eq!((replaced.priority_kept, replaced.quantity_ahead.get()), (1, 0));
        assert_eq!(replaced.order_id.get(), order_id);
        assert_eq!(replaced.cl_ord_id.get(), 3);
        assert_eq!(replaced.leaves_qty.get(), quantity - 4);
        assert_eq!(world.bids(1), [(5_000, quantity - 4), (5_000, 10)]);
        assert_eq!(world.order_ids(1)[0], order_id);
    }
}

#[test]
fn more_lots_or_another_price_lose_priority() {
    for (quantity, price, ahead, expected) in [
        (11, 5_000, 10, [(5_000, 10), (5_000, 7)]),
        (10, 5_001, 0, [(5_001, 6), (5_000, 10)]),
        (5, 4_999, 0, [(5_000, 10), (4_999, 1)]),
    ] {
        let (mut world, order_id) = partly_filled();
        let effects = world.send(ALICE_SESSION, &replace(3, order_id, quantity, price));
        assert_eq!(effects.templates(), [OrderReplaced::TEMPLATE_ID, OrderRested::TEMPLATE_ID]);
        let replaced: OrderReplaced = effects.first();
        assert_eq!((replaced.priority_kept, replaced.quantity_ahead.get()), (0, ahead));
        let rested: OrderRested = effects.first();
        assert_eq!(rested.order_id.get(), order_id);
        assert_eq!(rested.rpt_seq.get(), replaced.rpt_seq.get() + 1);
        assert_eq!(world.bids(1), expected);
    }
}

#[test]
fn a_replace_that_crosses_trades_under_its_new_id() {
    let (mut world, order_id) = partly_filled();
    world.send(BOB_SESSION, &ask(2, BOB, 5, 6_000));
    let effects = world.send(ALICE_SESSION, &replace(3, order_id, 10, 6_500));
    let trade: Trade = effects.first();
    assert_eq!((trade.aggressor_order_id.get(), trade.aggressor_cl_ord_id.get()), (order_id, 3));
    assert_eq!((trade.quantity.get(), trade.price.get()), (5, 6_000));
    assert_eq!(effects.first::<OrderRested>().leaves_qty.get(), 1);
    let effects = world.send(BOB_SESSION, &ask(3, BOB, 2, 6_500));
    assert_eq!(effects.first::<Trade>().resting_cl_ord_id.get(), 3);
    let gone = world.send(ALICE_SESSION, &cancel(4, order_id));
    assert_eq!(gone.reject_code(), RejectCode::UnknownOrder);
}

#[test]
fn a_quantity_that_has_traded_ends_the_order() {
    for status in [MarketStatus::Open, MarketStatus::Paused] {
        for quantity in [4, 3] {
            let (mut world, order_id) = partly_filled();
            if status == MarketStatus::Paused {
                world.set_status(1, 1, status);
            }
            let cancelled: OrderCancelled =
                world.send(ALICE_SESSION, &replace(3, order_id, quantity, 6_000)).only();
            assert_eq!(cancelled.reason.get(), u16::from(CancelReason::ReplacedBelowExecuted));
            assert_eq!((cancelled.cancelled_qty.get(), cancelled.cum_qty.get()), (6, 4));
            assert_eq!((cancelled.was_resting, cancelled.cl_ord_id.get()), (1, 1));
            // The new id is used, but names no order.
            let mut again = cancel(4, 0);
            again.orig_cl_ord_id.set(3);
            let reject = world.send(ALICE_SESSION, &again);
            assert_eq!(reject.reject_code(), RejectCode::UnknownOrder);
            let reject = world.send(ALICE_SESSION, &bid(3, ALICE, 1, 1));
            assert_eq!(reject.reject_code(), RejectCode::DuplicateClOrdId);
        }
    }
}

#[test]
fn only_reductions_pass_in_a_paused_market() {
    let (mut world, order_id) = partly_filled();
    world.set_status(1, 1, MarketStatus::Paused);
    let reject = world.send(ALICE_SESSION, &replace(3, order_id, 11, 5_000));
    assert_eq!(reject.reject_code(), RejectCode::MarketNotOpen);
    let reject = world.send(ALICE_SESSION, &replace(4, order_id, 5, 4_999));
    assert_eq!(reject.reject_code(), RejectCode::MarketNotOpen);
    world.send(ALICE_SESSION, &replace(5, order_id, 5, 5_000)).only::<OrderReplaced>();
    world.send(ALICE_SESSION, &cancel(6, order_id)).only::<OrderCancelled>();
}

#[test]
fn the_new_hold_stands_in_the_place_of_the_old() {
    let mut world = World::open();
    let order_id = world.send(ALICE_SESSION, &bid(1, ALICE, 200_000, 5_000)).first::<OrderRested>();
    let order_id = order_id.order_id.get();
    assert_eq!(world.buying_power(ALICE), 0);
    let effects = world.send(ALICE_SESSION, &replace(2, order_id, 200_001, 5_000));
    assert_eq!(effects.reject_code(), RejectCode::InsufficientBuyingPower);
    let effects = world.send(ALICE_SESSION, &replace(3, order_id, 100_000, 9_999));
    effects.first::<OrderReplaced>();
    assert_eq!(world.buying_power(ALICE), 100_000);
}

#[test]
fn a_replace_needs_what_it_could_pay_if_it_traded() {
    let mut world = World::new(EngineConfig::small());
    let mut request = event(1, 0);
    request.maker_fee_rate.set(10);
    request.taker_fee_rate.set(70);
    world.send(ADMIN_SESSION, &request).only::<EventDefinitionReport>();
    world.set_status(1, 0, MarketStatus::Open);
    // A taker of a lot at 5100 pays a fee of 18, a maker of 3.
    let needed = 100 * (5_100 + 18);
    let all_but_one = world.cash(ALICE) - (needed - 1);
    world.send(ADMIN_SESSION, &withdrawal(ALICE, all_but_one)).only::<AccountReport>();
    let rested: OrderRested = world.send(ALICE_SESSION, &bid(1, ALICE, 100, 5_000)).first();
    let order_id = rested.order_id.get();
    let refused = world.send(ALICE_SESSION, &replace(2, order_id, 100, 5_100));
    assert_eq!(refused.reject_code(), RejectCode::InsufficientBuyingPower);
    world.send(ADMIN_SESSION, &deposit(ALICE, 1)).only::<AccountReport>();
    world.send(ALICE_SESSION, &replace(3, order_id, 100, 5_100)).first::<OrderReplaced>();
    assert_eq!(world.buying_power(ALICE), 100 * (18 - 3));
}

#[test]
fn another_session_of_the_firm_replaces_but_does_not_own() {
    let (mut world, order_id) = partly_filled();
    world.login(ALICE_SESSION + 1, 1);
    let mut by_client_id = replace(9, 0, 5, 5_000);
    by_client_id.orig_cl_ord_id.set(1);
    let reject = world.send(ALICE_SESSION + 1, &by_client_id);
    assert_eq!(reject.reject_code(), RejectCode::UnknownOrder);
    let replaced: OrderReplaced =
        world.send(ALICE_SESSION + 1, &replace(1, order_id, 5, 5_000)).only();
    assert_eq!(replaced.session_id.get(), ALICE_SESSION);
    // Both ids name it: the old one in the owner's window, the new one in the replacer's.
    let mut named = replace(20, 0, 6, 5_000);
    named.orig_cl_ord_id.set(1);
    world.send(ALICE_SESSION, &named).first::<OrderReplaced>();
    named.cl_ord_id.set(21);
    world.send(ALICE_SESSION + 1, &named).first::<OrderReplaced>();
    let reject = world.send(BOB_SESSION, &replace(22, order_id, 5, 5_000));
    assert_eq!(reject.reject_code(), RejectCode::UnknownOrder);
}

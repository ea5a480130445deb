//! Who trades with whom, at what price, and what becomes of the rest.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::world::*;

#[test]
fn best_price_first_then_oldest_at_the_resting_price() {
    let mut world = World::open();
    for (cl_ord_id, quantity, price) in [(1, 5, 6_000), (2, 7, 5_000), (3, 4, 5_000), (4, 9, 5_500)]
    {
        world.send(ALICE_SESSION, &ask(cl_ord_id, ALICE, quantity, price)).first::<OrderRested>();
    }
    let effects = world.send(BOB_SESSION, &bid(1, BOB, 13, 5_500));
    let trades: Vec<_> = effects
        .all::<Trade>()
        .iter()
        .map(|trade| (trade.resting_cl_ord_id.get(), trade.quantity.get(), trade.price.get()))
        .collect();
    assert_eq!(trades, [(2, 7, 5_000), (3, 4, 5_000), (4, 2, 5_500)]);
    assert_eq!(world.asks(1), [(5_500, 7), (6_000, 5)]);
    assert_eq!(world.bids(1), []);
    let paid = 11 * 5_000 + 2 * 5_500;
    assert_eq!((world.cash(BOB), world.position_of(BOB, 1)), (STAKE - paid, 13));
    assert_eq!((world.cash(ALICE), world.position_of(ALICE, 1)), (STAKE + paid, -13));
}

/// 2 % for makers, 7 % for takers: of p × (1 − p), rounded up for each lot.
#[test]
fn maker_and_taker_pay_their_rates_at_the_price_of_the_trade() {
    let mut world = World::new(EngineConfig::small());
    let mut request = event(1, 0);
    request.maker_fee_rate.set(200);
    request.taker_fee_rate.set(700);
    world.send(ADMIN_SESSION, &request).only::<EventDefinitionReport>();
    world.set_status(1, 0, MarketStatus::Open);
    world.send(ALICE_SESSION, &ask(1, ALICE, 10, 4_001));
    // Held at 10000 − 4001 and the maker's 48.004, rounded up.
    assert_eq!(world.buying_power(ALICE), STAKE - 10 * (5_999 + 49));
    let trade: Trade = world.send(BOB_SESSION, &bid(1, BOB, 4, 6_000)).first();
    // 0.07 × 4001 × 5999 / 10000 is 168.0140.
    assert_eq!((trade.resting_fee.get(), trade.aggressor_fee.get()), (4 * 49, 4 * 169));
    assert_eq!(world.cash(ALICE), STAKE + 4 * 4_001 - 4 * 49);
    assert_eq!(world.cash(BOB), STAKE - 4 * 4_001 - 4 * 169);
    let request = state_request(StateScope::Exchange.into(), 0, 0);
    let report: ExchangeReport = world.send(ADMIN_SESSION, &request).only();
    assert_eq!(report.fees.get(), 4 * 49 + 4 * 169);
    // What rests of an incoming order is held at the maker's rate again.
    world.send(BOB_SESSION, &bid(2, BOB, 9, 4_001));
    assert_eq!(world.bids(1), [(4_001, 3)]);
    let paid = 10 * (4_001 + 169);
    assert_eq!(world.buying_power(BOB), STAKE - paid - 3 * (4_001 + 49));
}

/// One trade in full, every field.
#[test]
fn the_effects_of_an_order_that_trades_and_rests() {
    let mut world = World::open();
    let accepted: OrderAccepted =
        world.send(ALICE_SESSION, &ask(41, ALICE, 10, 4_000)).first::<OrderAccepted>();
    world.send(ALICE_SESSION, &bid(42, ALICE, 3, 3_000));
    let mut message = bid(7, BOB, 25, 4_500);
    message.cl_ord_link_id.set(99);
    message.time_in_force = TimeInForce::Day.into();
    let effects = world.send(BOB_SESSION, &message);
    let aggressor_id = OrderId::new(0, 2, 1).value();
    assert_eq!(
        effects.templates(),
        [OrderAccepted::TEMPLATE_ID, Trade::TEMPLATE_ID, OrderRested::TEMPLATE_ID]
    );
    assert_eq!(
        effects.first::<OrderAccepted>(),
        OrderAccepted {
            order_id: aggressor_id.into(),
            cl_ord_id: 7.into(),
            security_id: 1.into(),
            account: BOB.into(),
            session_id: BOB_SESSION.into(),
            order_qty: 25.into(),
            quantity_ahead: 0.into(),
            cl_ord_link_id: 99.into(),
            price: 4_500.into(),
            side: 1,
            time_in_force: 0,
            exec_inst: 0,
            reserved_45: [0; 3],
        }
    );
    assert_eq!(
        effects.first::<Trade>(),
        Trade {
            resting_order_id: accepted.order_id,
            aggressor_order_id: aggressor_id.into(),
            resting_cl_ord_id: 41.into(),
            aggressor_cl_ord_id: 7.into(),
            resting_session_id: ALICE_SESSION.into(),
            aggressor_session_id: BOB_SESSION.into(),
            resting_account: ALICE.into(),
            aggressor_account: BOB.into(),
            resting_leaves_qty: 0.into(),
            aggressor_leaves_qty: 15.into(),
            security_id: 1.into(),
            // Behind the opening of the market and two orders that rested.
            rpt_seq: 4.into(),
            quantity: 10.into(),
            price: 4_000.into(),
            aggressor_side: 1,
            reserved_71: [0; 1],
            resting_fee: 0.into(),
            aggressor_fee: 0.into(),
        }
    );
    assert_eq!(
        effects.first::<OrderRested>(),
        OrderRested {
            order_id: aggressor_id.into(),
            priority: 3.into(),
            security_id: 1.into(),
            rpt_seq: 5.into(),
            leaves_qty: 15.into(),
            price: 4_500.into(),
            side: 1,
            reserved_31: [0; 1],
        }
    );
}

#[test]
fn quantity_ahead_counts_the_own_side_at_the_price() {
    let mut world = World::open();
    let mut ahead = |message: NewOrderSingle| {
        let effects = world.send(ALICE_SESSION, &message);
        effects.first::<OrderAccepted>().quantity_ahead.get()
    };
    assert_eq!(ahead(bid(1, ALICE, 10, 5_000)), 0);
    assert_eq!(ahead(bid(2, ALICE, 5, 5_000)), 10);
    assert_eq!(ahead(bid(3, ALICE, 5, 4_000)), 0);
    assert_eq!(ahead(bid(4, ALICE, 5, 5_000)), 15);
    assert_eq!(ahead(ask(5, ALICE, 1, 5_000)), 0);
    assert_eq!(ahead(ask(6, ALICE, 30, 5_000)), 0);
    assert_eq!(ahead(ask(7, ALICE, 1, 5_000)), 11);
}

#[test]
fn quantity_ahead_saturates() {
    let mut world = World::open();
    world.is_checked = false;
    world.send(ADMIN_SESSION, &deposit(ALICE, 1 << 40));
    for cl_ord_id in 1..=3 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, u32::MAX, 1));
    }
    let effects = world.send(ALICE_SESSION, &bid(4, ALICE, 1, 1));
    assert_eq!(effects.first::<OrderAccepted>().quantity_ahead.get(), u32::MAX);
    world.engine.check_invariants();
}

#[test]
fn time_in_force_decides_about_the_rest() {
    use CancelReason::{FillOrKill, ImmediateOrCancel};
    use TimeInForce as T;
    // Resting: 10 lots at 5000. Then an ask of `quantity` at `price`.
    for (time_in_force, quantity, price, traded, rests, reason) in [
        (T::Day, 4, 5_000, 4, 0, None),
        (T::Day, 14, 5_000, 10, 4, None),
        (T::GoodTillCancel, 14, 4_000, 10, 4, None),
        (T::GoodTillCancel, 14, 5_001, 0, 14, None),
        (T::ImmediateOrCancel, 10, 5_000, 10, 0, None),
        (T::ImmediateOrCancel, 14, 5_000, 10, 0, Some(ImmediateOrCancel)),
        (T::ImmediateOrCancel, 14, 5_001, 0, 0, Some(ImmediateOrCancel)),
        (T::FillOrKill, 10, 5_000, 10, 0, None),
        (T::FillOrKill, 11, 5_000, 0, 0, Some(FillOrKill)),
        (T::FillOrKill, 10, 5_001, 0, 0, Some(FillOrKill)),
    ] {
        let mut world = World::open();
        world.send(ALICE_SESSION, &bid(1, ALICE, 3, 5_000));
        world.send(ALICE_SESSION, &bid(2, ALICE, 7, 5_000));
        let mut message = ask(1, BOB, quantity, price);
        message.time_in_force = time_in_force.into();
        let effects = world.send(BOB_SESSION, &message);
        let case = format!("{time_in_force:?} {quantity} at {price}");
        let lots: u32 = effects.all::<Trade>().iter().map(|trade| trade.quantity.get()).sum();
        assert_eq!(lots, traded, "{case}");
        let asks: u32 = world.asks(1).iter().map(|(_, leaves)| leaves).sum();
        assert_eq!(asks, rests, "{case}");
        let cancelled = effects.all::<OrderCancelled>();
        assert_eq!(
            cancelled.first().map(|cancelled| cancelled.reason.get()),
            reason.map(u16::from),
            "{case}"
        );
        if let Some(cancelled) = cancelled.first() {
            assert_eq!(cancelled.cancelled_qty.get(), quantity - traded, "{case}");
            assert_eq!(cancelled.cum_qty.get(), traded, "{case}");
            assert_eq!((cancelled.was_resting, cancelled.rpt_seq.get()), (0, 0), "{case}");
        }
    }
}

#[test]
fn the_bound_on_trades_ends_an_order() {
    let config = EngineConfig { sweep_trades_max: 3, ..EngineConfig::small() };
    // Four bids of one lot at 5000 and one at 4000; then an ask.
    for (time_in_force, quantity, price, traded, reason) in [
        (TimeInForce::Day, 3, 5_000, 3, None),
        (TimeInForce::Day, 4, 5_000, 3, Some(CancelReason::SweepLimit)),
        (TimeInForce::ImmediateOrCancel, 9, 4_000, 3, Some(CancelReason::SweepLimit)),
        (TimeInForce::FillOrKill, 3, 5_000, 3, None),
        (TimeInForce::FillOrKill, 4, 5_000, 0, Some(CancelReason::SweepLimit)),
        (TimeInForce::FillOrKill, 6, 4_000, 0, Some(CancelReason::FillOrKill)),
    ] {
        let mut world = World::new(config);
        world.define_open_event(1, false);
        for (cl_ord_id, price) in [(1, 5_000), (2, 5_000), (3, 5_000), (4, 5_000), (5, 4_000)] {
            world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, price));
        }
        let mut message = ask(1, BOB, quantity, price);
        message.time_in_force = time_in_force.into();
        let effects = world.send(BOB_SESSION, &message);
        assert_eq!(effects.all::<Trade>().len(), traded);
        let reasons: Vec<_> =
            effects.all::<OrderCancelled>().iter().map(|effect| effect.reason.get()).collect();
        assert_eq!(reasons, reason.map(u16::from).into_iter().collect::<Vec<_>>());
        assert_eq!(world.asks(1), []);
    }
}

#[test]
fn after_the_bound_on_trades_what_does_not_cross_rests() {
    let mut world = World::new(EngineConfig { sweep_trades_max: 2, ..EngineConfig::small() });
    world.define_open_event(1, false);
    for (cl_ord_id, price) in [(1, 5_000), (2, 5_000), (3, 4_000)] {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, price));
    }
    let effects = world.send(BOB_SESSION, &ask(1, BOB, 5, 4_500));
    assert_eq!(effects.all::<Trade>().len(), 2);
    assert_eq!(effects.first::<OrderRested>().leaves_qty.get(), 3);
}

#[test]
fn an_account_may_trade_with_itself() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 4_000));
    world.send(ALICE_SESSION, &bid(2, CAROL, 10, 3_999));
    let effects = world.send(ALICE_SESSION, &ask(3, ALICE, 4, 3_000));
    assert_eq!(effects.all::<Trade>().len(), 1);
    assert_eq!((world.cash(ALICE), world.position_of(ALICE, 1)), (STAKE, 0));
    assert_eq!(world.buying_power(ALICE), STAKE - 6 * 4_000);
}

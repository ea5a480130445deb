//! Sets of all outcomes: bids that add up to the payout make one, asks burn one.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::{FromBytes, FromZeros};

use crate::world::*;

/// An event of three outcomes, markets 1 to 3, that matches across them.
fn three_outcomes(config: EngineConfig) -> World {
    let mut world = World::new(config);
    world.define_event(3, true);
    world.send(ADMIN_SESSION, &parameters(1, 1)).only::<EventParametersReport>();
    world.set_status(1, 0, MarketStatus::Open);
    world
}

fn parameters(event_id: u32, cross_outcome: u8) -> EventParametersRequest {
    let mut request = EventParametersRequest::new_zeroed();
    request.event_id.set(event_id);
    request.velocity = EventVelocity::Medium.into();
    request.cross_outcome = cross_outcome;
    request
}

fn in_market(security_id: u32, mut order: NewOrderSingle) -> NewOrderSingle {
    order.security_id.set(security_id);
    order
}

/// Market, price and lots of each fill.
fn fills(effects: &Effects) -> Vec<(u32, u16, u32)> {
    let fill = |it: &CrossOutcomeFill| (it.security_id.get(), it.price.get(), it.quantity.get());
    effects.all::<CrossOutcomeFill>().iter().map(fill).collect()
}

#[test]
fn bids_that_add_up_to_the_payout_make_sets_and_asks_burn_them() {
    let mut world = three_outcomes(EngineConfig::small());
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 3_000));
    let second = world.send(ALICE_SESSION, &in_market(2, bid(2, ALICE, 4, 3_500)));
    let effects = world.send(BOB_SESSION, &in_market(3, bid(1, BOB, 9, 4_000)));
    // Bob pays what the others leave of the payout, not his limit.
    assert_eq!(fills(&effects), [(1, 3_000, 4), (2, 3_500, 4), (3, 3_500, 4)]);
    let last = effects.all::<CrossOutcomeFill>()[2];
    assert_eq!((last.is_aggressor, last.leaves_qty.get(), last.side), (1, 5, 1));
    assert_eq!(last.aggressor_order_id, effects.first::<OrderAccepted>().order_id);
    let filled = effects.all::<CrossOutcomeFill>()[1];
    assert_eq!(filled.order_id, second.first::<OrderAccepted>().order_id);
    assert_eq!((filled.is_aggressor, filled.leaves_qty.get()), (0, 0));
    assert_eq!((world.bids(1), world.bids(2)), (vec![(3_000, 6)], vec![]));
    assert_eq!(world.bids(3), [(4_000, 5)]);
    assert_eq!([1, 2, 3].map(|it| world.position_of(ALICE, it)), [4, 4, 0]);
    assert_eq!(world.position_of(BOB, 3), 4);
    assert_eq!(world.cash(ALICE), STAKE - 4 * 6_500);
    assert_eq!(world.cash(BOB), STAKE - 4 * 3_500);
    // The house has the payout of four sets.
    let report: ExchangeReport =
        world.send(ADMIN_SESSION, &state_request(StateScope::Exchange.into(), 0, 0)).only();
    assert_eq!(report.settlement_pool.get(), 40_000);
    for session_id in [ALICE_SESSION, BOB_SESSION] {
        world.send(session_id, &mass_cancel(10, MassActionScope::Firm));
    }
    world.send(ALICE_SESSION, &in_market(1, ask(20, ALICE, 4, 2_000)));
    world.send(ALICE_SESSION, &in_market(2, ask(21, ALICE, 4, 3_000)));
    let effects = world.send(BOB_SESSION, &in_market(3, ask(22, BOB, 4, 1)));
    assert_eq!(fills(&effects), [(1, 2_000, 4), (2, 3_000, 4), (3, 5_000, 4)]);
    assert_eq!(
        [1, 2, 3].map(|it| world.position_of(ALICE, it) + world.position_of(BOB, it)),
        [0; 3]
    );
    let report: ExchangeReport =
        world.send(ADMIN_SESSION, &state_request(StateScope::Exchange.into(), 0, 0)).only();
    assert_eq!(report.settlement_pool.get(), 0);
}

#[test]
fn sets_are_paid_at_settlement_out_of_the_house() {
    for values in [[10_000, 0, 0], [3_333, 3_333, 3_334], [0, 5_000, 5_000]] {
        let mut world = three_outcomes(EngineConfig::small());
        world.send(ALICE_SESSION, &bid(1, ALICE, 7, 3_000));
        world.send(ALICE_SESSION, &in_market(2, bid(2, ALICE, 7, 3_000)));
        world.send(BOB_SESSION, &in_market(3, bid(1, BOB, 7, 4_000)));
        world.set_status(1, 0, MarketStatus::Closed);
        world.finish_work();
        world.settle(1, &values).first::<SettlementComplete>();
        let [first, second, third] = values.map(i64::from);
        assert_eq!(world.cash(ALICE), STAKE - 7 * 6_000 + 7 * (first + second));
        assert_eq!(world.cash(BOB), STAKE - 7 * 4_000 + 7 * third);
        assert_eq!(world.cash(ALICE) + world.cash(BOB), 2 * STAKE);
    }
}

#[test]
fn the_better_price_comes_first_and_the_own_book_when_they_are_equal() {
    let mut world = three_outcomes(EngineConfig::small());
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 3_000));
    world.send(ALICE_SESSION, &in_market(2, bid(2, ALICE, 10, 3_000)));
    for (cl_ord_id, price) in [(3, 3_999), (4, 4_000), (5, 4_001)] {
        world.send(ALICE_SESSION, &in_market(3, ask(cl_ord_id, ALICE, 2, price)));
    }
    let effects = world.send(BOB_SESSION, &in_market(3, bid(1, BOB, 16, 4_001)));
    let prices: Vec<u16> = effects
        .frames
        .iter()
        .filter_map(|(_, template_id, body)| match *template_id {
            Trade::TEMPLATE_ID => Some(Trade::read_from_bytes(body).unwrap().price.get()),
            CrossOutcomeFill::TEMPLATE_ID => {
                let fill = CrossOutcomeFill::read_from_bytes(body).unwrap();
                (fill.is_aggressor == 1).then(|| fill.price.get())
            }
            _ => None,
        })
        .collect();
    assert_eq!(prices, [3_999, 4_000, 4_000, 4_001]);
    assert_eq!(effects.all::<Trade>().len(), 3, "both prices of 4000 are a trade and a set");
    assert_eq!(world.position_of(BOB, 3), 16);
}

#[test]
fn nothing_crosses_outcomes_unless_asked_for_and_while_a_market_is_not_open() {
    let mut plain = World::open();
    let mut paused = three_outcomes(EngineConfig::small());
    paused.set_status(1, 2, MarketStatus::Paused);
    paused.set_status(1, 2, MarketStatus::Open);
    for world in [&mut plain, &mut paused] {
        world.send(ALICE_SESSION, &bid(1, ALICE, 5, 4_000));
        world.send(ALICE_SESSION, &in_market(2, bid(2, ALICE, 5, 4_000)));
    }
    paused.set_status(1, 2, MarketStatus::Paused);
    for world in [&mut plain, &mut paused] {
        let effects = world.send(BOB_SESSION, &in_market(3, bid(1, BOB, 5, 4_000)));
        assert_eq!(fills(&effects), []);
        assert_eq!(world.bids(3), [(4_000, 5)]);
    }
    // What came to add up stays until an order comes in, and then trades at the resting prices.
    paused.set_status(1, 2, MarketStatus::Open);
    let effects = paused.send(BOB_SESSION, &in_market(3, bid(2, BOB, 1, 4_100)));
    assert_eq!(fills(&effects), [(1, 4_000, 1), (2, 4_000, 1), (3, 2_000, 1)]);
    let refused = paused.send(ADMIN_SESSION, &parameters(1, 0));
    assert_eq!(refused.reject_code(), RejectCode::NotWhileOpen);
}

#[test]
fn a_set_counts_as_many_trades_as_the_event_has_markets() {
    for (sweep_trades_max, lots) in [(2, 0), (3, 5), (5, 5), (6, 10)] {
        let mut world = three_outcomes(EngineConfig { sweep_trades_max, ..EngineConfig::small() });
        for (cl_ord_id, security_id) in [(1, 1), (2, 1), (3, 2), (4, 2)] {
            world.send(ALICE_SESSION, &in_market(security_id, bid(cl_ord_id, ALICE, 5, 3_000)));
        }
        let mut message = in_market(3, bid(1, BOB, 10, 4_000));
        message.time_in_force = TimeInForce::FillOrKill.into();
        let killed = world.send(BOB_SESSION, &message);
        if lots < 10 {
            let reason = killed.first::<OrderCancelled>().reason.get();
            assert_eq!(reason, CancelReason::SweepLimit.into());
            let effects = world.send(BOB_SESSION, &in_market(3, bid(2, BOB, 10, 4_000)));
            let cancelled = effects.first::<OrderCancelled>();
            assert_eq!(cancelled.reason.get(), CancelReason::SweepLimit.into());
            assert_eq!(cancelled.cum_qty.get(), lots);
        }
        assert_eq!(world.position_of(BOB, 3), i64::from(lots));
    }
}

#[test]
fn fill_or_kill_fills_across_outcomes_or_not_at_all() {
    for (quantity, is_filled) in [(12, true), (13, false)] {
        let mut world = three_outcomes(EngineConfig::small());
        world.send(ALICE_SESSION, &bid(1, ALICE, 10, 3_000));
        world.send(ALICE_SESSION, &in_market(2, bid(2, ALICE, 4, 3_500)));
        world.send(ALICE_SESSION, &in_market(2, bid(3, ALICE, 6, 3_000)));
        world.send(ALICE_SESSION, &in_market(3, ask(4, ALICE, 2, 3_700)));
        let mut message = in_market(3, bid(1, BOB, quantity, 4_000));
        message.time_in_force = TimeInForce::FillOrKill.into();
        let effects = world.send(BOB_SESSION, &message);
        let expected = if is_filled { i64::from(quantity) } else { 0 };
        assert_eq!(world.position_of(BOB, 3), expected);
        let reasons: Vec<u16> =
            effects.all::<OrderCancelled>().iter().map(|it| it.reason.get()).collect();
        assert_eq!(reasons.is_empty(), is_filled);
        assert!(reasons.iter().all(|reason| *reason == CancelReason::FillOrKill.into()));
    }
}

//! Limits of accounts and sessions, at their edges.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::world::*;

/// Limits on position, worst loss and cost of an order.
pub fn limits(account: u32, limits: [i64; 3]) -> AccountLimitsRequest {
    let mut request = AccountLimitsRequest::new_zeroed();
    request.request_id.set(66);
    request.account.set(account);
    request.position_limit.set(limits[0]);
    request.worst_loss_limit.set(limits[1]);
    request.order_cost_max.set(limits[2]);
    request
}

fn limited(of_alice: [i64; 3]) -> World {
    let mut world = World::open();
    let report: AccountLimitsReport = world.send(EXCHANGE, &limits(ALICE, of_alice)).only();
    assert_eq!((report.account.get(), report.request_id.get()), (ALICE, 66));
    assert_eq!(report.order_cost_max.get(), of_alice[2]);
    world
}

fn expect(world: &mut World, order: &NewOrderSingle, refusal: Option<RejectCode>) {
    let effects = world.send(ALICE_SESSION, order);
    match refusal {
        Some(code) => assert_eq!(effects.reject_code(), code),
        None => assert_eq!(effects.templates()[0], OrderAccepted::TEMPLATE_ID),
    }
}

#[test]
fn a_position_limit_counts_every_open_order_of_the_side() {
    let mut world = limited([10, 0, 0]);
    let refused = Some(RejectCode::PositionLimit);
    expect(&mut world, &bid(1, ALICE, 11, 100), refused);
    expect(&mut world, &bid(2, ALICE, 6, 100), None);
    expect(&mut world, &bid(3, ALICE, 5, 100), refused);
    expect(&mut world, &bid(4, ALICE, 4, 200), None);
    expect(&mut world, &ask(5, ALICE, 10, 9_000), None);
    expect(&mut world, &ask(6, ALICE, 1, 9_000), refused);
    // Six of the ten bids fill; with a position of six long, asks may go to sixteen.
    world.send(BOB_SESSION, &ask(1, BOB, 6, 100)).first::<Trade>();
    assert_eq!(world.position_of(ALICE, 1), 6);
    expect(&mut world, &bid(7, ALICE, 1, 50), refused);
    expect(&mut world, &ask(8, ALICE, 7, 9_000), refused);
    expect(&mut world, &ask(9, ALICE, 6, 9_000), None);
    let bid_id = world.order_ids(1)[0];
    let refused_replace = world.send(ALICE_SESSION, &replace(10, bid_id, 9, 100));
    assert_eq!(refused_replace.reject_code(), RejectCode::PositionLimit);
    // Another price for as many lots adds none.
    world.send(ALICE_SESSION, &replace(11, bid_id, 6, 90)).first::<OrderReplaced>();
    // Another market and another account are their own.
    let other = NewOrderSingle { security_id: 2.into(), ..bid(12, ALICE, 10, 100) };
    expect(&mut world, &other, None);
    expect(&mut world, &bid(13, CAROL, 99, 100), None);
    // A limit below what stands lets the position shrink.
    world.send(EXCHANGE, &limits(ALICE, [1, 0, 0])).only::<AccountLimitsReport>();
    for order_id in world.order_ids(1) {
        world.send(ALICE_SESSION, &cancel(1, order_id));
    }
    expect(&mut world, &bid(14, ALICE, 1, 50), refused);
    expect(&mut world, &ask(15, ALICE, 7, 9_000), None);
    // Without the limit nothing is counted, and it can be set again only without open orders.
    world.send(EXCHANGE, &limits(ALICE, [0, 0, 0])).only::<AccountLimitsReport>();
    expect(&mut world, &bid(16, ALICE, 500, 50), None);
    let refused = world.send(EXCHANGE, &limits(ALICE, [5, 0, 0]));
    assert_eq!(refused.reject_code(), RejectCode::OpenOrdersStand);
}

#[test]
fn a_worst_loss_counts_what_was_paid_since_it_was_set() {
    let mut world = limited([0, 10_000, 0]);
    let refused = Some(RejectCode::WorstLossLimit);
    // Market 4 is alone: a bid risks its price, an ask the rest of the pay-out.
    let lone = |order: NewOrderSingle| NewOrderSingle { security_id: 4.into(), ..order };
    expect(&mut world, &lone(bid(1, ALICE, 3, 4_000)), refused);
    expect(&mut world, &lone(bid(2, ALICE, 2, 4_000)), None);
    world.send(BOB_SESSION, &lone(ask(1, BOB, 2, 4_000))).first::<Trade>();
    // 8,000 are gone in the worst case, though nothing is held for them any more.
    expect(&mut world, &lone(bid(3, ALICE, 1, 2_001)), refused);
    expect(&mut world, &lone(bid(4, ALICE, 1, 2_000)), None);
    // A sale of what it has makes the worst case better, at whatever limit.
    world.send(EXCHANGE, &limits(ALICE, [0, 1, 0])).only::<AccountLimitsReport>();
    expect(&mut world, &lone(ask(5, ALICE, 1, 9_000)), None);
    expect(&mut world, &lone(bid(6, ALICE, 1, 1)), refused);
    // Another event has a count of its own, and one set anew begins at nothing.
    world.send(EXCHANGE, &limits(ALICE, [0, 0, 0])).only::<AccountLimitsReport>();
    world.send(EXCHANGE, &limits(ALICE, [0, 10_000, 0])).only::<AccountLimitsReport>();
    expect(&mut world, &lone(bid(7, ALICE, 1, 7_000)), None);
    expect(&mut world, &bid(8, ALICE, 2, 5_000), None);
    expect(&mut world, &bid(9, ALICE, 1, 1), refused);
}

/// Long and short of before begin alike: at nothing lost.
#[test]
fn positions_of_before_are_no_loss() {
    for (first, order) in
        [(Side::Buy, bid as fn(u64, u32, u32, u16) -> NewOrderSingle), (Side::Sell, ask)]
    {
        let mut world = World::open();
        let other = if first == Side::Buy { Side::Sell } else { Side::Buy };
        expect(&mut world, &crate::world::order(1, ALICE, first, 5, 5_000), None);
        world.send(BOB_SESSION, &crate::world::order(1, BOB, other, 5, 5_000)).first::<Trade>();
        world.send(EXCHANGE, &limits(ALICE, [0, 10_000, 0])).only::<AccountLimitsReport>();
        expect(&mut world, &order(2, ALICE, 3, 5_000), Some(RejectCode::WorstLossLimit));
        expect(&mut world, &order(3, ALICE, 2, 5_000), None);
    }
}

#[test]
fn an_order_costs_no_more_than_its_account_may_risk_in_one() {
    let mut world = limited([0, 0, 10_000]);
    let refused = Some(RejectCode::OrderCostLimit);
    expect(&mut world, &bid(1, ALICE, 4, 2_501), refused);
    expect(&mut world, &bid(2, ALICE, 4, 2_500), None);
    expect(&mut world, &ask(3, ALICE, 4, 7_499), refused);
    expect(&mut world, &ask(4, ALICE, 4, 7_500), None);
    let order_id = world.order_ids(1)[0];
    let effects = world.send(ALICE_SESSION, &replace(5, order_id, 4, 2_501));
    assert_eq!(effects.reject_code(), RejectCode::OrderCostLimit);
    world.send(ALICE_SESSION, &replace(6, order_id, 5, 2_000)).first::<OrderReplaced>();
}

#[test]
fn a_session_has_no_more_open_orders_than_its_key_allows() {
    let mut world = World::open();
    let mut request = EntitlementRequest::new_zeroed();
    request.access_key_id.set(1);
    request.firm_id.set(10);
    request.roles.set(ROLES_TRADER);
    request.open_orders_max.set(2);
    let report: EntitlementReport = world.send(EXCHANGE, &request).only();
    assert_eq!(report.open_orders_max.get(), 2);
    expect(&mut world, &bid(1, ALICE, 1, 100), None);
    expect(&mut world, &bid(2, ALICE, 1, 100), None);
    expect(&mut world, &bid(3, ALICE, 1, 100), Some(RejectCode::OpenOrderLimit));
    // What cannot rest is let in, and so is another session of the key.
    let immediate = NewOrderSingle {
        time_in_force: TimeInForce::ImmediateOrCancel.into(),
        ..bid(4, ALICE, 1, 100)
    };
    expect(&mut world, &immediate, None);
    world.login(ALICE_SESSION + 1, 1);
    world.send(ALICE_SESSION + 1, &bid(1, ALICE, 1, 100)).first::<OrderRested>();
    // A fill makes room.
    world.send(BOB_SESSION, &ask(1, BOB, 1, 100)).first::<Trade>();
    expect(&mut world, &bid(5, ALICE, 1, 100), None);
    expect(&mut world, &bid(6, ALICE, 1, 100), Some(RejectCode::OpenOrderLimit));
}

#[test]
fn limits_and_their_counts_come_out_of_a_snapshot() {
    let mut world = limited([10, 10_000, 9_000]);
    expect(&mut world, &bid(1, ALICE, 2, 2_000), None);
    world.send(BOB_SESSION, &ask(1, BOB, 1, 2_000)).first::<Trade>();
    let digest = world.engine.state_digest();
    let larger = EngineConfig { orders_max: 8_192, ..*world.engine.config() };
    world.engine = world.engine.reconfigured(larger).unwrap();
    world.engine = world.engine.reconfigured(EngineConfig::small()).unwrap();
    assert_eq!(world.engine.state_digest(), digest);
    // One lot held, one open, 2,000 paid and 2,000 held.
    expect(&mut world, &bid(2, ALICE, 9, 1), Some(RejectCode::PositionLimit));
    expect(&mut world, &bid(3, ALICE, 1, 6_001), Some(RejectCode::WorstLossLimit));
    expect(&mut world, &bid(4, ALICE, 1, 9_001), Some(RejectCode::OrderCostLimit));
    expect(&mut world, &bid(5, ALICE, 1, 6_000), None);
}

/// More events than an account has room for at itself: what its positions can lose in each is left
/// out when the limit is set, and forgotten when it is lifted.
#[test]
fn a_limit_is_set_over_the_positions_of_many_events() {
    let mut world = World::new(EngineConfig::small());
    let markets: Vec<u32> = (0..12).map(|_| world.define_open_event(1, false).1).collect();
    let in_market =
        |order: NewOrderSingle, market: u32| NewOrderSingle { security_id: market.into(), ..order };
    for (id, market) in (1..).zip(&markets) {
        world
            .send(BOB_SESSION, &in_market(ask(id, BOB, 10, 5_000), *market))
            .first::<OrderRested>();
        world.send(ALICE_SESSION, &in_market(bid(id, ALICE, 10, 5_000), *market)).first::<Trade>();
    }
    world.send(EXCHANGE, &limits(ALICE, [0, 1, 0])).only::<AccountLimitsReport>();
    for (id, market) in (100..).zip(&markets) {
        world.send(ALICE_SESSION, &in_market(bid(id, ALICE, 1, 1), *market)).first::<OrderRested>();
        let refused = world.send(ALICE_SESSION, &in_market(bid(id + 100, ALICE, 1, 1), *market));
        assert_eq!(refused.reject_code(), RejectCode::WorstLossLimit, "market {market}");
    }
    world.send(EXCHANGE, &limits(ALICE, [0; 3])).only::<AccountLimitsReport>();
    world.engine.check_invariants();
}

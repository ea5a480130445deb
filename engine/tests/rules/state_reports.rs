//! Reports of state: what is in them and who sees them.

use forecastle_proto_spec::*;

use crate::world::*;

#[test]
fn the_exchange_report_adds_up() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 4_000));
    world.send(BOB_SESSION, &ask(1, BOB, 4, 4_000));
    world.send(ADMIN_SESSION, &withdrawal(CAROL, 100));
    let market_digest = world.engine.market_digest();
    let state_digest = world.engine.state_digest();
    let mut request = state_request(1, 0, 0);
    request.request_id.set(31);
    let report: ExchangeReport = world.send(ADMIN_SESSION, &request).only();
    assert_eq!((report.request_id.get(), report.account_count.get()), (31, 3));
    assert_eq!((report.deposits.get(), report.withdrawals.get()), (3 * STAKE, 100));
    assert_eq!((report.cash.get(), report.fees.get()), (3 * STAKE - 100, 0));
    assert_eq!((report.settlement_pool.get(), report.open_position_count.get()), (0, 2));
    assert_eq!((report.open_order_count.get(), report.market_count.get()), (1, 4));
    assert_eq!(report.market_digest.get(), market_digest);
    assert_eq!(report.state_digest.get(), state_digest);
    assert_ne!(world.engine.state_digest(), state_digest, "the number was used");
}

#[test]
fn positions_are_reported_for_every_market_of_the_event() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &bid(1, ALICE, 10, 4_000));
    world.send(ALICE_SESSION, &ask(2, ALICE, 5, 7_000));
    world.send(BOB_SESSION, &ask(1, BOB, 4, 4_000));
    let effects = world.send(ALICE_SESSION, &state_request(3, ALICE, 1));
    let rows: Vec<_> = effects
        .all::<PositionReport>()
        .iter()
        .map(|report| {
            let costs = (report.bid_cost.get(), report.ask_cost.get());
            (report.security_id.get(), report.quantity.get(), costs)
        })
        .collect();
    assert_eq!(rows, [(1, 4, (24_000, 15_000)), (2, 0, (0, 0)), (3, 0, (0, 0))]);
    // Nothing at stake is reported as nothing, not refused.
    assert_eq!(world.send(ALICE_SESSION, &state_request(3, CAROL, 2)).frames.len(), 1);
}

#[test]
fn traders_see_their_firm_and_administrators_all() {
    use RejectCode as R;
    let mut world = World::open();
    world.entitle(4, 30, ROLES_RISK | ROLES_REPLICA);
    world.login(64, 1);
    for (session_id, scope, account, event_id, refused) in [
        (ALICE_SESSION, 2, ALICE, 0, None),
        (ALICE_SESSION, 2, CAROL, 0, None),
        (ALICE_SESSION, 2, BOB, 0, Some(R::UnknownAccount)),
        (ALICE_SESSION, 3, BOB, 1, Some(R::UnknownAccount)),
        (ALICE_SESSION, 3, ALICE, 3, Some(R::UnknownEvent)),
        (ALICE_SESSION, 1, 0, 0, Some(R::NotEntitled)),
        (ALICE_SESSION, 4, BOB, 0, Some(R::InvalidStateScope)),
        (ADMIN_SESSION, 2, BOB, 0, None),
        (ADMIN_SESSION, 3, BOB, 1, None),
        (ADMIN_SESSION, 2, 50, 0, Some(R::UnknownAccount)),
        (EXCHANGE, 1, 0, 0, None),
        (EXCHANGE, 2, ALICE, 0, None),
        (64, 2, ALICE, 0, Some(R::NotEntitled)),
        (64, 1, 0, 0, Some(R::NotEntitled)),
    ] {
        let effects = world.send(session_id, &state_request(scope, account, event_id));
        match refused {
            Some(code) => assert_eq!(effects.reject_code(), code),
            None => assert!(effects.all::<BusinessMessageReject>().is_empty()),
        }
    }
}

//! Settlement: vectors, pay-outs in one step and in many, and what an account is worth meanwhile.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::world::*;

fn trade(world: &mut World, security_id: u32, quantity: u32, price: u16, cl_ord_id: u64) {
    let mut buy = bid(cl_ord_id, ALICE, quantity, price);
    let mut sell = ask(cl_ord_id, BOB, quantity, price);
    buy.security_id.set(security_id);
    sell.security_id.set(security_id);
    world.send(ALICE_SESSION, &buy).first::<OrderRested>();
    world.send(BOB_SESSION, &sell).first::<Trade>();
}

/// Alice is long 10 of market 1 and 4 of market 2, bought from Bob at 3000 and 2000.
fn two_positions() -> World {
    let mut world = World::open();
    trade(&mut world, 1, 10, 3_000, 1);
    trade(&mut world, 2, 4, 2_000, 2);
    world
}

#[test]
fn an_exhaustive_event_pays_by_its_vector() {
    for values in [[10_000, 0, 0], [0, 10_000, 0], [0, 0, 10_000], [3_333, 3_333, 3_334]] {
        let mut world = two_positions();
        world.set_status(1, 0, MarketStatus::Closed);
        let effects = world.settle(1, &values);
        let amounts = [10 * i64::from(values[0]), 4 * i64::from(values[1])];
        let reports: Vec<_> = effects
            .all::<SettlementReport>()
            .iter()
            .map(|report| {
                (
                    report.account.get(),
                    report.security_id.get(),
                    report.quantity.get(),
                    report.amount.get(),
                )
            })
            .collect();
        assert_eq!(
            reports,
            [
                (ALICE, 1, 10, amounts[0]),
                (ALICE, 2, 4, amounts[1]),
                (BOB, 1, -10, -amounts[0]),
                (BOB, 2, -4, -amounts[1]),
            ]
        );
        let complete: SettlementComplete = effects.first();
        assert_eq!(complete.position_count.get(), 4);
        assert_eq!(complete.amount.get(), amounts[0] + amounts[1]);
        let gain = amounts[0] + amounts[1] - 38_000;
        assert_eq!((world.cash(ALICE), world.cash(BOB)), (STAKE + gain, STAKE - gain));
        assert_eq!(world.buying_power(ALICE), STAKE + gain);
        assert_eq!(world.position_of(ALICE, 1), 0);
    }
}

#[test]
fn the_effects_of_a_settlement_in_order() {
    let mut world = two_positions();
    world.set_status(1, 0, MarketStatus::Closed);
    let effects = world.settle(1, &[10_000, 0, 0]);
    let (settled, status) = (MarketSettled::TEMPLATE_ID, SecurityStatusReport::TEMPLATE_ID);
    let report = SettlementReport::TEMPLATE_ID;
    assert_eq!(
        effects.templates(),
        [
            settled,
            status,
            settled,
            status,
            settled,
            status,
            report,
            report,
            report,
            report,
            SettlementComplete::TEMPLATE_ID
        ]
    );
    let first: MarketSettled = effects.first();
    let second: SecurityStatusReport = effects.first();
    assert_eq!((first.security_id.get(), first.settlement_price.get()), (1, 10_000));
    assert_eq!(second.rpt_seq.get(), first.rpt_seq.get() + 1);
    assert_eq!((second.status, second.reason.get(), second.request_id.get()), (5, 0, 7));
    for market in 1..=3 {
        assert_eq!(world.engine.book(market).unwrap().status(), MarketStatus::Settled);
    }
    assert_eq!(world.settle(1, &[10_000, 0, 0]).reject_code(), RejectCode::MarketsNotClosed);
}

#[test]
fn a_lone_market_pays_any_value() {
    for value in [0, 1, 5_000, 10_000] {
        let mut world = World::open();
        trade(&mut world, 4, 7, 6_000, 1);
        world.set_status(2, 4, MarketStatus::Closed);
        let complete: SettlementComplete = world.settle(2, &[value]).first();
        assert_eq!(complete.amount.get(), 7 * i64::from(value));
        assert_eq!(world.cash(ALICE), STAKE - 42_000 + 7 * i64::from(value));
    }
}

#[test]
fn an_event_that_is_not_exhaustive_may_pay_less_than_a_whole() {
    for (values, is_valid) in
        [([0, 0], true), ([4_000, 6_000], true), ([1, 2], true), ([4_000, 6_001], false)]
    {
        let mut world = World::open();
        let (event_id, _) = world.define_open_event(2, false);
        world.set_status(event_id, 0, MarketStatus::Closed);
        let effects = world.settle(event_id, &values);
        assert_eq!(effects.all::<SettlementComplete>().len(), usize::from(is_valid));
    }
}

#[test]
fn live_orders_and_open_markets_forbid_settlement() {
    let mut world = World::open();
    world.is_checked = false;
    for cl_ord_id in 1..=300 {
        world.send(ALICE_SESSION, &bid(cl_ord_id, ALICE, 1, 1));
    }
    world.set_status(1, 1, MarketStatus::Closed);
    world.set_status(1, 2, MarketStatus::Closed);
    assert_eq!(world.settle(1, &[10_000, 0, 0]).reject_code(), RejectCode::MarketsNotClosed);
    world.set_status(1, 3, MarketStatus::Closed);
    assert!(world.engine.continuation_is_pending());
    assert_eq!(world.settle(1, &[10_000, 0, 0]).reject_code(), RejectCode::MarketsNotClosed);
    world.finish_work();
    world.settle(1, &[10_000, 0, 0]).first::<SettlementComplete>();
    world.engine.check_invariants();
}

/// 300 accounts of two markets each: three steps of whole accounts. Between the steps an account
/// that is not yet paid trades with exactly what it will get.
#[test]
fn a_pay_out_goes_on_over_records_and_counts_exactly_meanwhile() {
    let config = EngineConfig { accounts_max: 400, exposures_max: 2_048, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.is_checked = false;
    world.define_open_event(2, true);
    world.define_open_event(1, false);
    world.send(BOB_SESSION, &ask(1, BOB, 299, 4_000));
    let mut other = ask(2, BOB, 299, 1_000);
    other.security_id.set(2);
    world.send(BOB_SESSION, &other);
    for account in 101..400 {
        world.open_account(account, 10, 5_000);
        let cl_ord_id = u64::from(account) * 2;
        world.send(ALICE_SESSION, &bid(cl_ord_id, account, 1, 4_000)).first::<Trade>();
        let mut message = bid(cl_ord_id + 1, account, 1, 1_000);
        message.security_id.set(2);
        world.send(ALICE_SESSION, &message).first::<Trade>();
    }
    world.set_status(1, 0, MarketStatus::Closed);
    let first = world.settle(1, &[10_000, 0]);
    assert_eq!(first.all::<SettlementReport>().len(), 256);
    world.engine.check_invariants();

    // A whole set is worth 10000 whatever happens; the vector says so too.
    assert_eq!((world.cash(399), world.position_of(399, 1)), (0, 1));
    assert_eq!(world.buying_power(399), 10_000);
    assert_eq!(world.buying_power(101), 10_000);
    let mut message = bid(5_000, 399, 1, 9_999);
    message.security_id.set(3);
    world.send(ALICE_SESSION, &message).first::<OrderRested>();
    assert_eq!(world.buying_power(399), 1);
    world.engine.check_invariants();

    let second = world.continue_work();
    assert_eq!(second.all::<SettlementReport>().len(), 256);
    let third = world.continue_work();
    assert_eq!(third.all::<SettlementReport>().len(), 600 - 512);
    let complete: SettlementComplete = third.first();
    assert_eq!((complete.position_count.get(), complete.amount.get()), (600, 299 * 10_000));
    assert_eq!((complete.request_id.get(), complete.event_id.get()), (7, 1));
    assert_eq!((world.cash(399), world.buying_power(399)), (10_000, 1));
    assert!(!world.engine.continuation_is_pending());
    world.engine.check_invariants();
}

/// Before it is paid, an account counts the value of its positions and no longer the worst state.
#[test]
fn an_unpaid_account_counts_values_and_not_the_worst_case() {
    let config = EngineConfig { accounts_max: 5_000, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.is_checked = false;
    world.define_open_event(1, false);
    world.open_account(5_000, 10, 3_000);
    world.send(BOB_SESSION, &ask(1, BOB, 1, 3_000));
    world.send(ALICE_SESSION, &bid(1, 5_000, 1, 3_000)).first::<Trade>();
    world.set_status(1, 0, MarketStatus::Closed);
    assert_eq!(world.buying_power(5_000), 0);
    // The first step looks at 1,024 accounts and has not come to this one.
    let effects = world.settle(1, &[8_000]);
    assert_eq!(effects.all::<SettlementReport>().len(), 1);
    assert_eq!((world.cash(5_000), world.buying_power(5_000)), (0, 8_000));
    let report: AccountReport = world.send(ADMIN_SESSION, &withdrawal(5_000, 8_000)).only();
    assert_eq!((report.cash.get(), report.buying_power.get()), (-8_000, 0));
    world.engine.check_invariants();
    assert_eq!(world.finish_work(), 4);
    assert_eq!((world.cash(5_000), world.buying_power(5_000)), (0, 0));
    world.engine.check_invariants();
}

#[test]
fn an_event_of_64_states_trades_and_settles() {
    let mut world = World::open();
    let (event_id, first) = world.define_open_event(64, true);
    for state in 0..64 {
        trade(&mut world, first + state, 10 + state, 200, 100 + u64::from(state));
    }
    // Bob is short of every state; the worst one is the last.
    let lots: i64 = (0..64).map(|state| 10 + state).sum();
    assert_eq!(world.buying_power(BOB), STAKE + lots * 200 - 73 * 10_000);
    assert_eq!(world.buying_power(ALICE), STAKE - lots * 200 + 10 * 10_000);
    // Ten whole sets are worth ten payouts, so that the money can be used again at once.
    let mut values = [0; 64];
    values[63] = 10_000;
    world.set_status(event_id, 0, MarketStatus::Closed);
    let complete: SettlementComplete = world.settle(event_id, &values).first();
    assert_eq!((complete.position_count.get(), complete.amount.get()), (128, 730_000));
    assert_eq!(world.cash(BOB), STAKE + lots * 200 - 730_000);
}

#[test]
fn rows_of_a_settled_event_are_free_again() {
    let mut world = World::new(EngineConfig { exposures_max: 2, ..EngineConfig::small() });
    for event_id in 1..=5 {
        world.define_open_event(1, false);
        trade(&mut world, event_id, 1, 5_000, u64::from(event_id));
        world.set_status(event_id, 0, MarketStatus::Closed);
        world.settle(event_id, &[10_000]).first::<SettlementComplete>();
    }
    // An event of five markets takes two rows, and leaves none to the other account.
    let (_, first) = world.define_open_event(5, true);
    let mut message = bid(50, ALICE, 1, 5_000);
    message.security_id.set(first + 4);
    world.send(ALICE_SESSION, &message).first::<OrderRested>();
    message.account.set(BOB);
    let reject = world.send(BOB_SESSION, &message);
    assert_eq!(reject.reject_code(), RejectCode::ExposureTableFull);
}

//! Of several causes to refuse a quote, a quote cancel or the limits of a protection group the
//! first in the order of the rules is told, and nothing changes: every fault at once, and one less
//! each time.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::event_parameters::parameters;
use crate::guards::kill_switch;
use crate::limits::limits;
use crate::protection;
use crate::quotes::{Quote, entry, quote_in, quote_set};
use crate::rejects::with_too_many_lots;
use crate::tick_tables::tick_table;
use crate::world::*;

/// Expects that a mass quote of Alice's key is refused with this code, at this entry.
#[track_caller]
fn expect(
    world: &mut World,
    (message, quotes): (&MassQuote, &[Quote]),
    expected: (RejectCode, u16),
) {
    let digest = world.engine.market_digest();
    let entries: Vec<_> = quotes.iter().map(|quote| entry(*quote)).collect();
    let ack: MassQuoteAck = world.send_grouped(ALICE_SESSION, message, &entries).only();
    let code = RejectCode::try_from(ack.reject_code.get()).unwrap();
    assert_eq!((code, ack.entry.get()), expected);
    let at_fault = quotes.get(usize::from(expected.1).wrapping_sub(1));
    assert_eq!(ack.security_id.get(), at_fault.map_or(0, |quote| quote.0));
    assert_eq!(world.engine.market_digest(), digest);
}

fn of_set(quote_set_id: u16) -> MassQuote {
    let mut message = MassQuote::new_zeroed();
    message.quote_id.set(9);
    message.quote_set_id.set(quote_set_id);
    message
}

/// An exchange in which a mass quote of Alice's set 1 in market 2 can have every fault that one
/// entry can have: the market is paused, its prices are multiples of 2 and at most 55, a block
/// covers it, no order costs more than 10,000; and the set's group is triggered.
fn with_every_guard() -> World {
    let mut world = World::open();
    world.send(ALICE_SESSION, &protection::limits(1, 0, 0)).only::<MarketMakerProtectionReport>();
    let set = QuoteSetDefinition { bid_price_sum_max: 1.into(), ..quote_set(1, ALICE, 1) };
    world.send(ALICE_SESSION, &set).only::<QuoteSetReport>();
    quote_in(&mut world, (ALICE_SESSION, 1), 1, &[(1, (1, 1), (0, 0))]).first::<OrderRested>();
    world.send(BOB_SESSION, &ask(1, BOB, 1, 1)).first::<MarketMakerProtectionTriggered>();
    world.set_status(1, 0, MarketStatus::Paused);
    world.send(ADMIN_SESSION, &tick_table(1, 2, &[(1, 2)])).only::<TickTableReport>();
    let collar = EventParametersRequest { static_high: 55.into(), ..parameters(1) };
    world.send(ADMIN_SESSION, &collar).first::<PriceLimitsChanged>();
    world.set_status(1, 1, MarketStatus::Open);
    let suspend = kill_switch(MassActionScope::Security, 2, MassActionType::Suspend);
    world.send(EXCHANGE, &suspend).first::<KillSwitchReport>();
    world.send(EXCHANGE, &limits(ALICE, [0, 0, 10_000])).only::<AccountLimitsReport>();
    world
}

#[test]
fn a_mass_quote_is_looked_at_before_its_entries() {
    let mut world = with_every_guard();
    world.entitle(1, 20, ROLES_TRADER);
    let quotes = [(99, (1, 0), (1, 0))];
    let mut message = MassQuote { max_staleness_ms: 1.into(), ..of_set(0) };
    expect(&mut world, (&message, &quotes), (RejectCode::UnknownQuoteSet, 0));
    message.quote_set_id.set(1);
    expect(&mut world, (&message, &quotes), (RejectCode::StaleOnArrival, 0));
    message.max_staleness_ms.set(0);
    expect(&mut world, (&message, &quotes), (RejectCode::UnknownAccount, 0));
    world.entitle(1, 10, ROLES_TRADER);
    expect(&mut world, (&message, &quotes), (RejectCode::ProtectionTriggered, 0));
    let mut reset = MarketMakerProtectionReset::new_zeroed();
    reset.protection_group.set(1);
    world.send(ALICE_SESSION, &reset).only::<MarketMakerProtectionReport>();
    expect(&mut world, (&message, &quotes), (RejectCode::UnknownMarket, 1));
}

#[test]
fn entries_are_checked_one_after_the_other_and_each_in_order() {
    let mut world = with_every_guard();
    let mut reset = MarketMakerProtectionReset::new_zeroed();
    reset.protection_group.set(1);
    world.send(ALICE_SESSION, &reset).only::<MarketMakerProtectionReport>();
    let message = of_set(1);
    let good = (1, (1, 50), (0, 0));
    // The last fault of the first entry is told before the first of the second.
    let both = [(1, (1, 56), (0, 0)), (99, (1, 0), (1, 0))];
    expect(&mut world, (&message, &both), (RejectCode::PriceOutsideCollar, 1));

    let second = |world: &mut World, bad: Quote, code| {
        expect(world, (&message, &[good, bad]), (code, 2));
    };
    second(&mut world, (99, (200, 0), (1, 0)), RejectCode::UnknownMarket);
    second(&mut world, (4, (200, 0), (1, 0)), RejectCode::InvalidQuoteEntry);
    second(&mut world, (1, (200, 0), (1, 0)), RejectCode::InvalidQuoteEntry);
    second(&mut world, (2, (200, 0), (1, 0)), RejectCode::MarketNotOpen);
    world.set_status(1, 2, MarketStatus::Open);
    second(&mut world, (2, (200, 0), (1, 61)), RejectCode::PriceOffGrid);
    second(&mut world, (2, (200, 61), (1, 10_000)), RejectCode::PriceOffGrid);
    second(&mut world, (2, (200, 61), (1, 61)), RejectCode::QuoteCrossed);
    // From here on the bid first, with all that a new order is checked for, then the offer.
    second(&mut world, (2, (200, 61), (2, 63)), RejectCode::PriceOffGrid);
    second(&mut world, (2, (200, 60), (2, 63)), RejectCode::TradingSuspended);
    let release = kill_switch(MassActionScope::Security, 2, MassActionType::Release);
    world.send(EXCHANGE, &release).only::<KillSwitchReport>();
    second(&mut world, (2, (200, 60), (2, 63)), RejectCode::OrderCostLimit);
    second(&mut world, (2, (1, 60), (2, 63)), RejectCode::PriceOutsideCollar);
    second(&mut world, (2, (1, 54), (2, 63)), RejectCode::PriceOffGrid);
    second(&mut world, (2, (1, 54), (2, 62)), RejectCode::OrderCostLimit);
    second(&mut world, (2, (1, 54), (1, 62)), RejectCode::PriceOutsideCollar);
    let quotes = [good, (2, (1, 52), (1, 54))];
    expect(&mut world, (&message, &quotes), (RejectCode::QuotePriceSum, 0));
}

/// Alice's set 1 has a bid in each of 128 markets, and that is all that its session may own; with
/// Bob's order the slots are taken, with his event the exposures.
fn with_full_tables() -> World {
    let config = EngineConfig { orders_max: 129, exposures_max: 33, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.is_checked = false;
    for (market_count, first) in [(64, 1), (64, 65), (1, 129), (1, 130)] {
        assert_eq!(world.define_open_event(market_count, false).1, first);
    }
    let mut request = EntitlementRequest::new_zeroed();
    request.access_key_id.set(1);
    request.firm_id.set(10);
    request.roles.set(ROLES_TRADER);
    request.open_orders_max.set(128);
    world.send(EXCHANGE, &request).only::<EntitlementReport>();
    world.send(EXCHANGE, &limits(ALICE, [1, STAKE, 0])).only::<AccountLimitsReport>();
    let set = QuoteSetDefinition { bid_price_sum_max: 64.into(), ..quote_set(1, ALICE, 0) };
    world.send(ALICE_SESSION, &set).only::<QuoteSetReport>();
    for first in [1, 65] {
        let quotes: Vec<Quote> = (first..first + 64).map(|it| (it, (1, 1), (0, 0))).collect();
        let ack = quote_in(&mut world, (ALICE_SESSION, 1), 1, &quotes).first::<MassQuoteAck>();
        assert_eq!(ack.entered_count.get(), 64);
    }
    let order = NewOrderSingle { security_id: 130.into(), ..bid(1, BOB, 1, 1) };
    world.send(BOB_SESSION, &order).first::<OrderRested>();
    world.send(EXCHANGE, &limits(ALICE, [1, 1, 0])).only::<AccountLimitsReport>();
    world
}

#[test]
fn what_the_entries_come_to_together_is_checked_in_order() {
    let mut world = with_full_tables();
    let message = of_set(1);
    let mut quotes = [(129, (u32::MAX, 65), (1, 9_999))];
    expect(&mut world, (&message, &quotes), (RejectCode::QuotePriceSum, 0));
    quotes[0].1.1 = 64;
    expect(&mut world, (&message, &quotes), (RejectCode::QuoteSetFull, 0));
    let mut cancel_one = QuoteCancel::new_zeroed();
    cancel_one.quote_set_id.set(1);
    cancel_one.security_id.set(128);
    world.send(ALICE_SESSION, &cancel_one).first::<OrderCancelled>();
    expect(&mut world, (&message, &quotes), (RejectCode::OpenOrderLimit, 0));
    world.entitle(1, 10, ROLES_TRADER).only::<EntitlementReport>();
    expect(&mut world, (&message, &quotes), (RejectCode::OrderTableFull, 0));
    let all = mass_cancel(2, MassActionScope::Firm);
    world.send(BOB_SESSION, &all).first::<OrderCancelled>();
    expect(&mut world, (&message, &quotes), (RejectCode::ExposureTableFull, 0));
    world.set_status(4, 0, MarketStatus::Closed);
    world.settle(4, &[0]).first::<SettlementComplete>();
    expect(&mut world, (&message, &quotes), (RejectCode::PositionLimit, 0));
    world.send(EXCHANGE, &limits(ALICE, [0, 1, 0])).only::<AccountLimitsReport>();
    expect(&mut world, (&message, &quotes), (RejectCode::WorstLossLimit, 0));
    world.send(EXCHANGE, &limits(ALICE, [0; 3])).only::<AccountLimitsReport>();
    expect(&mut world, (&message, &quotes), (RejectCode::InsufficientBuyingPower, 0));
    quotes[0].1.0 = 1;
    let effects = quote_in(&mut world, (ALICE_SESSION, 1), 2, &quotes);
    assert_eq!(effects.all::<QuoteEntered>().len(), 2);
    world.engine.check_invariants();
}

/// Lots are counted before limits and money, for orders, replaces and quotes alike.
#[test]
fn too_many_lots_are_told_before_limits_and_money() {
    let mut world = with_too_many_lots();
    world.send(EXCHANGE, &limits(ALICE, [1, 1, 0])).only::<AccountLimitsReport>();
    let dear = bid(80_000, ALICE, u32::MAX, 9_999);
    let reduces = NewOrderSingle {
        exec_inst: EXEC_INST_REDUCE_ONLY,
        time_in_force: TimeInForce::FillOrKill.into(),
        ..dear
    };
    let refused = world.send(ALICE_SESSION, &reduces).reject_code();
    assert_eq!(refused, RejectCode::ReduceOnlyViolated);
    let dear = NewOrderSingle { cl_ord_id: 80_001.into(), ..dear };
    assert_eq!(world.send(ALICE_SESSION, &dear).reject_code(), RejectCode::HoldOverflow);
    let order_id = world.order_ids(1)[65_536];
    let dear = replace(80_002, order_id, u32::MAX, 9_999);
    assert_eq!(world.send(ALICE_SESSION, &dear).reject_code(), RejectCode::HoldOverflow);
    world.send(ALICE_SESSION, &quote_set(1, ALICE, 0)).only::<QuoteSetReport>();
    let quotes = [(1, (u32::MAX, 9_998), (0, 0))];
    expect(&mut world, (&of_set(1), &quotes), (RejectCode::HoldOverflow, 0));
}

#[test]
fn quote_cancels_are_checked_in_order_and_pass_every_guard() {
    let mut world = with_every_guard();
    world.entitle(1, 20, ROLES_TRADER);
    let mut message = QuoteCancel::new_zeroed();
    message.security_id.set(99);
    let expect = |world: &mut World, message: &QuoteCancel, code: RejectCode| {
        let ack: MassQuoteAck = world.send(ALICE_SESSION, message).only();
        assert_eq!((ack.reject_code.get(), ack.entry.get()), (code.into(), 0));
        assert_eq!(ack.security_id.get(), 99);
    };
    expect(&mut world, &message, RejectCode::UnknownQuoteSet);
    message.quote_set_id.set(1);
    expect(&mut world, &message, RejectCode::UnknownAccount);
    world.entitle(1, 10, ROLES_TRADER);
    expect(&mut world, &message, RejectCode::UnknownMarket);
    message.security_id.set(2);
    let ack: MassQuoteAck = world.send(ALICE_SESSION, &message).only();
    assert_eq!((ack.reject_code.get(), ack.cancelled_count.get()), (0, 0));
}

#[test]
fn protection_is_checked_in_order() {
    let mut world = World::new(EngineConfig { sessions_max: 3, ..EngineConfig::small() });
    for group in 1..=12 {
        let message = MarketMakerProtectionLimits {
            protection_group: group.into(),
            ..protection::limits(1, 0, 0)
        };
        world.send(ALICE_SESSION, &message).only::<MarketMakerProtectionReport>();
    }
    let mut message = protection::limits(0, 0, 0);
    message.protection_group.set(13);
    message.window_ms.set(15);
    for (window_ms, code) in
        [(15, RejectCode::InvalidProtectionLimits), (16, RejectCode::ProtectionTableFull)]
    {
        message.window_ms.set(window_ms);
        assert_eq!(world.send(ALICE_SESSION, &message).reject_code(), code);
    }
    let mut reset = MarketMakerProtectionReset::new_zeroed();
    reset.protection_group.set(13);
    // A session without the role is told so before anything is looked for.
    for (session_id, code) in [
        (ADMIN_SESSION, RejectCode::NotEntitled),
        (ALICE_SESSION, RejectCode::UnknownProtectionGroup),
    ] {
        assert_eq!(world.send(session_id, &reset).reject_code(), code);
    }
}

#[test]
fn a_full_table_of_sets_is_told_last() {
    let mut world = World::new(EngineConfig { sessions_max: 3, ..EngineConfig::small() });
    for set in 1..=12 {
        world.send(ALICE_SESSION, &quote_set(set, ALICE, 0)).only::<QuoteSetReport>();
    }
    let mut message = quote_set(13, ALICE, 0);
    for (exec_inst, code) in
        [(EXEC_INST_REDUCE_ONLY, RejectCode::InvalidExecInst), (0, RejectCode::QuoteSetTableFull)]
    {
        message.exec_inst = exec_inst;
        assert_eq!(world.send(ALICE_SESSION, &message).reject_code(), code);
    }
}

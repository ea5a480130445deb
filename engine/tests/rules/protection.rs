//! Market-maker protection (section 10 of the rules).

use forecastle_engine::{Engine, EngineConfig};
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::quotes::{Quote, quote, quote_in, quote_set};
use crate::world::*;

/// Milliseconds of the window in most tests; a piece of it is 10.
const WINDOW_MS: u32 = 160;
const PIECE_NS: u64 = 10_000_000;

pub fn limits(quantity: u32, trades: u32, net_change: u32) -> MarketMakerProtectionLimits {
    let mut message = MarketMakerProtectionLimits::new_zeroed();
    message.request_id.set(41);
    message.protection_group.set(1);
    message.window_ms.set(WINDOW_MS);
    message.quantity_max.set(quantity);
    message.trades_max.set(trades);
    message.net_change_max.set(net_change);
    message
}

fn reset(group: u16) -> MarketMakerProtectionReset {
    let mut message = MarketMakerProtectionReset::new_zeroed();
    message.protection_group.set(group);
    message
}

/// Alice quotes 100 lots at 3000 and 4000 in markets 1 and 2, in group 1 with these limits.
fn protected_world(limits: &MarketMakerProtectionLimits) -> World {
    let mut world = World::open();
    world.send(ALICE_SESSION, limits).only::<MarketMakerProtectionReport>();
    world.send(ALICE_SESSION, &quote_set(1, ALICE, 1)).only::<QuoteSetReport>();
    let quotes = [(1, (100, 3000), (100, 4000)), (2, (100, 3000), (100, 4000))];
    quote(&mut world, 1, &quotes).first::<QuoteEntered>();
    // The start of a piece.
    world.time_ns = world.time_ns.next_multiple_of(PIECE_NS);
    world
}

fn hit(world: &mut World, cl_ord_id: u64, quantity: u32) -> Effects {
    world.send(BOB_SESSION, &ask(cl_ord_id, BOB, quantity, 3000))
}

fn lift(world: &mut World, cl_ord_id: u64, quantity: u32) -> Effects {
    world.send(BOB_SESSION, &bid(cl_ord_id, BOB, quantity, 4000))
}

#[test]
fn the_limit_reached_takes_every_quote_and_refuses_more_until_the_reset() {
    let mut world = protected_world(&limits(30, 0, 0));
    assert_eq!(hit(&mut world, 1, 29).templates(), [100, 103]);
    let effects = hit(&mut world, 2, 1);
    assert_eq!(effects.templates(), [100, 103, 72, 104, 104, 104, 104]);
    let triggered = effects.first::<MarketMakerProtectionTriggered>();
    assert_eq!((triggered.quantity.get(), triggered.trade_count.get()), (30, 2));
    assert_eq!((triggered.net_change.get(), triggered.quote_count.get()), (30, 4));
    assert_eq!((triggered.firm_id.get(), triggered.protection_group.get()), (10, 1));
    assert_eq!(triggered.cause, u8::from(ProtectionCause::Quantity));
    let reasons = effects.all::<OrderCancelled>();
    assert!(reasons.iter().all(|order| order.reason.get() == 14));
    let ack = quote(&mut world, 2, &[(1, (1, 1), (0, 0))]).only::<MassQuoteAck>();
    assert_eq!(ack.reject_code.get(), u16::from(RejectCode::ProtectionTriggered));
    // Limits set anew do not lift it; the reset does, and the counts begin anew.
    world.send(ALICE_SESSION, &limits(30, 0, 0)).only::<MarketMakerProtectionReport>();
    let ack = quote(&mut world, 2, &[(1, (1, 1), (0, 0))]).only::<MassQuoteAck>();
    assert_eq!(ack.reject_code.get(), 429);
    let report = world.send(ALICE_SESSION, &reset(1)).only::<MarketMakerProtectionReport>();
    assert_eq!(report.triggered, 0);
    quote(&mut world, 3, &[(1, (100, 3000), (0, 0))]).first::<QuoteEntered>();
    assert_eq!(hit(&mut world, 3, 29).templates(), [100, 103]);
}

#[test]
fn trades_and_net_change_have_limits_of_their_own() {
    let mut world = protected_world(&limits(0, 3, 0));
    hit(&mut world, 1, 1);
    lift(&mut world, 2, 1);
    let effects = hit(&mut world, 3, 1);
    assert_eq!(effects.first::<MarketMakerProtectionTriggered>().cause, 2);

    let mut world = protected_world(&limits(0, 0, 10));
    hit(&mut world, 1, 9);
    lift(&mut world, 2, 18);
    let effects = lift(&mut world, 3, 1);
    let triggered = effects.first::<MarketMakerProtectionTriggered>();
    assert_eq!((triggered.cause, triggered.net_change.get()), (3, -10));
    assert_eq!(triggered.quantity.get(), 28);
}

#[test]
fn the_window_forgets_by_sixteenths() {
    for is_counted in [true, false] {
        let mut world = protected_world(&limits(20, 0, 0));
        let start = world.time_ns;
        hit(&mut world, 1, 10);
        // The last nanosecond of the fifteenth piece behind it, and the first of the sixteenth.
        let then = start + 16 * PIECE_NS - u64::from(is_counted);
        world.time_ns = then - 1_000;
        let effects = hit(&mut world, 2, 10);
        assert_eq!(world.time_ns, then);
        assert_eq!(effects.templates().contains(&72), is_counted);
    }
}

#[test]
fn other_orders_of_the_account_and_other_groups_do_not_count() {
    let mut world = protected_world(&limits(5, 0, 0));
    world.send(ALICE_SESSION, &bid(1, ALICE, 50, 3500)).first::<OrderRested>();
    let effects = world.send(BOB_SESSION, &ask(2, BOB, 50, 3500));
    assert_eq!(effects.templates(), [100, 103]);
    world.send(ALICE_SESSION, &quote_set(2, ALICE, 0)).only::<QuoteSetReport>();
    quote_in(&mut world, (ALICE_SESSION, 2), 1, &[(1, (50, 3600), (0, 0))]).first::<QuoteEntered>();
    let effects = world.send(BOB_SESSION, &ask(3, BOB, 50, 3600));
    assert_eq!(effects.templates(), [100, 103]);
    assert_eq!(world.bids(1), [(3000, 100)]);
}

#[test]
fn a_quote_that_is_the_aggressor_counts_and_the_answer_comes_last() {
    let mut world = protected_world(&limits(5, 0, 0));
    world.send(BOB_SESSION, &ask(1, BOB, 9, 3500)).first::<OrderRested>();
    let effects = quote(&mut world, 2, &[(1, (9, 3500), (100, 4000))]);
    assert_eq!(effects.templates(), [104, 116, 103, 72, 104, 104, 104, 71]);
    assert_eq!(effects.first::<MassQuoteAck>().entered_count.get(), 1);
}

/// Three sets of Alice's, each with 256 quotes in two events of 64 markets, and the first markets
/// of these and of a third event. One trade takes the first away and blocks the others.
fn with_three_full_sets() -> (World, [u32; 3]) {
    let config = EngineConfig { orders_max: 2048, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.is_checked = false;
    let markets = [64, 64, 1].map(|count| world.define_open_event(count, false).1);
    world.send(ALICE_SESSION, &limits(1, 0, 0)).only::<MarketMakerProtectionReport>();
    for set in 1..=3 {
        world.send(ALICE_SESSION, &quote_set(set, ALICE, 1)).only::<QuoteSetReport>();
        for start in [1, 65] {
            let quotes: Vec<Quote> =
                (start..start + 64).map(|it| (it, (1, 3000 - set), (1, 4000))).collect();
            quote_in(&mut world, (ALICE_SESSION, set), 1, &quotes).first::<QuoteEntered>();
        }
    }
    world.engine.check_invariants();
    (world, markets)
}

#[test]
fn a_set_that_waits_for_its_step_trades_no_more() {
    let (mut world, [first, _, other]) = with_three_full_sets();
    // The set that traded has 255 quotes left.
    let effects = world.send(BOB_SESSION, &ask(1, BOB, 1, 2999));
    let triggered = effects.first::<MarketMakerProtectionTriggered>();
    assert_eq!(triggered.quote_count.get(), 767);
    assert_eq!(effects.all::<OrderCancelled>().len(), 255);
    assert!(world.engine.continuation_is_pending());
    assert_eq!(world.engine.continuation().unwrap().session_id, EXCHANGE);
    world.engine.check_invariants();
    let restored = restored(&world.engine);
    assert_eq!(restored.state_digest(), world.engine.state_digest());
    restored.check_invariants();

    // An order elsewhere meets nothing of it; one in the event takes the event's away first.
    let mut elsewhere = ask(2, BOB, 1, 10);
    elsewhere.security_id.set(other);
    assert_eq!(world.send(BOB_SESSION, &elsewhere).templates(), [100, 101]);
    let mut order = ask(3, BOB, 1, 2998);
    order.security_id.set(first);
    order.time_in_force = TimeInForce::FillOrKill.into();
    let effects = world.send(BOB_SESSION, &order);
    let cancelled = effects.all::<OrderCancelled>();
    assert_eq!(cancelled.len(), 2 * 128 + 1, "the event's quotes of two sets, and the order");
    assert!(cancelled[..256].iter().all(|order| order.reason.get() == 14));
    assert_eq!(cancelled[256].reason.get(), u16::from(CancelReason::FillOrKill));
    assert!(effects.all::<Trade>().is_empty());

    // Reset or not, a set that still waits takes no quotes; then it does.
    world.send(ALICE_SESSION, &reset(1)).only::<MarketMakerProtectionReport>();
    let again = [(1, (1, 3000), (0, 0))];
    let ack = quote_in(&mut world, (ALICE_SESSION, 3), 2, &again).only::<MassQuoteAck>();
    assert_eq!(ack.reject_code.get(), 429);
    assert_eq!(world.continue_work().all::<OrderCancelled>().len(), 256);
    assert!(!world.engine.continuation_is_pending());
    quote_in(&mut world, (ALICE_SESSION, 3), 2, &again).first::<QuoteEntered>();
    world.engine.check_invariants();
}

/// Those that rest, too, and would meet nothing of it.
#[test]
fn an_order_that_comes_takes_the_quotes_that_wait_in_its_event_away_first() {
    let (mut world, [_, second, _]) = with_three_full_sets();
    let resting = NewOrderSingle { security_id: second.into(), ..ask(1, BOB, 1, 9_000) };
    let order_id = world.send(BOB_SESSION, &resting).first::<OrderRested>().order_id;
    world.send(BOB_SESSION, &ask(2, BOB, 1, 2_999)).first::<MarketMakerProtectionTriggered>();
    let moved = replace(3, order_id.get(), 1, 9_001);
    let moved = OrderCancelReplaceRequest { security_id: second.into(), ..moved };
    let effects = world.send(BOB_SESSION, &moved);
    assert_eq!(effects.templates()[..2], [102, 104]);
    assert_eq!(effects.all::<OrderCancelled>().len(), 256, "the event's quotes of two sets");
    assert_eq!(effects.all::<OrderRested>().len(), 1);
    let order = ask(4, BOB, 1, 9_000);
    let effects = world.send(BOB_SESSION, &order);
    assert_eq!(effects.templates()[..2], [100, 104]);
    assert_eq!(effects.all::<OrderCancelled>().len(), 256);
    assert_eq!(effects.all::<OrderRested>().len(), 1);
    world.engine.check_invariants();
}

#[test]
fn groups_are_the_firm_s_and_bounded() {
    let mut world = World::new(EngineConfig { sessions_max: 4, ..EngineConfig::small() });
    let group = |world: &mut World, session_id: u32, group: u16, window_ms: u32| {
        let mut message = limits(1, 0, 0);
        message.protection_group.set(group);
        message.window_ms.set(window_ms);
        world.send(session_id, &message)
    };
    for (number, window_ms) in [(0, 100), (1, 15), (1, 60_001)] {
        let effects = group(&mut world, ALICE_SESSION, number, window_ms);
        assert_eq!(effects.reject_code(), RejectCode::InvalidProtectionLimits);
    }
    for number in 1..=16 {
        group(&mut world, ALICE_SESSION, number, 16).only::<MarketMakerProtectionReport>();
    }
    let effects = group(&mut world, BOB_SESSION, 1, 60_000);
    assert_eq!(effects.reject_code(), RejectCode::ProtectionTableFull);
    group(&mut world, ALICE_SESSION, 1, 60_000).only::<MarketMakerProtectionReport>();
    let effects = world.send(BOB_SESSION, &reset(1));
    assert_eq!(effects.reject_code(), RejectCode::UnknownProtectionGroup);
}

/// The engine after a way through its own snapshot.
fn restored(engine: &Engine) -> Engine {
    let mut bytes = Vec::new();
    engine.encode_snapshot(&mut bytes);
    Engine::decode_snapshot(&bytes, engine.state_digest()).unwrap()
}

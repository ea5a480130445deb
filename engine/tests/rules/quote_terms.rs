//! What a quote set says of all its quotes: self-match prevention and instructions; and the age of
//! a mass quote.

use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::quotes::{entry, quote_in, quote_set};
use crate::world::*;

/// A set of Alice's key for an account, with these terms.
fn define(world: &mut World, set: u16, account: u32, prevention: (u16, u8), exec_inst: u8) {
    let mut message = quote_set(set, account, 0);
    message.self_match_prevention_id.set(prevention.0);
    message.self_match_prevention_instruction = prevention.1;
    message.exec_inst = exec_inst;
    let report: QuoteSetReport = world.send(ALICE_SESSION, &message).only();
    assert_eq!(report.self_match_prevention_id, message.self_match_prevention_id);
    assert_eq!(report.self_match_prevention_instruction, prevention.1);
    assert_eq!(report.exec_inst, exec_inst);
}

/// Alice's set offers 5 lots at 40 in market 1.
fn offer(world: &mut World, set: u16) {
    quote_in(world, (ALICE_SESSION, set), 1, &[(1, (0, 0), (5, 40))]).first::<OrderRested>();
}

fn ends(effects: &Effects) -> Vec<(u16, u8)> {
    let cancels = effects.all::<OrderCancelled>();
    cancels.iter().map(|it| (it.reason.get(), it.was_resting)).collect()
}

#[test]
fn quotes_of_one_firm_never_trade_with_each_other() {
    let mut world = World::open();
    define(&mut world, 1, ALICE, (0, 0), 0);
    define(&mut world, 2, CAROL, (0, 0), 0);
    world.send(BOB_SESSION, &quote_set(1, BOB, 0)).only::<QuoteSetReport>();
    offer(&mut world, 1);
    // The older quote of the firm gives way; another firm's behind it is traded with.
    quote_in(&mut world, (BOB_SESSION, 1), 1, &[(1, (0, 0), (2, 41))]).first::<OrderRested>();
    let effects = quote_in(&mut world, (ALICE_SESSION, 2), 2, &[(1, (7, 45), (0, 0))]);
    assert_eq!(ends(&effects), [(CancelReason::SelfMatch.into(), 1)]);
    let trade: Trade = effects.only_one();
    assert_eq!((trade.quantity.get(), trade.resting_account.get()), (2, BOB));
    assert_eq!((world.bids(1), world.asks(1)), (vec![(45, 5)], vec![]));
    assert_eq!(effects.first::<MassQuoteAck>().entered_count.get(), 1);
    // Another firm's quote, and an order of the firm without an id, trade with them.
    let effects = quote_in(&mut world, (BOB_SESSION, 1), 2, &[(1, (0, 0), (1, 45))]);
    effects.only_one::<Trade>();
    world.send(ALICE_SESSION, &ask(1, ALICE, 4, 45)).only_one::<Trade>();
    assert!(world.bids(1).is_empty());
}

#[test]
fn a_set_with_an_id_has_its_instruction_and_keeps_apart_from_orders_too() {
    let self_match: u16 = CancelReason::SelfMatch.into();
    let (resting, incoming) = ((self_match, 1), (self_match, 0));
    for (instruction, expected, bids, asks) in
        [(1, vec![incoming], 0, 1), (2, vec![resting], 1, 0), (3, vec![resting, incoming], 0, 0)]
    {
        let mut world = World::open();
        define(&mut world, 1, ALICE, (7, 1), 0);
        define(&mut world, 2, CAROL, (7, instruction), 0);
        define(&mut world, 3, CAROL, (0, 0), 0);
        offer(&mut world, 1);
        let effects = quote_in(&mut world, (ALICE_SESSION, 2), 2, &[(1, (5, 45), (0, 0))]);
        assert_eq!(ends(&effects), expected, "instruction {instruction}");
        assert!(effects.all::<Trade>().is_empty());
        assert_eq!((world.bids(1).len(), world.asks(1).len()), (bids, asks));
        // An order with the id meets a quote with it, and the order says what happens.
        world.finish_work();
        world.send(ALICE_SESSION, &mass_cancel(90, MassActionScope::Firm));
        offer(&mut world, 1);
        let mut order = bid(3, ALICE, 5, 45);
        order.self_match_prevention_id.set(7);
        order.self_match_prevention_instruction = 1;
        let effects = world.send(ALICE_SESSION, &order);
        assert_eq!(ends(&effects), [incoming]);
        // Ids are apart from none: quotes without one trade with quotes that have one.
        let effects = quote_in(&mut world, (ALICE_SESSION, 3), 4, &[(1, (5, 45), (0, 0))]);
        effects.only_one::<Trade>();
    }
}

#[test]
fn quotes_of_a_post_only_set_rest_or_end() {
    let mut world = World::open();
    define(&mut world, 1, ALICE, (0, 0), EXEC_INST_POST_ONLY | EXEC_INST_ECHO_NO);
    world.send(BOB_SESSION, &ask(1, BOB, 3, 50)).first::<OrderRested>();
    let quotes = [(1, (5, 50), (5, 60)), (2, (5, 50), (5, 60))];
    let effects = quote_in(&mut world, (ALICE_SESSION, 1), 2, &quotes);
    assert_eq!(effects.templates(), [116, 104, 116, 101, 116, 101, 116, 101, 71]);
    assert_eq!(ends(&effects), [(CancelReason::PostOnly.into(), 0)]);
    let echoed = effects.all::<QuoteEntered>();
    assert!(echoed.iter().all(|it| it.exec_inst == EXEC_INST_POST_ONLY | EXEC_INST_ECHO_NO));
    assert_eq!((world.bids(1), world.asks(1)), (vec![], vec![(50, 3), (60, 5)]));
    // What gives way to another price ends all the same, and a price below rests.
    let effects = quote_in(&mut world, (ALICE_SESSION, 1), 3, &[(1, (5, 49), (5, 60))]);
    assert_eq!(effects.templates(), [116, 101, 71]);
    let effects = quote_in(&mut world, (ALICE_SESSION, 1), 4, &[(1, (5, 50), (3, 60))]);
    assert_eq!(effects.templates(), [104, 102, 116, 104, 71]);
    assert_eq!(effects.first::<OrderReplaced>().exec_inst, 17);
    assert_eq!((world.bids(1), world.asks(1)), (vec![], vec![(50, 3), (60, 3)]));
}

#[test]
fn quotes_of_a_marked_set_end_when_their_session_is_lost() {
    let mut world = World::open();
    define(&mut world, 1, ALICE, (0, 0), EXEC_INST_CANCEL_ON_DISCONNECT);
    define(&mut world, 2, ALICE, (0, 0), 0);
    offer(&mut world, 1);
    quote_in(&mut world, (ALICE_SESSION, 2), 1, &[(1, (0, 0), (1, 41))]);
    let mut lost = SessionDisconnected::new_zeroed();
    lost.session_id.set(ALICE_SESSION);
    world.send(EXCHANGE, &lost);
    world.finish_work();
    assert_eq!(world.asks(1), [(41, 1)]);
}

#[test]
fn a_stale_mass_quote_changes_nothing() {
    for (age_ms, is_stale) in [(4, false), (6, true)] {
        let mut world = World::open();
        define(&mut world, 1, ALICE, (0, 0), 0);
        offer(&mut world, 1);
        let mut message = MassQuote::new_zeroed();
        message.quote_id.set(2);
        message.quote_set_id.set(1);
        message.sending_time_ns.set(world.time_ns - age_ms * 1_000_000);
        message.max_staleness_ms.set(5);
        let entries = [entry((1, (0, 0), (5, 60)))];
        let effects = world.send_grouped(ALICE_SESSION, &message, &entries);
        let code = effects.first::<MassQuoteAck>().reject_code.get();
        assert_eq!(code == u16::from(RejectCode::StaleOnArrival), is_stale);
        assert_eq!(world.asks(1), [(if is_stale { 40 } else { 60 }, 5)]);
    }
}

#[test]
fn a_set_is_defined_with_terms_that_quotes_can_have() {
    let unsound = RejectCode::InvalidSelfMatchPrevention;
    let meaningless = RejectCode::InvalidExecInst;
    for (prevention, exec_inst, code) in [
        ((7, 0), 0, unsound),
        ((0, 2), 0, unsound),
        ((7, 4), 2, unsound),
        ((7, 1), EXEC_INST_REDUCE_ONLY, meaningless),
        ((0, 0), 32, meaningless),
    ] {
        let mut world = World::open();
        let mut message = quote_set(1, ALICE, 0);
        message.self_match_prevention_id.set(prevention.0);
        message.self_match_prevention_instruction = prevention.1;
        message.exec_inst = exec_inst;
        assert_eq!(world.send(ALICE_SESSION, &message).reject_code(), code);
    }
}

/// Every fault at once, and one less each time.
#[test]
fn definitions_of_sets_are_checked_in_order() {
    let mut world = World::open();
    define(&mut world, 1, ALICE, (0, 0), 0);
    offer(&mut world, 1);
    let mut message = quote_set(0, BOB, 9);
    message.self_match_prevention_id.set(7);
    message.exec_inst = EXEC_INST_REDUCE_ONLY;
    let expect = |world: &mut World, message: &QuoteSetDefinition, code| {
        assert_eq!(world.send(ALICE_SESSION, message).reject_code(), code);
    };
    expect(&mut world, &message, RejectCode::UnknownQuoteSet);
    message.quote_set_id.set(1);
    expect(&mut world, &message, RejectCode::UnknownAccount);
    message.account.set(ALICE);
    expect(&mut world, &message, RejectCode::UnknownProtectionGroup);
    message.protection_group.set(0);
    expect(&mut world, &message, RejectCode::InvalidSelfMatchPrevention);
    message.self_match_prevention_instruction = 1;
    expect(&mut world, &message, RejectCode::InvalidExecInst);
    message.exec_inst = 0;
    expect(&mut world, &message, RejectCode::QuoteSetInUse);
}

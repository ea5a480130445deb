//! A mass quote that only keeps, reduces and moves quotes takes a short way through the engine.
//! Whatever it is, it does what the long way does: the same commands are given to two exchanges, in
//! one of which nothing goes a short way. Runs with the feature `planted-faults`, which has the
//! switch for that.

use std::collections::{BTreeMap, BTreeSet};

use forecastle_engine::{EngineConfig, keep_to_long_way};
use forecastle_proto_spec::*;

use crate::event_parameters::parameters;
use crate::limits::limits;
use crate::quotes::{Quote, quote_in, quote_set};
use crate::world::*;

/// A second session of Alice's key.
const OTHER_SESSION: u32 = ALICE_SESSION + 1;
/// Sessions and sets that quote.
const QUOTING: [(u32, u16); 4] =
    [(ALICE_SESSION, 1), (BOB_SESSION, 1), (ALICE_SESSION, 2), (OTHER_SESSION, 1)];

/// What the first event has.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    InPlayDelay,
    CrossOutcome,
}

fn world((kind, (maker_fee_rate, taker_fee_rate)): (Kind, (u16, u16))) -> World {
    let mut world = World::new(EngineConfig::small());
    for (market_count, exhaustive) in [(3, 1), (1, 0), (6, 0)] {
        let mut request = event(market_count, exhaustive);
        request.maker_fee_rate.set(maker_fee_rate);
        request.taker_fee_rate.set(taker_fee_rate);
        let report = world.send(ADMIN_SESSION, &request).only::<EventDefinitionReport>();
        let event_id = report.event_id.get();
        if event_id == 1 {
            let mut request = parameters(event_id);
            match kind {
                Kind::Plain => {}
                Kind::InPlayDelay => request.in_play_delay_ms.set(1_000),
                Kind::CrossOutcome => request.cross_outcome = 1,
            }
            world.send(ADMIN_SESSION, &request).first::<EventParametersReport>();
        }
        let request = status_request(event_id, 0, MarketStatus::Open as u8, 1);
        world.send(ADMIN_SESSION, &request).first::<SecurityStatusReport>();
    }
    world.login(OTHER_SESSION, 1);
    let halting = EXEC_INST_POST_ONLY | EXEC_INST_CANCEL_ON_HALT;
    for (session_id, set, account, exec_inst) in [
        (ALICE_SESSION, 1, ALICE, 0),
        (ALICE_SESSION, 2, CAROL, halting),
        (BOB_SESSION, 1, BOB, EXEC_INST_CANCEL_ON_DISCONNECT),
    ] {
        let message = QuoteSetDefinition { exec_inst, ..quote_set(set, account, 0) };
        world.send(session_id, &message).only::<QuoteSetReport>();
    }
    // Some of what Alice and Carol ask for breaks theirs; Bob has none.
    for (account, of_account) in [(ALICE, [0, 90_000, 34_000]), (CAROL, [14, 0, 0])] {
        world.send(EXCHANGE, &limits(account, of_account)).only::<AccountLimitsReport>();
    }
    world
}

/// What a mass quote asks for, by a number that stands for chance: some markets of one event, the
/// prices near a middle that moves slowly, and few sizes, so that much stays and is reduced.
fn quotes_of(index: u64, draw: u64) -> ((u32, u16), Vec<Quote>) {
    let [a, b, c, d, e, f, g, h] = draw.to_le_bytes();
    let quoting = QUOTING[[0, 0, 0, 1, 1, 1, 2, 3][usize::from(a % 8)]];
    let markets = match b {
        0..128 => 1..=3,
        128..224 => 5..=10,
        224..240 => 4..=4,
        _ => u32::from(b % 12)..=u32::from(b % 12) + 1,
    };
    let middle = 3_000 + u16::try_from(index / 20 % 50).unwrap() * 10;
    let mut quotes = Vec::new();
    for market in markets {
        let bits = u32::from_le_bytes([c, d, e, f]).rotate_left(market * 5);
        let [p, q, r, s] = bits.to_le_bytes();
        let (out, size) = (u16::from(p % 4) * 10, |byte: u8| u32::from(byte % 3) + 3);
        let bid_size = if q < 4 { 0 } else { size(q) };
        let offer_size = if r < 4 { 0 } else { size(r) };
        let spread = 40 + u16::from(s % 4) * 10;
        quotes.push((market, (bid_size, middle - out), (offer_size, middle - out + spread)));
    }
    if g < 64 {
        quotes.reverse();
    }
    if h < 16 {
        // One entry that is wrong, or leaves no money for the rest.
        let last = quotes.len() - 1;
        quotes[last].1 = [(1, 0), (u32::MAX, 9_000), (5, 9_999)][usize::from(h % 3)];
    }
    (quoting, quotes)
}

fn order_of(index: u64, draw: u64) -> (u32, NewOrderSingle) {
    let [a, b, c, d, ..] = draw.to_le_bytes();
    let (session, account) = if a % 2 == 0 { (ALICE_SESSION, CAROL) } else { (BOB_SESSION, BOB) };
    let side = if b % 2 == 0 { Side::Buy } else { Side::Sell };
    let mut order = order(index, account, side, u32::from(c % 8) + 1, 2_950 + u16::from(d) * 3);
    order.security_id.set(u32::from(d % 10) + 1);
    order.time_in_force = TimeInForce::ImmediateOrCancel.into();
    (session, order)
}

/// Gives how often each kind of effect was met, and the counts of the answers to mass quotes; which
/// limits refused one is added to `refused`.
fn compare(
    kind: (Kind, (u16, u16)),
    refused: &mut BTreeSet<RejectCode>,
) -> (BTreeMap<u16, u32>, [u32; 3]) {
    let mut worlds = [world(kind), world(kind)];
    let (mut met, mut counts) = (BTreeMap::<u16, u32>::new(), [0; 3]);
    for index in 1..=1_500_u64 {
        let draw = index
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
            .wrapping_mul(0xD129_0682_9D2B_A4F5);
        let send = |world: &mut World| {
            if draw >> 61 == 0 {
                let (session_id, order) = order_of(index, draw);
                world.send(session_id, &order)
            } else {
                let (quoting, quotes) = quotes_of(index, draw);
                quote_in(world, quoting, index, &quotes)
            }
        };
        let effects = send(&mut worlds[0]);
        keep_to_long_way(true);
        let by_long_way = send(&mut worlds[1]);
        keep_to_long_way(false);
        assert_eq!(by_long_way, effects, "command {index}");
        let digests = [&worlds[0], &worlds[1]].map(|world| world.engine.state_digest());
        assert_eq!(digests[0], digests[1], "after command {index}");
        for template_id in effects.templates() {
            *met.entry(template_id).or_default() += 1;
        }
        for ack in effects.all::<MassQuoteAck>() {
            let code = RejectCode::try_from(ack.reject_code.get()).ok();
            refused.extend(code);
            let told = [ack.kept_count.get(), ack.cancelled_count.get(), code.map_or(0, |_| 1)];
            for (count, told) in counts.iter_mut().zip(told) {
                *count += u32::from(told);
            }
        }
    }
    (met, counts)
}

#[test]
fn quotes_that_move_do_what_the_long_way_does() {
    let mut refused = BTreeSet::new();
    for (kind, fees, template_id) in [
        (Kind::Plain, (0, 0), Trade::TEMPLATE_ID),
        (Kind::Plain, (50, 20), Trade::TEMPLATE_ID),
        (Kind::InPlayDelay, (10, 70), OrderPending::TEMPLATE_ID),
        (Kind::CrossOutcome, (10, 70), CrossOutcomeFill::TEMPLATE_ID),
    ] {
        let (met, counts) = compare((kind, fees), &mut refused);
        for template_id in [QuoteEntered::TEMPLATE_ID, OrderReplaced::TEMPLATE_ID, template_id] {
            assert!(met.get(&template_id).is_some_and(|count| *count >= 25), "{met:?}");
        }
        assert!(counts.iter().all(|count| *count >= 25), "{counts:?}");
    }
    for code in [RejectCode::PositionLimit, RejectCode::WorstLossLimit, RejectCode::OrderCostLimit]
    {
        assert!(refused.contains(&code), "{code:?} is not among {refused:?}");
    }
}

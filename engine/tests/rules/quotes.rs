//! Quote sets, mass quotes and quote cancels (section 10 of the rules).

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;
use zerocopy::FromZeros;

use crate::world::*;

/// A world with a quote set 1 of Alice's account.
pub fn quoting_world() -> World {
    let mut world = World::open();
    world.send(ALICE_SESSION, &quote_set(1, ALICE, 0)).only::<QuoteSetReport>();
    world
}

pub fn quote_set(quote_set_id: u16, account: u32, protection_group: u16) -> QuoteSetDefinition {
    let mut message = QuoteSetDefinition::new_zeroed();
    message.request_id.set(31);
    message.account.set(account);
    message.quote_set_id.set(quote_set_id);
    message.protection_group.set(protection_group);
    message
}

/// Market, bid as lots and price, offer as lots and price.
pub type Quote = (u32, (u32, u16), (u32, u16));

pub fn entry((security_id, bid, offer): Quote) -> MassQuoteEntry {
    let mut entry = MassQuoteEntry::new_zeroed();
    entry.security_id.set(security_id);
    entry.bid_size.set(bid.0);
    entry.bid_px.set(bid.1);
    entry.offer_size.set(offer.0);
    entry.offer_px.set(offer.1);
    entry
}

pub fn quote(world: &mut World, quote_id: u64, quotes: &[Quote]) -> Effects {
    quote_in(world, (ALICE_SESSION, 1), quote_id, quotes)
}

pub fn quote_in(
    world: &mut World,
    (session_id, set): (u32, u16),
    quote_id: u64,
    quotes: &[Quote],
) -> Effects {
    let mut message = MassQuote::new_zeroed();
    message.quote_id.set(quote_id);
    message.quote_set_id.set(set);
    let entries: Vec<_> = quotes.iter().map(|quote| entry(*quote)).collect();
    world.send_grouped(session_id, &message, &entries)
}

fn cancel_quotes(world: &mut World, security_id: u32) -> Effects {
    let mut message = QuoteCancel::new_zeroed();
    message.quote_id.set(77);
    message.quote_set_id.set(1);
    message.security_id.set(security_id);
    world.send(ALICE_SESSION, &message)
}

/// Code and entry of the refusal that is the only effect.
#[track_caller]
fn refusal(effects: &Effects) -> (RejectCode, u16) {
    let ack: MassQuoteAck = effects.only();
    (RejectCode::try_from(ack.reject_code.get()).unwrap(), ack.entry.get())
}

#[test]
fn a_mass_quote_enters_both_sides_of_every_market_and_is_answered_last() {
    let mut world = quoting_world();
    let effects = quote(&mut world, 5, &[(1, (10, 3000), (20, 3200)), (3, (0, 0), (7, 4000))]);
    assert_eq!(effects.templates(), [116, 101, 116, 101, 116, 101, 71]);
    let entered = effects.all::<QuoteEntered>();
    assert_eq!(entered[1].quote_id.get(), 5);
    assert_eq!((entered[1].price.get(), entered[1].order_qty.get()), (3200, 20));
    let ack = effects.first::<MassQuoteAck>();
    assert_eq!((ack.quote_id.get(), ack.entered_count.get()), (5, 3));
    assert_eq!((ack.kept_count.get(), ack.cancelled_count.get(), ack.reject_code.get()), (0, 0, 0));
    assert_eq!(world.bids(1), [(3000, 10)]);
    assert_eq!(world.asks(1), [(3200, 20)]);
    assert_eq!(world.asks(3), [(4000, 7)]);
}

#[test]
fn the_same_price_keeps_its_place_and_another_takes_the_end() {
    let mut world = quoting_world();
    quote(&mut world, 1, &[(1, (10, 3000), (10, 4000))]);
    world.send(BOB_SESSION, &bid(1, BOB, 5, 3000));
    let before = world.order_ids(1);
    // As many lots: nothing happens. Fewer: in place. More, or another price: anew.
    let effects = quote(&mut world, 2, &[(1, (10, 3000), (4, 4000))]);
    assert_eq!(effects.templates(), [102, 71]);
    assert_eq!(effects.first::<OrderReplaced>().cl_ord_id.get(), 2);
    assert_eq!(effects.first::<MassQuoteAck>().kept_count.get(), 2);
    assert_eq!(world.order_ids(1), before);
    assert_eq!((world.bids(1), world.asks(1)), (vec![(3000, 10), (3000, 5)], vec![(4000, 4)]));
    let effects = quote(&mut world, 3, &[(1, (11, 3000), (4, 3900))]);
    assert_eq!(effects.templates(), [104, 104, 116, 101, 116, 101, 71]);
    let reasons: Vec<u16> =
        effects.all::<OrderCancelled>().iter().map(|order| order.reason.get()).collect();
    assert_eq!(reasons, [15, 15]);
    assert_eq!((world.bids(1), world.asks(1)), (vec![(3000, 5), (3000, 11)], vec![(3900, 4)]));
}

#[test]
fn no_size_takes_a_side_away_and_other_markets_stay() {
    let mut world = quoting_world();
    quote(&mut world, 1, &[(1, (10, 3000), (10, 4000)), (2, (1, 3000), (1, 4000))]);
    let effects = quote(&mut world, 2, &[(1, (0, 0), (10, 4000))]);
    assert_eq!(effects.templates(), [104, 71]);
    assert_eq!(effects.first::<OrderCancelled>().reason.get(), 16);
    assert_eq!(effects.first::<MassQuoteAck>().cancelled_count.get(), 1);
    assert_eq!((world.bids(1).len(), world.asks(1).len(), world.bids(2).len()), (0, 1, 1));
}

#[test]
fn one_entry_at_fault_refuses_all_and_the_old_quotes_stand() {
    let mut world = quoting_world();
    let good = (1, (10, 3000), (10, 4000));
    quote(&mut world, 1, &[good]);
    let digest = world.engine.market_digest();
    let cases: [(Quote, RejectCode); 8] = [
        ((99, (1, 1), (0, 0)), RejectCode::UnknownMarket),
        ((4, (1, 1), (0, 0)), RejectCode::InvalidQuoteEntry),
        ((1, (1, 1), (0, 0)), RejectCode::InvalidQuoteEntry),
        ((2, (1, 0), (0, 0)), RejectCode::PriceOffGrid),
        ((2, (1, 10), (1, 10_000)), RejectCode::PriceOffGrid),
        ((2, (1, 4000), (1, 4000)), RejectCode::QuoteCrossed),
        ((2, (1, 4001), (1, 4000)), RejectCode::QuoteCrossed),
        ((0, (0, 0), (0, 0)), RejectCode::UnknownMarket),
    ];
    for (bad, code) in cases {
        let effects = quote(&mut world, 2, &[(1, (3, 100), (3, 200)), bad]);
        assert_eq!(refusal(&effects), (code, 2));
        assert_eq!(effects.only::<MassQuoteAck>().security_id.get(), bad.0);
        assert_eq!(world.engine.market_digest(), digest);
    }
    world.set_status(1, 2, MarketStatus::Paused);
    let effects = quote(&mut world, 2, &[(2, (1, 100), (0, 0)), good]);
    assert_eq!(refusal(&effects), (RejectCode::MarketNotOpen, 1));
    // A price is not read without a size.
    let effects = quote(&mut world, 2, &[(3, (0, u16::MAX), (1, 1))]);
    assert_eq!(effects.first::<MassQuoteAck>().entered_count.get(), 1);
}

#[test]
fn buying_power_is_that_of_the_state_after_all() {
    let mut world = World::open();
    world.open_account(9, 10, 1_000_000);
    world.send(ALICE_SESSION, &quote_set(1, 9, 0)).only::<QuoteSetReport>();
    // Offers of all three outcomes at 4000: the worst state costs 6000 for each lot, once.
    let offers = |lots: u32| [1, 2, 3].map(|market| (market, (0, 0), (lots, 4000)));
    assert_eq!(refusal(&quote(&mut world, 1, &offers(167))).0, RejectCode::InsufficientBuyingPower);
    assert_eq!(quote(&mut world, 1, &offers(166)).first::<MassQuoteAck>().entered_count.get(), 3);
    assert_eq!(world.buying_power(9), 1_000_000 - 166 * 6000);
    // What goes pays for what comes, in one message: 333 bids of 3000 for the offers.
    let bids = |lots: u32| [(1, (lots, 3000), (0, 0)), (2, (0, 0), (0, 0)), (3, (0, 0), (0, 0))];
    let effects = quote(&mut world, 2, &bids(334));
    assert_eq!(refusal(&effects), (RejectCode::InsufficientBuyingPower, 0));
    assert_eq!(world.asks(1), [(4000, 166)]);
    let ack = quote(&mut world, 2, &bids(333)).first::<MassQuoteAck>();
    assert_eq!((ack.entered_count.get(), ack.cancelled_count.get()), (1, 3));
    assert_eq!(world.buying_power(9), 1_000_000 - 333 * 3000);
}

#[test]
fn price_sums_are_bounded_over_the_whole_event() {
    let mut world = World::open();
    let mut definition = quote_set(1, ALICE, 0);
    definition.bid_price_sum_max.set(9_900);
    definition.offer_price_sum_min.set(10_100);
    world.send(ALICE_SESSION, &definition).only::<QuoteSetReport>();
    let quotes = |last: Quote| [(1, (1, 3300), (1, 3367)), (2, (1, 3300), (1, 3367)), last];
    let code = |world: &mut World, last: Quote| {
        quote(world, 1, &quotes(last)).first::<MassQuoteAck>().reject_code.get()
    };
    assert_eq!(code(&mut world, (3, (1, 3301), (1, 3366))), 337);
    assert_eq!(code(&mut world, (3, (1, 3300), (1, 3365))), 337);
    assert_eq!(code(&mut world, (3, (1, 3300), (1, 3366))), 0);
    // Without an offer in the third market, the offers of the other two cannot make a set.
    assert_eq!(code(&mut world, (3, (1, 3300), (0, 0))), 0);
    let ack = quote(&mut world, 2, &[(1, (1, 3300), (1, 3301))]).first::<MassQuoteAck>();
    assert_eq!(ack.reject_code.get(), 0);
}

#[test]
fn quotes_trade_as_they_enter_within_one_bound_for_all() {
    let config = EngineConfig { sweep_trades_max: 3, ..EngineConfig::small() };
    let mut world = World::new(config);
    world.define_open_event(3, true);
    world.send(ALICE_SESSION, &quote_set(1, ALICE, 0)).only::<QuoteSetReport>();
    for market in [1, 2] {
        for cl_ord_id in [1, 2] {
            let mut order = ask(u64::from(market * 10) + cl_ord_id, BOB, 1, 3000);
            order.security_id.set(market);
            world.send(BOB_SESSION, &order).first::<OrderAccepted>();
        }
    }
    let effects = quote(&mut world, 9, &[(1, (5, 3000), (0, 0)), (2, (5, 3000), (5, 5000))]);
    // Two trades and a rest; one trade and the bound; an offer that does not cross.
    assert_eq!(effects.templates(), [116, 103, 103, 101, 116, 103, 104, 116, 101, 71]);
    let cancelled = effects.first::<OrderCancelled>();
    assert_eq!(cancelled.reason.get(), u16::from(CancelReason::SweepLimit));
    assert_eq!((cancelled.cancelled_qty.get(), cancelled.was_resting), (4, 0));
    assert_eq!(effects.first::<MassQuoteAck>().entered_count.get(), 3);
    assert_eq!(effects.first::<Trade>().aggressor_cl_ord_id.get(), 9);
}

#[test]
fn a_quote_is_cancelled_like_an_order_and_not_replaced() {
    let mut world = quoting_world();
    quote(&mut world, 1, &[(1, (10, 3000), (10, 4000))]);
    let ids = world.order_ids(1);
    let effects = world.send(ALICE_SESSION, &replace(7, ids[0], 5, 3000));
    assert_eq!(effects.reject_code(), RejectCode::QuoteNotReplaceable);
    world.send(ALICE_SESSION, &cancel(8, ids[0])).only::<OrderCancelled>();
    // The set knows that its bid is gone.
    let ack = quote(&mut world, 2, &[(1, (10, 3000), (10, 4000))]).first::<MassQuoteAck>();
    assert_eq!((ack.entered_count.get(), ack.kept_count.get()), (1, 1));
    world.send(ALICE_SESSION, &mass_cancel(9, MassActionScope::Firm));
    assert_eq!(cancel_quotes(&mut world, 0).only::<MassQuoteAck>().cancelled_count.get(), 0);
}

#[test]
fn a_quote_cancel_takes_one_market_or_all_by_market_the_bid_first() {
    let mut world = quoting_world();
    let all = [(3, (3, 1000), (3, 9000)), (1, (1, 1000), (1, 9000)), (2, (2, 1000), (2, 9000))];
    quote(&mut world, 1, &all);
    let effects = cancel_quotes(&mut world, 2);
    assert_eq!(effects.templates(), [104, 104, 71]);
    let effects = cancel_quotes(&mut world, 0);
    let order: Vec<_> = effects
        .all::<OrderCancelled>()
        .iter()
        .map(|order| (order.security_id.get(), order.side, order.reason.get()))
        .collect();
    assert_eq!(order, [(1, 1, 16), (1, 2, 16), (3, 1, 16), (3, 2, 16)]);
    let ack = effects.first::<MassQuoteAck>();
    assert_eq!((ack.cancelled_count.get(), ack.ref_template_id.get()), (4, 25));
    assert_eq!(refusal(&cancel_quotes(&mut world, 99)), (RejectCode::UnknownMarket, 0));
}

#[test]
fn a_set_is_its_key_s_and_is_not_redefined_under_its_quotes() {
    let mut world = quoting_world();
    let define = |world: &mut World, session_id: u32, set: u16, account: u32, group: u16| {
        world.send(session_id, &quote_set(set, account, group))
    };
    let refusals = [
        (0, ALICE, 0, RejectCode::UnknownQuoteSet),
        (2, BOB, 0, RejectCode::UnknownAccount),
        (2, 60, 0, RejectCode::UnknownAccount),
        (2, ALICE, 1, RejectCode::UnknownProtectionGroup),
    ];
    for (set, account, group, code) in refusals {
        let effects = define(&mut world, ALICE_SESSION, set, account, group);
        assert_eq!(effects.reject_code(), code);
    }
    let effects = quote_in(&mut world, (BOB_SESSION, 1), 1, &[(1, (1, 1), (0, 0))]);
    assert_eq!(refusal(&effects), (RejectCode::UnknownQuoteSet, 0));
    let effects = quote_in(&mut world, (ALICE_SESSION, 2), 1, &[(1, (1, 1), (0, 0))]);
    assert_eq!(refusal(&effects), (RejectCode::UnknownQuoteSet, 0));
    quote(&mut world, 1, &[(1, (1, 1), (0, 0))]);
    let effects = define(&mut world, ALICE_SESSION, 1, CAROL, 0);
    assert_eq!(effects.reject_code(), RejectCode::QuoteSetInUse);
    cancel_quotes(&mut world, 0);
    define(&mut world, ALICE_SESSION, 1, CAROL, 0).only::<QuoteSetReport>();
    let effects = quote(&mut world, 2, &[(1, (1, 1), (0, 0))]);
    assert_eq!(effects.first::<QuoteEntered>().account.get(), CAROL);
}

#[test]
fn tables_end_where_the_rules_say() {
    let config = EngineConfig { sessions_max: 5, orders_max: 512, ..EngineConfig::small() };
    let mut world = World::new(config);
    for set in 1..=20 {
        world.send(ALICE_SESSION, &quote_set(set, ALICE, 0)).only::<QuoteSetReport>();
    }
    let effects = world.send(ALICE_SESSION, &quote_set(21, ALICE, 0));
    assert_eq!(effects.reject_code(), RejectCode::QuoteSetTableFull);
    world.is_checked = false;
    for event in 0..3 {
        let (_, first) = world.define_open_event(64, false);
        assert_eq!(first, event * 64 + 1);
    }
    let quotes = |markets: std::ops::Range<u32>| -> Vec<Quote> {
        markets.map(|market| (market, (1, 10), (1, 9_000))).collect()
    };
    for markets in [1..65, 65..128] {
        let ack = quote(&mut world, 1, &quotes(markets.clone())).first::<MassQuoteAck>();
        assert_eq!(usize::from(ack.entered_count.get()), 2 * markets.len());
    }
    assert_eq!(refusal(&quote(&mut world, 1, &quotes(129..131))), (RejectCode::QuoteSetFull, 0));
    quote(&mut world, 1, &quotes(129..130)).first::<QuoteEntered>();
    // One that goes makes room for one that comes, but only in the same event.
    let effects = quote(&mut world, 1, &[(129, (0, 0), (0, 0)), (130, (1, 10), (1, 9_000))]);
    assert_eq!(effects.first::<MassQuoteAck>().entered_count.get(), 2);
    assert_eq!(cancel_quotes(&mut world, 0).first::<MassQuoteAck>().cancelled_count.get(), 256);
    world.engine.check_invariants();
    let orders: Vec<Quote> = quotes(1..65);
    for set in 1..=4 {
        quote_in(&mut world, (ALICE_SESSION, set), 1, &orders).first::<QuoteEntered>();
    }
    let effects = quote_in(&mut world, (ALICE_SESSION, 5), 1, &[(1, (1, 10), (0, 0))]);
    assert_eq!(refusal(&effects), (RejectCode::OrderTableFull, 0));
    // Quotes that give way leave their slots.
    let moved: Vec<Quote> = (1..65).map(|market| (market, (1, 11), (1, 8_999))).collect();
    let ack = quote_in(&mut world, (ALICE_SESSION, 4), 2, &moved).first::<MassQuoteAck>();
    assert_eq!((ack.entered_count.get(), ack.cancelled_count.get()), (128, 128));
    world.engine.check_invariants();
}

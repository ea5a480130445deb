//! Buying power is exactly the worst that can happen: every combination of partial fills of an
//! account's open orders and every outcome of its events, enumerated.

use forecastle_engine::EngineConfig;
use forecastle_proto_spec::*;

use crate::world::*;

/// The order of an account as the enumeration sees it: market by index, side, lots, price.
type Open = (usize, Side, i64, i64);

/// The least that an account can be worth over all partial fills and all states.
fn worst_case(cash: i64, positions: &[i64], is_exhaustive: bool, orders: &[Open]) -> i64 {
    let Some((&(market, side, lots, price), rest)) = orders.split_first() else {
        let states = positions.iter().map(|position| cash + 10_000 * position);
        let none = (!is_exhaustive).then_some(cash);
        return states.chain(none).min().unwrap();
    };
    (0..=lots)
        .map(|filled| {
            let direction = if side == Side::Buy { 1 } else { -1 };
            let mut positions = positions.to_vec();
            positions[market] += direction * filled;
            worst_case(cash - direction * filled * price, &positions, is_exhaustive, rest)
        })
        .min()
        .unwrap()
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn buying_power_is_the_worst_of_all_partial_fills() {
    const SEED: u64 = 0xB0_0C;
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..400 {
        let market_count = 1 + u8::try_from(random.below(4)).unwrap();
        let is_exhaustive = market_count > 1 && random.below(2) == 1;
        let mut world = World::empty(EngineConfig { orders_max: 64, ..EngineConfig::small() });
        world.entitle(1, 10, ROLES_TRADER);
        world.entitle(3, 1, ROLES_MARKET_ADMIN | ROLES_CASH_ADMIN);
        world.login(ALICE_SESSION, 1);
        world.login(ADMIN_SESSION, 1);
        let (_, first) = world.define_open_event(market_count, is_exhaustive);
        world.open_account(ALICE, 10, 25_000);
        world.open_account(BOB, 10, 10_000_000);
        for cl_ord_id in 1..=14 {
            let market = u32::try_from(random.below(u64::from(market_count))).unwrap();
            // Bob trades against Alice now and then, so that she gets positions.
            let account = if random.below(3) == 0 { BOB } else { ALICE };
            let side = Side::ALL[usize::try_from(random.below(2)).unwrap()];
            let price = 1_000 * (1 + u16::try_from(random.below(9)).unwrap());
            let lots = 1 + u32::try_from(random.below(3)).unwrap();
            if account == ALICE && open_orders(&world, first, market_count, ALICE).len() > 5 {
                continue;
            }
            let expected = expectation(&world, (first, market_count, is_exhaustive), |open| {
                open.push((market as usize, side, i64::from(lots), i64::from(price)));
            });
            let mut message = order(cl_ord_id, account, side, lots, price);
            message.security_id.set(first + market);
            let effects = world.send(ALICE_SESSION, &message);
            if account == ALICE {
                let is_accepted = effects.all::<OrderAccepted>().len() == 1;
                assert_eq!(is_accepted, expected >= 0, "worst case {expected}");
                accepted += u32::from(is_accepted);
                refused += u32::from(!is_accepted);
            }
            let now = expectation(&world, (first, market_count, is_exhaustive), |_| {});
            assert_eq!(world.buying_power(ALICE), now);
        }
    }
    assert!(accepted > 500 && refused > 500, "{accepted} accepted, {refused} refused");
}

fn open_orders(world: &World, first: u32, market_count: u8, account: u32) -> Vec<Open> {
    let mut open = Vec::new();
    for (market, security_id) in (first..first + u32::from(market_count)).enumerate() {
        let book = world.engine.book(security_id).unwrap();
        let bids = book.bids().map(|order| (Side::Buy, order));
        for (side, order) in bids.chain(book.asks().map(|order| (Side::Sell, order))) {
            if order.account == account {
                open.push((market, side, i64::from(order.leaves_qty), i64::from(order.price)));
            }
        }
    }
    open
}

fn expectation(
    world: &World,
    (first, market_count, is_exhaustive): (u32, u8, bool),
    change: impl FnOnce(&mut Vec<Open>),
) -> i64 {
    let mut open = open_orders(world, first, market_count, ALICE);
    change(&mut open);
    let positions: Vec<i64> = (first..first + u32::from(market_count))
        .map(|security_id| world.position_of(ALICE, security_id))
        .collect();
    worst_case(world.cash(ALICE), &positions, is_exhaustive, &open)
}

/// The figure of domain rules: NO at 60 and NO at 70 in one exclusive event cost 30.
#[test]
fn two_noes_of_one_event_cost_the_dearer_less_the_gain() {
    let mut world = World::open();
    world.send(ALICE_SESSION, &ask(1, ALICE, 100, 4_000));
    let mut other = ask(2, ALICE, 100, 3_000);
    other.security_id.set(2);
    world.send(ALICE_SESSION, &other);
    // Held at the dearer order: 100 × 7000.
    assert_eq!(world.buying_power(ALICE), STAKE - 700_000);
    world.send(BOB_SESSION, &bid(1, BOB, 100, 4_000));
    let mut other = bid(2, BOB, 100, 3_000);
    other.security_id.set(2);
    world.send(BOB_SESSION, &other);
    assert_eq!(world.buying_power(ALICE), STAKE - 300_000);
}

#[test]
fn a_two_sided_quote_is_held_at_the_larger_side() {
    let mut world = World::open();
    let mut quote = bid(1, ALICE, 100, 4_000);
    quote.security_id.set(4);
    world.send(ALICE_SESSION, &quote);
    let mut quote = ask(2, ALICE, 100, 4_500);
    quote.security_id.set(4);
    world.send(ALICE_SESSION, &quote);
    assert_eq!(world.buying_power(ALICE), STAKE - 100 * 5_500);
}

/// Every order has its complement: side turned, price 10000 less it. A run of complements mirrors
/// books and positions and leaves cash with the value of a state the same.
#[test]
fn the_mirrored_run_mirrors_everything() {
    let run = |is_mirrored: bool| {
        let mut world = World::open();
        let mut random = Random(7);
        for cl_ord_id in 1..=400 {
            let mut side = Side::ALL[usize::try_from(random.below(2)).unwrap()];
            let mut price = 4_500 + u16::try_from(random.below(1_000)).unwrap();
            if is_mirrored {
                side = if side == Side::Buy { Side::Sell } else { Side::Buy };
                price = 10_000 - price;
            }
            let (session_id, account) =
                if random.below(2) == 0 { (ALICE_SESSION, ALICE) } else { (BOB_SESSION, BOB) };
            let mut message = order(cl_ord_id, account, side, 1 + random.below(9) as u32, price);
            message.security_id.set(4);
            world.send(session_id, &message);
        }
        world
    };
    let (world, mirror) = (run(false), run(true));
    let complement = |orders: Vec<(u16, u32)>| -> Vec<(u16, u32)> {
        orders.into_iter().map(|(price, lots)| (10_000 - price, lots)).collect()
    };
    assert!(world.bids(4).len() > 20 && world.asks(4).len() > 20);
    assert_eq!(world.bids(4), complement(mirror.asks(4)));
    assert_eq!(world.asks(4), complement(mirror.bids(4)));
    for account in [ALICE, BOB] {
        assert_eq!(world.position_of(account, 4), -mirror.position_of(account, 4));
        assert_eq!(world.buying_power(account), mirror.buying_power(account));
        let yes = world.cash(account) + 10_000 * world.position_of(account, 4);
        assert_eq!(yes, mirror.cash(account));
    }
}

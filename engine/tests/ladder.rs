//! The ladder alone, without accounts, against the simplest book: a map from tick to a queue.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, VecDeque};

use forecastle_engine::ladder::{Ladders, Place};
use forecastle_proto_spec::Side;

/// Ticks of one side, each with its orders and their quantities.
type Levels = BTreeMap<u32, VecDeque<(u32, u32)>>;

struct Model {
    bids: Levels,
    asks: Levels,
}

impl Model {
    fn levels(&mut self, side: Side) -> &mut Levels {
        if side == Side::Buy { &mut self.bids } else { &mut self.asks }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(bound)).try_into().unwrap()
    }
}

const ORDERS: u32 = 300;

/// One order of a book.
#[derive(Clone, Copy)]
struct Resting {
    book: u32,
    side: Side,
}

fn compare(ladders: &Ladders, orders: &[Place], book: u32, model: &Model) {
    for (side, levels) in [(Side::Buy, &model.bids), (Side::Sell, &model.asks)] {
        let ticks: Vec<u32> = match side {
            Side::Buy => levels.keys().rev().copied().collect(),
            Side::Sell => levels.keys().copied().collect(),
        };
        let mut found = Vec::new();
        let mut next = ladders.best(book, side);
        while let Some(tick) = next {
            found.push(tick);
            next = ladders.next_behind(book, side, tick);
        }
        assert_eq!(found, ticks);
        for (tick, queue) in levels {
            let quantity: u64 = queue.iter().map(|(_, quantity)| u64::from(*quantity)).sum();
            assert_eq!(ladders.quantity_at(book, *tick), quantity);
            let mut walked = Vec::new();
            let mut next = ladders.first_order(book, *tick);
            while let Some(order) = next {
                walked.push((order, orders[order as usize].quantity()));
                next = Ladders::order_behind(orders, order);
            }
            assert_eq!(walked, Vec::from(queue.clone()));
            let mut before = 0;
            for (place, (order, quantity)) in walked.iter().enumerate() {
                let is_near = place.min(walked.len() - 1 - place) <= 2;
                let told = ladders.quantity_before(orders, book, *order, 2);
                assert_eq!(told, is_near.then_some(before));
                before += u64::from(*quantity);
            }
        }
    }
}

fn run(tick_count: u32, spread: u32, seed: u64) {
    println!("{tick_count} ticks, seed {seed:#x}");
    let mut random = Random(seed);
    let book_count = 3;
    let mut ladders = Ladders::new(book_count, tick_count, ORDERS);
    let mut orders = vec![Place::EMPTY; ORDERS as usize];
    let mut resting: Vec<Option<Resting>> = vec![None; ORDERS as usize];
    let mut models: Vec<Model> =
        (0..book_count).map(|_| Model { bids: Levels::new(), asks: Levels::new() }).collect();
    for step in 0..20_000 {
        let order = random.below(ORDERS);
        match resting[order as usize] {
            None => {
                let book = random.below(book_count);
                let base = random.below(tick_count.div_ceil(spread)) * spread;
                let tick = (base + random.below(spread)).min(tick_count - 1);
                let can_buy = ladders.best_ask(book).is_none_or(|ask| tick < ask);
                let can_sell = ladders.best_bid(book).is_none_or(|bid| tick > bid);
                let side = match (can_buy, can_sell) {
                    (true, true) => Side::ALL[random.below(2) as usize],
                    (true, false) => Side::Buy,
                    _ => Side::Sell,
                };
                let quantity = 1 + random.below(u32::MAX);
                orders[order as usize] = Place::new(tick, quantity);
                ladders.push_back(&mut orders, book, side, order);
                resting[order as usize] = Some(Resting { book, side });
                let levels = models[book as usize].levels(side);
                levels.entry(tick).or_default().push_back((order, quantity));
            }
            Some(Resting { book, side }) => {
                let place = orders[order as usize];
                let levels = models[book as usize].levels(side);
                let queue = levels.get_mut(&place.tick()).unwrap();
                let index = queue.iter().position(|(queued, _)| *queued == order).unwrap();
                if random.below(3) == 0 {
                    let less = 1 + random.below(place.quantity());
                    ladders.reduce(&mut orders, book, order, less);
                    queue[index].1 = less;
                } else {
                    ladders.remove(&mut orders, book, order);
                    resting[order as usize] = None;
                    queue.remove(index);
                    if queue.is_empty() {
                        levels.remove(&place.tick());
                    }
                }
            }
        }
        if step % 16 == 0 {
            for (book, model) in (0..).zip(&models) {
                compare(&ladders, &orders, book, model);
            }
        }
    }
}

#[test]
fn ladders_of_every_size_are_maps_of_queues() {
    for (tick_count, spread) in [
        (1, 1),
        (99, 99),
        (64, 8),
        (65, 65),
        (4_096, 64),
        (4_097, 4_097),
        (10_000, 10),
        (10_000, 10_000),
        (Ladders::TICKS_MAX, 100_000),
    ] {
        run(tick_count, spread, u64::from(tick_count) << 32 | u64::from(spread));
    }
}

#[test]
#[should_panic(expected = "a resting order meets none of the other side")]
fn a_crossing_bid_does_not_rest() {
    rest_both(Side::Sell, Side::Buy);
}

#[test]
#[should_panic(expected = "a resting order meets none of the other side")]
fn a_crossing_ask_does_not_rest() {
    rest_both(Side::Buy, Side::Sell);
}

fn rest_both(first: Side, second: Side) {
    let mut ladders = Ladders::new(1, 100, 10);
    let mut orders = [Place::new(50, 1), Place::new(50, 1)];
    ladders.push_back(&mut orders, 0, first, 0);
    ladders.push_back(&mut orders, 0, second, 1);
}

/// Whatever the numbers are: those of a book that there is not, or off the grid.
#[test]
fn what_an_order_would_meet_is_found_for_any_numbers() {
    let mut ladders = Ladders::new(2, 100, 10);
    let mut orders = [Place::new(40, 1), Place::new(60, 1)];
    for (book, tick) in [(0, 0), (0, u32::MAX), (1, u32::MAX), (2, 50), (u32::MAX, u32::MAX)] {
        assert_eq!(Side::ALL.map(|side| ladders.find_met(book, side, tick)), [None; 2]);
    }
    ladders.push_back(&mut orders, 0, Side::Buy, 0);
    ladders.push_back(&mut orders, 0, Side::Sell, 1);
    for (side, tick, met) in [
        (Side::Buy, 59, None),
        (Side::Buy, 60, Some(60)),
        (Side::Buy, u32::MAX, Some(60)),
        (Side::Sell, 41, None),
        (Side::Sell, 40, Some(40)),
        (Side::Sell, 0, Some(40)),
    ] {
        assert_eq!(ladders.find_met(0, side, tick), met, "{side:?} {tick}");
    }
}

/// Matching on the bare ladder, as a benchmark of the book alone does it.
#[test]
fn a_ladder_is_enough_to_match() {
    let mut ladders = Ladders::new(1, 100, 10);
    let mut orders = [Place::new(50, 5), Place::new(50, 7), Place::new(52, 9)];
    for order in 0..3 {
        ladders.push_back(&mut orders, 0, Side::Sell, order);
    }
    let (mut wanted, limit) = (14, 52);
    while wanted > 0
        && let Some(tick) = ladders.best_ask(0).filter(|tick| *tick <= limit)
    {
        let order = ladders.first_order(0, tick).unwrap();
        let available = orders[order as usize].quantity();
        if available > wanted {
            ladders.reduce(&mut orders, 0, order, available - wanted);
            wanted = 0;
        } else {
            ladders.remove(&mut orders, 0, order);
            wanted -= available;
        }
    }
    assert_eq!(wanted, 0);
    assert_eq!(ladders.best_ask(0), Some(52));
    assert_eq!(ladders.quantity_at(0, 52), 7);
}

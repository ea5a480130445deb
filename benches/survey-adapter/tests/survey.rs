//! The matcher against a book of maps and queues, and the exported functions as C calls them.

#![allow(unsafe_code)]

use std::collections::{BTreeMap, VecDeque};

use forecastle_survey_adapter::exports::*;
use forecastle_survey_adapter::matcher::Matcher;
use forecastle_survey_adapter::messages::*;

/// A book as one would write it down: orders by price, in the order they came.
#[derive(Default)]
struct PlainBook {
    /// By side: buys, sells.
    sides: [BTreeMap<i64, VecDeque<(u64, u32)>>; 2],
}

impl PlainBook {
    fn find(&self, order_id: u64) -> Option<(usize, i64, u32)> {
        self.sides.iter().enumerate().find_map(|(side, levels)| {
            levels.iter().find_map(|(price, level)| {
                let order = level.iter().find(|(id, _)| *id == order_id);
                order.map(|(_, quantity)| (side, *price, *quantity))
            })
        })
    }

    fn remove(&mut self, side: usize, price: i64, order_id: u64) {
        let level = self.sides[side].get_mut(&price).expect("the level is there");
        level.retain(|(id, _)| *id != order_id);
        if level.is_empty() {
            self.sides[side].remove(&price);
        }
    }

    /// Trades and rests; gives the trades as (maker, price, lots).
    fn enter(
        &mut self,
        (order_id, side, price): (u64, usize, i64),
        mut quantity: u32,
        rests: bool,
    ) -> (Vec<(u64, i64, u32)>, u32) {
        let mut trades = Vec::new();
        while quantity > 0 {
            let best = if side == 0 {
                self.sides[1].first_key_value().filter(|(best, _)| **best <= price)
            } else {
                self.sides[0].last_key_value().filter(|(best, _)| **best >= price)
            };
            let Some((best, level)) = best.map(|(best, level)| (*best, level[0])) else { break };
            let (maker, available) = level;
            let traded = quantity.min(available);
            trades.push((maker, best, traded));
            quantity -= traded;
            if traded == available {
                self.remove(1 - side, best, maker);
            } else {
                self.sides[1 - side].get_mut(&best).expect("it met")[0].1 -= traded;
            }
        }
        if quantity > 0 && rests {
            self.sides[side].entry(price).or_default().push_back((order_id, quantity));
        }
        (trades, quantity)
    }

    fn depth_at(&self, price: i64, side: usize) -> u64 {
        let level = self.sides[side].get(&price);
        level.map_or(0, |level| level.iter().map(|(_, quantity)| u64::from(*quantity)).sum())
    }
}

fn random(state: &mut u64, bound: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % bound
}

fn trades(reports: &[Report]) -> Vec<(u64, i64, u32)> {
    let trades = reports.iter().filter(|report| report.kind == TRADE);
    trades.map(|trade| (trade.maker_order_id, trade.price_ticks, trade.quantity)).collect()
}

/// The matcher and the plain book, which are told the same.
struct Pair {
    matcher: Matcher,
    plain: PlainBook,
    reports: Vec<Report>,
}

impl Pair {
    fn cancel(&mut self, order_id: u64, sequence_number: u64) {
        self.matcher.cancel(&Cancel { order_id, sequence_number }, &mut self.reports);
        let resting = self.plain.find(order_id);
        let kind = if resting.is_some() { CANCEL_ACK } else { CANCEL_REJECT };
        let report = self.reports[0];
        assert_eq!((self.reports.len(), report.kind, report.order_id), (1, kind, order_id));
        if let Some((side, price, _)) = resting {
            assert_eq!((usize::from(report.side), report.price_ticks), (side, price));
            self.plain.remove(side, price, order_id);
        }
    }

    fn modify(&mut self, modify: &Modify) {
        let Modify { order_id, new_price_ticks, new_quantity, .. } = *modify;
        self.matcher.modify(modify, &mut self.reports);
        let Some((side, price, _)) = self.plain.find(order_id) else {
            assert_eq!((self.reports.len(), self.reports[0].kind), (1, MODIFY_REJECT));
            return;
        };
        self.plain.remove(side, price, order_id);
        let entered = (order_id, side, new_price_ticks);
        let expected = self.plain.enter(entered, new_quantity, true).0;
        assert_eq!(trades(&self.reports), expected);
        let last = self.reports[expected.len()];
        assert_eq!((last.kind, last.quantity), (MODIFY_ACK, new_quantity));
        assert_eq!(self.reports.len(), expected.len() + 1);
    }

    fn new_order(&mut self, order: &NewOrder) {
        let NewOrder { order_id, price_ticks, quantity, side, ioc, .. } = *order;
        self.matcher.new_order(order, &mut self.reports);
        let entered = (order_id, usize::from(side), price_ticks);
        let (expected, left) = self.plain.enter(entered, quantity, ioc == 0);
        let reports = &self.reports;
        assert_eq!((reports[0].kind, reports[0].order_id), (ORDER_ACK, order_id));
        assert_eq!(trades(reports), expected);
        let is_cancelled = ioc == 1 && left > 0;
        assert_eq!(reports.len(), 1 + expected.len() + usize::from(is_cancelled));
        assert_eq!(reports[reports.len() - 1].kind == CANCEL_ACK, is_cancelled);
    }

    /// Compares both books at and around a price.
    fn compare(&self, price: i64) {
        let Self { matcher, plain, .. } = self;
        assert_eq!(matcher.best_bid(), plain.sides[0].last_key_value().map(|(best, _)| *best));
        assert_eq!(matcher.best_ask(), plain.sides[1].first_key_value().map(|(best, _)| *best));
        for price in price - 2..=price + 2 {
            for side in 0..2 {
                assert_eq!(matcher.depth_at(price, side), plain.depth_at(price, side.into()));
            }
        }
    }
}

#[test]
fn the_ladder_matches_as_a_plain_book_does() {
    for (seed, middle, width) in [(1, 100_000, 30), (2, 131_072, 5), (3, 131_072, 131_000)] {
        println!("seed {seed}");
        let (matcher, plain, reports) = (Matcher::new(), PlainBook::default(), Vec::new());
        let mut pair = Pair { matcher, plain, reports };
        let mut state = seed;
        for sequence_number in 0..20_000 {
            pair.reports.clear();
            let price_ticks = middle - width + random(&mut state, 2 * width as u64) as i64;
            let quantity = 1 + random(&mut state, 30) as u32;
            let side = random(&mut state, 2) as u8;
            // Ids come back once their orders are gone, and some are far from the others.
            let order_id = match random(&mut state, 300) {
                0..20 => u64::MAX - random(&mut state, 20),
                id => id,
            };
            let choice = random(&mut state, 4);
            let (new_price_ticks, new_quantity, reserved) = (price_ticks, quantity, [0; 3]);
            match choice {
                0 => pair.cancel(order_id, sequence_number),
                1 => pair.modify(&Modify {
                    order_id,
                    sequence_number,
                    new_price_ticks,
                    new_quantity,
                    side,
                    reserved,
                }),
                _ if pair.plain.find(order_id).is_some() => continue,
                _ => pair.new_order(&NewOrder {
                    order_id,
                    sequence_number,
                    price_ticks,
                    quantity,
                    side,
                    ioc: u8::from(choice == 3),
                    reserved: [0; 2],
                }),
            }
            let numbers = pair.reports.iter().map(|report| report.sequence_number);
            assert!(numbers.eq(std::iter::repeat_n(sequence_number, pair.reports.len())));
            pair.compare(price_ticks);
        }
    }
}

#[test]
#[should_panic(expected = "a price lies on the ladder")]
fn a_price_beyond_the_ladder_is_not_taken_for_another() {
    let order = NewOrder { price_ticks: 1 << 18, quantity: 1, ..NewOrder::default() };
    Matcher::new().new_order(&order, &mut Vec::new());
}

/// All that the harness does in a run, over our own transport. One test, as there is one engine.
#[test]
fn the_exported_functions_carry_a_run() {
    // SAFETY: the table is a static.
    let transport = unsafe { &*engine_get_transport() };
    // SAFETY: it is destroyed below.
    let queue = unsafe { (transport.create)(4) };
    // SAFETY: table and queue outlive the engine, and this thread alone calls it.
    unsafe { engine_init(7, transport, queue) };
    let ask =
        NewOrder { order_id: 1, price_ticks: 200_000, quantity: 5, side: 1, ..NewOrder::default() };
    let bid = NewOrder { order_id: 2, side: 0, quantity: 3, ioc: 1, ..ask };
    // SAFETY: the order lives, and this thread alone calls the engine.
    unsafe { engine_on_new_order(&raw const ask) };
    // SAFETY: as above.
    unsafe { engine_on_new_order(&raw const bid) };
    let mut out = [Report::default(); 8];
    // SAFETY: there is room for as many reports.
    let count = unsafe { (transport.drain)(queue, out.as_mut_ptr(), 8) };
    let kinds: Vec<u8> = out[..count as usize].iter().map(|report| report.kind).collect();
    assert_eq!(kinds, [ORDER_ACK, ORDER_ACK, TRADE]);
    assert_eq!((out[2].maker_order_id, out[2].taker_order_id, out[2].quantity), (1, 2, 3));
    // SAFETY: this thread alone calls the engine.
    let depth = unsafe { engine_query_depth_at(200_000, 1) };
    // SAFETY: as above.
    let best_bid = unsafe { engine_query_best_bid() };
    // SAFETY: as above.
    let best_ask = unsafe { engine_query_best_ask() };
    assert_eq!((depth, best_bid, best_ask), (2, i64::MIN, 200_000));
    let modify = Modify { order_id: 1, new_price_ticks: 9, new_quantity: 6, ..Modify::default() };
    // SAFETY: the modification lives, and this thread alone calls the engine.
    unsafe { engine_on_modify(&raw const modify) };
    for sequence_number in [8, 9] {
        let cancel = Cancel { order_id: 1, sequence_number };
        // SAFETY: the cancel lives, and this thread alone calls the engine.
        unsafe { engine_on_cancel(&raw const cancel) };
    }
    engine_flush();
    // SAFETY: there is room for as many reports.
    let count = unsafe { (transport.drain)(queue, out.as_mut_ptr(), 8) };
    let kinds: Vec<u8> = out[..count as usize].iter().map(|report| report.kind).collect();
    assert_eq!(kinds, [MODIFY_ACK, CANCEL_ACK, CANCEL_REJECT]);
    // SAFETY: nothing runs any more.
    unsafe { engine_shutdown() };
    // SAFETY: the engine that used it is gone.
    unsafe { (transport.destroy)(queue) };
}

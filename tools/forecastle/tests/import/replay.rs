//! The import's rule against a naive price-time book: what the plans of a whole file do to it,
//! checked level by level after every message.

use std::collections::BTreeMap;
use std::path::Path;

use forecastle::import::message::{Level, Message, Odds, RunnerKey, SourceStatus};
use forecastle::import::plan::Plan;
use forecastle::import::resting::{PriceChange, PriceKey, Request, RestingOrders, orders_of};
use forecastle::import::source::SourceMarket;
use forecastle::import::stream::{Line, StreamReader};
use forecastle::import::survey::Survey;
use forecastle_proto_spec::Side;

use crate::{file_of, recorded_file, synthetic};

/// Orders of one runner in one list, oldest first: the simplest thing that has price-time
/// priority.
#[derive(Default)]
struct NaiveBook {
    orders: Vec<NaiveOrder>,
}

struct NaiveOrder {
    order_id: u64,
    side: Side,
    price: u16,
    leaves: u32,
    executed: u32,
}

impl NaiveBook {
    /// Lots by price of one side.
    fn levels(&self, side: Side) -> BTreeMap<u16, u64> {
        let mut levels = BTreeMap::new();
        for order in self.orders.iter().filter(|order| order.side == side) {
            *levels.entry(order.price).or_insert(0) += u64::from(order.leaves);
        }
        levels
    }

    fn best(&self, side: Side) -> Option<u16> {
        let levels = self.levels(side);
        match side {
            Side::Sell => levels.keys().next().copied(),
            Side::Buy => levels.keys().next_back().copied(),
        }
    }

    /// An immediate-or-cancel order against `side` limited to `price`: order id, quantity and
    /// leaves of each fill.
    fn take(&mut self, side: Side, price: u16, mut quantity: u32) -> Vec<(u64, u32, u32)> {
        let mut fills = Vec::new();
        while quantity > 0 {
            let Some(best) = self.best(side) else { break };
            if (side == Side::Sell && best > price) || (side == Side::Buy && best < price) {
                break;
            }
            let first = self.orders.iter().position(|o| o.side == side && o.price == best);
            let order = &mut self.orders[first.expect("a best price has orders")];
            let traded = quantity.min(order.leaves);
            quantity -= traded;
            order.leaves -= traded;
            order.executed += traded;
            fills.push((order.order_id, traded, order.leaves));
            self.orders.retain(|order| order.leaves > 0);
        }
        fills
    }

    fn position(&self, order_id: u64) -> usize {
        self.orders.iter().position(|order| order.order_id == order_id).expect("a live order")
    }
}

/// The source's ladders by odds alone, for targets worked out from nothing each time.
#[derive(Default)]
struct NaiveSource {
    levels: BTreeMap<(RunnerKey, Side, Odds), u64>,
}

impl NaiveSource {
    fn apply(&mut self, message: &Message) {
        for change in &message.changes {
            if change.is_image {
                self.levels.clear();
            }
            for runner in &change.runners {
                for (side, levels) in [(Side::Sell, &runner.to_back), (Side::Buy, &runner.to_lay)] {
                    for level in levels {
                        self.levels.insert((runner.key, side, level.odds), level.size);
                    }
                }
            }
        }
    }

    fn target(&self, runner: RunnerKey, side: Side) -> BTreeMap<u16, u64> {
        let mut target = BTreeMap::new();
        for (&(key, of, odds), &size) in &self.levels {
            let lots = Level { odds, size }.lots().expect("checked when read");
            if (key, of) == (runner, side) && lots > 0 {
                *target.entry(odds.price(side)).or_insert(0) += u64::from(lots);
            }
        }
        target
    }
}

#[derive(Default)]
struct Replay {
    books: Vec<NaiveBook>,
    resting: RestingOrders,
    is_open: bool,
    last_order_id: u64,
    orders: u64,
    replaces: u64,
    cancels: u64,
    trades: u64,
}

impl Replay {
    fn request(&mut self, request: Request) {
        match request {
            Request::New { key, quantity } => {
                assert!(self.is_open, "a new order while the market is not open");
                self.last_order_id += 1;
                self.orders += 1;
                self.rest(key, self.last_order_id, quantity, 0);
                self.resting.accepted(key, self.last_order_id, quantity);
            }
            Request::Replace { key, order_id, order_qty, adds } => {
                let book = &mut self.books[key.runner];
                let index = book.position(order_id);
                let order = &mut book.orders[index];
                assert_eq!((order.side, order.price), (key.side, key.price));
                let leaves = order_qty - order.executed;
                assert!(leaves > 0, "a replace that leaves nothing");
                assert_eq!(adds, leaves > order.leaves);
                if leaves <= order.leaves {
                    order.leaves = leaves;
                    self.cancels += 1;
                } else {
                    assert!(self.is_open, "growth while the market is not open");
                    let executed = book.orders.remove(index).executed;
                    self.replaces += 1;
                    self.rest(key, order_id, leaves, executed);
                }
                self.resting.replaced(order_id, leaves);
            }
            Request::Cancel { key, order_id } => {
                let book = &mut self.books[key.runner];
                book.orders.remove(book.position(order_id));
                self.cancels += 1;
                assert!(self.resting.ended(order_id));
            }
        }
    }

    fn rest(&mut self, key: PriceKey, order_id: u64, leaves: u32, executed: u32) {
        let book = &mut self.books[key.runner];
        let (side, price) = (key.side, key.price);
        let crosses = match side {
            Side::Buy => book.best(Side::Sell).is_some_and(|offer| offer <= price),
            Side::Sell => book.best(Side::Buy).is_some_and(|bid| bid >= price),
        };
        assert!(!crosses, "an order to rest crosses the book");
        book.orders.push(NaiveOrder { order_id, side, price, leaves, executed });
    }

    fn take(&mut self, change: &PriceChange) {
        assert!(self.is_open, "a taker while the market is not open");
        let PriceKey { runner, side, price } = change.key;
        for quantity in orders_of(change) {
            self.orders += 1;
            let fills = self.books[runner].take(side, price, quantity);
            assert_eq!(fills.iter().map(|fill| fill.1).sum::<u32>(), quantity);
            for (order_id, quantity, leaves) in fills {
                self.trades += 1;
                self.resting.filled(order_id, quantity, leaves);
            }
        }
    }

    fn perform(&mut self, plan: &Plan) {
        let reductions: Vec<_> =
            plan.reductions.iter().flat_map(|change| self.resting.reduce(change)).collect();
        reductions.into_iter().for_each(|request| self.request(request));
        plan.takers.iter().for_each(|change| self.take(change));
        let growths: Vec<_> =
            plan.growths.iter().flat_map(|change| self.resting.grow(change)).collect();
        growths.into_iter().for_each(|request| self.request(request));
    }
}

struct Totals {
    checks: u64,
    mismatches: u64,
    waiting: u64,
    crossed: u64,
    unplaced: u64,
    replay: Replay,
}

fn replay(path: &Path) -> Totals {
    let survey = Survey::of(path).expect("a file that can be imported");
    let mut market = SourceMarket::new(&survey.market_id, &survey.runners);
    let mut naive = NaiveSource::default();
    let mut replay = Replay::default();
    replay.books.resize_with(survey.runners.len(), NaiveBook::default);
    let mut totals =
        Totals { checks: 0, mismatches: 0, waiting: 0, crossed: 0, unplaced: 0, replay };
    let mut reader = StreamReader::open(path).expect("a readable file");
    while let Some(line) = reader.next_line().expect("a readable file") {
        let Line::Message(message) = line else { continue };
        let touched = market.apply(&message);
        naive.apply(&message);
        let replay = &mut totals.replay;
        replay.is_open = market.status() == SourceStatus::Open;
        for &runner in &touched.removed {
            for order in std::mem::take(&mut replay.books[runner].orders) {
                replay.cancels += 1;
                assert!(replay.resting.ended(order.order_id));
            }
            assert_eq!(replay.resting.order_count(runner), 0);
        }
        let plan = Plan::of(&market, &touched, &replay.resting);
        replay.perform(&plan);
        totals.crossed += plan.crossed_count;
        totals.unplaced += plan.unplaced_count;
        if !plan.is_checkable {
            totals.waiting += 1;
            continue;
        }
        totals.checks += 1;
        let is_equal = market.live_runners().all(|runner| {
            Side::ALL.into_iter().all(|side| {
                let shown = replay.books[runner].levels(side);
                let tracked: BTreeMap<_, _> = replay.resting.prices(runner, side).collect();
                let wanted = naive.target(survey.runners[runner], side);
                shown == wanted
                    && tracked == wanted
                    && *market.ladder(runner).target(side) == wanted
            })
        });
        totals.mismatches += u64::from(!is_equal);
    }
    totals
}

#[test]
fn the_recorded_market_is_shown_exactly_after_every_message() {
    let Some(path) = recorded_file() else { return };
    let totals = replay(&path);
    assert_eq!((totals.checks, totals.mismatches, totals.waiting), (18_519, 0, 10));
    assert_eq!((totals.crossed, totals.unplaced), (0, 3_054));
    assert_eq!(totals.replay.trades, 8_263);
}

#[test]
fn a_market_that_loses_a_runner_goes_on_with_the_others() {
    for winner_count in [1, 2] {
        let (_folder, path) = file_of(&synthetic::lines_with_a_removed_runner(winner_count));
        let survey = Survey::of(&path).unwrap();
        assert_eq!(survey.is_exhaustive, winner_count == 1);
        assert_eq!((survey.message_count, survey.malformed_count), (12, 1));
        let values = survey.settlement_values();
        assert_eq!(values, Some(vec![10_000, 0, 0]), "of runners 7, 8, 9");
        let totals = replay(&path);
        assert_eq!((totals.mismatches, totals.checks, totals.waiting), (0, 8, 4));
        assert_eq!((totals.replay.trades, totals.crossed), (3, 0));
        assert!(totals.replay.replaces > 0 && totals.replay.orders > totals.replay.trades);
    }
}

//! What to do about a message so that the exchange shows what the source shows.
//!
//! The rule, in its order:
//! 1. every price that shrank without a rise of the traded volume at one of its odds is reduced;
//! 2. prices that shrank with a rise, best first: the best price of its side is traded by an
//!    immediate-or-cancel order for exactly the shrinkage, any other is reduced;
//! 3. only then the prices that grew get their orders.
//!
//! While the market is not open all shrinkage is reduced, and growth and the check of the ladders
//! wait until it opens. A source that is locked or crossed cannot rest in one book: its growth
//! waits until it is not.

use forecastle_proto_spec::Side;

use super::resting::{PriceChange, PriceKey, RestingOrders};
use super::source::{SourceMarket, Touched};

/// What to do, each list to be finished before the next is begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Quantity to take off by cancelling or replacing.
    pub reductions: Vec<PriceChange>,
    /// Quantity to trade away at the best price of a side, in order.
    pub takers: Vec<PriceChange>,
    /// Quantity to add.
    pub growths: Vec<PriceChange>,
    /// The ladders can be compared once all this is done; else the check waits.
    pub is_checkable: bool,
    /// Touched runners whose source is locked or crossed now.
    pub crossed_count: u64,
    /// Rises of traded volume at odds where nothing shrank.
    pub unplaced_count: u64,
}

impl Plan {
    /// Plans what `touched` calls for. The market has had the message applied; `resting` is what
    /// rests before any of it is done.
    #[must_use]
    pub fn of(market: &SourceMarket, touched: &Touched, resting: &RestingOrders) -> Self {
        let mut plan = Self::default();
        for runner in market.live_runners() {
            let ladder = market.ladder(runner);
            if touched.runners.contains(&runner) {
                plan.crossed_count += u64::from(ladder.is_crossed());
            } else if !touched.has_opened {
                continue;
            }
            let mut shrunk = Vec::new();
            for side in [Side::Sell, Side::Buy] {
                let target = ladder.target(side);
                let lots = |price| target.get(&price).copied().unwrap_or(0);
                let shrunk_prices = resting.prices(runner, side).filter_map(|(price, quantity)| {
                    let quantity = quantity.saturating_sub(lots(price));
                    let key = PriceKey { runner, side, price };
                    (quantity > 0).then_some(PriceChange { key, quantity })
                });
                shrunk.extend(shrunk_prices);
            }
            plan.unplaced_count += count_unplaced(touched, runner, &shrunk);
            plan.place_shrunk(shrunk, touched, market.is_open(), resting);
            if market.is_open() && !ladder.is_crossed() {
                plan.grow(market, runner, resting);
            }
        }
        plan.is_checkable = market.is_open()
            && !market.live_runners().any(|runner| market.ladder(runner).is_crossed());
        plan
    }

    /// There is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reductions.is_empty() && self.takers.is_empty() && self.growths.is_empty()
    }

    /// Sorts one runner's shrinkage into reductions and takers.
    fn place_shrunk(
        &mut self,
        shrunk: Vec<PriceChange>,
        touched: &Touched,
        is_open: bool,
        resting: &RestingOrders,
    ) {
        let (mut risen, quiet): (Vec<_>, Vec<_>) =
            shrunk.into_iter().partition(|change| is_open && has_risen(touched, change.key));
        risen.sort_by_key(|change| {
            let PriceKey { side, price, .. } = change.key;
            (side, if side == Side::Sell { price } else { u16::MAX - price })
        });
        let mut gone: Vec<PriceKey> = Vec::new();
        let leaves_nothing = |change: &PriceChange| change.quantity == resting.quantity(change.key);
        gone.extend(quiet.iter().filter(|change| leaves_nothing(change)).map(|c| c.key));
        self.reductions.extend(quiet);
        for change in risen {
            let PriceKey { runner, side, price } = change.key;
            let is_there = |price: &u16| !gone.contains(&PriceKey { runner, side, price: *price });
            let mut prices = resting.prices(runner, side).map(|(price, _)| price);
            let best = match side {
                Side::Sell => prices.find(is_there),
                Side::Buy => prices.rfind(is_there),
            };
            if leaves_nothing(&change) {
                gone.push(change.key);
            }
            if best == Some(price) {
                self.takers.push(change);
            } else {
                // Behind a better price for good: it can go with the other reductions.
                self.reductions.push(change);
            }
        }
    }

    fn grow(&mut self, market: &SourceMarket, runner: usize, resting: &RestingOrders) {
        for side in [Side::Sell, Side::Buy] {
            for (&price, &lots) in market.ladder(runner).target(side) {
                let key = PriceKey { runner, side, price };
                let quantity = lots.saturating_sub(resting.quantity(key));
                if quantity > 0 {
                    self.growths.push(PriceChange { key, quantity });
                }
            }
        }
    }
}

fn has_risen(touched: &Touched, key: PriceKey) -> bool {
    let mut rises = touched.rises.iter();
    rises.any(|(runner, odds)| *runner == key.runner && odds.price(key.side) == key.price)
}

/// Rises of `runner` at odds whose price shrank on neither side.
fn count_unplaced(touched: &Touched, runner: usize, shrunk: &[PriceChange]) -> u64 {
    let is_unplaced = |odds: super::message::Odds| {
        !shrunk.iter().any(|change| odds.price(change.key.side) == change.key.price)
    };
    let rises = touched.rises.iter().filter(|(of, odds)| *of == runner && is_unplaced(*odds));
    rises.count() as u64
}

#[cfg(test)]
mod tests;

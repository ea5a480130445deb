//! What the source shows for one runner, and the quantities by price that follow from it.

use std::collections::BTreeMap;

use forecastle_proto_spec::Side;

use super::message::{Level, Odds, RunnerChange};

/// The source's ladders of one runner, kept by odds, with their target by price.
///
/// The target of a price is the sum of the rounded levels that fall on it: several odds can.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    offers: LadderSide,
    bids: LadderSide,
    traded: BTreeMap<Odds, u64>,
}

impl Ladder {
    /// Applies a change; an image replaces what was there. Returns the odds at which the traded
    /// volume rose.
    ///
    /// # Panics
    /// A level of the change is larger than an order can be; [`super::message`] lets none pass.
    pub fn apply(&mut self, change: &RunnerChange, is_image: bool) -> Vec<Odds> {
        let before = self.traded.clone();
        if is_image {
            self.clear();
        }
        self.offers.apply(&change.to_back, Side::Sell);
        self.bids.apply(&change.to_lay, Side::Buy);
        for level in &change.traded {
            self.traded.insert(level.odds, level.size);
        }
        let rose = |odds: &Odds| self.traded.get(odds) > before.get(odds).or(Some(&0));
        let mut risen: Vec<Odds> =
            change.traded.iter().map(|level| level.odds).filter(rose).collect();
        risen.sort_unstable();
        risen.dedup();
        risen
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Lots by price of one side; no price has 0.
    #[must_use]
    pub fn target(&self, side: Side) -> &BTreeMap<u16, u64> {
        match side {
            Side::Buy => &self.bids.target,
            Side::Sell => &self.offers.target,
        }
    }

    /// The best bid is at or above the best offer.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        let best_bid = self.bids.target.last_key_value();
        let best_offer = self.offers.target.first_key_value();
        best_bid.zip(best_offer).is_some_and(|((bid, _), (offer, _))| bid >= offer)
    }
}

#[derive(Clone, Debug, Default)]
struct LadderSide {
    levels: BTreeMap<Odds, u32>,
    target: BTreeMap<u16, u64>,
}

impl LadderSide {
    fn apply(&mut self, levels: &[Level], side: Side) {
        for level in levels {
            let lots = level.lots().expect("levels were checked when read");
            let before = match lots {
                0 => self.levels.remove(&level.odds),
                _ => self.levels.insert(level.odds, lots),
            };
            let price = level.odds.price(side);
            let quantity = self.target.entry(price).or_insert(0);
            *quantity = *quantity + u64::from(lots) - u64::from(before.unwrap_or(0));
            if *quantity == 0 {
                self.target.remove(&price);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::RunnerKey;
    use super::*;

    fn levels(pairs: &[(i64, u64)]) -> Vec<Level> {
        let level = |&(odds, size)| Level { odds: Odds::from_hundredths(odds).unwrap(), size };
        pairs.iter().map(level).collect()
    }

    fn change(
        to_back: &[(i64, u64)],
        to_lay: &[(i64, u64)],
        traded: &[(i64, u64)],
    ) -> RunnerChange {
        let key = RunnerKey { id: 1, handicap: 0 };
        let [to_back, to_lay, traded] = [to_back, to_lay, traded].map(levels);
        RunnerChange { key, to_back, to_lay, traded }
    }

    fn target(ladder: &Ladder, side: Side) -> Vec<(u16, u64)> {
        ladder.target(side).iter().map(|(price, lots)| (*price, *lots)).collect()
    }

    #[test]
    fn odds_that_fall_on_one_price_add_their_rounded_lots() {
        let mut ladder = Ladder::default();
        // Bids at 990 and 1000 both fall on 10; offers there are at 11 and 10.
        let first = change(&[(99_000, 3), (100_000, 7)], &[(99_000, 3), (100_000, 7)], &[]);
        ladder.apply(&first, false);
        assert_eq!(target(&ladder, Side::Buy), [(10, 2970 + 7000)]);
        assert_eq!(target(&ladder, Side::Sell), [(10, 7000), (11, 2970)]);
        ladder.apply(&change(&[], &[(99_000, 0)], &[]), false);
        assert_eq!(target(&ladder, Side::Buy), [(10, 7000)]);
        ladder.apply(&change(&[], &[(100_000, 0), (98_000, 0)], &[]), false);
        assert_eq!(target(&ladder, Side::Buy), []);
    }

    #[test]
    fn an_image_replaces_all_ladders() {
        let mut ladder = Ladder::default();
        ladder.apply(&change(&[(200, 100)], &[(300, 100)], &[(200, 5), (300, 5)]), false);
        let risen = ladder.apply(&change(&[(250, 100)], &[], &[(200, 6), (300, 5)]), true);
        assert_eq!(target(&ladder, Side::Sell), [(4000, 250)]);
        assert_eq!(target(&ladder, Side::Buy), []);
        assert_eq!(risen, [Odds::from_hundredths(200).unwrap()]);
    }

    #[test]
    fn only_a_rise_of_the_traded_volume_is_told() {
        let mut ladder = Ladder::default();
        let risen = ladder.apply(&change(&[], &[], &[(200, 5), (300, 0), (200, 6)]), false);
        assert_eq!(risen, levels(&[(200, 0)]).iter().map(|l| l.odds).collect::<Vec<_>>());
        assert!(ladder.apply(&change(&[], &[], &[(200, 4)]), false).is_empty());
        assert_eq!(ladder.apply(&change(&[], &[], &[(200, 5)]), false).len(), 1);
        assert!(ladder.apply(&change(&[], &[], &[(200, 9), (200, 5)]), false).is_empty());
    }

    #[test]
    fn a_locked_ladder_is_crossed() {
        let mut ladder = Ladder::default();
        assert!(!ladder.is_crossed());
        ladder.apply(&change(&[(200, 100)], &[(202, 100)], &[]), false);
        assert!(!ladder.is_crossed(), "4950 bid, 5000 offered");
        ladder.apply(&change(&[], &[(200, 100)], &[]), false);
        assert!(ladder.is_crossed(), "5000 on both sides");
    }
}

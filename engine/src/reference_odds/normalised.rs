//! Decimal odds as prices: probabilities that add up to one, in whole ten-thousandths.

use forecastle_proto_spec::PAYOUT;

use super::ODDS_MAX;

/// What odds say, without the provider's margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Normalised {
    /// Of each outcome, ten-thousandths, at least 1; 0 behind the last.
    pub(super) prices: [u16; ODDS_MAX],
    /// The margin: sum of the inverse odds less one, millionths rounded down.
    pub(super) overround_ppm: i64,
}

impl Normalised {
    pub(super) const NONE: Self = Self { prices: [0; ODDS_MAX], overround_ppm: 0 };

    /// The odds, in thousandths, of `count` outcomes, two or three, as prices: each its share of
    /// the inverse odds, rounded down, and what is left of 10000 one each to the largest
    /// remainders, the first outcome first where they are equal. Nothing when one of the odds is
    /// out of range, one behind the last outcome is not 0, or a price would be 0.
    pub(super) fn of(odds: [u32; ODDS_MAX], count: usize) -> Option<Self> {
        let (offered, rest) = odds.split_at_checked(count)?;
        let are_in_range = offered.iter().all(|it| (ODD_MIN..=ODD_MAX).contains(it));
        if !are_in_range || rest.iter().any(|it| *it != 0) {
            return None;
        }
        // The inverse of each over the product of all: the product of the others.
        let mut weights = [0_u64; ODDS_MAX];
        for (place, weight) in weights.iter_mut().enumerate().take(count) {
            let others = offered.iter().enumerate().filter(|(other, _)| *other != place);
            *weight = others.map(|(_, it)| u64::from(*it)).product();
        }
        let total: u64 = weights.iter().sum();
        let shares = weights.map(|weight| weight * u64::from(PAYOUT));
        let mut prices = shares.map(|share| share / total);
        let mut remainders = shares.map(|share| share % total);
        for _ in prices.iter().sum()..u64::from(PAYOUT) {
            let largest = (0..count).rev().max_by_key(|place| remainders[*place])?;
            prices[largest] += 1;
            remainders[largest] = 0;
        }
        let product: u128 = offered.iter().map(|it| u128::from(*it)).product();
        let inverse_ppm = u128::from(total) * THOUSANDTHS * ONE_PPM / product;
        let overround_ppm = i64::try_from(inverse_ppm).ok()? - i64::try_from(ONE_PPM).ok()?;
        let mut told = Self { prices: [0; ODDS_MAX], overround_ppm };
        for (target, price) in told.prices.iter_mut().zip(prices) {
            *target = u16::try_from(price).ok()?;
        }
        told.prices[..count].iter().all(|price| *price > 0).then_some(told)
    }
}

/// Even a sure outcome pays more than the stake.
const ODD_MIN: u32 = 1_001;
const ODD_MAX: u32 = 10_000_000;
/// Of odds that pay the stake.
const THOUSANDTHS: u128 = 1_000;
const ONE_PPM: u128 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(odds: [u32; 3], count: usize) -> ([u16; 3], i64) {
        let normalised = Normalised::of(odds, count).unwrap();
        (normalised.prices, normalised.overround_ppm)
    }

    #[test]
    fn shares_round_to_the_largest_remainder_and_ties_to_the_first() {
        // By hand: 1/1.9 + 1/1.9 = 1.0526315…
        assert_eq!(prices([1_900, 1_900, 0], 2), ([5_000, 5_000, 0], 52_631));
        // 3333.33… each.
        assert_eq!(prices([3_000, 3_000, 3_000], 3), ([3_334, 3_333, 3_333], 0));
        // 6666.66… and 1666.66… twice: both ones go to the first two.
        assert_eq!(prices([1_500, 6_000, 6_000], 3), ([6_667, 1_667, 1_666], 0));
        // 0.4 + 0.25 + 0.4 = 1.05: 3809.52…, 2380.95…, 3809.52…
        assert_eq!(prices([2_500, 4_000, 2_500], 3), ([3_810, 2_381, 3_809], 50_000));
        assert_eq!(prices([1_001, 10_000_000, 0], 2), ([9_999, 1, 0], -900));
    }

    #[test]
    fn odds_out_of_range_and_prices_of_nothing_are_none() {
        for (odds, count) in [
            ([1_000, 2_000, 0], 2),
            ([2_000, 10_000_001, 0], 2),
            ([2_000, 0, 0], 2),
            ([2_000, 2_000, 1], 2),
            ([2_000, 2_000, 0], 3),
            ([1_001, 1_001, 10_000_000], 3),
            ([u32::MAX; 3], 3),
            ([2_000; 3], 4),
        ] {
            assert_eq!(Normalised::of(odds, count), None, "{odds:?}");
        }
    }

    /// Over a grid of odds up to both ends of the range.
    #[test]
    fn prices_add_up_to_one_and_follow_the_odds() {
        let grid = [1_001, 1_010, 1_333, 2_000, 2_001, 7_777, 100_000, 999_983, 10_000_000];
        let mut count = 0;
        for first in grid {
            for second in grid {
                for third in grid.into_iter().chain([0]) {
                    let outcomes = if third == 0 { 2 } else { 3 };
                    let odds = [first, second, third];
                    let Some(normalised) = Normalised::of(odds, outcomes) else { continue };
                    count += 1;
                    assert_eq!(normalised.prices.iter().sum::<u16>(), PAYOUT);
                    let [high, low, _] = normalised.prices;
                    if first == second {
                        assert!(high == low || high == low + 1, "{odds:?} {normalised:?}");
                    } else if first < second {
                        assert!(high >= low, "{odds:?} {normalised:?}");
                    }
                }
            }
        }
        assert!(count > 600, "{count} of the odds are offered");
    }
}

//! Prices, fees and the worst cost of an order, for one lot.

use forecastle_proto_spec::{PAYOUT, Side};

/// Fee of one lot in millionths: ceil(rate × p × (10000 − p) / 10^8), with `rate` in
/// ten-thousandths, below 10000. The same at `price` and at its complement, and never above the
/// gain of a lot, the lower of both.
#[inline(always)]
#[must_use]
pub fn fee_per_lot(rate: u16, price: u16) -> i64 {
    if rate == 0 {
        return 0;
    }
    let product = i64::from(rate) * i64::from(price) * i64::from(PAYOUT - price);
    (product + FEE_SCALE - 1) / FEE_SCALE
}

/// Fee rates of an event, ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeeRates {
    pub(crate) maker: u16,
    pub(crate) taker: u16,
}

impl FeeRates {
    /// Whether both rates are below one, so that no fee is above the gain of a lot.
    pub(crate) fn are_in_range(self) -> bool {
        self.maker < FEE_RATE_END && self.taker < FEE_RATE_END
    }

    /// The rate that an incoming order is held at: it may end as either.
    #[inline]
    pub(crate) fn incoming(self) -> u16 {
        self.maker.max(self.taker)
    }
}

/// Worst cost of one lot of an open order, millionths.
#[inline(always)]
pub(crate) fn hold_per_lot(side: Side, price: u16, rate: u16) -> i64 {
    // Both are computed, so that there is nothing to guess.
    let (bid, ask) = (i64::from(price), i64::from(PAYOUT) - i64::from(price));
    let cost = if side == Side::Buy { bid } else { ask };
    cost + fee_per_lot(rate, price)
}

const FEE_SCALE: i64 = 100_000_000;
/// One, in ten-thousandths.
const FEE_RATE_END: u16 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_rounded_up_mirrored_and_below_the_gain() {
        for (rate, price, fee) in [
            (0, 1, 0),
            (0, 9_999, 0),
            (1, 5_000, 1),
            (200, 5_000, 50),
            (200, 5_001, 50),
            (200, 4_000, 48),
            (200, 4_001, 49),
            (700, 1, 1),
            (9_999, 1, 1),
            (9_999, 5_000, 2_500),
        ] {
            assert_eq!(fee_per_lot(rate, price), fee, "rate {rate} at {price}");
        }
        for rate in [0, 1, 2, 33, 700, 5_000, 9_999] {
            for price in 1..PAYOUT {
                let fee = fee_per_lot(rate, price);
                assert_eq!(fee, fee_per_lot(rate, PAYOUT - price));
                assert!(fee >= 0 && fee <= i64::from(price.min(PAYOUT - price)));
            }
        }
    }

    #[test]
    fn a_bid_may_lose_its_price_and_an_ask_the_rest() {
        assert_eq!(hold_per_lot(Side::Buy, 4_000, 200), 4_048);
        assert_eq!(hold_per_lot(Side::Sell, 4_000, 200), 6_048);
        assert_eq!(hold_per_lot(Side::Sell, 9_999, 0), 1);
    }
}

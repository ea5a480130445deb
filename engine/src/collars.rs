//! Collars: the lowest and the highest price that new orders of a market may have, by limits that
//! stand and by the distance from a reference price.

use forecastle_proto_spec::{PRICE_MAX, PRICE_MIN, PriceLimitsChanged, RejectCode};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::event_parameters::EventParameters;
use crate::events::Market;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::reference_odds::ODDS_MAX;

/// Limits of the prices of one market. They follow from the event's parameters and reference odds,
/// so they have no piece in the digest and no place in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PriceLimits {
    pub(crate) low: u16,
    pub(crate) high: u16,
}

impl PriceLimits {
    /// Every price of the grid.
    pub(crate) const NONE: Self = Self { low: PRICE_MIN, high: PRICE_MAX };

    /// The limits that parameters set around a reference price, 0 for none. No price is inside
    /// when the reference lies too far beyond the limits that stand.
    fn of(parameters: &EventParameters, reference_price: u16, is_stale: bool) -> Self {
        let high = if parameters.static_high == 0 { PRICE_MAX } else { parameters.static_high };
        let standing = Self { low: parameters.static_low.max(PRICE_MIN), high };
        if reference_price == 0 || parameters.collar_width == 0 {
            return standing;
        }
        // That of stale odds is the wider one, or 0.
        let width = if is_stale {
            parameters.stale_collar_width.max(parameters.collar_width)
        } else {
            parameters.collar_width
        };
        Self {
            low: standing.low.max(reference_price.saturating_sub(width)),
            high: standing.high.min(reference_price.saturating_add(width)),
        }
    }
}

/// Whether a new order of a market may have this price.
#[inline]
pub(crate) fn check_collar(market: &Market, price: u16) -> Result<(), RejectCode> {
    let limits = market.price_limits();
    if (limits.low..=limits.high).contains(&price) {
        Ok(())
    } else {
        Err(RejectCode::PriceOutsideCollar)
    }
}

impl Engine {
    /// Sets the limits of every market of an event as they follow from its parameters and odds,
    /// and tells those that changed, or whose reference price did since `references`.
    pub(crate) fn refresh_price_limits(
        &mut self,
        event_id: u32,
        references: [u16; ODDS_MAX],
        effects: &mut EffectBuffer<'_>,
    ) {
        let references = references.into_iter().chain(std::iter::repeat(0));
        let security_ids = self.events.event(event_id).security_ids();
        for (security_id, reference_before) in security_ids.zip(references) {
            let (limits, reference_price) = self.price_limits_of(security_id);
            let before = self.events.market(security_id).price_limits();
            if (limits, reference_price) != (before, reference_before) {
                if !is_planted(PlantedFault::CollarOfOldOdds) {
                    self.events.set_price_limits(security_id, limits);
                }
                effects.push(&PriceLimitsChanged {
                    security_id: security_id.into(),
                    event_id: event_id.into(),
                    low_limit_price: limits.low.into(),
                    high_limit_price: limits.high.into(),
                    reference_price: reference_price.into(),
                    reserved_14: [0; 2],
                });
            }
        }
    }

    /// Sets the limits of every market, when parameters and odds come out of a snapshot.
    pub(crate) fn restore_price_limits(&mut self) {
        for security_id in 1..=self.events.market_count() {
            let (limits, _) = self.price_limits_of(security_id);
            self.events.set_price_limits(security_id, limits);
        }
    }

    /// # Panics
    /// When the limits of a market are not those that follow from its event.
    pub(crate) fn check_price_limits(&self) {
        for security_id in 1..=self.events.market_count() {
            let held = self.events.market(security_id).price_limits();
            assert_eq!(held, self.price_limits_of(security_id).0, "limits of {security_id}");
        }
    }

    /// The limits that follow from the event of a market, and the reference price in them.
    fn price_limits_of(&self, security_id: u32) -> (PriceLimits, u16) {
        let market = self.events.market(security_id);
        let parameters = self.events.parameters(market.event_id);
        let odds = self.reference_odds.of(market.event_id);
        let references = odds.reference_prices();
        let state = usize::from(market.state_index);
        let reference_price = references.get(state).copied().unwrap_or(0);
        (PriceLimits::of(parameters, reference_price, odds.are_stale()), reference_price)
    }
}

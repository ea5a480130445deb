//! Collars: the lowest and the highest price that new orders of a market may have.

use forecastle_proto_spec::{PRICE_MAX, PRICE_MIN, PriceLimitsChanged, RejectCode};

use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::event_parameters::EventParameters;
use crate::events::Market;

/// Limits of the prices of one market. They follow from the event's parameters, so they have no
/// piece in the digest and no place in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PriceLimits {
    pub(crate) low: u16,
    pub(crate) high: u16,
}

impl PriceLimits {
    /// Every price of the grid.
    pub(crate) const NONE: Self = Self { low: PRICE_MIN, high: PRICE_MAX };

    /// The limits that parameters set, without a reference price.
    pub(crate) fn of(parameters: &EventParameters) -> Self {
        let high = if parameters.static_high == 0 { PRICE_MAX } else { parameters.static_high };
        Self { low: parameters.static_low.max(PRICE_MIN), high }
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
    /// Tells the limits of every market of an event, after its parameters changed from others.
    pub(crate) fn report_price_limits(
        &self,
        event_id: u32,
        before: PriceLimits,
        effects: &mut EffectBuffer<'_>,
    ) {
        for security_id in self.events.event(event_id).security_ids() {
            let limits = self.events.market(security_id).price_limits();
            if limits != before {
                effects.push(&PriceLimitsChanged {
                    security_id: security_id.into(),
                    event_id: event_id.into(),
                    low_limit_price: limits.low.into(),
                    high_limit_price: limits.high.into(),
                    reference_price: 0.into(),
                    reserved_14: [0; 2],
                });
            }
        }
    }
}

//! The event and markets at the exchange that stand for the source's market.

use forecastle_proto_spec::{MarketStatus, PAYOUT};

use super::admin::Admin;
use super::message::SourceStatus;
use super::survey::Survey;

/// The markets of the runners, in their order.
#[derive(Debug)]
pub struct Listing {
    markets: Vec<ListedMarket>,
    is_exhaustive: bool,
    is_in_play: bool,
}

#[derive(Debug)]
struct ListedMarket {
    event_id: u32,
    security_id: u32,
    status: MarketStatus,
}

impl Listing {
    /// Defines one exhaustive event of all runners, or a lone market for each, with makers and
    /// takers paying `fee_rate` ten-thousandths.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn define(admin: &mut Admin, survey: &Survey, fee_rate: u16) -> anyhow::Result<Self> {
        let external_id = external_id_of(&survey.market_id);
        let mut markets = Vec::with_capacity(survey.runners.len());
        let market = |event_id, security_id| ListedMarket {
            event_id,
            security_id,
            status: MarketStatus::Listed,
        };
        if survey.is_exhaustive {
            let count = u8::try_from(survey.runners.len())?;
            let (event_id, first) = admin.define_event(count, true, external_id, fee_rate)?;
            markets.extend((first..).take(count.into()).map(|id| market(event_id, id)));
        } else {
            for _ in &survey.runners {
                let (event_id, security_id) =
                    admin.define_event(1, false, external_id, fee_rate)?;
                markets.push(market(event_id, security_id));
            }
        }
        Ok(Self { markets, is_exhaustive: survey.is_exhaustive, is_in_play: false })
    }

    /// The runner's market.
    ///
    /// # Panics
    /// There is no such runner.
    #[must_use]
    pub fn security_id(&self, runner: usize) -> u32 {
        self.markets[runner].security_id
    }

    /// Brings all markets that are not closed to where the source stands: open, paused when it is
    /// suspended, or closed. A market that never opened is not paused.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn follow(
        &mut self,
        admin: &mut Admin,
        status: SourceStatus,
        is_in_play: bool,
    ) -> anyhow::Result<()> {
        let status = match status {
            SourceStatus::Open => MarketStatus::Open,
            SourceStatus::Inactive | SourceStatus::Suspended => MarketStatus::Paused,
            SourceStatus::Closed => MarketStatus::Closed,
        };
        let mut event_id = 0;
        for market in &mut self.markets {
            let is_due = match (market.status, status) {
                (MarketStatus::Closed | MarketStatus::Settled, _)
                | (MarketStatus::Listed, MarketStatus::Paused) => false,
                (from, to) => from != to || self.is_in_play != is_in_play,
            };
            if !is_due {
                continue;
            }
            market.status = status;
            // One request moves every market of an event.
            if market.event_id != event_id {
                event_id = market.event_id;
                admin.set_status(event_id, 0, status, is_in_play)?;
            }
        }
        self.is_in_play = is_in_play;
        Ok(())
    }

    /// Closes the market of a removed runner. A lone one is settled at once: at its last trade,
    /// or at half the payout when it never traded.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn remove(
        &mut self,
        admin: &mut Admin,
        runner: usize,
        last_price: Option<u16>,
    ) -> anyhow::Result<()> {
        let market = &mut self.markets[runner];
        let (event_id, security_id) = (market.event_id, market.security_id);
        market.status = MarketStatus::Closed;
        admin.set_status(event_id, security_id, MarketStatus::Closed, self.is_in_play)?;
        if !self.is_exhaustive {
            market.status = MarketStatus::Settled;
            admin.settle(event_id, &[last_price.unwrap_or(PAYOUT / 2)])?;
        }
        Ok(())
    }

    /// Settles what is not settled yet by the values of the runners.
    ///
    /// # Errors
    /// The exchange refuses or does not answer.
    pub fn settle(&mut self, admin: &mut Admin, values: &[u16]) -> anyhow::Result<()> {
        if self.is_exhaustive {
            let event_id = self.markets[0].event_id;
            return admin.settle(event_id, values);
        }
        for (market, value) in self.markets.iter_mut().zip(values) {
            if market.status == MarketStatus::Closed {
                admin.settle(market.event_id, &[*value])?;
                market.status = MarketStatus::Settled;
            }
        }
        Ok(())
    }
}

/// The digits of the source's market id as a number, 0 when that is too large.
fn external_id_of(market_id: &str) -> u64 {
    let digits: String = market_id.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_external_id_is_the_digits_of_the_sources() {
        assert_eq!(external_id_of("1.200806927"), 1_200_806_927);
        assert_eq!(external_id_of("none"), 0);
        assert_eq!(external_id_of("99999999999999999999999"), 0);
    }
}

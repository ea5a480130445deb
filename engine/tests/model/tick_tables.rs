//! Tick tables (`docs/engine-rules.md` §5).

use forecastle_proto_spec::{
    MarketStatus, PRICE_MAX, PRICE_MIN, RejectCode, TickTableReport, TickTableRequest,
};
use zerocopy::FromZeros;

use super::Model;
use super::effects::Effects;
use super::sessions::Request;

/// First price and tick of each band of a new market.
pub const EVERY_PRICE: [(u16, u16); 1] = [(1, 1)];

/// Every price that these bands allow, by trying all.
pub fn grid_of(bands: &[(u16, u16)]) -> Vec<u16> {
    (PRICE_MIN..=PRICE_MAX).filter(|&price| band_of(bands, price).is_some()).collect()
}

/// The band of a price, when it lies on that band's grid.
fn band_of(bands: &[(u16, u16)], price: u16) -> Option<usize> {
    let band = bands.iter().rposition(|&(from, _)| from <= price)?;
    price.is_multiple_of(bands[band].1).then_some(band)
}

impl Model {
    pub fn price_is_on_grid(&self, security_id: u32, price: u16) -> bool {
        band_of(&self.market(security_id).bands, price).is_some()
    }

    pub fn set_tick_table(
        &mut self,
        request: &Request,
        message: &TickTableRequest,
        effects: &mut Effects,
    ) -> Result<(), RejectCode> {
        let event_id = message.event_id.get();
        let event = self.event(event_id).ok_or(RejectCode::UnknownEvent)?.clone();
        let all: Vec<u32> = event.security_ids().collect();
        let markets = match message.security_id.get() {
            0 => all,
            id if all.contains(&id) => vec![id],
            _ => return Err(RejectCode::UnknownMarket),
        };
        let bands = bands_of(message).ok_or(RejectCode::InvalidTickTable)?;
        for &market in &markets {
            use MarketStatus::{Draft, Listed, Paused};
            if !matches!(self.market(market).status, Draft | Listed | Paused) {
                return Err(RejectCode::NotWhileOpen);
            }
        }
        for market in markets {
            self.market_mut(market).bands = bands.clone();
            let mut report = TickTableReport::new_zeroed();
            report.request_id.set(request.id);
            report.exec_id.set(effects.position());
            report.transact_time_ns.set(effects.now);
            report.seq_num.set(request.seq_num);
            report.event_id.set(event_id);
            report.security_id.set(market);
            report.band_count = message.band_count;
            report.state_index = u8::try_from(market - event.first_security_id).expect("few");
            report.tick_size.set(bands.iter().map(|band| band.1).min().expect("one at least"));
            for (band, &(from, tick)) in bands.iter().enumerate() {
                report.band_from[band].set(from);
                report.band_tick[band].set(tick);
            }
            effects.push(&report);
        }
        Ok(())
    }
}

/// The bands of a request, when they are some: 1 to 4, from price 1, ascending, none without a
/// price.
fn bands_of(message: &TickTableRequest) -> Option<Vec<(u16, u16)>> {
    let count = usize::from(message.band_count);
    if !(1..=4).contains(&count) {
        return None;
    }
    let froms = message.band_from[..count].iter().map(|from| from.get());
    let ticks = message.band_tick[..count].iter().map(|tick| tick.get());
    let bands: Vec<(u16, u16)> = froms.zip(ticks).collect();
    let ascends = bands.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if bands[0].0 != PRICE_MIN || !ascends || bands.iter().any(|band| band.1 == 0) {
        return None;
    }
    let grid = grid_of(&bands);
    let has_price = |band: usize| grid.iter().any(|&price| band_of(&bands, price) == Some(band));
    (0..count).all(has_price).then_some(bands)
}

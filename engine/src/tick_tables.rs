//! Tick tables: the grid of prices of a market, in bands with a tick each.

mod snapshot;

use forecastle_proto_spec::{
    Digest, MarketStatus, PRICE_MAX, PRICE_MIN, RejectCode, TickTableReport, TickTableRequest,
};
use zerocopy::little_endian::U16;

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::state_digest::{Domain, pair};

/// The grid of one market: from each band's first price on, the multiples of its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TickTable {
    /// First price of each band; of the first the lowest there is.
    froms: [u16; BANDS_MAX],
    ticks: [u16; BANDS_MAX],
    /// Bands in use.
    band_count: u8,
}

impl TickTable {
    /// Every price from the lowest to the highest.
    pub(crate) const EVERY_PRICE: Self =
        Self { froms: [PRICE_MIN, 0, 0, 0], ticks: [1, 0, 0, 0], band_count: 1 };

    /// The table of these bands, when it is one: bands begin at the lowest price and ascend, and
    /// each has a price of its grid.
    fn new(froms: &[u16], ticks: &[u16]) -> Option<Self> {
        let mut table = Self { froms: [0; BANDS_MAX], ticks: [0; BANDS_MAX], band_count: 0 };
        table.band_count = u8::try_from(froms.len()).ok()?;
        table.froms.get_mut(..froms.len())?.copy_from_slice(froms);
        table.ticks.get_mut(..ticks.len())?.copy_from_slice(ticks);
        let begins = froms.first() == Some(&PRICE_MIN);
        let mut bands = (0..froms.len()).map(|band| table.has_price(band));
        (begins && froms.len() == ticks.len() && bands.all(|has_price| has_price)).then_some(table)
    }

    /// Whether a price of the book lies on the grid.
    #[inline(never)]
    pub(crate) fn holds(&self, price: u16) -> bool {
        let band = self.bands().rev().find(|(from, _)| price >= *from);
        band.is_some_and(|(_, tick)| price.is_multiple_of(tick))
    }

    /// The smallest step of any band.
    fn least_tick(&self) -> u16 {
        self.bands().map(|(_, tick)| tick).min().expect("a table has a band")
    }

    /// The piece of the digest of a market that has another grid than a new one.
    pub(crate) fn piece(&self, security_id: u32) -> Option<Digest> {
        let digest =
            Domain::TickTable.digest().absorb(pair(security_id, u32::from(self.band_count)));
        let digest = self.bands().fold(digest, |digest, (from, tick)| {
            digest.absorb(pair(u32::from(from), u32::from(tick)))
        });
        (*self != Self::EVERY_PRICE).then_some(digest)
    }

    /// First price and tick of each band.
    fn bands(&self) -> impl DoubleEndedIterator<Item = (u16, u16)> {
        let bands = self.froms.into_iter().zip(self.ticks);
        bands.take(usize::from(self.band_count))
    }

    /// Whether a band's grid has a price before the next band begins.
    fn has_price(&self, band: usize) -> bool {
        let (from, tick) = (self.froms[band], self.ticks[band]);
        let is_last = band + 1 == usize::from(self.band_count);
        let end = if is_last { PRICE_MAX + 1 } else { self.froms[band + 1] };
        let end = end.min(PRICE_MAX + 1);
        tick > 0 && u32::from(from).next_multiple_of(tick.into()) < end.into()
    }
}

impl Engine {
    pub(crate) fn set_tick_table(
        &mut self,
        context: &Context,
        message: &TickTableRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> Result<(), RejectCode> {
        let (table, security_ids) = self.check_tick_table(message)?;
        for security_id in security_ids {
            self.events.set_tick_table(security_id, table);
            effects.push(&TickTableReport {
                request_id: message.request_id,
                exec_id: effects.next_position().into(),
                transact_time_ns: context.time_ns.into(),
                seq_num: message.seq_num,
                event_id: message.event_id,
                security_id: security_id.into(),
                band_count: table.band_count,
                state_index: self.events.market(security_id).state_index,
                tick_size: table.least_tick().into(),
                band_from: table.froms.map(U16::new),
                band_tick: table.ticks.map(U16::new),
            });
        }
        Ok(())
    }

    /// The table, and the markets that it is for.
    fn check_tick_table(
        &self,
        message: &TickTableRequest,
    ) -> Result<(TickTable, std::ops::Range<u32>), RejectCode> {
        let security_ids = self.named_markets(message.event_id.get(), message.security_id.get())?;
        let band_count = usize::from(message.band_count);
        let froms = message.band_from.map(U16::get);
        let ticks = message.band_tick.map(U16::get);
        let table = froms
            .get(..band_count)
            .zip(ticks.get(..band_count))
            .and_then(|(froms, ticks)| TickTable::new(froms, ticks))
            .ok_or(RejectCode::InvalidTickTable)?;
        let may_change = security_ids.clone().all(|security_id| {
            use MarketStatus::{Draft, Listed, Paused};
            matches!(self.events.market(security_id).status(), Draft | Listed | Paused)
        });
        if !may_change {
            return Err(RejectCode::NotWhileOpen);
        }
        Ok((table, security_ids))
    }
}

/// Most bands of a table.
pub(crate) const BANDS_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_a_multiple_of_its_band_s_tick() {
        let table = TickTable::new(&[1, 100, 9_000], &[1, 50, 100]).unwrap();
        let on_grid: Vec<u16> =
            (95..260).chain(8_940..9_130).filter(|price| table.holds(*price)).collect();
        assert_eq!(on_grid, [95, 96, 97, 98, 99, 100, 150, 200, 250, 8_950, 9_000, 9_100]);
        assert_eq!(table.least_tick(), 1);
        assert!((PRICE_MIN..=PRICE_MAX).all(|price| TickTable::EVERY_PRICE.holds(price)));
    }

    #[test]
    fn bands_that_are_none_are_refused() {
        for (froms, ticks) in [
            (&[][..], &[][..]),
            (&[0], &[1]),
            (&[2], &[1]),
            (&[1], &[0]),
            (&[1], &[10_000]),
            (&[1, 1], &[1, 1]),
            (&[1, 5, 4], &[1, 1, 1]),
            (&[1, 10_000], &[1, 1]),
            (&[1, 20], &[20, 20]),
            (&[1, 9_950], &[1, 100]),
            (&[1, 2, 3, 4, 5], &[1, 1, 1, 1, 1]),
        ] {
            assert_eq!(TickTable::new(froms, ticks), None, "{froms:?} {ticks:?}");
        }
        for (froms, ticks) in [(&[1][..], &[9_999][..]), (&[1, 2, 3, 4], &[1, 2, 3, 5])] {
            assert!(TickTable::new(froms, ticks).is_some(), "{froms:?} {ticks:?}");
        }
    }
}

//! The catalogue in a snapshot.

use forecastle_proto_spec::EventVelocity;

use super::{CATEGORY_MAX, Catalogue, SERIES_MAX, Series};
use crate::fees::FeeRates;
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl Catalogue {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for category_id in self.categories() {
            encoder.u16(category_id);
            count += 1;
        }
        encoder.close_count(place, count);
        let place = encoder.open_count();
        let mut count = 0;
        for (series_id, series) in self.all_series() {
            encoder.u16(series_id);
            encoder.u16(series.category_id);
            encoder.u16(series.fees.maker);
            encoder.u16(series.fees.taker);
            encoder.u8(series.velocity.into());
            count += 1;
        }
        encoder.close_count(place, count);
        let place = encoder.open_count();
        let mut count = 0;
        for (user_id, firm_id) in self.users() {
            encoder.u32(user_id);
            encoder.u32(firm_id);
            count += 1;
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let category_id = decoder.u16()?;
            let is_next = category_id > last && category_id <= CATEGORY_MAX;
            decoder.require(is_next, "category")?;
            last = category_id;
            self.set_category(category_id);
        }
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let (series_id, category_id) = (decoder.u16()?, decoder.u16()?);
            let is_next = series_id > last && series_id <= SERIES_MAX;
            decoder.require(is_next && self.has_category(category_id), "series")?;
            last = series_id;
            let fees = FeeRates { maker: decoder.u16()?, taker: decoder.u16()? };
            decoder.require(fees.are_in_range(), "fee rate of a series")?;
            let velocity = EventVelocity::try_from(decoder.u8()?);
            let velocity = velocity.map_err(|_| decoder.invalid("velocity of a series"))?;
            self.set_series(series_id, Series { category_id, velocity, fees });
        }
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let (user_id, firm_id) = (decoder.u32()?, decoder.u32()?);
            decoder.require(user_id > last && firm_id != 0, "user")?;
            last = user_id;
            if user_id >= self.users.capacity() {
                let needed = u64::from(user_id);
                return Err(SnapshotError::Limit { limit: "accounts_max", needed });
            }
            self.set_user(user_id, firm_id);
        }
        Ok(())
    }
}

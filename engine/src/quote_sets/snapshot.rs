//! Quote sets in a snapshot; which orders are their quotes follows from the orders.

use super::{QuoteSet, QuoteSetTable};
use crate::order_detail::{are_for_quotes, instruction_of, prevention};
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl QuoteSetTable {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u16(self.count);
        for place in self.places() {
            let set = self.set(place);
            encoder.u32(set.access_key_id);
            encoder.u16(set.quote_set_id);
            encoder.u16(set.group);
            encoder.u32(set.account);
            encoder.u32(set.bid_price_sum_max);
            encoder.u32(set.offer_price_sum_min);
            encoder.u16(set.self_match_prevention_id);
            encoder.u8(instruction_of(set.self_match_prevention));
            encoder.u8(set.exec_inst);
            encoder.u8(u8::from(self.is_blocked(place)));
        }
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let count = decoder.u16()?;
        if usize::from(count) >= self.entries.len() {
            return Err(SnapshotError::Limit { limit: "sessions_max", needed: u64::from(count) });
        }
        for _ in 0..count {
            let mut set = QuoteSet {
                access_key_id: decoder.u32()?,
                quote_set_id: decoder.u16()?,
                group: decoder.u16()?,
                account: decoder.u32()?,
                bid_price_sum_max: decoder.u32()?,
                offer_price_sum_min: decoder.u32()?,
                ..QuoteSet::default()
            };
            let prevention = prevention(decoder.u16()?, decoder.u8()?);
            (set.self_match_prevention_id, set.self_match_prevention) =
                prevention.ok_or(decoder.invalid("self-match prevention"))?;
            set.exec_inst = decoder.u8()?;
            decoder.require(are_for_quotes(set.exec_inst), "instructions of quotes")?;
            let is_key = (1..self.newest.len()).contains(&(set.access_key_id as usize));
            decoder.require(is_key && set.quote_set_id > 0, "quote set")?;
            let is_new = self.find(set.access_key_id, set.quote_set_id).is_none();
            decoder.require(is_new, "quote set")?;
            let blocked = decoder.u8()?;
            decoder.require(blocked <= 1, "block of a quote set")?;
            let place = self.add(set);
            self.set_blocked(place, blocked == 1);
        }
        Ok(())
    }
}

//! Reference odds in a snapshot, and the requests that were applied last.

use std::collections::BTreeSet;

use forecastle_proto_spec::ReferenceOddsStatus;

use super::normalised::Normalised;
use super::requests::REQUESTS_REMEMBERED;
use super::{OddsRequests, ReferenceOdds, ReferenceOddsTable};
use crate::events::EventTable;
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};

impl ReferenceOddsTable {
    /// The odds of events that ever had any.
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for (event_id, odds) in (0..).zip(self.events.as_slice()) {
            let Some(status) = odds.status else { continue };
            encoder.u32(event_id);
            encoder.u8(status.into());
            encoder.u32(odds.access_key_id);
            encoder.u32(odds.change_count);
            for odd in odds.odds {
                encoder.u32(odd);
            }
            encoder.u64(odds.updated_ns);
            count += 1;
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode(
        &mut self,
        events: &EventTable,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let event_id = decoder.u32()?;
            let event = events.find_event(event_id).filter(|_| event_id > last);
            let event = event.ok_or(decoder.invalid("event of odds"))?;
            last = event_id;
            let status = ReferenceOddsStatus::try_from(decoder.u8()?);
            let status = status.map_err(|_| decoder.invalid("status of odds"))?;
            let (access_key_id, change_count) = (decoder.u32()?, decoder.u32()?);
            decoder.require(change_count > 0, "changes of odds")?;
            let odds = [decoder.u32()?, decoder.u32()?, decoder.u32()?];
            let normalised = Normalised::of(odds, event.shape.market_count.into());
            let normalised = normalised.filter(|_| event.shape.is_exhaustive);
            let normalised = normalised.ok_or(decoder.invalid("odds"))?;
            let updated_ns = decoder.u64()?;
            let status = Some(status);
            let odds =
                ReferenceOdds { status, access_key_id, change_count, odds, normalised, updated_ns };
            self.set(event_id, odds);
        }
        Ok(())
    }
}

impl OddsRequests {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u64(self.recorded_count());
        for (access_key_id, request_id, event_id) in self.iter() {
            encoder.u32(access_key_id);
            encoder.u64(request_id);
            encoder.u32(event_id);
        }
    }

    pub(crate) fn decode(
        &mut self,
        events: &EventTable,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let recorded_count = decoder.u64()?;
        decoder.require(recorded_count < COUNTER_LIMIT, "count of odds requests")?;
        let remembered = recorded_count.min(REQUESTS_REMEMBERED as u64);
        let mut known = BTreeSet::new();
        for number in recorded_count - remembered..recorded_count {
            let (access_key_id, request_id) = (decoder.u32()?, decoder.u64()?);
            let event_id = decoder.u32()?;
            let is_event = events.find_event(event_id).is_some();
            let is_new = known.insert((access_key_id, request_id));
            decoder.require(is_event && is_new, "odds request")?;
            self.restore(number, (access_key_id, request_id, event_id));
        }
        self.restore_count(recorded_count);
        Ok(())
    }
}

//! Events and markets in a snapshot.

use forecastle_proto_spec::{EVENT_MARKETS_MAX, MarketStatus, PAYOUT};

use super::{EventTable, event_piece};
use crate::determination::Determination;
use crate::event_parameters::EventParameters;
use crate::exposure::EventShape;
use crate::fees::FeeRates;
use crate::snapshot::{Decoder, Encoder, SnapshotError};
use crate::state_digest::{DigestSum, Domain, pair};
use crate::tick_tables::TickTable;

impl EventTable {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u32(self.event_count);
        for event_id in 1..=self.event_count {
            let event = self.event(event_id);
            encoder.u64(event.external_id);
            encoder.u8(event.shape.market_count);
            encoder.u8(event.shape.is_exhaustive.into());
            encoder.u16(event.fees.maker);
            encoder.u16(event.fees.taker);
            for security_id in event.security_ids() {
                let market = self.market(security_id);
                encoder.u32(market.rpt_seq);
                encoder.u16(market.settlement_price);
                encoder.u8(market.status.into());
                encoder.u8(market.in_play);
            }
        }
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        for _ in 0..decoder.u32()? {
            let external_id = decoder.u64()?;
            let (market_count, exhaustive) = (decoder.u8()?, decoder.u8()?);
            let is_market_count = (1..=EVENT_MARKETS_MAX).contains(&usize::from(market_count));
            decoder.require(is_market_count && exhaustive <= 1, "event")?;
            let fees = FeeRates { maker: decoder.u16()?, taker: decoder.u16()? };
            decoder.require(fees.maker < PAYOUT && fees.taker < PAYOUT, "fee rate")?;
            self.require_room(market_count)?;
            let shape = EventShape::new(market_count, exhaustive == 1);
            let event_id = self.define(shape, fees, MarketStatus::Listed, external_id);
            for security_id in self.event(event_id).security_ids() {
                self.decode_market(security_id, decoder)?;
            }
        }
        Ok(())
    }

    /// The parameters of events that have others than a new one.
    pub(crate) fn encode_parameters(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for event_id in 1..=self.event_count {
            let parameters = self.parameters(event_id);
            if *parameters != EventParameters::DEFAULT {
                encoder.u32(event_id);
                parameters.encode(encoder);
                count += 1;
            }
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode_parameters(
        &mut self,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let event_id = decoder.u32()?;
            decoder.require(event_id > last, "event of parameters")?;
            last = event_id;
            let event = self.find_event(event_id);
            let event = event.ok_or(decoder.invalid("event of parameters"))?;
            let parameters = EventParameters::decode(event.shape.is_exhaustive, decoder)?;
            let is_kept = parameters != EventParameters::DEFAULT;
            decoder.require(is_kept, "event parameters")?;
            self.set_parameters(event_id, parameters);
        }
        Ok(())
    }

    /// The sets of events that have any.
    pub(crate) fn encode_sets(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for event_id in 1..=self.event_count {
            let set_count = self.event(event_id).set_count;
            if set_count != 0 {
                encoder.u32(event_id);
                encoder.i64(set_count);
                count += 1;
            }
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode_sets(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let event_id = decoder.u32()?;
            decoder.require(event_id > last, "event of sets")?;
            last = event_id;
            let event = self.find_event(event_id);
            let event = event.ok_or(decoder.invalid("event of sets"))?;
            decoder.require(event.shape.is_exhaustive, "event of sets")?;
            let set_count = decoder.i64()?;
            decoder.require(set_count != 0, "sets of an event")?;
            self.make_sets(event_id, set_count);
        }
        Ok(())
    }

    /// The grids of markets that have another than a new one.
    pub(crate) fn encode_tick_tables(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for security_id in 1..=self.market_count {
            let table = self.tick_table(security_id);
            if *table != TickTable::EVERY_PRICE {
                encoder.u32(security_id);
                table.encode(encoder);
                count += 1;
            }
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode_tick_tables(
        &mut self,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let security_id = decoder.u32()?;
            let is_market = self.find_market(security_id).is_some();
            decoder.require(is_market && security_id > last, "market of a tick table")?;
            last = security_id;
            let table = TickTable::decode(decoder)?;
            decoder.require(table != TickTable::EVERY_PRICE, "tick table")?;
            self.set_tick_table(security_id, table);
        }
        Ok(())
    }

    /// Outcomes that are not final.
    pub(crate) fn encode_determinations(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for event_id in self.event_ids() {
            let determination = self.determination(event_id);
            if *determination != Determination::NONE {
                encoder.u32(event_id);
                determination.encode(encoder);
                count += 1;
            }
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode_determinations(
        &mut self,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let event_id = decoder.u32()?;
            let is_event = self.find_event(event_id).is_some();
            decoder.require(is_event && event_id > last, "event of an outcome")?;
            last = event_id;
            let determination = Determination::decode(decoder)?;
            decoder.require(determination != Determination::NONE, "outcome")?;
            self.set_determination(event_id, determination);
        }
        Ok(())
    }

    fn require_room(&self, market_count: u8) -> Result<(), SnapshotError> {
        if self.has_room(market_count) {
            return Ok(());
        }
        let limit = if self.event_count + 1 >= self.events.capacity() {
            ("events_max", self.event_count + 1)
        } else {
            ("markets_max", self.market_count + u32::from(market_count))
        };
        Err(SnapshotError::Limit { limit: limit.0, needed: u64::from(limit.1) })
    }

    fn decode_market(
        &mut self,
        security_id: u32,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let rpt_seq = decoder.u32()?;
        let settlement_price = decoder.u16()?;
        decoder.require(settlement_price <= PAYOUT, "settlement price")?;
        let status = MarketStatus::try_from(decoder.u8()?);
        let status = status.map_err(|_| decoder.invalid("market status"))?;
        let in_play = decoder.u8()?;
        decoder.require(in_play <= 1, "in-play flag")?;
        self.update(security_id, |market| {
            market.rpt_seq = rpt_seq;
            market.settlement_price = settlement_price;
            market.status = status;
            market.in_play = in_play;
        });
        Ok(())
    }

    /// The digest of the pieces as states of version 1 define them.
    pub(crate) fn first_digest(&self) -> DigestSum {
        let events = (1..=self.event_count).map(|id| event_piece(id, self.event(id)));
        let markets = (1..=self.market_count).map(|id| {
            let market = self.market(id);
            let status = u32::from(market.settlement_price) << 16
                | u32::from(market.status as u8) << 8
                | u32::from(market.in_play);
            Domain::Market
                .digest()
                .absorb(pair(id, market.rpt_seq))
                .absorb(pair(market.event_id, status))
        });
        events.chain(markets).collect()
    }
}

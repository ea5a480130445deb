//! Parameters of events in a snapshot.

use forecastle_proto_spec::EventVelocity;

use super::EventParameters;
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl EventParameters {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u32(self.in_play_delay_ms);
        encoder.u32(self.dispute_window_ms);
        encoder.u32(self.stale_after_ms);
        encoder.u16(self.collar_width);
        encoder.u16(self.stale_collar_width);
        encoder.u16(self.jump_limit);
        encoder.u16(self.static_low);
        encoder.u16(self.static_high);
        encoder.u8(self.is_cross_outcome.into());
        encoder.u8(self.velocity.into());
    }

    pub(crate) fn decode(
        is_exhaustive: bool,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, SnapshotError> {
        let mut parameters = Self {
            in_play_delay_ms: decoder.u32()?,
            dispute_window_ms: decoder.u32()?,
            stale_after_ms: decoder.u32()?,
            collar_width: decoder.u16()?,
            stale_collar_width: decoder.u16()?,
            jump_limit: decoder.u16()?,
            static_low: decoder.u16()?,
            static_high: decoder.u16()?,
            ..Self::DEFAULT
        };
        let cross_outcome = decoder.u8()?;
        decoder.require(cross_outcome <= 1, "cross-outcome flag")?;
        parameters.is_cross_outcome = cross_outcome == 1;
        let velocity = EventVelocity::try_from(decoder.u8()?);
        parameters.velocity = velocity.map_err(|_| decoder.invalid("velocity"))?;
        decoder.require(parameters.are_valid(is_exhaustive), "event parameters")?;
        Ok(parameters)
    }
}

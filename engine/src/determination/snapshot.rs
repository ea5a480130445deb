//! Outcomes that are not final in a snapshot.

use super::Determination;
use crate::snapshot::{Decoder, Encoder, SnapshotError};
use crate::work::Origin;

impl Determination {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u32(self.origin.session_id);
        encoder.u64(self.origin.request_id);
        encoder.u32(self.origin.seq_num);
        encoder.u64(self.window_end_ns);
        encoder.u16(self.amendment_count);
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            origin: Origin {
                session_id: decoder.u32()?,
                request_id: decoder.u64()?,
                seq_num: decoder.u32()?,
            },
            window_end_ns: decoder.u64()?,
            amendment_count: decoder.u16()?,
        })
    }
}

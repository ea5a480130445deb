//! Tick tables in a snapshot.

use super::{BANDS_MAX, TickTable};
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl TickTable {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u8(self.band_count);
        for (from, tick) in self.bands() {
            encoder.u16(from);
            encoder.u16(tick);
        }
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, SnapshotError> {
        let band_count = usize::from(decoder.u8()?);
        decoder.require(band_count <= BANDS_MAX, "count of bands")?;
        let (mut froms, mut ticks) = ([0; BANDS_MAX], [0; BANDS_MAX]);
        for band in 0..band_count {
            (froms[band], ticks[band]) = (decoder.u16()?, decoder.u16()?);
        }
        let table = Self::new(&froms[..band_count], &ticks[..band_count]);
        table.ok_or(decoder.invalid("tick table"))
    }
}

//! ClOrdID windows in a snapshot.

use super::{ClientOrderIds, Cursor, Entry, head};
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};

impl ClientOrderIds {
    /// The windows of the first `session_count` slots, each entry at its place in the ring.
    pub(crate) fn encode(&self, session_count: u16, encoder: &mut Encoder<'_>) {
        for session in 0..session_count {
            let Cursor { next, lap } = self.cursors[usize::from(session)];
            let count = if lap > 1 { self.window } else { next };
            encoder.u32(count);
            encoder.u32(next);
            encoder.u64(lap);
            for ring_index in 0..count {
                let entry = self.rings[self.ring_start(session) + ring_index];
                encoder.u64(entry.cl_ord_id);
                encoder.u64(entry.order_id);
            }
        }
    }

    /// In a window of another length the ids are recorded anew, the oldest first.
    pub(crate) fn decode(
        &mut self,
        session_count: u16,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        for session in 0..session_count {
            let (count, next, lap) = (decoder.u32()?, decoder.u32()?, decoder.u64()?);
            let is_first_lap = lap == 1 && next == count;
            decoder.require(is_first_lap || (lap > 1 && next < count), "window")?;
            decoder.require(lap < COUNTER_LIMIT, "lap of a window")?;
            let mut entries = Vec::new();
            for _ in 0..count {
                entries.push((decoder.u64()?, decoder.u64()?));
            }
            if is_first_lap && next < self.window || lap > 1 && count == self.window {
                let cursor = Cursor { next, lap };
                self.cursors[usize::from(session)] = cursor;
                for (ring_index, (cl_ord_id, order_id)) in (0..).zip(entries) {
                    self.require_new(session, cl_ord_id, decoder)?;
                    let head = head(session, ring_index, cursor.lap_of(ring_index), cl_ord_id);
                    let piece = head.absorb(order_id);
                    let place = self.ring_start(session) + ring_index;
                    self.rings[place] = Entry { cl_ord_id, order_id, piece };
                    self.index_entry(session, ring_index, cl_ord_id);
                    self.digest.add(piece);
                }
            } else {
                entries.rotate_left(if is_first_lap { 0 } else { next as usize });
                for (cl_ord_id, order_id) in entries {
                    self.require_new(session, cl_ord_id, decoder)?;
                    let recorded = self.record(session, cl_ord_id);
                    self.name(recorded, order_id);
                }
            }
        }
        Ok(())
    }

    fn require_new(
        &self,
        session: u16,
        cl_ord_id: u64,
        decoder: &Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        decoder.require(self.find(session, cl_ord_id).is_none(), "ClOrdID")
    }
}

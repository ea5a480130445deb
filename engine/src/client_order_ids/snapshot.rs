//! ClOrdID windows in a snapshot.

use super::{ClientOrderIds, Cursor, Entry};
use crate::snapshot::{COUNTER_LIMIT, Decoder, Encoder, SnapshotError};
use crate::state_digest::{DigestSum, Domain, pair};

impl ClientOrderIds {
    /// The windows of the first `session_count` slots, each entry at its place in the ring.
    pub(crate) fn encode(&self, session_count: u16, encoder: &mut Encoder<'_>) {
        for session in 0..session_count {
            let cursor = self.cursors[usize::from(session)];
            let count = cursor.held(self.window);
            encoder.u32(count);
            encoder.u32(cursor.next);
            encoder.u64(cursor.lap);
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
            entries.rotate_left(if is_first_lap { 0 } else { next as usize });
            let keeps_places = !is_first_lap && count == self.window;
            if keeps_places {
                let cursor = Cursor { next, stray_count: 0, lap: lap - 1, highest: 0 };
                self.cursors[usize::from(session)] = cursor;
            }
            for (cl_ord_id, order_id) in entries {
                let entry = Entry { cl_ord_id, order_id: 0 };
                let recorded = match self.look_up(session, cl_ord_id) {
                    Err(_) => return Err(decoder.invalid("ClOrdID")),
                    Ok(_) if keeps_places => self.enter(session, entry),
                    Ok(vacancy) => self.record(session, cl_ord_id, vacancy),
                };
                self.name(recorded, order_id);
            }
        }
        Ok(())
    }

    /// The digest of the pieces as states of version 1 define them.
    pub(crate) fn first_digest(&self) -> DigestSum {
        let mut sum = DigestSum::default();
        for (session, cursor) in (0_u16..).zip(&self.cursors) {
            for ring_index in 0..cursor.held(self.window) {
                let entry = self.rings[self.ring_start(session) + ring_index];
                let piece = Domain::WindowEntry
                    .digest()
                    .absorb(pair(u32::from(session), ring_index))
                    .absorb(cursor.lap_of(ring_index))
                    .absorb(entry.cl_ord_id)
                    .absorb(entry.order_id);
                sum.add(piece);
            }
        }
        sum
    }
}

//! Pairs of account and event with their positions. Holds are those of the orders, added later.

use super::SnapshotError;
use super::cursor::{Decoder, Encoder};
use crate::engine::Engine;
use crate::exposure::Stake;
use crate::ledger::ACCOUNT_LOTS_MAX;

impl Engine {
    /// By ascending account, then event.
    pub(super) fn encode_pairs(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        self.ledger.exposures.for_each_row(|account, row| {
            let event_id = self.ledger.exposures.event_id(row);
            encoder.u32(account);
            encoder.u32(event_id);
            for state in 0..self.events.event(event_id).shape.market_count {
                encoder.i64(self.ledger.exposures.stake(row, state).lots);
            }
            count += 1;
        });
        encoder.close_count(place, count);
    }

    pub(super) fn decode_pairs(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        for _ in 0..decoder.u32()? {
            let (account, event_id) = (decoder.u32()?, decoder.u32()?);
            decoder.require(self.ledger.accounts.find(account).is_some(), "account")?;
            let event = self.events.find_event(event_id).ok_or(decoder.invalid("event"))?;
            let shape = event.shape;
            let is_new = self.ledger.find_pair(account, event_id).is_none();
            decoder.require(is_new, "pair of account and event")?;
            if !self.ledger.exposures.has_room(shape) {
                let needed = u64::from(self.config.exposures_max) + 1;
                return Err(SnapshotError::Limit { limit: "exposures_max", needed });
            }
            let row = self.ledger.take_pair(account, event_id, shape);
            for state in 0..shape.market_count {
                let lots = decoder.i64()?;
                let held = self.ledger.accounts.account(account).lots;
                let size = lots.unsigned_abs();
                let is_bounded = size <= ACCOUNT_LOTS_MAX.unsigned_abs()
                    && held.unsigned_abs() + size <= ACCOUNT_LOTS_MAX.unsigned_abs();
                decoder.require(is_bounded, "position")?;
                if lots != 0 {
                    self.ledger.change(row, state, Stake { lots, ..Stake::default() }, 0);
                }
            }
        }
        Ok(())
    }
}

//! Limits of accounts, and what was paid in events since they stand, in a snapshot.

use super::{AccountLimits, NO_LIMITS};
use crate::engine::Engine;
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl Engine {
    /// Before the orders, whose lots are counted for limited accounts as they come.
    pub(crate) fn encode_limits(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        for (account, limits) in self.ledger.limits.iter() {
            encoder.u32(account);
            encoder.i64(limits.position);
            encoder.i64(limits.worst_loss);
            encoder.i64(limits.order_cost);
            count += 1;
        }
        encoder.close_count(place, count);
    }

    pub(crate) fn decode_limits(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let mut last = 0;
        for _ in 0..decoder.u32()? {
            let account = decoder.u32()?;
            let limits = AccountLimits {
                position: decoder.i64()?,
                worst_loss: decoder.i64()?,
                order_cost: decoder.i64()?,
            };
            let is_account = account > last && self.ledger.accounts.find(account).is_some();
            decoder.require(is_account, "limited account")?;
            decoder.require(limits.are_in_range() && limits != NO_LIMITS, "limits")?;
            self.ledger.limits.set(account, limits);
            last = account;
        }
        Ok(())
    }

    /// Behind the pairs, in whose rows it lies.
    pub(crate) fn encode_paid(&self, encoder: &mut Encoder<'_>) {
        let place = encoder.open_count();
        let mut count = 0;
        self.ledger.exposures.for_each_row(|account, row| {
            let paid = self.ledger.limits.paid(row);
            if paid != 0 {
                encoder.u32(account);
                encoder.u32(self.ledger.exposures.event_id(row));
                encoder.i64(paid);
                count += 1;
            }
        });
        encoder.close_count(place, count);
    }

    pub(crate) fn decode_paid(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        for _ in 0..decoder.u32()? {
            let (account, event_id, paid) = (decoder.u32()?, decoder.u32()?, decoder.i64()?);
            let is_limited = self.ledger.accounts.find(account).is_some()
                && self.ledger.limits.limits(account).worst_loss > 0;
            decoder.require(is_limited, "account limited in loss")?;
            let row = self.ledger.find_pair(account, event_id);
            let row = row.ok_or(decoder.invalid("pair of account and event"))?;
            let is_new = self.ledger.limits.paid(row) == 0;
            decoder
                .require(is_new && paid != 0 && paid.unsigned_abs() <= PAID_MAX, "amount paid")?;
            self.ledger.limits.pay((account, event_id), row, paid);
        }
        Ok(())
    }
}

/// No account comes near it: what it was paid is bounded by its lots.
const PAID_MAX: u64 = 1 << 62;

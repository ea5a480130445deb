//! The totals in a snapshot.

use super::{Ledger, Totals};
use crate::snapshot::{Decoder, Encoder, SnapshotError};

impl Ledger {
    pub(crate) fn encode_totals(&self, encoder: &mut Encoder<'_>) {
        encoder.i64(self.totals.deposits);
        encoder.i64(self.totals.withdrawals);
        encoder.i64(self.totals.fees);
        encoder.i128(self.totals.settlement_pool);
    }

    pub(crate) fn decode_totals(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        let (deposits, withdrawals) = (decoder.i64()?, decoder.i64()?);
        let fees = decoder.i64()?;
        let settlement_pool = decoder.i128()?;
        self.update_totals(|totals| {
            *totals = Totals { deposits, withdrawals, fees, settlement_pool };
        });
        Ok(())
    }

    /// Money was neither made nor lost.
    pub(crate) fn check_conserved(&self, decoder: &Decoder<'_>) -> Result<(), SnapshotError> {
        let Totals { deposits, withdrawals, fees, settlement_pool } = self.totals;
        let held = (self.accounts.cash_total() + i128::from(fees)).checked_add(settlement_pool);
        let is_conserved = held == Some(i128::from(deposits) - i128::from(withdrawals));
        decoder.require(is_conserved, "total of money")
    }
}

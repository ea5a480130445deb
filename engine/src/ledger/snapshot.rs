//! The totals in a snapshot.

use forecastle_proto_spec::DEPOSITS_MAX;

use super::{Ledger, Totals, saturated};
use crate::snapshot::{Decoder, Encoder, SnapshotError};
use crate::state_digest::{DigestSum, Domain};

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

    /// Money was neither made nor lost; the pool has what pay-outs in progress have taken, less
    /// what they have paid.
    pub(crate) fn check_totals(
        &self,
        pool: i128,
        decoder: &Decoder<'_>,
    ) -> Result<(), SnapshotError> {
        let Totals { deposits, withdrawals, fees, settlement_pool } = self.totals;
        let is_range = withdrawals >= 0 && deposits >= withdrawals && fees >= 0;
        decoder.require(is_range && deposits - withdrawals <= DEPOSITS_MAX, "totals")?;
        decoder.require(settlement_pool == pool, "settlement pool")?;
        let held = self.accounts.cash_total() + i128::from(fees) + settlement_pool;
        let is_conserved = held == i128::from(deposits) - i128::from(withdrawals);
        decoder.require(is_conserved, "total of money")
    }

    /// The digest of the pieces as states of version 1 define them.
    pub(crate) fn first_digest(&self) -> DigestSum {
        let Totals { deposits, withdrawals, fees, settlement_pool } = self.totals;
        let totals = Domain::AccountTotals
            .digest()
            .absorb_signed(deposits)
            .absorb_signed(withdrawals)
            .absorb_signed(fees)
            .absorb_signed(saturated(settlement_pool));
        let totals: DigestSum = std::iter::once(totals).collect();
        let exposures = self.exposures.first_digest();
        totals.join(self.accounts.first_digest()).join(exposures)
    }
}

//! Accounts in a snapshot.

use super::AccountTable;
use crate::snapshot::{Decoder, Encoder, SnapshotError};
use crate::state_digest::{DigestSum, Domain, pair};

impl AccountTable {
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.u32(self.count);
        for (number, account) in self.iter() {
            encoder.u32(number);
            encoder.u32(account.firm_id);
            encoder.i64(account.cash);
        }
    }

    pub(crate) fn decode(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        for _ in 0..decoder.u32()? {
            let number = decoder.u32()?;
            if !self.contains(number) {
                decoder.require(number > 0, "account number")?;
                let needed = u64::from(number);
                return Err(SnapshotError::Limit { limit: "accounts_max", needed });
            }
            decoder.require(number > self.highest, "order of accounts")?;
            let firm_id = decoder.u32()?;
            decoder.require(firm_id > 0, "firm")?;
            self.define(number, firm_id);
            let cash = decoder.i64()?;
            self.move_cash(number, cash);
        }
        Ok(())
    }

    /// The digest of the pieces as states of version 1 define them.
    pub(crate) fn first_digest(&self) -> DigestSum {
        let pieces = self.iter().map(|(number, account)| {
            Domain::Account
                .digest()
                .absorb(pair(number, account.firm_id))
                .absorb_signed(account.cash)
        });
        pieces.collect()
    }
}

//! The digest of exposures in states of version 1. In a snapshot they come by pair.

use super::{ExposureTable, Row};
use crate::state_digest::{DigestSum, Domain, pair};

impl ExposureTable {
    /// The digest of the pieces as states of version 1 define them.
    pub(crate) fn first_digest(&self) -> DigestSum {
        let mut sum = DigestSum::default();
        for row in self.rows() {
            let Row { account, event_id, shape, .. } = self.rows[row];
            let key = pair(account, event_id);
            sum.add(Domain::Exposure.digest().absorb(key));
            for state in 0..shape.market_count {
                let lots = self.stake(row, state).lots;
                if lots != 0 {
                    let head = Domain::Position.digest().absorb(key).absorb(u64::from(state));
                    sum.add(head.absorb_signed(lots));
                }
            }
        }
        sum
    }
}

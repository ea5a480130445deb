//! The market digest: a full walk over accounts, positions and books, without ids, times or
//! sessions.

use forecastle_proto_spec::{Digest, Side};

use crate::engine::Engine;
use crate::ledger::saturated;

impl Engine {
    /// The digest of what every account has and what every book holds, in priority order.
    /// O(accounts + positions + markets + orders).
    #[must_use]
    pub fn market_digest(&self) -> u64 {
        let mut digest = Digest::new(1).absorb(u64::from(self.ledger.accounts.count()));
        for (number, account) in self.ledger.accounts.iter() {
            digest = digest.absorb(u64::from(number)).absorb_signed(account.cash());
            digest = self.absorb_positions(digest, number);
        }
        let totals = self.ledger.totals();
        digest = digest.absorb_signed(totals.fees).absorb_signed(saturated(totals.settlement_pool));
        for security_id in 1..=self.events.market_count() {
            let status = self.events.market(security_id).status();
            digest = digest.absorb(u64::from(security_id)).absorb(u64::from(u8::from(status)));
            digest = self.absorb_orders(digest, security_id, Side::Buy);
            digest = self.absorb_orders(digest, security_id, Side::Sell);
        }
        digest.value()
    }

    fn absorb_positions(&self, mut digest: Digest, account: u32) -> Digest {
        let exposures = &self.ledger.exposures;
        exposures.for_each_row(account, |row| {
            let event = self.events.event(exposures.event_id(row));
            for (state, security_id) in (0..).zip(event.security_ids()) {
                let lots = exposures.stake(row, state).lots;
                if lots != 0 {
                    digest = digest.absorb(u64::from(security_id)).absorb_signed(lots);
                }
            }
        });
        digest
    }

    fn absorb_orders(&self, digest: Digest, security_id: u32, side: Side) -> Digest {
        let count = self.resting(security_id, side).count() as u64;
        self.resting(security_id, side).fold(digest.absorb(count), |digest, slot| {
            let order = self.orders.order(slot);
            digest
                .absorb(u64::from(order.price()))
                .absorb(u64::from(order.leaves_qty()))
                .absorb(u64::from(self.account_of(order)))
        })
    }
}

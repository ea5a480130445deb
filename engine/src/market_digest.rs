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
        digest = self.absorb_accounts(digest);
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

    /// Number and cash of each account, its positions behind them.
    fn absorb_accounts(&self, mut digest: Digest) -> Digest {
        let exposures = &self.ledger.exposures;
        let mut accounts = self.ledger.accounts.iter().peekable();
        exposures.for_each_row(|owner, row| {
            while let Some((number, account)) = accounts.next_if(|(number, _)| *number <= owner) {
                digest = digest.absorb(u64::from(number)).absorb_signed(account.cash());
            }
            let event = self.events.event(exposures.event_id(row));
            for (state, security_id) in (0..).zip(event.security_ids()) {
                let lots = exposures.stake(row, state).lots;
                if lots != 0 {
                    digest = digest.absorb(u64::from(security_id)).absorb_signed(lots);
                }
            }
        });
        accounts.fold(digest, |digest, (number, account)| {
            digest.absorb(u64::from(number)).absorb_signed(account.cash())
        })
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

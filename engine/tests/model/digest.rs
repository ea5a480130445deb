//! The market digest (`docs/engine-rules.md` §7).

use forecastle_proto_spec::{Digest, Side};

use super::Model;
use super::accounts::saturated;

impl Model {
    /// A full walk over accounts, positions and books in priority order.
    pub fn market_digest(&self) -> u64 {
        let mut digest = Digest::new(1).absorb(self.accounts.len() as u64);
        for (&account, state) in &self.accounts {
            digest = digest.absorb(u64::from(account)).absorb_signed(state.cash);
            for (&(_, security_id), &lots) in self.positions.range((account, 0)..(account + 1, 0)) {
                digest = digest.absorb(u64::from(security_id)).absorb_signed(lots);
            }
        }
        digest = digest.absorb_signed(self.fees).absorb_signed(saturated(self.settlement_pool()));
        for (security_id, market) in (1u32..).zip(&self.markets) {
            digest = digest.absorb(u64::from(security_id)).absorb(market.status as u64);
            for side in [Side::Buy, Side::Sell] {
                let orders = self.resting(security_id, side);
                digest = digest.absorb(orders.len() as u64);
                for order in orders {
                    digest = digest
                        .absorb(u64::from(order.price))
                        .absorb(u64::from(order.leaves))
                        .absorb(u64::from(order.account));
                }
            }
        }
        digest.value()
    }
}

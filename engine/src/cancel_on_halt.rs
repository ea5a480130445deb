//! Cancel on halt: orders that end when their market is paused or goes in play.

use std::ops::Range;

use forecastle_proto_spec::{
    CancelReason, EXEC_INST_CANCEL_ON_HALT, MarketStatus, MassActionScope,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::events::Market;
use crate::work::Sweep;

impl Engine {
    /// Whether one of these markets has an order that ends when it comes to a status.
    pub(crate) fn halts_orders(
        &self,
        mut security_ids: Range<u32>,
        (status, in_play): (MarketStatus, u8),
    ) -> bool {
        security_ids.any(|security_id| {
            let market = self.events.market(security_id);
            self.orders.halt_count(security_id) > 0 && halts(market, status, in_play)
        })
    }

    /// Sweeps the orders of a market, or of an event, that end on the halt that just came.
    ///
    /// # Panics
    /// When the exchange has no room for work.
    pub(crate) fn sweep_halted(
        &mut self,
        context: &Context,
        covered: (MassActionScope, u32),
        effects: &mut EffectBuffer<'_>,
    ) {
        let sweep = self.sweep_of(context, covered, CancelReason::MarketHalted);
        let sweep = Sweep { exec_inst: EXEC_INST_CANCEL_ON_HALT, ..sweep };
        self.begin_sweep(context, sweep, effects);
    }
}

/// Whether a market is paused, or goes in play, by coming to a status.
fn halts(market: &Market, status: MarketStatus, in_play: u8) -> bool {
    use MarketStatus::{Open, Paused};
    let is_pause = (market.status(), status) == (Open, Paused);
    let goes_in_play = market.in_play() == 0 && in_play == 1;
    let stays = matches!(market.status(), Open | Paused) && matches!(status, Open | Paused);
    stays && (is_pause || goes_in_play)
}

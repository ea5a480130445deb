//! What a mass quote needs: room, lots and money for what enters, less what goes gives back.

use forecastle_proto_spec::{EVENT_MARKETS_MAX, MassQuoteEntry, Side};

use super::plan::{QuoteAction, Standing};
use super::quote_of;
use crate::events::Market;
use crate::exposure::Stake;
use crate::fees::hold_per_lot;
use crate::ledger::held;

/// What the new quotes need together, less what the old ones free.
pub(super) struct Needs {
    /// By state of the event.
    pub(super) stakes: [Stake; EVENT_MARKETS_MAX],
    pub(super) lots: i64,
    pub(super) entered_count: u32,
    pub(super) freed_count: u32,
    /// Orders of the sender's session among those that go.
    pub(super) own_freed_count: u32,
    /// Markets in which the set has quotes then and had none.
    pub(super) added_market_count: usize,
    /// Markets in which it has none then and had quotes.
    pub(super) removed_market_count: usize,
}

impl Needs {
    pub(super) const NONE: Self = Self {
        stakes: [Stake { lots: 0, bid_cost: 0, ask_cost: 0 }; EVENT_MARKETS_MAX],
        lots: 0,
        entered_count: 0,
        freed_count: 0,
        own_freed_count: 0,
        added_market_count: 0,
        removed_market_count: 0,
    };

    /// Adds what a side of an entry needs that the session in a slot sent.
    #[inline(always)]
    pub(super) fn add(
        &mut self,
        session: u16,
        market: &Market,
        (entry, side, action): (&MassQuoteEntry, Side, QuoteAction),
        standing: Option<&Standing<'_>>,
    ) {
        if matches!(action, QuoteAction::Nothing | QuoteAction::Keep) {
            return;
        }
        let (price, size) = quote_of(entry, side);
        let enters = action.enters();
        let mut rate = market.fees.incoming();
        let mut lots = i64::from(size);
        let mut freed = 0;
        if let Some(standing) = standing {
            let order = standing.order;
            let leaves = i64::from(order.leaves_qty());
            let old_rate = standing.held_rate(market.fees);
            freed = hold_per_lot(side, order.price(), old_rate) * leaves;
            lots -= leaves;
            rate = if enters { rate } else { old_rate };
            if !matches!(action, QuoteAction::Reduce) {
                self.freed_count += u32::from(order.generation < u32::MAX);
                self.own_freed_count += u32::from(order.session == session);
            }
        }
        let cost = if size > 0 { hold_per_lot(side, price, rate) * i64::from(size) } else { 0 };
        self.entered_count += u32::from(enters);
        self.lots += lots;
        let stake = held(side, cost - freed);
        let sum = &mut self.stakes[usize::from(market.state_index)];
        sum.bid_cost += stake.bid_cost;
        sum.ask_cost += stake.ask_cost;
    }
}

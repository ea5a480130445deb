//! The short way of a mass quote that keeps and reduces quotes and moves some, as a market maker's
//! almost always does.
//!
//! The checks are the same as of every mass quote. What the long way does to one quote after the
//! other is done once for all of them here: as many orders leave as enter, of one session and one
//! detail, so that counts and free slots stay as they are; and as nothing trades between, what is
//! held changes once.

use forecastle_proto_spec::{CancelReason, MassQuote, MassQuoteEntry, Side};

use super::plan::{Plan, QuoteAction};
use super::{Counts, new_quote, quote_entered, quote_of};
use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::hold_per_lot;
use crate::new_order::saturated_quantity;
use crate::planted_fault::keeps_to_long_way;

impl Engine {
    /// The row of account and event, when a mass quote can go the short way.
    pub(super) fn row_to_move_in(&self, plan: &Plan) -> Option<u32> {
        let is_free = plan.only_moves
            && !self.quote_sets.has_blocked()
            && !self.ledger.limits.has_limited()
            && !keeps_to_long_way();
        if is_free { plan.row } else { None }
    }

    /// Does all that a mass quote asks for that goes the short way.
    pub(super) fn move_quotes(
        &mut self,
        context: &Context,
        (plan, row): (&Plan, u32),
        (message, entries): (&MassQuote, &[MassQuoteEntry]),
        effects: &mut EffectBuffer<'_>,
    ) -> Counts {
        let mut counts = Counts::default();
        let mut lots = 0;
        for (entry, side, action) in plan.steps(entries) {
            match action {
                QuoteAction::Enter(Some(slot)) => {
                    lots +=
                        self.move_out(context, (plan.account, row), (entry, side, slot), effects);
                    counts.cancelled += 1;
                    counts.entered += 1;
                }
                QuoteAction::Reduce(slot) => {
                    self.reduce_quote(message, (entry, side, slot), effects);
                    counts.kept += 1;
                }
                QuoteAction::Keep => counts.kept += 1,
                QuoteAction::Nothing => {}
                QuoteAction::Cancel(_) | QuoteAction::Enter(None) => {
                    unreachable!("a quote that comes or goes is not moved")
                }
            }
        }
        let account = self.ledger.settle_holds(row, lots);
        if account.worst_case() < 0 {
            self.assert_solvent(plan.account);
        }
        // The slot that is left last is taken first.
        let vacated = plan.steps(entries).rev().filter_map(|(_, _, action)| match action {
            QuoteAction::Enter(slot) => slot,
            _ => None,
        });
        let mut vacated = vacated;
        for (step, (entry, side, action)) in plan.steps(entries).enumerate() {
            if matches!(action, QuoteAction::Enter(_)) {
                let slot = vacated.next().expect("as many quotes come as go");
                self.quote_sets.replace(plan.set, plan.places[step / 2], side, slot);
                self.move_in(context, (plan, row, slot), message, (entry, side), effects);
            }
        }
        counts
    }

    /// Takes a quote that moves out of its book, and changes what is held for it to what is held
    /// for the one that takes its place; gives the lots that this has more.
    #[inline]
    fn move_out(
        &mut self,
        context: &Context,
        (account, row): (u32, u32),
        (entry, side, slot): (&MassQuoteEntry, Side, u32),
        effects: &mut EffectBuffer<'_>,
    ) -> i64 {
        let order = *self.orders.order(slot);
        let security_id = order.security_id;
        self.books.remove(self.orders.slots_mut(), security_id, slot);
        self.orders.vacate(slot, &order);
        let market = self.events.market(security_id);
        let (price, size) = quote_of(entry, side);
        let (lots, leaves) = (i64::from(size), i64::from(order.leaves_qty()));
        let rate = market.fees.maker;
        let cost = hold_per_lot(side, price, rate) * lots
            - hold_per_lot(side, order.price(), rate) * leaves;
        self.ledger.exposures.hold_unsettled((row, market.state_index), (side, cost));
        let order_id = self.orders.id_of(slot, &order).value();
        let rpt_seq = self.events.next_rpt_seq(security_id);
        let owner = (account, context.session_id);
        effects.push(&order.cancelled(order_id, owner, rpt_seq, CancelReason::QuoteReplaced));
        lots - leaves
    }

    /// Puts a quote into its book, in a slot that another one left.
    #[inline]
    fn move_in(
        &mut self,
        context: &Context,
        (plan, row, slot): (&Plan, u32, u32),
        message: &MassQuote,
        (entry, side): (&MassQuoteEntry, Side),
        effects: &mut EffectBuffer<'_>,
    ) {
        let mut order = new_quote(context, message, (entry, side), (&plan.detail, row));
        self.orders.occupy(slot, &mut order, plan.account);
        let security_id = order.security_id;
        let ahead = self.books.push_back(self.orders.slots_mut(), security_id, side, slot);
        let order_id = self.orders.id_of(slot, &order).value();
        let rpt_seq = self.events.next_rpt_seq(security_id);
        let (owner, terms) = (
            (plan.account, context.session_id),
            (message.quote_set_id.get(), plan.detail.exec_inst),
        );
        effects.push_two(
            &quote_entered(&order, order_id, owner, terms, saturated_quantity(ahead)),
            &order.rested(order_id, rpt_seq),
        );
    }
}

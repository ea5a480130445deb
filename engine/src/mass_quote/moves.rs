//! The short way of a mass quote that keeps and reduces quotes and moves some, as a market maker's
//! almost always does.
//!
//! The checks are the same as of every mass quote. What the long way does to one quote after the
//! other is done once for all of them here: as many orders leave as enter, of one session and one
//! detail, so that counts and free slots stay as they are; and as nothing trades between, what is
//! held changes once.

use forecastle_proto_spec::{CancelReason, EVENT_MARKETS_MAX, MassQuote, MassQuoteEntry, Side};

use super::plan::{Plan, QuoteAction};
use super::{Counts, new_quote, quote_entered, quote_of};
use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::hold_per_lot;
use crate::new_order::saturated_quantity;
use crate::planted_fault::keeps_to_long_way;

/// A mass quote on the short way.
struct Moves<'a> {
    plan: &'a Plan,
    /// Of account and event.
    row: u32,
    kept_count: u16,
    /// What the quotes that enter have more than those that left.
    lots: i64,
    /// The first of these are the slots that quotes left and none has taken yet.
    vacated: [u32; 2 * EVENT_MARKETS_MAX],
    vacated_count: usize,
}

impl<'a> Moves<'a> {
    fn new(plan: &'a Plan, row: u32) -> Self {
        let vacated = [0; 2 * EVENT_MARKETS_MAX];
        Self { plan, row, kept_count: 0, lots: 0, vacated, vacated_count: 0 }
    }

    /// Notes that a quote that moves has left its slot.
    #[inline(always)]
    fn vacate(&mut self, slot: u32) {
        self.vacated[self.vacated_count] = slot;
        self.vacated_count += 1;
    }

    /// The slot for the next quote: the one that was left last, as if they had been freed.
    #[inline(always)]
    fn occupy(&mut self) -> u32 {
        self.vacated_count -= 1;
        self.vacated[self.vacated_count]
    }
}

impl Engine {
    /// The row of account and event, when a mass quote can go the short way.
    pub(super) fn row_to_move_in(&self, plan: &Plan) -> Option<u32> {
        let is_free = plan.only_moves && !self.quote_sets.has_blocked() && !keeps_to_long_way();
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
        let mut moves = Moves::new(plan, row);
        for (index, entry, [bid, offer]) in plan.steps(entries) {
            // Side by side, so that each is compiled for its side.
            let (bid, offer) = ((Side::Buy, bid), (Side::Sell, offer));
            self.clear_side(context, &mut moves, (message, entry, index), bid, effects);
            self.clear_side(context, &mut moves, (message, entry, index), offer, effects);
        }
        let account = self.ledger.settle_holds(row, moves.lots);
        if account.worst_case() < 0 {
            self.assert_solvent(plan.account);
        }
        let moved = u16::try_from(moves.vacated_count).expect("two quotes a market");
        for (index, entry, [bid, offer]) in plan.steps(entries) {
            let (bid, offer) = ((Side::Buy, bid), (Side::Sell, offer));
            self.enter_side(context, &mut moves, (message, entry, index), bid, effects);
            self.enter_side(context, &mut moves, (message, entry, index), offer, effects);
        }
        Counts { entered: moved, kept: moves.kept_count, cancelled: moved }
    }

    #[inline(always)]
    fn clear_side(
        &mut self,
        context: &Context,
        moves: &mut Moves<'_>,
        (message, entry, index): (&MassQuote, &MassQuoteEntry, usize),
        (side, action): (Side, QuoteAction),
        effects: &mut EffectBuffer<'_>,
    ) {
        let plan = moves.plan;
        match action {
            QuoteAction::Replace => {
                let slot = self.quote_sets.quote_at(plan.set, plan.places[index], side);
                moves.lots +=
                    self.move_out(context, (plan, moves.row), (entry, side, slot), effects);
                moves.vacate(slot);
            }
            QuoteAction::Reduce => {
                let slot = self.quote_sets.quote_at(plan.set, plan.places[index], side);
                self.reduce_quote(message, (entry, side, slot), effects);
                moves.kept_count += 1;
            }
            QuoteAction::Keep => moves.kept_count += 1,
            QuoteAction::Nothing => {}
            QuoteAction::Cancel | QuoteAction::Enter => {
                unreachable!("a quote that comes or goes is not moved")
            }
        }
    }

    #[inline(always)]
    fn enter_side(
        &mut self,
        context: &Context,
        moves: &mut Moves<'_>,
        (message, entry, index): (&MassQuote, &MassQuoteEntry, usize),
        (side, action): (Side, QuoteAction),
        effects: &mut EffectBuffer<'_>,
    ) {
        if action.enters() {
            let (slot, plan) = (moves.occupy(), moves.plan);
            self.quote_sets.replace(plan.set, plan.places[index], side, slot);
            self.move_in(context, (plan, moves.row, slot), message, (entry, side), effects);
        }
    }

    /// Takes a quote that moves out of its book, and changes what is held for it to what is held
    /// for the one that takes its place; gives the lots that this has more.
    #[inline(always)]
    fn move_out(
        &mut self,
        context: &Context,
        (plan, row): (&Plan, u32),
        (entry, side, slot): (&MassQuoteEntry, Side, u32),
        effects: &mut EffectBuffer<'_>,
    ) -> i64 {
        let account = plan.account;
        let order = *self.orders.order(slot);
        let security_id = order.security_id;
        self.books.remove(self.orders.slots_mut(), security_id, slot);
        self.orders.vacate(slot, (&order, &plan.detail), account);
        let (market, changes) = self.events.market_mut(security_id);
        let (price, size) = quote_of(entry, side);
        let (lots, leaves) = (i64::from(size), i64::from(order.leaves_qty()));
        let rate = market.fees.maker;
        let cost = hold_per_lot(side, price, rate) * lots
            - hold_per_lot(side, order.price(), rate) * leaves;
        let place = (account, row, market.state_index);
        self.ledger.hold_unsettled(place, (side, cost), lots - leaves);
        let rpt_seq = market.next_rpt_seq(changes);
        let order_id = self.orders.id_of(slot, &order).value();
        let owner = (account, context.session_id);
        effects.push(&order.cancelled(order_id, owner, rpt_seq, CancelReason::QuoteReplaced));
        lots - leaves
    }

    /// Puts a quote into its book, in a slot that another one left.
    #[inline(always)]
    fn move_in(
        &mut self,
        context: &Context,
        (plan, row, slot): (&Plan, u32, u32),
        message: &MassQuote,
        (entry, side): (&MassQuoteEntry, Side),
        effects: &mut EffectBuffer<'_>,
    ) {
        let mut order = new_quote(context, message, (entry, side), (&plan.detail, row));
        self.orders.occupy(slot, (&mut order, &plan.detail), plan.account);
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

//! Mass quotes: two-sided quotes in many markets of one event, taken all together or not at all.
//!
//! Everything is checked before anything changes. Then quotes that go, or give way to others, are
//! taken away and those that only shrink are reduced, entry by entry; then the new ones are
//! entered, entry by entry, the bid first. All of them together make no more trades than one order.

mod checks;
mod moves;
mod needs;
mod plan;

use forecastle_proto_spec::{
    CancelReason, EXEC_INST_POST_ONLY, MassQuote, MassQuoteAck, MassQuoteEntry, QuoteCancel,
    QuoteEntered, RejectCode, Side, TimeInForce,
};

use crate::apply::Context;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::ladder::Place;
use crate::matching::Incoming;
use crate::order_detail::OrderDetail;
use crate::order_table::{Order, Terms};
use plan::{Plan, QuoteAction};

/// Why a mass quote is refused: the code, and the number of the entry, 0 for none.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    code: RejectCode,
    entry: u16,
}

impl Refusal {
    /// Not for one entry.
    fn whole(code: RejectCode) -> Self {
        Self { code, entry: 0 }
    }
}

/// What a mass quote or a quote cancel did.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    entered: u16,
    kept: u16,
    cancelled: u16,
}

impl Engine {
    pub(crate) fn mass_quote(
        &mut self,
        context: &Context,
        message: &MassQuote,
        entries: &[MassQuoteEntry],
        effects: &mut EffectBuffer<'_>,
    ) {
        let quote_set_id = message.quote_set_id.get();
        let mut plan = Plan::new();
        match self.check_mass_quote(context, (message, entries), &mut plan) {
            Ok(()) => {
                let counts = if let Some(row) = self.row_to_move_in(&plan) {
                    self.move_quotes(context, (&plan, row), (message, entries), effects)
                } else {
                    let counts = self.clear_quotes(&plan, (message, entries), effects);
                    if counts.entered > 0 {
                        self.enter_quotes(context, &plan, (message, entries), effects);
                    }
                    self.protect(effects);
                    counts
                };
                acknowledge(context, quote_set_id, counts, effects);
            }
            Err(refusal) => {
                let entry = entries.get(usize::from(refusal.entry).wrapping_sub(1));
                let security_id = entry.map_or(0, |entry| entry.security_id.get());
                refuse(context, quote_set_id, refusal, security_id, effects);
            }
        }
    }

    pub(crate) fn cancel_quote_set(
        &mut self,
        context: &Context,
        message: &QuoteCancel,
        effects: &mut EffectBuffer<'_>,
    ) {
        let (quote_set_id, security_id) = (message.quote_set_id.get(), message.security_id.get());
        let found = self.named_quote_set(context, quote_set_id).and_then(|set| {
            self.check_own_account(context, self.quote_sets.set(set).account)?;
            match security_id {
                0 => Ok((set, None)),
                _ if self.events.find_market(security_id).is_none() => {
                    Err(RejectCode::UnknownMarket)
                }
                _ => Ok((set, Some(security_id))),
            }
        });
        match found {
            Ok((set, market)) => {
                let reason = CancelReason::QuoteCancelled;
                let cancelled = self.cancel_quotes(set, market, reason, effects);
                let counts = Counts { cancelled, ..Counts::default() };
                acknowledge(context, quote_set_id, counts, effects);
            }
            Err(code) => {
                refuse(context, quote_set_id, Refusal::whole(code), security_id, effects);
            }
        }
    }

    /// Takes away and reduces what the set has.
    fn clear_quotes(
        &mut self,
        plan: &Plan,
        (message, entries): (&MassQuote, &[MassQuoteEntry]),
        effects: &mut EffectBuffer<'_>,
    ) -> Counts {
        let mut counts = Counts::default();
        for (entry, side, action) in plan.sides(entries) {
            let Some(slot) = self.quote_sets.quote(plan.set, entry.security_id.get(), side) else {
                counts.entered += u16::from(action.enters());
                continue;
            };
            match action {
                QuoteAction::Keep => counts.kept += 1,
                QuoteAction::Reduce => {
                    self.reduce_quote(message, (entry, side, slot), effects);
                    counts.kept += 1;
                }
                QuoteAction::Cancel => {
                    self.cancel_resting(slot, CancelReason::QuoteCancelled, effects);
                    counts.cancelled += 1;
                }
                QuoteAction::Replace => {
                    self.cancel_resting(slot, CancelReason::QuoteReplaced, effects);
                    counts.cancelled += 1;
                    counts.entered += 1;
                }
                QuoteAction::Nothing | QuoteAction::Enter => {
                    unreachable!("where a quote stands something is done to it")
                }
            }
        }
        counts
    }

    /// Takes lots off a quote, which keeps its place.
    fn reduce_quote(
        &mut self,
        message: &MassQuote,
        (entry, side, slot): (&MassQuoteEntry, Side, u32),
        effects: &mut EffectBuffer<'_>,
    ) {
        let (_, size) = quote_of(entry, side);
        let order_qty = self.orders.order(slot).cum_qty() + size;
        let (order, account) = self.shrink(slot, order_qty, message.quote_id.get());
        let exec_inst = self.orders.detail(slot).exec_inst;
        self.report_replaced((slot, &order, exec_inst), account, None, effects);
    }

    /// Enters the sides that are to be entered.
    fn enter_quotes(
        &mut self,
        context: &Context,
        plan: &Plan,
        (message, entries): (&MassQuote, &[MassQuoteEntry]),
        effects: &mut EffectBuffer<'_>,
    ) {
        let exposure = plan
            .row
            .unwrap_or_else(|| self.ledger.take_pair(plan.account, plan.event_id, plan.shape));
        let mut trades_max = self.config.sweep_trades_max;
        let detail = plan.detail;
        for (entry, side, action) in plan.sides(entries) {
            if !action.enters() {
                continue;
            }
            let order = new_quote(context, message, (entry, side), (&detail, exposure));
            let (account, session_id) = (plan.account, context.session_id);
            let (slot, has_waited) = (0, false);
            let incoming =
                Incoming { slot, order, detail, account, session_id, trades_max, has_waited };
            trades_max -= self.enter_quote(incoming, message.quote_set_id.get(), effects);
        }
    }

    /// Enters one quote, its slot still open; gives how often it traded.
    fn enter_quote(
        &mut self,
        mut incoming: Incoming,
        quote_set_id: u16,
        effects: &mut EffectBuffer<'_>,
    ) -> u32 {
        incoming.slot = self.orders.accept(&mut incoming.order);
        let order = &incoming.order;
        let ahead = self.quantity_ahead(order.security_id, order.side, order.place.tick());
        let order_id = self.orders.id_of(incoming.slot, order).value();
        let (owner, terms) =
            ((incoming.account, incoming.session_id), (quote_set_id, incoming.detail.exec_inst));
        effects.push(&quote_entered(order, order_id, owner, terms, ahead));
        if incoming.detail.has(EXEC_INST_POST_ONLY) && self.check_rests(&incoming.order).is_err() {
            let leaves = incoming.order.leaves_qty();
            self.cancel_incoming(&incoming, leaves, CancelReason::PostOnly, effects);
            return 0;
        }
        self.work_incoming(incoming, effects)
    }
}

/// The order that a side of an entry asks for, before it is accepted.
#[inline(always)]
fn new_quote(
    context: &Context,
    message: &MassQuote,
    (entry, side): (&MassQuoteEntry, Side),
    (detail, exposure): (&OrderDetail, u32),
) -> Order {
    let (price, size) = quote_of(entry, side);
    Order {
        place: Place::new(u32::from(price), size),
        accepted_number: 0,
        priority: 0,
        cl_ord_id: message.quote_id.get(),
        order_qty: size,
        security_id: entry.security_id.get(),
        link_id: 0,
        exposure,
        generation: 0,
        session: context.session(),
        side,
        terms: Terms::new(TimeInForce::GoodTillCancel, detail),
    }
}

/// The report that a quote was entered, to its account and session, by the number of its set and
/// its instructions.
#[inline(always)]
fn quote_entered(
    order: &Order,
    order_id: u64,
    (account, session_id): (u32, u32),
    (quote_set_id, exec_inst): (u16, u8),
    quantity_ahead: u32,
) -> QuoteEntered {
    QuoteEntered {
        order_id: order_id.into(),
        quote_id: order.cl_ord_id.into(),
        security_id: order.security_id.into(),
        account: account.into(),
        session_id: session_id.into(),
        order_qty: order.order_qty.into(),
        quantity_ahead: quantity_ahead.into(),
        quote_set_id: quote_set_id.into(),
        price: order.price().into(),
        side: order.side.into(),
        exec_inst,
        reserved_42: [0; 6],
    }
}

/// Each entry with each side, the bid first.
fn sides_of(entries: &[MassQuoteEntry]) -> impl Iterator<Item = (&MassQuoteEntry, Side)> {
    entries.iter().flat_map(|entry| Side::ALL.map(|side| (entry, side)))
}

/// Price and lots of a side.
fn quote_of(entry: &MassQuoteEntry, side: Side) -> (u16, u32) {
    match side {
        Side::Buy => (entry.bid_px.get(), entry.bid_size.get()),
        Side::Sell => (entry.offer_px.get(), entry.offer_size.get()),
    }
}

fn acknowledge(
    context: &Context,
    quote_set_id: u16,
    counts: Counts,
    effects: &mut EffectBuffer<'_>,
) {
    let refusal = MassQuoteAck {
        entered_count: counts.entered.into(),
        kept_count: counts.kept.into(),
        cancelled_count: counts.cancelled.into(),
        ..answer(context, quote_set_id, effects)
    };
    effects.push(&refusal);
}

fn refuse(
    context: &Context,
    quote_set_id: u16,
    refusal: Refusal,
    security_id: u32,
    effects: &mut EffectBuffer<'_>,
) {
    let refusal = MassQuoteAck {
        security_id: security_id.into(),
        reject_code: u16::from(refusal.code).into(),
        entry: refusal.entry.into(),
        ..answer(context, quote_set_id, effects)
    };
    effects.push(&refusal);
}

/// An answer that says nothing yet.
fn answer(context: &Context, quote_set_id: u16, effects: &EffectBuffer<'_>) -> MassQuoteAck {
    MassQuoteAck {
        quote_id: context.request_id.into(),
        exec_id: effects.next_position().into(),
        transact_time_ns: context.time_ns.into(),
        seq_num: context.seq_num.into(),
        security_id: 0.into(),
        entered_count: 0.into(),
        kept_count: 0.into(),
        cancelled_count: 0.into(),
        quote_set_id: quote_set_id.into(),
        reject_code: 0.into(),
        entry: 0.into(),
        ref_template_id: context.template_id.into(),
        reserved_46: [0; 2],
    }
}

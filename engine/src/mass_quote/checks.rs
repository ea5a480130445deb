//! The checks of a mass quote, in order: all of them hold, or nothing changes.

use forecastle_proto_spec::{
    EVENT_MARKETS_MAX, MarketStatus, MassQuote, MassQuoteEntry, PAYOUT, RejectCode, Side,
};

use super::plan::{Plan, QuoteAction};
use super::{Refusal, quote_of, sides_of};
use crate::apply::Context;
use crate::blocks::Subject;
use crate::collars::check_collar;
use crate::engine::Engine;
use crate::events::Market;
use crate::exposure::Stake;
use crate::fees::hold_per_lot;
use crate::ledger::{ACCOUNT_LOTS_MAX, held};
use crate::limit_checks::Addition;
use crate::new_order::{check_price_and_quantity, check_staleness};
use crate::order_detail::OrderDetail;
use crate::quote_sets::QUOTE_SET_MARKETS_MAX;

/// What the new quotes need together, less what the old ones free.
struct Needs {
    /// By state of the event.
    stakes: [Stake; EVENT_MARKETS_MAX],
    lots: i64,
    entered_count: u32,
    freed_count: u32,
    /// Orders of the sender's session among those that go.
    own_freed_count: u32,
    /// Markets in which the set has quotes then and had none.
    added_market_count: usize,
    /// Markets in which it has none then and had quotes.
    removed_market_count: usize,
}

impl Needs {
    const NONE: Self = Self {
        stakes: [Stake { lots: 0, bid_cost: 0, ask_cost: 0 }; EVENT_MARKETS_MAX],
        lots: 0,
        entered_count: 0,
        freed_count: 0,
        own_freed_count: 0,
        added_market_count: 0,
        removed_market_count: 0,
    };
}

impl Engine {
    /// Checks a mass quote and plans what it does.
    pub(super) fn check_mass_quote(
        &self,
        context: &Context,
        (message, entries): (&MassQuote, &[MassQuoteEntry]),
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let set =
            self.named_quote_set(context, message.quote_set_id.get()).map_err(Refusal::whole)?;
        let (account, group) = (self.quote_sets.set(set).account, self.quote_sets.set(set).group);
        let (limit_ms, sent_ns) = (message.max_staleness_ms.get(), message.sending_time_ns.get());
        check_staleness(limit_ms, sent_ns, context.time_ns).map_err(Refusal::whole)?;
        self.check_own_account(context, account).map_err(Refusal::whole)?;
        let is_triggered = group != 0 && self.protection.group(group).is_triggered;
        if is_triggered || self.quote_sets.is_blocked(set) {
            return Err(Refusal::whole(RejectCode::ProtectionTriggered));
        }
        (plan.set, plan.account) = (set, account);
        plan.detail = self.quote_sets.set(set).detail(set);
        let mut needs = Needs::NONE;
        for (number, index) in (1..).zip(0..entries.len()) {
            self.check_entry(context, &entries[..=index], plan, &mut needs)
                .map_err(|code| Refusal { code, entry: number })?;
        }
        plan.row = self.ledger.exposures.find(account, plan.event_id);
        self.check_together(context, plan, entries, &needs).map_err(Refusal::whole)
    }

    /// Checks the last of some entries, of which those before were checked, and plans it.
    fn check_entry(
        &self,
        context: &Context,
        entries: &[MassQuoteEntry],
        plan: &mut Plan,
        needs: &mut Needs,
    ) -> Result<(), RejectCode> {
        let Some((entry, before)) = entries.split_last() else { return Ok(()) };
        let security_id = entry.security_id.get();
        let market = self.events.find_market(security_id).ok_or(RejectCode::UnknownMarket)?;
        if before.is_empty() {
            (plan.event_id, plan.shape) = (market.event_id, market.shape);
        }
        let is_of_event = market.event_id == plan.event_id;
        if !is_of_event || before.iter().any(|other| other.security_id.get() == security_id) {
            return Err(RejectCode::InvalidQuoteEntry);
        }
        if market.status() != MarketStatus::Open {
            return Err(RejectCode::MarketNotOpen);
        }
        for side in Side::ALL {
            let (price, size) = quote_of(entry, side);
            if size > 0 {
                check_price_and_quantity(price, size)?;
            }
        }
        let has_both = entry.bid_size.get() > 0 && entry.offer_size.get() > 0;
        if has_both && entry.bid_px.get() >= entry.offer_px.get() {
            return Err(RejectCode::QuoteCrossed);
        }
        let index = before.len();
        let hint = index.checked_sub(1).map_or(0, |last| plan.places[last].wrapping_add(1));
        let found = self.quote_sets.find_market(plan.set, security_id, hint);
        plan.places[index] = found.map_or(hint, |(place, _)| place);
        for (step, side) in (2 * index..).zip(Side::ALL) {
            let slot = found.and_then(|(_, quotes)| quotes.quote(side));
            let quote = slot.map(|slot| (slot, self.orders.order(slot)));
            let action = QuoteAction::of(quote, quote_of(entry, side));
            if matches!(action, QuoteAction::Enter(_)) {
                self.check_new_quote(context, plan.account, market, (entry, side))?;
            }
            self.add_needs(context, market, (entry, side, action), needs);
            plan.only_moves &= self.is_move(context, &plan.detail, market, (entry, side, action));
            plan.actions[step] = action;
        }
        let is_quoted = entry.bid_size.get() > 0 || entry.offer_size.get() > 0;
        needs.added_market_count += usize::from(is_quoted && found.is_none());
        needs.removed_market_count += usize::from(!is_quoted && found.is_some());
        Ok(())
    }

    /// Checks what only a quote has to keep that enters.
    #[inline]
    fn check_new_quote(
        &self,
        context: &Context,
        account: u32,
        market: &Market,
        (entry, side): (&MassQuoteEntry, Side),
    ) -> Result<(), RejectCode> {
        let security_id = entry.security_id.get();
        let (price, size) = quote_of(entry, side);
        if !self.events.is_on_grid(security_id, price) {
            return Err(RejectCode::PriceOffGrid);
        }
        self.check_trading(|| Subject {
            security_id,
            event_id: market.event_id,
            account,
            firm_id: context.entitlement.firm_id,
            link_id: 0,
            side,
            session_ids: [context.session_id; 2],
        })?;
        let cost = hold_per_lot(side, price, market.fees.incoming()) * i64::from(size);
        self.check_order_cost(account, cost)?;
        check_collar(market, price)
    }

    fn check_together(
        &self,
        context: &Context,
        plan: &Plan,
        entries: &[MassQuoteEntry],
        needs: &Needs,
    ) -> Result<(), RejectCode> {
        self.check_price_sums(plan, entries)?;
        let market_count = self.quote_sets.markets(plan.set).len() + needs.added_market_count;
        if market_count - needs.removed_market_count > QUOTE_SET_MARKETS_MAX {
            return Err(RejectCode::QuoteSetFull);
        }
        let most = u32::from(context.entitlement.open_orders_max);
        let open = self.orders.open_count(context.session()) - needs.own_freed_count;
        if most != 0 && needs.entered_count > 0 && open + needs.entered_count > most {
            return Err(RejectCode::OpenOrderLimit);
        }
        if self.orders.free_slot_count() + needs.freed_count < needs.entered_count {
            return Err(RejectCode::OrderTableFull);
        }
        let is_new_pair = plan.row.is_none() && needs.entered_count > 0;
        if is_new_pair && !self.ledger.exposures.has_room(plan.shape) {
            return Err(RejectCode::ExposureTableFull);
        }
        if self.ledger.accounts.account(plan.account).lots + needs.lots > ACCOUNT_LOTS_MAX {
            return Err(RejectCode::HoldOverflow);
        }
        let exposures = &self.ledger.exposures;
        let stakes = &needs.stakes[..usize::from(plan.shape.market_count)];
        let after = exposures.minimum_with_all(plan.row, plan.shape, stakes);
        let before = plan.row.map_or(0, |row| exposures.minimum(row));
        if self.ledger.limits.has_limited() {
            self.check_limits(plan, entries, (before, after))?;
        }
        if self.buying_power(plan.account) + (after - before) < 0 {
            return Err(RejectCode::InsufficientBuyingPower);
        }
        Ok(())
    }

    /// The account's limits: on each side that gets more lots, and on the event.
    fn check_limits(
        &self,
        plan: &Plan,
        entries: &[MassQuoteEntry],
        minimum: (i64, i64),
    ) -> Result<(), RejectCode> {
        let account = (plan.account, plan.row);
        for (entry, side, action) in plan.steps(entries) {
            // No other quote gets more lots.
            let QuoteAction::Enter(old) = action else { continue };
            let old = old.map_or(0, |slot| self.orders.order(slot).leaves_qty());
            let lots = i64::from(quote_of(entry, side).1) - i64::from(old);
            let state = self.events.market(entry.security_id.get()).state_index;
            let addition = Addition { side, lots, minimum: (0, 0) };
            self.check_account_limits(account, state, &addition)?;
        }
        self.check_account_limits(account, 0, &Addition { side: Side::Buy, lots: 0, minimum })
    }

    /// A market without a bid counts 0, one without an offer the payout.
    fn check_price_sums(&self, plan: &Plan, entries: &[MassQuoteEntry]) -> Result<(), RejectCode> {
        let set = self.quote_sets.set(plan.set);
        let (bid_max, offer_min) = (set.bid_price_sum_max, set.offer_price_sum_min);
        if bid_max == 0 && offer_min == 0 {
            return Ok(());
        }
        let (mut bids, mut offers) = (0, 0);
        for (entry, side) in sides_of(entries) {
            let (price, size) = quote_of(entry, side);
            match side {
                Side::Buy if size > 0 => bids += u32::from(price),
                Side::Buy => {}
                Side::Sell if size > 0 => offers += u32::from(price),
                Side::Sell => offers += u32::from(PAYOUT),
            }
        }
        let other_count = usize::from(plan.shape.market_count) - entries.len();
        offers += u32::from(PAYOUT) * u32::try_from(other_count).unwrap_or(u32::MAX);
        if (bid_max != 0 && bids > bid_max) || (offer_min != 0 && offers < offer_min) {
            return Err(RejectCode::QuotePriceSum);
        }
        Ok(())
    }

    /// Adds what a side needs to what those before it need.
    #[inline]
    fn add_needs(
        &self,
        context: &Context,
        market: &Market,
        (entry, side, action): (&MassQuoteEntry, Side, QuoteAction),
        needs: &mut Needs,
    ) {
        let (price, size) = quote_of(entry, side);
        let (old, rate) = match action {
            QuoteAction::Nothing | QuoteAction::Keep => return,
            QuoteAction::Reduce(slot) | QuoteAction::Cancel(slot) => {
                (Some(slot), self.held_rate(slot))
            }
            QuoteAction::Enter(old) => (old, market.fees.incoming()),
        };
        let mut lots = i64::from(size);
        let mut cost = if size > 0 { hold_per_lot(side, price, rate) * lots } else { 0 };
        if let Some(slot) = old {
            let order = self.orders.order(slot);
            let leaves = i64::from(order.leaves_qty());
            lots -= leaves;
            cost -= hold_per_lot(side, order.price(), self.held_rate(slot)) * leaves;
            let is_freed = !matches!(action, QuoteAction::Reduce(_));
            needs.freed_count += u32::from(is_freed && order.generation < u32::MAX);
            let is_own = order.session == context.session();
            needs.own_freed_count += u32::from(is_freed && is_own);
        }
        needs.entered_count += u32::from(matches!(action, QuoteAction::Enter(_)));
        needs.lots += lots;
        let stake = held(side, cost);
        let sum = &mut needs.stakes[usize::from(market.state_index)];
        sum.bid_cost += stake.bid_cost;
        sum.ask_cost += stake.ask_cost;
    }
    /// Whether a side's quote stays, is reduced, or moves as [`Self::move_quotes`] can.
    #[inline]
    fn is_move(
        &self,
        context: &Context,
        detail: &OrderDetail,
        market: &Market,
        (entry, side, action): (&MassQuoteEntry, Side, QuoteAction),
    ) -> bool {
        match action {
            QuoteAction::Nothing | QuoteAction::Keep | QuoteAction::Reduce(_) => true,
            QuoteAction::Cancel(_) | QuoteAction::Enter(None) => false,
            QuoteAction::Enter(Some(slot)) => {
                let order = self.orders.order(slot);
                let (price, _) = quote_of(entry, side);
                order.session == context.session()
                    && order.generation < u32::MAX
                    && self.orders.detail(slot) == *detail
                    && !market.is_cross_outcome()
                    && self.books.rests(entry.security_id.get(), side, price.into())
            }
        }
    }
}

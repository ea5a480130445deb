//! The checks of a mass quote, in order: all of them hold, or nothing changes.

use forecastle_proto_spec::{MarketStatus, MassQuote, MassQuoteEntry, PAYOUT, RejectCode, Side};

use super::needs::Needs;
use super::plan::{Plan, QuoteAction, Standing};
use super::{Refusal, quote_of, sides_of};
use crate::account_limits::Addition;
use crate::apply::Context;
use crate::blocks::Subject;
use crate::collars::check_collar;
use crate::engine::Engine;
use crate::events::Market;
use crate::fees::hold_per_lot;
use crate::ledger::{ACCOUNT_LOTS_MAX, Ledger};
use crate::new_order::{check_price_and_quantity, check_staleness};
use crate::quote_sets::{QUOTE_SET_MARKETS_MAX, QuotedMarket};

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
        self.prefetch_quotes(set, entries);
        let mut needs = Needs::NONE;
        for (number, index) in (1..).zip(0..entries.len()) {
            self.check_entry(context, &entries[..=index], plan, &mut needs)
                .map_err(|code| Refusal { code, entry: number })?;
        }
        plan.row = self.ledger.find_pair(account, plan.event_id);
        self.check_together(context, plan, entries, &needs).map_err(Refusal::whole)
    }

    /// Brings what a mass quote of a set changes close, as far as the set tells: its quotes, those
    /// of its first markets, and the row of its account and the event.
    #[inline]
    fn prefetch_quotes(&self, set: u16, entries: &[MassQuoteEntry]) {
        let account = self.quote_sets.set(set).account;
        let security_id = entries.first().map_or(0, |entry| entry.security_id.get());
        if let Some(market) = self.events.find_market(security_id) {
            let Ledger { accounts, exposures, .. } = &self.ledger;
            let near = &accounts.account(account).pairs;
            exposures.prefetch_all(near, account, market.event_id);
        }
        for market in self.quote_sets.markets(set).iter().take(MARKETS_AHEAD) {
            for slot in Side::ALL.into_iter().filter_map(|side| market.quote(side)) {
                self.orders.prefetch(slot);
            }
        }
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
        let quotes = found.map(|(_, quotes)| quotes);
        // Side by side, so that each is compiled for its side.
        let bid = self.plan_side(context, market, (entry, Side::Buy), quotes, (plan, needs))?;
        let offer = self.plan_side(context, market, (entry, Side::Sell), quotes, (plan, needs))?;
        plan.actions[index] = [bid, offer];
        let is_quoted = entry.bid_size.get() > 0 || entry.offer_size.get() > 0;
        needs.added_market_count += usize::from(is_quoted && found.is_none());
        needs.removed_market_count += usize::from(!is_quoted && found.is_some());
        Ok(())
    }

    /// Checks a side of an entry and gives what is done to it, given the quotes in its market.
    #[inline(always)]
    fn plan_side(
        &self,
        context: &Context,
        market: &Market,
        (entry, side): (&MassQuoteEntry, Side),
        quotes: Option<QuotedMarket>,
        (plan, needs): (&mut Plan, &mut Needs),
    ) -> Result<QuoteAction, RejectCode> {
        let slot = quotes.and_then(|quotes| quotes.quote(side));
        let standing = slot.map(|slot| self.standing(slot));
        let standing = standing.as_ref();
        let action = QuoteAction::of(standing, quote_of(entry, side));
        if action.enters() {
            if let Some(standing) = standing {
                self.books.prefetch(entry.security_id.get(), standing.order.place.tick());
            }
            self.books.prefetch(entry.security_id.get(), quote_of(entry, side).0.into());
            self.check_new_quote(context, plan.account, market, (entry, side))?;
        }
        let asked = (entry, side, action);
        needs.add(context.session(), market, asked, standing);
        plan.only_moves &= self.is_move(context, market, asked, standing);
        Ok(action)
    }

    /// Checks what only a quote has to keep that enters.
    #[inline(always)]
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
        self.ledger.limits.check_order_cost(account, cost)?;
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
        if self.ledger.limits.is_limited(plan.account) {
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
        let Ledger { limits, exposures, .. } = &self.ledger;
        for (entry, side, action) in plan.sides(entries) {
            // No other quote gets more lots.
            if !action.enters() {
                continue;
            }
            let security_id = entry.security_id.get();
            let old = self.quote_sets.quote(plan.set, security_id, side);
            let old = old.map_or(0, |slot| self.orders.order(slot).leaves_qty());
            let lots = i64::from(quote_of(entry, side).1) - i64::from(old);
            let state = self.events.market(security_id).state_index;
            let addition = Addition { side, lots, minimum: (0, 0) };
            limits.check(account, state, &addition, exposures)?;
        }
        limits.check(account, 0, &Addition { side: Side::Buy, lots: 0, minimum }, exposures)
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

    /// The quote of the plan's set that stands in a slot.
    #[inline(always)]
    fn standing(&self, slot: u32) -> Standing<'_> {
        let is_pending = self.orders.is_pending(slot);
        Standing { order: self.orders.order(slot), is_pending }
    }

    /// Whether a side's quote stays, is reduced, or moves as [`Self::move_quotes`] can.
    #[inline(always)]
    fn is_move(
        &self,
        context: &Context,
        market: &Market,
        (entry, side, action): (&MassQuoteEntry, Side, QuoteAction),
        standing: Option<&Standing<'_>>,
    ) -> bool {
        match (action, standing) {
            (QuoteAction::Nothing | QuoteAction::Keep | QuoteAction::Reduce, _) => true,
            (QuoteAction::Replace, Some(Standing { order, is_pending, .. })) => {
                let (price, _) = quote_of(entry, side);
                order.session == context.session()
                    && order.generation < u32::MAX
                    && !is_pending
                    && !market.is_cross_outcome()
                    && self.books.rests(entry.security_id.get(), side, price.into())
            }
            _ => false,
        }
    }
}

/// Markets of a set whose quotes are brought close before they are looked at.
const MARKETS_AHEAD: usize = 8;

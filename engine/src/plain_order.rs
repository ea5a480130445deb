//! The short way of a new order that asks for nothing in particular: one that rests, as most do, or
//! an immediate-or-cancel one that trades.
//!
//! What the long way asks one after the other, to say which rule an order breaks first, this way
//! asks as one question; an order that does not pass goes the long way. What it does to the state
//! is the same: one way is as good as the other for every order that passes here.

mod take;

use forecastle_proto_spec::{MarketStatus, NewOrderSingle, ROLES_TRADER, Side, TimeInForce};

use crate::account_limits::{Addition, LimitTable};
use crate::accounts::Account;
use crate::blocks::Subject;
use crate::client_order_ids::Vacancy;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::entitlements::Entitlement;
use crate::events::Market;
use crate::exposure::{EventShape, ExposureTable, PairVacancy};
use crate::fees::hold_per_lot;
use crate::ladder::Place;
use crate::ledger::{ACCOUNT_LOTS_MAX, Ledger, held};
use crate::new_order::{order_accepted, saturated_quantity};
use crate::order_table::{Order, OrderTable, OwnerTag, Terms};
use crate::planted_fault::{PlantedFault, is_planted, keeps_to_long_way};

/// Who sent a command, when session, number and role are as they most often are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) session_id: u32,
    /// Slot of the session.
    pub(crate) session: u16,
    pub(crate) entitlement: Entitlement,
}

/// What an order asks for that asks for nothing in particular.
#[derive(Clone, Copy)]
struct PlainOrder {
    side: Side,
    time_in_force: TimeInForce,
    price: u16,
    lots: i64,
    /// Whether it takes what there is and never rests.
    takes: bool,
}

/// What was found of a plain order on the way to the answer that it is one.
struct Found {
    side: Side,
    vacancy: Vacancy,
    /// Row of its account and event.
    row: Result<u32, PairVacancy>,
    /// Account and event, the event's shape, and which of its markets it is.
    place: ((u32, u32), EventShape, u8),
}

impl Engine {
    /// The sender of an order, cancel or replace that carries the next number of an established
    /// session of a trader; the number is then taken. `None`, and nothing is changed, for all else.
    #[inline(always)]
    pub(crate) fn admit_next(&mut self, session_id: u32, seq_num: u32) -> Option<Sender> {
        let session = self.sessions.find(session_id)?;
        let entitlement = self.entitlement_of(session_id);
        let is_next =
            entitlement.includes_any(ROLES_TRADER) && self.sessions.take_next(session, seq_num);
        is_next.then_some(Sender { session_id, session, entitlement })
    }

    /// Takes a plain order in that rests or, when it never does, trades; gives whether it was one.
    /// Nothing is changed when not.
    ///
    /// Each row is looked for once: what is found holds until the order is in.
    #[inline(always)]
    pub(crate) fn enter_plain(
        &mut self,
        sender: &Sender,
        message: &NewOrderSingle,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let Some(plain) = PlainOrder::of(message) else { return false };
        if !self.takes_plain_orders() {
            return false;
        }
        let (account, security_id) = (message.account.get(), message.security_id.get());
        let Self { client_order_ids, ledger, events, orders, books, blocks, .. } = self;
        let Ledger { accounts, exposures, limits, .. } = ledger;
        let Some((market, changes)) = events.find_market_mut(security_id) else { return false };
        let Some(holder) = accounts.find_mut(account) else { return false };
        let rests = books.rests(security_id, plain.side, u32::from(plain.price));
        let may_enter = plain.is_taken_by(market)
            && sender.may_trade_for(holder, orders)
            && (blocks.is_empty() || !blocks.covers(&plain.subject(sender, message, market)))
            && rests != plain.takes;
        if !may_enter {
            return false;
        }
        let Ok(vacancy) = client_order_ids.look_up(sender.session, message.cl_ord_id.get()) else {
            return false;
        };
        let pair = (account, market.event_id);
        let row = exposures.look_up(&holder.pairs, pair.0, pair.1);
        let Some((cost, minimum)) = plain.cost(market, holder, exposures, row.ok()) else {
            return false;
        };
        let is_limited = limits.is_limited(account);
        if is_limited && !plain.keeps_limits(market, (account, row.ok()), limits, exposures) {
            return false;
        }
        let place = (pair, market.shape, market.state_index);
        if plain.takes {
            let found = Found { side: plain.side, vacancy, row, place };
            self.take_plain(sender, message, found, effects);
            return true;
        }
        let held = (plain.side, cost);
        let (exposure, change) = exposures.hold_to(&mut holder.pairs, row, place, held, minimum);
        holder.enter_order(change, plain.lots);
        if is_limited {
            let counted = exposures.place(exposure, place.2);
            limits.count_open(account, counted, (plain.side, plain.lots));
        }
        let mut order = plain.order(message, sender.session, exposure);
        let owner = (account, sender.owner(pair));
        let slot = orders.accept_plain(&mut order, owner);
        let order_id = orders.id_of(slot, &order).value();
        client_order_ids.record_named(sender.session, order.cl_ord_id, vacancy, order_id);
        let ahead = books.push_back(orders.slots_mut(), security_id, plain.side, slot);
        let rpt_seq = market.enter_order(changes);
        effects.push_two(
            &order_accepted(sender.session_id, message, order_id, saturated_quantity(ahead)),
            &order.rested(order_id, rpt_seq),
        );
        true
    }

    /// Whether nothing stands that every order has to be checked against.
    #[inline(always)]
    fn takes_plain_orders(&self) -> bool {
        !self.quote_sets.has_blocked() && self.orders.has_free_slot() && !keeps_to_long_way()
    }
}

impl Sender {
    /// Who owns an order of its for an account and event.
    #[inline(always)]
    fn owner(&self, (account, event_id): (u32, u32)) -> OwnerTag {
        OwnerTag::new(self.entitlement.firm_id, self.session_id, event_id, account)
    }

    /// Whether it may put one more order into the books, for an account.
    #[inline(always)]
    fn may_trade_for(&self, holder: &Account, orders: &OrderTable) -> bool {
        let open_orders_max = u32::from(self.entitlement.open_orders_max);
        holder.firm_id == self.entitlement.firm_id
            && (open_orders_max == 0 || orders.open_count(self.session) < open_orders_max)
    }
}

impl PlainOrder {
    /// What a message asks for, when that is nothing in particular.
    #[inline(always)]
    fn of(message: &NewOrderSingle) -> Option<Self> {
        let (price, quantity) = (message.price.get(), message.order_qty.get());
        let is_in_form = !has_particulars(message) && message.cl_ord_id.get() != 0 && quantity != 0;
        let side = Side::try_from(message.side).ok()?;
        let time_in_force = plain_time_in_force(message.time_in_force)?;
        let takes = time_in_force == TimeInForce::ImmediateOrCancel;
        is_in_form.then_some(Self { side, time_in_force, price, lots: i64::from(quantity), takes })
    }

    /// Whether a market takes it as far as the market alone tells.
    #[inline(always)]
    fn is_taken_by(&self, market: &Market) -> bool {
        is_open_at(market, self.price) && !(self.takes & market.delays_trades())
    }

    /// It as blocks look at it.
    #[cold]
    fn subject(&self, sender: &Sender, message: &NewOrderSingle, market: &Market) -> Subject {
        Subject {
            security_id: message.security_id.get(),
            event_id: market.event_id,
            account: message.account.get(),
            firm_id: sender.entitlement.firm_id,
            link_id: message.cl_ord_link_id.get(),
            side: self.side,
            session_ids: [sender.session_id; 2],
        }
    }

    /// What is held for it and its event's worst case with it, when the account can bear it and
    /// there is room.
    #[inline(always)]
    fn cost(
        &self,
        market: &Market,
        holder: &Account,
        exposures: &ExposureTable,
        row: Option<u32>,
    ) -> Option<(i64, i64)> {
        let (cost, before, minimum) = self.held_at(market.fees.maker, market, exposures, row);
        let mut worst = minimum;
        if market.fees.maker < market.fees.incoming() {
            // Coming in it could have traded, and paid the other fee.
            worst = self.held_at(market.fees.incoming(), market, exposures, row).2;
        }
        let has_room = row.is_some() || exposures.has_room(market.shape);
        let is_covered = holder.worst_case() + (worst - before) >= 0;
        let is_wrong = is_planted(PlantedFault::PlainOrderHoldsNothing);
        (has_room && is_covered && holder.lots + self.lots <= ACCOUNT_LOTS_MAX)
            .then_some((if is_wrong { 0 } else { cost }, minimum))
    }

    /// Whether it keeps the limits of its account, which has some.
    #[inline(never)]
    fn keeps_limits(
        &self,
        market: &Market,
        (account, row): (u32, Option<u32>),
        limits: &LimitTable,
        exposures: &ExposureTable,
    ) -> bool {
        let (cost, before, after) = self.held_at(market.fees.incoming(), market, exposures, row);
        let addition = Addition { side: self.side, lots: self.lots, minimum: (before, after) };
        let checked = limits.check((account, row), market.state_index, &addition, exposures);
        checked.is_ok() && limits.check_order_cost(account, cost).is_ok()
    }

    /// What is held for it at a rate, and its event's worst case before and with that.
    #[inline(always)]
    fn held_at(
        &self,
        rate: u16,
        market: &Market,
        exposures: &ExposureTable,
        row: Option<u32>,
    ) -> (i64, i64, i64) {
        let cost = hold_per_lot(self.side, self.price, rate) * self.lots;
        let stake = held(self.side, cost);
        let (before, minimum) =
            exposures.minimum_if_held(row, market.shape, market.state_index, stake);
        (cost, before, minimum)
    }

    #[inline(always)]
    fn order(&self, message: &NewOrderSingle, session: u16, exposure: u32) -> Order {
        let quantity = message.order_qty.get();
        Order {
            place: Place::new(u32::from(self.price), quantity),
            accepted_number: 0,
            priority: 0,
            cl_ord_id: message.cl_ord_id.get(),
            order_qty: quantity,
            security_id: message.security_id.get(),
            link_id: message.cl_ord_link_id.get(),
            exposure,
            generation: 0,
            session,
            side: self.side,
            terms: Terms::plain(self.time_in_force),
        }
    }
}

/// Whether a market is open to plain orders at a price.
#[inline(always)]
pub(crate) fn is_open_at(market: &Market, price: u16) -> bool {
    // The widest limits of a market are those of the grid.
    let limits = market.price_limits();
    market.status() == MarketStatus::Open
        && !market.has_tick_table()
        && !market.is_cross_outcome()
        && limits.low <= price
        && price <= limits.high
}

/// Whether an order asks for anything that few orders ask for.
#[inline(always)]
fn has_particulars(message: &NewOrderSingle) -> bool {
    let numbers = message.max_staleness_ms.get() | message.self_match_prevention_id.get();
    let instructions = message.exec_inst | message.self_match_prevention_instruction;
    message.expire_time_ns.get() | u64::from(numbers) | u64::from(instructions) != 0
}

/// A time in force of orders that need no timer and may be filled in part.
#[inline(always)]
fn plain_time_in_force(value: u8) -> Option<TimeInForce> {
    const DAY: u8 = TimeInForce::Day as u8;
    const GOOD_TILL_CANCEL: u8 = TimeInForce::GoodTillCancel as u8;
    const IMMEDIATE_OR_CANCEL: u8 = TimeInForce::ImmediateOrCancel as u8;
    match value {
        DAY => Some(TimeInForce::Day),
        GOOD_TILL_CANCEL => Some(TimeInForce::GoodTillCancel),
        IMMEDIATE_OR_CANCEL => Some(TimeInForce::ImmediateOrCancel),
        _ => None,
    }
}

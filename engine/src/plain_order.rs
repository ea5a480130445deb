//! The short way of a new order that asks for nothing in particular and rests, as most do.
//!
//! What the long way asks one after the other, to say which rule an order breaks first, this way
//! asks as one question; an order that does not pass goes the long way. What it does to the state
//! is the same: one way is as good as the other for every order that passes here.

use forecastle_proto_spec::{MarketStatus, NewOrderSingle, ROLES_TRADER, Side, TimeInForce};

use crate::client_order_ids::Vacancy;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::entitlements::Entitlement;
use crate::exposure::EventShape;
use crate::fees::hold_per_lot;
use crate::ladder::Place;
use crate::ledger::{ACCOUNT_LOTS_MAX, held};
use crate::new_order::{order_accepted, saturated_quantity};
use crate::order_table::{Order, Terms};
use crate::planted_fault::{PlantedFault, is_planted, keeps_to_long_way};

/// Who sent a command, when session, number and role are as they most often are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) session_id: u32,
    /// Slot of the session.
    pub(crate) session: u16,
    pub(crate) entitlement: Entitlement,
}

/// What was found on the way to the answer that an order is plain.
#[derive(Clone, Copy)]
struct PlainOrder {
    side: Side,
    time_in_force: TimeInForce,
    vacancy: Vacancy,
    /// Row of its account and event, if they have one.
    row: Option<u32>,
    event_id: u32,
    shape: EventShape,
    state: u8,
    /// What is held for it.
    cost: i64,
    /// The event's worst case with it.
    minimum: i64,
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

    /// Takes a plain order in that rests; gives whether it was one. Nothing is changed when not.
    #[inline(always)]
    pub(crate) fn rest_plain(
        &mut self,
        sender: &Sender,
        message: &NewOrderSingle,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        let Some(plain) = self.find_plain(sender, message) else { return false };
        let (account, security_id) = (message.account.get(), message.security_id.get());
        let quantity = message.order_qty.get();
        let PlainOrder { side, time_in_force, vacancy, event_id, shape, .. } = plain;
        let exposure = match plain.row {
            Some(row) => row,
            None => self.ledger.exposures.take(account, event_id, shape),
        };
        let mut order = Order {
            place: Place::new(u32::from(message.price.get()), quantity),
            accepted_number: 0,
            priority: 0,
            cl_ord_id: message.cl_ord_id.get(),
            order_qty: quantity,
            security_id,
            link_id: message.cl_ord_link_id.get(),
            exposure,
            generation: 0,
            session: sender.session,
            side,
            terms: Terms::plain(time_in_force),
        };
        let slot = self.orders.accept(&mut order);
        let order_id = self.orders.id_of(slot, &order).value();
        self.client_order_ids.record_named(sender.session, order.cl_ord_id, vacancy, order_id);
        self.orders.rest_plain(slot, &mut order, account);
        let ahead = self.books.push_back(self.orders.slots_mut(), security_id, side, slot);
        let rpt_seq = self.events.enter_order(security_id);
        let is_wrong = is_planted(PlantedFault::PlainOrderHoldsNothing);
        let cost = if is_wrong { 0 } else { plain.cost };
        self.ledger.hold_to(
            (exposure, plain.state),
            (side, cost),
            plain.minimum,
            account,
            quantity,
        );
        effects.push_two(
            &order_accepted(sender.session_id, message, order_id, saturated_quantity(ahead)),
            &order.rested(order_id, rpt_seq),
        );
        true
    }

    /// What there is to know of an order, when it asks for nothing in particular, no rule stands
    /// against it, and it rests without trading.
    #[inline(always)]
    fn find_plain(&self, sender: &Sender, message: &NewOrderSingle) -> Option<PlainOrder> {
        let (price, quantity) = (message.price.get(), message.order_qty.get());
        let cl_ord_id = message.cl_ord_id.get();
        let is_in_form = !has_particulars(message) && cl_ord_id != 0 && quantity != 0;
        let side = Side::try_from(message.side).ok()?;
        let time_in_force = resting_time_in_force(message.time_in_force)?;
        let is_free = is_in_form
            && self.blocks.is_empty()
            && !self.ledger.limits.has_limited()
            && !self.quote_sets.has_blocked()
            && self.orders.has_free_slot()
            && !keeps_to_long_way();
        let (account, security_id) = (message.account.get(), message.security_id.get());
        let market = self.events.find_market(security_id)?;
        // The widest limits of a market are those of the grid.
        let limits = market.price_limits();
        let is_open = market.status() == MarketStatus::Open
            && !market.has_tick_table()
            && !market.is_cross_outcome()
            && limits.low <= price
            && price <= limits.high;
        let holder = self.ledger.accounts.find(account)?;
        let open_orders_max = u32::from(sender.entitlement.open_orders_max);
        let is_allowed = holder.firm_id == sender.entitlement.firm_id
            && (open_orders_max == 0 || self.orders.open_count(sender.session) < open_orders_max);
        let rests = self.books.rests(security_id, side, u32::from(price));
        if !(is_free && is_open && is_allowed && rests) {
            return None;
        }
        let vacancy = self.client_order_ids.look_up(sender.session, cl_ord_id).ok()?;
        let row = self.ledger.exposures.find(account, market.event_id);
        let lots = i64::from(quantity);
        let asked = hold_per_lot(side, price, market.fees.incoming()) * lots;
        let (shape, state) = (market.shape, market.state_index);
        let (before, after) =
            self.ledger.exposures.minimum_if_held(row, shape, state, held(side, asked));
        let has_room = row.is_some() || self.ledger.exposures.has_room(shape);
        let is_covered = holder.worst_case() + (after - before) >= 0;
        if !(has_room && is_covered && holder.lots + lots <= ACCOUNT_LOTS_MAX) {
            return None;
        }
        let (mut cost, mut minimum) = (asked, after);
        if market.fees.maker != market.fees.incoming() {
            // Coming in it could have traded, and paid the other fee.
            cost = hold_per_lot(side, price, market.fees.maker) * lots;
            minimum = self.ledger.exposures.minimum_if_held(row, shape, state, held(side, cost)).1;
        }
        let event_id = market.event_id;
        Some(PlainOrder {
            side,
            time_in_force,
            vacancy,
            row,
            event_id,
            shape,
            state,
            cost,
            minimum,
        })
    }
}

/// Whether an order asks for anything that few orders ask for.
#[inline(always)]
fn has_particulars(message: &NewOrderSingle) -> bool {
    let numbers = message.max_staleness_ms.get() | message.self_match_prevention_id.get();
    let instructions = message.exec_inst | message.self_match_prevention_instruction;
    message.expire_time_ns.get() | u64::from(numbers) | u64::from(instructions) != 0
}

/// A time in force of orders that rest and need no timer.
#[inline(always)]
fn resting_time_in_force(value: u8) -> Option<TimeInForce> {
    const DAY: u8 = TimeInForce::Day as u8;
    const GOOD_TILL_CANCEL: u8 = TimeInForce::GoodTillCancel as u8;
    match value {
        DAY => Some(TimeInForce::Day),
        GOOD_TILL_CANCEL => Some(TimeInForce::GoodTillCancel),
        _ => None,
    }
}

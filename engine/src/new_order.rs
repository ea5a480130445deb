//! A new limit order: its checks, in order, and its way into the market.

use forecastle_proto_spec::{
    EXEC_INST_POST_ONLY, EXEC_INST_REDUCE_ONLY, ExecutionReportRejected, MarketStatus,
    NewOrderSingle, OrderAccepted, PRICE_MAX, PRICE_MIN, RejectCode, Side, TimeInForce,
};

use crate::account_limits::Addition;
use crate::apply::Context;
use crate::blocks::Subject;
use crate::client_order_ids::{Recorded, TOMBSTONE, Vacancy};
use crate::collars::check_collar;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::fees::hold_per_lot;
use crate::ladder::Place;
use crate::ledger::{ACCOUNT_LOTS_MAX, held, signed};
use crate::matching::Incoming;
use crate::order_detail::OrderDetail;
use crate::order_table::{Order, Terms};
use crate::planted_fault::{PlantedFault, is_planted};

/// A new order that passed every check.
struct Checked {
    recorded: Recorded,
    side: Side,
    time_in_force: TimeInForce,
    detail: OrderDetail,
    /// Row of its account and event, if they have one.
    row: Option<u32>,
}

impl Engine {
    #[inline]
    pub(crate) fn new_order(
        &mut self,
        context: &Context,
        message: &NewOrderSingle,
        effects: &mut EffectBuffer<'_>,
    ) {
        match self.check_new_order(context, message) {
            Ok(checked) => self.accept(context, message, &checked, effects),
            Err(code) => effects.push(&ExecutionReportRejected {
                cl_ord_id: message.cl_ord_id,
                exec_id: effects.next_position().into(),
                transact_time_ns: context.time_ns.into(),
                seq_num: message.seq_num,
                security_id: message.security_id,
                reject_code: u16::from(code).into(),
                ref_template_id: context.template_id.into(),
                reserved_36: [0; 4],
            }),
        }
    }

    /// Where a ClOrdID goes that is new to the window of a sender.
    #[inline]
    pub(crate) fn check_client_order_id(
        &self,
        context: &Context,
        cl_ord_id: u64,
    ) -> Result<Vacancy, RejectCode> {
        self.client_order_ids.look_up(context.session(), cl_ord_id).map_err(|named| match named {
            TOMBSTONE => RejectCode::CancelledBeforeArrival,
            _ => RejectCode::DuplicateClOrdId,
        })
    }

    /// Whether an account can take `cost` and `leaves` more on, on a side of the market
    /// `security_id`: a row it may have in the event is named.
    #[inline]
    pub(crate) fn check_funds(
        &self,
        (account, row): (u32, Option<u32>),
        security_id: u32,
        (side, cost): (Side, i64),
        leaves: i64,
    ) -> Result<(), RejectCode> {
        let holder = self.ledger.accounts.account(account);
        if holder.lots + leaves > ACCOUNT_LOTS_MAX {
            return Err(RejectCode::HoldOverflow);
        }
        let market = self.events.market(security_id);
        let exposures = &self.ledger.exposures;
        let (state, stake) = (market.state_index, held(side, cost));
        let (before, after) = match row {
            Some(row) => (exposures.minimum(row), exposures.minimum_with(row, state, stake)),
            None => (0, market.shape.minimum_of_one(stake)),
        };
        if self.ledger.limits.is_limited(account) {
            let addition = Addition { side, lots: leaves, minimum: (before, after) };
            self.ledger.limits.check((account, row), state, &addition, exposures)?;
        }
        let change = after - before;
        // What events that are paid out are sure to pay is looked for only where it is needed.
        if holder.worst_case() + change < 0 && self.buying_power(account) + change < 0 {
            return Err(RejectCode::InsufficientBuyingPower);
        }
        Ok(())
    }

    #[inline]
    fn check_new_order(
        &mut self,
        context: &Context,
        message: &NewOrderSingle,
    ) -> Result<Checked, RejectCode> {
        if message.cl_ord_id.get() == 0 {
            return Err(RejectCode::ClOrdIdZero);
        }
        let side = Side::try_from(message.side).map_err(|_| RejectCode::InvalidSide)?;
        let time_in_force = TimeInForce::try_from(message.time_in_force)
            .map_err(|_| RejectCode::InvalidTimeInForce)?;
        let (price, quantity) = (message.price.get(), message.order_qty.get());
        check_price_and_quantity(price, quantity)?;
        let detail = OrderDetail::of(message, time_in_force, context.time_ns)?;
        let cl_ord_id = message.cl_ord_id.get();
        let vacancy = self.check_client_order_id(context, cl_ord_id)?;
        let recorded = self.client_order_ids.record(context.session(), cl_ord_id, vacancy);
        let sent_ns = message.sending_time_ns.get();
        check_staleness(message.max_staleness_ms.get(), sent_ns, context.time_ns)?;
        let row = self.check_now(context, message, (side, time_in_force, &detail))?;
        Ok(Checked { recorded, side, time_in_force, detail, row })
    }

    /// Whether the state of the exchange allows a new order whose form is right; gives the row of
    /// its account and event, if they have one.
    #[inline]
    fn check_now(
        &self,
        context: &Context,
        message: &NewOrderSingle,
        (side, time_in_force, detail): (Side, TimeInForce, &OrderDetail),
    ) -> Result<Option<u32>, RejectCode> {
        let (price, quantity) = (message.price.get(), message.order_qty.get());
        let (account, security_id) = (message.account.get(), message.security_id.get());
        let market = self.events.find_market(security_id).ok_or(RejectCode::UnknownMarket)?;
        let is_own = self
            .ledger
            .accounts
            .find(account)
            .is_some_and(|account| account.firm_id == context.entitlement.firm_id);
        if !is_own {
            return Err(RejectCode::UnknownAccount);
        }
        if market.has_tick_table() && !self.events.is_on_grid(security_id, price) {
            return Err(RejectCode::PriceOffGrid);
        }
        if market.status() != MarketStatus::Open {
            return Err(RejectCode::MarketNotOpen);
        }
        self.check_trading(|| Subject {
            security_id,
            event_id: market.event_id,
            account,
            firm_id: context.entitlement.firm_id,
            link_id: message.cl_ord_link_id.get(),
            side,
            session_ids: [context.session_id; 2],
        })?;
        let quantity = i64::from(quantity);
        let rate =
            if is_planted(PlantedFault::HoldWithoutFee) { 0 } else { market.fees.incoming() };
        let cost = hold_per_lot(side, price, rate) * quantity;
        if may_rest(time_in_force) || market.delays_trades() {
            self.check_open_orders(context)?;
        }
        if self.ledger.limits.is_limited(account) {
            self.ledger.limits.check_order_cost(account, cost)?;
        }
        check_collar(market, price)?;
        if !self.orders.has_free_slot() {
            return Err(RejectCode::OrderTableFull);
        }
        let row = self.ledger.find_pair(account, market.event_id);
        if row.is_none() && !self.ledger.exposures.has_room(market.shape) {
            return Err(RejectCode::ExposureTableFull);
        }
        if detail.has(EXEC_INST_REDUCE_ONLY) {
            self.check_reduces(row, market.state_index, signed(side, quantity))?;
        }
        self.check_funds((account, row), security_id, (side, cost), quantity)?;
        if detail.has(EXEC_INST_POST_ONLY) {
            let order = order_of(context, message, (side, time_in_force, detail), 0);
            self.check_rests(&order)?;
        }
        Ok(row)
    }

    /// Whether the position in a state of an event, of which a row is named, has at least as many
    /// lots on the other side as `lots`.
    pub(crate) fn check_reduces(
        &self,
        row: Option<u32>,
        state: u8,
        lots: i64,
    ) -> Result<(), RejectCode> {
        let held = row.map_or(0, |row| self.ledger.exposures.stake(row, state).lots);
        let is_on_other_side = held.signum() == -lots.signum();
        let is_enough = is_on_other_side && held.abs() >= lots.abs();
        if is_enough { Ok(()) } else { Err(RejectCode::ReduceOnlyViolated) }
    }

    /// Whether an order that comes would not trade.
    pub(crate) fn check_rests(&self, order: &Order) -> Result<(), RejectCode> {
        match self.counterpart(order) {
            None => Ok(()),
            Some(_) if is_planted(PlantedFault::PostOnlyTrades) => Ok(()),
            Some(_) => Err(RejectCode::PostOnlyWouldTrade),
        }
    }

    #[inline]
    fn accept(
        &mut self,
        context: &Context,
        message: &NewOrderSingle,
        checked: &Checked,
        effects: &mut EffectBuffer<'_>,
    ) {
        let (account, security_id) = (message.account.get(), message.security_id.get());
        let market = self.events.market(security_id);
        let (event_id, shape) = (market.event_id, market.shape);
        let exposure =
            checked.row.unwrap_or_else(|| self.ledger.take_pair(account, event_id, shape));
        let tick = u32::from(message.price.get());
        let kind = (checked.side, checked.time_in_force, &checked.detail);
        let mut order = order_of(context, message, kind, exposure);
        let slot = self.orders.accept(&mut order);
        let order_id = self.orders.id_of(slot, &order).value();
        self.client_order_ids.name(checked.recorded, order_id);
        let rests = may_rest(checked.time_in_force) && self.rests_at_once(&order);
        let quantity_ahead = if rests {
            saturated_quantity(self.put_in_book(slot, &mut order, &checked.detail, account))
        } else {
            self.quantity_ahead(security_id, checked.side, tick)
        };
        effects.push(&order_accepted(context.session_id, message, order_id, quantity_ahead));
        if rests {
            return self.report_rested(slot, &order, effects);
        }
        let (detail, session_id) = (checked.detail, context.session_id);
        let trades_max = self.config.sweep_trades_max;
        let has_waited = false;
        let incoming =
            Incoming { slot, order, detail, account, session_id, trades_max, has_waited };
        self.work_incoming(incoming, effects);
    }

    /// Lots of `side` at a tick, as far as a report tells them.
    #[inline]
    pub(crate) fn quantity_ahead(&self, security_id: u32, side: Side, tick: u32) -> u32 {
        let is_of_side = match side {
            Side::Buy => self.books.best_bid(security_id).is_some_and(|best| tick <= best),
            Side::Sell => self.books.best_ask(security_id).is_some_and(|best| tick >= best),
        };
        if !is_of_side {
            return 0;
        }
        saturated_quantity(self.books.quantity_at(security_id, tick))
    }
}

/// Lots as far as a report can tell them.
#[inline]
pub(crate) fn saturated_quantity(lots: u64) -> u32 {
    u32::try_from(lots).unwrap_or(u32::MAX)
}

/// The report that a new order was accepted.
#[inline(always)]
pub(crate) fn order_accepted(
    session_id: u32,
    message: &NewOrderSingle,
    order_id: u64,
    quantity_ahead: u32,
) -> OrderAccepted {
    OrderAccepted {
        order_id: order_id.into(),
        cl_ord_id: message.cl_ord_id,
        security_id: message.security_id,
        account: message.account,
        session_id: session_id.into(),
        order_qty: message.order_qty,
        quantity_ahead: quantity_ahead.into(),
        cl_ord_link_id: message.cl_ord_link_id,
        price: message.price,
        side: message.side,
        time_in_force: message.time_in_force,
        exec_inst: message.exec_inst,
        reserved_45: [0; 3],
    }
}

/// Whether an order can come to rest.
fn may_rest(time_in_force: TimeInForce) -> bool {
    !matches!(time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill)
}

/// The order that a message asks for, before it is accepted.
#[inline]
fn order_of(
    context: &Context,
    message: &NewOrderSingle,
    (side, time_in_force, detail): (Side, TimeInForce, &OrderDetail),
    exposure: u32,
) -> Order {
    Order {
        place: Place::new(u32::from(message.price.get()), message.order_qty.get()),
        accepted_number: 0,
        priority: 0,
        cl_ord_id: message.cl_ord_id.get(),
        order_qty: message.order_qty.get(),
        security_id: message.security_id.get(),
        link_id: message.cl_ord_link_id.get(),
        exposure,
        generation: 0,
        session: context.session(),
        side,
        terms: Terms::new(time_in_force, detail),
    }
}

/// Whether a message was sequenced too long after its sending time; a sending time to come is not.
#[inline]
pub(crate) fn check_staleness(
    max_staleness_ms: u16,
    sending_time_ns: u64,
    time_ns: u64,
) -> Result<(), RejectCode> {
    let age_ns = time_ns.saturating_sub(sending_time_ns);
    let is_stale = max_staleness_ms != 0 && age_ns > u64::from(max_staleness_ms) * NS_PER_MS;
    if is_stale { Err(RejectCode::StaleOnArrival) } else { Ok(()) }
}

#[inline]
pub(crate) fn check_price_and_quantity(price: u16, quantity: u32) -> Result<(), RejectCode> {
    if !(PRICE_MIN..=PRICE_MAX).contains(&price) {
        return Err(RejectCode::PriceOffGrid);
    }
    if quantity == 0 {
        return Err(RejectCode::QuantityZero);
    }
    Ok(())
}

const NS_PER_MS: u64 = 1_000_000;

//! The short way of a replace that takes a plain order to another price or to more lots, where it
//! rests again.
//!
//! As with new orders, what the long way asks one after the other is one question here, and a
//! replace that does not pass goes the long way. What that does in two steps, out of the book and
//! in again, is done once: the order keeps its slot, its owner and its market, so that only what is
//! held for it, its place and its priority change.

use forecastle_proto_spec::{OrderCancelReplaceRequest, OrderId};

use crate::account_limits::LimitTable;
use crate::accounts::Account;
use crate::blocks::Subject;
use crate::effect_buffer::EffectBuffer;
use crate::engine::Engine;
use crate::events::Market;
use crate::exposure::ExposureTable;
use crate::fees::hold_per_lot;
use crate::ladder::Place;
use crate::ledger::{ACCOUNT_LOTS_MAX, Ledger, held};
use crate::new_order::saturated_quantity;
use crate::order_table::Order;
use crate::plain_order::{Sender, is_open_at};
use crate::planted_fault::keeps_to_long_way;
use crate::replace::order_replaced;

/// An order as it rests and as it comes again.
struct Move {
    before: Order,
    after: Order,
}

/// What a move changes.
struct Change {
    /// Of what is held for the order.
    cost: i64,
    /// Of the lots that are left of it.
    lots: i64,
    /// The event's worst case of its account then.
    minimum: i64,
}

impl Engine {
    /// Moves the order that a replace names, when it rests and is plain, the sender may
    /// move it, and it rests again; gives whether that was so. Nothing is changed when not.
    #[inline(always)]
    pub(crate) fn replace_plain(
        &mut self,
        sender: &Sender,
        message: &OrderCancelReplaceRequest,
        effects: &mut EffectBuffer<'_>,
    ) -> bool {
        if self.quote_sets.has_blocked() || keeps_to_long_way() {
            return false;
        }
        let Self { client_order_ids, sessions, ledger, events, orders, books, blocks, .. } = self;
        let Ledger { accounts, exposures, limits, .. } = ledger;
        let (order_id, orig_cl_ord_id) = (message.order_id.get(), message.orig_cl_ord_id.get());
        let order_id = client_order_ids.named(sender.session, order_id, orig_cl_ord_id);
        let Some(slot) = orders.find(OrderId::from_wire(order_id)) else { return false };
        let Some(mut it) = Move::of(orders.order(slot), message) else { return false };
        let (security_id, side) = (it.before.security_id, it.before.side);
        let Some((market, changes)) = events.find_market_mut(security_id) else { return false };
        let account = exposures.account(it.before.exposure);
        let Some(holder) = accounts.find_mut(account) else { return false };
        let session_id = sessions.session(it.before.session).session_id;
        let owner = (account, session_id);
        let may_move = is_open_at(market, message.price.get())
            && holder.firm_id == sender.entitlement.firm_id
            && (blocks.is_empty() || !blocks.covers(&it.subject(sender, owner, market.event_id)))
            && books.rests(security_id, side, it.after.place.tick());
        if !may_move {
            return false;
        }
        let window = client_order_ids.look_up(sender.session, it.after.cl_ord_id);
        let change = it.change(market, (account, holder), exposures, limits);
        let (Ok(vacancy), Some(Change { cost, lots, minimum })) = (window, change) else {
            return false;
        };
        client_order_ids.record_named(sender.session, it.after.cl_ord_id, vacancy, order_id);
        books.remove(orders.slots_mut(), security_id, slot);
        orders.rest_again(slot, &it.before, &mut it.after, account);
        let ahead = books.push_back(orders.slots_mut(), security_id, side, slot);
        let place = ((account, market.event_id), market.shape, market.state_index);
        let row = Ok(it.before.exposure);
        let (_, gain) = exposures.hold_to(&mut holder.pairs, row, place, (side, cost), minimum);
        holder.move_order(gain, lots);
        let [replaced, rested] = [(); 2].map(|()| market.next_rpt_seq(changes));
        let ahead = Some(saturated_quantity(ahead));
        effects.push_two(
            &order_replaced(&it.after, order_id, owner, (0, false), ahead, replaced),
            &it.after.rested(order_id, rested),
        );
        true
    }
}

impl Move {
    /// What a message does to a plain order that it names, when that is to take it to another
    /// price or to more lots, and the message asks for nothing else.
    #[inline(always)]
    fn of(before: &Order, message: &OrderCancelReplaceRequest) -> Option<Self> {
        let tick = u32::from(message.price.get());
        let leaves = message.order_qty.get().checked_sub(before.cum_qty())?;
        let is_named = before.security_id == message.security_id.get()
            && message.cl_ord_id.get() != 0
            && !before.has_detail();
        let has_particulars =
            message.expire_time_ns.get() | u64::from(message.max_staleness_ms.get()) != 0;
        let moves = leaves > 0 && (tick != before.place.tick() || leaves > before.leaves_qty());
        (is_named && !has_particulars && moves).then(|| Self {
            before: *before,
            after: Order {
                place: Place::new(tick, leaves),
                cl_ord_id: message.cl_ord_id.get(),
                order_qty: message.order_qty.get(),
                ..*before
            },
        })
    }

    /// It as blocks look at it, of an account and a session.
    #[cold]
    fn subject(&self, sender: &Sender, (account, owner): (u32, u32), event_id: u32) -> Subject {
        Subject {
            security_id: self.before.security_id,
            event_id,
            account,
            firm_id: sender.entitlement.firm_id,
            link_id: self.before.link_id,
            side: self.before.side,
            session_ids: [owner, sender.session_id],
        }
    }

    /// What it changes, when its account has no limits and can bear it.
    #[inline(always)]
    fn change(
        &self,
        market: &Market,
        (account, holder): (u32, &Account),
        exposures: &ExposureTable,
        limits: &LimitTable,
    ) -> Option<Change> {
        let Self { before, after } = self;
        let (old, new) = (i64::from(before.leaves_qty()), i64::from(after.leaves_qty()));
        let (side, fees) = (before.side, market.fees);
        let freed = hold_per_lot(side, before.price(), fees.maker) * old;
        let at = |rate| {
            let cost = hold_per_lot(side, after.price(), rate) * new - freed;
            let stake = held(side, cost);
            (cost, exposures.minimum_with(before.exposure, market.state_index, stake))
        };
        let (cost, minimum) = at(fees.maker);
        // Coming again it could have traded, and paid the other fee.
        let worst = if fees.maker < fees.incoming() { at(fees.incoming()).1 } else { minimum };
        let is_covered = holder.worst_case() + (worst - exposures.minimum(before.exposure)) >= 0;
        let lots = new - old;
        (is_covered && holder.lots + lots <= ACCOUNT_LOTS_MAX && !limits.is_limited(account))
            .then_some(Change { cost, lots, minimum })
    }
}

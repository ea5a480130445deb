//! Resting orders, book by book in priority order, then those that wait for the in-play delay.

use forecastle_proto_spec::{PRICE_MAX, PRICE_MIN, Side, TimeInForce};

use super::SnapshotError;
use super::cursor::{Decoder, Encoder};
use crate::engine::Engine;
use crate::fees::hold_per_lot;
use crate::ladder::Place;
use crate::ledger::{ACCOUNT_LOTS_MAX, held};
use crate::order_detail::OrderDetail;
use crate::order_table::{Order, Terms};

impl Engine {
    pub(super) fn encode_orders(&self, encoder: &mut Encoder<'_>) {
        for security_id in 1..=self.events.market_count() {
            for side in Side::ALL {
                let place = encoder.open_count();
                let mut count = 0;
                for slot in self.resting(security_id, side) {
                    self.encode_order(slot, encoder);
                    count += 1;
                }
                encoder.close_count(place, count);
            }
        }
        encoder.u32(self.orders.pending_count());
        for slot in self.orders.pending() {
            let order = self.orders.order(slot);
            encoder.u32(order.security_id);
            encoder.u8(order.side.into());
            self.encode_order(slot, encoder);
        }
    }

    fn encode_order(&self, slot: u32, encoder: &mut Encoder<'_>) {
        let order = self.orders.order(slot);
        encoder.u32(slot);
        encoder.u32(order.generation);
        encoder.u64(order.accepted_number);
        encoder.u64(order.priority);
        encoder.u64(order.cl_ord_id);
        encoder.u32(order.order_qty);
        encoder.u32(order.leaves_qty());
        encoder.u32(order.link_id);
        encoder.u32(self.account_of(order));
        encoder.u16(order.price());
        encoder.u16(order.session);
        encoder.u8(order.time_in_force().into());
        self.orders.detail(slot).encode(encoder);
    }

    pub(super) fn decode_orders(&mut self, decoder: &mut Decoder<'_>) -> Result<(), SnapshotError> {
        for security_id in 1..=self.events.market_count() {
            for side in Side::ALL {
                let mut last = None;
                for _ in 0..decoder.u32()? {
                    let slot = self.decode_order((security_id, side), false, decoder)?;
                    let order = self.orders.order(slot);
                    let rank = match side {
                        Side::Buy => u16::MAX - order.price(),
                        Side::Sell => order.price(),
                    };
                    let place = Some((rank, order.priority));
                    decoder.require(last < place, "order of priority")?;
                    last = place;
                }
            }
        }
        let pending_count = if decoder.version() == 1 { 0 } else { decoder.u32()? };
        for _ in 0..pending_count {
            let security_id = decoder.u32()?;
            let is_market = self.events.find_market(security_id).is_some();
            decoder.require(is_market, "market of an order")?;
            let side = Side::try_from(decoder.u8()?);
            let side = side.map_err(|_| decoder.invalid("side"))?;
            self.decode_order((security_id, side), true, decoder)?;
        }
        Ok(())
    }

    fn decode_order(
        &mut self,
        (security_id, side): (u32, Side),
        is_pending: bool,
        decoder: &mut Decoder<'_>,
    ) -> Result<u32, SnapshotError> {
        let slot = decoder.u32()?;
        decoder.require(self.orders.is_restorable(slot), "order slot")?;
        let generation = decoder.u32()?;
        decoder.require(generation > 0, "generation")?;
        let (accepted_number, priority) = (decoder.u64()?, decoder.u64()?);
        let is_numbered = self.orders.has_numbered(accepted_number, priority, is_pending);
        decoder.require(is_numbered, "number of acceptance or priority")?;
        let cl_ord_id = decoder.u64()?;
        let (order_qty, leaves_qty) = (decoder.u32()?, decoder.u32()?);
        decoder.require(leaves_qty > 0 && leaves_qty <= order_qty, "quantity")?;
        let (link_id, account) = (decoder.u32()?, decoder.u32()?);
        let price = decoder.u16()?;
        decoder.require((PRICE_MIN..=PRICE_MAX).contains(&price), "price")?;
        let session = decoder.u16()?;
        decoder.require(session < self.sessions.count(), "session slot")?;
        let time_in_force = TimeInForce::try_from(decoder.u8()?);
        let time_in_force = time_in_force.map_err(|_| decoder.invalid("time in force"))?;
        let market = self.events.market(security_id);
        let detail = OrderDetail::decode(time_in_force, decoder)?;
        let has_time = detail.expire_time_ns != 0;
        let is_till_date = time_in_force == TimeInForce::GoodTillDate;
        decoder.require(has_time == is_till_date, "expire time")?;
        let waits = detail.release_time_ns != 0;
        decoder.require(waits == is_pending, "release time")?;
        let row = self.ledger.find_pair(account, market.event_id);
        let exposure = row.ok_or(decoder.invalid("account of an order"))?;
        let tick = u32::from(price);
        let is_crossed = match side {
            Side::Buy => self.books.best_ask(security_id).is_some_and(|ask| tick >= ask),
            Side::Sell => self.books.best_bid(security_id).is_some_and(|bid| tick <= bid),
        };
        decoder.require(is_pending || !is_crossed, "book")?;
        let lots = i64::from(leaves_qty);
        let is_bounded = self.ledger.accounts.account(account).lots + lots <= ACCOUNT_LOTS_MAX;
        decoder.require(is_bounded, "lots of an account")?;
        let rate = if is_pending { market.fees.incoming() } else { market.fees.maker };
        let cost = hold_per_lot(side, price, rate) * lots;
        let state = market.state_index;
        let order = Order {
            place: Place::new(tick, leaves_qty),
            accepted_number,
            priority,
            cl_ord_id,
            order_qty,
            security_id,
            link_id,
            exposure,
            generation,
            session,
            side,
            terms: Terms::new(time_in_force, &detail),
        };
        let owner = (account, self.owner_of(&order));
        if is_pending {
            self.orders.pend(slot, order, &detail, owner);
        } else {
            self.orders.restore(slot, order, &detail, owner);
            self.books.push_back(self.orders.slots_mut(), security_id, side, slot);
        }
        self.ledger.change(exposure, state, held(side, cost), lots);
        self.ledger.accounts.account_mut(account).open_order_count += 1;
        self.events.count_order(security_id);
        Ok(slot)
    }
}

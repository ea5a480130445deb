//! Resting orders, book by book in priority order.

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
                    let slot = self.decode_order(security_id, side, decoder)?;
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
        Ok(())
    }

    fn decode_order(
        &mut self,
        security_id: u32,
        side: Side,
        decoder: &mut Decoder<'_>,
    ) -> Result<u32, SnapshotError> {
        let slot = decoder.u32()?;
        decoder.require(self.orders.is_restorable(slot), "order slot")?;
        let generation = decoder.u32()?;
        decoder.require(generation > 0, "generation")?;
        let (accepted_number, priority) = (decoder.u64()?, decoder.u64()?);
        let is_numbered = self.orders.has_numbered(accepted_number, priority);
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
        let row = self.ledger.exposures.find(account, market.event_id);
        let exposure = row.ok_or(decoder.invalid("account of an order"))?;
        let tick = u32::from(price);
        let is_crossed = match side {
            Side::Buy => self.books.best_ask(security_id).is_some_and(|ask| tick >= ask),
            Side::Sell => self.books.best_bid(security_id).is_some_and(|bid| tick <= bid),
        };
        decoder.require(!is_crossed, "book")?;
        let lots = i64::from(leaves_qty);
        let is_bounded = self.ledger.accounts.account(account).lots + lots <= ACCOUNT_LOTS_MAX;
        decoder.require(is_bounded, "lots of an account")?;
        let cost = hold_per_lot(side, price, market.fees.maker) * lots;
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
        self.orders.restore(slot, order, &detail, account);
        self.books.push_back(self.orders.slots_mut(), security_id, side, slot);
        self.ledger.change(exposure, state, held(side, cost), lots);
        self.ledger.accounts.account_mut(account).open_order_count += 1;
        self.events.count_order(security_id);
        Ok(slot)
    }
}

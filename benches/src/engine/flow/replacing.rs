//! Replaces of a flow: a resting order goes to another price of its side and market, with all the
//! lots that are left of it.
//!
//! It keeps its id and loses its place. In the naive books, and for bare ones, it is cancelled and
//! comes as a new order.

use super::*;

impl Maker {
    /// Moves an order to another price; sends a passive one when none is there, and cancels the
    /// order when chance gives it the price that it has.
    pub(super) fn replace(&mut self) {
        let is_recent = self.random.below(2) == 0;
        let Some(old) = self.live.choose(is_recent, &mut self.random) else {
            return self.passive_order();
        };
        let SentOrder { order_id, account, market, price, is_bid, order_qty } =
            self.orders[old as usize];
        let side = if is_bid { Side::Buy } else { Side::Sell };
        let new_price = self.passive_price(market, side);
        if new_price == price {
            return self.cancel_order(old);
        }
        let (session_id, seq_num) = self.next_number(account);
        let mut message = OrderCancelReplaceRequest::new_zeroed();
        message.cl_ord_id.set(self.cl_ord_id);
        message.seq_num.set(seq_num);
        message.security_id.set(market);
        message.order_id.set(order_id);
        message.order_qty.set(order_qty);
        message.price.set(new_price);
        let order = self.orders.len() as u32;
        let leaves = self.books.cancel(market - 1, is_bid, u32::from(price), old);
        self.orders.push(SentOrder { price: new_price, ..self.orders[old as usize] });
        self.push_operation(Action::Cancel, old, 0, false);
        self.push_operation(Action::Rest, order, leaves, true);
        self.outcome.replace_count += 1;
        self.send(session_id, &message, &Expected { entered: &[order], ..Expected::NOTHING });
        self.books.rest(market - 1, is_bid, u32::from(new_price), order, leaves);
        self.live.remove(old);
        self.live.insert(order);
    }
}

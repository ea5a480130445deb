//! Bringing memory close before commands need it.
//!
//! Most of a command's time is waiting for lines that no cache holds: an account, a pair's row, a
//! level, an order. Who knows the next commands asks for these in three steps, each a few commands
//! nearer, because a line that names another one has to be there first. Nothing is changed,
//! whatever the bytes are.

use forecastle_proto_spec::{
    Frame, NewOrderSingle, OrderCancelReplaceRequest, OrderCancelRequest, OrderId,
};

use crate::engine::Engine;

/// How near a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookAhead {
    /// About twelve commands away: what the bytes name themselves.
    Far,
    /// About eight: what that names, rows of pairs, levels, neighbours of orders.
    Middle,
    /// About four: the accounts of rows.
    Near,
}

impl LookAhead {
    /// The steps with the number of commands each is taken ahead.
    pub const STEPS: [(Self, usize); 3] = [(Self::Far, 12), (Self::Middle, 8), (Self::Near, 4)];
}

impl Engine {
    /// Brings close what a command of `session_id` will touch. O(1): a few loads of lines that an
    /// earlier step brought, and hints.
    #[inline]
    pub fn prefetch(&self, session_id: u32, command: &[u8], step: LookAhead) {
        let Ok((frame, _)) = Frame::parse(command) else {
            return;
        };
        if let Some(order) = frame.body::<NewOrderSingle>() {
            self.prefetch_new_order(session_id, order, step);
        } else if let Some(cancel) = frame.body::<OrderCancelRequest>() {
            self.prefetch_order(cancel.order_id.get(), step);
        } else if let Some(replace) = frame.body::<OrderCancelReplaceRequest>() {
            self.prefetch_order(replace.order_id.get(), step);
            self.prefetch_client_order_id(session_id, replace.cl_ord_id.get(), step);
        }
    }

    #[inline]
    fn prefetch_new_order(&self, session_id: u32, order: &NewOrderSingle, step: LookAhead) {
        let (account, security_id) = (order.account.get(), order.security_id.get());
        let tick = u32::from(order.price.get());
        let Some(market) = self.events.find_market(security_id) else { return };
        self.prefetch_client_order_id(session_id, order.cl_ord_id.get(), step);
        match step {
            LookAhead::Far => {
                self.ledger.accounts.prefetch(account);
                self.books.prefetch(security_id, tick);
                self.ledger.exposures.prefetch(account, market.event_id);
            }
            LookAhead::Middle => {
                self.ledger.exposures.prefetch_row(account, market.event_id);
                self.books.prefetch_level(security_id, tick);
            }
            LookAhead::Near => self.books.prefetch_last(self.orders.slots(), security_id, tick),
        }
    }

    #[inline]
    fn prefetch_order(&self, order_id: u64, step: LookAhead) {
        let slot = OrderId::from_wire(order_id).slot();
        if step == LookAhead::Far {
            return self.orders.prefetch(slot);
        }
        let Some(order) = self.orders.live(slot) else { return };
        if step == LookAhead::Middle {
            self.ledger.exposures.prefetch_place(order.exposure);
            self.books.prefetch(order.security_id, order.place.tick());
            crate::ladder::Ladders::prefetch_neighbours(self.orders.slots(), slot);
        } else {
            self.ledger.accounts.prefetch(self.account_of(order));
            self.ledger.exposures.prefetch_others(order.exposure);
            self.books.prefetch_level(order.security_id, order.place.tick());
        }
    }

    #[inline]
    fn prefetch_client_order_id(&self, session_id: u32, cl_ord_id: u64, step: LookAhead) {
        let Some(session) = self.sessions.find(session_id) else { return };
        match step {
            LookAhead::Far => self.client_order_ids.prefetch(session, cl_ord_id),
            LookAhead::Middle => self.client_order_ids.prefetch_oldest(session),
            LookAhead::Near => {}
        }
    }
}

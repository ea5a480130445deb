//! One order, and what it tells of itself.

use forecastle_proto_spec::{CancelReason, OrderCancelled, OrderRested, Side, TimeInForce};

use crate::ladder::Place;
use crate::order_detail::OrderDetail;
use crate::planted_fault::{PlantedFault, is_planted};
use crate::state_digest::{Addend, Domain, StackDigest, pair};

/// One order: 64 bytes, a cache line. Outside a command every live order rests in a book.
///
/// It is not aligned to a line by its type, so that copies of it on the stack ask for nothing: the
/// arena begins on a page, and its length does the rest.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Order {
    pub(crate) place: Place,
    /// Count of accepted orders when it was accepted, itself included.
    pub(crate) accepted_number: u64,
    pub(crate) priority: u64,
    pub(crate) cl_ord_id: u64,
    /// Total quantity, what has traded included.
    pub(crate) order_qty: u32,
    pub(crate) security_id: u32,
    pub(crate) link_id: u32,
    /// Row of its account and event in the exposures.
    pub(crate) exposure: u32,
    pub(crate) generation: u32,
    /// Slot of the owner session.
    pub(crate) session: u16,
    pub(crate) side: Side,
    pub(crate) terms: Terms,
}

/// Time in force, and whether the order has a detail, in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms(u8);

impl Terms {
    #[inline]
    pub(crate) fn new(time_in_force: TimeInForce, detail: &OrderDetail) -> Self {
        Self(time_in_force as u8 | if detail.is_some() { HAS_DETAIL } else { 0 })
    }

    /// The terms of an order without a detail.
    #[inline]
    pub(crate) fn plain(time_in_force: TimeInForce) -> Self {
        Self(time_in_force as u8)
    }
}

impl Order {
    #[inline]
    pub(crate) fn time_in_force(&self) -> TimeInForce {
        let value = self.terms.0 & !HAS_DETAIL;
        TimeInForce::try_from(value).expect("terms are made of a time in force")
    }

    /// Whether its detail holds anything.
    #[inline]
    pub(crate) fn has_detail(&self) -> bool {
        self.terms.0 & HAS_DETAIL != 0
    }

    #[inline]
    pub(crate) fn leaves_qty(&self) -> u32 {
        self.place.quantity()
    }

    #[inline]
    pub(crate) fn cum_qty(&self) -> u32 {
        self.order_qty - self.place.quantity()
    }

    /// Prices are the ladder's ticks.
    #[inline]
    pub(crate) fn price(&self) -> u16 {
        u16::try_from(self.place.tick()).expect("an order's price is on the grid")
    }

    #[inline]
    pub(super) fn is_live(&self) -> bool {
        self.place.quantity() > 0
    }

    /// Begins the next use of the slot that this order was in, which was the top of the free list
    /// unless it was never used.
    #[inline(always)]
    pub(super) fn begin_generation(
        &mut self,
        (slot, was_used): (u32, bool),
        free_digest: &mut StackDigest,
    ) {
        if was_used {
            free_digest.pop(pair(self.generation, slot));
        }
        let is_kept = is_planted(PlantedFault::GenerationKept) && self.generation > 0;
        self.generation += u32::from(!is_kept);
    }

    /// Its piece but for what is left of it, in a slot and of an account.
    #[inline(always)]
    pub(super) fn piece(&self, slot: u32, account: u32) -> Addend {
        let kind = u32::from(self.side as u8) << 8 | u32::from(self.terms.0 & !HAS_DETAIL);
        Domain::Order.addend([
            pair(slot, self.generation),
            self.cl_ord_id,
            self.accepted_number,
            pair(self.security_id, self.link_id),
            pair(account, u32::from(self.session) << 16 | kind),
            self.priority,
            pair(self.place.tick(), self.order_qty),
        ])
    }

    /// The report that it came to rest.
    #[inline(always)]
    pub(crate) fn rested(&self, order_id: u64, rpt_seq: u32) -> OrderRested {
        OrderRested {
            order_id: order_id.into(),
            priority: self.priority.into(),
            security_id: self.security_id.into(),
            rpt_seq: rpt_seq.into(),
            leaves_qty: self.leaves_qty().into(),
            price: self.price().into(),
            side: self.side.into(),
            reserved_31: [0; 1],
        }
    }

    /// The report that it was cancelled while it rested, to its account and session.
    #[inline(always)]
    pub(crate) fn cancelled(
        &self,
        order_id: u64,
        (account, session_id): (u32, u32),
        rpt_seq: u32,
        reason: CancelReason,
    ) -> OrderCancelled {
        OrderCancelled {
            order_id: order_id.into(),
            cl_ord_id: self.cl_ord_id.into(),
            security_id: self.security_id.into(),
            account: account.into(),
            session_id: session_id.into(),
            cancelled_qty: self.leaves_qty().into(),
            cum_qty: self.cum_qty().into(),
            rpt_seq: rpt_seq.into(),
            reason: u16::from(reason).into(),
            side: self.side.into(),
            was_resting: 1,
            reserved_44: [0; 4],
        }
    }
}

impl AsRef<Place> for Order {
    #[inline]
    fn as_ref(&self) -> &Place {
        &self.place
    }
}

impl AsMut<Place> for Order {
    #[inline]
    fn as_mut(&mut self) -> &mut Place {
        &mut self.place
    }
}

/// What a slot holds that was never used.
pub(super) const EMPTY: Order = Order {
    place: Place::EMPTY,
    accepted_number: 0,
    priority: 0,
    cl_ord_id: 0,
    order_qty: 0,
    security_id: 0,
    link_id: 0,
    exposure: 0,
    generation: 0,
    session: 0,
    side: Side::Buy,
    terms: Terms(TimeInForce::Day as u8),
};
/// Bit of [`Terms`] above every time in force.
const HAS_DETAIL: u8 = 0x80;

const _: () = assert!(size_of::<Order>() == 64);

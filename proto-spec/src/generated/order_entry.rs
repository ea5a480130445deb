//! Messages of the section `order_entry`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// A limit order (FIX D).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct NewOrderSingle {
    /// Client's id of this request (FIX 11), not zero.
    pub cl_ord_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); what max_staleness_ms counts from.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Quantity, lots of a hundredth of a contract (FIX 38).
    pub order_qty: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// When a good-till-date order ends, nanoseconds since 1970, later than its sequencing time; 0 for every other (FIX 126).
    pub expire_time_ns: U64,
    /// Client's tag to cancel many orders by (FIX 583); 0 for none.
    pub cl_ord_link_id: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Orders of one firm with the same one never trade with each other; 0 for none (FIX 2362).
    pub self_match_prevention_id: U16,
    /// Refused when sequenced more than this after sending_time_ns; 0 for never.
    pub max_staleness_ms: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// How long it works.
    pub time_in_force: u8,
    /// Instructions (FIX 18).
    pub exec_inst: u8,
    /// A SelfMatchPrevention when there is an id, else 0 (FIX 2964).
    pub self_match_prevention_instruction: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_54: [u8; 2],
}

impl Message for NewOrderSingle {
    const TEMPLATE_ID: u16 = 20;
    const NAME: &'static str = "NewOrderSingle";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("order_qty", FieldValue::Unsigned(u64::from(self.order_qty.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("expire_time_ns", FieldValue::Unsigned(self.expire_time_ns.get()));
        visit("cl_ord_link_id", FieldValue::Unsigned(u64::from(self.cl_ord_link_id.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit(
            "self_match_prevention_id",
            FieldValue::Unsigned(u64::from(self.self_match_prevention_id.get())),
        );
        visit("max_staleness_ms", FieldValue::Unsigned(u64::from(self.max_staleness_ms.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("time_in_force", FieldValue::Unsigned(u64::from(self.time_in_force)));
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
        visit(
            "self_match_prevention_instruction",
            FieldValue::Unsigned(u64::from(self.self_match_prevention_instruction)),
        );
    }
}

/// Changes price and quantity of a live order (FIX G). The same price and no more leaves keep priority.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderCancelReplaceRequest {
    /// Client's id of this request (FIX 11), not zero.
    pub cl_ord_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// The order by the exchange's id; 0 to name it by orig_cl_ord_id.
    pub order_id: U64,
    /// A client id of the order within this session; read when order_id is 0 (FIX 41).
    pub orig_cl_ord_id: U64,
    /// New expire time of a good-till-date order; 0 to leave it (FIX 126).
    pub expire_time_ns: U64,
    /// New total quantity, executed part included (FIX 38).
    pub order_qty: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Refused when sequenced more than this after sending_time_ns; 0 for never.
    pub max_staleness_ms: U16,
}

impl Message for OrderCancelReplaceRequest {
    const TEMPLATE_ID: u16 = 21;
    const NAME: &'static str = "OrderCancelReplaceRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("orig_cl_ord_id", FieldValue::Unsigned(self.orig_cl_ord_id.get()));
        visit("expire_time_ns", FieldValue::Unsigned(self.expire_time_ns.get()));
        visit("order_qty", FieldValue::Unsigned(u64::from(self.order_qty.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("max_staleness_ms", FieldValue::Unsigned(u64::from(self.max_staleness_ms.get())));
    }
}

/// Cancels a live order (FIX F).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderCancelRequest {
    /// Client's id of this request (FIX 11), not zero.
    pub cl_ord_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// The order by the exchange's id; 0 to name it by orig_cl_ord_id.
    pub order_id: U64,
    /// A client id of the order within this session; read when order_id is 0 (FIX 41).
    pub orig_cl_ord_id: U64,
}

impl Message for OrderCancelRequest {
    const TEMPLATE_ID: u16 = 22;
    const NAME: &'static str = "OrderCancelRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("orig_cl_ord_id", FieldValue::Unsigned(self.orig_cl_ord_id.get()));
    }
}

/// Cancels many orders, suspends trading in a scope, or releases it (FIX CA).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderMassActionRequest {
    /// Client's id of this request (FIX 11), not zero.
    pub cl_ord_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Event.
    pub event_id: U32,
    /// Tag, for scope Link.
    pub cl_ord_link_id: U32,
    /// Which orders.
    pub scope: u8,
    /// What to do.
    pub action: u8,
    /// 1 or 2 for one side only, 0 for both.
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_39: [u8; 1],
}

impl Message for OrderMassActionRequest {
    const TEMPLATE_ID: u16 = 23;
    const NAME: &'static str = "OrderMassActionRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("cl_ord_link_id", FieldValue::Unsigned(u64::from(self.cl_ord_link_id.get())));
        visit("scope", FieldValue::Unsigned(u64::from(self.scope)));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

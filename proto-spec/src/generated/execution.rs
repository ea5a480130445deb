//! Messages of the section `execution`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// An order was accepted or replaced (FIX 8).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ExecutionReportNew {
    /// Exchange's order id (FIX 37): shard 8 bits, slot 24, generation 32.
    pub order_id: U64,
    /// The order's current client id (FIX 11).
    pub cl_ord_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Quantity still working (FIX 151).
    pub leaves_qty: U32,
    /// Lots at the same price in front of it when it came; saturates.
    pub quantity_ahead: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// How long it works.
    pub time_in_force: u8,
    /// State of the order.
    pub ord_status: u8,
    /// New or Replaced.
    pub exec_type: u8,
    /// Its instructions, echoed.
    pub exec_inst: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_55: [u8; 1],
}

impl Message for ExecutionReportNew {
    const TEMPLATE_ID: u16 = 50;
    const NAME: &'static str = "ExecutionReportNew";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("quantity_ahead", FieldValue::Unsigned(u64::from(self.quantity_ahead.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("time_in_force", FieldValue::Unsigned(u64::from(self.time_in_force)));
        visit("ord_status", FieldValue::Unsigned(u64::from(self.ord_status)));
        visit("exec_type", FieldValue::Unsigned(u64::from(self.exec_type)));
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
    }
}

/// One side of a trade (FIX 8). TrdMatchID is exec_id with bit 0 cleared. The order is filled when leaves_qty is 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ExecutionReportTrade {
    /// Exchange's order id (FIX 37): shard 8 bits, slot 24, generation 32.
    pub order_id: U64,
    /// The order's current client id (FIX 11).
    pub cl_ord_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Lots traded (FIX 32).
    pub last_qty: U32,
    /// Quantity still working (FIX 151).
    pub leaves_qty: U32,
    /// Price of the trade (FIX 31).
    pub last_px: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// 1 on the incoming side (FIX 1057).
    pub aggressor_indicator: u8,
    /// Fee of this side, millionths.
    pub fee: I64,
}

impl Message for ExecutionReportTrade {
    const TEMPLATE_ID: u16 = 51;
    const NAME: &'static str = "ExecutionReportTrade";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("last_qty", FieldValue::Unsigned(u64::from(self.last_qty.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("last_px", FieldValue::Unsigned(u64::from(self.last_px.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("aggressor_indicator", FieldValue::Unsigned(u64::from(self.aggressor_indicator)));
        visit("fee", FieldValue::Signed(self.fee.get()));
    }
}

/// An order ended (FIX 8).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ExecutionReportCancelled {
    /// Exchange's order id (FIX 37): shard 8 bits, slot 24, generation 32.
    pub order_id: U64,
    /// The order's current client id (FIX 11).
    pub cl_ord_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request that ended it; 0 when none of this session did.
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Quantity taken off.
    pub cancelled_qty: U32,
    /// Quantity traded before (FIX 14).
    pub cum_qty: U32,
    /// Why.
    pub reason: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_51: [u8; 5],
}

impl Message for ExecutionReportCancelled {
    const TEMPLATE_ID: u16 = 52;
    const NAME: &'static str = "ExecutionReportCancelled";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("cancelled_qty", FieldValue::Unsigned(u64::from(self.cancelled_qty.get())));
        visit("cum_qty", FieldValue::Unsigned(u64::from(self.cum_qty.get())));
        visit("reason", FieldValue::Unsigned(u64::from(self.reason.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

/// A new order was refused (FIX 8).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ExecutionReportRejected {
    /// Client's id of the order.
    pub cl_ord_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number.
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Why.
    pub reject_code: U16,
    /// Template of the refused message (FIX 372).
    pub ref_template_id: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_36: [u8; 4],
}

impl Message for ExecutionReportRejected {
    const TEMPLATE_ID: u16 = 53;
    const NAME: &'static str = "ExecutionReportRejected";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("reject_code", FieldValue::Unsigned(u64::from(self.reject_code.get())));
        visit("ref_template_id", FieldValue::Unsigned(u64::from(self.ref_template_id.get())));
    }
}

/// A cancel, replace or mass action was refused; the order stands as it was (FIX 9).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderCancelReject {
    /// Client's id of the request.
    pub cl_ord_id: U64,
    /// Order named in the request.
    pub order_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number.
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Why.
    pub reject_code: U16,
    /// Template of the refused message (FIX 372).
    pub ref_template_id: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_44: [u8; 4],
}

impl Message for OrderCancelReject {
    const TEMPLATE_ID: u16 = 54;
    const NAME: &'static str = "OrderCancelReject";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("reject_code", FieldValue::Unsigned(u64::from(self.reject_code.get())));
        visit("ref_template_id", FieldValue::Unsigned(u64::from(self.ref_template_id.get())));
    }
}

/// A mass action, a market's closing sweep or an end of day is complete (FIX BZ).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderMassActionReport {
    /// Client's id of the request.
    pub cl_ord_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number.
    pub seq_num: U32,
    /// Orders cancelled (FIX 533).
    pub total_affected_orders: U32,
    /// Which orders.
    pub scope: u8,
    /// What was done.
    pub action: u8,
    /// 1 or 2, or 0 for both.
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_35: [u8; 5],
}

impl Message for OrderMassActionReport {
    const TEMPLATE_ID: u16 = 55;
    const NAME: &'static str = "OrderMassActionReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit(
            "total_affected_orders",
            FieldValue::Unsigned(u64::from(self.total_affected_orders.get())),
        );
        visit("scope", FieldValue::Unsigned(u64::from(self.scope)));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

/// An order waits for the in-play delay before it trades (FIX 8).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ExecutionReportPendingNew {
    /// Exchange's order id (FIX 37): shard 8 bits, slot 24, generation 32.
    pub order_id: U64,
    /// The order's current client id (FIX 11).
    pub cl_ord_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// When it comes in, nanoseconds since 1970.
    pub release_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Quantity waiting (FIX 151).
    pub leaves_qty: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// PendingNew.
    pub ord_status: u8,
}

impl Message for ExecutionReportPendingNew {
    const TEMPLATE_ID: u16 = 74;
    const NAME: &'static str = "ExecutionReportPendingNew";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("release_time_ns", FieldValue::Unsigned(self.release_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("ord_status", FieldValue::Unsigned(u64::from(self.ord_status)));
    }
}

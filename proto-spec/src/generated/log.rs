//! Messages of the section `log`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// Effect: an order passed every check; first effect of its command.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderAccepted {
    /// Order.
    pub order_id: U64,
    /// Client's id.
    pub cl_ord_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Session.
    pub session_id: U32,
    /// Quantity.
    pub order_qty: U32,
    /// Lots in front at its price.
    pub quantity_ahead: U32,
    /// Tag.
    pub cl_ord_link_id: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// How long it works.
    pub time_in_force: u8,
    /// Instructions.
    pub exec_inst: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_45: [u8; 3],
}

impl Message for OrderAccepted {
    const TEMPLATE_ID: u16 = 100;
    const NAME: &'static str = "OrderAccepted";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("order_qty", FieldValue::Unsigned(u64::from(self.order_qty.get())));
        visit("quantity_ahead", FieldValue::Unsigned(u64::from(self.quantity_ahead.get())));
        visit("cl_ord_link_id", FieldValue::Unsigned(u64::from(self.cl_ord_link_id.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("time_in_force", FieldValue::Unsigned(u64::from(self.time_in_force)));
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
    }
}

/// Effect: what is left of an order entered the book.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderRested {
    /// Order.
    pub order_id: U64,
    /// Time priority, lower first.
    pub priority: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Lots.
    pub leaves_qty: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_31: [u8; 1],
}

impl Message for OrderRested {
    const TEMPLATE_ID: u16 = 101;
    const NAME: &'static str = "OrderRested";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("priority", FieldValue::Unsigned(self.priority.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

/// Effect: an order was changed. Without priority it left the book and may trade or rest behind this.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderReplaced {
    /// Order.
    pub order_id: U64,
    /// New client id.
    pub cl_ord_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Session that owns the order.
    pub session_id: U32,
    /// Quantity working now.
    pub leaves_qty: U32,
    /// Lots in front at its new price; 0 when priority is kept.
    pub quantity_ahead: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// How long it works.
    pub time_in_force: u8,
    /// 1 when it kept its place.
    pub priority_kept: u8,
    /// Instructions.
    pub exec_inst: u8,
    /// 1 when it waits for the in-play delay, in no book.
    pub is_pending: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_47: [u8; 1],
}

impl Message for OrderReplaced {
    const TEMPLATE_ID: u16 = 102;
    const NAME: &'static str = "OrderReplaced";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("quantity_ahead", FieldValue::Unsigned(u64::from(self.quantity_ahead.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("time_in_force", FieldValue::Unsigned(u64::from(self.time_in_force)));
        visit("priority_kept", FieldValue::Unsigned(u64::from(self.priority_kept)));
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
        visit("is_pending", FieldValue::Unsigned(u64::from(self.is_pending)));
    }
}

/// Effect: two orders traded at the resting price.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Trade {
    /// Resting order.
    pub resting_order_id: U64,
    /// Incoming order.
    pub aggressor_order_id: U64,
    /// Its client id.
    pub resting_cl_ord_id: U64,
    /// Its client id.
    pub aggressor_cl_ord_id: U64,
    /// Its session.
    pub resting_session_id: U32,
    /// Its session.
    pub aggressor_session_id: U32,
    /// Its account.
    pub resting_account: U32,
    /// Its account.
    pub aggressor_account: U32,
    /// Left of it.
    pub resting_leaves_qty: U32,
    /// Left of it.
    pub aggressor_leaves_qty: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Lots traded.
    pub quantity: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side of the incoming order.
    pub aggressor_side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_71: [u8; 1],
    /// Fee, millionths.
    pub resting_fee: I64,
    /// Fee, millionths.
    pub aggressor_fee: I64,
}

impl Message for Trade {
    const TEMPLATE_ID: u16 = 103;
    const NAME: &'static str = "Trade";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("resting_order_id", FieldValue::Unsigned(self.resting_order_id.get()));
        visit("aggressor_order_id", FieldValue::Unsigned(self.aggressor_order_id.get()));
        visit("resting_cl_ord_id", FieldValue::Unsigned(self.resting_cl_ord_id.get()));
        visit("aggressor_cl_ord_id", FieldValue::Unsigned(self.aggressor_cl_ord_id.get()));
        visit("resting_session_id", FieldValue::Unsigned(u64::from(self.resting_session_id.get())));
        visit(
            "aggressor_session_id",
            FieldValue::Unsigned(u64::from(self.aggressor_session_id.get())),
        );
        visit("resting_account", FieldValue::Unsigned(u64::from(self.resting_account.get())));
        visit("aggressor_account", FieldValue::Unsigned(u64::from(self.aggressor_account.get())));
        visit("resting_leaves_qty", FieldValue::Unsigned(u64::from(self.resting_leaves_qty.get())));
        visit(
            "aggressor_leaves_qty",
            FieldValue::Unsigned(u64::from(self.aggressor_leaves_qty.get())),
        );
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("quantity", FieldValue::Unsigned(u64::from(self.quantity.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("aggressor_side", FieldValue::Unsigned(u64::from(self.aggressor_side)));
        visit("resting_fee", FieldValue::Signed(self.resting_fee.get()));
        visit("aggressor_fee", FieldValue::Signed(self.aggressor_fee.get()));
    }
}

/// Effect: an order ended without a fill of the rest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderCancelled {
    /// Order.
    pub order_id: U64,
    /// Its client id.
    pub cl_ord_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Session that owns the order.
    pub session_id: U32,
    /// Lots taken off.
    pub cancelled_qty: U32,
    /// Lots traded before.
    pub cum_qty: U32,
    /// Number of this change in its market; 0 when it was not in the book.
    pub rpt_seq: U32,
    /// Why.
    pub reason: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// 1 when it was in the book.
    pub was_resting: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_44: [u8; 4],
}

impl Message for OrderCancelled {
    const TEMPLATE_ID: u16 = 104;
    const NAME: &'static str = "OrderCancelled";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("cancelled_qty", FieldValue::Unsigned(u64::from(self.cancelled_qty.get())));
        visit("cum_qty", FieldValue::Unsigned(u64::from(self.cum_qty.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("reason", FieldValue::Unsigned(u64::from(self.reason.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("was_resting", FieldValue::Unsigned(u64::from(self.was_resting)));
    }
}

/// Effect: an order that would trade while in play waits, in no book.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderPending {
    /// Order.
    pub order_id: U64,
    /// Its client id.
    pub cl_ord_id: U64,
    /// When it comes in, nanoseconds since 1970.
    pub release_time_ns: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Session that owns the order.
    pub session_id: U32,
    /// Lots.
    pub leaves_qty: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// How long it works.
    pub time_in_force: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_44: [u8; 4],
}

impl Message for OrderPending {
    const TEMPLATE_ID: u16 = 105;
    const NAME: &'static str = "OrderPending";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("release_time_ns", FieldValue::Unsigned(self.release_time_ns.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("time_in_force", FieldValue::Unsigned(u64::from(self.time_in_force)));
    }
}

/// Effect: a market got its settlement value.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MarketSettled {
    /// Event.
    pub event_id: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Value, ten-thousandths.
    pub settlement_price: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_14: [u8; 2],
}

impl Message for MarketSettled {
    const TEMPLATE_ID: u16 = 106;
    const NAME: &'static str = "MarketSettled";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("settlement_price", FieldValue::Unsigned(u64::from(self.settlement_price.get())));
    }
}

/// Effect: an order that waited for the in-play delay comes in now, and trades or rests behind this.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderReleased {
    /// Order.
    pub order_id: U64,
    /// Its client id.
    pub cl_ord_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Session that owns the order.
    pub session_id: U32,
    /// Lots.
    pub leaves_qty: U32,
    /// Lots traded before it waited.
    pub cum_qty: U32,
    /// Lots in front at its price.
    pub quantity_ahead: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// How long it works.
    pub time_in_force: u8,
    /// Instructions.
    pub exec_inst: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_45: [u8; 3],
}

impl Message for OrderReleased {
    const TEMPLATE_ID: u16 = 107;
    const NAME: &'static str = "OrderReleased";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("cum_qty", FieldValue::Unsigned(u64::from(self.cum_qty.get())));
        visit("quantity_ahead", FieldValue::Unsigned(u64::from(self.quantity_ahead.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("time_in_force", FieldValue::Unsigned(u64::from(self.time_in_force)));
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
    }
}

/// Effect: one order filled as part of a set, an order in every market of an event filled against the event's house account for the same quantity. The orders of the other markets come first, by market, the incoming one last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct CrossOutcomeFill {
    /// Order.
    pub order_id: U64,
    /// Its client id.
    pub cl_ord_id: U64,
    /// Incoming order of the set.
    pub aggressor_order_id: U64,
    /// Session that owns the order.
    pub session_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Left of it.
    pub leaves_qty: U32,
    /// Lots filled.
    pub quantity: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// 1 for the incoming order, which pays or gets what is left of the payout.
    pub is_aggressor: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_52: [u8; 4],
    /// Fee, millionths.
    pub fee: I64,
}

impl Message for CrossOutcomeFill {
    const TEMPLATE_ID: u16 = 108;
    const NAME: &'static str = "CrossOutcomeFill";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("aggressor_order_id", FieldValue::Unsigned(self.aggressor_order_id.get()));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("quantity", FieldValue::Unsigned(u64::from(self.quantity.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("is_aggressor", FieldValue::Unsigned(u64::from(self.is_aggressor)));
        visit("fee", FieldValue::Signed(self.fee.get()));
    }
}

/// Leads every log record, bare (no message header before it). Behind it: the command's bytes as received, zero filled to 8, then its effects, each a message with its header.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct RecordHeader {
    /// Bytes of the record, this header included; a multiple of 8.
    pub record_length: U32,
    /// Template of the command.
    pub template_id: U16,
    /// Bytes of the command, message header included.
    pub command_length: U16,
    /// Session that sent it; 0 for the exchange itself.
    pub session_id: U32,
    /// Effects.
    pub effect_count: U32,
    /// Nanoseconds since 1970, never below the last record's.
    pub sequencing_time_ns: U64,
    /// Digest of all engine state after the command.
    pub state_digest: U64,
}

impl Message for RecordHeader {
    const TEMPLATE_ID: u16 = 110;
    const NAME: &'static str = "RecordHeader";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("record_length", FieldValue::Unsigned(u64::from(self.record_length.get())));
        visit("template_id", FieldValue::Unsigned(u64::from(self.template_id.get())));
        visit("command_length", FieldValue::Unsigned(u64::from(self.command_length.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("effect_count", FieldValue::Unsigned(u64::from(self.effect_count.get())));
        visit("sequencing_time_ns", FieldValue::Unsigned(self.sequencing_time_ns.get()));
        visit("state_digest", FieldValue::Unsigned(self.state_digest.get()));
    }
}

/// Command of the exchange itself: do the next bounded step of the sweep or pay-out whose turn it is. It names the request that began it, for the reports of the step; the engine does not read it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Continue {
    /// Number or ClOrdID of that request.
    pub request_id: U64,
    /// Session that sent it; 0 for the exchange itself.
    pub session_id: U32,
    /// Number of that request in its session's flow.
    pub seq_num: U32,
}

impl Message for Continue {
    const TEMPLATE_ID: u16 = 111;
    const NAME: &'static str = "Continue";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
    }
}

/// Command of the exchange itself: a session lost its transport binding.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SessionDisconnected {
    /// Session.
    pub session_id: U32,
    /// Why.
    pub code: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_6: [u8; 2],
}

impl Message for SessionDisconnected {
    const TEMPLATE_ID: u16 = 112;
    const NAME: &'static str = "SessionDisconnected";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("code", FieldValue::Unsigned(u64::from(self.code.get())));
    }
}

/// Command of the exchange itself: the limits and settings that decide effects from here on. The first record of every log, and the first after a start with other ones.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EngineConfiguration {
    /// Highest account number.
    pub accounts_max: U32,
    /// Most events ever defined.
    pub events_max: U32,
    /// Most markets ever defined.
    pub markets_max: U32,
    /// Order slots.
    pub orders_max: U32,
    /// Most sessions ever negotiated.
    pub sessions_max: U32,
    /// Highest access key id.
    pub access_keys_max: U32,
    /// ClOrdIDs that each session remembers.
    pub cl_ord_id_window: U32,
    /// Rows of pairs of account and event.
    pub exposures_max: U32,
    /// Most trades of one command.
    pub sweep_trades_max: U32,
    /// Most sweeps and pay-outs in progress of one firm, and of the exchange.
    pub work_max: U32,
    /// Version of the engine rules; a journal re-executes only with a build that has its rules.
    pub rules_version: U32,
    /// Shard, the top 8 bits of every position and order id.
    pub shard: u8,
    /// What every acknowledgement survives.
    pub acknowledgement_level: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_46: [u8; 2],
}

impl Message for EngineConfiguration {
    const TEMPLATE_ID: u16 = 113;
    const NAME: &'static str = "EngineConfiguration";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("accounts_max", FieldValue::Unsigned(u64::from(self.accounts_max.get())));
        visit("events_max", FieldValue::Unsigned(u64::from(self.events_max.get())));
        visit("markets_max", FieldValue::Unsigned(u64::from(self.markets_max.get())));
        visit("orders_max", FieldValue::Unsigned(u64::from(self.orders_max.get())));
        visit("sessions_max", FieldValue::Unsigned(u64::from(self.sessions_max.get())));
        visit("access_keys_max", FieldValue::Unsigned(u64::from(self.access_keys_max.get())));
        visit("cl_ord_id_window", FieldValue::Unsigned(u64::from(self.cl_ord_id_window.get())));
        visit("exposures_max", FieldValue::Unsigned(u64::from(self.exposures_max.get())));
        visit("sweep_trades_max", FieldValue::Unsigned(u64::from(self.sweep_trades_max.get())));
        visit("work_max", FieldValue::Unsigned(u64::from(self.work_max.get())));
        visit("rules_version", FieldValue::Unsigned(u64::from(self.rules_version.get())));
        visit("shard", FieldValue::Unsigned(u64::from(self.shard)));
        visit("acknowledgement_level", FieldValue::Unsigned(u64::from(self.acknowledgement_level)));
    }
}

/// Command of the exchange itself: fire the timers that are due at the record's sequencing time, at most 256 effects of them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct TimerTick {
    /// Millisecond since 1970 at which the first of them is due; the engine does not read it.
    pub due_ms: U64,
}

impl Message for TimerTick {
    const TEMPLATE_ID: u16 = 115;
    const NAME: &'static str = "TimerTick";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("due_ms", FieldValue::Unsigned(self.due_ms.get()));
    }
}

/// One message of a log stream. Behind it: whole records, one after another.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct LogStreamPacket {
    /// Position of the first record behind it.
    pub first_position: U64,
}

impl Message for LogStreamPacket {
    const TEMPLATE_ID: u16 = 114;
    const NAME: &'static str = "LogStreamPacket";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("first_position", FieldValue::Unsigned(self.first_position.get()));
    }
}

/// Effect: prices of new orders of a market have other limits from here on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct PriceLimitsChanged {
    /// Market (FIX 48).
    pub security_id: U32,
    /// Event.
    pub event_id: U32,
    /// Lowest price taken.
    pub low_limit_price: U16,
    /// Highest price taken.
    pub high_limit_price: U16,
    /// Price that the limits lie around, 0 for none.
    pub reference_price: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_14: [u8; 2],
}

impl Message for PriceLimitsChanged {
    const TEMPLATE_ID: u16 = 117;
    const NAME: &'static str = "PriceLimitsChanged";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("low_limit_price", FieldValue::Unsigned(u64::from(self.low_limit_price.get())));
        visit("high_limit_price", FieldValue::Unsigned(u64::from(self.high_limit_price.get())));
        visit("reference_price", FieldValue::Unsigned(u64::from(self.reference_price.get())));
    }
}

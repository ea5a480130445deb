//! Messages of the section `state`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// A message was refused for its form, its sender or its command (FIX j). exec_id 0: refused by the gateway, not sequenced.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct BusinessMessageReject {
    /// Id in the refused message, 0 when unreadable.
    pub request_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the refused message, 0 when unreadable (FIX 45).
    pub ref_seq_num: U32,
    /// Template of the refused message (FIX 372).
    pub ref_template_id: U16,
    /// Why.
    pub reject_code: U16,
}

impl Message for BusinessMessageReject {
    const TEMPLATE_ID: u16 = 56;
    const NAME: &'static str = "BusinessMessageReject";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("ref_seq_num", FieldValue::Unsigned(u64::from(self.ref_seq_num.get())));
        visit("ref_template_id", FieldValue::Unsigned(u64::from(self.ref_template_id.get())));
        visit("reject_code", FieldValue::Unsigned(u64::from(self.reject_code.get())));
    }
}

/// An account as of this position: answers its definition, deposits, withdrawals and state requests.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct AccountReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Firm.
    pub firm_id: U32,
    /// Live orders.
    pub open_order_count: U32,
    /// Cash, millionths.
    pub cash: I64,
    /// Cash plus the worst case of every event, millionths.
    pub buying_power: I64,
}

impl Message for AccountReport {
    const TEMPLATE_ID: u16 = 61;
    const NAME: &'static str = "AccountReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("open_order_count", FieldValue::Unsigned(u64::from(self.open_order_count.get())));
        visit("cash", FieldValue::Signed(self.cash.get()));
        visit("buying_power", FieldValue::Signed(self.buying_power.get()));
    }
}

/// One account in one market.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct PositionReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Event.
    pub event_id: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Position, lots, long YES above zero.
    pub quantity: I64,
    /// Worst cost of its open bids, millionths.
    pub bid_cost: I64,
    /// Worst cost of its open asks, millionths.
    pub ask_cost: I64,
}

impl Message for PositionReport {
    const TEMPLATE_ID: u16 = 62;
    const NAME: &'static str = "PositionReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("quantity", FieldValue::Signed(self.quantity.get()));
        visit("bid_cost", FieldValue::Signed(self.bid_cost.get()));
        visit("ask_cost", FieldValue::Signed(self.ask_cost.get()));
    }
}

/// Totals and digests as of this position.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ExchangeReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Accounts.
    pub account_count: U32,
    /// All deposits, millionths.
    pub deposits: I64,
    /// All withdrawals, millionths.
    pub withdrawals: I64,
    /// Cash of all accounts, millionths.
    pub cash: I64,
    /// Fees collected, millionths.
    pub fees: I64,
    /// Cash of the events' house accounts and of settlements not yet complete, millionths.
    pub settlement_pool: I64,
    /// Positions that are not zero.
    pub open_position_count: U64,
    /// Full walk over accounts, positions and books.
    pub market_digest: U64,
    /// Incremental digest of all engine state before this command.
    pub state_digest: U64,
    /// Live orders.
    pub open_order_count: U32,
    /// Markets ever defined.
    pub market_count: U32,
}

impl Message for ExchangeReport {
    const TEMPLATE_ID: u16 = 63;
    const NAME: &'static str = "ExchangeReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account_count", FieldValue::Unsigned(u64::from(self.account_count.get())));
        visit("deposits", FieldValue::Signed(self.deposits.get()));
        visit("withdrawals", FieldValue::Signed(self.withdrawals.get()));
        visit("cash", FieldValue::Signed(self.cash.get()));
        visit("fees", FieldValue::Signed(self.fees.get()));
        visit("settlement_pool", FieldValue::Signed(self.settlement_pool.get()));
        visit("open_position_count", FieldValue::Unsigned(self.open_position_count.get()));
        visit("market_digest", FieldValue::Unsigned(self.market_digest.get()));
        visit("state_digest", FieldValue::Unsigned(self.state_digest.get()));
        visit("open_order_count", FieldValue::Unsigned(u64::from(self.open_order_count.get())));
        visit("market_count", FieldValue::Unsigned(u64::from(self.market_count.get())));
    }
}

/// A key's rights changed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EntitlementReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Access key.
    pub access_key_id: U32,
    /// Firm.
    pub firm_id: U32,
    /// What it may do now.
    pub roles: U16,
    /// As in the request.
    pub open_orders_max: U16,
}

impl Message for EntitlementReport {
    const TEMPLATE_ID: u16 = 67;
    const NAME: &'static str = "EntitlementReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("access_key_id", FieldValue::Unsigned(u64::from(self.access_key_id.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("roles", FieldValue::Unsigned(u64::from(self.roles.get())));
        visit("open_orders_max", FieldValue::Unsigned(u64::from(self.open_orders_max.get())));
    }
}

/// One counter of the gateway; unnumbered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct CounterReport {
    /// The request this answers.
    pub request_id: U64,
    /// Value.
    pub value: U64,
    /// Which, from 0.
    pub counter_index: U16,
    /// How many there are.
    pub counter_count: U16,
    /// Name, ASCII, zero filled.
    pub label: [u8; 40],
    /// Not used; zero when sent, not read when received.
    pub reserved_60: [u8; 4],
}

impl Message for CounterReport {
    const TEMPLATE_ID: u16 = 69;
    const NAME: &'static str = "CounterReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("value", FieldValue::Unsigned(self.value.get()));
        visit("counter_index", FieldValue::Unsigned(u64::from(self.counter_index.get())));
        visit("counter_count", FieldValue::Unsigned(u64::from(self.counter_count.get())));
        visit("label", FieldValue::Bytes(&self.label));
    }
}

/// The log stream is set up; unnumbered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct LogStreamReport {
    /// The request this answers.
    pub request_id: U64,
    /// As asked for; of the shared stream, where it has come to.
    pub from_position: U64,
    /// Released position at this time.
    pub released_position: U64,
    /// Aeron session id of the stream, the bits of an int32.
    pub stream_session_id: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_28: [u8; 4],
}

impl Message for LogStreamReport {
    const TEMPLATE_ID: u16 = 70;
    const NAME: &'static str = "LogStreamReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("from_position", FieldValue::Unsigned(self.from_position.get()));
        visit("released_position", FieldValue::Unsigned(self.released_position.get()));
        visit("stream_session_id", FieldValue::Unsigned(u64::from(self.stream_session_id.get())));
    }
}

/// A live order as it stands (FIX 8 with ExecType I).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderStatusReport {
    /// The request this answers.
    pub request_id: U64,
    /// Exchange's order id (FIX 37).
    pub order_id: U64,
    /// The order's current client id (FIX 11).
    pub cl_ord_id: U64,
    /// Position of this message in the log (FIX 17).
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// When it ends; 0 for never (FIX 126).
    pub expire_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Quantity still working (FIX 151).
    pub leaves_qty: U32,
    /// Quantity traded (FIX 14).
    pub cum_qty: U32,
    /// Lots at the same price that trade before it; 4294967295 when they are more, or more than 256 orders (of a mass status 16) lie before it and as many behind it.
    pub quantity_ahead: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Session that owns it.
    pub session_id: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// How long it works.
    pub time_in_force: u8,
    /// Its instructions.
    pub exec_inst: u8,
    /// New or PartiallyFilled.
    pub ord_status: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_82: [u8; 6],
}

impl Message for OrderStatusReport {
    const TEMPLATE_ID: u16 = 73;
    const NAME: &'static str = "OrderStatusReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("cl_ord_id", FieldValue::Unsigned(self.cl_ord_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("expire_time_ns", FieldValue::Unsigned(self.expire_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("leaves_qty", FieldValue::Unsigned(u64::from(self.leaves_qty.get())));
        visit("cum_qty", FieldValue::Unsigned(u64::from(self.cum_qty.get())));
        visit("quantity_ahead", FieldValue::Unsigned(u64::from(self.quantity_ahead.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("time_in_force", FieldValue::Unsigned(u64::from(self.time_in_force)));
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
        visit("ord_status", FieldValue::Unsigned(u64::from(self.ord_status)));
    }
}

/// Behind the last OrderStatusReport of an OrderMassStatusRequest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderMassStatusReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Orders reported (FIX 911).
    pub order_count: U32,
    /// Which orders.
    pub scope: u8,
    /// 1 or 2, or 0 for both.
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_34: [u8; 6],
}

impl Message for OrderMassStatusReport {
    const TEMPLATE_ID: u16 = 68;
    const NAME: &'static str = "OrderMassStatusReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("order_count", FieldValue::Unsigned(u64::from(self.order_count.get())));
        visit("scope", FieldValue::Unsigned(u64::from(self.scope)));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

/// A kill switch is in force, or released. The orders that stood are cancelled behind it; their OrderMassActionReport ends it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct KillSwitchReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// As in the request.
    pub key: U32,
    /// Blocks that stand now, those of firms included.
    pub block_count: U32,
    /// Which orders.
    pub scope: u8,
    /// What was done.
    pub action: u8,
    /// 1 or 2, or 0 for both.
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_39: [u8; 9],
}

impl Message for KillSwitchReport {
    const TEMPLATE_ID: u16 = 75;
    const NAME: &'static str = "KillSwitchReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("key", FieldValue::Unsigned(u64::from(self.key.get())));
        visit("block_count", FieldValue::Unsigned(u64::from(self.block_count.get())));
        visit("scope", FieldValue::Unsigned(u64::from(self.scope)));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

/// The limits of an account, as they are from here on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct AccountLimitsReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// As in the request.
    pub position_limit: I64,
    /// As in the request.
    pub worst_loss_limit: I64,
    /// As in the request.
    pub order_cost_max: I64,
}

impl Message for AccountLimitsReport {
    const TEMPLATE_ID: u16 = 76;
    const NAME: &'static str = "AccountLimitsReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("position_limit", FieldValue::Signed(self.position_limit.get()));
        visit("worst_loss_limit", FieldValue::Signed(self.worst_loss_limit.get()));
        visit("order_cost_max", FieldValue::Signed(self.order_cost_max.get()));
    }
}

//! Messages of the section `administration`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// Asks for a live order of the firm as of its place in the log; read only (FIX H).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderStatusRequest {
    /// Number the client gives the request; echoed (FIX 790).
    pub request_id: U64,
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

impl Message for OrderStatusRequest {
    const TEMPLATE_ID: u16 = 27;
    const NAME: &'static str = "OrderStatusRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("orig_cl_ord_id", FieldValue::Unsigned(self.orig_cl_ord_id.get()));
    }
}

/// Asks for all live orders of the firm in a scope as of its place in the log; read only (FIX AF). Answered by one OrderStatusReport for each, then one OrderMassStatusReport.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderMassStatusRequest {
    /// Number the client gives the request; echoed in every report (FIX 584).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Market; read by scope Security (FIX 48).
    pub security_id: U32,
    /// Event; read by scope Event.
    pub event_id: U32,
    /// Account; read by scope Account (FIX 1).
    pub account: U32,
    /// Link; read by scope Link (FIX 583).
    pub cl_ord_link_id: U32,
    /// Which orders, 1 to 5.
    pub scope: u8,
    /// 1 or 2 for that side only, 0 for both.
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_38: [u8; 2],
}

impl Message for OrderMassStatusRequest {
    const TEMPLATE_ID: u16 = 28;
    const NAME: &'static str = "OrderMassStatusRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("cl_ord_link_id", FieldValue::Unsigned(u64::from(self.cl_ord_link_id.get())));
        visit("scope", FieldValue::Unsigned(u64::from(self.scope)));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

/// Defines an event of mutually exclusive states and its markets, one for each state (market admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EventDefinitionRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// States, 1 to 64.
    pub market_count: u8,
    /// 1 when exactly one state comes true, 0 when it may be none; a lone market is one market not exhaustive.
    pub exhaustive: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_22: [u8; 2],
    /// Number in the outside world, published unread.
    pub external_id: U64,
    /// Maker fee rate in ten-thousandths, below 10000; 65535 for that of the series.
    pub maker_fee_rate: U16,
    /// Taker fee rate in ten-thousandths, below 10000; 65535 for that of the series.
    pub taker_fee_rate: U16,
    /// 1 when the markets begin as drafts, 0 when they are listed at once.
    pub draft: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_37: [u8; 1],
    /// Series that it belongs to, 0 for none.
    pub series_id: U16,
}

impl Message for EventDefinitionRequest {
    const TEMPLATE_ID: u16 = 30;
    const NAME: &'static str = "EventDefinitionRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("market_count", FieldValue::Unsigned(u64::from(self.market_count)));
        visit("exhaustive", FieldValue::Unsigned(u64::from(self.exhaustive)));
        visit("external_id", FieldValue::Unsigned(self.external_id.get()));
        visit("maker_fee_rate", FieldValue::Unsigned(u64::from(self.maker_fee_rate.get())));
        visit("taker_fee_rate", FieldValue::Unsigned(u64::from(self.taker_fee_rate.get())));
        visit("draft", FieldValue::Unsigned(u64::from(self.draft)));
        visit("series_id", FieldValue::Unsigned(u64::from(self.series_id.get())));
    }
}

/// Moves one market, or all markets of an event, along the life cycle (market admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SecurityStatusRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Market, or 0 for all of the event.
    pub security_id: U32,
    /// Free number, published.
    pub reason: U16,
    /// New status.
    pub status: u8,
    /// 1 while the event is being played.
    pub in_play: u8,
}

impl Message for SecurityStatusRequest {
    const TEMPLATE_ID: u16 = 31;
    const NAME: &'static str = "SecurityStatusRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("reason", FieldValue::Unsigned(u64::from(self.reason.get())));
        visit("status", FieldValue::Unsigned(u64::from(self.status)));
        visit("in_play", FieldValue::Unsigned(u64::from(self.in_play)));
    }
}

/// Settles an event by a vector of state values (market admin). All markets must be closed; while the outcome is determined or disputed it amends it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SettlementRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Values used, the event's market count.
    pub value_count: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_25: [u8; 1],
    /// Value of each market, ten-thousandths of the payout, 0 to 10000.
    pub values: [U16; 64],
    /// Not used; zero when sent, not read when received.
    pub reserved_154: [u8; 6],
}

impl Message for SettlementRequest {
    const TEMPLATE_ID: u16 = 32;
    const NAME: &'static str = "SettlementRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("value_count", FieldValue::Unsigned(u64::from(self.value_count)));
        visit("values", FieldValue::Words(&self.values));
    }
}

/// Opens an account (cash admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct AccountDefinitionRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Firm.
    pub firm_id: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_28: [u8; 4],
}

impl Message for AccountDefinitionRequest {
    const TEMPLATE_ID: u16 = 33;
    const NAME: &'static str = "AccountDefinitionRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
    }
}

/// Pays cash into an account (cash admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct DepositRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Millionths, above zero.
    pub amount: I64,
}

impl Message for DepositRequest {
    const TEMPLATE_ID: u16 = 34;
    const NAME: &'static str = "DepositRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("amount", FieldValue::Signed(self.amount.get()));
    }
}

/// Pays cash out of an account, at most its buying power (cash admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct WithdrawalRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Millionths, above zero.
    pub amount: I64,
}

impl Message for WithdrawalRequest {
    const TEMPLATE_ID: u16 = 35;
    const NAME: &'static str = "WithdrawalRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("amount", FieldValue::Signed(self.amount.get()));
    }
}

/// Grants a key its firm and roles, or revokes it with no role (cash admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EntitlementRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Access key.
    pub access_key_id: U32,
    /// Firm.
    pub firm_id: U32,
    /// What the key may do; 0 revokes.
    pub roles: U16,
    /// Most open orders of each session of the key; 0 for no limit.
    pub open_orders_max: U16,
}

impl Message for EntitlementRequest {
    const TEMPLATE_ID: u16 = 36;
    const NAME: &'static str = "EntitlementRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("access_key_id", FieldValue::Unsigned(u64::from(self.access_key_id.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("roles", FieldValue::Unsigned(u64::from(self.roles.get())));
        visit("open_orders_max", FieldValue::Unsigned(u64::from(self.open_orders_max.get())));
    }
}

/// Ends every day order (market admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EndOfDayRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_20: [u8; 4],
}

impl Message for EndOfDayRequest {
    const TEMPLATE_ID: u16 = 37;
    const NAME: &'static str = "EndOfDayRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
    }
}

/// Suspends trading in a scope, whoever's, and cancels what stands there; or releases it (risk).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct KillSwitchRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// The market, event, account, firm or session that the scope names; zero for the exchange.
    pub key: U32,
    /// Which orders: Security, Event, Account, Firm, Session or Exchange.
    pub scope: u8,
    /// Suspend or Release.
    pub action: u8,
    /// 1 or 2 for one side only, 0 for both.
    pub side: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_27: [u8; 5],
}

impl Message for KillSwitchRequest {
    const TEMPLATE_ID: u16 = 38;
    const NAME: &'static str = "KillSwitchRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("key", FieldValue::Unsigned(u64::from(self.key.get())));
        visit("scope", FieldValue::Unsigned(u64::from(self.scope)));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
    }
}

/// Limits what an account may risk (risk).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct AccountLimitsRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Most lots of one market, long or short, with every open order of the side filled; 0 for none.
    pub position_limit: I64,
    /// Most that one event can lose from here on, millionths; 0 for none.
    pub worst_loss_limit: I64,
    /// Most that one order can cost, millionths; 0 for none.
    pub order_cost_max: I64,
}

impl Message for AccountLimitsRequest {
    const TEMPLATE_ID: u16 = 39;
    const NAME: &'static str = "AccountLimitsRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("position_limit", FieldValue::Signed(self.position_limit.get()));
        visit("worst_loss_limit", FieldValue::Signed(self.worst_loss_limit.get()));
        visit("order_cost_max", FieldValue::Signed(self.order_cost_max.get()));
    }
}

/// Asks for engine state as of its place in the log; read only.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct StateReportRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Event.
    pub event_id: U32,
    /// What is asked.
    pub scope: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_29: [u8; 3],
}

impl Message for StateReportRequest {
    const TEMPLATE_ID: u16 = 40;
    const NAME: &'static str = "StateReportRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("scope", FieldValue::Unsigned(u64::from(self.scope)));
    }
}

/// Asks the gateway for its counters (any administrator role). Not numbered: seq_num is zero.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct CounterReportRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_20: [u8; 4],
}

impl Message for CounterReportRequest {
    const TEMPLATE_ID: u16 = 41;
    const NAME: &'static str = "CounterReportRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
    }
}

/// Asks for the log from a position on, as a stream to a port of the session's address (replica role). Not numbered: seq_num is zero. A later request of the session replaces the earlier stream, and the session's end ends it. Refused with BusinessMessageReject.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct LogStreamRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Zero.
    pub seq_num: U32,
    /// UDP port of the subscription; 0 ends the session's stream.
    pub port: U16,
    /// A stream of its own, or the shared one.
    pub delivery: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_23: [u8; 1],
    /// First position wanted; the first record sent is the one that holds it. Not looked at for the shared stream.
    pub from_position: U64,
}

impl Message for LogStreamRequest {
    const TEMPLATE_ID: u16 = 42;
    const NAME: &'static str = "LogStreamRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("port", FieldValue::Unsigned(u64::from(self.port.get())));
        visit("delivery", FieldValue::Unsigned(u64::from(self.delivery)));
        visit("from_position", FieldValue::Unsigned(self.from_position.get()));
    }
}

/// Disputes the outcome of an event: its window no longer ends by itself, and another SettlementRequest decides (market admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct DisputeRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Free number, published.
    pub reason: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_26: [u8; 6],
}

impl Message for DisputeRequest {
    const TEMPLATE_ID: u16 = 45;
    const NAME: &'static str = "DisputeRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("reason", FieldValue::Unsigned(u64::from(self.reason.get())));
    }
}

/// Sets the grid of prices of one market, or of all markets of an event (market admin). Not while one of them is open.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct TickTableRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Market, or 0 for all of the event.
    pub security_id: U32,
    /// Bands used, 1 to 4.
    pub band_count: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_29: [u8; 1],
    /// First price of each band, ascending; of the first band 1.
    pub band_from: [U16; 4],
    /// Tick of each band: its prices are the multiples of it.
    pub band_tick: [U16; 4],
    /// Not used; zero when sent, not read when received.
    pub reserved_46: [u8; 2],
}

impl Message for TickTableRequest {
    const TEMPLATE_ID: u16 = 46;
    const NAME: &'static str = "TickTableRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("band_count", FieldValue::Unsigned(u64::from(self.band_count)));
        visit("band_from", FieldValue::Words(&self.band_from));
        visit("band_tick", FieldValue::Words(&self.band_tick));
    }
}

/// Sets all parameters of an event, in place of those before (market admin). Not while one of its markets is open.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EventParametersRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Delay of orders that would trade while in play, 0 to 60000; 4294967295 for that of the velocity.
    pub in_play_delay_ms: U32,
    /// Time between the outcome and the pay-out, 0 to 2592000000; 0 for none.
    pub dispute_window_ms: U32,
    /// Age at which reference odds are stale, 0 to 86400000; 0 for never.
    pub stale_after_ms: U32,
    /// Most that a price may lie off the reference price, ten-thousandths; 0 for no collar.
    pub collar_width: U16,
    /// The same while the reference odds are stale, not below collar_width; 0 for no other one.
    pub stale_collar_width: U16,
    /// Change of a reference price that pauses the markets, ten-thousandths; 0 for none.
    pub jump_limit: U16,
    /// Lowest price, ten-thousandths; 0 for none.
    pub static_low: U16,
    /// Highest price, ten-thousandths; 0 for none.
    pub static_high: U16,
    /// 1 to match over all outcomes of an exhaustive event; changed only before its markets were ever open.
    pub cross_outcome: u8,
    /// How fast the event goes.
    pub velocity: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_48: [u8; 8],
}

impl Message for EventParametersRequest {
    const TEMPLATE_ID: u16 = 47;
    const NAME: &'static str = "EventParametersRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("in_play_delay_ms", FieldValue::Unsigned(u64::from(self.in_play_delay_ms.get())));
        visit("dispute_window_ms", FieldValue::Unsigned(u64::from(self.dispute_window_ms.get())));
        visit("stale_after_ms", FieldValue::Unsigned(u64::from(self.stale_after_ms.get())));
        visit("collar_width", FieldValue::Unsigned(u64::from(self.collar_width.get())));
        visit("stale_collar_width", FieldValue::Unsigned(u64::from(self.stale_collar_width.get())));
        visit("jump_limit", FieldValue::Unsigned(u64::from(self.jump_limit.get())));
        visit("static_low", FieldValue::Unsigned(u64::from(self.static_low.get())));
        visit("static_high", FieldValue::Unsigned(u64::from(self.static_high.get())));
        visit("cross_outcome", FieldValue::Unsigned(u64::from(self.cross_outcome)));
        visit("velocity", FieldValue::Unsigned(u64::from(self.velocity)));
    }
}

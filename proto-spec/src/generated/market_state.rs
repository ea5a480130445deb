//! Messages of the section `market_state`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// One account was paid for one market.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SettlementReport {
    /// Position of the effect in the log (FIX 17), bit 0 set on the resting side of a trade.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Event.
    pub event_id: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Account number (FIX 1).
    pub account: U32,
    /// Firm.
    pub firm_id: U32,
    /// Position closed, lots, long YES above zero.
    pub quantity: I64,
    /// Cash moved to the account, millionths; below zero from it.
    pub amount: I64,
    /// Value of the market, ten-thousandths, 0 to 10000 (FIX 730).
    pub settlement_price: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_50: [u8; 6],
}

impl Message for SettlementReport {
    const TEMPLATE_ID: u16 = 57;
    const NAME: &'static str = "SettlementReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("quantity", FieldValue::Signed(self.quantity.get()));
        visit("amount", FieldValue::Signed(self.amount.get()));
        visit("settlement_price", FieldValue::Unsigned(u64::from(self.settlement_price.get())));
    }
}

/// An event was defined.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EventDefinitionReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// First market; the others follow without gap.
    pub first_security_id: U32,
    /// Markets.
    pub market_count: u8,
    /// 1 when exactly one state comes true.
    pub exhaustive: u8,
    /// Its series, 0 for none.
    pub series_id: U16,
    /// Number in the outside world.
    pub external_id: U64,
}

impl Message for EventDefinitionReport {
    const TEMPLATE_ID: u16 = 60;
    const NAME: &'static str = "EventDefinitionReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("first_security_id", FieldValue::Unsigned(u64::from(self.first_security_id.get())));
        visit("market_count", FieldValue::Unsigned(u64::from(self.market_count)));
        visit("exhaustive", FieldValue::Unsigned(u64::from(self.exhaustive)));
        visit("series_id", FieldValue::Unsigned(u64::from(self.series_id.get())));
        visit("external_id", FieldValue::Unsigned(self.external_id.get()));
    }
}

/// A market changed its status.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SecurityStatusReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// From the request; 65535 when reference odds jumped.
    pub reason: U16,
    /// New status.
    pub status: u8,
    /// 1 while being played.
    pub in_play: u8,
    /// Value of the market when it is determined, disputed or settled, ten-thousandths; else 0.
    pub settlement_price: U16,
    /// Delay of orders that would trade while in play, milliseconds.
    pub in_play_delay_ms: U16,
}

impl Message for SecurityStatusReport {
    const TEMPLATE_ID: u16 = 64;
    const NAME: &'static str = "SecurityStatusReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("reason", FieldValue::Unsigned(u64::from(self.reason.get())));
        visit("status", FieldValue::Unsigned(u64::from(self.status)));
        visit("in_play", FieldValue::Unsigned(u64::from(self.in_play)));
        visit("settlement_price", FieldValue::Unsigned(u64::from(self.settlement_price.get())));
        visit("in_play_delay_ms", FieldValue::Unsigned(u64::from(self.in_play_delay_ms.get())));
    }
}

/// Every position of an event is paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SettlementComplete {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Positions closed.
    pub position_count: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_36: [u8; 4],
    /// Sum paid to holders of a gain, millionths.
    pub amount: I64,
}

impl Message for SettlementComplete {
    const TEMPLATE_ID: u16 = 66;
    const NAME: &'static str = "SettlementComplete";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("position_count", FieldValue::Unsigned(u64::from(self.position_count.get())));
        visit("amount", FieldValue::Signed(self.amount.get()));
    }
}

/// An event has an outcome, or another one, that may be disputed. The values follow, one status report a market.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OutcomeReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// When it is paid out unless it is disputed, nanoseconds since 1970.
    pub window_end_ns: U64,
    /// How often the outcome was amended; 0 for the first.
    pub amendment_count: U16,
    /// Markets.
    pub value_count: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_43: [u8; 5],
}

impl Message for OutcomeReport {
    const TEMPLATE_ID: u16 = 65;
    const NAME: &'static str = "OutcomeReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("window_end_ns", FieldValue::Unsigned(self.window_end_ns.get()));
        visit("amendment_count", FieldValue::Unsigned(u64::from(self.amendment_count.get())));
        visit("value_count", FieldValue::Unsigned(u64::from(self.value_count)));
    }
}

/// The parameters of an event, as they are from here on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EventParametersReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Delay in force.
    pub in_play_delay_ms: U32,
    /// As in the request.
    pub dispute_window_ms: U32,
    /// As in the request.
    pub stale_after_ms: U32,
    /// As in the request.
    pub collar_width: U16,
    /// As in the request.
    pub stale_collar_width: U16,
    /// As in the request.
    pub jump_limit: U16,
    /// As in the request.
    pub static_low: U16,
    /// As in the request.
    pub static_high: U16,
    /// As in the request.
    pub cross_outcome: u8,
    /// As in the request.
    pub velocity: u8,
}

impl Message for EventParametersReport {
    const TEMPLATE_ID: u16 = 78;
    const NAME: &'static str = "EventParametersReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
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

/// The grid of prices of a market, as it is from here on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct TickTableReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Bands used.
    pub band_count: u8,
    /// State in which the market pays.
    pub state_index: u8,
    /// Smallest tick of all bands, ten-thousandths.
    pub tick_size: U16,
    /// As in the request; 0 where no band is.
    pub band_from: [U16; 4],
    /// As in the request; 0 where no band is.
    pub band_tick: [U16; 4],
}

impl Message for TickTableReport {
    const TEMPLATE_ID: u16 = 79;
    const NAME: &'static str = "TickTableReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("band_count", FieldValue::Unsigned(u64::from(self.band_count)));
        visit("state_index", FieldValue::Unsigned(u64::from(self.state_index)));
        visit("tick_size", FieldValue::Unsigned(u64::from(self.tick_size.get())));
        visit("band_from", FieldValue::Words(&self.band_from));
        visit("band_tick", FieldValue::Words(&self.band_tick));
    }
}

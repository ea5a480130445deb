//! Messages of the section `market_data`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// Leads every market-data packet; with no message behind it, a heartbeat.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MarketDataPacket {
    /// Sequencing time of the last record.
    pub sending_time_ns: U64,
    /// End of the last record that is wholly in this packet or before it.
    pub log_position: U64,
    /// Packets of this channel, from 1.
    pub packet_seq_num: U32,
    /// Messages behind.
    pub message_count: U16,
    /// Feed, 0 for A.
    pub channel: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_23: [u8; 1],
}

impl Message for MarketDataPacket {
    const TEMPLATE_ID: u16 = 80;
    const NAME: &'static str = "MarketDataPacket";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("log_position", FieldValue::Unsigned(self.log_position.get()));
        visit("packet_seq_num", FieldValue::Unsigned(u64::from(self.packet_seq_num.get())));
        visit("message_count", FieldValue::Unsigned(u64::from(self.message_count.get())));
        visit("channel", FieldValue::Unsigned(u64::from(self.channel)));
    }
}

/// An order rests, behind all others of its price.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderPut {
    /// Order.
    pub order_id: U64,
    /// Time priority, lower first.
    pub priority: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Lots.
    pub quantity: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// Marks.
    pub flags: u8,
}

impl Message for OrderPut {
    const TEMPLATE_ID: u16 = 81;
    const NAME: &'static str = "OrderPut";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("priority", FieldValue::Unsigned(self.priority.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("quantity", FieldValue::Unsigned(u64::from(self.quantity.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// A resting order shrank and keeps its place.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderReduce {
    /// Order.
    pub order_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Lots left.
    pub quantity: U32,
    /// Marks.
    pub flags: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_21: [u8; 3],
}

impl Message for OrderReduce {
    const TEMPLATE_ID: u16 = 82;
    const NAME: &'static str = "OrderReduce";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("quantity", FieldValue::Unsigned(u64::from(self.quantity.get())));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// A resting order left the book.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderDelete {
    /// Order.
    pub order_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Marks.
    pub flags: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_17: [u8; 7],
}

impl Message for OrderDelete {
    const TEMPLATE_ID: u16 = 83;
    const NAME: &'static str = "OrderDelete";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// A resting order traded; at nothing left it leaves the book.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OrderExecuted {
    /// Resting order.
    pub order_id: U64,
    /// Trade (FIX 880).
    pub trd_match_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Lots traded.
    pub quantity: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side of the incoming order (FIX 2446).
    pub aggressor_side: u8,
    /// Marks.
    pub flags: u8,
}

impl Message for OrderExecuted {
    const TEMPLATE_ID: u16 = 84;
    const NAME: &'static str = "OrderExecuted";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("trd_match_id", FieldValue::Unsigned(self.trd_match_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("quantity", FieldValue::Unsigned(u64::from(self.quantity.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("aggressor_side", FieldValue::Unsigned(u64::from(self.aggressor_side)));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// An event was defined.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EventDefinition {
    /// Event.
    pub event_id: U32,
    /// First market.
    pub first_security_id: U32,
    /// Number in the outside world.
    pub external_id: U64,
    /// Markets.
    pub market_count: u8,
    /// 1 when exactly one state comes true.
    pub exhaustive: u8,
    /// Marks.
    pub flags: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_19: [u8; 5],
}

impl Message for EventDefinition {
    const TEMPLATE_ID: u16 = 85;
    const NAME: &'static str = "EventDefinition";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("first_security_id", FieldValue::Unsigned(u64::from(self.first_security_id.get())));
        visit("external_id", FieldValue::Unsigned(self.external_id.get()));
        visit("market_count", FieldValue::Unsigned(u64::from(self.market_count)));
        visit("exhaustive", FieldValue::Unsigned(u64::from(self.exhaustive)));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// A market was defined (FIX d).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SecurityDefinition {
    /// Market (FIX 48).
    pub security_id: U32,
    /// Event.
    pub event_id: U32,
    /// Grid step, ten-thousandths; the smallest where bands of prices have several. Told again when it changes.
    pub tick_size: U16,
    /// State in which it pays.
    pub state_index: u8,
    /// Marks.
    pub flags: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_12: [u8; 4],
}

impl Message for SecurityDefinition {
    const TEMPLATE_ID: u16 = 86;
    const NAME: &'static str = "SecurityDefinition";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("tick_size", FieldValue::Unsigned(u64::from(self.tick_size.get())));
        visit("state_index", FieldValue::Unsigned(u64::from(self.state_index)));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// A market changed its status (FIX f).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SecurityStatus {
    /// Market (FIX 48).
    pub security_id: U32,
    /// Event.
    pub event_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Free number of who changed it; 65535 when reference odds jumped.
    pub reason: U16,
    /// New status.
    pub status: u8,
    /// 1 while being played.
    pub in_play: u8,
    /// Marks.
    pub flags: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_17: [u8; 1],
    /// Value of the market when it is determined, disputed or settled, ten-thousandths; else 0.
    pub settlement_price: U16,
    /// Delay of orders that would trade while in play, milliseconds.
    pub in_play_delay_ms: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_22: [u8; 2],
}

impl Message for SecurityStatus {
    const TEMPLATE_ID: u16 = 87;
    const NAME: &'static str = "SecurityStatus";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("reason", FieldValue::Unsigned(u64::from(self.reason.get())));
        visit("status", FieldValue::Unsigned(u64::from(self.status)));
        visit("in_play", FieldValue::Unsigned(u64::from(self.in_play)));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
        visit("settlement_price", FieldValue::Unsigned(u64::from(self.settlement_price.get())));
        visit("in_play_delay_ms", FieldValue::Unsigned(u64::from(self.in_play_delay_ms.get())));
    }
}

/// A market was settled.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MarketSettlement {
    /// Market (FIX 48).
    pub security_id: U32,
    /// Event.
    pub event_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Value, ten-thousandths, 0 to 10000.
    pub settlement_price: U16,
    /// Marks.
    pub flags: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_15: [u8; 1],
}

impl Message for MarketSettlement {
    const TEMPLATE_ID: u16 = 88;
    const NAME: &'static str = "MarketSettlement";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("settlement_price", FieldValue::Unsigned(u64::from(self.settlement_price.get())));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// Prices of new orders of a market have other limits from here on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct LimitsBanding {
    /// Market (FIX 48).
    pub security_id: U32,
    /// Event.
    pub event_id: U32,
    /// Lowest price taken (FIX 1148).
    pub low_limit_price: U16,
    /// Highest price taken (FIX 1149).
    pub high_limit_price: U16,
    /// Price that the limits lie around, 0 for none (FIX 1150).
    pub reference_price: U16,
    /// Marks.
    pub flags: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_15: [u8; 9],
}

impl Message for LimitsBanding {
    const TEMPLATE_ID: u16 = 89;
    const NAME: &'static str = "LimitsBanding";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("low_limit_price", FieldValue::Unsigned(u64::from(self.low_limit_price.get())));
        visit("high_limit_price", FieldValue::Unsigned(u64::from(self.high_limit_price.get())));
        visit("reference_price", FieldValue::Unsigned(u64::from(self.reference_price.get())));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

/// An incoming order filled against the other outcomes of its event, without an order of its own market.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OutcomeTrade {
    /// Trade (FIX 880).
    pub trd_match_id: U64,
    /// Market (FIX 48).
    pub security_id: U32,
    /// Number of this change in its market, from 1 (FIX 83).
    pub rpt_seq: U32,
    /// Lots filled.
    pub quantity: U32,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side of the incoming order (FIX 2446).
    pub aggressor_side: u8,
    /// Marks.
    pub flags: u8,
}

impl Message for OutcomeTrade {
    const TEMPLATE_ID: u16 = 90;
    const NAME: &'static str = "OutcomeTrade";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("trd_match_id", FieldValue::Unsigned(self.trd_match_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("rpt_seq", FieldValue::Unsigned(u64::from(self.rpt_seq.get())));
        visit("quantity", FieldValue::Unsigned(u64::from(self.quantity.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("aggressor_side", FieldValue::Unsigned(u64::from(self.aggressor_side)));
        visit("flags", FieldValue::Unsigned(u64::from(self.flags)));
    }
}

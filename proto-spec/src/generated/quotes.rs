//! Messages of the section `quotes`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::group::{GroupEntry, GroupLayout, GroupedMessage};
use crate::message::{FieldValue, Message};

/// Two-sided quotes in up to 64 markets of one event, all of them or none (FIX i). They take the place of what the quote set has in these markets.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MassQuote {
    /// Client's id (FIX 117); reports of the quotes carry it as their ClOrdID.
    pub quote_id: U64,
    /// Client's clock, nanoseconds since 1970 (FIX 52).
    pub sending_time_ns: U64,
    /// Number in the client flow (FIX 34).
    pub seq_num: U32,
    /// Quote set of the session's key (FIX 302).
    pub quote_set_id: U16,
    /// Refused when sequenced later than this after sending_time_ns; 0 for no bound.
    pub max_staleness_ms: U16,
}

impl Message for MassQuote {
    const TEMPLATE_ID: u16 = 24;
    const NAME: &'static str = "MassQuote";
    const GROUP: Option<GroupLayout> = Some(<Self as GroupedMessage>::ENTRIES);

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("quote_id", FieldValue::Unsigned(self.quote_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("quote_set_id", FieldValue::Unsigned(u64::from(self.quote_set_id.get())));
        visit("max_staleness_ms", FieldValue::Unsigned(u64::from(self.max_staleness_ms.get())));
    }
}

/// One of the `entries` of a [`MassQuote`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MassQuoteEntry {
    /// Market (FIX 48).
    pub security_id: U32,
    /// Lots to bid for from now on, 0 for no bid (FIX 134).
    pub bid_size: U32,
    /// Lots to offer from now on, 0 for no offer (FIX 135).
    pub offer_size: U32,
    /// Price of the bid, ten-thousandths of the payout; not read without a bid (FIX 132).
    pub bid_px: U16,
    /// Price of the offer, ten-thousandths of the payout; not read without an offer (FIX 133).
    pub offer_px: U16,
}

impl GroupEntry for MassQuoteEntry {
    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("bid_size", FieldValue::Unsigned(u64::from(self.bid_size.get())));
        visit("offer_size", FieldValue::Unsigned(u64::from(self.offer_size.get())));
        visit("bid_px", FieldValue::Unsigned(u64::from(self.bid_px.get())));
        visit("offer_px", FieldValue::Unsigned(u64::from(self.offer_px.get())));
    }
}

impl GroupedMessage for MassQuote {
    type Entry = MassQuoteEntry;

    const ENTRIES: GroupLayout = GroupLayout {
        name: "entries",
        block_length: size_of::<MassQuoteEntry>(),
        count_min: 1,
        count_max: 64,
        fields: &[
            ("security_id", std::mem::offset_of!(MassQuoteEntry, security_id)),
            ("bid_size", std::mem::offset_of!(MassQuoteEntry, bid_size)),
            ("offer_size", std::mem::offset_of!(MassQuoteEntry, offer_size)),
            ("bid_px", std::mem::offset_of!(MassQuoteEntry, bid_px)),
            ("offer_px", std::mem::offset_of!(MassQuoteEntry, offer_px)),
        ],
        for_each_field: |bytes, visit| {
            if let Ok(entry) = MassQuoteEntry::ref_from_bytes(bytes) {
                entry.for_each_field(visit);
            }
        },
    };
}

/// Cancels the quotes of a quote set, in one market or in all (FIX Z). Answered by MassQuoteAck.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct QuoteCancel {
    /// Client's id (FIX 117).
    pub quote_id: U64,
    /// Client's clock, nanoseconds since 1970 (FIX 52).
    pub sending_time_ns: U64,
    /// Number in the client flow (FIX 34).
    pub seq_num: U32,
    /// Market, 0 for all (FIX 48).
    pub security_id: U32,
    /// Quote set of the session's key (FIX 302).
    pub quote_set_id: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_26: [u8; 6],
}

impl Message for QuoteCancel {
    const TEMPLATE_ID: u16 = 25;
    const NAME: &'static str = "QuoteCancel";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("quote_id", FieldValue::Unsigned(self.quote_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("quote_set_id", FieldValue::Unsigned(u64::from(self.quote_set_id.get())));
    }
}

/// Defines a quote set of the session's key, or defines it anew while it has no quotes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct QuoteSetDefinition {
    /// Client's id of the request.
    pub request_id: U64,
    /// Client's clock, nanoseconds since 1970 (FIX 52).
    pub sending_time_ns: U64,
    /// Number in the client flow (FIX 34).
    pub seq_num: U32,
    /// Account of its quotes (FIX 1).
    pub account: U32,
    /// Most that the bid prices of a mass quote may add up to, an entry without a bid as 0; 0 for no bound.
    pub bid_price_sum_max: U32,
    /// Least that the offer prices over all markets of the event may add up to, a market without an offer as 10000; 0 for no bound.
    pub offer_price_sum_min: U32,
    /// Its id, from 1 (FIX 302).
    pub quote_set_id: U16,
    /// Protection group of the firm that its fills count in; 0 for none.
    pub protection_group: U16,
    /// Self-match prevention id of its quotes within the firm (FIX 2362); 0 for that of all its quotes without one.
    pub self_match_prevention_id: U16,
    /// What happens when they would trade (FIX 2964); 0 without an id: the quote that rests is cancelled.
    pub self_match_prevention_instruction: u8,
    /// Instructions for all its quotes: PostOnly, CancelOnDisconnect, EchoNo (FIX 18).
    pub exec_inst: u8,
}

impl Message for QuoteSetDefinition {
    const TEMPLATE_ID: u16 = 26;
    const NAME: &'static str = "QuoteSetDefinition";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("bid_price_sum_max", FieldValue::Unsigned(u64::from(self.bid_price_sum_max.get())));
        visit(
            "offer_price_sum_min",
            FieldValue::Unsigned(u64::from(self.offer_price_sum_min.get())),
        );
        visit("quote_set_id", FieldValue::Unsigned(u64::from(self.quote_set_id.get())));
        visit("protection_group", FieldValue::Unsigned(u64::from(self.protection_group.get())));
        visit(
            "self_match_prevention_id",
            FieldValue::Unsigned(u64::from(self.self_match_prevention_id.get())),
        );
        visit(
            "self_match_prevention_instruction",
            FieldValue::Unsigned(u64::from(self.self_match_prevention_instruction)),
        );
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
    }
}

/// Sets the limits of a protection group of the firm; its counts begin anew.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MarketMakerProtectionLimits {
    /// Client's id of the request.
    pub request_id: U64,
    /// Client's clock, nanoseconds since 1970 (FIX 52).
    pub sending_time_ns: U64,
    /// Number in the client flow (FIX 34).
    pub seq_num: U32,
    /// Length of the rolling window, 16 to 60000 milliseconds.
    pub window_ms: U32,
    /// Lots traded in the window that trigger it; 0 for no limit.
    pub quantity_max: U32,
    /// Trades in the window that trigger it; 0 for no limit.
    pub trades_max: U32,
    /// Lots bought less lots sold in the window, either way, that trigger it; 0 for no limit.
    pub net_change_max: U32,
    /// Its id, from 1.
    pub protection_group: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_38: [u8; 2],
}

impl Message for MarketMakerProtectionLimits {
    const TEMPLATE_ID: u16 = 29;
    const NAME: &'static str = "MarketMakerProtectionLimits";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("window_ms", FieldValue::Unsigned(u64::from(self.window_ms.get())));
        visit("quantity_max", FieldValue::Unsigned(u64::from(self.quantity_max.get())));
        visit("trades_max", FieldValue::Unsigned(u64::from(self.trades_max.get())));
        visit("net_change_max", FieldValue::Unsigned(u64::from(self.net_change_max.get())));
        visit("protection_group", FieldValue::Unsigned(u64::from(self.protection_group.get())));
    }
}

/// Lets a protection group quote again after it was triggered; its counts begin anew.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MarketMakerProtectionReset {
    /// Client's id of the request.
    pub request_id: U64,
    /// Client's clock, nanoseconds since 1970 (FIX 52).
    pub sending_time_ns: U64,
    /// Number in the client flow (FIX 34).
    pub seq_num: U32,
    /// Which.
    pub protection_group: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_22: [u8; 2],
}

impl Message for MarketMakerProtectionReset {
    const TEMPLATE_ID: u16 = 43;
    const NAME: &'static str = "MarketMakerProtectionReset";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("protection_group", FieldValue::Unsigned(u64::from(self.protection_group.get())));
    }
}

/// Answer to a mass quote or a quote cancel (FIX b): everything was done, or nothing. Behind the trades of the quotes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MassQuoteAck {
    /// Of the request (FIX 117).
    pub quote_id: U64,
    /// Position of this effect (FIX 17).
    pub exec_id: U64,
    /// Sequencing time (FIX 60).
    pub transact_time_ns: U64,
    /// Number of the request in the client flow.
    pub seq_num: U32,
    /// Market of the entry that was refused; 0 when none was (FIX 48).
    pub security_id: U32,
    /// Orders entered.
    pub entered_count: U16,
    /// Quotes that kept their priority, reduced or as they were.
    pub kept_count: U16,
    /// Quotes that were taken away, those that new ones replace included.
    pub cancelled_count: U16,
    /// Quote set (FIX 302).
    pub quote_set_id: U16,
    /// Why it was refused, as in rejects; 0 when it was not.
    pub reject_code: U16,
    /// Number of the entry that was refused, from 1; 0 when none was.
    pub entry: U16,
    /// Template of the request.
    pub ref_template_id: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_46: [u8; 2],
}

impl Message for MassQuoteAck {
    const TEMPLATE_ID: u16 = 71;
    const NAME: &'static str = "MassQuoteAck";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("quote_id", FieldValue::Unsigned(self.quote_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("entered_count", FieldValue::Unsigned(u64::from(self.entered_count.get())));
        visit("kept_count", FieldValue::Unsigned(u64::from(self.kept_count.get())));
        visit("cancelled_count", FieldValue::Unsigned(u64::from(self.cancelled_count.get())));
        visit("quote_set_id", FieldValue::Unsigned(u64::from(self.quote_set_id.get())));
        visit("reject_code", FieldValue::Unsigned(u64::from(self.reject_code.get())));
        visit("entry", FieldValue::Unsigned(u64::from(self.entry.get())));
        visit("ref_template_id", FieldValue::Unsigned(u64::from(self.ref_template_id.get())));
    }
}

/// A protection group reached a limit: its quotes are cancelled, and no more are taken until it is reset.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MarketMakerProtectionTriggered {
    /// Position of this effect (FIX 17).
    pub exec_id: U64,
    /// Sequencing time (FIX 60).
    pub transact_time_ns: U64,
    /// Lots traded in the window.
    pub quantity: U64,
    /// Trades in the window.
    pub trade_count: U64,
    /// Lots bought less lots sold in the window.
    pub net_change: I64,
    /// Firm; each of its trading sessions is told.
    pub firm_id: U32,
    /// Quotes that are cancelled.
    pub quote_count: U32,
    /// Which.
    pub protection_group: U16,
    /// First limit reached.
    pub cause: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_51: [u8; 5],
}

impl Message for MarketMakerProtectionTriggered {
    const TEMPLATE_ID: u16 = 72;
    const NAME: &'static str = "MarketMakerProtectionTriggered";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("quantity", FieldValue::Unsigned(self.quantity.get()));
        visit("trade_count", FieldValue::Unsigned(self.trade_count.get()));
        visit("net_change", FieldValue::Signed(self.net_change.get()));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("quote_count", FieldValue::Unsigned(u64::from(self.quote_count.get())));
        visit("protection_group", FieldValue::Unsigned(u64::from(self.protection_group.get())));
        visit("cause", FieldValue::Unsigned(u64::from(self.cause)));
    }
}

/// Answer to QuoteSetDefinition.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct QuoteSetReport {
    /// Of the request.
    pub request_id: U64,
    /// Position of this effect (FIX 17).
    pub exec_id: U64,
    /// Sequencing time (FIX 60).
    pub transact_time_ns: U64,
    /// Number of the request in the client flow.
    pub seq_num: U32,
    /// Account of its quotes (FIX 1).
    pub account: U32,
    /// Bound on bid prices; 0 for none.
    pub bid_price_sum_max: U32,
    /// Bound on offer prices; 0 for none.
    pub offer_price_sum_min: U32,
    /// Its id (FIX 302).
    pub quote_set_id: U16,
    /// Protection group; 0 for none.
    pub protection_group: U16,
    /// Id (FIX 2362); 0 for none.
    pub self_match_prevention_id: U16,
    /// What happens (FIX 2964); 0 without an id.
    pub self_match_prevention_instruction: u8,
    /// Instructions (FIX 18).
    pub exec_inst: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_48: [u8; 8],
}

impl Message for QuoteSetReport {
    const TEMPLATE_ID: u16 = 134;
    const NAME: &'static str = "QuoteSetReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("bid_price_sum_max", FieldValue::Unsigned(u64::from(self.bid_price_sum_max.get())));
        visit(
            "offer_price_sum_min",
            FieldValue::Unsigned(u64::from(self.offer_price_sum_min.get())),
        );
        visit("quote_set_id", FieldValue::Unsigned(u64::from(self.quote_set_id.get())));
        visit("protection_group", FieldValue::Unsigned(u64::from(self.protection_group.get())));
        visit(
            "self_match_prevention_id",
            FieldValue::Unsigned(u64::from(self.self_match_prevention_id.get())),
        );
        visit(
            "self_match_prevention_instruction",
            FieldValue::Unsigned(u64::from(self.self_match_prevention_instruction)),
        );
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
    }
}

/// Answer to MarketMakerProtectionLimits and MarketMakerProtectionReset.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct MarketMakerProtectionReport {
    /// Of the request.
    pub request_id: U64,
    /// Position of this effect (FIX 17).
    pub exec_id: U64,
    /// Sequencing time (FIX 60).
    pub transact_time_ns: U64,
    /// Number of the request in the client flow.
    pub seq_num: U32,
    /// Length of the rolling window, milliseconds.
    pub window_ms: U32,
    /// Limit on lots; 0 for none.
    pub quantity_max: U32,
    /// Limit on trades; 0 for none.
    pub trades_max: U32,
    /// Limit on the net change; 0 for none.
    pub net_change_max: U32,
    /// Which.
    pub protection_group: U16,
    /// 1 while it takes no quotes.
    pub triggered: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_47: [u8; 1],
}

impl Message for MarketMakerProtectionReport {
    const TEMPLATE_ID: u16 = 135;
    const NAME: &'static str = "MarketMakerProtectionReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("window_ms", FieldValue::Unsigned(u64::from(self.window_ms.get())));
        visit("quantity_max", FieldValue::Unsigned(u64::from(self.quantity_max.get())));
        visit("trades_max", FieldValue::Unsigned(u64::from(self.trades_max.get())));
        visit("net_change_max", FieldValue::Unsigned(u64::from(self.net_change_max.get())));
        visit("protection_group", FieldValue::Unsigned(u64::from(self.protection_group.get())));
        visit("triggered", FieldValue::Unsigned(u64::from(self.triggered)));
    }
}

/// Effect: a mass quote entered an order. What becomes of it follows; the client hears its number of orders.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct QuoteEntered {
    /// Order.
    pub order_id: U64,
    /// Client's id of the mass quote, the order's ClOrdID from here on (FIX 117).
    pub quote_id: U64,
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
    /// Quote set (FIX 302).
    pub quote_set_id: U16,
    /// Price, ten-thousandths of the payout, 1 to 9999 (FIX 44).
    pub price: U16,
    /// Side (FIX 54).
    pub side: u8,
    /// Instructions (FIX 18).
    pub exec_inst: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_42: [u8; 6],
}

impl Message for QuoteEntered {
    const TEMPLATE_ID: u16 = 116;
    const NAME: &'static str = "QuoteEntered";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("order_id", FieldValue::Unsigned(self.order_id.get()));
        visit("quote_id", FieldValue::Unsigned(self.quote_id.get()));
        visit("security_id", FieldValue::Unsigned(u64::from(self.security_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("order_qty", FieldValue::Unsigned(u64::from(self.order_qty.get())));
        visit("quantity_ahead", FieldValue::Unsigned(u64::from(self.quantity_ahead.get())));
        visit("quote_set_id", FieldValue::Unsigned(u64::from(self.quote_set_id.get())));
        visit("price", FieldValue::Unsigned(u64::from(self.price.get())));
        visit("side", FieldValue::Unsigned(u64::from(self.side)));
        visit("exec_inst", FieldValue::Unsigned(u64::from(self.exec_inst)));
    }
}

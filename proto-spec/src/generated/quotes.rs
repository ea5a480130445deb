//! Messages of the section `quotes`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{U16, U32, U64};
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

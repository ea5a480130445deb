//! Messages of the section `reference_odds`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// Creates, updates or deletes the reference odds of an exhaustive event of two or three markets (odds provider; a market admin may delete).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ReferenceOddsRequest {
    /// Number the provider gives the request; a later request of its key with the same number changes nothing.
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Event.
    pub event_id: U32,
    /// Decimal odds of its first market, thousandths, 1001 to 10000000; not read when deleting.
    pub first_odds: U32,
    /// Those of its second market.
    pub second_odds: U32,
    /// Those of its third market, 0 where there is none.
    pub third_odds: U32,
    /// What to do.
    pub action: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_37: [u8; 3],
}

impl Message for ReferenceOddsRequest {
    const TEMPLATE_ID: u16 = 44;
    const NAME: &'static str = "ReferenceOddsRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("first_odds", FieldValue::Unsigned(u64::from(self.first_odds.get())));
        visit("second_odds", FieldValue::Unsigned(u64::from(self.second_odds.get())));
        visit("third_odds", FieldValue::Unsigned(u64::from(self.third_odds.get())));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
    }
}

/// The reference odds of an event, as they are from here on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct ReferenceOddsReport {
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
    /// Sum of the probabilities that the odds say, less one, millionths rounded down.
    pub overround_ppm: I64,
    /// The provider: the key that created them; 0 for the exchange itself.
    pub access_key_id: U32,
    /// How often odds of the event were created, updated or deleted.
    pub change_count: U32,
    /// Decimal odds of the first market, thousandths; of deleted odds the last ones.
    pub first_odds: U32,
    /// Those of the second market.
    pub second_odds: U32,
    /// Those of the third market, 0 where there is none.
    pub third_odds: U32,
    /// Reference price of the first market, ten-thousandths; all of them add up to 10000.
    pub first_price: U16,
    /// That of the second market.
    pub second_price: U16,
    /// That of the third market, 0 where there is none.
    pub third_price: U16,
    /// Where they stand.
    pub status: u8,
    /// 1 when the request was applied before, and changed nothing now.
    pub already_applied: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_68: [u8; 4],
}

impl Message for ReferenceOddsReport {
    const TEMPLATE_ID: u16 = 77;
    const NAME: &'static str = "ReferenceOddsReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("event_id", FieldValue::Unsigned(u64::from(self.event_id.get())));
        visit("overround_ppm", FieldValue::Signed(self.overround_ppm.get()));
        visit("access_key_id", FieldValue::Unsigned(u64::from(self.access_key_id.get())));
        visit("change_count", FieldValue::Unsigned(u64::from(self.change_count.get())));
        visit("first_odds", FieldValue::Unsigned(u64::from(self.first_odds.get())));
        visit("second_odds", FieldValue::Unsigned(u64::from(self.second_odds.get())));
        visit("third_odds", FieldValue::Unsigned(u64::from(self.third_odds.get())));
        visit("first_price", FieldValue::Unsigned(u64::from(self.first_price.get())));
        visit("second_price", FieldValue::Unsigned(u64::from(self.second_price.get())));
        visit("third_price", FieldValue::Unsigned(u64::from(self.third_price.get())));
        visit("status", FieldValue::Unsigned(u64::from(self.status)));
        visit("already_applied", FieldValue::Unsigned(u64::from(self.already_applied)));
    }
}

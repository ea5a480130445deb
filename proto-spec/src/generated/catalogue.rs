//! Messages of the section `catalogue`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// Defines a category of series, or gives it another name (market admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct CategoryDefinitionRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Number of the category, 1 to 1024.
    pub category_id: U16,
    /// What to do.
    pub action: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_23: [u8; 1],
    /// UTF-8 without control characters, zeros behind it; the engine does not keep it.
    pub name: [u8; 64],
}

impl Message for CategoryDefinitionRequest {
    const TEMPLATE_ID: u16 = 48;
    const NAME: &'static str = "CategoryDefinitionRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("category_id", FieldValue::Unsigned(u64::from(self.category_id.get())));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
        visit("name", FieldValue::Bytes(&self.name));
    }
}

/// Defines a series of events, or changes it for those that are defined later (market admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SeriesDefinitionRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Number of the series, 1 to 8192.
    pub series_id: U16,
    /// Its category.
    pub category_id: U16,
    /// Maker fee rate of events that ask for the series's, ten-thousandths, below 10000.
    pub maker_fee_rate: U16,
    /// Taker fee rate of events that ask for the series's, ten-thousandths, below 10000.
    pub taker_fee_rate: U16,
    /// How fast its events go.
    pub velocity: u8,
    /// What to do.
    pub action: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_30: [u8; 2],
    /// UTF-8 without control characters, zeros behind it; the engine does not keep it.
    pub name: [u8; 64],
}

impl Message for SeriesDefinitionRequest {
    const TEMPLATE_ID: u16 = 49;
    const NAME: &'static str = "SeriesDefinitionRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("series_id", FieldValue::Unsigned(u64::from(self.series_id.get())));
        visit("category_id", FieldValue::Unsigned(u64::from(self.category_id.get())));
        visit("maker_fee_rate", FieldValue::Unsigned(u64::from(self.maker_fee_rate.get())));
        visit("taker_fee_rate", FieldValue::Unsigned(u64::from(self.taker_fee_rate.get())));
        visit("velocity", FieldValue::Unsigned(u64::from(self.velocity)));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
        visit("name", FieldValue::Bytes(&self.name));
    }
}

/// Defines a user of a firm, or changes name and account (cash admin).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct UserDefinitionRequest {
    /// Number the client gives the request; echoed (FIX 11 or 1771).
    pub request_id: U64,
    /// Client's time of sending, nanoseconds since 1970 (FIX 52); informative.
    pub sending_time_ns: U64,
    /// Number in the client flow, from 1 (FIX 34).
    pub seq_num: U32,
    /// Number of the user, 1 to the highest account number.
    pub user_id: U32,
    /// Firm; the same for ever.
    pub firm_id: U32,
    /// Account of the firm that the user trades for (FIX 1); 0 for none.
    pub account: U32,
    /// What to do.
    pub action: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_33: [u8; 7],
    /// UTF-8 without control characters, zeros behind it; the engine does not keep it.
    pub name: [u8; 64],
}

impl Message for UserDefinitionRequest {
    const TEMPLATE_ID: u16 = 130;
    const NAME: &'static str = "UserDefinitionRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("sending_time_ns", FieldValue::Unsigned(self.sending_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("user_id", FieldValue::Unsigned(u64::from(self.user_id.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
        visit("name", FieldValue::Bytes(&self.name));
    }
}

/// A category is defined, or has another name: that of the command before it in the record.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct CategoryDefinitionReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Number of the category.
    pub category_id: U16,
    /// What was done.
    pub action: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_31: [u8; 1],
}

impl Message for CategoryDefinitionReport {
    const TEMPLATE_ID: u16 = 131;
    const NAME: &'static str = "CategoryDefinitionReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("category_id", FieldValue::Unsigned(u64::from(self.category_id.get())));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
    }
}

/// A series is defined or changed; its name is that of the command before it in the record.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct SeriesDefinitionReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Number of the series.
    pub series_id: U16,
    /// Its category.
    pub category_id: U16,
    /// Maker fee rate, ten-thousandths.
    pub maker_fee_rate: U16,
    /// Taker fee rate, ten-thousandths.
    pub taker_fee_rate: U16,
    /// How fast its events go.
    pub velocity: u8,
    /// What was done.
    pub action: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_38: [u8; 2],
}

impl Message for SeriesDefinitionReport {
    const TEMPLATE_ID: u16 = 132;
    const NAME: &'static str = "SeriesDefinitionReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("series_id", FieldValue::Unsigned(u64::from(self.series_id.get())));
        visit("category_id", FieldValue::Unsigned(u64::from(self.category_id.get())));
        visit("maker_fee_rate", FieldValue::Unsigned(u64::from(self.maker_fee_rate.get())));
        visit("taker_fee_rate", FieldValue::Unsigned(u64::from(self.taker_fee_rate.get())));
        visit("velocity", FieldValue::Unsigned(u64::from(self.velocity)));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
    }
}

/// A user is defined or changed; the name is that of the command before it in the record.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct UserDefinitionReport {
    /// The request this answers.
    pub request_id: U64,
    /// Position of this message in the log (FIX 17); zero when not sequenced.
    pub exec_id: U64,
    /// Sequencing time, nanoseconds since 1970 (FIX 60).
    pub transact_time_ns: U64,
    /// Client number of the request.
    pub seq_num: U32,
    /// Number of the user.
    pub user_id: U32,
    /// Firm.
    pub firm_id: U32,
    /// Account of the firm (FIX 1); 0 for none.
    pub account: U32,
    /// What was done.
    pub action: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_41: [u8; 7],
}

impl Message for UserDefinitionReport {
    const TEMPLATE_ID: u16 = 133;
    const NAME: &'static str = "UserDefinitionReport";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("seq_num", FieldValue::Unsigned(u64::from(self.seq_num.get())));
        visit("user_id", FieldValue::Unsigned(u64::from(self.user_id.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("account", FieldValue::Unsigned(u64::from(self.account.get())));
        visit("action", FieldValue::Unsigned(u64::from(self.action)));
    }
}

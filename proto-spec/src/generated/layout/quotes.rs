//! Layouts of the section `quotes`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[MessageLayout {
    name: MassQuote::NAME,
    template_id: MassQuote::TEMPLATE_ID,
    block_length: size_of::<MassQuote>(),
    fields: &[
        ("quote_id", offset_of!(MassQuote, quote_id)),
        ("sending_time_ns", offset_of!(MassQuote, sending_time_ns)),
        ("seq_num", offset_of!(MassQuote, seq_num)),
        ("quote_set_id", offset_of!(MassQuote, quote_set_id)),
        ("max_staleness_ms", offset_of!(MassQuote, max_staleness_ms)),
    ],
    group: MassQuote::GROUP,
}];

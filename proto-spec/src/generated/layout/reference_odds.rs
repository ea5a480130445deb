//! Layouts of the section `reference_odds`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: ReferenceOddsRequest::NAME,
        template_id: ReferenceOddsRequest::TEMPLATE_ID,
        block_length: size_of::<ReferenceOddsRequest>(),
        fields: &[
            ("request_id", offset_of!(ReferenceOddsRequest, request_id)),
            ("sending_time_ns", offset_of!(ReferenceOddsRequest, sending_time_ns)),
            ("seq_num", offset_of!(ReferenceOddsRequest, seq_num)),
            ("event_id", offset_of!(ReferenceOddsRequest, event_id)),
            ("first_odds", offset_of!(ReferenceOddsRequest, first_odds)),
            ("second_odds", offset_of!(ReferenceOddsRequest, second_odds)),
            ("third_odds", offset_of!(ReferenceOddsRequest, third_odds)),
            ("action", offset_of!(ReferenceOddsRequest, action)),
        ],
        group: ReferenceOddsRequest::GROUP,
    },
    MessageLayout {
        name: ReferenceOddsReport::NAME,
        template_id: ReferenceOddsReport::TEMPLATE_ID,
        block_length: size_of::<ReferenceOddsReport>(),
        fields: &[
            ("request_id", offset_of!(ReferenceOddsReport, request_id)),
            ("exec_id", offset_of!(ReferenceOddsReport, exec_id)),
            ("transact_time_ns", offset_of!(ReferenceOddsReport, transact_time_ns)),
            ("seq_num", offset_of!(ReferenceOddsReport, seq_num)),
            ("event_id", offset_of!(ReferenceOddsReport, event_id)),
            ("overround_ppm", offset_of!(ReferenceOddsReport, overround_ppm)),
            ("access_key_id", offset_of!(ReferenceOddsReport, access_key_id)),
            ("change_count", offset_of!(ReferenceOddsReport, change_count)),
            ("first_odds", offset_of!(ReferenceOddsReport, first_odds)),
            ("second_odds", offset_of!(ReferenceOddsReport, second_odds)),
            ("third_odds", offset_of!(ReferenceOddsReport, third_odds)),
            ("first_price", offset_of!(ReferenceOddsReport, first_price)),
            ("second_price", offset_of!(ReferenceOddsReport, second_price)),
            ("third_price", offset_of!(ReferenceOddsReport, third_price)),
            ("status", offset_of!(ReferenceOddsReport, status)),
            ("already_applied", offset_of!(ReferenceOddsReport, already_applied)),
        ],
        group: ReferenceOddsReport::GROUP,
    },
];

//! Layouts of the section `catalogue`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: CategoryDefinitionRequest::NAME,
        template_id: CategoryDefinitionRequest::TEMPLATE_ID,
        block_length: size_of::<CategoryDefinitionRequest>(),
        fields: &[
            ("request_id", offset_of!(CategoryDefinitionRequest, request_id)),
            ("sending_time_ns", offset_of!(CategoryDefinitionRequest, sending_time_ns)),
            ("seq_num", offset_of!(CategoryDefinitionRequest, seq_num)),
            ("category_id", offset_of!(CategoryDefinitionRequest, category_id)),
            ("action", offset_of!(CategoryDefinitionRequest, action)),
            ("name", offset_of!(CategoryDefinitionRequest, name)),
        ],
        group: CategoryDefinitionRequest::GROUP,
    },
    MessageLayout {
        name: SeriesDefinitionRequest::NAME,
        template_id: SeriesDefinitionRequest::TEMPLATE_ID,
        block_length: size_of::<SeriesDefinitionRequest>(),
        fields: &[
            ("request_id", offset_of!(SeriesDefinitionRequest, request_id)),
            ("sending_time_ns", offset_of!(SeriesDefinitionRequest, sending_time_ns)),
            ("seq_num", offset_of!(SeriesDefinitionRequest, seq_num)),
            ("series_id", offset_of!(SeriesDefinitionRequest, series_id)),
            ("category_id", offset_of!(SeriesDefinitionRequest, category_id)),
            ("maker_fee_rate", offset_of!(SeriesDefinitionRequest, maker_fee_rate)),
            ("taker_fee_rate", offset_of!(SeriesDefinitionRequest, taker_fee_rate)),
            ("velocity", offset_of!(SeriesDefinitionRequest, velocity)),
            ("action", offset_of!(SeriesDefinitionRequest, action)),
            ("name", offset_of!(SeriesDefinitionRequest, name)),
        ],
        group: SeriesDefinitionRequest::GROUP,
    },
    MessageLayout {
        name: UserDefinitionRequest::NAME,
        template_id: UserDefinitionRequest::TEMPLATE_ID,
        block_length: size_of::<UserDefinitionRequest>(),
        fields: &[
            ("request_id", offset_of!(UserDefinitionRequest, request_id)),
            ("sending_time_ns", offset_of!(UserDefinitionRequest, sending_time_ns)),
            ("seq_num", offset_of!(UserDefinitionRequest, seq_num)),
            ("user_id", offset_of!(UserDefinitionRequest, user_id)),
            ("firm_id", offset_of!(UserDefinitionRequest, firm_id)),
            ("account", offset_of!(UserDefinitionRequest, account)),
            ("action", offset_of!(UserDefinitionRequest, action)),
            ("name", offset_of!(UserDefinitionRequest, name)),
        ],
        group: UserDefinitionRequest::GROUP,
    },
    MessageLayout {
        name: CategoryDefinitionReport::NAME,
        template_id: CategoryDefinitionReport::TEMPLATE_ID,
        block_length: size_of::<CategoryDefinitionReport>(),
        fields: &[
            ("request_id", offset_of!(CategoryDefinitionReport, request_id)),
            ("exec_id", offset_of!(CategoryDefinitionReport, exec_id)),
            ("transact_time_ns", offset_of!(CategoryDefinitionReport, transact_time_ns)),
            ("seq_num", offset_of!(CategoryDefinitionReport, seq_num)),
            ("category_id", offset_of!(CategoryDefinitionReport, category_id)),
            ("action", offset_of!(CategoryDefinitionReport, action)),
        ],
        group: CategoryDefinitionReport::GROUP,
    },
    MessageLayout {
        name: SeriesDefinitionReport::NAME,
        template_id: SeriesDefinitionReport::TEMPLATE_ID,
        block_length: size_of::<SeriesDefinitionReport>(),
        fields: &[
            ("request_id", offset_of!(SeriesDefinitionReport, request_id)),
            ("exec_id", offset_of!(SeriesDefinitionReport, exec_id)),
            ("transact_time_ns", offset_of!(SeriesDefinitionReport, transact_time_ns)),
            ("seq_num", offset_of!(SeriesDefinitionReport, seq_num)),
            ("series_id", offset_of!(SeriesDefinitionReport, series_id)),
            ("category_id", offset_of!(SeriesDefinitionReport, category_id)),
            ("maker_fee_rate", offset_of!(SeriesDefinitionReport, maker_fee_rate)),
            ("taker_fee_rate", offset_of!(SeriesDefinitionReport, taker_fee_rate)),
            ("velocity", offset_of!(SeriesDefinitionReport, velocity)),
            ("action", offset_of!(SeriesDefinitionReport, action)),
        ],
        group: SeriesDefinitionReport::GROUP,
    },
    MessageLayout {
        name: UserDefinitionReport::NAME,
        template_id: UserDefinitionReport::TEMPLATE_ID,
        block_length: size_of::<UserDefinitionReport>(),
        fields: &[
            ("request_id", offset_of!(UserDefinitionReport, request_id)),
            ("exec_id", offset_of!(UserDefinitionReport, exec_id)),
            ("transact_time_ns", offset_of!(UserDefinitionReport, transact_time_ns)),
            ("seq_num", offset_of!(UserDefinitionReport, seq_num)),
            ("user_id", offset_of!(UserDefinitionReport, user_id)),
            ("firm_id", offset_of!(UserDefinitionReport, firm_id)),
            ("account", offset_of!(UserDefinitionReport, account)),
            ("action", offset_of!(UserDefinitionReport, action)),
        ],
        group: UserDefinitionReport::GROUP,
    },
];

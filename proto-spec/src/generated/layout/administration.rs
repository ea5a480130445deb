//! Layouts of the section `administration`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: EventDefinitionRequest::NAME,
        template_id: EventDefinitionRequest::TEMPLATE_ID,
        block_length: size_of::<EventDefinitionRequest>(),
        fields: &[
            ("request_id", offset_of!(EventDefinitionRequest, request_id)),
            ("sending_time_ns", offset_of!(EventDefinitionRequest, sending_time_ns)),
            ("seq_num", offset_of!(EventDefinitionRequest, seq_num)),
            ("market_count", offset_of!(EventDefinitionRequest, market_count)),
            ("exhaustive", offset_of!(EventDefinitionRequest, exhaustive)),
            ("external_id", offset_of!(EventDefinitionRequest, external_id)),
            ("maker_fee_rate", offset_of!(EventDefinitionRequest, maker_fee_rate)),
            ("taker_fee_rate", offset_of!(EventDefinitionRequest, taker_fee_rate)),
        ],
    },
    MessageLayout {
        name: SecurityStatusRequest::NAME,
        template_id: SecurityStatusRequest::TEMPLATE_ID,
        block_length: size_of::<SecurityStatusRequest>(),
        fields: &[
            ("request_id", offset_of!(SecurityStatusRequest, request_id)),
            ("sending_time_ns", offset_of!(SecurityStatusRequest, sending_time_ns)),
            ("seq_num", offset_of!(SecurityStatusRequest, seq_num)),
            ("event_id", offset_of!(SecurityStatusRequest, event_id)),
            ("security_id", offset_of!(SecurityStatusRequest, security_id)),
            ("reason", offset_of!(SecurityStatusRequest, reason)),
            ("status", offset_of!(SecurityStatusRequest, status)),
            ("in_play", offset_of!(SecurityStatusRequest, in_play)),
        ],
    },
    MessageLayout {
        name: SettlementRequest::NAME,
        template_id: SettlementRequest::TEMPLATE_ID,
        block_length: size_of::<SettlementRequest>(),
        fields: &[
            ("request_id", offset_of!(SettlementRequest, request_id)),
            ("sending_time_ns", offset_of!(SettlementRequest, sending_time_ns)),
            ("seq_num", offset_of!(SettlementRequest, seq_num)),
            ("event_id", offset_of!(SettlementRequest, event_id)),
            ("value_count", offset_of!(SettlementRequest, value_count)),
            ("values", offset_of!(SettlementRequest, values)),
        ],
    },
    MessageLayout {
        name: AccountDefinitionRequest::NAME,
        template_id: AccountDefinitionRequest::TEMPLATE_ID,
        block_length: size_of::<AccountDefinitionRequest>(),
        fields: &[
            ("request_id", offset_of!(AccountDefinitionRequest, request_id)),
            ("sending_time_ns", offset_of!(AccountDefinitionRequest, sending_time_ns)),
            ("seq_num", offset_of!(AccountDefinitionRequest, seq_num)),
            ("account", offset_of!(AccountDefinitionRequest, account)),
            ("firm_id", offset_of!(AccountDefinitionRequest, firm_id)),
        ],
    },
    MessageLayout {
        name: DepositRequest::NAME,
        template_id: DepositRequest::TEMPLATE_ID,
        block_length: size_of::<DepositRequest>(),
        fields: &[
            ("request_id", offset_of!(DepositRequest, request_id)),
            ("sending_time_ns", offset_of!(DepositRequest, sending_time_ns)),
            ("seq_num", offset_of!(DepositRequest, seq_num)),
            ("account", offset_of!(DepositRequest, account)),
            ("amount", offset_of!(DepositRequest, amount)),
        ],
    },
    MessageLayout {
        name: WithdrawalRequest::NAME,
        template_id: WithdrawalRequest::TEMPLATE_ID,
        block_length: size_of::<WithdrawalRequest>(),
        fields: &[
            ("request_id", offset_of!(WithdrawalRequest, request_id)),
            ("sending_time_ns", offset_of!(WithdrawalRequest, sending_time_ns)),
            ("seq_num", offset_of!(WithdrawalRequest, seq_num)),
            ("account", offset_of!(WithdrawalRequest, account)),
            ("amount", offset_of!(WithdrawalRequest, amount)),
        ],
    },
    MessageLayout {
        name: EntitlementRequest::NAME,
        template_id: EntitlementRequest::TEMPLATE_ID,
        block_length: size_of::<EntitlementRequest>(),
        fields: &[
            ("request_id", offset_of!(EntitlementRequest, request_id)),
            ("sending_time_ns", offset_of!(EntitlementRequest, sending_time_ns)),
            ("seq_num", offset_of!(EntitlementRequest, seq_num)),
            ("access_key_id", offset_of!(EntitlementRequest, access_key_id)),
            ("firm_id", offset_of!(EntitlementRequest, firm_id)),
            ("roles", offset_of!(EntitlementRequest, roles)),
        ],
    },
    MessageLayout {
        name: EndOfDayRequest::NAME,
        template_id: EndOfDayRequest::TEMPLATE_ID,
        block_length: size_of::<EndOfDayRequest>(),
        fields: &[
            ("request_id", offset_of!(EndOfDayRequest, request_id)),
            ("sending_time_ns", offset_of!(EndOfDayRequest, sending_time_ns)),
            ("seq_num", offset_of!(EndOfDayRequest, seq_num)),
        ],
    },
    MessageLayout {
        name: StateReportRequest::NAME,
        template_id: StateReportRequest::TEMPLATE_ID,
        block_length: size_of::<StateReportRequest>(),
        fields: &[
            ("request_id", offset_of!(StateReportRequest, request_id)),
            ("sending_time_ns", offset_of!(StateReportRequest, sending_time_ns)),
            ("seq_num", offset_of!(StateReportRequest, seq_num)),
            ("account", offset_of!(StateReportRequest, account)),
            ("event_id", offset_of!(StateReportRequest, event_id)),
            ("scope", offset_of!(StateReportRequest, scope)),
        ],
    },
    MessageLayout {
        name: CounterReportRequest::NAME,
        template_id: CounterReportRequest::TEMPLATE_ID,
        block_length: size_of::<CounterReportRequest>(),
        fields: &[
            ("request_id", offset_of!(CounterReportRequest, request_id)),
            ("sending_time_ns", offset_of!(CounterReportRequest, sending_time_ns)),
            ("seq_num", offset_of!(CounterReportRequest, seq_num)),
        ],
    },
    MessageLayout {
        name: LogStreamRequest::NAME,
        template_id: LogStreamRequest::TEMPLATE_ID,
        block_length: size_of::<LogStreamRequest>(),
        fields: &[
            ("request_id", offset_of!(LogStreamRequest, request_id)),
            ("sending_time_ns", offset_of!(LogStreamRequest, sending_time_ns)),
            ("seq_num", offset_of!(LogStreamRequest, seq_num)),
            ("port", offset_of!(LogStreamRequest, port)),
            ("delivery", offset_of!(LogStreamRequest, delivery)),
            ("from_position", offset_of!(LogStreamRequest, from_position)),
        ],
    },
    MessageLayout {
        name: EventParametersRequest::NAME,
        template_id: EventParametersRequest::TEMPLATE_ID,
        block_length: size_of::<EventParametersRequest>(),
        fields: &[
            ("request_id", offset_of!(EventParametersRequest, request_id)),
            ("sending_time_ns", offset_of!(EventParametersRequest, sending_time_ns)),
            ("seq_num", offset_of!(EventParametersRequest, seq_num)),
            ("event_id", offset_of!(EventParametersRequest, event_id)),
            ("in_play_delay_ms", offset_of!(EventParametersRequest, in_play_delay_ms)),
            ("dispute_window_ms", offset_of!(EventParametersRequest, dispute_window_ms)),
            ("stale_after_ms", offset_of!(EventParametersRequest, stale_after_ms)),
            ("collar_width", offset_of!(EventParametersRequest, collar_width)),
            ("stale_collar_width", offset_of!(EventParametersRequest, stale_collar_width)),
            ("jump_limit", offset_of!(EventParametersRequest, jump_limit)),
            ("static_low", offset_of!(EventParametersRequest, static_low)),
            ("static_high", offset_of!(EventParametersRequest, static_high)),
            ("cross_outcome", offset_of!(EventParametersRequest, cross_outcome)),
            ("velocity", offset_of!(EventParametersRequest, velocity)),
        ],
    },
];

//! Layouts of the section `log`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: OrderAccepted::NAME,
        template_id: OrderAccepted::TEMPLATE_ID,
        block_length: size_of::<OrderAccepted>(),
        fields: &[
            ("order_id", offset_of!(OrderAccepted, order_id)),
            ("cl_ord_id", offset_of!(OrderAccepted, cl_ord_id)),
            ("security_id", offset_of!(OrderAccepted, security_id)),
            ("account", offset_of!(OrderAccepted, account)),
            ("session_id", offset_of!(OrderAccepted, session_id)),
            ("order_qty", offset_of!(OrderAccepted, order_qty)),
            ("quantity_ahead", offset_of!(OrderAccepted, quantity_ahead)),
            ("cl_ord_link_id", offset_of!(OrderAccepted, cl_ord_link_id)),
            ("price", offset_of!(OrderAccepted, price)),
            ("side", offset_of!(OrderAccepted, side)),
            ("time_in_force", offset_of!(OrderAccepted, time_in_force)),
        ],
    },
    MessageLayout {
        name: OrderRested::NAME,
        template_id: OrderRested::TEMPLATE_ID,
        block_length: size_of::<OrderRested>(),
        fields: &[
            ("order_id", offset_of!(OrderRested, order_id)),
            ("priority", offset_of!(OrderRested, priority)),
            ("security_id", offset_of!(OrderRested, security_id)),
            ("rpt_seq", offset_of!(OrderRested, rpt_seq)),
            ("leaves_qty", offset_of!(OrderRested, leaves_qty)),
            ("price", offset_of!(OrderRested, price)),
            ("side", offset_of!(OrderRested, side)),
        ],
    },
    MessageLayout {
        name: OrderReplaced::NAME,
        template_id: OrderReplaced::TEMPLATE_ID,
        block_length: size_of::<OrderReplaced>(),
        fields: &[
            ("order_id", offset_of!(OrderReplaced, order_id)),
            ("cl_ord_id", offset_of!(OrderReplaced, cl_ord_id)),
            ("security_id", offset_of!(OrderReplaced, security_id)),
            ("account", offset_of!(OrderReplaced, account)),
            ("session_id", offset_of!(OrderReplaced, session_id)),
            ("leaves_qty", offset_of!(OrderReplaced, leaves_qty)),
            ("quantity_ahead", offset_of!(OrderReplaced, quantity_ahead)),
            ("rpt_seq", offset_of!(OrderReplaced, rpt_seq)),
            ("price", offset_of!(OrderReplaced, price)),
            ("side", offset_of!(OrderReplaced, side)),
            ("time_in_force", offset_of!(OrderReplaced, time_in_force)),
            ("priority_kept", offset_of!(OrderReplaced, priority_kept)),
        ],
    },
    MessageLayout {
        name: Trade::NAME,
        template_id: Trade::TEMPLATE_ID,
        block_length: size_of::<Trade>(),
        fields: &[
            ("resting_order_id", offset_of!(Trade, resting_order_id)),
            ("aggressor_order_id", offset_of!(Trade, aggressor_order_id)),
            ("resting_cl_ord_id", offset_of!(Trade, resting_cl_ord_id)),
            ("aggressor_cl_ord_id", offset_of!(Trade, aggressor_cl_ord_id)),
            ("resting_session_id", offset_of!(Trade, resting_session_id)),
            ("aggressor_session_id", offset_of!(Trade, aggressor_session_id)),
            ("resting_account", offset_of!(Trade, resting_account)),
            ("aggressor_account", offset_of!(Trade, aggressor_account)),
            ("resting_leaves_qty", offset_of!(Trade, resting_leaves_qty)),
            ("aggressor_leaves_qty", offset_of!(Trade, aggressor_leaves_qty)),
            ("security_id", offset_of!(Trade, security_id)),
            ("rpt_seq", offset_of!(Trade, rpt_seq)),
            ("quantity", offset_of!(Trade, quantity)),
            ("price", offset_of!(Trade, price)),
            ("aggressor_side", offset_of!(Trade, aggressor_side)),
            ("resting_fee", offset_of!(Trade, resting_fee)),
            ("aggressor_fee", offset_of!(Trade, aggressor_fee)),
        ],
    },
    MessageLayout {
        name: OrderCancelled::NAME,
        template_id: OrderCancelled::TEMPLATE_ID,
        block_length: size_of::<OrderCancelled>(),
        fields: &[
            ("order_id", offset_of!(OrderCancelled, order_id)),
            ("cl_ord_id", offset_of!(OrderCancelled, cl_ord_id)),
            ("security_id", offset_of!(OrderCancelled, security_id)),
            ("account", offset_of!(OrderCancelled, account)),
            ("session_id", offset_of!(OrderCancelled, session_id)),
            ("cancelled_qty", offset_of!(OrderCancelled, cancelled_qty)),
            ("cum_qty", offset_of!(OrderCancelled, cum_qty)),
            ("rpt_seq", offset_of!(OrderCancelled, rpt_seq)),
            ("reason", offset_of!(OrderCancelled, reason)),
            ("side", offset_of!(OrderCancelled, side)),
            ("was_resting", offset_of!(OrderCancelled, was_resting)),
        ],
    },
    MessageLayout {
        name: MarketSettled::NAME,
        template_id: MarketSettled::TEMPLATE_ID,
        block_length: size_of::<MarketSettled>(),
        fields: &[
            ("event_id", offset_of!(MarketSettled, event_id)),
            ("security_id", offset_of!(MarketSettled, security_id)),
            ("rpt_seq", offset_of!(MarketSettled, rpt_seq)),
            ("settlement_price", offset_of!(MarketSettled, settlement_price)),
        ],
    },
    MessageLayout {
        name: RecordHeader::NAME,
        template_id: RecordHeader::TEMPLATE_ID,
        block_length: size_of::<RecordHeader>(),
        fields: &[
            ("record_length", offset_of!(RecordHeader, record_length)),
            ("template_id", offset_of!(RecordHeader, template_id)),
            ("command_length", offset_of!(RecordHeader, command_length)),
            ("session_id", offset_of!(RecordHeader, session_id)),
            ("effect_count", offset_of!(RecordHeader, effect_count)),
            ("sequencing_time_ns", offset_of!(RecordHeader, sequencing_time_ns)),
            ("state_digest", offset_of!(RecordHeader, state_digest)),
        ],
    },
    MessageLayout {
        name: Continue::NAME,
        template_id: Continue::TEMPLATE_ID,
        block_length: size_of::<Continue>(),
        fields: &[("work_id", offset_of!(Continue, work_id))],
    },
    MessageLayout {
        name: SessionDisconnected::NAME,
        template_id: SessionDisconnected::TEMPLATE_ID,
        block_length: size_of::<SessionDisconnected>(),
        fields: &[
            ("session_id", offset_of!(SessionDisconnected, session_id)),
            ("code", offset_of!(SessionDisconnected, code)),
        ],
    },
];

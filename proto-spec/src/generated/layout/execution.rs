//! Layouts of the section `execution`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: ExecutionReportNew::NAME,
        template_id: ExecutionReportNew::TEMPLATE_ID,
        block_length: size_of::<ExecutionReportNew>(),
        fields: &[
            ("order_id", offset_of!(ExecutionReportNew, order_id)),
            ("cl_ord_id", offset_of!(ExecutionReportNew, cl_ord_id)),
            ("exec_id", offset_of!(ExecutionReportNew, exec_id)),
            ("transact_time_ns", offset_of!(ExecutionReportNew, transact_time_ns)),
            ("seq_num", offset_of!(ExecutionReportNew, seq_num)),
            ("security_id", offset_of!(ExecutionReportNew, security_id)),
            ("leaves_qty", offset_of!(ExecutionReportNew, leaves_qty)),
            ("quantity_ahead", offset_of!(ExecutionReportNew, quantity_ahead)),
            ("price", offset_of!(ExecutionReportNew, price)),
            ("side", offset_of!(ExecutionReportNew, side)),
            ("time_in_force", offset_of!(ExecutionReportNew, time_in_force)),
            ("ord_status", offset_of!(ExecutionReportNew, ord_status)),
            ("exec_type", offset_of!(ExecutionReportNew, exec_type)),
            ("exec_inst", offset_of!(ExecutionReportNew, exec_inst)),
        ],
        group: ExecutionReportNew::GROUP,
    },
    MessageLayout {
        name: ExecutionReportTrade::NAME,
        template_id: ExecutionReportTrade::TEMPLATE_ID,
        block_length: size_of::<ExecutionReportTrade>(),
        fields: &[
            ("order_id", offset_of!(ExecutionReportTrade, order_id)),
            ("cl_ord_id", offset_of!(ExecutionReportTrade, cl_ord_id)),
            ("exec_id", offset_of!(ExecutionReportTrade, exec_id)),
            ("transact_time_ns", offset_of!(ExecutionReportTrade, transact_time_ns)),
            ("security_id", offset_of!(ExecutionReportTrade, security_id)),
            ("last_qty", offset_of!(ExecutionReportTrade, last_qty)),
            ("leaves_qty", offset_of!(ExecutionReportTrade, leaves_qty)),
            ("last_px", offset_of!(ExecutionReportTrade, last_px)),
            ("side", offset_of!(ExecutionReportTrade, side)),
            ("aggressor_indicator", offset_of!(ExecutionReportTrade, aggressor_indicator)),
            ("fee", offset_of!(ExecutionReportTrade, fee)),
        ],
        group: ExecutionReportTrade::GROUP,
    },
    MessageLayout {
        name: ExecutionReportCancelled::NAME,
        template_id: ExecutionReportCancelled::TEMPLATE_ID,
        block_length: size_of::<ExecutionReportCancelled>(),
        fields: &[
            ("order_id", offset_of!(ExecutionReportCancelled, order_id)),
            ("cl_ord_id", offset_of!(ExecutionReportCancelled, cl_ord_id)),
            ("exec_id", offset_of!(ExecutionReportCancelled, exec_id)),
            ("transact_time_ns", offset_of!(ExecutionReportCancelled, transact_time_ns)),
            ("seq_num", offset_of!(ExecutionReportCancelled, seq_num)),
            ("security_id", offset_of!(ExecutionReportCancelled, security_id)),
            ("cancelled_qty", offset_of!(ExecutionReportCancelled, cancelled_qty)),
            ("cum_qty", offset_of!(ExecutionReportCancelled, cum_qty)),
            ("reason", offset_of!(ExecutionReportCancelled, reason)),
            ("side", offset_of!(ExecutionReportCancelled, side)),
        ],
        group: ExecutionReportCancelled::GROUP,
    },
    MessageLayout {
        name: ExecutionReportRejected::NAME,
        template_id: ExecutionReportRejected::TEMPLATE_ID,
        block_length: size_of::<ExecutionReportRejected>(),
        fields: &[
            ("cl_ord_id", offset_of!(ExecutionReportRejected, cl_ord_id)),
            ("exec_id", offset_of!(ExecutionReportRejected, exec_id)),
            ("transact_time_ns", offset_of!(ExecutionReportRejected, transact_time_ns)),
            ("seq_num", offset_of!(ExecutionReportRejected, seq_num)),
            ("security_id", offset_of!(ExecutionReportRejected, security_id)),
            ("reject_code", offset_of!(ExecutionReportRejected, reject_code)),
            ("ref_template_id", offset_of!(ExecutionReportRejected, ref_template_id)),
        ],
        group: ExecutionReportRejected::GROUP,
    },
    MessageLayout {
        name: OrderCancelReject::NAME,
        template_id: OrderCancelReject::TEMPLATE_ID,
        block_length: size_of::<OrderCancelReject>(),
        fields: &[
            ("cl_ord_id", offset_of!(OrderCancelReject, cl_ord_id)),
            ("order_id", offset_of!(OrderCancelReject, order_id)),
            ("exec_id", offset_of!(OrderCancelReject, exec_id)),
            ("transact_time_ns", offset_of!(OrderCancelReject, transact_time_ns)),
            ("seq_num", offset_of!(OrderCancelReject, seq_num)),
            ("security_id", offset_of!(OrderCancelReject, security_id)),
            ("reject_code", offset_of!(OrderCancelReject, reject_code)),
            ("ref_template_id", offset_of!(OrderCancelReject, ref_template_id)),
        ],
        group: OrderCancelReject::GROUP,
    },
    MessageLayout {
        name: OrderMassActionReport::NAME,
        template_id: OrderMassActionReport::TEMPLATE_ID,
        block_length: size_of::<OrderMassActionReport>(),
        fields: &[
            ("cl_ord_id", offset_of!(OrderMassActionReport, cl_ord_id)),
            ("exec_id", offset_of!(OrderMassActionReport, exec_id)),
            ("transact_time_ns", offset_of!(OrderMassActionReport, transact_time_ns)),
            ("seq_num", offset_of!(OrderMassActionReport, seq_num)),
            ("total_affected_orders", offset_of!(OrderMassActionReport, total_affected_orders)),
            ("scope", offset_of!(OrderMassActionReport, scope)),
            ("action", offset_of!(OrderMassActionReport, action)),
            ("side", offset_of!(OrderMassActionReport, side)),
        ],
        group: OrderMassActionReport::GROUP,
    },
];

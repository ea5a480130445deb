//! Layouts of the section `order_entry`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: NewOrderSingle::NAME,
        template_id: NewOrderSingle::TEMPLATE_ID,
        block_length: size_of::<NewOrderSingle>(),
        fields: &[
            ("cl_ord_id", offset_of!(NewOrderSingle, cl_ord_id)),
            ("sending_time_ns", offset_of!(NewOrderSingle, sending_time_ns)),
            ("seq_num", offset_of!(NewOrderSingle, seq_num)),
            ("security_id", offset_of!(NewOrderSingle, security_id)),
            ("order_qty", offset_of!(NewOrderSingle, order_qty)),
            ("account", offset_of!(NewOrderSingle, account)),
            ("expire_time_ns", offset_of!(NewOrderSingle, expire_time_ns)),
            ("cl_ord_link_id", offset_of!(NewOrderSingle, cl_ord_link_id)),
            ("price", offset_of!(NewOrderSingle, price)),
            ("self_match_prevention_id", offset_of!(NewOrderSingle, self_match_prevention_id)),
            ("max_staleness_ms", offset_of!(NewOrderSingle, max_staleness_ms)),
            ("side", offset_of!(NewOrderSingle, side)),
            ("time_in_force", offset_of!(NewOrderSingle, time_in_force)),
            ("exec_inst", offset_of!(NewOrderSingle, exec_inst)),
            (
                "self_match_prevention_instruction",
                offset_of!(NewOrderSingle, self_match_prevention_instruction),
            ),
        ],
        group: NewOrderSingle::GROUP,
    },
    MessageLayout {
        name: OrderCancelReplaceRequest::NAME,
        template_id: OrderCancelReplaceRequest::TEMPLATE_ID,
        block_length: size_of::<OrderCancelReplaceRequest>(),
        fields: &[
            ("cl_ord_id", offset_of!(OrderCancelReplaceRequest, cl_ord_id)),
            ("sending_time_ns", offset_of!(OrderCancelReplaceRequest, sending_time_ns)),
            ("seq_num", offset_of!(OrderCancelReplaceRequest, seq_num)),
            ("security_id", offset_of!(OrderCancelReplaceRequest, security_id)),
            ("order_id", offset_of!(OrderCancelReplaceRequest, order_id)),
            ("orig_cl_ord_id", offset_of!(OrderCancelReplaceRequest, orig_cl_ord_id)),
            ("expire_time_ns", offset_of!(OrderCancelReplaceRequest, expire_time_ns)),
            ("order_qty", offset_of!(OrderCancelReplaceRequest, order_qty)),
            ("price", offset_of!(OrderCancelReplaceRequest, price)),
            ("max_staleness_ms", offset_of!(OrderCancelReplaceRequest, max_staleness_ms)),
        ],
        group: OrderCancelReplaceRequest::GROUP,
    },
    MessageLayout {
        name: OrderCancelRequest::NAME,
        template_id: OrderCancelRequest::TEMPLATE_ID,
        block_length: size_of::<OrderCancelRequest>(),
        fields: &[
            ("cl_ord_id", offset_of!(OrderCancelRequest, cl_ord_id)),
            ("sending_time_ns", offset_of!(OrderCancelRequest, sending_time_ns)),
            ("seq_num", offset_of!(OrderCancelRequest, seq_num)),
            ("security_id", offset_of!(OrderCancelRequest, security_id)),
            ("order_id", offset_of!(OrderCancelRequest, order_id)),
            ("orig_cl_ord_id", offset_of!(OrderCancelRequest, orig_cl_ord_id)),
        ],
        group: OrderCancelRequest::GROUP,
    },
    MessageLayout {
        name: OrderMassActionRequest::NAME,
        template_id: OrderMassActionRequest::TEMPLATE_ID,
        block_length: size_of::<OrderMassActionRequest>(),
        fields: &[
            ("cl_ord_id", offset_of!(OrderMassActionRequest, cl_ord_id)),
            ("sending_time_ns", offset_of!(OrderMassActionRequest, sending_time_ns)),
            ("seq_num", offset_of!(OrderMassActionRequest, seq_num)),
            ("security_id", offset_of!(OrderMassActionRequest, security_id)),
            ("account", offset_of!(OrderMassActionRequest, account)),
            ("event_id", offset_of!(OrderMassActionRequest, event_id)),
            ("cl_ord_link_id", offset_of!(OrderMassActionRequest, cl_ord_link_id)),
            ("scope", offset_of!(OrderMassActionRequest, scope)),
            ("action", offset_of!(OrderMassActionRequest, action)),
            ("side", offset_of!(OrderMassActionRequest, side)),
        ],
        group: OrderMassActionRequest::GROUP,
    },
];

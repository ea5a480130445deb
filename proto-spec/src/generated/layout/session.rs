//! Layouts of the section `session`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use std::mem::offset_of;

use super::super::*;
use crate::message::{Message, MessageLayout};

pub(super) const LAYOUTS: &[MessageLayout] = &[
    MessageLayout {
        name: Negotiate::NAME,
        template_id: Negotiate::TEMPLATE_ID,
        block_length: size_of::<Negotiate>(),
        fields: &[
            ("session_id", offset_of!(Negotiate, session_id)),
            ("access_key_id", offset_of!(Negotiate, access_key_id)),
            ("session_version_id", offset_of!(Negotiate, session_version_id)),
            ("timestamp_ns", offset_of!(Negotiate, timestamp_ns)),
            ("hmac", offset_of!(Negotiate, hmac)),
        ],
        group: Negotiate::GROUP,
    },
    MessageLayout {
        name: NegotiationResponse::NAME,
        template_id: NegotiationResponse::TEMPLATE_ID,
        block_length: size_of::<NegotiationResponse>(),
        fields: &[
            ("session_id", offset_of!(NegotiationResponse, session_id)),
            ("access_key_id", offset_of!(NegotiationResponse, access_key_id)),
            ("session_version_id", offset_of!(NegotiationResponse, session_version_id)),
            (
                "previous_session_version_id",
                offset_of!(NegotiationResponse, previous_session_version_id),
            ),
            ("previous_seq_num", offset_of!(NegotiationResponse, previous_seq_num)),
            ("firm_id", offset_of!(NegotiationResponse, firm_id)),
            ("transact_time_ns", offset_of!(NegotiationResponse, transact_time_ns)),
            ("roles", offset_of!(NegotiationResponse, roles)),
        ],
        group: NegotiationResponse::GROUP,
    },
    MessageLayout {
        name: NegotiationReject::NAME,
        template_id: NegotiationReject::TEMPLATE_ID,
        block_length: size_of::<NegotiationReject>(),
        fields: &[
            ("session_id", offset_of!(NegotiationReject, session_id)),
            ("access_key_id", offset_of!(NegotiationReject, access_key_id)),
            ("session_version_id", offset_of!(NegotiationReject, session_version_id)),
            ("timestamp_ns", offset_of!(NegotiationReject, timestamp_ns)),
            ("reject_code", offset_of!(NegotiationReject, reject_code)),
        ],
        group: NegotiationReject::GROUP,
    },
    MessageLayout {
        name: Establish::NAME,
        template_id: Establish::TEMPLATE_ID,
        block_length: size_of::<Establish>(),
        fields: &[
            ("session_id", offset_of!(Establish, session_id)),
            ("next_seq_num", offset_of!(Establish, next_seq_num)),
            ("session_version_id", offset_of!(Establish, session_version_id)),
            ("timestamp_ns", offset_of!(Establish, timestamp_ns)),
            ("keep_alive_interval_ms", offset_of!(Establish, keep_alive_interval_ms)),
            ("cancel_on_disconnect", offset_of!(Establish, cancel_on_disconnect)),
            ("cod_timeout_ms", offset_of!(Establish, cod_timeout_ms)),
            ("hmac", offset_of!(Establish, hmac)),
        ],
        group: Establish::GROUP,
    },
    MessageLayout {
        name: EstablishmentAck::NAME,
        template_id: EstablishmentAck::TEMPLATE_ID,
        block_length: size_of::<EstablishmentAck>(),
        fields: &[
            ("session_id", offset_of!(EstablishmentAck, session_id)),
            ("last_seq_num", offset_of!(EstablishmentAck, last_seq_num)),
            ("session_version_id", offset_of!(EstablishmentAck, session_version_id)),
            ("keep_alive_interval_ms", offset_of!(EstablishmentAck, keep_alive_interval_ms)),
            ("next_seq_num", offset_of!(EstablishmentAck, next_seq_num)),
            ("transact_time_ns", offset_of!(EstablishmentAck, transact_time_ns)),
            ("log_position", offset_of!(EstablishmentAck, log_position)),
            ("acknowledgement_level", offset_of!(EstablishmentAck, acknowledgement_level)),
        ],
        group: EstablishmentAck::GROUP,
    },
    MessageLayout {
        name: EstablishmentReject::NAME,
        template_id: EstablishmentReject::TEMPLATE_ID,
        block_length: size_of::<EstablishmentReject>(),
        fields: &[
            ("session_id", offset_of!(EstablishmentReject, session_id)),
            ("last_seq_num", offset_of!(EstablishmentReject, last_seq_num)),
            ("session_version_id", offset_of!(EstablishmentReject, session_version_id)),
            ("timestamp_ns", offset_of!(EstablishmentReject, timestamp_ns)),
            ("reject_code", offset_of!(EstablishmentReject, reject_code)),
        ],
        group: EstablishmentReject::GROUP,
    },
    MessageLayout {
        name: Sequence::NAME,
        template_id: Sequence::TEMPLATE_ID,
        block_length: size_of::<Sequence>(),
        fields: &[
            ("session_id", offset_of!(Sequence, session_id)),
            ("next_seq_num", offset_of!(Sequence, next_seq_num)),
        ],
        group: Sequence::GROUP,
    },
    MessageLayout {
        name: Terminate::NAME,
        template_id: Terminate::TEMPLATE_ID,
        block_length: size_of::<Terminate>(),
        fields: &[
            ("session_id", offset_of!(Terminate, session_id)),
            ("last_seq_num", offset_of!(Terminate, last_seq_num)),
            ("code", offset_of!(Terminate, code)),
        ],
        group: Terminate::GROUP,
    },
    MessageLayout {
        name: NotApplied::NAME,
        template_id: NotApplied::TEMPLATE_ID,
        block_length: size_of::<NotApplied>(),
        fields: &[
            ("session_id", offset_of!(NotApplied, session_id)),
            ("from_seq_num", offset_of!(NotApplied, from_seq_num)),
            ("count", offset_of!(NotApplied, count)),
            ("exec_id", offset_of!(NotApplied, exec_id)),
        ],
        group: NotApplied::GROUP,
    },
    MessageLayout {
        name: RetransmitRequest::NAME,
        template_id: RetransmitRequest::TEMPLATE_ID,
        block_length: size_of::<RetransmitRequest>(),
        fields: &[
            ("session_id", offset_of!(RetransmitRequest, session_id)),
            ("request_id", offset_of!(RetransmitRequest, request_id)),
            ("from_position", offset_of!(RetransmitRequest, from_position)),
        ],
        group: RetransmitRequest::GROUP,
    },
    MessageLayout {
        name: Retransmission::NAME,
        template_id: Retransmission::TEMPLATE_ID,
        block_length: size_of::<Retransmission>(),
        fields: &[
            ("session_id", offset_of!(Retransmission, session_id)),
            ("request_id", offset_of!(Retransmission, request_id)),
            ("from_position", offset_of!(Retransmission, from_position)),
            ("end_position", offset_of!(Retransmission, end_position)),
        ],
        group: Retransmission::GROUP,
    },
    MessageLayout {
        name: RetransmissionComplete::NAME,
        template_id: RetransmissionComplete::TEMPLATE_ID,
        block_length: size_of::<RetransmissionComplete>(),
        fields: &[
            ("session_id", offset_of!(RetransmissionComplete, session_id)),
            ("report_count", offset_of!(RetransmissionComplete, report_count)),
            ("request_id", offset_of!(RetransmissionComplete, request_id)),
            ("end_position", offset_of!(RetransmissionComplete, end_position)),
        ],
        group: RetransmissionComplete::GROUP,
    },
    MessageLayout {
        name: RetransmitReject::NAME,
        template_id: RetransmitReject::TEMPLATE_ID,
        block_length: size_of::<RetransmitReject>(),
        fields: &[
            ("session_id", offset_of!(RetransmitReject, session_id)),
            ("reject_code", offset_of!(RetransmitReject, reject_code)),
            ("request_id", offset_of!(RetransmitReject, request_id)),
            ("retry_delay_ns", offset_of!(RetransmitReject, retry_delay_ns)),
        ],
        group: RetransmitReject::GROUP,
    },
];

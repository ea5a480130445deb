//! Messages of the section `session`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::{FieldValue, Message};

/// Client to exchange: names the session and proves the key (FIXP Negotiate). Never numbered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Negotiate {
    /// Session.
    pub session_id: U32,
    /// Access key that signs.
    pub access_key_id: U32,
    /// Version of the session; strictly increasing over logins.
    pub session_version_id: U64,
    /// Time of login, nanoseconds since 1970; strictly increasing for a session.
    pub timestamp_ns: U64,
    /// HMAC-SHA256 under the key's secret over every preceding byte of this message, header included.
    pub hmac: [u8; 32],
}

impl Message for Negotiate {
    const TEMPLATE_ID: u16 = 1;
    const NAME: &'static str = "Negotiate";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("access_key_id", FieldValue::Unsigned(u64::from(self.access_key_id.get())));
        visit("session_version_id", FieldValue::Unsigned(self.session_version_id.get()));
        visit("timestamp_ns", FieldValue::Unsigned(self.timestamp_ns.get()));
        visit("hmac", FieldValue::Bytes(&self.hmac));
    }
}

/// Exchange to client: the session version is bound. Client flow idempotent, server flow recoverable.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct NegotiationResponse {
    /// Session.
    pub session_id: U32,
    /// Access key.
    pub access_key_id: U32,
    /// Version of the session; strictly increasing over logins.
    pub session_version_id: U64,
    /// Version before this one, 0 for the first.
    pub previous_session_version_id: U64,
    /// Last client number applied in the previous version.
    pub previous_seq_num: U32,
    /// Firm.
    pub firm_id: U32,
    /// Sequencing time.
    pub transact_time_ns: U64,
    /// What the key may do.
    pub roles: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_42: [u8; 6],
}

impl Message for NegotiationResponse {
    const TEMPLATE_ID: u16 = 2;
    const NAME: &'static str = "NegotiationResponse";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("access_key_id", FieldValue::Unsigned(u64::from(self.access_key_id.get())));
        visit("session_version_id", FieldValue::Unsigned(self.session_version_id.get()));
        visit(
            "previous_session_version_id",
            FieldValue::Unsigned(self.previous_session_version_id.get()),
        );
        visit("previous_seq_num", FieldValue::Unsigned(u64::from(self.previous_seq_num.get())));
        visit("firm_id", FieldValue::Unsigned(u64::from(self.firm_id.get())));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("roles", FieldValue::Unsigned(u64::from(self.roles.get())));
    }
}

/// Exchange to client, only on a binding that has already proven a login: the Negotiate was refused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct NegotiationReject {
    /// Session.
    pub session_id: U32,
    /// Access key.
    pub access_key_id: U32,
    /// Version of the session; strictly increasing over logins.
    pub session_version_id: U64,
    /// Timestamp of the refused message.
    pub timestamp_ns: U64,
    /// Why.
    pub reject_code: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_26: [u8; 6],
}

impl Message for NegotiationReject {
    const TEMPLATE_ID: u16 = 3;
    const NAME: &'static str = "NegotiationReject";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("access_key_id", FieldValue::Unsigned(u64::from(self.access_key_id.get())));
        visit("session_version_id", FieldValue::Unsigned(self.session_version_id.get()));
        visit("timestamp_ns", FieldValue::Unsigned(self.timestamp_ns.get()));
        visit("reject_code", FieldValue::Unsigned(u64::from(self.reject_code.get())));
    }
}

/// Client to exchange: binds the negotiated session to this transport (FIXP Establish). Never numbered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Establish {
    /// Session.
    pub session_id: U32,
    /// Number of the next application message the client will send.
    pub next_seq_num: U32,
    /// Version of the session; strictly increasing over logins.
    pub session_version_id: U64,
    /// Time of login, above that of Negotiate.
    pub timestamp_ns: U64,
    /// Longest silence of the client, 100 to 60000.
    pub keep_alive_interval_ms: U32,
    /// What happens to the session's live orders when it is lost or ended.
    pub cancel_on_disconnect: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_29: [u8; 1],
    /// Grace before that, milliseconds: who is back in time keeps them (FIX 35003); zero with None.
    pub cod_timeout_ms: U16,
    /// HMAC-SHA256 under the key's secret over every preceding byte of this message, header included.
    pub hmac: [u8; 32],
}

impl Message for Establish {
    const TEMPLATE_ID: u16 = 4;
    const NAME: &'static str = "Establish";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("next_seq_num", FieldValue::Unsigned(u64::from(self.next_seq_num.get())));
        visit("session_version_id", FieldValue::Unsigned(self.session_version_id.get()));
        visit("timestamp_ns", FieldValue::Unsigned(self.timestamp_ns.get()));
        visit(
            "keep_alive_interval_ms",
            FieldValue::Unsigned(u64::from(self.keep_alive_interval_ms.get())),
        );
        visit("cancel_on_disconnect", FieldValue::Unsigned(u64::from(self.cancel_on_disconnect)));
        visit("cod_timeout_ms", FieldValue::Unsigned(u64::from(self.cod_timeout_ms.get())));
        visit("hmac", FieldValue::Bytes(&self.hmac));
    }
}

/// Exchange to client: the session is live.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EstablishmentAck {
    /// Session.
    pub session_id: U32,
    /// Last client number applied; the next is one more.
    pub last_seq_num: U32,
    /// Version of the session; strictly increasing over logins.
    pub session_version_id: U64,
    /// Interval in force, both ways.
    pub keep_alive_interval_ms: U32,
    /// Next number the exchange expects.
    pub next_seq_num: U32,
    /// Exchange's time.
    pub transact_time_ns: U64,
    /// Position of this message in the log.
    pub log_position: U64,
    /// What every acknowledgement of this session survives.
    pub acknowledgement_level: u8,
    /// Not used; zero when sent, not read when received.
    pub reserved_41: [u8; 7],
}

impl Message for EstablishmentAck {
    const TEMPLATE_ID: u16 = 5;
    const NAME: &'static str = "EstablishmentAck";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("last_seq_num", FieldValue::Unsigned(u64::from(self.last_seq_num.get())));
        visit("session_version_id", FieldValue::Unsigned(self.session_version_id.get()));
        visit(
            "keep_alive_interval_ms",
            FieldValue::Unsigned(u64::from(self.keep_alive_interval_ms.get())),
        );
        visit("next_seq_num", FieldValue::Unsigned(u64::from(self.next_seq_num.get())));
        visit("transact_time_ns", FieldValue::Unsigned(self.transact_time_ns.get()));
        visit("log_position", FieldValue::Unsigned(self.log_position.get()));
        visit("acknowledgement_level", FieldValue::Unsigned(u64::from(self.acknowledgement_level)));
    }
}

/// Exchange to client: Establish was refused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct EstablishmentReject {
    /// Session.
    pub session_id: U32,
    /// Last client number applied.
    pub last_seq_num: U32,
    /// Version of the session; strictly increasing over logins.
    pub session_version_id: U64,
    /// Timestamp of the refused message.
    pub timestamp_ns: U64,
    /// Why.
    pub reject_code: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_26: [u8; 6],
}

impl Message for EstablishmentReject {
    const TEMPLATE_ID: u16 = 6;
    const NAME: &'static str = "EstablishmentReject";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("last_seq_num", FieldValue::Unsigned(u64::from(self.last_seq_num.get())));
        visit("session_version_id", FieldValue::Unsigned(self.session_version_id.get()));
        visit("timestamp_ns", FieldValue::Unsigned(self.timestamp_ns.get()));
        visit("reject_code", FieldValue::Unsigned(u64::from(self.reject_code.get())));
    }
}

/// Both ways: keep-alive of an idle flow (FIXP Sequence). Never sequenced in the log.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Sequence {
    /// Session.
    pub session_id: U32,
    /// Next number of the sender's flow; 0 from the exchange, whose flow is numbered by ExecID.
    pub next_seq_num: U32,
}

impl Message for Sequence {
    const TEMPLATE_ID: u16 = 7;
    const NAME: &'static str = "Sequence";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("next_seq_num", FieldValue::Unsigned(u64::from(self.next_seq_num.get())));
    }
}

/// Both ways: ends the transport binding; the session itself goes on (FIXP Terminate).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Terminate {
    /// Session.
    pub session_id: U32,
    /// Last client number applied; 0 from a client.
    pub last_seq_num: U32,
    /// Why.
    pub code: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_10: [u8; 6],
}

impl Message for Terminate {
    const TEMPLATE_ID: u16 = 8;
    const NAME: &'static str = "Terminate";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("last_seq_num", FieldValue::Unsigned(u64::from(self.last_seq_num.get())));
        visit("code", FieldValue::Unsigned(u64::from(self.code.get())));
    }
}

/// Exchange to client: these numbers of the client flow never came and will never be applied (FIXP NotApplied).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct NotApplied {
    /// Session.
    pub session_id: U32,
    /// First number missed.
    pub from_seq_num: U32,
    /// How many.
    pub count: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_12: [u8; 4],
    /// Position of this message in the log.
    pub exec_id: U64,
}

impl Message for NotApplied {
    const TEMPLATE_ID: u16 = 9;
    const NAME: &'static str = "NotApplied";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("from_seq_num", FieldValue::Unsigned(u64::from(self.from_seq_num.get())));
        visit("count", FieldValue::Unsigned(u64::from(self.count.get())));
        visit("exec_id", FieldValue::Unsigned(self.exec_id.get()));
    }
}

/// Client to exchange: send the session's reports from a position on again (FIXP RetransmitRequest). Never numbered, never sequenced in the log; one at a time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct RetransmitRequest {
    /// Session.
    pub session_id: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_4: [u8; 4],
    /// Number the client gives the request; echoed.
    pub request_id: U64,
    /// Lowest position wanted: as a rule the last ExecID held, bit 0 cleared.
    pub from_position: U64,
}

impl Message for RetransmitRequest {
    const TEMPLATE_ID: u16 = 10;
    const NAME: &'static str = "RetransmitRequest";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("from_position", FieldValue::Unsigned(self.from_position.get()));
    }
}

/// Exchange to client: the reports of the session between two positions follow once more, in order, each as it was first sent (FIXP Retransmission). Reports at or above end_position may come between them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Retransmission {
    /// Session.
    pub session_id: U32,
    /// Not used; zero when sent, not read when received.
    pub reserved_4: [u8; 4],
    /// The request this answers.
    pub request_id: U64,
    /// Lowest position sent again.
    pub from_position: U64,
    /// Every report sent again lies below it; what lies at or above it is sent as it comes.
    pub end_position: U64,
}

impl Message for Retransmission {
    const TEMPLATE_ID: u16 = 11;
    const NAME: &'static str = "Retransmission";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("from_position", FieldValue::Unsigned(self.from_position.get()));
        visit("end_position", FieldValue::Unsigned(self.end_position.get()));
    }
}

/// Exchange to client: everything below end_position was sent again.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct RetransmissionComplete {
    /// Session.
    pub session_id: U32,
    /// Reports sent again.
    pub report_count: U32,
    /// The request this answers.
    pub request_id: U64,
    /// As in Retransmission.
    pub end_position: U64,
}

impl Message for RetransmissionComplete {
    const TEMPLATE_ID: u16 = 12;
    const NAME: &'static str = "RetransmissionComplete";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("report_count", FieldValue::Unsigned(u64::from(self.report_count.get())));
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("end_position", FieldValue::Unsigned(self.end_position.get()));
    }
}

/// Exchange to client: nothing, or nothing more, is sent again (FIXP RetransmitReject).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct RetransmitReject {
    /// Session.
    pub session_id: U32,
    /// Why.
    pub reject_code: U16,
    /// Not used; zero when sent, not read when received.
    pub reserved_6: [u8; 2],
    /// The request this answers.
    pub request_id: U64,
    /// Time to wait before another request; 0 when none can succeed.
    pub retry_delay_ns: U64,
}

impl Message for RetransmitReject {
    const TEMPLATE_ID: u16 = 13;
    const NAME: &'static str = "RetransmitReject";

    fn for_each_field(&self, visit: &mut dyn FnMut(&'static str, FieldValue<'_>)) {
        visit("session_id", FieldValue::Unsigned(u64::from(self.session_id.get())));
        visit("reject_code", FieldValue::Unsigned(u64::from(self.reject_code.get())));
        visit("request_id", FieldValue::Unsigned(self.request_id.get()));
        visit("retry_delay_ns", FieldValue::Unsigned(self.retry_delay_ns.get()));
    }
}

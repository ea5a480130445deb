//! What the session core counts: nothing is dropped or refused without one of these moving.

use forecastle_proto_spec::{FrameError, RejectCode};

/// Counts since the core was made.
#[derive(Clone, Debug)]
pub struct SessionCounters {
    values: [u64; SessionCount::COUNT],
}

impl SessionCounters {
    pub(super) const fn new() -> Self {
        Self { values: [0; SessionCount::COUNT] }
    }

    #[inline]
    pub(super) fn add(&mut self, count: SessionCount) {
        self.values[count as usize] += 1;
    }

    /// One count.
    #[must_use]
    pub const fn value(&self, count: SessionCount) -> u64 {
        self.values[count as usize]
    }
}

macro_rules! session_counts {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum SessionCount { $($(#[$doc])* $name,)* }

        impl SessionCount {
            /// Every count, in declaration order.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name,)*];
            /// How many there are.
            pub const COUNT: usize = [$(stringify!($name),)*].len();

            /// The count in snake case, as counters are labelled.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

session_counts! {
    /// Request images that came.
    Connected = "connected",
    /// Logins that the engine accepted.
    Negotiated = "negotiated",
    /// Establishes without Negotiate that passed every check: sessions that go on.
    Resumed = "resumed",
    /// Sessions that the engine established.
    Established = "established",
    /// Commands handed to the engine.
    Forwarded = "forwarded",
    /// Reports that the client's reply stream took.
    Reported = "reported",
    /// Messages of retransmissions that the client's reply stream took.
    Retransmitted = "retransmitted",
    /// Log streams that were asked for.
    LogStreams = "log_streams",
    /// Retransmissions that were refused or given up.
    RetransmissionsRefused = "retransmissions_refused",
    /// Reports to a session that nobody is bound to; the log keeps them.
    Unbound = "reports_unbound",
    /// Key unknown or not entitled, or a wrong HMAC.
    Credentials = "credentials",
    /// Session id of another key, or of another session than the binding's.
    SessionNotOfKey = "session_not_of_key",
    /// Session version not above the last.
    VersionNotAbove = "version_not_above",
    /// Login timestamp too far from the clock.
    TimestampOutOfWindow = "timestamp_out_of_window",
    /// Login timestamp not above the last.
    TimestampNotAbove = "timestamp_not_above",
    /// Establish before Negotiate, or of another session.
    NotNegotiated = "not_negotiated",
    /// Establish without Negotiate, of another version than the last one negotiated.
    VersionMismatch = "version_mismatch",
    /// Login on a binding that is established.
    AlreadyEstablished = "already_established",
    /// Login refused by the engine.
    EngineRefused = "login_refused_by_engine",
    /// Message while the log has not yet answered the login before it.
    AnswerPending = "answer_pending",
    /// Wrong length, or bytes after the message.
    MalformedLength = "malformed_length",
    /// Another schema.
    UnknownSchema = "unknown_schema",
    /// Another schema version.
    UnsupportedVersion = "unsupported_version",
    /// No such template.
    UnknownTemplate = "unknown_template",
    /// A template that only the exchange sends.
    NotAClientMessage = "not_a_client_message",
    /// Message before the session was established, or for another session.
    SessionNotEstablished = "session_not_established",
    /// Number used before.
    DuplicateSeqNum = "duplicate_seq_num",
    /// Order refused because the engine is behind.
    Busy = "busy",
    /// Counters asked for without an administrator role.
    NotEntitled = "not_entitled",
    /// Log stream asked for in a way not offered.
    UnsupportedField = "unsupported_field",
    /// Message on a binding that has ended.
    AfterEnd = "after_end",
    /// Images rejected.
    ImagesRejected = "images_rejected",
    /// Bindings that never logged in.
    LoginTimedOut = "login_timed_out",
    /// Sessions that fell silent.
    KeepAliveLapsed = "keep_alive_lapsed",
    /// Sessions that did not take their reports.
    SlowConsumer = "slow_consumer",
    /// Sessions whose request or reply stream was lost.
    TransportLost = "transport_lost",
    /// Sessions taken over by a later login.
    Displaced = "displaced",
    /// Sessions ended by their client.
    Finished = "finished",
}

impl SessionCount {
    /// The count of a refusal by the gateway.
    pub(super) const fn of(code: RejectCode) -> Self {
        match code {
            RejectCode::Credentials => Self::Credentials,
            RejectCode::SessionNotOfKey => Self::SessionNotOfKey,
            RejectCode::VersionNotAbove => Self::VersionNotAbove,
            RejectCode::TimestampOutOfWindow => Self::TimestampOutOfWindow,
            RejectCode::TimestampNotAbove => Self::TimestampNotAbove,
            RejectCode::NotNegotiated => Self::NotNegotiated,
            RejectCode::VersionMismatch => Self::VersionMismatch,
            RejectCode::AlreadyEstablished => Self::AlreadyEstablished,
            RejectCode::MalformedLength => Self::MalformedLength,
            RejectCode::UnknownSchema => Self::UnknownSchema,
            RejectCode::UnsupportedVersion => Self::UnsupportedVersion,
            RejectCode::UnknownTemplate => Self::UnknownTemplate,
            RejectCode::NotAClientMessage => Self::NotAClientMessage,
            RejectCode::SessionNotEstablished => Self::SessionNotEstablished,
            RejectCode::DuplicateSeqNum => Self::DuplicateSeqNum,
            RejectCode::Busy => Self::Busy,
            RejectCode::NotEntitled => Self::NotEntitled,
            RejectCode::UnsupportedField => Self::UnsupportedField,
            // The gateway refuses with no other code; what the engine refused is counted as such.
            _ => Self::EngineRefused,
        }
    }
}

/// The reject code of bytes that are no message.
pub(super) const fn code_of(error: FrameError) -> RejectCode {
    match error {
        FrameError::Truncated | FrameError::BlockLength | FrameError::GroupCount => {
            RejectCode::MalformedLength
        }
        FrameError::UnknownSchema => RejectCode::UnknownSchema,
        FrameError::UnsupportedVersion => RejectCode::UnsupportedVersion,
        FrameError::UnknownTemplate => RejectCode::UnknownTemplate,
    }
}

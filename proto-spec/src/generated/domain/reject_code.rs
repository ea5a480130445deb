//! Values of the enumeration `RejectCode`.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Why a message was refused; numbered once, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum RejectCode {
    /// The access key is unknown or not entitled, or the HMAC does not match.
    ///
    /// Remedy: Check the key id and secret; the HMAC covers every byte before it, message header included.
    Credentials = 101,
    /// The session id does not belong to the access key (a session id is the key id times 16 plus 0 to 15).
    ///
    /// Remedy: Use a session id of your own key.
    SessionNotOfKey = 102,
    /// The session version is not above the last one negotiated for this session.
    ///
    /// Remedy: Use a strictly increasing version, for example the time in nanoseconds.
    VersionNotAbove = 103,
    /// The login timestamp is too far from the exchange's clock.
    ///
    /// Remedy: Synchronise your clock.
    TimestampOutOfWindow = 104,
    /// The login timestamp is not above the last one accepted for this session; a replayed login ends here.
    ///
    /// Remedy: Make a new login message.
    TimestampNotAbove = 105,
    /// Establish before a successful Negotiate.
    ///
    /// Remedy: Negotiate first.
    NotNegotiated = 106,
    /// Establish names another version than the one negotiated.
    ///
    /// Remedy: Establish with the negotiated version.
    VersionMismatch = 107,
    /// The keep-alive interval is outside 100 to 60000 milliseconds.
    ///
    /// Remedy: Choose an interval inside the range.
    KeepAliveOutOfRange = 108,
    /// The cancel-on-disconnect type is not one of the schema, or None comes with a grace.
    ///
    /// Remedy: Send 0 to 3, and a grace of 0 with 0.
    CancelOnDisconnectUnsupported = 109,
    /// All session slots are taken.
    ///
    /// Remedy: Try later or ask the operator to raise sessions_max.
    SessionTableFull = 110,
    /// The session is live on another transport binding.
    ///
    /// Remedy: Terminate it first, or wait until its keep-alive lapses.
    AlreadyEstablished = 111,
    /// Establish names a next number that was already applied.
    ///
    /// Remedy: Continue after the last number of the acknowledgement.
    NextSeqNumTooLow = 112,
    /// The message is shorter or longer than its template says.
    ///
    /// Remedy: Compare with the schema.
    MalformedLength = 201,
    /// The schema id is not this exchange's.
    ///
    /// Remedy: Use the published schema.
    UnknownSchema = 202,
    /// The schema version is newer than the exchange's.
    ///
    /// Remedy: Use a version the exchange publishes.
    UnsupportedVersion = 203,
    /// No message has this template id.
    ///
    /// Remedy: Compare with the schema.
    UnknownTemplate = 204,
    /// The template exists but only the exchange sends it.
    ///
    /// Remedy: Send client messages only.
    NotAClientMessage = 205,
    /// An application message before Establish was acknowledged.
    ///
    /// Remedy: Log in first.
    SessionNotEstablished = 206,
    /// The message number was already used in this session version; the message was not applied again.
    ///
    /// Remedy: Number every message one above the last.
    DuplicateSeqNum = 207,
    /// The exchange cannot take new orders at this moment; the message was not sequenced and its number stays free.
    ///
    /// Remedy: Send it again later with the same number.
    Busy = 208,
    /// The session's key does not have the role this command needs.
    ///
    /// Remedy: Use a key with the role.
    NotEntitled = 209,
    /// A field of a feature not offered yet is not zero.
    ///
    /// Remedy: Send zero.
    UnsupportedField = 210,
    /// Too many sweeps of the firm, or of the exchange, are in progress.
    ///
    /// Remedy: Try again when one has been reported.
    WorkQueueFull = 211,
    /// An engine configuration other than the one the engine was made with; only the exchange itself can meet it.
    ///
    /// Remedy: None is needed.
    ConfigurationMismatch = 212,
    /// The position asked for lies above the released position, or below the first that is kept.
    ///
    /// Remedy: Ask from a position between them.
    RetransmitOutOfRange = 213,
    /// The session's earlier retransmission has not ended.
    ///
    /// Remedy: Wait for its end.
    RetransmitInProgress = 214,
    /// Too many retransmissions or log streams at this moment, the client takes the reports too slowly, or the journal cannot be read.
    ///
    /// Remedy: Ask again after the delay given, from the last ExecID held.
    RetransmitUnavailable = 215,
    /// ClOrdID is zero.
    ///
    /// Remedy: Number your orders from 1.
    ClOrdIdZero = 301,
    /// The side is neither Buy nor Sell.
    ///
    /// Remedy: Send 1 or 2.
    InvalidSide = 302,
    /// The time in force is not one of the schema.
    ///
    /// Remedy: Send 0, 1, 3, 4 or 6.
    InvalidTimeInForce = 303,
    /// The price is not in 1 to 9999, or not on the grid of the market.
    ///
    /// Remedy: Send ten-thousandths of the payout, a multiple of the tick of the price's band.
    PriceOffGrid = 304,
    /// The quantity is zero.
    ///
    /// Remedy: Send at least one lot.
    QuantityZero = 305,
    /// This ClOrdID was already used within the session's window.
    ///
    /// Remedy: Use a new ClOrdID.
    DuplicateClOrdId = 306,
    /// No market has this security id.
    ///
    /// Remedy: Read the definitions.
    UnknownMarket = 307,
    /// No account of the session's firm has this number; another firm's account answers the same.
    ///
    /// Remedy: Use your own account.
    UnknownAccount = 308,
    /// The market's status does not allow this.
    ///
    /// Remedy: Wait until it is open.
    MarketNotOpen = 309,
    /// The cost of the order leaves the range of money.
    ///
    /// Remedy: Send a smaller order.
    HoldOverflow = 310,
    /// The account cannot cover the order's worst case.
    ///
    /// Remedy: Deposit, cancel or send a smaller order.
    InsufficientBuyingPower = 311,
    /// All order slots are taken.
    ///
    /// Remedy: Try later.
    OrderTableFull = 312,
    /// The account cannot take part in another event: the table of positions is full.
    ///
    /// Remedy: Try later.
    ExposureTableFull = 313,
    /// No live order of the session's firm has this id; another firm's order answers the same.
    ///
    /// Remedy: It may have traded or ended; read your reports.
    UnknownOrder = 314,
    /// The scope of the mass action is not one a client may send, or its key is zero.
    ///
    /// Remedy: Send scope 1 to 5 with its key; in a kill switch 1, 2, 3, 5, 7 or 8.
    InvalidMassActionScope = 315,
    /// The type of the mass action is not one of the schema, or a kill switch is neither to suspend nor to release.
    ///
    /// Remedy: Send 1, 2 or 3; in a kill switch 1 or 2.
    InvalidMassActionType = 316,
    /// No event has this id.
    ///
    /// Remedy: Read the definitions.
    UnknownEvent = 317,
    /// An instruction without meaning, post-only with an order that cannot rest, or reduce-only with one that can.
    ///
    /// Remedy: Send bits of the schema; post-only with 0, 1 or 6 as time in force, reduce-only with 3 or 4.
    InvalidExecInst = 318,
    /// The expire time of a good-till-date order is not later than now, or another order has one.
    ///
    /// Remedy: Send a later time with time in force 6, and 0 with any other.
    InvalidExpireTime = 319,
    /// A self-match prevention id without instruction, an instruction without id, or one without meaning.
    ///
    /// Remedy: Send both or neither.
    InvalidSelfMatchPrevention = 320,
    /// A cancel of this ClOrdID came before it.
    ///
    /// Remedy: Use a new ClOrdID.
    CancelledBeforeArrival = 321,
    /// The message was sequenced later after its sending time than it allowed.
    ///
    /// Remedy: Look at the market again; check your clock.
    StaleOnArrival = 322,
    /// The account's position in the market is not on the other side, or smaller than the order.
    ///
    /// Remedy: Send at most the position.
    ReduceOnlyViolated = 323,
    /// The order may only rest and its price meets the other side.
    ///
    /// Remedy: Send a price that does not cross.
    PostOnlyWouldTrade = 324,
    /// A block covers the order: a mass action of its firm or a kill switch suspended its account, firm, session, market, event, link, or the exchange. Cancels and reductions pass.
    ///
    /// Remedy: Wait for the release; your firm's own blocks you release yourself.
    TradingSuspended = 328,
    /// The session has as many open orders as its key allows.
    ///
    /// Remedy: Cancel one, or send an order that cannot rest.
    OpenOrderLimit = 329,
    /// The order could cost more than its account may risk in one.
    ///
    /// Remedy: Send a smaller order.
    OrderCostLimit = 330,
    /// The price lies outside the limits of its market.
    ///
    /// Remedy: Send a price inside; the limits are published.
    PriceOutsideCollar = 331,
    /// With all open orders of the side filled the account would hold more lots of the market than its limit.
    ///
    /// Remedy: Cancel open orders or send a smaller one.
    PositionLimit = 332,
    /// With this order the account could lose more in the event than its limit.
    ///
    /// Remedy: Cancel open orders or send a smaller one.
    WorstLossLimit = 333,
    /// The session's key has no quote set of this id, or the id is zero.
    ///
    /// Remedy: Define the quote set first.
    UnknownQuoteSet = 334,
    /// The entry names a market twice, or one of another event than the first entry.
    ///
    /// Remedy: Send each market of one event once.
    InvalidQuoteEntry = 335,
    /// The bid is not below the offer.
    ///
    /// Remedy: Quote a bid below the offer.
    QuoteCrossed = 336,
    /// The prices add up to more, or to less, than the quote set allows.
    ///
    /// Remedy: Send prices within the set's bounds, or define it with others.
    QuotePriceSum = 337,
    /// The order waits for the in-play delay: until its release it can only shrink or end.
    ///
    /// Remedy: Cancel it, or wait for its release.
    OrderIsPending = 338,
    /// The account number is zero or above the configured maximum.
    ///
    /// Remedy: Choose a number inside the range.
    AccountOutOfRange = 401,
    /// The account exists already.
    ///
    /// Remedy: Choose a free number.
    AccountExists = 402,
    /// The firm id is zero.
    ///
    /// Remedy: Name a firm.
    FirmZero = 403,
    /// The amount is not positive or above the bound on all deposits.
    ///
    /// Remedy: Send an amount inside the range.
    AmountOutOfRange = 404,
    /// Deposits less withdrawals would exceed 2^59 millionths.
    ///
    /// Remedy: Nothing more can be deposited.
    DepositLimit = 405,
    /// An event has 1 to 64 markets, an exhaustive one at least 2.
    ///
    /// Remedy: Send a count inside the range.
    InvalidMarketCount = 406,
    /// No room for another event.
    ///
    /// Remedy: Ask the operator to raise the limits.
    EventTableFull = 407,
    /// A fee rate is not below 10000 ten-thousandths.
    ///
    /// Remedy: Send rates of 0 to 9999.
    FeeRateUnsupported = 408,
    /// The market cannot go from its status to this one.
    ///
    /// Remedy: Follow the life cycle.
    InvalidStatusTransition = 409,
    /// The vector has the wrong length, or its values do not add up as the event requires.
    ///
    /// Remedy: Send one value a market; they sum to 10000 when the event is exhaustive, to at most 10000 when not.
    SettlementVectorInvalid = 410,
    /// Not every market of the event is closed with its orders cancelled.
    ///
    /// Remedy: Close the markets and wait for the report.
    MarketsNotClosed = 411,
    /// The access key id is zero or above the configured maximum.
    ///
    /// Remedy: Choose an id inside the range.
    AccessKeyOutOfRange = 412,
    /// The roles hold a bit that has no meaning.
    ///
    /// Remedy: Send bits of the schema only.
    InvalidRoles = 413,
    /// The scope of the state report is not one of the schema.
    ///
    /// Remedy: Send 1, 2 or 3.
    InvalidStateScope = 414,
    /// Too many blocks of the firm, or too many kill switches, stand.
    ///
    /// Remedy: Release one, or suspend a wider scope.
    BlockTableFull = 434,
    /// No block of this scope, key and side stands that the sender could release.
    ///
    /// Remedy: Release with the words of the suspension.
    UnknownBlock = 435,
    /// The exchange knows no session of this id.
    ///
    /// Remedy: Name a session that has logged in once.
    UnknownSession = 436,
    /// A limit is negative.
    ///
    /// Remedy: Send 0 for none, or what is allowed.
    LimitOutOfRange = 437,
    /// The account has open orders, and its first position limit cannot be set while it has.
    ///
    /// Remedy: Suspend the account, set the limit, release it.
    OpenOrdersStand = 438,
    /// A parameter of the event or series is out of its range, or two of them contradict each other.
    ///
    /// Remedy: Compare with the engine rules, section 5.
    InvalidEventParameters = 418,
    /// Not while a market of the event is open, nor once its outcome is determined; some changes only before it was ever open.
    ///
    /// Remedy: Pause the markets first.
    NotWhileOpen = 419,
    /// The bands are none or too many, do not ascend from price 1, or one has no price on its grid.
    ///
    /// Remedy: Send 1 to 4 bands, the first from 1.
    InvalidTickTable = 420,
    /// The event has no outcome that could be disputed.
    ///
    /// Remedy: Dispute while its markets are determined.
    NotDetermined = 421,
    /// The quote set still has quotes.
    ///
    /// Remedy: Cancel its quotes first.
    QuoteSetInUse = 426,
    /// No room for another quote set, or none for another of the key.
    ///
    /// Remedy: Use the sets that are defined, or ask the operator to raise sessions_max.
    QuoteSetTableFull = 427,
    /// The quote set would have quotes in more than 128 markets.
    ///
    /// Remedy: Use another quote set.
    QuoteSetFull = 428,
    /// The protection group of the quote set was triggered, or its quotes are still being cancelled.
    ///
    /// Remedy: Reset the group.
    ProtectionTriggered = 429,
    /// The firm has no protection group of this id.
    ///
    /// Remedy: Set its limits first.
    UnknownProtectionGroup = 430,
    /// The group is zero, or the window is not in 16 to 60000 milliseconds.
    ///
    /// Remedy: Send a group from 1 and a window inside the range.
    InvalidProtectionLimits = 431,
    /// No room for another protection group, or none for another of the firm.
    ///
    /// Remedy: Use the groups that are there, or ask the operator to raise sessions_max.
    ProtectionTableFull = 432,
    /// The order is a quote.
    ///
    /// Remedy: Send a mass quote.
    QuoteNotReplaceable = 433,
    /// The action is not one of the schema.
    ///
    /// Remedy: Send an action of the schema.
    InvalidAction = 439,
    /// The event is not exhaustive, or has not two or three markets.
    ///
    /// Remedy: Send odds of such events only.
    OddsNotOffered = 440,
    /// An odd is outside 1.001 to 10000.000, the third of two outcomes is not 0, or the price of an outcome would be below 1.
    ///
    /// Remedy: Send decimal odds in thousandths.
    InvalidOdds = 441,
    /// The event has reference odds already.
    ///
    /// Remedy: Update them.
    OddsExist = 442,
    /// The event has no reference odds, or they were deleted.
    ///
    /// Remedy: Create them.
    UnknownOdds = 443,
    /// The reference odds of the event are another provider's.
    ///
    /// Remedy: Have that provider or a market administrator delete them first.
    OddsOfAnotherProvider = 444,
    /// A market of the event is settled or delisted.
    ///
    /// Remedy: Send no odds of it any more.
    EventEnded = 445,
    /// There is no category of this number.
    ///
    /// Remedy: Define it first.
    UnknownCategory = 446,
    /// There is no series of this number.
    ///
    /// Remedy: Define it first.
    UnknownSeries = 447,
    /// There is no user of this number, or it is another firm's.
    ///
    /// Remedy: Define it first.
    UnknownUser = 448,
    /// The number is taken.
    ///
    /// Remedy: Update it, or take another.
    AlreadyDefined = 449,
    /// The name is empty, no UTF-8, or has a control character or a zero before its end.
    ///
    /// Remedy: Send 1 to 64 bytes of UTF-8, zeros behind them.
    InvalidName = 450,
    /// The number is zero or above the most there may be.
    ///
    /// Remedy: Compare with the engine rules, section 12.
    NumberOutOfRange = 451,
}

impl RejectCode {
    /// Every value, in numerical order.
    pub const ALL: [Self; 106] = [
        Self::Credentials,
        Self::SessionNotOfKey,
        Self::VersionNotAbove,
        Self::TimestampOutOfWindow,
        Self::TimestampNotAbove,
        Self::NotNegotiated,
        Self::VersionMismatch,
        Self::KeepAliveOutOfRange,
        Self::CancelOnDisconnectUnsupported,
        Self::SessionTableFull,
        Self::AlreadyEstablished,
        Self::NextSeqNumTooLow,
        Self::MalformedLength,
        Self::UnknownSchema,
        Self::UnsupportedVersion,
        Self::UnknownTemplate,
        Self::NotAClientMessage,
        Self::SessionNotEstablished,
        Self::DuplicateSeqNum,
        Self::Busy,
        Self::NotEntitled,
        Self::UnsupportedField,
        Self::WorkQueueFull,
        Self::ConfigurationMismatch,
        Self::RetransmitOutOfRange,
        Self::RetransmitInProgress,
        Self::RetransmitUnavailable,
        Self::ClOrdIdZero,
        Self::InvalidSide,
        Self::InvalidTimeInForce,
        Self::PriceOffGrid,
        Self::QuantityZero,
        Self::DuplicateClOrdId,
        Self::UnknownMarket,
        Self::UnknownAccount,
        Self::MarketNotOpen,
        Self::HoldOverflow,
        Self::InsufficientBuyingPower,
        Self::OrderTableFull,
        Self::ExposureTableFull,
        Self::UnknownOrder,
        Self::InvalidMassActionScope,
        Self::InvalidMassActionType,
        Self::UnknownEvent,
        Self::InvalidExecInst,
        Self::InvalidExpireTime,
        Self::InvalidSelfMatchPrevention,
        Self::CancelledBeforeArrival,
        Self::StaleOnArrival,
        Self::ReduceOnlyViolated,
        Self::PostOnlyWouldTrade,
        Self::TradingSuspended,
        Self::OpenOrderLimit,
        Self::OrderCostLimit,
        Self::PriceOutsideCollar,
        Self::PositionLimit,
        Self::WorstLossLimit,
        Self::UnknownQuoteSet,
        Self::InvalidQuoteEntry,
        Self::QuoteCrossed,
        Self::QuotePriceSum,
        Self::OrderIsPending,
        Self::AccountOutOfRange,
        Self::AccountExists,
        Self::FirmZero,
        Self::AmountOutOfRange,
        Self::DepositLimit,
        Self::InvalidMarketCount,
        Self::EventTableFull,
        Self::FeeRateUnsupported,
        Self::InvalidStatusTransition,
        Self::SettlementVectorInvalid,
        Self::MarketsNotClosed,
        Self::AccessKeyOutOfRange,
        Self::InvalidRoles,
        Self::InvalidStateScope,
        Self::BlockTableFull,
        Self::UnknownBlock,
        Self::UnknownSession,
        Self::LimitOutOfRange,
        Self::OpenOrdersStand,
        Self::InvalidEventParameters,
        Self::NotWhileOpen,
        Self::InvalidTickTable,
        Self::NotDetermined,
        Self::QuoteSetInUse,
        Self::QuoteSetTableFull,
        Self::QuoteSetFull,
        Self::ProtectionTriggered,
        Self::UnknownProtectionGroup,
        Self::InvalidProtectionLimits,
        Self::ProtectionTableFull,
        Self::QuoteNotReplaceable,
        Self::InvalidAction,
        Self::OddsNotOffered,
        Self::InvalidOdds,
        Self::OddsExist,
        Self::UnknownOdds,
        Self::OddsOfAnotherProvider,
        Self::EventEnded,
        Self::UnknownCategory,
        Self::UnknownSeries,
        Self::UnknownUser,
        Self::AlreadyDefined,
        Self::InvalidName,
        Self::NumberOutOfRange,
    ];
}

impl TryFrom<u16> for RejectCode {
    type Error = UnknownValue;

    #[inline]
    #[allow(clippy::too_many_lines, reason = "one line for each value")]
    fn try_from(value: u16) -> Result<Self, UnknownValue> {
        match value {
            101 => Ok(Self::Credentials),
            102 => Ok(Self::SessionNotOfKey),
            103 => Ok(Self::VersionNotAbove),
            104 => Ok(Self::TimestampOutOfWindow),
            105 => Ok(Self::TimestampNotAbove),
            106 => Ok(Self::NotNegotiated),
            107 => Ok(Self::VersionMismatch),
            108 => Ok(Self::KeepAliveOutOfRange),
            109 => Ok(Self::CancelOnDisconnectUnsupported),
            110 => Ok(Self::SessionTableFull),
            111 => Ok(Self::AlreadyEstablished),
            112 => Ok(Self::NextSeqNumTooLow),
            201 => Ok(Self::MalformedLength),
            202 => Ok(Self::UnknownSchema),
            203 => Ok(Self::UnsupportedVersion),
            204 => Ok(Self::UnknownTemplate),
            205 => Ok(Self::NotAClientMessage),
            206 => Ok(Self::SessionNotEstablished),
            207 => Ok(Self::DuplicateSeqNum),
            208 => Ok(Self::Busy),
            209 => Ok(Self::NotEntitled),
            210 => Ok(Self::UnsupportedField),
            211 => Ok(Self::WorkQueueFull),
            212 => Ok(Self::ConfigurationMismatch),
            213 => Ok(Self::RetransmitOutOfRange),
            214 => Ok(Self::RetransmitInProgress),
            215 => Ok(Self::RetransmitUnavailable),
            301 => Ok(Self::ClOrdIdZero),
            302 => Ok(Self::InvalidSide),
            303 => Ok(Self::InvalidTimeInForce),
            304 => Ok(Self::PriceOffGrid),
            305 => Ok(Self::QuantityZero),
            306 => Ok(Self::DuplicateClOrdId),
            307 => Ok(Self::UnknownMarket),
            308 => Ok(Self::UnknownAccount),
            309 => Ok(Self::MarketNotOpen),
            310 => Ok(Self::HoldOverflow),
            311 => Ok(Self::InsufficientBuyingPower),
            312 => Ok(Self::OrderTableFull),
            313 => Ok(Self::ExposureTableFull),
            314 => Ok(Self::UnknownOrder),
            315 => Ok(Self::InvalidMassActionScope),
            316 => Ok(Self::InvalidMassActionType),
            317 => Ok(Self::UnknownEvent),
            318 => Ok(Self::InvalidExecInst),
            319 => Ok(Self::InvalidExpireTime),
            320 => Ok(Self::InvalidSelfMatchPrevention),
            321 => Ok(Self::CancelledBeforeArrival),
            322 => Ok(Self::StaleOnArrival),
            323 => Ok(Self::ReduceOnlyViolated),
            324 => Ok(Self::PostOnlyWouldTrade),
            328 => Ok(Self::TradingSuspended),
            329 => Ok(Self::OpenOrderLimit),
            330 => Ok(Self::OrderCostLimit),
            331 => Ok(Self::PriceOutsideCollar),
            332 => Ok(Self::PositionLimit),
            333 => Ok(Self::WorstLossLimit),
            334 => Ok(Self::UnknownQuoteSet),
            335 => Ok(Self::InvalidQuoteEntry),
            336 => Ok(Self::QuoteCrossed),
            337 => Ok(Self::QuotePriceSum),
            338 => Ok(Self::OrderIsPending),
            401 => Ok(Self::AccountOutOfRange),
            402 => Ok(Self::AccountExists),
            403 => Ok(Self::FirmZero),
            404 => Ok(Self::AmountOutOfRange),
            405 => Ok(Self::DepositLimit),
            406 => Ok(Self::InvalidMarketCount),
            407 => Ok(Self::EventTableFull),
            408 => Ok(Self::FeeRateUnsupported),
            409 => Ok(Self::InvalidStatusTransition),
            410 => Ok(Self::SettlementVectorInvalid),
            411 => Ok(Self::MarketsNotClosed),
            412 => Ok(Self::AccessKeyOutOfRange),
            413 => Ok(Self::InvalidRoles),
            414 => Ok(Self::InvalidStateScope),
            434 => Ok(Self::BlockTableFull),
            435 => Ok(Self::UnknownBlock),
            436 => Ok(Self::UnknownSession),
            437 => Ok(Self::LimitOutOfRange),
            438 => Ok(Self::OpenOrdersStand),
            418 => Ok(Self::InvalidEventParameters),
            419 => Ok(Self::NotWhileOpen),
            420 => Ok(Self::InvalidTickTable),
            421 => Ok(Self::NotDetermined),
            426 => Ok(Self::QuoteSetInUse),
            427 => Ok(Self::QuoteSetTableFull),
            428 => Ok(Self::QuoteSetFull),
            429 => Ok(Self::ProtectionTriggered),
            430 => Ok(Self::UnknownProtectionGroup),
            431 => Ok(Self::InvalidProtectionLimits),
            432 => Ok(Self::ProtectionTableFull),
            433 => Ok(Self::QuoteNotReplaceable),
            439 => Ok(Self::InvalidAction),
            440 => Ok(Self::OddsNotOffered),
            441 => Ok(Self::InvalidOdds),
            442 => Ok(Self::OddsExist),
            443 => Ok(Self::UnknownOdds),
            444 => Ok(Self::OddsOfAnotherProvider),
            445 => Ok(Self::EventEnded),
            446 => Ok(Self::UnknownCategory),
            447 => Ok(Self::UnknownSeries),
            448 => Ok(Self::UnknownUser),
            449 => Ok(Self::AlreadyDefined),
            450 => Ok(Self::InvalidName),
            451 => Ok(Self::NumberOutOfRange),
            _ => Err(UnknownValue),
        }
    }
}

impl From<RejectCode> for u16 {
    #[inline]
    fn from(value: RejectCode) -> Self {
        value as Self
    }
}

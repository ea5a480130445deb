//! Enumerations and bit sets of the schema.
//!
//! Generated from the schema by `cargo xtask codegen`.

use crate::message::UnknownValue;

/// Side of an order, always of the YES book of its market (FIX 54).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// Bid for YES.
    Buy = 1,
    /// Offer of YES, which is a bid for NO at 10000 minus the price.
    Sell = 2,
}

impl Side {
    /// Every value, in numerical order.
    pub const ALL: [Self; 2] = [Self::Buy, Self::Sell];
}

impl TryFrom<u8> for Side {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Buy),
            2 => Ok(Self::Sell),
            _ => Err(UnknownValue),
        }
    }
}

impl From<Side> for u8 {
    #[inline]
    fn from(value: Side) -> Self {
        value as Self
    }
}

/// How long an order works (FIX 59).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TimeInForce {
    /// Until the sequenced end-of-day command.
    Day = 0,
    /// Until cancelled or until its market closes.
    GoodTillCancel = 1,
    /// Trades what it can at once; the remainder is cancelled.
    ImmediateOrCancel = 3,
    /// Trades in full at once or not at all.
    FillOrKill = 4,
    /// Until its expire time, as GoodTillCancel before it.
    GoodTillDate = 6,
}

impl TimeInForce {
    /// Every value, in numerical order.
    pub const ALL: [Self; 5] = [
        Self::Day,
        Self::GoodTillCancel,
        Self::ImmediateOrCancel,
        Self::FillOrKill,
        Self::GoodTillDate,
    ];
}

impl TryFrom<u8> for TimeInForce {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::Day),
            1 => Ok(Self::GoodTillCancel),
            3 => Ok(Self::ImmediateOrCancel),
            4 => Ok(Self::FillOrKill),
            6 => Ok(Self::GoodTillDate),
            _ => Err(UnknownValue),
        }
    }
}

impl From<TimeInForce> for u8 {
    #[inline]
    fn from(value: TimeInForce) -> Self {
        value as Self
    }
}

/// What happens when an order would trade with another of its firm and self-match prevention id (FIX 2964). The incoming order's decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SelfMatchPrevention {
    /// What is left of the incoming order is cancelled.
    CancelAggressor = 1,
    /// The resting order is cancelled and the incoming one goes on.
    CancelResting = 2,
    /// Both are cancelled.
    CancelBoth = 3,
}

impl SelfMatchPrevention {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::CancelAggressor, Self::CancelResting, Self::CancelBoth];
}

impl TryFrom<u8> for SelfMatchPrevention {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::CancelAggressor),
            2 => Ok(Self::CancelResting),
            3 => Ok(Self::CancelBoth),
            _ => Err(UnknownValue),
        }
    }
}

impl From<SelfMatchPrevention> for u8 {
    #[inline]
    fn from(value: SelfMatchPrevention) -> Self {
        value as Self
    }
}

/// Which orders a mass action covers (FIX 1374). Always only those of the session's firm, save end of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MassActionScope {
    /// One market.
    Security = 1,
    /// All markets of one event.
    Event = 2,
    /// One account.
    Account = 3,
    /// One ClOrdLinkID.
    Link = 4,
    /// Every order of the firm.
    Firm = 5,
    /// Every day order of the exchange; only in the report of an end of day.
    Day = 6,
    /// Every order that one session sent; in kill switches, and in the report of a cancel on disconnect.
    Session = 7,
    /// Every order of the exchange; in kill switches only.
    Exchange = 8,
}

impl MassActionScope {
    /// Every value, in numerical order.
    pub const ALL: [Self; 8] = [
        Self::Security,
        Self::Event,
        Self::Account,
        Self::Link,
        Self::Firm,
        Self::Day,
        Self::Session,
        Self::Exchange,
    ];
}

impl TryFrom<u8> for MassActionScope {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Security),
            2 => Ok(Self::Event),
            3 => Ok(Self::Account),
            4 => Ok(Self::Link),
            5 => Ok(Self::Firm),
            6 => Ok(Self::Day),
            7 => Ok(Self::Session),
            8 => Ok(Self::Exchange),
            _ => Err(UnknownValue),
        }
    }
}

impl From<MassActionScope> for u8 {
    #[inline]
    fn from(value: MassActionScope) -> Self {
        value as Self
    }
}

/// What a mass action does (FIX 1373).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MassActionType {
    /// Block new orders in scope, and cancel those that stand.
    Suspend = 1,
    /// Take exactly that block away.
    Release = 2,
    /// Cancel the orders in scope.
    Cancel = 3,
}

impl MassActionType {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Suspend, Self::Release, Self::Cancel];
}

impl TryFrom<u8> for MassActionType {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Suspend),
            2 => Ok(Self::Release),
            3 => Ok(Self::Cancel),
            _ => Err(UnknownValue),
        }
    }
}

impl From<MassActionType> for u8 {
    #[inline]
    fn from(value: MassActionType) -> Self {
        value as Self
    }
}

/// Where a market stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MarketStatus {
    /// Defined, not yet trading.
    Listed = 1,
    /// Trading.
    Open = 2,
    /// Resting orders stay; cancels and reductions pass, nothing else.
    Paused = 3,
    /// Ended for trading; resting orders are cancelled; only settlement follows.
    Closed = 4,
    /// Paid out; final.
    Settled = 5,
    /// Defined, not yet listed: may still be delisted.
    Draft = 6,
    /// Its value is known and may be disputed; paid out when the window ends.
    Determined = 7,
    /// Its value is disputed; only another vector follows.
    Disputed = 8,
    /// Never opened and never will be; final.
    Delisted = 9,
}

impl MarketStatus {
    /// Every value, in numerical order.
    pub const ALL: [Self; 9] = [
        Self::Listed,
        Self::Open,
        Self::Paused,
        Self::Closed,
        Self::Settled,
        Self::Draft,
        Self::Determined,
        Self::Disputed,
        Self::Delisted,
    ];
}

impl TryFrom<u8> for MarketStatus {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Listed),
            2 => Ok(Self::Open),
            3 => Ok(Self::Paused),
            4 => Ok(Self::Closed),
            5 => Ok(Self::Settled),
            6 => Ok(Self::Draft),
            7 => Ok(Self::Determined),
            8 => Ok(Self::Disputed),
            9 => Ok(Self::Delisted),
            _ => Err(UnknownValue),
        }
    }
}

impl From<MarketStatus> for u8 {
    #[inline]
    fn from(value: MarketStatus) -> Self {
        value as Self
    }
}

/// Why an order ended without a fill (FIX 378 and its own values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum CancelReason {
    /// A cancel request.
    UserRequest = 1,
    /// A mass action.
    MassAction = 2,
    /// Remainder of an immediate-or-cancel order.
    ImmediateOrCancel = 3,
    /// A fill-or-kill order that could not trade in full.
    FillOrKill = 4,
    /// End of day.
    DayEnded = 5,
    /// Its market closed.
    MarketClosed = 6,
    /// Replaced to a quantity not above what had already traded.
    ReplacedBelowExecuted = 7,
    /// Its sweep reached the bound on trades of one command.
    SweepLimit = 8,
    /// Its expire time came.
    Expired = 9,
    /// It would have traded with another order of its firm and self-match prevention id.
    SelfMatch = 10,
    /// Its market was not open when it was to be released, or halted.
    MarketHalted = 11,
    /// Its session was lost or ended, and it was to end with it.
    Disconnected = 12,
    /// A mass action or kill switch that suspends.
    Suspended = 13,
    /// The protection group of its quote set was triggered.
    Protection = 14,
    /// A mass quote put another in its place.
    QuoteReplaced = 15,
    /// A mass quote or a quote cancel took it away.
    QuoteCancelled = 16,
    /// When it was to be released its account had no longer the position that it was to reduce.
    ReduceOnly = 17,
    /// It may only rest, and would have traded when its turn came.
    PostOnly = 18,
}

impl CancelReason {
    /// Every value, in numerical order.
    pub const ALL: [Self; 18] = [
        Self::UserRequest,
        Self::MassAction,
        Self::ImmediateOrCancel,
        Self::FillOrKill,
        Self::DayEnded,
        Self::MarketClosed,
        Self::ReplacedBelowExecuted,
        Self::SweepLimit,
        Self::Expired,
        Self::SelfMatch,
        Self::MarketHalted,
        Self::Disconnected,
        Self::Suspended,
        Self::Protection,
        Self::QuoteReplaced,
        Self::QuoteCancelled,
        Self::ReduceOnly,
        Self::PostOnly,
    ];
}

impl TryFrom<u16> for CancelReason {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u16) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::UserRequest),
            2 => Ok(Self::MassAction),
            3 => Ok(Self::ImmediateOrCancel),
            4 => Ok(Self::FillOrKill),
            5 => Ok(Self::DayEnded),
            6 => Ok(Self::MarketClosed),
            7 => Ok(Self::ReplacedBelowExecuted),
            8 => Ok(Self::SweepLimit),
            9 => Ok(Self::Expired),
            10 => Ok(Self::SelfMatch),
            11 => Ok(Self::MarketHalted),
            12 => Ok(Self::Disconnected),
            13 => Ok(Self::Suspended),
            14 => Ok(Self::Protection),
            15 => Ok(Self::QuoteReplaced),
            16 => Ok(Self::QuoteCancelled),
            17 => Ok(Self::ReduceOnly),
            18 => Ok(Self::PostOnly),
            _ => Err(UnknownValue),
        }
    }
}

impl From<CancelReason> for u16 {
    #[inline]
    fn from(value: CancelReason) -> Self {
        value as Self
    }
}

/// State of an order after the report (FIX 39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OrdStatus {
    /// Accepted, nothing traded.
    New = 0,
    /// Partly traded.
    PartiallyFilled = 1,
    /// Fully traded.
    Filled = 2,
    /// Ended by a cancel.
    Cancelled = 4,
    /// Never accepted.
    Rejected = 8,
    /// Accepted, waiting for the in-play delay (FIX A).
    PendingNew = 10,
}

impl OrdStatus {
    /// Every value, in numerical order.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::PartiallyFilled,
        Self::Filled,
        Self::Cancelled,
        Self::Rejected,
        Self::PendingNew,
    ];
}

impl TryFrom<u8> for OrdStatus {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::New),
            1 => Ok(Self::PartiallyFilled),
            2 => Ok(Self::Filled),
            4 => Ok(Self::Cancelled),
            8 => Ok(Self::Rejected),
            10 => Ok(Self::PendingNew),
            _ => Err(UnknownValue),
        }
    }
}

impl From<OrdStatus> for u8 {
    #[inline]
    fn from(value: OrdStatus) -> Self {
        value as Self
    }
}

/// What an execution report tells (FIX 150).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ExecType {
    /// The order was accepted.
    New = 0,
    /// The order was changed.
    Replaced = 5,
    /// The order waited for the in-play delay and comes in now (FIX L).
    Released = 21,
}

impl ExecType {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::New, Self::Replaced, Self::Released];
}

impl TryFrom<u8> for ExecType {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::New),
            5 => Ok(Self::Replaced),
            21 => Ok(Self::Released),
            _ => Err(UnknownValue),
        }
    }
}

impl From<ExecType> for u8 {
    #[inline]
    fn from(value: ExecType) -> Self {
        value as Self
    }
}

/// What an acknowledgement survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AcknowledgementLevel {
    /// Appended to the log in memory; survives nothing but the client's own crash.
    Memory = 1,
    /// The device write completed, not flushed.
    Written = 2,
    /// Data-sync completed.
    Durable = 3,
    /// Durable on a majority.
    Quorum = 4,
}

impl AcknowledgementLevel {
    /// Every value, in numerical order.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Written, Self::Durable, Self::Quorum];
}

impl TryFrom<u8> for AcknowledgementLevel {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Memory),
            2 => Ok(Self::Written),
            3 => Ok(Self::Durable),
            4 => Ok(Self::Quorum),
            _ => Err(UnknownValue),
        }
    }
}

impl From<AcknowledgementLevel> for u8 {
    #[inline]
    fn from(value: AcknowledgementLevel) -> Self {
        value as Self
    }
}

/// Why a session's transport binding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum TerminateCode {
    /// The client said so.
    Finished = 1,
    /// No cause given.
    Unspecified = 2,
    /// Nothing was heard for the keep-alive interval.
    KeepAliveLapsed = 3,
    /// The client did not take its reports.
    SlowConsumer = 4,
    /// Bytes that no client of this protocol sends.
    ProtocolViolation = 5,
    /// The request stream ended or went silent.
    TransportLost = 6,
    /// The exchange is closing.
    Shutdown = 7,
}

impl TerminateCode {
    /// Every value, in numerical order.
    pub const ALL: [Self; 7] = [
        Self::Finished,
        Self::Unspecified,
        Self::KeepAliveLapsed,
        Self::SlowConsumer,
        Self::ProtocolViolation,
        Self::TransportLost,
        Self::Shutdown,
    ];
}

impl TryFrom<u16> for TerminateCode {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u16) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Finished),
            2 => Ok(Self::Unspecified),
            3 => Ok(Self::KeepAliveLapsed),
            4 => Ok(Self::SlowConsumer),
            5 => Ok(Self::ProtocolViolation),
            6 => Ok(Self::TransportLost),
            7 => Ok(Self::Shutdown),
            _ => Err(UnknownValue),
        }
    }
}

impl From<TerminateCode> for u16 {
    #[inline]
    fn from(value: TerminateCode) -> Self {
        value as Self
    }
}

/// What happens to the live orders of a session when it is lost or ended (FIX 35002).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CancelOnDisconnect {
    /// They stay, save those with the instruction CancelOnDisconnect, which end when the session is lost.
    None = 0,
    /// All end when the session is lost: its transport, its keep-alive or a new Negotiate ended it.
    OnLoss = 1,
    /// All end when the client terminates.
    OnTerminate = 2,
    /// All end in either case.
    Both = 3,
}

impl CancelOnDisconnect {
    /// Every value, in numerical order.
    pub const ALL: [Self; 4] = [Self::None, Self::OnLoss, Self::OnTerminate, Self::Both];
}

impl TryFrom<u8> for CancelOnDisconnect {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::None),
            1 => Ok(Self::OnLoss),
            2 => Ok(Self::OnTerminate),
            3 => Ok(Self::Both),
            _ => Err(UnknownValue),
        }
    }
}

impl From<CancelOnDisconnect> for u8 {
    #[inline]
    fn from(value: CancelOnDisconnect) -> Self {
        value as Self
    }
}

/// What a state report request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StateScope {
    /// Totals and digests of the whole exchange; administrators only.
    Exchange = 1,
    /// Cash and buying power of one account.
    Account = 2,
    /// One account's positions and holds in every market of one event.
    Position = 3,
}

impl StateScope {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Exchange, Self::Account, Self::Position];
}

impl TryFrom<u8> for StateScope {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Exchange),
            2 => Ok(Self::Account),
            3 => Ok(Self::Position),
            _ => Err(UnknownValue),
        }
    }
}

impl From<StateScope> for u8 {
    #[inline]
    fn from(value: StateScope) -> Self {
        value as Self
    }
}

/// How the log is sent to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LogStreamDelivery {
    /// A stream of its own, from the position it names.
    Own = 0,
    /// One stream to all replicas that ask for it, from where it is: to the group of the exchange's configuration, else to each of them.
    Shared = 1,
}

impl LogStreamDelivery {
    /// Every value, in numerical order.
    pub const ALL: [Self; 2] = [Self::Own, Self::Shared];
}

impl TryFrom<u8> for LogStreamDelivery {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            0 => Ok(Self::Own),
            1 => Ok(Self::Shared),
            _ => Err(UnknownValue),
        }
    }
}

impl From<LogStreamDelivery> for u8 {
    #[inline]
    fn from(value: LogStreamDelivery) -> Self {
        value as Self
    }
}

/// How fast an event goes; sets the default of its in-play delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventVelocity {
    /// Default delay 1000 ms.
    Low = 1,
    /// Default delay 3000 ms; the velocity of an event that was given none.
    Medium = 2,
    /// Default delay 5000 ms.
    High = 3,
}

impl EventVelocity {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];
}

impl TryFrom<u8> for EventVelocity {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Low),
            2 => Ok(Self::Medium),
            3 => Ok(Self::High),
            _ => Err(UnknownValue),
        }
    }
}

impl From<EventVelocity> for u8 {
    #[inline]
    fn from(value: EventVelocity) -> Self {
        value as Self
    }
}

/// Which limit of a protection group was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ProtectionCause {
    /// Lots traded.
    Quantity = 1,
    /// Trades.
    Trades = 2,
    /// Lots bought less lots sold.
    NetChange = 3,
}

impl ProtectionCause {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Quantity, Self::Trades, Self::NetChange];
}

impl TryFrom<u8> for ProtectionCause {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Quantity),
            2 => Ok(Self::Trades),
            3 => Ok(Self::NetChange),
            _ => Err(UnknownValue),
        }
    }
}

impl From<ProtectionCause> for u8 {
    #[inline]
    fn from(value: ProtectionCause) -> Self {
        value as Self
    }
}

/// What a command of the catalogue does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CatalogueAction {
    /// There is none of this number yet.
    Define = 1,
    /// Other words for the one that there is.
    Update = 2,
}

impl CatalogueAction {
    /// Every value, in numerical order.
    pub const ALL: [Self; 2] = [Self::Define, Self::Update];
}

impl TryFrom<u8> for CatalogueAction {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Define),
            2 => Ok(Self::Update),
            _ => Err(UnknownValue),
        }
    }
}

impl From<CatalogueAction> for u8 {
    #[inline]
    fn from(value: CatalogueAction) -> Self {
        value as Self
    }
}

/// What a provider does with the reference odds of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OddsAction {
    /// The event has none, or they were deleted.
    Create = 1,
    /// Others in place of those that stand.
    Update = 2,
    /// They no longer count; a tombstone stays.
    Delete = 3,
}

impl OddsAction {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];
}

impl TryFrom<u8> for OddsAction {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Create),
            2 => Ok(Self::Update),
            3 => Ok(Self::Delete),
            _ => Err(UnknownValue),
        }
    }
}

impl From<OddsAction> for u8 {
    #[inline]
    fn from(value: OddsAction) -> Self {
        value as Self
    }
}

/// Where the reference odds of an event stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ReferenceOddsStatus {
    /// They are the reference.
    Live = 1,
    /// They are the reference, and were not updated for stale_after_ms.
    Stale = 2,
    /// They were deleted; the event has no reference.
    Deleted = 3,
}

impl ReferenceOddsStatus {
    /// Every value, in numerical order.
    pub const ALL: [Self; 3] = [Self::Live, Self::Stale, Self::Deleted];
}

impl TryFrom<u8> for ReferenceOddsStatus {
    type Error = UnknownValue;

    #[inline]
    fn try_from(value: u8) -> Result<Self, UnknownValue> {
        match value {
            1 => Ok(Self::Live),
            2 => Ok(Self::Stale),
            3 => Ok(Self::Deleted),
            _ => Err(UnknownValue),
        }
    }
}

impl From<ReferenceOddsStatus> for u8 {
    #[inline]
    fn from(value: ReferenceOddsStatus) -> Self {
        value as Self
    }
}

/// What a key may do. Orders, cancels, mass actions and state reports of its firm's accounts.
pub const ROLES_TRADER: u16 = 1 << 0;

/// What a key may do. Events, market status, settlement, end of day.
pub const ROLES_MARKET_ADMIN: u16 = 1 << 1;

/// What a key may do. Accounts, deposits, withdrawals, entitlements.
pub const ROLES_CASH_ADMIN: u16 = 1 << 2;

/// What a key may do. Kill switches over every firm, limits of accounts.
pub const ROLES_RISK: u16 = 1 << 3;

/// What a key may do. Reads the log stream.
pub const ROLES_REPLICA: u16 = 1 << 4;

/// What a key may do. Reference odds.
pub const ROLES_ODDS_PROVIDER: u16 = 1 << 5;

/// Instructions of an order (FIX 18). It may only rest: refused when it would trade as it comes.
pub const EXEC_INST_POST_ONLY: u8 = 1 << 0;

/// Instructions of an order (FIX 18). It may only bring its account's position in the market nearer to zero.
pub const EXEC_INST_REDUCE_ONLY: u8 = 1 << 1;

/// Instructions of an order (FIX 18). It ends when its market is paused or goes in play.
pub const EXEC_INST_CANCEL_ON_HALT: u8 = 1 << 2;

/// Instructions of an order (FIX 18). It ends when its session is lost, also when the session did not ask for that.
pub const EXEC_INST_CANCEL_ON_DISCONNECT: u8 = 1 << 3;

/// Instructions of an order (FIX 18). The client calls it by its NO side; echoed, else without effect.
pub const EXEC_INST_ECHO_NO: u8 = 1 << 4;

/// Marks on market-data messages (FIX 5799). Last message of one atomic command; only now is the book whole.
pub const EVENT_FLAGS_END_OF_EVENT: u8 = 1 << 0;

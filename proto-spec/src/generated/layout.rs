//! Where every field of every struct lies, as the compiler laid it out.
//!
//! Generated from the schema by `cargo xtask codegen`.

mod administration;
mod catalogue;
mod execution;
mod log;
mod market_data;
mod market_state;
mod order_entry;
mod quotes;
mod reference_odds;
mod session;
mod state;

use super::*;
use crate::group::GroupLayout;
use crate::message::{Message, MessageLayout};

/// Body length of a template, `None` when there is no such message.
#[inline]
#[allow(clippy::too_many_lines, reason = "one line for each message")]
pub const fn block_length(template_id: u16) -> Option<usize> {
    match template_id {
        1 => Some(size_of::<Negotiate>()),
        2 => Some(size_of::<NegotiationResponse>()),
        3 => Some(size_of::<NegotiationReject>()),
        4 => Some(size_of::<Establish>()),
        5 => Some(size_of::<EstablishmentAck>()),
        6 => Some(size_of::<EstablishmentReject>()),
        7 => Some(size_of::<Sequence>()),
        8 => Some(size_of::<Terminate>()),
        9 => Some(size_of::<NotApplied>()),
        10 => Some(size_of::<RetransmitRequest>()),
        11 => Some(size_of::<Retransmission>()),
        12 => Some(size_of::<RetransmissionComplete>()),
        13 => Some(size_of::<RetransmitReject>()),
        20 => Some(size_of::<NewOrderSingle>()),
        21 => Some(size_of::<OrderCancelReplaceRequest>()),
        22 => Some(size_of::<OrderCancelRequest>()),
        23 => Some(size_of::<OrderMassActionRequest>()),
        24 => Some(size_of::<MassQuote>()),
        27 => Some(size_of::<OrderStatusRequest>()),
        28 => Some(size_of::<OrderMassStatusRequest>()),
        25 => Some(size_of::<QuoteCancel>()),
        26 => Some(size_of::<QuoteSetDefinition>()),
        29 => Some(size_of::<MarketMakerProtectionLimits>()),
        43 => Some(size_of::<MarketMakerProtectionReset>()),
        71 => Some(size_of::<MassQuoteAck>()),
        72 => Some(size_of::<MarketMakerProtectionTriggered>()),
        134 => Some(size_of::<QuoteSetReport>()),
        135 => Some(size_of::<MarketMakerProtectionReport>()),
        116 => Some(size_of::<QuoteEntered>()),
        30 => Some(size_of::<EventDefinitionRequest>()),
        31 => Some(size_of::<SecurityStatusRequest>()),
        32 => Some(size_of::<SettlementRequest>()),
        33 => Some(size_of::<AccountDefinitionRequest>()),
        34 => Some(size_of::<DepositRequest>()),
        35 => Some(size_of::<WithdrawalRequest>()),
        36 => Some(size_of::<EntitlementRequest>()),
        37 => Some(size_of::<EndOfDayRequest>()),
        38 => Some(size_of::<KillSwitchRequest>()),
        39 => Some(size_of::<AccountLimitsRequest>()),
        40 => Some(size_of::<StateReportRequest>()),
        41 => Some(size_of::<CounterReportRequest>()),
        42 => Some(size_of::<LogStreamRequest>()),
        44 => Some(size_of::<ReferenceOddsRequest>()),
        45 => Some(size_of::<DisputeRequest>()),
        46 => Some(size_of::<TickTableRequest>()),
        47 => Some(size_of::<EventParametersRequest>()),
        48 => Some(size_of::<CategoryDefinitionRequest>()),
        49 => Some(size_of::<SeriesDefinitionRequest>()),
        130 => Some(size_of::<UserDefinitionRequest>()),
        50 => Some(size_of::<ExecutionReportNew>()),
        51 => Some(size_of::<ExecutionReportTrade>()),
        52 => Some(size_of::<ExecutionReportCancelled>()),
        53 => Some(size_of::<ExecutionReportRejected>()),
        54 => Some(size_of::<OrderCancelReject>()),
        55 => Some(size_of::<OrderMassActionReport>()),
        74 => Some(size_of::<ExecutionReportPendingNew>()),
        56 => Some(size_of::<BusinessMessageReject>()),
        57 => Some(size_of::<SettlementReport>()),
        60 => Some(size_of::<EventDefinitionReport>()),
        61 => Some(size_of::<AccountReport>()),
        62 => Some(size_of::<PositionReport>()),
        63 => Some(size_of::<ExchangeReport>()),
        64 => Some(size_of::<SecurityStatusReport>()),
        66 => Some(size_of::<SettlementComplete>()),
        65 => Some(size_of::<OutcomeReport>()),
        67 => Some(size_of::<EntitlementReport>()),
        69 => Some(size_of::<CounterReport>()),
        70 => Some(size_of::<LogStreamReport>()),
        73 => Some(size_of::<OrderStatusReport>()),
        77 => Some(size_of::<ReferenceOddsReport>()),
        68 => Some(size_of::<OrderMassStatusReport>()),
        78 => Some(size_of::<EventParametersReport>()),
        75 => Some(size_of::<KillSwitchReport>()),
        79 => Some(size_of::<TickTableReport>()),
        76 => Some(size_of::<AccountLimitsReport>()),
        131 => Some(size_of::<CategoryDefinitionReport>()),
        132 => Some(size_of::<SeriesDefinitionReport>()),
        133 => Some(size_of::<UserDefinitionReport>()),
        80 => Some(size_of::<MarketDataPacket>()),
        81 => Some(size_of::<OrderPut>()),
        82 => Some(size_of::<OrderReduce>()),
        83 => Some(size_of::<OrderDelete>()),
        84 => Some(size_of::<OrderExecuted>()),
        85 => Some(size_of::<EventDefinition>()),
        86 => Some(size_of::<SecurityDefinition>()),
        87 => Some(size_of::<SecurityStatus>()),
        88 => Some(size_of::<MarketSettlement>()),
        89 => Some(size_of::<LimitsBanding>()),
        90 => Some(size_of::<OutcomeTrade>()),
        100 => Some(size_of::<OrderAccepted>()),
        101 => Some(size_of::<OrderRested>()),
        102 => Some(size_of::<OrderReplaced>()),
        103 => Some(size_of::<Trade>()),
        104 => Some(size_of::<OrderCancelled>()),
        105 => Some(size_of::<OrderPending>()),
        106 => Some(size_of::<MarketSettled>()),
        107 => Some(size_of::<OrderReleased>()),
        108 => Some(size_of::<CrossOutcomeFill>()),
        110 => Some(size_of::<RecordHeader>()),
        111 => Some(size_of::<Continue>()),
        112 => Some(size_of::<SessionDisconnected>()),
        113 => Some(size_of::<EngineConfiguration>()),
        115 => Some(size_of::<TimerTick>()),
        114 => Some(size_of::<LogStreamPacket>()),
        117 => Some(size_of::<PriceLimitsChanged>()),
        _ => None,
    }
}

/// The group that ends a template's message, if there is one.
#[inline]
pub const fn group_layout(template_id: u16) -> Option<GroupLayout> {
    match template_id {
        24 => MassQuote::GROUP,
        _ => None,
    }
}

/// Every message with the name and offset of its fields, by section.
pub const LAYOUTS: &[&[MessageLayout]] = &[
    session::LAYOUTS,
    order_entry::LAYOUTS,
    quotes::LAYOUTS,
    administration::LAYOUTS,
    reference_odds::LAYOUTS,
    catalogue::LAYOUTS,
    execution::LAYOUTS,
    state::LAYOUTS,
    market_state::LAYOUTS,
    market_data::LAYOUTS,
    log::LAYOUTS,
];

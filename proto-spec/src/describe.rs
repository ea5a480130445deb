//! From a template id, which is a number, to the fields of its struct, which is a type.

use crate::generated as spec;
use crate::message::{FieldValue, Frame, Message};

/// The name of a frame's message, after calling `visit` with each of its fields in schema order and
/// then with its group.
/// For tools; it tries the messages one after another. `None` when the list lacks the template,
/// which a test excludes.
pub fn describe(
    frame: &Frame<'_>,
    visit: &mut dyn FnMut(&'static str, FieldValue<'_>),
) -> Option<&'static str> {
    DESCRIBERS.iter().find_map(|describe| describe(frame, visit))
}

type Describer =
    fn(&Frame<'_>, &mut dyn FnMut(&'static str, FieldValue<'_>)) -> Option<&'static str>;

macro_rules! describers {
    ($($message:ident)*) => { &[$(describe_as::<spec::$message>),*] };
}

const DESCRIBERS: &[Describer] = describers! {
    NewOrderSingle OrderAccepted OrderRested Trade OrderCancelled OrderReplaced
    OrderCancelRequest OrderCancelReplaceRequest OrderMassActionRequest MassQuote
    Negotiate NegotiationResponse NegotiationReject
    Establish EstablishmentAck EstablishmentReject
    Sequence Terminate NotApplied
    RetransmitRequest Retransmission RetransmissionComplete RetransmitReject
    EventDefinitionRequest SecurityStatusRequest SettlementRequest
    AccountDefinitionRequest DepositRequest WithdrawalRequest EntitlementRequest EndOfDayRequest
    KillSwitchRequest AccountLimitsRequest TickTableRequest DisputeRequest
    StateReportRequest CounterReportRequest LogStreamRequest
    EventParametersRequest
    ExecutionReportNew ExecutionReportTrade ExecutionReportCancelled ExecutionReportRejected
    OrderCancelReject OrderMassActionReport BusinessMessageReject SettlementReport
    EventDefinitionReport AccountReport PositionReport ExchangeReport
    SecurityStatusReport SettlementComplete EntitlementReport CounterReport LogStreamReport
    EventParametersReport KillSwitchReport TickTableReport AccountLimitsReport OutcomeReport
    ExecutionReportPendingNew OrderPending OrderReleased
    MarketDataPacket OrderPut OrderReduce OrderDelete OrderExecuted
    EventDefinition SecurityDefinition SecurityStatus MarketSettlement
    LimitsBanding PriceLimitsChanged OutcomeTrade
    MarketSettled CrossOutcomeFill RecordHeader Continue SessionDisconnected EngineConfiguration
    LogStreamPacket TimerTick OrderStatusRequest OrderStatusReport OrderMassStatusRequest
    OrderMassStatusReport
    QuoteCancel QuoteSetDefinition MarketMakerProtectionLimits MarketMakerProtectionReset
    MassQuoteAck MarketMakerProtectionTriggered QuoteSetReport MarketMakerProtectionReport
    QuoteEntered ReferenceOddsRequest ReferenceOddsReport
    CategoryDefinitionRequest SeriesDefinitionRequest UserDefinitionRequest
    CategoryDefinitionReport SeriesDefinitionReport UserDefinitionReport
};

fn describe_as<M: Message>(
    frame: &Frame<'_>,
    visit: &mut dyn FnMut(&'static str, FieldValue<'_>),
) -> Option<&'static str> {
    let message: &M = frame.body()?;
    frame.visit(message, visit);
    Some(M::NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::MessageHeader;
    use crate::{LAYOUTS, SCHEMA_ID, SCHEMA_VERSION};
    use zerocopy::IntoBytes as _;

    #[test]
    fn every_message_is_described_by_its_own_name_and_fields() {
        for layout in LAYOUTS.iter().copied().flatten() {
            let header = MessageHeader {
                block_length: (layout.block_length as u16).into(),
                template_id: layout.template_id.into(),
                schema_id: SCHEMA_ID.into(),
                version: SCHEMA_VERSION.into(),
            };
            let mut bytes = header.as_bytes().to_vec();
            bytes.resize(8 + layout.block_length, 0);
            if let Some(group) = layout.group {
                bytes.extend_from_slice(&(group.block_length as u16).to_le_bytes());
                bytes.extend_from_slice(&group.count_max.to_le_bytes());
                let entries = usize::from(group.count_max) * group.block_length;
                bytes.resize(bytes.len() + entries, 0);
            }
            let (frame, _) = Frame::parse(&bytes).unwrap();
            let mut names = Vec::new();
            let name = describe(&frame, &mut |name, value| {
                names.push(name);
                if let FieldValue::Group(group) = value {
                    assert_eq!(group.count(), usize::from(group.layout.count_max));
                    group.for_each_field(group.count() - 1, &mut |name, _| names.push(name));
                    group.for_each_field(group.count(), &mut |_, _| panic!("behind the last"));
                }
            });
            assert_eq!(name, Some(layout.name));
            let group = layout.group.iter();
            let group = group.flat_map(|group| {
                std::iter::once((group.name, 0)).chain(group.fields.iter().copied())
            });
            let fields = layout.fields.iter().copied().chain(group);
            let expected: Vec<_> = fields.map(|(name, _)| name).collect();
            assert_eq!(names, expected, "{}", layout.name);
        }
    }
}

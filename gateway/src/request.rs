//! What every client message has in common: which templates a client may send, and where an
//! application message keeps its id and its number.

use forecastle_proto_spec::{
    AccountDefinitionRequest, AccountLimitsRequest, CategoryDefinitionRequest,
    CounterReportRequest, DepositRequest, DisputeRequest, EndOfDayRequest, EntitlementRequest,
    Establish, EventDefinitionRequest, EventParametersRequest, Frame, KillSwitchRequest,
    LogStreamRequest, MESSAGE_HEADER_LENGTH, MarketMakerProtectionLimits,
    MarketMakerProtectionReset, MassQuote, Message, Negotiate, NewOrderSingle,
    OrderCancelReplaceRequest, OrderCancelRequest, OrderMassActionRequest, OrderMassStatusRequest,
    OrderStatusRequest, QuoteCancel, QuoteSetDefinition, ReferenceOddsRequest, RetransmitRequest,
    SecurityStatusRequest, Sequence, SeriesDefinitionRequest, SettlementRequest,
    StateReportRequest, Terminate, TickTableRequest, UserDefinitionRequest, WithdrawalRequest,
};
use zerocopy::FromBytes;
use zerocopy::little_endian::{U32, U64};

/// What a client message is to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientMessage {
    Negotiate,
    Establish,
    Sequence,
    Terminate,
    /// Makes or enlarges an order: refused while the engine is behind.
    Order,
    /// Any other numbered message.
    Numbered,
    CounterReportRequest,
    RetransmitRequest,
    LogStreamRequest,
}

impl ClientMessage {
    /// The kind of a template; `None` when only the exchange sends it.
    #[inline]
    pub(crate) const fn of(template_id: u16) -> Option<Self> {
        Some(match template_id {
            Negotiate::TEMPLATE_ID => Self::Negotiate,
            Establish::TEMPLATE_ID => Self::Establish,
            Sequence::TEMPLATE_ID => Self::Sequence,
            Terminate::TEMPLATE_ID => Self::Terminate,
            NewOrderSingle::TEMPLATE_ID
            | OrderCancelReplaceRequest::TEMPLATE_ID
            | MassQuote::TEMPLATE_ID => Self::Order,
            OrderCancelRequest::TEMPLATE_ID
            | QuoteCancel::TEMPLATE_ID
            | QuoteSetDefinition::TEMPLATE_ID
            | MarketMakerProtectionLimits::TEMPLATE_ID
            | MarketMakerProtectionReset::TEMPLATE_ID
            | OrderMassActionRequest::TEMPLATE_ID
            | OrderStatusRequest::TEMPLATE_ID
            | OrderMassStatusRequest::TEMPLATE_ID
            | EventDefinitionRequest::TEMPLATE_ID
            | EventParametersRequest::TEMPLATE_ID
            | DisputeRequest::TEMPLATE_ID
            | ReferenceOddsRequest::TEMPLATE_ID
            | CategoryDefinitionRequest::TEMPLATE_ID
            | SeriesDefinitionRequest::TEMPLATE_ID
            | UserDefinitionRequest::TEMPLATE_ID
            | TickTableRequest::TEMPLATE_ID
            | SecurityStatusRequest::TEMPLATE_ID
            | SettlementRequest::TEMPLATE_ID
            | AccountDefinitionRequest::TEMPLATE_ID
            | DepositRequest::TEMPLATE_ID
            | WithdrawalRequest::TEMPLATE_ID
            | EntitlementRequest::TEMPLATE_ID
            | EndOfDayRequest::TEMPLATE_ID
            | KillSwitchRequest::TEMPLATE_ID
            | AccountLimitsRequest::TEMPLATE_ID
            | StateReportRequest::TEMPLATE_ID => Self::Numbered,
            CounterReportRequest::TEMPLATE_ID => Self::CounterReportRequest,
            LogStreamRequest::TEMPLATE_ID => Self::LogStreamRequest,
            RetransmitRequest::TEMPLATE_ID => Self::RetransmitRequest,
            _ => return None,
        })
    }
}

/// The id and number of an application message; both 0 where a message has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestIds {
    /// ClOrdID, QuoteID or request id.
    pub(crate) request_id: u64,
    /// Number in the client flow.
    pub(crate) seq_num: u32,
}

impl RequestIds {
    /// Reads them out of a whole message. O(1).
    #[inline]
    pub(crate) fn of(frame: &Frame<'_>) -> Self {
        match ClientMessage::of(frame.template_id) {
            Some(
                ClientMessage::Order
                | ClientMessage::Numbered
                | ClientMessage::CounterReportRequest
                | ClientMessage::LogStreamRequest,
            ) => Self {
                request_id: read::<U64>(frame.bytes, REQUEST_ID_OFFSET).map_or(0, U64::get),
                seq_num: read::<U32>(frame.bytes, SEQ_NUM_OFFSET).map_or(0, U32::get),
            },
            _ => Self::default(),
        }
    }
}

#[inline]
fn read<T: FromBytes>(bytes: &[u8], offset: usize) -> Option<T> {
    T::read_from_prefix(bytes.get(offset..)?).ok().map(|(value, _)| value)
}

/// Place of the id in every application message.
const REQUEST_ID_OFFSET: usize = MESSAGE_HEADER_LENGTH;
/// Place of the number in every application message.
const SEQ_NUM_OFFSET: usize = MESSAGE_HEADER_LENGTH + 16;

#[cfg(test)]
mod tests {
    use forecastle_proto_spec::{LAYOUTS, MessageLayout};

    use super::*;

    fn layouts() -> impl Iterator<Item = &'static MessageLayout> {
        LAYOUTS.iter().flat_map(|section| section.iter())
    }

    fn offset(layout: &MessageLayout, names: &[&str]) -> Option<usize> {
        let field = layout.fields.iter().find(|(name, _)| names.contains(name))?;
        Some(MESSAGE_HEADER_LENGTH + field.1)
    }

    #[test]
    fn every_application_message_has_id_and_number_in_one_place() {
        let mut count = 0;
        for layout in layouts() {
            let kind = ClientMessage::of(layout.template_id);
            let is_application = matches!(
                kind,
                Some(ClientMessage::Order | ClientMessage::Numbered)
                    | Some(ClientMessage::CounterReportRequest | ClientMessage::LogStreamRequest)
            );
            if is_application {
                count += 1;
                let id = offset(layout, &["cl_ord_id", "request_id", "quote_id"]);
                assert_eq!(id, Some(REQUEST_ID_OFFSET), "{}", layout.name);
                assert_eq!(offset(layout, &["seq_num"]), Some(SEQ_NUM_OFFSET), "{}", layout.name);
            }
        }
        assert_eq!(count, 31);
    }

    #[test]
    fn client_messages_are_the_requests_and_five_of_the_session() {
        for layout in layouts() {
            let is_request = (20..=49).contains(&layout.template_id) || layout.template_id == 130;
            let is_session = [1, 4, 7, 8, 10].contains(&layout.template_id);
            let kind = ClientMessage::of(layout.template_id);
            assert_eq!(kind.is_some(), is_request || is_session, "{}", layout.name);
        }
    }
}

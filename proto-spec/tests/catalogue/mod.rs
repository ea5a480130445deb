//! Every message of the crate under one function, so that a test can go from a template id, which
//! is a number, to a struct, which is a type.

use forecastle_proto_spec::{
    self as spec, FieldValue, Frame, GroupEntry, GroupedMessage, Message, encode, encode_with_group,
};
use serde_json::{Map, Value};

/// A decoded message: its name, its fields in schema order, and what the crate encodes from the
/// struct.
pub type Decoded = (&'static str, Vec<(&'static str, Value)>, Vec<u8>);

/// Decodes `frame` into its struct and back; `None` when the catalogue lacks the template.
///
/// Values have the form they have in a vector: integers, hex strings for bytes, lists for words.
pub fn decode(frame: &Frame<'_>) -> Option<Decoded> {
    DECODERS.iter().chain(GROUPED).find_map(|decoder| decoder(frame))
}

macro_rules! decoders {
    ($($message:ident)*) => { &[$(decode_as::<spec::$message>),*] };
}

type Decoder = fn(&Frame<'_>) -> Option<Decoded>;

const DECODERS: &[Decoder] = decoders! {
    Negotiate NegotiationResponse NegotiationReject
    Establish EstablishmentAck EstablishmentReject
    Sequence Terminate NotApplied
    RetransmitRequest Retransmission RetransmissionComplete RetransmitReject
    NewOrderSingle OrderCancelReplaceRequest OrderCancelRequest OrderMassActionRequest
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
    OrderAccepted OrderRested OrderReplaced Trade OrderCancelled MarketSettled
    CrossOutcomeFill
    RecordHeader Continue SessionDisconnected EngineConfiguration
    LogStreamPacket TimerTick OrderStatusRequest OrderStatusReport OrderMassStatusRequest
    OrderMassStatusReport
    QuoteCancel QuoteSetDefinition MarketMakerProtectionLimits MarketMakerProtectionReset
    MassQuoteAck MarketMakerProtectionTriggered QuoteSetReport MarketMakerProtectionReport
    QuoteEntered ReferenceOddsRequest ReferenceOddsReport
    CategoryDefinitionRequest SeriesDefinitionRequest UserDefinitionRequest
    CategoryDefinitionReport SeriesDefinitionReport UserDefinitionReport
};

/// Messages with a group.
const GROUPED: &[Decoder] = &[decode_grouped::<spec::MassQuote>];

fn decode_as<M: Message>(frame: &Frame<'_>) -> Option<Decoded> {
    let message: &M = frame.body()?;
    let mut fields = Vec::new();
    message.for_each_field(&mut |name, value| fields.push((name, json(value))));
    let mut encoded = vec![0; M::ENCODED_LENGTH];
    assert_eq!(encode(message, &mut encoded), Some(M::ENCODED_LENGTH));
    Some((M::NAME, fields, encoded))
}

fn decode_grouped<M: GroupedMessage>(frame: &Frame<'_>) -> Option<Decoded> {
    let message: &M = frame.body()?;
    let entries = frame.entries::<M>()?;
    let mut fields = Vec::new();
    message.for_each_field(&mut |name, value| fields.push((name, json(value))));
    let objects = entries.iter().map(|entry| {
        let mut object = Map::new();
        entry.for_each_field(&mut |name, value| {
            object.insert(name.to_owned(), json(value));
        });
        Value::Object(object)
    });
    fields.push((M::ENTRIES.name, objects.collect()));
    let mut encoded = vec![0; M::encoded_length(entries.len())];
    assert_eq!(encode_with_group(message, entries, &mut encoded), Some(encoded.len()));
    Some((M::NAME, fields, encoded))
}

fn json(value: FieldValue<'_>) -> Value {
    match value {
        FieldValue::Unsigned(number) => number.into(),
        FieldValue::Signed(number) => number.into(),
        FieldValue::Bytes(bytes) => {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
        }
        FieldValue::Words(words) => words.iter().map(|word| word.get()).collect(),
        FieldValue::Group(_) => unreachable!("a block has no group inside"),
    }
}

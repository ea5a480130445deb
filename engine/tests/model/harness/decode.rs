//! Messages as text, for what is printed when engine and model differ.

use std::fmt::Write;

use forecastle_proto_spec::*;

/// One line for each message in `bytes`; bytes that are none are given in hexadecimal.
pub fn describe(mut bytes: &[u8]) -> String {
    let mut text = String::new();
    while !bytes.is_empty() {
        match Frame::parse(bytes) {
            Ok((frame, rest)) => {
                let _ = writeln!(text, "    {}", describe_frame(frame));
                bytes = rest;
            }
            Err(error) => {
                let _ = writeln!(text, "    no message ({error}): {bytes:02x?}");
                return text;
            }
        }
    }
    text
}

/// Calls `$then` for the body of `$frame` if it is one of the types.
macro_rules! for_body {
    ($frame:expr, $then:expr, [$($name:ident),* $(,)?]) => {
        $(if let Some(body) = $frame.body::<$name>() { return $then(body); })*
    };
}

#[allow(clippy::too_many_lines, reason = "one line for each message")]
fn describe_frame(frame: Frame<'_>) -> String {
    for_body!(
        frame,
        fields,
        [
            Negotiate,
            NegotiationResponse,
            NegotiationReject,
            Establish,
            EstablishmentAck,
            EstablishmentReject,
            Sequence,
            Terminate,
            NotApplied,
            NewOrderSingle,
            OrderCancelReplaceRequest,
            OrderCancelRequest,
            OrderMassActionRequest,
            OrderStatusRequest,
            OrderStatusReport,
            OrderMassStatusRequest,
            OrderMassStatusReport,
            EventDefinitionRequest,
            SecurityStatusRequest,
            SettlementRequest,
            AccountDefinitionRequest,
            DepositRequest,
            WithdrawalRequest,
            EntitlementRequest,
            EndOfDayRequest,
            EventParametersRequest,
            KillSwitchRequest,
            TickTableRequest,
            AccountLimitsRequest,
            DisputeRequest,
            StateReportRequest,
            CounterReportRequest,
            ExecutionReportRejected,
            OrderCancelReject,
            OrderMassActionReport,
            BusinessMessageReject,
            SettlementReport,
            EventDefinitionReport,
            AccountReport,
            PositionReport,
            ExchangeReport,
            SecurityStatusReport,
            SettlementComplete,
            EntitlementReport,
            EventParametersReport,
            KillSwitchReport,
            TickTableReport,
            AccountLimitsReport,
            OutcomeReport,
            OrderPending,
            OrderReleased,
            OrderAccepted,
            OrderRested,
            OrderReplaced,
            Trade,
            OrderCancelled,
            MarketSettled,
            PriceLimitsChanged,
            CrossOutcomeFill,
            Continue,
            TimerTick,
            SessionDisconnected,
            EngineConfiguration,
            MassQuote,
            QuoteCancel,
            QuoteSetDefinition,
            MarketMakerProtectionLimits,
            MarketMakerProtectionReset,
            MassQuoteAck,
            MarketMakerProtectionTriggered,
            QuoteSetReport,
            MarketMakerProtectionReport,
            QuoteEntered,
            ReferenceOddsRequest,
            ReferenceOddsReport,
            CategoryDefinitionRequest,
            SeriesDefinitionRequest,
            UserDefinitionRequest,
            CategoryDefinitionReport,
            SeriesDefinitionReport,
            UserDefinitionReport,
        ]
    );
    format!("template {}: {:02x?}", frame.template_id, frame.bytes)
}

fn fields<M: Message>(message: &M) -> String {
    let mut text = String::from(M::NAME);
    message.for_each_field(&mut |name, value| {
        let _ = match value {
            FieldValue::Unsigned(value) if name.ends_with("order_id") => {
                write!(text, " {name}={:?}", OrderId::from_wire(value))
            }
            FieldValue::Unsigned(value) if name == "reject_code" => {
                let code = u16::try_from(value).ok().and_then(|it| RejectCode::try_from(it).ok());
                write!(text, " {name}={value}{code:?}")
            }
            FieldValue::Unsigned(value) => write!(text, " {name}={value}"),
            FieldValue::Signed(value) => write!(text, " {name}={value}"),
            FieldValue::Bytes(_) => Ok(()),
            FieldValue::Words(words) => {
                let used = words.iter().rposition(|word| word.get() != 0).map_or(0, |at| at + 1);
                write!(text, " {name}={:?}", &words[..used])
            }
            FieldValue::Group(_) => Ok(()),
        };
    });
    text
}
